"""What the page says, in every language, from one catalogue."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from studio import errors
from studio.errors import RequestError, StudioError
from studio.settings_file import now

#: Language code to its name in itself.
LANGUAGES = {"en": "English", "ko": "한국어"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of a language.

    Raises:
        KeyError: the page does not speak it.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    text = (resources.files("ui.web") / "locale" / f"{language}.json").read_text("utf-8")
    messages: dict[str, str] = json.loads(text)
    return messages


class Say:
    """Says a message by its key: ``say("plan.kept", kept=3, all=5)``.

    Args:
        language: one of :data:`LANGUAGES`; anything else speaks English.
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._messages = catalogue(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """The message with its values filled in."""
        return self._messages[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a message: for names that pipelines choose."""
        return key in self._messages

    def duration(self, seconds: float) -> str:
        """``1:05`` or ``1:02:05``."""
        whole = round(seconds)
        hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def about(self, seconds: float) -> str:
        """A rough time: it reads better than one that jitters."""
        if seconds < 60:
            return self("time.seconds", seconds=max(5, 5 * round(seconds / 5)))
        return self("time.minutes", minutes=round(seconds / 60))

    def size(self, size_bytes: int) -> str:
        """``3.4 MB``, in powers of ten, as file managers count."""
        size = float(size_bytes)
        for unit in ("B", "kB", "MB", "GB"):
            if size < 1000:
                return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
            size /= 1000
        return f"{size:.1f} TB"


class PageError(RequestError):
    """An error that the page itself tells, in the visitor's language.

    Args:
        key: of the message; its hint is ``KEY.hint``.
        status: of HTTP, where it answers a request.
        values: for both.
    """

    def __init__(self, key: str, *, status: int = 422, **values: object) -> None:
        self.key, self.status, self.values = key, status, values
        super().__init__(*self.told(Say("en")))

    def told(self, say: Say) -> tuple[str, str]:
        """Message and hint."""
        return say(self.key, **self.values), say(f"{self.key}.hint", **self.values)


class ToldError(StudioError):
    """What ended a job, in the words that were stored.

    Args:
        kind: name of the error's class.
        message, hint: for a person, in English.
    """

    def __init__(self, kind: str, message: str, hint: str = "") -> None:
        self.kind = kind
        super().__init__(message, hint)


def headline(say: Say, error: StudioError) -> str:
    """What kind of error it is, in the visitor's language: the engine speaks English alone."""
    if isinstance(error, PageError):
        return say("problem.title")
    kind = getattr(errors, error.kind, None) if isinstance(error, ToldError) else type(error)
    names = [each.__name__ for each in getattr(kind, "__mro__", ())]
    known = (key for name in names if say.has(key := f"problem.{name}"))
    return say(next(known, "problem.title"))


def preferred_language(cookie: str | None, accept_language: str) -> str:
    """The language of a visitor: the one chosen before, else the one of the settings, else the
    browser's first that the page speaks, else English."""
    if cookie in LANGUAGES:
        return str(cookie)
    usual = now("language")
    if usual in LANGUAGES:
        return str(usual)
    for entry in accept_language.split(","):
        code = entry.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"

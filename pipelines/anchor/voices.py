"""The voices by name, and which one speaks a language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from studio.adapters import espeak, kokoro, piper, supertonic
from studio.errors import RequestError
from studio.models.spec import ModelSpec


@dataclass(frozen=True)
class NamedVoice:
    """A voice on offer.

    Attributes:
        spec: its model.
        languages: ISO 639-1 codes it speaks; the first voice of a language is its own.
        robotic: whether it is plainly a machine's.
        styles: its speakers; the first where none is named.
        style: the speaker that is meant; empty where it has one voice only.
        terms: what a user has to know of its licence before airing it; empty for nothing.
    """

    spec: ModelSpec[Any]
    languages: tuple[str, ...]
    robotic: bool = False
    styles: tuple[str, ...] = ()
    style: str = ""
    terms: str = ""

    @property
    def key(self) -> str:
        """Name, speaker and version, as written into results: ``kokoro:af_heart@82m-v1.0``."""
        name = f"{self.spec.name}:{self.style}" if self.style else self.spec.name
        return f"{name}@{self.spec.version}"


VOICES = {
    "piper-joe": NamedVoice(piper.SPEC, ("en",)),
    "espeak": NamedVoice(espeak.SPEC, ("en", "ko"), robotic=True),
    "supertonic": NamedVoice(
        supertonic.SPEC,
        supertonic.LANGUAGES,
        styles=tuple(supertonic.STYLES),
        terms="OpenRAIL-M: free to use, commercially too, but for the uses its annex forbids",
    ),
    "kokoro": NamedVoice(kokoro.SPEC, ("en",), styles=tuple(kokoro.STYLES)),
}


def names() -> tuple[str, ...]:
    """Every voice as ``--voice`` takes it: ``espeak``, ``supertonic:F1``."""
    return tuple(
        full
        for name, voice in VOICES.items()
        for full in ([f"{name}:{style}" for style in voice.styles] or [name])
    )


def voice_for(language: str, name: str = "") -> NamedVoice:
    """The voice of that name, or the language's own.

    Args:
        language: ISO 639-1 code.
        name: ``piper-joe``, or with a speaker: ``supertonic:F1``.

    Raises:
        RequestError: there is none of that name, or it does not speak the language.
    """
    if not name:
        return next(v for v in VOICES.values() if language in v.languages)
    base, colon, style = name.partition(":")
    voice = VOICES.get(base)
    if voice is None or (colon and style not in voice.styles):
        raise RequestError(f"There is no voice {name}.", f"There are: {', '.join(names())}.")
    if language not in voice.languages:
        able = [n for n, v in VOICES.items() if language in v.languages]
        raise RequestError(
            f"The voice {name} does not speak {language}.", f"Use --voice {' or '.join(able)}."
        )
    return replace(voice, style=style or next(iter(voice.styles), ""))

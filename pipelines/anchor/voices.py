"""The voices by name, and which one speaks a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.adapters import espeak, piper
from studio.errors import RequestError
from studio.models.spec import ModelSpec


@dataclass(frozen=True)
class NamedVoice:
    """A voice on offer.

    Attributes:
        spec: its model.
        languages: ISO 639-1 codes it speaks; the first voice of a language is its own.
        robotic: whether it is plainly a machine's.
    """

    spec: ModelSpec[Any]
    languages: tuple[str, ...]
    robotic: bool = False


VOICES = {
    "piper-joe": NamedVoice(piper.SPEC, ("en",)),
    "espeak": NamedVoice(espeak.SPEC, ("en", "ko"), robotic=True),
}


def voice_for(language: str, name: str = "") -> NamedVoice:
    """The voice of that name, or the language's own.

    Raises:
        RequestError: there is none of that name, or it does not speak the language.
    """
    if name and name not in VOICES:
        raise RequestError(f"There is no voice {name}.", f"There are: {', '.join(VOICES)}.")
    if name and language not in VOICES[name].languages:
        able = [n for n, v in VOICES.items() if language in v.languages]
        raise RequestError(
            f"The voice {name} does not speak {language}.", f"Use --voice {' or '.join(able)}."
        )
    return VOICES[name] if name else next(v for v in VOICES.values() if language in v.languages)

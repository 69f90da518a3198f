"""The voices a page offers, and which of them have to be fetched first."""

from __future__ import annotations

from studio.settings import Settings
from ui.web.messages import Say

_NAMES = {
    "piper-joe": "Piper Joe",
    "espeak": "eSpeak NG",
    "supertonic": "Supertonic",
    "kokoro": "Kokoro",
}


def voice_choices(say: Say, settings: Settings) -> list[tuple[str, str]]:
    """Words and name of each voice, the language's own first; those not fetched say so."""
    from pipelines.anchor.voices import VOICES, names
    from studio import catalog

    found = [(say("anchor.voice.own"), "")]
    absent = {
        base
        for base, voice in VOICES.items()
        if voice.spec.hub is not None and catalog.state(voice.spec, settings.cache_dir) != "ok"
    }
    for full in names():
        base, _, style = full.partition(":")
        words = f"{_NAMES.get(base, base)} {style}".strip()
        if base in absent:
            words = say("anchor.voice.unfetched", name=words, model=base)
        found.append((words, full))
    return found

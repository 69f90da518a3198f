"""What kind of segment is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: The stages in their order; what comes after the voice is not built yet.
STAGES = ("script", "reading", "voice")
LANGUAGES = ("auto", "en", "ko")


@dataclass(frozen=True)
class Options:
    """Options of ``studio anchor``.

    Attributes:
        out: folder for the results.
        language: ``en``, ``ko``, or ``auto`` for what the script is written in.
        voice: a name of :data:`pipelines.anchor.voices.VOICES`; empty for the language's own.
        voice_over: a recording of the script, taken instead of a made voice.
        speed: of the voice, 0.5 to 2.
        lexicon: TOML or JSON file of the house's readings.
        sources: files that the script's figures are held against.
        loudness_lufs: integrated loudness of the voice.
        stop_after: the last stage to be made.
        seed: accepted by every command; nothing here is drawn by chance.
        dry_run: say what would be made, and check the figures; write nothing.
    """

    out: Path
    language: str = "auto"
    voice: str = ""
    voice_over: Path | None = None
    speed: float = 1.0
    lexicon: Path | None = None
    sources: tuple[Path, ...] = ()
    loudness_lufs: float = -23.0
    stop_after: str = "voice"
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if options.language not in LANGUAGES:
        raise RequestError(f"--language {options.language} is not known.", "Use auto, en or ko.")
    if not 0.5 <= options.speed <= 2:
        raise RequestError(f"--speed {options.speed:g} is not from 0.5 to 2.", "1 is usual.")
    if options.voice_over is not None and (options.voice or options.speed != 1):
        raise RequestError(
            "--voice-over takes a recording as it is.", "Leave out --voice and --speed."
        )
    if not -40 <= options.loudness_lufs <= -5:
        raise RequestError(
            f"--loudness {options.loudness_lufs:g} is not from -40 to -5 LUFS.",
            "-23 is EBU R 128, -16 usual on the web.",
        )
    if options.stop_after not in STAGES:
        raise RequestError(
            f"--stop-after {options.stop_after} is no stage.",
            f"The stages are {', '.join(STAGES)}.",
        )
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options

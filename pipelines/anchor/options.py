"""What kind of segment is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: The stages in their order.
STAGES = ("script", "reading", "voice", "programme", "film")
LANGUAGES = ("auto", "en", "ko")
ASPECTS = ("16:9", "9:16")
#: Frames a second; lines begin on a frame, so that a change of one leaves the others' pictures.
RATES = {"24": "24", "25": "25", "29.97": "30000/1001", "30": "30", "50": "50", "60": "60"}
SUBTITLES = ("style", "burned", "file")


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
        loudness_lufs: integrated loudness, of the voice alone and of the whole segment.
        stop_after: the last stage to be made.
        presenter: name of a drawn presenter, or a portrait's file; empty for the language's own.
        animator: what moves a portrait: ``warp``, or a folder with LivePortrait's graphs.
        consent: a record of consent to be put into the register, for a portrait or a voice.
        set_name: a set's name or file, or a picture.
        style: a style's name or file.
        graphics: pictures and tables that cues name and that do not lie beside the script.
        footage: films and pictures for B-roll.
        aspect: shape of the picture.
        fps: frames a second, a key of :data:`RATES`.
        height_px: of the picture's short side.
        clock: time of day shown at the beginning, ``21:00``; empty for no clock.
        subtitles: ``burned`` into the picture, a ``file`` only, or as the ``style`` has it.
        approve_by: who approves exactly this, by name; empty for nobody.
        draft: make a draft even of what is approved.
        seed: of the presenter's small motions: other seeds, other blinks.
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
    stop_after: str = "film"
    presenter: str = ""
    animator: str = "warp"
    consent: Path | None = None
    set_name: str = "skyline"
    style: str = "civic"
    graphics: tuple[Path, ...] = ()
    footage: tuple[Path, ...] = ()
    aspect: str = "16:9"
    fps: str = "25"
    height_px: int = 1080
    clock: str = ""
    subtitles: str = "style"
    approve_by: str = ""
    draft: bool = False
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
    for name, value, known in (
        ("--aspect", options.aspect, ASPECTS),
        ("--fps", options.fps, tuple(RATES)),
        ("--subtitles", options.subtitles, SUBTITLES),
    ):
        if value not in known:
            raise RequestError(f"{name} {value} is not known.", f"Use {', '.join(known)}.")
    if not 360 <= options.height_px <= 2160 or options.height_px % 2:
        raise RequestError(
            f"--height {options.height_px} is not an even number from 360 to 2160.",
            "1080 is usual; 360 makes a quick look.",
        )
    clock_s(options.clock)
    if options.draft and options.approve_by:
        raise RequestError("--draft and --approve-by contradict each other.", "Leave one out.")
    if options.stop_after not in STAGES:
        raise RequestError(
            f"--stop-after {options.stop_after} is no stage.",
            f"The stages are {', '.join(STAGES)}.",
        )
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options


def clock_s(text: str) -> int:
    """``21:00`` as seconds after midnight; -1 for an empty text.

    Raises:
        RequestError: it is no time of day.
    """
    if not text:
        return -1
    hours, colon, minutes = text.partition(":")
    if colon and hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60:
        return int(hours) * 3600 + int(minutes) * 60
    raise RequestError(f"--clock {text} is no time of day.", "Write it as 21:00.")

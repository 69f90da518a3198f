"""``studio anchor SCRIPT --out DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, pipeline_command, run_pipeline


@pipeline_command
def anchor(
    script: Annotated[
        Path,
        typer.Argument(metavar="SCRIPT", help="Markdown, plain text, or an edited script.json."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("anchor"),
    language: Annotated[str, typer.Option(help="en, ko, or auto for the script's own.")] = "auto",
    voice: Annotated[
        str,
        typer.Option(
            help="piper-joe (English), espeak (English, Korean); fetched: supertonic:F1 … M5 "
            "(Korean, English), kokoro:af_heart … (English); the language's own."
        ),
    ] = "",
    voice_over: Annotated[
        Path | None,
        typer.Option(help="A recording of the script, set to it, instead of a made voice."),
    ] = None,
    speed: Annotated[float, typer.Option(help="Of the voice, 0.5 to 2.")] = 1.0,
    lexicon: Annotated[
        Path | None, typer.Option(help="The house's readings: a TOML file, word = reading.")
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option(
            help="Text or CSV that vouches for the script's numbers, dates and names. Repeatable."
        ),
    ] = None,
    presenter: Annotated[
        str,
        typer.Option(
            help="seoyeon, minjun, claire, daniel or imani, or a portrait; the language's own."
        ),
    ] = "",
    animator: Annotated[
        str,
        typer.Option(help="What moves a portrait: warp, or a folder with LivePortrait's graphs."),
    ] = "warp",
    consent: Annotated[
        Path | None,
        typer.Option(help="Record of a consent, for a portrait or a recorded voice."),
    ] = None,
    set_name: Annotated[
        str,
        typer.Option(
            "--set", help="atrium, harbour, newsroom, skyline or wall, a TOML file, or a picture."
        ),
    ] = "skyline",
    style: Annotated[
        str, typer.Option(help="civic, daybreak or graphite, or a TOML file of that form.")
    ] = "civic",
    graphics: Annotated[
        list[Path] | None,
        typer.Option(help="A picture or table that a cue names, if not beside the script. Repeat."),
    ] = None,
    footage: Annotated[
        list[Path] | None, typer.Option(help="A film or picture for B-roll. Repeatable.")
    ] = None,
    aspect: Annotated[str, typer.Option(help="16:9 or 9:16.")] = "16:9",
    fps: Annotated[str, typer.Option(help="24, 25, 29.97, 30, 50 or 60.")] = "25",
    height: Annotated[
        int, typer.Option(help="Pixels of the picture's short side; 360 for a quick look.")
    ] = 1080,
    clock: Annotated[str, typer.Option(help="Time of day at the beginning, e.g. 21:00.")] = "",
    subtitles: Annotated[
        str, typer.Option(help="burned into the picture, file, or as the style has it.")
    ] = "style",
    approve_by: Annotated[
        str, typer.Option(help="Who approves exactly this, by name; without it, a draft.")
    ] = "",
    draft: Annotated[
        bool, typer.Option("--draft", help="Make a draft even of what is approved.")
    ] = False,
    loudness: Annotated[float, typer.Option(help="Integrated loudness, LUFS.")] = -23.0,
    stop_after: Annotated[
        str,
        typer.Option(help="script, reading, voice, programme or film: the last stage to be made."),
    ] = "film",
    *,
    asked: Asked,
) -> None:
    """A segment read by an AI anchor: checked, spoken, presented, labelled, signed.

    Into the folder go script.json (the plan: edit it, give it again, and only the lines that
    changed are made anew), check.json (figures that stand in no source), reading.tsv (written
    and read side by side; what you edit there wins), voice.wav and voice.json (times of words
    and phonemes), programme.json (what is on the screen when), and the film: segment.16x9.mp4
    if exactly this was approved by name, else draft.16x9.mp4 with a watermark across it. Every
    frame says "AI-generated"; the film is marked and signed. Beside it lie its subtitles and a
    contact sheet.
    """
    run_pipeline(
        "anchor",
        script,
        asked,
        out=out,
        language=language,
        voice=voice,
        voice_over=voice_over,
        speed=speed,
        lexicon=lexicon,
        sources=tuple(source or ()),
        loudness_lufs=loudness,
        stop_after=stop_after,
        presenter=presenter,
        consent=consent,
        set_name=set_name,
        style=style,
        graphics=tuple(graphics or ()),
        footage=tuple(footage or ()),
        aspect=aspect,
        fps=fps,
        height_px=height,
        clock=clock,
        subtitles=subtitles,
        approve_by=approve_by,
        draft=draft,
    )

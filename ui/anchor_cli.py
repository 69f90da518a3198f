"""``studio anchor SCRIPT --out DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import AsJson, Budget, DeviceName, Seed, emit, settings_of, stoppable_job


def anchor(
    script: Annotated[
        Path,
        typer.Argument(metavar="SCRIPT", help="Markdown, plain text, or an edited script.json."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("anchor"),
    language: Annotated[str, typer.Option(help="en, ko, or auto for the script's own.")] = "auto",
    voice: Annotated[
        str, typer.Option(help="piper-joe (English) or espeak (English, Korean); the language's.")
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
    loudness: Annotated[float, typer.Option(help="Integrated loudness, LUFS.")] = -23.0,
    stop_after: Annotated[
        str, typer.Option(help="script, reading or voice: the last stage to be made.")
    ] = "voice",
    seed: Seed = 0,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print readings and unverified figures; write nothing."),
    ] = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """The words of an AI anchor: a script is checked, read and spoken.

    So far it makes the words and their sound, no picture: script.json (the plan, to be edited),
    check.json (figures that stand in no source), reading.tsv (written and read side by side; a
    reading that you edit there wins), voice.wav, voice.json (the times of words and phonemes)
    and subtitles of the written text. Run again, and only lines whose reading changed are
    spoken again. Presenter, programme, label and approval are stages to come.
    """
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines import anchor as pipeline

        options = pipeline.Options(
            out=out,
            language=language,
            voice=voice,
            voice_over=voice_over,
            speed=speed,
            lexicon=lexicon,
            sources=tuple(source or ()),
            loudness_lufs=loudness,
            stop_after=stop_after,
            seed=seed,
            dry_run=dry_run,
        )
        result = pipeline.run(script, options, job)
    emit(as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))

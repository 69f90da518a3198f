"""``studio subtitles FOOTAGE …`` and ``studio subtitles lint FILE …``.

The drafting of subtitles is the group's default command: what does not name another command is
taken for footage. A file that is called like a command is written with its folder, ``./lint``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from studio.errors import RequestError
from ui.command import AsJson, Asked, emit, pipeline_command, run_pipeline

DEFAULT = "draft"


class FootageFirst(TyperGroup):
    """A group whose first argument may be footage, or an option of the default command."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Put the default command's name where none stands."""
        if args and args[0] not in (*self.commands, "--help") and DEFAULT in self.commands:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


subtitles_app = typer.Typer(
    cls=FootageFirst,
    no_args_is_help=True,
    help="Subtitle drafts from footage: studio subtitles FOOTAGE --out DIR (short for draft).",
)


@subtitles_app.command(DEFAULT)
@pipeline_command
def draft(
    footage: Annotated[
        Path | None,
        typer.Argument(metavar="FOOTAGE", help="A film or a sound file.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("subtitles"),
    language: Annotated[str, typer.Option(help="Language of the speech, or auto.")] = "auto",
    profile: Annotated[
        str,
        typer.Option(
            help="A house's rules: netflix-en, netflix-ko, netflix-ko-sdh, bbc, social or a TOML "
            "file; those for the language where left out."
        ),
    ] = "",
    formats: Annotated[
        str, typer.Option("--format", help="What is written: srt,vtt,ass,json,ttml.")
    ] = "srt,vtt",
    speakers: Annotated[str, typer.Option(help="auto, how many there are, or off.")] = "auto",
    faces: Annotated[
        str,
        typer.Option(
            help="Propose for each voice the face whose mouth moves with it: auto (where the "
            "gallery knows somebody), on or off."
        ),
    ] = "auto",
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of known people; the usual one.")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Who a voice is, S1=Ada; kept for later runs. Repeatable."),
    ] = None,
    translate: Annotated[str, typer.Option(help="Language to translate to as well.")] = "",
    glossary: Annotated[
        Path | None, typer.Option(help="CSV or TOML file of terms and their translations.")
    ] = None,
    burn_in: Annotated[
        bool, typer.Option("--burn-in", help="Draw the cues into the picture of a new film.")
    ] = False,
    style: Annotated[
        Path | None, typer.Option(help="TOML file that says how drawn cues look.")
    ] = None,
    align: Annotated[
        Path | None, typer.Option(help="The right text, plain or subtitles, to set to the sound.")
    ] = None,
    audio_stream: Annotated[
        str, typer.Option(help="Number or language of the sound stream; the file's choice.")
    ] = "",
    soft: Annotated[
        bool, typer.Option("--soft", help="Copy the film with the cues as a track of its own.")
    ] = False,
    speech_model: Annotated[
        str, typer.Option(help="Model that hears, see: studio models list.")
    ] = "",
    from_plan: Annotated[
        Path | None, typer.Option(help="Render this edited plan; nothing is heard again.")
    ] = None,
    *,
    asked: Asked,
) -> None:
    """Subtitles from footage: drafts by a house's rules, with what could not be obeyed."""
    run_pipeline(
        "subtitles",
        footage or [],
        asked,
        out=out,
        language=language,
        profile=profile,
        formats=tuple(f.strip() for f in formats.split(",") if f.strip()),
        speakers=speakers,
        faces=faces,
        gallery=gallery,
        names=tuple(_label_and_name(text) for text in name or ()),
        translate=translate,
        glossary=glossary,
        burn_in=burn_in,
        style=style,
        align=align,
        audio_stream=audio_stream,
        soft=soft,
        speech_model=speech_model,
        from_plan=from_plan,
    )


def _label_and_name(text: str) -> tuple[str, str]:
    label, mark, name = text.partition("=")
    if not mark:
        raise RequestError(f"--name {text} names nobody.", "Write the label and the name: S1=Ada.")
    return label.strip(), name.strip()


@subtitles_app.command("lint")
def lint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SRT, VTT, ASS, TTML or JSON.")],
    profile: Annotated[
        str, typer.Option(help="A profile's name, or a TOML file of your own.")
    ] = "netflix-en",
    rate: Annotated[
        str, typer.Option(help="Frames a second, e.g. 23.976; told from the times where left out.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Measure a finished subtitle file against a house's rules; exit 2 if it breaks any."""
    from pipelines.subtitles import lint as linter

    report = linter.lint_file(file, profile, rate)
    emit(as_json, linter.describe(report), lambda: print(linter.summarise(report)))
    if report.violations:
        raise typer.Exit(2)

"""``studio subtitles FOOTAGE …`` and ``studio subtitles lint FILE …``.

The drafting of subtitles is the group's default command: what does not name another command is
taken for footage. A file that is called like a command is written with its folder, ``./lint``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from ui.command import AsJson, emit

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

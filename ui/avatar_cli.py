"""``studio avatar FOOTAGE --avatar NAME``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.errors import RequestError
from ui.command import Asked, Preview, emit, pipeline_command, run_pipeline


@pipeline_command
def avatar(
    footage: Annotated[
        Path | None, typer.Argument(metavar="FOOTAGE", help="A film.", show_default=False)
    ] = None,
    name: Annotated[
        str, typer.Option("--avatar", help="The character: see --list.", show_default=False)
    ] = "",
    list_all: Annotated[
        bool,
        typer.Option(
            "--list", help="Name all characters; with --out also draw them: DIR/avatars.png."
        ),
    ] = False,
    background: Annotated[
        str,
        typer.Option(
            help="own (the character's), keep (the footage, the character's head over the "
            "person's), transparent, a colour (green, #rrggbb) or a picture file."
        ),
    ] = "own",
    who: Annotated[
        str,
        typer.Option(
            help="Whom to follow: a number (1 is longest on screen) or a name; the largest face "
            "of each shot where left out."
        ),
    ] = "",
    film_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="mp4; prores (4444, .mov) or webm (VP9) where the background is transparent.",
        ),
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
    preview: Preview = 0.0,
    *,
    asked: Asked,
) -> None:
    """A drawn character does what a person does: FOOTAGE.NAME.mp4 (.mov, .webm), resumable.

    Head, eyes, gaze, brows, mouth and hands are followed; beside the film lies a report of
    where no face was seen.
    """
    if list_all:
        _list(out, asked.as_json)
        return
    if footage is None:
        raise RequestError("No footage was given.", "Name a film, or --list the characters.")
    run_pipeline(
        "avatar",
        footage,
        asked,
        out=out or Path("avatar"),
        avatar=name,
        background=background,
        who=who,
        format=film_format,
        preview_s=preview,
    )


def _list(out: Path | None, as_json: bool) -> None:
    """Who there is."""
    from pipelines.avatar.characters import CAST

    data = {"avatars": [{"name": who.name, "about": who.about} for who in CAST]}
    files = {}
    if out is not None:
        from pipelines.avatar.sheet import write_sheet

        files["sheet"] = str(write_sheet(out / "avatars.png"))
    lines = [f"{who.name:<8} {who.about}" for who in CAST]
    lines += [f"  {kind:<8} {path}" for kind, path in files.items()]
    emit(as_json, {**data, "files": files}, lambda: print("\n".join(lines)))

"""``studio stylize FOOTAGE --look …`` and ``studio settings FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.command import AsJson, Asked, Preview, emit, pipeline_command, run_pipeline, settings_of


@pipeline_command
def stylize(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film, or a photo.")],
    look: Annotated[
        list[str] | None,
        typer.Option(
            help="A style (starry, 19, starry:0.5,mosaic:0.5), a picture to paint like, a network "
            "of studio train (.safetensors), words for a hub's model ('hub:a watercolour'), a "
            ".cube file or a grade (warm, sepia, …). Repeatable: laid on one after the other."
        ),
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(help="0 to 1; 0.8 for painted looks and 1 for colour where left out."),
    ] = None,
    keep_color: Annotated[
        bool, typer.Option("--keep-color", help="Take only lightness from a painted look.")
    ] = False,
    smooth: Annotated[
        str, typer.Option(help="auto, off, or the share of each picture that comes from before.")
    ] = "auto",
    where: Annotated[
        str, typer.Option(help="all of the picture, or only on the person or the background.")
    ] = "all",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("stylized"),
    preview: Preview = 0.0,
    method: Annotated[
        str,
        typer.Option(help="net, or gatys of a photo: minutes of optimisation, finer strokes."),
    ] = "net",
    steps: Annotated[int, typer.Option(help="Of gatys; more paint more strongly.")] = 300,
    *,
    asked: Asked,
) -> None:
    """A look for a whole film: painted styles, colour tables, grades; steady, resumable.

    A film gives a film (.mp4), a photo a photo (.png), each with a report beside it.
    """
    run_pipeline(
        "stylize",
        footage,
        asked,
        out=out,
        looks=tuple(look or ()),
        strength=strength,
        keep_color=keep_color,
        smooth=smooth,
        where=where,
        preview_s=preview,
        method=method,
        steps=steps,
    )


def settings(
    film: Annotated[Path, typer.Argument(metavar="FILE", help="A film the studio changed.")],
    as_json: AsJson = False,
) -> None:
    """The command that made a film or a picture, read from the file itself."""
    from studio.codec import to_json
    from studio.media.film_mark import read_mark

    mark = read_mark(film, settings_of())
    data: dict[str, Any] = to_json(mark)
    emit(as_json, data, lambda: print(mark.command_line))

"""``studio train …``: networks of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import Asked, pipeline_command, run_pipeline

train_app = typer.Typer(
    no_args_is_help=True,
    help="Train networks of your own; stopped anywhere, the same command goes on.",
)

From = Annotated[Path, typer.Option("--from", metavar="DIR", help="A folder of pictures.")]
Out = Annotated[
    Path,
    typer.Option(
        help="The file; a card, a sheet to look at and a folder for going on come beside it."
    ),
]
Steps = Annotated[int, typer.Option(help="In all; 0 for what is usual.")]
Minutes = Annotated[float, typer.Option(help="Stop after so many, to go on another time.")]
Size = Annotated[int, typer.Option(help="Side of the square pictures; 0 for what is usual.")]
Width = Annotated[int, typer.Option(help="Of the networks; 0 for what is usual.")]
Batch = Annotated[int, typer.Option(help="Pictures a step; 0 for what is usual.")]


@train_app.command("gan")
@pipeline_command
def gan(
    pictures: From,
    out: Out = Path("gan.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    latent: Annotated[int, typer.Option(help="Numbers a picture is drawn from.")] = 0,
    batch: Batch = 0,
    *,
    asked: Asked,
) -> None:
    """A DCGAN that draws pictures like yours, for: studio generate faces --net FILE."""
    shape = {"size_px": size, "width": width, "latent": latent, "batch": batch}
    run_pipeline(
        "train",
        [pictures],
        asked,
        method="gan",
        out=out,
        steps=steps,
        minutes=minutes,
        **shape,
    )


@train_app.command("vae")
@pipeline_command
def vae(
    pictures: From,
    out: Out = Path("vae.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    latent: Annotated[int, typer.Option(help="Numbers a picture is told by.")] = 0,
    batch: Batch = 0,
    *,
    asked: Asked,
) -> None:
    """An autoencoder that tells your pictures by few numbers: studio generate vae --net FILE."""
    shape = {"size_px": size, "width": width, "latent": latent, "batch": batch}
    run_pipeline(
        "train",
        [pictures],
        asked,
        method="vae",
        out=out,
        steps=steps,
        minutes=minutes,
        **shape,
    )


@train_app.command("pix2pix")
@pipeline_command
def pix2pix(
    pairs: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folders a and b with files of one name, or files with both side by side.",
        ),
    ],
    out: Out = Path("pix2pix.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    batch: Batch = 0,
    *,
    asked: Asked,
) -> None:
    """A translator from pairs, then a look: studio stylize FOOTAGE --look FILE."""
    shape = {"size_px": size, "width": width, "batch": batch}
    run_pipeline(
        "train",
        [pairs],
        asked,
        method="pix2pix",
        out=out,
        steps=steps,
        minutes=minutes,
        **shape,
    )


@train_app.command("cyclegan")
@pipeline_command
def cyclegan(
    a: Annotated[Path, typer.Option("--a", metavar="DIR", help="Pictures to begin from.")],
    b: Annotated[Path, typer.Option("--b", metavar="DIR", help="Pictures to become like.")],
    out: Out = Path("cyclegan.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    blocks: Annotated[int, typer.Option(help="Residual blocks; 0 for what is usual.")] = 0,
    batch: Batch = 0,
    *,
    asked: Asked,
) -> None:
    """Translators between two sets without pairs; FILE is a look, FILE-back the way back."""
    shape = {"size_px": size, "width": width, "blocks": blocks, "batch": batch}
    run_pipeline(
        "train",
        [a, b],
        asked,
        method="cyclegan",
        out=out,
        steps=steps,
        minutes=minutes,
        **shape,
    )


@train_app.command("look")
@pipeline_command
def look(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture to paint like.")],
    frames: Annotated[
        Path,
        typer.Option(metavar="FOOTAGE", help="A film to learn on, or a folder of photos."),
    ],
    out: Out = Path("look.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    blocks: Annotated[int, typer.Option(help="Residual blocks; 0 for what is usual.")] = 0,
    batch: Batch = 0,
    *,
    asked: Asked,
) -> None:
    """A look of your own, steady by training: studio stylize FOOTAGE --look FILE."""
    shape = {"size_px": size, "width": width, "blocks": blocks, "batch": batch}
    run_pipeline(
        "train",
        [picture, frames],
        asked,
        method="look",
        out=out,
        steps=steps,
        minutes=minutes,
        **shape,
    )


@train_app.command("summary")
@pipeline_command
def summary(
    edits: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folders footage and edits with files of one name; or TVSum, SumMe, an .h5 file.",
        ),
    ],
    out: Out = Path("summary.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    width: Width = 0,
    *,
    asked: Asked,
) -> None:
    """What is important, learnt from your edits: studio summary FILM --scorer FILE."""
    run_pipeline(
        "train",
        [edits],
        asked,
        method="summary",
        out=out,
        steps=steps,
        minutes=minutes,
        width=width,
    )

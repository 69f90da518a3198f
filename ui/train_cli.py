"""``studio train …``: networks of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import AsJson, Budget, DeviceName, Seed, emit, settings_of, stoppable_job

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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say how long it takes and what memory.")]


@train_app.command("gan")
def gan(
    pictures: From,
    out: Out = Path("gan.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    latent: Annotated[int, typer.Option(help="Numbers a picture is drawn from.")] = 0,
    batch: Batch = 0,
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """A DCGAN that draws pictures like yours, for: studio generate faces --net FILE."""
    shape = {"size_px": size, "width": width, "latent": latent, "batch": batch}
    _train(
        "gan",
        [pictures],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        **shape,
    )


@train_app.command("vae")
def vae(
    pictures: From,
    out: Out = Path("vae.safetensors"),
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    size: Size = 0,
    width: Width = 0,
    latent: Annotated[int, typer.Option(help="Numbers a picture is told by.")] = 0,
    batch: Batch = 0,
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """An autoencoder that tells your pictures by few numbers: studio generate vae --net FILE."""
    shape = {"size_px": size, "width": width, "latent": latent, "batch": batch}
    _train(
        "vae",
        [pictures],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        **shape,
    )


@train_app.command("pix2pix")
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
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """A translator from pairs, then a look: studio stylize FOOTAGE --look FILE."""
    shape = {"size_px": size, "width": width, "batch": batch}
    _train(
        "pix2pix",
        [pairs],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        **shape,
    )


@train_app.command("cyclegan")
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
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Translators between two sets without pairs; FILE is a look, FILE-back the way back."""
    shape = {"size_px": size, "width": width, "blocks": blocks, "batch": batch}
    _train(
        "cyclegan",
        [a, b],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        **shape,
    )


@train_app.command("look")
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
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """A look of your own, steady by training: studio stylize FOOTAGE --look FILE."""
    shape = {"size_px": size, "width": width, "blocks": blocks, "batch": batch}
    _train(
        "look",
        [picture, frames],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        **shape,
    )


@train_app.command("summary")
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
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """What is important, learnt from your edits: studio summary FILM --scorer FILE."""
    _train(
        "summary",
        [edits],
        out,
        steps,
        minutes,
        seed,
        dry_run,
        memory_budget,
        device,
        as_json,
        width=width,
    )


def _train(
    method: str,
    folders: list[Path],
    out: Path,
    steps: int,
    minutes: float,
    seed: int,
    dry_run: bool,
    memory_budget: str,
    device: str,
    as_json: bool,
    **shape: int,
) -> None:
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines import train as pipeline

        options = pipeline.Options(
            method=method,
            out=out,
            steps=steps,
            minutes=minutes,
            seed=seed,
            dry_run=dry_run,
            **shape,
        )
        result = pipeline.run(folders, options, job)
    emit(as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))

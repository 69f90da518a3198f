"""``studio generate …`` and ``studio augment …``: pictures that nobody took."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.errors import RequestError
from ui.command import Asked, pipeline_command, run_pipeline

generate_app = typer.Typer(
    no_args_is_help=True, help="Make pictures: faces that nobody has, and what you say in words."
)

Out = Annotated[
    Path, typer.Option(help="Folder for PNG files, a sheet and JSON that says what made them.")
]
Count = Annotated[int, typer.Option(help="How many pictures.")]
Net = Annotated[Path | None, typer.Option(help="A .safetensors file of studio train.")]
Enlarge = Annotated[int, typer.Option(help="Write them so many times as large as they are drawn.")]


@generate_app.command("faces")
@pipeline_command
def faces(
    out: Out = Path("generated"),
    count: Count = 16,
    interpolate: Annotated[
        str, typer.Option(help="A film between the faces of these seeds: 3,8,21")
    ] = "",
    seconds: Annotated[float, typer.Option(help="Of that film.")] = 5.0,
    add: Annotated[
        list[str] | None,
        typer.Option(
            help="Attributes and how much of them: smiling:2,bright:1. There are smiling, "
            "surprised, angry, sad, neutral, bright and warm."
        ),
    ] = None,
    net: Net = None,
    enlarge: Enlarge = 4,
    *,
    asked: Asked,
) -> None:
    """Faces that nobody has, drawn by a DCGAN; or your own pictures by one you trained."""
    from pipelines.generate.options import parse_numbers, parse_pairs

    run_pipeline(
        "generate",
        None,
        asked,
        kind="faces",
        out=out,
        count=count,
        interpolate=parse_numbers(interpolate, "--interpolate"),
        seconds=seconds,
        add=parse_pairs(tuple(add or ()), "--add"),
        net=net,
        enlarge=enlarge,
    )


@generate_app.command("vae")
@pipeline_command
def vae(
    out: Out = Path("generated"),
    count: Count = 16,
    photo: Annotated[Path | None, typer.Option(help="A face to tell again, and to vary.")] = None,
    sliders: Annotated[
        list[str] | None, typer.Option("--set", help="Sliders by number: 0:1.5,3:-2")
    ] = None,
    traverse: Annotated[int, typer.Option(help="Show so many sliders through their range.")] = 10,
    net: Net = None,
    enlarge: Enlarge = 4,
    *,
    asked: Asked,
) -> None:
    """Faces told by 32 numbers: drawn, moved along each number, a photo told again."""
    from pipelines.generate.options import parse_pairs

    pairs = parse_pairs(tuple(sliders or ()), "--set")
    if not all(name.isdecimal() for name, _ in pairs):
        raise RequestError("--set names sliders by their numbers.", "0:1.5,3:-2")
    run_pipeline(
        "generate",
        None,
        asked,
        kind="vae",
        out=out,
        count=count,
        photo=photo,
        sliders=tuple((int(name), value) for name, value in pairs),
        traverse=traverse,
        net=net,
        enlarge=enlarge,
    )


@generate_app.command("image")
@pipeline_command
def image(
    prompt: Annotated[str, typer.Argument(help="What is to be seen, in English.")],
    from_picture: Annotated[
        Path | None, typer.Option("--from", help="A picture that is drawn anew.")
    ] = None,
    out: Out = Path("generated"),
    count: Count = 1,
    model: Annotated[
        str, typer.Option(help="sd-turbo or stable-diffusion-1.5; see: studio models list")
    ] = "sd-turbo",
    negative: Annotated[str, typer.Option(help="What is not to be seen.")] = "",
    strength: Annotated[float, typer.Option(help="How much of --from is drawn anew.")] = 0.5,
    steps: Annotated[int, typer.Option(help="0 for what the model was made for.")] = 0,
    size: Annotated[str, typer.Option(help="Such as 512x512; what the model was made for.")] = "",
    *,
    asked: Asked,
) -> None:
    """Pictures of what you say, by a model of a hub."""
    size_wh = None
    if size:
        sides = size.lower().split("x")
        if len(sides) != 2 or not all(side.isdecimal() for side in sides):
            raise RequestError(f"--size {size} is no width and height.", "512x512")
        size_wh = (int(sides[0]), int(sides[1]))
    run_pipeline(
        "generate",
        None,
        asked,
        kind="image",
        out=out,
        count=count,
        prompt=prompt,
        photo=from_picture,
        model=model,
        negative=negative,
        strength=strength,
        steps=steps,
        size_wh=size_wh,
    )


@pipeline_command
def augment(
    name: Annotated[str, typer.Argument(metavar="CLASS", help="A folder of --from.")],
    source: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="A folder with one folder a class.")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for the pictures, a sheet and the report.")
    ] = Path("augmented"),
    count: Annotated[int, typer.Option(help="How many pictures.")] = 100,
    ways: Annotated[
        str, typer.Option("--with", help="classical, vae and gan; shared out evenly.")
    ] = "classical",
    vae: Annotated[
        Path | None, typer.Option(help="A file of studio train vae; else faces are told.")
    ] = None,
    gan: Annotated[
        Path | None, typer.Option(help="A file of studio train gan; else faces are drawn.")
    ] = None,
    splits: Annotated[int, typer.Option(help="Over which it is tried whether they help.")] = 20,
    *,
    asked: Asked,
) -> None:
    """More pictures for a class that has few, and whether a classifier gets better with them."""
    run_pipeline(
        "augment",
        source,
        asked,
        name=name,
        out=out,
        count=count,
        ways=tuple(way.strip() for way in ways.split(",") if way.strip()),
        vae=vae,
        gan=gan,
        splits=splits,
    )

"""``studio things …``: buildings, products and signs, found again in footage."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.command import AsJson, Asked, emit, pipeline_command, run_pipeline, settings_of

if TYPE_CHECKING:
    from studio.archive.references import References

things_app = typer.Typer(
    no_args_is_help=True,
    help="Buildings, products and signs, found again in footage from your own pictures.",
)

ReferencesDir = Annotated[
    Path | None, typer.Option("--references", help="Folder of known things; the usual one.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the thing.")]


@things_app.command("add")
def add(
    name: Name,
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="That show it and little else.")
    ],
    references: ReferencesDir = None,
    as_json: AsJson = False,
) -> None:
    """Remember a thing; pictures too small, or too plain to cut it out, are refused."""
    from pipelines.things.known import add_pictures, open_references

    settings = settings_of()
    known = open_references(settings, references)
    notes = add_pictures(known, name, pictures, settings)
    _tell(known, as_json, notes)


@things_app.command("list")
def list_things(references: ReferencesDir = None, as_json: AsJson = False) -> None:
    """What is known, with how many pictures."""
    from pipelines.things.known import open_references

    _tell(open_references(settings_of(), references), as_json)


@things_app.command("remove")
def remove(name: Name, references: ReferencesDir = None, as_json: AsJson = False) -> None:
    """Forget a thing and its pictures."""
    from pipelines.things.known import open_references

    known = open_references(settings_of(), references)
    known.remove(name)
    _tell(known, as_json)


@things_app.command("find")
@pipeline_command
def find(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")],
    name: Annotated[
        list[str] | None, typer.Option(help="Only this thing; repeatable. All without it.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for things.json and a picture of each sighting."),
    ] = None,
    references: ReferencesDir = None,
    sample_rate: Annotated[float, typer.Option(help="Frames a second that are looked at.")] = 1.0,
    *,
    asked: Asked,
) -> None:
    """Where known things are seen in a film, and when.

    What has a pattern is told by local features and their geometry, what has none by what its
    region looks like; where that is unsure it is said. OUT gets things.json and a picture of
    each sighting, outlined.
    """
    run_pipeline(
        "things",
        footage,
        asked,
        out=out,
        references=references,
        names=tuple(name or ()),
        sample_rate=Fraction(sample_rate).limit_denominator(1000),
    )


def _tell(known: References, as_json: bool, notes: tuple[str, ...] = ()) -> None:
    every = known.all()
    things = [
        {"name": name, "pictures": [r.source for r in every if r.name == name]}
        for name in known.names
    ]
    data = {"references": str(known.path), "things": things, "notes": list(notes)}

    def show() -> None:
        for name in known.names:
            print(f"{name}: {', '.join(r.source for r in every if r.name == name)}")
        if not things:
            print("Nothing yet: studio things add NAME PICTURE")
        for note in notes:
            print(f"note: {note}")

    emit(as_json, data, show)

"""``studio people …``: a gallery of known people, and who is seen in footage."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.errors import RequestError
from ui.command import AsJson, Budget, DeviceName, Seed, emit, settings_of, stoppable_job

if TYPE_CHECKING:
    from pipelines.people import Options, Result
    from studio.archive.gallery import Gallery

people_app = typer.Typer(
    no_args_is_help=True,
    help="People by their faces: a gallery of known ones, and who is seen in footage.",
)

GalleryDir = Annotated[
    Path | None, typer.Option("--gallery", help="Folder of known people; the usual one.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of somebody in the gallery.")]
Footage = Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A film.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for people.json and a picture of everybody; none is written."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what is stored and what would be computed.")
]


@people_app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is.")],
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO...", help="Pictures of this person's face.")
    ],
    gallery: GalleryDir = None,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Remember somebody's face from photographs; refuses those that show none, or two."""
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines.people import gallery_edits

        known, notes = gallery_edits.add_photos(name, photos, gallery, job)
    _tell(known, as_json, notes)


@people_app.command("list")
def list_people(gallery: GalleryDir = None, as_json: AsJson = False) -> None:
    """Who is in the gallery, with how many pictures."""
    _tell(_gallery(gallery), as_json)


@people_app.command("rename")
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    gallery: GalleryDir = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody another name, in all footage too."""
    from pipelines.people import gallery_edits

    known = _gallery(gallery)
    gallery_edits.rename(known, name, new)
    _tell(known, as_json)


@people_app.command("merge")
def merge(
    name: Name,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The name that stays.")],
    gallery: GalleryDir = None,
    as_json: AsJson = False,
) -> None:
    """Say that two names are one person."""
    from pipelines.people import gallery_edits

    known = _gallery(gallery)
    gallery_edits.merge(known, name, into)
    _tell(known, as_json)


@people_app.command("split")
def split(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Whose those pictures are.")],
    pictures: Annotated[
        list[int], typer.Argument(metavar="NUMBER...", help="As: studio people list shows them.")
    ],
    gallery: GalleryDir = None,
    as_json: AsJson = False,
) -> None:
    """Say that some of somebody's pictures show somebody else."""
    known = _gallery(gallery)
    known.split(name, pictures, new)
    _tell(known, as_json)


@people_app.command("remove")
def remove(name: Name, gallery: GalleryDir = None, as_json: AsJson = False) -> None:
    """Forget somebody: name, pictures and what was said of footage."""
    from pipelines.people import gallery_edits

    known = _gallery(gallery)
    gallery_edits.remove(known, name)
    _tell(known, as_json)


@people_app.command("reject")
def reject(
    name: Name,
    footage: Footage,
    at: Annotated[
        str, typer.Option(help="Seconds at which that face is seen; wherever the name stands.")
    ] = "",
    gallery: GalleryDir = None,
    out: Out = None,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Say that a face in footage is not this person; kept for later runs."""
    from pipelines.people import Options

    options = Options(out=out, gallery=gallery, rejections=((name, _seconds(at) if at else None),))
    _look(footage, options, device, memory_budget, as_json)


@people_app.command("identify")
def identify(
    footage: Footage,
    out: Out = None,
    gallery: GalleryDir = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help='Who somebody is, "Person 1=Ada"; kept for later runs. Repeatable.'),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(help='Two that are one, "Person 1=Person 3"; kept. Repeatable.'),
    ] = None,
    bodies: Annotated[
        bool,
        typer.Option(
            "--bodies",
            help="Follow people by their bodies too: whose way is whose, speed, hands up, sitting; "
            'writes ways.csv. --name then takes "Body 1=Ada".',
        ),
    ] = False,
    split: Annotated[
        list[str] | None,
        typer.Option(help='From then on a body is somebody else, "Body 1=12.5"; kept. Repeatable.'),
    ] = None,
    sample_rate: Annotated[float, typer.Option(help="Frames a second that are looked at.")] = 2.0,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look again, whatever is stored.")
    ] = False,
    seed: Seed = 0,
    dry_run: DryRun = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Who is seen in footage and when: names from the gallery, strangers as Person 1, 2 …

    With --out: people.json, expressions.csv (heads and expressions over time), pictures.
    """
    from pipelines.people import Options

    options = Options(
        out=out,
        gallery=gallery,
        names=tuple(_pair("--name", text) for text in name or ()),
        merges=tuple(_pair("--merge", text) for text in merge or ()),
        bodies=bodies,
        splits=tuple(
            (label, _seconds(at)) for label, at in (_pair("--split", text) for text in split or ())
        ),
        cache=not no_cache,
        sample_rate=Fraction(sample_rate).limit_denominator(1000),
        seed=seed,
        dry_run=dry_run,
    )
    _look(footage, options, device, memory_budget, as_json)


def _look(footage: Path, options: Options, device: str, budget: str, as_json: bool) -> None:
    with stoppable_job(settings_of(device, budget)) as job:
        from pipelines import people as pipeline

        result: Result = pipeline.run(footage, options, job)
    emit(as_json, pipeline.describe(result), lambda: print(pipeline.summarise(result)))


def _gallery(path: Path | None) -> Gallery:
    from pipelines.people.options import GALLERY
    from studio.archive.gallery import Gallery

    return Gallery.open(path or settings_of().data_dir / GALLERY)


def _tell(gallery: Gallery, as_json: bool, notes: tuple[str, ...] = ()) -> None:
    people = [
        {
            "name": name,
            "limit": round(gallery.limits[name], 3),
            "pictures": [face.source for face in gallery.references(name)],
        }
        for name in gallery.names
    ]
    data = {"gallery": str(gallery.path), "people": people, "notes": list(notes)}

    def show() -> None:
        for name in gallery.names:
            print(f"{name}  (limit {gallery.limits[name]:.2f})")
            for number, face in enumerate(gallery.references(name)):
                print(f"  {number}  {face.source}")
        if not gallery.names:
            print("Nobody yet: studio people add NAME PHOTO")
        for note in notes:
            print(f"note: {note}")

    emit(as_json, data, show)


def _pair(option: str, text: str) -> tuple[str, str]:
    one, mark, other = text.partition("=")
    if not mark or not one.strip() or not other.strip():
        raise RequestError(
            f"{option} {text} names nobody.", f'Write two with = between: {option} "Person 1=Ada".'
        )
    return one.strip(), other.strip()


def _seconds(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as exc:
        raise RequestError(f"{text!r} is no time.", "Write seconds, for example 12.5.") from exc

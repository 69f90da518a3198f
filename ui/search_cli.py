"""``studio search``, ``studio recommend`` and ``studio index …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.command import (
    AsJson,
    Asked,
    Budget,
    DeviceName,
    emit,
    pipeline_command,
    run_pipeline,
    settings_of,
    stoppable_job,
)

if TYPE_CHECKING:
    from pipelines.search import IndexResult

index_app = typer.Typer(
    no_args_is_help=True,
    help="What studio search looks through: files and collections; the files stay where they are.",
)

Collection = Annotated[
    str,
    typer.Option(
        "--in", metavar="COLLECTION", help="Only the files of this collection or project."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the table, thumbnails and timelines; none is written."),
]
Clips = Annotated[bool, typer.Option("--clips", help="Write each answer as a film, too.")]
Most = Annotated[int, typer.Option(help="Answers wanted.")]
IndexDir = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="Folder of the index; the usual one.")
]


@pipeline_command
def search(
    text: Annotated[
        str, typer.Argument(metavar="WORDS", help="What to find, in English or Korean.")
    ] = "",
    person: Annotated[
        str, typer.Option(help="Somebody of the gallery who is seen there (studio people).")
    ] = "",
    speech: Annotated[str, typer.Option(help="Words that are said there.")] = "",
    thing: Annotated[
        str, typer.Option("--object", help="A kind of thing the detector sees there: dog, bus, …")
    ] = "",
    like: Annotated[
        str, typer.Option(metavar="PICTURE|FILE@SECONDS", help="What it looks like.")
    ] = "",
    collection: Collection = "",
    most: Most = 10,
    out: Out = None,
    clips: Clips = False,
    index: IndexDir = None,
    *,
    asked: Asked,
) -> None:
    """Find places in footage, to the frame: in, out, a thumbnail and why.

    Prints a table. With --out: search.json, a picture an answer, a contact sheet, and the answers
    as a timeline (.otio, .fcpxml, .edl, plan); with --clips each as a film.
    """
    run_pipeline(
        "search",
        None,
        asked,
        text=text,
        person=person,
        speech=speech,
        thing=thing,
        like=like,
        collection=collection,
        most=most,
        out=out,
        clips=clips,
        index=index,
    )


@pipeline_command
def recommend(
    like: Annotated[
        str,
        typer.Argument(metavar="FILE|FILE@SECONDS|PICTURE", help="A film, a shot of it, a photo."),
    ],
    collection: Collection = "",
    most: Most = 10,
    diversity: Annotated[
        float, typer.Option(help="0: the likest only; 1: as different from each other as can be.")
    ] = 0.3,
    out: Out = None,
    clips: Clips = False,
    index: IndexDir = None,
    *,
    asked: Asked,
) -> None:
    """Find scenes like this one, in other places. The files are those of studio search."""
    run_pipeline(
        "recommend",
        None,
        asked,
        like=like,
        collection=collection,
        most=most,
        diversity=diversity,
        out=out,
        clips=clips,
        index=index,
    )


@index_app.command("add")
def add(
    footage: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE...]", help="Films, sound files; without any all of the library."
        ),
    ] = None,
    collection: Annotated[
        str,
        typer.Option(
            "--in", metavar="COLLECTION", help="Put them into this collection or project, too."
        ),
    ] = "",
    language: Annotated[str, typer.Option(help="Language of the speech, or auto.")] = "auto",
    no_people: Annotated[bool, typer.Option("--no-people", help="Leave out who is seen.")] = False,
    texts: Annotated[
        bool,
        typer.Option(
            "--texts",
            help="Read text in the picture, too; where it was read it is searched anyway.",
        ),
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Analyse again even where a result is stored.")
    ] = False,
    frames_model: Annotated[
        str,
        typer.Option(
            help="What looks at frames of a new index: efficientnet-lite0, or hub:siglip2-base "
            "once fetched, which knows any words. An index keeps to its model."
        ),
    ] = "",
    index: IndexDir = None,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Make files searchable; what was analysed before is used, and a known file costs nothing.

    They are put on the library's list, too, unless an index of your own is named.
    """
    with stoppable_job(settings_of(device, memory_budget)) as job:
        from pipelines import search as pipeline

        options = pipeline.IndexOptions(
            collection=collection,
            language=language,
            index=index,
            cache=not no_cache,
            people=not no_people,
            texts=texts,
            frames_model=frames_model,
            library=index is None,
        )
        result = pipeline.add(footage or [], options, job)
    _tell(result, as_json)


@index_app.command("list")
def list_files(
    collection: Collection = "", index: IndexDir = None, as_json: AsJson = False
) -> None:
    """The files that can be searched, and their collections."""
    with stoppable_job(settings_of()) as job:
        from pipelines import search as pipeline

        result = pipeline.listed(pipeline.IndexOptions(collection, index=index), job)
    _tell(result, as_json)


@index_app.command("remove")
def remove(
    names: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Paths, names or content hashes.")
    ],
    collection: Annotated[
        str, typer.Option("--in", metavar="COLLECTION", help="Take them out of this one only.")
    ] = "",
    index: IndexDir = None,
    as_json: AsJson = False,
) -> None:
    """Forget files; nothing happens to the files themselves."""
    with stoppable_job(settings_of()) as job:
        from pipelines import search as pipeline

        result = pipeline.remove(names, pipeline.IndexOptions(collection, index=index), job)
    _tell(result, as_json)


def _tell(result: IndexResult, as_json: bool) -> None:
    from pipelines.search import describe_index, summarise_index

    emit(as_json, describe_index(result), lambda: print(summarise_index(result)))

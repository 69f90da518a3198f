"""``studio report``: tables that a researcher can cite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import (
    AsJson,
    Asked,
    Seed,
    emit,
    pipeline_command,
    run_pipeline,
    settings_of,
    stoppable_job,
)


@pipeline_command
def report(
    footage: Annotated[
        list[Path], typer.Argument(metavar="FOOTAGE...", help="Films, or folders of films.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    sampling: Annotated[
        str,
        typer.Option(
            help="Frames a second that are looked at (2, or 1/5), every, or key: one a shot."
        ),
    ] = "2",
    no_speech: Annotated[
        bool, typer.Option("--no-speech", help="Leave out who speaks; it takes longest.")
    ] = False,
    text: Annotated[
        bool, typer.Option("--text", help="Read the text in the picture too (Latin, Chinese).")
    ] = False,
    bodies: Annotated[
        bool, typer.Option("--bodies", help="Follow bodies: how many, poses, who goes oddly.")
    ] = False,
    safety: Annotated[
        bool, typer.Option("--safety", help="Flag bare parts of bodies: a reason to look.")
    ] = False,
    known_things: Annotated[
        bool,
        typer.Option("--known-things", help="Find what was shown with studio things add."),
    ] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="The four above: --text, --bodies, --safety, --known-things."),
    ] = False,
    language: Annotated[
        str, typer.Option(help="Of the speech, e.g. en or ko; auto to find out.")
    ] = "auto",
    page_language: Annotated[
        str, typer.Option(help="Of the page, en or ko; auto for that of --language.")
    ] = "auto",
    gallery: Annotated[
        Path | None, typer.Option(help="Folder of known people; the usual one.")
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="Folder of known things; the usual one.")
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No picture of each shot on the page.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look again, whatever is stored.")
    ] = False,
    *,
    asked: Asked,
) -> None:
    """Count what is seen and heard: screen time, poses, speaking time, sounds, things, places,
    text, cutting rate, odd events.

    OUT gets report.html, methods.json, a CSV and a Parquet file of each table, the raw rows
    they were counted from (raw/), an ELAN file (.eaf) and a metadata track (.vtt) of each film.
    """
    run_pipeline(
        "report",
        footage,
        asked,
        out=out,
        sampling=sampling,
        speech=not no_speech,
        texts=text or everything,
        bodies=bodies or everything,
        safety=safety or everything,
        known_things=known_things or everything,
        language=language,
        page_language=page_language,
        gallery=gallery,
        references=references,
        thumbnails=not no_pictures,
        cache=not no_cache,
    )


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a report.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the sheets; DIR/check without it.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Frames, and shots, to be looked at.")] = 60,
    read: Annotated[
        list[Path] | None,
        typer.Option(help="A filled sheet, named as its coder; nothing is drawn. Repeatable."),
    ] = None,
    page_language: Annotated[str, typer.Option(help="Of check.html, en or ko.")] = "en",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Draw a random sample of a report for people to check, or read what they found.

    Without --read OUT gets check.csv (how much is wrong, how much is missing), coding.csv (the
    kinds of shots, to be named without seeing what the machine said) and check.html with the
    pictures. With --read it prints precision and recall with 95 % intervals, and
    Krippendorff's alpha among coders and with the machine.
    """
    from pipelines.report import check_sheets
    from pipelines.report.words import LANGUAGES
    from studio.errors import RequestError

    if page_language not in LANGUAGES:
        raise RequestError(f"--page-language {page_language} is not spoken here.", "Give en or ko.")
    if read:
        found = check_sheets.read_sheets(folder, read)
        data = check_sheets.describe_check(found)
        emit(as_json, data, lambda: print(check_sheets.summarise_check(found)))
        return
    with stoppable_job(settings_of()) as job:
        made = check_sheets.write_sheets(
            folder, out or folder / "check", sample, seed, job, page_language
        )
    files = {"check": str(made.check), "coding": str(made.coding), "page": str(made.page)}
    data = {"files": files, "notes": list(made.notes)}

    def show() -> None:
        for name, path in files.items():
            print(f"  {name:<8} {path}")
        for note in made.notes:
            print(f"note: {note}")
        print(f"Fill in copies, one a coder, then: studio check {folder} --read COPY.csv")

    emit(as_json, data, show)

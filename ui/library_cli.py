"""``studio library …`` and ``studio project …``: footage by reference, and folders of work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.command import AsJson, emit, settings_of

if TYPE_CHECKING:
    from studio.archive.library import Footage, Library, Project

library_app = typer.Typer(
    no_args_is_help=True, help="Footage the studio knows, by reference: nothing is copied."
)
project_app = typer.Typer(
    no_args_is_help=True, help="Projects: a folder with plans, results and the footage it draws on."
)

Paths = Annotated[
    list[Path], typer.Argument(metavar="FOOTAGE...", help="Films, sound files or folders.")
]
Which = Annotated[str, typer.Argument(metavar="FOOTAGE", help="Id, name or path.")]
InProject = Annotated[str, typer.Option("--project", help="A project's name or id.")]


@library_app.command("add")
def library_add(
    paths: Paths,
    project: InProject = "",
    proxies: Annotated[
        bool, typer.Option("--proxies", help="Queue posters and 720p proxies as jobs.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take files, and all media of folders; what is known by its content gets its new place.

    Prints a line a file. Exit 2 where nothing could be used.
    """
    from studio.archive.library import Footage
    from studio.errors import NoSuchMedia, StudioError
    from studio.media.probe import probe

    settings, library = settings_of(), _library()
    owned = _project_named(library, project).id if project else ""
    added: list[Footage] = []
    refused: list[dict[str, str]] = []
    for path in _media(paths):
        try:
            info = probe(path.absolute(), settings)
        except StudioError as exc:
            refused.append({"path": str(path), "message": exc.message, "hint": exc.hint})
            continue
        if dry_run:
            added.append(Footage("", "", info, 0.0, present=True))
        else:
            added.append(library.add(info, "", owned))
    if proxies and not dry_run:
        _prepare(added)
    if not added:
        said = refused[0] if refused else {"message": "There is no media there.", "hint": ""}
        raise NoSuchMedia(said["message"], said["hint"] or "Name a film or a folder.")

    def show() -> None:
        for each in added:
            print(_line(each))
        for row in refused:
            print(f"not added: {row['path']}: {row['message']}")

    emit(as_json, {"added": [_plain(each) for each in added], "refused": refused}, show)


@library_app.command("list")
def library_list(
    text: Annotated[str, typer.Argument(help="Only what has it in name or path.")] = "",
    project: InProject = "",
    find: Annotated[
        list[Path] | None,
        typer.Option("--find", help="Look for vanished footage in this folder, by content."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Footage, the newest first; what is not where it was is marked."""
    library = _library()
    if find:
        library.find_again(find, settings_of())
    owned = _project_named(library, project).id if project else ""
    found = library.footage("", owned, text)

    def show() -> None:
        for note in library.notes:
            print(f"note: {note}")
        for each in found:
            print(_line(each))
        if not found:
            print("No footage: studio library add FILE-OR-FOLDER")

    data = {"footage": [_plain(each) for each in found], "notes": list(library.notes)}
    emit(as_json, data, show)


@library_app.command("show")
def library_show(which: Which, as_json: AsJson = False) -> None:
    """What a piece of footage is, and where."""
    from studio.codec import to_json

    each = _library().find(which)

    def show() -> None:
        print(_line(each))
        info = each.info
        print(f"  {info.path}\n  {info.container}, {info.size_bytes} bytes, {info.content_hash}")
        if info.video is not None:
            video = info.video
            print(f"  {video.codec} {video.pixel_format}, {video.rate} frames a second")
        if info.audio is not None:
            print(f"  {info.audio.codec}, {info.audio.sample_rate_hz} Hz, {info.audio.channels} ch")
        for note in info.notes:
            print(f"  note: {note}")

    emit(as_json, _plain(each) | {"info": to_json(each.info)}, show)


@library_app.command("remove")
def library_remove(which: Which, project: InProject = "", as_json: AsJson = False) -> None:
    """Forget a piece of footage, or take it out of a project; the file stays."""
    library = _library()
    each = library.find(which)
    owned = _project_named(library, project).id if project else ""
    library.remove(each.id, "", owned)
    emit(as_json, _plain(each), lambda: print(f"forgotten: {each.info.path} (the file stays)"))


@project_app.command("new")
def project_new(
    name: Annotated[str, typer.Argument(help="As people call it.")],
    at: Annotated[Path | None, typer.Option("--at", help="Its folder; ./NAME if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a project in a folder; prints where."""
    project = _library().new_project(name, at or Path(name))
    emit(as_json, _project(project), lambda: print(project.folder))


@project_app.command("list")
def project_list(as_json: AsJson = False) -> None:
    """All projects, the one opened last first."""
    known = _library().projects()

    def show() -> None:
        for project in known:
            print(f"{project.id}  {project.name}  {project.folder}")
        if not known:
            print("No projects: studio project new NAME")

    emit(as_json, {"projects": [_project(project) for project in known]}, show)


@project_app.command("open")
def project_open(
    folder: Annotated[Path, typer.Argument(help="A folder with a project.json.")],
    as_json: AsJson = False,
) -> None:
    """Take a project's folder into this library; footage that is there comes with it."""
    library = _library()
    project = library.open_project(folder)
    footage = library.footage("", project.id)
    data = _project(project) | {"footage": [_plain(each) for each in footage]}
    emit(as_json, data, lambda: print(f"{project.name}: {len(footage)} files of footage are here"))


def _library() -> Library:
    from studio.archive.library import Library, library_path

    return Library.open(library_path(settings_of()))


def _media(paths: list[Path]) -> list[Path]:
    from studio.archive.media_folders import MEDIA_SUFFIXES, media_in

    found: list[Path] = []
    for path in paths:
        found += media_in(path, MEDIA_SUFFIXES) if path.is_dir() else [path]
    return found


def _prepare(added: list[Footage]) -> None:
    from pipelines.desk import Options
    from studio.codec import to_json
    from studio.jobs.queue import JobQueue, jobs_path
    from studio.jobs.record import JobRequest, Priority

    settings = settings_of()
    queue = JobQueue.open(jobs_path(settings))
    for each in added:
        if each.info.video is None:
            continue
        out = settings.cache_dir / "library"
        rows = (("library.look", Priority.INTERACTIVE), ("library.proxy", Priority.BATCH))
        for act, priority in rows:
            options = to_json(Options(act, out))
            queue.submit(JobRequest("desk", (str(each.info.path),), options, priority=priority))


def _project_named(library: Library, text: str) -> Project:
    from studio.errors import RequestError

    found = [p for p in library.projects() if text in (p.id, p.name, str(p.folder))]
    if len(found) != 1:
        raise RequestError(f"No single project is called {text!r}.", "See: studio project list")
    return found[0]


def _line(each: Footage) -> str:
    info = each.info
    size = "{} x {}".format(*info.video.display_wh) if info.video is not None else "sound"
    lost = "" if each.present else "  (not there: studio library list --find FOLDER)"
    return f"{each.id[:8]}  {float(info.duration):>8.1f} s  {size:<12} {info.path.name}{lost}"


def _plain(each: Footage) -> dict[str, Any]:
    return {
        "id": each.id,
        "path": str(each.info.path),
        "content_hash": each.info.content_hash,
        "duration_s": float(each.info.duration),
        "present": each.present,
    }


def _project(project: Project) -> dict[str, Any]:
    return {"id": project.id, "name": project.name, "folder": str(project.folder)}

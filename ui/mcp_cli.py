"""``studio mcp``: the studio's calls as tools for an assistant on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.command import settings_of


def mcp(
    media_root: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that footage may be named from; repeatable; the current one."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Folder for the results; the page's where not given.")
    ] = None,
) -> None:
    """Speak the Model Context Protocol over standard input and output.

    Tools submit, plan, follow and stop jobs of every pipeline, and see to the library, what can be
    searched, known people and checks of reports; studio jobs work, or the page, does the jobs. On a
    shared machine the page offers the same at /mcp, to each user with a key.
    """
    from studio.archive.library import Library, library_path
    from studio.jobs.queue import JobQueue, jobs_path
    from ui.remote.calls import Calls
    from ui.remote.mcp_server import serve_stdio
    from ui.web.app import results_of
    from ui.web.roots import MediaRoots
    from ui.web.shelf import Shelf

    settings = settings_of()
    top = (results or results_of(settings)).absolute()
    queue = JobQueue.open(jobs_path(settings))
    library = Library.open(library_path(settings))
    try:
        shelf = Shelf(library, None, settings)
        roots = MediaRoots(media_root or [Path.cwd()])
        serve_stdio(Calls(queue, roots, top, shelf=shelf, settings=settings))
    finally:
        library.close()
        queue.close()

"""``studio ui``: the page, on this machine alone."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.accounts.book import Accounts, accounts_path
from studio.accounts.quota import Quotas
from studio.accounts.role import Role
from studio.archive.library import Library, library_path
from studio.errors import AccessError, RequestError
from studio.jobs.confinement import index_of
from studio.jobs.frame_drawing import FrameDrawing
from studio.jobs.queue import JobQueue, jobs_path
from studio.jobs.worker import Worker
from studio.settings import Settings
from ui.web.desk import Desk
from ui.web.guard import Guard, check_host, is_loopback
from ui.web.makings import Makings
from ui.web.roots import MediaRoots
from ui.web.shelf import Shelf
from ui.web.subtitle_works import SubtitleWorks
from ui.web.uploads import Uploads, home_of
from ui.web.works import Works

if TYPE_CHECKING:
    from types import FrameType

    from gradio import Blocks
    from starlette.types import ASGIApp

#: Masters do not go through a browser: they are named by their path.
MAX_UPLOAD_BYTES = 8 << 30


@dataclass(frozen=True)
class Studio:
    """What stands behind the page.

    Attributes:
        settings: of the machine and its user.
        roots: folders the page may open footage from.
        results_dir: where trailers are written.
        uploads: files from the browser.
        desk: hands work to the queue of jobs.
        shelf: the library.
        works: trailers in the making.
        subtitles: subtitles in the making.
        makings: films made anew.
        accounts: who may come in; everybody where None.
        open_host: the address the page is open to everybody at, where that was wished.
    """

    settings: Settings
    roots: MediaRoots
    results_dir: Path
    uploads: Uploads
    desk: Desk
    shelf: Shelf
    works: Works
    subtitles: SubtitleWorks
    makings: Makings
    accounts: Accounts | None = None
    open_host: str | None = None

    @classmethod
    def open(
        cls,
        settings: Settings,
        media_roots: Sequence[Path] = (),
        results_dir: Path | None = None,
        max_upload_bytes: int = MAX_UPLOAD_BYTES,
        accounts: Accounts | None = None,
        open_host: str | None = None,
    ) -> Studio:
        """Set up folders, and open the list of jobs and the library.

        Args:
            settings: of the machine and its user.
            media_roots: folders with footage; the current one where none is given.
            results_dir: where trailers are written; in the user's data folder where not given.
            max_upload_bytes: of one file from the browser.
            accounts: who may come in; everybody where None.
            open_host: the address the page is open to everybody at, where that was wished.

        Raises:
            RequestError: a media root is no folder, or results cannot be written.
            JobsUnavailable, LibraryUnavailable: their files cannot be used.
        """
        results_dir = (results_dir or results_of(settings)).absolute()
        try:
            results_dir.mkdir(parents=True, exist_ok=True)
            uploads = Uploads(
                settings.data_dir / "uploads",
                max_upload_bytes,
                settings,
                lambda owner, more_bytes: quotas.check(owner, more_bytes),  # noqa: PLW0108 - later
            )
        except OSError as exc:
            raise RequestError(
                f"{exc.filename} cannot be written: {exc.strerror}.", "Choose another folder."
            ) from exc
        roots = MediaRoots(media_roots or [Path.cwd()])

        def may_work(owner: str) -> None:
            if accounts is not None:
                accounts.check_role(owner, Role.EDITOR)

        library = Library.open(library_path(settings))

        quotas = Quotas(accounts, lambda owner: kept_by(owner, settings, results_dir, library))
        desk = Desk(
            JobQueue.open(jobs_path(settings)),
            library,
            results_dir,
            lambda owner: (*roots.folders, uploads.home(owner)),
            may_work,
            lambda owner: (index_of(owner, settings),),
            quotas.check,
        )
        return cls(
            settings,
            roots,
            results_dir,
            uploads,
            desk,
            Shelf(desk.library, desk, settings),
            Works(desk),
            SubtitleWorks(desk),
            Makings(desk),
            accounts,
            open_host,
        )

    def working(self) -> Working:
        """What does the jobs while the page is up; to be entered once."""
        return Working(self.settings)


def results_of(settings: Settings) -> Path:
    """Where what is made on the page is put."""
    return settings.results_dir or settings.data_dir / "results"


def kept_by(owner: str, settings: Settings, results_dir: Path, library: Library) -> list[Path]:
    """Files and folders that count for a user's disk quota: uploads, results, and footage that
    came by upload. What lies below the media roots was there before."""
    sent = settings.data_dir / "footage"
    footage = (each.info.path for each in library.footage(owner))
    own = [path for path in footage if path.is_relative_to(sent)]
    return [home_of(settings.data_dir / "uploads", owner), results_dir / owner, *own]


class Working(contextlib.AbstractContextManager["Working"]):
    """A worker of the queue, on a thread of its own: every attempt is a process, and those that
    somebody waits for share one that is warm.

    Args:
        settings: of the machine.
    """

    def __init__(self, settings: Settings) -> None:
        from pipelines.registry import COMMAND, WARM_COMMAND

        self._stop = threading.Event()
        worker = Worker(jobs_path(settings), COMMAND, settings, warm=WARM_COMMAND)
        self._thread = threading.Thread(target=worker.run, args=(self._stop,), name="worker")

    def __enter__(self) -> Working:
        """Begin to do jobs."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop those at work; they go back into the queue."""
        self._stop.set()
        self._thread.join()


def make_app(studio: Studio) -> ASGIApp:
    """The page as an ASGI application."""
    temp_dir = studio.settings.cache_dir / "gradio"
    temp_dir.mkdir(parents=True, exist_ok=True)
    # Read by Gradio when it is imported and when components are made.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(temp_dir)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import gradio as gr
    from fastapi import FastAPI

    from ui.web.api import rest
    from ui.web.kept_page import KeptPage
    from ui.web.machine_routes import MachineRoutes, not_allowed
    from ui.web.pictures import Pictures
    from ui.web.routes import Routes
    from ui.web.study_routes import StudyRoutes
    from ui.web.tabs.table import group_rules
    from ui.web.theme import stylesheet, theme
    from ui.web.timing import Timed

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with machine.running():
            with studio.working(), drawing:
                yield

    drawing = FrameDrawing(studio.settings)
    machine = MachineRoutes.of(studio)
    page = _page(studio)
    routes = Routes(studio.uploads, studio.works, studio.subtitles, studio.makings)
    table = StudyRoutes(studio.makings, studio.settings).table()
    table += [*Pictures(studio.works, studio.shelf, drawing).table(), *routes.table()]
    table += machine.table()
    app = FastAPI(
        lifespan=lifespan,
        routes=table,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        exception_handlers={AccessError: not_allowed},
    )
    static = Path(__file__).parent / "static"
    app = gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name="127.0.0.1",
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        # Nothing that the studio keeps is for Gradio to serve, whatever a component returns.
        blocked_paths=[str(studio.uploads.folder), str(studio.settings.cache_dir / "analyses")],
        favicon_path=str(static / "favicon.png"),
        show_error=True,
        max_file_size=1 << 20,  # its upload route is closed; this is the second bolt
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        css=stylesheet() + group_rules(),
        head=f"<script>{(static / 'page.js').read_text('utf-8')}</script>",
    )
    # Only `launch` sets this, and without it Gradio skips its check of paths from the browser.
    page.has_launched = True
    rest(page)
    return Timed(Guard(KeptPage(app), studio.accounts, studio.open_host), machine.times)


def _page(studio: Studio) -> Blocks:
    import gradio as gr

    from ui.web.messages import Say
    from ui.web.panels import header
    from ui.web.tabs.memory import lay_memory
    from ui.web.tabs.table import lay_tabs
    from ui.web.tabs.texts import html

    say = Say("en")
    static = Path(__file__).parent / "static"
    page: Blocks = gr.Blocks(
        title=say("app.name"), analytics_enabled=False, delete_cache=(3600, 86400)
    )
    with page:
        top = html(header(say), js_on_load=(static / "header.js").read_text("utf-8"))
        lay_tabs(page, studio, top)
        lay_memory(studio.settings)
    return page


def serve(
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    open_browser: bool = False,
    settings: Settings | None = None,
    media_roots: Sequence[Path] = (),
    results_dir: Path | None = None,
    auth: bool = False,
    i_know: bool = False,
) -> None:
    """Serve the page until it is interrupted.

    Args:
        host: an address of this machine's own.
        port: 0 takes a free one.
        open_browser: open the page once it answers.
        settings: read from the machine where not given.
        media_roots: folders with footage; the current one where none is given.
        results_dir: where trailers are written; in the user's data folder where not given.
        auth: whether users sign in.
        i_know: listen for others without that.

    Raises:
        RequestError: the host is open to others, there are no users to sign in, the port is
            taken, a folder cannot be used.
    """
    check_host(host, auth, i_know)
    settings = settings or Settings()
    accounts = _accounts(settings) if auth else None
    open_host = None if auth or is_loopback(host) else host
    listener = _listen(host, port)
    with listener:
        studio = Studio.open(
            settings, media_roots, results_dir, accounts=accounts, open_host=open_host
        )
        import uvicorn

        app = make_app(studio)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        config = uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=2, server_header=False
        )
        server = uvicorn.Server(config)
        end = server.handle_exit

        def end_quietly(number: int, frame: FrameType | None) -> None:
            # Open pages hold a stream each; that it breaks off now is no news.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            end(number, frame)

        server.handle_exit = end_quietly  # type: ignore[assignment, method-assign]
        print(f"The studio is at {address}  (stop it with Ctrl+C)", flush=True)
        if not is_loopback(host):
            print(_warning(auth), file=sys.stderr, flush=True)
        if open_browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _accounts(settings: Settings) -> Accounts:
    accounts = Accounts(accounts_path(settings))
    if not accounts.users():
        raise RequestError(
            "Nobody could sign in: there are no users.", "studio users add NAME --role admin"
        )
    return accounts


def _warning(auth: bool) -> str:
    if auth:
        return (
            "Passwords and footage go over the network as they are: put a proxy with TLS before "
            "it where the network is not yours alone."
        )
    return "Everybody who can reach this address may do everything: --auth asks who comes."


def _listen(host: str, port: int) -> socket.socket:
    """Take the port first: a taken one shows before anything slow is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as exc:
        listener.close()
        raise RequestError(
            f"Port {port} of {host} cannot be used: {exc}.",
            "Another studio may be running. Give another with --port, or --port 0 for any.",
        ) from exc
    return listener

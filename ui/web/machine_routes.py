"""Routes of a machine that several use and that programs ask: the way in, results of jobs, the
API, MCP, the metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from studio.accounts.role import Role
from studio.errors import AccessError, StudioError, UnknownJob
from studio.jobs.metrics import prometheus_text
from studio.models.records import StatusBoard
from ui.remote.calls import Calls, error_of
from ui.web.guard import API_PATH, require, user_of
from ui.web.late import LateApp
from ui.web.routes import served
from ui.web.sign_in import SignIn

if TYPE_CHECKING:
    from ui.web.app import Studio


@dataclass(frozen=True)
class MachineRoutes:
    """The routes, and what goes on behind them.

    Attributes:
        studio: what stands behind the page.
        calls: what programs may ask.
    """

    studio: Studio
    calls: Calls
    _late: list[LateApp] = field(default_factory=list)

    @classmethod
    def of(cls, studio: Studio) -> MachineRoutes:
        """Those of a studio."""
        calls = Calls(studio.desk.queue, studio.roots, studio.results_dir, studio.uploads)
        return cls(studio, calls)

    def table(self) -> list[BaseRoute]:
        """For the application."""
        api, mcp = LateApp(self._build_api), LateApp(self._build_mcp)
        self._late[:] = [api, mcp]
        found: list[BaseRoute] = [
            Route("/studio/jobs/{job}/files/{name}", self.file),
            Route("/studio/jobs/{job}/report", self.report),
            Route("/metrics", self.metrics),
            Route("/mcp", mcp, methods=["GET", "POST", "DELETE"]),
            Mount(API_PATH, api),
        ]
        if self.studio.accounts is not None:
            found += SignIn(self.studio.accounts).table()
        return found

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server runs."""
        async with AsyncExitStack() as stack:
            for late in self._late:
                await stack.enter_async_context(late.running())
            yield

    async def file(self, request: Request) -> Response:
        """A result of a job; with ranges. ``?download`` saves it."""
        job, name = request.path_params["job"], request.path_params["name"]
        try:
            path = await run_in_threadpool(self.calls.result_file, user_of(request), job, name)
        except StudioError as exc:
            return refused(exc)
        return served(request, path)

    async def report(self, request: Request) -> Response:
        """All of a job in one file, to send with a bug."""
        job = request.path_params["job"]
        try:
            data = await run_in_threadpool(self.calls.report, user_of(request), job)
        except StudioError as exc:
            return refused(exc)
        headers = {"content-disposition": 'attachment; filename="job-report.json"'}
        return JSONResponse(data, headers=headers)

    async def metrics(self, request: Request) -> Response:
        """What Prometheus reads; with accounts, for an admin or an admin's key."""
        require(request, Role.ADMIN)

        def text() -> str:
            queue = self.calls.queue
            pools = StatusBoard(self.studio.settings.cache_dir / "pool").read()
            return prometheus_text(queue.counts(), queue.jobs(limit=1000), pools)

        said = await run_in_threadpool(text)
        return PlainTextResponse(said, media_type="text/plain; version=0.0.4; charset=utf-8")

    def _build_api(self) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
        from ui.web.api import make_api

        return make_api(self.calls)

    def _build_mcp(self) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
        from ui.remote.mcp_server import McpRoute

        route = McpRoute(self.calls, user_of)
        return route, route.running()


def refused(error: StudioError) -> JSONResponse:
    """An error as the answer of a route."""
    status = 403 if isinstance(error, AccessError) else 422
    status = 404 if isinstance(error, UnknownJob) else status
    return JSONResponse({"error": error_of(error)}, status_code=status)


async def not_allowed(_: Request, error: Exception) -> Response:
    """Answers where a route found that whoever asks may not."""
    if not isinstance(error, AccessError):
        raise error
    return refused(error)

"""Routes of a machine that several use and that programs ask: the way in, results of jobs, the
API, MCP, the metrics."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from studio.accounts.role import Role
from studio.errors import AccessError, Busy, RequestError, StudioError, UnknownJob
from studio.jobs.confinement import index_of
from studio.jobs.metrics import prometheus_text
from studio.models.records import StatusBoard
from ui.remote.calls import Calls, error_of
from ui.web.guard import API_PATH, require, user_of
from ui.web.late import LateApp
from ui.web.routes import served
from ui.web.sign_in import SignIn
from ui.web.timing import RequestTimes

if TYPE_CHECKING:
    from ui.remote.ways import Way
    from ui.web.app import Studio


#: Of the parameters of a call; files come by the page's route.
_MOST_CALL_BYTES = 1 << 20


@dataclass(frozen=True)
class MachineRoutes:
    """The routes, and what goes on behind them.

    Attributes:
        studio: what stands behind the page.
        calls: what programs may ask.
        times: how long requests took.
    """

    studio: Studio
    calls: Calls
    times: RequestTimes = field(default_factory=RequestTimes)
    _late: list[LateApp] = field(default_factory=list)

    @classmethod
    def of(cls, studio: Studio) -> MachineRoutes:
        """Those of a studio."""
        calls = Calls(
            studio.desk.queue,
            studio.roots,
            studio.results_dir,
            studio.uploads,
            lambda owner: index_of(owner, studio.settings),
            studio.desk.room,
            studio.shelf,
            studio.settings,
        )
        return cls(studio, calls)

    def table(self) -> list[BaseRoute]:
        """For the application."""
        api, mcp = LateApp(self._build_api), LateApp(self._build_mcp)
        self._late[:] = [api, mcp]
        found: list[BaseRoute] = [
            Route("/studio/jobs/{job}/files/{name}", self.file),
            Route("/studio/jobs/{job}/report", self.report),
            Route("/studio/calls", self.listed),
            Route("/studio/calls/{name}", self.call, methods=["POST"]),
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

    async def listed(self, request: Request) -> Response:
        """What can be called, and with what: a JSON schema of the parameters of each."""
        user_of(request)

        def told() -> dict[str, Any]:
            return {
                name: {"text": way.text, "parameters": way.parameters.model_json_schema()}
                for name, way in self._ways.items()
            }

        return JSONResponse(await run_in_threadpool(told))

    async def call(self, request: Request) -> Response:
        """One call: an object of parameters in, an object out. The same calls as Gradio's API and
        MCP offer, for programs that have neither client; it costs the server a sixth of theirs."""
        user, name = user_of(request), request.path_params["name"]
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_CALL_BYTES:
                return refused(RequestError("The parameters are too long.", "Name files."))

        def act() -> dict[str, Any] | None:
            if name not in self._ways:
                return None
            try:
                given = json.loads(body or b"{}")
            except (ValueError, RecursionError) as exc:
                raise RequestError("The parameters are no JSON.", "Send an object.") from exc
            if not isinstance(given, dict):
                raise RequestError("The parameters are no object.", "Send an object.")
            return self._ways[name](user, given)

        try:
            said = await run_in_threadpool(act)
        except StudioError as exc:
            return refused(exc)
        if said is None:
            return PlainTextResponse("Not found.", status_code=404)
        return JSONResponse(said)

    @cached_property
    def _ways(self) -> dict[str, Way]:
        # The options of every pipeline are read for it: when somebody asks.
        from ui.remote.ways import ways

        return {way.name: way for way in ways(self.calls)}

    async def metrics(self, request: Request) -> Response:
        """What Prometheus reads; with accounts, for an admin or an admin's key."""
        require(request, Role.ADMIN)

        def text() -> str:
            queue = self.calls.queue
            pools = StatusBoard(self.studio.settings.cache_dir / "pool").read()
            return prometheus_text(queue.counts(), queue.jobs(limit=1000), pools, self.times.read())

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
    status = 503 if isinstance(error, Busy) else status
    return JSONResponse({"error": error_of(error)}, status_code=status)


async def not_allowed(_: Request, error: Exception) -> Response:
    """Answers where a route found that whoever asks may not."""
    if not isinstance(error, AccessError):
        raise error
    return refused(error)

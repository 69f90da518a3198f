"""A part of the server that is built when it is first asked for: the page itself need not wait.

Built with the page, the API and MCP would make it ready two seconds of processor time later
(measured on 2 cores), for something that few visits use.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

#: Builds the application, and says what has to go on while it runs.
Build = Callable[[], tuple[ASGIApp, AbstractAsyncContextManager[None]]]


class LateApp:
    """An ASGI application that appears with its first request.

    Args:
        build: builds it, in a thread.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self._wanted = self._there = asyncio.Event()
        self._app: ASGIApp | None = None
        self._failure: BaseException | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server runs."""
        self._wanted, self._there = asyncio.Event(), asyncio.Event()
        self._app = self._failure = None
        over = asyncio.Event()
        # What is entered in a task has to be left in it.
        task = asyncio.create_task(self._keep(over))
        try:
            yield
        finally:
            over.set()
            self._wanted.set()
            await task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, once there is something to answer."""
        self._wanted.set()
        await self._there.wait()
        if self._app is None:
            raise RuntimeError("could not be built") from self._failure
        await self._app(scope, receive, send)

    async def _keep(self, over: asyncio.Event) -> None:
        await self._wanted.wait()
        if over.is_set():
            return
        try:
            app, going = await run_in_threadpool(self._build)
            async with going:
                self._app = app
                self._there.set()
                await over.wait()
        except Exception as exc:
            self._failure = exc
            self._there.set()
            raise

"""The same calls as tools of the Model Context Protocol, over HTTP or standard input."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from studio.accounts.role import ONLY_USER, User
from studio.errors import StudioError
from ui.remote.calls import Calls, error_of
from ui.remote.ways import ways

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from starlette.types import Receive, Scope, Send

_TEXT = (
    "A video studio. Work is queued: submit_… answers with a job, job_status says how far it is, "
    "job_result what it made. plan_… says first what would be made and what it costs."
)


def make_server(calls: Calls, who: Callable[[Any], User]) -> Server[Any, Any]:
    """A server with a tool for each call.

    Args:
        calls: do it.
        who: the user behind an HTTP request, or behind None over standard input.
    """
    import anyio
    from mcp import types
    from mcp.server.lowlevel import Server

    found = {way.name: way for way in ways(calls)}
    server: Server[Any, Any] = Server("studio", instructions=_TEXT)

    @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        who(server.request_context.request)
        return [
            types.Tool(
                name=way.name,
                description=way.text,
                inputSchema=way.parameters.model_json_schema(),
            )
            for way in found.values()
        ]

    # Parameters are checked by the call itself, in words of ours.
    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        user = who(server.request_context.request)
        if name not in found:
            return _answer({"error": {"kind": "RequestError", "message": "No such tool."}}, True)
        try:
            said = await anyio.to_thread.run_sync(found[name], user, arguments or {})
        except StudioError as exc:
            return _answer({"error": error_of(exc)}, True)
        return _answer(said, False)

    def _answer(said: dict[str, Any], wrong: bool) -> types.CallToolResult:
        text = types.TextContent(type="text", text=json.dumps(said, ensure_ascii=False))
        return types.CallToolResult(content=[text], structuredContent=said, isError=wrong)

    return server


class McpRoute:
    """MCP over HTTP as an ASGI application: no sessions, an answer to each request.

    Args:
        calls: do it.
        who: the user behind a request; the guard has let it in.
    """

    def __init__(self, calls: Calls, who: Callable[[Any], User]) -> None:
        self._calls, self._who = calls, who
        self._manager: Any = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the page runs."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        self._manager = StreamableHTTPSessionManager(
            app=make_server(self._calls, self._who), json_response=True, stateless=True
        )
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._manager.handle_request(scope, receive, send)


def serve_stdio(calls: Calls) -> None:
    """Speak MCP over standard input and output, as the user of the terminal, until it closes."""
    import anyio
    from mcp.server.stdio import stdio_server

    server = make_server(calls, lambda _: ONLY_USER)

    async def serve() -> None:
        async with stdio_server() as (reads, writes):
            await server.run(reads, writes, server.create_initialization_options())

    anyio.run(serve)

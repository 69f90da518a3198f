"""The page's own text, made once: it is the same for everybody.

Gradio makes it anew for each visit, by a deep copy of the description of every component: 60 to
90 ms of processor time (2 cores, all tabs), which was most of what a visit cost. Who visits, their
language and what is theirs come with the page's first event and not with its text.

What an address says behind its ``?`` is read in the browser. Gradio would take some of it for the
name of another of its pages, of which we have none, and break over it: it never hears of it.
"""

from __future__ import annotations

from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.guard import plain_path

_PATHS = ("/", "/config")
#: What an address in it may depend on.
_HEADERS = (
    *("host", "accept-encoding", "origin", "referer", "forwarded", "x-gradio-server"),
    *("x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix"),
)
_MOST = 8


class KeptPage:
    """ASGI middleware below the guard, which says anew what every answer says to the browser.

    Args:
        app: makes the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[str, ...], list[Message]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is kept, or pass on."""
        if scope["type"] == "http" and plain_path(scope) in _PATHS:
            scope = {**scope, "query_string": b""}
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in _PATHS:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = (
            scope["path"],
            scope["scheme"],
            *(headers.get(name, "") for name in _HEADERS),
        )
        found = self._kept.get(key)
        if found is None:
            found = await self._made(scope, receive)
            if any(message.get("status") == 200 for message in found):
                self._kept[key] = found
        if key in self._kept:
            self._kept.move_to_end(key)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        for message in found:
            # Whoever sends it on writes into the headers.
            await send({**message, **_copied(message)})

    async def _made(self, scope: Scope, receive: Receive) -> list[Message]:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if message["type"] in ("http.response.start", "http.response.body"):
                held.append({**message, **_copied(message)})

        await self._app(scope, receive, hold)
        return held


def _copied(message: Message) -> Message:
    return {"headers": list(message["headers"])} if "headers" in message else {}

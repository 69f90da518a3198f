"""How long the server takes for what it is asked: from the first byte in to the last byte out.

What a client measures holds its own work too, and on a small machine that is most of it. Streams
that stay open are left out.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.guard import plain_path

#: Upper ends of the buckets, seconds.
BOUNDS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
#: Beginnings of paths and what they are called; the first that fits.
_KINDS = (
    ("/gradio_api/queue/data", ""),
    ("/gradio_api/heartbeat/", ""),
    ("/gradio_api/startup-events", ""),
    ("/gradio_api/call/", "call"),
    ("/gradio_api/queue/join", "call"),
    ("/gradio_api/run/", "event"),
    ("/studio/calls", "call"),
    ("/studio/uploads", "upload"),
    ("/studio/", "file"),
    ("/mcp", "mcp"),
    ("/login", "sign in"),
    ("/metrics", "metrics"),
    ("/assets/", "asset"),
    ("/static/", "asset"),
    ("/svelte/", "asset"),
    ("/gradio_api/", "page"),
    ("/config", "page"),
    ("/theme.css", "page"),
)


class RequestTimes:
    """Counts of requests by kind and by how long they took. Threads may share it."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
        self._sums: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def add(self, kind: str, seconds: float) -> None:
        """One more."""
        with self._lock:
            self._counts[kind][bisect_left(BOUNDS_S, seconds)] += 1
            self._sums[kind] += seconds

    def read(self) -> Iterator[tuple[str, list[tuple[float, int]], float]]:
        """Kind, how many took at most so many seconds (the last without end), seconds of all."""
        with self._lock:
            kept = [(kind, list(counts), self._sums[kind]) for kind, counts in self._counts.items()]
        for kind, counts, total_s in sorted(kept):
            upto, found = 0, []
            for bound, count in zip((*BOUNDS_S, float("inf")), counts, strict=True):
                upto += count
                found.append((bound, upto))
            yield kind, found, total_s


class Timed:
    """ASGI middleware around everything that measures it.

    Args:
        app: what is measured.
        times: takes the seconds.
    """

    def __init__(self, app: ASGIApp, times: RequestTimes) -> None:
        self._app, self._times = app, times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note the time."""
        kind = kind_of(scope)
        if not kind:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_timed(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self._times.add(kind, time.perf_counter() - began)

        await self._app(scope, receive, send_timed)


def kind_of(scope: Scope) -> str:
    """What a request is for, in one word; "" for a stream that stays open, and for no request."""
    if scope["type"] != "http":
        return ""
    path = plain_path(scope)
    return next((kind for beginning, kind in _KINDS if path.startswith(beginning)), "page")

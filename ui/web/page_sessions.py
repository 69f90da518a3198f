"""Whose page a session of Gradio's is.

Gradio tells the pages of one server apart by a name that the browser makes up, the session hash,
and believes whoever says it: with another's hash one could read what that page is told, act with
its state, or cancel its events. The first to use a hash owns it here. The same holds of the id of
an event that was asked for without a session: whoever got it told may fetch what came of it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bodies of events; files come by another way.
MOST_BODY_BYTES = 4 << 20
_KEPT = 20_000
_EVENTS = ("/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/reset")
_HEARTBEAT = "/gradio_api/heartbeat/"


class PageSessions:
    """Remembers who owns which session hash; the ones used last, so many as fit."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._kept = kept

    def owns(self, user: str, session: str) -> bool:
        """Whether a session is a user's; one that nobody has is from now on."""
        owner = self._owners.setdefault(session, user)
        self._owners.move_to_end(session)
        while len(self._owners) > self._kept:
            self._owners.popitem(last=False)
        return owner == user

    async def check(
        self, path: str, scope: Scope, receive: Receive, user: str
    ) -> tuple[PlainTextResponse | None, Receive]:
        """Look at a request to Gradio.

        Args:
            path: below the page, or below the API.
            scope, receive: of the request.
            user: who asks.

        Returns:
            A refusal or nothing, and what the application is to receive from.
        """
        path = path.rstrip("/")
        if path in _EVENTS:
            body = await _body(receive)
            if body is None:
                return PlainTextResponse("Too long.", status_code=413), receive
            said = _read(body)
            sessions = [said.get("session_hash")] if "session_hash" in said else []
            return self._verdict(user, sessions), _again(body, receive)
        if path == "/gradio_api/queue/data":
            query = parse_qs(scope["query_string"].decode("latin-1"))
            return self._verdict(user, list(query.get("session_hash", ()))), receive
        if path.startswith(_HEARTBEAT):
            return self._verdict(user, [path.removeprefix(_HEARTBEAT)]), receive
        return None, receive

    async def call(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, user: str
    ) -> None:
        """Pass on what ``/gradio_api/call`` is asked: ``POST …/NAME`` is answered with the id of
        an event, and ``GET …/NAME/ID`` with what came of it, to its owner alone.

        Args:
            app: what answers.
            scope, receive, send: of the request.
            user: who asks.
        """
        if scope["method"] != "POST":
            event = scope["path"].rstrip("/").rpartition("/")[2]
            known = self._owners.get(event) == user
            missing = PlainTextResponse("Not found.", status_code=404)
            await (app if known else missing)(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await PlainTextResponse("Too long.", status_code=413)(scope, receive, send)
            return
        said = _read(body)
        said.pop("session_hash", None)  # one of its own, whatever is asked for
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        written = json.dumps(said).encode()
        headers = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
        headers.append((b"content-length", str(len(written)).encode()))
        await app({**scope, "headers": headers}, _again(written, receive), hold)
        told = _read(b"".join(m.get("body", b"") for m in held if m["type"].endswith("body")))
        if isinstance(told.get("event_id"), str):
            self.owns(user, str(told["event_id"]))  # which is its session's name, too
        for message in held:
            await send(message)

    def _verdict(self, user: str, sessions: list[object]) -> PlainTextResponse | None:
        # Another's is answered like one that is not there.
        for session in sessions:
            if session is None:
                continue
            if not isinstance(session, str) or not 0 < len(session) <= 200:
                return PlainTextResponse("Not found.", status_code=404)
            if not self.owns(user, session):
                return PlainTextResponse("Not found.", status_code=404)
        return None


def _read(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}  # Gradio refuses it
    return said if isinstance(said, dict) else {}


async def _body(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def once_more() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more

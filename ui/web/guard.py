"""What may be asked of the server at all, by whom, and what every answer says to the browser.

Gradio brings some sixty routes; the page needs a dozen. The others, its file and upload routes
among them, are not there. ``strict_cors`` and the rest of Gradio's own guards stay on as well.

Whoever asks is known from here on. A route, an event of the page, a call of the API and a tool
of MCP all say the same::

    user = current_user(request)                  # "" on a machine without accounts
    user = require(request, Role.EDITOR)          # raises NotAllowed

``request`` is Starlette's or Gradio's (an event's parameter of type ``gr.Request``). What belongs
to another user is answered as if it were not there.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.accounts.book import Accounts
from studio.accounts.role import ONLY_USER, Role, User
from studio.errors import NotAllowed, RequestError
from ui.web.page_sessions import PageSessions

#: Where the guard leaves who asks.
USER_KEY = "studio.user"
COOKIE = "studio_session"
#: Whom a page is of before it was opened; no user can be called so. It is not "", who is the one
#: user of a machine without accounts and sees everything: an event that is sent past the opening
#: of a page must find nothing.
NOBODY = "?"
_EXACT = frozenset(
    (
        *(
            "/",
            "/config",
            "/config/",
            "/theme.css",
            "/robots.txt",
            "/favicon.ico",
            "/manifest.json",
        ),
        *("/gradio_api/theme.css", "/gradio_api/startup-events"),
        *("/gradio_api/info", "/gradio_api/info/", "/gradio_api/app_id", "/gradio_api/app_id/"),
        *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/queue/status"),
        *("/gradio_api/reset", "/gradio_api/run/predict"),
        *("/login", "/logout", "/metrics", "/mcp"),
    )
)
#: Where the API is; see ``api.py``.
API_PATH = "/api"
#: What "Use via API" shows for programs without Gradio's client. There on the API alone: of the
#: page's own events none has a name.
_CALL = "/gradio_api/call/"
#: What is answered to anybody: the way in.
_OPEN = frozenset(("/login", "/favicon.ico", "/robots.txt"))
_BELOW = ("/assets/", "/static/", "/svelte/", "/studio/", "/gradio_api/heartbeat/")

#: Gradio builds its templates with ``new Function``, so scripts may be evaluated; but nothing
#: is loaded from anywhere else and nothing is sent anywhere else.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

#: The page of a report, of which words and names come from footage: shown in a frame of ours alone,
#: and nothing of it runs, in the frame or opened by itself.
_FRAMED = re.compile(r"/studio/makings/[\w-]+/page/report\.html")
_FRAMED_HEADERS = _HEADERS | {
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin",
    "x-frame-options": "SAMEORIGIN",
}


def current_user(request: Any) -> str:
    """The name of whoever asks: "" on a machine without accounts.

    Args:
        request: Starlette's or Gradio's; in a test anything with a ``scope`` that holds a
            :class:`User` under :data:`USER_KEY`.

    Raises:
        NotAllowed: it came past the guard.
    """
    return user_of(request).name


def require(request: Any, role: Role) -> str:
    """The name of whoever asks, if the role reaches so far.

    Raises:
        NotAllowed: it does not.
    """
    user = user_of(request)
    if not user.role.may(role):
        raise NotAllowed(
            f"That takes the role {role}; {user.name} is {user.role}.",
            "Ask an admin of the studio.",
        )
    return user.name


def user_of(request: Any) -> User:
    """Whoever asks, with the role; arguments and errors as of :func:`current_user`."""
    inner = getattr(request, "request", None) or request  # Gradio's wraps Starlette's
    found = getattr(inner, "scope", {}).get(USER_KEY)
    if not isinstance(found, User):
        raise NotAllowed("Nobody is known to ask.", "Sign in.")
    return found


def check_host(host: str, accounts: bool = False, i_know: bool = False) -> None:
    """Let the page listen on this machine alone, unless it asks who comes.

    Args:
        host: the address to listen on.
        accounts: whether users have to sign in.
        i_know: whether whoever starts it has said that everybody may use it.

    Raises:
        RequestError: others could reach the address and need no password.
    """
    if is_loopback(host) or accounts or i_know:
        return
    raise RequestError(
        f"The page would be open to everybody who can reach {host or 'this machine'}.",
        "Add --auth, with users from: studio users add NAME --role admin. Or keep --host 127.0.0.1"
        " and come through a tunnel: ssh -L 7860:127.0.0.1:7860 THIS-MACHINE",
    )


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware around the whole page.

    Refuses names that are not this machine's (a foreign name that resolves to loopback is how
    a web site reaches a local server), writes from other origins, routes that the page does
    not use, whoever is not signed in, and the events of another user's page.

    Args:
        app: what is guarded.
        accounts: who may come in; everybody where None, as the one user of the machine.
        open_host: the address others reach the page at without accounts, where that was wished.
    """

    def __init__(
        self, app: ASGIApp, accounts: Accounts | None = None, open_host: str | None = None
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._names = _names_of(open_host) if open_host else frozenset()
        self._sessions = PageSessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # the page uses no web sockets

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                framed = _FRAMED.fullmatch(scope["path"]) is not None
                for name, value in (_FRAMED_HEADERS if framed else _HEADERS).items():
                    headers[name] = value
            await send(message)

        answer: Response | None = self._refusal(scope)
        if answer is None:
            user = self._user(scope)
            scope[USER_KEY] = user
            if user is None and scope["path"] not in _OPEN:
                answer = _to_sign_in(scope)
            elif user is not None:
                refused, receive = await self._sessions.check(
                    plain_path(scope), scope, receive, user.name
                )
                answer = refused
                if answer is None and self._is_call(scope):
                    await self._sessions.call(self._app, scope, receive, send_marked, user.name)
                    return
        await (answer or self._app)(scope, receive, send_marked)

    @staticmethod
    def _is_call(scope: Scope) -> bool:
        path: str = scope["path"]
        return path.startswith(API_PATH + _CALL) and "/../" not in path

    def _user(self, scope: Scope) -> User | None:
        if self._accounts is None:
            return ONLY_USER
        token = token_of(scope)
        return self._accounts.who(token) if token else None

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = (urlsplit(f"//{host}").hostname or "").lower()
        # With accounts a foreign name brings no session along, so it opens nothing.
        if self._accounts is None and not (is_loopback(name) or name in self._names):
            return PlainTextResponse("This name is not this machine's.", status_code=421)
        origin = headers.get("origin")
        writes = scope["method"] not in ("GET", "HEAD")
        if writes and origin is not None and urlsplit(origin).netloc != host:
            return PlainTextResponse("Another site may not change anything here.", status_code=403)
        path = plain_path(scope)
        if (
            path in _EXACT
            or self._is_call(scope)
            or (path.startswith(_BELOW) and "/../" not in path)
        ):
            return None
        return PlainTextResponse("Not found.", status_code=404)


def plain_path(scope: Scope) -> str:
    """The path asked for, of the page or of the API: both are Gradio's, with the same routes."""
    path: str = scope["path"]
    return path.removeprefix(API_PATH) if path.startswith(API_PATH + "/") else path


def token_of(scope: Scope) -> str:
    """The token of a session that a request carries: as ``Authorization: Bearer``, or as a
    cookie; "" where none."""
    headers = Headers(scope=scope)
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def _to_sign_in(scope: Scope) -> Response:
    headers = Headers(scope=scope)
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        wanted = scope["path"] + ("?" + scope["query_string"].decode("latin-1")).rstrip("?")
        # Not 302: what is asked again is asked with GET.
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", status_code=303)
    body = {"error": "Nobody is signed in.", "hint": "Sign in at /login, or send a key."}
    return JSONResponse(body, status_code=401, headers={"www-authenticate": "Bearer"})


def _names_of(host: str) -> frozenset[str]:
    """Names by which others reach this machine: its own and its addresses, so that a foreign
    name that somebody points at it still opens nothing."""
    names = {socket.gethostname().lower(), socket.getfqdn().lower(), host.strip("[]").lower()}
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
        names.update(str(entry[4][0]).lower() for entry in found)
    except OSError:
        pass  # a machine that does not know its own name is reached by the address given
    return frozenset(names)

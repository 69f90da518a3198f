"""What may be asked of the server at all, by whom, and what every answer says to the browser.

Gradio brings some sixty routes; the page needs a dozen. The others, its file and upload routes
among them, are not there. ``strict_cors`` and the rest of Gradio's own guards stay on as well.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.errors import RequestError

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
        *("/gradio_api/reset", "/gradio_api/cancel", "/gradio_api/run/predict"),
    )
)
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


def check_host(host: str) -> None:
    """Let the page listen on this machine alone: it knows no users yet.

    Raises:
        RequestError: others could reach the address.
    """
    if is_loopback(host):
        return
    raise RequestError(
        f"The page would be open to everybody who can reach {host or 'this machine'}.",
        "It asks for no password yet. Keep --host 127.0.0.1, and reach it from elsewhere"
        " through a tunnel: ssh -L 7860:127.0.0.1:7860 THIS-MACHINE",
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
    a web site reaches a local server), writes from other origins, and routes that the page does
    not use.

    Args:
        app: what is guarded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = _refusal(scope)
        if refusal:
            answer = PlainTextResponse(refusal[1], status_code=refusal[0])
            await answer(scope, receive, send_marked)
            return
        await self._app(scope, receive, send_marked)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return 421, "This name is not this machine's."
    origin = headers.get("origin")
    writes = scope["method"] not in ("GET", "HEAD")
    if writes and origin is not None and urlsplit(origin).netloc != host:
        return 403, "Another site may not change anything here."
    path = scope["path"]
    if path in _EXACT or (path.startswith(_BELOW) and "/../" not in path):
        return None
    return 404, "Not found."

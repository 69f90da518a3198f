"""The way in and out of a page that has users."""

from __future__ import annotations

import html
import logging
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from studio.accounts.book import LONGEST_S, Accounts
from studio.errors import SignInRefused
from ui.web.guard import COOKIE, token_of
from ui.web.messages import Say, preferred_language
from ui.web.theme import PALETTE

_LOG = logging.getLogger(__name__)
_MOST_BODY_BYTES = 4096
_MARK = "studio_signed_in"


@dataclass(frozen=True)
class SignIn:
    """The routes ``/login`` and ``/logout``. A client that does not ask for HTML, such as
    ``gradio_client``, gets JSON and the cookie.

    Attributes:
        accounts: who may come in.
    """

    accounts: Accounts

    def table(self) -> list[BaseRoute]:
        """For the application."""
        return [
            Route("/login", self.form, methods=["GET"]),
            Route("/login", self.enter, methods=["POST"]),
            Route("/logout", self.leave, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """A page with two fields."""
        if self.accounts.who(token_of(request.scope)) is not None:
            return RedirectResponse(_inside(request.query_params.get("next")), status_code=303)
        return _form(request, request.query_params.get("next"))

    async def enter(self, request: Request) -> Response:
        """Take a name and a password, as a form sends them."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BODY_BYTES:
                return JSONResponse({"error": "Too long."}, status_code=413)
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
        name, password = fields.get("username", [""])[0], fields.get("password", [""])[0]
        wanted = fields.get("next", [""])[0]
        address = request.client.host if request.client else "?"
        wants_html = "text/html" in request.headers.get("accept", "")
        try:
            token = await run_in_threadpool(self.accounts.sign_in, name, password, address)
        except SignInRefused as exc:
            _LOG.warning("A sign-in was refused", extra={"address": address})
            status = 429 if exc.wait_s else 401
            headers = {"retry-after": str(int(exc.wait_s) + 1)} if exc.wait_s else {}
            if wants_html:
                return _form(request, wanted, exc, status, headers)
            told = {"error": exc.message, "detail": exc.message, "hint": exc.hint}
            return JSONResponse(told, status_code=status, headers=headers)
        _LOG.info("Somebody signed in", extra={"address": address, "user": name[:32]})
        answer: Response = JSONResponse({"success": True})
        if wants_html:
            answer = RedirectResponse(_inside(wanted), status_code=303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(LONGEST_S),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        # No secret: it lets the page show the way out.
        answer.set_cookie(_MARK, "1", max_age=int(LONGEST_S), samesite="lax")
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session, here and on the server."""
        await run_in_threadpool(self.accounts.sign_out, token_of(request.scope))
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE)
        answer.delete_cookie(_MARK)
        return answer


def _inside(wanted: str | None) -> str:
    """A place on this page to go on to; never on another site."""
    parts = urlsplit(wanted or "/")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    odd = "\\" in (wanted or "") or (wanted or "").startswith("//")
    harmless = inside and not odd and (wanted or "/").isprintable()
    return wanted or "/" if harmless else "/"


def _form(
    request: Request,
    wanted: str | None,
    refused: SignInRefused | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    language = preferred_language(
        request.cookies.get("studio_language"), request.headers.get("accept-language", "")
    )
    say = Say(language)
    told = ""
    if refused is not None:
        text = (
            say("signin.wait", seconds=int(refused.wait_s) + 1)
            if refused.wait_s
            else say("signin.refused")
        )
        told = f'<p role="alert">{html.escape(text)}</p>'
    page = (Path(__file__).parent / "static" / "sign_in.html").read_text("utf-8")
    light = "".join(f"--st-{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--st-{name}:{pair[1]};" for name, pair in PALETTE.items())
    for key, text in {
        "{light}": light,
        "{dark}": dark,
        "{language}": language,
        "{title}": say("app.name"),
        "{lead}": say("signin.lead"),
        "{told}": told,
        "{name}": html.escape(say("signin.name")),
        "{password}": html.escape(say("signin.password")),
        "{enter}": html.escape(say("signin.enter")),
        "{next}": html.escape(_inside(wanted), quote=True),
    }.items():
        page = page.replace(key, text)
    return HTMLResponse(page, status_code=status, headers=headers)

"""The calls of ``ui/remote`` as endpoints of Gradio's API, for ``gradio_client``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.types import ASGIApp

from studio.errors import StudioError
from ui.remote.calls import Calls
from ui.remote.ways import Way, ways
from ui.web.guard import user_of

_TEXT = """# The studio's API

Every pipeline can be asked for from a program: *Use via API*, at the foot of this page, lists the
calls with their parameters. Jobs are queued, and go on when the program that asked has ended.
"""


def make_api(calls: Calls) -> tuple[ASGIApp, AbstractAsyncContextManager[None]]:
    """The API as an application of its own, with a page that documents it, and what has to go
    on while it runs."""
    blocks = gr.Blocks(title="Studio API", analytics_enabled=False)
    with blocks:
        gr.Markdown(_TEXT)
        offer(calls)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=["api"],
        run_history=False,
        allowed_paths=[],
        show_error=True,
        max_file_size=1,  # files come by the page's route
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )
    blocks.has_launched = True
    rest(blocks)
    return app, app.router.lifespan_context(app)


def rest(blocks: gr.Blocks) -> None:
    """Let Gradio's queue do less beside its work.

    It polls a thousand times a second, also while nobody is there: 7 % of a core for the page and
    the API together (2 cores, nothing asked), 2 % at a hundred times; a call waits 5 ms longer for
    it, and the page's own events do not go through the queue. After each event it makes a table of
    all that went before, for a page of statistics that is closed here: half as much work again as
    the event itself, and more with each.
    """
    queue = blocks._queue
    queue.sleep_when_free = 0.01
    queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # that is how Gradio writes it


def offer(calls: Calls) -> None:
    """Add every call to the page that is being built."""
    for way in ways(calls):
        gr.api(
            _function(way),
            api_name=way.name,
            api_description=way.text,
            concurrency_limit=None,
        )


def _function(way: Way) -> Callable[..., dict[str, Any]]:
    fields = way.parameters.model_fields
    # Those without a default come first, as Python has it.
    order = sorted(fields, key=lambda name: not fields[name].is_required())

    def call(*given: Any) -> dict[str, Any]:
        request, *values = given
        try:
            return way(user_of(request), dict(zip(order, values, strict=True)))
        except StudioError as exc:
            raise gr.Error(
                f"{type(exc).__name__}: {exc.message} {exc.hint}".strip(), print_exception=False
            ) from exc

    kinds = {name: fields[name].annotation for name in order}
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("request", kind, annotation=gr.Request)]
    for name in order:
        default = (
            inspect.Parameter.empty
            if fields[name].is_required()
            else fields[name].get_default(call_default_factory=True)
        )
        parameters.append(inspect.Parameter(name, kind, annotation=kinds[name], default=default))
    call.__signature__ = inspect.Signature(parameters, return_annotation=dict)  # type: ignore[attr-defined]
    call.__annotations__ = {**kinds, "request": gr.Request, "return": dict}
    call.__name__ = way.name
    meanings = [f"    {name}: {fields[name].description or name}" for name in order]
    call.__doc__ = "\n".join((way.text, "", "Args:", *meanings))
    return call

"""The foot of the page: what the models hold."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.models.records import StatusBoard
from studio.settings import Settings
from ui.web.memory_bar import memory_bar
from ui.web.messages import Say, preferred_language
from ui.web.tabs.texts import html, script


def lay_memory(settings: Settings) -> None:
    """Lay the bar out and keep it up to date; to be called inside the page."""
    bar, shown = html(js_on_load=script("memory.js")), gr.State("")
    board = StatusBoard(settings.cache_dir / "pool")

    def tick(before: str, request: gr.Request) -> tuple[Any, Any]:
        language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        now = memory_bar(Say(language), board.read())
        return (gr.skip(), gr.skip()) if now == before else (now, now)

    bar.poll(
        tick,
        shown,
        [bar, shown],
        queue=False,
        api_visibility="private",
        show_progress="hidden",
        show_progress_on=shown,
    )

"""Components whose words come from the catalogue and change with the language."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any, TypeVar

import gradio as gr

from ui.web.messages import Say

C = TypeVar("C", bound=gr.blocks.Block)
Words = Callable[[Say], Any]


def html(value: str = "", **settings: Any) -> gr.HTML:
    """Our own markup, under our own rules alone; without a script it answers no clicks."""
    settings.setdefault("js_on_load", None)
    return gr.HTML(value, apply_default_css=False, **settings)


def script(name: str) -> str:
    """A script of ours for a component."""
    return (resources.files("ui.web") / "static" / name).read_text("utf-8")


def filled(markup: str) -> dict[str, Any]:
    """Markup that takes no room where there is none."""
    update: dict[str, Any] = gr.update(value=markup, visible=bool(markup))
    return update


def merged(*parts: dict[Any, Any]) -> dict[Any, Any]:
    """Updates of one component from several places become one."""
    joined: dict[Any, Any] = {}
    for part in parts:
        for component, update in part.items():
            before = joined.get(component)
            both = isinstance(before, dict) and isinstance(update, dict)
            joined[component] = {**dict(before or {}), **update} if both else update
    return joined


class Texts:
    """Makes components and remembers what they say."""

    def __init__(self) -> None:
        self._entries: list[tuple[gr.blocks.Block, dict[str, str | Words]]] = []

    def make(self, kind: Callable[..., C], words: dict[str, str | Words], **settings: Any) -> C:
        """A component in English.

        Args:
            kind: its class.
            words: property to a key of the catalogue, or to a function of the language.
            settings: its other properties; none of them is read by people.
        """
        english = Say("en")
        component = kind(**{p: _words(w, english) for p, w in words.items()}, **settings)
        self._entries.append((component, words))
        return component

    @property
    def components(self) -> list[gr.blocks.Block]:
        """All of them."""
        return [component for component, _ in self._entries]

    def updates(self, say: Say) -> dict[gr.blocks.Block, Any]:
        """Each component to the same in another language; their values stay."""
        return {
            component: gr.update(**{p: _words(w, say) for p, w in words.items()})
            for component, words in self._entries
        }


def _words(words: str | Words, say: Say) -> Any:
    return words(say) if callable(words) else say(words)

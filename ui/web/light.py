"""Gradio without what the page makes no use of: it is ready a second of work sooner."""

from __future__ import annotations

import sys

#: Gradio loads its own server for assistants where ``mcp`` is installed (ours is in
#: ``ui/remote``), and pandas loads ``pyarrow``: 0.8 of 4.4 s together.
_NOT_NOW = ("mcp", "pyarrow")


def load_gradio() -> None:
    """Import Gradio as if these packages were absent; they can be imported after it."""
    absent = [name for name in _NOT_NOW if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import gradio  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]

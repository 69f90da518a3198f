"""Gradio without what the page makes no use of: it is ready a second of work sooner."""

from __future__ import annotations

import gc
import sys

#: Gradio loads its own server for assistants where ``mcp`` is installed (ours is in
#: ``ui/remote``), and pandas loads ``pyarrow``: 0.8 of 4.4 s together.
_NOT_NOW = ("mcp", "pyarrow")


def load_gradio() -> None:
    """Import Gradio as if these packages were absent; they can be imported after it.

    What an import makes stays: it is not searched for garbage, neither now nor later.
    """
    absent = [name for name in _NOT_NOW if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    gc.disable()
    try:
        import gradio  # noqa: F401

        gc.freeze()
    finally:
        gc.enable()
        for name in absent:
            del sys.modules[name]

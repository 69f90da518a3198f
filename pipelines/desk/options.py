"""What a screen asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """Options of an act.

    Attributes:
        act: one of :data:`pipelines.desk.pipeline.ACTS`.
        out: folder for what it makes.
        asked: what the act wants to know, as plain values.
    """

    act: str
    out: Path
    asked: dict[str, Any] = field(default_factory=dict)

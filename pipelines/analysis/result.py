"""What ``studio analyze`` gives."""

from __future__ import annotations

from dataclasses import dataclass

from studio.types.analysis import FootageAnalysis


@dataclass(frozen=True)
class Result:
    """An analysis, and how it came about.

    Attributes:
        analysis: the value every other pipeline reads; only probed facts on a dry run.
        stored: parts that were known already.
        computed: parts made by this run (to be made, on a dry run).
        wall_s: seconds this run took.
    """

    analysis: FootageAnalysis
    stored: tuple[str, ...]
    computed: tuple[str, ...]
    wall_s: float

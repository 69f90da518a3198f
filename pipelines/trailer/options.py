"""What kind of trailer is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Aspect = Literal["source", "16:9", "9:16", "1:1"]
Pace = Literal["calm", "balanced", "energetic"]


@dataclass(frozen=True)
class Options:
    """Options of ``studio trailer``.

    Attributes:
        out: folder for the results.
        length_s: seconds wanted.
        music: a sound file to lay under it, or None.
        title, end_card: words of the cards; empty for none.
        aspect: shape of the picture.
        pace: how long shots stand.
        versions: how many different cuts.
        spoiler_window: share at the end of the footage that is left out, 0 to 0.9.
        loudness_lufs: integrated loudness of the result.
        seed: same footage, options and seed give the same plan.
        dry_run: plan and estimate only.
        from_plan: render this plan; nothing is analysed.
    """

    out: Path
    length_s: float = 60.0
    music: Path | None = None
    title: str = ""
    end_card: str = ""
    aspect: Aspect = "source"
    pace: Pace = "balanced"
    versions: int = 1
    spoiler_window: float = 0.2
    loudness_lufs: float = -14.0
    seed: int = 0
    dry_run: bool = False
    from_plan: Path | None = None

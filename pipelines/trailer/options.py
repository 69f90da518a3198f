"""What kind of trailer is wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from studio.errors import RequestError

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
        scorer: a network of ``studio train summary``: what it takes for important counts half.
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
    scorer: Path | None = None


def checked(options: Options) -> Options:
    """The options, once each is known to be possible.

    Raises:
        RequestError: one is not; the message names it.
    """
    if not (math.isfinite(options.length_s) and 1 <= options.length_s <= 3600):
        raise RequestError(
            f"--length {options.length_s:g} is not possible.", "Give seconds from 1 to 3600."
        )
    if not 0 <= options.spoiler_window <= 0.9:
        raise RequestError(
            f"--spoiler-window {options.spoiler_window:g} is not possible.",
            "Give the share of the footage to leave out at its end, from 0 to 0.9.",
        )
    if not 1 <= options.versions <= 20:
        raise RequestError(
            f"--versions {options.versions} is not possible.", "Ask for 1 to 20 versions."
        )
    if not (math.isfinite(options.loudness_lufs) and -70 < options.loudness_lufs <= -5):
        raise RequestError(
            f"--loudness {options.loudness_lufs:g} is not possible.",
            "Give LUFS below -5; broadcasters ask for -23, the web for -14.",
        )
    for name, value, choices in (
        ("aspect", options.aspect, get_args(Aspect)),
        ("pace", options.pace, get_args(Pace)),
    ):
        if value not in choices:
            raise RequestError(f"--{name} {value!r} is not known.", "Use " + ", ".join(choices))
    return options

"""Every rule of the cut, over footage of every kind."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.trailer.options import Options
from pipelines.trailer.plan import plan_cuts
from studio.codec import to_json
from studio.errors import RequestError
from studio.types.timeline import Card, Role
from tests.trailer.rules import check
from tests.trailer.synthetic import Scene, make, music

FPS = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60)]  # fmt: skip


def options(**more) -> Options:
    return Options(Path("/out"), **more)


def many_shots(seed: int = 1, **more) -> Scene:
    rng = np.random.default_rng(seed)
    return Scene((0.6 + rng.gamma(2, 1.5, 60)).tolist(), seed=seed, **more)


@st.composite
def scenes(draw) -> list[Scene]:
    kind = draw(st.sampled_from(["many", "few", "one", "tiny", "mixed"]))
    files = draw(st.integers(2, 3)) if kind == "mixed" else 1
    made = []
    for number in range(files):
        seed = draw(st.integers(0, 10_000))
        rng = np.random.default_rng(seed)
        shots = {
            "many": lambda: 0.3 + rng.gamma(2, 1.2, draw(st.integers(20, 60))),
            "few": lambda: rng.uniform(1, 15, draw(st.integers(2, 6))),
            "one": lambda: rng.uniform(5, 90, 1),
            "tiny": lambda: rng.uniform(0.04, 1.5, draw(st.integers(1, 4))),
            "mixed": lambda: 0.3 + rng.gamma(2, 1.5, draw(st.integers(5, 20))),
        }[kind]()
        made.append(
            Scene(
                [float(s) for s in shots],
                fps=draw(st.sampled_from(FPS)),
                vfr=draw(st.booleans()) and draw(st.booleans()),
                dissolve=draw(st.sampled_from([0, 0, 3])),
                speech=draw(st.sampled_from(["none", "some", "all"])),
                sound=draw(st.sampled_from([True, True, False])),
                musicality=draw(st.sampled_from([0.1, 0.1, 0.9])),
                size_wh=draw(st.sampled_from([(1920, 1080), (1080, 1920), (640, 480)])),
                looks=draw(st.sampled_from([2, 8, 1000])),
                bad=draw(st.sampled_from([(0, 0, 0), (0.1, 0.1, 0.1), (0.3, 0.3, 0.3)])),
                name=f"{number}.mp4",
                seed=seed,
            )
        )
    return made


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    scenes(),
    st.sampled_from([3.0, 10.0, 30.0, 61.7]),
    st.sampled_from(["calm", "balanced", "energetic"]),
    st.sampled_from(["source", "9:16", "1:1"]),
    st.sampled_from(["", "Title"]),
    st.sampled_from(["", "Out now"]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([None, 70.0, 128.0]),
    st.integers(1, 2),
)
def test_every_rule_holds(made, length_s, pace, aspect, title, end_card, spoiler, bpm, versions):
    footage = [make(scene) for scene in made]
    wish = options(
        length_s=length_s, pace=pace, aspect=aspect, title=title, end_card=end_card,
        spoiler_window=spoiler, versions=versions,
    )  # fmt: skip
    song = music(bpm=bpm) if bpm else None
    try:
        timelines = plan_cuts(footage, wish, song)
    except RequestError as error:
        assert error.hint
        return
    assert len(timelines) == versions
    for timeline in timelines:
        check(timeline, footage, wish, song)

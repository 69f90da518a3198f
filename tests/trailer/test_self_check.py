"""A jump that is seen in the finished trailer is kept out of the next plan."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from pipelines.trailer.options import Options
from pipelines.trailer.plan import plan_cuts
from pipelines.trailer.self_check import unplanned_cuts
from studio.types.shot import Shot, TransitionKind
from tests.trailer.rules import check
from tests.trailer.synthetic import Scene, make


def _shots(starts: list[int]) -> list[Shot]:
    ends = [*starts[1:], starts[-1] + 1]
    return [
        Shot(a, b, Fraction(a, 25), Fraction(b, 25), TransitionKind.CUT, a, b)
        for a, b in zip(starts, ends, strict=True)
    ]


def test_planned_cuts_are_no_surprise_and_others_are_avoided():
    rng = np.random.default_rng(3)
    footage = [make(Scene((0.6 + rng.gamma(2, 1.5, 60)).tolist(), seed=3))]
    wish = Options(Path("/out"), length_s=30, title="T", end_card="E")
    first = plan_cuts(footage, wish)[0]
    starts = [at for at, _ in first.placed()]
    assert unplanned_cuts(first, _shots(starts)) == {}
    assert unplanned_cuts(first, _shots([0, *(s + 2 for s in starts[1:])])) == {}
    clip = first.clips[0]
    jump = unplanned_cuts(first, _shots(sorted({*starts, 9})))
    assert jump == {footage[0].media.content_hash: (clip.start_frame + 9,)}
    again = plan_cuts(footage, wish, avoid=jump)[0]
    check(again, footage, wish)
    frame = clip.start_frame + 9
    assert not any(c.start_frame <= frame < c.end_frame for c in (*again.clips, *again.broll))

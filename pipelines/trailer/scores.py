"""How much each moment is worth, in what role, and why.

Every measure is brought to 0..1 within the footage at hand: a rough cut chooses the best of
what there is. Some count from nothing (no face scores 0); others, such as sharpness, only say
more or less, and score 0.5 in the middle of the footage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.measures import Curve, footage_mean, measure
from pipelines.trailer.tape import TICK_HZ, Tape
from studio.types.timeline import Role

#: Scores that start from nothing, and the least that counts as full marks.
_FROM_ZERO = {"faces": 0.3, "expression": 0.2, "subjects": 0.4, "speech": 0.3, "sound": 0.4}
#: Scores that only compare, and the least spread that counts as a difference.
_COMPARED = {
    "motion": 0.5,
    "steadiness": 0.5,
    "sharpness": 0.7,
    "exposure": 0.3,
    "colour": 0.15,
    "novelty": 0.1,
}

#: What each role asks for; a row sums to 1. A hook surprises, a setup can be read at leisure,
#: a build widens, a climax moves and is loud, a button is a face.
WEIGHTS: dict[Role, dict[str, float]] = {
    Role.HOOK: {
        "faces": 0.16,
        "expression": 0.12,
        "subjects": 0.06,
        "motion": 0.16,
        "steadiness": 0.02,
        "sharpness": 0.08,
        "exposure": 0.06,
        "colour": 0.08,
        "speech": 0.08,
        "sound": 0.07,
        "novelty": 0.09,
        "position": 0.02,
    },
    Role.SETUP: {
        "faces": 0.13,
        "expression": 0.05,
        "subjects": 0.11,
        "motion": 0.03,
        "steadiness": 0.12,
        "sharpness": 0.10,
        "exposure": 0.08,
        "colour": 0.08,
        "speech": 0.12,
        "sound": 0.02,
        "novelty": 0.06,
        "position": 0.10,
    },
    Role.BUILD: {
        "faces": 0.13,
        "expression": 0.06,
        "subjects": 0.10,
        "motion": 0.15,
        "steadiness": 0.04,
        "sharpness": 0.09,
        "exposure": 0.06,
        "colour": 0.08,
        "speech": 0.06,
        "sound": 0.08,
        "novelty": 0.08,
        "position": 0.07,
    },
    Role.CLIMAX: {
        "faces": 0.11,
        "expression": 0.10,
        "subjects": 0.06,
        "motion": 0.27,
        "steadiness": 0.00,
        "sharpness": 0.07,
        "exposure": 0.04,
        "colour": 0.06,
        "speech": 0.02,
        "sound": 0.14,
        "novelty": 0.06,
        "position": 0.07,
    },
    Role.BUTTON: {
        "faces": 0.22,
        "expression": 0.20,
        "subjects": 0.04,
        "motion": 0.02,
        "steadiness": 0.11,
        "sharpness": 0.08,
        "exposure": 0.07,
        "colour": 0.05,
        "speech": 0.12,
        "sound": 0.01,
        "novelty": 0.03,
        "position": 0.05,
    },
    Role.BROLL: {
        "faces": 0.06,
        "expression": 0.02,
        "subjects": 0.12,
        "motion": 0.10,
        "steadiness": 0.14,
        "sharpness": 0.16,
        "exposure": 0.12,
        "colour": 0.13,
        "speech": 0.00,
        "sound": 0.00,
        "novelty": 0.15,
        "position": 0.00,
    },
}
#: Where in the story each role looks first, as a share of it; None: anywhere.
_PLACE: dict[Role, float | None] = {
    Role.HOOK: None, Role.SETUP: 0.1, Role.BUILD: 0.5, Role.CLIMAX: 0.85,
    Role.BUTTON: 0.9, Role.BROLL: None,
}  # fmt: skip


#: Samples of a film and what a trained scorer says of each.
Learnt = tuple[NDArray[np.int64], NDArray[np.float64]]
#: What that counts beside the other measures.
_LEARNT = 0.5


@dataclass(frozen=True)
class Sheet:
    """The scores of one tape.

    Attributes:
        raw: every measure on the tape's ticks, in its own unit.
        scores: the same, 0 to 1 within the footage.
        sums: for each role, float64 ``(t + 1,)``: running sum of the weighted scores.
        story: float64 ``(t,)``: place of each tick in the usable story, 0 to 1.
    """

    raw: dict[str, Curve]
    scores: dict[str, Curve]
    sums: dict[Role, Curve]
    story: Curve

    def worth(
        self, role: Role, starts_s: NDArray[np.float64], ends_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Mean weighted score of spans of time in a role, 0 to 1."""
        total = _at(self.sums[role], ends_s) - _at(self.sums[role], starts_s)
        spent: NDArray[np.float64] = total / np.maximum((ends_s - starts_s) * TICK_HZ, 1e-6)
        return spent

    def mean(self, name: str, start_s: float, end_s: float) -> float:
        """Mean of a score over a span of time."""
        return float(_span(self.scores[name], start_s, end_s).mean())

    def mean_raw(self, name: str, start_s: float, end_s: float) -> float:
        """Mean of a measure over a span of time, in its own unit."""
        return float(_span(self.raw[name], start_s, end_s).mean())


def _at(sums: Curve, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A running sum at times, linear between ticks."""
    place = np.clip(times_s * TICK_HZ, 0, len(sums) - 1)
    below = np.minimum(place.astype(np.int64), len(sums) - 2)
    value: NDArray[np.float64] = sums[below] + (place - below) * (sums[below + 1] - sums[below])
    return value


def _span(curve: Curve, start_s: float, end_s: float) -> Curve:
    first = min(int(start_s * TICK_HZ), len(curve) - 1)
    return curve[first : max(first + 1, round(end_s * TICK_HZ))]


def place_score(role: Role, story: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well places in the story (0 to 1) suit a role, 0 to 1."""
    place = _PLACE[role]
    if place is None:
        return np.full_like(story, 0.5)
    return 1 - np.abs(story - place)


def weights_for(role: Role, *, lips_out_of_step: bool) -> dict[str, float]:
    """What counts in a role.

    Args:
        role: in the shape.
        lips_out_of_step: other sound than the clip's own is heard, so that a mouth that speaks
            or sings does not match it: speech then counts for nothing here.
    """
    weights = dict(WEIGHTS[role])
    if lips_out_of_step:
        freed = weights.pop("speech") + weights.pop("sound")
        left = sum(weights.values())
        weights = {name: weight * (1 + freed / left) for name, weight in weights.items()}
        weights |= {"speech": 0.0, "sound": 0.0}
    return weights


def score(
    tapes: tuple[Tape, ...],
    *,
    lips_out_of_step: bool = False,
    learnt: Mapping[str, Learnt] | None = None,
) -> tuple[Sheet, ...]:
    """The scores of all tapes, normalised over all their usable ticks together.

    Args:
        tapes: the footage.
        lips_out_of_step: see :func:`weights_for`.
        learnt: content hash to samples and what a trained scorer says of them; it counts as
            much as all other measures together.
    """
    mean = footage_mean(tapes)
    raw = [measure(tape, mean) for tape in tapes]
    normal: list[dict[str, Curve]] = [{} for _ in tapes]
    for name in (*_FROM_ZERO, *_COMPARED):
        seen = np.concatenate([r[name][t.usable] for r, t in zip(raw, tapes, strict=True)])
        for own, curves in zip(raw, normal, strict=True):
            curves[name] = _normalise(name, own[name], seen)
    end_s = max(tape.story_s + tape.limit_s for tape in tapes)
    sheets = []
    for tape, own, scores in zip(tapes, raw, normal, strict=True):
        story = np.clip((tape.story_s + tape.ticks_s) / max(end_s, 1e-6), 0, 1)
        sums = {}
        for role in WEIGHTS:
            weights = weights_for(role, lips_out_of_step=lips_out_of_step)
            worth = weights["position"] * place_score(role, story)
            for name in scores:
                worth = worth + weights[name] * scores[name]
            if learnt:
                said = _ranked(tape, learnt[tape.source.content_hash])
                worth = (1 - _LEARNT) * worth + _LEARNT * said
            sums[role] = np.concatenate(([0.0], np.cumsum(worth)))
        sheets.append(Sheet(own, scores, sums, story))
    return tuple(sheets)


def _ranked(tape: Tape, learnt: Learnt) -> Curve:
    """A scorer's word on the ticks, as ranks within the tape: only their order was learnt."""
    frames, scores = learnt
    places = scores.argsort(kind="stable").argsort(kind="stable")
    return tape.spread(frames, places / max(len(places) - 1, 1))


def _normalise(name: str, curve: Curve, seen: Curve) -> Curve:
    if not len(seen):
        return np.zeros_like(curve)
    if name in _FROM_ZERO:
        some = seen[seen > 1e-3]
        full = max(float(np.percentile(some, 90)) if len(some) else 0.0, _FROM_ZERO[name])
        return np.clip(curve / full, 0, 1)
    low, high = (float(v) for v in np.percentile(seen, [5, 95]))
    spread = max(high - low, _COMPARED[name])
    return np.clip(0.5 + (curve - (low + high) / 2) / spread, 0, 1)

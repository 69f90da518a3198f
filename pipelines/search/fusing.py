"""From places where single conditions hold to places where the question is answered. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from pipelines.search.finding import LEAST, Found

#: Two conditions that hold together for less than this do not hold together.
_LEAST_S = 0.2
#: What an answer keeps for each thing asked for in words that is not there.
_MISSING = 0.45
#: Documents this much weaker than the best of a place still lengthen it.
_ALSO = 0.85
#: How much of what an answer lacks is given to it where another kind of evidence says the same of
#: its shot, times the worth of that: the detector calls a stone globe a sports ball as readily as
#: the ball of a game, but only the game looks like one.
_CONFIRMED = 0.5
#: Scene words and likeness are told by one network, so they confirm nothing of each other.
_WITNESS = {"like": "scene"}

Answer = tuple[Found, tuple[Found, ...]]


def best_apart(found: Sequence[Found]) -> list[Found]:
    """Of places of one condition that overlap, the best, as long as those about as good."""
    kept: list[Found] = []
    of_media: dict[int, list[int]] = defaultdict(list)
    for place in sorted(found, key=lambda f: (-f.worth, f.media, f.start_s, -f.end_s)):
        for number in of_media[place.media]:
            other = kept[number]
            if _shared_s(other, place) > 0:
                near = place.worth >= _ALSO * other.worth and place.shot == other.shot
                if near and place.why.kind == other.why.kind:
                    kept[number] = _joined(other, place)
                break
        else:
            of_media[place.media].append(len(kept))
            kept.append(place)
    return kept


def confirmed(found: Sequence[Found], kept: Sequence[Found]) -> list[Found]:
    """Places of one condition, worth more where their shot shows it to another witness, too.

    Args:
        found: every place of the condition.
        kept: those of them that may be answers.
    """
    best: dict[tuple[int, int], dict[str, Found]] = defaultdict(dict)
    for place in found:
        own = best[place.media, place.shot]
        kind = _witness(place)
        if place.shot >= 0 and (kind not in own or place.worth > own[kind].worth):
            own[kind] = place
    sure: list[Found] = []
    for place in kept:
        others = [f for kind, f in best[place.media, place.shot].items() if kind != _witness(place)]
        other = max(others, key=lambda f: (f.worth, f.why.kind), default=None)
        if other is not None and other.worth >= LEAST:
            worth = place.worth + _CONFIRMED * (1 - place.worth) * other.worth
            sure.append(replace(place, worth=worth, also=(*place.also, other.why)))
        else:
            sure.append(place)
    return sure


def _witness(place: Found) -> str:
    return _WITNESS.get(place.why.kind, place.why.kind)


def together(
    wanted: Sequence[Sequence[Found]], musts: Sequence[Sequence[Found]], most: int
) -> list[Answer]:
    """Places that answer best.

    Args:
        wanted: for each thing asked for in words, where it is; an answer may lack some.
        musts: for each condition, where it holds; an answer lacks none.
        most: answers.

    Returns:
        Where, and the places of the single things that it is made of, best first.
    """
    answers: list[Answer] = []
    if musts:
        answers = [(place, (place,)) for place in best_apart(musts[0])]
        for must in musts[1:]:
            answers = _crossed(answers, best_apart(must), needed=True)
        for want in wanted:
            answers = _crossed(answers, confirmed(want, best_apart(want)), needed=False)
        if wanted:
            answers = [a for a in answers if len(a[1]) > len(musts)]
    else:
        lists = [confirmed(want, best_apart(want)) for want in wanted]
        for number, first in enumerate(lists):
            own: list[Answer] = [(place, (place,)) for place in first]
            for other in [*lists[:number], *lists[number + 1 :]]:
                own = _crossed(own, other, needed=False)
            answers += own
    count = len(wanted) + len(musts)
    scored = [(_worth(parts, count), place, parts) for place, parts in answers]
    scored = [answer for answer in scored if answer[0] >= LEAST]
    scored.sort(key=lambda a: (-round(a[0], 6), a[1].media, a[1].start_s))
    kept: list[Answer] = []
    for worth, place, parts in scored:
        if not any(_same(place, other[0]) for other in kept):
            kept.append((replace(place, worth=worth), parts))
            if len(kept) == most:
                break
    return kept


def _worth(parts: Sequence[Found], count: int) -> float:
    mean = sum(part.worth for part in parts) / len(parts)
    return mean * _MISSING ** (count - len(parts))


def _crossed(answers: list[Answer], places: list[Found], *, needed: bool) -> list[Answer]:
    by_media: dict[int, list[Found]] = defaultdict(list)
    for place in places:
        by_media[place.media].append(place)
    crossed: list[Answer] = []
    for answer, parts in answers:
        met = [p for p in by_media[answer.media] if _together(answer, p)]
        if met:
            best = max(met, key=lambda p: (p.worth, -p.start_s))
            crossed.append((_cut(answer, best), (*parts, best)))
        elif not needed:
            crossed.append((answer, parts))
    return crossed


def _together(a: Found, b: Found) -> bool:
    if a.media != b.media:
        return False
    shared = _shared_s(a, b)
    shorter = min(a.end_s - a.start_s, b.end_s - b.start_s)
    return shared >= min(_LEAST_S, 0.5 * shorter) and shared > 0


def _shared_s(a: Found, b: Found) -> float:
    return min(a.end_s, b.end_s) - max(a.start_s, b.start_s)


def _cut(a: Found, b: Found) -> Found:
    """The time that both hold; bound to the shot of whichever is bound to one."""
    first, last = max(a, b, key=lambda f: f.start_s), min(a, b, key=lambda f: f.end_s)
    start_frame, end_frame = first.start_frame, max(last.end_frame, first.start_frame + 1)
    peak = a.peak_frame if start_frame <= a.peak_frame < end_frame else b.peak_frame
    if not start_frame <= peak < end_frame:
        peak = (start_frame + end_frame) // 2
    return replace(
        a,
        shot=a.shot if a.shot >= 0 else b.shot,
        start_frame=start_frame,
        end_frame=end_frame,
        peak_frame=peak,
        start_s=first.start_s,
        end_s=last.end_s,
    )


def _joined(a: Found, b: Found) -> Found:
    return replace(
        a,
        start_frame=min(a.start_frame, b.start_frame),
        end_frame=max(a.end_frame, b.end_frame),
        start_s=min(a.start_s, b.start_s),
        end_s=max(a.end_s, b.end_s),
    )


def _same(a: Found, b: Found) -> bool:
    if a.media != b.media:
        return False
    shorter = min(a.end_s - a.start_s, b.end_s - b.start_s)
    return _shared_s(a, b) > 0.5 * shorter

"""Whose mouth moves while a voice is heard: a face for each voice, or an honest none.

Pure, from measured mouths. A mouth that speaks opens and closes several times a second; one that
rests, smiles or stands still does not. What counts is how much of a voice's time the mouth moves,
and how much less it moves while that voice is silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.people.mouths import MouthMotion, measure_mouths, watched
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.people import People, VoiceFace
from studio.types.speakers import Speakers
from studio.types.timecode import TimeRange
from studio.types.transcript import Word

#: The opening is watched over so long, and moves where its deviation is larger.
_SPAN_S, _MOVES = 0.6, 0.02
#: Words nearer than this are one stretch of speech; a mouth moves a little before and after.
_PAUSE_S, _MARGIN_S = 0.35, 0.2
#: Seconds of a voice with the face in sight, below which nothing is proposed.
_LEAST_S = 1.0
#: Seconds of silence of that voice, below which the contrast says nothing.
_LEAST_REST_S = 1.0
#: What a mouth moves at rest where that was not seen.
_USUAL_REST = 0.25
#: A score from which a face is proposed, and how much better than the next it has to be.
LEAST_SCORE, _AHEAD = 0.4, 0.15
#: Spans that are shown with a proposal.
_MOST_SPANS = 24

Floats = NDArray[np.float64]


def propose(
    speakers: Speakers,
    words: Sequence[Word],
    people: People,
    motion: Mapping[int, MouthMotion],
) -> tuple[VoiceFace, ...]:
    """For each voice the face that moves when it speaks, where one does.

    Args:
        speakers: who speaks.
        words: each with its speaker.
        people: who is seen.
        motion: of people by their number, from :func:`measure_mouths`.

    Returns:
        In order of the voices' labels; a voice whose face is not seen is left out.
    """
    moving = {row: _moves(found) for row, found in motion.items()}
    proposals = []
    for label in speakers.labels:
        spans = _speech(words, label)
        scored = sorted(
            (
                (_score(times, moves, spans), row)
                for row, (times, moves) in moving.items()
                if len(times)
            ),
            key=lambda each: (-each[0][0], each[1]),
        )
        if not scored or scored[0][0][0] < LEAST_SCORE:
            continue
        (score, seconds), row = scored[0]
        if len(scored) > 1 and score - scored[1][0][0] < _AHEAD:
            continue
        person = people.persons[row]
        seen = moving[row][0]
        proposals.append(
            VoiceFace(
                speaker=label,
                proposed_name=person.label,
                known=person.name is not None,
                score=round(score, 3),
                seconds=round(seconds, 2),
                times=_seen_spans(spans, seen),
                frame=person.frame,
                xyxy=person.xyxy,
            )
        )
    return tuple(proposals)


def proposed_names(
    analysis: FootageAnalysis, people: People, job: Job, words: Sequence[Word] | None = None
) -> tuple[VoiceFace, ...]:
    """For each voice of an analysis the face that moves when it speaks, where one does.

    Args:
        analysis: with speech, speakers, shots and faces.
        people: who is seen, from :func:`pipelines.people.identities`.
        job: models, progress.
        words: with their speakers; those of the analysis where not given.

    Raises:
        MediaError: the file cannot be read any more.
        ModelError: a model is missing or failed.
        Cancelled: the user stopped it.
    """
    speech, speakers = analysis.speech, analysis.speakers
    if speech is None or speech.transcript is None or speakers is None:
        raise ValueError("a face is proposed for a voice, so who speaks has to be known")
    windows = watched(speakers, people, analysis)
    if not windows:
        return ()
    motion = measure_mouths(analysis, people, windows, job)
    said = speech.transcript.words if words is None else words
    return propose(speakers, said, people, motion)


def _moves(motion: MouthMotion) -> tuple[Floats, NDArray[np.bool_]]:
    """When a mouth was seen, and whether it moved then."""
    times, opening = np.array(motion.times_s), np.array(motion.opening)
    first = np.searchsorted(times, times - _SPAN_S / 2 - 1e-6)
    last = np.searchsorted(times, times + _SPAN_S / 2 + 1e-6, side="right")
    spread = [
        float(opening[a:b].std()) if b - a > 2 else 0.0 for a, b in zip(first, last, strict=True)
    ]
    return times, np.array(spread) >= _MOVES


def _speech(words: Sequence[Word], label: str) -> list[tuple[float, float]]:
    """Where a voice speaks, short pauses closed."""
    spans: list[tuple[float, float]] = []
    for word in words:
        if word.speaker != label:
            continue
        start, end = float(word.start), float(word.end)
        if spans and start - spans[-1][1] < _PAUSE_S:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _inside(
    times: Floats, spans: Sequence[tuple[float, float]], more_s: float = 0.0
) -> NDArray[np.bool_]:
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside |= (times >= start - more_s) & (times < end + more_s)
    return inside


def _score(
    times: Floats, moves: NDArray[np.bool_], spans: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """How well a mouth fits a voice, 0 to 1, and the seconds it was seen speaking."""
    steps = np.diff(times, append=times[-1:])
    step_s = float(np.median(steps)) if len(times) > 1 else 0.0
    speaks = _inside(times, spans)
    rests = ~_inside(times, spans, _MARGIN_S)
    heard_s = float(speaks.sum()) * step_s
    if heard_s < _LEAST_S:
        return 0.0, heard_s
    moving = float(moves[speaks].mean())
    known = float(rests.sum()) * step_s >= _LEAST_REST_S
    resting = float(moves[rests].mean()) if known else _USUAL_REST
    total_s = sum(end - start for start, end in spans)
    # A face that is seen in a small part of the voice's time says little of it.
    weight = min(1.0, heard_s / min(max(total_s, 1e-6), 10.0))
    return max(0.0, moving - resting) * weight**0.5, heard_s


def _seen_spans(spans: Sequence[tuple[float, float]], times: Floats) -> tuple[TimeRange, ...]:
    """The longest stretches in which the voice spoke and the face was watched."""
    from fractions import Fraction

    found = []
    for start, end in spans:
        here = times[(times >= start) & (times < end)]
        if len(here):
            first, last = (Fraction(round(float(t) * 1000), 1000) for t in (here[0], here[-1]))
            found.append(TimeRange(first, last))
    found.sort(key=lambda span: -span.duration)
    return tuple(sorted(found[:_MOST_SPANS]))

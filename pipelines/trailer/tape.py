"""Footage made ready for cutting: what may be used, and its measures on one even grid of time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.conform import Clock, timeline_rate
from pipelines.trailer.dialogue import Line, spoken_lines
from pipelines.trailer.stretches import Stretch, WordTimes, usable_stretches
from studio.errors import RequestError
from studio.types.analysis import FootageAnalysis
from studio.types.timecode import FrameRate
from studio.types.timeline import Source

#: Measures are compared on a grid of so many ticks a second.
TICK_HZ = 10


@dataclass(frozen=True)
class Tape:
    """One file of footage, ready for cutting.

    Attributes:
        number: place in the footage.
        source: as the timeline names it.
        analysis: what is known of it.
        clock: its frames against the timeline's.
        story_s: seconds of footage in the files before it.
        limit_s: nothing from here on is used.
        stretches: usable frames, in order.
        words: when words are spoken.
        room_s: seconds from each frame edge to the nearest word, see :meth:`WordTimes.room`.
        ticks_s: float64 ``(t,)``, the grid.
        tick_shot: int64 ``(t,)``, shot of each tick.
        usable: bool ``(t,)``, whether a stretch holds the tick.
        lines: what is said, sentence by sentence, in order of both start and end.
    """

    number: int
    source: Source
    analysis: FootageAnalysis
    clock: Clock
    story_s: float
    limit_s: float
    stretches: tuple[Stretch, ...]
    words: WordTimes
    room_s: NDArray[np.float64]
    ticks_s: NDArray[np.float64]
    tick_shot: NDArray[np.int64]
    usable: NDArray[np.bool_]
    lines: tuple[Line, ...]

    def seconds(self, frame: int) -> float:
        """Start of a frame; of the frame past the last: the end."""
        return float(self.clock.edges_s[frame])

    def lines_between(self, start_s: float, end_s: float) -> tuple[Line, ...]:
        """The lines of which anything is heard in a span."""
        first = bisect_right(self.lines, start_s, key=lambda line: line.end_s)
        last = bisect_left(self.lines, end_s, key=lambda line: line.start_s)
        return self.lines[first:last]

    def shot_of(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64: the shot that holds each frame."""
        starts = [shot.start_frame for shot in self.analysis.shots or ()]
        return np.maximum(np.searchsorted(starts, frames, side="right") - 1, 0)

    def spread(
        self, frames: NDArray[np.int64], values: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """float64 ``(t,)``: samples laid on the grid, never mixed across a cut.

        A shot without a sample takes the nearest one of the file.
        """
        if len(frames) == 0:
            return np.zeros(len(self.ticks_s))
        at = self.clock.edges_s[frames]
        nearest = np.clip(np.searchsorted(at, self.ticks_s), 1, max(1, len(at) - 1))
        if len(at) > 1:
            nearest -= self.ticks_s - at[nearest - 1] < at[nearest] - self.ticks_s
        else:
            nearest = np.zeros(len(self.ticks_s), np.int64)
        laid = values[nearest].astype(np.float64)
        sample_shot = self.shot_of(frames)
        for shot in np.unique(sample_shot):
            own = np.searchsorted(sample_shot, [shot, shot + 1])
            ticks = np.searchsorted(self.tick_shot, [shot, shot + 1])
            span, mine = slice(ticks[0], ticks[1]), slice(own[0], own[1])
            laid[span] = np.interp(self.ticks_s[span], at[mine], values[mine])
        return laid


def _source(analysis: FootageAnalysis, number: int) -> Source:
    media, times = analysis.media, analysis.frame_times
    assert media.video is not None and times is not None
    return Source(
        id=f"s{number + 1}",
        path=str(media.path),
        content_hash=media.content_hash,
        rate=media.video.rate,
        frames=len(times),
        duration=times.end_pts * times.time_base,
        display_wh=media.video.display_wh,
        timecode=media.timecode,
        has_audio=media.audio is not None,
        variable_rate=media.video.variable_rate,
    )


def _tape(
    analysis: FootageAnalysis,
    number: int,
    rate: FrameRate,
    story_s: float,
    limit_s: float,
    avoid: Sequence[int],
) -> Tape:
    clock = Clock.of(analysis, rate)
    edges = clock.edges_s
    stretches = usable_stretches(analysis, edges, limit_s, avoid)
    ticks = np.arange(max(1, int(edges[-1] * TICK_HZ))) / TICK_HZ + 0.5 / TICK_HZ
    shot_starts = [edges[shot.start_frame] for shot in analysis.shots or ()]
    usable = np.zeros(len(ticks), np.bool_)
    for stretch in stretches:
        span = np.searchsorted(ticks, [edges[stretch.start_frame], edges[stretch.end_frame]])
        usable[span[0] : span[1]] = True
    transcript = analysis.speech.transcript if analysis.speech else None
    words = WordTimes.of(transcript)
    return Tape(
        number=number,
        source=_source(analysis, number),
        analysis=analysis,
        clock=clock,
        story_s=story_s,
        limit_s=limit_s,
        stretches=stretches,
        words=words,
        room_s=words.room(edges),
        ticks_s=ticks,
        tick_shot=np.maximum(np.searchsorted(shot_starts, ticks, side="right") - 1, 0),
        usable=usable,
        lines=spoken_lines(transcript),
    )


def _with_picture(
    footage: Sequence[FootageAnalysis],
) -> tuple[list[FootageAnalysis], list[str]]:
    kept: list[FootageAnalysis] = []
    notes: list[str] = []
    for analysis in footage:
        name = analysis.media.path.name
        if (
            analysis.media.video is None
            or not analysis.frame_times
            or not len(analysis.frame_times)
        ):
            notes.append(f"{name} has no picture and is left out.")
        elif any(analysis.media.content_hash == other.media.content_hash for other in kept):
            notes.append(f"{name} was given twice; it is used once.")
        elif not analysis.shots:
            raise RequestError(
                f"{name}: its shots are not known, so no cut can be planned.",
                "Analyse it with all parts, shots included.",
            )
        else:
            kept.append(analysis)
            unknown = [part for part in _parts_of(analysis) if getattr(analysis, part) is None]
            if unknown:
                notes.append(f"{name}: {', '.join(unknown)} not analysed, so not considered.")
    return kept, notes


def _parts_of(analysis: FootageAnalysis) -> tuple[str, ...]:
    parts = ("objects", "faces", "embeddings", "picture", "speech", "sound")
    return parts if analysis.media.audio is not None else parts[:4]


def load_tapes(
    footage: Sequence[FootageAnalysis],
    spoiler_window: float,
    avoid: Mapping[str, Sequence[int]] | None = None,
) -> tuple[tuple[Tape, ...], FrameRate, tuple[str, ...]]:
    """Footage as tapes, the timeline's rate, and notes.

    The files, in the order given, are taken as one story: the spoiler window is the last share
    of all of it, so it may swallow a short last file whole; a note says which files it touches.

    Args:
        footage: what is known of each file.
        spoiler_window: share at the end of the story that is left out.
        avoid: frames of each content hash that no clip may hold.

    Raises:
        RequestError: no file has a picture, or shots were not analysed.
    """
    kept, notes = _with_picture(footage)
    if not kept:
        raise RequestError("No footage has a picture.", "Give at least one video file.")
    rate = timeline_rate(kept)
    lengths = [
        float(a.frame_times.end_pts * a.frame_times.time_base) for a in kept if a.frame_times
    ]
    ending_s = sum(lengths) * (1 - spoiler_window)
    tapes, before_s, cut_short = [], 0.0, []
    for number, (analysis, length) in enumerate(zip(kept, lengths, strict=True)):
        limit_s = min(length, max(0.0, ending_s - before_s))
        if limit_s < length:
            share = round(100 * (1 - limit_s / length))
            cut_short.append(f"the last {share} % of {analysis.media.path.name}")
        shunned = (avoid or {}).get(analysis.media.content_hash, ())
        tapes.append(_tape(analysis, number, rate, before_s, limit_s, shunned))
        before_s += length
    if len(kept) > 1 and cut_short:
        notes.append("Left out as the ending of the story: " + ", ".join(cut_short) + ".")
    return tuple(tapes), rate, tuple(notes)


def seconds_of(tape: Tape, frame: int) -> Fraction:
    """Exact start of a frame on the source clock; of the frame past the last: the end."""
    return tape.clock.times.start(frame)

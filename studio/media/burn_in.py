"""Cues drawn into the picture of a film; all else stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.codec import to_json
from studio.errors import RequestError
from studio.media.cue_blend import CueBlend
from studio.media.cue_pictures import CuePainter, CueState, plan_states
from studio.media.film_render import render_film
from studio.media.probe import frame_times
from studio.settings import Settings
from studio.types.cue_style import CueStyle
from studio.types.media import MediaInfo, VideoStream
from studio.types.subtitles import Cue
from studio.types.transcript import Word

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: Raised whenever the same cues would give other pixels than before.
BURN_IN_VERSION = 1


@dataclass(frozen=True)
class BurnInReport:
    """What a burn-in made.

    Attributes:
        seconds: wall time.
        frames: pictures in the film.
        frames_with_text: of those, how many show a cue.
        segments: pieces the picture was encoded in.
        segments_reused: of those, how many an earlier run had finished.
        notes: what a user should know.
    """

    seconds: float
    frames: int
    frames_with_text: int
    segments: int
    segments_reused: int
    notes: tuple[str, ...]


def burn_in(
    info: MediaInfo,
    cues: Sequence[Cue],
    out: Path,
    work_dir: Path,
    *,
    style: CueStyle,
    settings: Settings,
    words: Sequence[Word] = (),
    on_progress: Callable[[float, str], None] | None = None,
    check: Callable[[], None] | None = None,
) -> BurnInReport:
    """Draw cues into a film and write it as MP4, its index in front.

    A cue stands in every frame from the one whose start is nearest to its own to the one
    before its end.

    Args:
        info: of the film.
        cues: times on the source clock.
        out: the new film; it appears whole or not at all.
        work_dir: for finished segments; the same folder after a crash resumes. Its files are
            removed on success.
        style: how the text looks.
        settings: cores and limits.
        words: of the transcript, where the style marks the spoken word.
        on_progress, check: as of :func:`studio.media.film_render.render_film`.

    Raises:
        RequestError: the film has no picture, there is no room on the disk, or somebody else
            is at work in ``work_dir``.
        EncodeFailed: something cannot be written.
        DecodeFailed: nothing of a stretch can be decoded.
    """
    if info.video is None:
        raise RequestError(
            f"{info.path} has no picture to draw into.", "Leave out --burn-in for a sound file."
        )
    states, notes = plan_states(cues, frame_times(info, settings), style, words)
    made = render_film(
        info,
        _Cues(info.video, states, style),
        out,
        work_dir,
        settings=settings,
        on_progress=on_progress,
        check=check,
    )
    return BurnInReport(
        seconds=made.seconds,
        frames=made.frames,
        frames_with_text=sum(state.end_frame - state.start_frame for state in states),
        segments=made.segments,
        segments_reused=made.segments_reused,
        notes=tuple(dict.fromkeys((*notes, *made.notes))),
    )


class _Cues:
    """Lays drawn cues over the frames; a ``FilmFilter``."""

    lead_frames = 0

    def __init__(self, video: VideoStream, states: Sequence[CueState], style: CueStyle) -> None:
        self._video, self._states, self._style = video, states, style
        self._ends = np.array([state.end_frame for state in states], np.int64)
        form = CueBlend(video)
        self.pixel_format, self.size_wh = form.pixel_format, form.size_wh
        self.tags = {"color_range": 1, "colorspace": 6} if form.from_rgb else {}

    def _shown(self, start: int, end: int) -> tuple[CueState, ...]:
        """What stands over a stretch, cut to it."""
        shown = []
        for state in self._states[int(np.searchsorted(self._ends, start, side="right")) :]:
            if state.start_frame >= end:
                break
            first, last = max(state.start_frame, start), min(state.end_frame, end)
            shown.append(CueState(first, last, state.events))
        return tuple(shown)

    def made_by(self, start_frame: int, end_frame: int) -> Any:
        return [
            "cues",
            BURN_IN_VERSION,
            to_json(list(self._shown(start_frame, end_frame))),
            to_json(self._style),
        ]

    def begin(self, start_frame: int, end_frame: int) -> _CuePass:
        return _CuePass(self._video, self._shown(start_frame, end_frame), self._style)


class _CuePass:
    """Lays the cues of one stretch over its frames."""

    def __init__(self, video: VideoStream, states: tuple[CueState, ...], style: CueStyle) -> None:
        self._blend, self._painter = CueBlend(video), CuePainter(video.display_wh, style)
        self._drawn = zip(states, self._painter.draw(states), strict=True)
        self._next = next(self._drawn, None)
        self._inks: Any = None

    @property
    def notes(self) -> list[str]:
        return [*self._blend.notes, *self._painter.notes]

    def __call__(self, frame: VideoFrame, number: int) -> VideoFrame:
        while self._next is not None and number >= self._next[0].end_frame:
            self._next, self._inks = next(self._drawn, None), None
        if self._next is not None and number == self._next[0].start_frame:
            picture = self._next[1]
            self._inks = self._blend.inks(picture) if picture is not None else None
        return self._blend(frame, self._inks)

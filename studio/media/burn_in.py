"""Cues drawn into the picture of a film; all else stays as it was.

The film keeps its size, rate and time stamps (variable ones too), its depth, colour tags, pixel
shape and turn; its sound is copied. Pictures of 8 bits are encoded by x264, deeper ones by x265.
As a render of a timeline, it works in segments that appear whole or not at all: a burn-in that
was killed goes on from what is finished.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.codec import to_json
from studio.errors import Cancelled, DecodeFailed, EncodeFailed, RequestError
from studio.media.burnt_film import join_film
from studio.media.cue_blend import CueBlend
from studio.media.cue_pictures import CuePainter, CueState, plan_states
from studio.media.encoder import PictureFormat, frames_in, write_errors, writing_mp4
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.media.render_estimate import workers_of
from studio.media.scan import scan
from studio.media.work_folder import held, run_together, sweep
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.cue_style import CueStyle
from studio.types.media import FrameTimes, MediaInfo, VideoStream
from studio.types.subtitles import Cue
from studio.types.transcript import Word

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

#: Raised whenever the same cues would give other pixels than before.
BURN_IN_VERSION = 1
_SEGMENT_S = (6.0, 12.0)
#: What a pixel takes at most, as far as was seen: CRF 18 of 720p street scenes took 0.12.
_BITS_A_PIXEL = 0.2
_BT601 = 6  # its code point as a matrix
_PICTURE_SHARE = 0.95  # of the progress bar


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


@dataclass(frozen=True)
class _Segment:
    start: int
    end: int
    states: tuple[CueState, ...]
    path: Path


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
        on_progress: called with a share from 0 to 1 and words, on the caller's thread.
        check: called several times a second on the caller's thread; what it raises ends the
            work, which a later call resumes.

    Raises:
        RequestError: the film has no picture, there is no room on the disk, or somebody else
            is at work in ``work_dir``.
        EncodeFailed: something cannot be written.
        DecodeFailed: nothing of a stretch can be decoded.
    """
    started = time.perf_counter()
    if info.video is None:
        raise RequestError(
            f"{info.path} has no picture to draw into.", "Leave out --burn-in for a sound file."
        )
    out, work_dir = out.absolute(), work_dir.absolute()
    times = frame_times(info, settings)
    states, notes = plan_states(cues, times, style, words)
    work = _Work(info, info.video, times, states, style, settings, work_dir)
    with held(work_dir, out):
        check_room(info, times, work_dir, out)
        work.run(workers_of(settings), on_progress, check)
        if on_progress is not None:
            on_progress(_PICTURE_SHARE, "joining picture and sound")
        with write_beside(out) as beside:
            paths = [segment.path for segment in work.segments]
            copied = join_film(beside, paths, info, times, check)
            _verify(beside, info, times, settings)
        sweep(work_dir, temporary_only=False)
    if on_progress is not None:
        on_progress(1.0, "done")
    return BurnInReport(
        seconds=time.perf_counter() - started,
        frames=len(times),
        frames_with_text=sum(state.end_frame - state.start_frame for state in states),
        segments=len(work.segments),
        segments_reused=work.reused,
        notes=tuple(dict.fromkeys((*notes, *work.notes, *copied))),
    )


def room_needed(info: MediaInfo, times: FrameTimes) -> int:
    """Bytes that the film may take, once as segments and once joined."""
    if info.video is None:
        return 0
    width, height = info.video.coded_wh
    return 2 * int(width * height * len(times) * _BITS_A_PIXEL / 8 + 2**20)


def check_room(info: MediaInfo, times: FrameTimes, *folders: Path) -> None:
    """Refuse what the disk cannot hold, before anything slow starts.

    Raises:
        RequestError: a disk has too little room.
    """
    need = room_needed(info, times)
    for folder in folders:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(there).free
        if free < need:
            raise RequestError(
                f"Burning in may need {need / 2**30:.1f} GiB, and {there} has "
                f"{free / 2**30:.1f} GiB free.",
                "Make room, or give another folder.",
            )


class _Work:
    """The segments of a burn-in and what is known of each."""

    def __init__(
        self,
        info: MediaInfo,
        video: VideoStream,
        times: FrameTimes,
        states: Sequence[CueState],
        style: CueStyle,
        settings: Settings,
        work_dir: Path,
    ) -> None:
        self.info, self.video, self.times, self.style = info, video, times, style
        self.reused = 0
        self.notes: list[str] = []
        self._stop = Event()
        blend = CueBlend(video)
        self._codec = "libx265" if blend.pixel_format.endswith("10le") else "libx264"
        threads = 2 * settings.cores // workers_of(settings)
        self._form = PictureFormat(blend.size_wh, video.rate, threads)
        self._pixel_format = blend.pixel_format
        self._tags = _tags(info, video, blend.from_rgb)
        self.segments = list(self._cut(states, work_dir))
        self._done = [0] * len(self.segments)

    def _cut(self, states: Sequence[CueState], work_dir: Path) -> Iterator[_Segment]:
        """Segments that begin at key frames of the source where they can: nothing is then
        decoded twice."""
        least, most = (max(1, round(s * float(self.video.rate.fps))) for s in _SEGMENT_S)
        keys = self.times.keyframes
        start, count = 0, len(self.times)
        ends = np.array([state.end_frame for state in states], np.int64)
        while start < count:
            end = min(start + most, count)
            fitting = keys[(keys >= start + least) & (keys <= end)]
            if end < count and len(fitting):
                end = int(fitting[-1])
            shown = []
            for state in states[int(np.searchsorted(ends, start, side="right")) :]:
                if state.start_frame >= end:
                    break
                first, last = max(state.start_frame, start), min(state.end_frame, end)
                shown.append(CueState(first, last, state.events))
            yield _Segment(
                start,
                end,
                tuple(shown),
                work_dir / f"segment-{self._digest(start, end, shown)}.mp4",
            )
            start = end

    def _digest(self, start: int, end: int, states: Sequence[CueState]) -> str:
        made_by = {
            "version": BURN_IN_VERSION,
            "source": [self.info.content_hash, self.video.index, start, end],
            "states": to_json(list(states)),
            "style": to_json(self.style),
            "form": [self._codec, self._pixel_format, self._form.made_by, self._tags],
        }
        text = json.dumps(made_by, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def run(
        self,
        workers: int,
        on_progress: Callable[[float, str], None] | None,
        check: Callable[[], None] | None,
    ) -> None:
        """Encode what is missing; the first failure ends all."""
        missing = []
        for number, segment in enumerate(self.segments):
            if frames_in(segment.path) == segment.end - segment.start:
                self._done[number] = segment.end - segment.start
                self.reused += 1
            else:
                missing.append(number)

        def tick() -> None:
            if check is not None:
                check()
            if on_progress is not None:
                total, done = len(self.times), sum(self._done)
                on_progress(_PICTURE_SHARE * done / total, f"picture {done} of {total}")

        run_together([partial(self._encode, n) for n in missing], workers, self._stop, tick)
        for segment in self.segments:
            kept = segment.path.with_suffix(".json")
            if kept.exists():
                self.notes += json.loads(kept.read_text(encoding="utf-8"))

    def _encode(self, number: int) -> None:
        segment = self.segments[number]
        painter = CuePainter(self.video.display_wh, self.style)
        blend = CueBlend(self.video)
        notes: list[str] = []
        count = 0
        with write_beside(segment.path) as beside, writing_mp4(beside) as container:
            stream = self._stream(container)
            for frame in self._pictures(segment, painter, blend, notes):
                if self._stop.is_set():
                    raise Cancelled()
                frame.pts, frame.time_base = count, 1 / self.video.rate.fps
                frame.pict_type = 0
                with write_errors(segment.path):
                    container.mux(stream.encode(frame))
                count += 1
                self._done[number] = count
            with write_errors(segment.path):
                container.mux(stream.encode(None))
        notes += [*blend.notes, *painter.notes]
        if notes:  # kept beside the segment, so that a resumed run still tells
            with write_beside(segment.path.with_suffix(".json")) as beside:
                beside.write_text(json.dumps(notes), encoding="utf-8")
        if count != segment.end - segment.start:
            raise EncodeFailed(
                f"A segment has {count} pictures instead of {segment.end - segment.start}.",
                "Run it again; if it happens again, report it.",
            )

    def _stream(self, container: Any) -> Any:
        options = dict(self._form.options)
        if self._codec == "libx265":
            options.pop("x264-params", None)
            options["x265-params"] = f"log-level=error:pools={self._form.threads}"
        stream = container.add_stream(self._codec, rate=self._form.rate.fps, options=options)
        stream.width, stream.height = self._form.size_wh
        stream.pix_fmt = self._pixel_format
        context = stream.codec_context
        context.time_base = 1 / self._form.rate.fps
        context.thread_count = self._form.threads
        context.sample_aspect_ratio = self.video.sample_aspect
        if self._codec == "libx265":
            context.codec_tag = "hvc1"
        for name, value in self._tags.items():
            setattr(context, name, value)
        return stream

    def _pictures(
        self, segment: _Segment, painter: CuePainter, blend: CueBlend, notes: list[str]
    ) -> Iterator[VideoFrame]:
        """Every frame of the segment with what stands over it."""
        drawn = dict(zip(segment.states, painter.draw(segment.states), strict=True))
        states = iter(segment.states)
        state, inks = next(states, None), None
        decoded = decode_range(self.info, self.times, segment.start, segment.end)
        following = next(decoded, None)
        if following is None:
            raise DecodeFailed(
                f"No picture of {self.info.path} from frame {segment.start} to {segment.end - 1} "
                "can be decoded.",
                "The file is damaged there; copy it again from its source.",
                at=self.times.start(segment.start),
            )
        shown, broken = following, 0
        for number in range(segment.start, segment.end):
            while following is not None and following[0] <= number:
                shown, following = following, next(decoded, None)
            broken += shown[0] != number
            if state is not None and number >= state.end_frame:
                state, inks = next(states, None), None
            if state is not None and number == state.start_frame:
                picture = drawn[state]
                inks = blend.inks(picture) if picture is not None else None
            yield blend(shown[1], inks)
        if broken:
            notes.append(
                f"{broken} frame(s) of {self.info.path.name} between {segment.start} and "
                f"{segment.end} cannot be decoded; their neighbours stand in for them."
            )


def _tags(info: MediaInfo, video: VideoStream, from_rgb: bool) -> dict[str, int]:
    """The colour tags of the source's first frame as the encoder names them."""
    found = scan(info.path, video.index, info.audio.index if info.audio is not None else None)
    assert found.picture is not None
    first = found.picture.first
    return {
        "color_range": 1 if from_rgb else first.color_range,
        "color_primaries": first.primaries,
        "color_trc": first.transfer,
        "colorspace": _BT601 if from_rgb else first.matrix,
    }


def _verify(path: Path, info: MediaInfo, times: FrameTimes, settings: Settings) -> None:
    """Probe what was joined.

    Raises:
        EncodeFailed: it is not what the source was.
    """
    made = probe(path, settings)
    assert info.video is not None
    found = frame_times(made, settings) if made.video is not None else None
    if made.video is None or found is None or len(found) != len(times):
        count = len(found) if found is not None else 0
        raise EncodeFailed(
            f"The film with subtitles has {count} pictures; the source has {len(times)}.",
            "Delete the work folder and run it again.",
        )
    if made.video.rotation_deg != info.video.rotation_deg:
        raise EncodeFailed("The film with subtitles is turned otherwise.", "Report it.")
    if made.audio is None and info.audio is not None:
        raise EncodeFailed("The film with subtitles lacks its sound.", "Report it.")

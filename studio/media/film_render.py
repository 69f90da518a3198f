"""A film made anew picture by picture; all else stays as it was.

The film keeps its size, rate and time stamps (variable ones too), its depth, colour tags, pixel
shape and turn; its sound is copied. Pictures of 8 bits are encoded by x264, deeper ones by x265.
As a render of a timeline, it works in segments that appear whole or not at all: one that was
killed goes on from what is finished, and a segment is the same whoever makes it and when.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from studio.errors import Cancelled, DecodeFailed, EncodeFailed, NoRoom, RequestError
from studio.media.container import open_again
from studio.media.encoder import PictureFormat, frames_in, write_errors, writing_mp4
from studio.media.film_join import join_film
from studio.media.full_disk import size_told, told_what_lacks
from studio.media.kept_memory import memory_kept
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.media.render_estimate import workers_of
from studio.media.work_folder import held, run_together, sweep
from studio.media.writer import write_beside
from studio.memory import give_back
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo, VideoStream

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SEGMENT_S = (6.0, 12.0)
#: What a pixel takes at most, as far as was seen: CRF 18 of 720p street scenes took 0.12.
_BITS_A_PIXEL = 0.2
_PICTURE_SHARE = 0.95  # of the progress bar


class FilmPass(Protocol):
    """Works on one stretch of a film, in one thread."""

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know of the work so far."""

    def __call__(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The picture that takes the place of a frame.

        Args:
            frame: as decoded; a decoder may still predict from it, so it is not written to.
            number: of the frame, rising by one from call to call.

        Returns:
            A picture in the filter's form.
        """


class FilmFilter(Protocol):
    """What is done to the pictures of a film.

    Attributes:
        pixel_format: of the pictures it gives.
        size_wh: of the pictures it gives, as coded.
        tags: colour tags that are not those of the source, by the encoder's names.
        lead_frames: how many frames before a stretch it wants to be called with first; their
            pictures are thrown away. For what remembers: a stretch then begins in step.
    """

    pixel_format: str
    size_wh: tuple[int, int]
    tags: dict[str, int]
    lead_frames: int

    def made_by(self, start_frame: int, end_frame: int) -> Any:
        """All that decides the pixels of a stretch besides the source, as plain values."""

    def begin(self, start_frame: int, end_frame: int) -> FilmPass:
        """Work on a stretch; called in the thread that will do it."""


@dataclass(frozen=True)
class FilmReport:
    """What was made.

    Attributes:
        seconds: wall time.
        frames: pictures in the film.
        segments: pieces the picture was encoded in.
        segments_reused: of those, how many an earlier run had finished.
        notes: what a user should know.
    """

    seconds: float
    frames: int
    segments: int
    segments_reused: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Segment:
    start: int
    end: int
    path: Path


def render_film(
    info: MediaInfo,
    apply: FilmFilter,
    out: Path,
    work_dir: Path,
    *,
    settings: Settings,
    cuts: Sequence[int] = (),
    workers: int = 0,
    metadata: Mapping[str, str] | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    check: Callable[[], None] | None = None,
) -> FilmReport:
    """Pass every picture of a film through a filter and write it as MP4, its index in front.

    Args:
        info: of the film.
        apply: the filter.
        out: the new film; it appears whole or not at all.
        work_dir: for finished segments; the same folder after a crash resumes. Its files are
            removed on success.
        settings: cores and limits.
        cuts: frames at which shots begin; segments begin there where they can.
        workers: segments in the making at once; 0 for as many as there are cores.
        metadata: tags of the new film, by FFmpeg's names; MP4 keeps ``title``, ``comment``,
            ``description`` and a few more.
        on_progress: called with a share from 0 to 1 and words, on the caller's thread.
        check: called several times a second on the caller's thread; what it raises ends the
            work, which a later call resumes.

    Raises:
        NoRoom: a disk has too little room, or filled up; a later call resumes.
        RequestError: the film has no picture, or somebody else is at work in ``work_dir``.
        EncodeFailed: something cannot be written.
        DecodeFailed: nothing of a stretch can be decoded.
    """
    started = time.perf_counter()
    if info.video is None:
        raise RequestError(f"{info.path} has no picture.", "Give footage with a picture.")
    out, work_dir = out.absolute(), work_dir.absolute()
    times = frame_times(info, settings)
    workers = workers or workers_of(settings)
    work = _Work(info, info.video, times, apply, settings, cuts, work_dir, workers)
    pieces = [(segment.path, segment.end - segment.start) for segment in work.segments]
    guess_bytes = room_needed(times, apply.size_wh) // 2
    with held(work_dir, out), memory_kept(), told_what_lacks(pieces, guess_bytes):
        check_room(info, times, apply.size_wh, work_dir, out)
        work.run(on_progress, check)
        if on_progress is not None:
            on_progress(_PICTURE_SHARE, "joining picture and sound")
        with write_beside(out) as beside:
            paths = [segment.path for segment in work.segments]
            copied = join_film(beside, paths, info, times, check, metadata)
            _verify(beside, info, times, settings)
        sweep(work_dir, temporary_only=False)
    if on_progress is not None:
        on_progress(1.0, "done")
    return FilmReport(
        seconds=time.perf_counter() - started,
        frames=len(times),
        segments=len(work.segments),
        segments_reused=work.reused,
        notes=tuple(dict.fromkeys((*work.notes, *copied))),
    )


def room_needed(times: FrameTimes, size_wh: tuple[int, int]) -> int:
    """Bytes that the film may take, once as segments and once joined."""
    return 2 * int(size_wh[0] * size_wh[1] * len(times) * _BITS_A_PIXEL / 8 + 2**20)


def check_room(
    info: MediaInfo, times: FrameTimes, size_wh: tuple[int, int], *folders: Path
) -> None:
    """Refuse what the disk cannot hold, before anything slow starts.

    Raises:
        NoRoom: a disk has too little room.
    """
    need = room_needed(times, size_wh)
    for folder in folders:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(there).free
        if free < need:
            raise NoRoom(
                f"{info.path.name} made anew may need {size_told(need)}, and {there} has "
                f"{size_told(free)} free.",
                "Make room, or give another folder.",
            )


class _Work:
    """The segments of a film and what is known of each."""

    def __init__(
        self,
        info: MediaInfo,
        video: VideoStream,
        times: FrameTimes,
        apply: FilmFilter,
        settings: Settings,
        cuts: Sequence[int],
        work_dir: Path,
        workers: int,
    ) -> None:
        self.info, self.video, self.times, self.apply = info, video, times, apply
        self.reused = 0
        self.notes: list[str] = []
        self._stop = Event()
        self._workers = workers
        self._codec = "libx265" if apply.pixel_format.endswith("10le") else "libx264"
        threads = max(1, 2 * settings.cores // workers)
        self._form = PictureFormat(apply.size_wh, video.rate, threads)
        self._tags = _tags(info, video) | apply.tags
        self.segments = list(self._cut(np.array(sorted(cuts), np.int64), work_dir))
        self._done = [0] * len(self.segments)

    def _cut(self, cuts: np.ndarray[Any, Any], work_dir: Path) -> Iterator[_Segment]:
        """Segments that begin at cuts of the film, where nothing has to be remembered, else at
        key frames, where nothing is decoded twice."""
        least, most = (max(1, round(s * float(self.video.rate.fps))) for s in _SEGMENT_S)
        start, count = 0, len(self.times)
        # As many for each worker, where that makes them no shorter than they may be.
        pieces = ceil(ceil(count / most) / self._workers) * self._workers
        if count // pieces >= least:
            most = ceil(count / pieces)
        while start < count:
            end = min(start + most, count)
            for places in (cuts, self.times.keyframes):
                fitting = places[(places >= start + least) & (places <= end)]
                if end < count and len(fitting):
                    end = int(fitting[-1])
                    break
            yield _Segment(start, end, work_dir / f"segment-{self._digest(start, end)}.mp4")
            start = end

    def _digest(self, start: int, end: int) -> str:
        made_by = {
            "source": [self.info.content_hash, self.video.index, start, end],
            "filter": self.apply.made_by(start, end),
            "form": [self._codec, self.apply.pixel_format, self._form.made_by, self._tags],
        }
        text = json.dumps(made_by, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def run(
        self,
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

        tasks = [partial(self._encode, number) for number in missing]
        run_together(tasks, self._workers, self._stop, tick)
        for segment in self.segments:
            kept = segment.path.with_suffix(".json")
            if kept.exists():
                self.notes += json.loads(kept.read_text(encoding="utf-8"))

    def _encode(self, number: int) -> None:
        segment = self.segments[number]
        work = self.apply.begin(segment.start, segment.end)
        notes: list[str] = []
        count = 0
        with write_beside(segment.path) as beside, writing_mp4(beside) as container:
            stream = self._stream(container)
            for frame in self._pictures(segment, work, notes):
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
        if len(self.segments) > self._workers:  # a film of few stretches has no use for it
            give_back()
        notes += work.notes
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
        stream.pix_fmt = self.apply.pixel_format
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
        self, segment: _Segment, work: FilmPass, notes: list[str]
    ) -> Iterator[VideoFrame]:
        """Every picture of the segment, after those that lead to it."""
        first = max(0, segment.start - self.apply.lead_frames)
        decoded = decode_range(self.info, self.times, first, segment.end)
        following = next(decoded, None)
        if following is None:
            raise DecodeFailed(
                f"No picture of {self.info.path} from frame {segment.start} to {segment.end - 1} "
                "can be decoded.",
                "The file is damaged there; copy it again from its source.",
                at=self.times.start(segment.start),
            )
        shown, broken = following, 0
        for number in range(first, segment.end):
            while following is not None and following[0] <= number:
                shown, following = following, next(decoded, None)
            made = work(shown[1], number)
            if number >= segment.start:
                broken += shown[0] != number
                yield made
            elif self._stop.is_set():
                raise Cancelled()
        if broken:
            notes.append(
                f"{broken} frame(s) of {self.info.path.name} between {segment.start} and "
                f"{segment.end} cannot be decoded; their neighbours stand in for them."
            )


def _tags(info: MediaInfo, video: VideoStream) -> dict[str, int]:
    """The colour tags of the source as the encoder names them."""
    with open_again(info.path) as container:
        context = container.streams.video[0].codec_context
        for stream in container.streams.video:
            if stream.index == video.index:
                context = stream.codec_context
        return {
            name: int(getattr(context, name))
            for name in ("color_range", "color_primaries", "color_trc", "colorspace")
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
            f"The new film has {count} pictures; the source has {len(times)}.",
            "Delete the work folder and run it again.",
        )
    if made.video.rotation_deg != info.video.rotation_deg:
        raise EncodeFailed("The new film is turned otherwise.", "Report it.")
    if made.audio is None and info.audio is not None:
        raise EncodeFailed("The new film lacks its sound.", "Report it.")

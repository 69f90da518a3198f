"""A timeline to a finished film.

The picture is encoded in segments of a few seconds, several at a time, each to a file that is
named after everything that decides its pixels and appears whole or not at all. A render that
was killed finds what is finished and goes on from there. At the end the packets of all segments
and the mastered sound are copied into one MP4, which is probed before it takes its name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import Cancelled, EncodeFailed, NoSuchMedia, RequestError
from studio.media.audio_io import SoundNotes, read_audio
from studio.media.encoder import (
    SOUND_RATE_HZ,
    PictureFormat,
    decoded_sound,
    encode_picture,
    encode_sound,
    frames_in,
    join,
)
from studio.media.loudness import Loudness, Mastered, master_sound, measure_loudness
from studio.media.picture_plan import (
    PicturePlan,
    cut_segments,
    plan_picture,
    segment_digest,
)
from studio.media.picture_render import Footage, check_unchanged, open_footage, segment_pictures
from studio.media.probe import frame_times, probe
from studio.media.render_estimate import RenderEstimate, estimate_render, workers_of
from studio.media.sound_mix import MUSIC, Heard, Listen, mix_sound
from studio.media.work_folder import held, run_together, sweep
from studio.media.writer import write_beside
from studio.settings import Settings
from studio.types.media import MediaInfo
from studio.types.timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

__all__ = ["RenderEstimate", "RenderReport", "estimate_render", "render_timeline"]

_PICTURE_SHARE = 0.92  # of the progress bar


@dataclass(frozen=True)
class RenderReport:
    """What a render made.

    Attributes:
        seconds: wall time.
        frames: pictures in the film.
        loudness_lufs: integrated loudness of the finished file; -70 for silence.
        true_peak_dbtp: of the finished file; -120 for silence.
        range_lu: loudness range of the finished file.
        segments: pieces the picture was encoded in.
        segments_reused: of those, how many an earlier run had finished.
        notes: what a user should know.
    """

    seconds: float
    frames: int
    loudness_lufs: float
    true_peak_dbtp: float
    range_lu: float
    segments: int
    segments_reused: int
    notes: tuple[str, ...]


def render_timeline(
    timeline: Timeline,
    out: Path,
    work_dir: Path,
    *,
    settings: Settings,
    on_progress: Callable[[float, str], None] | None = None,
    check: Callable[[], None] | None = None,
) -> RenderReport:
    """Render a cut to an H.264 and AAC file in MP4, its index in front.

    Args:
        timeline: the cut.
        out: the film; it appears whole or not at all.
        work_dir: for finished segments; the same folder after a crash resumes. Its files are
            removed on success.
        settings: cores and limits.
        on_progress: called with a share from 0 to 1 and words, on the caller's thread.
        check: called several times a second on the caller's thread; what it raises ends the
            render, which a later call resumes.

    Raises:
        NoSuchMedia: a source has gone.
        RequestError: a source is not the one of the plan, the timeline cannot be rendered, or
            somebody else is rendering in ``work_dir``.
        EncodeFailed: something cannot be written.
        DecodeFailed: nothing of a clip can be decoded.
    """
    started = time.perf_counter()
    out, work_dir = out.absolute(), work_dir.absolute()
    _check_renderable(timeline)
    footage = open_footage(timeline, settings)
    music = _open_music(timeline, settings)
    plan = plan_picture(timeline, {name: f.times for name, f in footage.items()})
    workers = workers_of(settings)
    # Twice as many threads as cores: the last segments of a cut then share all of them.
    form = PictureFormat(timeline.size_wh, timeline.rate, 2 * settings.cores // workers)
    with held(work_dir, out):
        work = _Work(plan, footage, form, work_dir)
        sound_path = work_dir / f"sound-{work.digests[0]}.mp4"

        def master() -> tuple[Mastered, tuple[str, ...]]:
            return _sound(plan, footage, music, sound_path)

        mastered, notes = work.run(workers, master, on_progress, check)
        if on_progress is not None:
            on_progress(0.98, "joining picture and sound")
        with write_beside(out) as beside:
            join(beside, work.paths, sound_path, timeline.rate, timeline.name)
            loudness = _verified(beside, timeline, settings)
        sweep(work_dir, temporary_only=False)
    if on_progress is not None:
        on_progress(1.0, "done")
    return RenderReport(
        seconds=time.perf_counter() - started,
        frames=timeline.frames,
        loudness_lufs=loudness.integrated_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        range_lu=loudness.range_lu,
        segments=len(work.segments),
        segments_reused=work.reused,
        notes=tuple(dict.fromkeys((*plan.notes, *work.notes, *notes, *mastered.notes))),
    )


def _check_renderable(timeline: Timeline) -> None:
    width, height = timeline.size_wh
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise RequestError(
            f"The picture cannot be {width}x{height} pixels.", "Both sides must be even numbers."
        )
    if not timeline.items or any(item.frames < 1 for item in timeline.items):
        raise RequestError(
            "The timeline is empty or has an item without frames.", "Give each item a length."
        )


class _Work:
    """The segments of a render and what is known of each."""

    def __init__(
        self,
        plan: PicturePlan,
        footage: Mapping[str, Footage],
        form: PictureFormat,
        work_dir: Path,
    ) -> None:
        times = {name: f.times for name, f in footage.items()}
        self.plan, self.footage, self.form = plan, footage, form
        self.segments = cut_segments(plan)
        self.digests = [segment_digest(plan, s, times, form.made_by) for s in self.segments]
        self.paths = [work_dir / f"segment-{digest}.mp4" for digest in self.digests]
        self.reused = 0
        self.notes: list[str] = []
        self._stop = Event()
        self._done = [0] * len(self.segments)

    def run(
        self,
        workers: int,
        master: Callable[[], tuple[Mastered, tuple[str, ...]]],
        on_progress: Callable[[float, str], None] | None,
        check: Callable[[], None] | None,
    ) -> tuple[Mastered, tuple[str, ...]]:
        """Encode what is missing, and the sound beside it; the first failure ends all."""
        missing = []
        for number, (segment, path) in enumerate(zip(self.segments, self.paths, strict=True)):
            twin = path in self.paths[:number]  # the same pictures twice are encoded once
            if twin or frames_in(path) == segment.frames:
                self._done[number] = segment.frames
                self.reused += not twin
            else:
                missing.append(number)
        # The longest first: none of them should be left to run alone at the end.
        missing.sort(key=lambda n: -self.segments[n].frames)

        def tick() -> None:
            if check is not None:
                check()
            self._report(on_progress)

        tasks: list[Callable[[], Any]] = [master, *(partial(self._encode, n) for n in missing)]
        sound: tuple[Mastered, tuple[str, ...]] = run_together(tasks, workers, self._stop, tick)[0]
        for path in self.paths:
            kept = path.with_suffix(".json")
            if kept.exists():
                self.notes.extend(json.loads(kept.read_text(encoding="utf-8")))
        return sound

    def _report(self, on_progress: Callable[[float, str], None] | None) -> None:
        if on_progress is not None:
            total, done = self.plan.timeline.frames, sum(self._done)
            on_progress(_PICTURE_SHARE * done / total, f"picture {done} of {total}")

    def _encode(self, number: int) -> None:
        segment, path = self.segments[number], self.paths[number]
        notes: list[str] = []

        def step() -> None:
            if self._stop.is_set():
                raise Cancelled()
            self._done[number] += 1

        pictures = segment_pictures(self.plan, segment, self.footage, notes=notes, step=step)

        def with_notes() -> Iterator[VideoFrame]:
            yield from pictures
            if notes:  # kept beside the segment, so that a resumed render still tells
                with write_beside(path.with_suffix(".json")) as beside:
                    beside.write_text(json.dumps(notes), encoding="utf-8")

        count = encode_picture(path, with_notes(), self.form)
        if count != segment.frames:
            raise EncodeFailed(
                f"A segment has {count} pictures instead of {segment.frames}.",
                "Render again; if it happens again, report it with the plan.",
            )


def _open_music(timeline: Timeline, settings: Settings) -> MediaInfo | None:
    if timeline.music is None:
        return None
    path = Path(timeline.music.path)
    if not path.exists():
        raise NoSuchMedia(
            f"{path} is gone; it is the music of the plan.",
            "Put the file back, or change its path in the plan.",
        )
    info = probe(path, settings)
    check_unchanged(path, timeline.music.content_hash, info.content_hash)
    if info.audio is None:
        raise RequestError(f"{path} has no sound.", "Choose another file for the music.")
    return info


def _sound(
    plan: PicturePlan, footage: Mapping[str, Footage], music: MediaInfo | None, path: Path
) -> tuple[Mastered, tuple[str, ...]]:
    timeline = plan.timeline
    infos = {name: f.info for name, f in footage.items()}
    if music is not None:
        infos[MUSIC] = music
    damage = SoundNotes()
    mix = mix_sound(timeline, plan.joins, sound_reader(infos, damage))

    def round_trip(samples: NDArray[np.float32]) -> NDArray[np.float32]:
        encode_sound(path, samples)
        return decoded_sound(path)[:, : samples.shape[1]]

    mastered = master_sound(mix.samples, SOUND_RATE_HZ, timeline.loudness_lufs, round_trip)
    return mastered, (*mix.notes, *damage.notes)


def sound_reader(infos: Mapping[str, MediaInfo], damage: SoundNotes) -> Listen:
    """What :func:`~studio.media.sound_mix.mix_sound` reads sound with.

    Args:
        infos: files by source id.
        damage: collects what was amiss.
    """

    def listen(name: str, start: Fraction, end: Fraction) -> Heard | None:
        info = infos[name]
        if info.audio is None:
            return None
        first = max(start, info.audio.start, Fraction(0))
        last = min(end, info.audio.start + info.audio.duration)
        if first >= last:
            return None
        clip = read_audio(info, rate_hz=SOUND_RATE_HZ, start=first, end=last, notes=damage)
        samples = clip.samples if clip.samples.shape[0] == 2 else np.repeat(clip.samples, 2, axis=0)
        return Heard(samples, round((first - start) * SOUND_RATE_HZ))

    return listen


def _verified(path: Path, timeline: Timeline, settings: Settings) -> Loudness:
    """Probe what was joined, and measure its sound.

    Raises:
        EncodeFailed: it is not what the timeline asked for.
    """
    info = probe(path, settings)
    frame_s = timeline.rate.seconds(1)
    if info.video is None or info.audio is None:
        raise EncodeFailed("The finished film lacks picture or sound.", "Render it again.")
    times = frame_times(info)
    found = (len(times), info.video.coded_wh, times.start(len(times)))
    wanted = (timeline.frames, timeline.size_wh, timeline.duration)
    if found != wanted or abs(info.audio.duration - timeline.duration) > frame_s:
        raise EncodeFailed(
            f"The finished film has {found[0]} pictures of {found[1]} in {float(found[2]):.3f} s "
            f"and {float(info.audio.duration):.3f} s of sound; the plan asks for {wanted[0]} of "
            f"{wanted[1]} in {float(wanted[2]):.3f} s.",
            "Delete the work folder and render again.",
        )
    total = round(timeline.duration * SOUND_RATE_HZ)
    return measure_loudness(decoded_sound(path)[:, :total], SOUND_RATE_HZ)

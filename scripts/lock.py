"""Resolve requirements*.in to exact, hashed lock files: ``python scripts/lock.py``.

Nothing is installed. The lock holds every package of Linux on x86-64 with Python 3.11, and is
itself installed with ``--no-deps``, so that no package's outdated pin can pull another down.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Made by scripts/lock.py. Install with: pip install --no-deps --require-hashes -r {}\n"


def resolve(*arguments: str) -> dict[str, str]:
    """Name to locked line, as pip would install the arguments into an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        command += ["--ignore-installed", "--report", str(report), *arguments]
        subprocess.run(command, check=True, cwd=ROOT)
        found = json.loads(report.read_text())["install"]
    lines = {}
    for item in found:
        name = item["metadata"]["name"].lower().replace("_", "-")
        digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
        lines[name] = f"{name}=={item['metadata']['version']} --hash=sha256:{digest}"
    return lines


def main() -> None:
    """Write both locks."""
    base = resolve("-r", "requirements.in")
    base |= resolve("--no-deps", "-r", "requirements-nodeps.in")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.writelines(line.split(" --hash")[0] + "\n" for line in base.values())
        pins.flush()
        dev = resolve("-r", "requirements.in", "-r", "requirements-dev.in", "-c", pins.name)
    dev |= resolve("--no-deps", "-r", "requirements-dev-nodeps.in")
    dev = {name: line for name, line in dev.items() if name not in base}
    for file_name, lines in (("requirements.lock", base), ("requirements-dev.lock", dev)):
        body = "".join(f"{lines[name]}\n" for name in sorted(lines))
        (ROOT / file_name).write_text(HEAD.format(file_name) + body)
        print(f"{file_name}: {len(lines)} packages")


if __name__ == "__main__":
    main()

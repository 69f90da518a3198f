"""Every FFmpeg that can touch a file here, by version."""

from __future__ import annotations

import importlib.util
import os
import subprocess


def ffmpeg_builds() -> list[dict[str, str]]:
    """A row a build: ``used_by`` and ``version``. Untrusted files go only through PyAV's."""
    rows = []
    if importlib.util.find_spec("av") is not None:
        import av

        version = ".".join(str(number) for number in av.library_versions["libavcodec"])
        rows.append({"used_by": "PyAV", "version": f"libavcodec {version}"})
    if importlib.util.find_spec("imageio_ffmpeg") is not None:
        rows.append({"used_by": "imageio-ffmpeg", "version": _binary_version()})
    return rows


def _binary_version() -> str:
    import imageio_ffmpeg

    try:
        said = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath},
        ).stdout
    except (OSError, RuntimeError, subprocess.SubprocessError) as exc:
        return f"does not run: {exc}"
    return " ".join(said.split()[:3])

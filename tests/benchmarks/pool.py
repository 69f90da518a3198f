"""The model pool: lease time, reload seconds against other rules, the same work in less memory.

``python -m tests.benchmarks pool`` prints the figures; ``python -m tests.benchmarks.pool record``
writes the traces of real pipelines anew.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from pipelines import stylize, subtitles, trailer
from studio.adapters import silero
from studio.archive.store import AnalysisStore
from studio.jobs.job import Job
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.benchmarks import _traces
from tests.benchmarks._traces import RecordingPool, Replay, Trace, optimum
from tests.budgets import analyse, talking_clip

RULES = {
    "ours": _traces.ours,
    "ours, told nothing": _traces.ours_untold,
    "LRU": _traces.least_recent,
    "smallest first": _traces.smallest_first,
    "ComponentsManager": _traces.components_manager(),
    "load every time": None,
}


def table(
    traces: list[Trace], shares: tuple[float, ...]
) -> dict[tuple[str, float], dict[str, float]]:
    """Seconds of all loads over the optimum, by trace and budget, for each rule."""
    found = {}
    for trace in traces:
        largest = max(size for size, _ in trace.models.values())
        for share in shares:
            budget = max(int(trace.total_bytes * share), trace.pinned_bytes, largest)
            best = optimum(trace, budget)
            found[trace.name, share] = {"optimum, s": best} | {
                name: Replay(trace, budget, rule).run() / best for name, rule in RULES.items()
            }
    return found


def show(rows: dict[tuple[str, float], dict[str, float]]) -> None:
    """As a table, and its two claims."""
    names = list(next(iter(rows.values())))
    print(f"{'reload seconds over the optimum':<34}" + "".join(f"{n:>21}" for n in names))
    for (trace, share), row in rows.items():
        print(f"{trace + f', {share:.0%} of all':<34}" + "".join(f"{row[n]:21.2f}" for n in names))


def record(folder: Path) -> None:
    """Traces of real pipelines with one pool, as on a working day."""
    cache = folder / "cache"
    settings = Settings(cache_dir=cache, device="cpu", memory_budget_bytes=8 << 30)
    clips = [talking_clip(folder, seconds) for seconds in (12, 14, 16)]
    for again in (False, True):  # the first time models are converted; its loads are not typical
        pool = RecordingPool(settings)
        job = Job(settings, pool, AnalysisStore(folder / f"store-{again}"))
        options = trailer.Options(out=folder / f"cut-{again}", length_s=5)
        trailer.run(clips[:2], options, job)
        trailer_trace = pool.trace("trailer")
        subtitles.run(clips[2], subtitles.Options(out=folder / f"subtitles-{again}"), job)
        trailer.run(clips[2:], trailer.Options(out=folder / f"third-{again}", length_s=5), job)
        day = pool.trace("trailer, subtitles, trailer")
        looks = stylize.Options(folder / f"look-{again}", ("starry",), preview_s=1.0)
        stylize.run(clips[0], looks, job)
        longer = pool.trace("trailer, subtitles, trailer, look")
    for trace in (trailer_trace, day, longer):
        _traces.write(trace)
        print(f"{trace.name}: {len(trace.events)} events, {len(trace.models)} models")


def lease_time(cache: Path) -> None:
    """Of a model that is loaded, begun and ended."""
    pool = ModelPool(Settings(cache_dir=cache, device="cpu"))
    with pool.lease(silero.SPEC):
        pass
    samples = []
    for _ in range(5000):
        started = time.perf_counter()
        with pool.lease(silero.SPEC):
            pass
        samples.append((time.perf_counter() - started) * 1e6)
    typical, late = statistics.median(samples), sorted(samples)[int(len(samples) * 0.99)]
    print(f"lease of a resident model: {typical:.1f} us, 99th of 100 {late:.1f} us (limit 50)")


def budgets(folder: Path) -> None:
    """The same analysis in less and less memory, interleaved."""
    cache, clip = folder / "cache", talking_clip(folder, 20)
    free = analyse(clip, cache, 8 << 30)
    shares = (1.0, 0.6, 0.35, 0.2)
    seconds: dict[float, list[float]] = {share: [] for share in shares}
    for _ in range(2):
        for share in shares:
            run = analyse(clip, cache, int(free.most_bytes * share))
            seconds[share].append(run.wall_s)
    least = min(seconds[1.0])
    for share in shares:
        print(
            f"analysis of 20 s in {share:.0%} of {free.most_bytes / 2**20:.0f} MiB: "
            f"{min(seconds[share]) / least:.2f} times the seconds of all of it"
        )


def main() -> None:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:] == ["record"]:
            record(Path(folder))
            return
        show(table(_traces.recorded(), (0.35, 0.6, 0.8)) | table(_traces.made_up(), (0.35, 0.6)))
        lease_time(Path(folder) / "cache")
        budgets(Path(folder))


if __name__ == "__main__":
    main()

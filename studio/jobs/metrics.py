"""How the studio does, as text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from studio.jobs.record import JobRecord, JobState
from studio.models.records import PoolStatus


def prometheus_text(
    counts: Mapping[JobState, int],
    jobs: Sequence[JobRecord],
    pools: Sequence[PoolStatus],
    requests: Iterable[tuple[str, Sequence[tuple[float, int]], float]] = (),
) -> str:
    """The content of a metrics endpoint.

    Args:
        counts: jobs by state (``JobQueue.counts``).
        jobs: those whose seconds and cache hits are added up (``JobQueue.jobs``). They are
            gauges over the jobs that are remembered, since forgotten jobs leave the sums.
        pools: how the model pools of the running processes stand (``StatusBoard.read``).
        requests: kind of request, how many were answered within so many seconds (upper ends
            ascending, the last without end), seconds of all.
    """
    from prometheus_client import CollectorRegistry, Metric, generate_latest
    from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.registry import Collector

    class Studio(Collector):
        def collect(self) -> Iterator[Metric]:
            for name, text, samples in _families(counts, jobs, pools):
                family = GaugeMetricFamily(name, text)
                for labels, value in samples:
                    family.add_sample(name, labels, value)
                yield family
            text = "Seconds that the server took for what it was asked, by kind."
            took = HistogramMetricFamily("studio_request_seconds", text, labels=["kind"])
            for kind, buckets, total_s in requests:
                ends = [("+Inf" if s == float("inf") else f"{s:g}", n) for s, n in buckets]
                took.add_metric([kind], ends, total_s)
            yield took

    registry = CollectorRegistry()
    registry.register(Studio())
    return generate_latest(registry).decode("utf-8")


_Samples = Iterable[tuple[dict[str, str], float]]


def _families(
    counts: Mapping[JobState, int], jobs: Sequence[JobRecord], pools: Sequence[PoolStatus]
) -> Iterator[tuple[str, str, _Samples]]:
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    measures: dict[str, float] = defaultdict(float)
    for job in jobs:
        for stage in job.progress.stages:
            seconds[job.request.pipeline, stage.name] += stage.seconds
        for name, value in (job.result.measures if job.result else {}).items():
            measures[name] += value
    held = [(pool.pid, device) for pool in pools for device in pool.devices]
    yield (
        "studio_jobs",
        "Jobs by state.",
        (({"state": state.value}, counts.get(state, 0)) for state in JobState),
    )
    yield (
        "studio_job_stage_seconds",
        "Seconds that the remembered jobs spent, by pipeline and stage.",
        (
            ({"pipeline": pipeline, "stage": stage}, total)
            for (pipeline, stage), total in sorted(seconds.items())
        ),
    )
    yield (
        "studio_analysis_cache_lookups",
        "Parts of analyses that the remembered jobs looked for, by whether they were kept.",
        (
            ({"found": found}, measures[f"cache_{name}"])
            for found, name in (("yes", "hits"), ("no", "misses"))
        ),
    )
    yield (
        "studio_pool_held_bytes",
        "Bytes that models hold, by process and device.",
        (({"pid": str(pid), "device": d.device}, d.held_bytes) for pid, d in held),
    )
    yield (
        "studio_pool_budget_bytes",
        "Bytes that models may hold, by process and device.",
        (({"pid": str(pid), "device": d.device}, d.budget_bytes) for pid, d in held),
    )

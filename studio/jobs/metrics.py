"""How the studio does, as text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from studio.jobs.record import JobRecord, JobState
from studio.models.records import PoolStatus


def prometheus_text(
    counts: Mapping[JobState, int], jobs: Sequence[JobRecord], pools: Sequence[PoolStatus]
) -> str:
    """The content of a metrics endpoint. Pure.

    Args:
        counts: jobs by state (``JobQueue.counts``).
        jobs: those whose seconds and cache hits are added up (``JobQueue.jobs``). They are
            gauges over the jobs that are remembered, since forgotten jobs leave the sums.
        pools: how the model pools of the running processes stand (``StatusBoard.read``).
    """
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    measures: dict[str, float] = defaultdict(float)
    for job in jobs:
        for stage in job.progress.stages:
            seconds[job.request.pipeline, stage.name] += stage.seconds
        for name, value in (job.result.measures if job.result else {}).items():
            measures[name] += value
    held = [(pool.pid, device) for pool in pools for device in pool.devices]
    return "".join(
        (
            _family(
                "studio_jobs",
                "Jobs by state.",
                (({"state": state}, counts.get(state, 0)) for state in JobState),
            ),
            _family(
                "studio_job_stage_seconds",
                "Seconds that the remembered jobs spent, by pipeline and stage.",
                (
                    ({"pipeline": pipeline, "stage": stage}, total)
                    for (pipeline, stage), total in sorted(seconds.items())
                ),
            ),
            _family(
                "studio_analysis_cache_lookups",
                "Parts of analyses that the remembered jobs looked for, by whether they were kept.",
                (
                    ({"found": found}, measures[f"cache_{name}"])
                    for found, name in (("yes", "hits"), ("no", "misses"))
                ),
            ),
            _family(
                "studio_pool_held_bytes",
                "Bytes that models hold, by process and device.",
                (({"pid": str(pid), "device": d.device}, d.held_bytes) for pid, d in held),
            ),
            _family(
                "studio_pool_budget_bytes",
                "Bytes that models may hold, by process and device.",
                (({"pid": str(pid), "device": d.device}, d.budget_bytes) for pid, d in held),
            ),
        )
    )


def _family(name: str, help_text: str, samples: Iterable[tuple[dict[str, str], float]]) -> str:
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inside}}} {float(value):.10g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""How long a job will still take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.jobs.record import StageTime

#: An estimate is held back until a stage ran this long and got this far.
_AFTER_S = 1.5
_AFTER_SHARE = 0.04


def seconds_left(stages: Sequence[StageTime], typical_s: Mapping[str, float]) -> float | None:
    """Seconds that are probably left.

    What is left of the stage that goes on follows from its share. Stages that earlier jobs of
    the pipeline had after it are added at what they took there, scaled by how much slower or
    faster this job's own stages are; without earlier jobs they are not known and not counted.

    Args:
        stages: so far; the last goes on.
        typical_s: stage to the seconds that earlier jobs spent on it, in their order.

    Returns:
        None where it is too early to say.
    """
    if not stages:
        return None
    now = stages[-1]
    if now.seconds >= _AFTER_S and now.share >= _AFTER_SHARE:
        whole_s = now.seconds / now.share
    elif now.name in typical_s:
        whole_s = max(typical_s[now.name], now.seconds)
    else:
        return None
    left_s = max(0.0, whole_s - now.seconds)
    seen = {stage.name for stage in stages}
    after = list(typical_s)
    after = after[after.index(now.name) + 1 :] if now.name in typical_s else []
    pace = _pace(stages, whole_s, typical_s)
    return left_s + pace * sum(typical_s[name] for name in after if name not in seen)


def _pace(stages: Sequence[StageTime], whole_s: float, typical_s: Mapping[str, float]) -> float:
    """This job's seconds over those of earlier ones, on the stages that both had."""
    took = {stage.name: stage.seconds for stage in stages}
    took[stages[-1].name] = whole_s
    shared = [name for name in took if name in typical_s]
    before = sum(typical_s[name] for name in shared)
    return sum(took[name] for name in shared) / before if before > 0 else 1.0

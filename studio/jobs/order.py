"""Whose turn it is. Pure: nothing here reads a clock or a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.jobs.record import Priority


@dataclass(frozen=True)
class Waiting:
    """A queued job.

    Attributes:
        id: of the job.
        owner: whose.
        priority: of the job.
        place: among the jobs of its owner and class, least first.
    """

    id: str
    owner: str
    priority: Priority
    place: float


def line_up(waiting: Sequence[Waiting], served: Mapping[str, int]) -> list[Waiting]:
    """Queued jobs in the order they will be begun.

    Interactive jobs go before batch jobs. Inside a class the owners take turns, whoever was
    served longest ago first, so that a hundred jobs of one do not keep another from her first.

    Args:
        waiting: in any order.
        served: owner to the number of the last turn that was theirs; none for the new ones.
    """
    turns = dict(served)
    line: list[Waiting] = []
    for priority in (Priority.INTERACTIVE, Priority.BATCH):
        queues: dict[str, list[Waiting]] = {}
        for job in sorted(
            (w for w in waiting if w.priority is priority), key=lambda w: (w.place, w.id)
        ):
            queues.setdefault(job.owner, []).append(job)
        turn = max(turns.values(), default=0)
        while queues:
            owner = min(queues, key=lambda o: (turns.get(o, -1), queues[o][0].place))
            line.append(queues[owner].pop(0))
            turn += 1
            turns[owner] = turn
            if not queues[owner]:
                del queues[owner]
    return line

"""One loop for every training: steps, checkpoints, a log; killed anywhere, it goes on the same.

Nothing of chance is carried from step to step: torch's generator is seeded for each step from
the seed and the number of the step, and so is the choice of pictures (``pictures.py``). What is
kept is therefore only weights, optimisers and what a method says it remembers.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from studio.errors import InferenceFailed, RequestError, WeightsCorrupt
from studio.media.writer import write_beside

if TYPE_CHECKING:
    import torch

_CHECKPOINT, _LOG = "checkpoint.pt", "log.jsonl"


class Method(Protocol):
    """Something that can be trained.

    Attributes:
        networks, optimisers: by name; kept in the checkpoint.
        device: where it computes.
    """

    networks: dict[str, torch.nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]
    device: torch.device

    def step(self, number: int, share: float) -> dict[str, float]:
        """Learn from one batch.

        Args:
            number: of the step, from 0.
            share: of the training that is done, 0 to below 1.

        Returns:
            What is worth a line in the log, by name.
        """

    def memory(self) -> dict[str, torch.Tensor]:
        """What else outlives a step; empty for most."""

    def recall(self, memory: dict[str, torch.Tensor]) -> None:
        """Take that back."""


@dataclass(frozen=True)
class TrainingRun:
    """A finished training.

    Attributes:
        steps: done in all.
        begun_at: the step this run went on from; 0 for a new one.
        last: what the last step logged.
        seconds: of this run.
    """

    steps: int
    begun_at: int
    last: dict[str, float]
    seconds: float


def train(
    method: Method,
    folder: Path,
    *,
    what: str,
    steps: int,
    seed: int = 0,
    save_s: float = 60.0,
    most_s: float = math.inf,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> TrainingRun:
    """Train, from where a run in the same folder was left.

    Args:
        method: freshly made, or with weights to begin from.
        folder: for ``checkpoint.pt`` and ``log.jsonl``, one JSON object a step.
        what: everything that decides the result but the number of steps; a folder in which
            something else was trained is refused.
        steps: in all. A larger number than before trains on.
        seed: of all chance.
        save_s: seconds between checkpoints; one is also written at the end and where the run
            is ended by an exception.
        most_s: seconds after which to stop.
        on_step: called after each step with its number and what it logged; what it raises ends
            the run.

    Raises:
        RequestError: the folder holds another training.
        InferenceFailed: a loss is no number any more.
        EncodeFailed: the folder cannot be written.
        WeightsCorrupt: the checkpoint is damaged.
    """
    import torch

    begun = number = _resume(method, folder, what)
    started = saved = time.monotonic()
    last: dict[str, float] = {}
    healthy = True
    log = _open_log(folder, begun)
    with log, _same_again():
        try:
            while number < steps and time.monotonic() - started < most_s:
                torch.manual_seed(chance(seed, number))
                healthy = False  # half a step must not be kept
                found = method.step(number, number / steps)
                if not all(math.isfinite(value) for value in found.values()):
                    raise InferenceFailed(
                        f"Training came apart at step {number}: {found}",
                        "Begin again with another --seed; the last checkpoint is from before.",
                    )
                healthy = True
                last, number = found, number + 1
                log.write(json.dumps({"step": number, **_rounded(found)}) + "\n")
                if time.monotonic() - saved >= save_s:
                    log.flush()
                    _save(method, folder, what, number)
                    saved = time.monotonic()
                if on_step is not None:
                    on_step(number, found)
        finally:
            log.flush()
            if healthy and number > begun:
                _save(method, folder, what, number)
    return TrainingRun(number, begun, last, time.monotonic() - started)


def chance(seed: int, number: int) -> int:
    """What torch is seeded with for one of many draws: its generator reads 32 bits only, so one
    seed's draws are far from another's in that ring."""
    return (seed * 0x9E3779B1 + number) & 0xFFFFFFFF


@contextmanager
def _same_again() -> Iterator[None]:
    """The same numbers from the same steps; the generator of the caller is not touched."""
    import torch

    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    with torch.random.fork_rng():
        try:
            yield
        finally:
            cudnn.deterministic, cudnn.benchmark = before


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.6g}") for name, value in found.items()}


def read_log(folder: Path) -> list[dict[str, float]]:
    """What a training logged, a dict a step."""
    try:
        lines = (folder / _LOG).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith("}")]


def _open_log(folder: Path, begun: int) -> Any:
    """The log, without what was logged after the checkpoint."""
    kept = [row for row in read_log(folder) if row["step"] <= begun]
    with write_beside(folder / _LOG) as beside:
        beside.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return (folder / _LOG).open("a", encoding="utf-8")


def _save(method: Method, folder: Path, what: str, number: int) -> None:
    import torch

    state = {
        "what": what,
        "step": number,
        "networks": {n: net.state_dict() for n, net in method.networks.items()},
        "optimisers": {n: o.state_dict() for n, o in method.optimisers.items()},
        "memory": method.memory(),
    }
    with write_beside(folder / _CHECKPOINT) as beside:
        torch.save(state, beside)


def _resume(method: Method, folder: Path, what: str) -> int:
    """Take up a checkpoint, and give the number of its step; 0 where there is none."""
    import torch

    path = folder / _CHECKPOINT
    if not path.is_file():
        return 0
    try:
        state = torch.load(path, map_location=method.device, weights_only=True)
        found = state["what"]
        if found == what:
            for name, network in method.networks.items():
                network.load_state_dict(state["networks"][name])
            for name, optimiser in method.optimisers.items():
                optimiser.load_state_dict(state["optimisers"][name])
            method.recall(state["memory"])
            return int(state["step"])
    except Exception as exc:  # whatever a damaged file makes torch raise
        raise WeightsCorrupt(
            f"{path} cannot be read: {' '.join(str(exc).split())[:160]}",
            "Delete it to begin anew.",
        ) from exc
    raise RequestError(
        f"{folder} holds another training: {found}; asked for is {what}.",
        "Choose another folder, or delete it to begin anew.",
    )

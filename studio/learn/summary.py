"""VASNet's training: one film a step, the mean squared error of its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

#: As published: Adam, its rate and its decay of weights.
RATE, DECAY = 5e-5, 1e-5


@dataclass(frozen=True)
class Lesson:
    """One film to learn from.

    Attributes:
        name: of it.
        features: float ``(n, d)``, a row a frame.
        labels: float ``(n,)``, 0 to 1.
    """

    name: str
    features: NDArray[np.floating]
    labels: NDArray[np.floating]


class SummaryMethod:
    """Follows ``studio.learn.loop.Method``.

    Args:
        lessons: films.
        width: of the network.
        device: torch's name of it.
        seed: of the first weights.
        rate: of learning.
    """

    def __init__(
        self, lessons: Sequence[Lesson], *, width: int, device: str, seed: int, rate: float = RATE
    ) -> None:
        import torch

        from studio.learn.loop import chance
        from studio.nets.vasnet import VASNet

        self.device = torch.device(device)
        with torch.random.fork_rng():
            torch.manual_seed(chance(seed, 0))
            net = VASNet(lessons[0].features.shape[1], width)
        self._lessons = [
            (
                torch.from_numpy(lesson.features.astype(np.float32)).to(self.device),
                torch.from_numpy(lesson.labels.astype(np.float32)).to(self.device),
            )
            for lesson in lessons
        ]
        self._seed = seed
        self.networks: dict[str, torch.nn.Module] = {"scorer": net.to(self.device)}
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "scorer": torch.optim.Adam(net.parameters(), lr=rate, weight_decay=DECAY)
        }

    def step(self, number: int, share: float) -> dict[str, float]:
        """One film; each comes once before any comes again, in another order each time."""
        import torch

        turn, place = divmod(number, len(self._lessons))
        order = np.random.default_rng((self._seed, turn)).permutation(len(self._lessons))
        features, labels = self._lessons[int(order[place])]
        net, optimiser = self.networks["scorer"].train(), self.optimisers["scorer"]
        scores, _ = net(features)
        loss = torch.nn.functional.mse_loss(scores, labels)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return {"error": float(loss.detach())}

    def predict(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """float32 ``(n,)``: what it has learnt to say of a film."""
        import torch

        net = self.networks["scorer"].eval()
        with torch.no_grad():
            given = torch.from_numpy(features.astype(np.float32)).to(self.device)
            scores: NDArray[np.float32] = net(given)[0].cpu().numpy()
        return scores

    def memory(self) -> dict[str, Any]:
        """Nothing else outlives a step."""
        return {}

    def recall(self, memory: dict[str, Any]) -> None:
        """Nothing to take back."""

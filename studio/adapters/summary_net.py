"""A scorer that the studio trained, from its file: how important each frame of a film is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import translated
from studio.errors import RequestError
from studio.models import weights
from studio.models.net_file import NetHead, read_head
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

KIND = "vasnet"
#: Frames that attention looks over at once; longer films are taken in pieces that overlap by half.
MOST_FRAMES = 4096


@dataclass(frozen=True)
class Importance:
    """What a scorer says of a film.

    Attributes:
        scores: float32 ``(n,)``, 0 to 1.
        attention: float32 ``(n,)``: how much the other frames look at each; mean 1.
        notes: what a user should know.
    """

    scores: NDArray[np.float32]
    attention: NDArray[np.float32]
    notes: tuple[str, ...] = ()


class SummaryScorer:
    """The loaded network.

    Args:
        net: a ``VASNet``.
        device: torch's name of it.
        features: length of a frame's vector.
    """

    def __init__(self, net: torch.nn.Module, device: str, features: int) -> None:
        self._net: Any = net
        self._device = device
        self.features = features

    def score(self, features: NDArray[np.floating]) -> Importance:
        """How important frames are.

        Args:
            features: ``(n, d)``, the frames of one film in order.

        Raises:
            RequestError: the scorer learnt from other features.
            InferenceFailed: torch gave up.
        """
        if self._net is None:
            raise ValueError("the network was closed")
        count = len(features)
        if features.ndim != 2 or features.shape[1] != self.features:
            raise RequestError(
                f"The scorer reads {self.features} numbers a frame, not {features.shape[-1]}.",
                "Train one on footage: studio train summary --edits DIR",
            )
        if count <= MOST_FRAMES:
            return Importance(*self._piece(features))
        half = MOST_FRAMES // 2
        total, seen, looked = np.zeros(count), np.zeros(count), np.zeros(count)
        for start in range(0, count - half, half):
            piece = slice(start, min(start + MOST_FRAMES, count))
            scores, attention = self._piece(features[piece])
            total[piece] += scores
            looked[piece] += attention
            seen[piece] += 1
        note = (
            f"{count} samples are more than are looked at together ({MOST_FRAMES}): scored in "
            "pieces that overlap by half"
        )
        return Importance(
            (total / seen).astype(np.float32), (looked / seen).astype(np.float32), (note,)
        )

    def _piece(
        self, features: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        import torch

        with translated("summary scorer"), torch.inference_mode():
            given = torch.from_numpy(features.astype(np.float32)).to(self._device)
            scores, attention = self._net(given)
            return scores.cpu().numpy(), attention.sum(dim=0).cpu().numpy()

    def close(self) -> None:
        """Let go of the network."""
        self._net = None


def load(context: LoadContext) -> SummaryScorer:
    """For the pool."""
    import torch

    from studio.models.safetensors_io import load_into
    from studio.nets.vasnet import VASNet

    (path,) = context.weights.values()
    head = checked_head(path)
    if context.device.kind == "cpu":
        torch.set_num_threads(context.threads)
    net = load_into(lambda: VASNet(**head.built_with), path, dtype=torch.float32)
    net.eval().requires_grad_(False).to(context.device.torch_name)
    return SummaryScorer(net, context.device.torch_name, int(head.built_with["features"]))


def checked_head(path: Path) -> NetHead:
    """What a file says of itself, if it holds a scorer.

    Raises:
        NoSuchMedia, WeightsCorrupt: no file that the studio wrote.
        RequestError: a network of another kind.
    """
    head = read_head(path)
    if head.kind != KIND:
        raise RequestError(
            f"{path.name} holds a {head.kind}, which scores no frames.",
            "Make a scorer with: studio train summary --edits DIR",
        )
    return head


def spec_of(path: Path) -> ModelSpec[SummaryScorer]:
    """A scorer from a file.

    Raises:
        NoSuchMedia, RequestError, WeightsCorrupt: the file holds none.
    """
    head = checked_head(path)
    digest = weights.sha256_of(path)
    width = int(head.built_with.get("width", 1024))
    return ModelSpec(
        name=f"{KIND}-{path.stem}",
        version=digest[:12],
        role="how important each frame is",
        licence=str(head.card.get("licence", "that of its training footage")),
        source=path.name,
        weights=(WeightFile(path.name, "", str(path.resolve()), digest),),
        resident_bytes=2 * path.stat().st_size + (1 << 20),
        working_bytes=4 * MOST_FRAMES * (3 * MOST_FRAMES + 8 * width),
        working_unit=f"{MOST_FRAMES} frames",
        loader="studio.adapters.summary_net:load",
        requires=("torch",),
    )

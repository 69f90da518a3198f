"""EfficientNet-Lite0's last layer alone: stored picture vectors to ImageNet words, and to the few
directions in which its classes differ. No picture is looked at again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.adapters.efficientnet import FEATURES
from studio.adapters.efficientnet import SPEC as EFFICIENTNET
from studio.models.spec import LoadContext, ModelSpec

#: Directions kept. On 1,190 frames of eleven films the ten nearest by these and by all 1280
#: numbers are the same for 89 %, and of the three nearest 63 % are of the same shot by both.
DIRECTIONS = 256
#: The stored vectors have length one; how long the features were decides how sure the classes
#: are. Taken as 20: a photograph of a lion is then one at 0.99, and of a flower that is no class
#: nothing is likelier than 0.27.
_LENGTH = 20.0


class PictureWords:
    """The loaded layer.

    Args:
        weight: float32 ``(1000, 1280)``.
        bias: float32 ``(1000,)``.
        directions: float32 ``(1280, 256)``, see :data:`DIRECTIONS`.
        names: of the classes, as torchvision calls them.

    Attributes:
        names: of the 1000 classes.
    """

    def __init__(
        self,
        weight: NDArray[np.float32],
        bias: NDArray[np.float32],
        directions: NDArray[np.float32],
        names: tuple[str, ...],
    ) -> None:
        self.names = names
        self._weight = weight * _LENGTH
        self._bias = bias
        self._directions = directions
        self._apart = weight - weight.mean(axis=0)

    def classes(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """float32 ``(n, 1000)``: about how likely each ImageNet class is.

        Args:
            vectors: ``(n, 1280)`` of length one, as the analysis keeps them.
        """
        scores = vectors.astype(np.float32) @ self._weight.T + self._bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely: NDArray[np.float32] = scores / scores.sum(axis=1, keepdims=True)
        return likely

    def narrow(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """float32 ``(n, 256)`` of length one: the directions in which classes differ most.

        Args:
            vectors: ``(n, 1280)``.
        """
        turned = vectors.astype(np.float32) @ self._directions
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        unit: NDArray[np.float32] = turned / np.maximum(lengths, 1e-12)
        return unit

    def direction(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """float32 ``(256,)`` of length one: where pictures of some classes lie.

        Its cosine with a picture ranks pictures by how much they have of these classes, also
        where no class is likely: of 1,190 frames the two that come first for a microphone show
        one, in films in which it is never the likeliest class.

        Args:
            classes: numbers of ImageNet-1k classes, at least one.
        """
        found: NDArray[np.float32] = self.narrow(self._apart[list(classes)].mean(axis=0)[None])[0]
        return found

    def among_features(self, direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 ``(1280,)``: a direction as weights of the network's own features.

        Their product with a feature vector, over the length of what :meth:`narrow` turns it
        into, is that vector's cosine with the direction.

        Args:
            direction: ``(256,)``, from :meth:`direction` or :meth:`narrow`.
        """
        weights: NDArray[np.float32] = self._directions @ direction
        return weights

    def lengths(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """float32 ``(n,)``: how long vectors are in the kept directions.

        Args:
            vectors: ``(n, 1280)``.
        """
        turned = vectors.astype(np.float32) @ self._directions
        found: NDArray[np.float32] = np.linalg.norm(turned, axis=1)
        return found

    def close(self) -> None:
        """Let go of the layer."""
        self._weight = np.zeros((0, FEATURES), np.float32)
        self._directions = np.zeros((FEATURES, 0), np.float32)


def load(context: LoadContext) -> PictureWords:
    """For the pool; the layer is kept apart, so that torch is needed only once, and its
    directions are reckoned only once."""
    kept = context.cache_dir / "last-layer-2.npz"
    if not kept.is_file():
        import torch
        from torchvision.models._meta import _IMAGENET_CATEGORIES

        from studio.media.writer import write_beside

        (path,) = context.weights.values()
        stored = torch.load(path, map_location="cpu", weights_only=True)
        weight = stored["_fc.weight"].numpy()
        _, _, rows = np.linalg.svd(weight - weight.mean(axis=0), full_matrices=False)
        with write_beside(kept) as beside, beside.open("wb") as file:
            np.savez(
                file,
                weight=weight,
                bias=stored["_fc.bias"].numpy(),
                directions=np.ascontiguousarray(rows[:DIRECTIONS].T),
                names=np.array(_IMAGENET_CATEGORIES),
            )
    with np.load(kept, allow_pickle=False) as layer:
        names = tuple(layer["names"].tolist())
        return PictureWords(layer["weight"], layer["bias"], layer["directions"], names)


SPEC: ModelSpec[PictureWords] = ModelSpec(
    name="picture-words",
    version="1",
    role="ImageNet words of stored picture vectors",
    licence=EFFICIENTNET.licence,
    source=EFFICIENTNET.source,
    weights=EFFICIENTNET.weights,
    resident_bytes=16 << 20,
    working_bytes=24 << 20,
    working_unit="1000 vectors",
    loader="studio.adapters.picture_words:load",
    requires=("torch", "torchvision"),
)

"""NudeNet 320n: bare and covered parts of bodies in a picture (Bedapudi, 2019; a YOLOv8n).

Red comes first: the package that carries the network turns the channels round twice, and so
shows it blue first; in that order it missed the face in a still that it finds in this one. Its
two classes of faces are guesses (it calls five of seven men women) and are never used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import Floats

#: In the order of the network's outputs.
LABELS = (
    *("female genitalia covered", "female face", "buttocks bare", "female breast bare"),
    *("female genitalia bare", "male breast bare", "anus bare", "feet bare", "belly covered"),
    *("feet covered", "armpits covered", "armpits bare", "male face", "belly bare"),
    *("male genitalia bare", "anus covered", "female breast covered", "buttocks covered"),
)
#: What is flagged; everything else is of no concern to an editor.
FLAGGED = (
    *("buttocks bare", "female breast bare", "female genitalia bare", "anus bare"),
    "male genitalia bare",
)
#: Side of the square it takes.
INPUT_PX = 320
_OVERLAP = 0.45


@dataclass(frozen=True)
class Parts:
    """Found parts of bodies, ordered by picture, the surest first.

    Attributes:
        pictures: int64 ``(n,)``, number of the picture in the batch.
        xyxy: float32 ``(n, 4)``, shares of the picture.
        scores: float32 ``(n,)``.
        label_ids: int64 ``(n,)``, index into :data:`LABELS`.
    """

    pictures: NDArray[np.int64]
    xyxy: Floats
    scores: Floats
    label_ids: NDArray[np.int64]


class UnsafeContent:
    """The loaded network.

    Args:
        net: squares to middles, sizes and class scores ``(n, 22, 2100)``.
    """

    def __init__(self, net: OpenvinoNet) -> None:
        self._net = net

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    def detect(self, pixels: NDArray[np.uint8], *, min_score: float = 0.25) -> Parts:
        """Find parts of bodies.

        Args:
            pixels: RGB ``(n, h, w, 3)``; each is brought to a square of 320 px, black below and
                on the right, as the package that carries the network does.
            min_score: 0 to 1.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        import cv2

        count, height, width = pixels.shape[:3]
        scale = INPUT_PX / max(height, width)
        wh = (max(round(width * scale), 1), max(round(height * scale), 1))
        squares = np.zeros((count, INPUT_PX, INPUT_PX, 3), np.uint8)
        for number, picture in enumerate(pixels):
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            squares[number, : wh[1], : wh[0]] = cv2.resize(picture, wh, interpolation=how)
        told = self._net(squares)[0]
        found = [self._one(told[number], min_score) for number in range(count)]
        shares = np.array([*wh, *wh], np.float32)
        return Parts(
            np.repeat(np.arange(count, dtype=np.int64), [len(rows[1]) for rows in found]),
            np.clip(np.concatenate([rows[0] for rows in found]) / shares, 0, 1),
            np.concatenate([rows[1] for rows in found]),
            np.concatenate([rows[2] for rows in found]),
        )

    def _one(self, told: Floats, min_score: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
        import cv2

        label_ids = told[4:].argmax(axis=0)
        scores = told[4:].max(axis=0)
        kept = np.flatnonzero(scores >= min_score)
        middle, size = told[:2, kept].T, told[2:4, kept].T
        xywh = np.concatenate([middle - size / 2, size], axis=1)
        best = cv2.dnn.NMSBoxesBatched(
            xywh.tolist(), scores[kept].tolist(), label_ids[kept].tolist(), min_score, _OVERLAP
        )
        rows = np.asarray(best, np.int64).reshape(-1)
        rows = rows[np.argsort(-scores[kept][rows], kind="stable")]
        xyxy = np.concatenate([xywh[rows, :2], xywh[rows, :2] + xywh[rows, 2:]], axis=1)
        return xyxy.astype(np.float32), scores[kept][rows], label_ids[kept][rows]

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def load(context: LoadContext) -> UnsafeContent:
    """For the pool."""
    return UnsafeContent(
        OpenvinoNet(
            context.weights["320n.onnx"],
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            batch=4,
            scale=(255.0,),
        )
    )


SPEC: ModelSpec[UnsafeContent] = ModelSpec(
    name="nudenet-320n",
    version="1",
    role="bare parts of bodies (safety flag)",
    licence="AGPL-3.0-only",
    source="nudenet 3.4.2",
    weights=(
        WeightFile(
            "320n.onnx",
            "nudenet",
            "nudenet/320n.onnx",
            "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f",
        ),
    ),
    resident_bytes=96 << 20,
    working_bytes=48 << 20,
    working_unit="4 pictures of 320x320",
    loader="studio.adapters.unsafe_content:load",
    requires=("openvino", "cv2"),
)

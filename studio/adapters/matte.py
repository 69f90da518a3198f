"""Selfie segmentation of MediaPipe: what of a picture is a person; refined along the picture's
own edges by a guided filter (He and others, 2010)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision, runtime, write_model
from studio.adapters.tflite_cut import cut_before
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.landmarks import Floats

_OPERATION = "Convolution2DTransposeBias"
#: Heights and widths of the two networks' pictures; the wide one where it is nearer.
_SQUARE_HW, _WIDE_HW = (256, 256), (144, 256)
_WIDE_FROM = 4 / 3 * 1.05
#: The guided filter works on a picture with this longer side.
_GUIDE_PX = 640
#: Of its longer side, the filter's reach; and how much a guide of 255 levels must vary to
#: count, squared.
_REACH, _EVEN = 0.006, 2e-4 * 255**2


class Matte:
    """The loaded networks.

    Args:
        square, wide: pictures to the share of person in each pixel.
    """

    def __init__(self, square: OpenvinoNet, wide: OpenvinoNet) -> None:
        self._square, self._wide = square, wide

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._square.precision

    def coarse(self, rgb: NDArray[np.uint8]) -> Floats:
        """What the network says: float32 ``(256, 256)``, of wide pictures ``(144, 256)``; 0 to 1.

        Args:
            rgb: uint8 ``(h, w, 3)``.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        import cv2

        wide = rgb.shape[1] >= _WIDE_FROM * rgb.shape[0]
        height, width = _WIDE_HW if wide else _SQUARE_HW
        how = cv2.INTER_AREA if rgb.shape[1] > width else cv2.INTER_LINEAR
        small = cv2.resize(rgb, (width, height), interpolation=how)
        share: Floats = (self._wide if wide else self._square)(small[None])[0][0, 0]
        return share

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._square.notes, *self._wide.notes)

    def close(self) -> None:
        """Let go of the networks."""
        self._square.close()
        self._wide.close()


def refined(rgb: NDArray[np.uint8], coarse: Floats) -> Floats:
    """A coarse matte brought to the picture's size along its edges.

    Args:
        rgb: uint8 ``(h, w, 3)``.
        coarse: float32 of any size, 0 to 1.

    Returns:
        float32 ``(h, w)``, 0 to 1.
    """
    import cv2

    height, width = rgb.shape[:2]
    times = -(-max(height, width) // _GUIDE_PX)
    wh = (max(2, round(width / times)), max(2, round(height / times)))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    guide = cv2.resize(grey, wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    # What the filter is made of changes slowly: it is found in a quarter of the pixels.
    few = (max(1, wh[0] // 2), max(1, wh[1] // 2))
    g = cv2.resize(guide, few, interpolation=cv2.INTER_AREA)
    how = cv2.INTER_AREA if coarse.shape[1] > few[0] else cv2.INTER_LINEAR
    s = cv2.resize(coarse, few, interpolation=how)
    side = 2 * max(1, round(_REACH * max(few))) + 1

    def mean(*values: Any) -> Any:
        return cv2.blur(cv2.merge(values), (side, side), borderType=cv2.BORDER_REPLICATE)

    mean_g, mean_s, both, square = cv2.split(mean(g, s, g * s, g * g))
    slope = (both - mean_g * mean_s) / (square - mean_g * mean_g + _EVEN)
    # What the filter leaves of a veil over the one side or the other is taken away.
    shift = 1.16 * (mean_s - slope * mean_g) - 0.08
    slopes, shifts = cv2.split(cv2.resize(mean(1.16 * slope, shift), wh))
    made = np.clip(slopes * guide + shifts, 0, 1)
    # An edge of the matte is wider than the two pixels that are lost here at 1280 wide.
    whole: Floats = made if times == 1 else cv2.resize(made, (width, height))
    return np.asarray(whole, np.float32)


def _converted(path: Path, target: Path) -> Path:
    """A network with its last layer, which OpenVINO does not know, built from ones it knows."""
    if target.is_file():
        return target
    cut = cut_before(path.read_bytes(), _OPERATION)
    kernel, bias = cut.constants  # (1, 2, 2, channels), (1,)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".cut.tflite")
    beside.write_bytes(cut.data)
    try:
        openvino = runtime()
        from openvino import opset13 as op

        model = openvino.Core().read_model(str(beside))
        layer = op.transpose(
            model.get_results()[0].input_value(0), op.constant(np.array([0, 3, 1, 2]))
        )
        weights = op.constant(np.ascontiguousarray(kernel.transpose(3, 0, 1, 2)))
        zero = [0, 0]
        made = op.convolution_backprop_data(
            layer, weights, strides=[2, 2], pads_begin=zero, pads_end=zero, dilations=[1, 1]
        )
        share = op.sigmoid(op.add(made, op.constant(bias.reshape(1, 1, 1, 1))))
        write_model(openvino.Model([share], model.get_parameters(), path.stem), target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def load(context: LoadContext) -> Matte:
    """For the pool."""

    def net(name: str) -> OpenvinoNet:
        path = context.weights[f"{name}.tflite"]
        return OpenvinoNet(
            _converted(path, context.cache_dir / f"{name}.xml"),
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            scale=(255.0,),
            layout="NHWC",
        )

    return Matte(net("selfie_segmentation"), net("selfie_segmentation_landscape"))


SPEC: ModelSpec[Matte] = ModelSpec(
    name="person-matte",
    version="1",
    role="what of a picture is a person",
    licence="Apache-2.0",
    source="mediapipe 0.10.21",
    weights=tuple(
        WeightFile(
            f"{name}.tflite", "mediapipe", f"mediapipe/modules/selfie_segmentation/{name}.tflite", d
        )
        for name, d in (
            (
                "selfie_segmentation",
                "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            ),
            (
                "selfie_segmentation_landscape",
                "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
            ),
        )
    ),
    resident_bytes=48 << 20,
    working_bytes=32 << 20,
    working_unit="picture",
    loader="studio.adapters.matte:load",
    requires=("openvino", "cv2"),
)

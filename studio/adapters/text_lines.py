"""PP-OCRv4: lines of text in a picture, found and read (Chinese, Latin letters, digits)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import OpenvinoNet, Precision, runtime
from studio.models.spec import LoadContext, ModelSpec, WeightFile

#: Means and deviations of ImageNet, for blue, green, red: PP-OCR reads pictures as OpenCV does.
_MEAN = (123.675, 116.28, 103.53)
_SCALE = (58.395, 57.12, 57.375)
_STEP_PX = 32
#: A point of the map counts from here; a line from its mean; both as PP-OCRv4 is published with.
_POINT_FROM, _LINE_FROM = 0.3, 0.5
#: A found kernel is let out by its area over its outline times this (Liao et al. 2020, DB).
_LET_OUT = 1.6
_LEAST_SIDE_PX = 4
_MOST_LINES = 200
#: Height of the strips that are read, and the widths they are filled up to.
_STRIP_PX = 48
_WIDTHS_PX = (96, 160, 320, 480, 640, 960, 1440)
#: What a strip is filled up with: nearest to nought after scaling.
_FILL = 128


@dataclass(frozen=True)
class TextLines:
    """Lines of text in one picture, from the top.

    Attributes:
        corners: float32 ``(n, 4, 2)`` in shares of the picture, clockwise from the line's own
            upper left.
        texts: what was read.
        scores: float32 ``(n,)``, mean probability of the letters, 0 to 1.
    """

    corners: NDArray[np.float32]
    texts: tuple[str, ...]
    scores: NDArray[np.float32]


class TextReader:
    """The loaded pair of networks.

    Args:
        finder: pictures to a map of text.
        reader: strips to letters.
        letters: of the reader's outputs, without the blank before them.
    """

    def __init__(self, finder: OpenvinoNet, reader: OpenvinoNet, letters: tuple[str, ...]) -> None:
        self._finder, self._reader, self._letters = finder, reader, letters

    @property
    def precision(self) -> Precision:
        """What it computes in."""
        return self._finder.precision

    def read(self, rgb: NDArray[np.uint8], *, max_side_px: int = 960) -> TextLines:
        """Find and read the lines of one picture.

        Args:
            rgb: uint8 ``(h, w, 3)``.
            max_side_px: longer side at which lines are looked for; they are read at full size.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        quads = self._find(bgr, max_side_px)
        if not len(quads):
            return TextLines(np.zeros((0, 4, 2), np.float32), (), np.zeros(0, np.float32))
        strips = [strip_of(bgr, quad) for quad in quads]
        told = [self._read(strip) for strip in strips]
        kept = [n for n, (text, _) in enumerate(told) if text.strip()]
        wh = np.array(rgb.shape[1::-1], np.float32)
        return TextLines(
            quads[kept] / wh,
            tuple(told[n][0].strip() for n in kept),
            np.array([told[n][1] for n in kept], np.float32),
        )

    def _find(self, bgr: NDArray[np.uint8], max_side_px: int) -> NDArray[np.float32]:
        import cv2

        height, width = bgr.shape[:2]
        scale = min(1.0, max_side_px / max(height, width))
        size = [
            max(_STEP_PX, round(side * scale / _STEP_PX) * _STEP_PX) for side in (width, height)
        ]
        small = cv2.resize(bgr, (size[0], size[1]), interpolation=cv2.INTER_AREA)
        (found,) = self._finder(small[None])
        quads = lines_of(found[0, 0])
        return quads * np.array([width / size[0], height / size[1]], np.float32)

    def _read(self, strip: NDArray[np.uint8]) -> tuple[str, float]:
        (chances,) = self._reader(strip[None])
        return spelt(chances[0], self._letters)

    @property
    def letters(self) -> tuple[str, ...]:
        """What it can read; other letters come out as the likest of these."""
        return self._letters

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return (*self._finder.notes, *self._reader.notes)

    def close(self) -> None:
        """Let go of both networks."""
        self._finder.close()
        self._reader.close()


def lines_of(chances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lines in a map of text: differentiable binarisation's boxes (Liao et al. 2020).

    Args:
        chances: float32 ``(h, w)``, 0 to 1.

    Returns:
        float32 ``(n, 4, 2)`` in the map's pixels, clockwise from the upper left, from the top.
    """
    import cv2

    mask = (chances > _POINT_FROM).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:_MOST_LINES]:
        centre, (wide, high), angle = cv2.minAreaRect(outline)
        if min(wide, high) < _LEAST_SIDE_PX - 1:
            continue
        left, top, across, down = cv2.boundingRect(outline)
        inside = np.zeros((down, across), np.uint8)
        cv2.drawContours(inside, [outline - (left, top)], 0, 1, cv2.FILLED)
        window = chances[top : top + down, left : left + across]
        if float(window[inside > 0].mean()) < _LINE_FROM:
            continue
        more = _LET_OUT * wide * high / max(2 * (wide + high), 1e-6)
        rect = (centre, (wide + 2 * more, high + 2 * more), angle)
        quads.append(_clockwise(cv2.boxPoints(rect)))
    if not quads:
        return np.zeros((0, 4, 2), np.float32)
    found = np.stack(quads).astype(np.float32)
    order = np.lexsort((found[:, 0, 0], np.round(found[:, :, 1].mean(axis=1) / 8)))
    return found[order]


def _clockwise(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners from the upper left of a line that is read from left to right, or downwards."""
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.stack([left[0], right[0], right[1], left[1]])


def strip_of(bgr: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The line at a quadrilateral, upright, 48 px high and filled up to a width of the reader's.

    A line that is half as tall again as it is wide is taken to run downwards and is turned.
    """
    import cv2

    across = float(np.linalg.norm([quad[0] - quad[1], quad[3] - quad[2]], axis=1).max())
    down = float(np.linalg.norm([quad[0] - quad[3], quad[1] - quad[2]], axis=1).max())
    corners = quad
    if down >= 1.5 * across:
        corners, across, down = np.roll(quad, -1, axis=0), down, across
    width = math.ceil(_STRIP_PX * across / max(down, 1e-6))
    width = min(max(width, 8), _WIDTHS_PX[-1])
    goal = np.array([[0, 0], [width, 0], [width, _STRIP_PX], [0, _STRIP_PX]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), goal)
    strip = cv2.warpPerspective(
        bgr, matrix, (width, _STRIP_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    full = np.full((_STRIP_PX, next(w for w in _WIDTHS_PX if w >= width), 3), _FILL, np.uint8)
    full[:, :width] = strip
    return full


def spelt(chances: NDArray[np.float32], letters: tuple[str, ...]) -> tuple[str, float]:
    """The likeliest letters: best path of CTC (Graves et al. 2006), blank is class 0.

    Args:
        chances: float32 ``(steps, 1 + len(letters))``.
        letters: of the classes behind the blank.

    Returns:
        The text, and the mean probability of its letters.
    """
    best = chances.argmax(axis=1)
    new = np.append(True, best[1:] != best[:-1]) & (best > 0)
    scores = chances[np.arange(len(best)), best][new]
    text = "".join(letters[n - 1] for n in best[new])
    return text, float(scores.mean()) if len(scores) else 0.0


def load(context: LoadContext) -> TextReader:
    """For the pool."""

    def net(name: str, mean: tuple[float, ...], scale: tuple[float, ...]) -> OpenvinoNet:
        return OpenvinoNet(
            context.weights[name],
            precision="f32",
            threads=context.threads,
            cache_dir=context.cache_dir,
            mean=mean,
            scale=scale,
        )

    reader = "ch_PP-OCRv4_rec_infer.onnx"
    return TextReader(
        net("ch_PP-OCRv4_det_infer.onnx", _MEAN, _SCALE),
        net(reader, (127.5,), (127.5,)),
        _letters(context.weights[reader]),
    )


def _letters(path: Path) -> tuple[str, ...]:
    """The reader's letters, which its file carries; a space is the last."""
    model = runtime().Core().read_model(str(path))
    text = model.get_rt_info(["framework", "character"]).astype(str)
    return (*text.split("\n"), " ")


SPEC: ModelSpec[TextReader] = ModelSpec(
    name="pp-ocr",
    version="4",
    role="text in pictures (Chinese, Latin letters, digits)",
    licence="Apache-2.0",
    source="rapidocr-onnxruntime 1.4.4",
    weights=(
        WeightFile(
            "ch_PP-OCRv4_det_infer.onnx",
            "rapidocr-onnxruntime",
            "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
            "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        ),
        WeightFile(
            "ch_PP-OCRv4_rec_infer.onnx",
            "rapidocr-onnxruntime",
            "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
            "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
        ),
    ),
    resident_bytes=96 << 20,
    working_bytes=220 << 20,
    working_unit="picture of 960x544",
    loader="studio.adapters.text_lines:load",
    requires=("openvino", "cv2"),
)

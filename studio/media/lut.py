"""Three-dimensional colour tables: .cube files (Adobe, "Cube LUT Specification" 1.0) and ours.

A table is applied by FFmpeg's ``lut3d`` filter with tetrahedral interpolation, in the depth of
the picture. Files are read here, with limits, and handed on in a plain form.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.filter
import numpy as np
from numpy.typing import NDArray

from studio.errors import InferenceFailed, RequestError

#: The most points a side: what FFmpeg takes; 33 and 65 are usual.
MOST_POINTS = 129
_MOST_BYTES = 200 * 2**20
_MOST_LINE = 1000
_KEYS = ("TITLE", "LUT_3D_SIZE", "LUT_1D_SIZE", "DOMAIN_MIN", "DOMAIN_MAX", "LUT_3D_INPUT_RANGE")

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Lut:
    """A colour table.

    Attributes:
        title: for people.
        table: float32 ``(n, n, n, 3)``, the colour for each grid point of blue, green and red
            (red moves fastest, as in a file), 0 to 1 for black to white.
        domain_min, domain_max: the colours at the first and the last grid point.
    """

    title: str
    table: NDArray[np.float32]
    domain_min: Triple = (0.0, 0.0, 0.0)
    domain_max: Triple = (1.0, 1.0, 1.0)

    @property
    def digest(self) -> str:
        """Names the table's content."""
        bounds = repr((self.domain_min, self.domain_max)).encode()
        return hashlib.sha256(self.table.tobytes() + bounds).hexdigest()[:24]

    @classmethod
    def from_function(
        cls, title: str, function: Callable[[NDArray[np.float64]], Any], points: int = 33
    ) -> Lut:
        """The table of a function of colours ``(..., 3)``, 0 to 1."""
        axis = np.linspace(0, 1, points)
        blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
        made = np.clip(function(np.stack([red, green, blue], axis=-1)), 0, 1)
        return cls(title, made.astype(np.float32))


def read_cube(path: Path) -> Lut:
    """Read a ``.cube`` file.

    Raises:
        RequestError: it cannot be read or breaks the format; the message names the line.
    """
    hint = "Export it again as a 3D .cube file."
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RequestError(f"{path.name} has more than {_MOST_BYTES >> 20} MiB.", hint)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise RequestError(
            f"The colour table {path} cannot be read: {exc.strerror}.", "Check the file's name."
        ) from exc
    except UnicodeDecodeError as exc:
        raise RequestError(f"{path.name} is no text, so no .cube file.", hint) from exc
    return _parsed(path, text, hint)


class _Cube:
    """What the lines of a file have said so far."""

    def __init__(self, name: str, title: str, hint: str) -> None:
        self._name, self._hint, self._title = name, hint, title
        self._points = 0
        self._low: Triple = (0.0, 0.0, 0.0)
        self._high: Triple = (1.0, 1.0, 1.0)
        self._colours: list[Triple] = []

    def line(self, line: str, where: str) -> None:
        """Take one line that is neither empty nor a remark."""
        word, _, rest = line.partition(" ")
        if not word[0].isalpha():
            if not self._points:
                raise RequestError(f"{where}: a colour before LUT_3D_SIZE.", self._hint)
            self._colours.append(_triple(line, where, self._hint))
            if len(self._colours) > self._points**3:
                raise RequestError(f"{where}: more than {self._points}³ colours.", self._hint)
        elif word == "LUT_3D_SIZE":
            self._points = _points(rest.strip(), where, self._hint)
        elif word == "LUT_1D_SIZE":
            raise RequestError(f"{where}: a 1D table; only 3D tables can be used.", self._hint)
        elif word == "TITLE":
            self._title = rest.strip().strip('"')[:200]
        elif word == "DOMAIN_MIN":
            self._low = _triple(rest, where, self._hint)
        elif word == "DOMAIN_MAX":
            self._high = _triple(rest, where, self._hint)
        elif word == "LUT_3D_INPUT_RANGE":  # an older way to give one domain to all channels
            low, high, _ = _triple(rest + " 0", where, self._hint)
            self._low, self._high = (low, low, low), (high, high, high)
        else:
            raise RequestError(
                f"{where}: {word[:30]!r} is no word of the .cube format.",
                "It knows " + ", ".join(_KEYS) + ".",
            )

    def lut(self) -> Lut:
        """The table, once every line was taken."""
        points, count = self._points, len(self._colours)
        if not points:
            raise RequestError(f"{self._name} has no LUT_3D_SIZE, so no 3D table.", self._hint)
        if count != points**3:
            raise RequestError(
                f"{self._name} holds {count} colours; {points}³ are {points**3}.",
                "The file is cut short; copy it again from its source.",
            )
        if not all(a < b for a, b in zip(self._low, self._high, strict=True)):
            raise RequestError(f"{self._name}: DOMAIN_MIN is not below DOMAIN_MAX.", self._hint)
        table = np.array(self._colours, np.float32).reshape(points, points, points, 3)
        return Lut(self._title, table, self._low, self._high)


def _parsed(path: Path, text: str, hint: str) -> Lut:
    cube = _Cube(path.name, path.stem, hint)
    for number, raw in enumerate(text.splitlines(), start=1):
        line, where = raw.replace("\t", " ").strip(), f"{path.name}, line {number}"
        if len(line) > _MOST_LINE:
            raise RequestError(f"{where} is too long.", hint)
        if line and not line.startswith("#"):
            cube.line(line, where)
    return cube.lut()


def _points(text: str, where: str, hint: str) -> int:
    points = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 2 <= points <= MOST_POINTS:
        raise RequestError(
            f"{where}: a table of {text[:20]!r} points a side; it should be 2 to {MOST_POINTS}.",
            hint,
        )
    return points


def _triple(text: str, where: str, hint: str) -> Triple:
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or not all(abs(n) <= 65504 for n in numbers):  # also no NaN
        raise RequestError(f"{where}: {text.strip()[:40]!r} should be three numbers.", hint)
    return numbers[0], numbers[1], numbers[2]


class LutPainter:
    """Applies a table to pictures of one size. For one thread.

    Args:
        lut: the table.
    """

    def __init__(self, lut: Lut) -> None:
        self._lut = lut
        self._graph: Any = None
        self._shape: tuple[tuple[int, ...], Any] | None = None

    def __call__(self, rgb: NDArray[Any]) -> NDArray[Any]:
        """A picture of the same kind: uint8 or uint16 ``(h, w, 3)``."""
        if self._shape != (rgb.shape, rgb.dtype):
            self._graph = self._built(rgb.shape[1], rgb.shape[0], _format(rgb))
            self._shape = (rgb.shape, rgb.dtype)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), _format(rgb))
        try:
            self._graph.push(frame)
            made: NDArray[Any] = self._graph.pull().to_ndarray(format=_format(rgb))
        except av.error.FFmpegError as exc:
            raise InferenceFailed(f"The colour table failed: {exc}", "Report it.") from exc
        return made

    def _built(self, width: int, height: int, form: str) -> Any:
        graph = av.filter.Graph()
        graph.threads = 1
        entry = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat(form), time_base=Fraction(1, 25)
        )
        # FFmpeg reads a table from a file only, and only while the filter is made.
        descriptor, name = tempfile.mkstemp(prefix="studio-", suffix=".cube")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(_cube_text(on_unit_domain(self._lut)))
            table = graph.add("lut3d", file=name, interp="tetrahedral")
            end = graph.add("buffersink")
            entry.link_to(table)
            table.link_to(end)
            graph.configure()
        finally:
            with suppress(OSError):
                Path(name).unlink()
        return graph


def _format(rgb: NDArray[Any]) -> str:
    return "rgb24" if rgb.dtype == np.uint8 else "rgb48le"


def on_unit_domain(lut: Lut) -> Lut:
    """The same table over 0 to 1, what lies outside its domain taking its nearest colour.

    FFmpeg ignores where a domain begins and shortens none (read in its 8.1 and tried).
    """
    bounds = (lut.domain_min, lut.domain_max)
    if bounds == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)):
        return lut
    from scipy.ndimage import map_coordinates

    points = len(lut.table)
    axis = np.linspace(0, 1, min(MOST_POINTS, max(65, points)))
    low, high = (np.array(b[::-1]) for b in bounds)  # blue, green, red, as the table's axes
    places = [(axis - low[i]) / (high[i] - low[i]) * (points - 1) for i in range(3)]
    grid = np.stack(np.meshgrid(*places, indexing="ij"))
    planes = [map_coordinates(lut.table[..., i], grid, order=1, mode="nearest") for i in range(3)]
    return Lut(lut.title, np.stack(planes, axis=-1).astype(np.float32))


def _cube_text(lut: Lut) -> str:
    rows = "\n".join(" ".join(f"{v:.7f}" for v in row) for row in lut.table.reshape(-1, 3).tolist())
    return f"LUT_3D_SIZE {len(lut.table)}\n{rows}\n"

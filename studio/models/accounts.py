"""What a model takes on this machine: declared first, then corrected by what was measured."""

from __future__ import annotations

import importlib.metadata
import json
import secrets
import statistics
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from studio.models.device import Device
from studio.models.spec import PLAIN, AnySpec, Form

#: Measurements kept of each; their median counts, so one disturbed load changes nothing.
_KEPT = 5
_ENOUGH = 3
#: On a device whose measurements are disturbed, how far they may correct what was declared.
_LEAST, _MOST = 0.5, 4.0


@dataclass(frozen=True)
class Needs:
    """What one model takes in one form on one device.

    Attributes:
        resident_bytes: while loaded.
        working_bytes: more for each unit of work at a time.
        load_s: seconds to load it; 0 where it was never measured.
        measured: whether any of it was.
    """

    resident_bytes: int
    working_bytes: int
    load_s: float
    measured: bool

    def total_bytes(self, units: float = 1.0) -> int:
        """Resident and working together."""
        return self.resident_bytes + round(self.working_bytes * units)


def declared(spec: AnySpec, form: Form = PLAIN) -> Needs:
    """Before anything was measured: half takes half, and of an offloaded model a quarter of the
    weights is on the device at a time."""
    share = 0.5 if form.half else 1.0
    resident = spec.resident_bytes * share * (0.25 if form.offload else 1.0)
    return Needs(round(resident), round(spec.working_bytes * share), 0.0, False)


@cache
def _versions(modules: tuple[str, ...]) -> str:
    found = []
    for name in modules:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue  # its distribution has another name: nothing to tell versions apart by
    return ", ".join(found)


class Accounts:
    """Measurements, kept in a file: by model, form, device and versions of its runtimes.

    Args:
        path: of the file; it may be deleted at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._rows: dict[str, dict[str, list[float]]] | None = None

    @staticmethod
    def _row(spec: AnySpec, form: Form, device: Device) -> str:
        return " | ".join((spec.key, str(form), device.name, _versions(spec.requires)))

    def _read(self) -> dict[str, dict[str, list[float]]]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return rows if isinstance(rows, dict) else {}

    def needs(self, spec: AnySpec, form: Form, device: Device, exact: bool) -> Needs:
        """What to reckon with.

        Args:
            spec, form, device: which model, how and where.
            exact: whether measurements there are a model's alone; others correct what was
                declared by half to four times.
        """
        with self._lock:
            if self._rows is None:
                self._rows = self._read()
            row = self._rows.get(self._row(spec, form, device), {})
        said = declared(spec, form)
        known = {what: statistics.median(values) for what, values in row.items() if values}
        if exact and row.get("resident_bytes"):
            known["resident_bytes"] = row["resident_bytes"][-1]
        if row.get("working_bytes"):  # it follows the input: the largest counts, and what was
            known["working_bytes"] = max(row["working_bytes"])  # declared until a few were seen
            if len(row["working_bytes"]) < _ENOUGH:
                known["working_bytes"] = max(known["working_bytes"], said.working_bytes)

        def corrected(what: str, value: int) -> int:
            if what not in known:
                return value
            if exact:
                return round(known[what])
            return round(min(max(known[what], value * _LEAST), value * _MOST))

        return Needs(
            corrected("resident_bytes", said.resident_bytes),
            corrected("working_bytes", said.working_bytes),
            known.get("load_s", 0.0),
            bool(known),
        )

    def note(self, spec: AnySpec, form: Form, device: Device, **measured: float) -> None:
        """Keep measurements: ``resident_bytes``, ``working_bytes`` of one unit, ``load_s``."""
        name = self._row(spec, form, device)
        with self._lock:
            rows = self._read()  # another process may have written since
            row = rows.setdefault(name, {})
            for what, value in measured.items():
                row[what] = [*row.get(what, []), value][-_KEPT:]
            self._rows = rows
            write_json(self._path, rows)


def write_json(path: Path, data: Any) -> None:
    """Write a small file whole or not at all, without waiting for the disk.

    For what only saves work or tells how things stand: a full or read-only disk stops nothing.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(data), encoding="utf-8")
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)

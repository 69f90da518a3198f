"""Analyses kept on disk under what made them, so that footage is understood once.

A part lies in ``<root>/<content hash>/<part>-<key>.npz``: its arrays, and under ``json`` the
rest of the value. The key is a digest of model versions and options, so another model or
option is another file and nothing is ever wrong, only absent.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from studio.codec import from_json, to_json
from studio.errors import RequestError
from studio.media.writer import write_beside

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """One part of an analysis and how it came about.

    Attributes:
        value: the part itself.
        seconds: it took to make.
        seen_share: how much of the stream was decoded for it, 0 to 1.
        notes: what a user should know.
    """

    value: T
    seconds: float = 0.0
    seen_share: float = 1.0
    notes: tuple[str, ...] = ()


class AnalysisStore:
    """A folder of stored parts.

    Args:
        root: made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, content_hash: str, part: str, made_by: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()
        return self.root / content_hash[:40] / f"{part}-{digest[:16]}.npz"

    def beside(self, content_hash: str, part: str, made_by: dict[str, Any], ending: str) -> Path:
        """Where a part that is being made may keep what it has so far, under the same key."""
        return self._path(content_hash, part, made_by).with_suffix(ending)

    def get(
        self, cls: type[T], content_hash: str, part: str, made_by: dict[str, Any]
    ) -> Part[T] | None:
        """A stored part, or None. A file that cannot be read counts as absent.

        Args:
            cls: what the part's value is.
            content_hash: of the media file.
            part: ``shots``.
            made_by: model versions and options, as plain values.
        """
        path = self._path(content_hash, part, made_by)
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files if name != "json"}
                data = json.loads(stored["json"].tobytes())
            value = from_json(cls, data["value"], arrays)
            return Part(value, data["seconds"], data["seen_share"], tuple(data["notes"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, RequestError):
            return None

    def put(self, made: Part[Any], content_hash: str, part: str, made_by: dict[str, Any]) -> None:
        """Store a part; written beside, then renamed."""
        path = self._path(content_hash, part, made_by)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        text = json.dumps(to_json(made, arrays), separators=(",", ":"))
        arrays["json"] = np.frombuffer(text.encode(), np.uint8)
        with write_beside(path) as beside, beside.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

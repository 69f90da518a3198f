"""What was heard so far, on disk while a transcription runs, so that one that is killed goes on
where it was."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.codec import from_json, to_json
from studio.errors import EncodeFailed, RequestError
from studio.types.transcript import DroppedText, Word


@dataclass(frozen=True)
class HeardBatch:
    """Windows that were heard together, and all that is to be known to hear the next ones.

    Attributes:
        first: number of the first window.
        count: how many windows.
        pieces: the first window's pieces in seconds, by which a plan of other windows is told.
        sentences: what was written down; each word says its language.
        dropped: what was not believed.
        seconds: of voice in each language, over all windows so far.
        evidence: for each language, over all windows so far.
    """

    first: int
    count: int
    pieces: tuple[tuple[float, float], ...]
    sentences: tuple[tuple[Word, ...], ...]
    dropped: tuple[DroppedText, ...]
    seconds: dict[str, float]
    evidence: dict[str, float]


class HearingJournal:
    """A file of lines, each written at once as it is known.

    A line that was cut short by a crash counts as absent. Two runs of the same footage may
    write to one journal: they write the same.

    Args:
        path: of the file; it and its folder are made when first written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def voice(self) -> NDArray[np.float32] | None:
        """The probabilities of voice of the whole sound, if they were finished."""
        for line in self._lines():
            if isinstance(line.get("voice"), str):
                return np.frombuffer(base64.b64decode(line["voice"]), np.float32)
        return None

    def write_voice(self, probabilities: NDArray[np.float32]) -> None:
        """Keep the probabilities of voice: 170 bytes a second of sound."""
        packed = base64.b64encode(probabilities.astype(np.float32).tobytes())
        self._write({"voice": packed.decode()})

    def batches(self) -> Iterator[HeardBatch]:
        """What was heard, in order and without gaps."""
        due = 0
        for line in self._lines():
            if "first" not in line:
                continue
            try:
                batch = from_json(HeardBatch, line)
            except RequestError:
                continue
            if batch.first == due and batch.count > 0:
                due += batch.count
                yield batch

    def write(self, batch: HeardBatch) -> None:
        """Keep one more batch."""
        self._write(to_json(batch))

    def discard(self) -> None:
        """Delete it: the result is stored, or is not to be had from what was heard before."""
        self._path.unlink(missing_ok=True)

    def _lines(self) -> Iterator[dict[str, Any]]:
        with suppress(OSError), self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(ValueError):
                    data = json.loads(line)
                    if isinstance(data, dict):
                        yield data

    def _write(self, data: object) -> None:
        """One line by one call, on the disk before it returns."""
        # A line break first: what a crash left of the line before must not swallow this one.
        line = f"\n{json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n".encode()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise EncodeFailed(
                f"Cannot write {self._path}: {exc.strerror or exc}.",
                "Check that the cache folder may be written to and has room.",
            ) from exc

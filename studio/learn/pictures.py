"""Folders of pictures as one array on disk, and batches of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError, StudioError
from studio.media.writer import write_beside
from studio.settings import Settings

if TYPE_CHECKING:
    import torch

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one size.

    Attributes:
        pixels: uint8 ``(n, h, w, 3)`` RGB, in memory or on disk.
        digest: of all of them.
        notes: files that were left out, and why.
    """

    pixels: NDArray[np.uint8]
    digest: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    def rows(self, step: int, size: int, seed: int) -> NDArray[np.int64]:
        """The pictures of a step: each epoch goes through all in an order of its own, which
        follows from the seed and the epoch alone."""
        count = len(self.pixels)
        size = min(size, count)
        a_round = count // size
        epoch, place = divmod(step, a_round)
        order = np.random.default_rng((seed, epoch)).permutation(count)
        return np.sort(order[place * size : (place + 1) * size])

    def batch(self, step: int, size: int, seed: int) -> torch.Tensor:
        """The pictures of a step: uint8 ``(size, h, w, 3)``."""
        import torch

        return torch.from_numpy(np.ascontiguousarray(self.pixels[self.rows(step, size, seed)]))


def from_array(pixels: NDArray[np.uint8]) -> PictureSet:
    """Pictures that are in memory."""
    return PictureSet(pixels, hashlib.sha256(pixels.tobytes()).hexdigest())


def files_in(folder: Path) -> list[Path]:
    """The pictures in a folder and below, in the order of their names.

    Raises:
        RequestError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise RequestError(f"{folder} is no folder.", "Give a folder of pictures.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    found = [p for p in found if not p.name.startswith(".")]
    if not found:
        raise RequestError(f"{folder} holds no pictures.", "Give PNG, JPEG or WebP files.")
    return found


def read_square(path: Path, side_px: int, settings: Settings | None = None) -> NDArray[np.uint8]:
    """The middle square of a picture: uint8 ``(side_px, side_px, 3)``.

    Raises:
        MediaError: it cannot be read.
    """
    from studio.media.still import read_still

    return square(read_still(path, settings), side_px)


def square(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """The middle square of a picture, scaled: uint8 ``(side_px, side_px, 3)``."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return scaled(picture[top : top + side, left : left + side], (side_px, side_px))


def scaled(picture: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture in another size."""
    import cv2

    how = cv2.INTER_AREA if picture.shape[1] > size_wh[0] else cv2.INTER_CUBIC
    made: NDArray[np.uint8] = cv2.resize(np.ascontiguousarray(picture), size_wh, interpolation=how)
    return made


def gather(
    sources: Sequence[Any],
    read: Callable[[Any], NDArray[np.uint8]],
    keep: Path,
    digest: str,
    on_progress: Callable[[float], None] | None = None,
) -> PictureSet:
    """Pictures on disk as one array, made once: it is mapped, so memory does not grow with it.

    Args:
        sources: what to read, in order.
        read: gives the picture of one, all of one shape. Where it raises a :class:`StudioError`
            that one is left out, and a note says so.
        keep: ``….npy``, with a ``….json`` beside it.
        digest: of all that decides the pixels.
        on_progress: called with the share done; what it raises ends the work.

    Raises:
        RequestError: not one could be read.
        EncodeFailed: the array cannot be written.
    """
    facts = keep.with_suffix(".json")
    try:
        said = json.loads(facts.read_text(encoding="utf-8"))
        if said["digest"] == digest:
            return _mapped(keep, said)
    except (OSError, ValueError, KeyError):
        pass
    facts.unlink(missing_ok=True)
    notes: list[str] = []
    taken = 0
    with write_beside(keep) as beside:
        array: Any = None
        for place, source in enumerate(sources):
            try:
                picture = read(source)
            except StudioError as exc:
                notes.append(exc.message)
                continue
            if array is None:
                shape = (len(sources) - place, *picture.shape)
                array = np.lib.format.open_memmap(beside, "w+", np.uint8, shape)
            array[taken] = picture
            taken += 1
            if on_progress is not None:
                on_progress((place + 1) / len(sources))
        if array is None:
            raise RequestError("No picture could be read.", notes[0] if notes else "")
        array.flush()
    said = {"digest": digest, "taken": taken, "notes": notes}
    with write_beside(facts) as beside:
        beside.write_text(json.dumps(said), encoding="utf-8")
    return _mapped(keep, said)


def _mapped(keep: Path, said: dict[str, Any]) -> PictureSet:
    pixels = np.load(keep, mmap_mode="r")[: said["taken"]]
    return PictureSet(pixels, said["digest"], tuple(said["notes"]))


def digest_of(files: Sequence[Path], *more: Any) -> str:
    """Of the files' content, and of what else decides the pixels; hexadecimal."""
    found = hashlib.sha256(repr(more).encode())
    for path in files:
        try:
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as exc:
            raise RequestError(f"{path} cannot be read: {exc.strerror}.") from exc
    return found.hexdigest()


def grid(pictures: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Pictures ``(n, h, w, 3)`` row by row on one sheet, what is left over white."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height, width, 3), 255, np.uint8)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, height, width, 3)
    return np.ascontiguousarray(
        sheet.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)
    )

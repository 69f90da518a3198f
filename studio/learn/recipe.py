"""What a training needs: pictures, networks, memory, and a sheet that shows what it learnt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.learn import pictures
from studio.learn.pictures import PictureSet
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.learn.loop import Method

Progress = Callable[[float], None]
#: Pictures that a sheet shows.
SHOWN = 8


@dataclass(frozen=True)
class Shape:
    """The sizes of a training.

    Attributes:
        size_px: side of the square pictures, a power of two.
        width: of the networks.
        latent: numbers a picture is drawn from or told by.
        blocks: residual blocks of cyclegan.
        batch: pictures a step.
        seed: of all chance.
        folder: for what it needs to go on.
    """

    size_px: int
    width: int
    latent: int
    blocks: int
    batch: int
    seed: int
    folder: Path


class Recipe(ABC):
    """A training of one kind.

    Args:
        shape: its sizes.
    """

    #: Kind of network in the file.
    kind: str
    #: Each network that is worth a file, and what its name ends in.
    files: dict[str, str]

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    @property
    @abstractmethod
    def built_with(self) -> dict[str, Any]:
        """Arguments of the network's class."""

    @property
    def what(self) -> str:
        """Everything but the pictures that decides the result."""
        own = {name: value for name, value in asdict(self.shape).items() if name != "folder"}
        return f"{self.kind} {own} {self.built_with}"

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """The pictures.

        Args:
            sources: folders.
            settings: limits on files.
            progress: called with the share done.
            most: files to take of each folder; 0 for all.
        """
        side = self.shape.size_px
        (folder,) = sources
        files = shuffled(pictures.files_in(folder))
        return [
            self._kept(
                files[:most] if most else files,
                lambda path: pictures.read_square(path, side, settings),
                "pictures",
                progress,
                side,
            )
        ]

    def _kept(
        self,
        files: Sequence[Any],
        read: Callable[[Any], NDArray[np.uint8]],
        name: str,
        progress: Progress,
        *decides: Any,
    ) -> PictureSet:
        flat = [
            path for entry in files for path in (entry if isinstance(entry, tuple) else [entry])
        ]
        digest = pictures.digest_of(flat, *decides)
        keep = self.shape.folder / f"{name}-{digest[:8]}.npy"
        return pictures.gather(files, read, keep, digest, progress)

    @abstractmethod
    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """The method, with fresh networks."""

    @abstractmethod
    def need_bytes(self) -> int:
        """What it takes at its peak."""

    @abstractmethod
    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """What it learnt, to look at."""

    def measured(self, method: Any, sets: Sequence[PictureSet]) -> dict[str, Any]:
        """What is worth a line on its card beside the losses."""
        return {}


def shuffled(files: Sequence[Path]) -> list[Path]:
    """In an order that means nothing, and is always the same: any tenth of it is a fair one."""
    order = np.random.default_rng(0).permutation(len(files))
    return [files[place] for place in order]

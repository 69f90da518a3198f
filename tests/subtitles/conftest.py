"""A translator that is small enough for tests and goes the whole way of a fetched one."""

import hashlib
import shutil
from dataclasses import replace

import pytest

from studio.adapters import translation
from studio.models import hub
from studio.models.spec import HubFile, HubRevision
from studio.settings import Settings
from tests import tiny_checkpoints

_COMMIT = "c" * 40


@pytest.fixture(scope="session")
def tiny_translator(tmp_path_factory):
    """A hub cache with a tiny M2M100 that knows four phrases, and the spec that finds it."""
    folder = tmp_path_factory.mktemp("translator")
    made = tiny_checkpoints.translator(folder / "made")
    files = tuple(
        HubFile(p.name, hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_size)
        for p in sorted(made.iterdir())
    )
    pinned = HubRevision("studio-tests/tiny-m2m100", _COMMIT, files)
    snapshot = folder / "hub" / "models--studio-tests--tiny-m2m100" / "snapshots" / _COMMIT
    shutil.copytree(made, snapshot)
    return folder / "hub", replace(translation.SPEC, hub=pinned, resident_bytes=8 << 20)


@pytest.fixture
def fetched(tiny_translator, monkeypatch, studio_cache):
    """Settings under which the tiny translator is the one that was fetched."""
    cache, spec = tiny_translator
    settings = Settings(cache_dir=studio_cache, threads=2)
    monkeypatch.setattr(hub, "cache_folder", lambda: cache)
    monkeypatch.setattr(translation, "SPEC", spec)
    pins = hub.Pins(spec.hub.revision, {f.path: f.sha256 for f in spec.hub.files})
    hub.write_pins(spec.hub, pins, settings.cache_dir)
    return settings

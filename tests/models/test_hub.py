"""Fetching weights, from a hub that runs here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.errors import Cancelled, FetchFailed, RequestError, WeightsCorrupt, WeightsMissing
from studio.models import fetch, hub
from studio.models.spec import HubFile, HubRevision, ModelSpec
from tests.models.hub_server import Hub, serving

ROOT = Path(__file__).resolve().parents[2]
REPO = "someone/some-model"
COMMIT, NEWER = "a" * 40, "b" * 40
WEIGHTS = "unet/model.safetensors"
SIZE = 3 << 20


def _safetensors(path: Path, seed: int) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).standard_normal(SIZE // 4, np.float32)
    save_file({"weight": values}, path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two commits of a repository; they share the configuration."""
    found = {}
    for seed, commit in enumerate((COMMIT, NEWER)):
        folder = tmp_path_factory.mktemp(f"commit{seed}")
        _safetensors(folder / WEIGHTS, seed)
        (folder / "config.json").write_text('{"layers": 2}')
        (folder / "model.bin").write_bytes(b"\x80\x04 a pickle" * 1000)
        found[commit] = folder
    return found


@pytest.fixture
def server(published: dict[str, Path]) -> Iterator[Hub]:
    with serving({REPO: dict(published)}) as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, server: Hub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The studio's cache; the hub's client, which reads the environment when it is imported, is
    pointed to the server and to a cache of its own."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return tmp_path / "studio"


def model(*files: HubFile, revision: str = COMMIT) -> ModelSpec:
    files = files or (HubFile("config.json"), HubFile(WEIGHTS))
    return ModelSpec(
        name="some-model",
        version="1",
        role="test",
        licence="MIT",
        source="here",
        weights=(),
        resident_bytes=SIZE,
        working_bytes=0,
        working_unit="call",
        loader="nowhere:load",
        hub=HubRevision(REPO, revision, files),
    )


def quiet(_share: float, _message: str) -> None:
    pass


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parts(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "hub").rglob(f"*{hub.PART_SUFFIX}"))


def test_what_is_fetched_is_what_was_published(cache, server, published):
    spec, said = model(), []
    with pytest.raises(WeightsMissing) as missing:
        hub.locate(spec, cache)
    assert missing.value.command == "studio models fetch some-model"
    assert not server.log, "nothing is asked of the network unasked"
    done = fetch.fetch(spec, cache, lambda share, message: said.append((share, message)))
    assert done.revision == COMMIT
    assert done.received_bytes == done.total_bytes > SIZE
    for name in ("config.json", WEIGHTS):
        assert (done.folder / name).read_bytes() == (published[COMMIT] / name).read_bytes()
    assert sorted(p.name for p in done.folder.rglob("*") if p.is_file()) == [
        "config.json",
        "model.safetensors",
    ]
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) >= 3
    assert hub.locate(spec, cache) == done.folder
    assert [wrong for *_, wrong in hub.verify(spec, cache)] == [None, None]


def test_the_token_is_for_the_hub_and_not_for_its_store(cache, server):
    fetch.fetch(model(), cache, quiet)
    asked = [r for r in server.log if "/resolve" in r.path]
    stored = [r for r in server.log if r.path.startswith("store/")]
    assert {r.token for r in asked} == {"Bearer hf_secret"}
    assert stored and {r.token for r in stored} == {""}


def test_the_hubs_own_client_finds_it_too(cache):
    from huggingface_hub import hf_hub_download

    fetch.fetch(model(), cache, quiet)
    found = hf_hub_download(REPO, WEIGHTS, revision=COMMIT, local_files_only=True)
    assert Path(found).stat().st_size > SIZE


def test_a_second_fetch_asks_nothing(cache, server):
    fetch.fetch(model(), cache, quiet)
    server.log.clear()
    done = fetch.fetch(model(), cache, quiet)
    assert done.received_bytes == 0 and not server.log


def test_a_cut_connection_is_taken_up_within_one_fetch(cache, server):
    server.cut_at = [1 << 20]
    said = []
    done = fetch.fetch(model(), cache, lambda _share, message: said.append(message))
    assert sum("trying again" in message for message in said) == 1
    sent = server.gets(WEIGHTS)
    assert [r.start for r in sent] == [0, 1 << 20]
    assert sum(r.sent for r in sent) + sum(r.sent for r in server.gets("config.json")) == (
        done.total_bytes
    )


def test_a_stopped_fetch_goes_on_where_it_stopped(cache, server, tmp_path, published):
    """The client of the hub throws away what it has when it fails; only the rest is sent again."""
    server.cut_at = [2 << 20]

    def fail_after_the_cut(share: float, _message: str) -> None:
        if not server.cut_at:
            server.down = True

    with pytest.raises(FetchFailed, match="503") as failed:
        fetch.fetch(model(), cache, fail_after_the_cut)
    assert "goes on from there" in failed.value.hint
    (part,) = parts(tmp_path)
    have = part.stat().st_size
    assert have == 2 << 20
    with pytest.raises(WeightsMissing):
        hub.locate(model(), cache)

    server.down = False
    server.log.clear()
    done = fetch.fetch(model(), cache, quiet)
    whole = (published[COMMIT] / WEIGHTS).stat().st_size
    assert [(r.start, r.sent) for r in server.gets(WEIGHTS)] == [(have, whole - have)]
    assert done.received_bytes == whole - have
    assert not parts(tmp_path)
    assert digest(done.folder / WEIGHTS) == digest(published[COMMIT] / WEIGHTS)


def test_where_no_part_is_to_be_had_all_is_sent_again(cache, server, published):
    server.cut_at = [2 << 20]
    server.whole = True
    done = fetch.fetch(model(), cache, quiet)
    assert len(server.gets(WEIGHTS)) == 2
    assert digest(done.folder / WEIGHTS) == digest(published[COMMIT] / WEIGHTS)


def test_cancelling_keeps_what_was_received(cache, server, tmp_path):
    server.cut_at = [1 << 20]  # so that there is a step in the middle

    def stop(share: float, _message: str) -> None:
        if 0.1 < share < 1:
            raise Cancelled()

    with pytest.raises(Cancelled):
        fetch.fetch(model(), cache, stop)
    assert parts(tmp_path)
    assert fetch.fetch(model(), cache, quiet).total_bytes > SIZE


@pytest.mark.parametrize("path", ["config.json", WEIGHTS])
def test_a_file_damaged_on_the_way_is_refused_and_not_kept(cache, server, tmp_path, path):
    server.corrupt = {path}
    with pytest.raises(WeightsCorrupt, match="arrived damaged"):
        fetch.fetch(model(), cache, quiet)
    assert not parts(tmp_path)
    server.corrupt = set()
    assert fetch.fetch(model(), cache, quiet).total_bytes > SIZE


def test_a_file_that_is_not_the_pinned_one_is_not_even_received(cache, server, published):
    good = digest(published[COMMIT] / WEIGHTS)
    server.corrupt = server.disguise = {WEIGHTS}
    with pytest.raises(WeightsCorrupt, match="not the pinned one"):
        fetch.fetch(model(HubFile(WEIGHTS, good)), cache, quiet)
    assert not server.gets()


def test_a_small_file_that_is_not_the_pinned_one_is_refused(cache, server, published):
    good = digest(published[COMMIT] / "config.json")
    server.corrupt = server.disguise = {"config.json"}
    with pytest.raises(WeightsCorrupt, match="pinned is"):
        fetch.fetch(model(HubFile("config.json", good)), cache, quiet)


def test_files_that_can_run_code_need_a_pinned_hash(cache, server, published):
    for name in ("model.bin", "model.pt", "pytorch_model.pkl", "modeling.py", "weights"):
        with pytest.raises(WeightsCorrupt, match="can run code"):
            fetch.fetch(model(HubFile(name)), cache, quiet)
    assert not server.log
    pinned = HubFile("model.bin", digest(published[COMMIT] / "model.bin"))
    assert (fetch.fetch(model(pinned), cache, quiet).folder / "model.bin").is_file()


@pytest.mark.parametrize(
    "path", ["../x.json", "a/../../x.json", "/x.json", "a\\x.json", "c:x.json"]
)
def test_nothing_is_written_elsewhere(cache, server, path):
    with pytest.raises(WeightsCorrupt, match="no path inside"):
        fetch.fetch(model(HubFile(path)), cache, quiet)
    assert not server.log


def test_a_pickle_called_safetensors_is_refused(cache, server, published, tmp_path):
    false = tmp_path / "false"
    false.mkdir()
    shutil.copy(published[COMMIT] / "model.bin", false / "model.safetensors")
    server.repos[REPO] = {COMMIT: false}
    with pytest.raises(WeightsCorrupt, match="not a safetensors file"):
        fetch.fetch(model(HubFile("model.safetensors")), cache, quiet)


def test_without_a_pinned_commit_the_first_fetch_pins_it(cache, server):
    spec = model(revision="")
    assert fetch.fetch(spec, cache, quiet).revision == COMMIT
    server.repos[REPO] = {NEWER: server.repos[REPO][NEWER], **server.repos[REPO]}
    assert fetch.fetch(spec, cache, quiet).revision == COMMIT, "the hub moved on, we did not"
    hub.remove(spec, cache)
    assert fetch.fetch(spec, cache, quiet).revision == NEWER


def test_a_file_changed_after_the_first_fetch_is_refused(cache):
    spec = model()
    folder = fetch.fetch(spec, cache, quiet).folder
    blob = (folder / WEIGHTS).resolve()
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    with pytest.raises(WeightsCorrupt, match="pinned is") as caught:
        hub.locate(spec, cache)
    assert "studio models remove some-model" in caught.value.hint
    wrong = {name: error for name, _, error in hub.verify(spec, cache)}
    assert wrong["config.json"] is None and isinstance(wrong[WEIGHTS], WeightsCorrupt)
    with pytest.raises(WeightsCorrupt):
        fetch.fetch(spec, cache, quiet)


def test_what_another_program_put_there_is_verified_first(cache, server, published):
    """Fetched by the hub's own client: used without a second transfer, unless it is damaged."""
    from huggingface_hub import hf_hub_download

    for name in ("config.json", WEIGHTS):
        there = Path(hf_hub_download(REPO, name, revision=COMMIT))
    with pytest.raises(WeightsMissing):
        hub.locate(model(), cache)
    server.log.clear()
    assert fetch.fetch(model(), cache, quiet).received_bytes == 0 and not server.log
    (cache / "pins").rename(cache / "lost")
    data = bytearray(there.read_bytes())
    data[-1] ^= 1
    there.resolve().write_bytes(data)
    with pytest.raises(WeightsCorrupt):
        fetch.fetch(model(), cache, quiet)


def test_remove_frees_what_no_other_commit_needs(cache, tmp_path):
    one, other = model(), replace(model(revision=NEWER), name="other", version="2")
    fetch.fetch(one, cache, quiet)
    kept = fetch.fetch(other, cache, quiet).folder
    freed = hub.remove(one, cache)
    assert SIZE < freed < SIZE + 4096
    with pytest.raises(WeightsMissing):
        hub.locate(one, cache)
    assert hub.locate(other, cache) == kept
    assert (kept / "config.json").read_text() == '{"layers": 2}'
    assert hub.remove(one, cache) == 0


def test_remove_drops_half_fetched_files_too(cache, server, tmp_path):
    server.cut_at = [1 << 20, 1 << 19]
    server_down = []

    def stop(_share: float, _message: str) -> None:
        if len(server.cut_at) < 2 and not server_down:
            server_down.append(True)
            server.down = True

    with pytest.raises(FetchFailed):
        fetch.fetch(model(), cache, stop)
    assert hub.remove(model(), cache) >= 1 << 20
    assert not parts(tmp_path)


def test_what_cannot_be_had_is_said_plainly(cache, server, monkeypatch):
    from huggingface_hub import constants

    spec = model()
    hubs = spec.hub
    with pytest.raises(FetchFailed, match="no such repository"):
        fetch.fetch(replace(spec, hub=replace(hubs, repo="someone/else")), cache, quiet)
    with pytest.raises(FetchFailed, match="no such repository or commit"):
        fetch.fetch(replace(spec, hub=replace(hubs, revision="c" * 40)), cache, quiet)
    with pytest.raises(FetchFailed, match=r"has no nothing\.json"):
        fetch.fetch(model(HubFile("nothing.json")), cache, quiet)
    with pytest.raises(RequestError, match="comes in packages"):
        fetch.fetch(replace(spec, hub=None), cache, quiet)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(9, 9, 1 << 20))
    with pytest.raises(FetchFailed, match="1 MiB free"):
        fetch.fetch(spec, cache, quiet)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FetchFailed, match="offline switch"):
        fetch.fetch(spec, cache, quiet)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_disk_that_is_full_in_the_middle_is_said(cache, server, published, tmp_path):
    blobs = tmp_path / "hub" / "models--someone--some-model" / "blobs"
    blobs.mkdir(parents=True)
    part = blobs / (digest(published[COMMIT] / WEIGHTS) + hub.PART_SUFFIX)
    part.symlink_to("/dev/full")
    with pytest.raises(FetchFailed, match="is full") as caught:
        fetch.fetch(model(HubFile(WEIGHTS)), cache, quiet)
    assert "run the command again" in caught.value.hint


def test_two_fetches_of_one_model_do_not_write_over_each_other(cache, server):
    said = []

    def second(_share: float, _message: str) -> None:
        if not said:
            said.append(True)
            with pytest.raises(FetchFailed, match="another process"):
                fetch.fetch(model(), cache, quiet)

    fetch.fetch(model(), cache, second)
    assert said


# The command, in a process of its own, on a model of the catalogue whose files are tiny here.

DIFFUSION = "stable-diffusion-v1-5/stable-diffusion-v1-5"


@pytest.fixture(scope="module")
def diffusion_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    from studio.adapters import diffusion
    from tests import tiny_checkpoints

    folder = tiny_checkpoints.diffusion(tmp_path_factory.mktemp("tiny") / "diffusion")
    commit = diffusion.SPEC_FULL.hub.revision
    with serving({DIFFUSION: {commit: folder}}) as running:
        yield running


def _environment(server: Hub, folder: Path, **more: str) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "STUDIO_CACHE_DIR": str(folder / "studio"),
        "HF_HOME": str(folder / "hf"),
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": "",
        **more,
    }


def _studio(server: Hub, folder: Path, *arguments: str, **more: str):
    return subprocess.run(
        [sys.executable, "-m", "ui", "models", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=_environment(server, folder, **more),
        timeout=120,
        check=False,
    )


def test_the_command_fetches_lists_verifies_and_removes(diffusion_hub, tmp_path):
    from studio.adapters import diffusion

    name = "stable-diffusion-1.5"
    said = _studio(diffusion_hub, tmp_path, "fetch", name, "--json", HF_HUB_OFFLINE="1")
    assert said.returncode == 2 and "offline switch" in json.loads(said.stdout)["error"]["message"]

    said = _studio(diffusion_hub, tmp_path, "fetch", name, "--json")
    assert said.returncode == 0, said.stderr
    done = json.loads(said.stdout)
    assert done["received_bytes"] == done["total_bytes"] > 3_000_000
    assert (Path(done["folder"]) / "unet" / "diffusion_pytorch_model.safetensors").is_file()

    where = json.loads(_studio(diffusion_hub, tmp_path, "where", name, "--json").stdout)["models"]
    assert len(where) == 12
    assert all(str(tmp_path / "hf" / "hub") in row["path"] for row in where)
    listed = json.loads(_studio(diffusion_hub, tmp_path, "list", "--json").stdout)["models"]
    states = {row["name"]: row["state"] for row in listed}
    assert states[name] == "ok" and "not fetched" in states["sd-turbo"]

    assert _studio(diffusion_hub, tmp_path, "verify", name).returncode == 0
    blob = Path(where[0]["path"]).resolve()
    blob.write_bytes(blob.read_bytes() + b" ")
    said = _studio(diffusion_hub, tmp_path, "verify", name)
    assert said.returncode == 2 and "pinned is" in said.stdout

    # Nothing else was asked of the hub: no telemetry, no other files.
    assert all("stable-diffusion-v1-5/stable-diffusion-v1-5" in r.path for r in diffusion_hub.log)
    commit = diffusion.SPEC_FULL.hub.revision
    assert all(f"/{commit}/" in r.path for r in diffusion_hub.log)

    freed = json.loads(_studio(diffusion_hub, tmp_path, "remove", name, "--json").stdout)
    assert freed["freed_bytes"] >= done["total_bytes"]
    said = _studio(diffusion_hub, tmp_path, "verify", name)
    assert said.returncode == 2 and "not fetched" in said.stdout


def test_the_command_refuses_what_is_not_the_pinned_model(tmp_path, diffusion_hub):
    """The catalogue pins this one by hash; here the hub has something else under its name."""
    from studio.adapters import siglip

    revision = siglip.SPEC.hub.revision
    folder = tmp_path / "false"
    _safetensors(folder / "model.safetensors", 7)
    with serving({siglip.SPEC.hub.repo: {revision: folder}}) as false:
        said = _studio(false, tmp_path, "fetch", "siglip2-base")
    assert said.returncode == 2
    assert "not the pinned one" in said.stderr
    assert not false.gets()


def test_an_interrupted_command_ends_with_3_and_the_next_goes_on(diffusion_hub, tmp_path):
    from studio.adapters import diffusion

    folder = tmp_path / "large"
    shutil.copytree(diffusion_hub.repos[DIFFUSION][diffusion.SPEC_FULL.hub.revision], folder)
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    _safetensors(unet, 3)
    with serving({DIFFUSION: {diffusion.SPEC_FULL.hub.revision: folder}}) as slow:
        # Each time the connection ends, the client waits a second: time to press Ctrl-C.
        slow.cut_at = [256 << 10] * 10
        running = subprocess.Popen(
            [sys.executable, "-m", "ui", "models", "fetch", "stable-diffusion-1.5"],
            cwd=ROOT,
            env=_environment(slow, tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 60
        while len(slow.cut_at) > 8 and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert running.returncode == 3, said
        kept = sum(p.stat().st_size for p in tmp_path.rglob(f"*{hub.PART_SUFFIX}"))
        assert kept >= 256 << 10
        slow.cut_at = []
        slow.log.clear()
        again = _studio(slow, tmp_path, "fetch", "stable-diffusion-1.5", "--json")
        assert again.returncode == 0, again.stderr
        assert next(r.start for r in slow.gets(unet.name)) > 0
        assert json.loads(again.stdout)["received_bytes"] < json.loads(again.stdout)["total_bytes"]

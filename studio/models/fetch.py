"""Bring a model's weights from its hub, when a user asks for them.

The hub's client (2.4) drops what it received when it is stopped, so the studio receives each
file itself: into a part beside its place in the hub's cache, continued by the next run, and put
in its place only when its hash is right. The layout of the cache stays the client's.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from studio.errors import FetchFailed, WeightsCorrupt
from studio.models import hub as held
from studio.models import weights
from studio.models.spec import AnySpec, HubFile, HubRevision

#: Takes the share that is here, 0 to 1, and a message; may raise to stop the fetch.
Report = Callable[[float, str], None]

_ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SPARE_BYTES = 64 << 20  # left free on the disk
_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 20.0  # without a byte
_ATTEMPTS = 4  # in a row that bring nothing
_PAUSE_S = 1.0
_KEPT = "What was received is kept; run the command again and it goes on from there."


@dataclass(frozen=True)
class Fetched:
    """What a fetch did.

    Attributes:
        folder: with the verified files, for the loader.
        revision: commit that they belong to.
        total_bytes: of all files.
        received_bytes: that came over the network in this run.
    """

    folder: Path
    revision: str
    total_bytes: int
    received_bytes: int


@dataclass(frozen=True)
class _Offer:
    """What the hub says of a file before it sends it."""

    file: HubFile
    etag: str
    size_bytes: int
    url: str
    with_token: bool


class _Meter:
    """Counts what comes, says so, and ends what goes on too long."""

    def __init__(self, offer: _Offer, before_bytes: int, total_bytes: int, report: Report) -> None:
        self._offer = offer
        self._before_bytes = before_bytes
        self._total_bytes = total_bytes
        self._report = report
        self.received_bytes = 0

    def tell(self, here_bytes: int, new_bytes: int = 0, amiss: str = "") -> None:
        """``here_bytes`` of this file are here, ``new_bytes`` of them since the last time."""
        self.received_bytes += new_bytes
        if here_bytes > self._offer.size_bytes:
            raise WeightsCorrupt(f"{self._offer.file.path}: the hub sends more than it declared")
        done = self._before_bytes + here_bytes
        self._report(
            done / max(self._total_bytes, 1),
            f"{self._offer.file.path}, {done / 2**20:.0f} of {self._total_bytes / 2**20:.0f} MiB"
            + amiss,
        )


def fetch(spec: AnySpec, cache_dir: Path, report: Report) -> Fetched:
    """Bring every file of ``spec.hub`` into the hub's cache, verified.

    Nothing is asked of the network where all files are here. Files without a pinned hash are
    held against what the hub declares (sha256, or git's hash of small files) and pinned from
    then on.

    Raises:
        RequestError: the model's weights come in packages.
        FetchFailed: the hub cannot be reached or does not have it, or the disk is full.
        WeightsCorrupt: a file is of an unsafe kind, or not the pinned one.
    """
    hub = held.hub_of(spec)
    for file in hub.files:
        held.refuse_unsafe(file, spec.name)
    # Read when the client is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    held.cache_folder()
    with _translated(hub, spec.name), _alone(hub, spec.name):
        pins = held.read_pins(hub, cache_dir)
        revision = hub.revision or (pins.revision if pins else _newest(hub))
        snapshot = held.repo_folder(hub) / "snapshots" / revision
        wanted = [file for file in hub.files if not (snapshot / file.path).is_file()]
        received = _receive_all(spec.name, hub, revision, wanted, report)
        hashes = {}
        for file in hub.files:
            path = snapshot / file.path
            hashes[file.path] = _hash_of(path, file, pins, spec)
        held.write_pins(hub, held.Pins(revision, hashes), cache_dir)
        folder = held.locate(spec, cache_dir)
    assert folder is not None
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Fetched(folder, revision, total, received)


def _newest(hub: HubRevision) -> str:
    """The commit that a repository without a pinned one is at."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    found = get_hf_file_metadata(hf_hub_url(hub.repo, hub.files[0].path)).commit_hash
    if found is None:
        raise FetchFailed(f"the hub does not say at which commit {hub.repo} is")
    return found


def _receive_all(
    model: str, hub: HubRevision, revision: str, files: list[HubFile], report: Report
) -> int:
    if not files:
        return 0
    offers = [_ask(hub, revision, file, model) for file in files]
    blobs = held.repo_folder(hub) / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    parts = [blobs / (offer.etag + held.PART_SUFFIX) for offer in offers]
    total = sum(offer.size_bytes for offer in offers)
    here = sum(part.stat().st_size for part in parts if part.exists())
    free = shutil.disk_usage(blobs).free
    if total - here + _SPARE_BYTES > free:
        raise FetchFailed(
            f"{model} needs {(total - here) / 2**20:.0f} MiB and "
            f"{held.cache_folder()} has {free / 2**20:.0f} MiB free",
            "Make room, or point HF_HUB_CACHE to another disk.",
        )
    done = received = 0
    for offer, part in zip(offers, parts, strict=True):
        meter = _Meter(offer, done, total, report)
        if not (blobs / offer.etag).exists():
            _receive(offer, part, meter, model)
            part.replace(blobs / offer.etag)
        _place(hub, revision, offer.file)
        done += offer.size_bytes
        received += meter.received_bytes
        report(done / max(total, 1), offer.file.path)
    return received


def _ask(hub: HubRevision, revision: str, file: HubFile, model: str) -> _Offer:
    """What the hub has under this name, and whether it can be the pinned file."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    url = hf_hub_url(hub.repo, file.path, revision=revision)
    try:
        found = get_hf_file_metadata(url)
    except EntryNotFoundError as exc:
        raise FetchFailed(f"{model}: {hub.repo} has no {file.path} at {revision}") from exc
    etag, size = found.etag or "", found.size
    if found.commit_hash != revision or not _ETAG.fullmatch(etag) or size is None:
        raise FetchFailed(f"the hub does not say what {hub.repo}/{file.path} is at {revision}")
    there, origin = urlsplit(found.location), urlsplit(url)
    if origin.scheme == "https" and there.scheme != "https":
        raise FetchFailed(f"the hub sends {file.path} over an open connection, {there.netloc}")
    if (file.sha256 and len(etag) == 64 and etag != file.sha256) or file.size_bytes not in (
        0,
        size,
    ):
        raise WeightsCorrupt(
            f"{model}: the hub's {file.path} is not the pinned one "
            f"({size} bytes, {etag[:16]}…; pinned {file.size_bytes}, {file.sha256[:16]}…)"
        )
    # A token is for the hub alone, not for where it keeps its large files.
    return _Offer(file, etag, size, found.location, there.netloc == origin.netloc)


def _receive(offer: _Offer, part: Path, meter: _Meter, model: str) -> None:
    """One file into its part, from where that ends, and verified."""
    import httpx2

    with part.open("ab") as out:
        if out.tell() > offer.size_bytes:
            out.truncate(0)
        attempts = 0
        while (before := out.seek(0, os.SEEK_END)) < offer.size_bytes:
            try:
                _stream(offer, out, meter)
            except httpx2.TransportError:
                attempts = 0 if out.tell() > before else attempts + 1
                if attempts >= _ATTEMPTS:
                    raise
            if out.tell() < offer.size_bytes:
                meter.tell(out.tell(), amiss="; the connection ended, trying again")
                time.sleep(_PAUSE_S)
        out.flush()
        os.fsync(out.fileno())
    try:
        _check_declared(part, offer.etag, offer.file.path, model)
        if offer.file.sha256:
            weights.check_pinned(part, offer.file.sha256, f"{model}: {offer.file.path}", "")
        held.refuse_disguised(part, offer.file.path, model)
    except WeightsCorrupt as exc:
        part.unlink()
        exc.hint = exc.hint or "It was thrown away; run the command again to receive it anew."
        raise


def _stream(offer: _Offer, out: BinaryIO, meter: _Meter) -> None:
    from huggingface_hub import get_session
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import hf_raise_for_status

    headers = build_hf_headers(token=None if offer.with_token else False)
    headers["Accept-Encoding"] = "identity"  # a part of what was packed cannot be unpacked
    if here := out.tell():
        headers["Range"] = f"bytes={here}-"
    # The client's own download hands over 10 MiB at a time, and loses less than that when a
    # connection ends.
    with get_session().stream("GET", offer.url, headers=headers, timeout=_TIMEOUT_S) as response:
        hf_raise_for_status(response)
        if here and response.status_code != 206:  # it begins again
            out.truncate(0)
            out.seek(0)
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            out.write(chunk)
            meter.tell(out.tell(), len(chunk))


def _check_declared(path: Path, etag: str, name: str, model: str) -> None:
    """Refuse a file that is not what its etag says: a sha256, or a git blob's hash."""
    digest = weights.sha256_of(path) if len(etag) == 64 else _git_hash(path)
    if digest != etag:
        raise WeightsCorrupt(f"{model}: {name} arrived damaged, its hash is {digest[:16]}…")


def _git_hash(path: Path) -> str:
    data = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            data.update(chunk)
    return data.hexdigest()


def _place(hub: HubRevision, revision: str, file: HubFile) -> None:
    """Have the hub's client link the received file into its snapshot: it finds it there."""
    from huggingface_hub import hf_hub_download

    hf_hub_download(hub.repo, file.path, revision=revision)


def _hash_of(path: Path, file: HubFile, pins: held.Pins | None, spec: AnySpec) -> str:
    """The sha256 to hold a file to from now on.

    Raises:
        WeightsCorrupt: another program put it into the cache, and it is not what its name there
            says.
    """
    known = file.sha256 or (pins.sha256[file.path] if pins else "")
    if known:
        return known
    name = path.resolve().name
    if _ETAG.fullmatch(name):
        _check_declared(path, name, file.path, spec.name)
    held.refuse_disguised(path, file.path, spec.name)
    return weights.sha256_of(path)


@contextmanager
def _alone(hub: HubRevision, model: str) -> Iterator[None]:
    """One fetch of a repository at a time."""
    import filelock

    folder = held.cache_folder() / ".locks" / held.repo_folder(hub).name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / "studio-fetch.lock", timeout=0):
            yield
    except filelock.Timeout:
        raise FetchFailed(f"{model} is being fetched by another process") from None


@contextmanager
def _translated(hub: HubRevision, model: str) -> Iterator[None]:
    import httpx2
    from huggingface_hub import constants, errors

    where = f"{model} ({hub.repo} at {constants.ENDPOINT})"
    try:
        yield
    except errors.OfflineModeIsEnabled as exc:
        raise FetchFailed(
            f"{where}: the hub's offline switch is on", "Unset HF_HUB_OFFLINE and run it again."
        ) from exc
    except errors.GatedRepoError as exc:
        raise FetchFailed(
            f"{where}: its owners ask you to accept their terms first",
            f"Do so at {constants.ENDPOINT}/{hub.repo}, then: hf auth login",
        ) from exc
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as exc:
        raise FetchFailed(
            f"{where}: there is no such repository or commit",
            "A private one needs a token: hf auth login",
        ) from exc
    except errors.HfHubHTTPError as exc:
        raise FetchFailed(f"{where}: the hub answers: {_line(exc)}", _KEPT) from exc
    except httpx2.HTTPError as exc:
        raise FetchFailed(f"{where} cannot be reached: {_line(exc)}", _KEPT) from exc
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise FetchFailed(f"{where}: the disk of {held.cache_folder()} is full", _KEPT) from exc
        raise FetchFailed(f"{where}: {_line(exc)}", _KEPT) from exc


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

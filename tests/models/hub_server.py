"""A model hub on this machine: speaks what the hub's client asks, and misbehaves when told to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Larger files are kept as the hub keeps them: under their sha256, on another host.
LARGE_BYTES = 4096


@dataclass
class Request:
    """One request that came in."""

    method: str
    path: str
    start: int
    token: str
    sent: int = 0


@dataclass
class Hub:
    """What it has, what was asked of it, and how it is to fail.

    Attributes:
        repos: ``owner/name`` to commit to folder.
        cut_at: end the connection after so many bytes of a file, once for each entry.
        down: answer 503.
        corrupt: paths whose content is sent with a byte changed.
        disguise: paths whose declared hash is that of the changed content too.
        whole: answer a request for a part with everything, as some proxies do.
        log: requests.
    """

    repos: dict[str, dict[str, Path]]
    cut_at: list[int] = field(default_factory=list)
    down: bool = False
    corrupt: set[str] = field(default_factory=set)
    disguise: set[str] = field(default_factory=set)
    whole: bool = False
    log: list[Request] = field(default_factory=list)
    url: str = ""
    store_url: str = ""

    def content(self, folder: Path, path: str) -> bytes:
        """What is sent."""
        data = (folder / path).read_bytes()
        if path in self.corrupt:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return data

    def declared(self, folder: Path, path: str) -> bytes:
        """What the hashes are made of."""
        return self.content(folder, path) if path in self.disguise else (folder / path).read_bytes()

    def gets(self, ending: str = "") -> list[Request]:
        """The files that were sent."""
        return [r for r in self.log if r.method == "GET" and r.path.endswith(ending)]


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            self._answer(True)

        def _answer(self, body: bool) -> None:
            start = 0
            if (wanted := self.headers.get("Range", "")).startswith("bytes="):
                start = int(wanted[6:].split("-")[0])
            path = unquote(urlsplit(self.path).path).strip("/")
            request = Request(self.command, path, start, self.headers.get("authorization") or "")
            hub.log.append(request)
            if hub.down:
                return self._say(503)
            if path.startswith("store/"):
                _, owner, name, commit, inner = path.split("/", 4)
                folder = hub.repos[f"{owner}/{name}"][commit]
                return self._send(hub.content(folder, inner), {}, body, request)
            if path.count("/") < 4:
                return self._say(404)
            # Small files are answered from a second address, as on the real hub.
            cached = path.startswith("api/resolve-cache/models/")
            path = path.removeprefix("api/resolve-cache/models/")
            if cached:
                owner, name, commit, inner = path.split("/", 3)
                verb = "resolve"
            else:
                owner, name, verb, commit, inner = path.split("/", 4)
            commits = hub.repos.get(f"{owner}/{name}")
            if commits is None or verb != "resolve":
                return self._say(404, "RepoNotFound")
            if commit == "main":
                commit = next(iter(commits))
            if commit not in commits:
                return self._say(404, "RevisionNotFound")
            folder = commits[commit]
            if not (folder / inner).is_file():
                return self._say(404, "EntryNotFound", {"X-Repo-Commit": commit})
            declared = hub.declared(folder, inner)
            headers = {"X-Repo-Commit": commit}
            if len(declared) >= LARGE_BYTES:
                headers |= {
                    "X-Linked-Etag": f'"{hashlib.sha256(declared).hexdigest()}"',
                    "X-Linked-Size": str(len(declared)),
                    "Location": f"{hub.store_url}/store/{owner}/{name}/{commit}/{inner}",
                }
                return self._say(302, headers=headers)
            if not cached:
                there = f"/api/resolve-cache/models/{owner}/{name}/{commit}/{inner}"
                return self._say(307, headers=headers | {"Location": there})
            blob = b"blob %d\0" % len(declared) + declared
            headers["ETag"] = f'"{hashlib.sha1(blob).hexdigest()}"'
            return self._send(hub.content(folder, inner), headers, body, request)

        def _say(self, code: int, error: str = "", headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            if error:
                self.send_header("X-Error-Code", error)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, data: bytes, headers: dict[str, str], body: bool, request: Request) -> None:
            if hub.whole:
                request.start = 0
            part = data[request.start :]
            self.send_response(206 if request.start else 200)
            for key, value in headers.items():
                self.send_header(key, value)
            if request.start:
                span = f"bytes {request.start}-{len(data) - 1}/{len(data)}"
                self.send_header("Content-Range", span)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if not body:
                return
            if hub.cut_at and len(part) > hub.cut_at[0]:
                part = part[: hub.cut_at.pop(0)]
                self.close_connection = True
            with suppress(ConnectionError):  # the client went away
                self.wfile.write(part)
                self.wfile.flush()
                request.sent = len(part)

    return Handler


@contextmanager
def serving(repos: dict[str, dict[str, Path]]) -> Iterator[Hub]:
    """A hub, and beside it the host that keeps its large files."""
    hub = Hub(repos)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) for _ in range(2)]
    hub.url, hub.store_url = (f"http://127.0.0.1:{s.server_address[1]}" for s in servers)
    threads = [threading.Thread(target=s.serve_forever, args=(0.05,), daemon=True) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()

"""Twenty users at once over the API while two renders run.

``LOAD_MINUTES`` (5) and ``LOAD_USERS`` (20) say how long and how many. The page runs in a process
of its own with accounts, each user with a key; one lane of the queue renders a film in a look, the
other a preview of it, again and again. Every user looks at the jobs, opens the page, plans and
cancels, with a second's thought between; every other user in the way of ``gradio_client`` (join the
queue, read the stream), the others by the plain calls.

Told: seconds of each action as its user sees them and as the server counts them (``/metrics``, from
the first byte in to the last byte out), errors other than busy, and the memory of the page's
process, which after the first minute may not grow. The users are coroutines of one process, which
takes as little of the processor as may be: ``gradio_client`` takes 78 ms for a call of which the
server takes 26 (2 cores), since it makes a TLS context for each, so twenty of them would measure
themselves. One of them runs along and is told apart.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import psutil
from gradio_client import Client

from studio.accounts.book import Accounts
from studio.accounts.role import Role
from tests.footage import bikes

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 0.5
_FILM = {"sources": ["film.mp4"]}


class Refused(Exception):
    """The server said no, in words."""


class Load:
    """What the users did and what came of it."""

    def __init__(self, address: str, keys: dict[str, str], until: float) -> None:
        self.address, self.keys, self.until = address, keys, until
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.busy = 0
        self.order: dict[str, list[str]] = {}  # call: names of its parameters, as Gradio wants them

    async def act(self, name: str, doing: Any) -> Any:
        started = time.perf_counter()
        try:
            said = await doing
        except Exception as exc:
            if str(exc).startswith("Busy"):
                self.busy += 1
            else:
                self.errors[f"{name}: {type(exc).__name__}: {str(exc)[:120]}"] += 1
            return None
        self.took[name].append(time.perf_counter() - started)
        return said

    async def user(self, number: int, http: httpx.AsyncClient) -> None:
        name = f"user{number}"
        dice = random.Random(name)
        talks = Gradio(self, name, http) if number % 2 else Plain(self, name, http)
        jobs: list[str] = []
        await asyncio.sleep(dice.uniform(0, 1))
        while time.monotonic() < self.until:
            turn = dice.random()
            if turn < 0.1:
                await self.act("open the page", self._page(name, http))
            elif turn < 0.2:
                asked = {**_FILM, "looks": ["teal-orange"]}
                told = await self.act(f"plan{talks.way}", talks.call("plan_stylize", **asked))
                jobs += [told["job"]] if told else []
            elif turn < 0.3 and jobs:
                doing = talks.call("cancel_job", job=jobs.pop(0))
                await self.act(f"cancel{talks.way}", doing)
            elif turn < 0.6 and jobs:
                doing = talks.call("job_status", job=dice.choice(jobs))
                await self.act(f"status{talks.way}", doing)
            else:
                await self.act(f"list{talks.way}", talks.call("list_jobs"))
            await asyncio.sleep(dice.uniform(0.5, 1.5))

    async def renders(self, name: str, http: httpx.AsyncClient, **asked: Any) -> None:
        """Keep a lane of the queue at work."""
        talks, job, state = Plain(self, name, http), "", "none"
        while time.monotonic() < self.until:
            if job:
                state = (await talks.call("job_status", job=job))["state"]
            if state in ("none", "done", "failed", "cancelled"):
                if state == "failed":
                    self.errors[f"render of {name} failed"] += 1
                job = (await talks.call("submit_stylize", **_FILM, **asked))["job"]
                state = "queued"
            await asyncio.sleep(1.0)
        await talks.call("cancel_job", job=job)

    async def by_gradios_client(self, name: str) -> None:
        """Look at the jobs with the client that the README shows."""
        client = await asyncio.to_thread(self.client, name)
        while time.monotonic() < self.until:
            doing = asyncio.to_thread(client.predict, api_name="/list_jobs")
            await self.act("list by gradio_client", doing)
            await asyncio.sleep(2.0)

    def client(self, user: str) -> Client:
        return Client(
            f"{self.address}/api/",
            headers={"Authorization": f"Bearer {self.keys[user]}"},
            verbose=False, download_files=False, analytics_enabled=False,
            httpx_kwargs={"timeout": 120},
        )  # fmt: skip

    def headers(self, user: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[user]}"}

    async def _page(self, name: str, http: httpx.AsyncClient) -> None:
        headers = {**self.headers(name), "accept": "text/html"}
        (await http.get(self.address, headers=headers)).raise_for_status()


class Plain:
    """Calls as ``POST /studio/calls/NAME``."""

    way = ""

    def __init__(self, load: Load, user: str, http: httpx.AsyncClient) -> None:
        self._load, self._http, self._headers = load, http, load.headers(user)

    async def call(self, name: str, **given: Any) -> dict[str, Any]:
        url = f"{self._load.address}/studio/calls/{name}"
        answer = await self._http.post(url, json=given, headers=self._headers)
        said: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise Refused(f"{said['error']['kind']}: {said['error']['message']}")
        return said


class Gradio:
    """Calls as ``gradio_client`` and a browser make them: join the queue, read the stream."""

    way = " by Gradio's queue"

    def __init__(self, load: Load, user: str, http: httpx.AsyncClient) -> None:
        self._load, self._http, self._headers = load, http, load.headers(user)
        self._session = f"load-{user}"
        self._top = f"{load.address}/api/gradio_api/queue"

    async def call(self, name: str, **given: Any) -> dict[str, Any]:
        number, order = self._load.order[name]
        data = [given.get(each, default) for each, default in order]
        body = {"fn_index": number, "data": data, "session_hash": self._session}
        joined = await self._http.post(f"{self._top}/join", json=body, headers=self._headers)
        joined.raise_for_status()
        event = joined.json()["event_id"]
        query = {"session_hash": self._session}
        data_url = f"{self._top}/data"
        async with self._http.stream(
            "GET", data_url, params=query, headers=self._headers
        ) as stream:
            async for line in stream.aiter_lines():
                said = json.loads(line[5:]) if line.startswith("data:") else {}
                if said.get("msg") == "process_completed" and said["event_id"] == event:
                    if not said["success"]:
                        raise Refused(said["output"]["error"])
                    found: dict[str, Any] = said["output"]["data"][0]
                    return found
        raise Refused("the stream ended")


def main() -> None:
    """Run it and print what was found; ends with 1 where a limit is broken."""
    minutes = float(os.environ.get("LOAD_MINUTES", "5"))
    users = int(os.environ.get("LOAD_USERS", "20"))
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "footage").mkdir()
        (home / "footage" / "film.mp4").write_bytes(bikes().read_bytes())
        accounts = Accounts(home / "data" / "accounts.db")
        accounts.add("admin", "correct horse battery", Role.ADMIN)
        names = [f"user{n}" for n in range(users)] + ["render1", "render2"]
        for each in names:
            accounts.add(each, "correct horse battery", Role.EDITOR)
        keys = {each: accounts.make_key(each, "load") for each in ("admin", *names)}
        accounts.close()
        process, address = _server(home)
        try:
            sys.exit(_measure(process, Load(address, keys, 0.0), users, minutes))
        finally:
            process.terminate()
            process.wait(60)


def _server(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui", "ui", "--auth", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--media-root", "footage"],
        cwd=home,
        env=os.environ | {
            "PYTHONPATH": str(ROOT),
            "STUDIO_CACHE_DIR": str(home / "cache"),
            "STUDIO_DATA_DIR": str(home / "data"),
        },
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 300
    while True:
        try:
            httpx.get(f"{address}/login", timeout=5).raise_for_status()
            return process, address
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.2)


def _measure(process: subprocess.Popen[bytes], load: Load, users: int, minutes: float) -> int:
    client = load.client("user0")
    client.predict(api_name="/list_jobs")  # the API is built when first asked
    told = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for each in client.config["dependencies"]:
        listed = told.get(f"/{each['api_name']}", {}).get("parameters", ())
        order = [(p["parameter_name"], p.get("parameter_default")) for p in listed]
        load.order[each["api_name"]] = (each["id"], order)
    client.close()
    metrics_before = _metrics(load)
    page, me = psutil.Process(process.pid), psutil.Process()
    worked = [_worked_s(page), _worked_s(me)]
    began = time.monotonic()
    load.until = began + minutes * 60
    held = asyncio.run(_all(load, users, page))
    took_s = time.monotonic() - began
    worked = [_worked_s(page) - worked[0], _worked_s(me) - worked[1]]
    print(
        f"processor time in {took_s:.0f} s: the page's process {worked[0]:.1f} s, "
        f"this one {worked[1]:.1f} s; load {os.getloadavg()[0]:.1f}"
    )
    _tell_server(metrics_before, _metrics(load))
    return _tell(load, held, users, minutes)


async def _all(load: Load, users: int, page: psutil.Process) -> list[tuple[float, float]]:
    held: list[tuple[float, float]] = []
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=120, limits=limits) as http:
        work = asyncio.gather(
            load.renders("render1", http, looks=["starry"]),
            load.renders("render2", http, looks=["starry"], preview_s=5),
            load.by_gradios_client("user0"),
            *(load.user(n, http) for n in range(users)),
        )
        while not work.done():
            held.append((time.monotonic() - began, page.memory_info().rss / 2**20))
            await asyncio.wait([work], timeout=2.0)
        await work
    return held


def _worked_s(process: psutil.Process) -> float:
    took = process.cpu_times()
    return float(took.user + took.system)


def _metrics(load: Load) -> dict[str, list[tuple[float, float]]]:
    """Kind of request: upper ends of buckets and how many were within."""
    said = httpx.get(f"{load.address}/metrics", headers=load.headers("admin"), timeout=60)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    line = re.compile(r'studio_request_seconds_bucket\{kind="([^"]+)",le="([^"]+)"\} ([\d.e+]+)')
    for kind, end, count in line.findall(said.text):
        found[kind].append((float(end.replace("+Inf", "inf")), float(count)))
    return found


def _tell_server(
    before: dict[str, list[tuple[float, float]]], after: dict[str, list[tuple[float, float]]]
) -> None:
    for kind, buckets in after.items():
        old = dict(before.get(kind, ()))
        counts = [(end, count - old.get(end, 0.0)) for end, count in buckets]
        every = counts[-1][1]
        if not every:
            continue
        ends = [next(end for end, n in counts if n >= share * every) for share in (0.5, 0.95)]
        print(f"  the server's own: {kind:<8} {every:>6.0f}  half within {ends[0]:g} s, "
              f"95 % within {ends[1]:g} s")  # fmt: skip


def _tell(load: Load, held: list[tuple[float, float]], users: int, minutes: float) -> int:
    every = [s for name, took in load.took.items() if "client" not in name for s in took]
    p95 = statistics.quantiles(every, n=20)[-1]
    print(f"{users} users, {minutes:g} minutes, {len(every)} actions, {load.busy} times busy")
    for name, seconds in sorted(load.took.items()):
        quantiles = statistics.quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
        print(
            f"  {name:<26} {len(seconds):>5}  median {statistics.median(seconds):.3f} s  "
            f"p95 {quantiles[-1]:.3f} s  most {max(seconds):.3f} s"
        )
    print(f"p95 of all {p95:.3f} s (limit {_LIMIT_S})")
    for error, count in load.errors.items():
        print(f"error: {count} x {error}")
    warm = [mib for at, mib in held if at > min(60.0, minutes * 30)]
    grown = max(warm[-len(warm) // 3 :]) - max(warm[: len(warm) // 3 + 1])
    print(f"memory of the page: {held[0][1]:.0f} MiB at first, then {warm[0]:.0f} to {warm[-1]:.0f}"
          f" MiB; the last third {grown:+.1f} MiB over the first")  # fmt: skip
    flat = grown <= max(16.0, 0.03 * warm[0])
    return int(bool(load.errors) or p95 > _LIMIT_S or not flat)


if __name__ == "__main__":
    main()

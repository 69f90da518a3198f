"""Twenty users at once over the API while two renders run.

``LOAD_MINUTES`` (5) and ``LOAD_USERS`` (20) say how long and how many. The page runs in a process
of its own with accounts, each user with a key; one lane of the queue renders a film in a look, the
other a preview of it, again and again. Every user looks at the jobs, opens the page, plans and
cancels, with a second's thought between. Told: seconds of each action, errors other than busy, and
the memory of the page's process, which after the first minute may not grow.
"""

from __future__ import annotations

import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
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


class Load:
    """What the users did and what came of it."""

    def __init__(self, address: str, keys: dict[str, str], until: float) -> None:
        self.address, self.keys, self.until = address, keys, until
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.busy = 0
        self._lock = threading.Lock()

    def client(self, user: str) -> Client:
        return Client(
            f"{self.address}/api/",
            headers={"Authorization": f"Bearer {self.keys[user]}"},
            verbose=False, download_files=False, analytics_enabled=False,
            httpx_kwargs={"timeout": 120},
        )  # fmt: skip

    def act(self, name: str, do: Any) -> Any:
        started = time.perf_counter()
        try:
            said = do()
        except Exception as exc:
            with self._lock:
                if str(exc).startswith("Busy"):
                    self.busy += 1
                else:
                    self.errors[f"{name}: {type(exc).__name__}: {str(exc)[:120]}"] += 1
            return None
        finally:
            with self._lock:
                self.took[name].append(time.perf_counter() - started)
        return said

    def user(self, name: str) -> None:
        dice = random.Random(name)
        client = self.client(name)
        headers = {"Authorization": f"Bearer {self.keys[name]}", "accept": "text/html"}
        jobs: list[str] = []
        with httpx.Client(headers=headers, timeout=60) as http:
            while time.monotonic() < self.until:
                turn = dice.random()
                if turn < 0.1:
                    self.act("open the page", lambda: http.get(self.address).raise_for_status())
                elif turn < 0.2:
                    asked = {"sources": ["film.mp4"], "looks": ["teal-orange"]}
                    told = self.act(
                        "plan", lambda a=asked: client.predict(**a, api_name="/plan_stylize")
                    )
                    jobs += [told["job"]] if told else []
                elif turn < 0.3 and jobs:
                    job = jobs.pop(0)
                    self.act("cancel", lambda j=job: client.predict(job=j, api_name="/cancel_job"))
                elif turn < 0.6 and jobs:
                    job = dice.choice(jobs)
                    self.act("status", lambda j=job: client.predict(job=j, api_name="/job_status"))
                else:
                    self.act("list", lambda: client.predict(api_name="/list_jobs"))
                time.sleep(dice.uniform(0.5, 1.5))

    def renders(self, name: str, **asked: Any) -> None:
        """Keep a lane of the queue at work."""
        client, job = self.client(name), None
        while time.monotonic() < self.until:
            state = client.predict(job=job, api_name="/job_status")["state"] if job else "none"
            if state in ("none", "done", "failed", "cancelled"):
                if state == "failed":
                    self.errors[f"render of {name} failed"] += 1
                job = client.predict(sources=["film.mp4"], **asked, api_name="/submit_stylize")[
                    "job"
                ]
            time.sleep(1.0)
        client.predict(job=job, api_name="/cancel_job")


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
        keys = {each: accounts.make_key(each, "load") for each in names}
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
    load.client("user0").predict(api_name="/list_jobs")  # the API is built when first asked
    load.until = time.monotonic() + minutes * 60
    threads = [
        threading.Thread(target=load.renders, args=("render1",), kwargs={"looks": ["starry"]}),
        threading.Thread(
            target=load.renders, args=("render2",), kwargs={"looks": ["starry"], "preview_s": 5}
        ),
        *(threading.Thread(target=load.user, args=(f"user{n}",)) for n in range(users)),
    ]
    for thread in threads:
        thread.start()
    began, held = time.monotonic(), []
    page = psutil.Process(process.pid)
    while any(thread.is_alive() for thread in threads):
        held.append((time.monotonic() - began, page.memory_info().rss / 2**20))
        time.sleep(2.0)
    return _tell(load, held, users, minutes)


def _tell(load: Load, held: list[tuple[float, float]], users: int, minutes: float) -> int:
    every = [second for seconds in load.took.values() for second in seconds]
    p95 = statistics.quantiles(every, n=20)[-1]
    print(f"{users} users, {minutes:g} minutes, {len(every)} actions, {load.busy} times busy")
    for name, seconds in sorted(load.took.items()):
        quantiles = statistics.quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
        print(
            f"  {name:<14} {len(seconds):>5}  median {statistics.median(seconds):.3f} s  "
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

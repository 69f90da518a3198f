"""A folder where a long render keeps what is finished, so that a killed one goes on from there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from threading import Event
from typing import Any

from studio.errors import EncodeFailed, RequestError
from studio.media.full_disk import full_disk_in, no_room

_OURS = re.compile(r"^\.?(segment|sound)-[0-9a-f]+(\.[0-9a-f]{8})?\.(mp4|mov|webm|json)$")


@contextmanager
def held(work_dir: Path, out: Path) -> Iterator[None]:
    """Keep the work folder for this render, and clear away what a killed one left half-written.

    Raises:
        EncodeFailed: the folder, or that of ``out``, cannot be written.
        NoRoom: the disk is full.
        RequestError: another render is at work in it.
    """
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = (work_dir / ".lock").open("w")
    except OSError as exc:
        if (full := full_disk_in(exc)) is not None:
            raise no_room(full) from exc
        raise EncodeFailed(
            f"Cannot write to {exc.filename}: {exc.strerror}.",
            "Choose a folder that may be written to.",
        ) from exc
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass  # Windows: two renders in one folder are not told apart there
        except OSError as exc:
            raise RequestError(
                f"Another render is at work in {work_dir}.", "Wait for it, or cancel it."
            ) from exc
        sweep(work_dir, temporary_only=True)
        clear_left(out)
        yield
        (work_dir / ".lock").unlink(missing_ok=True)
    if not any(work_dir.iterdir()):
        shutil.rmtree(work_dir, ignore_errors=True)


def clear_left(*paths: Path) -> None:
    """Remove what writers that were killed left half-written beside files."""
    for path in paths:
        for left in path.parent.glob(f".{escape(path.stem[:80])}.????????{escape(path.suffix)}"):
            left.unlink(missing_ok=True)


def sweep(work_dir: Path, *, temporary_only: bool) -> None:
    """Remove our files from a work folder: all, or those that were never finished."""
    for path in work_dir.iterdir():
        if _OURS.match(path.name) and (path.name.startswith(".") or not temporary_only):
            path.unlink(missing_ok=True)


def run_together(
    tasks: Sequence[Callable[[], Any]], workers: int, stop: Event, tick: Callable[[], None]
) -> list[Any]:
    """Run tasks several at a time; the first failure ends all.

    Args:
        tasks: in the order they are begun.
        workers: how many at once.
        stop: set when one fails; tasks should look at it often, for they are waited for.
        tick: called several times a second on the caller's thread; what it raises ends all.

    Returns:
        What each task returned, in order.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="render") as pool:
        try:
            begun: list[Future[Any]] = [pool.submit(task) for task in tasks]
            left = set(begun)
            while left:
                done, left = wait(left, timeout=0.1, return_when=FIRST_COMPLETED)
                for task in done:
                    task.result()
                tick()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [task.result() for task in begun]

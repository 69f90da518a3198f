"""Work on files of strangers, locked in: only named folders, and no network.

The kernel does it (Linux 5.13 and later: Landlock; and a filter of system calls), so it holds for
every library in whatever language it is written, and for the programs that are started. It is for
one thread and those it starts, which is how a process that stays can do the work of one user
after that of another.

Where the kernel cannot, :func:`confined` says so, and the work is done with the checks that the
studio makes itself: paths against declared folders, files opened as descriptors.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import struct
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from studio.settings import Settings

T = TypeVar("T")

#: Of the data folder a job sees these and nothing else, so that what is added to it some day is
#: not seen either: passwords, jobs, uploads, results and footage of others lie beside them. A
#: folder of the user's own is named among those to write to. People and things that the studio
#: knows are the machine's, and so is what was said of the cuts and the words of a file.
_SHARED = ("people", "things", "cuts", "words")
#: Read by the work of users, and never written by it: consents and approvals are given by people.
_ONLY_READ = ("consents", "approvals", "identity")
_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/nix", "/sys"),
    *("/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime"),
    *("/etc/alternatives", "/etc/OpenCL", "/etc/vulkan", "/etc/mime.types", "/etc/timezone"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/mounts", "/proc/filesystems"),
    *("/proc/sys", "/proc/driver", "/proc/version", "/proc/uptime", "/proc/loadavg"),
    *("/proc/diskstats", "/proc/vmstat", "/proc/self", "/proc/thread-self"),
    *("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/shm", "/dev/dri", "/dev/kfd")

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every processor
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
#: Rights that make sense for a file; the others are for folders.
_FOR_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_TCP = 0b11
_SIGNALS_AND_SOCKETS = 0b11
#: System call of ``socket`` and the number of the processor's kind in an audit record.
_SOCKET = {"x86_64": (41, 0xC000003E), "aarch64": (198, 0xC00000B7)}
_FAMILIES = (2, 10)  # IPv4 and IPv6


def available() -> str:
    """What is missing for the lock, in words; "" where it is whole."""
    version = _version()
    if version < 1:
        return "this system's kernel cannot lock work in (Landlock is not there)"
    if version < 3:
        return "this system's kernel is older than 6.2 and locks work in only in part"
    if platform.machine() not in _SOCKET:
        return f"the network cannot be shut off on {platform.machine()}"
    return ""


def confined(
    act: Callable[[], T], reads: Iterable[Path], writes: Iterable[Path], settings: Settings
) -> T:
    """Do something in a thread that sees the studio, its caches and these folders, and no network.

    Args:
        act: what is done; its error is raised here.
        reads: files and folders it may read beside.
        writes: folders it may write to; those that are not there are made.
        settings: where caches and data lie.

    Raises:
        OSError: the kernel refused the lock; nothing was done.
    """
    cache = settings.cache_dir
    temporary = cache / "tmp"
    # Made before: what comes to be later is not seen.
    data = {name: settings.data_dir / name for name in (*_SHARED, *_ONLY_READ)}
    for folder in (temporary, *writes, *data.values()):
        folder.mkdir(parents=True, exist_ok=True)
    # What is written aside is seen by nobody else's work.
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    readable = [*_house(), *reads, *(data[name] for name in _ONLY_READ)]
    # A person may have put the models on a larger disk.
    linked = [path.resolve() for path in cache.iterdir() if path.is_symlink()]
    shared = [data[name] for name in _SHARED]
    writable = [cache, *linked, *shared, *writes, *map(Path, _DEVICES)]
    outcome: list[T] = []
    failure: list[BaseException] = []

    def inside() -> None:
        try:
            _lock(readable, writable)
            outcome.append(act())
        except BaseException as exc:
            failure.append(exc)

    thread = threading.Thread(target=inside, name="confined work")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def index_of(owner: str, settings: Settings) -> Path:
    """The folder of a user's search index, which is theirs alone; of a machine without accounts
    (``owner`` is "") the one of the command line."""
    if not owner:
        return settings.data_dir / "search"
    return settings.data_dir / "search-of" / hashlib.sha256(owner.encode()).hexdigest()[:16]


def _house() -> list[Path]:
    """Where the interpreter, the libraries and the studio itself lie."""
    places = {Path(p) for p in _SYSTEM}
    places |= {Path(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    places |= {Path(p) for p in sysconfig.get_paths().values()}
    places |= {Path(p) for p in sys.path if p}
    places.add(Path(__file__).resolve().parents[2])
    for name in ("HF_HOME", "HF_HUB_CACHE", "TORCH_HOME"):
        if os.environ.get(name):
            places.add(Path(os.environ[name]))
    with suppress(RuntimeError):
        home = Path.home()
        places |= {home / ".cache" / name for name in ("huggingface", "torch", "fontconfig")}
        places |= {home / ".fonts", home / ".local" / "share" / "fonts"}
    return sorted(places)


def _version() -> int:
    if sys.platform != "linux":
        return 0
    return int(_call(_CREATE, None, 0, 1))


def _lock(readable: Sequence[Path], writable: Sequence[Path]) -> None:
    version = _version()
    if version < 1:
        return
    known = (1 << (13 + (version >= 2) + (version >= 3) + 0)) - 1
    if version >= 5:
        known |= _IOCTL
    handled_net = _TCP if version >= 4 else 0
    scoped = _SIGNALS_AND_SOCKETS if version >= 6 else 0
    attributes = struct.pack("=QQQ", known, handled_net, scoped)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(_call(_CREATE, attributes, size, 0))
    try:
        for path in readable:
            _allow(ruleset, path, (_EXECUTE | _READ | _LIST) & known, known)
        for path in writable:
            _allow(ruleset, path, known, known)
        _checked(_libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_call(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)
    _shut_network()


def _allow(ruleset: int, path: Path, rights: int, known: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be seen
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - false, not an error, where it went away
            rights &= _FOR_FILES & known
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(_call(_ADD, ruleset, 1, rule, 0))
    finally:
        os.close(descriptor)


def _shut_network() -> None:
    """Let no socket for the internet be made: Landlock knows TCP alone."""
    if platform.machine() not in _SOCKET:
        return
    number, kind = _SOCKET[platform.machine()]
    load, equal, answer = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 13  # EACCES
    program = [
        (load, 0, 0, 4),  # the kind of processor
        (equal, 0, 5, kind),
        (load, 0, 0, 0),  # the system call
        (equal, 0, 3, number),
        (load, 0, 0, 16),  # its first argument
        (equal, 2, 0, _FAMILIES[0]),
        (equal, 1, 0, _FAMILIES[1]),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    given = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    _checked(_libc().prctl(_SET_SECCOMP, _FILTER, given, 0, 0))


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: Any) -> int:
    return int(_libc().syscall(number, *arguments))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"work could not be locked in: {os.strerror(number)}")
    return result

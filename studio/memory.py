"""Memory of this process."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any


def give_back() -> None:
    """Hand memory that was freed back to the system.

    glibc keeps what was freed for the next allocation: after the packet tables of an hour of
    footage 29 MB of it, after its pictures were looked at for shots 69 MB (17 MB after six
    minutes), and two threads that open the hour for one stretch after the other grow by 51 MB,
    with this by 28. Costs about a millisecond; does nothing on other systems.
    """
    trim = _trimmer()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _trimmer() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library
        return None

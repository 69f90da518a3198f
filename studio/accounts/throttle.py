"""How long a next try has to wait after so many wrong ones. Pure."""

from __future__ import annotations

#: Wrong passwords that cost no wait: for one name, and from one address (many may share it).
FREE_PER_NAME, FREE_PER_ADDRESS = 4, 12
#: No wait is longer, so that nobody is locked out for good by somebody else's tries.
LONGEST_S = 900.0
#: Wrong tries are forgotten after so long without another.
FORGOTTEN_S = 24 * 3600.0


def wait_after(failures: int, free: int) -> float:
    """Seconds until the next try: none for the first ``free``, then 2, 4, 8 … at most
    :data:`LONGEST_S`."""
    if failures < free:
        return 0.0
    return min(2.0 ** min(failures - free + 1, 20), LONGEST_S)


def left_s(until: float, now: float) -> float:
    """Seconds that are left of a wait, also where the clock has jumped back meanwhile."""
    return min(max(0.0, until - now), LONGEST_S)

"""Passwords as they are kept: hashed with scrypt under a salt of each user's own.

The cost is N = 2^15, r = 8, p = 3: 32 MiB and three passes, one of the equal settings of the
OWASP Password Storage Cheat Sheet. It is written beside every hash, so that raising it does not
lock anybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import unicodedata

from studio.errors import RequestError

COST = (1 << 15, 8, 3)
SHORTEST, LONGEST = 10, 256
_SALT_BYTES = 16
_MOST_BYTES = 256 << 20
#: One at a time: a flood of sign-ins takes turns and not the machine's memory.
_TURN = threading.Lock()


def check_new_password(password: str, name: str) -> None:
    """Refuse a password that is guessed at once.

    Raises:
        RequestError: too short, too long, of fewer than four different characters, or the name.
    """
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise RequestError(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            "Four words that have nothing to do with each other make a good one.",
        )
    if len(set(plain)) < 4 or name.casefold() in plain.casefold().strip("0123456789"):
        raise RequestError("That password is guessed at once.", "Choose another.")


def hashed(password: str) -> str:
    """What is kept of a password: ``scrypt$N$r$p$salt$hash``, salt and hash in hexadecimals."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _written(COST, salt, _hash(password, salt, COST))


def matches(password: str, kept: str) -> bool:
    """Whether a password is the kept one; takes as long where it is not.

    Args:
        password: as typed; longer than :data:`LONGEST` never matches and costs nothing.
        kept: from :func:`hashed`.
    """
    _, n, r, p, salt, want = kept.split("$")
    if len(password) > LONGEST:
        return False
    found = _hash(password, bytes.fromhex(salt), (int(n), int(r), int(p)))
    return hmac.compare_digest(found, bytes.fromhex(want))


#: Compared with where no such user is, so that the time of an answer does not tell. No password
#: has this hash.
NOBODY = "$".join(("scrypt", *map(str, COST), "00" * _SALT_BYTES, "00" * 32))


def _written(cost: tuple[int, int, int], salt: bytes, digest: bytes) -> str:
    return "$".join(("scrypt", *map(str, cost), salt.hex(), digest.hex()))


def _hash(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    with _TURN:
        return hashlib.scrypt(
            _plain(password).encode(), salt=salt, n=n, r=r, p=p, maxmem=_MOST_BYTES, dklen=32
        )


def _plain(password: str) -> str:
    # The same letters typed on another keyboard are the same password.
    return unicodedata.normalize("NFKC", password)

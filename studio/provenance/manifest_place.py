"""Whether a file carries a manifest, read from its outermost boxes: quick, and without ``c2pa``."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

#: The extended type of the box that holds a manifest in MP4 and MOV (C2PA, its section on BMFF).
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
#: Boxes, chunks or segments that are looked at; a file of more is somebody's joke.
_MOST = 4096
_BMFF_FIRST = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid")

#: The kinds of file that can be signed, by what they begin with.
MP4, MOV, PNG, JPEG = "video/mp4", "video/quicktime", "image/png", "image/jpeg"


def kind_of(path: Path) -> str:
    """The kind of a file by its content: ``video/mp4``, …; empty for one that cannot be signed."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return ""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head[4:8] not in _BMFF_FIRST:
        return ""
    return MOV if head[8:12] == b"qt  " else MP4


def carries_manifest(path: Path) -> bool:
    """Whether a file holds a manifest, whole or not. False where it cannot be read."""
    kind = kind_of(path)
    if not kind:
        return False
    try:
        with path.open("rb") as file:
            if kind == PNG:
                return _in_png(file)
            if kind == JPEG:
                return _in_jpeg(file)
            return _in_bmff(file)
    except (OSError, struct.error):
        return False


def _in_bmff(file: BinaryIO) -> bool:
    at = 0
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(32)
        if len(head) < 8:
            return False
        size, body = struct.unpack(">I", head[:4])[0], 8
        if size == 1:
            size, body = struct.unpack(">Q", head[8:16])[0], 16
        if head[4:8] == b"uuid" and head[body : body + 16] == C2PA_UUID:
            return True
        if size < body:  # 0 is to the end of the file
            return False
        at += size
    return False


def _in_png(file: BinaryIO) -> bool:
    at = 8
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return False
        if head[4:] == b"caBX":
            return True
        at += 12 + int(struct.unpack(">I", head[:4])[0])
    return False


def _in_jpeg(file: BinaryIO) -> bool:
    at = 2
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(64)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xD9, 0xDA):
            return False
        if head[1] == 0xEB and b"jumb" in head:  # APP11 with a box of JUMBF
            return True
        at += 2 + int(struct.unpack(">H", head[2:4])[0])
    return False

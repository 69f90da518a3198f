"""What a file claims to be by its first bytes, read before any decoder or demuxer sees it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

#: Bytes that are looked at.
HEAD_BYTES = 1024
_ATOMS = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp")
_MEDIA = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x06\x0e\x2b\x34",  # MXF
    b"fLaC",
    b"OggS",
    b"ID3",
)
_RIFF = (b"AVI ", b"WAVE")
_PICTURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
)


class FileKind(StrEnum):
    """What an upload may be for."""

    MEDIA = "media"
    PICTURE = "picture"
    TEXT = "text"


def kind_of_head(head: bytes) -> FileKind | None:
    """The kind of a file that begins like that; None for what the studio takes in no way:
    archives, programs, playlists, documents. Pure."""
    if not head:
        return None
    if _is_media(head):
        return FileKind.MEDIA
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return FileKind.PICTURE
    return FileKind.TEXT if _is_text(head) else None


def kind_of_file(path: Path) -> FileKind | None:
    """The same of a file."""
    with path.open("rb") as file:
        return kind_of_head(file.read(HEAD_BYTES))


def _is_media(head: bytes) -> bool:
    if head[4:8] in _ATOMS or head.startswith(_MEDIA):
        return True
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] in _RIFF:
        return True
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return True
    # Transport streams repeat their mark every packet: 188 bytes, or 192 with a time stamp.
    for first, step in ((0, 188), (4, 192)):
        marks = head[first::step][:4]
        if len(marks) > 2 and set(marks) == {0x47}:
            return True
    # Layers of MPEG sound, and AAC, begin with eleven or twelve ones.
    return len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[2] != 0xFF


def _is_text(head: bytes) -> bool:
    if head.startswith((b"PK", b"%PDF", b"MZ", b"\x7fELF", b"#!")):
        return False
    try:
        # The last character may have been cut through.
        text = head.decode("utf-8-sig" if len(head) < HEAD_BYTES else "utf-8", "strict")
    except UnicodeDecodeError as exc:
        if exc.start < len(head) - 4:
            return False
        text = head[: exc.start].decode("utf-8")
    return not any(ord(c) < 32 and c not in "\t\n\r\f\ufeff" for c in text)

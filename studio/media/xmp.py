"""The property by which other programs know what a model made: IPTC's digital source type.

It is written as XMP: in a PNG as a text, in MP4 and MOV as a box after all others, where it moves
nothing (ISO 16684-1; XMP part 3 names the places).
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

#: How IPTC's list of digital sources calls what came about by a deed of a film's mark.
SOURCE_TYPES = {
    "made": "trainedAlgorithmicMedia",
    "changed": "compositeWithTrainedAlgorithmicMedia",
}
#: What XMP calls the property and where its values are listed.
SOURCE_ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    f'Iptc4xmpExt:DigitalSourceType="{SOURCE_ADDRESS}{{source}}"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_FOUND = re.compile(r'Iptc4xmpExt:DigitalSourceType="' + re.escape(SOURCE_ADDRESS) + r'(\w{1,60})"')
_MOST_BOXES, _MOST_BYTES = 4096, 1 << 20


def packet(deed: str) -> str:
    """The XMP of a film or picture that was ``made`` or ``changed``."""
    return _PACKET.format(source=SOURCE_TYPES[deed])


def append_xmp(path: Path, deed: str) -> None:
    """Add the XMP to a finished MP4 or MOV that has none.

    Raises:
        OSError: it cannot be written.
        ValueError: its last box has no end of its own, so nothing can come after it.
    """
    body = packet(deed).encode("utf-8")
    with path.open("r+b") as file:
        if any(size == 0 for _, size in _boxes(file)):
            raise ValueError(f"{path.name} ends in a box without an end")
        file.seek(0, 2)
        file.write(struct.pack(">I", 24 + len(body)) + b"uuid" + _UUID + body)


def source_type_in(text: str) -> str:
    """The digital source type that an XMP packet names; empty for none."""
    found = _FOUND.search(text)
    return found[1] if found else ""


def source_type_of(path: Path) -> str:
    """The digital source type that the XMP of an MP4 or MOV names; empty for none."""
    try:
        with path.open("rb") as file:
            for at, size in _boxes(file):
                file.seek(at)
                if size > _MOST_BYTES or file.read(24)[4:] != b"uuid" + _UUID:
                    continue
                if found := source_type_in(file.read(size - 24).decode("utf-8", "replace")):
                    return found
    except OSError:
        return ""
    return ""


def _boxes(file: BinaryIO) -> list[tuple[int, int]]:
    """Place and size of the outermost boxes; size 0 for one that reaches to the end."""
    found: list[tuple[int, int]] = []
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        size = int(struct.unpack(">I", head[:4])[0])
        if size == 1 and len(head) == 16:
            size = int(struct.unpack(">Q", head[8:])[0])
        found.append((at, size))
        if size < 8:
            break
        at += size
    return found

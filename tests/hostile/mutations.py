"""Files made to do harm, from a seed: the same number gives the same file on every machine."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

SEED = 20_261_122
#: Cases of a full run.
FULL = 560


@dataclass(frozen=True)
class Bait:
    """What a file tries to reach: a file it may not read and a server it may not ask."""

    canary: str
    address: str


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        number: in the run.
        what: how it was made.
        name: that it is sent under.
        content: its bytes.
    """

    number: int
    what: str
    name: str
    content: bytes


def cases(seeds: Mapping[str, bytes], bait: Bait, count: int = FULL) -> Iterator[Case]:
    """The files, each kind in its turn.

    Args:
        seeds: healthy files by name, to be damaged.
        bait: what is pointed at.
        count: how many.
    """
    pointers = list(_pointers(bait))
    bombs = _bombs()
    for number in range(count):
        dice = random.Random(f"{SEED}/{number}")
        turn = number % 8
        if turn < 5:
            again, which = divmod(number // 8 * 5 + turn, len(seeds))
            name = sorted(seeds)[which]
            damages = _damages(name)
            damage = damages[(again + which) % len(damages)]
            content = damage(dice, seeds[name], bait)
            what = f"{damage.__name__} of {name}"
        elif turn == 5:
            what, name, content = pointers[number // 8 % len(pointers)]
        elif turn == 6:
            what, name, make = bombs[number // 8 % len(bombs)]
            content = make()
        else:
            good = dice.choice(sorted(seeds))
            ending = dice.choice(sorted(seeds)).rpartition(".")[2]
            what, name = f"{good} misnamed", f"{_traversal(dice, bait)}.{ending}"
            content = seeds[good] if dice.random() < 0.5 else _nested(dice, seeds)
        yield Case(number, what, name, content)


def _damages(name: str) -> tuple[Callable[[random.Random, bytes, Bait], bytes], ...]:
    usual = (flipped, cut_short, holed, repeated, absurd_numbers)
    ending = name.rpartition(".")[2]
    if ending in ("mp4", "mov", "m4a"):
        return (*usual, shuffled_boxes, absurd_boxes, absurd_boxes, foreign_reference)
    if ending in ("wav", "avi", "webp"):
        return (*usual, absurd_chunks)
    if ending == "png":
        return (*usual, absurd_png)
    if ending in ("srt", "vtt", "ass", "json", "toml", "csv", "cube", "md", "otio", "xml"):
        return (flipped, cut_short, repeated, long_lines, odd_characters, odd_numbers)
    return usual


# Damage


def flipped(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Bits turned over: a few anywhere, or many in the head."""
    found = bytearray(content)
    within = len(found) if dice.random() < 0.5 else min(len(found), 512)
    for _n in range(dice.choice((1, 4, 32, 300))):
        found[dice.randrange(within)] ^= 1 << dice.randrange(8)
    return bytes(found)


def cut_short(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Broken off, at either end."""
    at = dice.randrange(1, len(content))
    return content[:at] if dice.random() < 0.7 else content[at:]


def holed(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """A stretch of zeros, of ones, or of noise."""
    found = bytearray(content)
    at, length = dice.randrange(len(found)), dice.choice((16, 300, 5000))
    fill = dice.choice((b"\0", b"\xff", None))
    patch = fill * length if fill else dice.randbytes(length)
    found[at : at + length] = patch[: len(found) - at]
    return bytes(found)


def repeated(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """A stretch of it many times over."""
    at = dice.randrange(len(content))
    stretch = content[at : at + dice.randrange(1, 2000)]
    return content[:at] + stretch * dice.choice((2, 50, 400)) + content[at:]


def absurd_numbers(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Numbers of the head as large or as negative as they can be."""
    found = bytearray(content)
    for _n in range(dice.choice((1, 3, 12))):
        at = dice.randrange(min(len(found) - 8, 600))
        value = dice.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0))
        found[at : at + 4] = struct.pack(dice.choice("<>") + "I", value)
    return bytes(found)


def _boxes(content: bytes) -> list[bytes]:
    found, at = [], 0
    while at + 8 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        if not 8 <= size <= len(content) - at:
            size = len(content) - at
        found.append(content[at : at + size])
        at += size
    return found


def shuffled_boxes(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """The boxes of an MP4 in another order, one twice, or one within another."""
    boxes = _boxes(content)
    dice.shuffle(boxes)
    if dice.random() < 0.5:
        boxes.append(dice.choice(boxes))
    if dice.random() < 0.3:
        inner = dice.choice(boxes)
        boxes.append(struct.pack(">I", len(inner) + 8) + b"moov" + inner)
    return b"".join(boxes)


_FIELDS = (b"mvhd", b"tkhd", b"mdhd", b"stts", b"stsc", b"stsz", b"stco", b"avc1", b"ctts",
           b"elst", b"mp4a", b"avcC", b"hdlr", b"trak", b"stsd")  # fmt: skip


def absurd_boxes(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Counts, sizes, durations or measures in the boxes of an MP4 beyond all reason."""
    found = bytearray(content)
    for _n in range(dice.choice((1, 2, 5))):
        at = found.find(dice.choice(_FIELDS))
        if at < 4:
            continue
        where = at + dice.choice((-4, 4, 8, 12, 16, 20, 24, 28, 32))
        if 0 <= where <= len(found) - 4:
            value = dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000000, 0xFFFF0000))
            found[where : where + 4] = struct.pack(">I", value)
    return bytes(found)


def foreign_reference(dice: random.Random, content: bytes, bait: Bait) -> bytes:
    """An MP4 whose samples are said to lie in another file, or at an address."""
    place = dice.choice((f"file://{bait.canary}", f"{bait.address}/a.mp4", bait.canary))
    entry = struct.pack(">I", 13 + len(place)) + b"url \0\0\0\0" + place.encode() + b"\0"
    dref = struct.pack(">I", 16 + len(entry)) + b"dref" + struct.pack(">II", 0, 1) + entry
    found, at = bytearray(content), content.find(b"dref")
    if at > 4:
        (size,) = struct.unpack_from(">I", content, at - 4)
        found[at - 4 : at - 4 + size] = dref
    return bytes(found)


def absurd_chunks(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Sizes and rates of a RIFF file beyond all reason."""
    found = bytearray(content)
    for _n in range(dice.choice((1, 3))):
        at = dice.choice((4, 16, 22, 24, 28, 32, 34, 40, 48, 56, 64))
        value = dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000001))
        found[at : at + 4] = struct.pack("<I", value)
    return bytes(found)


def absurd_png(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """A PNG of other measures, whose sums are right."""
    width, height = dice.choice(((0, 0), (1, 1), (60_000, 60_000), (2**31 - 1, 1), (1, 2**31 - 1)))
    head = struct.pack(">II", width, height) + content[24:29]
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return content[:16] + head + crc + content[33:]


def long_lines(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """A line of it a hundred thousand characters long, or nesting without end."""
    lines = content.split(b"\n")
    at = dice.randrange(len(lines))
    filler = dice.choice((b"a", b"[", b'{"a":', b"<i>", b"\\N", b"(", b"0", b"{\\b1}", b'"'))
    lines[at] = lines[at] + filler * 100_000
    return b"\n".join(lines)


def odd_characters(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """What has no business in a text."""
    odd = ("\0", "\u202e", "\ud7ff", "\ufeff", "\x1b[2J", "\u0000\u0301" * 500, "\U000e0001")
    text = content.decode("utf-8", "replace")
    for _n in range(5):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(odd) + text[at:]
    raw = text.encode("utf-8", "surrogatepass")
    return dice.choice((raw, text.encode("utf-16"), raw + b"\xff\xfe\x80"))


def odd_numbers(dice: random.Random, content: bytes, _: Bait) -> bytes:
    """Numbers of a text that no number type holds."""
    odd = ("-1", "99999999999999999999", "1e999", "nan", "1/0", "9" * 5000, "0x10", "٣", "-0")
    out, skip = [], False
    for character in content.decode("utf-8", "replace"):
        if character.isdigit():
            if not skip and dice.random() < 0.2:
                out.append(dice.choice(odd))
                skip = True
            elif not skip:
                out.append(character)
        else:
            skip = False
            out.append(character)
    return "".join(out).encode("utf-8")


# Files that point elsewhere


def _pointers(bait: Bait) -> Iterator[tuple[str, str, bytes]]:
    """Playlists, scripts and documents that name the canary or the server."""
    for target in (f"file://{bait.canary}", bait.canary, f"{bait.address}/x.ts", "../../x.ts"):
        m3u8 = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
        yield "playlist", "live.m3u8", m3u8.encode()
        yield "playlist as a film", "live.mp4", m3u8.encode()
        yield "playlist after a mark", "bom.mp4", b"\xef\xbb\xbf\n\n" + m3u8.encode()
        key = f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:1,\na.ts\n'
        yield "playlist with a key", "key.m3u8", key.encode()
        concat = f"ffconcat version 1.0\nfile '{target}'\noption protocol_whitelist file,http\n"
        yield "concat script", "list.ffconcat", concat.encode()
        yield "concat script as a film", "list.mkv", concat.encode()
        mpd = (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
            f"<BaseURL>{target}</BaseURL></Period></MPD>"
        )
        yield "manifest", "a.mpd", mpd.encode()
        sdp = f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\na=control:{target}\n"
        yield "session", "a.sdp", sdp.encode()
        pls = f"[playlist]\nFile1={target}\nNumberOfEntries=1\n"
        yield "old playlist", "a.pls", pls.encode()
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
            f'<image x:href="{target}" width="9" height="9"/></svg>'
        )
        yield "drawing", "a.svg", svg.encode()
        yield "drawing as a picture", "a.png", svg.encode()
        xml = (
            f'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY c SYSTEM "{target}">]>'
            '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="0s" end="1s">&c;</p>'
            "</div></body></tt>"
        )
        yield "document with an entity", "a.ttml", xml.encode()
        plan = {"sources": [{"path": target}], "format": "studio-plan", "version": 1}
        yield "plan", "plan.json", json.dumps(plan).encode()
        ass = (
            "[Script Info]\nScriptType: v4.00+\n[Aegisub Project Garbage]\n"
            f"Video File: {target}\nAudio File: {target}\n[Events]\n"
            "Format: Layer, Start, End, Style, Text\n"
            f"Dialogue: 0,0:00:00.00,0:00:01.00,Default,{{\\fn{target}}}text\n"
        )
        yield "subtitles with files", "a.ass", ass.encode()
        script = f"---\nlanguage: en\n---\nHello.\n\n![a picture]({target})\n\n[table: {target}]\n"
        yield "script with files", "a.md", script.encode()
        toml = f'extends = "{target}"\nfont = "{target}"\n'
        yield "style with files", "a.toml", toml.encode()
    yield "stream of images", "frame-%03d.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def _bombs() -> list[tuple[str, str, Callable[[], bytes]]]:
    """Small files that would be large; each is made when its turn comes."""
    head = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16)
    rate = struct.pack("<HHIIHH", 1, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 65535, 64)
    ogg = b"OggS\0\2" + b"\0" * 8 + b"\1\0\0\0" * 2 + b"\0" * 4 + b"\xff" + b"\xff" * 255
    return [
        *(("zip bomb", f"bomb.{e}", _zip) for e in ("zip", "mp4", "srt", "png", "otio")),
        ("gzip bomb", "bomb.cube", lambda: gzip.compress(b"0 " * (5 << 20), 6, mtime=0)),
        ("picture of 12000 x 12000", "bomb.png", lambda: _flat_png(12_000)),
        ("picture of 30000 x 30000", "bomb.png", lambda: _flat_png(30_000)),
        ("picture of many frames", "bomb.gif", lambda: _gif(30_000)),
        ("matroska without end", "a.mkv", lambda: b"\x1aE\xdf\xa3\x01" + b"\xff" * 7 + bytes(3000)),
        ("matroska in matroska", "deep.mkv",
         lambda: b"\x1aE\xdf\xa3\x80" + b"\x18S\x80g\xff" * 20_000),
        ("box in box", "deep.mp4", _deep_boxes),
        ("a billion laughs", "laughs.ttml", _laughs),
        ("nested JSON", "deep.json", lambda: b"[" * 200_000),
        ("nested JSON closed", "deep.otio", lambda: b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        ("nested TOML", "deep.toml", lambda: b"a = " + b"[" * 50_000),
        ("one key", "key.toml", lambda: b"a." * 100_000 + b"a = 1\n"),
        ("a table beyond size", "big.cube", lambda: b"LUT_3D_SIZE 100000\n0 0 0\n"),
        ("a table beyond sense", "big1.cube", lambda: b"LUT_1D_SIZE 2147483647\n0 0 0\n"),
        ("many cues", "many.srt", _many_cues),
        ("one cue", "one.vtt",
         lambda: b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<c.a>" * 60_000),
        ("columns", "wide.csv", lambda: b"term," * 200_000 + b"\n"),
        ("sound of 65535 channels", "many.wav",
         lambda: head + rate + b"data\xff\xff\xff\xff" + bytes(99)),
        ("a packet a thousand times", "loop.ts", lambda: (b"G@\0\x10" + bytes(184)) * 20_000),
        ("pages without end", "a.ogg", lambda: ogg * 2000),
    ]  # fmt: skip


@cache
def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        entry = zipfile.ZipInfo("../../../../tmp/evil", (2026, 1, 1, 0, 0, 0))
        file.writestr(entry, bytes(20 << 20), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _deep_boxes() -> bytes:
    boxes = b"".join(struct.pack(">I", 8 * (4000 - n)) + b"moov" for n in range(4000))
    return struct.pack(">I", 16) + b"ftypisom\0\0\0\0" + boxes


def _laughs() -> bytes:
    laughs = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
    )
    tt = '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="0s" end="1s">&m;</p></div>'
    return (laughs + "]>" + tt + "</body></tt>").encode()


def _many_cues() -> bytes:
    cue = "{0}\n00:00:00,000 --> 99:59:59,999\n{1}\n\n"
    return "".join(cue.format(n, "<i>" * 20 + "x") for n in range(30_000)).encode()


@cache
def _flat_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    packer = zlib.compressobj(1)
    row = b"\0" + b"\0" * (side // 8)
    data = b"".join(packer.compress(row * 500) for _ in range(side // 500)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _gif(frames: int) -> bytes:
    picture = b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff" + picture * frames + b";"


def _nested(dice: random.Random, seeds: Mapping[str, bytes]) -> bytes:
    """A healthy file within, before or behind another."""
    one, two = (seeds[dice.choice(sorted(seeds))] for _ in range(2))
    at = dice.randrange(len(one))
    return dice.choice((one + two, one[:at] + two + one[at:], one[:64] + two))


def _traversal(dice: random.Random, bait: Bait) -> str:
    return dice.choice(
        (
            "../../../../tmp/evil", "..\\..\\evil", bait.canary, "/etc/passwd", "~/.ssh/id", "-i",
            "--out=/tmp/evil", "a\0b", "a\nb", "con", "." * 300, "가" * 300, "%2e%2e%2fevil",
            "<script>alert(1)</script>", "$(touch evil)", "`id`", "a;b|c&d", "concat:a|b",
            "http://127.0.0.1/x", "pipe:0", "fd:3", "subfile,,start,0,end,0,,:/etc/passwd", " ", "",
        )
    )  # fmt: skip

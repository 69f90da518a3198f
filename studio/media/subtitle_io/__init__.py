"""Subtitle files: SRT, WebVTT, ASS, TTML and the studio's JSON, to cues and back.

A file is hostile until read: it is a regular file of limited size, its encoding is told from its
bytes, and what is broken in it is named with its line. Files are written beside and renamed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from studio.errors import LimitExceeded, NoSuchMedia, RequestError, UnsupportedMedia
from studio.media.subtitle_io import ass, plain_json, srt, ttml, vtt
from studio.media.subtitle_io.text import MAX_CUES, MAX_LINE, BrokenText
from studio.media.writer import write_beside
from studio.types.cue_style import CueStyle
from studio.types.subtitles import Subtitles
from studio.types.timecode import FrameRate
from studio.types.transcript import Word

#: What can be written; the name is also the file's ending.
FORMATS = ("srt", "vtt", "ass", "ttml", "json")
#: Endings of files that can be read, and their format.
_ENDINGS = {f: f for f in FORMATS} | {"ssa": "ass", "dfxp": "ttml", "xml": "ttml", "imsc": "ttml"}
_MAX_BYTES = 32 * 2**20
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True)
class SubtitleFile:
    """What a file holds.

    Attributes:
        subtitles: the cues, in the order of the file.
        format: one of :data:`FORMATS`.
        encoding: of its text; other than ``utf-8`` it was told from the bytes.
        words: where the file is the studio's JSON and holds them.
    """

    subtitles: Subtitles
    format: str
    encoding: str
    words: tuple[Word, ...] = ()


def read(path: Path) -> Subtitles:
    """The cues of a file, in its order. Raises: as :func:`read_file`."""
    return read_file(path).subtitles


def read_file(path: Path) -> SubtitleFile:
    """A subtitle file.

    The format is told from the content, the language from the file or its name
    (``film.ko.srt``).

    Raises:
        NoSuchMedia: nothing readable lies there.
        UnsupportedMedia: it holds no subtitles, or a line of it is broken; the message names
            the line.
        LimitExceeded: more bytes, cues or characters in a line than any subtitle file has.
    """
    path = Path(path)
    text, encoding = decode(_bytes(path), path)
    long_line = next((n for n, line in enumerate(_lines(text), 1) if len(line) > MAX_LINE), 0)
    kind = _format_of(text, path)
    # XML and JSON may well stand in a single line.
    if long_line and kind not in ("ttml", "json"):
        raise LimitExceeded(
            f"{path}: line {long_line} is longer than {MAX_LINE:,} characters.",
            "Check that it is a subtitle file.",
        )
    words: tuple[Word, ...] = ()
    try:
        if kind == "json":
            subtitles, words = plain_json.parse(text)
        else:
            subtitles = {"srt": srt, "vtt": vtt, "ass": ass, "ttml": ttml}[kind].parse(text)
    except BrokenText as exc:
        place = f", line {exc.line}" if exc.line else ""
        if exc.too_much:
            raise LimitExceeded(f"{path}{place}: {exc}", "Divide the file.") from exc
        raise UnsupportedMedia(f"{path}{place}: {exc}", "Mend the line and try again.") from exc
    if len(subtitles.cues) > MAX_CUES:
        raise LimitExceeded(f"{path} has more than {MAX_CUES:,} cues.", "Divide the file.")
    if not subtitles.cues:
        raise UnsupportedMedia(f"{path} holds no cue.", "Check that it is the right file.")
    if not subtitles.language:
        subtitles = replace(subtitles, language=_language_in(path))
    return SubtitleFile(subtitles, kind, encoding, words)


def write(
    subtitles: Subtitles,
    path: Path,
    format: str = "",
    *,
    words: Sequence[Word] = (),
    rate: FrameRate | None = None,
    style: CueStyle | None = None,
    karaoke: bool = False,
    picture_wh: tuple[int, int] = (1920, 1080),
) -> None:
    """Write cues to a file; it appears whole or not at all.

    Args:
        subtitles: what to write.
        path: where.
        format: one of :data:`FORMATS`; from the ending of ``path`` where empty.
        words: of the transcript; into JSON, and for karaoke.
        rate: frames a second. ASS has hundredths of a second: with the rate they are chosen so
            that a cue comes and goes with the very frame. TTML then counts in frames.
        style: look of the cues, in ASS.
        karaoke: ASS marks each word as it is spoken.
        picture_wh: pixels of the picture the cues are for, in ASS.

    Raises:
        RequestError: no such format.
        EncodeFailed: the file cannot be written.
    """
    kind = format or path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise RequestError(f"{kind!r} is no subtitle format.", f"Use {', '.join(FORMATS)}.")
    if kind == "ass":
        spoken = tuple(words) if karaoke else ()
        text = ass.form(subtitles, rate, style or CueStyle(), spoken, picture_wh)
    elif kind == "ttml":
        text = ttml.form(subtitles, rate)
    elif kind == "json":
        text = plain_json.form(subtitles, tuple(words))
    else:
        text = {"srt": srt, "vtt": vtt}[kind].form(subtitles)
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def resolution_s(path: Path) -> Fraction:
    """The smallest step of time in a file of this name."""
    return Fraction(1, 100 if _ENDINGS.get(path.suffix[1:].lower()) == "ass" else 1000)


def _bytes(path: Path) -> bytes:
    """The whole of a regular file. A pipe or device is never waited for."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnsupportedMedia(f"{path} is no file.", "Name a subtitle file.")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise NoSuchMedia(
            f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc}.",
            "Check the name and its permissions.",
        ) from exc
    if len(raw) > _MAX_BYTES:
        raise LimitExceeded(
            f"{path} has more than {_MAX_BYTES:,} bytes.", "Check that it is a subtitle file."
        )
    return raw


def decode(raw: bytes, path: Path) -> tuple[str, str]:
    """Text and encoding of a file's bytes.

    UTF-8 and UTF-16 by their marks or their validity, Korean Windows files (cp949) by the Hangul
    that comes out, else Western Windows (cp1252).

    Raises:
        UnsupportedMedia: it is text in none of them.
    """
    marks = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
    for mark, encoding in marks:
        if raw.startswith(mark):
            return _decoded(raw[len(mark) :], (encoding,), path)
    if b"\0" in raw[:4096]:  # no text but UTF-16 has zeros; ASCII's halves tell the order
        half = raw[:4096]
        order = ("utf-16-le", "utf-16-be")
        return _decoded(raw, order if half[1::2].count(0) > half[::2].count(0) else order[1:], path)
    return _decoded(raw, ("utf-8", "cp949", "cp1252"), path)


def _decoded(raw: bytes, encodings: Sequence[str], path: Path) -> tuple[str, str]:
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [c for c in text if c > "\x7f"]
        hangul = sum("가" <= c <= "힣" for c in foreign)
        if encoding != "cp949" or hangul > len(foreign) * 0.7:
            return text, encoding
    line = 1
    try:
        raw.decode(encodings[0])
    except UnicodeDecodeError as exc:
        line += raw.count(b"\n", 0, exc.start)
    raise UnsupportedMedia(
        f"{path}, line {line}: the text is in no encoding that the studio reads.",
        "Save it as UTF-8.",
    )


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _format_of(text: str, path: Path) -> str:
    head = text.lstrip()[:4096]
    if head.startswith("WEBVTT"):
        return "vtt"
    if head.startswith("<"):
        return "ttml"
    if head.startswith("{") and path.suffix.lower() == ".json":
        return "json"
    if re.search(r"^\[Script Info\]|^\[V4\+? Styles\]", head, re.IGNORECASE | re.MULTILINE):
        return "ass"
    if "-->" in text:
        return "srt"
    named = _ENDINGS.get(path.suffix[1:].lower())
    if named is None or not text.strip():
        raise UnsupportedMedia(
            f"{path} holds no subtitles that the studio reads.",
            "It reads SRT, WebVTT, ASS, TTML and its own JSON.",
        )
    return named


def _language_in(path: Path) -> str:
    inner = Path(path.stem).suffix[1:]
    return inner.split("-")[0] if _LANGUAGE.fullmatch(inner) else ""

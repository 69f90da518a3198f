"""Annotations for ELAN, and metadata tracks for the web."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from studio.media.writer import write_beside

#: A stretch of time with words: start and end in seconds on the source clock.
Span = tuple[float, float, str]

#: ELAN wants a date; the same footage gives the same file on any day.
_NO_DATE = "1970-01-01T00:00:00+00:00"


def write_eaf(tiers: Mapping[str, Sequence[Span]], media: Path, path: Path) -> None:
    """An ELAN file with a tier each, linked to its footage.

    Within a tier ELAN knows no overlap: a span begins where the one before it ends, and one
    that is wholly covered is left out.

    Args:
        tiers: name to spans, in order of time.
        media: the footage.
        path: of the ``.eaf``.

    Raises:
        EncodeFailed: it cannot be written.
    """
    import pympi

    eaf = pympi.Eaf(author="studio")
    eaf.remove_tier("default")
    eaf.adocument["DATE"] = _NO_DATE
    mime = {".mp4": "video/mp4", ".mov": "video/quicktime", ".wav": "audio/x-wav"}
    eaf.add_linked_file(
        media.resolve().as_uri(), mimetype=mime.get(media.suffix.lower(), "unknown")
    )
    for name, spans in tiers.items():
        eaf.add_tier(name)
        free_ms = 0
        for start_s, end_s, text in spans:
            start, end = max(round(start_s * 1000), free_ms), round(end_s * 1000)
            if end <= start:
                continue
            eaf.add_annotation(name, start, end, _plain(text))
            free_ms = end
    with write_beside(path) as beside:
        logging.getLogger("pympi").setLevel(logging.ERROR)
        eaf.to_file(str(beside))


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def write_metadata_vtt(spans: Sequence[Span], path: Path) -> None:
    """A WebVTT file of metadata: a cue a span, its words as JSON or text.

    Raises:
        EncodeFailed: it cannot be written.
    """
    blocks = ["WEBVTT"]
    for number, (start_s, end_s, text) in enumerate(spans, start=1):
        clean = _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")
        lines = "\n".join(line for line in clean.splitlines() if line.strip()) or "-"
        blocks.append(f"{number}\n{_clock(start_s)} --> {_clock(end_s)}\n{lines}")
    with write_beside(path) as beside:
        beside.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _clock(seconds: float) -> str:
    ms = round(Fraction(seconds).limit_denominator(1000) * 1000)
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"

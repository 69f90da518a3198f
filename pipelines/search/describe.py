"""Answers for a terminal and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.search.indexing import IndexResult
from pipelines.search.result import Hit, Result
from studio.codec import to_json


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio search --json`` prints it."""
    return {
        "asked": to_json(result.asked),
        "searched": result.searched,
        "hits": [
            hit_json(hit, picture)
            for hit, picture in zip(result.hits, result.thumbnails, strict=True)
        ],
        "files": {name: str(path) for name, path in result.files.items()},
        "notes": list(result.notes),
        "ask_s": round(result.ask_s, 4),
        "wall_s": round(result.wall_s, 3),
    }


def hit_json(hit: Hit, picture: Path | None) -> dict[str, Any]:
    """One answer; frames half-open, seconds on the source clock."""
    return {
        "path": str(hit.media.path),
        "content_hash": hit.media.content_hash,
        "shot": hit.shot,
        "start_frame": hit.start_frame,
        "end_frame": hit.end_frame,
        "peak_frame": hit.peak_frame,
        "start_s": round(hit.start_s, 3),
        "end_s": round(hit.end_s, 3),
        "score": hit.score,
        "reasons": [to_json(why) for why in hit.reasons],
        "thumbnail": str(picture) if picture is not None else None,
    }


def summarise(result: Result) -> str:
    """The answers as a table."""
    lines = []
    if result.asked is not None and result.asked.english.lower() != result.asked.text.lower():
        lines.append(f"understood as: {result.asked.english or 'words as written'}")
    if result.hits:
        lines.append(f"{'':>3} {'score':>5}  {'in':>8} {'out':>8}  file")
    for number, hit in enumerate(result.hits, start=1):
        lines.append(
            f"{number:>3} {hit.score:>5.2f}  {clock(hit.start_s):>8} {clock(hit.end_s):>8}  "
            f"{hit.media.name}"
        )
        why = "; ".join(f"{_KINDS[w.kind]} {_short(w.text)} {w.score:.2f}" for w in hit.reasons)
        lines.append(f"{'':29}{why}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<14} {path}" for name, path in result.files.items()]
    lines.append(
        f"{len(result.hits)} answers from {result.searched} files in {1000 * result.ask_s:.0f} ms"
    )
    return "\n".join(lines)


def describe_index(result: IndexResult) -> dict[str, Any]:
    """What ``studio index … --json`` prints."""
    data: dict[str, Any] = to_json(result)
    return data


def summarise_index(result: IndexResult) -> str:
    """What is in the index, as lines."""
    lines = [
        f"{each.media.name}: {each.state}, {each.documents} documents" for each in result.added
    ]
    for each in result.added:
        lines += [f"note: {each.media.name}: {note}" for note in each.notes]
    if not result.added:
        lines += [
            f"{m.content_hash[:10]}  {clock(m.duration_s):>9}  {m.path}"
            + (f"  [{', '.join(m.collections)}]" if m.collections else "")
            for m in result.media
        ]
    hours = sum(m.duration_s for m in result.media) / 3600
    lines.append(f"{len(result.media)} files, {hours:.2f} hours, {result.wall_s:.1f} s")
    return "\n".join(lines)


_KINDS = {
    "object": "seen:",
    "scene": "looks like",
    "speech": "said:",
    "text": "written:",
    "person": "seen:",
    "look": "shows",
    "sound": "heard:",
    "like": "",
}


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def clock(seconds: float) -> str:
    """``1:02:03.4``."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"

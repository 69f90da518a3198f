"""Files whose cuts or words a person set right since they were made searchable are made so anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.analysis import cut_corrections, word_corrections
from pipelines.search.library import Library
from pipelines.search.options import IndexOptions
from studio.archive.search_index import IndexedMedia
from studio.jobs.job import Job


def said_of(data_dir: Path, content_hash: str) -> dict[str, Any]:
    """What the documents of a file depend on besides its models; nothing where nobody said
    anything of its cuts or its words."""
    cuts = cut_corrections.known_corrections(data_dir, content_hash).made_by
    words = word_corrections.made_by(data_dir, content_hash)
    return ({"cuts": cuts} if cuts else {}) | ({"words": words} if words else {})


def renew(
    library: Library, media: Sequence[IndexedMedia], job: Job
) -> tuple[tuple[IndexedMedia, ...], tuple[str, ...]]:
    """The same files, as they are wanted now.

    What was stored is used: no picture is looked at again, no sound is heard again. Without
    decisions it costs one look into two folders.

    Returns:
        The files, and what a user should know.
    """
    data_dir = job.settings.data_dir
    folders = [data_dir / name for name in (cut_corrections.FOLDER, word_corrections.FOLDER)]
    said = {p.name.split(".")[0] for folder in folders for p in folder.glob("*.json")}
    found: list[IndexedMedia] = []
    notes: list[str] = []
    for each in media:
        more: tuple[str, ...] = ()
        now = each
        if each.content_hash[:40] in said or any(
            f'"{part}":' in each.made_by for part in ("cuts", "words")
        ):
            now, more = _renewed(library, each, job)
        found.append(now)
        notes += more
    return tuple(found), tuple(notes)


def _renewed(
    library: Library, media: IndexedMedia, job: Job
) -> tuple[IndexedMedia, tuple[str, ...]]:
    from pipelines.search.indexing import add_one

    made_by = json.loads(media.made_by)
    known = {key: made_by[key] for key in ("cuts", "words") if key in made_by}
    if known == said_of(job.settings.data_dir, media.content_hash):
        return media, ()
    if not media.path.is_file():
        note = f"{media.name} is not where it was, so it is searched as it was before corrections."
        return media, (note,)
    options = IndexOptions(language=made_by["language"], texts=made_by["texts"], people=False)
    done = add_one(library, media.path, options, job)
    return done.media, done.notes

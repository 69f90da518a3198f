"""Files whose cuts a person set right since they were made searchable get their shots anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pipelines.analysis.cut_corrections import FOLDER, cuts_file, known_corrections
from pipelines.search.library import Library
from pipelines.search.options import IndexOptions
from studio.archive.search_index import IndexedMedia
from studio.jobs.job import Job


def cuts_by(data_dir: Path, content_hash: str) -> dict[str, str]:
    """What the documents of a file depend on besides its models; nothing where nobody said
    anything of its cuts."""
    return known_corrections(data_dir, content_hash).made_by


def renew(
    library: Library, media: Sequence[IndexedMedia], job: Job
) -> tuple[tuple[IndexedMedia, ...], tuple[str, ...]]:
    """The same files, their shots as they are wanted now.

    What was stored is used: no picture is looked at again. Without decisions it costs one look
    into a folder.

    Returns:
        The files, and what a user should know.
    """
    data_dir = job.settings.data_dir
    folder = data_dir / FOLDER
    said = {path.name for path in folder.glob("*.json")} if folder.is_dir() else set()
    found: list[IndexedMedia] = []
    notes: list[str] = []
    for each in media:
        name = cuts_file(data_dir, each.content_hash).name
        more: tuple[str, ...] = ()
        now = each
        if each.frames and (name in said or '"corrected"' in each.made_by):
            now, more = _renewed(library, each, job)
        found.append(now)
        notes += more
    return tuple(found), tuple(notes)


def _renewed(
    library: Library, media: IndexedMedia, job: Job
) -> tuple[IndexedMedia, tuple[str, ...]]:
    from pipelines.search.indexing import add_one

    made_by = json.loads(media.made_by)
    if made_by.get("cuts", {}) == cuts_by(job.settings.data_dir, media.content_hash):
        return media, ()
    if not media.path.is_file():
        note = f"{media.name} is not where it was, so its shots are as they were cut before."
        return media, (note,)
    options = IndexOptions(language=made_by["language"], texts=made_by["texts"], people=False)
    done = add_one(library, media.path, options, job)
    return done.media, done.notes

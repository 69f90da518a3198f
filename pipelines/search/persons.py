"""People in the index: told by the gallery, and told again when the gallery has changed."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from pipelines.search.library import Library
from pipelines.search.words import full_text
from studio.archive.search_index import Document, IndexedMedia
from studio.errors import StudioError
from studio.jobs.job import Job

#: Frames between two samples where a track has but one.
_USUAL_STEP = 12


def gallery_state(job: Job) -> str:
    """A digest of who is known; changes with every name, photo and correction."""
    from pipelines.people.options import GALLERY

    folder = job.settings.data_dir / GALLERY
    told = hashlib.sha256()
    for file in sorted(folder.rglob("*.json")) if folder.is_dir() else []:
        told.update(file.name.encode() + file.read_bytes())
    return told.hexdigest()[:16]


def refresh(library: Library, media: IndexedMedia, job: Job) -> tuple[str, ...]:
    """Say who is seen in a file, where that is not known by the gallery as it is now.

    Returns:
        What a user should know.
    """
    state = gallery_state(job)
    if media.people_by == state or not media.frames:
        return ()
    if not media.path.is_file():
        return (f"{media.name} is not where it was, so its people are as they were told before.",)
    from pipelines import people

    try:
        result = people.run(media.path, people.Options(), job)
    except StudioError as error:
        return (f"The people in {media.name} are not known: {error.message}",)
    found = []
    for person in result.people.persons:
        for number in person.tracks:
            track = result.people.tracks[number]
            start, end = _edges(library, media, track.shot, track.frames)
            found.append(
                Document(
                    "person",
                    person.label,
                    track.shot,
                    start,
                    end,
                    int(track.best_frames[0]) if len(track.best_frames) else int(track.frames[0]),
                    float(result.times.start(start)),
                    float(result.times.start(end)),
                    round(float(track.best_quality[0]) if len(track.best_quality) else 0.3, 4),
                )
            )
    words = {(d.kind, d.text): full_text(d.kind, d.text) for d in found}
    library.index.replace_kind(media.number, "person", found, words, state)
    library.learn(job)
    return result.people.notes


def _edges(
    library: Library, media: IndexedMedia, shot: int, frames: NDArray[np.int64]
) -> tuple[int, int]:
    """From half a sample before the first picture of a face to half a sample behind the last;
    to the edge of the shot where that is nearer."""
    shots = library.index.shots(media.number).spans
    low, high = shots[shot][:2] if 0 <= shot < len(shots) else (0, media.frames)
    step = int(np.median(np.diff(frames))) if len(frames) > 1 else _USUAL_STEP
    start, end = int(frames[0]) - step // 2, int(frames[-1]) + step // 2
    # A sample falls somewhere in the first step of a shot: a face seen on it was there before.
    start = low if start - low < step // 2 + 1 else start
    end = high if high - end < step // 2 + 1 else end
    return max(start, low), min(max(end, start + 1), high)

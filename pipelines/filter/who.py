"""Whose the faces of a film are, told often enough to notice when one becomes another."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.filter.lines import Line
from pipelines.filter.specs import Anonymise
from pipelines.people.naming import names_of_tracks
from pipelines.stylize.chain import to_bytes
from studio.adapters import face_embedding
from studio.archive.gallery import Gallery
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.reader import decode_range
from studio.media.rgb_film import RgbConverter
from studio.types.landmarks import Floats
from studio.types.media import FrameTimes, MediaInfo

#: Seconds from one look at a face to the next; where faces meet, every second row is looked at.
_EVERY_S, _MEETING_STEP = 0.2, 2
#: A look agrees where the face is so near to the one who is named, in limits of that person.
_NEAR_ENOUGH = 1.1


@dataclass(frozen=True)
class Sample:
    """One look at a face.

    Attributes:
        line, row: of which it is one.
        vector: float32 ``(d,)``, what it looks like.
    """

    line: int
    row: int
    vector: Floats


def spelt(names: Sequence[str], gallery: Gallery) -> tuple[str, ...]:
    """Names as the gallery spells them.

    Raises:
        RequestError: one is not in it.
    """
    known = {name.casefold(): name for name in gallery.names}
    found = []
    for name in names:
        if name.casefold() not in known:
            near = difflib.get_close_matches(name.casefold(), list(known), 1, 0.6)
            hint = f"Did you mean {known[near[0]]!r}? " if near else ""
            there = ", ".join(gallery.names) or "nobody"
            raise RequestError(
                f"The gallery {gallery.path.name} knows nobody called {name!r}.",
                f"{hint}It knows {there}; studio people add NAME PHOTO adds somebody.",
            )
        found.append(known[name.casefold()])
    return tuple(found)


def look_at(
    lines: Sequence[Line], info: MediaInfo, times: FrameTimes, rate_hz: float, job: Job
) -> list[Sample]:
    """Looks at the faces of lines: some a second, and many where faces meet."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    step = max(1, round(_EVERY_S * rate_hz))
    for number, line in enumerate(lines):
        clear = np.isfinite(line.landmarks_px[:, 0, 0])
        for run in np.unique(line.runs):
            rows = np.flatnonzero((line.runs == run) & clear)
            each = _MEETING_STEP if len(rows) <= step else step
            for row in {*rows[::each].tolist(), *rows[-1:].tolist()}:
                wanted.setdefault(int(line.frames[row]), []).append((number, int(row)))
    made: list[Sample] = []
    if not wanted or info.video is None:
        return made
    convert = RgbConverter(info.video)
    first, last = min(wanted), max(wanted)
    with job.pool.lease(face_embedding.SPEC) as model:
        for number, frame in decode_range(info, times, first, last + 1):
            if number not in wanted:
                continue
            picture = to_bytes(convert(frame))
            places = wanted[number]
            boxes = np.stack([lines[n].xyxy_px[row] for n, row in places])
            points = np.stack([lines[n].landmarks_px[row] for n, row in places])
            vectors = model.embed(picture, boxes, points)
            made += [Sample(n, row, v) for (n, row), v in zip(places, vectors, strict=True)]
            job.report("who", (number - first) / max(1, last - first), f"frame {number}")
    return made


def may_be_seen(
    lines: Sequence[Line], samples: Sequence[Sample], spec: Anonymise, gallery: Gallery
) -> list[list[bool]]:
    """For each line and row whether the face may be seen.

    With ``except`` a face is seen only from one look that tells it to the next that does; who
    is not told is covered. With ``only`` a face is covered along every line on which it was
    once told.
    """
    parts: dict[tuple[int, int], list[Sample]] = {}
    for sample in samples:
        run = int(lines[sample.line].runs[sample.row])
        parts.setdefault((sample.line, run), []).append(sample)
    keys = [(n, int(run)) for n, line in enumerate(lines) for run in np.unique(line.runs)]
    nothing = np.zeros((0, face_embedding.WIDTH), np.float32)
    vectors = [
        np.stack([s.vector for s in parts[key]]) if key in parts else nothing for key in keys
    ]
    frames = [lines[n].frames[lines[n].runs == run] for n, run in keys]
    names = dict(zip(keys, names_of_tracks(vectors, frames, gallery), strict=True))
    columns = {name: i for i, name in enumerate(gallery.names)}
    made: list[list[bool]] = []
    for number, line in enumerate(lines):
        if spec.only:
            told = {names[key] for key in keys if key[0] == number}
            once = {
                name
                for key in keys
                if key[0] == number and key in parts
                for name in gallery.name_of(np.stack([s.vector for s in parts[key]]))
            }
            hidden = any(name in spec.only for name in (*told, *once))
            made.append([not hidden] * len(line.frames))
            continue
        seen = np.zeros(len(line.frames), bool)
        for run in np.unique(line.runs):
            name = names[number, int(run)]
            if name is None or name not in spec.exempt:
                continue
            limit = gallery.limits[name] * _NEAR_ENOUGH
            rows = np.flatnonzero(line.runs == run)
            looks = sorted(parts[number, int(run)], key=lambda s: s.row)
            apart = gallery.distances(np.stack([s.vector for s in looks]))
            agrees = (apart[:, columns[name]] <= limit) & (apart.argmin(axis=1) == columns[name])
            seen[rows] = _between(rows, np.array([s.row for s in looks]), agrees)
        made.append(seen.tolist())
    return made


def _between(
    rows: NDArray[np.int64], looked: NDArray[np.int64], agrees: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The rows whose look before and look after agree; at the ends, the only one there is."""
    before = np.searchsorted(looked, rows, "right") - 1
    after = np.searchsorted(looked, rows, "left")
    first = np.where(before >= 0, before, after)
    last = np.where(after < len(looked), after, before)
    made: NDArray[np.bool_] = agrees[first] & agrees[last]
    return made

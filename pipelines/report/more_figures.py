"""Figures of bodies, of stretches of time and of colours. Pure: from raw rows alone."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from pipelines.people.poses import SITTING, STANDING
from pipelines.report.shot_facts import joined_colors
from studio.types.table import Cell, Table

#: Width of the stretches in which bodies are counted.
STRETCH_S = 10.0
#: Who goes slower stands; body heights a second. People walk at 0.8.
MOVES_FROM = 0.3
#: Main colours of a film.
_COLORS = 8

Row = Mapping[str, Cell]

#: Figures of stretches: their name, the raw table, and the column that says what it is.
SPANS = (
    ("sounds", "noises", "sound"),
    ("events", "odd_events", "event"),
    ("safety", "flags", "flag"),
    ("texts_seen", "texts", "text"),
    ("known_things", "sightings", "known_thing"),
)


def more_figures(raw: Mapping[str, Sequence[Row]], lengths: Mapping[str, float]) -> list[Table]:
    """Figures of one film.

    Args:
        raw: records of its raw tables by name.
        lengths: name of the file to its length in seconds.
    """
    (file, whole_s) = next(iter(lengths.items()))
    found = [_spans(name, raw[table], column, file, whole_s) for name, table, column in SPANS]
    found.append(_bodies(raw["body_samples"], file, whole_s))
    found.append(_bodies_over_time(raw["body_frames"], file))
    found.append(_colors(raw["shots"], file))
    return found


def _n(row: Row, name: str) -> float:
    value = row[name]
    if value is None:
        raise ValueError(f"{name} is empty")
    return float(value)


def _r(value: float, digits: int = 3) -> float:
    return round(value, digits) + 0.0


def _spans(name: str, rows: Sequence[Row], column: str, file: str, whole_s: float) -> Table:
    """Seconds in which each is there, once where two stretches of it meet; how often; how sure."""
    found: list[tuple[Cell, ...]] = []
    for label in dict.fromkeys(row[column] for row in rows):
        mine = [row for row in rows if row[column] == label]
        seconds = _covered((_n(row, "start_s"), _n(row, "end_s")) for row in mine)
        best = max(_n(row, "score") for row in mine)
        share = _r(seconds / max(whole_s, 1e-9), 4)
        found.append((file, label, _r(seconds), share, len(mine), _r(best, 4)))
    head = ("file", column, "seconds", "share", "times", "highest_score")
    return Table(name, head, tuple(sorted(found, key=lambda r: (-float(r[2] or 0), str(r[1])))))


def _covered(spans: Iterable[tuple[float, float]]) -> float:
    whole, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        whole += max(0.0, end - max(start, until))
        until = max(until, end)
    return whole


def _bodies(rows: Sequence[Row], file: str, whole_s: float) -> Table:
    """Each body: how long, and of the time in which it can be told what it does."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["body"]), []).append(row)
    found: list[tuple[Cell, ...]] = []
    for label, mine in groups.items():
        hands = [row for row in mine if row["hands_raised"] is not None]
        postures = [row for row in mine if row["posture"] in (SITTING, STANDING)]
        speeds = [row for row in mine if row["body_heights_per_s"] is not None]
        found.append(
            (
                file,
                label,
                int(_n(mine[0], "named")),
                _r(_sum(mine)),
                _r(_sum(mine) / max(whole_s, 1e-9), 4),
                len({row["shot"] for row in mine}),
                _r(min(_n(row, "time_s") for row in mine)),
                _r(max(_n(row, "time_s") + _n(row, "seconds") for row in mine)),
                _r(_sum(hands)),
                _r(_sum(row for row in hands if _n(row, "hands_raised"))),
                _r(_sum(postures)),
                _r(_sum(row for row in postures if row["posture"] == SITTING)),
                _r(_sum(row for row in postures if row["posture"] == STANDING)),
                _r(_sum(speeds)),
                _r(_sum(r for r in speeds if _n(r, "body_heights_per_s") >= MOVES_FROM)),
                _r(statistics.median(_n(row, "body_heights_per_s") for row in speeds), 2)
                if speeds
                else None,
            )
        )
    head = (
        *("file", "body", "named", "seconds", "share", "shots", "first_s", "last_s"),
        *("hands_told_s", "hand_raised_s", "posture_told_s", "sitting_s", "standing_s"),
        *("speed_told_s", "moving_s", "median_body_heights_per_s"),
    )
    return Table("bodies", head, tuple(sorted(found, key=lambda r: (-float(r[3] or 0), str(r[1])))))


def _sum(rows: Iterable[Row]) -> float:
    return sum(_n(row, "seconds") for row in rows)


def _bodies_over_time(frames: Sequence[Row], file: str) -> Table:
    """How many are in the picture, on average over a stretch and at most; a frame counts where
    the time begins that it stands for."""
    groups: dict[int, list[Row]] = {}
    for row in frames:
        groups.setdefault(int(_n(row, "from_s") // STRETCH_S), []).append(row)
    found: list[tuple[Cell, ...]] = []
    for at, mine in sorted(groups.items()):
        seconds = _sum(mine)
        mean = sum(_n(row, "bodies") * _n(row, "seconds") for row in mine) / max(seconds, 1e-9)
        most = int(max(_n(row, "bodies") for row in mine))
        found.append((file, _r(at * STRETCH_S), _r(seconds), _r(mean), most))
    head = ("file", "from_s", "seconds", "mean_bodies", "most_bodies")
    return Table("bodies_over_time", head, tuple(found))


def _colors(shots: Sequence[Row], file: str) -> Table:
    """The main colours of the whole film: those of its shots, each as long as its shot."""
    pairs = [
        (color, float(share) * _n(shot, "seconds"))
        for shot in shots
        for color, share in (pair.split(":") for pair in str(shot["colors"] or "").split())
    ]
    ranked = joined_colors(pairs, _COLORS)
    rows = tuple((file, n, color, _r(share, 4)) for n, (color, share) in enumerate(ranked, start=1))
    return Table("colors", ("file", "rank", "color", "share"), rows)

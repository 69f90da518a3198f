"""From raw tables to figures. Pure: the same from memory as from the written files."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations

from studio.types.table import Cell, Table

#: All files together; no file can be called so, since names of files have no spaces around.
ALL = "(all)"
#: Width of the stretches that go over time.
MINUTE_S = 60.0
#: Scene words less likely than this are not counted.
WORD_FROM = 0.2

Row = Mapping[str, Cell]


def count(raw: Sequence[Table]) -> tuple[Table, ...]:
    """Every table of figures.

    Args:
        raw: of :func:`pipelines.report.raw_tables.raw_tables`.
    """
    by_name = {table.name: list(table.records()) for table in raw}
    lengths = {str(row["file"]): _number(row, "seconds") for row in by_name["files"]}
    seen = by_name["observations"]
    faces = [row for row in seen if row["kind"] == "face" and row["label"] != "unclear"]
    things = [row for row in seen if row["kind"] == "thing"]
    return (
        _persons(faces, lengths),
        _divided("persons_by_expression", faces, "expression"),
        _divided("persons_by_scale", faces, "scale"),
        _things(things, lengths),
        _together([*faces, *(row for row in things if row["label"] != "person")]),
        _cutting(by_name["shots"], lengths),
        _cutting_over_time(by_name["shots"], lengths),
        _shot_kinds(by_name["shots"]),
        _words(by_name["scene_words"], lengths),
        _speaking(by_name["turns"], lengths),
        _over_time([*faces, *things]),
    )


def _number(row: Row, name: str) -> float:
    value = row[name]
    if value is None:
        raise ValueError(f"{name} is empty")
    return float(value)


def _r(value: float, digits: int = 3) -> float:
    return round(value, digits) + 0.0


def _seconds(rows: Iterable[Row]) -> float:
    """Seconds of the samples on which the rows stand, each sample once."""
    once = {(row["file"], row["frame"]): _number(row, "seconds") for row in rows}
    return sum(once.values())


def _grouped(
    rows: Iterable[Row], key: Callable[[Row], tuple[Cell, ...]]
) -> dict[tuple[Cell, ...], list[Row]]:
    groups: dict[tuple[Cell, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _with_all(rows: Sequence[Row], known: Callable[[Row], bool]) -> list[Row]:
    """The rows, and once more under :data:`ALL` those that mean the same in every file."""
    if len({row["file"] for row in rows}) < 2:
        return list(rows)
    return [*rows, *({**row, "of": ALL} for row in rows if known(row))]


def _of(row: Row) -> Cell:
    return row.get("of", row["file"])


def _of_and(column: str, row: Row) -> tuple[Cell, ...]:
    return (_of(row), row[column])


def _persons(faces: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    groups = _grouped(_with_all(faces, _is_named), lambda row: (_of(row), row["label"]))
    for (file, label), mine in groups.items():
        seconds = _seconds(mine)
        whole = sum(lengths.values()) if file == ALL else lengths[str(file)]
        shots = len({(row["file"], row["shot"]) for row in mine})
        times = [_number(row, "time_s") for row in mine]
        ends = [_number(row, "time_s") + _number(row, "seconds") for row in mine]
        span = (None, None) if file == ALL else (_r(min(times)), _r(max(ends)))
        named = int(_number(mine[0], "named"))
        share = _r(seconds / max(whole, 1e-9), 4)
        rows.append((file, label, named, _r(seconds), share, shots, *span))
    head = ("file", "person", "named", "seconds", "share", "shots", "first_s", "last_s")
    return Table("persons", head, _longest_first(rows, 3))


def _is_named(row: Row) -> bool:
    return bool(_number(row, "named"))


def _longest_first(rows: Iterable[tuple[Cell, ...]], by: int) -> tuple[tuple[Cell, ...], ...]:
    return tuple(sorted(rows, key=lambda row: (str(row[0]), -float(row[by] or 0), str(row[1]))))


def _divided(name: str, faces: Sequence[Row], column: str) -> Table:
    """Seconds of each person by a column; a sample with two faces of one counts the first."""
    first: dict[tuple[Cell, ...], Row] = {}
    for row in _with_all(faces, _is_named):
        first.setdefault((_of(row), row["file"], row["frame"], row["label"]), row)
    kept = [row for row in first.values() if row[column] is not None]
    rows: list[tuple[Cell, ...]] = []
    for (file, label), mine in _grouped(kept, lambda row: (_of(row), row["label"])).items():
        whole = sum(_number(row, "seconds") for row in mine)
        for (value,), part in _grouped(mine, lambda row: (row[column],)).items():
            seconds = sum(_number(row, "seconds") for row in part)
            rows.append((file, label, value, _r(seconds), _r(seconds / max(whole, 1e-9), 4)))
    head = ("file", "person", column, "seconds", "share_of_person")
    ordered = sorted(rows, key=lambda r: (str(r[0]), str(r[1]), -float(r[3] or 0), str(r[2])))
    return Table(name, head, tuple(ordered))


def _things(things: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for (file, label), mine in _grouped(
        _with_all(things, lambda _: True), lambda row: (_of(row), row["label"])
    ).items():
        seconds = _seconds(mine)
        whole = sum(lengths.values()) if file == ALL else lengths[str(file)]
        most = max(len(g) for g in _grouped(mine, lambda r: (r["file"], r["frame"])).values())
        shots = len({(row["file"], row["shot"]) for row in mine})
        share = _r(seconds / max(whole, 1e-9), 4)
        rows.append((file, label, _r(seconds), share, shots, most))
    head = ("file", "thing", "seconds", "share", "shots", "most_at_once")
    return Table("things", head, _longest_first(rows, 2))


def _together(rows: Sequence[Row]) -> Table:
    """Seconds in which two are seen on the same sample, and their Jaccard index."""
    alone: dict[tuple[Cell, ...], float] = defaultdict(float)
    both: dict[tuple[Cell, ...], float] = defaultdict(float)
    for (file, _), mine in _grouped(rows, lambda row: (row["file"], row["frame"])).items():
        seconds = _number(mine[0], "seconds")
        labels = sorted({(str(row["kind"]), str(row["label"])) for row in mine})
        for kind, label in labels:
            alone[file, label, kind] += seconds
        for (kind, label), (other_kind, other) in combinations(labels, 2):
            both[file, label, kind, other, other_kind] += seconds
    found: list[tuple[Cell, ...]] = []
    for pair, seconds in both.items():
        file, first, first_kind, second, second_kind = pair
        union = alone[file, first, first_kind] + alone[file, second, second_kind] - seconds
        found.append((*pair, _r(seconds), _r(seconds / max(union, 1e-9), 4)))
    head = ("file", "one", "one_kind", "other", "other_kind", "seconds", "jaccard")
    return Table("together", head, _longest_first(found, 5))


def _cutting(shots: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    """Cutting rate: average shot length (ASL) and the median (MSL), as Cinemetrics counts."""
    rows: list[tuple[Cell, ...]] = []
    for (file,), mine in _grouped(shots, lambda row: (row["file"],)).items():
        spans = [_number(row, "seconds") for row in mine]
        begins = [row["begins_by"] for row in mine]
        whole = lengths[str(file)]
        cuts = len(mine) - 1
        rows.append(
            (
                file,
                len(mine),
                _r(whole),
                _r(statistics.fmean(spans)),
                _r(statistics.median(spans)),
                _r(statistics.pstdev(spans)),
                _r(min(spans)),
                _r(max(spans)),
                _r(60 * cuts / max(whole, 1e-9)),
                begins.count("cut"),
                begins.count("dissolve"),
                begins.count("fade"),
            )
        )
    head = ("file", "shots", "seconds", "asl_s", "msl_s", "deviation_s", "shortest_s", "longest_s")
    return Table("cutting", (*head, "cuts_per_min", "cuts", "dissolves", "fades"), tuple(rows))


def _cutting_over_time(shots: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for (file,), mine in _grouped(shots, lambda row: (row["file"],)).items():
        starts = [_number(row, "start_s") for row in mine][1:]
        minute = 0
        while minute * MINUTE_S < lengths[str(file)]:
            from_s = minute * MINUTE_S
            until_s = min(from_s + MINUTE_S, lengths[str(file)])
            cuts = sum(from_s <= start < until_s for start in starts)
            rate = 60 * cuts / max(until_s - from_s, 1e-9)
            rows.append((file, minute, _r(until_s - from_s), cuts, _r(rate)))
            minute += 1
    head = ("file", "minute", "seconds", "cuts", "cuts_per_min")
    return Table("cutting_over_time", head, tuple(rows))


def _shot_kinds(shots: Sequence[Row]) -> Table:
    """How many shots and seconds of each scale, camera movement, place and light."""
    rows: list[tuple[Cell, ...]] = []
    for measure in ("scale", "camera", "place", "light"):
        told = [row for row in shots if row[measure]]
        key = partial(_of_and, measure)
        for (file, value), mine in _grouped(_with_all(told, lambda _: True), key).items():
            seconds = sum(_number(row, "seconds") for row in mine)
            whole = sum(_number(r, "seconds") for r in told if file in (ALL, r["file"]))
            share = _r(seconds / max(whole, 1e-9), 4)
            rows.append((file, measure, value, len(mine), _r(seconds), share))
    head = ("file", "measure", "value", "shots", "seconds", "share")
    ordered = sorted(rows, key=lambda r: (str(r[0]), str(r[1]), -float(r[4] or 0), str(r[2])))
    return Table("shot_kinds", head, tuple(ordered))


def _words(words: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    sure = [row for row in words if _number(row, "score") >= WORD_FROM]
    rows: list[tuple[Cell, ...]] = []
    for (file, word), mine in _grouped(sure, lambda row: (row["file"], row["word"])).items():
        seconds = _seconds(mine)
        share = _r(seconds / max(lengths[str(file)], 1e-9), 4)
        best = max(_number(row, "score") for row in mine)
        rows.append((file, word, _r(seconds), share, _r(best, 4)))
    head = ("file", "scene_word", "seconds", "share", "highest_score")
    return Table("places", head, _longest_first(rows, 2))


def _speaking(turns: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for (file, speaker), mine in _grouped(turns, lambda r: (r["file"], r["speaker"])).items():
        seconds = sum(_number(row, "end_s") - _number(row, "start_s") for row in mine)
        words = sum(int(_number(row, "words")) for row in mine)
        share = _r(seconds / max(lengths[str(file)], 1e-9), 4)
        rate = _r(60 * words / max(seconds, 1e-9), 1)
        rows.append((file, speaker, _r(seconds), share, len(mine), words, rate))
    head = ("file", "speaker", "seconds", "share", "turns", "words", "words_per_min")
    return Table("speaking", head, _longest_first(rows, 2))


def _over_time(rows: Sequence[Row]) -> Table:
    """Seconds a minute of film; a sample counts where it begins."""
    found: list[tuple[Cell, ...]] = []
    groups = _grouped(
        rows,
        lambda r: (r["file"], int(_number(r, "time_s") // MINUTE_S), r["kind"], r["label"]),
    )
    for (file, minute, kind, label), mine in groups.items():
        found.append((file, minute, kind, label, _r(_seconds(mine))))
    head = ("file", "minute", "kind", "label", "seconds")
    ordered = sorted(found, key=lambda r: (str(r[0]), int(r[1] or 0), str(r[2]), str(r[3])))
    return Table("over_time", head, tuple(ordered))

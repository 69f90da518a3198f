"""From raw tables to figures. Pure: the same from memory as from the written files."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pipelines.report.more_figures import SPANS, more_figures
from studio.types.table import Cell, Table

#: All files together; no file can be called so, since names of files have no spaces around.
ALL = "(all)"
#: Width of the stretches that go over time.
MINUTE_S = 60.0
#: Scene words less likely than this are not counted.
WORD_FROM = 0.2
#: Measures of a shot.
MEASURES = ("scale", "camera", "place", "light")
#: By what the time of people is divided.
DIVIDED = ("expression", "scale", "head")

Row = Mapping[str, Cell]


def count(raw: Sequence[Table]) -> tuple[Table, ...]:
    """Every table of figures.

    Args:
        raw: of :func:`pipelines.report.raw_tables.raw_tables`.
    """
    by_file: dict[str, dict[str, list[Row]]] = {}
    for table in raw:
        for row in table.records():
            tables = by_file.setdefault(str(row["file"]), {t.name: [] for t in raw})
            tables[table.name].append(row)
    tally = Tally()
    for rows in by_file.values():
        tally.add(rows)
    return tally.figures()


class Tally:
    """Figures of films, one after the other: of a film that was counted nothing but its figures is
    kept."""

    def __init__(self) -> None:
        self._tables: dict[str, list[tuple[Cell, ...]]] = {}
        self._heads: dict[str, tuple[str, ...]] = {}
        self._sums = Sums()

    def add(self, raw: Mapping[str, Sequence[Row]]) -> tuple[Table, ...]:
        """Count one film.

        Args:
            raw: records of its raw tables by name.

        Returns:
            Its own figures.
        """
        lengths = {str(row["file"]): _number(row, "seconds") for row in raw["files"]}
        seen = raw["observations"]
        faces = [row for row in seen if row["kind"] == "face" and row["label"] != "unclear"]
        things = [row for row in seen if row["kind"] == "thing"]
        figures = (
            _persons(faces, lengths),
            _divided("persons_by_expression", faces, "expression"),
            _divided("persons_by_scale", faces, "scale"),
            _divided("persons_by_head", faces, "head"),
            _things(things, lengths),
            _together([*faces, *(row for row in things if row["label"] != "person")]),
            _cutting(raw["shots"], lengths),
            _cutting_over_time(raw["shots"], lengths),
            _shot_kinds(raw["shots"]),
            _words(raw["scene_words"], lengths),
            _speaking(raw["turns"], lengths),
            _over_time([*faces, *things]),
            *more_figures(raw, lengths),
        )
        for table in figures:
            self._tables.setdefault(table.name, []).extend(table.rows)
            self._heads[table.name] = table.columns
        self._sums.add(faces, things, raw["shots"], sum(lengths.values()))
        self._sums.add_heard(raw["turns"], {table.name: table for table in figures})
        return figures

    def figures(self) -> tuple[Table, ...]:
        """Every table over all films, with the rows that mean the same in every file summed under
        :data:`ALL`."""
        together = self._sums.rows()
        found = []
        for name, rows in self._tables.items():
            every = [*rows, *together.get(name, ())]
            found.append(Table(name, self._heads[name], ORDERS[name](every)))
        return tuple(found)


@dataclass
class Sums:
    """What is summed over films: seconds of named people, of things, of kinds of shots."""

    whole_s: float = 0.0
    films: Counter[str] = field(default_factory=Counter)
    people: dict[str, list[float]] = field(default_factory=dict)
    divided: dict[tuple[str, str, Cell], float] = field(default_factory=dict)
    things: dict[str, list[float]] = field(default_factory=dict)
    kinds: dict[tuple[str, Cell], list[float]] = field(default_factory=dict)
    spans: dict[tuple[str, Cell], list[float]] = field(default_factory=dict)
    voices: dict[str, list[float]] = field(default_factory=dict)

    def add(
        self,
        faces: Sequence[Row],
        things: Sequence[Row],
        shots: Sequence[Row],
        whole_s: float,
    ) -> None:
        """One film's."""
        self.whole_s += whole_s
        self.films["faces"] += bool(faces)
        self.films["things"] += bool(things)
        named = [row for row in faces if _number(row, "named")]
        for (label,), mine in _grouped(named, lambda row: (row["label"],)).items():
            sums = self.people.setdefault(str(label), [0.0, 0.0])
            sums[0] += _seconds(mine)
            sums[1] += len({row["shot"] for row in mine})
        for column in DIVIDED:
            for row in _firsts(named):
                if row[column] is not None:
                    key = column, str(row["label"]), row[column]
                    self.divided[key] = self.divided.get(key, 0.0) + _number(row, "seconds")
        for (label,), mine in _grouped(things, lambda row: (row["label"],)).items():
            sums = self.things.setdefault(str(label), [0.0, 0.0, 0.0])
            sums[0] += _seconds(mine)
            sums[1] += len({row["shot"] for row in mine})
            sums[2] = max(sums[2], _most_at_once(mine))
        for measure in MEASURES:
            told = [row for row in shots if row[measure]]
            self.films[measure] += bool(told)
            for row in told:
                sums = self.kinds.setdefault((measure, row[measure]), [0.0, 0.0])
                sums[0] += 1
                sums[1] += _number(row, "seconds")

    def add_heard(self, turns: Sequence[Row], figures: Mapping[str, Table]) -> None:
        """One film's named voices, and its stretches of sounds, events, flags, texts, things."""
        self.films["turns"] += bool(turns)
        for row in turns:
            if row["named"]:
                sums = self.voices.setdefault(str(row["speaker"]), [0.0, 0.0, 0.0])
                sums[0] += _number(row, "end_s") - _number(row, "start_s")
                sums[1] += 1
                sums[2] += _number(row, "words")
        for name, _, column in SPANS:
            self.films[name] += bool(len(figures[name]))
            for row in figures[name].records():
                sums = self.spans.setdefault((name, row[column]), [0.0, 0.0, 0.0])
                sums[0] += _number(row, "seconds")
                sums[1] += _number(row, "times")
                sums[2] = max(sums[2], _number(row, "highest_score"))

    def rows(self) -> dict[str, list[tuple[Cell, ...]]]:
        """Rows under :data:`ALL` by table, where more than one film has some."""
        found: dict[str, list[tuple[Cell, ...]]] = {}
        if self.films["faces"] > 1:
            found["persons"] = [
                (ALL, label, 1, _r(s), self._share(s), int(shots), None, None)
                for label, (s, shots) in self.people.items()
            ]
            for column in DIVIDED:
                found[f"persons_by_{column}"] = self._divided(column)
        if self.films["things"] > 1:
            found["things"] = [
                (ALL, label, _r(s), self._share(s), int(shots), int(most))
                for label, (s, shots, most) in self.things.items()
            ]
        found["shot_kinds"] = [
            (ALL, measure, value, int(count), _r(s), _r(s / max(self._told_s(measure), 1e-9), 4))
            for (measure, value), (count, s) in self.kinds.items()
            if self.films[measure] > 1
        ]
        if self.films["turns"] > 1:
            found["speaking"] = [
                (ALL, who, 1, _r(s), self._share(s), int(turns), int(words), _a_minute(words, s))
                for who, (s, turns, words) in self.voices.items()
            ]
        for (name, label), (s, times, best) in self.spans.items():
            if self.films[name] > 1:
                row = (ALL, label, _r(s), self._share(s), int(times), _r(best, 4))
                found.setdefault(name, []).append(row)
        return found

    def _share(self, seconds: float) -> float:
        return _r(seconds / max(self.whole_s, 1e-9), 4)

    def _told_s(self, measure: str) -> float:
        return sum(s for (of, _), (_, s) in self.kinds.items() if of == measure)

    def _divided(self, column: str) -> list[tuple[Cell, ...]]:
        mine = {(who, value): s for (of, who, value), s in self.divided.items() if of == column}
        whole: dict[str, float] = defaultdict(float)
        for (who, _), seconds in mine.items():
            whole[who] += seconds
        return [
            (ALL, who, value, _r(s), _r(s / max(whole[who], 1e-9), 4))
            for (who, value), s in mine.items()
        ]


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


def _persons(faces: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for (file, label), mine in _grouped(faces, lambda row: (row["file"], row["label"])).items():
        seconds = _seconds(mine)
        shots = len({row["shot"] for row in mine})
        times = [_number(row, "time_s") for row in mine]
        ends = [_number(row, "time_s") + _number(row, "seconds") for row in mine]
        named = int(_number(mine[0], "named"))
        share = _r(seconds / max(lengths[str(file)], 1e-9), 4)
        span = _r(min(times)), _r(max(ends))
        rows.append((file, label, named, _r(seconds), share, shots, *span))
    head = ("file", "person", "named", "seconds", "share", "shots", "first_s", "last_s")
    return Table("persons", head, _longest_first(rows, 3))


def _longest_first(rows: Iterable[tuple[Cell, ...]], by: int) -> tuple[tuple[Cell, ...], ...]:
    return tuple(sorted(rows, key=lambda row: (str(row[0]), -float(row[by] or 0), str(row[1]))))


def _firsts(faces: Iterable[Row]) -> Iterable[Row]:
    """Of two faces of one person on a sample the first."""
    first: dict[tuple[Cell, ...], Row] = {}
    for row in faces:
        first.setdefault((row["file"], row["frame"], row["label"]), row)
    return first.values()


def _divided(name: str, faces: Sequence[Row], column: str) -> Table:
    """Seconds of each person by a column."""
    kept = [row for row in _firsts(faces) if row[column] is not None]
    rows: list[tuple[Cell, ...]] = []
    for (file, label), mine in _grouped(kept, lambda row: (row["file"], row["label"])).items():
        whole = sum(_number(row, "seconds") for row in mine)
        for (value,), part in _grouped(mine, lambda row: (row[column],)).items():
            seconds = sum(_number(row, "seconds") for row in part)
            rows.append((file, label, value, _r(seconds), _r(seconds / max(whole, 1e-9), 4)))
    head = ("file", "person", column, "seconds", "share_of_person")
    return Table(name, head, _by_person(rows))


def _by_person(rows: Iterable[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(sorted(rows, key=lambda r: (str(r[0]), str(r[1]), -float(r[3] or 0), str(r[2]))))


def _by_measure(rows: Iterable[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(sorted(rows, key=lambda r: (str(r[0]), str(r[1]), -float(r[4] or 0), str(r[2]))))


def _by_minute(rows: Iterable[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(sorted(rows, key=lambda r: (str(r[0]), int(r[1] or 0), str(r[2]), str(r[3]))))


def _things(things: Sequence[Row], lengths: Mapping[str, float]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for (file, label), mine in _grouped(things, lambda row: (row["file"], row["label"])).items():
        seconds = _seconds(mine)
        shots = len({row["shot"] for row in mine})
        share = _r(seconds / max(lengths[str(file)], 1e-9), 4)
        rows.append((file, label, _r(seconds), share, shots, _most_at_once(mine)))
    head = ("file", "thing", "seconds", "share", "shots", "most_at_once")
    return Table("things", head, _longest_first(rows, 2))


def _most_at_once(rows: Sequence[Row]) -> int:
    return max(Counter(row["frame"] for row in rows).values())


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
    for measure in MEASURES:
        told = [row for row in shots if row[measure]]
        whole = sum(_number(row, "seconds") for row in told)
        for (file, value), mine in _grouped(told, _of_and(measure)).items():
            seconds = sum(_number(row, "seconds") for row in mine)
            share = _r(seconds / max(whole, 1e-9), 4)
            rows.append((file, measure, value, len(mine), _r(seconds), share))
    head = ("file", "measure", "value", "shots", "seconds", "share")
    return Table("shot_kinds", head, _by_measure(rows))


def _of_and(column: str) -> Callable[[Row], tuple[Cell, ...]]:
    return lambda row: (row["file"], row[column])


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
        named, rate = int(_number(mine[0], "named")), _a_minute(words, seconds)
        rows.append((file, speaker, named, _r(seconds), share, len(mine), words, rate))
    head = ("file", "speaker", "named", "seconds", "share", "turns", "words", "words_per_min")
    return Table("speaking", head, _longest_first(rows, 3))


def _a_minute(words: float, seconds: float) -> float:
    return _r(60 * words / max(seconds, 1e-9), 1)


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
    return Table("over_time", head, _by_minute(found))


_Order = Callable[[Iterable[tuple[Cell, ...]]], tuple[tuple[Cell, ...], ...]]


def _longest_by(column: int) -> _Order:
    return lambda rows: _longest_first(rows, column)


#: How the rows of each table stand, over all films.
ORDERS: Mapping[str, _Order] = {
    "persons": _longest_by(3),
    "persons_by_expression": _by_person,
    "persons_by_scale": _by_person,
    "persons_by_head": _by_person,
    "things": _longest_by(2),
    "together": _longest_by(5),
    "cutting": tuple,
    "cutting_over_time": tuple,
    "shot_kinds": _by_measure,
    "places": _longest_by(2),
    "speaking": _longest_by(3),
    "over_time": _by_minute,
    **{name: _longest_by(2) for name, _, _ in SPANS},
    "bodies": _longest_by(3),
    "bodies_over_time": tuple,
    "colors": tuple,
}

"""The report as a page: what a film's figures tell, in the order in which a researcher asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.report.annotations import tiers_of
from pipelines.report.counting import ALL, MEASURES, MINUTE_S, Row
from pipelines.report.more_figures import STRETCH_S
from pipelines.report.pictures import MOST_SHOTS, Pictures
from pipelines.report.words import Words
from studio.types.table import Table

_TEMPLATE = Path(__file__).resolve().parents[2] / "assets" / "report" / "page.html"
#: Shown on the page; the tables hold all.
_MOST_BARS, _MOST_STRIPS, _MOST_PARTS, _MOST_LINES, _MOST_STEPS = 15, 12, 10, 12, 120
#: What can be told for less, in seconds and as a share of the time, is no share of anything.
_LEAST_TOLD_S, _LEAST_TOLD = 1.0, 0.1
#: Sections of the page, and the rows of ``looked_for`` that belong to each.
_LOOKED_FOR = {
    "people": ("faces", "head pose", "expressions"),
    "bodies": ("bodies and poses",),
    "things": ("things", "scene words, camera, colours", "text", "known things"),
    "sound": ("voices", "sounds"),
    "events": ("odd ways", "odd sounds", "safety"),
}


def write_page(
    path: Path,
    names: Sequence[str],
    films: Iterable[dict[str, Any]],
    figures: Sequence[Table],
    methods: Mapping[str, Any],
    sampling: str,
    say: Words,
) -> None:
    """The page.

    Args:
        path: of it.
        names: of all films.
        films: what :func:`film_section` made of each; each is emptied once it is written.
        figures: over all films.
        methods: the methods card.
        sampling: in words.
        say: the page's words.

    Raises:
        EncodeFailed: it cannot be written.
    """
    from studio.tables.web_pages import drawing, stream_page

    persons = next(table for table in figures if table.name == "persons")
    together = [row for row in persons.records() if row["file"] == ALL]

    def drawn() -> Iterator[dict[str, Any]]:
        for film in films:
            for part in film["sections"]:
                part["charts"] = [(title, drawing(svg)) for title, svg in part["charts"]]
            yield film
            film.clear()  # the template holds its last one while the next is read

    stream_page(
        _TEMPLATE,
        path,
        names=names,
        films=drawn(),
        together=together,
        methods=methods,
        sampling=sampling,
        say=say,
    )


def film_section(
    raw: Mapping[str, Sequence[Row]], figures: Sequence[Table], pictures: Pictures, say: Words
) -> dict[str, Any]:
    """What the page shows of one film, as plain values; no raw row is kept.

    Args:
        raw: records of its raw tables by name.
        figures: its own.
        pictures: of its shots, events and known things.
        say: the page's words.
    """
    (facts,) = raw["files"]
    mine = {table.name: list(table.records()) for table in figures}
    whole_s = float(facts["seconds"] or 0)
    tiers = tiers_of(str(facts["file"]), raw)
    missing = {str(row["what"]): row["why_not"] for row in raw["looked_for"] if row["why_not"]}
    sections = []
    for name, charts, parts, tables, shown in (
        ("people", _people(mine, tiers, whole_s, say), _people_parts(mine, say), [], []),
        ("bodies", _bodies(mine, whole_s, say), [], _pose_table(mine, say), []),
        ("things", [], _things(mine, say), _text_table(mine, say), _sighted(raw, pictures, say)),
        (
            "sound",
            _sound(mine, tiers, whole_s, say),
            _bars(mine, "speaking", "speaker", say),
            [],
            [],
        ),
        (
            *("events", _events(tiers, whole_s, say), []),
            *(_flag_table(raw, say), _odd(raw, pictures, say)),
        ),
        ("camera", _camera(mine, whole_s, say), _kinds(mine, say), [], []),
    ):
        absent = [(what, missing[what]) for what in _LOOKED_FOR.get(name, ()) if what in missing]
        found = bool(charts or parts or tables or shown)
        sections.append(
            {
                "title": say(f"section.{name}"),
                "charts": charts,
                "stacks": parts,
                "tables": tables,
                "pictures": shown,
                "absent": [f"{say.value(what)} ({say.value(why)})" for what, why in absent],
                "nothing": not found and len(absent) < len(_LOOKED_FOR.get(name, "?")),
            }
        )
    return {
        "name": str(facts["file"]),
        "facts": facts,
        "cutting": mine["cutting"][0],
        "persons": len(mine["persons"]),
        "most_bodies": max(
            (int(r["most_bodies"] or 0) for r in mine["bodies_over_time"]), default=None
        ),
        "colors": mine["colors"],
        "barcode": [
            (float(s["seconds"] or 0) / max(whole_s, 1e-9), _palette(s)) for s in raw["shots"]
        ][:MOST_SHOTS],
        "sections": sections,
        "kinds": mine["shot_kinds"],
        "shots": [
            {**s, "picture": pictures.shots.get(int(s["shot"] or 0)), "palette": _palette(s)}
            for s in raw["shots"][:MOST_SHOTS]
        ],
        "more_shots": max(0, len(raw["shots"]) - MOST_SHOTS),
    }


_Charts = list[tuple[str, str]]
_Rows = Mapping[str, Sequence[Row]]


def _palette(shot: Row) -> list[str]:
    return [pair.split(":")[0] for pair in str(shot["colors"] or "").split()]


def _bars(mine: _Rows, name: str, column: str, say: Words) -> list[dict[str, Any]]:
    """Seconds of each, the longest first; the page draws them itself."""
    rows = mine[name]
    most = max((float(row["seconds"] or 0) for row in rows), default=0.0)
    drawn = [
        (say.value(r[column]), r["seconds"], round(100 * float(r["seconds"] or 0) / most, 2))
        for r in rows[:_MOST_BARS]
        if most
    ]
    more = len(rows) - len(drawn)
    told = say("more_rows", n=more, file=f"{name}.csv") if more else ""
    return [{"title": say(f"chart.{name}"), "bars": drawn, "more": told}] if drawn else []


def _strips(title: str, rows: Mapping[str, Any], whole_s: float, say: Words) -> _Charts:
    from studio.tables import charts

    kept = dict(list(rows.items())[:_MOST_STRIPS])
    return [(title, charts.strips(kept, whole_s, say("seconds")))] if kept else []


def _people(mine: _Rows, tiers: Mapping[str, Any], whole_s: float, say: Words) -> _Charts:
    order = [str(row["person"]) for row in mine["persons"]]
    seen = {who: tiers[f"person: {who}"] for who in order if f"person: {who}" in tiers}
    return _strips(say("seen_when"), seen, whole_s, say)


def _people_parts(mine: _Rows, say: Words) -> list[dict[str, Any]]:
    """How each person's time is divided."""
    order = [str(row["person"]) for row in mine["persons"]][:_MOST_PARTS]
    found = _bars(mine, "persons", "person", say)
    for name in ("persons_by_expression", "persons_by_head", "persons_by_scale"):
        parts: dict[str, list[tuple[str, float]]] = {who: [] for who in order}
        for row in mine[name]:
            if row["person"] in parts:
                value = say.value(row[name.removeprefix("persons_by_")])
                part = value, 100 * float(row["share_of_person"] or 0)
                parts[str(row["person"])].append(part)
        found += _stacked(say(f"chart.{name}"), parts)
    return found


def _stacked(title: str, rows: Mapping[str, Sequence[tuple[str, float]]]) -> list[dict[str, Any]]:
    """Bars made of parts; the page draws them itself, so that they fit a phone."""
    from studio.tables.charts import COLORS

    rows = {name: parts for name, parts in rows.items() if parts}
    labels = list(dict.fromkeys(label for parts in rows.values() for label, _ in parts))
    color_of = {label: COLORS[n % len(COLORS)] for n, label in enumerate(labels)}
    drawn = [
        (name, [(label, round(percent, 1), color_of[label]) for label, percent in parts])
        for name, parts in rows.items()
    ]
    return [{"title": title, "rows": drawn, "legend": list(color_of.items())}] if drawn else []


def _bodies(mine: _Rows, whole_s: float, say: Words) -> _Charts:
    from studio.tables import charts

    rows = mine["bodies_over_time"]
    if len(rows) < 2 or not any(row["most_bodies"] for row in rows):
        return []  # one bar tells nothing that the table does not
    # Of a long film some stretches are drawn as one.
    each = -(-len(rows) // _MOST_STEPS)
    values = []
    for first in range(0, len(rows), each):
        some = rows[first : first + each]
        weights = [float(row["seconds"] or 0) for row in some]
        total = sum(float(r["mean_bodies"] or 0) * w for r, w in zip(some, weights, strict=True))
        values.append(total / max(sum(weights), 1e-9))
    chart = charts.steps(
        values, STRETCH_S * each, say("bodies_on_average"), say("seconds"), until_s=whole_s
    )
    return [(say("chart.bodies_over_time"), chart)]


def _pose_table(mine: _Rows, say: Words) -> list[dict[str, Any]]:
    rows = []
    for row in mine["bodies"][:_MOST_LINES]:
        speed = row["median_body_heights_per_s"]
        cells = [row["body"], row["seconds"], _part(row, "hand_raised_s", "hands_told_s")]
        cells += [_part(row, f"{name}_s", "posture_told_s") for name in ("sitting", "standing")]
        cells += [_part(row, "moving_s", "speed_told_s"), "–" if speed is None else speed]
        rows.append(cells)
    heads = ("body", "seconds_head", "hand_raised", "sitting", "standing", "moving", "speed")
    return _table(say, "table.bodies", heads, rows, len(mine["bodies"]), "bodies.csv")


def _part(row: Row, part: str, whole: str) -> str:
    """A share of the time in which it can be told; a dash where that is little."""
    told, seconds = float(row[whole] or 0), float(row["seconds"] or 0)
    enough = told >= max(_LEAST_TOLD_S, _LEAST_TOLD * seconds)
    return f"{100 * float(row[part] or 0) / told:.0f} %" if enough else "–"


def _things(mine: _Rows, say: Words) -> list[dict[str, Any]]:
    return [
        *_bars(mine, "things", "thing", say),
        *_bars(mine, "places", "scene_word", say),
        *_bars(mine, "known_things", "known_thing", say),
    ]


def _text_table(mine: _Rows, say: Words) -> list[dict[str, Any]]:
    rows = [[r["text"], r["seconds"], r["times"]] for r in mine["texts_seen"][:_MOST_LINES]]
    heads = ("text", "seconds_head", "times")
    return _table(say, "table.texts", heads, rows, len(mine["texts_seen"]), "texts_seen.csv")


def _sound(mine: _Rows, tiers: Mapping[str, Any], whole_s: float, say: Words) -> _Charts:
    heard = {
        say.value(name.split(": ", 1)[1]): spans
        for name, spans in tiers.items()
        if name.startswith(("speaker: ", "sound: "))
    }
    return _strips(say("chart.heard_when"), heard, whole_s, say)


def _events(tiers: Mapping[str, Any], whole_s: float, say: Words) -> _Charts:
    odd = {
        say.value(name.split(": ", 1)[1]): spans
        for name, spans in tiers.items()
        if name.startswith(("odd: ", "flag: "))
    }
    return _strips(say("chart.odd_when"), odd, whole_s, say)


def _flag_table(raw: _Rows, say: Words) -> list[dict[str, Any]]:
    rows = [
        [say.value(r["flag"]), f"{r['start_s']}–{r['end_s']} s", r["score"]]
        for r in raw["flags"][:_MOST_LINES]
    ]
    return _table(say, "table.flags", ("flag", "when", "score"), rows, len(raw["flags"]),
                  "raw/flags.csv")  # fmt: skip


def _table(
    say: Words, title: str, heads: Sequence[str], rows: Sequence[Any], count: int, file: str
) -> list[dict[str, Any]]:
    if not rows:
        return []
    more = say("more_rows", n=count - len(rows), file=file) if count > len(rows) else ""
    return [{"title": say(title), "heads": [say(h) for h in heads], "rows": rows, "more": more}]


def _sighted(raw: _Rows, pictures: Pictures, say: Words) -> list[dict[str, Any]]:
    return [
        {
            "picture": path,
            "title": str(raw["sightings"][row]["known_thing"]),
            "when": _when(raw["sightings"][row]),
            "text": say(f"how.{raw['sightings'][row]['how']}"),
        }
        for row, path in pictures.sightings.items()
    ]


def _odd(raw: _Rows, pictures: Pictures, say: Words) -> list[dict[str, Any]]:
    return [
        {
            "picture": path,
            "title": say.value(raw["odd_events"][row]["event"]),
            "when": _when(raw["odd_events"][row]),
            "text": str(raw["odd_events"][row]["reason"]),
        }
        for row, path in pictures.events.items()
    ]


def _when(row: Row) -> str:
    return f"{float(row['start_s'] or 0):.2f}–{float(row['end_s'] or 0):.2f} s"


def _camera(mine: _Rows, whole_s: float, say: Words) -> _Charts:
    from studio.tables import charts

    found = []
    rates = [float(r["cuts_per_min"] or 0) for r in mine["cutting_over_time"]]
    if len(rates) > 1:
        chart = charts.steps(rates, MINUTE_S, say("cuts_a_minute"), say("seconds"), until_s=whole_s)
        found.append((say("chart.cutting"), chart))
    return found


def _kinds(mine: _Rows, say: Words) -> list[dict[str, Any]]:
    """The kinds of shots, a measure each; none shares its parts with another."""
    found = []
    for measure in MEASURES:
        rows = [row for row in mine["shot_kinds"] if row["measure"] == measure]
        parts = [(say.value(row["value"]), 100 * float(row["share"] or 0)) for row in rows]
        found += _stacked(say.value(measure), {"": parts})
    return found

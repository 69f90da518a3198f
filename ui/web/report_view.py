"""A report as HTML: its page in a frame, its files, a sample to check and what the checks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ui.web.messages import Say
from ui.web.study_view import clock, downloads
from ui.web.study_works import ReportWork

Row = Mapping[str, Any]

#: Between finds in a sheet.
_BETWEEN = "; "
#: Tables in the order a reader wants them.
_TABLES = (
    "persons", "persons_by_expression", "persons_by_head", "persons_by_scale", "bodies",
    "bodies_over_time", "speaking", "sounds", "things", "known_things", "texts_seen", "places",
    "together", "events", "safety", "cutting", "cutting_over_time", "shot_kinds", "colors",
    "over_time",
)  # fmt: skip


def result(say: Say, work: ReportWork, files: Mapping[str, Path]) -> str:
    """The page, and what to take along."""
    where = f"/studio/makings/{work.id}"
    frame = (
        f'<iframe class="st-frame" sandbox="allow-same-origin" loading="lazy"'
        f' src="{where}/page/report.html?{work.turn}" title="{escape(say("report.page"))}">'
        "</iframe>"
    )
    notes_for = [name for name in files if name.endswith((".eaf", ".vtt"))]
    csv = [f"{table}.csv" for table in _TABLES]
    csv += sorted(n for n in files if n.endswith(".csv") and n not in csv)
    parquet = sorted(name for name in files if name.endswith(".parquet"))
    first = downloads(say, f"{where}/files", files, ("page", "methods", *notes_for))
    groups = "".join(
        f"<details><summary>{escape(say(key, n=len(names)))}</summary>"
        f"{downloads(say, f'{where}/files', files, names)}</details>"
        for key, names in (
            ("report.csv", [n for n in csv if n in files]), ("report.parquet", parquet),
        )
        if names
    )  # fmt: skip
    folder = (
        f'<p class="st-folder">{escape(say("result.folder"))}'
        f" <code>{escape(str(work.out))}</code></p>"
    )
    return f"{frame}{first}{groups}{folder}"


def sample(say: Say, work: ReportWork, told: Row) -> str:
    """The rows of a sample: finds to say yes or no to, and shots to name."""
    folder = Path(str(work.values.get("sample", ""))).name
    pictures = f"/studio/makings/{work.id}/stills/{folder}"
    marks: Row = work.values.get("marks", {})
    which: Row = work.values.get("which", {})
    rows = "".join(
        _check(say, row, pictures, marks.get(row["number"]), which.get(row["number"], ()))
        for row in told["check"]
    )
    shots: dict[tuple[str, str], list[Row]] = {}
    for row in told["coding"]:
        shots.setdefault((row["file"], row["shot"]), []).append(row)
    labels: Row = work.values.get("labels", {})
    named = "".join(_shot(say, mine, pictures, told["allowed"], labels) for mine in shots.values())
    done = len(marks)
    return (
        f'<p class="st-status" data-done="{done}">'
        f"{escape(say('report.looked', done=done, all=len(told['check'])))}</p>"
        f'<ol class="st-checks" aria-label="{escape(say("report.check"))}">{rows}</ol>'
        f'<details class="st-coding"><summary>{escape(say("report.coding", n=len(shots)))}'
        f"</summary><p>{escape(say('report.coding.text'))}</p>"
        f'<ol class="st-checks">{named}</ol></details>'
    )


def _check(say: Say, row: Row, pictures: str, mark: Any, which: Sequence[int]) -> str:
    kind = say(f"report.kind.{row['kind']}")
    span = clock(float(row["start_s"]))
    if row["end_s"] != row["start_s"]:
        span += f" – {clock(float(row['end_s']))}"
    count = int(row["count"])
    finds = row["machine"].split(_BETWEEN) if row["machine"] else []
    if len(finds) != count:  # a name holds the mark between names
        finds = [f"{n}" for n in range(1, count + 1)]
    missed = mark[1] if mark else 0
    chips = "".join(
        _chip(say, n, _find(row["kind"], text), count, n in which) for n, text in enumerate(finds)
    )
    if not finds:
        chips = f"<span>{escape(say('report.nothing_found'))}</span>"
    face = f'<img src="{pictures}/{escape(row["picture"])}" alt="" loading="lazy">'
    return (
        f'<li data-row="{row["number"]}"{" data-looked" if mark else ""}>'
        f"{face if row['picture'] else ''}<div><p><b>{escape(kind)}</b> "
        f'<span>{escape(row["file"])}, {span}</span></p><div class="st-finds">{chips}</div>'
        f'<div class="st-missed"><label>{escape(say("report.missed"))}'
        f' <input type="number" min="0" max="99" value="{int(missed)}" name="missed"></label>'
        f'<button type="button" data-looked>{escape(say("report.right"))}</button></div></div></li>'
    )


def _chip(say: Say, number: int, text: str, count: int, wrong: bool) -> str:
    # The boxes in the picture have numbers where there are several.
    mark = f"{number + 1}. " if count > 1 else ""
    return (
        f'<button type="button" data-find="{number}" aria-pressed="{"true" if wrong else "false"}"'
        f' title="{escape(say("report.wrong"))}"><i aria-hidden="true"></i>{mark}{escape(text)}'
        "</button>"
    )


def _find(kind: str, text: str) -> str:
    return clock(float(text)) if kind == "cuts" else text


def _shot(say: Say, rows: Sequence[Row], pictures: str, allowed: Row, labels: Row) -> str:
    first = rows[0]
    face = f'<img src="{pictures}/{escape(first["picture"])}" alt="" loading="lazy">'
    fields = "".join(_field(say, row, allowed, labels) for row in rows)
    span = f"{clock(float(first['start_s']))} – {clock(float(first['end_s']))}"
    return (
        f"<li>{face if first['picture'] else ''}<div><p><b>"
        f"{escape(say('report.shot', n=first['shot']))}</b> <span>{escape(first['file'])}, {span}"
        f'</span></p><div class="st-code">{fields}</div></div></li>'
    )


def _field(say: Say, row: Row, allowed: Row, labels: Row) -> str:
    number = row["number"]
    options = "".join(
        f'<option value="{escape(word)}"{" selected" if labels.get(number) == word else ""}>'
        f"{escape(_word(say, word))}</option>"
        for word in allowed[row["measure"]]
    )
    return (
        f'<label>{escape(_measure(say, row))} <select data-code="{number}">'
        f'<option value=""></option>{options}</select></label>'
    )


def _word(say: Say, word: str) -> str:
    key = f"report.word.{word.replace(' ', '_')}"
    return say(key) if say.has(key) else word


def rates(say: Say, told: Row) -> str:
    """Precision and recall with their intervals, and agreement."""
    rows = "".join(
        f'<tr><th scope="row">{escape(_kind(say, row))}</th>'
        f"<td>{escape(str(row['coder']))}</td><td>{row['checked']}</td>"
        f"<td>{_rate(row['precision'])}</td><td>{_rate(row['recall'])}</td></tr>"
        for row in told["rates"]
    )
    parts = []
    if rows:
        heads = "".join(
            f'<th scope="col">{escape(say(key))}</th>'
            for key in (
                "report.what", "report.coder", "report.checked", "report.precision",
                "report.recall",
            )
        )  # fmt: skip
        parts.append(
            f'<table class="st-rates"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            f'<p class="st-folder">{escape(say("report.interval"))}</p>'
        )
    if told["agreement"]:
        heads = "".join(
            f'<th scope="col">{escape(say(key))}</th>'
            for key in (
                "report.what", "report.shots", "report.coders", "report.alpha_coders",
                "report.alpha_machine", "report.machine_right",
            )
        )  # fmt: skip
        rows = "".join(
            f'<tr><th scope="row">{escape(_measure(say, row))}</th>'
            f"<td>{row['shots']}</td><td>{row['coders']}</td>"
            f"<td>{_number(row['alpha_among_coders'])}</td>"
            f"<td>{_number(row['alpha_with_machine'])}</td>"
            f"<td>{_rate(row['machine_right'])}</td></tr>"
            for row in told["agreement"]
        )
        parts.append(
            f'<table class="st-rates"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            f'<p class="st-folder">{escape(say("report.alpha"))}</p>'
        )
    return "".join(f'<div class="st-scroll">{part}</div>' for part in parts)


def _rate(rate: Row) -> str:
    if rate["value"] is None:
        return "–"
    low, high, value = (100 * float(rate[name]) for name in ("low", "high", "value"))
    return (
        f'<b>{value:.1f} %</b> <small>{low:.1f} – {high:.1f}</small><span class="st-interval"'
        f' aria-hidden="true"><i style="left:{low:.2f}%;width:{high - low:.2f}%"></i>'
        f'<u style="left:{value:.2f}%"></u></span>'
    )


def _number(value: Any) -> str:
    return "–" if value is None else f"{float(value):.3f}"


def _kind(say: Say, row: Row) -> str:
    return say(f"report.kind.{row['kind']}")


def _measure(say: Say, row: Row) -> str:
    return say(f"report.measure.{row['measure']}")

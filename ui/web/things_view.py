"""Known things, and where they are seen in a film, as HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ui.web.messages import Say
from ui.web.report_view import Row
from ui.web.study_view import clock
from ui.web.study_works import ThingsWork


def pictures(paths: Sequence[Path], say: Say) -> str:
    """Pictures that were sent to show a thing."""
    rows = "".join(
        f"<li><div><b>{escape(path.name)}</b></div>"
        f'<button type="button" data-remove="{n}"'
        f' aria-label="{escape(say("footage.remove", name=path.name))}">×</button></li>'
        for n, path in enumerate(paths)
    )
    return f'<ul class="st-files">{rows}</ul>' if rows else ""


def known(say: Say, things: Sequence[tuple[str, Sequence[bytes]]]) -> str:
    """What was shown to the studio.

    Args:
        say: the language.
        things: names, each with small JPEG pictures.
    """
    if not things:
        return f'<p class="st-none">{escape(say("things.none_known"))}</p>'
    rows = []
    for name, small in things:
        shown = "".join(
            '<img src="data:image/jpeg;base64,'
            f'{base64.b64encode(jpeg).decode("ascii")}" alt="" loading="lazy">'
            for jpeg in small
        )
        rows.append(
            f'<li data-form data-label="{escape(name)}"><h3>{escape(name)}'
            f" <small>{escape(say('things.pictures', n=len(small)))}</small></h3>"
            f'<div class="st-thing-pictures">{shown}</div><div class="st-person-acts">'
            f'<button type="button" data-act="forget" aria-label="'
            f'{escape(say("things.forget_name", name=name))}">{escape(say("things.forget"))}'
            "</button></div></li>"
        )
    return f'<ul class="st-known">{"".join(rows)}</ul>'


def sightings(say: Say, work: ThingsWork, told: Row) -> str:
    """Where they are seen: a picture with the outline, when, and how it was told.

    Args:
        say: the language.
        work: whose pictures they are.
        told: ``found.json`` of the act ``things.find``.
    """
    folder = work.runs[work.FIND].files["found"].parent.name
    rows = "".join(_sighting(say, work, folder, row) for row in told["seen"])
    unseen = [name for name in told["looked_for"] if all(r["name"] != name for r in told["seen"])]
    missing = (
        f'<p class="st-none">{escape(say("things.unseen", names=", ".join(unseen)))}</p>'
        if unseen
        else ""
    )
    label = escape(say("things.found"))
    return f'<ol class="st-sightings" aria-label="{label}">{rows}</ol>{missing}'


def _sighting(say: Say, work: ThingsWork, folder: str, row: Row) -> str:
    span = f"{clock(float(row['start_s']))} – {clock(float(row['end_s']))}"
    how = say(f"things.how.{row['how']}", n=row["agreeing"], score=f"{100 * row['score']:.0f}")
    doubt = " data-unsure" if row["how"] == "region" else ""
    src = f"/studio/makings/{work.id}/stills/{folder}/{row['picture']}"
    alt = say("things.seen_at", name=row["name"], when=span)
    return (
        f'<li{doubt}><img src="{escape(src)}" alt="{escape(alt)}" loading="lazy">'
        f"<div><b>{escape(row['name'])}</b><span>{span}</span><small>{escape(how)}</small></div></li>"
    )

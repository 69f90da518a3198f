"""Who is seen and heard in a film, and who is known, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ui.web.messages import Say
from ui.web.study_view import clock
from ui.web.study_works import PeopleWork

Row = Mapping[str, Any]


def persons(say: Say, work: PeopleWork, told: Row, names: Sequence[str]) -> str:
    """A card for each person of a film, with when they are seen and heard.

    Args:
        say: the language.
        work: whose pictures they are.
        told: ``people.json`` of the act ``people.look``.
        names: of the gallery.
    """
    if not told["people"]:
        return f'<p class="st-none">{escape(say("people.nobody"))}</p>'
    labels = [str(person["label"]) for person in told["people"]]
    whole = max(float(told["duration_s"]), 1e-6)
    cards = "".join(
        _person(say, work, person, whole, labels, told["voices"]) for person in told["people"]
    )
    known = "".join(f'<option value="{escape(name)}">' for name in names)
    return (
        f'<datalist id="people-known">{known}</datalist>'
        f'<ul class="st-people" aria-label="{escape(say("people.seen"))}">{cards}</ul>'
    )


def _person(
    say: Say, work: PeopleWork, person: Row, whole: float, labels: Sequence[str], voices: Any
) -> str:
    label = escape(str(person["label"]))
    heard = [v for v in voices if v["name"] and v["name"] == person["name"]]
    facts = [
        say("people.seconds", seconds=f"{person['seconds']:.1f}", share=f"{person['share']:.0%}"),
        say("people.times", n=len(person["tracks"])),
    ]
    if heard:
        facts.append(say("people.speaks", seconds=f"{sum(v['seconds'] for v in heard):.1f}"))
    if person["told"]:
        facts.append(say("people.told"))
    elif person["name"] and person["distance"] is not None:
        facts.append(say("people.recognised"))
    others = "".join(
        f'<option value="{escape(o)}">{escape(o)}</option>' for o in labels if o != person["label"]
    )
    merge = (
        f'<select name="other" aria-label="{escape(say("people.merge_with"))}">'
        f'<option value="">{escape(say("people.merge_with"))}</option>{others}</select>'
        f'<button type="button" data-act="merge">{escape(say("people.merge"))}</button>'
        if others
        else ""
    )
    wrong = ""
    if person["name"]:
        text = say("people.not", name=person["name"])
        wrong = f'<button type="button" data-act="reject">{escape(text)}</button>'
    word = "people.rename_here" if person["name"] else "people.name"
    face = _still(work, person.get("picture"))
    return (
        f'<li class="st-person" data-form data-label="{label}">'
        f'<div class="st-person-head">{face}<div><h3>{label}</h3>'
        f"<p>{escape(' · '.join(facts))}</p>"
        f"{_lane(say, person['tracks'], heard, whole)}</div></div>"
        f'<div class="st-person-acts"><input type="text" name="name" maxlength="80"'
        f' list="people-known" autocomplete="off" placeholder="{escape(say("people.who"))}"'
        f' aria-label="{escape(say("people.who_is", label=person["label"]))}">'
        f'<button type="button" data-act="name">{escape(say(word))}</button>{merge}{wrong}</div>'
        f"{_appearances(say, work, person)}</li>"
    )


def _still(work: PeopleWork, picture: Any) -> str:
    folder = str(work.values.get("folder", ""))
    if not picture:
        return '<i class="st-noface" aria-hidden="true"></i>'
    return f'<img src="/studio/makings/{work.id}/stills/{folder}/{escape(picture)}" alt="">'


def _lane(say: Say, tracks: Sequence[Row], heard: Sequence[Row], whole: float) -> str:
    """A line of time: seen above, heard below."""
    seen = "".join(_span(t["start_s"], t["end_s"], whole) for t in tracks)
    voice = "".join(_span(a, b, whole, "v") for each in heard for a, b in each["spans"])
    text = escape(say("people.lane", n=len(tracks)))
    return f'<div class="st-lane" role="img" aria-label="{text}">{seen}{voice}</div>'


def _span(start_s: float, end_s: float, whole: float, kind: str = "s") -> str:
    left, wide = 100 * start_s / whole, 100 * max(end_s - start_s, 0.0) / whole
    title = f"{clock(start_s)} – {clock(end_s)}"
    return f'<i class="st-{kind}" style="left:{left:.3f}%;width:{wide:.3f}%" title="{title}"></i>'


def _appearances(say: Say, work: PeopleWork, person: Row) -> str:
    """Each appearance by its picture: what was joined wrongly is told apart here."""
    shown = [track for track in person["tracks"] if track.get("picture")]
    rows = "".join(
        f'<li><label><input type="checkbox" name="track" value="{track["track"]}">'
        f"{_still(work, track['picture'])}<span>{clock(track['start_s'])}</span></label></li>"
        for track in shown
    )
    left = len(person["tracks"]) - len(shown)
    more = f"<p>{escape(say('people.more', n=left))}</p>" if left > 0 else ""
    return (
        f"<details><summary>{escape(say('people.appearances', n=len(person['tracks'])))}</summary>"
        f'<ul class="st-faces">{rows}</ul>{more}'
        f'<div class="st-person-acts"><input type="text" name="apart" maxlength="80"'
        f' list="people-known" autocomplete="off" placeholder="{escape(say("people.apart_who"))}"'
        f' aria-label="{escape(say("people.apart_who"))}">'
        f'<button type="button" data-act="apart">{escape(say("people.apart"))}</button></div>'
        "</details>"
    )


def voices(say: Say, told: Row, names: Sequence[str]) -> str:
    """Each voice, whose it may be, and whose a person said it is."""
    if not told["voices"]:
        return ""
    whole = max(float(told["duration_s"]), 1e-6)
    rows = "".join(_voice(say, voice, whole, names) for voice in told["voices"])
    return f'<ul class="st-heard" aria-label="{escape(say("people.voices"))}">{rows}</ul>'


def _voice(say: Say, voice: Row, whole: float, names: Sequence[str]) -> str:
    label = escape(str(voice["speaker"]))
    spans = "".join(_span(a, b, whole, "v") for a, b in voice["spans"])
    seconds = escape(say("people.speaks", seconds=f"{voice['seconds']:.1f}"))
    proposed = voice["proposed"]
    said, act = "", ""
    if voice["name"]:
        said = f"<b>{escape(voice['name'])}</b> {escape(say('people.voice.told'))}"
    elif proposed:
        may = say("people.voice.may", name=proposed["name"], score=f"{proposed['score']:.2f}")
        said = escape(may)
        if proposed["known"]:
            act = (
                f'<button type="button" data-act="accept" data-value="{escape(proposed["name"])}">'
                f"{escape(say('people.voice.accept'))}</button>"
            )
        else:
            said += f" <small>{escape(say('people.voice.name_first'))}</small>"
    else:
        said = escape(say("people.voice.unknown"))
    options = "".join(f'<option value="{escape(n)}">{escape(n)}</option>' for n in names)
    choose = (
        f'<select name="other" aria-label="{escape(say("people.voice.is"))}">'
        f'<option value="">{escape(say("people.voice.is"))}</option>{options}</select>'
        f'<button type="button" data-act="voice">{escape(say("people.voice.keep"))}</button>'
        if options
        else ""
    )
    return (
        f'<li data-form data-label="{label}"><div><b>{label}</b> <span>{seconds}</span>'
        f'<p>{said}</p></div><div class="st-lane">{spans}</div>'
        f'<div class="st-person-acts">{act}{choose}</div></li>'
    )


def known(say: Say, people: Sequence[tuple[str, float, Sequence[str]]], stamp: int) -> str:
    """Everybody in the gallery with their reference pictures.

    Args:
        say: the language.
        people: name, how near a face has to come, and where each picture is from.
        stamp: changes with the gallery, so that no picture of before is shown.
    """
    if not people:
        return f'<p class="st-none">{escape(say("people.known.none"))}</p>'
    names = [name for name, _, _ in people]
    rows = "".join(_known(say, each, names, stamp) for each in people)
    return f'<ul class="st-known" aria-label="{escape(say("people.known"))}">{rows}</ul>'


def _known(
    say: Say, each: tuple[str, float, Sequence[str]], names: Sequence[str], stamp: int
) -> str:
    from urllib.parse import quote

    name, _, pictures = each
    shown = "".join(
        f'<li><label title="{escape(source)}"><input type="checkbox" name="track" value="{n}">'
        f'<img src="/studio/known/{quote(name, safe="")}/{n}?{stamp}" loading="lazy"'
        f' alt="{escape(source)}"></label></li>'
        for n, source in enumerate(pictures)
    )
    others = "".join(
        f'<option value="{escape(o)}">{escape(o)}</option>' for o in names if o != name
    )
    merge = (
        f'<select name="other" aria-label="{escape(say("people.merge_with"))}">'
        f'<option value="">{escape(say("people.merge_with"))}</option>{others}</select>'
        f'<button type="button" data-act="join">{escape(say("people.merge"))}</button>'
        if others
        else ""
    )
    split = (
        f'<button type="button" data-act="split">{escape(say("people.known.split"))}</button>'
        if len(pictures) > 1
        else ""
    )
    return (
        f'<li data-form data-label="{escape(name)}"><h3>{escape(name)}'
        f" <small>{escape(say('people.known.pictures', n=len(pictures)))}</small></h3>"
        f'<ul class="st-faces">{shown}</ul><details><summary>{escape(say("people.change"))}'
        f'</summary><div class="st-person-acts"><input type="text" name="name" maxlength="80"'
        f' autocomplete="off" placeholder="{escape(say("people.new_name"))}"'
        f' aria-label="{escape(say("people.new_name"))}">'
        f'<button type="button" data-act="rename">{escape(say("people.rename"))}</button>{split}'
        f'{merge}<button type="button" data-act="forget">{escape(say("people.forget"))}</button>'
        "</div></details></li>"
    )


def photos(paths: Sequence[Path], say: Say) -> str:
    """Photographs that were sent to remember somebody by."""
    rows = "".join(
        f"<li><div><b>{escape(path.name)}</b></div>"
        f'<button type="button" data-remove="{n}"'
        f' aria-label="{escape(say("footage.remove", name=path.name))}">×</button></li>'
        for n, path in enumerate(paths)
    )
    return f'<ul class="st-files">{rows}</ul>' if rows else ""

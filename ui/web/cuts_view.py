"""The cuts of a film with the pictures on both sides, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ui.web.messages import Say
from ui.web.study_works import CutsWork

Row = Mapping[str, Any]


def cuts(say: Say, work: CutsWork, told: Row) -> str:
    """A row for each cut, what can be said of it, and a place to say where one was missed.

    Args:
        say: the language.
        work: whose pictures they are.
        told: ``cuts.json`` of the act ``cuts.look``.
    """
    rows = "".join(_cut(say, work, cut) for cut in told["cuts"])
    listed = (
        f'<ol class="st-cuts" aria-label="{escape(say("cuts.list"))}">{rows}</ol>'
        if rows
        else f'<p class="st-none">{escape(say("cuts.none"))}</p>'
    )
    hidden = f"<p>{escape(say('cuts.more', n=told['hidden']))}</p>" if told["hidden"] else ""
    return _missed(say, told) + listed + hidden


def _missed(say: Say, told: Row) -> str:
    undo = (
        f'<button type="button" data-act="undo">{escape(say("cuts.undo"))}</button>'
        if told["decisions"]
        else ""
    )
    return (
        f'<div class="st-person-acts st-cuts-add" data-form data-label="">'
        f'<input type="text" name="name" maxlength="24" autocomplete="off" inputmode="text"'
        f' placeholder="{escape(say("cuts.time"))}" aria-label="{escape(say("cuts.missed"))}">'
        f'<button type="button" data-act="add">{escape(say("cuts.add"))}</button>{undo}</div>'
    )


def _cut(say: Say, work: CutsWork, cut: Row) -> str:
    frame, whose = int(cut["frame"]), str(cut["found_by"])
    folder = str(work.values.get("folder", ""))
    video = work.info.video if work.info is not None else None
    width, height = video.display_wh if video is not None else (16, 9)
    shape = f' style="aspect-ratio:{width}/{height}"'
    pictures = "".join(
        f'<img src="/studio/makings/{work.id}/stills/{folder}/{escape(name)}" loading="lazy"'
        f' alt="{escape(say(f"cuts.{side}"))}"{shape}>'
        if name
        else f"<i{shape}></i>"
        for side, name in zip(("before", "after"), cut["pictures"], strict=True)
    )
    facts = [say(f"cuts.kind.{cut['kind']}"), say(f"cuts.by.{whose}")]
    if "was" in cut:
        facts.append(say("cuts.was", frame=cut["was"]["frame"]))
    acts = [("earlier", "cuts.earlier"), ("later", "cuts.later"), ("remove", "cuts.remove")]
    if whose == "removed":
        acts = [("add", "cuts.restore")] if cut["kind"] == "cut" else []
    buttons = "".join(
        f'<button type="button" data-act="{act}" data-value="f{frame}"'
        f' aria-label="{escape(say(key))}, {escape(cut["timecode"])}">{escape(say(key))}</button>'
        for act, key in acts
    )
    return (
        f'<li class="st-cut" data-form data-label="f{frame}" data-by="{whose}">'
        f'<div class="st-cut-pictures">{pictures}</div>'
        f"<div><b>{escape(cut['timecode'])}</b> <small>{escape(say('cuts.frame', n=frame))}</small>"
        f"<p>{escape(' · '.join(facts))}</p>"
        f'<div class="st-person-acts">{buttons}</div></div></li>'
    )

"""Answers of a search and the bin of those that were kept, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from studio.types.media import MediaInfo
from ui.web.messages import Say
from ui.web.study_view import timecodes
from ui.web.study_works import SearchWork, key_of

_MOST_REASONS = 3


def told(say: Say, work: SearchWork) -> str:
    """How many answers there are, how the question was understood, what a user should know."""
    answer = work.answer
    if answer is None:
        return ""
    count = len(answer["hits"])
    line = say("search.count", count=count, files=answer["searched"])
    ms = round(1000 * float(answer["ask_s"]))
    parts = [f"<b>{escape(line)}</b> <span>{escape(say('search.took', ms=ms))}</span>"]
    if answer["understood"]:
        parts.append(f"<span>{escape(say('search.understood', text=answer['understood']))}</span>")
    shown = f'<p class="st-status st-answers" role="status">{" · ".join(parts)}</p>'
    if not count:
        tips = "".join(f"<li>{escape(say(f'search.tip.{n}'))}</li>" for n in (1, 2, 3))
        shown += f'<div class="st-tips"><p>{escape(say("search.nothing"))}</p><ul>{tips}</ul></div>'
    if answer["notes"]:
        rows = "".join(f"<p>{escape(note)}</p>" for note in answer["notes"])
        shown += f'<div class="st-folder" lang="en">{rows}</div>'
    return shown


def grid(say: Say, work: SearchWork, infos: Mapping[str, MediaInfo]) -> str:
    """The answers, the best first, each with its pictures as soon as they are drawn.

    Args:
        say: the language.
        work: whose last question it is.
        infos: of known footage by its content hash, for time codes.
    """
    answer = work.answer
    if answer is None or not answer["hits"]:
        return ""
    kept = {key_of(each["hit"]) for each in work.bin}
    folder = Path(work.values["asking"])
    cards = "".join(
        _card(say, work, n, hit, folder, infos, key_of(hit) in kept)
        for n, hit in enumerate(answer["hits"])
    )
    return f'<ul class="st-grid" aria-label="{escape(say("search.answers"))}">{cards}</ul>'


def _card(
    say: Say,
    work: SearchWork,
    number: int,
    hit: Mapping[str, Any],
    folder: Path,
    infos: Mapping[str, MediaInfo],
    kept: bool,
) -> str:
    media = hit["media"]
    where = f"/studio/makings/{work.id}/stills/{folder.name}/{number:03}"
    drawn = (folder / f"{number:03}-strip.jpg").is_file()
    name, code = escape(media["name"]), escape(_codes(hit, infos))
    if drawn:
        face = (
            f'<img src="{where}-poster.jpg" alt="" loading="lazy">'
            f'<i class="st-scrub" style="background-image:url({where}-strip.jpg)"></i>'
        )
    elif hit["start_frame"] < 0:
        face = '<span class="st-sound" aria-hidden="true">♪</span>'
    else:
        word = "library.drawing" if work.busy else "search.no_picture"
        face = f'<span class="st-drawing">{escape(say(word))}</span>'
    length = f"{hit['end_s'] - hit['start_s']:.1f} s"
    why = "".join(_why(say, each) for each in hit["reasons"][:_MOST_REASONS])
    more = max(0, len(hit["reasons"]) - _MOST_REASONS)
    rest = f"<li>{escape(say('search.more_reasons', n=more))}</li>" if more else ""
    like = (
        f'<button type="button" data-like="{number}">{escape(say("search.like_this"))}</button>'
        if hit["start_frame"] >= 0
        else ""
    )
    pressed = "true" if kept else "false"
    return (
        f'<li class="st-foot st-hit"><div class="st-poster" tabindex="0" role="img"'
        f' aria-label="{name}, {code}">{face}<em>{round(100 * hit["score"])} %</em>'
        f'<span class="st-len">{length}</span></div>'
        f'<div class="st-body"><b title="{escape(media["path"])}">{name}</b>'
        f'<span class="st-tc">{code}</span><ul class="st-because">{why}{rest}</ul>'
        f'<div class="st-hit-acts">{like}<button type="button" data-keep="{number}"'
        f' aria-pressed="{pressed}">{escape(say("search.kept" if kept else "search.keep"))}'
        "</button></div></div></li>"
    )


def _codes(hit: Mapping[str, Any], infos: Mapping[str, MediaInfo]) -> str:
    frames = (int(hit["start_frame"]), int(hit["end_frame"]))
    spans = (float(hit["start_s"]), float(hit["end_s"]))
    return timecodes(infos.get(hit["media"]["content_hash"]), frames, spans)


def _why(say: Say, why: Mapping[str, Any]) -> str:
    kind = say(f"search.why.{why['kind']}") if say.has(f"search.why.{why['kind']}") else why["kind"]
    text = str(why["text"])
    text = text if len(text) <= 80 else text[:79] + "…"
    share = round(100 * float(why["score"]))
    return (
        f"<li><span><em>{escape(kind)}</em> {escape(text)}</span>"
        f'<span class="st-meter" role="img" aria-label="{share} %"><i style="width:{share}%"></i>'
        "</span></li>"
    )


def kept(say: Say, work: SearchWork | None, infos: Mapping[str, MediaInfo]) -> str:
    """The bin, in the order it will be exported in."""
    held: Sequence[Mapping[str, Any]] = work.bin if work is not None else ()
    if work is None or not held:
        return f'<p class="st-none">{escape(say("search.bin.empty"))}</p>'
    rows = "".join(_kept(say, work, n, each, infos) for n, each in enumerate(held))
    seconds = sum(e["hit"]["end_s"] - e["hit"]["start_s"] for e in held)
    line = say("search.bin.length", count=len(held), length=say.duration(seconds))
    return f'<p class="st-status">{escape(line)}</p><ol class="st-kept">{rows}</ol>'


def _kept(
    say: Say,
    work: SearchWork,
    number: int,
    each: Mapping[str, Any],
    infos: Mapping[str, MediaInfo],
) -> str:
    hit, picture = each["hit"], Path(each["picture"])
    face = "<i></i>"
    if picture.is_file():
        where = f"/studio/makings/{work.id}/stills/{picture.parent.name}/{picture.name}"
        face = f'<img src="{where}" alt="">'
    name = escape(hit["media"]["name"])
    return (
        f'<li>{face}<span><b>{name}</b><span class="st-tc">{escape(_codes(hit, infos))}</span>'
        f'</span><button type="button" data-out="{number}"'
        f' aria-label="{escape(say("search.bin.remove", name=hit["media"]["name"]))}">×</button>'
        "</li>"
    )


def searchable(say: Say, known: int, missing: Sequence[str]) -> str:
    """How much can be searched, and what of the library cannot yet."""
    if not known and not missing:
        return f'<p class="st-none">{escape(say("search.empty"))}</p>'
    line = f'<p class="st-status">{escape(say("search.known", n=known))}</p>'
    if missing:
        names = ", ".join(missing[:4]) + (" …" if len(missing) > 4 else "")
        line += f"<p>{escape(say('search.missing', n=len(missing), names=names))}</p>"
    return line


def likeness(say: Say, name: str) -> str:
    """The picture that answers should be like, and the way to take it back."""
    if not name:
        return ""
    return (
        f'<ul class="st-files"><li><div><b>{escape(name)}</b>'
        f"<span>{escape(say('search.like_picture'))}</span></div>"
        f'<button type="button" data-remove="0" aria-label="{escape(say("search.like_off"))}">×'
        "</button></li></ul>"
    )

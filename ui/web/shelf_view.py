"""The library and the results as HTML: posters that can be scrubbed, facts, and where to go on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

from studio.archive.library import Footage, Project
from ui.web.desk import DeskWork
from ui.web.makings import Making
from ui.web.messages import Say
from ui.web.panels import facts
from ui.web.runs import RunView
from ui.web.shelf import Refused, Shelf
from ui.web.subtitle_works import SubtitleWork
from ui.web.works import Work

#: Tabs that footage can be taken to; the first three also a sound file where they hear.
_USES = (
    "trailer",
    "subtitles",
    "looks",
    "filters",
    "avatar",
    "people",
    "cuts",
    "things",
    "summary",
    "report",
)
#: What a kind of work is called in the page's address.
_ADDRESS = {"trailer": "run", "subtitles": "subtitles"}
#: Of the results that can be shown as a film, the one that says most.
_SHOWN = ("video", "burnt", "film", "preview")


def grid(say: Say, shelf: Shelf, footage: Sequence[Footage], *, any_at_all: bool) -> str:
    """Footage as cards.

    Args:
        say: the language.
        shelf: knows the pictures.
        footage: what is shown.
        any_at_all: whether there would be some without the filter.
    """
    if not footage:
        return _nothing(say) if not any_at_all else f"<p>{escape(say('library.no_match'))}</p>"
    cards = "".join(_card(say, shelf, each) for each in footage)
    return f'<ul class="st-grid" aria-label="{escape(say("library.footage"))}">{cards}</ul>'


def _card(say: Say, shelf: Shelf, each: Footage) -> str:
    info, where = each.info, f"/studio/library/{each.id}"
    name = escape(info.path.name)
    face = '<span class="st-sound" aria-hidden="true">♪</span>'
    if info.video is not None:
        strip = shelf.file(info, "strip") is not None
        face = (
            f'<img src="{where}/poster" alt="" loading="lazy">'
            f'<i class="st-scrub" style="background-image:url({where}/strip)"></i>'
            if strip
            else f'<span class="st-drawing">{escape(say("library.drawing"))}</span>'
        )
    lost = ""
    if not each.present:
        lost = f'<p class="st-lost">{escape(say("library.lost"))}</p>'
    proxy = ""
    if shelf.file(info, "proxy") is not None:
        proxy = f"<em>{escape(say('library.proxy'))}</em>"
    uses = "".join(
        f'<button type="button" data-use="{use}">{escape(say(_tab_name(use)))}</button>'
        for use in _USES
        if info.video is not None or use == "subtitles"
    )
    return (
        f'<li class="st-foot" data-footage="{each.id}"{"" if each.present else " data-lost"}>'
        f'<div class="st-poster" tabindex="0" role="img" aria-label="{name}">{face}{proxy}'
        f'<span class="st-len">{say.duration(float(info.duration))}</span></div>'
        f'<div class="st-body"><b title="{escape(str(info.path))}">{name}</b>'
        f"<span>{escape(facts(say, info))}</span>{lost}"
        f'<details class="st-uses"><summary>{escape(say("library.use"))}</summary>'
        f"<div>{uses}</div></details>"
        f'<button type="button" class="st-remove" data-remove="{each.id}"'
        f' aria-label="{escape(say("library.remove", name=info.path.name))}">×</button>'
        "</div></li>"
    )


def _tab_name(use: str) -> str:
    return "sub.tab" if use == "subtitles" else f"{use}.tab"


def _nothing(say: Say) -> str:
    steps = "".join(
        f"<li><b>{escape(say(f'library.welcome.{n}.title'))}</b>"
        f"<p>{escape(say(f'library.welcome.{n}.text'))}</p></li>"
        for n in (1, 2, 3)
    )
    return (
        f'<div class="st-welcome"><h2>{escape(say("library.welcome.title"))}</h2>'
        f"<p>{escape(say('library.welcome.text'))}</p><ol>{steps}</ol></div>"
    )


def told(say: Say, added: Sequence[Footage], refused: Sequence[Refused]) -> str:
    """What came in and what did not."""
    parts = []
    if added:
        parts.append(
            f'<p class="st-status" role="status">{escape(say("library.added", n=len(added)))}</p>'
        )
    if refused:
        rows = "".join(
            f'<li lang="en"><b>{escape(r.path.name)}</b> {escape(r.error.message)}</li>'
            for r in refused[:8]
        )
        more = len(refused) - 8
        rest = f"<li>{escape(say('library.refused.more', n=more))}</li>" if more > 0 else ""
        parts.append(
            f'<div class="st-problem" role="alert">'
            f"<b>{escape(say('library.refused', n=len(refused)))}</b><ul>{rows}{rest}</ul></div>"
        )
    return "".join(parts)


def projects(say: Say, known: Sequence[Project], now: str) -> str:
    """What the projects are, and which is open."""
    current = next((p for p in known if p.id == now), None)
    if current is None:
        return f'<p class="st-folder">{escape(say("project.none"))}</p>'
    return (
        f'<p class="st-folder">{escape(say("project.folder"))}'
        f" <code>{escape(str(current.folder))}</code></p>"
    )


def gallery(say: Say, works: Sequence[DeskWork]) -> str:
    """What was made, the newest first, each with the way back to it and to its settings."""
    if not works:
        return f'<p class="st-none">{escape(say("gallery.none"))}</p>'
    rows = "".join(_result(say, work, work.look()) for work in works)
    return f'<ul class="st-grid" aria-label="{escape(say("gallery.title"))}">{rows}</ul>'


def _result(say: Say, work: DeskWork, view: RunView) -> str:
    address = f"?{_ADDRESS.get(work.kind, work.kind)}={work.id}"
    state = "" if view.state == "done" else say(f"job.state.{view.state}")
    # Made of nothing that has a name.
    name = say("generate.wishes") if work.kind == "generate" else work.title
    picture, film = _picture(work), next((n for n in _SHOWN if n in work.results), "")
    face = f'<img src="{picture}" alt="" loading="lazy">' if picture else ""
    if not face:
        face = f'<span class="st-drawing">{escape(say(_tab_name(work.kind)))}</span>'
    if state:
        face += f"<em{'' if view.state.ended else ' data-live'}>{escape(state)}</em>"
    files = "".join(
        f'<a href="{_file(work, kind)}?download" download="{escape(path.name)}">'
        f"{escape(path.name)}</a>"
        for kind, path in list(work.results.items())[:8]
        if path.is_file()
    )
    listed = (
        f'<details class="st-uses"><summary>{escape(say("gallery.files"))}</summary>'
        f"<div>{files}</div></details>"
        if files
        else ""
    )
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(work.changed_at))
    play = f' data-film="{_file(work, film)}"' if film else ""
    return (
        f'<li class="st-foot st-made"><a class="st-poster" href="{address}"{play}'
        f' aria-label="{escape(say("gallery.open", name=name))}">{face}</a>'
        f'<div class="st-body"><b>{escape(name)}</b>'
        f"<span>{escape(say(_tab_name(work.kind)))} · {when}</span>{_settings(say, work)}{listed}"
        f'<a class="st-again" href="?like={work.id}&amp;in={work.kind}">'
        f"{escape(say('gallery.again'))}</a>"
        f'<button type="button" class="st-remove" data-forget="{work.id}"'
        f' aria-label="{escape(say("gallery.forget", name=name))}">×</button></div></li>'
    )


def _settings(say: Say, work: DeskWork) -> str:
    """What it was made with, in few words."""
    words: list[str] = []
    if isinstance(work, Work):
        wish = work.options
        words = [
            say("strip.seconds", seconds=f"{wish.length_s:g}"),
            say(f"options.pace.{wish.pace}"),
        ]
        words += [] if wish.aspect == "source" else [wish.aspect]
    elif isinstance(work, Making):
        names = (f"{work.kind}.card.{name}" for name in work.picked)
        words = [say(name) if say.has(name) else name.split(".card.")[1] for name in names]
    return f"<span>{escape(' · '.join(words))}</span>" if words else ""


def _picture(work: DeskWork) -> str:
    if isinstance(work, Work) and work.versions:
        clips = work.versions[0].timeline.clips
        return f"/studio/works/{work.id}/0/thumbnails/{escape(clips[0].id)}" if clips else ""
    if isinstance(work, Making):
        if "picture" in work.results:
            return f"/studio/makings/{work.id}/files/picture?{work.turn}"
        if work.compared:
            return f"/studio/makings/{work.id}/after?{work.turn}"
        card = next((c for c in work.cards if c.name in work.picked), None) or next(
            iter(work.cards), None
        )
        return f"/studio/makings/{work.id}/cards/{escape(card.name)}" if card else ""
    return ""


def _file(work: DeskWork, name: str) -> str:
    if isinstance(work, Work):
        number = next(
            n for n, v in enumerate(work.versions) if v.result and v.result.files.get(name)
        )
        return f"/studio/works/{work.id}/{number}/files/{name}"
    room = "subtitles" if isinstance(work, SubtitleWork) else "makings"
    return f"/studio/{room}/{work.id}/files/{name}"

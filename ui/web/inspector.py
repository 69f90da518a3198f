"""One item of a cut, opened: its first and last picture, its ends frame by frame, its place, and
shots that could stand in for it."""

from __future__ import annotations

from html import escape

from pipelines.trailer.arrange import Trim, alternatives, worth
from studio.types.timeline import Card, Clip
from ui.web.messages import Say
from ui.web.strip import reasons, seconds_of, timecodes
from ui.web.works import Version, Work

_STEPS = (-10, -1, 1, 10)


def inspector(say: Say, work: Work, number: int, selected: str) -> str:
    """The panel; empty where nothing is open."""
    version = work.versions[number]
    items = version.items
    at = next((n for n, item in enumerate(items) if item.id == selected), None)
    if at is None:
        return ""
    item = items[at]
    title = say("edit.title", n=at + 1, length=seconds_of(say, version.timeline.rate, item.frames))
    ends = _ends(say, work, number, item, version)
    places = "".join(
        f'<button type="button" data-act="move" data-by="{by}"{_off(not 0 <= at + by < len(items))}'
        f' aria-label="{escape(say(f"edit.{name}"))}" title="{escape(say(f"edit.{name}"))}">'
        f"{sign}</button>"
        for by, name, sign in ((-1, "earlier", "←"), (1, "later", "→"))
    )
    swaps = _swaps(say, work, number, item, version) if isinstance(item, Clip) else ""
    return (
        f'<section class="st-inspector" data-item="{escape(item.id)}"'
        f' aria-label="{escape(title)}"><div class="st-inspect-head"><h3>{escape(title)}</h3>'
        f'<div class="st-places">{places}</div>'
        f'<button type="button" class="st-close" data-act="close"'
        f' aria-label="{escape(say("edit.close"))}">×</button></div>{ends}{swaps}</section>'
    )


def _ends(say: Say, work: Work, number: int, item: Clip | Card, version: Version) -> str:
    trim = version.arrangement.trims.get(item.id, Trim())
    if isinstance(item, Card):
        return f'<div class="st-ends">{_end(say, "tail", "", trim.tail, "")}</div>'
    source = version.timeline.source(item.source)
    start, end = timecodes(source, item)
    where = f"/studio/works/{work.id}/{number}/frames/{escape(item.id)}"
    first = f"{where}/head?{item.source}-{item.start_frame}"
    last = f"{where}/tail?{item.source}-{item.end_frame}"
    return (
        f"{_player(say, work, number, item, version)}"
        f'<div class="st-ends">{_end(say, "head", first, trim.head, start)}'
        f"{_end(say, 'tail', last, trim.tail, end)}</div>"
    )


def _player(say: Say, work: Work, number: int, clip: Clip, version: Version) -> str:
    """The footage around the clip, played where no film is rendered yet, and marked in it."""
    source = version.timeline.source(clip.source)
    where = f"/studio/works/{work.id}/{number}/source/{escape(clip.id)}?{escape(clip.source)}"
    frame_s = float(source.rate.seconds(1))
    buttons = "".join(
        f'<button type="button" data-do="{do}" aria-label="{escape(say(f"play.{do}"))}"'
        f' title="{escape(say(f"play.{do}"))}">{sign}</button>'
        for do, sign in (
            ("to-in", "⇤"), ("back", "‹"), ("play", "▶"), ("on", "›"), ("to-out", "⇥"),
            ("mark-in", "I"), ("mark-out", "O"),
        )
    )  # fmt: skip
    words = escape(say("play.clock", n="{n}", all="{all}"))  # filled in by the script
    return (
        f'<div class="st-source-player" data-in="{float(clip.start):.6f}"'
        f' data-out="{float(clip.end):.6f}" data-frame="{frame_s:.9f}">'
        f'<video class="st-source-film" preload="auto" playsinline src="{where}"'
        f' aria-label="{escape(say("play.source"))}"></video>'
        f'<p class="st-status" role="status" hidden>{escape(say("play.being_made"))}</p>'
        f'<div class="st-transport" role="group" aria-label="{escape(say("play.controls"))}">'
        f'{buttons}<span class="st-clock" data-words="{words}"></span></div>'
        f'<p class="st-keys">{escape(say("play.keys"))}</p></div>'
    )


def _end(say: Say, edge: str, picture: str, moved: int, timecode: str) -> str:
    name = say(f"edit.{edge}")
    image = f'<img src="{picture}" alt="{escape(say(f"edit.{edge}.picture"))}">' if picture else ""
    buttons = "".join(
        f'<button type="button" data-act="{edge}" data-by="{by}"'
        f' aria-label="{escape(say("edit.by", edge=name, frames=f"{by:+d}"))}">{by:+d}</button>'
        for by in _STEPS
    )
    told = f"<small>{escape(say('edit.moved', frames=f'{moved:+d}'))}</small>" if moved else ""
    return (
        f'<div class="st-end" role="group" aria-label="{escape(name)}">{image}'
        f"<p><b>{escape(name)}</b> <span>{timecode}</span> {told}</p>"
        f'<div class="st-steps">{buttons}</div></div>'
    )


def _swaps(say: Say, work: Work, number: int, clip: Clip, version: Version) -> str:
    """Left-over shots, the ones of like worth first, each with why it is good."""
    made = version.arrangement
    pictures = f"/studio/works/{work.id}/{number}/thumbnails"
    planned = next(c for c in version.timeline.clips if c.id == clip.id)
    rows = ""
    if clip.id in made.swaps:
        rows = (
            f'<li><button type="button" data-act="swap" data-with="">'
            f'<img src="{pictures}/{escape(clip.id)}" alt="">'
            f"<b>{escape(say('edit.planned'))}</b>"
            f"<span>{escape(say('edit.worth', worth=round(100 * worth(planned))))}</span>"
            f"</button>{reasons(say, planned.reasons)}</li>"
        )
    for other in alternatives(version.timeline, made, clip.id):
        shot = other.clip
        rows += (
            f'<li><button type="button" data-act="swap" data-with="{escape(shot.id)}">'
            f'<img src="{pictures}/{escape(shot.id)}" alt="" loading="lazy">'
            f"<b>{escape(say('edit.use'))}</b>"
            f"<span>{escape(say('edit.worth', worth=round(100 * other.worth)))}</span></button>"
            f"{reasons(say, shot.reasons)}</li>"
        )
    text = say("edit.swap.text", worth=round(100 * worth(planned)))
    if not rows:
        text = say("edit.swap.none")
    return (
        f'<div class="st-swaps"><h4>{escape(say("edit.swap"))}</h4><p>{escape(text)}</p>'
        f"<ul>{rows}</ul></div>"
    )


def _off(disabled: bool) -> str:
    return " disabled" if disabled else ""

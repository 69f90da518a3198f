"""A plan as a strip: every clip with its picture, place, length, part and reasons."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from studio.types.timecode import FrameRate, Timecode
from studio.types.timeline import Card, Clip, Reason, Source, Timeline
from ui.web.messages import Say
from ui.web.works import Version, Work

#: Those that counted most; the plan's file has them all.
_REASONS = 6


def strip(say: Say, work: Work, number: int, selected: str = "") -> str:
    """The clips of a version as an ordered list; each can be dropped, taken back and opened."""
    version = work.versions[number]
    pictures = f"/studio/works/{work.id}/{number}/thumbnails"
    at = {item.id: frame for frame, item in version.kept.placed()}
    entries = [
        _card(say, at.get(item.id), item, n, version, selected)
        if isinstance(item, Card)
        else _clip(say, at.get(item.id), item, n, version, pictures, selected)
        for n, item in enumerate(version.items, 1)
    ]
    keys = f'<p class="st-keys">{escape(say("strip.keys"))}</p>'
    label = escape(say("strip.label"))
    return f'{keys}<ol class="st-strip" aria-label="{label}">{"".join(entries)}</ol>'


def overview(say: Say, version: Version) -> str:
    """How long the kept clips are, and a bar that shows the shape of the cut."""
    planned, kept = version.timeline, version.kept
    length, whole = _seconds(say, kept), _seconds(say, planned)
    count = say("plan.kept", kept=len(kept.clips), all=len(planned.clips))
    parts = "".join(
        f'<span class="st-seg" style="flex-grow:{item.frames}" data-role="{_role(item)}"'
        f"{' data-dropped' if item.id in version.dropped else ''}></span>"
        for item in version.items
    )
    roles = dict.fromkeys(_role(item) for item in planned.items)
    legend = "".join(
        f'<li><i data-role="{role}"></i>{escape(say(f"role.{role}"))}</li>' for role in roles
    )
    of_whole = f" <small>{escape(say('plan.of', length=whole))}</small>" if whole != length else ""
    share = kept.frames / max(1, planned.frames)
    cost = say(
        "render.cost",
        time=say.about(version.cost.seconds * share),
        size=say.size(round(version.cost.output_bytes * share)),
    )
    return (
        f'<div class="st-overview"><p class="st-length" aria-live="polite"><b>{length}</b>'
        f"{of_whole}<span>{escape(count)}</span></p>"
        f'<div class="st-bar" aria-hidden="true">{parts}</div>'
        f'<ul class="st-legend" aria-hidden="true">{legend}</ul>'
        f'<p class="st-cost">{escape(cost)}</p>{_off_beat(say, version)}</div>'
    )


def _off_beat(say: Say, version: Version) -> str:
    """What an edit does to the cuts behind it: they no longer fall where the music wants them."""
    count = version.off_beat
    if not count:
        return ""
    return f'<p class="st-outdated" role="status">{escape(say("plan.off_beat", count=count))}</p>'


def notes(say: Say, lines: tuple[str, ...]) -> str:
    """What the engine wants to be known, in its own words (English)."""
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return (
        f'<details class="st-notes"><summary>{escape(say("notes.title", count=len(lines)))}'
        f'</summary><ul lang="en">{items}</ul></details>'
    )


def _clip(
    say: Say, at: int | None, clip: Clip, n: int, version: Version, pictures: str, selected: str
) -> str:
    source = version.timeline.source(clip.source)
    role = escape(say(f"role.{clip.role}"))
    alt = escape(say("strip.picture", n=n, role=say(f"role.{clip.role}")))
    shown = version.arrangement.swaps.get(clip.id, clip.id)
    picture = f'<img src="{pictures}/{escape(shown)}" alt="{alt}" loading="lazy" decoding="async">'
    if len(version.timeline.sources) > 1:
        name = source.path.rsplit("/", 1)[-1]
        picture += f'<span class="st-source">{escape(name)}</span>'
    start, end = timecodes(source, clip)
    where = (
        f'<p class="st-tc"><span title="{escape(say("strip.source_in"))}">{start}</span>'
        f' <i aria-hidden="true">→</i> <span title="{escape(say("strip.source_out"))}">{end}</span>'
        "</p>"
    )
    body = where + reasons(say, clip.reasons)
    return _entry(say, at, clip, n, version, role, picture, body, selected)


def _card(say: Say, at: int | None, card: Card, n: int, version: Version, selected: str) -> str:
    lines = "<br>".join(escape(line) for line in card.text.split("\n"))
    picture = f'<div class="st-cardface">{lines}</div>'
    role = escape(say(f"role.{card.kind}-card"))
    return _entry(say, at, card, n, version, role, picture, "", selected)


def _entry(
    say: Say,
    at: int | None,
    item: Clip | Card,
    n: int,
    version: Version,
    role: str,
    face: str,
    body: str,
    selected: str,
) -> str:
    rate = version.timeline.rate
    dropped = at is None
    place = "–" if at is None else Timecode(at, rate)
    length = escape(seconds_of(say, rate, item.frames))
    name, made = escape(item.id), version.arrangement
    changed = "".join(
        f"<em>{escape(say(f'strip.{what}'))}</em>"
        for what, there in (("swapped", made.swaps), ("trimmed", made.trims))
        if item.id in there
    )
    open_ = "true" if item.id == selected else "false"
    return (
        f'<li class="st-clip" data-role="{_role(item)}"{" data-dropped" if dropped else ""}'
        f"{' data-open' if item.id == selected else ''}>"
        f'<button type="button" class="st-face" data-open="{name}" aria-expanded="{open_}"'
        f' aria-label="{escape(say("strip.open", n=n))}">{face}<span class="st-no">{n}</span>'
        f'<span class="st-changed">{changed}</span><span class="st-len">{length}</span></button>'
        f'<div class="st-body"><p class="st-head"><b>{role}</b>'
        f'<span title="{escape(say("strip.position"))}">{place}</span></p>{body}'
        f'<button type="button" class="st-keep" data-item="{escape(item.id)}"'
        f' aria-pressed="{"false" if dropped else "true"}"'
        f' aria-label="{escape(say("strip.keep_clip", n=n))}">'
        f'<span class="st-on">{escape(say("strip.kept"))}</span>'
        f'<span class="st-off">{escape(say("strip.dropped"))}</span></button></div></li>'
    )


def reasons(say: Say, found: tuple[Reason, ...]) -> str:
    """Why a clip was chosen, the arguments that counted most first."""
    if not found:
        return ""
    ordered = sorted(found, key=lambda r: r.score * r.weight, reverse=True)[:_REASONS]
    rows = "".join(
        f'<li><span>{escape(_reason_name(say, r))}</span><span class="st-meter" role="img"'
        f' aria-label="{r.score:.0%}"><i style="width:{min(max(r.score, 0), 1):.0%}"></i></span>'
        f'<small lang="en">{escape(r.text)}</small></li>'
        for r in ordered
    )
    names = ", ".join(_reason_name(say, r) for r in ordered[:3])
    return (
        f'<details class="st-why"><summary><span>{escape(say("strip.why"))}</span> {escape(names)}'
        f"</summary><ul>{rows}</ul></details>"
    )


def _reason_name(say: Say, reason: Reason) -> str:
    key = f"reason.{reason.name}"
    return say(key) if say.has(key) else reason.name.replace("_", " ")


def _role(item: Clip | Card) -> str:
    return f"{item.kind}-card" if isinstance(item, Card) else str(item.role)


def seconds_of(say: Say, rate: FrameRate, frames: int) -> str:
    """A length in seconds, in words."""
    return say("strip.seconds", seconds=f"{float(rate.seconds(frames)):.1f}")


def _seconds(say: Say, timeline: Timeline) -> str:
    return say("strip.seconds", seconds=f"{float(timeline.duration):.1f}")


def timecodes(source: Source, clip: Clip) -> tuple[str, str]:
    """Where the clip lies in its footage: the camera's time code where it has one, else counted
    from zero; the clock where the rate varies, since frames do not tell the time then."""
    if source.variable_rate:
        return _clock(clip.start), _clock(clip.end)
    first, drop = 0, ";" in source.timecode
    if source.timecode:
        first = Timecode.from_string(source.timecode, source.rate).frame
    ends = (first + clip.start_frame, first + clip.end_frame)
    return tuple(str(Timecode(f, source.rate, drop)) for f in ends)  # type: ignore[return-value]


def _clock(seconds: Fraction) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"

"""The subtitle editor as HTML: player, doubtful words, voices, cues. All that is not ours is
escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from html import escape

from pipelines.subtitles.editing import DOUBTFUL, doubtful_words, occurrences
from pipelines.subtitles.plan import SubtitlePlan, Track
from pipelines.subtitles.shortfall import Unmet
from studio.types.subtitles import Cue
from studio.types.transcript import Word
from ui.web.messages import Say
from ui.web.subtitle_works import SubtitleWork

#: Cues that are on the page at once.
PAGE = 150
#: Words before and after a doubtful one.
_CONTEXT = 6
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,6}))?")


def clock(seconds: Fraction) -> str:
    """``0:01:02.345``."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def seconds_of(text: str) -> Fraction | None:
    """What was typed as a time: ``1:02.5``, ``62.5``; None where it is none."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (Fraction(match[i] or 0) for i in (1, 2, 3))
    return hours * 3600 + minutes * 60 + seconds + Fraction("0." + (match[4] or "0"))


def key_of(cue: Cue) -> str:
    """What the page calls a cue: its times. Numbers change when another cue is edited."""
    return f"{cue.start}|{cue.end}"


def cue_at(plan: SubtitlePlan, track: int, key: str) -> int | None:
    """The number of the cue the page means; None where it is no longer there."""
    cues = plan.tracks[track].subtitles.cues
    return next((n for n, cue in enumerate(cues) if key_of(cue) == key), None)


def player(say: Say, work: SubtitleWork) -> str:
    """The film or the sound with the cues drawn over it, and the buttons beneath."""
    where = f"/studio/subtitles/{work.id}/media"
    video = work.info.video
    kind, shape, frame_s = "audio", "", 0.1
    if video is not None:
        width, height = video.display_wh
        kind, frame_s = "video", float(video.rate.seconds(1))
        shape = f' style="--shape:{width}/{height};--ratio:{width / height:.4f}"'
    buttons = "".join(
        f'<button type="button" data-{act} title="{escape(say(f"cues.{name}"))}"'
        f' aria-label="{escape(say(f"cues.{name}"))}">{sign}</button>'
        for act, name, sign in (
            ("pause", "pause", "▶"), ('step="-1"', "back", "‹"), ('step="1"', "forward", "›"),
        )
    )  # fmt: skip
    return (
        f'<div class="st-player" data-frame="{frame_s:.6f}">'
        f'<div class="st-screen st-{kind}"{shape}>'
        f'<{kind} class="st-media" playsinline preload="metadata" src="{where}"'
        f' aria-label="{escape(say("cues.player"))}"></{kind}>'
        f'<div class="st-drawn" aria-hidden="true"></div></div>'
        f'<div class="st-transport">{buttons}<input type="range" class="st-seek" min="0" max="1"'
        f' step="0.001" value="0" aria-label="{escape(say("cues.seek"))}">'
        '<output class="st-clock">0:00:00.000</output></div></div>'
    )


def drawn_cues(plan: SubtitlePlan, track: int) -> str:
    """The cues for the player, as data."""
    rows = [
        [float(c.start), float(c.end), "\n".join(c.lines), c.at_top, c.italic, key_of(c)]
        for c in plan.tracks[track].subtitles.cues
    ]
    data = escape(json.dumps(rows, ensure_ascii=False, separators=(",", ":")))
    return f'<div id="drawn-cues" hidden data-cues="{data}"></div>'


def summary(say: Say, work: SubtitleWork, track: int) -> str:
    """How many cues there are and how many rules they break."""
    assert work.now is not None
    plan = work.now.plan
    shown = plan.tracks[track]
    broken = len({u.cue for u in shown.unmet})
    state = (
        f'<span class="st-bad">{escape(say("cues.broken", count=broken))}</span>'
        if broken
        else f'<span class="st-good">{escape(say("cues.obeyed"))}</span>'
    )
    return (
        f'<p class="st-length" aria-live="polite"><b>{len(shown.subtitles.cues)}</b>'
        f" {escape(say('cues.count'))} · {escape(shown.profile.name)} {state}</p>"
    )


def doubts(say: Say, plan: SubtitlePlan, at: int) -> str:
    """One doubtful word with what stands around it, and what can be done about it."""
    found = doubtful_words(plan)
    if not found:
        return f'<p class="st-nodoubt">{escape(say("doubt.none"))}</p>'
    at = min(max(at, 0), len(found) - 1)
    number = found[at]
    words = plan.transcript.words
    word = words[number]
    before = " ".join(w.text for w in words[max(0, number - _CONTEXT) : number])
    after = " ".join(w.text for w in words[number + 1 : number + 1 + _CONTEXT])
    bare = escape(word.text.strip(".,!?;:\"'()[]“”‘’…"))
    many = occurrences(plan, number)
    everywhere = (
        f'<button type="button" data-do="everywhere">{escape(say("doubt.everywhere", count=many))}'
        "</button>"
        if many > 1
        else ""
    )
    last = at + 1 == len(found)
    return (
        f'<div class="st-doubt" data-word="{number}" data-start="{float(word.start):.3f}"'
        f' data-end="{float(word.end):.3f}">'
        f'<div class="st-walk"><b>{escape(say("doubt.title", n=at + 1, count=len(found)))}</b>'
        f'<button type="button" data-do="previous"{" disabled" if at == 0 else ""}'
        f' aria-label="{escape(say("doubt.previous"))}">‹</button>'
        f'<button type="button" data-do="next"{" disabled" if last else ""}'
        f' aria-label="{escape(say("doubt.next"))}">›</button></div>'
        f'<p class="st-context" lang="{escape(plan.transcript.language)}">{escape(before)}'
        f" <mark>{escape(word.text)}</mark> {escape(after)}"
        f" <small>{word.confidence:.0%}</small></p>"
        f'<div class="st-fix"><button type="button" data-do="listen">'
        f"{escape(say('doubt.listen'))}</button>"
        f'<input type="text" value="{bare}" maxlength="200" spellcheck="true"'
        f' lang="{escape(plan.transcript.language)}" aria-label="{escape(say("doubt.word"))}">'
        f'<button type="button" data-do="here" class="st-main">{escape(say("doubt.here"))}</button>'
        f'{everywhere}<button type="button" data-do="right">{escape(say("doubt.right"))}</button>'
        "</div></div>"
    )


def voices(say: Say, plan: SubtitlePlan) -> str:
    """Each voice with a field for its name."""
    if not plan.names:
        return ""
    fields = "".join(
        f'<label class="st-voice"><span>{escape(label)}</span><input type="text" maxlength="60"'
        f' data-voice="{escape(label)}" value="{escape(name)}"'
        f' placeholder="{escape(say("voices.unknown"))}"></label>'
        for label, name in plan.names.items()
    )
    title = escape(say("voices.title"))
    return f'<div class="st-voices" role="group" aria-label="{title}"><b>{title}</b>{fields}</div>'


def table(say: Say, work: SubtitleWork, track: int, page: int) -> str:
    """The cues of one page as rows that can be edited."""
    assert work.now is not None
    plan = work.now.plan
    shown = plan.tracks[track]
    cues = shown.subtitles.cues
    first = page * PAGE
    broken: dict[int, list[Unmet]] = {}
    for unmet in shown.unmet:
        broken.setdefault(unmet.cue, []).append(unmet)
    words = plan.transcript.words if track == 0 else ()
    names = [name or label for label, name in plan.names.items()]
    listed = "".join(f'<option value="{escape(name)}">' for name in names)
    rows = "".join(
        _row(say, n, cues[n], broken.get(n, ()), words, shown)
        for n in range(first, min(first + PAGE, len(cues)))
    )
    return (
        f'<datalist id="voice-names">{listed}</datalist>'
        f'<ol class="st-cues" aria-label="{escape(say("cues.table"))}">{rows}</ol>'
    )


def _row(
    say: Say, n: int, cue: Cue, broken: Sequence[Unmet], words: Sequence[Word], track: Track
) -> str:
    """One cue: when, what, who, and which rules it breaks."""
    number = n + 1
    length = float(cue.duration)
    speed = track.profile.width(cue.text.replace("\n", "")) / length if length else 0.0
    fields = "".join(
        f'<input type="text" class="st-time" data-field="{name}" value="{clock(value)}"'
        f' inputmode="decimal" aria-label="{escape(say(f"cues.{name}", n=number))}">'
        for name, value in (("start", cue.start), ("end", cue.end))
    )
    language = escape(track.subtitles.language)
    top = "true" if cue.at_top else "false"
    faults = "".join(_fault(say, unmet) for unmet in broken)
    stands = say("strip.seconds", seconds=f"{length:.1f}")
    facts = f"{stands} · {say('cues.speed', speed=f'{speed:.0f}')}"
    return (
        f'<li class="st-cue" data-key="{key_of(cue)}"{" data-broken" if broken else ""}>'
        f'<button type="button" class="st-play" data-play="{float(cue.start):.3f}"'
        f' aria-label="{escape(say("cues.play", n=number))}">{number}</button>'
        f'<div class="st-when">{fields}<small>{escape(facts)}</small></div>'
        f'<div class="st-says" contenteditable="plaintext-only" role="textbox" spellcheck="true"'
        f' aria-multiline="true" data-field="text" lang="{language}"'
        f' aria-label="{escape(say("cues.text", n=number))}">{_marked(cue, words)}</div>'
        f'<input type="text" class="st-who" data-field="speaker" value="{escape(cue.speaker)}"'
        f' list="voice-names" maxlength="60" placeholder="{escape(say("cues.nobody"))}"'
        f' aria-label="{escape(say("cues.speaker", n=number))}">'
        f'<div class="st-acts"><button type="button" data-act="top" aria-pressed="{top}"'
        f' title="{escape(say("cues.top"))}" aria-label="{escape(say("cues.top"))}">⤒</button>'
        f'<button type="button" data-act="add" title="{escape(say("cues.add"))}"'
        f' aria-label="{escape(say("cues.add"))}">+</button>'
        f'<button type="button" data-act="delete" title="{escape(say("cues.delete"))}"'
        f' aria-label="{escape(say("cues.delete"))}">×</button></div>'
        f"{f'<ul class=st-faults>{faults}</ul>' if faults else ''}</li>"
    )


def _fault(say: Say, unmet: Unmet) -> str:
    name = f"rule.{unmet.rule}"
    rule = say(name) if say.has(name) else unmet.rule.replace("_", " ")
    use = ""
    if unmet.proposal and not unmet.applied:
        shorter = " / ".join(unmet.proposal.splitlines())
        use = (
            f'<button type="button" data-act="shorten" data-text="{escape(unmet.proposal)}">'
            f"{escape(say('cues.shorten', text=shorter))}</button>"
        )
    seen = say("cues.limit", measured=unmet.measured, limit=unmet.limit)
    return f"<li><b>{escape(rule)}</b> <span>{escape(seen)}</span>{use}</li>"


def _marked(cue: Cue, words: Sequence[Word]) -> str:
    """The text with its doubtful words marked, where its words are still the ones heard."""
    heard = words[slice(*cue.words)] if cue.words is not None else ()
    lines, at = [], 0
    for line in cue.lines:
        parts = []
        for token in line.split():
            bare = _bare(token)
            match = next((i for i in range(at, len(heard)) if _bare(heard[i].text) == bare), None)
            text = escape(token)
            if bare and match is not None and match - at < 3:
                at = match + 1
                if heard[match].confidence < DOUBTFUL:
                    text = f"<mark>{text}</mark>"
            parts.append(text)
        lines.append(" ".join(parts))
    return "\n".join(lines)


def _bare(token: str) -> str:
    return "".join(c for c in token.casefold() if c.isalnum())


def pages(plan: SubtitlePlan, track: int) -> int:
    """How many pages the cues fill."""
    return max(1, -(-len(plan.tracks[track].subtitles.cues) // PAGE))


def files(say: Say, work: SubtitleWork) -> str:
    """What was written, to be taken along."""
    if not work.files:
        return ""
    where = f"/studio/subtitles/{work.id}/files"
    rows = ""
    for kind, path in work.files.items():
        if not path.is_file():
            continue
        own = kind in ("burnt", "soft", "corrections")
        known = kind if own else f"subtitle.{'plan' if kind == 'plan' else path.suffix[1:]}"
        use = f"file.{known}.use"
        rows += (
            f'<li><a href="{where}/{escape(kind)}?download" download="{escape(path.name)}"'
            f' data-file="{escape(kind)}"><b>{escape(say(f"file.{known}"))}</b>'
            f"<span>{escape(path.name)} · {say.size(path.stat().st_size)}</span>"
            f"<small>{escape(say(use))}</small></a></li>"
        )
    outdated = (
        f'<p class="st-outdated" role="status">{escape(say("cues.outdated"))}</p>'
        if work.outdated
        else ""
    )
    return (
        f'{outdated}<ul class="st-downloads">{rows}</ul><p class="st-folder">'
        f"{escape(say('result.folder'))} <code>{escape(str(work.options.out))}</code></p>"
    )


def dropped(say: Say, plan: SubtitlePlan) -> str:
    """What was heard and is not believed, with its time and the reason (English)."""
    if not plan.dropped:
        return ""
    rows = "".join(
        f"<li><code>{clock(d.start)}</code> <q>{escape(d.text)}</q>"
        f' <span lang="en">{escape(d.reason)}</span></li>'
        for d in plan.dropped
    )
    return (
        f'<details class="st-notes"><summary>'
        f"{escape(say('cues.dropped', count=len(plan.dropped)))}</summary><ul>{rows}</ul></details>"
    )

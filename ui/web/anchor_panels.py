"""The pieces of the anchor tab, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ui.web.anchor_works import AnchorWork, ReadingRow, Request
from ui.web.messages import Say
from ui.web.strip import notes

#: Files of a finished segment in the order they are offered; the film itself is shown above them.
_FILES = ("film", "film srt", "film vtt", "sheet", "programme", "script", "reading", "voice")


def welcome(say: Say) -> str:
    """What the tab does, while there is nothing to show."""
    steps = "".join(
        f"<li><b>{escape(say(f'anchor.welcome.{n}.title'))}</b>"
        f"<p>{escape(say(f'anchor.welcome.{n}.text'))}</p></li>"
        for n in (1, 2, 3)
    )
    return (
        f'<div class="st-welcome"><h2>{escape(say("anchor.welcome.title"))}</h2>'
        f"<p>{escape(say('anchor.welcome.text'))}</p><ol>{steps}</ol></div>"
    )


def reading_table(say: Say, rows: Sequence[ReadingRow], busy: bool) -> str:
    """Each line as it is written and as it is read; what is read can be changed."""
    lines = "".join(_line(say, row, busy) for row in rows)
    heads = "".join(
        f'<th scope="col">{escape(say(key))}</th>' for key in ("anchor.written", "anchor.is_read")
    )
    return (
        f'<table class="st-reading"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
    )


def _line(say: Say, row: ReadingRow, busy: bool) -> str:
    edited = row.read != row.by_rules
    mark = ""
    if edited:
        mark = (
            f'<button type="button" data-restore="{escape(row.id)}"'
            f' title="{escape(row.by_rules)}">{escape(say("anchor.by_rules"))}</button>'
        )
    kind = " data-edited" if edited else " data-differs" if row.read != row.written else ""
    return (
        f"<tr{kind}>"
        f'<td data-label="{escape(say("anchor.written"))}">{escape(row.written)}</td>'
        f'<td data-label="{escape(say("anchor.is_read"))}">'
        f'<textarea rows="1" data-line="{escape(row.id)}"{" disabled" if busy else ""}'
        f' aria-label="{escape(say("anchor.read_line", line=row.written))}">'
        f"{escape(row.read)}</textarea>{mark}</td></tr>"
    )


def heard(say: Say, work: AnchorWork) -> str:
    """The voice, to listen to."""
    if work.made is None or "voice" not in work.made.files:
        return ""
    where = f"/studio/makings/{work.id}/files/voice?{work.turn}"
    return (
        f'<audio class="st-audio" controls preload="metadata" src="{where}"'
        f' aria-label="{escape(say("anchor.heard"))}"></audio>'
    )


def approval(say: Say, work: AnchorWork, shown: Request | None, busy: bool = False) -> str:
    """What an approval is about: the frames of each line, the hashes, and how it stands."""
    made = work.made
    if made is None or "look" not in made.files:
        return ""
    picture = (
        f'<img class="st-picture" src="/studio/makings/{work.id}/files/look?{work.turn}"'
        f' alt="{escape(say("anchor.look"))}">'
    )
    if shown is None and busy:
        return picture
    if shown is None:
        return f'{picture}<p class="st-outdated" role="status">{escape(say("anchor.outdated"))}</p>'
    rows = "".join(
        f"<dt>{escape(_called(say, name))}</dt><dd>{_value(value)}</dd>"
        for name, value in shown.inputs.items()
    )
    if shown.stands:
        words = escape(say("anchor.approved", person=shown.stands))
        said = f'<p class="st-approved" role="status">{words}</p>'
    else:
        said = f'<p class="st-outdated" role="status">{escape(say("anchor.unapproved"))}</p>'
    return (
        f'{picture}{said}<dl class="st-hashes"><dt>{escape(say("anchor.hash"))}</dt>'
        f"<dd><code>{escape(shown.script_sha256)}</code></dd>{rows}</dl>"
    )


def _called(say: Say, name: str) -> str:
    key = f"anchor.input.{name}"
    return say(key) if say.has(key) else name


def _value(value: str) -> str:
    if len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return f"<code>{value[:16]}…</code>"
    return escape(value)


def result(say: Say, work: AnchorWork) -> str:
    """The film, how it stands, and its files."""
    made = work.made
    if made is None or "film" not in made.files:
        return ""
    where = f"/studio/makings/{work.id}/files"
    draft = made.files["film"].name.startswith("draft")
    stands = escape(say("anchor.is_draft" if draft else "anchor.is_final"))
    kind = "st-outdated" if draft else "st-approved"
    rows = "".join(
        f'<li><a href="{where}/{escape(name)}?download" download="{escape(path.name)}"'
        f' data-file="{escape(name)}"><b>{escape(say(f"anchor.file.{name}"))}</b>'
        f"<span>{escape(path.name)} · {say.size(path.stat().st_size)}</span></a></li>"
        for name, path in ((n, made.files[n]) for n in _FILES if n in made.files)
        if path.is_file()
    )
    return (
        f'<p class="{kind}" role="status">{stands}</p>'
        f'<video class="st-video" controls playsinline preload="metadata"'
        f' src="{where}/film?{work.turn}" aria-label="{escape(say("anchor.file.film"))}"></video>'
        f'<ul class="st-downloads">{rows}</ul>'
        f'<p class="st-folder">{escape(say("result.folder"))}'
        f" <code>{escape(str(made.files['film'].parent))}</code></p>{notes(say, made.notes)}"
    )

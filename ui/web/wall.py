"""The wall of cards, the picture before and after, and what was made, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape

from ui.web.makings import Making
from ui.web.messages import Say
from ui.web.strip import notes

#: What a result is shown as.
_FILMS = ("film", "preview")


def wall(
    say: Say,
    work: Making,
    picked: Collection[str],
    label: Callable[[str], str],
    head: str,
    aspect: float,
) -> str:
    """Cards in their groups; those that were picked are pressed.

    Args:
        say: the language.
        work: whose cards.
        picked: names.
        label: of a card, by its name.
        head: key of the groups' titles: ``HEAD.GROUP``.
        aspect: width over height of the pictures.
    """
    parts = []
    for group in dict.fromkeys(card.group for card in work.cards):
        rows = "".join(
            f'<li><button type="button" data-card="{escape(card.name)}"'
            f' aria-pressed="{"true" if card.name in picked else "false"}">'
            f'<img src="/studio/makings/{work.id}/cards/{escape(card.name)}" alt=""'
            f' loading="lazy"><span>{escape(label(card.name))}</span></button></li>'
            for card in work.cards
            if card.group == group
        )
        title = escape(say(f"{head}.{group}"))
        parts.append(f"<section><h3>{title}</h3><ul>{rows}</ul></section>")
    shape = min(max(aspect, 0.75), 2.0)
    return f'<div class="st-wall" style="--card:{shape:.3f}">{"".join(parts)}</div>'


def compare(say: Say, work: Making, names: tuple[str, str]) -> str:
    """One picture before and after, with a slider between.

    Args:
        say: the language.
        work: whose picture.
        names: keys of what the two sides are called.
    """
    if not work.compared:
        return ""
    where = f"/studio/makings/{work.id}"
    before, after = (escape(say(name)) for name in names)
    return (
        f'<figure class="st-compare" style="--at:50%">'
        f'<img src="{where}/before?{work.turn}" alt="{before}">'
        f'<img class="st-after" src="{where}/after?{work.turn}"'
        f' alt="{after}">'
        f'<span class="st-tag">{before}</span>'
        f'<span class="st-tag st-right">{after}</span><i></i>'
        f'<input type="range" min="0" max="100" value="50" step="0.5"'
        f' aria-label="{escape(say("making.compare"))}"></figure>'
    )


def result(say: Say, work: Making, told: Sequence[str] = ()) -> str:
    """What was made: shown, told, and its files."""
    made = work.made
    if made is None:
        return ""
    where = f"/studio/makings/{work.id}/files"
    shown = ""
    film = next((name for name in _FILMS if name in made.files), None)
    if film is not None:
        shown = (
            f'<video class="st-video" controls playsinline preload="metadata"'
            f' src="{where}/{film}?{work.turn}" aria-label="{escape(say(f"file.{film}"))}"></video>'
        )
    elif "picture" in made.files:
        shown = (
            f'<img class="st-picture" src="{where}/picture?{work.turn}"'
            f' alt="{escape(say("file.picture"))}">'
        )
    facts = "".join(f"<li>{escape(line)}</li>" for line in told)
    rows = "".join(
        f'<li><a href="{where}/{name}?download" download="{escape(path.name)}"'
        f' data-file="{name}"><b>{escape(say(f"file.{name}"))}</b>'
        f"<span>{escape(path.name)} · {say.size(path.stat().st_size)}</span></a></li>"
        for name, path in made.files.items()
        if path.is_file() and say.has(f"file.{name}")
    )
    command = (
        f'<p class="st-folder">{escape(say("making.command"))}'
        f" <code>{escape(made.command)}</code></p>"
        if made.command
        else ""
    )
    folder = (
        f'<p class="st-folder">{escape(say("result.folder"))}'
        f" <code>{escape(str(work.out))}</code></p>"
    )
    return (
        f'{shown}<ul class="st-facts">{facts}</ul><ul class="st-downloads">{rows}</ul>'
        f"{folder}{command}{notes(say, made.notes)}"
    )

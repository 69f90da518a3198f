"""The pieces that the tabs of understanding share, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from studio.archive.library import Footage
from studio.types.media import MediaInfo
from studio.types.timecode import Timecode
from ui.web.messages import Say


def chooser(
    say: Say, footage: Sequence[Footage], chosen: Sequence[str], folder: Path, *, many: bool
) -> str:
    """Footage by its posters.

    Args:
        say: the language.
        footage: to choose from.
        chosen: ids of what is.
        folder: where the library's pictures lie.
        many: whether several may be chosen.
    """
    if not footage:
        return (
            f'<div class="st-none"><p>{escape(say("study.empty"))}</p>'
            f'<button type="button" data-go="library">{escape(say("study.go"))}</button></div>'
        )
    rows = "".join(_choice(say, each, each.id in chosen, folder) for each in footage)
    kind = " data-many" if many else ""
    return f'<ul class="st-choose"{kind} aria-label="{escape(say("library.footage"))}">{rows}</ul>'


def _choice(say: Say, each: Footage, chosen: bool, folder: Path) -> str:
    info = each.info
    there = (folder / info.content_hash[:40] / "poster.jpg").is_file()
    face = (
        f'<img src="/studio/library/{each.id}/poster" alt="" loading="lazy">'
        if there
        else "<i></i>"
    )
    lost = "" if each.present else " disabled"
    length = say.duration(float(info.duration))
    return (
        f'<li><button type="button" data-footage="{each.id}"'
        f' aria-pressed="{"true" if chosen else "false"}"{lost}>{face}'
        f"<span><b>{escape(info.path.name)}</b><small>{length}</small></span></button></li>"
    )


def timecodes(info: MediaInfo | None, frames: tuple[int, int], spans_s: tuple[float, float]) -> str:
    """In and out: the camera's time code where it has one, else frames counted from zero; the
    clock where the rate varies or is not known."""
    video = info.video if info is not None else None
    if info is None or video is None or video.variable_rate or frames[0] < 0:
        return " – ".join(clock(seconds) for seconds in spans_s)
    first, drop = 0, ";" in info.timecode
    if info.timecode:
        try:
            first = Timecode.from_string(info.timecode, video.rate).frame
        except ValueError:
            first, drop = 0, False
    return " – ".join(str(Timecode(first + frame, video.rate, drop)) for frame in frames)


def clock(seconds: float) -> str:
    """``0:01:02.34``; tenths and hundredths tell cuts apart."""
    hundredths = round(100 * max(0.0, seconds))
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"


def downloads(say: Say, where: str, files: Mapping[str, Path], names: Sequence[str]) -> str:
    """Files to take along, those of ``names`` that are there, in that order."""
    rows = "".join(
        f'<li><a href="{where}/{escape(name)}?download" download="{escape(files[name].name)}"'
        f' data-file="{escape(name)}"><b>{escape(_called(say, name, files[name]))}</b>'
        f"<span>{escape(files[name].name)} · {say.size(files[name].stat().st_size)}</span></a></li>"
        for name in names
        if name in files and files[name].is_file()
    )
    return f'<ul class="st-downloads">{rows}</ul>' if rows else ""


def _called(say: Say, name: str, path: Path) -> str:
    key = f"file.study.{name}"
    if say.has(key):
        return say(key)
    return say(f"file.{name}") if say.has(f"file.{name}") else path.suffix.lstrip(".").upper()


def picture_drop(say: Say, limit_bytes: int, key: str, listing: str = "") -> str:
    """Where a picture is dropped or chosen.

    Args:
        say: the language.
        limit_bytes: of one upload.
        key: of the words: ``KEY.choose``.
        listing: what was taken so far, as HTML.
    """
    return (
        f'<div class="st-drop" data-kind="music" data-sent-as="picture" data-limit="{limit_bytes}"'
        f' data-too-large="{escape(say("upload.too_large", limit=say.size(limit_bytes)))}"'
        f' data-broken="{escape(say("upload.broken"))}"'
        f' data-cancel="{escape(say("run.cancel"))}"'
        f' data-checking="{escape(say("upload.checking"))}">{listing}'
        f'<label><input type="file" accept="image/*"><span>'
        f"<b>{escape(say(f'{key}.choose'))}</b> {escape(say('film.or_drop'))}</span>"
        "</label></div>"
    )

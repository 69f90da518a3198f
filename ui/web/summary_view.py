"""A summary as HTML: the film that was made, the curve it was chosen by, and its clips."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.types.media import MediaInfo
from ui.web.messages import Say, catalogue
from ui.web.study_view import timecodes
from ui.web.study_works import SummaryWork

#: Family of messages that say a reason; in English they are the pipeline's own words.
_WHY = "summary.why"
#: Of the drawing, in units of its own; it is as wide as there is room.
_WIDE, _HIGH = 1000, 120
#: More points than this are no finer on a screen.
_MOST_POINTS = 600


@dataclass(frozen=True)
class Curve:
    """Importance over a film.

    Attributes:
        seconds: float64 ``(n,)``.
        importance: float64 ``(n,)``, 0 to 1.
        attention: float64 ``(n,)``; empty where no trained scorer scored.
    """

    seconds: NDArray[np.float64]
    importance: NDArray[np.float64]
    attention: NDArray[np.float64]


def read_curve(path: Path) -> Curve | None:
    """The curve as ``studio summary`` writes it; None where it is gone."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        seconds, importance = (
            np.array([float(row[name]) for row in rows]) for name in ("seconds", "importance")
        )
        looked = [row["attention"] for row in rows if row["attention"]]
        attention = (
            np.array([float(v) for v in looked]) if len(looked) == len(rows) else np.zeros(0)
        )
    except (OSError, ValueError, KeyError):
        return None
    return Curve(seconds, importance, attention)


def result(say: Say, work: SummaryWork, told: Mapping[str, Any]) -> str:
    """The film, the curve under it and the clips."""
    where = f"/studio/makings/{work.id}/files"
    clips: Sequence[Mapping[str, Any]] = told["clips"]
    curve = read_curve(work.runs[work.MAKE].files["curve"])
    line = say(
        "summary.told",
        clips=len(clips), all=told["segments"], length=say.duration(told["summary_s"]),
        whole=say.duration(told["film_s"]), share=f"{told['summary_s'] / told['film_s']:.0%}",
    )  # fmt: skip
    own = told["scored_by"] == Say("en")("summary.editor")
    by = say("summary.by", who=say("summary.editor") if own else told["scored_by"])
    film = (
        f'<video class="st-video" controls playsinline preload="metadata"'
        f' src="{where}/video?{work.turn}" aria-label="{escape(say("file.study.video"))}"></video>'
    )
    return (
        f'{film}<p class="st-status">{escape(line)} · {escape(by)}</p>'
        f"{drawing(say, curve, clips, float(told['film_s'])) if curve is not None else ''}"
        f"{strip(say, work, clips, work.info)}"
    )


def drawing(say: Say, curve: Curve, clips: Sequence[Mapping[str, Any]], whole_s: float) -> str:
    """Importance over the whole film, attention where there is one, and what was chosen; a chosen
    stretch can be pressed."""
    whole_s = max(whole_s, 1e-6)
    spans = "".join(
        f'<button type="button" data-at="{clip["at_s"]:.3f}" data-from="{clip["start_s"]:.3f}"'
        f' data-to="{clip["end_s"]:.3f}"'
        f' style="left:{100 * clip["start_s"] / whole_s:.3f}%;'
        f'width:{100 * (clip["end_s"] - clip["start_s"]) / whole_s:.3f}%"'
        f' aria-label="{escape(say("summary.clip", n=n))}"></button>'
        for n, clip in enumerate(clips, start=1)
    )
    area = _points(curve.seconds, curve.importance, whole_s)
    shape = f'<path class="st-area" d="M0,{_HIGH} L{area} L{_WIDE},{_HIGH} Z"/>'
    shape += f'<path class="st-line-of" d="M{area}"/>'
    legend = [("importance", say("summary.importance"))]
    if len(curve.attention):
        top = max(float(curve.attention.max()), 1e-9)
        looked = _points(curve.seconds, curve.attention / top, whole_s)
        shape += f'<path class="st-attention" d="M{looked}"/>'
        legend.append(("attention", say("summary.attention")))
    legend.append(("chosen", say("summary.chosen")))
    keys = "".join(f'<li data-key="{key}"><i></i>{escape(text)}</li>' for key, text in legend)
    first = 100 * clips[0]["start_s"] / whole_s if clips else 0.0
    marks = "".join(f"<span>{say.duration(whole_s * n / 4)}</span>" for n in range(5))
    return (
        f'<figure class="st-curve" data-film="{whole_s:.3f}"><div>{spans}'
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(say("summary.curve"))}">{shape}</svg>'
        f'<b style="left:{first:.3f}%" aria-hidden="true"></b></div>'
        f'<p class="st-marks" aria-hidden="true">{marks}</p><ul class="st-keyed">{keys}</ul>'
        "</figure>"
    )


def _points(seconds: NDArray[np.float64], values: NDArray[np.float64], whole_s: float) -> str:
    """The values as ``x,y`` pairs; of many, the mean of each stretch."""
    if len(seconds) > _MOST_POINTS:
        pieces = np.array_split(np.arange(len(seconds)), _MOST_POINTS)
        seconds = np.array([seconds[piece].mean() for piece in pieces])
        values = np.array([values[piece].mean() for piece in pieces])
    xs = _WIDE * np.clip(seconds / whole_s, 0, 1)
    ys = _HIGH * (1 - np.clip(values, 0, 1) * 0.94)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


def strip(
    say: Say, work: SummaryWork, clips: Sequence[Mapping[str, Any]], info: MediaInfo | None
) -> str:
    """The clips in order, each with where it is in the film, and why."""
    rows = "".join(_clip(say, work, n, clip, info) for n, clip in enumerate(clips, start=1))
    return f'<ol class="st-strip" aria-label="{escape(say("summary.strip"))}">{rows}</ol>'


def because(say: Say, text: str) -> str:
    """A reason in the page's language; the pipeline gives it in English words."""
    if found := re.fullmatch(Say("en")(f"{_WHY}.importance", share=r"(\d+%)"), text):
        return say(f"{_WHY}.importance", share=found[1])
    for key, english in catalogue("en").items():
        if english == text and key.startswith(f"{_WHY}."):
            return say(key)
    return text


def _clip(
    say: Say, work: SummaryWork, number: int, clip: Mapping[str, Any], info: MediaInfo | None
) -> str:
    frames = (int(clip["start_frame"]), int(clip["end_frame"]))
    codes = timecodes(info, frames, (clip["start_s"], clip["end_s"]))
    why = "".join(f"<li>{escape(because(say, text))}</li>" for text in clip["why"])
    picture = f"/studio/makings/{work.id}/stills/pictures/{escape(clip['picture'])}?{work.turn}"
    seconds = say("strip.seconds", seconds=f"{clip['seconds']:.1f}")
    return (
        f'<li class="st-clip" data-role="build"><button type="button" class="st-face"'
        f' data-at="{clip["at_s"]:.3f}" aria-label="{escape(say("summary.clip", n=number))}">'
        f'<img src="{picture}" alt="" loading="lazy"><span class="st-no">{number}</span>'
        f'<span class="st-len">{escape(seconds)}</span></button><div class="st-body">'
        f'<p class="st-tc">{escape(codes)}</p>'
        f'<ul class="st-because">{why}</ul></div></li>'
    )

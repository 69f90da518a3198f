"""Cues as pictures: which text stands in which frame, set by libass.

PyAV's FFmpeg has no libass; the program of ``imageio-ffmpeg`` has. It is given nothing but our
own text and draws on an empty, transparent picture: footage never passes through it. What is
drawn is laid over the decoded frames by number, so no rounding of anybody's clock decides in
which frame a cue appears.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import EncodeFailed
from studio.media.cards import font_path
from studio.media.container import ffmpeg_binary
from studio.types.cue_style import CueStyle
from studio.types.media import FrameTimes
from studio.types.subtitles import Cue
from studio.types.transcript import Word

_FONT_ASKED = re.compile(r"fontselect: \(([^,]+), \d+, \d+\) -> .*, (\S+)$", re.MULTILINE)
#: Text is measured on a ground of so many widths: what is wider still is cut off.
_MEASURED_SCREENS = 6
_NO_GLYPH = re.compile(r"[Gg]lyph 0x([0-9A-Fa-f]+) not found")


@dataclass(frozen=True)
class CueState:
    """What stands on the screen, unchanged, for a run of frames.

    Attributes:
        start_frame, end_frame: half-open.
        events: texts with libass's override tags; several where cues overlap.
    """

    start_frame: int
    end_frame: int
    events: tuple[str, ...]


@dataclass(frozen=True)
class CuePicture:
    """A drawn state, in the upright picture.

    Attributes:
        x, y: of its left upper corner, pixels.
        rgba: uint8 ``(h, w, 4)``, R'G'B' multiplied by the opacity.
    """

    x: int
    y: int
    rgba: NDArray[np.uint8]


def nearest_frame(times: FrameTimes, seconds: Fraction) -> int:
    """The frame whose start is nearest to a time; ``len(times)`` for the end of the last.

    Containers round their time stamps and formats of subtitles round theirs, so a boundary is
    looked for on both sides.
    """
    after = times.frame_at(seconds) + 1
    if seconds < 0 or seconds - times.start(after - 1) <= times.start(after) - seconds:
        return after - 1
    return after


def plan_states(
    cues: Sequence[Cue], times: FrameTimes, style: CueStyle, words: Sequence[Word] = ()
) -> tuple[list[CueState], tuple[str, ...]]:
    """What stands on the screen frame by frame, and what a user should know of it.

    Args:
        cues: in any order; they may overlap.
        times: of the frames.
        style: words are marked as they are said where it has a ``spoken_color``.
        words: of the transcript, which the cues point into; needed for that only.
    """
    spans: list[tuple[int, int, Cue, str]] = []
    unmarked = 0
    for cue in cues:
        first, last = nearest_frame(times, cue.start), nearest_frame(times, cue.end)
        marked = _marked(cue, times, style, words) if style.spoken_color else None
        unmarked += bool(style.spoken_color and marked is None and cue.kind == "speech")
        for start, end, text in marked or [(first, last, _plain(cue))]:
            if start < end:
                spans.append((start, end, cue, text))
    edges = sorted({edge for start, end, *_ in spans for edge in (start, end)})
    # Long tracks: only the spans that are open at an edge are looked at.
    spans.sort(key=lambda span: span[:2])
    states, open_spans, at = [], list[tuple[int, int, Cue, str]](), 0
    for start, end in pairwise(edges):
        while at < len(spans) and spans[at][0] <= start:
            open_spans.append(spans[at])
            at += 1
        open_spans = [span for span in open_spans if span[1] > start]
        if open_spans:
            states.append(CueState(start, end, tuple(text for *_, text in open_spans)))
    if not unmarked:
        return states, ()
    return states, (f"{unmarked} cue(s) do not follow their words; none is marked as it is said.",)


def _escaped(text: str) -> str:
    # A backslash begins an escape of libass; a word joiner behind it takes the meaning away.
    return text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")


def _head(cue: Cue) -> str:
    return ("{\\an8}" if cue.at_top else "{\\an2}") + ("{\\i1}" if cue.italic else "")


def _plain(cue: Cue) -> str:
    return _head(cue) + "\\N".join(_escaped(line) for line in cue.lines)


def _marked(
    cue: Cue, times: FrameTimes, style: CueStyle, words: Sequence[Word]
) -> list[tuple[int, int, str]] | None:
    """The cue in steps, each with the word in colour that is being said; None where its text
    does not have the transcript's words one by one."""
    if cue.words is None or cue.words[1] > len(words):
        return None
    said = words[cue.words[0] : cue.words[1]]
    lines = [line.split() for line in cue.lines]
    places = [
        (row, column)
        for row, line in enumerate(lines)
        for column, token in enumerate(line)
        if any(c.isalnum() for c in token)
    ]
    if len(places) != len(said) or not said:
        return None
    starts = [nearest_frame(times, cue.start)]
    starts += [max(starts[0], nearest_frame(times, word.start)) for word in said]
    ends = [*starts[1:], nearest_frame(times, cue.end)]
    color = _ass_color(style.spoken_color)[0]
    steps = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        texts = [[_escaped(token) for token in line] for line in lines]
        if number:  # the first step is before the first word
            row, column = places[number - 1]
            texts[row][column] = f"{{\\1c{color}}}{texts[row][column]}{{\\1c}}"
        steps.append((start, end, _head(cue) + "\\N".join(" ".join(line) for line in texts)))
    return steps


def _ass_color(color: str) -> tuple[str, str]:
    """libass's ``&HBBGGRR&`` and its transparency ``AA``."""
    red, green, blue = color[1:3], color[3:5], color[5:7]
    opacity = int(color[7:9] or "ff", 16)
    return f"&H{blue}{green}{red}&".upper(), f"{255 - opacity:02X}"


def _style_color(color: str) -> str:
    code, transparency = _ass_color(color)
    return f"&H{transparency}{code[2:8]}"


class CuePainter:
    """Draws states onto a picture of one size.

    Args:
        size_wh: of the upright picture in square pixels.
        style: of all cues.

    Attributes:
        notes: what a user should know; filled while it draws.
    """

    def __init__(self, size_wh: tuple[int, int], style: CueStyle) -> None:
        self.size_wh = size_wh
        self.style = style
        self.notes: list[str] = []

    @property
    def safe_xyxy(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the area that text keeps to, in pixels."""
        width, height = self.size_wh
        x, y = (round(self.style.margin * side) for side in (width, height))
        return x, y, width - x, height - y

    def draw(self, states: Sequence[CueState]) -> list[CuePicture | None]:
        """A picture of each state; None where nothing is to be seen. Text that is wider than
        the safe area is set smaller.

        Raises:
            EncodeFailed: the ffmpeg program failed.
        """
        pictures = list(self._drawn([state.events for state in states], self.size_wh))
        left, top, right, bottom = self.safe_xyxy
        too_wide = [
            number
            for number, picture in enumerate(pictures)
            if picture is not None
            and (
                picture.x < left
                or picture.y < top
                or picture.x + picture.rgba.shape[1] > right
                or picture.y + picture.rgba.shape[0] > bottom
            )
        ]
        if too_wide:
            fitted = [self._fitted(states[number].events) for number in too_wide]
            for number, picture in zip(too_wide, self._drawn(fitted, self.size_wh), strict=True):
                pictures[number] = picture
            self._note("Some text is wider than the safe area and is set smaller.")
        return pictures

    def _fitted(self, events: Sequence[str]) -> list[str]:
        """The events, each with the size at which it fits, measured on a wider ground."""
        left, top, right, bottom = self.safe_xyxy
        aside_px = self.style.shadow * self._line_px  # the shadow falls to one side only
        right -= int(np.ceil(2 * aside_px))
        wide_wh = (_MEASURED_SCREENS * self.size_wh[0], self.size_wh[1])
        fitted = []
        for event, picture in zip(events, self._drawn([[e] for e in events], wide_wh), strict=True):
            share = 1.0
            if picture is not None:
                high, across = picture.rgba.shape[:2]
                room = (bottom - top) / len(events)
                share = min(1.0, 0.98 * (right - left) / across, 0.98 * room / high)
            size_px = max(2, int(self._line_px * share))
            fitted.append(f"{{\\fs{size_px}}}{event}" if share < 1 else event)
        return fitted

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    @property
    def _line_px(self) -> int:
        return max(4, round(self.style.size * min(self.size_wh)))

    def _script(self, states: Sequence[Sequence[str]], size_wh: tuple[int, int]) -> str:
        style, line_px = self.style, self._line_px
        x, y, *_ = self.safe_xyxy
        # The line around the letters, and the shadow, lie outside of what libass keeps inside.
        edge = style.outline * line_px + (0 if style.box_color else style.shadow * line_px)
        inset = int(np.ceil(edge)) + 1
        back = style.box_color or style.outline_color
        depth = 0.12 * line_px if style.box_color else style.shadow * line_px
        if style.box_color:
            inset += int(np.ceil(depth))
        head = (
            "[Script Info]\nScriptType: v4.00+\n"
            f"PlayResX: {size_wh[0]}\nPlayResY: {size_wh[1]}\n"
            "ScaledBorderAndShadow: yes\nWrapStyle: 2\nYCbCr Matrix: None\n\n"
            "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, "
            "OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, "
            "Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
            "Encoding\n"
            f"Style: Cue,{style.font},{line_px},{_style_color(style.color)},"
            f"{_style_color(style.color)},{_style_color(style.outline_color)},{_style_color(back)},"
            f"{-1 if style.bold else 0},0,0,0,100,100,0,0,{4 if style.box_color else 1},"
            f"{style.outline * line_px:.2f},{depth:.2f},2,"
            f"{x + inset},{x + inset},{y + inset},1\n\n"
            "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
            "Effect, Text\n"
        )
        lines = []
        for second, events in enumerate(states):
            start, end = _clock(second), _clock(second + 1)
            lines += [f"Dialogue: 0,{start},{end},Cue,,0,0,0,,{event}\n" for event in events]
        return head + "".join(lines)

    def _drawn(
        self, states: Sequence[Sequence[str]], size_wh: tuple[int, int]
    ) -> Iterator[CuePicture | None]:
        """Each state is one second of a film at one frame a second."""
        if not states:
            return
        width, height = size_wh
        with tempfile.TemporaryDirectory(prefix="studio-cues-") as name:
            folder = Path(name)
            (folder / "cues.ass").write_text(self._script(states, size_wh), encoding="utf-8")
            (folder / "fonts").symlink_to(font_path().parent)
            ground = f"color=c=black@0:s={width}x{height}:r=1:d={len(states)},format=rgba"
            command = [str(ffmpeg_binary()), "-hide_banner", "-nostats", "-nostdin", "-v", "info"]
            command += ["-filter_threads", "1", "-f", "lavfi", "-i", ground]
            command += ["-vf", "ass=filename=cues.ass:fontsdir=fonts:alpha=1"]
            command += ["-frames:v", str(len(states)), "-f", "rawvideo", "-pix_fmt", "rgba", "-"]
            with (folder / "said").open("wb") as said:
                process = subprocess.Popen(
                    command, cwd=folder, stdout=subprocess.PIPE, stderr=said,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
                try:
                    assert process.stdout is not None
                    for _ in states:
                        data = process.stdout.read(width * height * 4)
                        if len(data) < width * height * 4:
                            break
                        yield _cropped(np.frombuffer(data, np.uint8).reshape(height, width, 4))
                    else:
                        process.stdout.read()
                finally:
                    if process.stdout is not None:
                        process.stdout.close()
                    process.terminate()
                    code = process.wait()
            told = (folder / "said").read_text(encoding="utf-8", errors="replace")
            if len(data) < width * height * 4:
                raise EncodeFailed(
                    f"The text could not be drawn (ffmpeg ended with {code}): {told[-300:]}",
                    "Report it with the subtitles.",
                )
            self._read_log(told)

    def _read_log(self, told: str) -> None:
        for asked, found in _FONT_ASKED.findall(told):
            if asked == self.style.font and _letters(asked) not in _letters(found):
                self._note(f"The font {asked} is not on this machine; {found} stands in for it.")
        missing = {chr(int(code, 16)) for code in _NO_GLYPH.findall(told)}
        if missing:
            self._note(f"No font here draws {' '.join(sorted(missing))}; a box stands for it.")


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _clock(second: int) -> str:
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}.00"


def _cropped(rgba: NDArray[np.uint8]) -> CuePicture | None:
    seen = rgba[..., 3] > 0
    rows = np.flatnonzero(seen.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(seen[rows[0] : rows[-1] + 1].any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return CuePicture(x, y, rgba[y : rows[-1] + 1, x : columns[-1] + 1].copy())

"""Places in a film as a person types and reads them."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np

from studio.errors import RequestError
from studio.types.media import FrameTimes, MediaInfo
from studio.types.timecode import FrameRate, Timecode

_FRAME = re.compile(r"f(\d{1,9})")
_CODE = re.compile(r"\d{2}:\d{2}:\d{2}[:;]\d{2,3}")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(?:(\d{1,4}):)?(\d{1,7}(?:\.\d{1,9})?)s?")
_HOW = "Write seconds (12.48 or 1:02.5), a frame (f312) or a time code (00:00:12:12)."


def is_place(text: str) -> bool:
    """Whether a text may be a place, whatever film it is of."""
    typed = text.strip().lower()
    return any(form.fullmatch(typed) for form in (_FRAME, _CODE, _CLOCK))


def frame_of(text: str, info: MediaInfo, times: FrameTimes) -> int:
    """The frame that a person means, 0 to the number of frames.

    ``12.48``, ``1:02.5`` and ``0:01:02.5`` are seconds from the first frame, ``f312`` is a frame
    counted from 0, ``01:00:12:12`` a time code: counted from the one in the file where it has
    one, else from zero. Seconds mean the frame that begins nearest to them.

    Raises:
        RequestError: it is no such thing, or lies outside the film.
    """
    typed = text.strip().lower()
    end_s = times.start(len(times))
    if match := _FRAME.fullmatch(typed):
        frame = int(match[1])
    elif _CODE.fullmatch(typed):
        frame = _of_code(typed, info, times)
    elif match := _CLOCK.fullmatch(typed):
        hours, minutes = (match[1], match[2]) if match[2] else (None, match[1])
        seconds = Fraction(match[3]) + 60 * int(minutes or 0) + 3600 * int(hours or 0)
        if seconds > end_s + 1:
            raise _outside(text, info, times)
        frame = _nearest(times, seconds)
    else:
        raise RequestError(f"{text!r} is no time.", _HOW)
    if not 0 <= frame <= len(times):
        raise _outside(text, info, times)
    return frame


def _of_code(text: str, info: MediaInfo, times: FrameTimes) -> int:
    assert info.video is not None
    first = _first_code(info)
    drop = ";" in text or (first.drop and ":" in text)
    try:
        code = Timecode.from_string(text[:8] + (";" if drop else ":") + text[9:], info.video.rate)
    except ValueError as exc:
        raise RequestError(
            f"{text!r} is no time code at {info.video.rate} frames a second.", _HOW
        ) from exc
    count = code.frame - first.frame
    if info.video.variable_rate and count >= 0:
        return _nearest(times, info.video.rate.seconds(count))
    return count


def _first_code(info: MediaInfo) -> Timecode:
    assert info.video is not None
    try:
        return Timecode.from_string(info.timecode, info.video.rate)
    except ValueError:
        return Timecode(0, info.video.rate)


def _nearest(times: FrameTimes, seconds: Fraction) -> int:
    ticks = seconds / times.time_base
    after = int(np.searchsorted(times.pts, ticks.__floor__(), side="right"))
    edges = [max(after - 1, 0), min(after, len(times))]
    return min(edges, key=lambda frame: abs(times.start(frame) - seconds))


def code_of(frame: int, info: MediaInfo, times: FrameTimes) -> str:
    """A frame's time code; where the rate varies, of the moment it is shown at."""
    assert info.video is not None
    rate: FrameRate = info.video.rate
    first = _first_code(info)
    count = rate.nearest(times.start(frame)) if info.video.variable_rate else frame
    return str(Timecode(first.frame + count, rate, first.drop))


def place_text(frame: int, info: MediaInfo, times: FrameTimes) -> str:
    """A frame as it is told to a person, in words of all that may be typed."""
    return f"{code_of(frame, info, times)} (frame {frame}, {float(times.start(frame)):.3f} s)"


def _outside(text: str, info: MediaInfo, times: FrameTimes) -> RequestError:
    last = len(times) - 1
    return RequestError(
        f"{text} lies outside {info.path.name}.",
        f"It goes from {place_text(0, info, times)} to {place_text(last, info, times)}.",
    )

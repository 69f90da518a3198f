"""Signs that nobody hears or sees: under every voice and over every picture that is made here.

They say one thing: that this studio made it. They outlive what a signature does not: another
program's export, a change of format or size, a copy from a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.adapters import sound_mark
from studio.errors import WeightsMissing
from studio.jobs.job import Job
from studio.media.audio_io import read_audio
from studio.media.probe import probe
from studio.settings import Settings

#: ``heard`` and ``silent`` (no sign), ``no sound`` to listen to, or the extra is not installed.
State = Literal["heard", "silent", "no sound", "not listened"]
#: Speech with the sign scores 0.94 to 1.0 after AAC, MP3 and Opus; without, speech up to 0.07 and
#: a pop song 0.29 (``pytest tests/anchor/test_hidden_mark.py``).
THRESHOLD = 0.6
_STRETCH_S, _MOST = 6, 10  # at the most so many stretches, spread over the file
_EXTRA = "pip install --no-deps resemble-perth"
_QUIET_RMS = 1e-4


@dataclass(frozen=True)
class Listened:
    """What was heard.

    Attributes:
        state: see :data:`State`.
        stretches: that were listened to and are not silent.
        with_sign: of those, the ones that carry the sign.
        score: median of them, about 1 with the sign and 0 without.
    """

    state: State
    stretches: int = 0
    with_sign: int = 0
    score: float = 0.0

    @property
    def told(self) -> str:
        """In words; empty where there is no sound."""
        if self.state == "no sound":
            return ""
        if self.state == "not listened":
            return f"hidden mark in the sound: not listened for; {_EXTRA}"
        of = f"in {self.with_sign} of {self.stretches} stretches, score {self.score:.2f}"
        if self.state == "heard":
            return f"hidden mark in the sound: heard ({of}): a voice made by this studio's kind"
        return f"hidden mark in the sound: none ({of})"


@dataclass(frozen=True)
class Seen:
    """What was seen in a film.

    Attributes:
        state: ``seen``, or ``plain`` where no sign was found.
        score: deviations above chance.
    """

    state: Literal["seen", "plain"]
    score: float

    @property
    def told(self) -> str:
        """In words."""
        if self.state == "seen":
            return f"hidden mark in the picture: seen ({self.score:.0f} deviations above chance)"
        return f"hidden mark in the picture: none ({self.score:.1f} deviations above chance)"


def look_for_mark(path: Path, settings: Settings) -> Seen | None:
    """Look for the sign in a film's picture; None where it has no moving picture.

    Raises:
        MediaError: it cannot be read.
    """
    from studio.media.picture_mark import THRESHOLD as ENOUGH
    from studio.media.picture_mark import find_picture_mark
    from studio.media.probe import frame_times

    info = probe(path, settings)
    if info.video is None:
        return None
    found = find_picture_mark(info, frame_times(info, settings))
    return Seen("seen" if found > ENOUGH else "plain", found)


def with_hidden_mark(
    samples: NDArray[np.float32], job: Job
) -> tuple[NDArray[np.float32], str, tuple[str, ...]]:
    """Sound with the sign under it.

    Args:
        samples: float32 ``(channels, n)`` at 48 kHz.
        job: lends the network.

    Returns:
        The sound, the key of what marked it, and notes: where the extra is missing the sound
        is as it was and the key is empty.

    Raises:
        ModelError: the network failed.
    """
    try:
        with job.pool.lease(sound_mark.SPEC) as mark:
            return mark.hide(samples), sound_mark.SPEC.key, ()
    except WeightsMissing:
        return samples, "", (f"The sound carries no hidden mark: {_EXTRA}",)


def listen_for_mark(path: Path, job: Job) -> Listened:
    """Listen for the sign in a file's sound.

    Raises:
        MediaError: it cannot be read.
        ModelError: the network failed.
    """
    info = probe(path, job.settings)
    if info.audio is None:
        return Listened("no sound")
    rate_hz, long = sound_mark.HEARD_HZ, Fraction(_STRETCH_S)
    count = max(ceil((info.audio.duration - long / 2) / long), 1)
    chosen = sorted({round(k * (count - 1) / (_MOST - 1)) for k in range(_MOST)})
    scores = []
    try:
        with job.pool.lease(sound_mark.SPEC) as mark:
            for number in chosen:
                job.check()
                start = number * long
                piece = read_audio(
                    info, rate_hz=rate_hz, mono=True, start=start, end=start + long
                ).samples[0]
                if len(piece) >= rate_hz and np.sqrt(np.mean(piece**2)) > _QUIET_RMS:
                    scores.append(mark.find(piece))
    except WeightsMissing:
        return Listened("not listened")
    if not scores:
        return Listened("no sound")
    middle = float(np.median(scores))
    with_sign = sum(score > THRESHOLD for score in scores)
    state: State = "heard" if middle > THRESHOLD else "silent"
    return Listened(state, len(scores), with_sign, middle)

"""Things that were declared abnormal, and noises that stand out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pipelines.events.result import OddEvent
from studio.errors import RequestError
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.sound_event import SoundEvent

#: A thing has to be so sure, or so sure on two samples; samples it may be missed on.
_SURE, _LESS_SURE, _GAP = 0.6, 0.4, 2
#: A hush that is shorter is a pause; one at an end of the sound is its end.
_HUSH_S = 3.0


def check_classes(wanted: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """Classes as the detector names them.

    Raises:
        RequestError: the detector knows no such thing.
    """
    known = {label.casefold(): label for label in labels}
    for name in wanted:
        if name.strip().casefold() not in known:
            raise RequestError(
                f"The detector knows no {name.strip()!r}.", "It knows: " + ", ".join(labels)
            )
    return tuple(dict.fromkeys(known[name.strip().casefold()] for name in wanted))


def abnormal_things(
    objects: Detections, times: FrameTimes, wanted: Sequence[str]
) -> list[OddEvent]:
    """Where things of some classes are seen.

    Args:
        objects: of the analysis.
        times: of the file's frames.
        wanted: classes that should not be there.
    """
    ends = np.append(objects.sampled_frames[1:], len(times))
    samples = np.searchsorted(objects.sampled_frames, objects.frames)
    found = []
    for label in wanted:
        number = objects.labels.index(label)
        rows = np.flatnonzero((objects.label_ids == number) & (objects.scores >= _LESS_SURE))
        for some in np.split(rows, np.flatnonzero(np.diff(samples[rows]) > _GAP + 1) + 1):
            if not len(some):
                continue
            best = int(some[np.argmax(objects.scores[some])])
            count = len(np.unique(samples[some]))
            if objects.scores[best] < _SURE and count < 2:
                continue
            left, top, right, bottom = (round(float(v), 4) for v in objects.xyxy[best])
            found.append(
                OddEvent(
                    label,
                    times.start(int(objects.frames[some[0]])),
                    times.start(int(ends[samples[some[-1]]])),
                    round(float(objects.scores[best]), 3),
                    f"a {label} is seen on {count} samples; declared abnormal",
                    (),
                    int(objects.frames[best]),
                    (left, top, right, bottom),
                )
            )
    return found


def odd_sounds(
    noises: Sequence[SoundEvent],
    heard: Sequence[SoundEvent],
    duration: Fraction,
    times: FrameTimes | None,
) -> list[OddEvent]:
    """Bangs and alarms, and hushes in the middle of sound.

    Args:
        noises: of the analysis.
        heard: music, applause and silence of the analysis.
        duration: of the sound.
        times: of the file's frames; None without picture.
    """
    words = {
        "bang": "a sudden loud noise that is soon gone",
        "alarm": "one clear tone, or two in turn, that stays or comes back",
    }
    found = [_heard(each, words[each.label], times) for each in noises]
    for hush in heard:
        inside = hush.start > Fraction(1, 2) and hush.end < duration - Fraction(1, 2)
        if hush.label == "silence" and inside and hush.end - hush.start >= _HUSH_S:
            length = float(hush.end - hush.start)
            found.append(_heard(hush, f"{length:.1f} s of silence in the middle of sound", times))
    return found


def _heard(sound: SoundEvent, reason: str, times: FrameTimes | None) -> OddEvent:
    frame = times.frame_at(sound.start) if times is not None else -1
    return OddEvent(sound.label, sound.start, sound.end, sound.score, reason, (), frame)

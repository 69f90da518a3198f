"""Which stretch of the music to use, and the beats it brings to the timeline.

The stretch starts on a downbeat, swells where the trailer does, rises at the climax and, where
it can, ends as the music itself ends. The music may be the footage's own: a concert chopped at
every cut is unbearable, so one unbroken stretch of it lies under the whole trailer instead.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.pulse import Pulse
from pipelines.trailer.tape import Tape
from studio.types.analysis import SoundFacts
from studio.types.media import MediaInfo
from studio.types.timecode import FrameRate
from studio.types.timeline import Music

#: The climax starts within this share of the footage's time.
_CLIMAX_SHARE = (0.55, 0.76)
#: The attack of the first beat stays clear of the fade at the start.
_RUN_UP_S = 0.06
_TARGET_LUFS = -18.0
_MOST_GAIN_DB = 12.0
#: Footage is taken for music where the beat is this steady ...
BED_MUSICALITY = 0.5
#: ... it is heard at all, and nobody talks for more than this share (singing is told apart
#: from talk by a steadier beat still).
_BED_LEAST_LUFS = -40.0
_BED_MOST_TALK = 0.15
_SUNG_MUSICALITY = 0.7
_BED_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Bed:
    """Sound that may lie under a whole trailer.

    Attributes:
        media: the file.
        sound: its measures.
        own: whether it is the footage's own sound.
        limit_s: the stretch ends before.
    """

    media: MediaInfo
    sound: SoundFacts
    own: bool
    limit_s: float


@dataclass(frozen=True)
class Fit:
    """A stretch of music laid on the timeline."""

    music: Music
    pulse: Pulse
    notes: tuple[str, ...]


def bed_from_footage(tapes: tuple[Tape, ...], total_s: float) -> Bed | None:
    """The footage's own music, where most of the footage is music and lasts long enough.

    The spoiler window is no matter here: it hides pictures, and an ending may sound.
    """
    whole_s = sum(float(tape.source.duration) for tape in tapes)
    beds = []
    for tape in tapes:
        sound, speech = tape.analysis.sound, tape.analysis.speech
        length_s = float(tape.source.duration)
        if sound is None or tape.analysis.media.audio is None or not len(sound.beats_s):
            continue
        voice_s = sum(float(r.duration) for r in speech.ranges) if speech else 0.0
        talks = voice_s > _BED_MOST_TALK * length_s
        steady = sound.musicality >= (_SUNG_MUSICALITY if talks else BED_MUSICALITY)
        if steady and sound.integrated_lufs >= _BED_LEAST_LUFS and length_s >= total_s:
            beds.append((length_s, tape))
    if not beds or sum(length for length, _ in beds) < _BED_LEAST_SHARE * whole_s:
        return None
    length_s, tape = max(beds, key=lambda bed: bed[0])
    sound = tape.analysis.sound
    assert sound is not None
    return Bed(tape.analysis.media, sound, True, length_s)


def fit_music(bed: Bed, total: int, footage: int, rate: FrameRate) -> Fit:
    """Choose the stretch.

    Args:
        bed: the music.
        total: timeline frames of the whole.
        footage: timeline frames of clips; only the button and the cards come after the climax.
        rate: of the timeline.
    """
    fps, sound = float(rate.fps), bed.sound
    total_s = total / fps
    starts = _starts(sound, bed.limit_s, total_s)
    energy = _energy(sound)
    best = max(
        starts, key=lambda start: (_merit(start, bed, energy, total_s, footage / fps), -start)
    )
    start = Fraction(round(max(0.0, best) * 1000), 1000)
    pulse = _pulse(sound, float(start), total, rate)
    climax = _climax(pulse, sound, energy, float(start), footage, fps)
    pulse = Pulse(pulse.frames, pulse.strength, pulse.musical, climax)
    own_end = abs(float(start) + total_s - _sounding_end(sound)) < 1.0
    gain = 0.0 if bed.own else _gain_db(sound, float(start), total_s)
    music = Music(
        path=str(bed.media.path),
        content_hash=bed.media.content_hash,
        start=start,
        duration=bed.media.duration,
        gain_db=gain,
        fade_in_s=0.05,
        fade_out_s=0.3 if own_end else min(1.5, total_s / 8),
    )
    return Fit(music, pulse, tuple(_notes(bed, start, total_s, pulse)))


def _starts(sound: SoundFacts, limit_s: float, total_s: float) -> NDArray[np.float64]:
    strong = sound.downbeats_s if len(sound.downbeats_s) else sound.beats_s
    at_end = _sounding_end(sound) - total_s
    starts = np.concatenate(([0.0], strong - _RUN_UP_S))
    fits = starts[(starts >= 0) & (starts + total_s <= limit_s + 0.02)]
    if not len(fits):
        return np.array([0.0])
    if at_end > 0 and len(strong):  # let the music's own end be the trailer's
        near = float(strong[np.argmin(np.abs(strong - _RUN_UP_S - at_end))]) - _RUN_UP_S
        if near >= 0 and near + total_s <= limit_s + 0.5:
            fits = np.append(fits, near)
    return np.unique(fits)


def _sounding_end(sound: SoundFacts) -> float:
    heard = np.flatnonzero(sound.loudness_lufs > max(-60.0, sound.integrated_lufs - 25))
    return float(sound.times_s[heard[-1]]) if len(heard) else 0.0


def _energy(sound: SoundFacts) -> NDArray[np.float64]:
    """Loudness over about two seconds, 0 to 1."""
    if not len(sound.times_s):
        return np.zeros(1)
    loud = np.clip((sound.loudness_lufs.astype(np.float64) + 50) / 40, 0, 1)
    width = min(21, len(loud))
    padded = np.pad(loud, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def _level(
    energy: NDArray[np.float64], sound: SoundFacts, times_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not len(sound.times_s):
        return np.zeros(len(times_s))
    return np.interp(times_s, sound.times_s, energy, right=0.0)


def _merit(
    start_s: float, bed: Bed, energy: NDArray[np.float64], total_s: float, footage_s: float
) -> float:
    """How well a stretch suits the shape of a trailer."""
    shares = (np.arange(40) + 0.5) / 40
    level = _level(energy, bed.sound, start_s + shares * total_s)
    # Quiet in, rising through the build, loudest in the climax, calmer at the end.
    arc = np.interp(shares, [0, 0.1, 0.3, 0.65, 0.88, 0.94, 1], [0.5, 0.35, 0.4, 0.8, 1, 0.5, 0.3])
    spread = float(level.std() * arc.std())
    follows = float(((level - level.mean()) * (arc - arc.mean())).mean()) / spread if spread else 0
    # A stretch that hardly changes follows nothing, however well its last decibel correlates.
    follows *= min(1.0, float(level.std()) / 0.05)
    rises = np.arange(*_CLIMAX_SHARE, 0.02) * footage_s + start_s
    rise = float(
        (_level(energy, bed.sound, rises + 1.5) - _level(energy, bed.sound, rises - 1.5)).max()
    )
    ends_with_it = abs(start_s + total_s - _sounding_end(bed.sound)) < 1.0
    return follows + 3.0 * max(0.0, rise) + 1.0 * float(level.mean()) + 0.5 * ends_with_it


def _pulse(sound: SoundFacts, start_s: float, total: int, rate: FrameRate) -> Pulse:
    fps = float(rate.fps)
    beats = np.rint((sound.beats_s - start_s) * fps).astype(np.int64)
    downs = np.rint((sound.downbeats_s - start_s) * fps).astype(np.int64)
    inside = np.unique(beats[(beats > 0) & (beats < total)])
    if len(inside) < 2:
        return Pulse.free(total, fps)
    strength = np.where(np.isin(inside, downs), 1.0, 0.5)
    period = (
        60 * fps / sound.tempo_bpm if sound.tempo_bpm > 0 else float(np.median(np.diff(inside)))
    )
    filled, weak = [inside], [strength]
    ends = [0, *inside.tolist(), total]
    for before, after in itertools.pairwise(ends):
        if after - before > 4 * period:  # no beat is heard for a bar: count on from the last one
            steps = before + np.arange(1, int((after - before) / period - 0.5)) * period
            filled.append(np.rint(steps).astype(np.int64))
            weak.append(np.full(len(steps), -0.5))
    frames, at = np.unique(np.concatenate(filled), return_index=True)
    strength = np.concatenate(weak)[at]
    return Pulse(frames, strength, musical=True)


def _climax(
    pulse: Pulse,
    sound: SoundFacts,
    energy: NDArray[np.float64],
    start_s: float,
    footage: int,
    fps: float,
) -> int | None:
    """The downbeat (else beat) after which the music rises most."""
    if not pulse.musical:
        return None
    low, high = (share * footage for share in _CLIMAX_SHARE)
    inside = (pulse.frames >= low) & (pulse.frames <= high)
    if not inside.any():
        return None
    frames, strength = pulse.frames[inside], pulse.strength[inside]
    frames = frames[strength == strength.max()]
    times = start_s + frames / fps
    rise = _level(energy, sound, times + 1.5) - _level(energy, sound, times - 1.5)
    # Where nothing rises the climax takes its usual place.
    usual = -0.05 * np.abs(frames / footage - 0.7)
    return int(frames[np.argmax(rise + usual)])


def _gain_db(sound: SoundFacts, start_s: float, total_s: float) -> float:
    used = (sound.times_s >= start_s) & (sound.times_s < start_s + total_s)
    loud = sound.loudness_lufs[used & (sound.loudness_lufs > -60)].astype(np.float64)
    if not len(loud):
        return 0.0
    level = 10 * float(np.log10(np.mean(10 ** (loud / 10))))
    return round(float(np.clip(_TARGET_LUFS - level, -_MOST_GAIN_DB, _MOST_GAIN_DB)), 1)


def _notes(bed: Bed, start: Fraction, total_s: float, pulse: Pulse) -> list[str]:
    name, notes = bed.media.path.name, []
    end_s = float(start) + total_s
    if bed.own:
        notes.append(
            f"The sound is one unbroken stretch of {name} ({float(start):.1f} to {end_s:.1f} s): "
            "it is music, and cut up with the picture it would stumble. Cuts fall on its beats."
        )
    if not pulse.musical:
        notes.append(f"No beat was found in {name}: cuts are placed freely.")
    elif (pulse.strength < 0).any():
        notes.append(f"{name} has passages without a beat: cuts go on at its tempo.")
    short_s = end_s - bed.limit_s
    if short_s > 0.05:
        notes.append(f"{name} is too short: it ends {short_s:.1f} s before the trailer.")
    return notes

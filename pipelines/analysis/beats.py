"""Tempo, beats and bars from the onsets of a sound.

Beats: dynamic programming over the onset envelope (Ellis, "Beat tracking by dynamic
programming", 2007), with a tempo that may change over time. The envelope is that of librosa's
tracker in all but detail; librosa itself is not used, because importing its tracker takes 3 s
(20 s the first time on a machine) of compiling, which is more than all else done here.

Bars: librosa has none. The phase of the bar and whether it has three or four beats are those
under which bass, accents and changes of harmony most often fall on the first beat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.onsets import CHROMA_HZ, ENVELOPE_HZ, Onsets

Times = NDArray[np.float64]

#: An attack raises the envelope most this long after it began (kick, snare, hat: 3 to 6 ms).
ATTACK_S = 0.004
_SLOWEST_BPM, _FASTEST_BPM = 50.0, 220.0
_USUAL_BPM, _SPREAD_OCTAVES = 120.0, 0.9
_STATES = 160  # tempi told apart, 1 % steps
_WINDOW_S, _STEP_S = 8.0, 2.0
_TIGHTNESS = 100.0  # how dearly an uneven beat is paid
_CLEAR = 0.25  # pulse clarity from which a window has a beat
_BRIDGE_S, _LEAST_MUSIC_S = 8.0, 6.0
_REACH_S = 0.04
_CLEAR_ONSET = 0.3  # share of the usual strength from which a beat has an onset of its own
_SLIP_COST = 6.0
_BASS = 0.6


@dataclass(frozen=True)
class Pulse:
    """The beat of a sound.

    Attributes:
        beats_s, downbeats_s: float64 ``(k,)``.
        tempo_bpm: the usual one; 0 where there is no beat.
        musicality: 0 to 1, the share of the sound with a beat times how clear it is.
    """

    beats_s: Times
    downbeats_s: Times
    tempo_bpm: float
    musicality: float


def find_onsets(envelope: NDArray[np.float32]) -> Times:
    """Seconds at which something begins: peaks that stand out from the half second around."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    if len(envelope) < 3:
        return np.zeros(0)
    peak = envelope == maximum_filter1d(envelope, 7)
    around = uniform_filter1d(envelope, ENVELOPE_HZ // 2)
    strong = envelope > 1.5 * around + 0.05 * _top(envelope)
    found = np.flatnonzero(peak & strong)
    found = found[np.diff(found, prepend=-10) > 4]
    return np.maximum(_exact_peaks(envelope, found) / ENVELOPE_HZ - ATTACK_S, 0.0)


def find_pulse(onsets: Onsets, *, throughout: bool = False) -> Pulse:
    """Tempo, beats and bars.

    Args:
        onsets: of the sound.
        throughout: the sound is known to be music: where it has a beat at all, beats run
            from the first to the last sound, through breaks too.
    """
    nothing = Pulse(np.zeros(0), np.zeros(0), 0.0, 0.0)
    # The bass counts twice: a backbeat is often the louder, but seldom the first of a bar.
    envelope = _flattened(onsets.envelope + _BASS * onsets.low)
    if len(envelope) < 2 * ENVELOPE_HZ or envelope.max() <= 0:
        return nothing
    centres, scores, clarity = _tempogram(envelope)
    tempi = _tempo_path(scores)
    clear = _steady_clarity(clarity, tempi)
    musicality = float(np.clip((np.mean(clear) - 0.1) / 0.4, 0.0, 1.0))
    spans = _musical_spans(centres, clear >= _CLEAR, len(envelope))
    if not spans:
        return Pulse(np.zeros(0), np.zeros(0), 0.0, musicality)
    if throughout:
        heard = np.flatnonzero(onsets.envelope > 0.02 * _top(onsets.envelope))
        spans = [(int(heard[0]), int(heard[-1]) + 1)]
    sure = clear >= _CLEAR  # between clear windows the tempo glides
    periods = np.interp(np.arange(len(envelope)), centres[sure], _lags()[tempi[sure]])
    beats, downbeats = [], []
    for first, last in spans:
        frames = _track(envelope[first:last], periods[first:last]) + first
        if len(frames) < 4:
            continue
        times = np.maximum(_refined(onsets.envelope, frames) / ENVELOPE_HZ - ATTACK_S, 0.0)
        beats.append(times)
        downbeats.append(times[find_downbeats(_beat_features(onsets, times))])
    if not beats:
        return Pulse(np.zeros(0), np.zeros(0), 0.0, musicality)
    every = np.concatenate(beats)
    steps = np.concatenate([np.diff(b) for b in beats])
    return Pulse(every, np.concatenate(downbeats), float(60 / np.median(steps)), musicality)


def _top(values: NDArray[np.float32]) -> float:
    return float(np.percentile(values, 99.5)) if len(values) else 0.0


def _flattened(envelope: NDArray[np.float32]) -> NDArray[np.float64]:
    """The envelope over its local mean, loud and quiet passages alike."""
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    rise = envelope.astype(np.float64) - uniform_filter1d(envelope.astype(np.float64), ENVELOPE_HZ)
    rise = np.maximum(rise, 0.0)
    power = uniform_filter1d(np.square(rise), 4 * ENVELOPE_HZ)
    level = np.sqrt(np.maximum(power, 0.0))  # a running sum may end a hair below zero
    floor = 0.1 * np.sqrt(np.mean(np.square(rise)))
    smooth: NDArray[np.float64] = gaussian_filter1d(rise / np.maximum(level, floor + 1e-9), 1.0)
    return smooth


def _lags() -> NDArray[np.float64]:
    """The beat periods told apart, in frames of the envelope, falling."""
    return 60 * ENVELOPE_HZ / np.geomspace(_SLOWEST_BPM, _FASTEST_BPM, _STATES)


def _tempogram(
    envelope: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For windows of 8 s: their middles in frames ``(w,)``, how well each tempo fits and how
    clear a beat of each tempo is, 0 to 1, both ``(w, tempi)``."""
    from scipy.fft import irfft, next_fast_len, rfft

    size, step = round(_WINDOW_S * ENVELOPE_HZ), round(_STEP_S * ENVELOPE_HZ)
    padded = np.pad(envelope, size // 2)
    starts = np.arange(0, len(envelope), step)
    lags = _lags()
    reach = int(4 * lags[0]) + 2
    length = next_fast_len(size + min(reach, size))
    weight = np.exp(
        -0.5 * np.square(np.log2(60 * ENVELOPE_HZ / lags / _USUAL_BPM) / _SPREAD_OCTAVES)
    )
    fits, clarities = [], []
    for start in starts:
        window = padded[start : start + size]
        centred = window - window.mean()
        power = np.square(np.abs(rfft(centred, length)))
        correlation = irfft(power, length)[:size]
        correlation /= np.maximum(size - np.arange(size), size // 4) * max(np.var(window), 1e-9)
        at = np.arange(size)
        comb = [np.interp(lags * k, at, correlation, right=0.0) for k in (1, 2, 3, 4)]
        clarities.append(np.clip((comb[0] + comb[1] + comb[3]) / 3, 0.0, 1.0))
        fits.append(weight * np.maximum(comb[0] + 0.8 * comb[1] + 0.4 * comb[2] + 0.6 * comb[3], 0))
    return starts.astype(np.float64), np.array(fits), np.array(clarities)


def _tempo_path(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The tempo of each window that fits best and changes least (Viterbi)."""
    count = scores.shape[1]
    distance = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    cost = np.minimum(0.04 * distance, 1.2)
    gain = scores / max(float(scores.max()), 1e-9) * 2
    best, came = gain[0], []
    for row in gain[1:]:
        arriving = best[:, None] - cost
        came.append(arriving.argmax(axis=0))
        best = arriving.max(axis=0) + row
    path = [int(best.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], np.int64)


def _steady_clarity(clarity: NDArray[np.float64], tempi: NDArray[np.int64]) -> NDArray[np.float64]:
    """The clarity of the chosen tempo, the weakest of each window and the two beside it: a
    rhythm that does not last is no beat."""
    from scipy.ndimage import median_filter

    spread = np.stack(
        [clarity[np.arange(len(tempi)), np.clip(tempi + d, 0, _STATES - 1)] for d in (-1, 0, 1)]
    )
    own: NDArray[np.float64] = median_filter(spread.max(axis=0), 3, mode="nearest")
    return own


def _musical_spans(
    centres: NDArray[np.float64], musical: NDArray[np.bool_], length: int
) -> list[tuple[int, int]]:
    """Frames ``[first, last)`` with a beat; short breaks are bridged."""
    half = round(_STEP_S * ENVELOPE_HZ) // 2
    spans: list[tuple[int, int]] = []
    for centre in centres[musical]:
        first, last = max(int(centre) - half, 0), min(int(centre) + half, length)
        if spans and first - spans[-1][1] <= _BRIDGE_S * ENVELOPE_HZ:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return [span for span in spans if span[1] - span[0] >= _LEAST_MUSIC_S * ENVELOPE_HZ]


def _track(envelope: NDArray[np.float64], periods: NDArray[np.float64]) -> NDArray[np.int64]:
    """The frames of the beats: strong onsets, each about one period after the last."""
    count = len(envelope)
    scaled = envelope / max(float(envelope.std()), 1e-9)
    total = scaled.copy()
    came = np.full(count, -1, np.int64)
    costs: dict[int, tuple[int, NDArray[np.float64]]] = {}
    for at in range(count):
        period = round(periods[at])
        if period not in costs:
            back = np.arange(2 * period, period // 2 - 1, -1)
            costs[period] = (2 * period, -_TIGHTNESS * np.square(np.log(back / period)))
        far, penalty = costs[period]
        first = at - far
        skip = max(0, -first)
        if skip >= len(penalty):
            continue
        options = total[first + skip : first + len(penalty)] + penalty[skip:]
        best = int(options.argmax())
        if options[best] > 0:
            total[at] += options[best]
            came[at] = first + skip + best
    tail = max(0, count - int(periods[-1]) - 1)
    at = tail + int(total[tail:].argmax())
    frames = []
    while at >= 0:
        frames.append(at)
        at = int(came[at])
    found = np.array(frames[::-1], np.int64)
    # Beats before the first and after the last onset are guesses of the recursion.
    strong = np.flatnonzero(envelope[found] > 0.1 * envelope.std())
    return found[strong[0] : strong[-1] + 1] if len(strong) else found[:0]


def _exact_peaks(envelope: NDArray[np.float32], frames: NDArray[np.int64]) -> Times:
    """Peaks between frames, by a parabola through three values."""
    inner = np.clip(frames, 1, len(envelope) - 2)
    before, here, after = (envelope[inner + d].astype(np.float64) for d in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0)
    exact: Times = inner + np.clip(shift, -0.5, 0.5)
    return exact


def _refined(envelope: NDArray[np.float32], frames: NDArray[np.int64]) -> Times:
    """Each beat on the onset near it; where that is weak, where its neighbours say."""
    reach = round(_REACH_S * ENVELOPE_HZ)
    padded = np.pad(envelope, reach)
    around = padded[frames[:, None] + np.arange(2 * reach + 1)]
    favour = 1.0 - 0.3 * np.abs(np.arange(-reach, reach + 1)) / reach
    offset = (around * favour).argmax(axis=1)
    strength = around.max(axis=1)
    exact = _exact_peaks(envelope, frames + offset - reach)
    weight = strength / max(float(np.median(strength)), 1e-9)
    # A beat without an onset of its own lies between those that have one.
    number = np.arange(len(exact))
    clear = weight > _CLEAR_ONSET
    even = np.interp(number, number[clear], exact[clear])
    trust = np.clip((weight - _CLEAR_ONSET / 2) / _CLEAR_ONSET, 0.0, 1.0)
    refined: Times = trust * exact + (1 - trust) * even
    return np.maximum.accumulate(refined)


def _beat_features(onsets: Onsets, times: Times) -> NDArray[np.float64]:
    """How much each beat sounds like the first of a bar: bass, accent, change of harmony."""
    frames = np.rint((times + ATTACK_S) * ENVELOPE_HZ).astype(np.int64)

    def near(values: NDArray[np.float32]) -> NDArray[np.float64]:
        padded = np.pad(values, 3)
        found: NDArray[np.float64] = (
            padded[np.clip(frames, 0, len(values) - 1)[:, None] + np.arange(7)]
            .max(axis=1)
            .astype(np.float64)
        )
        return found

    edges = np.rint(times * CHROMA_HZ).astype(np.int64)
    step = int(np.median(np.diff(edges))) if len(edges) > 1 else CHROMA_HZ // 2
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(onsets.chroma, axis=0, dtype=np.float64)])
    top = len(sums) - 1

    def mean(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
        a, b = np.clip(first, 0, top), np.clip(last, 0, top)
        found: NDArray[np.float64] = (sums[b] - sums[a]) / np.maximum(b - a, 1)[:, None]
        return found

    # One frame beside the beat is left out: its window reaches over it.
    before, after = mean(edges - 2 * step, edges - 1), mean(edges + 2, edges + 2 * step)
    change = 0.5 * np.abs(after - before).sum(axis=1)
    low, high, all_bands = near(onsets.low), near(onsets.high), near(onsets.envelope)
    score: NDArray[np.float64] = (
        1.2 * _standard(change)
        + 0.8 * _standard(low)
        + 0.4 * _standard(all_bands)
        - 0.3 * _standard(high)
    )
    return score


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values against those of the 32 beats around."""
    from scipy.ndimage import uniform_filter1d

    mean = uniform_filter1d(values, 33, mode="nearest")
    power = uniform_filter1d(np.square(values - mean), 33, mode="nearest")
    spread = np.sqrt(np.maximum(power, 0.0))
    least = 0.1 * float(np.std(values)) + 1e-9
    standard: NDArray[np.float64] = np.clip((values - mean) / np.maximum(spread, least), -2.5, 2.5)
    return standard


def find_downbeats(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Numbers of the beats that begin a bar, of three beats or of four.

    For either length the best path through the bar's positions is sought (Viterbi; leaving
    the count costs as much as several good downbeats bring). The length whose downbeats
    stand out more wins; four where it is close.

    Args:
        score: ``(beats,)``, how much each sounds like the first of a bar, mean about 0.
    """
    found: dict[int, tuple[float, NDArray[np.int64]]] = {}
    for length in (3, 4):
        if len(score) < 2 * length:
            continue
        downs = _bar_path(score, length)
        others = np.delete(score, downs)
        contrast = (score[downs].mean() - others.mean()) * np.sqrt(len(downs))
        found[length] = (float(contrast), downs)
    if not found:
        return np.zeros(0, np.int64)
    if 3 in found and 4 in found and found[3][0] <= 1.15 * found[4][0]:
        return found[4][1]
    return max(found.values(), key=lambda each: each[0])[1]


def _bar_path(score: NDArray[np.float64], length: int) -> NDArray[np.int64]:
    gain = np.where(np.arange(length)[None, :] == 0, score[:, None], 0.0)
    best, came = gain[0], []
    for row in gain[1:]:
        stay = np.roll(best, 1)
        slipped, origin = best.max() - _SLIP_COST, int(best.argmax())
        straight = (np.arange(length) - 1) % length
        came.append(np.where(stay >= slipped, straight, origin))
        best = np.maximum(stay, slipped) + row
    at = int(best.argmax())
    path = [at]
    for back in reversed(came):
        at = int(back[at])
        path.append(at)
    return np.flatnonzero(np.array(path[::-1]) == 0)

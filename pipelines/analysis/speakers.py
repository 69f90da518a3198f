"""Who speaks: voices compared, grouped, and each word given to one of them.

The way of most systems since Wang and others, "Speaker diarization with LSTM" (2018): vectors of
short stretches, agglomerative grouping, then the words once more along the best path. A stretch
never reaches over a pause or the end of a sentence, where turns change, and a turn ends between
two words.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.options import Options
from pipelines.analysis.scribe import exact
from pipelines.analysis.voices import STRANGER, TELLING_S, find_voices
from studio.adapters import speaker
from studio.errors import RequestError
from studio.models.pool import ModelPool
from studio.types.analysis import Speech
from studio.types.media import MediaInfo
from studio.types.speakers import Speakers, Turn
from studio.types.transcript import Transcript, Word

_VERSION = 1
_HOP_S = 0.4
_PAUSE_S = Fraction(1, 5)  # between two words, over which no window reaches
_SENTENCE_END = tuple(".?!。？！…")
_CHUNK_S = 30.0
#: A switch of speakers costs this many seconds of a voice that fits worse by 0.1.
_SWITCH, _SWITCH_IN_PAUSE, _SWITCH_AFTER_SENTENCE = 3.0, 0.3, 0.1
_STRANGER_SHORT = 0.42  # as voices.STRANGER, for short stretches
_MARGIN = 0.04  # between the two best, below which a short stretch is not told
# Measured on pairs of four recorded voices: windows of both at once are like one of them by 0.55
# to 0.82 and like the other by 0.5 to 0.77; of one alone by 0.84 and more, by 0.61 at most.
_MIXED_MOST, _MIXED_LEAST, _MIXED_WINDOWS = 0.82, 0.58, 2
_LONGEST_PAUSE_S = 1.5  # inside a turn
_F32 = NDArray[np.float32]

Report = Callable[[float], None]


def speakers_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on."""
    from pipelines.analysis.speech import speech_made_by

    return {
        "voices": speaker.SPEC.key,
        "speakers": options.speakers,
        "version": _VERSION,
        "speech": speech_made_by(options),
    }


def wanted_count(speakers: str) -> int | None:
    """How many people speak, as told; None where that is to be found out.

    Raises:
        RequestError: it is neither a number from 1 to 20 nor ``auto``.
    """
    if speakers == "auto":
        return None
    if speakers.isdecimal() and 1 <= int(speakers) <= 20:
        return int(speakers)
    raise RequestError(
        f"{speakers!r} speakers cannot be told apart", "Give auto, off, or a number from 1 to 20."
    )


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Words without a pause between them.

    Attributes:
        words: half-open range of indices.
        start_s, end_s: on the source clock.
    """

    words: tuple[int, int]
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds."""
        return self.end_s - self.start_s


def find_speakers(
    info: MediaInfo, speech: Speech, pool: ModelPool, options: Options, report: Report | None = None
) -> tuple[Speakers, tuple[str, ...]]:
    """Who says each word.

    Args:
        info: a file with sound.
        speech: with its transcript.
        pool: lends the model.
        options: how many speak.
        report: told the share that is done, 0 to 1.

    Returns:
        The speakers, and notes for the user.

    Raises:
        RequestError: the number of speakers makes no sense.
        ModelError: the model is missing, corrupt or failed.
    """
    count = wanted_count(options.speakers)
    words = speech.transcript.words if speech.transcript is not None else ()
    if not words:
        return Speakers((), np.zeros((0, speaker.WIDTH), np.float32), (), ()), ()
    stretches = part_words(words)
    spans, owners = _windows(stretches)
    vectors = _listen(info, spans, pool, report)
    means = np.zeros((len(stretches), speaker.WIDTH), np.float32)
    np.add.at(means, owners, vectors)
    voices = find_voices(means, np.array([s.length_s for s in stretches]), count)
    found = _assign(words, stretches, spans, owners, vectors, voices)
    notes = []
    if count is not None and len(found.labels) < count:
        notes.append(f"{count} speakers were asked for; {len(found.labels)} could be told apart")
    unknown = sum(not label for label in found.words)
    if unknown:
        notes.append(f"who says {unknown} of {len(words)} words is not known")
    return found, tuple(notes)


def with_speakers(speech: Speech, speakers: Speakers) -> Speech:
    """Speech whose words name their speaker."""
    script = speech.transcript
    if script is None or len(speakers.words) != len(script.words):
        return speech
    return dataclasses.replace(speech, transcript=label_words(script, speakers.words))


def label_words(script: Transcript, labels: Sequence[str]) -> Transcript:
    """A transcript whose words name these speakers."""
    words = (
        dataclasses.replace(word, speaker=label)
        for word, label in zip(script.words, labels, strict=True)
    )
    return dataclasses.replace(script, words=tuple(words))


def part_words(words: Sequence[Word]) -> list[Stretch]:
    """Words parted at pauses and at the ends of sentences."""
    parts: list[list[int]] = []
    for i, word in enumerate(words):
        before = words[i - 1] if i else None
        if (
            before is None
            or word.start - before.end >= _PAUSE_S
            or before.text.endswith(_SENTENCE_END)
        ):
            parts.append([])
        parts[-1].append(i)
    return [
        Stretch((p[0], p[-1] + 1), float(words[p[0]].start), float(words[p[-1]].end)) for p in parts
    ]


def _windows(stretches: Sequence[Stretch]) -> tuple[list[tuple[float, float]], NDArray[np.int64]]:
    """Spans to listen to and the stretch of each; short stretches give one, widened a little."""
    spans: list[tuple[float, float]] = []
    owners: list[int] = []
    for number, stretch in enumerate(stretches):
        if stretch.length_s <= speaker.WINDOW_S:
            # Lengths on a coarse grid, so that many are heard in one pass.
            length = min(max(round(stretch.length_s / 0.2) * 0.2, 0.4), speaker.WINDOW_S)
            middle = (stretch.start_s + stretch.end_s) / 2
            spans.append((max(middle - length / 2, 0.0), max(middle - length / 2, 0.0) + length))
            owners.append(number)
            continue
        room_s = stretch.length_s - speaker.WINDOW_S
        steps = max(1, round(room_s / _HOP_S))
        for step in range(steps + 1):
            start = stretch.start_s + room_s * step / steps
            spans.append((start, start + speaker.WINDOW_S))
            owners.append(number)
    return spans, np.array(owners, np.int64)


def _listen(
    info: MediaInfo, spans: Sequence[tuple[float, float]], pool: ModelPool, report: Report | None
) -> _F32:
    """The vector of each span; the sound is read once, 30 s at a time."""
    from studio.media.audio_io import stream_audio

    rate = speaker.RATE_HZ
    vectors = np.zeros((len(spans), speaker.WIDTH), np.float32)
    held, held_from, due = np.zeros(0, np.float32), 0, 0
    places = [(round(a * rate), round(a * rate) + round((b - a) * rate)) for a, b in spans]
    order = sorted(range(len(places)), key=lambda i: places[i][1])
    with pool.lease(speaker.SPEC) as model:
        for clip in stream_audio(info, rate_hz=rate, mono=True, chunk_s=_CHUNK_S):
            held = np.concatenate([held, clip.samples[0]])
            ready = []
            while due < len(order) and places[order[due]][1] <= held_from + len(held):
                ready.append(order[due])
                due += 1
            if ready:
                cut = [held[places[i][0] - held_from : places[i][1] - held_from] for i in ready]
                vectors[ready] = model.voices(cut)
            keep_from = min((places[i][0] for i in order[due:]), default=held_from + len(held))
            drop = min(max(keep_from - held_from, 0), len(held))
            held, held_from = held[drop:], held_from + drop
            if report is not None:
                report(float(clip.start + clip.duration) / max(float(info.duration), 1.0))
        rest = order[due:]  # widened over the end of the sound: filled up with silence
        if rest:
            cut = [held[max(places[i][0] - held_from, 0) :] for i in rest]
            lengths = [places[i][1] - places[i][0] for i in rest]
            vectors[rest] = model.voices(
                [np.pad(c, (0, max(n - len(c), 0)))[:n] for c, n in zip(cut, lengths, strict=True)]
            )
    return vectors


def _assign(
    words: Sequence[Word],
    stretches: Sequence[Stretch],
    spans: Sequence[tuple[float, float]],
    owners: NDArray[np.int64],
    vectors: _F32,
    voices: _F32,
) -> Speakers:
    """Each word to a voice, along the path that fits best and switches least."""
    likeness = _word_likeness(words, stretches, spans, owners, vectors @ voices.T)
    path = _best_path(words, likeness)
    known = _known(words, stretches, path, likeness)
    order = list(dict.fromkeys(int(v) for v, sure in zip(path, known, strict=True) if sure))
    names = {voice: f"S{i + 1}" for i, voice in enumerate(order)}
    labels = [names[int(v)] if sure else "" for v, sure in zip(path, known, strict=True)]
    return Speakers(
        tuple(names.values()),
        voices[order] if order else voices[:0],
        tuple(labels),
        tuple(_turns(words, labels, likeness)),
        tuple(_overlaps(spans, owners, vectors @ voices.T)),
    )


def _word_likeness(
    words: Sequence[Word],
    stretches: Sequence[Stretch],
    spans: Sequence[tuple[float, float]],
    owners: NDArray[np.int64],
    likeness: _F32,
) -> _F32:
    """``(words, k)``: of the windows of its stretch that a word lies in, the nearer the more."""
    found = np.zeros((len(words), likeness.shape[1]), np.float32)
    middles = np.array([(a + b) / 2 for a, b in spans])
    firsts = np.searchsorted(owners, np.arange(len(stretches) + 1))
    for number, stretch in enumerate(stretches):
        rows = slice(int(firsts[number]), int(firsts[number + 1]))
        for i in range(*stretch.words):
            middle = float(words[i].start + words[i].end) / 2
            far = np.abs(middles[rows] - middle) / (speaker.WINDOW_S / 2)
            weight = np.exp(-2 * np.square(np.minimum(far, 3.0))) + 1e-6
            found[i] = (weight[:, None] * likeness[rows]).sum(axis=0) / weight.sum()
    return found


def _best_path(words: Sequence[Word], likeness: _F32) -> NDArray[np.int64]:
    """The voice of each word (Viterbi)."""
    count, voices = likeness.shape
    lengths = np.array([max(float(word.end - word.start), 0.05) for word in words])
    cost = (likeness.max(axis=1, keepdims=True) - likeness) * 10 * lengths[:, None]
    came = np.zeros((count, voices), np.int64)
    best = cost[0].astype(np.float64)
    for i in range(1, count):
        before = words[i - 1]
        pause = words[i].start - before.end >= _PAUSE_S
        ended = before.text.endswith(_SENTENCE_END)
        price = _SWITCH_IN_PAUSE if pause or ended else _SWITCH
        switched = best.min() + (_SWITCH_AFTER_SENTENCE if pause and ended else price)
        came[i] = np.where(best <= switched, np.arange(voices), int(best.argmin()))
        best = np.minimum(best, switched) + cost[i]
    path = np.zeros(count, np.int64)
    path[-1] = int(best.argmin())
    for i in range(count - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path


def _known(
    words: Sequence[Word],
    stretches: Sequence[Stretch],
    path: NDArray[np.int64],
    likeness: _F32,
) -> NDArray[np.bool_]:
    """Whether the voice of each word is told: not where nobody fits, nor where a short stretch
    stands alone between others and fits two alike."""
    known = np.ones(len(words), bool)
    for stretch in stretches:
        for voice in np.unique(path[slice(*stretch.words)]):
            chosen = [i for i in range(*stretch.words) if path[i] == voice]
            fits = likeness[chosen].mean(axis=0)
            length_s = float(sum(words[i].end - words[i].start for i in chosen))
            others = np.delete(fits, voice)
            margin = float(fits[voice] - others.max()) if len(others) else 1.0
            floor = STRANGER if length_s >= TELLING_S else _STRANGER_SHORT
            if fits[voice] < floor or (length_s < TELLING_S and abs(margin) < _MARGIN):
                known[chosen] = False
    return known


def _overlaps(
    spans: Sequence[tuple[float, float]], owners: NDArray[np.int64], likeness: _F32
) -> list[tuple[Fraction, Fraction]]:
    """Where windows are a little like two voices and much like none, for longer than a change
    of turns looks so."""
    if likeness.shape[1] < 2:
        return []
    best = np.sort(likeness, axis=1)[:, ::-1]
    full = np.array([b - a for a, b in spans]) >= speaker.WINDOW_S - 1e-6
    mixed = full & (best[:, 0] < _MIXED_MOST) & (best[:, 1] > _MIXED_LEAST)
    found = []
    for (is_mixed, owner), group in itertools.groupby(
        range(len(spans)), key=lambda i: (bool(mixed[i]), int(owners[i]))
    ):
        members = list(group)
        inside = [i for i in (members[0] - 1, members[-1] + 1) if 0 <= i < len(spans)]
        sides = [int(likeness[i].argmax()) for i in inside if owners[i] == owner]
        change = len(sides) == 2 and sides[0] != sides[1]
        if is_mixed and len(members) >= (_MIXED_WINDOWS + 3 if change else _MIXED_WINDOWS):
            start_s = spans[members[0]][0] + _HOP_S
            found.append(
                (exact(start_s), exact(max(spans[members[-1]][1] - _HOP_S, start_s + 0.1)))
            )
    return found


def _turns(words: Sequence[Word], labels: Sequence[str], likeness: _F32) -> list[Turn]:
    turns: list[Turn] = []
    numbers = itertools.groupby(_runs(words, labels), key=lambda each: each[0])
    for _, group in numbers:
        members = [i for _, i in group]
        fits = np.sort(likeness[members].mean(axis=0))[::-1]
        gap = float(fits[0] - fits[1]) if len(fits) > 1 else float(fits[0])
        start, end = words[members[0]].start, words[members[-1]].end
        confidence = round(min(max(gap / 0.3, 0.0), 1.0), 3) if labels[members[0]] else 0.0
        turns.append(
            Turn(start, max(end, start + Fraction(1, 1000)), labels[members[0]], confidence)
        )
    return turns


def _runs(words: Sequence[Word], labels: Sequence[str]) -> list[tuple[int, int]]:
    """A run number for each word: a new one where the speaker changes or a long pause stands."""
    runs: list[tuple[int, int]] = []
    run = 0
    for i in range(len(words)):
        if i and (
            labels[i] != labels[i - 1] or words[i].start - words[i - 1].end > _LONGEST_PAUSE_S
        ):
            run += 1
        runs.append((run, i))
    return runs

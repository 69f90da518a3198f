"""Speech for tests: recordings of read English whose words are known."""

from __future__ import annotations

import re
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.footage import package_file

RATE_HZ = 16_000
TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
    "age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of light, it was the season of darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to heaven, we were all going direct the other way. In short, the period was so far like the "
    "present period that some of its noisiest authorities insisted on its being received, for "
    "good or for evil, in the superlative degree of comparison only."
)
ASK_NOT = (
    "And so my fellow Americans ask not what your country can do for you, "
    "ask what you can do for your country."
)


def two_cities() -> Path:
    """44 s of one voice, 48 kHz, quiet room; the words are :data:`TWO_CITIES`."""
    return package_file("moonshine-voice", "two_cities.wav")


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """float32 ``(n,)`` of one channel, and samples a second."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        mono = data.reshape(-1, file.getnchannels()).mean(axis=1) / 32768
        return mono.astype(np.float32), file.getframerate()


def write_wav(path: Path, samples: np.ndarray, rate_hz: int) -> Path:
    """One channel, or ``(channels, n)``, as 16 bits."""
    channels = samples[None] if samples.ndim == 1 else samples
    data = np.clip(np.rint(channels.T * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(data.tobytes())
    return path


def words_of(text: str) -> list[str]:
    """Words as they are compared: lower case, no punctuation."""
    return re.sub(r"[^\w\s']", " ", text.lower()).split()


def word_errors(heard: Sequence[str], said: Sequence[str]) -> int:
    """Fewest words to change, add or leave out (Levenshtein)."""
    row = list(range(len(said) + 1))
    for i, word in enumerate(heard, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(said, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1]

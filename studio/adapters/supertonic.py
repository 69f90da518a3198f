"""Supertonic 3: neural voices for 31 languages, Korean among them, from a hub (Supertone, 2026).

Four graphs: how long a text takes as a whole, what it is, a flow that turns noise into sound in
eight steps, and its decoder. The noise is drawn from the text, so that one text always gives one
sound. It does not tell when it says what: :mod:`studio.adapters.spoken_times` finds out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters import espeak
from studio.adapters.onnx_session import OnnxGraph
from studio.adapters.pretrained import reading
from studio.adapters.spoken_times import timed
from studio.errors import RequestError, WeightsCorrupt
from studio.models.spec import HubFile, HubRevision, LoadContext, ModelSpec
from studio.types.audio import AudioClip
from studio.types.spoken import Speech, SpokenPhoneme, SpokenWord

#: Languages that the rest of the anchor speaks.
LANGUAGES = ("en", "ko")
_STEPS, _PACE = 8, 1.05  # as its makers advise
_LEAST_PACE, _MOST_PACE = 0.7, 2.0
_MOST_LETTERS = {"en": 300, "ko": 120}  # said in one; longer texts are cut between sentences
_HARD_LIMIT = 600
_BETWEEN_S = 0.3
#: Speakers, women and men.
STYLES: Mapping[str, tuple[str, int]] = {
    "F1": ("bbdec6ee00231c2c742ad05483df5334cab3b52fda3ba38e6a07059c4563dbc2", 292_046),
    "F2": ("7c722c6a72707b1a77f035d67f0d1351ba187738e06f7683e8c72b1df3477fc6", 292_423),
    "F3": ("12f6ef2573baa2defa1128069cb59f203e3ab67c92af77b42df8a0e3a2f7c6ab", 290_794),
    "F4": ("c2fa764c1225a76dfc3e2c73e8aa4f70d9ee48793860eb34c295fff01c2e032b", 291_808),
    "F5": ("45966e73316415626cf41a7d1c6f3b4c70dbc1ba2bee5c1978ef0ce33244fc8d", 291_479),
    "M1": ("e35604687f5d23694b8e91593a93eec0e4eca6c0b02bb8ed69139ab2ea6b0a5b", 291_748),
    "M2": ("b76cbf62bac707c710cf0ae5aba5e31eea1a6339a9734bfae33ab98499534a50", 292_055),
    "M3": ("ea1ac35ccb91b0d7ecad533a2fbd0eec10c91513d8951e3b25fbba99954e159b", 290_198),
    "M4": ("ca8eefad4fcd989c9379032ff3e50738adc547eeb5e221b82593a6d7b3bac303", 291_522),
    "M5": ("dd22b92740314321f8ae11c5e87f8dd60d060f15dd3a632b5adf77f471f77af2", 291_469),
}


@dataclass(frozen=True)
class Shape:
    """Of the sound and of what the flow works on.

    Attributes:
        rate_hz: of the sound.
        chunk: samples of one step of the flow.
        width: numbers of one step.
    """

    rate_hz: int
    chunk: int
    width: int


class Supertonic:
    """The loaded networks with one of their speakers.

    Args:
        graphs: by the name of their files; shared by all speakers of one load.
        shape: of sound and flow.
        reader: turns a text into numbers, the makers' own.
        folder: with the speakers' files.
        guide: says the text as well, to find the times.
        style: the speaker.
    """

    def __init__(
        self,
        graphs: Mapping[str, OnnxGraph],
        shape: Shape,
        reader: Any,
        folder: Path,
        guide: espeak.Espeak,
        style: str,
    ) -> None:
        self._graphs, self._shape, self._reader = graphs, shape, reader
        self._folder, self._guide = folder, guide
        self._flow_style, self._length_style = _read_style(folder / f"{style}.json")

    def styled(self, style: str) -> Supertonic:
        """The same networks with another speaker; they go when this goes.

        Raises:
            RequestError: there is none of that name.
        """
        if style not in STYLES:
            raise RequestError(
                f"supertonic has no speaker {style}.", f"There are {', '.join(STYLES)}."
            )
        parts = (self._graphs, self._shape, self._reader, self._folder, self._guide)
        return Supertonic(*parts, style)

    def speak(self, text: str, *, language: str = "ko", speed: float = 1.0) -> Speech:
        """Say a text.

        Args:
            text: as it is read.
            language: of :data:`LANGUAGES`.
            speed: 1 is usual; 0.67 to 1.9.

        Raises:
            RequestError: another language, letters it does not know, a speed it does not
                speak at, or a sentence that is too long.
            InferenceFailed: the runtime gave up.
        """
        if language not in LANGUAGES:
            raise RequestError(f"supertonic speaks en and ko here, not {language}.", "Use espeak.")
        pace = speed * _PACE
        if not _LEAST_PACE <= pace <= _MOST_PACE:
            raise RequestError(
                f"supertonic does not speak at {speed:g} times its usual speed.",
                f"Use {_LEAST_PACE / _PACE:.2f} to {_MOST_PACE / _PACE:.2f}.",
            )
        self._refuse_unknown(text)
        said = [
            timed(self._said(piece, language, pace), piece, self._guide, language)
            for piece in in_pieces(text, _MOST_LETTERS[language])
        ]
        return _joined(said, self._shape.rate_hz)

    def _refuse_unknown(self, text: str) -> None:
        able, unknown = self._reader.validate_text(text)
        if not able:
            raise RequestError(
                f"supertonic cannot read {' '.join(unknown)}.", "Write it otherwise in the reading."
            )

    def _said(self, text: str, language: str, pace: float) -> AudioClip:
        shape = self._shape
        ids, mask = self._reader([text], language)
        fed = {"text_ids": ids, "text_mask": mask}
        (seconds, *_) = self._graphs["duration_predictor"](**fed, style_dp=self._length_style)
        length_s = float(np.asarray(seconds).reshape(-1)[0]) / pace
        (meaning, *_) = self._graphs["text_encoder"](**fed, style_ttl=self._flow_style)
        samples = max(round(length_s * shape.rate_hz), 1)
        steps = -(-samples // shape.chunk)
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        flow = np.random.default_rng(seed).standard_normal((1, shape.width, steps), np.float32)
        for step in range(_STEPS):
            (flow, *_) = self._graphs["vector_estimator"](
                noisy_latent=flow,
                text_emb=meaning,
                style_ttl=self._flow_style,
                text_mask=mask,
                latent_mask=np.ones((1, 1, steps), np.float32),
                current_step=np.array([step], np.float32),
                total_step=np.array([_STEPS], np.float32),
            )
        (sound, *_) = self._graphs["vocoder"](latent=flow)
        found = np.asarray(sound, np.float32).reshape(1, -1)[:, :samples]
        return AudioClip(np.clip(found, -1, 1), shape.rate_hz)

    def close(self) -> None:
        """Let go of the networks."""
        for graph in self._graphs.values():
            graph.close()
        self._guide.close()


def in_pieces(text: str, most: int) -> list[str]:
    """Whole sentences put together as far as they are short enough. Pure.

    Raises:
        RequestError: a single sentence is too long to be said.
    """
    pieces: list[str] = []
    for sentence in re.findall(r"\S.*?(?:[.!?…。]+(?=\s|$)|$)", text.strip(), re.DOTALL):
        if len(sentence) > _HARD_LIMIT:
            raise RequestError(
                f"A sentence of {len(sentence)} letters is too long to be said in one.",
                "End it with a full stop somewhere.",
            )
        if pieces and len(pieces[-1]) + 1 + len(sentence) <= most:
            pieces[-1] += f" {sentence}"
        else:
            pieces.append(sentence)
    return pieces


def _joined(said: list[Speech], rate_hz: int) -> Speech:
    """Pieces one after another, with a breath between."""
    breath = np.zeros((1, round(_BETWEEN_S * rate_hz)), np.float32)
    sounds: list[NDArray[np.float32]] = []
    words: list[SpokenWord] = []
    phonemes: list[SpokenPhoneme] = []
    done = 0
    for number, speech in enumerate(said):
        if number:
            sounds.append(breath)
            done += breath.shape[1]
        late, first = Fraction(done, rate_hz), len(words)
        words += [SpokenWord(w.text, w.start + late, w.end + late) for w in speech.words]
        phonemes += [
            SpokenPhoneme(p.ipa, p.start + late, p.end + late, p.word + first)
            for p in speech.phonemes
        ]
        sounds.append(speech.clip.samples)
        done += speech.clip.samples.shape[1]
    whole = np.concatenate(sounds, axis=1) if sounds else np.zeros((1, 1), np.float32)
    return Speech(AudioClip(whole, rate_hz), tuple(words), tuple(phonemes))


def _read_style(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A speaker, for the flow and for the length."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        flow, length = (
            np.array(written[name]["data"], np.float32).reshape(written[name]["dims"])
            for name in ("style_ttl", "style_dp")
        )
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise WeightsCorrupt(
            f"supertonic: {path.name} is no speaker", "Run: studio models verify supertonic"
        ) from exc
    return flow, length


def load(context: LoadContext) -> Supertonic:
    """Build the networks from their folder."""
    from supertonic.core import UnicodeProcessor  # type: ignore[import-untyped]

    folder = context.hub_dir
    assert folder is not None
    with reading("supertonic"):
        written = json.loads((folder / "onnx/tts.json").read_text(encoding="utf-8"))
        times = int(written["ttl"]["chunk_compress_factor"])
        shape = Shape(
            int(written["ae"]["sample_rate"]),
            int(written["ae"]["base_chunk_size"]) * times,
            int(written["ttl"]["latent_dim"]) * times,
        )
        reader = UnicodeProcessor(str(folder / "onnx/unicode_indexer.json"))
    graphs = {
        name: OnnxGraph("supertonic", folder / f"onnx/{name}.onnx", context.threads)
        for name in _GRAPHS
    }
    styles = folder / "voice_styles"
    return Supertonic(graphs, shape, reader, styles, espeak.load(context), next(iter(STYLES)))


_GRAPHS: Mapping[str, tuple[str, int]] = {
    "duration_predictor": (
        "c3eb91414d5ff8a7a239b7fe9e34e7e2bf8a8140d8375ffb14718b1c639325db",
        3_700_147,
    ),
    "text_encoder": (
        "c7befd5ea8c3119769e8a6c1486c4edc6a3bc8365c67621c881bbb774b9902ff",
        36_416_150,
    ),
    "vector_estimator": (
        "883ac868ea0275ef0e991524dc64f16b3c0376efd7c320af6b53f5b780d7c61c",
        256_534_781,
    ),
    "vocoder": ("085de76dd8e8d5836d6ca66826601f615939218f90e519f70ee8a36ed2a4c4ba", 101_424_195),
}

SPEC: ModelSpec[Supertonic] = ModelSpec(
    name="supertonic",
    version="3",
    role="speech from text, Korean and English",
    licence="OpenRAIL-M",
    source="https://huggingface.co/Supertone/supertonic-3",
    weights=espeak.WEIGHTS,
    resident_bytes=520 << 20,
    working_bytes=300 << 20,
    working_unit="sentence",
    loader="studio.adapters.supertonic:load",
    requires=("onnxruntime", "supertonic", "librosa"),
    hub=HubRevision(
        "Supertone/supertonic-3",
        "724fb5abbf5502583fb520898d45929e62f02c0b",
        (
            *(HubFile(f"onnx/{n}.onnx", digest, size) for n, (digest, size) in _GRAPHS.items()),
            HubFile(
                "onnx/tts.json",
                "42078d3aef1cd43ab43021f3c54f47d2d75ceb4e75f627f118890128b06a0d09",
                8_253,
            ),
            HubFile(
                "onnx/unicode_indexer.json",
                "9bf7346e43883a81f8645c81224f786d43c5b57f3641f6e7671a7d6c493cb24f",
                277_676,
            ),
            *(
                HubFile(f"voice_styles/{n}.json", digest, size)
                for n, (digest, size) in STYLES.items()
            ),
        ),
    ),
    exclusive=True,
)

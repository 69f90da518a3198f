"""SigLIP 2: pictures and words in one space, in many languages (Tschannen and others, 2025)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision, translated
from studio.adapters.pretrained import LOCAL, precision_of, prepare, reading, torch_type
from studio.adapters.torch_weights import TorchWeights
from studio.models.device import Device
from studio.models.ladder import FewerAtOnce
from studio.models.spec import HubFile, HubRevision, LoadContext, ModelSpec

if TYPE_CHECKING:
    import torch
    from transformers import SiglipModel

_BATCH = 16
_HINT = "Close what else uses the memory, or use --device cpu."


class PicturesAndWords(TorchWeights):
    """The loaded network: the cosine of a picture and a text says how well they go together.

    Args:
        model: on its device.
        processor: prepares pictures as in training.
        tokenizer: prepares texts.
        device: where the model is.
        precision: what it computes in.
    """

    def __init__(
        self,
        model: SiglipModel,
        processor: Any,
        tokenizer: Any,
        device: Device,
        precision: Precision,
    ) -> None:
        super().__init__([model], device)
        self._model: SiglipModel | None = model
        self._processor = processor
        self._tokenizer = tokenizer
        self._batches = FewerAtOnce("siglip2-base", _BATCH)
        self.precision = precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be done otherwise than asked."""
        return tuple(self._batches.notes)

    @property
    def dimensions(self) -> int:
        """Length of its vectors."""
        return int(self._open().config.text_config.hidden_size)

    @property
    def scale(self) -> float:
        """What training multiplies a cosine by before it is a log-odds."""
        model: Any = self._open()
        return float(model.logit_scale.detach().float().exp())

    @property
    def bias(self) -> float:
        """What training adds to it then."""
        model: Any = self._open()
        return float(model.logit_bias.detach().float())

    def look(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What is in each picture.

        Args:
            pixels: RGB ``(n, h, w, 3)``, of any size; squeezed to the network's square, as in
                training.

        Returns:
            float32 ``(n, d)`` of unit length.

        Raises:
            InferenceFailed: torch gave up.
        """
        model: Any = self._open()

        def see(piece: slice) -> NDArray[np.float32]:
            inputs = self._processor(
                images=list(pixels[piece]), return_tensors="pt", input_data_format="channels_last"
            )
            there = inputs["pixel_values"].to(self.device.torch_name, model.dtype)
            with translated("siglip2", _HINT), _no_gradients():
                return _unit(model.get_image_features(pixel_values=there))

        return np.concatenate([self._none(), *self._batches.map(len(pixels), see)])

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What each text is about, in the same space.

        Args:
            texts: a few words each; what is over 64 tokens is not read.

        Returns:
            float32 ``(n, d)`` of unit length.

        Raises:
            InferenceFailed: torch gave up.
        """
        model: Any = self._open()
        length = int(model.config.text_config.max_position_embeddings)

        def hear(piece: slice) -> NDArray[np.float32]:
            inputs = self._tokenizer(
                [text.lower() for text in texts[piece]],  # as in training
                padding="max_length",
                max_length=length,
                truncation=True,
                return_tensors="pt",
            )
            there = inputs["input_ids"].to(self.device.torch_name)
            with translated("siglip2", _HINT), _no_gradients():
                return _unit(model.get_text_features(input_ids=there))

        return np.concatenate([self._none(), *self._batches.map(len(texts), hear)])

    def _open(self) -> SiglipModel:
        if self._model is None:
            raise ValueError("the network was closed")
        return self._model

    def _none(self) -> NDArray[np.float32]:
        return np.zeros((0, self.dimensions), np.float32)

    def close(self) -> None:
        """Let go of the network, also where somebody still holds this object."""
        self._model = None
        super().close()


def _no_gradients() -> Any:
    import torch

    return torch.inference_mode()


def _unit(features: Any) -> NDArray[np.float32]:
    vectors: torch.Tensor = features.pooler_output.float()
    array: NDArray[np.float32] = (vectors / vectors.norm(dim=-1, keepdim=True)).cpu().numpy()
    return array


def load(context: LoadContext) -> PicturesAndWords:
    """Build both halves of the network from a folder."""
    from transformers import AutoImageProcessor, AutoTokenizer, SiglipModel

    folder = prepare(context)
    precision = precision_of(context)
    with reading("siglip2-base"):
        processor = AutoImageProcessor.from_pretrained(folder, **LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
        model = SiglipModel.from_pretrained(
            folder, dtype=torch_type(precision), use_safetensors=True, **LOCAL
        )
    model = model.eval().requires_grad_(False).to(context.device.torch_name)
    return PicturesAndWords(model, processor, tokenizer, context.device, precision)


SPEC: ModelSpec[PicturesAndWords] = ModelSpec(
    name="siglip2-base",
    version="1",
    role="pictures and words in one space",
    licence="Apache-2.0",
    source="https://huggingface.co/google/siglip2-base-patch16-224",
    weights=(),
    resident_bytes=1500 << 20,
    working_bytes=300 << 20,
    working_unit="16 pictures",
    loader="studio.adapters.siglip:load",
    requires=("torch", "torchvision", "transformers"),
    hub=HubRevision(
        "google/siglip2-base-patch16-224",
        "75de2d55ec2d0b4efc50b3e9ad70dba96a7b2fa2",
        (
            HubFile(
                "model.safetensors",
                "612923381c76ec5a9bed335d1c48827e3f2e506ac31b044b63b2031fadee6a0b",
                1_500_800_904,
            ),
            HubFile(
                "tokenizer.json",
                "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322",
                34_363_039,
            ),
            HubFile("config.json"),
            HubFile("preprocessor_config.json"),
            HubFile("special_tokens_map.json"),
            HubFile("tokenizer_config.json"),
        ),
    ),
    exclusive=True,  # the tokeniser's padding is set for each call
    rungs=("half", "cpu"),
)

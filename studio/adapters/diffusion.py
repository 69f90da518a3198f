"""Latent diffusion (Rombach and others, 2022): pictures from words, and from pictures and words."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapters.openvino_runtime import Precision, translated
from studio.adapters.pretrained import LOCAL, precision_of, prepare, reading, torch_type
from studio.adapters.torch_weights import TorchWeights
from studio.errors import RequestError
from studio.models.device import Device
from studio.models.spec import HubFile, HubRevision, LoadContext, ModelSpec

if TYPE_CHECKING:
    import torch

_HINT = "Ask for a smaller picture, or close what else uses the memory."


class Diffusion(TorchWeights):
    """A loaded pipeline, for both tasks over one set of networks.

    Args:
        from_words, from_picture: pipelines that share their components.
        device: where it computes.
        precision: what it computes in.
        steps, guidance: what the model was made for.
        offloaded: whether weights are brought in layer by layer.
        offload_dir: where they lie, if on disk; deleted on close.
    """

    def __init__(
        self,
        from_words: Any,
        from_picture: Any,
        device: Device,
        precision: Precision,
        *,
        steps: int,
        guidance: float,
        offloaded: bool = False,
        offload_dir: Path | None = None,
    ) -> None:
        super().__init__(_networks(from_words), device, movable=not offloaded)
        self._from_words = from_words
        self._from_picture = from_picture
        self._offload_dir = offload_dir
        self.precision = precision
        self.steps = steps
        self.guidance = guidance

    @property
    def native_wh(self) -> tuple[int, int]:
        """The size it was trained at; others come out worse."""
        pipeline = self._open(self._from_words)
        side = int(pipeline.unet.config.sample_size) * self._multiple
        return side, side

    @property
    def _multiple(self) -> int:
        return int(self._open(self._from_words).vae_scale_factor)

    def unheard(self, prompt: str) -> str:
        """The end of a prompt that is over what the network reads; empty where it reads all."""
        tokenizer = self._open(self._from_words).tokenizer
        most = int(tokenizer.model_max_length) - 2  # its start and its end count
        tokens = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return str(tokenizer.decode(tokens[most:])).strip() if len(tokens) > most else ""

    def text_to_image(
        self,
        prompt: str,
        *,
        negative: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int = 0,
        wh: tuple[int, int] | None = None,
        count: int = 1,
        batch: int = 1,
        tile: int = 0,
    ) -> NDArray[np.uint8]:
        """Pictures of what a prompt says.

        The same arguments on the same machine give the same pictures. Picture ``i`` is drawn
        from ``seed + i`` alone; other batches round differently, by a level of 255.

        Args:
            prompt: in English for most models; see :meth:`unheard`.
            negative: what shall not be in it; needs a guidance above 1.
            steps, guidance: as the model was made for where not given.
            seed: 0 or more.
            wh: width and height in pixels, multiples of 8; the native size where not given.
            count: how many.
            batch: the most at a time.
            tile: where a side is longer, it is decoded in blended tiles of so many pixels
                a side, and attention is computed in slices: less memory, slower, and tints
                may differ between tiles. 0 is in one piece.

        Returns:
            RGB ``(count, h, w, 3)``.

        Raises:
            RequestError: arguments that cannot work together.
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        pipeline = self._open(self._from_words)
        width, height = wh or self.native_wh
        if width % self._multiple or height % self._multiple or min(width, height) <= 0:
            raise RequestError(
                f"{width}x{height} cannot be drawn", f"Use multiples of {self._multiple}."
            )
        options = self._options(prompt, negative, steps, guidance) | {
            "width": width,
            "height": height,
        }
        return self._run(pipeline, options, seed, count, batch, tile, [{}] * count)

    def image_to_image(
        self,
        images: NDArray[np.uint8],
        prompt: str,
        *,
        strength: float = 0.5,
        negative: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int = 0,
        batch: int = 1,
        tile: int = 0,
    ) -> NDArray[np.uint8]:
        """Each picture drawn anew after a prompt.

        All pictures begin from the same noise, so that the frames of a shot come out alike.

        Args:
            images: RGB ``(n, h, w, 3)``, of any size; sides that are no multiple of 8 are
                mirrored over their edge and cut off again.
            strength: how much is drawn anew, above 0 to 1; of the steps, that share is done.
            prompt, negative, steps, guidance, seed, batch, tile: as in
                :meth:`text_to_image`.

        Returns:
            RGB, of the same shape.

        Raises:
            RequestError: arguments that cannot work together.
            InferenceFailed: torch gave up, for one because memory ran out.
        """
        pipeline = self._open(self._from_picture)
        count, height, width = images.shape[:3]
        options = self._options(prompt, negative, steps, guidance)
        if not 0 < strength <= 1:
            raise RequestError(f"a strength of {strength} is not above 0 and at most 1")
        if int(options["num_inference_steps"] * strength) < 1:
            raise RequestError(
                f"{options['num_inference_steps']} steps at a strength of {strength} are none",
                "Use more steps or more strength.",
            )
        tall, wide = -height % self._multiple, -width % self._multiple
        padded = np.pad(images, ((0, 0), (0, tall), (0, wide), (0, 0)), mode="symmetric")
        each = [{"image": image[None].astype(np.float32) / 255} for image in padded]
        options["strength"] = strength
        drawn = self._run(pipeline, options, seed, count, batch, tile, each, one_noise=True)
        return drawn[:, :height, :width]

    def _options(
        self, prompt: str, negative: str, steps: int | None, guidance: float | None
    ) -> dict[str, Any]:
        guidance = self.guidance if guidance is None else guidance
        steps = self.steps if steps is None else steps
        if negative and guidance <= 1:
            raise RequestError(
                f"words to avoid have no effect at a guidance of {guidance:g}",
                "Use a guidance above 1, or leave them out.",
            )
        if steps < 1:
            raise RequestError(f"{steps} steps draw nothing")
        return {
            "prompt": prompt,
            "negative_prompt": negative or None,
            "num_inference_steps": steps,
            "guidance_scale": guidance,
        }

    def _run(
        self,
        pipeline: Any,
        options: dict[str, Any],
        seed: int,
        count: int,
        batch: int,
        tile: int,
        each: list[dict[str, NDArray[np.float32]]],
        one_noise: bool = False,
    ) -> NDArray[np.uint8]:
        import torch

        parts = []
        self._set_tiles(pipeline, tile)
        for at in range(0, count, batch):
            some = range(at, min(at + batch, count))
            # Drawn on the processor, so that a seed means the same on every device.
            noise = [
                torch.Generator("cpu").manual_seed(seed + (0 if one_noise else i)) for i in some
            ]
            arrays = {name: np.concatenate([each[i][name] for i in some]) for name in each[at]}
            prompts = {
                key: [options[key]] * len(some) if options[key] is not None else None
                for key in ("prompt", "negative_prompt")
            }
            with translated(type(pipeline).__name__, _HINT), torch.inference_mode():
                drawn = pipeline(
                    **(options | prompts | arrays), generator=noise, output_type="np"
                ).images
            parts.append(np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8))
        return np.concatenate(parts)

    def _set_tiles(self, pipeline: Any, tile: int) -> None:
        vae = pipeline.vae
        if tile:
            pipeline.enable_attention_slicing("max")
            vae.enable_slicing()
            vae.enable_tiling()
            vae.tile_latent_min_size = max(tile // self._multiple, 1)
            vae.tile_sample_min_size = vae.tile_latent_min_size * self._multiple
        else:
            pipeline.disable_attention_slicing()
            vae.disable_slicing()
            vae.disable_tiling()

    @staticmethod
    def _open(pipeline: Any) -> Any:
        if pipeline is None:
            raise ValueError("the pipeline was closed")
        return pipeline

    def close(self) -> None:
        """Let go of all networks, also where somebody still holds this object."""
        self._from_words = self._from_picture = None
        super().close()
        if self._offload_dir is not None:
            shutil.rmtree(self._offload_dir, ignore_errors=True)


def _networks(pipeline: Any) -> list[torch.nn.Module]:
    import torch

    return [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]


def _offload(pipeline: Any, context: LoadContext) -> Path | None:
    """Keep only what computes now: on a card the rest waits in host memory, on a processor on
    disk, in files of this object's own.

    Each network has its own folder: diffusers 0.42 names the files by the layer alone, and
    pipelines with two text encoders have layers of one name.
    """
    import torch
    from diffusers.hooks import apply_group_offloading

    here = torch.device(context.device.torch_name)
    folder = None
    if here.type == "cpu":
        context.cache_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="offload-", dir=context.cache_dir))
    for name, part in pipeline.components.items():
        if isinstance(part, torch.nn.Module):
            apply_group_offloading(
                part,
                onload_device=here,
                offload_device=torch.device("cpu"),
                offload_type="leaf_level",
                use_stream=here.type == "cuda",
                offload_to_disk_path=str(folder / name) if folder else None,
            )
    return folder


def load_turbo(context: LoadContext) -> Diffusion:
    """Build SD-Turbo, which draws in one to four steps without guidance."""
    return _load(context, "sd-turbo", steps=2, guidance=0.0)


def load_full(context: LoadContext) -> Diffusion:
    """Build Stable Diffusion 1.5."""
    return _load(context, "stable-diffusion-1.5", steps=25, guidance=7.5)


def _load(context: LoadContext, name: str, *, steps: int, guidance: float) -> Diffusion:
    folder = prepare(context)
    from diffusers import AutoPipelineForImage2Image, AutoPipelineForText2Image
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    precision = precision_of(context)
    with reading(name):
        pipeline = AutoPipelineForText2Image.from_pretrained(
            folder,
            dtype=torch_type(precision),
            use_safetensors=True,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
            **LOCAL,
        )
        pipeline.set_progress_bar_config(disable=True)
        for part in _networks(pipeline):
            part.requires_grad_(False)
        offload_dir = None
        if context.offload:
            offload_dir = _offload(pipeline, context)
        else:
            pipeline.to(context.device.torch_name)
        again = AutoPipelineForImage2Image.from_pipe(pipeline)
        again.set_progress_bar_config(disable=True)
    return Diffusion(
        pipeline,
        again,
        context.device,
        precision,
        steps=steps,
        guidance=guidance,
        offloaded=context.offload,
        offload_dir=offload_dir,
    )


# Neither repository's files are pinned by hash here, only the commit: they are pinned when they
# are first fetched. None of them is a pickle.
_FILES = (
    HubFile("model_index.json"),
    HubFile("scheduler/scheduler_config.json"),
    HubFile("text_encoder/config.json"),
    HubFile("text_encoder/model.safetensors"),
    HubFile("tokenizer/merges.txt"),
    HubFile("tokenizer/special_tokens_map.json"),
    HubFile("tokenizer/tokenizer_config.json"),
    HubFile("tokenizer/vocab.json"),
    HubFile("unet/config.json"),
    HubFile("unet/diffusion_pytorch_model.safetensors"),
    HubFile("vae/config.json"),
    HubFile("vae/diffusion_pytorch_model.safetensors"),
)
_REQUIRES = ("torch", "diffusers", "transformers", "accelerate")

#: Quick. The licence asks companies above a revenue to buy one, and forbids some uses.
SPEC_TURBO: ModelSpec[Diffusion] = ModelSpec(
    name="sd-turbo",
    version="1",
    role="pictures from words, quick",
    licence="LicenseRef-Stability-AI-Community",
    source="https://huggingface.co/stabilityai/sd-turbo",
    weights=(),
    resident_bytes=5160 << 20,
    working_bytes=1200 << 20,
    working_unit="picture of 512x512",
    loader="studio.adapters.diffusion:load_turbo",
    requires=_REQUIRES,
    hub=HubRevision("stabilityai/sd-turbo", "b261bac6fd2cf515557d5d0707481eafa0485ec2", _FILES),
    exclusive=True,
    rungs=("half", "offload", "cpu"),
)

#: Slower, for any use that its licence does not name as harmful. Its own checker of what it drew
#: is not fetched.
SPEC_FULL: ModelSpec[Diffusion] = ModelSpec(
    name="stable-diffusion-1.5",
    version="1",
    role="pictures from words",
    licence="LicenseRef-CreativeML-OpenRAIL-M",
    source="https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5",
    weights=(),
    resident_bytes=4070 << 20,
    working_bytes=1300 << 20,  # measured with networks of this shape, f32 on a processor
    working_unit="picture of 512x512",
    loader="studio.adapters.diffusion:load_full",
    requires=_REQUIRES,
    hub=HubRevision(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
        _FILES,
    ),
    exclusive=True,
    rungs=("half", "offload", "cpu"),
)

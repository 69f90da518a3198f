"""Trainings of networks that draw: DCGAN and autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.learn import pictures
from studio.learn.pictures import PictureSet
from studio.learn.recipe import SHOWN, Progress, Recipe
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.learn.loop import Method


#: Of so many pictures one is held out to measure on.
HELD_OUT = 10


class GanRecipe(Recipe):
    """DCGAN."""

    kind = "dcgan"
    files: dict[str, str] = {"generator": ""}  # noqa: RUF012

    @property
    def built_with(self) -> dict[str, Any]:
        """Of ``Generator``."""
        o = self.shape
        return {"latent": o.latent, "width": o.width, "side_px": o.size_px}

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """Fresh."""
        from studio.learn.gan import DcganMethod

        o = self.shape
        return DcganMethod(sets[0], self.built_with, batch=o.batch, device=device, seed=o.seed)

    def need_bytes(self) -> int:
        """Both networks; the critic sees real and drawn pictures."""
        from studio.learn.desk import training_bytes
        from studio.nets.dcgan import Discriminator, Generator

        o, shape = self.shape, {k: v for k, v in self.built_with.items() if k != "latent"}
        return training_bytes(
            [
                (lambda: Generator(**self.built_with), (o.batch, o.latent), 1),
                (lambda: Discriminator(**shape), (o.batch, 3, o.size_px, o.size_px), 2),
            ]
        )

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """Pictures it draws."""
        import torch

        from studio.nets.dcgan import unit_to_bytes

        drawn = torch.randn(SHOWN**2, self.shape.latent, generator=torch.Generator())
        method.generator.eval()
        with torch.inference_mode():
            made = unit_to_bytes(method.generator(drawn.to(method.device)))
        return pictures.grid(made.cpu().numpy(), SHOWN)


class VaeRecipe(Recipe):
    """Autoencoder."""

    kind = "vae"
    files: dict[str, str] = {"vae": ""}  # noqa: RUF012

    @property
    def built_with(self) -> dict[str, Any]:
        """Of ``Vae``: halved until 4 pixels are left."""
        o = self.shape
        halvings = o.size_px.bit_length() - 3
        widths = tuple(o.width * min(8, 1 << n) for n in range(halvings))
        return {"latent": o.latent, "widths": widths, "side_px": o.size_px}

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """The pictures, and those that are held out."""
        (whole,) = super().gather(sources, settings, progress, most)
        return held_out(whole)

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """Fresh."""
        from studio.learn.vae import VaeMethod

        o = self.shape
        return VaeMethod(sets[0], self.built_with, batch=o.batch, device=device, seed=o.seed)

    def need_bytes(self) -> int:
        """The whole network."""
        from torch import nn

        from studio.learn.desk import training_bytes
        from studio.nets.vae import Vae

        o = self.shape

        def build() -> nn.Module:
            both = Vae(**self.built_with)
            telling = nn.Sequential(both.down, both.told, nn.Unflatten(1, (2, -1)))
            hearing = nn.Sequential(both.heard, nn.Unflatten(1, both.small), both.up)
            return nn.Sequential(telling, _First(), hearing)

        class _First(nn.Module):
            def forward(self, told: Any) -> Any:
                return told[:, 0]

        return training_bytes([(build, (o.batch, 3, o.size_px, o.size_px), 1)])

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """Held-out pictures over what it made of them, and pictures it draws."""
        import torch

        from studio.nets.dcgan import bytes_to_unit, unit_to_bytes

        shown = np.array(sets[1].pixels[:SHOWN])
        drawn = torch.randn(3 * SHOWN, self.shape.latent, generator=torch.Generator())
        vae = method.vae.eval()
        with torch.inference_mode():
            told = vae.encode(bytes_to_unit(torch.from_numpy(shown)).to(method.device))[0]
            made = unit_to_bytes(vae.decode(torch.cat([told, drawn.to(method.device)])))
        blank = np.full((-len(shown) % SHOWN, *shown.shape[1:]), 255, np.uint8)
        again, new = made[: len(shown)].cpu().numpy(), made[len(shown) :].cpu().numpy()
        return pictures.grid(np.concatenate([shown, blank, again, blank, new]), SHOWN)

    def measured(self, method: Any, sets: Sequence[PictureSet]) -> dict[str, Any]:
        """Its error on held-out pictures beside that of components and of the mean picture, and
        how much each latent tells."""
        from studio.learn.vae import tell_and_error

        return tell_and_error(method, sets[0], sets[1])


def held_out(whole: PictureSet) -> list[PictureSet]:
    """Pictures to learn from, and a tenth to measure on.

    Raises:
        RequestError: too few for that.
    """
    count = len(whole)
    if count < 2 * HELD_OUT:
        raise RequestError(
            f"{count} pictures are too few to learn from and to measure on.",
            f"Give {2 * HELD_OUT} at least.",
        )
    first = -(-count // HELD_OUT)
    return [
        PictureSet(whole.pixels[first:], whole.digest, whole.notes),
        PictureSet(whole.pixels[:first], whole.digest),
    ]

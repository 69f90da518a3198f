"""Trainings of networks that translate: pix2pix and CycleGAN."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.learn import pictures
from studio.learn.pictures import PictureSet
from studio.learn.recipe import SHOWN, Progress, Recipe, Shape
from studio.media.still import read_still
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.learn.loop import Method


class PairRecipe(Recipe):
    """pix2pix."""

    kind = "pix2pix"
    files: dict[str, str] = {"translator": ""}  # noqa: RUF012

    @property
    def built_with(self) -> dict[str, Any]:
        """Of ``UNet``: to the last pixel, as in the paper."""
        return {"width": self.shape.width, "depth": self.shape.size_px.bit_length() - 1}

    @property
    def _side_px(self) -> int:
        """Kept larger than it is trained on, so that parts can be taken: 286 to 256."""
        return self.shape.size_px * 143 // 128

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """Both pictures of each pair, side by side."""
        (folder,) = sources
        side = self._side_px
        pairs = pairs_in(folder)

        def read(entry: Any) -> NDArray[np.uint8]:
            if isinstance(entry, tuple):
                halves = [read_still(path, settings) for path in entry]
            else:
                halves = np.array_split(read_still(entry, settings), 2, axis=1)
            return np.concatenate([pictures.square(half, side) for half in halves], axis=1)

        taken = pairs[:most] if most else pairs
        return [self._kept(taken, read, "pairs", progress, side)]

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """Fresh."""
        from studio.learn.translation import Pix2PixMethod

        o = self.shape
        return Pix2PixMethod(
            sets[0],
            self.built_with,
            critic_with=critic_with(o),
            side_px=o.size_px,
            batch=o.batch,
            device=device,
            seed=o.seed,
        )

    def need_bytes(self) -> int:
        """The critic sees a real pair, a made one, and the made one again."""
        from studio.learn.desk import training_bytes
        from studio.nets.pix2pix import PatchCritic, UNet

        o = self.shape
        shape = (o.size_px, o.size_px)
        return training_bytes(
            [
                (lambda: UNet(**self.built_with), (o.batch, 3, *shape), 1),
                (lambda: PatchCritic(6, **critic_with(o)), (o.batch, 6, *shape), 2),
            ]
        )

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """What was given, what came of it, what was wanted; a row a pair."""
        import torch

        from studio.nets.dcgan import bytes_to_unit, unit_to_bytes

        size = self.shape.size_px
        rows = np.array(sets[0].pixels[:SHOWN])
        given, wanted = (
            np.stack([pictures.scaled(half, (size, size)) for half in halves])
            for halves in np.split(rows, 2, axis=2)
        )
        translator = method.translator.eval()
        with torch.inference_mode():
            made = translator(bytes_to_unit(torch.from_numpy(given)).to(method.device))
            made = unit_to_bytes(made).cpu().numpy()
        return pictures.grid(np.stack([given, made, wanted], 1).reshape(-1, *given.shape[1:]), 3)


class CycleRecipe(Recipe):
    """CycleGAN."""

    kind = "cyclegan"
    files: dict[str, str] = {"there": "", "back": "-back"}  # noqa: RUF012

    @property
    def built_with(self) -> dict[str, Any]:
        """Of ``ResNetTranslator``."""
        return {"width": self.shape.width, "blocks": self.shape.blocks}

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """Both sets."""
        side = self.shape.size_px * 143 // 128
        found = []
        for number, folder in enumerate(sources):
            files = pictures.files_in(folder)
            found.append(
                self._kept(
                    files[:most] if most else files,
                    lambda path: pictures.read_square(path, side, settings),
                    "ab"[number],
                    partial(_half, progress, number),
                    side,
                )
            )
        return found

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """Fresh."""
        from studio.learn.translation import CycleMethod

        o = self.shape
        return CycleMethod(
            sets[0],
            sets[1],
            self.built_with,
            critic_with=critic_with(o),
            side_px=o.size_px,
            batch=o.batch,
            device=device,
            seed=o.seed,
        )

    def need_bytes(self) -> int:
        """Three passes of each translator, one of each critic before the way back."""
        from studio.learn.desk import training_bytes
        from studio.nets.cyclegan import ResNetTranslator
        from studio.nets.pix2pix import PatchCritic

        o = self.shape
        shape = (o.batch, 3, o.size_px, o.size_px)
        translator = (lambda: ResNetTranslator(**self.built_with), shape, 3)
        critic = (lambda: PatchCritic(3, **critic_with(o)), shape, 2)
        return training_bytes([translator, translator, critic, critic])

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """Pictures of one set beside what became of them, then of the other."""
        import torch

        from studio.nets.dcgan import bytes_to_unit, unit_to_bytes

        size, rows = self.shape.size_px, []
        for pictured, translator in zip(sets, (method.there, method.back), strict=True):
            given = np.stack(
                [pictures.scaled(p, (size, size)) for p in np.array(pictured.pixels[:SHOWN])]
            )
            with torch.inference_mode():
                made = translator(bytes_to_unit(torch.from_numpy(given)).to(method.device))
            blank = np.full((SHOWN - len(given), *given.shape[1:]), 255, np.uint8)
            rows += [given, blank, unit_to_bytes(made).cpu().numpy(), blank]
        return pictures.grid(np.concatenate(rows), SHOWN)


def critic_with(shape: Shape) -> dict[str, Any]:
    """A critic as wide as the translator, with patches that fit small pictures."""
    return {"width": shape.width, "layers": 3 if shape.size_px >= 64 else 2}


def _half(progress: Progress, number: int, share: float) -> None:
    progress((number + share) / 2)


def pairs_in(folder: Path) -> list[Any]:
    """Pairs of files of one name in the folders ``a`` and ``b``; else files that hold both
    pictures side by side, as the paper's data does.

    Raises:
        RequestError: there are none.
    """
    sides = [folder / "a", folder / "b"]
    if not all(side.is_dir() for side in sides):
        return pictures.files_in(folder)
    first, second = (
        {p.relative_to(side).with_suffix("").as_posix(): p for p in pictures.files_in(side)}
        for side in sides
    )
    pairs = [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]
    if not pairs:
        raise RequestError(
            f"No name in {sides[0]} is also in {sides[1]}.", "A pair has one name in both."
        )
    return pairs

"""What each training needs: pictures, networks, memory, and a sheet that shows what it learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.learn import pictures
from studio.learn.pictures import PictureSet
from studio.media.still import read_still
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.learn.loop import Method

Progress = Callable[[float], None]
#: Of so many pictures one is held out to measure on.
HELD_OUT = 10
_SHOWN = 8


@dataclass(frozen=True)
class Shape:
    """The sizes of a training.

    Attributes:
        size_px: side of the square pictures, a power of two.
        width: of the networks.
        latent: numbers a picture is drawn from or told by.
        blocks: residual blocks of cyclegan.
        batch: pictures a step.
        seed: of all chance.
        folder: for what it needs to go on.
    """

    size_px: int
    width: int
    latent: int
    blocks: int
    batch: int
    seed: int
    folder: Path


class Recipe:
    """A training of one kind.

    Args:
        shape: its sizes.
    """

    #: Kind of network in the file.
    kind: str
    #: Each network that is worth a file, and what its name ends in.
    files: dict[str, str]

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    @property
    def built_with(self) -> dict[str, Any]:
        """Arguments of the network's class."""
        raise NotImplementedError

    @property
    def what(self) -> str:
        """Everything but the pictures that decides the result."""
        own = {name: value for name, value in asdict(self.shape).items() if name != "folder"}
        return f"{self.kind} {own} {self.built_with}"

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """The pictures.

        Args:
            sources: folders.
            settings: limits on files.
            progress: called with the share done.
            most: files to take of each folder; 0 for all.
        """
        side = self.shape.size_px
        (folder,) = sources
        files = shuffled(pictures.files_in(folder))
        return [
            self._kept(
                files[:most] if most else files,
                lambda path: pictures.read_square(path, side, settings),
                "pictures",
                progress,
                side,
            )
        ]

    def _kept(
        self,
        files: Sequence[Any],
        read: Callable[[Any], NDArray[np.uint8]],
        name: str,
        progress: Progress,
        *decides: Any,
    ) -> PictureSet:
        flat = [
            path for entry in files for path in (entry if isinstance(entry, tuple) else [entry])
        ]
        digest = pictures.digest_of(flat, *decides)
        keep = self.shape.folder / f"{name}-{digest[:8]}.npy"
        return pictures.gather(files, read, keep, digest, progress)

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """The method, with fresh networks."""
        raise NotImplementedError

    def need_bytes(self) -> int:
        """What it takes at its peak."""
        raise NotImplementedError

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """What it learnt, to look at."""
        raise NotImplementedError

    def measured(self, method: Any, sets: Sequence[PictureSet]) -> dict[str, Any]:
        """What is worth a line on its card beside the losses."""
        return {}


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

        drawn = torch.randn(_SHOWN**2, self.shape.latent, generator=torch.Generator())
        method.generator.eval()
        with torch.inference_mode():
            made = unit_to_bytes(method.generator(drawn.to(method.device)))
        return pictures.grid(made.cpu().numpy(), _SHOWN)


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

        shown = np.array(sets[1].pixels[:_SHOWN])
        drawn = torch.randn(3 * _SHOWN, self.shape.latent, generator=torch.Generator())
        vae = method.vae.eval()
        with torch.inference_mode():
            told = vae.encode(bytes_to_unit(torch.from_numpy(shown)).to(method.device))[0]
            made = unit_to_bytes(vae.decode(torch.cat([told, drawn.to(method.device)])))
        blank = np.full((-len(shown) % _SHOWN, *shown.shape[1:]), 255, np.uint8)
        again, new = made[: len(shown)].cpu().numpy(), made[len(shown) :].cpu().numpy()
        return pictures.grid(np.concatenate([shown, blank, again, blank, new]), _SHOWN)

    def measured(self, method: Any, sets: Sequence[PictureSet]) -> dict[str, Any]:
        """Its error on held-out pictures beside that of components and of the mean picture, and
        how much each latent tells."""
        from studio.learn.vae import tell_and_error

        return tell_and_error(method, sets[0], sets[1])


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
        rows = np.array(sets[0].pixels[:_SHOWN])
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
                [pictures.scaled(p, (size, size)) for p in np.array(pictured.pixels[:_SHOWN])]
            )
            with torch.inference_mode():
                made = translator(bytes_to_unit(torch.from_numpy(given)).to(method.device))
            blank = np.full((_SHOWN - len(given), *given.shape[1:]), 255, np.uint8)
            rows += [given, blank, unit_to_bytes(made).cpu().numpy(), blank]
        return pictures.grid(np.concatenate(rows), _SHOWN)


def _half(progress: Progress, number: int, share: float) -> None:
    progress((number + share) / 2)


RECIPES: dict[str, type[Recipe]] = {
    "gan": GanRecipe,
    "vae": VaeRecipe,
    "pix2pix": PairRecipe,
    "cyclegan": CycleRecipe,
}


def critic_with(shape: Shape) -> dict[str, Any]:
    """A critic as wide as the translator, with patches that fit small pictures."""
    return {"width": shape.width, "layers": 3 if shape.size_px >= 64 else 2}


def shuffled(files: Sequence[Path]) -> list[Path]:
    """In an order that means nothing, and is always the same: any tenth of it is a fair one."""
    order = np.random.default_rng(0).permutation(len(files))
    return [files[place] for place in order]


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

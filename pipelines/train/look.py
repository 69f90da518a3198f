"""``studio train look``: what its training needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError
from studio.learn import pictures
from studio.learn.pictures import PictureSet
from studio.learn.recipes import RECIPES, Progress, Recipe, Shape
from studio.media.still import read_still
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.learn.loop import Method

#: Pairs that are taken of a film.
_PAIRS = 2000
#: How far the second part of a photo lies from the first, at most.
_SHIFT_PX = 6
_LEAST_STYLE_PX = 32
_SHOWN = 4


class LookRecipe(Recipe):
    """A look from a picture, learnt on the frames of a film or on photos."""

    kind = "look"
    files: dict[str, str] = {"look": ""}  # noqa: RUF012

    @property
    def built_with(self) -> dict[str, Any]:
        """Of ``LookNet``."""
        return {"width": self.shape.width, "blocks": min(self.shape.blocks, 4)}

    def gather(
        self, sources: Sequence[Path], settings: Settings, progress: Progress, most: int = 0
    ) -> list[PictureSet]:
        """The style picture, and pairs of pictures that follow each other."""
        picture, frames = sources
        self._cache_dir = settings.cache_dir
        style = read_still(picture, settings)
        if min(style.shape[:2]) < _LEAST_STYLE_PX:
            raise RequestError(
                f"{picture.name} has {style.shape[1]}x{style.shape[0]} pixels; as a style it "
                f"needs {_LEAST_STYLE_PX} a side.",
                "Give a larger picture.",
            )
        side = self.shape.size_px
        whole = pictures.square(style, side)
        taken = PictureSet(whole[None], pictures.digest_of([picture], side))
        pairs = (_of_photos if frames.is_dir() else _of_film)(
            frames, side, self.shape.folder, settings, progress, most
        )
        return [taken, pairs]

    def make(self, sets: Sequence[PictureSet], device: str) -> Method:
        """Fresh."""
        from studio.adapters import picture_features
        from studio.learn.look import LookMethod
        from studio.models import weights

        style, pairs = sets
        path = next(iter(weights.resolve(picture_features.SPEC, self._cache_dir).values()))
        o = self.shape
        return LookMethod(
            pairs,
            np.asarray(style.pixels[0]),
            picture_features.build(path, device),
            _motion(),
            self.built_with,
            batch=o.batch,
            device=device,
            seed=o.seed,
        )

    def need_bytes(self) -> int:
        """The network, and the layers it is judged by; both pictures of each pair."""
        from studio.learn.desk import training_bytes
        from studio.nets.efficientnet_lite import EfficientNetLite0
        from studio.nets.look_net import LookNet
        from studio.nets.picture_features import PictureFeatures

        o, both = self.shape, 2 * self.shape.batch
        shape = (both, 3, o.size_px, o.size_px)
        return training_bytes(
            [
                (lambda: LookNet(**self.built_with), shape, 1),
                (lambda: PictureFeatures(EfficientNetLite0()), shape, 1),
            ]
        )

    def measured(self, method: Any, sets: Sequence[PictureSet]) -> dict[str, Any]:
        """The style loss of photos as they are and as it paints them, on the first pairs."""
        photos = _first(sets[1], _SHOWN)
        return {
            "style_loss_photos": method.style_of(photos),
            "style_loss_painted": method.style_of(method.paint(photos)),
        }

    def sheet(self, method: Any, sets: Sequence[PictureSet]) -> NDArray[np.uint8]:
        """The style, then photos and what it paints of them, row by row."""
        photos = _first(sets[1], _SHOWN)
        style = np.repeat(np.asarray(sets[0].pixels), len(photos), axis=0)
        rows = np.concatenate([style[:1], photos, style[:1], method.paint(photos)])
        return pictures.grid(rows, len(photos) + 1)


def recipe_of(method: str, shape: Shape) -> Recipe:
    """The recipe of any training."""
    kinds: dict[str, type[Recipe]] = {**RECIPES, "look": LookRecipe}
    return kinds[method](shape)


def _first(pairs: PictureSet, count: int) -> NDArray[np.uint8]:
    """The first pictures of pairs spread over the set."""
    places = np.linspace(0, len(pairs) - 1, min(count, len(pairs))).astype(int)
    side = pairs.pixels.shape[1]
    return np.ascontiguousarray(np.asarray(pairs.pixels[places])[:, :, :side])


def _motion() -> Any:
    """Finds motion as the film's own steadying does."""
    from pipelines.stylize.motion import MotionFinder, flow_picture

    find = MotionFinder()

    def between(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> Any:
        motion = find(flow_picture(before), flow_picture(now))
        if motion.flow.shape[:2] == now.shape[:2]:
            return motion.flow, motion.trust
        import cv2

        wh = now.shape[1], now.shape[0]
        height, width = motion.flow.shape[:2]
        scale = np.array([wh[0] / width, wh[1] / height], np.float32)
        return cv2.resize(motion.flow, wh) * scale, cv2.resize(motion.trust, wh)

    return between


def _of_photos(
    folder: Path, side: int, keep: Path, settings: Settings, progress: Progress, most: int
) -> PictureSet:
    """Two parts of each photo, one a few pixels beside the other: motion that is known to be
    everywhere, where there is no film."""
    files = pictures.files_in(folder)[: most or None]

    def read(entry: tuple[int, Path]) -> NDArray[np.uint8]:
        number, path = entry
        whole = pictures.read_square(path, side + _SHIFT_PX, settings)
        chance = np.random.default_rng(number)
        across, down = chance.integers(0, _SHIFT_PX + 1, 2)
        parts = [whole[:side, :side], whole[down : down + side, across : across + side]]
        return np.concatenate(parts, axis=1)

    digest = pictures.digest_of(files, side, _SHIFT_PX)
    return pictures.gather(
        list(enumerate(files)), read, keep / f"pairs-{digest[:8]}.npy", digest, progress
    )


def _of_film(
    film: Path, side: int, keep: Path, settings: Settings, progress: Progress, most: int
) -> PictureSet:
    """Frames that follow each other, spread over a film."""
    from studio.errors import DecodeFailed
    from studio.media.probe import frame_times, probe
    from studio.media.reader import decode_range
    from studio.media.rgb_film import RgbConverter

    info = probe(film, settings)
    if info.video is None:
        raise RequestError(f"{film.name} has no picture.", "Give footage with a picture.")
    times, convert = frame_times(info, settings), RgbConverter(info.video)
    if len(times) < 2:
        raise RequestError(f"{film.name} has one picture.", "Give a film, or a folder of photos.")
    count = min(most or _PAIRS, len(times) - 1)
    numbers = np.linspace(0, len(times) - 2, count).astype(int)

    def read(number: int) -> NDArray[np.uint8]:
        found = []
        for _, frame in decode_range(info, times, number, number + 2):
            rgb = convert(frame)
            rgb = rgb if rgb.dtype == np.uint8 else (rgb >> 8).astype(np.uint8)
            found.append(pictures.square(rgb, side))
        if len(found) < 2:
            raise DecodeFailed(f"Frame {number} of {film.name} cannot be decoded.")
        return np.concatenate(found[:2], axis=1)

    digest = pictures.digest_of([film], side, count)
    return pictures.gather(
        [int(n) for n in numbers], read, keep / f"pairs-{digest[:8]}.npy", digest, progress
    )

"""Looks as layers: weights leased, styles read, tiles planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.canvas import Canvas
from pipelines.stylize.chain import ChainPass, ColourLayer, Layer, PaintLayer, to_bytes
from pipelines.stylize.grades import grade
from pipelines.stylize.keyed import KEY_S, KeyLayer
from pipelines.stylize.looks import (
    CubeLook,
    GradeLook,
    HubLook,
    LearntLook,
    Look,
    NetLook,
    PictureLook,
)
from pipelines.stylize.options import PAINTED_STRENGTH, Options, smooth_share
from pipelines.stylize.shot_style import Painter, Statistics, StillStyle
from pipelines.stylize.tiles import TilePlan, plan_tiles
from pipelines.stylize.where import WhereLayer
from studio.adapters import diffusion, matte, people_masks, translator
from studio.adapters import style as style_net
from studio.errors import DoesNotFit, RequestError
from studio.jobs.job import Job
from studio.media.lut import Lut, read_cube
from studio.models import hub
from studio.models.spec import AnySpec

#: Sides below which a picture cannot serve as style.
LEAST_STYLE_PX = 32
_MEGAPIXEL = 1e6


def is_painted(look: Look) -> bool:
    """Whether a network paints it."""
    return isinstance(look, LearntLook | PictureLook | NetLook | HubLook)


def spec_of(look: Look) -> AnySpec:
    """The network that paints a look.

    Raises:
        NoSuchMedia, RequestError, WeightsCorrupt: a file holds no network that paints.
    """
    if isinstance(look, HubLook):
        return diffusion.SPEC_TURBO
    if isinstance(look, NetLook):
        return translator.spec_of(look.path)
    return style_net.SPEC if isinstance(look, LearntLook) else style_net.SPEC_ANY


def style_picture(path: Path, job: Job) -> NDArray[np.uint8]:
    """The middle square of a picture, as the network takes it: uint8 ``(256, 256, 3)``.

    Raises:
        MediaError: it cannot be opened.
        RequestError: it is too small.
    """
    from studio.media.still import read_still

    picture = read_still(path, job.settings)
    height, width = picture.shape[:2]
    if min(height, width) < LEAST_STYLE_PX:
        raise RequestError(
            f"{path.name} has {width}x{height} pixels; as a style it needs "
            f"{LEAST_STYLE_PX} a side.",
            "Give a larger picture.",
        )
    import cv2

    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    how = cv2.INTER_AREA if side > 256 else cv2.INTER_CUBIC
    made: NDArray[np.uint8] = cv2.resize(square, (256, 256), interpolation=how)
    return made


@dataclass(frozen=True)
class Materials:
    """What looks are read from, before any network is loaded.

    Attributes:
        looks: in order.
        tables: a table for each colour look, by its place.
        pictures: for each picture look, by its place, its style pictures and their shares.
    """

    looks: tuple[Look, ...]
    tables: dict[int, Lut]
    pictures: dict[int, tuple[tuple[NDArray[np.uint8], float], ...]]


def read_materials(looks: Sequence[Look], job: Job) -> Materials:
    """Read and check everything that looks name.

    Raises:
        RequestError, MediaError: a file cannot be used, or two looks are painted.
    """
    if sum(is_painted(look) for look in looks) > 1:
        raise RequestError(
            "Two looks are painted.",
            "Blend them: --look starry:0.5,mosaic:0.5; only colour looks go over another look.",
        )
    tables, pictures = {}, {}
    for place, look in enumerate(looks):
        if isinstance(look, GradeLook):
            tables[place] = grade(look.name)
        elif isinstance(look, CubeLook):
            tables[place] = read_cube(look.path)
        elif isinstance(look, HubLook):
            hub.find(spec_of(look), job.settings.cache_dir)  # said before anything slow
        elif isinstance(look, NetLook):
            translator.checked_head(look.path)
        elif isinstance(look, PictureLook):
            pictures[place] = tuple((style_picture(p, job), share) for p, share in look.pictures)
    return Materials(tuple(looks), tables, pictures)


def tiles_for(
    look: Look, display_wh: tuple[int, int], workers: int, job: Job
) -> tuple[TilePlan, float]:
    """The whole picture where the memory allows, else tiles; and the units of work to lease.

    Networks of one's own are normalised over the whole picture, so they paint it in one piece.

    Raises:
        DoesNotFit: not even small tiles fit.
    """
    spec = spec_of(look)
    step = style_net.STEP_PX
    width, height = display_wh
    picture_wh = (-(-width // step) * step, -(-height // step) * step)
    if isinstance(look, NetLook):
        plan = plan_tiles(picture_wh, picture_wh[0] * picture_wh[1], style_net.REACH_PX, step)
        return plan, workers * width * height / _MEGAPIXEL
    one, two = (job.pool.preflight([spec], units=units) for units in (1.0, 2.0))
    working = two.need_bytes - one.need_bytes
    resident = one.need_bytes - working
    together = workers + style_net.MEASURING
    most = int((one.open_bytes - resident) / together / working * _MEGAPIXEL)
    try:
        plan = plan_tiles(picture_wh, most, style_net.REACH_PX, step)
    except ValueError as exc:
        least = (6 * style_net.REACH_PX) ** 2 / _MEGAPIXEL
        need = resident + int(together * working * least)
        raise DoesNotFit(
            f"Painting {width}x{height} needs {need >> 20} MiB even in small tiles; there are "
            f"{max(one.open_bytes, 0) >> 20}.",
            "Raise --memory-budget, or close other programs.",
            need_bytes=need,
            free_bytes=max(one.open_bytes, 0),
            held_by=(),
        ) from exc
    return plan, together * plan.tile_wh[0] * plan.tile_wh[1] / _MEGAPIXEL


@contextmanager
def layers_of(
    materials: Materials, canvas: Canvas, options: Options, workers: int, job: Job
) -> Iterator[tuple[Layer, ...]]:
    """The looks, ready to be laid on; networks are held until the ``with`` ends."""
    layers: list[Layer] = []
    with ExitStack() as stack:
        for place, look in enumerate(materials.looks):
            if not is_painted(look):
                strength = 1.0 if options.strength is None else options.strength
                layers.append(ColourLayer(materials.tables[place], strength))
                continue
            if isinstance(look, HubLook):
                layers.append(_drawn(look, canvas, options, stack, job))
                continue
            plan, units = tiles_for(look, canvas.display_wh, workers, job)
            painter, style = _leased(look, place, materials, units, stack, job)
            if isinstance(look, NetLook):  # nothing is measured, so nothing decoded for it
                statistics: Statistics = StillStyle(painter, style, plan)
            else:
                below = _prepared(tuple(layers))
                statistics = canvas.statistics(painter, style, plan, below)
            layers.append(
                PaintLayer(
                    net=painter,
                    style=style,
                    plan=plan,
                    shot_style=statistics,
                    strength=PAINTED_STRENGTH if options.strength is None else options.strength,
                    keep_color=options.keep_color,
                    smooth=smooth_share(options.smooth, canvas.fps) if canvas.fps else 0.0,
                    resets=canvas.resets,
                    painters=workers,
                    colour_step=canvas.colour_step,
                    made_with=spec_of(look).key,
                )
            )
        if options.where != "all":
            net = stack.enter_context(job.pool.lease(matte.SPEC))
            people = stack.enter_context(job.pool.lease(people_masks.SPEC))
            layers.append(WhereLayer(net, options.where, people, canvas.resets))
        yield tuple(layers)


def _drawn(look: HubLook, canvas: Canvas, options: Options, stack: ExitStack, job: Job) -> KeyLayer:
    spec = diffusion.SPEC_TURBO
    return KeyLayer(
        model=stack.enter_context(job.pool.lease(spec)),
        made_with=spec.key,
        prompt=look.prompt,
        seed=options.seed,
        every=max(1, round(canvas.fps * KEY_S)),
        strength=PAINTED_STRENGTH if options.strength is None else options.strength,
        keep_color=options.keep_color,
        resets=canvas.resets,
    )


def _prepared(below: tuple[Layer, ...]) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """What is done to a picture before it is painted; a pass of its own for each, as threads
    do not share one."""
    return lambda rgb: to_bytes(ChainPass(below)(rgb, 0))


def _leased(
    look: Look, place: int, materials: Materials, units: float, stack: ExitStack, job: Job
) -> tuple[Painter, NDArray[np.float32]]:
    nothing = np.empty(0, np.float32)
    if isinstance(look, NetLook):
        net = stack.enter_context(job.pool.lease(translator.spec_of(look.path), units=units))
        return _Unmeasured(net), nothing
    if isinstance(look, LearntLook):
        learnt = stack.enter_context(job.pool.lease(style_net.SPEC, units=units))
        return learnt, np.array(look.weights, np.float32)
    free = stack.enter_context(job.pool.lease(style_net.SPEC_ANY, units=units))
    shares: list[Any] = [
        free.style_of(picture) * np.float32(share) for picture, share in materials.pictures[place]
    ]
    return free, np.sum(shares, axis=0, dtype=np.float32)


class _Unmeasured:
    """A network of one's own as a painter: it takes neither a style nor statistics."""

    def __init__(self, net: translator.Translator) -> None:
        self._net, self.precision = net, net.precision

    def measure(self, _pixels: Any, _style: Any) -> NDArray[np.float32]:
        return np.empty(0, np.float32)

    measure_tiles = measure

    def pooled(self, _found: Any) -> NDArray[np.float32]:
        return np.empty(0, np.float32)

    def paint(
        self, pixels: NDArray[np.uint8], _style: Any, _statistics: Any, _painters: int = 1
    ) -> NDArray[np.uint8]:
        return self._net.paint(pixels)

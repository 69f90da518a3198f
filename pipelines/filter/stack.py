"""Filters one after the other, as one function over the pictures of a film."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.filter.background import behind, covering, laid_before, studio_green
from pipelines.filter.cover import cover_place
from pipelines.filter.covers import Cover
from pipelines.filter.drawing import Rgb
from pipelines.filter.hand_before import HandsBefore, lay_before
from pipelines.filter.makeup import apply_makeup, reshape_face
from pipelines.filter.masks import draw_mask
from pipelines.filter.people import Faces, Known
from pipelines.filter.plate import Plate, PlateFilm
from pipelines.filter.specs import Anonymise, Background, Box, Makeup, Overlay, Reshape, Spec
from pipelines.filter.worn import draw_glasses, draw_hat
from pipelines.mattes import MatteState, person_matte
from pipelines.stylize.chain import ChainPass, Layer, to_bytes
from studio.adapters.blazeface import BlazeFace
from studio.adapters.face_mesh import FaceMesh
from studio.adapters.hands import HandFinder
from studio.adapters.matte import Matte
from studio.adapters.mtcnn import Mtcnn
from studio.adapters.people_masks import PeopleMasks
from studio.types.landmarks import Floats

#: Raised whenever the same filters would give other pixels.
STACK_VERSION = 1

#: Frames from one estimate of the old background to the next, where only its colour along the
#: edges of people is needed.
_BEHIND_EVERY = 4

#: What is drawn on faces, and so lies under a hand before one.
DRAWN = (Overlay, Makeup)

#: Does one thing to a picture. It may write to the picture it is given, and may replace what
#: is known where it moves it.
Step = Callable[[Rgb, Known], Rgb]
#: What stands behind people, for a picture and its number; of the picture's shape and kind.
Ground = Callable[[Rgb, int], Rgb]


@dataclass(frozen=True)
class Nets:
    """Leased networks; None where no filter needs them.

    Attributes:
        near, sharp, mesh: find and follow faces.
        matte, people: find people, near and far.
        hands: finds hands before faces.
    """

    near: BlazeFace | None = None
    sharp: Mtcnn | None = None
    mesh: FaceMesh | None = None
    matte: Matte | None = None
    people: PeopleMasks | None = None
    hands: HandFinder | None = None


@dataclass(frozen=True)
class Stack:
    """All that decides what is done to a film.

    Attributes:
        specs: in order.
        nets: that they need.
        layers: of each look or grade, by its place in ``specs``.
        pictures: uint8 ``(h, w, 3)`` that replace the background, by place.
        films: that do.
        covers: faces to be covered, frame by frame, by place.
        rate_hz: frames a second.
        times_s: of each frame.
        resets: frames that begin a shot.
    """

    specs: tuple[Spec, ...]
    nets: Nets
    layers: Mapping[int, tuple[Layer, ...]]
    pictures: Mapping[int, NDArray[np.uint8]]
    films: Mapping[int, PlateFilm]
    covers: Mapping[int, Mapping[int, tuple[Cover, ...]]]
    rate_hz: float
    times_s: NDArray[np.float64]
    resets: frozenset[int]


class FilterPass:
    """Does the filters to the pictures of one stretch; an ``RgbPass``.

    Args:
        stack: the filters.
        first: the frame it may begin with: those before it are given back untouched.
    """

    def __init__(self, stack: Stack, first: int = 0) -> None:
        self._stack, self._first = stack, first
        nets = stack.nets
        self._faces: Faces | None = None
        if nets.near is not None and nets.sharp is not None and nets.mesh is not None:
            self._faces = Faces(nets.near, nets.sharp, nets.mesh, stack.rate_hz)
        self._matte = MatteState(nets.matte, nets.people) if nets.matte is not None else None
        self._hands = HandsBefore(nets.hands) if nets.hands is not None else None
        self._steps = [self._step(place, spec) for place, spec in enumerate(stack.specs)]
        self.notes: list[str] = []

    def __call__(self, rgb: Rgb, number: int) -> Rgb:
        """The picture that takes the place of one."""
        if number < self._first:
            return rgb
        if number in self._stack.resets:
            for state in (self._faces, self._matte, self._hands):
                if state is not None:
                    state.reset()
        faces = self._faces(to_bytes(rgb), number) if self._faces is not None else ()
        hands = self._hands(to_bytes(rgb), faces) if self._hands is not None else []
        source = rgb
        found: list[NDArray[np.float32]] = []

        def matte() -> NDArray[np.float32]:
            assert self._matte is not None
            if not found:
                found.append(person_matte(source, self._matte))
            return found[0]

        if self._matte is not None:
            matte()  # it remembers: every frame is looked at, whether a step asks or not
        known = Known(number, faces, matte, number in self._stack.resets)
        rgb = rgb.copy()
        for step, spec in zip(self._steps, self._stack.specs, strict=True):
            before = rgb.copy() if hands and isinstance(spec, DRAWN) else None
            rgb = step(rgb, known)
            if before is not None:
                lay_before(rgb, before, hands)
        return rgb

    def _step(self, place: int, spec: Spec) -> Step:
        if isinstance(spec, Overlay):
            return _drawing(spec)
        if isinstance(spec, Makeup):
            return _making_up(spec)
        if isinstance(spec, Reshape):
            return _reshaping(spec)
        if isinstance(spec, Background):
            return _background(spec, self._ground(place))
        if isinstance(spec, Box):
            return _boxing(spec, self._stack.times_s)
        if isinstance(spec, Anonymise):
            return _covering(spec, self._stack.covers[place])
        chain = ChainPass(self._stack.layers[place], self._first)
        return lambda rgb, known: chain(rgb, known.number)

    def _ground(self, place: int) -> Ground:
        if place in self._stack.films:
            return _moving(self._stack.films[place], self._stack.times_s)
        picture = self._stack.pictures.get(place)
        return _even(studio_green if picture is None else partial(_cover, picture))


def _drawing(spec: Overlay) -> Step:
    draw = {"glasses": draw_glasses, "hat": draw_hat, "mask": draw_mask}[spec.kind]

    def step(rgb: Rgb, known: Known) -> Rgb:
        for face in reversed(known.faces):  # near ones last
            draw(rgb, face, spec.name)
        return rgb

    return step


def _making_up(spec: Makeup) -> Step:
    def step(rgb: Rgb, known: Known) -> Rgb:
        for face in known.faces:
            apply_makeup(rgb, face, spec)
        return rgb

    return step


def _reshaping(spec: Reshape) -> Step:
    def step(rgb: Rgb, known: Known) -> Rgb:
        moved = []
        for face in known.faces:
            rgb, made = reshape_face(rgb, face, spec)
            moved.append(made)
        known.faces = tuple(moved)
        return rgb

    return step


def _background(spec: Background, ground: Ground) -> Step:
    olds: list[Rgb] = []

    def step(rgb: Rgb, known: Known) -> Rgb:
        share = known.matte()
        height = rgb.shape[0]
        if spec.kind == "blur":
            return laid_before(rgb, share, behind(rgb, share, spec.blur * height / 1080), None)
        if not olds or known.number % _BEHIND_EVERY == 0 or known.fresh:
            olds[:] = [behind(rgb, share, height / 60)]
        return laid_before(rgb, share, ground(rgb, known.number), olds[0])

    return step


def _even(made: Callable[[Rgb], Rgb]) -> Ground:
    """A background that is the same through the film."""
    kept: list[Rgb] = []

    def ground(rgb: Rgb, _number: int) -> Rgb:
        if not kept or kept[0].shape != rgb.shape:
            kept[:] = [made(rgb)]
        return kept[0]

    return ground


def _moving(film: PlateFilm, times_s: NDArray[np.float64]) -> Ground:
    """A background that is a film."""
    plate = Plate(film)
    kept: list[tuple[int, Rgb]] = []

    def ground(rgb: Rgb, number: int) -> Rgb:
        shown, picture = plate(float(times_s[number] - times_s[0]))
        if not kept or kept[0][0] != shown:
            kept[:] = [(shown, _cover(to_bytes(picture), rgb))]
        return kept[0][1]

    return ground


def _cover(picture: NDArray[np.uint8], rgb: Rgb) -> Rgb:
    return covering(picture, (rgb.shape[1], rgb.shape[0]), rgb.dtype == np.uint16)


def box_px(spec: Box, wh: tuple[int, int]) -> Floats:
    """A hand-drawn box in pixels of an upright picture: float32 ``(4,)``, left to bottom."""
    x, y, w, h = spec.xywh
    scale = np.array(wh if max(spec.xywh) <= 1 else (1, 1), np.float32)
    made: Floats = (np.array([x, y, x + w, y + h], np.float32) * np.tile(scale, 2)).astype(
        np.float32
    )
    return made


def _boxing(spec: Box, times_s: NDArray[np.float64]) -> Step:
    def step(rgb: Rgb, known: Known) -> Rgb:
        if spec.start_s <= times_s[known.number] < spec.end_s:
            place = box_px(spec, (rgb.shape[1], rgb.shape[0]))
            cover_place(rgb, place, spec.cover, oval=False)
        return rgb

    return step


def _covering(spec: Anonymise, covers: Mapping[int, tuple[Cover, ...]]) -> Step:
    def step(rgb: Rgb, known: Known) -> Rgb:
        for cover in covers.get(known.number, ()):
            place = np.array(cover.xyxy_px, np.float32)
            cover_place(rgb, place, spec.cover, oval=True, plain=cover.plain, spared=cover.spared)
        return rgb

    return step


def kinds(specs: Sequence[Spec]) -> tuple[bool, bool]:
    """Whether faces are followed, and whether people are cut out."""
    faces = any(isinstance(spec, Overlay | Makeup | Reshape) for spec in specs)
    return faces, any(isinstance(spec, Background) for spec in specs)


def plain_values(covers: Mapping[int, tuple[Cover, ...]], start: int, end: int) -> Any:
    """The covers of a stretch, for a digest."""
    return [
        [number, [[*cover.xyxy_px, cover.plain, cover.spared] for cover in covers[number]]]
        for number in sorted(covers)
        if start <= number < end
    ]

"""Made scenes with known ways: real people cut out of photographs, moved over a real picture.

They cross, hide one another, go behind a pillar and leave the picture and come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from studio.adapters import people_masks
from studio.models.pool import ModelPool
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes
from studio.types.shot import Shot, TransitionKind
from tests.footage import bunny
from tests.picture_pool import still

HZ = 6
WIDTH, HEIGHT = 512, 288
#: Of a body that shows less than this share nothing is asked.
_SEEN = 0.35


@dataclass(frozen=True)
class Scene:
    """A made scene.

    Attributes:
        pixels: uint8 ``(n, h, w, 3)``, six pictures a second.
        people: for each picture ``(person, left, top, right, bottom)`` in pixels, of those in
            sight.
    """

    pixels: np.ndarray
    people: list[list[tuple[int, float, float, float, float]]]

    @property
    def times(self) -> FrameTimes:
        end = len(self.pixels)
        return FrameTimes(np.arange(end), end, Fraction(1, HZ), np.array([0]))

    @property
    def shot(self) -> Shot:
        end = len(self.pixels)
        return Shot(0, end, Fraction(0), Fraction(end, HZ), TransitionKind.START, 0, end)


def cut_outs(pool: ModelPool) -> list[np.ndarray]:
    """People of ultralytics' photograph of a bus, from head to foot: uint8 ``(h, w, 4)``."""
    picture = still("bus", 1080)
    with pool.lease(people_masks.SPEC) as finder:
        found = finder.find(picture)
    made = []
    height, width = picture.shape[:2]
    for box, mask in zip(found.xyxy, found.masks, strict=True):
        left, top, right, bottom = np.rint(box * [width, height, width, height]).astype(int)
        if left < 5 or right > width - 5 or bottom - top < 300:
            continue  # cut by the edge of the picture
        alpha = cv2.resize(mask, (width, height))[top:bottom, left:right]
        alpha = np.clip((alpha - 0.4) * 5, 0, 1) * 255
        made.append(np.dstack([picture[top:bottom, left:right], alpha]).astype(np.uint8))
    return sorted(made, key=lambda each: -each.shape[0])


def variants(people: list[np.ndarray]) -> list[np.ndarray]:
    """The same and others in other clothes: the colours of some turned round."""
    other = []
    for person in people:
        rgb = cv2.cvtColor(person[..., :3], cv2.COLOR_RGB2HSV)
        rgb[..., 0] = (rgb[..., 0].astype(int) + 65) % 180
        rgb[..., 1] = np.clip(rgb[..., 1].astype(int) + 70, 0, 255)
        other.append(np.dstack([cv2.cvtColor(rgb, cv2.COLOR_HSV2RGB), person[..., 3]]))
    return [*people, *other]


def ground() -> np.ndarray:
    """A picture without people."""
    reader = cv2.VideoCapture(str(bunny()))
    reader.set(cv2.CAP_PROP_POS_FRAMES, 20)
    _, picture = reader.read()
    reader.release()
    small = cv2.resize(picture[:, :, ::-1], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small)


def scene(people: list[np.ndarray], seconds: float, seed: int, *, pillar: bool = True) -> Scene:
    """People who walk to and fro at their own pace; the first listed is nearest the camera."""
    rng = np.random.default_rng(seed)
    floor = ground()
    count = round(seconds * HZ)
    heights = np.linspace(190, 150, len(people)) * rng.uniform(0.95, 1.05, len(people))
    starts = rng.uniform(60, WIDTH - 60, len(people))
    paces = rng.uniform(50, 95, len(people)) * rng.choice([-1, 1], len(people))
    pictures, truth = [], []
    for k in range(count):
        canvas = floor.astype(np.float32)
        owner = np.full((HEIGHT, WIDTH), -1)
        boxes = []
        for number in reversed(range(len(people))):
            tall = heights[number]
            person = people[number]
            wide = tall * person.shape[1] / person.shape[0]
            span = WIDTH + 2 * wide  # they leave the picture on both sides, and come back
            way = (starts[number] + wide + paces[number] * k / HZ) % (2 * span)
            x = (way if way < span else 2 * span - way) - wide
            turned = (way < span) != (paces[number] > 0)
            foot = HEIGHT - 12 - 7 * number + 2 * np.sin(k * 1.7 + number)
            shown = person[:, ::-1] if turned else person
            piece = cv2.resize(
                shown, (max(round(wide), 2), round(tall)), interpolation=cv2.INTER_AREA
            )
            _paste(canvas, owner, piece, round(x - wide / 2), round(foot - tall), number)
            boxes.append((number, x - wide / 2, foot - tall, x + wide / 2, foot))
        if pillar:
            canvas[60:, 240:268] = (96, 92, 88)
            owner[60:, 240:268] = -1
        noisy = canvas + rng.normal(0, 2, canvas.shape)
        pictures.append(np.clip(noisy, 0, 255).astype(np.uint8))
        truth.append([_inside(box) for box in boxes if _shown(owner, box) >= _SEEN])
    return Scene(np.stack(pictures), truth)


def _paste(
    canvas: np.ndarray, owner: np.ndarray, piece: np.ndarray, left: int, top: int, number: int
) -> None:
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + piece.shape[1], WIDTH), min(top + piece.shape[0], HEIGHT)
    if x0 >= x1 or y0 >= y1:
        return
    part = piece[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    alpha = part[..., 3:] / 255
    canvas[y0:y1, x0:x1] = canvas[y0:y1, x0:x1] * (1 - alpha) + part[..., :3] * alpha
    owner[y0:y1, x0:x1][alpha[..., 0] > 0.5] = number


def _shown(owner: np.ndarray, box: tuple[int, float, float, float, float]) -> float:
    """How much of a person's usual pixels are in sight (a body fills about half of its box)."""
    number, left, top, right, bottom = box
    return float((owner == number).sum()) / (0.5 * (right - left) * (bottom - top))


def _inside(
    box: tuple[int, float, float, float, float],
) -> tuple[int, float, float, float, float]:
    number, left, top, right, bottom = box
    return number, max(left, 0.0), max(top, 0.0), min(right, WIDTH), min(bottom, HEIGHT)


def batches(made: Scene, size: int = 4) -> list[FrameBatch]:
    """The scene as a decode pass hands it over."""
    found = []
    for start in range(0, len(made.pixels), size):
        part = np.arange(start, min(start + size, len(made.pixels)))
        found.append(FrameBatch(made.pixels[part], part, part / HZ))
    return found


def scores(made: Scene, tracks) -> tuple[float, float, int]:
    """IDF1 and MOTA by motmetrics (boxes agree from an overlap of a half), and id switches.

    Args:
        made: the scene.
        tracks: of :class:`studio.types.motion.BodyTrack`.
    """
    import motmetrics

    counted = motmetrics.MOTAccumulator(auto_id=True)
    for frame, people in enumerate(made.people):
        true = np.array([box[1:] for box in people]).reshape(-1, 4)
        rows = [(t.number, t.xyxy[t.frames == frame]) for t in tracks if frame in t.frames]
        told = np.array([box[0] for _, box in rows]).reshape(-1, 4) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
        low = np.maximum(true[:, None, :2], told[None, :, :2])
        high = np.minimum(true[:, None, 2:], told[None, :, 2:])
        shared = np.maximum(high - low, 0).prod(axis=2)
        areas = [(b[:, 2:] - b[:, :2]).prod(axis=1) for b in (true, told)]
        overlap = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)
        distances = np.where(overlap >= 0.5, 1 - overlap, np.nan)
        counted.update([box[0] for box in people], [number for number, _ in rows], distances)
    found = motmetrics.metrics.create().compute(
        counted, metrics=["idf1", "mota", "num_switches"], name="all"
    )
    row = found.loc["all"]
    return float(row["idf1"]), float(row["mota"]), int(row["num_switches"])

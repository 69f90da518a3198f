"""How well the maps of ``studio why`` point: at things put where it is known, and by hiding.

*Pointing game* (Zhang and others, 2018): a thing is put somewhere into a picture without one; a
hit is a map whose largest place lies in the thing's box, 15 pixels of tolerance around it. The
guess that always says the middle of the picture is beside it. *Deletion*: the fifth of the picture
that speaks most for the answer is blurred, and what the answer falls by is told beside a fifth of
the same shape elsewhere. ``python -m tests.benchmarks why``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import cv2
import numpy as np

from pipelines.search.words import classes_of
from pipelines.why import evidence
from pipelines.why.occlusion import hidden, importance
from studio.adapters import expression, mtcnn, picture_places, picture_words
from studio.jobs.job import Job
from studio.media.still import read_still
from tests.footage import bikes, bunny, music_video, package_file

#: Word, distribution, file and the thing's box in it, in shares: left, top, right, bottom.
THINGS = (
    ("lion", "gradio", "media_assets/images/lion.jpg", (0.05, 0.0, 0.85, 1.0)),
    ("cheetah", "gradio", "media_assets/images/cheetah1.jpg", (0.1, 0.0, 0.95, 1.0)),
    ("bus", "ultralytics", "assets/bus.jpg", (0.02, 0.21, 0.98, 0.69)),
    ("flower", "scikit-learn", "datasets/images/flower.jpg", (0.1, 0.0, 0.9, 1.0)),
)
WH, TOLERANCE_PX = (640, 360), 15
TRIALS = 60


def places() -> list[np.ndarray]:
    """Real pictures that show none of the things."""
    found = []
    for path, seconds in ((music_video(), (20, 60, 100, 140)), (bunny(), (1, 4)), (bikes(), (8,))):
        film = cv2.VideoCapture(str(path))
        for second in seconds:
            film.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
            picture = cv2.resize(film.read()[1], WH, interpolation=cv2.INTER_AREA)
            found.append(picture[..., ::-1].copy())
    return found


def composed(seed: int = 0, trials: int = TRIALS) -> Iterator[tuple[str, np.ndarray, tuple]]:
    """Word, picture and where the thing lies in it: left, top, right, bottom in pixels."""
    rng = np.random.default_rng(seed)
    grounds = places()
    cut = []
    for word, distribution, ending, box in THINGS:
        photo = read_still(package_file(distribution, ending))
        height, width = photo.shape[:2]
        left, top, right, bottom = (np.array(box) * [width, height, width, height]).astype(int)
        cut.append((word, photo[top:bottom, left:right]))
    for turn in range(trials):
        word, thing = cut[turn % len(cut)]
        picture = grounds[int(rng.integers(len(grounds)))].copy()
        scale = rng.uniform(0.3, 0.55) * WH[1] / thing.shape[0]
        scale = min(scale, 0.5 * WH[0] / thing.shape[1])
        small = cv2.resize(thing, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tall, wide = small.shape[:2]
        x, y = int(rng.integers(0, WH[0] - wide)), int(rng.integers(0, WH[1] - tall))
        mask = np.zeros((tall, wide), np.float32)
        cv2.ellipse(mask, (wide // 2, tall // 2), (wide // 2, tall // 2), 0, 0, 360, 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 3)[..., None]
        part = picture[y : y + tall, x : x + wide]
        picture[y : y + tall, x : x + wide] = np.rint(part + mask * (small - part.astype(float)))
        yield word, picture, (x, y, x + wide, y + tall)


def hits(plane: np.ndarray, box: tuple) -> bool:
    """Whether the largest place lies in the box."""
    row, column = np.unravel_index(int(plane.argmax()), plane.shape)
    x = (column + 0.5) * WH[0] / plane.shape[1]
    y = (row + 0.5) * WH[1] / plane.shape[0]
    reach = TOLERANCE_PX
    return box[0] - reach <= x < box[2] + reach and box[1] - reach <= y < box[3] + reach


def blurred_there(picture: np.ndarray, plane: np.ndarray, share: float = 0.2) -> np.ndarray:
    """The picture with the strongest share of it blurred away."""
    large = cv2.resize(plane, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    gone = large >= np.quantile(large, 1 - share)
    soft = hidden(picture)
    return np.where(gone[..., None], soft, picture).astype(np.uint8)


def scene_words(job: Job, trials: int = TRIALS) -> dict[str, float]:
    """Hit rate, that of the middle, and what deletion takes."""
    found, middle, fallen, beside = [], [], [], []
    with (
        job.pool.lease(picture_words.SPEC) as words,
        job.pool.lease(picture_places.SPEC) as net,
    ):
        for number, (word, picture, box) in enumerate(composed(trials=trials)):
            direction = words.direction(classes_of(word, words.names))
            looks = evidence.PlaceEvidence(net, words, direction, WH, 1)
            size = looks.request.size_wh

            def plane_of(
                rgb: np.ndarray, looks: evidence.PlaceEvidence = looks, size=size
            ) -> np.ndarray:
                return looks.planes(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[None])[0]

            plane = plane_of(picture)
            found.append(hits(plane, box))
            middle.append(hits(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), box))
            if number % 3 == 0:
                fallen.append(plane.mean() - plane_of(blurred_there(picture, plane)).mean())
                other = np.roll(plane, (plane.shape[0] // 2, plane.shape[1] // 2), (0, 1))
                beside.append(plane.mean() - plane_of(blurred_there(picture, other)).mean())
    return {
        "pointing": float(np.mean(found)),
        "middle": float(np.mean(middle)),
        "deletion": float(np.mean(fallen)),
        "deletion_elsewhere": float(np.mean(beside)),
    }


def expressions(job: Job) -> dict[str, float]:
    """What hiding the fifth of a face that speaks most for its expression takes from it."""
    fallen, beside = [], []
    for distribution, ending in (
        ("matplotlib", "sample_data/grace_hopper.jpg"),
        ("ultralytics", "assets/zidane.jpg"),
    ):
        picture = read_still(package_file(distribution, ending))
        with job.pool.lease(mtcnn.SPEC) as finder:
            boxes = finder.detect(picture[None]).xyxy
        with job.pool.lease(expression.SPEC) as net:
            faces = expression.crop_faces(picture[None], np.zeros(len(boxes), np.int64), boxes)
            for face, said in zip(faces, net.classify(faces), strict=True):
                best = int(said.argmax())
                plane = importance(face, lambda n, c=best, net=net: net.classify(n)[:, c])
                for where, kept in ((plane, fallen), (np.roll(plane, (32, 32), (0, 1)), beside)):
                    shown = blurred_there(face, where)
                    kept.append(said[best] - net.classify(shown[None])[0, best])
    return {"deletion": float(np.mean(fallen)), "deletion_elsewhere": float(np.mean(beside))}


def main() -> None:
    """Both, at the sizes given, the usual one without."""
    job = Job()
    for side in [int(s) for s in sys.argv[1:]] or [evidence.PLACES_PX]:
        evidence.PLACES_PX = side
        said = scene_words(job)
        print(
            f"scene words at {side} px: the strongest place is in the thing for "
            f"{said['pointing']:.2f} of {TRIALS} pictures (the middle: {said['middle']:.2f}); "
            f"without it the cosine falls by {said['deletion']:.3f}, without as much elsewhere by "
            f"{said['deletion_elsewhere']:.3f}"
        )
    said = expressions(job)
    print(
        f"expressions: without the strongest fifth of the face its probability falls by "
        f"{said['deletion']:.2f}, without as much elsewhere by {said['deletion_elsewhere']:.2f}"
    )


if __name__ == "__main__":
    main()

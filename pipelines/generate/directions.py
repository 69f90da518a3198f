"""Directions among the numbers that faces are drawn from: where they begin to smile.

Found as Radford, Metz and Chintala (2016) do arithmetic with latents: faces are drawn, our own
networks say what they see in them, and a direction goes from the mean of those that have least of
an attribute to the mean of those that have most. What it does is measured on other faces.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.generate.options import ATTRIBUTES
from studio.adapters import expression
from studio.adapters.gan_faces import FaceGenerator, latents_of
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.models.spec import ModelSpec

#: Raised whenever other directions would be found.
DIRECTIONS_VERSION = 1
#: Faces that are labelled, the share at each end that counts, and faces it is measured on.
_LABELLED, _END, _TRIED = 3000, 0.1, 128
_SEED = 7_000_000
#: What each attribute is in the expression network; the others are measured on the pixels.
_EXPRESSIONS = {
    "smiling": "happy",
    "surprised": "surprise",
    "angry": "angry",
    "sad": "sad",
    "neutral": "neutral",
}
#: Where the face is on the carried generator's pictures, in shares: the median of what MTCNN
#: finds on 97 of 100 of them.
FACE_XYXY = (0.13, 0.13, 0.82, 1.03)

Latents = NDArray[np.float32]


@dataclass(frozen=True)
class Direction:
    """One attribute.

    Attributes:
        name: of it.
        vector: of length one; the numbers' deviation along it is one as well.
        before, after: its mean over faces it was not found on, as they are and moved by 2: the
            probability of an expression, or lightness or warmth of a pixel, 0 to 1.
    """

    name: str
    vector: tuple[float, ...]
    before: float
    after: float


def directions_for(spec: ModelSpec[FaceGenerator], job: Job) -> dict[str, Direction]:
    """Every attribute's direction; found once and kept in the cache folder.

    Raises:
        ModelError: a network cannot be loaded or run.
        Cancelled: the user stopped it.
    """
    known = f"{spec.key}-{expression.SPEC.key}-{DIRECTIONS_VERSION}".replace("/", "_")
    path = job.settings.cache_dir / "directions" / f"{known}.json"
    kept = _read(path)
    if kept is not None:
        return kept
    found = _found(spec, job)
    with write_beside(path) as beside:
        beside.write_text(json.dumps([asdict(d) for d in found.values()]), encoding="utf-8")
    return found


def _read(path: Path) -> dict[str, Direction] | None:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Direction(**(row | {"vector": tuple(row["vector"])})) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {direction.name: direction for direction in found}


def _found(spec: ModelSpec[FaceGenerator], job: Job) -> dict[str, Direction]:
    with job.pool.lease(spec) as generator, job.pool.lease(expression.SPEC) as reader:
        latents = latents_of(_SEED, _LABELLED, generator.latent)
        score = partial(_scores, generator, reader, job)
        labels = score(latents, "label faces")
        others = latents_of(_SEED + _LABELLED, _TRIED, generator.latent)
        before = score(others, "measure")
        ends = max(2, round(_END * _LABELLED))
        found = {}
        for place, name in enumerate(ATTRIBUTES):
            order = np.argsort(labels[:, place], kind="stable")
            vector = latents[order[-ends:]].mean(axis=0) - latents[order[:ends]].mean(axis=0)
            vector /= np.linalg.norm(vector)
            after = score(others + 2 * vector, "measure")
            found[name] = Direction(
                name,
                tuple(float(v) for v in vector),
                float(before[:, place].mean()),
                float(after[:, place].mean()),
            )
    return found


def _scores(
    generator: FaceGenerator,
    reader: expression.Expression,
    job: Job,
    latents: Latents,
    stage: str,
) -> NDArray[np.float32]:
    """How much of each attribute a face has: ``(n, attributes)``."""
    rows = []
    for at in range(0, len(latents), 250):
        job.report(stage, at / len(latents))
        rows.append(attributes_of(generator.draw(latents[at : at + 250]), reader))
    return np.concatenate(rows)


def attributes_of(faces: NDArray[np.uint8], reader: expression.Expression) -> NDArray[np.float32]:
    """How much of each of ``ATTRIBUTES`` is in faces ``(n, h, w, 3)``, 0 to 1: ``(n, 7)``."""
    boxes = np.tile(np.array(FACE_XYXY, np.float32), (len(faces), 1))
    seen = reader.classify(expression.crop_faces(faces, np.arange(len(faces)), boxes))
    columns = []
    for name in ATTRIBUTES:
        if name in _EXPRESSIONS:
            columns.append(seen[:, expression.EXPRESSIONS.index(_EXPRESSIONS[name])])
        elif name == "bright":
            columns.append(faces.mean(axis=(1, 2, 3)) / 255)
        else:  # warm: red over blue
            means = faces.mean(axis=(1, 2))
            columns.append((means[:, 0] - means[:, 2]) / 510 + 0.5)
    return np.stack(columns, axis=1).astype(np.float32)


def moved(
    latents: Latents, directions: dict[str, Direction], add: tuple[tuple[str, float], ...]
) -> Latents:
    """Latents with attributes added, in standard deviations."""
    for name, amount in add:
        vector = np.array(directions[name].vector, np.float32)
        latents = latents + np.float32(amount) * vector
    return latents


def between(latents: Latents, count: int) -> Latents:
    """Points on the way over ``(k, n)`` in turn, at equal steps, first and last included.

    Along arcs, for normal numbers nearly all lie on a sphere (White, 2016): in a straight line
    the middle would be duller than any picture the generator learnt.
    """
    found = []
    for place in np.linspace(0, len(latents) - 1, count):
        first = min(int(place), len(latents) - 2)
        found.append(arc(latents[first], latents[first + 1], place - first))
    return np.asarray(found, np.float32)


def arc(first: Latents, second: Latents, share: float) -> NDArray[np.float64]:
    """A point on the arc between two: direction and length both go over."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    long_a, long_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    cosine = float(np.clip(a @ b / max(long_a * long_b, 1e-12), -1, 1))
    angle = math.acos(cosine)
    if math.sin(angle) < 1e-4:  # one direction, or opposite ones, between which no arc is the one
        return a * (1 - share) + b * share
    turned = np.sin((1 - share) * angle) * a / long_a + np.sin(share * angle) * b / long_b
    point: NDArray[np.float64] = turned / np.sin(angle) * (long_a * (1 - share) + long_b * share)
    return point

"""Which model the frames of an index were looked at by: the starter, whose vectors the analysis
keeps, or a hub's that knows words and pictures in one space. An index holds those of one model,
says of which, and refuses to mix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.search.words import Concept, classes_of
from studio.adapters import efficientnet, picture_words, siglip
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.types.analysis import FootageAnalysis
from studio.types.frames import FrameBatch, FrameRequest

#: How models are named: the starter, and what ``studio models fetch`` brings.
STARTER, HUB = "efficientnet-lite0", "hub:"
_FILE = "frames.json"
_RATE = Fraction(2)
_LOOK_PX = 256
#: Likelihoods of the hub's model at which an answer begins, and is as good as certain.
_BEGINS, _CERTAIN = 0.02, 0.9
#: The starter's cosines; see ``finding``.
_STARTER_SPAN = (0.22, 0.55)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class FramesModel:
    """The model of an index.

    Attributes:
        name: ``efficientnet-lite0`` or ``hub:siglip2-base``.
        key: name, version and pinned revision of what made the vectors.
        dimensions: of a vector.
        span: cosines of a frame with words from which on it is an answer, and a certain one.
    """

    name: str
    key: str
    dimensions: int
    span: tuple[float, float] = _STARTER_SPAN

    @property
    def is_hub(self) -> bool:
        """Whether its vectors are not those of the analysis."""
        return self.name.startswith(HUB)

    def of_footage(self, footage: FootageAnalysis, job: Job) -> tuple[NDArray[np.int64], Vectors]:
        """Frames of a file and what they look like: int64 ``(n,)``, float32 ``(n, dimensions)``."""
        if self.is_hub:
            return self._looked_at(footage, job)
        if footage.embeddings is None or not len(footage.embeddings.frames):
            return np.zeros(0, np.int64), np.zeros((0, self.dimensions), np.float32)
        with job.pool.lease(picture_words.SPEC) as layer:
            return footage.embeddings.frames, layer.narrow(footage.embeddings.vectors)

    def _looked_at(self, footage: FootageAnalysis, job: Job) -> tuple[NDArray[np.int64], Vectors]:
        from studio.media.reader import Subscription, read_frames

        frames, vectors = [], [np.zeros((0, self.dimensions), np.float32)]
        if footage.media.video is not None:
            with job.pool.lease(siglip.SPEC) as model:

                def take(batch: FrameBatch) -> None:
                    job.check()
                    frames.extend(batch.frames.tolist())
                    vectors.append(model.look(batch.pixels))

                request = FrameRequest(size_wh=(_LOOK_PX, _LOOK_PX), rate=_RATE, batch=16)
                read_frames(
                    footage.media,
                    [Subscription(request, take)],
                    times=footage.frame_times,
                    on_progress=lambda share: job.report("frames", share, self.name),
                )
        return np.array(frames, np.int64), np.concatenate(vectors)

    def of_picture(self, pixels: NDArray[np.uint8], job: Job) -> Vectors:
        """float32 ``(dimensions,)`` of length one: what a picture looks like.

        Args:
            pixels: RGB ``(h, w, 3)``.
        """
        import cv2

        side = _LOOK_PX if self.is_hub else efficientnet.INPUT_PX
        # As films are pressed: area averaging, the aspect not kept.
        small = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        if self.is_hub:
            with job.pool.lease(siglip.SPEC) as model:
                found: Vectors = model.look(small[None])[0]
                return found
        with job.pool.lease(efficientnet.SPEC) as net:
            wide, _ = net.look(small[None])
        with job.pool.lease(picture_words.SPEC) as layer:
            narrow: Vectors = layer.narrow(wide)[0]
            return narrow

    def of_concepts(self, concepts: Sequence[Concept], job: Job) -> list[Vectors | None]:
        """Where pictures of each concept lie; None for what the model has no notion of. The hub's
        reads any words, in many languages."""
        if self.is_hub:
            with job.pool.lease(siglip.SPEC) as model:
                read = model.read([c.text or " ".join(c.words) for c in concepts])
            return list(read)
        with job.pool.lease(picture_words.SPEC) as layer:
            classes = [classes_of(c.text, layer.names) if c.known else () for c in concepts]
            return [layer.direction(numbers) if numbers else None for numbers in classes]


def starter() -> FramesModel:
    """The one that needs no download."""
    return FramesModel(STARTER, picture_words.SPEC.key, picture_words.DIRECTIONS)


def wanted(name: str, job: Job) -> FramesModel:
    """The model of a name.

    Raises:
        RequestError: there is none of that name.
        WeightsMissing: it was not fetched; the message says how to.
    """
    if name in ("", STARTER):
        return starter()
    if name != f"{HUB}{siglip.SPEC.name}":
        raise RequestError(
            f"No model for frames is called {name}.",
            f"There are {STARTER} and {HUB}{siglip.SPEC.name}.",
        )
    with job.pool.lease(siglip.SPEC) as model:
        scale, bias = model.scale, model.bias
        dimensions = model.dimensions
    # What its training made of a cosine: the likelihood that words and picture belong together.
    low, high = ((log(p / (1 - p)) - bias) / scale for p in (_BEGINS, _CERTAIN))
    revision = siglip.SPEC.hub.revision if siglip.SPEC.hub is not None else ""
    return FramesModel(name, f"{siglip.SPEC.key}@{revision}", dimensions, (low, high))


def read(folder: Path) -> FramesModel:
    """The model of the index in a folder; the starter where none was chosen.

    Raises:
        RequestError: what says so cannot be read.
    """
    try:
        data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        low, high = data["span"]
        return FramesModel(
            str(data["name"]), str(data["key"]), int(data["dimensions"]), (float(low), float(high))
        )
    except FileNotFoundError:
        return starter()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise RequestError(
            f"{folder / _FILE} cannot be read.",
            "Delete the folder and add the footage again; stored analyses make that quick.",
        ) from exc


def choose(folder: Path, model: FramesModel, *, empty: bool) -> None:
    """Let the index in a folder be of a model, or refuse.

    Args:
        folder: of the index.
        model: that is wanted.
        empty: whether nothing is in the index yet.

    Raises:
        RequestError: its frames were looked at by another.
    """
    now = read(folder)
    if (now.name, now.key) == (model.name, model.key):
        return
    if not empty:
        raise RequestError(
            f"The frames of this index were looked at by {now.key}, and vectors of {model.key} "
            "cannot be compared with those.",
            "Give another index (--index DIR), or remove all its files first.",
        )
    data = {
        "name": model.name,
        "key": model.key,
        "dimensions": model.dimensions,
        "span": list(model.span),
    }
    with write_beside(folder / _FILE) as beside:
        beside.write_text(json.dumps(data), encoding="utf-8")

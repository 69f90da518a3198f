"""LivePortrait (Guo and others, Kuaishou, 2024; MIT): a portrait's face moved by implicit points.

Six graphs of ONNX as ``FasterLivePortrait`` publishes them, in a folder of the user's own: what a
face looks like, how it is held, three small nets that correct the points (seams, eyes, lips) and
the one that draws. Each file is held against its SHA-256 before it is read. Nobody has run the
real ones here: the code follows the published layout, and is tried on small graphs of that layout.
The face detector that LivePortrait comes with (InsightFace, not for commercial use) is not used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.adapters.onnx_session import OnnxGraph
from studio.errors import InferenceFailed
from studio.models.spec import LoadContext, ModelSpec, WeightFile

Floats = NDArray[np.float32]

#: Pixels of a side: of what is looked at, and of what is drawn.
SEEN_PX, DRAWN_PX = 256, 512
POINTS = 21
#: SHA-256 of the published files, the same in four collections that list them.
FILES: Mapping[str, str] = {
    "appearance_feature_extractor": (
        "dbbbb44e4bba12302d7137bdee6a0f249b45fb6dd879509fd5baa27d70c40e32"
    ),
    "motion_extractor": "99d4b3c9dd3fd301910de9415a29560e38c0afaa702da51398281376cc36fdd3",
    "stitching": "43598e9747a19f4c55d8e1604fb7d7fa70ab22377d129cb7d1fe38c9a737cc79",
    "stitching_eye": "251004fe4a994c57c8cd9f2c50f3d89feb289fb42e6bc3af74470a3a9fa7d83b",
    "stitching_lip": "1ca793eac4b0dc5464f1716cdaa62e595c2c2272c9971a444e39c164578dc34b",
    "warping_spade": "d6ee9af4352b47e88e0521eba6b774c48204afddc8d91c671a5f7b8a0dfb4971",
}
_BINS, _BIN_DEG, _FIRST_DEG = 66, 3.0, -97.5


@dataclass(frozen=True)
class Held:
    """How a face is held.

    Attributes:
        head_deg: float32 ``(3,)``, pitch, yaw, roll as the network counts them.
        at: float32 ``(1, 3)``, where the head is.
        look: float32 ``(21, 3)``, the expression.
        scale: of the head.
        face: float32 ``(21, 3)``, the points of this face at rest.
    """

    head_deg: Floats
    at: Floats
    look: Floats
    scale: float
    face: Floats

    def points(self, turned_deg: Floats | None = None) -> Floats:
        """The points in the picture, ``(1, 21, 3)``, the head turned by so much more."""
        head = self.head_deg if turned_deg is None else self.head_deg + turned_deg
        points = self.scale * (self.face @ rotation(head) + self.look)
        points[:, :2] += self.at[0, :2]
        found: Floats = points[None].astype(np.float32)
        return found


def rotation(head_deg: Floats) -> Floats:
    """The matrix for rows of points: about x by pitch, then y by yaw, then z by roll."""
    pitch, yaw, roll = np.radians(head_deg.astype(np.float64))
    one = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    two = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    three = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    found: Floats = (three @ two @ one).T.astype(np.float32)
    return found


class LivePortrait:
    """The loaded graphs.

    Args:
        graphs: by the name of their files.
    """

    def __init__(self, graphs: Mapping[str, OnnxGraph]) -> None:
        self._graphs = graphs

    def look(self, rgb: NDArray[np.uint8]) -> Floats:
        """What a face looks like.

        Args:
            rgb: uint8 ``(256, 256, 3)``, the face in its middle.

        Returns:
            float32 ``(1, 32, 16, 64, 64)``.
        """
        return self._one("appearance_feature_extractor", _fed(rgb))

    def held(self, rgb: NDArray[np.uint8]) -> Held:
        """How it is held; ``rgb`` as in :meth:`look`."""
        found = self._graphs["motion_extractor"].named(_fed(rgb))
        if set(found) >= {"pitch", "yaw", "roll", "t", "exp", "scale", "kp"}:
            parts = [found[n] for n in ("pitch", "yaw", "roll", "t", "exp", "scale", "kp")]
        else:
            parts = list(found.values())
        if len(parts) != 7 or parts[4].size != 3 * POINTS or parts[6].size != 3 * POINTS:
            raise InferenceFailed("live-portrait: the motion extractor is not as published")
        pitch, yaw, roll, at, look, scale, face = (np.asarray(p, np.float32) for p in parts)
        head = np.array([_degrees(p) for p in (pitch, yaw, roll)], np.float32)
        return Held(
            head,
            at.reshape(1, 3),
            look.reshape(POINTS, 3),
            float(scale.reshape(-1)[0]),
            face.reshape(POINTS, 3),
        )

    def lips(self, points: Floats, now: float, wanted: float) -> Floats:
        """Moves of the points that open or close the lips: ratios of height to width."""
        return self._moves("stitching_lip", points, [now, wanted])

    def eyes(self, points: Floats, left: float, right: float, wanted: float) -> Floats:
        """Moves that open or close the eyes: ratios of height to width."""
        return self._moves("stitching_eye", points, [left, right, wanted])

    def without_seams(self, still: Floats, moved: Floats) -> Floats:
        """The moved points so that shoulders and hair stay where they are."""
        fed = np.concatenate([still.reshape(1, -1), moved.reshape(1, -1)], axis=1)
        found = self._one("stitching", fed.astype(np.float32)).reshape(-1)
        made = moved + found[: 3 * POINTS].reshape(1, POINTS, 3)
        made[..., :2] += found[3 * POINTS : 3 * POINTS + 2]
        return made

    def draw(self, look: Floats, still: Floats, moved: Floats) -> NDArray[np.uint8]:
        """The face with its points moved, uint8 ``(512, 512, 3)``."""
        graph = self._graphs["warping_spade"]
        given = {}
        for name in graph.inputs:
            if "source" in name:
                given[name] = still
            elif "driving" in name:
                given[name] = moved
            else:
                given[name] = look
        picture = np.asarray(graph(**given)[0], np.float32)[0].transpose(1, 2, 0)
        return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)

    def _moves(self, name: str, points: Floats, ratios: list[float]) -> Floats:
        fed = np.concatenate([points.reshape(1, -1), np.array([ratios], np.float32)], axis=1)
        return self._one(name, fed.astype(np.float32)).reshape(1, POINTS, 3)

    def _one(self, name: str, fed: Floats) -> Floats:
        graph = self._graphs[name]
        return np.asarray(graph(**{graph.inputs[0]: fed})[0], np.float32)

    def close(self) -> None:
        """Let go of the graphs."""
        for graph in self._graphs.values():
            graph.close()


def _fed(rgb: NDArray[np.uint8]) -> Floats:
    if rgb.shape != (SEEN_PX, SEEN_PX, 3):
        raise ValueError(f"a face is looked at in {SEEN_PX} pixels, not {rgb.shape}")
    return np.asarray((rgb / 255).transpose(2, 0, 1)[None], np.float32)


def _degrees(bins: Floats) -> float:
    """Degrees from a distribution over bins, or as they stand."""
    if bins.size != _BINS:
        return float(bins.reshape(-1)[0])
    odds = np.exp(bins.reshape(-1).astype(np.float64) - bins.max())
    return float((odds / odds.sum()) @ np.arange(_BINS) * _BIN_DEG + _FIRST_DEG)


def spec_of(folder: Path) -> ModelSpec[LivePortrait]:
    """The model whose files lie in a folder of the user's; they are verified when it is lent."""
    weights = tuple(
        WeightFile(f"{name}.onnx", "", str((folder / f"{name}.onnx").absolute()), digest)
        for name, digest in FILES.items()
    )
    # Another folder is another model: what is loaded from one does not vouch for the next.
    place = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:8]
    return ModelSpec(
        name="live-portrait",
        version=f"1.0-{place}",
        role="makes a portrait speak",
        licence="MIT",
        source="https://github.com/KwaiVGI/LivePortrait",
        weights=weights,
        resident_bytes=620 << 20,
        working_bytes=900 << 20,
        working_unit="picture",
        loader="studio.adapters.live_portrait:load",
        requires=("onnxruntime",),
        exclusive=True,
    )


def load(context: LoadContext) -> LivePortrait:
    """Build the graphs on the processor."""
    return LivePortrait(
        {
            name: OnnxGraph("live-portrait", context.weights[f"{name}.onnx"], context.threads)
            for name in FILES
        }
    )

"""What stands behind the presenter: a drawn newsroom, or the user's picture.

A drawn set is a scene of :mod:`pipelines.anchor.sets.scenes` in colours of a file in
``assets/sets``. It is drawn once for a shot and blurred a little, as a lens would: the nearer
the camera is to the presenter, the more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.sets.scenes import SCENES, draw_desk
from pipelines.subtitles.house_file import read_toml, refuse_unknown
from studio.drawing.canvas import Canvas
from studio.errors import RequestError
from studio.settings import Settings

#: Raised whenever the same set would give other pixels than before.
SETS_VERSION = 1
_FOLDER = Path(__file__).resolve().parents[3] / "assets" / "sets"
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
#: How much nearer the camera is, and how far points are spread, in shares of the short side.
_SHOTS = {"wide": (1.0, 0.0018), "side": (1.16, 0.0065), "close": (1.3, 0.010)}


@dataclass(frozen=True)
class StageSet:
    """A set.

    Attributes:
        name: of the file.
        scene: of :data:`~pipelines.anchor.sets.scenes.SCENES`; empty for a picture.
        colours: by what they paint, ``#rrggbb``.
        picture: of the user's; None for a drawn set.
        picture_sha256: of its file.
    """

    name: str
    scene: str = ""
    colours: dict[str, str] = field(default_factory=dict)
    picture: Path | None = None
    picture_sha256: str = ""

    @property
    def digest(self) -> str:
        """Of all that decides its pixels."""
        made_by = asdict(self) | {"picture": self.picture_sha256, "version": SETS_VERSION}
        return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


def names() -> tuple[str, ...]:
    """Sets that come with the studio."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load(name: str) -> StageSet:
    """A set by its name, from a TOML file of that form, or a picture.

    Raises:
        RequestError: there is none of that name, or the file is none.
    """
    path = Path(name)
    if path.suffix.lower() in _PICTURES:
        if not path.is_file():
            raise RequestError(f"{name} is no file.", "Give a picture for the set.")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StageSet(path.name, picture=path, picture_sha256=digest)
    if path.suffix.lower() != ".toml":
        if name not in names():
            raise RequestError(
                f"There is no set {name}.", f"There are {', '.join(names())}, or a picture."
            )
        path = _FOLDER / f"{name}.toml"
    data = read_toml(path, "set", 64 * 1024)
    refuse_unknown(path, "set", data, ["scene", "colours"])
    scene = data.get("scene", "")
    if scene not in SCENES:
        raise RequestError(
            f"{path.name} names no scene: {scene!r}.", f"There are {', '.join(SCENES)}."
        )
    colours = data.get("colours", {})
    wanted = SCENES[scene].colours
    refuse_unknown(path, "set of this scene", colours, list(wanted))
    for key, value in colours.items():
        digits = str(value).removeprefix("#")
        if len(digits) != 6 or any(c not in "0123456789abcdefABCDEF" for c in digits):
            raise RequestError(f"{path.name}: {key} is no colour.", "Write it as #rrggbb.")
    return StageSet(path.stem, scene, {**wanted, **colours})


def paint(
    stage: StageSet, size_wh: tuple[int, int], shot: str, settings: Settings | None = None
) -> NDArray[np.uint8]:
    """The set as the camera sees it.

    Args:
        stage: which.
        size_wh: of the picture.
        shot: ``wide``, ``side`` or ``close``.
        settings: limits on the user's picture.

    Returns:
        uint8 ``(h, w, 3)`` RGB.

    Raises:
        MediaError: the user's picture cannot be read.
    """
    width, height = size_wh
    near, spread = _SHOTS[shot]
    whole_wh = (round(width * near), round(height * near))
    if stage.picture is not None:
        from studio.media.still import read_still

        whole = covering(read_still(stage.picture, settings), whole_wh)
    else:
        canvas = Canvas(*whole_wh)
        SCENES[stage.scene].draw(canvas, *whole_wh, stage.colours)
        whole = canvas.pixels[..., :3]
    left, top = (whole_wh[0] - width) // 2, round((whole_wh[1] - height) * 0.4)
    seen = whole[top : top + height, left : left + width].astype(np.float32)
    sigma = spread * min(size_wh)
    seen = cv2.GaussianBlur(seen, (0, 0), sigma)
    # Smooth ramps in eight bits show bands: a little noise, the same in every run, hides them.
    noise = np.random.default_rng(7).normal(0, 0.7, (height, width, 1)).astype(np.float32)
    made: NDArray[np.uint8] = np.clip(np.rint(seen + noise), 0, 255).astype(np.uint8)
    return made


def desk(stage: StageSet, size_wh: tuple[int, int], top: float) -> NDArray[np.uint8] | None:
    """The desk in front of a presenter, as the lower part of the picture.

    Args:
        stage: whose colours it has; a user's picture has its own furniture.
        size_wh: of the picture.
        top: its upper edge as a share of the height.

    Returns:
        uint8 ``(h, w, 4)`` RGBA of the rows from that edge down, or None.
    """
    if stage.picture is not None or top >= 1:
        return None
    width, height = size_wh
    canvas = Canvas(width, height - round(top * height))
    draw_desk(canvas, width, height - round(top * height), stage.colours)
    return canvas.pixels


def covering(rgb: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture scaled and cut about its middle so that it fills a size."""
    width, height = size_wh
    scale = max(width / rgb.shape[1], height / rgb.shape[0])
    wide, high = max(width, round(rgb.shape[1] * scale)), max(height, round(rgb.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(rgb, (wide, high), interpolation=how)
    left, top = (wide - width) // 2, (high - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])

"""What can make a portrait speak: our own warp, and the published networks for it.

LivePortrait runs from a folder of the user's, each file held against its published SHA-256. The
others are described, with their licences, and refused. Nothing else is made in their place unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import ModelError, RequestError

if TYPE_CHECKING:
    from pipelines.anchor.portrait.preparing import Background
    from pipelines.anchor.presenters import Presenter
    from studio.jobs.job import Job

#: Makes a presenter of a picture file, for a canvas of ``size_wh``.
Animator = Callable[[Path, tuple[int, int], "Job", "Background"], "Presenter"]
#: What an animator does, as in a model's description.
ROLE = "makes a portrait speak"


@dataclass(frozen=True)
class NamedAnimator:
    """An animator on offer, or known of.

    Attributes:
        licence: of code and weights; what it does not cover is in ``limits``.
        source: where it comes from.
        limits: what a user has to know before they choose it.
        make: makes the presenter; None where it is not built in.
    """

    licence: str
    source: str
    limits: str
    make: Animator | None = None


def _warped(path: Path, size_wh: tuple[int, int], job: Job, background: Background) -> Presenter:
    from pipelines.anchor.portrait.presenter import PortraitPresenter

    return PortraitPresenter.of(path, size_wh, job, background)


ANIMATORS: dict[str, NamedAnimator] = {
    "warp": NamedAnimator(
        "as the studio",
        "the studio's own",
        "moves what the picture shows; works without a download",
        _warped,
    ),
    "liveportrait": NamedAnimator(
        "MIT",
        "https://github.com/KwaiVGI/LivePortrait",
        "runs from a folder with its graphs; the face detector it comes with (InsightFace) is for "
        "non-commercial research only, and is not used",
    ),
    "musetalk": NamedAnimator(
        "MIT for the code; the weights for any purpose",
        "https://github.com/TMElyralab/MuseTalk",
        "draws the face at 256x256 and does not keep moustaches; needs weights of others "
        "(Whisper, a Stable Diffusion autoencoder, DWPose) under their own licences",
    ),
}


def _live(
    path: Path, size_wh: tuple[int, int], job: Job, background: Background, *, folder: Path
) -> Presenter:
    from pipelines.anchor.portrait.live import LivePresenter

    return LivePresenter.of(path, size_wh, job, background, folder)


def animator(name: str = "warp") -> Animator:
    """The animator of that name, or LivePortrait from the folder that is named.

    Raises:
        RequestError: there is none of that name.
        ModelError: it is known of, but cannot be had so.
    """
    found = ANIMATORS.get(name)
    if found is None and Path(name).is_dir():
        return partial(_live, folder=Path(name))
    if found is None:
        raise RequestError(
            f"There is no animator {name}.",
            f"There is {', '.join(n for n, a in ANIMATORS.items() if a.make)}, or give a folder "
            "with LivePortrait's graphs.",
        )
    if found.make is None:
        raise ModelError(
            f"The animator {name} is not built in (licence: {found.licence}; {found.limits}).",
            "For LivePortrait name the folder of its graphs; warp works without a download.",
        )
    return found.make

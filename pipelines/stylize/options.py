"""What kind of look is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: How much of a painted look is laid over the footage unless told otherwise; colour looks are
#: laid over it whole.
PAINTED_STRENGTH = 0.8


@dataclass(frozen=True)
class Options:
    """Options of ``studio stylize``.

    Attributes:
        out: folder for the results.
        looks: names, blends, pictures and ``.cube`` files, laid on one after the other.
        strength: of each look, 0 to 1; None for 0.8 of painted looks and 1 of colour looks.
        keep_color: take only lightness from painted looks.
        smooth: ``auto``, ``off``, or how much of each picture comes from the one before, 0 to 1.
        where: ``all`` of the picture, or only on the ``person`` or the ``background``.
        preview_s: make only so many seconds, from the middle; 0 for the whole film.
        seed: same footage, options and seed give the same film; only ``gatys`` draws by chance.
        method: ``net``, or ``gatys`` of a photo: the slow way that the networks learnt from.
        steps: of ``gatys``.
        dry_run: only say what would be made and what it costs.
    """

    out: Path
    looks: tuple[str, ...] = ()
    strength: float | None = None
    keep_color: bool = False
    smooth: str = "auto"
    where: str = "all"
    preview_s: float = 0.0
    seed: int = 0
    method: str = "net"
    steps: int = 300
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if not options.looks:
        raise RequestError("No look was given.", "Name one: --look starry")
    if options.strength is not None and not 0 <= options.strength <= 1:
        raise RequestError(f"--strength {options.strength:g} is not from 0 to 1.", "0.8 is usual.")
    if not 0 <= options.preview_s <= 600:
        raise RequestError(
            f"--preview {options.preview_s:g} is not from 0 to 600 seconds.", "5 is usual."
        )
    if options.where not in ("all", "person", "background"):
        raise RequestError(
            f"--where {options.where} is none of all, person and background.", "all is usual."
        )
    if options.method not in ("net", "gatys"):
        raise RequestError(f"--method {options.method} is neither net nor gatys.")
    if not 1 <= options.steps <= 10_000:
        raise RequestError(f"--steps {options.steps} is not from 1 to 10000.", "300 is usual.")
    smooth_share(options.smooth, 25.0)
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options


def smooth_share(smooth: str, fps: float) -> float:
    """How much of each picture comes from the one before, where nothing speaks against it.

    ``auto`` forgets at one pace whatever the rate: to a third in ``AUTO_MEMORY_S`` seconds.

    Raises:
        RequestError: it is neither a word nor a share.
    """
    if smooth == "auto":
        return float(3 ** (-1 / (fps * AUTO_MEMORY_S)))
    if smooth == "off":
        return 0.0
    try:
        share = float(smooth)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 0.98:
        raise RequestError(
            f"--smooth {smooth} is neither auto, off nor a share from 0 to 0.98.",
            "auto is usual.",
        )
    return share


#: Seconds after which a third is left of a picture in those that follow, with ``auto``.
AUTO_MEMORY_S = 0.2

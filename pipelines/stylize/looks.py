"""What a look is called, and what it stands for."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: What the learnt styles do, in a word each: their makers gave them numbers only. A number is
#: understood too.
STYLE_NAMES = (
    "pastel",
    "mondrian",
    "charcoal",
    "shards",
    "chalk",
    "mosaic",
    "dots",
    "blocks",
    "hatching",
    "woodcut",
    "sienna",
    "ochre",
    "haze",
    "velvet",
    "wash",
    "glass",
    "crayon",
    "weave",
    "engraving",
    "starry",
    "crimson",
    "cubes",
    "ink",
    "dusk",
    "etching",
    "cobbles",
)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class LearntLook:
    """A blend of the learnt styles.

    Attributes:
        weights: one a style; they add up to 1.
    """

    weights: tuple[float, ...]


@dataclass(frozen=True)
class PictureLook:
    """A blend of the styles of pictures.

    Attributes:
        pictures: files and their shares, which add up to 1.
    """

    pictures: tuple[tuple[Path, float], ...]


@dataclass(frozen=True)
class GradeLook:
    """A grade of the studio's.

    Attributes:
        name: of it.
    """

    name: str


@dataclass(frozen=True)
class CubeLook:
    """A colour table.

    Attributes:
        path: of the ``.cube`` file.
    """

    path: Path


@dataclass(frozen=True)
class NetLook:
    """A network of one's own, from ``studio train look``, ``pix2pix`` or ``cyclegan``.

    Attributes:
        path: of the ``.safetensors`` file.
    """

    path: Path


@dataclass(frozen=True)
class HubLook:
    """A look from words, drawn by a model of a hub.

    Attributes:
        prompt: what it is to look like.
    """

    prompt: str


Look = HubLook | LearntLook | PictureLook | GradeLook | CubeLook | NetLook


def parse_look(text: str) -> Look:
    """What one ``--look`` means.

    Args:
        text: ``starry``, ``19``, ``starry:0.5,mosaic:0.5``, ``wave.jpg``, ``film.cube``,
            ``warm``, ``mine.safetensors``, ``hub:a watercolour``.

    Raises:
        RequestError: nothing is called that.
    """
    from pipelines.stylize.grades import GRADES

    whole = text.strip()
    if whole.startswith("hub:"):
        if not whole[4:].strip():
            raise RequestError(f"--look {text!r} has no words.", "--look 'hub:a watercolour'")
        return HubLook(whole[4:].strip())
    if whole in GRADES:
        return GradeLook(whole)
    if whole.lower().endswith(".cube"):
        return CubeLook(Path(whole))
    if whole.lower().endswith(".safetensors"):
        return NetLook(Path(whole))
    if _is_picture(whole) and ("," not in whole or Path(whole).exists()):
        return PictureLook(((Path(whole), 1.0),))
    parts = [_part(part.strip()) for part in whole.split(",") if part.strip()]
    total = sum(weight for _, weight in parts)
    if not parts or total <= 0:
        raise RequestError(f"--look {text!r} names nothing.", "Write a name: --look starry")
    if all(_is_picture(name) for name, _ in parts):
        return PictureLook(tuple((Path(name), weight / total) for name, weight in parts))
    weights = [0.0] * len(STYLE_NAMES)
    for name, weight in parts:
        if name in GRADES or name.lower().endswith(".cube") or _is_picture(name):
            raise RequestError(
                f"--look {text!r} blends looks of different kinds.",
                "Painted styles blend with each other, pictures with pictures; lay others on "
                "one after the other: --look starry --look warm",
            )
        weights[_style(name)] += weight / total
    return LearntLook(tuple(weights))


def _is_picture(name: str) -> bool:
    return name.lower().endswith(_PICTURES)


def _part(text: str) -> tuple[str, float]:
    name, mark, share = text.rpartition(":")
    if not mark or "/" in share or "\\" in share:
        return text, 1.0
    try:
        weight = float(share)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1000:
        raise RequestError(
            f"{text!r} is no style with its share.", "Write e.g. starry:0.5,mosaic:0.5."
        )
    return name.strip(), weight


def _style(name: str) -> int:
    if name.isdecimal() and int(name) < len(STYLE_NAMES):
        return int(name)
    if name in STYLE_NAMES:
        return STYLE_NAMES.index(name)
    from pipelines.stylize.grades import GRADES

    near = difflib.get_close_matches(name, (*STYLE_NAMES, *GRADES), 1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise RequestError(
        f"no look called {name[:60]!r}",
        f"{hint}There are {', '.join(STYLE_NAMES)}; {', '.join(GRADES)}; or a picture, a "
        ".cube file, or a .safetensors file of studio train.",
    )


def inputs_of(look: Look) -> tuple[Path, ...]:
    """The files a look is read from."""
    if isinstance(look, PictureLook):
        return tuple(path for path, _ in look.pictures)
    return (look.path,) if isinstance(look, CubeLook | NetLook) else ()


def digest_of(path: Path) -> str:
    """sha256 of a file that a look is read from, hexadecimal.

    Raises:
        RequestError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise RequestError(
            f"The look {path} cannot be read: {exc.strerror}.", "Check the name of the file."
        ) from exc

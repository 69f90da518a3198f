"""Still pictures from files, and to PNG files that say what made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from studio.errors import LimitExceeded, NoSuchMedia, UnsupportedMedia
from studio.media.writer import write_beside
from studio.media.xmp import packet
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark

#: Formats that are read: their decoders are small and were fuzzed for long.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")


def write_still(
    path: Path, pixels: NDArray[np.uint8], mark: FilmMark | None = None, *, beside: bool = False
) -> None:
    """Write a picture as PNG; it appears whole or not at all.

    A mark is written as the texts ``Comment`` and ``Description``, and as the XMP property by
    which other programs know what a model made.

    Args:
        path: ``….png``.
        pixels: uint8 ``(h, w, 3)`` RGB or ``(h, w, 4)`` RGBA.
        mark: what made it.
        beside: whether the mark is also written as JSON beside it, ``….json``.

    Raises:
        EncodeFailed: it cannot be written.
    """
    texts = PngInfo()
    if mark is not None:
        for key, value in mark.to_metadata().items():
            texts.add_itxt(key.capitalize(), value)
        texts.add_itxt("XML:com.adobe.xmp", packet(mark.deed))
    with write_beside(path) as unfinished:
        Image.fromarray(pixels).save(unfinished, "PNG", pnginfo=texts)
    if mark is not None and beside:
        body = json.loads(mark.to_metadata()["description"])
        with write_beside(path.with_suffix(".json")) as unfinished:
            unfinished.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")


def read_texts(path: Path, settings: Settings | None = None) -> dict[str, str]:
    """The texts of a PNG by their names in small letters; pixels are not decoded.

    Raises:
        MediaError: as :func:`read_still`.
    """
    with _opened(path, settings or Settings()) as picture:
        texts = getattr(picture, "text", {})
        return {str(name).lower(): str(value) for name, value in texts.items()}


def read_still(path: Path, settings: Settings | None = None) -> NDArray[np.uint8]:
    """A picture as uint8 ``(h, w, 3)`` RGB, upright; what is transparent shows white.

    Raises:
        NoSuchMedia: nothing readable lies there.
        UnsupportedMedia: it is no picture of a format that is read, or damaged.
        LimitExceeded: more bytes or pixels than the settings allow.
    """
    with _opened(path, settings or Settings()) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.has_transparency_data:
            over = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        return np.asarray(upright.convert("RGB"))


@contextmanager
def _opened(path: Path, limits: Settings) -> Iterator[Image.Image]:
    """A picture within the limits; what goes wrong while it is read is an error of it."""
    try:
        if not path.is_file():
            raise NoSuchMedia(f"{path} is no file.", "Check the name and the folder.")
        if path.stat().st_size > limits.max_file_bytes:
            raise LimitExceeded(f"{path} is too large.", "Scale the picture down.")
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > limits.max_pixels:
                raise LimitExceeded(
                    f"{path} has {picture.width}x{picture.height} pixels; "
                    f"the limit is {limits.max_pixels:,}.",
                    "Scale the picture down.",
                )
            yield picture
    except Image.DecompressionBombError as exc:
        raise LimitExceeded(f"{path} has too many pixels.", "Scale the picture down.") from exc
    except PermissionError as exc:
        raise NoSuchMedia(f"{path} cannot be read.", "Check its permissions.") from exc
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise UnsupportedMedia(
            f"{path} is no picture that can be read, or is damaged.",
            "Give a PNG, JPEG, WebP, BMP or TIFF file.",
        ) from exc

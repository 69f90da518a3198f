"""Still pictures from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from studio.errors import LimitExceeded, NoSuchMedia, UnsupportedMedia
from studio.settings import Settings

#: Formats that are read: their decoders are small and were fuzzed for long.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")


def read_still(path: Path, settings: Settings | None = None) -> NDArray[np.uint8]:
    """A picture as uint8 ``(h, w, 3)`` RGB, upright; what is transparent shows white.

    Raises:
        NoSuchMedia: nothing readable lies there.
        UnsupportedMedia: it is no picture of a format that is read, or damaged.
        LimitExceeded: more bytes or pixels than the settings allow.
    """
    limits = settings or Settings()
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
            upright = ImageOps.exif_transpose(picture)
            if upright.has_transparency_data:
                over = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
            return np.asarray(upright.convert("RGB"))
    except Image.DecompressionBombError as exc:
        raise LimitExceeded(f"{path} has too many pixels.", "Scale the picture down.") from exc
    except PermissionError as exc:
        raise NoSuchMedia(f"{path} cannot be read.", "Check its permissions.") from exc
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise UnsupportedMedia(
            f"{path} is no picture that can be read, or is damaged.",
            "Give a PNG, JPEG, WebP, BMP or TIFF file.",
        ) from exc

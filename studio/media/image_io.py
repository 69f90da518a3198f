"""Still pictures to files."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def jpeg_bytes(pixels: NDArray[np.uint8], quality: int = 88) -> bytes:
    """A picture as JPEG.

    Args:
        pixels: uint8 ``(h, w, 3)`` RGB.
        quality: 1 to 95.
    """
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()

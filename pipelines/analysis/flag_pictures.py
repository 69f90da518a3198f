"""What was flagged, as pictures that tell where and show nothing: the whole frame blurred past
recognition, and a line around the place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.safety import Flag, flags
from studio.types.analysis import FootageAnalysis

#: Longer side of the pictures, and how many pixels are left of it when it is blurred.
_SIDE_PX, _LEFT_PX = 480, 20


def write_flags(analysis: FootageAnalysis, out: Path) -> list[Path]:
    """A blurred picture of each flag: ``flag-01.jpg`` …

    Args:
        analysis: with ``safety``.
        out: folder.

    Raises:
        DecodeFailed: a frame is broken.
    """
    from studio.media.image_io import jpeg_bytes
    from studio.media.picture import upright_rgb
    from studio.media.reader import decode_range
    from studio.media.writer import write_beside

    times, info = analysis.frame_times, analysis.media
    if analysis.safety is None or times is None or info.video is None:
        return []
    made = []
    for number, flag in enumerate(flags(analysis.safety, times), start=1):
        for _, found in decode_range(info, times, flag.frame, flag.frame + 1):
            made.append(out / f"flag-{number:02}.jpg")
            with write_beside(made[-1]) as beside:
                beside.write_bytes(jpeg_bytes(blurred(upright_rgb(found, info.video), flag)))
    return made


def blurred(pixels: NDArray[np.uint8], flag: Flag) -> NDArray[np.uint8]:
    """A frame that shows nothing but where to look.

    Args:
        pixels: uint8 ``(h, w, 3)`` RGB.
        flag: what was seen there.
    """
    import cv2

    longer = max(pixels.shape[:2])
    few = [max(round(side * _LEFT_PX / longer), 1) for side in pixels.shape[1::-1]]
    wh = [max(round(side * _SIDE_PX / longer), 1) for side in pixels.shape[1::-1]]
    tiny = cv2.resize(pixels, few, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(tiny, wh, interpolation=cv2.INTER_CUBIC)
    left, top, right, bottom = np.rint(np.array(flag.xyxy) * [*wh, *wh]).astype(int).tolist()
    cv2.rectangle(soft, (left, top), (right, bottom), (255, 90, 60), 2)
    shown: NDArray[np.uint8] = np.asarray(soft, np.uint8)
    return shown

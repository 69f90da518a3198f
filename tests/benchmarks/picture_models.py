"""Objects, faces and embeddings of the sample clip: ours, the bare forward passes, the peers.

Each round runs the three one after the other, so that a busy machine slows all alike; ratios
are of the best rounds. Decoding is left out on all sides: frames are in memory beforehand. The
peers, being slow, see every fourth frame; theirs is told by the frame.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = 3

_PEERS = """
import sys, time
import numpy as np
frames, checkpoint = np.load(sys.argv[1]), sys.argv[2]
from ultralytics import YOLO
from facenet_pytorch import MTCNN
import torch
torch.set_num_threads(int(sys.argv[3]))
yolo, mtcnn = YOLO(checkpoint), MTCNN(keep_all=True)
def objects():
    for frame in frames[::4]:
        yolo.predict(frame[:, :, ::-1], verbose=False)
def faces():
    for frame in frames[::4]:
        mtcnn.detect(frame, landmarks=True)
yolo.predict(frames[0], verbose=False)
mtcnn.detect(frames[0])
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    {"objects": objects, "faces": faces}[line.strip()]()
    print((time.perf_counter() - started) / len(frames[::4]), flush=True)
"""


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the wall and of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - worked


class _Recorder:
    """Keeps what networks are given, to give it to them once more and nothing else."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, np.ndarray]] = []

    def __enter__(self) -> _Recorder:
        from studio.adapters.openvino_runtime import OpenvinoNet

        self._kept = OpenvinoNet.__call__
        kept, calls = self._kept, self.calls

        def record(net: Any, pixels: np.ndarray) -> Any:
            calls.append((net, pixels.copy()))
            return kept(net, pixels)

        OpenvinoNet.__call__ = record  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        from studio.adapters.openvino_runtime import OpenvinoNet

        OpenvinoNet.__call__ = self._kept  # type: ignore[method-assign]

    def replay(self) -> None:
        for net, pixels in self.calls:
            net(pixels)


def main() -> None:
    """Print a line a figure."""
    from pipelines.analysis.embeddings import EmbeddingAnalyser
    from pipelines.analysis.faces import FaceAnalyser
    from pipelines.analysis.objects import ObjectAnalyser
    from pipelines.analysis.options import Options
    from studio.adapters import yolo
    from studio.media.probe import frame_times, probe
    from studio.media.reader import Subscription, read_frames
    from studio.models import weights
    from studio.models.pool import ModelPool
    from studio.settings import Settings
    from studio.types.frames import FrameBatch, FrameRequest
    from tests.footage import music_video

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache_dir=Path(folder), device="cpu", memory_budget_bytes=4 << 30)
        info = probe(music_video(), settings)
        times = frame_times(info)

        def frames_for(request: FrameRequest) -> list[FrameBatch]:
            batches: list[FrameBatch] = []
            read_frames(info, [Subscription(request, batches.append)], times=times)
            return batches

        plain = frames_for(FrameRequest(rate=Options().sample_rate, batch=64))
        np.save(Path(folder) / "frames.npy", np.concatenate([b.pixels for b in plain]))
        checkpoint = weights.resolve(yolo.SPEC, settings.cache_dir)["yolo11n-seg.pt"]
        peers = subprocess.Popen(
            [
                *(sys.executable, "-c", _PEERS, str(Path(folder) / "frames.npy")),
                *(str(checkpoint), str(settings.cores)),
            ],
            env=os.environ
            | {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "YOLO_CONFIG_DIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert peers.stdin is not None
        assert peers.stdout is not None
        said = iter(peers.stdout.readline, "")
        assert "ready\n" in said  # after what ultralytics has to say about its settings

        def peer(part: str) -> float:
            print(part, file=peers.stdin, flush=True)
            return float(peers.stdout.readline())

        for kind in (ObjectAnalyser, FaceAnalyser, EmbeddingAnalyser):
            pool = ModelPool(settings)
            first = kind(pool, info, times, Options())
            batches = frames_for(first.request)

            def run(pool: Any = pool, kind: Any = kind, batches: Any = batches) -> None:
                with kind(pool, info, times, Options()) as analyser:
                    for batch in batches:
                        analyser.take(batch)
                    analyser.finish()

            converted = _timed(run)
            pool.release_idle()
            cold = _timed(run)
            with _Recorder() as recorder:
                run()
            ours, bare, theirs = [], [], []
            for _ in range(ROUNDS):
                ours.append(_timed(run))
                bare.append(_timed(recorder.replay))
                if first.part != "embeddings":
                    theirs.append(peer(first.part))
            count = sum(len(b) for b in batches)
            wall, worked = np.min(ours, axis=0)
            bare_wall, bare_worked = np.min(bare, axis=0)
            print(
                f"{first.part}: {count} frames in {wall:.2f} s ({worked:.2f} s of processor); bare "
                f"forward passes {bare_wall:.2f} s ({bare_worked:.2f} s); ratio "
                f"{wall / bare_wall:.2f}, of processor {worked / bare_worked:.2f} (aim 1.15); with "
                f"loading {cold[0]:.2f} s; first time on a machine {converted[0]:.2f} s; "
                + ", ".join(f"{k}={v}" for k, v in first.made_by.items()),
                flush=True,
            )
            if theirs:
                mine = wall / count
                print(
                    f"  a frame: ours {mine * 1e3:.1f} ms, the package's own "
                    f"{min(theirs) * 1e3:.1f} ms, theirs over ours {min(theirs) / mine:.1f}",
                    flush=True,
                )
            recorder.calls.clear()
            pool.release_idle()
        peers.stdin.close()
        peers.wait(timeout=30)


if __name__ == "__main__":
    main()

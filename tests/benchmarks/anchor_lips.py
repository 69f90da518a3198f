"""Drawn presenters: how well their lips go with the voice, and how fast they are drawn.

Every presenter says two lines with the starter's voices, English and Korean, at 1080p and 25
frames a second; the face mesh measures the mouth on the drawn pictures (on a cut-out about the
head, to save time). Drawing is timed alone, on one thread, in processor time too: on a machine
that others use as well, that is to be read. Run with names to measure only these:
``python -m tests.benchmarks.anchor_lips seoyeon``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pipelines.anchor.performing import plan_performance
from pipelines.anchor.performing.measuring import LipSync, measure_lip_sync
from pipelines.anchor.presenters import Presenter
from pipelines.anchor.presenters.drawn import CAST, DrawnPresenter
from studio.adapters import espeak, piper
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.audio import AudioClip
from studio.types.performance import Performance
from studio.types.spoken import VoiceTrack
from tests.anchor.spoken_lines import said

FULL_HD = (1920, 1080)
RATE = Fraction(25)
TEXTS = {
    "en": ["Mayor Rosa King calls the plan the city's number one priority.", "Good night."],
    "ko": ["폭풍으로 문을 닫았던 해운항이 오늘 아침 다시 열렸습니다.", "고맙습니다."],
}
LIMITS = "correlation >= 0.9, offset within 1 frame, silence <= 0.05, closures >= 0.95"
SPEED_LIMIT = 25


def voices(job: Job) -> dict[str, tuple[VoiceTrack, AudioClip]]:
    """The lines said by Piper (English) and eSpeak (Korean)."""
    return {
        "en": said(job.pool, TEXTS["en"], "en", piper.SPEC),
        "ko": said(job.pool, TEXTS["ko"], "ko", espeak.SPEC),
    }


def measured(who: Presenter, track: VoiceTrack, clip: AudioClip, job: Job) -> LipSync:
    """Draw a whole track and measure it."""
    rows = plan_performance(track, RATE)
    phonemes = [p for line in track.lines for p in line.phonemes]
    return measure_lip_sync(_pictures(who, rows), rows, phonemes, clip, job)


def _pictures(who: Presenter, rows: Performance) -> Iterator[np.ndarray]:
    width, height = who.size_wh
    half = min(height, width) // 2
    for number in range(len(rows)):
        cut = who.draw(rows, number)[:, width // 2 - half : width // 2 + half]
        grey = np.full((*cut.shape[:2], 3), 110, np.uint8)
        alpha = cv2.merge([cut[..., 3]] * 3).astype(np.float32) / 255
        yield np.rint(cut[..., :3] * alpha + grey * (1 - alpha)).astype(np.uint8)


def drawings_a_second(who: Presenter, rows: Performance, rounds: int) -> tuple[float, float]:
    """By the wall's clock and by the processor's."""
    who.draw(rows, 0)
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(rounds):
        who.draw(rows, number * 7 % len(rows))
    count = float(rounds)
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def line(told: LipSync) -> str:
    """The figures of one measurement."""
    return (
        f"correlation {told.correlation:.3f}, offset {told.late_frames:+.2f} frames, silence "
        f"{told.silent:.4f}, closures {told.met}/{told.closures}, face on {told.seen:.0%} of "
        f"{told.frames} frames"
    )


def main(rounds: int = 50) -> None:
    """Print a line for each presenter and language, and the speed."""
    names = sys.argv[1:] or [look.name for look in CAST]
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Settings(cache_dir=Path(folder)))
        tracks = voices(job)
        print(f"to reach: {LIMITS}, {SPEED_LIMIT} drawings a second")
        cv2.setNumThreads(1)
        for look in CAST:
            if look.name not in names:
                continue
            who = DrawnPresenter(look, FULL_HD)
            for language, (track, clip) in tracks.items():
                print(f"{look.name:>8} {language}: {line(measured(who, track, clip, job))}")
            rows = plan_performance(tracks["en"][0], RATE)
            wall, cpu = drawings_a_second(who, rows, rounds)
            print(
                f"{look.name:>8}: {wall:.1f} drawings/s on the wall's clock, "
                f"{cpu:.1f} a second of one core", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()

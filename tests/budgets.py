"""One analysis under several budgets of memory: for the test and for the benchmark."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipelines import analysis
from studio.archive.store import AnalysisStore
from studio.jobs.job import Job
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.analysis import FootageAnalysis
from tests.footage import ffmpeg, music_video, package_file


def talking_clip(folder: Path, seconds: float) -> Path:
    """Pictures of the music video under read speech, so that every model has work."""
    clip = folder / f"talking-{seconds:g}.mp4"
    if not clip.exists():
        speech = package_file("moonshine-voice", "two_cities.wav")
        ffmpeg(
            *("-t", seconds, "-i", music_video(), "-t", seconds, "-i", speech),
            *("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", clip),
        )
    return clip


@dataclass(frozen=True)
class Run:
    """One analysis: what came out, seconds, and the pool that held its models."""

    analysis: FootageAnalysis
    wall_s: float
    pool: ModelPool
    most_bytes: int


def analyse(clip: Path, cache_dir: Path, budget_bytes: int, rate: Fraction = Fraction(2)) -> Run:
    """Analyse from nothing under a budget; watches the most that the pool counted."""
    settings = Settings(cache_dir=cache_dir, device="cpu", memory_budget_bytes=budget_bytes)
    pool = ModelPool(settings)
    most = 0

    def watch(_progress: Any) -> None:
        nonlocal most
        most = max(most, pool.held_bytes)

    job = Job(settings, pool, AnalysisStore(cache_dir / "none"), on_progress=watch)
    started = time.perf_counter()
    result = analysis.run(clip, analysis.Options(cache=False, sample_rate=rate), job)
    wall_s = time.perf_counter() - started
    pool.close()
    return Run(result.analysis, wall_s, pool, most)

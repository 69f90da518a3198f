"""Titles in a film are read, each once, with the time they stand there."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines import analysis
from pipelines.analysis.texts import likeness
from studio.jobs.job import Job
from studio.media.cards import font_path
from studio.settings import Settings
from tests.footage import bunny, ffmpeg


@pytest.fixture(scope="module")
def titled(footage_dir):
    """A cartoon for five seconds; a title from 1 to 3 s, a line below it from 2 s to the end."""
    path = footage_dir / "titled.mp4"
    font = str(font_path("Bold")).replace(":", r"\:")
    style = f"fontfile={font}:fontcolor=white:borderw=3"
    draw = (
        "scale=640:-2,"
        f"drawtext={style}:fontsize=40:text='The Big Meadow':x=60:y=60:enable='between(t,1,2.99)',"
        f"drawtext={style}:fontsize=28:text='Episode 4':x=60:y=280:enable='gte(t,2)'"
    )
    ffmpeg("-i", bunny(), "-t", 5, "-vf", draw, "-an", "-preset", "ultrafast", path)
    return path


def test_titles_are_read_once_with_their_time(titled, studio_cache):
    job = Job(Settings(cache_dir=studio_cache, device="cpu"))
    made = analysis.run(titled, analysis.Options(only=("texts",)), job)
    seen = {t.text.casefold().replace(" ", ""): t for t in made.analysis.texts}
    assert set(seen) == {"thebigmeadow", "episode4"}
    title, line = seen["thebigmeadow"], seen["episode4"]
    assert (float(title.start), float(title.end)) == pytest.approx((1, 3), abs=0.05)
    assert float(line.start) == pytest.approx(2, abs=0.05)
    assert line.end == made.analysis.frame_times.start(len(made.analysis.frame_times))
    assert (title.samples, line.samples) == (2, 3)
    middle = np.mean(title.corners, axis=0)
    assert middle[1] == pytest.approx(80 / 360, abs=0.03)
    again = analysis.run(titled, analysis.Options(only=("texts",)), job)
    assert again.stored == ("texts",)
    assert again.analysis.texts == made.analysis.texts
    assert "The Big Meadow" in analysis.summarise(again)


def test_likeness_of_two_readings():
    assert likeness("Big Meadow", "BigMeadow") == 1
    assert likeness("Big Meadow", "Big Meadov") > 0.85
    assert likeness("Big Meadow", "Episode 4") < 0.4

"""Looks from words: drawn on key frames, carried between them; a tiny model stands in for the
one of the hub, whose shape it has."""

import cv2
import numpy as np
import pytest

from pipelines import stylize
from pipelines.stylize import preparing
from pipelines.stylize.keyed import Keyed, KeyLayer, in_colours_of
from studio.errors import RequestError, WeightsMissing
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.settings import Settings
from tests.fetched import Fetched, fetched, tiny
from tests.footage import bikes, ffmpeg

__all__ = ["fetched", "tiny"]


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """Two shots, the cut after ten frames, 96x40."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    cut = "select='lt(n,10)+between(n,150,164)',setpts=N/25/TB,scale=96:40"
    ffmpeg("-i", bikes(), "-an", "-vf", cut, "-frames:v", 25, "-crf", 10, path)
    return path


class Painter:
    """Draws blue, the darker the later: tells which drawing a pixel is from."""

    def __init__(self) -> None:
        self.drawn = 0
        self.precision = "f32"

    def image_to_image(self, images, prompt, **_):
        self.drawn += 1
        made = np.zeros_like(images)
        made[..., 2] = 250 - 40 * self.drawn
        return made


def test_keys_are_drawn_at_cuts_and_once_a_second():
    random = np.random.default_rng(1)
    scene = cv2.resize(random.integers(0, 255, (30, 60, 3), np.uint8), (400, 200))
    painter = Painter()
    layer = KeyLayer(painter, "m@1", "blue", 0, 5, 1.0, False, frozenset({0, 8}))
    keyed = Keyed(layer)
    counts, blues = [], []
    for number in range(12):
        frame = np.ascontiguousarray(scene[40:140, 20 + 2 * number : 180 + 2 * number])
        made = keyed(frame, number)
        counts.append(painter.drawn)
        blues.append(made[20:80, 20:120, 2].mean())
    assert counts == [1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    assert blues[4] == pytest.approx(210, abs=3), "carried along the motion"
    assert 170 < blues[5] < 210, "a new drawing is mixed with the old"
    assert blues[8] == pytest.approx(130, abs=1), "nothing of the old is left at a cut"


def test_colours_are_taken_over_where_they_are_trusted():
    grey = np.random.default_rng(2).integers(100, 140, (20, 20, 3), np.uint8)
    red = np.clip(grey.astype(int) + np.array([90, -60, -60]), 0, 255).astype(np.uint8)
    made = in_colours_of(grey, red, np.ones((20, 20), np.float32))
    assert np.abs(made.astype(int) - red).max() <= 2


@pytest.mark.slow
def test_a_film_from_words(fetched: Fetched, street, tmp_path, monkeypatch):
    monkeypatch.setattr(preparing.diffusion, "SPEC_TURBO", fetched.specs["sd-turbo"])
    settings = Settings(cache_dir=fetched.pool.cache_dir, device="cpu", threads=1)
    job = Job(settings, fetched.pool)
    options = stylize.Options(tmp_path, ("hub:a watercolour", "warm"), seed=3)
    result = stylize.run(street, options, job)
    mark = read_mark(result.files["film"])
    assert "--look 'hub:a watercolour' --look warm" in mark.command_line
    assert list(mark.models) == ["sd-turbo@1"] and mark.models["sd-turbo@1"] == "f32"
    assert "drawn as 'a watercolour'" in stylize.summarise(result)
    assert result.render is not None and result.render.frames == 25


def test_without_the_model_the_command_that_gets_it_is_named(street, tmp_path):
    job = Job(Settings(cache_dir=tmp_path / "cache"))
    with pytest.raises(WeightsMissing, match="fetch sd-turbo"):
        stylize.run(street, stylize.Options(tmp_path / "out", ("hub:a watercolour",)), job)
    assert not (tmp_path / "out").exists()
    with pytest.raises(RequestError, match="no words"):
        stylize.run(street, stylize.Options(tmp_path / "out", ("hub: ",)), job)

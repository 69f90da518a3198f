"""Photos: painted by the networks, by optimisation; marked; refused."""

import cv2
import numpy as np
import pytest

from pipelines import stylize
from studio.errors import RequestError, StudioError
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.media.still import read_still
from studio.settings import Settings
from tests.footage import package_file


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return Job(Settings(cache_dir=tmp_path_factory.mktemp("cache"), threads=1))


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A street with a bus, 95x126."""
    bus = cv2.imread(str(package_file("ultralytics", "assets/bus.jpg")))
    path = tmp_path_factory.mktemp("photo") / "bus.png"
    cv2.imwrite(str(path), cv2.resize(bus[:, :, ::-1][:, :, ::-1], (95, 126)))
    return path


@pytest.fixture(scope="module")
def stripes(tmp_path_factory):
    """Red and blue stripes to paint like, 96x96."""
    path = tmp_path_factory.mktemp("style") / "stripes.png"
    picture = np.zeros((96, 96, 3), np.uint8)
    picture[:, :, 2] = 220 * (np.add.outer(np.arange(96), np.arange(96)) // 6 % 2)
    picture[:, :, 0] = 220 - picture[:, :, 2]
    cv2.imwrite(str(path), picture)
    return path


def test_a_photo_is_painted_and_says_so(photo, job, tmp_path):
    options = stylize.Options(tmp_path, ("starry", "warm"), strength=1.0)
    result = stylize.run(photo, options, job)
    made = result.files["picture"]
    assert made.name == "bus.starry+warm.png"
    before, after = read_still(photo), read_still(made)
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).mean() > 20
    mark = read_mark(made)
    assert mark.command_line == ("studio stylize bus.png --look starry --look warm --strength 1")
    assert list(mark.models) == ["style26@1"]
    again = stylize.run(photo, stylize.Options(tmp_path / "2", options.looks, 1.0), job)
    assert (read_still(again.files["picture"]) == after).all()
    assert "bus.png" in stylize.summarise(result)


def test_optimised_as_the_paper_does(photo, stripes, job, tmp_path):
    """Its style loss falls to a third and less, the same seed gives the same bytes."""
    from pipelines.stylize.looks import PictureLook
    from pipelines.stylize.optimised import optimise

    options = stylize.Options(tmp_path, (str(stripes),), method="gatys", steps=20, strength=1.0)
    result = stylize.run(photo, options, job)
    made = read_still(result.files["picture"])
    assert made.shape == read_still(photo).shape
    assert "VGG" in result.notes[0]
    assert "--method gatys --steps 20" in read_mark(result.files["picture"]).command_line
    found = optimise(read_still(photo), PictureLook(((stripes, 1.0),)), options, job)
    assert (found.rgb == made).all()
    style = [losses[1] for losses in found.losses]
    assert style[-1] < style[0] / 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"looks": ("starry",), "method": "gatys"}, "in the manner of a picture"),
        ({"looks": ("starry",), "preview_s": 5.0}, "--preview"),
        ({"looks": ("starry",), "method": "vgg"}, "neither net nor gatys"),
        ({"looks": ("nothing.safetensors",)}, "nothing.safetensors"),
    ],
)
def test_what_cannot_work_is_refused(photo, job, tmp_path, options, said):
    with pytest.raises(StudioError, match=said):
        stylize.run(photo, stylize.Options(tmp_path / "none", **options), job)
    assert not (tmp_path / "none").exists()


def test_a_film_is_not_optimised(job, tmp_path):
    with pytest.raises(RequestError, match="for a photo"):
        stylize.run(
            tmp_path / "film.mp4", stylize.Options(tmp_path, ("a.png",), method="gatys"), job
        )


def test_a_tiny_style_is_refused(photo, job, tmp_path):
    tiny = tmp_path / "tiny.png"
    cv2.imwrite(str(tiny), np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(RequestError, match="2x2 pixels"):
        stylize.run(photo, stylize.Options(tmp_path, (str(tiny),)), job)

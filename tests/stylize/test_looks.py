"""What ``--look`` means."""

from pathlib import Path

import pytest

from pipelines.stylize.grades import GRADES
from pipelines.stylize.looks import (
    STYLE_NAMES,
    CubeLook,
    GradeLook,
    LearntLook,
    PictureLook,
    parse_look,
)
from pipelines.stylize.options import Options, checked, smooth_share
from studio.adapters.style import STYLES
from studio.errors import RequestError


def test_every_style_has_a_name_of_its_own():
    assert len(set(STYLE_NAMES)) == len(STYLE_NAMES) == STYLES
    assert not set(STYLE_NAMES) & set(GRADES)


def test_names_numbers_and_blends():
    starry = parse_look("starry")
    assert starry == parse_look("19") == parse_look(" starry:3 ")
    assert starry.weights.index(1.0) == 19
    blend = parse_look("starry:1,mosaic:3")
    assert isinstance(blend, LearntLook)
    assert blend.weights[19] == 0.25 and blend.weights[STYLE_NAMES.index("mosaic")] == 0.75


def test_files_and_grades():
    assert parse_look("warm") == GradeLook("warm")
    assert parse_look("a/Film.CUBE") == CubeLook(Path("a/Film.CUBE"))
    assert parse_look("wave.jpg") == PictureLook(((Path("wave.jpg"), 1.0),))
    mixed = parse_look("wave.jpg:1,b/night.png:1")
    assert mixed == PictureLook(((Path("wave.jpg"), 0.5), (Path("b/night.png"), 0.5)))
    # A Windows drive is no share.
    assert parse_look(r"C:\wave.jpg") == PictureLook(((Path(r"C:\wave.jpg"), 1.0),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stary", "Did you mean 'starry'"),
        ("26", "no look called '26'"),
        ("", "names nothing"),
        ("starry:0", "names nothing"),
        ("starry:-1", "no style with its share"),
        ("starry:nan", "no style with its share"),
        ("starry,warm", "blends looks of different kinds"),
        ("starry,wave.jpg", "blends looks of different kinds"),
    ],
)
def test_what_means_nothing_is_refused(text, said):
    with pytest.raises(RequestError) as caught:
        parse_look(text)
    assert said in str(caught.value)


def test_options_are_checked(tmp_path):
    for wrong in (
        {},
        {"looks": ("starry",), "strength": 1.2},
        {"looks": ("starry",), "strength": float("nan")},
        {"looks": ("starry",), "preview_s": -1.0},
        {"looks": ("starry",), "smooth": "much"},
        {"looks": ("starry",), "smooth": "1"},
    ):
        with pytest.raises(RequestError):
            checked(Options(tmp_path, **wrong))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RequestError, match="is a file"):
        checked(Options(tmp_path / "file", ("starry",)))
    assert smooth_share("off", 25) == 0
    assert smooth_share("0.5", 25) == 0.5
    # The same pace at any rate: as much is left after a second.
    assert smooth_share("auto", 25) ** 25 == pytest.approx(smooth_share("auto", 60) ** 60)

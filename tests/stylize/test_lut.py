"""Colour tables: files that are good, files that are not, and what a table does to a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stylize.grades import GRADES, grade
from studio.errors import RequestError
from studio.media.lut import Lut, LutPainter, on_unit_domain, read_cube

CORNERS = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"


def write(tmp_path, text):
    path = tmp_path / "film.cube"
    path.write_text(text, encoding="utf-8")
    return path


def tetrahedral(lut, colours):
    """The reference: each colour from the four corners of its tetrahedron; ``(n, 3)`` 0 to 1."""
    points = len(lut.table)
    place = np.clip(colours, 0, 1) * (points - 1)
    whole = np.minimum(place.astype(int), points - 2)
    share = place - whole
    found = np.zeros_like(colours)
    for row in range(len(colours)):
        order = np.argsort(-share[row], kind="stable")
        corner = whole[row].copy()
        steps = [1.0, *share[row][order], 0.0]
        for number in range(4):
            weight = steps[number] - steps[number + 1]
            red, green, blue = corner
            found[row] += weight * lut.table[blue, green, red]
            if number < 3:
                corner[order[number]] += 1
    return found


def test_a_file_is_read_as_it_is_written(tmp_path):
    text = (
        '\ufeff# made by hand\nTITLE "Dawn"\n\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\n'
        "DOMAIN_MAX\t1 1 1\n" + CORNERS.replace("1 0 0", "0.5 0.25 1e-1", 1)
    )
    lut = read_cube(write(tmp_path, text))
    assert lut.title == "Dawn"
    assert lut.table.shape == (2, 2, 2, 3)
    # Red moves fastest.
    assert lut.table[0, 0, 1] == pytest.approx([0.5, 0.25, 0.1])
    assert lut.table[1, 0, 0] == pytest.approx([0, 0, 1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no LUT_3D_SIZE"),
        ("LUT_3D_SIZE 1\n", "2 to 129"),
        ("LUT_3D_SIZE 100000000000\n", "2 to 129"),
        ("LUT_3D_SIZE -2\n", "2 to 129"),
        ("LUT_1D_SIZE 4\n0 0 0\n", "1D table"),
        ("0 0 0\nLUT_3D_SIZE 2\n", "line 1: a colour before"),
        ("LUT_3D_SIZE 2\n" + CORNERS[:-6], "holds 7 colours"),
        ("LUT_3D_SIZE 2\n" + CORNERS + "1 1 1\n", "line 10: more than"),
        ("LUT_3D_SIZE 2\n0 0\n", "line 2: '0 0' should be three numbers"),
        ("LUT_3D_SIZE 2\n0 nan 0\n", "three numbers"),
        ("LUT_3D_SIZE 2\n0 inf 0\n", "three numbers"),
        ("LUT_3D_SIZE 2\n0 red 0\n", "three numbers"),
        ("LUT_3D_SIZE 2\nDOMAIN_MAX 0 0 0\n" + CORNERS, "DOMAIN_MIN is not below"),
        ("LUT_3D_SIZE 2\nGAMMA 2\n" + CORNERS, "'GAMMA' is no word"),
        ("LUT_3D_SIZE 2\n" + "0" * 2000 + "\n", "line 2 is too long"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, said):
    with pytest.raises(RequestError, match=r"film\.cube") as caught:
        read_cube(write(tmp_path, text))
    assert said in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "film.cube"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(RequestError, match="no text"):
        read_cube(path)
    with pytest.raises(RequestError, match="cannot be read"):
        read_cube(tmp_path / "none.cube")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cube") / "any.cube"
    path.write_bytes(b"LUT_3D_SIZE 2\n" + data)
    try:
        assert read_cube(path).table.shape == (2, 2, 2, 3)
    except RequestError as error:
        assert error.hint


@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_table_is_applied_tetrahedrally(kind, most):
    random = np.random.default_rng(1)
    lut = Lut("random", random.random((5, 5, 5, 3)).astype(np.float32))
    picture = random.integers(0, most + 1, (12, 40, 3)).astype(kind)
    made = LutPainter(lut)(picture)
    wanted = tetrahedral(lut, picture.reshape(-1, 3) / most).reshape(picture.shape) * most
    assert made.dtype == kind
    assert np.abs(made - wanted).max() <= 1.01 + most * 1e-5


def test_a_domain_other_than_0_to_1_is_heeded():
    """A table that adds up as f(x) = x over 0.2 to 0.8, and holds its ends outside."""
    axis = np.linspace(0.2, 0.8, 4)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    table = np.stack([red, green, blue], axis=-1).astype(np.float32)
    lut = Lut("part", table, (0.2, 0.2, 0.2), (0.8, 0.8, 0.8))
    picture = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    made = LutPainter(lut)(picture)
    assert np.abs(made.astype(int) - np.clip(picture.astype(int), 51, 204)).max() <= 1
    assert on_unit_domain(lut).domain_max == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", sorted(GRADES))
def test_grades_change_colours_and_keep_the_order_of_greys(name):
    lut = grade(name)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    made = LutPainter(lut)(greys).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(made[0]) >= -1).all(), "a lighter grey came out darker"
    assert made[0, -1] - made[0, 0] > 100, "little is left of the contrast"
    colours = np.random.default_rng(2).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    assert np.abs(LutPainter(lut)(colours).astype(int) - colours).mean() > 2
    if name in ("mono",):
        assert np.ptp(LutPainter(lut)(colours), axis=2).max() <= 1

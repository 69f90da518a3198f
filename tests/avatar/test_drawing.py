"""Characters: the same every time, and every control is seen in the picture."""

from dataclasses import fields, replace

import numpy as np
import pytest

from pipelines.avatar.characters import CAST, bust, character, draw_backdrop, draw_character
from pipelines.avatar.painting import spread
from pipelines.avatar.sheet import POSES, portrait, write_sheet
from studio.drawing.canvas import Canvas, ellipse, faded, mixed, smooth
from studio.types.character import HAND_POINTS, VISEMES, Expression, Hand, MouthShape

#: What every control is moved to; a number for which the picture must look otherwise.
MOVED = {
    **dict.fromkeys(("yaw", "pitch", "roll"), 0.3),
    **dict.fromkeys(("x", "y", "shoulder_x", "shoulder_y", "shoulder_roll"), 0.1),
    "scale": 1.15,
    **dict.fromkeys(("eye_left", "eye_right"), 0.0),
    **dict.fromkeys(("gaze_x", "gaze_y", "brow_left", "brow_right", "frown", "smile"), 0.8),
    **dict.fromkeys(("cheek", "breath"), 1.0),
}
OPEN = MouthShape(jaw=0.4, upper_lip=0.4)
PALM = np.array(
    [(0, 0), (0.1, -0.1), (0.2, -0.2), (0.3, -0.3), (0.35, -0.4)]
    + [(x, y) for x in (0.15, 0.05, -0.05, -0.15) for y in (-0.45, -0.65, -0.8, -0.9)],
    np.float32,
)


def picture(who, now, side=240, trunk=True):
    canvas = Canvas(side, side)
    draw_character(canvas, who, now, bust(side, side), trunk=trunk)
    return canvas.pixels.copy()


def changed(one, two):
    """Pixels that differ for the eye."""
    return np.argwhere(np.abs(one.astype(int) - two.astype(int)).max(axis=2) > 24)


@pytest.mark.parametrize("who", CAST, ids=lambda who: who.name)
def test_every_control_is_seen_where_it_belongs(who):
    calm = Expression(mouth=OPEN)
    still = picture(who, calm)
    assert (still == picture(who, calm)).all()
    assert {f.name for f in fields(Expression)} - {"mouth", "hand_left", "hand_right"} == set(MOVED)
    for name, value in MOVED.items():
        if name in ("cheek", "breath") and who.kind == "robot":
            continue
        where = changed(still, picture(who, replace(calm, **{name: value})))
        assert len(where) > 2, name
        if name.startswith(("eye_", "brow_")):  # its own left is on the right of the picture
            right = where[:, 1].mean() > 120
            assert right == name.endswith("left"), name
            assert where[:, 0].max() < 130, name
    for name in ("jaw", "width", "pucker", "lower_lip", "upper_lip"):
        other = replace(calm, mouth=replace(OPEN, **{name: 0.9}))
        where = changed(still, picture(who, other))
        assert len(where) > 2, name
        assert where[:, 0].min() > 90, name


def test_visemes_look_apart_and_lips_meet_on_closures():
    who = character("mina")

    def inside(now):  # dark between the lips, and teeth
        rgb = picture(who, now, 480)[238:300, 200:280, :3].astype(int)
        dark, teeth = rgb[..., 0] < 125, rgb.min(axis=2) > 222
        return int((dark | teeth).sum())

    pictures = {name: picture(who, Expression().saying(name)) for name in VISEMES}
    for name, one in pictures.items():
        for other, two in pictures.items():
            assert name == other or len(changed(one, two)) > 0, (name, other)
    shut = inside(Expression())
    assert inside(Expression().saying("PP")) <= shut
    jaws = [inside(Expression(mouth=MouthShape(jaw=j))) for j in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert jaws == sorted(jaws)
    assert jaws[-1] > shut + 300
    half = Expression().saying("aa", 0.5)
    assert half.mouth.jaw == pytest.approx(VISEMES["aa"].jaw / 2)
    with pytest.raises(ValueError, match="no viseme 'zz'"):
        Expression().saying("zz")


@pytest.mark.parametrize("who", [CAST[0], CAST[5], CAST[7]], ids=lambda who: who.name)
def test_hands_come_and_go_on_their_side(who):
    still = picture(who, Expression())
    at = PALM + np.array([0.75, 0.55], np.float32)
    assert at.shape == (HAND_POINTS, 2)
    shown = picture(who, Expression(hand_left=Hand(at)))
    where = changed(still, shown)
    assert where[:, 1].min() > 120
    assert len(where) > 800
    fading = changed(still, picture(who, Expression(hand_left=Hand(at, 0.2))))
    assert 0 < len(fading) < len(where)
    assert (picture(who, Expression(hand_left=Hand(at, 0.0))) == still).all()


def test_a_turned_head_keeps_its_far_eye_on_the_face():
    """At the greatest turn nothing of the face hangs beside the head."""
    for who in CAST:
        for yaw in (-1.2, 1.2):
            side = picture(who, Expression(yaw=yaw), trunk=False)
            back = picture(who, Expression(yaw=yaw, eye_left=0, eye_right=0), trunk=False)
            # Eyes, open or shut, do not change what the head covers.
            other = (side[..., 3] > 128) ^ (back[..., 3] > 128)
            assert other.sum() < 60, who.name


def test_the_sheet_shows_all(tmp_path):
    from studio.media.still import read_still

    pixels = read_still(write_sheet(tmp_path / "new" / "avatars.png"))
    assert pixels.shape == (320 * len(CAST), 320 * len(POSES), 3)
    cells = pixels.reshape(len(CAST), 320, len(POSES), 320, 3).swapaxes(1, 2)
    assert (cells[3, 0] == portrait(CAST[3], Expression())).all()
    assert len({cell.tobytes() for row in cells for cell in row}) == len(CAST) * len(POSES)
    assert len(CAST) >= 6
    assert len({who.kind for who in CAST}) >= 3


def test_straight_colours_have_no_dark_rim():
    canvas = Canvas(64, 64)
    canvas.clear()
    canvas.fill(ellipse(32, 32, 20.3, 20.3), "#f0a030")
    rgba = spread(canvas.pixels)
    assert (rgba[..., 3] == canvas.pixels[..., 3]).all()
    near = rgba[(rgba[..., 3] > 0)]
    assert np.abs(near[:, :3].astype(int) - (0xF0, 0xA0, 0x30)).max() <= 16
    ring = (rgba[..., 3] == 0) & (rgba[..., :3].max(axis=2) > 0)
    assert ring.sum() > 100  # carried outwards, where a codec shares colour


def test_colours_and_curves():
    assert mixed("#000000", "#ff8000", 0.5) == "#804000ff"
    assert faded("#11223380", 0.5) == "#11223340"
    with pytest.raises(ValueError, match="not #rrggbb"):
        mixed("red", "#000000", 0.5)
    points = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], float)
    sharp, soft = smooth(points, range(4)), smooth(points)
    for shape, most in ((sharp, 0.01), (soft, 2.5)):
        box = shape.computeTightBounds()
        assert min(box.left(), box.top()) >= -most
        assert max(box.right(), box.bottom()) <= 10 + most


def test_a_backdrop_covers_all():
    canvas = Canvas(90, 50)
    draw_backdrop(canvas, CAST[1], 90, 50)
    assert (canvas.pixels[..., 3] == 255).all()

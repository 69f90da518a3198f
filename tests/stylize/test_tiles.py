"""Tiles: they cover the picture once, and what is kept lies far enough inside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stylize.tiles import plan_tiles

SIDES = st.integers(8, 1200).map(lambda n: 4 * n)


@given(SIDES, SIDES, st.integers(400_000, 4_000_000))
def test_tiles_cover_once_and_know_their_surroundings(width, height, most):
    plan = plan_tiles((width, height), most, 64, 4)
    across, down = plan.tile_wh
    assert across * down <= most
    covered = np.zeros((height // 4, width // 4), np.uint8)
    for t in plan.tiles:
        assert t.x % 4 == 0 and t.y % 4 == 0
        assert 0 <= t.x <= width - across and 0 <= t.y <= height - down
        covered[t.top // 4 : t.bottom // 4, t.left // 4 : t.right // 4] += 1
        assert t.left - t.x >= 64 or t.left == 0 == t.x
        assert t.top - t.y >= 64 or t.top == 0 == t.y
        assert t.x + across - t.right >= 64 or t.right == width == t.x + across
        assert t.y + down - t.bottom >= 64 or t.bottom == height == t.y + down
    assert (covered == 1).all()


def test_one_tile_where_it_fits():
    plan = plan_tiles((1280, 720), 1280 * 720, 64, 4)
    assert len(plan.tiles) == 1
    assert plan.tile_wh == (1280, 720)


def test_too_little_memory_is_an_error():
    with pytest.raises(ValueError, match="no tiles"):
        plan_tiles((1280, 720), 1000, 64, 4)

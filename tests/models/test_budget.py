"""What has to go, by table and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.models.budget import Resident, eviction_value, plan_eviction


def resident(key, held=100, load_s=1.0, uses=1, idle_s=0.0, pinned=False):
    return Resident(key, held, load_s, uses, idle_s, pinned)


@pytest.mark.parametrize(
    ("residents", "need", "free", "victims"),
    [
        ([], 50, 50, ()),
        ([], 51, 50, None),
        ([resident("a")], 100, 0, ("a",)),
        ([resident("a", pinned=True)], 100, 0, None),
        ([resident("a", load_s=9), resident("b", load_s=1)], 100, 0, ("b",)),
        ([resident("a", uses=9), resident("b")], 100, 0, ("b",)),
        ([resident("a", idle_s=60), resident("b")], 100, 0, ("a",)),
        ([resident("a", held=10), resident("b", held=200)], 150, 0, ("b",)),
        # The small one is the cheapest to drop, but dropping it gains nothing.
        ([resident("a", held=10, load_s=0.01), resident("b", held=200)], 150, 0, ("b",)),
    ],
)
def test_victims(residents, need, free, victims):
    assert plan_eviction(residents, need, free) == victims


residents_strategy = st.lists(
    st.builds(
        Resident,
        key=st.uuids().map(str),
        held_bytes=st.integers(1, 1000),
        load_s=st.floats(0, 100),
        uses=st.integers(1, 50),
        idle_s=st.floats(0, 1000),
        pinned=st.booleans(),
    ),
    max_size=8,
)


@given(residents_strategy, st.integers(0, 3000), st.integers(0, 1000))
def test_what_is_planned_fits_and_is_needed(residents, need, free):
    victims = plan_eviction(residents, need, free)
    by_key = {r.key: r for r in residents}
    loose = sum(r.held_bytes for r in residents if not r.pinned)
    if victims is None:
        assert free + loose < need
        return
    assert all(not by_key[key].pinned for key in victims)
    gained = sum(by_key[key].held_bytes for key in victims)
    assert free + gained >= need
    assert all(free + gained - by_key[key].held_bytes < need for key in victims)


def test_dear_to_load_often_used_and_small_is_worth_keeping():
    assert eviction_value(resident("a", load_s=5)) > eviction_value(resident("b", load_s=1))
    assert eviction_value(resident("a", uses=5)) > eviction_value(resident("b", uses=1))
    assert eviction_value(resident("a", held=50)) > eviction_value(resident("b", held=500))

"""Who goes next: the order as a pure function, and what the pool makes of it."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from studio.models.waiting import MOST_OVERTAKEN, Waiting, in_order, may_pass, overtaken_by
from tests.models.fake_device import counted_pool
from tests.models.test_pool_stress import Held, waiting


def test_interactive_before_batch_each_in_order_of_arrival():
    waiters = [Waiting(n, n % 2 == 0, False, 0) for n in (4, 1, 3, 2)]
    assert [w.number for w in in_order(waiters)] == [1, 3, 2, 4]


def test_who_holds_models_goes_first_for_others_wait_for_these():
    waiters = [Waiting(1, False, False, MOST_OVERTAKEN), Waiting(2, True, True, 0)]
    assert [w.number for w in in_order(waiters)] == [2, 1]


arrivals = st.lists(
    st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60
)  # batch?, can it be served while others cannot?


@given(arrivals, st.data())
def test_nobody_is_overtaken_more_often_than_the_bound_and_all_are_served(kinds, data):
    """People arrive at any time; at each step the first in order is served, or, as if it could
    not go yet, whoever behind it may pass and finds its model there."""
    waiting_now, served, number = [], [], 0
    overtaken_most = 0
    while number < len(kinds) or waiting_now:
        if number < len(kinds) and (not waiting_now or data.draw(st.booleans())):
            batch, _ = kinds[number]
            waiting_now.append(Waiting(number, batch, False, 0))
            number += 1
            continue
        order = in_order(waiting_now)
        chosen = order[0]
        if data.draw(st.booleans()):  # the first cannot go: its model is not there
            able = [
                w
                for i, w in enumerate(order[1:], 1)
                if kinds[w.number][1] and may_pass(w, order[:i])
            ]
            if able:
                chosen = able[0]
        passed = set(overtaken_by(chosen, waiting_now))
        waiting_now = [
            dataclasses.replace(w, overtaken=w.overtaken + (w.number in passed))
            for w in waiting_now
            if w is not chosen
        ]
        overtaken_most = max([overtaken_most, *(w.overtaken for w in waiting_now)])
        served.append(chosen.number)
    assert sorted(served) == list(range(len(kinds)))
    assert overtaken_most <= MOST_OVERTAKEN


def test_an_endless_stream_of_interactive_work_does_not_starve_batch_work():
    batch = Waiting(0, True, False, 0)
    for number in range(1, MOST_OVERTAKEN + 2):
        order = in_order([batch, Waiting(number, False, False, 0)])
        if order[0] is batch:
            assert number == MOST_OVERTAKEN + 1
            return
        batch = dataclasses.replace(batch, overtaken=batch.overtaken + 1)
    raise AssertionError("it is never served")


def test_the_pool_serves_in_that_order(tmp_path):
    pool, _ = counted_pool(tmp_path, 100)
    holder = Held(pool, "a-90-0")
    assert holder.taken.wait(5)
    queue = []
    for place, (name, batch) in enumerate(
        [("b-80-0", True), ("c-80-0", False), ("d-80-0", False), ("e-80-0", True)]
    ):
        queue.append((name, Held(pool, name, batch=batch)))
        waiting(pool, place + 1)
    assert [w.key for w in pool.status().waiters] == [
        "b-80-0@1",
        "c-80-0@1",
        "d-80-0@1",
        "e-80-0@1",
    ]
    holder.end()
    served = []
    for _ in queue:
        while not (ready := [n for n, h in queue if h.taken.is_set() and n not in served]):
            pass
        served += ready
        dict(queue)[ready[0]].end()
    assert served == ["c-80-0", "d-80-0", "b-80-0", "e-80-0"]


def test_what_is_resident_is_lent_past_a_waiter_but_not_for_ever(tmp_path):
    pool, _ = counted_pool(tmp_path, 100)
    holder = Held(pool, "a-60-0")
    assert holder.taken.wait(5)
    large = Held(pool, "b-90-0")
    waiting(pool, 1)
    passed = 0
    for _ in range(MOST_OVERTAKEN + 3):
        short = Held(pool, "a-60-0")
        if not short.taken.wait(0.3):
            break
        passed += 1
        short.end()
    assert passed == MOST_OVERTAKEN
    holder.end()
    assert large.taken.wait(5), "then it is served"
    large.end()
    assert short.taken.wait(5)
    short.end()

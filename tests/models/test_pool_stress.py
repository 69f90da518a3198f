"""The pool under many threads and under faults, over a device that counts every byte."""

from __future__ import annotations

import ctypes
import random
import threading
import time
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import Cancelled, DoesNotFit, ModelBusy
from tests.models.fake_device import OutOfMemoryError, counted_pool, spec

BUDGET = 200
SPECS = (
    spec("a-40-10"),
    spec("b-60-6"),
    spec("c-25-20"),
    spec("d-90-30"),
    spec("e-30-0", exclusive=True),
    spec("f-55-16", exclusive=True),
    spec("g-10-4"),
)


def run_all(threads, seconds=60):
    for thread in threads:
        thread.daemon = True
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    assert not [t.name for t in threads if t.is_alive()], "somebody waits for ever"


def settled(pool, memory):
    """Nothing is in use: the books and the device agree, and all comes back."""
    assert not pool._books.waiters
    assert pool._books.busy is None
    assert not [p for p in pool._books.places[0].models.values() if p.pins]
    assert pool.held_bytes >= memory.taken
    pool.release_idle()
    assert pool.held_bytes == memory.taken == 0


@pytest.mark.parametrize("keeps_working", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_hundred_threads_never_pass_the_budget_and_all_are_served(tmp_path, keeps_working):
    pool, memory = counted_pool(tmp_path, BUDGET, total=10 * BUDGET, keeps_working=keeps_working)
    wrong, served = [], []

    def use(stack, drawn, chance):
        units = chance.choice((0.5, 1.0, 1.0, 2.0))
        model = stack.enter_context(pool.lease(drawn, units=units, batch=chance.random() < 0.3))
        with memory.lock:
            model.in_use += 1
            if drawn.exclusive and model.in_use > 1:
                wrong.append(f"two in {drawn.name}")
        try:
            if model.closed:
                wrong.append(f"{drawn.name} was closed in use")
            model.run(units, pause_s=chance.random() * 0.001)
            if pool.held_bytes > BUDGET:
                wrong.append(f"the books say {pool.held_bytes}")
        finally:
            with memory.lock:
                model.in_use -= 1

    def work(number):
        chance = random.Random(number)
        done = 0
        while done < 6:
            nested = chance.random() < 0.3
            try:
                with ExitStack() as stack:
                    for drawn in chance.sample(SPECS, 2 if nested else 1):
                        use(stack, drawn, chance)
                done += 1
            except DoesNotFit:
                if not nested:
                    wrong.append("refused what would have fitted")
                    return
            except Exception as exc:
                wrong.append(repr(exc))
                return
        served.append(number)

    run_all([threading.Thread(target=work, args=(n,), name=f"t{n}") for n in range(100)])
    assert not wrong, wrong[:5]
    assert sorted(served) == list(range(100))
    assert memory.most <= BUDGET
    settled(pool, memory)


names = st.sampled_from(["a-40-10", "b-60-6", "c-25-20", "d-90-30", "g-10-4", "h-150-40"])
steps = st.lists(
    st.tuples(names, st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 3), st.booleans()),
    max_size=25,
)


@settings(max_examples=120, deadline=None)
@given(steps=steps, budget=st.integers(60, 260), keeps_working=st.booleans())
def test_after_every_step_the_books_hold(tmp_path_factory, steps, budget, keeps_working):
    """Leases taken and given back in any order by one thread, nested as deep as it likes."""
    pool, memory = counted_pool(
        tmp_path_factory.mktemp("books"), budget, total=10 * budget, keeps_working=keeps_working
    )
    open_leases = []
    for name, units, give_back, work in steps:
        lease = pool.lease(spec(name), units=units)
        try:
            model = lease.__enter__()
        except DoesNotFit as refused:
            in_use = {pinned[1].name for pinned in open_leases}
            assert refused.need_bytes > 0
            assert set(refused.held_by) == {f"{n}@1" for n in in_use}
        else:
            assert not model.closed
            open_leases.append((lease, spec(name)))
            if work:
                model.run(units)
        for _ in range(min(give_back, len(open_leases))):
            open_leases.pop(0)[0].__exit__(None, None, None)
        assert memory.taken <= pool.held_bytes <= budget
    while open_leases:
        open_leases.pop()[0].__exit__(None, None, None)
    assert memory.most <= budget
    settled(pool, memory)


@pytest.mark.parametrize("nth", range(1, 12))
def test_memory_that_fails_at_any_allocation_leaves_the_accounts_exact(tmp_path, nth):
    pool, memory = counted_pool(tmp_path, BUDGET)
    memory.fails_at = {nth}
    failed = 0
    for name in ("a-40-10", "d-90-30", "b-60-6", "a-40-10", "c-25-20", "d-90-30", "b-60-6"):
        try:
            with pool.lease(spec(name)) as model:
                model.run()
        except OutOfMemoryError:
            failed += 1
        assert memory.taken <= pool.held_bytes <= BUDGET
    assert failed == 1
    assert memory.most <= BUDGET
    settled(pool, memory)


def test_a_load_that_raises_leaves_nothing_behind_and_the_next_goes_on(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    with pytest.raises(RuntimeError, match="odd"), pool.lease(spec("x-90-0", "load_raising")):
        pass
    with pool.lease(spec("d-150-30")):
        assert pool.held_bytes == 180
    settled(pool, memory)


def test_close_that_raises_is_told_and_not_counted(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    with pool.lease(spec("a-150-0")) as model:
        model.close()  # so that the pool's own close fails its assertion
    with pool.lease(spec("b-160-0")):
        pass
    assert any("closing it failed" in text for text in pool.decisions)
    settled(pool, memory)


def test_a_model_larger_than_it_said_is_found_out(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET, total=10 * BUDGET)
    liar = spec("x-100-0", "load_larger")
    with pool.lease(spec("a-40-0")):
        pass
    with pool.lease(liar) as model:
        assert pool.held_bytes in {150, 190}
        assert not model.closed
    with pool.lease(spec("b-100-0")):
        assert model.closed
    huge = spec("y-190-0", "load_larger")
    with pytest.raises(DoesNotFit), pool.lease(huge):
        pass
    assert any(text.startswith("y-190-0@1 takes") for text in pool.decisions)
    settled(pool, memory)


class Held:
    """A thread that holds a lease until it is told to let go."""

    def __init__(self, pool, name, **options):
        self.taken, self.let_go = threading.Event(), threading.Event()
        self.error = None
        self.model = None

        def hold():
            try:
                with pool.lease(spec(name), **options) as self.model:
                    self.taken.set()
                    self.let_go.wait(20)
            except Exception as exc:
                self.error = exc

        self.thread = threading.Thread(target=hold, daemon=True)
        self.thread.start()

    def end(self):
        self.let_go.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def waiting(pool, count):
    end = time.monotonic() + 10
    while len(pool.status().waiters) != count:
        assert time.monotonic() < end, pool.status().waiters
        time.sleep(0.002)


def test_a_wait_can_be_cancelled_and_can_time_out(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    holder = Held(pool, "a-150-0")
    assert holder.taken.wait(5)
    with pytest.raises(ModelBusy, match="a-150-0@1"), pool.lease(spec("b-100-0"), timeout_s=0.1):
        pass
    stop = threading.Event()
    waiter = Held(pool, "b-100-0", cancelled=stop)
    waiting(pool, 1)
    stop.set()
    waiter.thread.join(5)
    assert isinstance(waiter.error, Cancelled)
    assert not pool.status().waiters
    holder.end()
    settled(pool, memory)


def test_a_job_that_is_cancelled_stops_waiting(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    from studio.archive.store import AnalysisStore
    from studio.jobs.job import Job

    holder = Held(pool, "a-150-0")
    assert holder.taken.wait(5)
    job = Job(pool._settings, pool, AnalysisStore(tmp_path / "store"))
    waiter = Held(job.pool, "b-100-0")
    waiting(pool, 1)
    job.cancel()
    waiter.thread.join(5)
    assert isinstance(waiter.error, Cancelled)
    holder.end()
    settled(pool, memory)


def test_what_a_dead_thread_held_is_taken_back(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    thread = threading.Thread(target=pool.lease(spec("a-150-0")).__enter__, name="unlucky")
    thread.start()
    thread.join()
    with pool.lease(spec("b-100-0"), timeout_s=5):
        assert memory.taken == 100
    assert any("taken back" in text and "unlucky" in text for text in pool.decisions)
    settled(pool, memory)


@pytest.mark.parametrize("step", ["load", "wait", "use", "close"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_dies_at_any_step_leaves_the_accounts_exact(tmp_path, step):
    pool, memory = counted_pool(tmp_path, BUDGET)
    with pool.lease(spec("a-60-0")) as idle:
        pass

    def die(*_args):
        raise SystemExit

    holder = Held(pool, "c-100-0") if step == "wait" else None
    if holder is not None:
        assert holder.taken.wait(5)
    if step == "close":
        close = idle.close
        idle.close = lambda: (close(), die())
    loader = "load_dying" if step == "load" else "load_counted"

    def work():
        dies = die if step == "wait" else None
        with pool.lease(spec("b-190-0", loader), cancelled=dies):
            die()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    if holder is not None:
        holder.end()
    with pool.lease(spec("d-190-0"), timeout_s=5):
        assert memory.taken == pool.held_bytes == 190
    settled(pool, memory)


def test_the_books_hold_wherever_a_thread_is_killed(tmp_path):
    """At any instruction, from outside; the device is large, for what dies may leak."""
    pool, _ = counted_pool(tmp_path, BUDGET, total=1000 * BUDGET)
    chance = random.Random(5)
    for _ in range(40):
        ready = threading.Event()

        def work(ready=ready):
            ready.set()
            with suppress(SystemExit):
                for name in ("a-40-10", "d-90-30", "b-150-6", "c-25-20") * 20:
                    with pool.lease(spec(name)) as model:
                        model.run(pause_s=0.0002)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        ready.wait(5)
        time.sleep(chance.random() * 0.01)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )
        thread.join(20)
        assert not thread.is_alive()
    with pool.lease(spec("h-190-10"), timeout_s=5):
        assert pool.held_bytes == BUDGET
    assert pool._books.busy is None
    pool.release_idle()
    assert pool.held_bytes == 0


def test_two_who_wait_for_each_other_are_parted(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET)
    barrier = threading.Barrier(2)
    outcome = []

    def work(first, second):
        with pool.lease(spec(first)):
            barrier.wait(5)
            try:
                with pool.lease(spec(second)):
                    outcome.append("served")
            except DoesNotFit:
                outcome.append("refused")

    run_all(
        [
            threading.Thread(target=work, args=("a-90-0", "c-80-0")),
            threading.Thread(target=work, args=("b-90-0", "d-80-0")),
        ],
        seconds=10,
    )
    assert sorted(outcome) == ["refused", "served"]
    settled(pool, memory)


def test_another_program_on_the_card_is_seen_at_every_admission(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET, memory_headroom_bytes=20)
    memory.others = 100
    with pytest.raises(DoesNotFit), pool.lease(spec("a-90-0")):
        pass
    memory.others = 80
    with pool.lease(spec("a-90-0")):
        pass
    memory.others = 0
    with pool.lease(spec("b-90-0")):
        assert memory.taken == 180


def test_idle_models_go_after_their_time(tmp_path):
    pool, memory = counted_pool(tmp_path, BUDGET, model_idle_s=0.05)
    with pool.lease(spec("a-40-0")) as a:
        pass
    time.sleep(0.1)
    with pool.lease(spec("b-40-0")):
        assert a.closed
    settled(pool, memory)

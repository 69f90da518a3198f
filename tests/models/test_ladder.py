"""Out of memory is a ladder: on a counted device, whose memory really runs out."""

from __future__ import annotations

import pytest

from studio.errors import DoesNotFit, InferenceFailed
from studio.models import ladder
from studio.models.ladder import FewerAtOnce, Rung, Shortage, helps, plan_rungs, what_ran_out
from studio.models.spec import PLAIN, Form
from tests.models.fake_device import OutOfMemoryError, counted_pool, spec

ALL = ("half", "offload", "cpu")


def work(model, items, tile):
    """Each item takes one unit of working memory, or what a tile of it takes."""
    share = (tile / 100) ** 2 if tile else 1.0
    model.run(sum(item[1] for item in items) * share)
    return [f"done {item[0]}" for item in items]


def ten(sizes=()):
    return [(n, dict(sizes).get(n, 1)) for n in range(10)]


def names(outcomes):
    return [(o.item[0], o.rung, o.error is not None) for o in outcomes]


def test_ten_items_come_out_though_memory_runs_out_in_the_middle(tmp_path):
    """A game is started during the fifth item, and takes most of the card."""
    pool, memory = counted_pool(tmp_path, 200)
    model = spec("m-100-40", rungs=ALL)
    outcomes = []
    for outcome in ladder.run(pool, model, ten(), work):
        outcomes.append(outcome)
        if outcome.item[0] == 4:
            memory.others = 120
    assert [o.value for o in outcomes] == [f"done {n}" for n in range(10)]
    assert [o.rung for o in outcomes] == ["as asked"] * 5 + ["half precision"] * 5
    assert "ran out of device memory as asked" in outcomes[5].notes[0]
    assert outcomes[6].notes == ("begun half precision: that worked before",)
    assert any("m-100-40 ran out of device memory" in text for text in pool.decisions)
    pool.release_idle()
    assert memory.taken == 0


def test_each_rung_is_tried_in_its_order(tmp_path):
    pool, memory = counted_pool(tmp_path, 1000)
    model = spec("m-100-40", rungs=ALL)
    seen = {}
    for others in (860, 880, 940, 970):
        memory.others = others
        queue = ladder.run(pool, model, ten(), work, batch=4, units=4.0, shape=str(others))
        seen[others] = next(queue).rung
        pool.release_idle()
    assert seen == {
        860: "1 at a time, not 4",
        880: "1 at a time, not 4, half precision",
        940: "1 at a time, not 4, half precision, weights kept on the host",
        970: "1 at a time, not 4, on the processor",
    }


def test_tiles_shrink_before_the_precision_does(tmp_path):
    pool, memory = counted_pool(tmp_path, 1000)
    model = spec("m-100-400", rungs=ALL)
    memory.others = 750
    found = list(ladder.run(pool, model, ten()[:1], work, tiles=(100, 50, 25)))
    assert found[0].rung == "tiles of 50, not 100"


def test_one_item_that_fits_nowhere_fails_alone(tmp_path):
    pool, memory = counted_pool(tmp_path, 200)
    found = list(ladder.run(pool, spec("m-100-10", rungs=("half",)), ten({3: 900}), work, batch=2))
    assert [o.item[0] for o in found] == list(range(10))
    assert [o.item[0] for o in found if o.error] == [3]
    assert "device memory ran out on every rung" in found[3].error.message
    assert len(found[3].notes) >= 3
    assert found[4].rung == "1 at a time, not 2", "the next begins where the last success was"
    assert memory.taken <= 200


def test_what_is_idle_goes_first_and_then_nothing_else_is_needed(tmp_path):
    pool, _ = counted_pool(tmp_path, 1000, total=250)
    with pool.lease(spec("idle-90-0")):
        pass
    # It asks for more than it declares, so the pool could not know.
    found = list(ladder.run(pool, spec("m-100-10", rungs=ALL), [(0, 12)], work))
    assert found[0].rung == "as asked"
    assert "freed" in found[0].notes[1]
    assert any(text.startswith("evicted idle-90-0@1") for text in pool.decisions)


def test_the_rung_that_worked_is_remembered_until_there_is_more_memory(tmp_path):
    pool, memory = counted_pool(tmp_path, 1000)
    model = spec("m-100-40", rungs=ALL)
    memory.others = 880
    assert next(ladder.run(pool, model, ten(), work, shape="720p")).notes[0].startswith("m-100-40")
    pool.release_idle()
    again, again_memory = counted_pool(tmp_path, 1000)
    again_memory.others = 880
    outcome = next(ladder.run(again, model, ten(), work, shape="720p"))
    assert outcome.notes == ("begun half precision: that worked before",)
    assert next(ladder.run(again, model, ten(), work, shape="360p")).rung == "half precision"
    again.release_idle()
    again_memory.others = 0
    assert next(ladder.run(again, model, ten(), work, shape="720p")).rung == "as asked"


def test_what_is_not_about_memory_is_raised(tmp_path):
    pool, _ = counted_pool(tmp_path, 200)

    def broken(_model, _items, _tile):
        raise InferenceFailed("shapes differ")

    with pytest.raises(InferenceFailed, match="shapes"):
        list(ladder.run(pool, spec("m-100-10"), ten(), broken))


@pytest.mark.parametrize(
    ("error", "shortage"),
    [
        (MemoryError(), Shortage.HOST),
        (RuntimeError("std::bad_alloc"), Shortage.HOST),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate "
                "memory: you tried to allocate 4000000000000 bytes."
            ),
            Shortage.HOST,
        ),
        (RuntimeError("CUDA failed with error out of memory"), Shortage.DEVICE),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), Shortage.DEVICE),
        (
            RuntimeError("CUDA error: out of memory in cudaHostAlloc: pinned memory"),
            Shortage.PINNED,
        ),
        (
            OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 512.00 MiB. GPU 0 has a total capacity of "
                "7.79 GiB of which 20.00 MiB is free. Of the allocated memory 6.10 GiB is "
                "allocated by PyTorch, and 1.20 GiB is reserved by PyTorch but unallocated."
            ),
            Shortage.FRAGMENTED,
        ),
        (
            OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 2.00 GiB. Of the allocated memory 6.10 GiB "
                "is allocated by PyTorch, and 120.00 MiB is reserved by PyTorch but unallocated."
            ),
            Shortage.DEVICE,
        ),
        (DoesNotFit("", "", need_bytes=1, free_bytes=0, held_by=()), Shortage.DEVICE),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (ValueError("out of range"), None),
    ],
)
def test_what_ran_out_is_told_apart(error, shortage):
    assert what_ran_out(error) is shortage
    outer = InferenceFailed("net: failed")
    outer.__cause__ = error
    assert what_ran_out(outer) is shortage


def test_the_real_runtimes_words_are_known():
    torch = pytest.importorskip("torch")
    np = pytest.importorskip("numpy")
    for make in (lambda: torch.empty(10**15), lambda: np.empty(10**16)):
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            make()
        assert what_ran_out(caught.value) is Shortage.HOST
    assert ladder._one(torch.OutOfMemoryError("CUDA out of memory.")) is Shortage.DEVICE


def test_rungs_that_only_move_the_weight_to_the_host_do_not_help_the_host():
    assert not helps(Rung(1, 0, Form(offload=True)), Shortage.HOST)
    assert not helps(Rung(1, 0, Form(cpu=True)), Shortage.PINNED)
    assert helps(Rung(1, 0, Form(half=True)), Shortage.HOST)
    rungs = plan_rungs(spec("m-1-1", rungs=ALL), 5, (512, 256))
    assert [(r.batch, r.tile) for r in rungs if r.form == PLAIN] == [
        (5, 512),
        (3, 512),
        (2, 512),
        (1, 512),
        (1, 256),
    ]
    assert [str(r.form) for r in rungs[-3:]] == ["half", "half+offload", "cpu"]


def test_an_adapter_goes_on_with_fewer_at_once_and_says_so():
    fits = FewerAtOnce("net", 8)
    sizes = []

    def call(piece):
        sizes.append(piece.stop - piece.start)
        if sizes[-1] > 3:
            raise MemoryError
        return list(range(piece.start, piece.stop))

    assert [n for part in fits.map(11, call) for n in part] == list(range(11))
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 1]
    assert fits.size == 2
    assert len(fits.notes) == 2
    with pytest.raises(MemoryError):
        FewerAtOnce("net", 4).map(2, lambda _: (_ for _ in ()).throw(MemoryError()))

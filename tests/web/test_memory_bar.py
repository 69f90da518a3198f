import re

import pytest

from studio.models.records import (
    Decision,
    DeviceStatus,
    PoolStatus,
    ResidentStatus,
    WaiterStatus,
)
from ui.web.memory_bar import memory_bar
from ui.web.messages import Say

GIB = 2**30


def status(*residents: ResidentStatus, waiters: tuple[WaiterStatus, ...] = ()) -> PoolStatus:
    held = sum(r.held_bytes for r in residents)
    device = DeviceStatus("cpu", "EPYC", 24 * GIB, 12 * GIB, 10 * GIB, GIB // 4, held, residents)
    said = Decision("loaded", "yolo@1", "loaded yolo@1 <b>", 0.0)
    return PoolStatus(1, 0.0, (device,), waiters, (said,))


def model(key: str, gib: int, pins: int) -> ResidentStatus:
    return ResidentStatus(key, "plain", "device", gib * GIB, 0, pins, 1, 3.0, 1.0)


def test_each_model_takes_its_share():
    bar = memory_bar(Say("en"), (status(model("yolo@1", 2, 1), model("whisper@2", 3, 0)),))
    assert re.findall(r'width:([\d.]+)%"( data-used)?', bar) == [
        ("20.00", " data-used"),
        ("30.00", ""),
    ]
    assert "yolo: 2.1 GB, in use" in bar and "whisper: 3.2 GB, idle" in bar
    assert 'aria-valuenow="5368709120"' in bar
    assert "loaded yolo@1 &lt;b&gt;" in bar


@pytest.mark.parametrize("language", ["en", "ko"])
def test_waiting_and_emptiness_are_said(language):
    say = Say(language)
    assert say("memory.empty") in memory_bar(say, ())
    bar = memory_bar(say, (status(waiters=(WaiterStatus("sd-turbo@1", 2.0, False),)),))
    assert say("memory.empty") in bar
    assert say("memory.waiting", names="sd-turbo") in bar

"""Files that nobody vouches for are looked at in a process of their own, many in one."""

from __future__ import annotations

import os

import numpy as np
import pytest

from studio.errors import MediaError, StudioError, UnsupportedMedia
from studio.jobs import probing
from studio.jobs.probing import examine_media, examine_named, examine_times
from studio.media import probe as here
from studio.settings import Settings
from tests.footage import bikes


def test_a_folder_is_looked_at_in_one_process_and_a_bad_file_costs_the_others_nothing(
    tmp_path, monkeypatch
):
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data")
    good, bad, gone = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "c.mp4"
    good.write_bytes(bikes().read_bytes())
    bad.write_bytes(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")
    begun = []
    popen = probing.subprocess.Popen
    monkeypatch.setattr(
        probing.subprocess, "Popen", lambda *a, **k: begun.append(popen(*a, **k)) or begun[-1]
    )
    # One after that which broke the process is looked at by another.
    found = examine_media([good, bad, gone, good], settings)
    assert found[0] == found[3] == here.probe(good, settings)
    assert all(isinstance(each, MediaError) for each in found[1:3])
    assert len(begun) == 2 and all(process.poll() is not None for process in begun)
    assert begun[0].pid != os.getpid()
    times = examine_times(good, settings)
    expected = here.frame_times(found[0], settings)
    assert np.array_equal(times.pts, expected.pts)
    assert np.array_equal(times.keyframes, expected.keyframes)
    assert (times.end_pts, times.time_base) == (expected.end_pts, expected.time_base)


@pytest.mark.parametrize("does", ["died", "hangs", "lies"])
def test_what_breaks_it_is_told(tmp_path, monkeypatch, does):
    code = {
        "died": "import os; os.kill(os.getpid(), 9)",
        "hangs": "import time; time.sleep(60)",
        "lies": "print('{' * 10)",
    }[does]
    monkeypatch.setattr(probing, "_COMMAND", (probing.sys.executable, "-c", code))
    monkeypatch.setattr(probing, "_BASE_S", 0.5 if does == "hangs" else 30.0)
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    with pytest.raises(StudioError) as told:
        examine_named(path, Settings(cache_dir=tmp_path))
    assert ("within" in told.value.message) == (does == "hangs")
    assert (type(told.value) is UnsupportedMedia) == (does != "hangs")

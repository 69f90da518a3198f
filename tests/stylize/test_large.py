"""Footage of 8K: a colour look as it is, a painted one in tiles that the memory holds."""

import numpy as np
import pytest

from pipelines import stylize
from pipelines.stylize.looks import parse_look
from pipelines.stylize.preparing import tiles_for
from studio.adapters.style import SPEC
from studio.jobs.job import Job
from studio.media.probe import probe
from studio.settings import Settings
from tests.footage import ffmpeg

pytestmark = pytest.mark.slow


def test_8k(tmp_path):
    path = tmp_path / "huge.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=7680x4320:r=25:d=0.08", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "ultrafast", path),
    )
    settings = Settings(cache_dir=tmp_path / "cache", memory_budget_bytes=2 << 30)
    graded = stylize.run(path, stylize.Options(tmp_path, ("warm",)), Job(settings))
    made = probe(graded.files["film"])
    assert made.video is not None and made.video.display_wh == (7680, 4320)
    plan, units = tiles_for(parse_look("starry"), (7680, 4320), 2, Job(settings))
    assert len(plan.tiles) >= 4
    assert np.prod(plan.tile_wh) * len(plan.tiles) >= 7680 * 4320
    assert units * SPEC.working_bytes + SPEC.resident_bytes <= settings.memory_budget_bytes

"""A look of one's own: trained on a film for a moment, resumed, laid over a film."""

import cv2
import numpy as np
import pytest

from pipelines import stylize, train
from studio.errors import Cancelled, RequestError
from studio.jobs.job import Job
from studio.learn.loop import read_log
from studio.media.still import read_still
from studio.models.net_file import read_head
from studio.settings import Settings
from tests.footage import bikes, ffmpeg

STEPS = 30


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return Job(Settings(cache_dir=tmp_path_factory.mktemp("cache"), threads=1))


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "street.mp4"
    ffmpeg("-i", bikes(), "-an", "-frames:v", 24, "-vf", "scale=160:-2", "-crf", 12, path)
    return path


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """Yellow rings on blue."""
    path = tmp_path_factory.mktemp("style") / "rings.png"
    y, x = np.mgrid[0:96, 0:96]
    on = np.hypot(y - 40, x - 50) // 5 % 2
    bgr = np.stack([200 - 180 * on, 60 + 150 * on, 40 + 200 * on], axis=-1)
    cv2.imwrite(str(path), bgr.astype(np.uint8))
    return path


def options(out, **more):
    shape = {"steps": STEPS, "size_px": 64, "width": 8, "batch": 1}
    return train.Options("look", out, **{**shape, **more})


@pytest.mark.slow
def test_a_look_is_learnt_goes_on_the_same_and_paints(street, picture, job, tmp_path):
    out = tmp_path / "rings.safetensors"
    result = train.run([picture, street], options(out), job)
    log = read_log(tmp_path / "rings.training")
    first, last = (np.mean([row["style"] for row in part]) for part in (log[:5], log[-5:]))
    assert last < 0.8 * first
    assert result.measured["style_loss_painted"] < 0.8 * result.measured["style_loss_photos"]
    assert read_head(out).kind == "look"
    assert result.command[:5] == ("studio", "train", "look", "rings.png", "--frames")
    assert read_still(result.files["sheet"]).shape == (128, 64 * 5, 3)

    # Left half way and taken up again: the same network, bit for bit.
    two = tmp_path / "two.safetensors"
    stopped = Job(
        job.settings,
        on_progress=lambda p: stopped.cancel() if p.message.startswith("12 of") else None,
    )
    with pytest.raises(Cancelled):
        train.run([picture, street], options(two), stopped)
    whole = train.run([picture, street], options(two), job)
    assert whole.begun_at == 13 and whole.last == result.last

    # And it is a look.
    styled = stylize.run(street, stylize.Options(tmp_path, (str(out),), strength=1.0), job)
    assert styled.files["film"].name == "street.rings.mp4"
    assert styled.flicker is not None and styled.flicker.share < 1
    assert next(iter(styled.plan.looks)).path == out


def test_what_cannot_be_learnt_from_is_refused(street, picture, job, tmp_path):
    tiny = tmp_path / "tiny.png"
    cv2.imwrite(str(tiny), np.zeros((2, 2, 3), np.uint8))
    out = tmp_path / "x.safetensors"
    with pytest.raises(RequestError, match="2x2 pixels"):
        train.run([tiny, street], options(out), job)
    with pytest.raises(RequestError, match="learns from 2"):
        train.run([picture], options(out), job)
    tried = train.run([picture, street], options(out, dry_run=True), job)
    assert tried.estimate_s > 0 and not out.exists()

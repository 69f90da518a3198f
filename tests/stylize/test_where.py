"""Looks on people, or on all but them."""

import numpy as np
import pytest

from pipelines import stylize
from pipelines.mattes import MatteState, person_matte
from pipelines.stylize.wall import middle_picture, over
from studio.adapters import matte
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.settings import Settings
from tests.footage import ffmpeg, shared_media


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return Job(Settings(cache_dir=tmp_path_factory.mktemp("cache"), threads=1))


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """Twelve frames of a woman who speaks, 160x160."""
    path = tmp_path_factory.mktemp("speaker") / "speaker.mp4"
    ffmpeg(
        *("-i", shared_media("speaker_en.mp4"), "-an", "-frames:v", 12),
        *("-vf", "scale=160:160", "-crf", 8, path),
    )
    return path


def test_each_place_gets_the_look_and_the_other_is_left_alone(speaker, job, tmp_path):
    rgb = middle_picture(speaker, job)
    with job.pool.lease(matte.SPEC) as net:
        share = person_matte(rgb, MatteState(net))
    person, beyond = share > 0.98, share < 0.02
    assert person.mean() > 0.2 and beyond.mean() > 0.15

    def changed(where):
        options = stylize.Options(tmp_path, ("mono",), where=where)
        return np.abs(over(rgb, options, job).astype(int) - rgb).mean(axis=2)

    whole, on_person, behind = (changed(w) for w in ("all", "person", "background"))
    assert on_person[beyond].max() <= 6 and behind[person].max() <= 6
    assert np.abs(on_person - whole)[person].max() <= 6
    assert np.abs(behind - whole)[beyond].max() <= 6
    # The edge between is soft: no pixel is missed by both.
    assert np.abs(on_person + behind - whole).max() <= 4


def test_a_film_with_a_painted_background(speaker, job, tmp_path):
    options = stylize.Options(tmp_path, ("starry",), where="background")
    result = stylize.run(speaker, options, job)
    mark = read_mark(result.files["film"])
    assert "--where background" in mark.command_line
    assert list(mark.models) == ["style26@1", "person-matte@1", "people-masks@1"]
    made, source = (middle_picture(p, job).astype(int) for p in (result.files["film"], speaker))
    with job.pool.lease(matte.SPEC) as net:
        share = person_matte(source.astype(np.uint8), MatteState(net))
    change = np.abs(made - source).mean(axis=2)
    assert change[share < 0.02].mean() > 4 * change[share > 0.98].mean()
    assert result.flicker is not None and result.flicker.share < 1.2

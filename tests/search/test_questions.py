"""The questions with answers told by hand, over all footage at hand; minutes of analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import search
from studio.jobs.job import Job
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.search.library import films, judge, questions


@pytest.mark.slow
def test_questions_are_answered(studio_cache: Path, tmp_path: Path):
    settings = Settings(cache_dir=studio_cache, data_dir=tmp_path / "data")
    job = Job(settings, ModelPool(settings))
    where = films(tmp_path)
    search.add(list(where.values()), search.IndexOptions(people=False), job)
    asked = questions()
    assert len(asked) >= 60
    found, exact, missed = 0, 0, []
    for question in asked:
        hits = search.run(None, search.Options(question.text, most=5), job).hits
        there, right, _ = judge(question, hits, where)
        found += there
        exact += right
        if not (there and right):
            missed.append(question.text)
    assert found / len(asked) >= 0.9, missed
    assert exact / len(asked) >= 0.85, missed
    again = search.run(None, search.Options("lion", out=tmp_path / "out", most=2), job)
    assert {"plan", "otio", "edl", "fcpxml", "contact_sheet", "table"} <= again.files.keys()
    assert all(path.stat().st_size > 0 for path in again.files.values())
    assert again.thumbnails[0] is not None and again.thumbnails[0].is_file()
    (known,) = search.add([where["photos"]], search.IndexOptions(people=False), job).added
    assert known.state == "known", "nothing is analysed twice"

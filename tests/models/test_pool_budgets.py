"""The same analysis under less and less memory: it finishes, and finds the same."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pipelines.analysis.describe import analysis_json
from studio.errors import DoesNotFit
from tests.budgets import analyse, talking_clip

RATE = Fraction(1)


def found(run):
    data = analysis_json(run.analysis)
    return {k: v for k, v in data.items() if k not in ("notes", "seconds")}


@pytest.fixture(scope="module")
def unbound(studio_cache, footage_dir):
    clip = talking_clip(footage_dir, 6)
    return clip, analyse(clip, studio_cache, 4 << 30, RATE)


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(1.0, marks=pytest.mark.slow),
        pytest.param(0.6, marks=pytest.mark.slow),
        0.35,
        pytest.param(0.2, marks=pytest.mark.slow),
    ],
)
def test_an_analysis_finds_the_same_under_any_budget(unbound, studio_cache, share):
    clip, free = unbound
    assert free.analysis.speech.transcript.words
    assert len(free.analysis.faces)
    budget = int(free.most_bytes * share)
    run = analyse(clip, studio_cache, budget, RATE)
    assert run.most_bytes <= budget
    notes = "\n".join(run.analysis.notes)
    if share == 1.0:
        assert "memory" not in notes
    if share <= 0.35:
        assert "decoded" in notes
    if share == 0.2:
        assert "of the usual at a time" in notes
    whole, part = found(free), found(run)
    for name in whole:
        if share == 0.2 and name in ("shots", "objects", "embeddings"):
            assert len(part[name]) == len(whole[name])
        else:
            assert part[name] == whole[name], name


def test_a_budget_that_not_even_one_model_fits_in_is_refused(unbound, studio_cache):
    with pytest.raises(DoesNotFit) as caught:
        analyse(unbound[0], studio_cache, 50 << 20, RATE)
    assert "--memory-budget" in caught.value.hint

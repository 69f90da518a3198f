"""An index whose frames a hub's model looked at: a tiny checkpoint of SigLIP's true layout, fetched
from a hub of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines import search
from pipelines.search import asking, frames
from pipelines.search.indexing import _keep
from pipelines.search.library import Library
from studio.adapters import picture_words, siglip
from studio.errors import RequestError, WeightsMissing
from studio.jobs.job import Job
from studio.media.probe import frame_times, probe
from studio.models import fetch
from studio.models.pool import ModelPool
from studio.models.spec import HubFile
from studio.settings import Settings
from tests import tiny_checkpoints
from tests.footage import counted_clip
from tests.models.hub_server import serving
from tests.search.test_library import analysed

NAME = "hub:siglip2-base"


@pytest.fixture
def job(tmp_path: Path, studio_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """With the tiny model fetched."""
    from huggingface_hub import constants

    folder = tiny_checkpoints.pictures_and_words(tmp_path / "tiny")
    files = tuple(
        HubFile(p.relative_to(folder).as_posix()) for p in sorted(folder.rglob("*")) if p.is_file()
    )
    assert siglip.SPEC.hub is not None
    hub_of = replace(siglip.SPEC.hub, files=files)
    spec = replace(siglip.SPEC, hub=hub_of, resident_bytes=32 << 20, working_bytes=32 << 20)
    monkeypatch.setattr(siglip, "SPEC", spec)
    with serving({hub_of.repo: {hub_of.revision: folder}}) as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        settings = Settings(cache_dir=studio_cache, data_dir=tmp_path / "data", device="cpu")
        made = Job(settings, ModelPool(settings))
        with pytest.raises(WeightsMissing):
            frames.wanted(NAME, made)
        fetch.fetch(spec, studio_cache, lambda _share, _message: None)
        yield made


@pytest.mark.slow
def test_a_hub_model_looks_at_frames_and_is_not_mixed(job: Job, tmp_path: Path):
    clip = counted_clip(tmp_path / "one.mp4", 60)
    info = probe(clip)
    film = replace(analysed("one.mp4", {"dog": (0, 60)}), media=info, frame_times=frame_times(info))
    index = Library(tmp_path / "index")
    model = frames.wanted(NAME, job)
    index.look_by(model)
    media = _keep(index, film, "{}", job)
    numbers, vectors = index.pictures.of(media.number)
    assert vectors.shape == (len(numbers), model.dimensions) and len(numbers) >= 4
    assert model.dimensions != picture_words.DIRECTIONS
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    # Any words have a direction, also those that no class and no dictionary knows.
    (strange,) = frames.FramesModel.of_concepts(
        model, [asking.Concept("a quiet melancholy", (), known=False)], job
    )
    assert strange is not None and strange.shape == (model.dimensions,)
    hits, _, _ = asking.ask(index, search.Options("dog"), index.index.media(), job)
    assert hits and hits[0].media.name == "one.mp4"
    looked_by = {why.kind: why.looked_by for hit in hits for why in hit.reasons}
    assert looked_by["object"] == "" and looked_by.get("scene", NAME) == NAME
    low, high = model.span
    with job.pool.lease(siglip.SPEC) as net:
        likely = 1 / (1 + np.exp(-(net.scale * np.array([low, high]) + net.bias)))
    np.testing.assert_allclose(likely, [0.02, 0.9], atol=1e-6)
    index.close()
    again = Library(tmp_path / "index")
    try:
        assert again.frames == model and len(again.pictures) == len(numbers), "it knows its model"
        with pytest.raises(RequestError, match="cannot be compared"):
            again.look_by(frames.starter())
        again.look_by(model)
        again.pictures.remove(media.number)
        again.index.remove(media.number)
        again.look_by(frames.starter())  # an empty one may change
        assert again.pictures.dimensions == picture_words.DIRECTIONS
    finally:
        again.close()
    with pytest.raises(RequestError, match="No model for frames"):
        frames.wanted("hub:clip", job)

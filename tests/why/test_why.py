"""Maps that say why: exact, in the right place, and moving with what they lie on."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines import why
from pipelines.why.carrying import Carrier
from pipelines.why.drawing import Painter
from pipelines.why.evidence import Patch, PlaceEvidence, Sample, plane_of
from pipelines.why.occlusion import importance
from pipelines.why.pipeline import _sampled_before
from studio.adapters import picture_places, picture_words
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.media.still import read_still
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.benchmarks.why import scene_words
from tests.footage import ffmpeg, package_file


@pytest.fixture(scope="module")
def job(studio_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    settings = Settings(cache_dir=studio_cache, data_dir=tmp_path_factory.mktemp("data"))
    return Job(settings, ModelPool(settings))


def test_the_map_is_the_answer_and_what_gradients_say(job: Job):
    """Its mean is the cosine of search, and it has the form of Grad-CAM's by torch's gradients."""
    import torch

    from studio.nets.efficientnet_lite import EfficientNetLite0

    photo = read_still(package_file("gradio", "media_assets/images/lion.jpg"))
    pixels = cv2.resize(photo, (160, 96), interpolation=cv2.INTER_AREA)[None]
    with (
        job.pool.lease(picture_words.SPEC) as words,
        job.pool.lease(picture_places.SPEC) as net,
    ):
        direction = words.direction([291])
        looks = PlaceEvidence(net, words, direction, (160, 96), Fraction(4))
        plane = looks.planes(pixels)[0]
        maps = net.look(pixels)
        cosine = words.narrow(maps.mean(axis=(1, 2)))[0] @ direction
        weights = words.among_features(direction)
    assert plane.shape == (3, 5)
    assert plane.mean() == pytest.approx(cosine, abs=1e-5)
    torch.manual_seed(0)
    alike = EfficientNetLite0().eval()
    x = torch.rand(1, 3, 64, 96)
    last = alike.last_map(x).detach().requires_grad_(True)
    answer = last.mean(dim=(2, 3))[0] @ torch.from_numpy(weights)
    answer.backward()
    alphas = last.grad.mean(dim=(2, 3))[0]  # as Selvaraju and others define them
    by_gradients = torch.einsum("c,chw->hw", alphas, last.detach()[0])
    ours = torch.einsum("c,chw->hw", torch.from_numpy(weights), last.detach()[0])
    places = ours.numel()
    assert torch.allclose(by_gradients * places, ours, atol=1e-5)


def test_maps_point_at_what_was_put_there(job: Job):
    """The pointing game on twelve composed pictures; all sixty: the benchmark."""
    said = scene_words(job, trials=12)
    assert said["pointing"] >= 0.75 and said["middle"] < 0.5, said
    assert said["deletion"] > 3 * abs(said["deletion_elsewhere"]), said


def test_hiding_finds_what_matters():
    picture = np.random.default_rng(0).integers(60, 90, (64, 64, 1), np.uint8)
    picture[8:24, 40:56] = 250

    def says(pictures: np.ndarray) -> np.ndarray:
        return pictures[:, 8:24, 40:56, 0].mean(axis=(1, 2)) / 255

    found = importance(picture, says)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    assert 8 <= row < 24 and 40 <= column < 56
    elsewhere = np.ones((64, 64), np.bool_)
    elsewhere[:36, 28:] = False
    assert found[8:24, 40:56].mean() > 6 * np.abs(found[elsewhere]).mean()
    assert np.array_equal(found, importance(picture, says)), "the same seed, the same map"


def moving(number: int) -> np.ndarray:
    """A textured square that goes to the right 4 pixels a frame over a still ground."""
    rng = np.random.default_rng(5)
    ground = cv2.resize(rng.integers(0, 90, (23, 40), np.uint8), (320, 180))
    square = cv2.resize(rng.integers(120, 255, (12, 12), np.uint8), (48, 48))
    x = 30 + 4 * number
    ground[60:108, x : x + 48] = square
    return np.repeat(ground[..., None], 3, axis=2)


def test_the_map_goes_along_and_begins_anew_at_a_cut():
    def sample(frame: int, x: float) -> Sample:
        patch = Patch((x / 320, 60 / 180, (x + 48) / 320, 108 / 180), np.ones((4, 4), np.float32))
        return Sample(frame, 1.0, (patch,))

    samples = [sample(0, 30), sample(12, 30 + 48)]
    carrier = Carrier(samples, (0, 24), 12, (320, 180), 40)
    off, jumps, before = [], [], None
    for number in range(30):
        shown = moving(number) if number < 24 else moving(0)[:, ::-1].copy()
        plane = carrier(shown, number)
        if number >= 24:
            assert plane.max() == 0 and carrier.shown is None, "nothing of the shot before"
            continue
        weight = np.maximum(plane, 0) ** 2
        middle = (weight.sum(axis=0) * np.arange(carrier.wh[0])).sum() / weight.sum()
        off.append(abs(middle * 320 / carrier.wh[0] - (30 + 24 + 4 * number)))
        if before is not None:
            jumps.append(np.abs(plane - before).mean())
        before = plane
    # A quarter of the square's width; left where it was it would be 44 pixels behind.
    assert max(off) < 12
    assert max(jumps) < 4 * np.median(jumps), "no frame jumps"


def test_a_still_shows_its_own_sample():
    samples = [Sample(frame, 0.5, ()) for frame in (0, 6, 12, 18)]
    for wanted, first in ((0, 0), (5, 0), (6, 6), (11, 6), (14, 0), (19, 18), (40, 18)):
        assert _sampled_before(samples, [0, 13], wanted) == first, wanted


def test_patches_keep_their_place():
    half = Patch((0.5, 0.0, 1.0, 1.0), np.full((2, 2), 0.5, np.float32))
    against = Patch((0.0, 0.0, 0.5, 1.0), np.full((2, 2), -1.0, np.float32))
    over = Patch((0.9, 0.8, 1.4, 1.2), np.ones((2, 2), np.float32))
    plane = plane_of((half, against, over), (20, 10))
    assert plane[:, :10].max() == 0 and plane[0, 12] == 0.5 and plane[9, 19] == 1
    painted = Painter("x", 1.0)(np.full((90, 160, 3), 100, np.uint8), plane, 0.5)
    assert painted.shape == (90, 160, 3) and np.ptp(painted[:20, :60]) == 0
    deep = Painter("x", 1.0)(np.full((90, 160, 3), 100 << 8, np.uint16), plane, None)
    assert deep.dtype == np.uint16


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a lion on the right of grey."""
    folder = tmp_path_factory.mktemp("why")
    lion = read_still(package_file("gradio", "media_assets/images/lion.jpg"))
    picture = np.full((180, 320, 3), 90, np.uint8)
    picture[20:160, 180:310] = cv2.resize(lion[:, : lion.shape[0]], (130, 140))
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x180", "-r", 12)
    data = np.repeat(picture[None], 14, axis=0).tobytes()
    ffmpeg(*raw, "-i", "pipe:0", "-pix_fmt", "yuv420p", folder / "film.mp4", stdin=data)
    return folder / "film.mp4"


def test_a_film_is_explained(film: Path, job: Job, tmp_path: Path):
    options = why.Options(tmp_path, word="사자", stills_s=(0.5,), sample_rate=Fraction(2))
    made = why.run(film, options, job)
    assert made.plan.question == "lion" and made.plan.classes == ("lion",)
    assert [m.frame for m in made.moments] == [0, 6, 12]
    assert all(m.x > 0.5 and m.score > 0.2 for m in made.moments)
    picture = read_still(made.files["still-0.5"]).astype(int)
    warm = picture[..., 0] - picture[..., 2]
    assert warm[:, 170:].mean() > warm[:120, :130].mean() + 8, "colour lies on the lion"
    assert read_mark(made.files["film"]).command[:3] == ("studio", "why", "film.mp4")
    report = json.loads(made.files["report"].read_text("utf-8"))
    assert report["plan"]["kind"] == "word" and report["drawn_strongest"] >= 0.6
    assert "lion" in why.summarise(made) and why.describe(made)["moments"]
    again = why.run(film, why.Options(tmp_path / "b", word="lion", sample_rate=Fraction(2)), job)
    assert again.files["film"].read_bytes()[-4000:] == made.files["film"].read_bytes()[-4000:]


def test_an_answer_of_a_search_is_explained(film: Path, job: Job, tmp_path: Path):
    table = tmp_path / "search.json"
    spoken = {"kind": "speech", "text": "a lion", "asked": "lion", "score": 0.9}
    seen = {"kind": "scene", "text": "lion (0.61)", "asked": "lion", "score": 0.6}
    row = {"path": str(film), "start_frame": 2, "end_frame": 10, "reasons": [spoken, seen]}
    sound = {**row, "start_frame": -1, "end_frame": -1}
    none = {**row, "reasons": [spoken]}
    other = {**row, "reasons": [{**seen, "looked_by": "hub:siglip2-base"}]}
    table.write_text(json.dumps({"text": "lion", "hits": [row, sound, none, other]}), "utf-8")
    made = why.run(table, why.Options(tmp_path / "o", hit=1, sample_rate=Fraction(4)), job)
    assert (made.plan.start_frame, made.plan.frames) == (2, 8) and "preview" in made.files
    assert any("has no map" in note for note in made.notes), "that one reason is left out is told"
    with pytest.raises(RequestError, match="no picture"):
        why.run(table, why.Options(hit=2), job)
    with pytest.raises(RequestError, match="nothing to be drawn"):
        why.run(table, why.Options(hit=3), job)
    with pytest.raises(RequestError, match="nothing to be drawn") as told:
        why.run(table, why.Options(hit=4), job)
    assert "hub:siglip2-base found it" in told.value.hint
    with pytest.raises(RequestError, match="has 4 answers"):
        why.run(table, why.Options(hit=9), job)
    with pytest.raises(RequestError, match="no table"):
        why.run(film, why.Options(hit=1), job)


def test_what_cannot_be_explained_is_told(film: Path, job: Job):
    for options, words in (
        (why.Options(), "Nothing is to be explained"),
        (why.Options(word="lion", thing="dog"), "--word and --object"),
        (why.Options(word="democracy"), "No scene word"),
        (why.Options(expression="bored"), "No expression"),
        (why.Options(thing="gargoyle"), "no kind of thing"),
        (why.Options(word="lion", sample_rate=Fraction(0)), "sample rate"),
        (why.Options(word="lion", stills_s=(99.0,), preview_s=0.5), "no picture at 99"),
    ):
        with pytest.raises(RequestError, match=words):
            why.run(film, options, job)
    dry = why.run(film, why.Options(word="person", dry_run=True), job)
    assert dry.plan.kind == "object" and not dry.files and "detector" in dry.notes[0]

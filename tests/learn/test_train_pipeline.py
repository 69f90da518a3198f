"""``studio train``: folders to a file that says what it is and can be used at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines import generate, train
from pipelines.train.pipeline import shape_of
from studio.errors import Cancelled, DoesNotFit, RequestError
from studio.jobs.job import Job, Progress
from studio.learn.recipes import RECIPES
from studio.learn.translation_recipes import pairs_in
from studio.media.film_mark import read_mark
from studio.media.still import read_still, write_still
from studio.models.net_file import read_head
from studio.settings import Settings
from tests.learn import toys


@pytest.fixture(scope="module")
def settings(studio_cache: Path) -> Settings:
    return Settings(cache_dir=studio_cache, device="cpu", threads=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets ``a`` and ``b`` whose names pair them, one file damaged, one of ``a`` alone."""
    top = tmp_path_factory.mktemp("sets")
    for number, pair in enumerate(toys.pairs(24, 40)):
        write_still(top / "a" / f"{number}.png", pair[:, :40])
        write_still(top / "b" / f"{number}.png", pair[:, 40:])
    write_still(top / "a" / "alone.png", pair[:, :40])
    (top / "b" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n half")
    return top


SMALL = {"size_px": 16, "width": 4, "latent": 4, "blocks": 1, "batch": 4}


def test_an_autoencoder_is_trained_stopped_and_used(folder, settings, tmp_path):
    options = train.Options("vae", tmp_path / "discs.safetensors", steps=8, **SMALL)
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.stage == "train" and progress.message.startswith("3 of"):
            job.cancel()

    job = Job(settings, on_progress=stop)
    with pytest.raises(Cancelled):
        train.run([folder / "b"], options, job)
    assert not options.out.exists(), "nothing half-made"
    plain = Job(settings)
    done = train.run([folder / "b"], options, plain)
    assert done.begun_at >= 3 and done.steps == 8
    assert any("broken.png" in note for note in done.notes)
    head = read_head(options.out)
    assert head.kind == "vae" and head.card["steps"] == 8 and head.card["held_out"] == 3
    assert json.loads(done.files["card"].read_text()) == head.card
    assert "--size 16" in " ".join(read_mark(done.files["sheet"]).command)
    used = generate.run(
        None, generate.Options("vae", tmp_path / "out", net=options.out, count=2), plain
    )
    assert read_still(used.files["picture 0001"]).shape == (64, 64, 3)
    assert used.plan.model.startswith("vae-discs@")
    with pytest.raises(RequestError, match="another training"):
        train.run([folder / "a"], options, plain)


@pytest.mark.parametrize("method", ["gan", "pix2pix", "cyclegan"])
def test_every_method_makes_its_files(method, folder, settings, tmp_path):
    options = train.Options(method, tmp_path / "net.safetensors", steps=2, **SMALL)
    source = {"gan": [folder / "b"], "pix2pix": [folder]}.get(method, [folder / "a", folder / "b"])
    done = train.run(source, options, Job(settings))
    for name, ending in RECIPES[method].files.items():
        head = read_head(tmp_path / f"net{ending}.safetensors")
        assert head.kind == RECIPES[method].kind, name
    assert read_still(done.files["sheet"]).std() > 0.3  # it has hardly begun
    if method == "pix2pix":
        assert done.pictures == (24,), "one of a pair alone is none"
    if method == "gan":
        chosen = generate.Options("faces", tmp_path / "out", net=options.out, count=2, enlarge=1)
        used = generate.run(None, chosen, Job(settings))
        assert read_still(used.files["picture 0002"]).shape == (16, 16, 3)


def test_a_dry_run_says_what_it_takes_and_leaves_nothing(folder, settings, tmp_path):
    options = train.Options("cyclegan", tmp_path / "x.safetensors", dry_run=True, steps=9, **SMALL)
    done = train.run([folder / "a", folder / "b"], options, Job(settings))
    assert done.estimate_s is not None and done.estimate_s > 0 and done.need_bytes > 0
    assert not list(tmp_path.iterdir())
    tight = settings.model_copy(update={"memory_budget_bytes": 1 << 28})
    large = train.Options("cyclegan", tmp_path / "x.safetensors", dry_run=True)
    with pytest.raises(DoesNotFit):
        train.run([folder / "a", folder / "b"], large, Job(tight))


def test_what_a_training_is_reckoned_to_take_grows_as_it_does():
    def need(**shape: int) -> int:
        chosen = {"size_px": 64, "width": 8, "latent": 8, "blocks": 2, "batch": 2} | shape
        return RECIPES["cyclegan"](
            shape_of(train.Options("cyclegan", Path("x"), **chosen))
        ).need_bytes()

    usual = need()
    assert (
        need(batch=8) > 3 * usual and need(size_px=128) > 3 * usual and need(width=32) > 3 * usual
    )


def test_pairs_side_by_side_are_read_as_the_paper_keeps_them(settings, tmp_path):
    pair = toys.pairs(1, 36)[0]
    write_still(tmp_path / "one.png", pair)
    assert pairs_in(tmp_path) == [tmp_path / "one.png"]
    options = train.Options("pix2pix", tmp_path / "n.safetensors", **(SMALL | {"size_px": 32}))
    (found,) = RECIPES["pix2pix"](shape_of(options)).gather([tmp_path], settings, lambda _: None)
    side = found.pixels.shape[1]
    assert found.pixels.shape == (1, side, 2 * side, 3)
    left, right = np.split(found.pixels[0].astype(int), 2, axis=1)
    assert left.mean() < 20 < right.mean(), "the outline is on the left"


def test_what_cannot_be_trained_is_refused(folder, settings, tmp_path):
    out = tmp_path / "x.safetensors"
    for options, words in (
        (train.Options("gan", out, size_px=50), "--size 50"),
        (train.Options("gan", tmp_path / "x.pt"), "safetensors"),
        (train.Options("gan", out, batch=-1), "--batch"),
        (train.Options("other", out), "other"),
    ):
        with pytest.raises(RequestError, match=words):
            train.run([folder / "a"], options, Job(settings))
    with pytest.raises(RequestError, match="2 folder"):
        train.run([folder / "a"], train.Options("cyclegan", out), Job(settings))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RequestError, match="no pictures"):
        train.run([empty], train.Options("gan", out), Job(settings))
    assert [p.name for p in tmp_path.iterdir()] == ["empty"], "nothing is left of a refusal"

"""Pictures that nobody took: they follow from their seeds, say what made them, and can be moved."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines import generate
from pipelines.generate import directions
from pipelines.generate.options import parse_numbers, parse_pairs
from studio.adapters import diffusion, gan_faces, translator, vae_faces
from studio.errors import NoSuchMedia, RequestError, WeightsCorrupt, WeightsMissing
from studio.jobs.job import Job
from studio.learn.components import component_error, components_of, error_between
from studio.media.film_mark import read_mark
from studio.media.still import read_still, write_still
from studio.models.net_file import NetHead, read_head, write_net
from studio.settings import Settings
from tests.fetched import Fetched, fetched, tiny
from tests.picture_pool import still

__all__ = ["fetched", "tiny"]


@pytest.fixture(scope="module")
def job(studio_cache: Path) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu", threads=1))


def made(job: Job, out: Path, **chosen: object) -> generate.Result:
    return generate.run(None, generate.Options(out=out, **chosen), job)


def test_faces_follow_from_their_seeds_and_say_what_made_them(job, tmp_path):
    first = made(job, tmp_path / "a", kind="faces", count=3, seed=5, enlarge=1)
    second = made(job, tmp_path / "b", kind="faces", count=1, seed=7, enlarge=2)
    faces = [read_still(first.files[f"picture {n:04d}"]) for n in (1, 2, 3)]
    assert all(face.shape == (64, 64, 3) and face.std() > 15 for face in faces)
    assert np.abs(faces[0].astype(int) - faces[1]).mean() > 10
    again = read_still(second.files["picture 0001"])
    small = again.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(small - faces[2]).mean() < 4, "the third of seed 5 is the first of seed 7"
    path = first.files["picture 0002"]
    mark = read_mark(path)
    assert (
        mark.command
        == first.command
        == ("studio", "generate", "faces", "--enlarge", "1", "--count", "3", "--seed", "5")
    )
    assert mark.models == {"dcgan-faces@1": "f32"} and mark.deed == "made"
    assert b"trainedAlgorithmicMedia" in path.read_bytes()
    assert json.loads(path.with_suffix(".json").read_text())["command"] == list(mark.command)
    assert first.files["sheet"].is_file()


def test_a_film_goes_along_arcs_between_faces(job, tmp_path):
    done = made(job, tmp_path, kind="faces", interpolate=(1, 2), seconds=0.4)
    with av.open(str(done.files["film"])) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 10 and frames[0].shape == (256, 256, 3)
    steps = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(frames)]
    whole = np.abs(frames[0].astype(int) - frames[-1]).mean()
    assert max(steps) < 0.6 * whole, "no jump"
    assert read_mark(done.files["film"]).command == done.command


def test_an_arc_keeps_the_length_and_its_ends():
    first, second = gan_faces.latents_of(3, 2, 100)
    path = directions.between(np.stack([first, second]), 9)
    np.testing.assert_allclose(path[[0, -1]], [first, second], rtol=1e-5)
    lengths = np.linalg.norm(path, axis=1)
    low, high = sorted(np.linalg.norm([first, second], axis=1))
    assert (lengths > 0.999 * low).all() and (lengths < 1.001 * high).all()
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 1.1 * steps.min()
    straight = np.linalg.norm((first + second) / 2)
    assert straight < 0.8 * low, "which a line would not"


def test_smiling_and_light_can_be_added(job, tmp_path, monkeypatch):
    monkeypatch.setattr(directions, "_LABELLED", 300)
    monkeypatch.setattr(directions, "_TRIED", 32)
    monkeypatch.setattr(directions, "DIRECTIONS_VERSION", "short")
    done = made(
        job, tmp_path, kind="faces", count=2, add=(("smiling", 2.0), ("bright", 2.0)), seed=40
    )
    before, after = done.attributes["smiling"]
    assert after > before + 0.15
    before, after = done.attributes["bright"]
    assert after > before + 0.1
    plain = made(job, tmp_path / "plain", kind="faces", count=2, seed=40)
    lighter = read_still(done.files["sheet"]).mean() - read_still(plain.files["sheet"]).mean()
    assert lighter > 10
    known = directions.directions_for(gan_faces.SPEC, job)  # from the file, not found again
    assert known["smiling"].before == done.attributes["smiling"][0]


def test_the_carried_autoencoder_beats_components_on_faces_it_never_saw(job):
    """Its card's figures are of 2000 faces; 120 others are measured here, beside components of
    the pictures at hand."""
    with job.pool.lease(gan_faces.SPEC) as generator:
        faces = generator.draw(gan_faces.latents_of(9_000_000, 360, generator.latent))
    held = faces[240:]
    with job.pool.lease(vae_faces.SPEC) as coder:
        error = error_between(coder.draw(coder.tell(held)[0]), held)
        drawn = coder.draw(gan_faces.latents_of(0, 64, coder.latent))
    card = read_head(vae_weights()).card
    assert error == pytest.approx(card["held_out_error"], rel=0.1)
    mean, components = components_of(faces[:240], coder_latent())
    assert error < 0.9 * component_error(held, mean, components)
    assert error < 0.9 * card["components_error"]
    assert vae_weights().stat().st_size < 3_000_000
    # What it draws lies about faces as they are: in lightness, and in how it varies.
    assert drawn.mean() == pytest.approx(faces.mean(), abs=15)
    assert drawn.mean((1, 2, 3)).std() == pytest.approx(faces.mean((1, 2, 3)).std(), rel=0.35)


def vae_weights() -> Path:
    return Path(__file__).resolve().parents[2] / vae_faces.SPEC.weights[0].path


def coder_latent() -> int:
    return int(read_head(vae_weights()).built_with["latent"])


def test_sliders_move_the_picture_and_begin_with_a_photo(job, tmp_path):
    light = [generate.slider_picture([value], job).mean() for value in (-2.0, 0.0, 2.0)]
    assert light[0] + 20 < light[1] < light[2] - 20, "the first slider is light"
    photo = tmp_path / "zidane.png"
    write_still(photo, still("zidane"))
    sliders = generate.sliders_of(job, photo=photo)
    assert sliders.count == 32 and max(map(abs, sliders.start)) > 0.5
    told = generate.slider_picture(sliders.start, job)
    done = made(job, tmp_path, kind="vae", photo=photo, traverse=3, enlarge=2)
    pair = read_still(done.files["told again"])
    assert pair.shape == (128, 256, 3)
    half = pair[:, 128:].reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(half - told).mean() < 4, "sliders where the photo puts them draw the same"
    assert done.error is not None and 0 < done.error < 0.2
    assert read_still(done.files["traversal"]).shape == (3 * 128, 7 * 128, 3)
    assert photo.name in read_mark(done.files["traversal"]).inputs
    blank = tmp_path / "blank.png"
    write_still(blank, np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(RequestError, match="No face"):
        made(job, tmp_path, kind="vae", photo=blank)


def test_pictures_from_words_name_the_command_that_fetches_them(job, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "none"))
    with pytest.raises(WeightsMissing) as error:
        made(job, tmp_path, kind="image", prompt="a dog", count=1)
    assert error.value.command == "studio models fetch sd-turbo"


def test_pictures_from_words_and_pictures(fetched: Fetched, tmp_path, monkeypatch):
    monkeypatch.setattr(diffusion, "SPEC_TURBO", fetched.specs["sd-turbo"])
    settings = Settings(cache_dir=fetched.pool.cache_dir, device="cpu", threads=1)
    job = Job(settings, pool=fetched.pool)
    words = {"kind": "image", "prompt": "a red house", "steps": 2, "size_wh": (64, 40)}
    done = made(job, tmp_path, count=2, **words)
    pictures = [read_still(done.files[f"picture {n:04d}"]) for n in (1, 2)]
    assert pictures[0].shape == (40, 64, 3) and not np.array_equal(*pictures)
    mark = read_mark(done.files["picture 0001"])
    assert mark.command[:4] == ("studio", "generate", "image", "a red house")
    words["photo"] = done.files["picture 0001"]
    again = made(job, tmp_path / "again", count=1, **words)
    drawn = read_still(again.files["picture 0001"])
    assert drawn.shape == (40, 64, 3) and not np.array_equal(drawn, pictures[0])
    assert "image-0001.png" in read_mark(again.files["picture 0001"]).inputs


def test_wishes_that_cannot_be_are_refused(job, tmp_path):
    for chosen, words in (
        ({"kind": "faces", "count": 0}, "--count"),
        ({"kind": "faces", "interpolate": (3,)}, "two seeds"),
        ({"kind": "faces", "add": (("winged", 1.0),)}, "winged"),
        ({"kind": "vae", "sliders": ((99, 1.0),)}, "no slider 99"),
        ({"kind": "image"}, "No prompt"),
        ({"kind": "image", "prompt": "a dog", "model": "x"}, "picture model"),
    ):
        with pytest.raises(RequestError, match=words):
            made(job, tmp_path, **chosen)
    assert parse_pairs(("smiling:0.8,bright:-1",), "--add") == (("smiling", 0.8), ("bright", -1.0))
    assert parse_numbers("3,8", "--interpolate") == (3, 8)
    for bad in ("smiling", "smiling:x"):
        with pytest.raises(RequestError, match="--add"):
            parse_pairs((bad,), "--add")
    dry = made(job, tmp_path / "dry", kind="faces", dry_run=True)
    assert not dry.files and not (tmp_path / "dry").exists() and dry.plan.size_wh == (256, 256)


def test_a_file_of_another_network_or_none_is_refused(job, tmp_path):
    from studio.nets.pix2pix import UNet

    built_with = {"width": 4, "depth": 3}
    path = tmp_path / "u.safetensors"
    write_net(path, UNet(**built_with), NetHead("pix2pix", built_with, {"licence": "mine"}))
    assert read_head(path).card == {"licence": "mine"}
    painter = translator.load_translator(path)
    picture = np.random.default_rng(0).integers(0, 255, (13, 50, 3), np.uint8)
    painted = painter.paint(picture)
    assert painted.shape == picture.shape and painted.dtype == np.uint8
    assert np.array_equal(painted, painter.paint(picture)), "no noise where it is used"
    with job.pool.lease(translator.spec_of(path)) as leased:
        assert np.array_equal(painted, leased.paint(picture))
    painter.close()
    with pytest.raises(ValueError, match="closed"):
        painter.paint(picture)
    with pytest.raises(WeightsCorrupt, match="not a vae"):
        made(job, tmp_path, kind="vae", net=path)
    with pytest.raises(RequestError, match="translates no pictures"):
        translator.spec_of(vae_weights())
    (tmp_path / "none.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsCorrupt, match="no network that the studio trained"):
        translator.spec_of(tmp_path / "none.safetensors")
    with pytest.raises(NoSuchMedia):
        translator.spec_of(tmp_path / "missing.safetensors")

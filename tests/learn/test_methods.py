"""Short real trainings: what is drawn, told and translated moves to what it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from studio.learn.components import component_error, components_of, error_between
from studio.learn.gan import DcganMethod
from studio.learn.loop import Method, read_log, train
from studio.learn.pictures import from_array, scaled
from studio.learn.translation import CycleMethod, OlderPictures, Pix2PixMethod
from studio.learn.vae import VaeMethod, tell_and_error, told_again
from studio.nets.dcgan import bytes_to_unit, unit_to_bytes
from tests.learn import toys


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for a second thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(method: Method, folder: Path, steps: int, seed: int = 0) -> list[dict[str, float]]:
    train(method, folder, what="a toy", steps=steps, seed=seed)
    return read_log(folder)


def colours_of(method: DcganMethod, count: int = 200) -> np.ndarray:
    """Mean colour of drawn pictures, -1 to 1: ``(count, 3)``."""
    latents = torch.randn(count, method.generator.latent, generator=torch.Generator())
    with torch.inference_mode():
        return method.generator.eval()(latents).mean((2, 3)).numpy()


def test_a_gan_comes_to_draw_the_colours_it_was_shown(tmp_path):
    shown = toys.tints(512)
    real = shown.pixels.mean((1, 2)) / 127.5 - 1
    built_with = {"latent": 8, "width": 8, "side_px": 16}
    method = DcganMethod(shown, built_with, batch=16, rate=1.5e-3)
    before = colours_of(method)
    log = trained(method, tmp_path, 300)
    after = colours_of(method)

    def apart(drawn: np.ndarray) -> float:
        return float(np.abs(drawn.mean(0) - real.mean(0)).max())

    assert apart(after) < 0.12 < 0.5 * apart(before)
    assert after[:, 0].std() == pytest.approx(real[:, 0].std(), rel=0.6)
    assert np.corrcoef(after[:, 0], after[:, 1])[0, 1] > 0.5, "green goes with red"
    assert 0.2 < np.mean([row["real"] for row in log[-50:]]) < 0.9, "neither side has won"


def test_an_autoencoder_raises_its_bound_and_tells_pictures_it_never_saw(tmp_path):
    learnt, held = from_array(toys.discs(512)), from_array(toys.discs(64, seed=1))
    method = VaeMethod(
        learnt, {"latent": 6, "widths": (12, 24), "side_px": 16}, rate=6e-3, batch=16
    )
    log = trained(method, tmp_path, 260)
    rose = [row["elbo"] for row in log]
    assert np.mean(rose[-20:]) > np.mean(rose[20:40]) + 200
    found = tell_and_error(method, learnt, held)
    assert found["held_out_error"] < found["components_error"] < 0.8 * found["mean_error"]
    # The axes: standard normal, those first that move the pixels most, and lossless.
    assert found["spread"] == sorted(found["spread"], reverse=True)
    given = bytes_to_unit(torch.from_numpy(np.array(learnt.pixels)))
    with torch.inference_mode():
        told = method.vae.tell(given)[0]
        again = unit_to_bytes(method.vae.draw(told)).numpy()
    np.testing.assert_allclose(torch.cov(told.T).numpy(), np.eye(6), atol=0.05)
    assert np.abs(again.astype(int) - told_again(method.vae, learnt.pixels)[0]).max() <= 1


def test_pix2pix_learns_to_fill_outlines_in(tmp_path):
    method = Pix2PixMethod(
        from_array(toys.pairs(96)),
        {"width": 12, "depth": 4},
        critic_with={"width": 12, "layers": 2},
        side_px=32,
        batch=2,
        rate=1.5e-3,
    )
    log = trained(method, tmp_path, 150)
    assert np.mean([r["l1"] for r in log[-10:]]) < 0.35 * np.mean([r["l1"] for r in log[:5]])
    given, wanted = np.split(toys.pairs(16, 32, seed=9), 2, axis=2)
    with torch.inference_mode():
        made = method.translator.eval()(bytes_to_unit(torch.from_numpy(np.array(given))))
    made = unit_to_bytes(made).numpy().astype(float)
    error = np.abs(made - wanted).mean() / 127.5
    flat = np.abs(wanted - np.median(wanted, axis=(0, 1, 2))).mean() / 127.5
    assert error < 0.12 and error < 0.6 * flat, (error, flat)


def test_cyclegan_brings_one_set_to_the_colours_of_the_other_and_back(tmp_path):
    red, blue = toys.clouds(64, (1, 0.3, 0.3), 0), toys.clouds(64, (0.2, 0.5, 1), 1)
    method = CycleMethod(
        red,
        blue,
        {"width": 6, "blocks": 1},
        critic_with={"width": 8, "layers": 2},
        side_px=16,
        batch=1,
        rate=2e-3,
    )
    log = trained(method, tmp_path, 80)
    cycle = [row["cycle"] for row in log]
    assert np.mean(cycle[-20:]) < 0.5 * np.mean(cycle[:10])
    given = bytes_to_unit(torch.from_numpy(np.array(toys.clouds(16, (1, 0.3, 0.3), 7).pixels)))
    given = given[..., :16, :16]
    with torch.inference_mode():
        there = method.there(given)
        back = method.back(there)
    seen = bytes_to_unit(torch.from_numpy(np.array(blue.pixels))).mean((0, 2, 3))
    before = (given.mean((0, 2, 3)) - seen).norm()
    assert (there.mean((0, 2, 3)) - seen).norm() < 0.35 * before
    assert (back - given).abs().mean() < 0.5 * (there - given).abs().mean()


def test_critics_are_shown_older_pictures_half_of_the_time():
    torch.manual_seed(0)
    older = OlderPictures()
    numbers = [older.swap(torch.full((1, 1, 1, 1), float(n))).item() for n in range(1000)]
    assert numbers[:50] == list(range(50)), "kept until there are enough"
    late = [n == shown for n, shown in enumerate(numbers)][50:]
    assert 0.4 < np.mean(late) < 0.6
    assert older.kept is not None and len(older.kept) == 50
    assert older.kept.mean() > 700, "they are replaced"


def test_components_are_those_of_a_full_decomposition():
    pixels = np.stack([scaled(p, (12, 12)) for p in toys.discs(200, 24)])
    flat = pixels.reshape(200, -1) / 127.5 - 1
    mean, found = components_of(pixels, 5)
    centred = flat - flat.mean(0)
    _, _, exact = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(found @ exact[:5].T), np.eye(5), atol=2e-2)
    left = centred - centred @ exact[:5].T @ exact[:5]
    assert component_error(pixels, mean, found) == pytest.approx((left**2).mean(), rel=1e-3)
    assert error_between(pixels, 255 - pixels) > 0.1

"""Longer trainings and searches, on faces; run with ``-m slow``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipelines.generate.directions import directions_for
from pipelines.generate.options import ATTRIBUTES
from studio.adapters import gan_faces
from studio.jobs.job import Job
from studio.learn.loop import read_log, train
from studio.learn.pictures import from_array, grid
from studio.learn.translation import Pix2PixMethod
from studio.media.still import write_still
from studio.nets.dcgan import bytes_to_unit, unit_to_bytes
from studio.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def job(studio_cache: Path) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu"))


def test_every_attribute_that_is_offered_can_be_added(job):
    """Measured: smiling 0.25 to 0.63."""
    found = directions_for(gan_faces.SPEC, job)
    rose = {name: found[name].after - found[name].before for name in ATTRIBUTES}
    print({name: (round(d.before, 3), round(d.after, 3)) for name, d in found.items()})
    assert rose["smiling"] > 0.25 and rose["bright"] > 0.1
    assert min(rose.values()) > 0.02, rose


def test_pix2pix_draws_faces_from_their_edges(job, tmp_path):
    torch.set_num_threads(1)
    with job.pool.lease(gan_faces.SPEC) as generator:
        faces = generator.draw(gan_faces.latents_of(5_000_000, 240, generator.latent))
    edges = np.stack([cv2.Canny(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), 60, 140) for f in faces])
    pairs = np.concatenate([np.repeat(edges[..., None], 3, 3), faces], axis=2)
    method = Pix2PixMethod(
        from_array(pairs[:220]),
        {"width": 16, "depth": 6},
        critic_with={"width": 16, "layers": 3},
        side_px=64,
        batch=4,
    )
    train(method, tmp_path, what="edges", steps=400)
    log = [row["l1"] for row in read_log(tmp_path)]
    assert np.mean(log[-20:]) < 0.7 * np.mean(log[:20])
    given, wanted = pairs[220:, :, :64], pairs[220:, :, 64:]
    with torch.inference_mode():
        made = method.translator.eval()(bytes_to_unit(torch.from_numpy(given.copy())))
    made = unit_to_bytes(made).numpy()
    write_still(
        tmp_path / "sheet.png", grid(np.stack([given, made, wanted], 1).reshape(-1, 64, 64, 3), 12)
    )
    flat = np.abs(wanted - pairs[:220, :, 64:].mean((0, 1, 2))).mean()
    error = np.abs(made.astype(float) - wanted).mean()
    print(f"L1 {error:.1f} of 255, one colour {flat:.1f}")
    assert error < 0.85 * flat

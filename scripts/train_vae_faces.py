"""Make the autoencoder of faces that the studio carries: assets/weights/vae-faces.safetensors.

It learns from faces that the carried DCGAN draws (``gan-face-generate``, itself trained on
DigiFace-1M, which a renderer made), so no photograph of anybody is behind it. Run from the
checkout: ``python -m scripts.train_vae_faces --work DIR``; stopped, it goes on. About 8 minutes
of one core.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from studio.adapters import gan_faces
from studio.learn.loop import train
from studio.learn.pictures import PictureSet, grid
from studio.learn.vae import VaeMethod, tell_and_error, told_again
from studio.media.film_mark import FilmMark, software
from studio.media.still import write_still
from studio.models.net_file import NetHead, write_net
from studio.models.pool import ModelPool
from studio.settings import Settings

FACES, HELD_OUT, BLOCK = 18_000, 2_000, 100
FIRST_SEED = 1_000
BUILT_WITH = {"latent": 32, "widths": [16, 32, 64, 128], "side_px": 64}
STEPS, SEED = 3_000, 0
TARGET = Path(__file__).resolve().parent.parent / "assets" / "weights" / "vae-faces.safetensors"
COMMAND = ("python", "-m", "scripts.train_vae_faces")


def draw(path: Path) -> np.ndarray:
    """The faces, on disk; those after ``FACES`` are held out."""
    if path.is_file():
        return np.load(path, mmap_mode="r")
    with ModelPool(Settings()).lease(gan_faces.SPEC) as generator:
        parts = []
        for block in range(0, FACES + HELD_OUT, BLOCK):
            numbers = torch.Generator().manual_seed(FIRST_SEED + block)
            latents = torch.randn(BLOCK, generator.latent, generator=numbers)
            parts.append(generator.draw(latents.numpy()))
            print(f"\rfaces {block + BLOCK}", end="", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.concatenate(parts))
    return np.load(path, mmap_mode="r")


def main() -> None:
    """Draw, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for faces and checkpoints")
    work = parser.parse_args().work
    torch.set_num_threads(1)  # with more, other sums come in another order
    faces = draw(work / "faces.npy")
    learnt = PictureSet(faces[:FACES], "")
    held = PictureSet(faces[FACES:], "")
    method = VaeMethod(learnt, BUILT_WITH, seed=SEED)
    what = f"vae-faces {BUILT_WITH}"

    def say(number: int, found: dict[str, float]) -> None:
        if number % 20 == 0:
            print(f"\r{number} of {STEPS}: {found}", end="", flush=True)

    done = train(method, work, what=what, steps=STEPS, seed=SEED, on_step=say)
    measured = tell_and_error(method, learnt, held)
    card = {
        "kind": "vae",
        "pictures": [FACES, HELD_OUT],
        "trained_on": "faces drawn by the DCGAN of gan-face-generate 1.1.1, seeds 1000 to 18900; "
        "held out: seeds 19000 to 20900. No photographs.",
        "faces_sha256": hashlib.sha256(faces.tobytes()).hexdigest(),
        "licence": "AGPL-3.0-or-later",
        "steps": done.steps,
        "software": software(),
        "command": list(COMMAND),
        **measured,
    }
    write_net(TARGET, method.vae, NetHead("vae", BUILT_WITH, card), half=True)
    TARGET.with_suffix(".json").write_text(
        json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    shown = np.array(held.pixels[:32])
    again, _ = told_again(method.vae, shown)
    rows = np.stack([shown.reshape(4, 8, *shown.shape[1:]), again.reshape(4, 8, *shown.shape[1:])])
    mark = FilmMark(COMMAND, {}, {"vae": "f32"}, software(), deed="made")
    write_still(
        work / "sheet.png",
        grid(np.concatenate(rows.swapaxes(0, 1)).reshape(-1, *shown.shape[1:]), 8),
        mark,
    )
    errors = {name: value for name, value in measured.items() if name.endswith("error")}
    print(f"\n{errors}")


if __name__ == "__main__":
    main()

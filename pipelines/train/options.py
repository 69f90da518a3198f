"""What is to be trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from studio.errors import RequestError

#: What can be trained from folders of pictures, and its usual size, width, batch and steps.
METHODS: dict[str, tuple[int, int, int, int]] = {
    "gan": (64, 64, 128, 20_000),
    "vae": (64, 16, 64, 5_000),
    "pix2pix": (256, 64, 1, 40_000),
    "cyclegan": (256, 64, 1, 100_000),
    "look": (256, 24, 2, 8_000),
    "summary": (64, 256, 1, 3_000),
}


@dataclass(frozen=True)
class Options:
    """Options of ``studio train``; 0 is what is usual for the method.

    Attributes:
        method: one of :data:`METHODS`.
        out: the file, ``….safetensors``; what a training needs to go on lies in the folder
            ``….training`` beside it.
        steps: in all.
        minutes: after which to stop, to go on another time; 0 for no limit.
        size_px: side of the square pictures.
        width: of the networks.
        latent: numbers a picture is drawn from or told by; gan and vae.
        blocks: residual blocks of cyclegan; 0 for 6 below 256 pixels and 9 from there on.
        batch: pictures a step.
        seed: same pictures, options and seed give the same network.
        save_s: seconds between checkpoints.
        dry_run: only say how long it would take and what memory.
    """

    method: str
    out: Path
    steps: int = 0
    minutes: float = 0.0
    size_px: int = 0
    width: int = 0
    latent: int = 0
    blocks: int = 0
    batch: int = 0
    seed: int = 0
    save_s: float = 60.0
    dry_run: bool = False

    @property
    def folder(self) -> Path:
        """Where the training keeps what it needs to go on."""
        return self.out.with_suffix(".training")


def checked(options: Options) -> Options:
    """The options, whole, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if options.method not in METHODS:
        raise RequestError(f"nothing is called {options.method!r}", f"Use {', '.join(METHODS)}.")
    if options.out.suffix != ".safetensors":
        raise RequestError(
            f"--out {options.out} is no .safetensors file.", "Write e.g. --out mine.safetensors"
        )
    for name in ("steps", "minutes", "size_px", "width", "latent", "blocks", "batch", "seed"):
        if getattr(options, name) < 0:
            flag = name.removesuffix("_px")
            raise RequestError(f"--{flag} {getattr(options, name)} is below 0.")
    size, width, batch, steps = METHODS[options.method]
    whole = replace(
        options,
        size_px=options.size_px or size,
        width=options.width or width,
        batch=options.batch or batch,
        steps=options.steps or steps,
        latent=options.latent or (100 if options.method == "gan" else 32),
    )
    side = whole.size_px
    if side < 16 or side > 1024 or (side & (side - 1)):
        raise RequestError(
            f"--size {side} is no power of two from 16 to 1024.", f"{size} is usual."
        )
    blocks = whole.blocks or (6 if side < 256 else 9)
    return replace(whole, blocks=blocks)

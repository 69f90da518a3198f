"""Which class is to have more pictures, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: How pictures can be made: seen otherwise, varied by an autoencoder, drawn by a generator.
WAYS = ("classical", "vae", "gan")


@dataclass(frozen=True)
class Options:
    """Options of ``studio augment``.

    Attributes:
        name: of the class, a folder in the source.
        out: folder for the pictures and the report.
        count: pictures to write.
        ways: of :data:`WAYS`; the pictures are shared out evenly.
        vae, gan: files of ``studio train``; the studio's own networks, which know faces, where
            not given.
        splits: how often the pictures are split into those to learn from and those to measure on.
        seed: of all chance.
        dry_run: only say what would be made.
    """

    name: str
    out: Path
    count: int = 100
    ways: tuple[str, ...] = ("classical",)
    vae: Path | None = None
    gan: Path | None = None
    splits: int = 20
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if not 1 <= options.count <= 10_000:
        raise RequestError(f"--count {options.count} is not from 1 to 10000.")
    if not 5 <= options.splits <= 200:
        raise RequestError(f"--splits {options.splits} is not from 5 to 200.", "20 is usual.")
    if not options.ways or set(options.ways) - set(WAYS):
        raise RequestError(
            f"--with {','.join(options.ways)} is not made of {', '.join(WAYS)}.",
            "Write e.g. --with classical,vae",
        )
    if options.seed < 0:
        raise RequestError(f"--seed {options.seed} is below 0.")
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    return options

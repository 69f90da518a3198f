"""What pictures are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: What can be made.
KINDS = ("faces", "vae", "image")
#: Attributes that are found from labelled samples, ``--add smiling:0.8``.
ATTRIBUTES = ("smiling", "surprised", "angry", "sad", "neutral", "bright", "warm")
#: Models of ``image`` by their names in the catalogue.
IMAGE_MODELS = ("sd-turbo", "stable-diffusion-1.5")
_MOST = 10_000


@dataclass(frozen=True)
class Options:
    """Options of ``studio generate``.

    Attributes:
        kind: one of :data:`KINDS`.
        out: folder for the results.
        count: how many pictures.
        seed: picture ``i`` follows from ``seed + i`` alone.
        net: a file of ``studio train`` to draw with; the studio's own where not given.
        enlarge: how often larger pictures are written than the network draws them.
        interpolate: seeds of pictures between which a film goes; faces.
        seconds: of that film.
        add: attributes and how many standard deviations of them are added; faces.
        traverse: how many of the numbers are shown through their range; vae.
        sliders: number of a slider to its value; vae.
        photo: a picture that is told again (vae) or drawn anew (image).
        prompt: what is to be seen; image.
        negative: what is not to be in it; image.
        model: one of :data:`IMAGE_MODELS`.
        strength: how much of the photo is drawn anew; image.
        steps: of the model; 0 for what it was made for.
        size_wh: of the picture; None for what the model was made for.
        dry_run: only say what would be made.
    """

    kind: str
    out: Path
    count: int = 16
    seed: int = 0
    net: Path | None = None
    enlarge: int = 4
    interpolate: tuple[int, ...] = ()
    seconds: float = 5.0
    add: tuple[tuple[str, float], ...] = ()
    traverse: int = 10
    sliders: tuple[tuple[int, float], ...] = ()
    photo: Path | None = None
    prompt: str = ""
    negative: str = ""
    model: str = "sd-turbo"
    strength: float = 0.5
    steps: int = 0
    size_wh: tuple[int, int] | None = None
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, if each can work.

    Raises:
        RequestError: naming the option.
    """
    if options.kind not in KINDS:
        raise RequestError(f"nothing is called {options.kind!r}", f"Use {', '.join(KINDS)}.")
    if not 1 <= options.count <= _MOST or options.seed < 0:
        raise RequestError(
            f"--count {options.count} is not from 1 to {_MOST}, or --seed {options.seed} below 0."
        )
    if not 1 <= options.enlarge <= 16:
        raise RequestError(f"--enlarge {options.enlarge} is not from 1 to 16.", "4 is usual.")
    if options.out.exists() and not options.out.is_dir():
        raise RequestError(f"{options.out} is a file.", "Give a folder: --out DIR")
    if len(options.interpolate) == 1 or any(seed < 0 for seed in options.interpolate):
        raise RequestError("A film goes between two seeds at least.", "--interpolate 3,8")
    if options.interpolate and not 0.1 <= options.seconds <= 600:
        raise RequestError(f"--seconds {options.seconds:g} is not from 0.1 to 600.")
    for name, amount in options.add:
        if name not in ATTRIBUTES:
            raise RequestError(
                f"no attribute called {name!r}", f"There are {', '.join(ATTRIBUTES)}."
            )
        if not -10 <= amount <= 10:
            raise RequestError(f"--add {name}:{amount:g} is not from -10 to 10.")
    if options.kind == "image":
        _check_image(options)
    return options


def _check_image(options: Options) -> None:
    if not options.prompt.strip():
        raise RequestError("No prompt was given.", 'Write e.g. studio generate image "a dog"')
    if options.model not in IMAGE_MODELS:
        raise RequestError(
            f"no picture model called {options.model!r}", f"Use {', '.join(IMAGE_MODELS)}."
        )


def parse_pairs(texts: tuple[str, ...], option: str) -> tuple[tuple[str, float], ...]:
    """``smiling:0.8,bright:1`` as names and numbers.

    Raises:
        RequestError: it is not of that form.
    """
    found = []
    for text in ",".join(texts).split(","):
        if not text.strip():
            continue
        name, mark, value = text.strip().rpartition(":")
        try:
            found.append((name.strip(), float(value)))
        except ValueError:
            mark = ""
        if not mark:
            raise RequestError(f"{option} {text!r} is no name with a number.", "smiling:0.8")
    return tuple(found)


def parse_numbers(text: str, option: str) -> tuple[int, ...]:
    """``3,8,21`` as whole numbers.

    Raises:
        RequestError: it is not of that form.
    """
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise RequestError(f"{option} {text!r} is no list of whole numbers.", "3,8") from None

"""Pictures from networks: decide what, draw, write, marked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.generate.options import Options, checked
from studio.adapters import gan_faces
from studio.jobs.job import Job
from studio.models import ladder
from studio.models.spec import AnySpec

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark

#: Frames a second of a film between pictures.
RATE = 25
#: The most pictures a sheet shows, and in a row.
_SHEET, _COLUMNS = 64, 8
#: Side of the tiles that large pictures are decoded in where memory is short.
_TILE_PX = 512

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Plan:
    """What would be made.

    Attributes:
        kind: as in the options.
        model: name and version of the network.
        pictures: files.
        frames: of the film; 0 for none.
        size_wh: of each picture; None where the model decides.
        fits: whether the model fits into memory now, in words.
    """

    kind: str
    model: str
    pictures: int
    frames: int
    size_wh: tuple[int, int] | None
    fits: str


@dataclass(frozen=True)
class Result:
    """What was made.

    Attributes:
        plan: see there.
        files: by what they are; ``picture 0001`` and so on for single ones.
        command: the words that make the same again.
        attributes: of those that were added, the mean over other faces before and after two
            standard deviations of it.
        error: of a photo that was told again: mean square error of a value, from -1 to 1.
        notes: what a user should know.
        wall_s: seconds.
    """

    plan: Plan
    files: dict[str, Path]
    command: tuple[str, ...]
    attributes: dict[str, tuple[float, float]]
    error: float | None
    notes: tuple[str, ...]
    wall_s: float


@dataclass(frozen=True)
class Made:
    """What a maker hands back: names to pictures, and what is to be said of them."""

    pictures: dict[str, Pixels]
    film: Iterator[Pixels] | None = None
    attributes: dict[str, tuple[float, float]] | None = None
    error: float | None = None
    notes: tuple[str, ...] = ()
    inputs: dict[str, str] | None = None
    precision: str = "f32"


def run(source: Path | None, options: Options, job: Job) -> Result:
    """Make pictures.

    Args:
        source: a photo to begin from, where the kind takes one.
        options: see there.
        job: settings, pool, progress, cancel.

    Raises:
        RequestError: an option that cannot work.
        MediaError: a file cannot be read.
        ModelError: a model is not here, does not fit, or gave up.
        EncodeFailed: a result cannot be written.
        Cancelled: the user stopped it.
    """
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    options = checked(replace(options, photo=source or options.photo))
    spec = spec_of(options)
    plan = _plan(options, spec, job)
    command = command_of(options)
    if options.dry_run:
        return Result(plan, {}, command, {}, None, (), time.perf_counter() - started)
    makers = {"faces": _faces, "vae": _told, "image": _drawn}
    files: dict[str, Path] = {}
    notes: list[str] = []
    for made in makers[options.kind](options, spec, job):
        mark = _mark(options, spec, made, command)
        written = _write(options, made, mark, job)
        for path in written.values():
            notes += carry_on(path, [options.photo] if options.photo else [], mark, job.settings)
        files |= written
        last = made
        notes += made.notes
    wall_s = time.perf_counter() - started
    return Result(plan, files, command, last.attributes or {}, last.error, tuple(notes), wall_s)


def spec_of(options: Options) -> AnySpec:
    """The network that draws."""
    from pipelines.generate.tell import coder_spec

    if options.kind == "faces":
        return gan_faces.spec_of(options.net) if options.net is not None else gan_faces.SPEC
    if options.kind == "vae":
        return coder_spec(options.net)
    from studio.adapters import diffusion

    return diffusion.SPEC_TURBO if options.model == "sd-turbo" else diffusion.SPEC_FULL


def _plan(options: Options, spec: AnySpec, job: Job) -> Plan:
    frames = round(options.seconds * RATE) if options.interpolate else 0
    size = options.size_wh
    if options.kind != "image":
        from studio.models.net_file import read_head

        side = 64
        if options.net is not None:
            side = int(read_head(options.net).built_with["side_px"])
        size = (side * options.enlarge, side * options.enlarge)
    return Plan(
        kind=options.kind,
        model=spec.key,
        pictures=0 if options.interpolate else options.count,
        frames=frames,
        size_wh=size,
        fits=job.pool.preflight([spec]).reason,
    )


def _faces(options: Options, spec: AnySpec, job: Job) -> Iterator[Made]:
    from pipelines.generate.directions import between, directions_for, moved

    directions = directions_for(spec, job) if options.add else {}
    added = {name: (directions[name].before, directions[name].after) for name, _ in options.add}
    notes = tuple(
        f"On {name} the direction found has no hold: {before:.2f} before, {after:.2f} after."
        for name, (before, after) in added.items()
        if after - before < 0.02
    )
    if options.add and options.net is not None:
        notes += ("Attributes are read as from the carried faces' framing; yours may differ.",)
    with job.pool.lease(spec) as generator:

        def latents(seeds: list[int]) -> NDArray[np.float32]:
            rows = [gan_faces.latents_of(seed, 1, generator.latent)[0] for seed in seeds]
            return moved(np.stack(rows), directions, options.add)

        if options.interpolate:
            ends = latents(list(options.interpolate))
            path = between(ends, max(2, round(options.seconds * RATE)))

            def film() -> Iterator[Pixels]:
                for at in range(0, len(path), 25):
                    job.report("draw", at / len(path))
                    yield from generator.draw(path[at : at + 25])

            sheet = generator.draw(between(ends, 2 * _COLUMNS))
            yield Made({"sheet": _grid(sheet, _COLUMNS, options)}, film(), added, notes=notes)
            return
        for at in range(0, options.count, _SHEET):
            job.report("draw", at / options.count)
            some = range(at, min(at + _SHEET, options.count))
            faces = generator.draw(latents([options.seed + i for i in some]))
            pictures = {
                f"picture {i + 1:04d}": _larger(face, options)
                for i, face in zip(some, faces, strict=True)
            }
            if at == 0:
                pictures["sheet"] = _grid(faces, _COLUMNS, options)
            yield Made(pictures, attributes=added, notes=notes if at == 0 else ())


def _told(options: Options, spec: AnySpec, job: Job) -> Iterator[Made]:
    from pipelines.generate.tell import face_of, placed, sized, traversals
    from studio.learn.components import error_between

    photo = options.photo
    face = face_of(photo, options.net, job) if photo is not None else None
    with job.pool.lease(spec) as coder:
        pictures: dict[str, Pixels] = {}
        error, inputs = None, {}
        start = placed(options.sliders, coder)
        if face is not None and photo is not None:
            from studio.models.weights import sha256_of

            inputs = {photo.name: sha256_of(photo)}
            small = sized(face, coder.side_px)
            told = coder.tell(small[None])[0][0]
            again = coder.draw(told[None])[0]
            error = error_between(again[None], small[None])
            pictures["told again"] = _grid(np.stack([small, again]), 2, options)
            start = start + told
        if options.sliders:
            pictures["sliders"] = _larger(coder.draw(start[None])[0], options)
        if options.traverse:
            job.report("traverse", 0.0)
            through = traversals(coder, options.traverse, start)
            pictures["traversal"] = _grid(
                through, len(through) // min(options.traverse, coder.latent), options
            )
        if face is None and not options.sliders:
            latents = gan_faces.latents_of(options.seed, options.count, coder.latent)
            drawn = coder.draw(latents)
            for i, picture in enumerate(drawn):
                pictures[f"picture {i + 1:04d}"] = _larger(picture, options)
            pictures["sheet"] = _grid(drawn[:_SHEET], _COLUMNS, options)
        yield Made(pictures, error=error, inputs=inputs)


def _drawn(options: Options, spec: AnySpec, job: Job) -> Iterator[Made]:
    from studio.media.still import read_still
    from studio.models.weights import sha256_of

    inputs = {}
    picture = None
    if options.photo is not None:
        picture = read_still(options.photo, job.settings)
        inputs = {options.photo.name: sha256_of(options.photo)}
    words: dict[str, Any] = {"negative": options.negative, "steps": options.steps or None}

    def draw(model: Any, seeds: Sequence[int], tile: int) -> list[tuple[Pixels, str, str]]:
        lost, found = model.unheard(options.prompt), []
        for seed in seeds:
            job.report("draw", (seed - options.seed) / options.count)
            if picture is None:
                drawn = model.text_to_image(
                    options.prompt, seed=seed, wh=options.size_wh, tile=tile, **words
                )
            else:
                drawn = model.image_to_image(
                    picture[None],
                    options.prompt,
                    strength=options.strength,
                    seed=seed,
                    tile=tile,
                    **words,
                )
            found.append((drawn[0], model.precision, lost))
        return found

    seeds = range(options.seed, options.seed + options.count)
    shape = "{}x{}".format(*options.size_wh) if options.size_wh else ""
    made = 0
    for outcome in ladder.run(job.pool, spec, seeds, draw, tiles=(0, _TILE_PX), shape=shape):
        number, notes = outcome.item - options.seed + 1, list(outcome.notes)
        if outcome.value is None:  # the next picture may be made all the same
            if outcome.error is not None and number == options.count and not made:
                raise outcome.error
            yield Made({}, notes=(*notes, f"picture {number} was not made: {outcome.error}"))
            continue
        drawn, precision, lost = outcome.value
        made += 1
        if lost and number == 1:
            notes.append(f"The model reads no further than before: {lost}")
        yield Made(
            {f"picture {number:04d}": drawn},
            inputs=inputs,
            precision=precision,
            notes=tuple(notes),
        )


def _larger(picture: Pixels, options: Options) -> Pixels:
    """A small picture, enlarged so that it can be looked at."""
    import cv2

    if options.enlarge == 1:
        return picture
    height, width = picture.shape[:2]
    size = (width * options.enlarge, height * options.enlarge)
    made: Pixels = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return made


def _grid(pictures: Pixels, columns: int, options: Options) -> Pixels:
    from studio.learn.pictures import grid

    shown = np.stack(
        [_larger(p, replace(options, enlarge=min(options.enlarge, 2))) for p in pictures]
    )
    return grid(shown, min(columns, len(pictures)))


def _write(options: Options, made: Made, mark: FilmMark, job: Job) -> dict[str, Path]:
    from studio.media.still import write_still

    files = {}
    for name, picture in made.pictures.items():
        stem = name.removeprefix("picture ").replace(" ", "-")
        files[name] = options.out / f"{options.kind}-{stem}.png"
        write_still(files[name], picture, mark, beside=True)
    if made.film is not None:
        from studio.media.made_film import write_film
        from studio.types.timecode import FrameRate

        first = next(made.film)
        side = _larger(first, options).shape[0]

        def frames() -> Iterator[Pixels]:
            yield _larger(first, options)
            for picture in made.film or ():
                yield _larger(picture, options)

        files["film"] = options.out / f"{options.kind}-film.mp4"
        write_film(
            files["film"],
            frames(),
            (side, side),
            FrameRate(Fraction(RATE)),
            threads=job.settings.cores,
            mark=mark,
        )
    return files


def command_of(options: Options) -> tuple[str, ...]:
    """The words that make the same again; of paths only the last name."""
    usual = Options(options.kind, options.out)
    words = ["studio", "generate", options.kind]
    if options.kind == "image":
        words.append(options.prompt)
        if options.photo is not None:
            words += ["--from", options.photo.name, "--strength", f"{options.strength:g}"]
        words += ["--model", options.model]
    elif options.photo is not None:
        words += ["--photo", options.photo.name]
    if options.net is not None:
        words += ["--net", options.net.name]
    if options.interpolate:
        words += ["--interpolate", ",".join(map(str, options.interpolate))]
        words += ["--seconds", f"{options.seconds:g}"]
    if options.add:
        words += ["--add", ",".join(f"{name}:{value:g}" for name, value in options.add)]
    if options.sliders:
        words += ["--set", ",".join(f"{number}:{value:g}" for number, value in options.sliders)]
    for name in ("negative", "steps", "traverse", "enlarge"):
        if getattr(options, name) != getattr(usual, name):
            words += [f"--{name}", str(getattr(options, name))]
    if options.size_wh is not None:
        words += ["--size", "{}x{}".format(*options.size_wh)]
    words += ["--count", str(options.count), "--seed", str(options.seed)]
    return tuple(words)


def _mark(options: Options, spec: AnySpec, made: Made, command: tuple[str, ...]) -> FilmMark:
    from studio.media.film_mark import FilmMark, software
    from studio.models.weights import sha256_of

    inputs = dict(made.inputs or {})
    if options.net is not None:
        inputs[options.net.name] = sha256_of(options.net)
    return FilmMark(command, inputs, {spec.key: made.precision}, software(), deed="made")

"""Folders of pictures to a network in a file: gather, train, measure, write."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.train.options import Options, checked
from studio.errors import RequestError
from studio.jobs.job import Job

if TYPE_CHECKING:
    from studio.learn.pictures import PictureSet
    from studio.learn.recipes import Recipe, Shape
    from studio.media.film_mark import FilmMark

#: Steps that an estimate takes; the first is not counted.
_TRIED = 3


@dataclass(frozen=True)
class Result:
    """What came of a training.

    Attributes:
        method: what was trained.
        pictures: in each set.
        steps: done in all, of ``steps_wanted``.
        steps_wanted: in all.
        begun_at: the step this run went on from.
        need_bytes: that it was reckoned to take.
        estimate_s: that all steps take here; of a dry run.
        last: what the last step logged.
        measured: what was measured at the end, by name.
        files: that were written, by what they are.
        command: the words that make the same again.
        notes: what a user should know.
        wall_s: of this run.
    """

    method: str
    pictures: tuple[int, ...]
    steps: int
    steps_wanted: int
    begun_at: int
    need_bytes: int
    estimate_s: float | None
    last: dict[str, float]
    measured: dict[str, Any]
    files: dict[str, Path]
    command: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    wall_s: float = 0.0


def run(source: Sequence[Path], options: Options, job: Job) -> Result:
    """Train a network, from where it was left if it was begun.

    Args:
        source: folders; two for cyclegan, else one.
        options: see there.
        job: settings, pool, progress, cancel.

    Raises:
        RequestError: an option or a folder that cannot be used.
        DoesNotFit: the memory does not hold the training.
        InferenceFailed: a loss is no number any more.
        Cancelled: the user stopped it; it goes on where it was.
    """
    from pipelines.train.look import recipe_of

    started = time.perf_counter()
    options = checked(options)
    if options.method == "summary":
        from pipelines.train import summary

        return summary.run(source, options, job)
    wanted = 2 if options.method in ("cyclegan", "look") else 1
    if len(source) != wanted:
        raise RequestError(f"{options.method} learns from {wanted} folder(s), not {len(source)}.")
    recipe = recipe_of(options.method, shape_of(options))
    if options.dry_run:
        return _tried(recipe, options, source, job, started)
    sets = recipe.gather(source, job.settings, partial(_gathering, job))
    return _trained(recipe, options, source, sets, job, started)


def shape_of(options: Options) -> Shape:
    """What of the options decides networks and pictures."""
    from studio.learn.recipes import Shape

    names = ("size_px", "width", "latent", "blocks", "batch", "seed", "folder")
    return Shape(**{name: getattr(options, name) for name in names})


def _gathering(job: Job, share: float) -> None:
    job.report("pictures", share)


def _trained(
    recipe: Recipe,
    options: Options,
    source: Sequence[Path],
    sets: Sequence[PictureSet],
    job: Job,
    started: float,
) -> Result:
    from studio.learn.desk import desk_spec
    from studio.learn.loop import train

    need_bytes = recipe.need_bytes()
    what = f"{recipe.what} {' '.join(s.digest[:16] for s in sets)}"

    def step(number: int, found: dict[str, float]) -> None:
        words = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
        job.report("train", number / options.steps, f"{number} of {options.steps}: {words}")

    with job.pool.lease(desk_spec(recipe.what, need_bytes)) as desk:
        method = recipe.make(sets, desk.device.torch_name)
        done = train(
            method,
            options.folder,
            what=what,
            steps=options.steps,
            seed=options.seed,
            save_s=options.save_s,
            most_s=options.minutes * 60 or math.inf,
            on_step=step,
        )
        job.report("measure", 0.0)
        measured = recipe.measured(method, sets)
        command = command_of(source, options)
        card = _card(recipe, sets, done.steps, done.last, measured, command)
        files = _write(recipe, options, method, sets, card, command)
    notes = [note for pictured in sets for note in pictured.notes]
    if done.steps < options.steps:
        notes.append(
            f"Stopped after {done.steps} of {options.steps} steps; the same command goes on."
        )
    error, components = measured.get("held_out_error"), measured.get("components_error")
    if error is not None and components is not None and error >= components:
        notes.append(
            f"On held-out pictures as many principal components do better: {components:.4f} "
            f"against {error:.4f}. Train for longer, or on more pictures."
        )
    return Result(
        method=options.method,
        pictures=tuple(len(s) for s in sets),
        steps=done.steps,
        steps_wanted=options.steps,
        begun_at=done.begun_at,
        need_bytes=need_bytes,
        estimate_s=None,
        last=done.last,
        measured=measured,
        files=files,
        command=command,
        notes=tuple(notes),
        wall_s=time.perf_counter() - started,
    )


def _tried(
    recipe: Recipe, options: Options, source: Sequence[Path], job: Job, started: float
) -> Result:
    """What a training would take, from a few steps of it; nothing of it is kept."""
    import tempfile
    from dataclasses import replace

    from studio.learn.desk import desk_spec

    need_bytes = recipe.need_bytes()
    with tempfile.TemporaryDirectory() as folder:
        trial = type(recipe)(replace(recipe.shape, folder=Path(folder)))
        most = max(2 * options.batch, 24)
        sets = trial.gather(source, job.settings, partial(_gathering, job), most)
        taken = []
        with job.pool.lease(desk_spec(recipe.what, need_bytes)) as desk:
            method = trial.make(sets, desk.device.torch_name)
            for number in range(_TRIED):
                job.check()
                before = time.perf_counter()
                method.step(number, 0.0)
                taken.append(time.perf_counter() - before)
    return Result(
        method=options.method,
        pictures=tuple(len(s) for s in sets),
        steps=0,
        steps_wanted=options.steps,
        begun_at=0,
        need_bytes=need_bytes,
        estimate_s=min(taken[1:]) * options.steps,
        last={},
        measured={},
        files={},
        command=command_of(source, options),
        notes=("The pictures that were counted are those of the trial.",),
        wall_s=time.perf_counter() - started,
    )


def command_of(source: Sequence[Path], options: Options) -> tuple[str, ...]:
    """The words that make the same network again; of paths only the last name."""
    names = {"pix2pix": ("--pairs",), "cyclegan": ("--a", "--b"), "look": ("", "--frames")}
    words = ["studio", "train", options.method]
    for flag, folder in zip(names.get(options.method, ("--from",)), source, strict=True):
        words += [flag, folder.name] if flag else [folder.name]
    words += ["--out", options.out.name, "--steps", str(options.steps)]
    words += ["--size", str(options.size_px), "--width", str(options.width)]
    if options.method in ("gan", "vae"):
        words += ["--latent", str(options.latent)]
    if options.method == "cyclegan":
        words += ["--blocks", str(options.blocks)]
    words += ["--batch", str(options.batch), "--seed", str(options.seed)]
    return tuple(words)


def _card(
    recipe: Recipe,
    sets: Sequence[PictureSet],
    steps: int,
    last: dict[str, float],
    measured: dict[str, Any],
    command: tuple[str, ...],
) -> dict[str, Any]:
    """What a file says of itself."""
    from studio.media.film_mark import software

    return {
        "kind": recipe.kind,
        "pictures": [len(s) for s in sets],
        "digests": [s.digest for s in sets],
        "steps": steps,
        "last": last,
        "licence": "that of the pictures it was trained on",
        "software": software(),
        "command": list(command),
        **measured,
    }


def _write(
    recipe: Recipe,
    options: Options,
    method: Any,
    sets: Sequence[PictureSet],
    card: dict[str, Any],
    command: tuple[str, ...],
) -> dict[str, Path]:
    from studio.media.still import write_still
    from studio.media.writer import write_beside
    from studio.models.net_file import NetHead, write_net

    out, files = options.out, {}
    for name, ending in recipe.files.items():
        path = out.with_name(out.stem + ending + out.suffix)
        write_net(path, method.networks[name], NetHead(recipe.kind, recipe.built_with, card))
        files["network" + ending] = path
    files["card"] = out.with_suffix(".json")
    with write_beside(files["card"]) as beside:
        beside.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files["sheet"] = out.with_suffix(".png")
    write_still(files["sheet"], recipe.sheet(method, sets), _mark(recipe, sets, command))
    files["training"] = options.folder
    return files


def _mark(recipe: Recipe, sets: Sequence[PictureSet], command: tuple[str, ...]) -> FilmMark:
    from studio.media.film_mark import FilmMark, software

    return FilmMark(
        command=command,
        inputs={f"set {n}": s.digest for n, s in enumerate(sets)},
        models={recipe.kind: "f32"},
        software=software(),
        deed="made",
    )

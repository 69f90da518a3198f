"""More pictures for one class: read, make, try, write."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.augment.options import Options, checked
from pipelines.augment.probe import Compared, Probe, Trial, fit, interval, trials
from studio.adapters import efficientnet, gan_faces, vae_faces
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.job import Job

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark

#: Pictures a class needs, and the side of all pictures.
LEAST, SIDE_PX = 6, efficientnet.INPUT_PX
#: How far the autoencoder's variations go, in standard deviations; drawings to choose from for
#: each that is kept.
_VARIED, _CHOICE = 0.5, 8
_SHEET = 48

Pixels = NDArray[np.uint8]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """What would be made.

    Attributes:
        name: of the class.
        classes: pictures in each.
        ways: pictures to be made by each.
        splits: to try on.
    """

    name: str
    classes: dict[str, int]
    ways: dict[str, int]
    splits: int


@dataclass(frozen=True)
class Verdict:
    """Whether it helps, over all splits; differences are of the same held-out pictures.

    Attributes:
        balanced: mean of the share recognised over classes: real pictures alone, each class
            counted alike, with what was made.
        recall, precision: of the class, in the same order.
        gain: of balanced recognition over real pictures alone.
        over_weights: over counting each class alike, which costs nothing.
        words: what that means.
    """

    balanced: tuple[float, float, float]
    recall: tuple[float, float, float]
    precision: tuple[float, float, float]
    gain: Compared
    over_weights: Compared
    words: str


@dataclass(frozen=True)
class Result:
    """What was made, and what it is good for.

    Attributes:
        plan: see there.
        verdict: None for a dry run.
        files: the folder, the sheet and the report.
        command: the words that make the same again.
        notes: what a user should know.
        wall_s: seconds.
    """

    plan: Plan
    verdict: Verdict | None
    files: dict[str, Path]
    command: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    wall_s: float = 0.0


@dataclass(frozen=True)
class _Made:
    """Pictures of one way, and the row of the class each comes from; -1 where from none."""

    pictures: Pixels
    parents: NDArray[np.int64]


def run(source: Path, options: Options, job: Job) -> Result:
    """Make pictures for a class, and try whether a classifier gets better with them.

    Args:
        source: a folder with a folder of pictures for each class.
        options: see there.
        job: settings, pool, progress, cancel.

    Raises:
        RequestError: an option or a folder that cannot be used.
        ModelError: a network is not here, does not fit, or gave up.
        EncodeFailed: a result cannot be written.
        Cancelled: the user stopped it.
    """
    started = time.perf_counter()
    options = checked(options)
    files, notes = _classes(source, options)
    plan = Plan(
        name=options.name,
        classes={name: len(paths) for name, paths in files.items()},
        ways=_shares(options),
        splits=options.splits,
    )
    command = command_of(source, options)
    if options.dry_run:
        wall_s = time.perf_counter() - started
        return Result(plan, None, {}, command, tuple(notes), wall_s)
    features, labels, own = _read(files, options, job, notes)
    made = {way: _make(way, count, own, options, job) for way, count in plan.ways.items()}
    seen = {way: _look(m.pictures, job) for way, m in made.items()}
    label = list(files).index(options.name)
    of_class = np.flatnonzero(labels == label)

    def usable(rows: NDArray[np.int64], probe: Probe) -> Features:
        """What may be learnt from on a split: nothing whose picture is held out."""
        parts = [np.zeros((0, features.shape[1]), np.float32)]
        for way, one in made.items():
            if way == "gan":
                parts.append(seen[way][_best(probe, seen[way], label, plan.ways[way])])
            else:
                parts.append(seen[way][np.isin(of_class[one.parents], rows)])
        return np.concatenate(parts)

    tried, learnt, held = trials(
        features,
        labels,
        label,
        usable,
        options.splits,
        options.seed,
        lambda number: job.report("try", number / options.splits),
    )
    verdict = judged(tried, learnt, held, options.name)
    if "gan" in made:
        whole = fit(features, labels, len(files))
        best = _best(whole, seen["gan"], label, plan.ways["gan"])
        notes += _gan_notes(whole, seen["gan"][best], label, options)
        made["gan"] = _Made(made["gan"].pictures[best], made["gan"].parents[best])
    written = _write(plan, verdict, made, options, command, notes)
    wall_s = time.perf_counter() - started
    return Result(plan, verdict, written, command, tuple(notes), wall_s)


def _shares(options: Options) -> dict[str, int]:
    ways = tuple(dict.fromkeys(options.ways))
    each, rest = divmod(options.count, len(ways))
    shares = {way: each + (place < rest) for place, way in enumerate(ways)}
    return {way: count for way, count in shares.items() if count}


def _classes(source: Path, options: Options) -> tuple[dict[str, list[Path]], list[str]]:
    """The files of each class that has enough of them, and notes on those that have not."""
    from studio.learn.pictures import SUFFIXES, files_in

    if not source.is_dir():
        raise RequestError(f"{source} is no folder.", "Give a folder with a folder a class.")
    found, notes = {}, []
    for folder in sorted(p for p in source.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if not any(p.suffix.lower() in SUFFIXES for p in folder.rglob("*")):
            continue
        files = files_in(folder)
        if len(files) >= LEAST:
            found[folder.name] = files
        elif folder.name == options.name:
            raise RequestError(
                f"{options.name} has {len(files)} pictures; to learn from some and measure on "
                f"others it needs {LEAST}.",
                "Add pictures to its folder.",
            )
        else:
            notes.append(f"{folder.name} was left out: {len(files)} pictures are too few.")
    if options.name not in found:
        raise RequestError(
            f"There is no class {options.name!r} in {source}.",
            f"There are {', '.join(found) or 'none'}.",
        )
    if len(found) < 2:
        raise RequestError(
            f"{source} has one class only: there is nothing to tell it from.",
            "Add a folder with pictures of something else.",
        )
    return found, notes


def _read(
    files: dict[str, list[Path]], options: Options, job: Job, notes: list[str]
) -> tuple[Features, NDArray[np.int64], Pixels]:
    """Features and labels of all pictures; of the class itself the pictures too."""
    from studio.errors import MediaError
    from studio.learn.pictures import read_square

    total = sum(map(len, files.values()))
    features, labels, own, done = [], [], [], 0
    with job.pool.lease(efficientnet.SPEC) as model:
        for label, (name, paths) in enumerate(files.items()):
            for at in range(0, len(paths), 32):
                job.report("read", done / total)
                some = []
                for path in paths[at : at + 32]:
                    done += 1
                    try:
                        some.append(read_square(path, SIDE_PX, job.settings))
                    except MediaError as exc:
                        notes.append(f"left out: {exc.message}")
                if some:
                    features.append(model.look(np.stack(some))[0])
                    labels += [label] * len(some)
                    own += some if name == options.name else []
    counts = np.bincount(labels, minlength=len(files))
    if counts.min() < LEAST:
        raise RequestError(f"A class has only {counts.min()} pictures that can be read.")
    return np.concatenate(features), np.array(labels, np.int64), np.stack(own)


def _look(pictures: Pixels, job: Job) -> Features:
    with job.pool.lease(efficientnet.SPEC) as model:
        parts = []
        for at in range(0, len(pictures), 32):
            job.report("look", at / len(pictures))
            parts.append(model.look(pictures[at : at + 32])[0])
    return np.concatenate(parts)


def _make(way: str, count: int, own: Pixels, options: Options, job: Job) -> _Made:
    """The pictures of one way; of a generator more than wanted, to choose from."""
    job.report(f"make {way}", 0.0)
    parents = np.arange(count) % len(own)
    if way == "classical":
        from studio.learn.classical import seen_otherwise

        return _Made(seen_otherwise(own, parents.tolist(), options.seed), parents)
    if way == "vae":
        from studio.learn.pictures import square

        spec = vae_faces.spec_of(options.vae) if options.vae is not None else vae_faces.SPEC
        with job.pool.lease(spec) as coder:
            small = np.stack([square(picture, coder.side_px) for picture in own])
            told = coder.tell(small)[0][parents]
            away = gan_faces.latents_of(options.seed, count, coder.latent)
            return _Made(_whole_size(coder.draw(told + np.float32(_VARIED) * away)), parents)
    drawing = gan_faces.spec_of(options.gan) if options.gan is not None else gan_faces.SPEC
    with job.pool.lease(drawing) as generator:
        latents = gan_faces.latents_of(options.seed, count * _CHOICE, generator.latent)
        drawn = _whole_size(generator.draw(latents))
    return _Made(drawn, np.full(len(drawn), -1))


def _whole_size(pictures: Pixels) -> Pixels:
    from studio.learn.pictures import square

    return np.stack([square(picture, SIDE_PX) for picture in pictures])


def _best(probe: Probe, features: Features, label: int, count: int) -> NDArray[np.int64]:
    """The rows that a probe takes for a class most surely."""
    sure = probe.probabilities(features)[:, label]
    return np.argsort(-sure, kind="stable")[:count]


def _gan_notes(probe: Probe, features: Features, label: int, options: Options) -> list[str]:
    sure = float(probe.probabilities(features)[:, label].mean())
    notes = [
        f"Of {_CHOICE} drawings the one was kept that looks most like {options.name} to a "
        f"classifier of the real pictures; it gives those kept {sure:.0%} on average."
    ]
    if options.gan is not None:
        notes.append(
            f"Where {options.gan.name} was trained on held-out pictures, the figures are too good."
        )
    return notes


def judged(tried: Sequence[Trial], learnt: int, held: int, name: str) -> Verdict:
    """What the trials say."""

    def means(what: str) -> tuple[float, float, float]:
        return tuple(  # type: ignore[return-value]
            float(np.mean([getattr(getattr(trial, way), what) for trial in tried]))
            for way in ("real", "weighted", "more")
        )

    gain = interval([t.more.balanced - t.real.balanced for t in tried], learnt, held)
    over = interval([t.more.balanced - t.weighted.balanced for t in tried], learnt, held)
    if gain.low > 0:
        words = f"Better: with them the classes are told apart better by {gain.mean:.1%}"
        if over.low <= 0:
            words += ", but no better than if each class is counted alike, without new pictures"
    elif gain.high < 0:
        words = f"Worse: with them the classes are told apart less well by {-gain.mean:.1%}"
    else:
        words = (
            f"No difference could be shown: {gain.mean:+.1%}, and anything from {gain.low:+.1%} to "
            f"{gain.high:+.1%} may be true"
        )
    if held < 20:
        words += f". Only {held} pictures were held out at a time: more real ones would tell more"
    return Verdict(means("balanced"), means("recall"), means("precision"), gain, over, words + ".")


def command_of(source: Path, options: Options) -> tuple[str, ...]:
    """The words that make the same again; of paths only the last name."""
    words = ["studio", "augment", options.name, "--from", source.name]
    words += ["--count", str(options.count), "--with", ",".join(options.ways)]
    for flag, net in (("--vae", options.vae), ("--gan", options.gan)):
        words += [flag, net.name] if net is not None else []
    return (*words, "--splits", str(options.splits), "--seed", str(options.seed))


def _write(
    plan: Plan,
    verdict: Verdict,
    made: dict[str, _Made],
    options: Options,
    command: tuple[str, ...],
    notes: list[str],
) -> dict[str, Path]:
    from studio.learn.pictures import grid, scaled
    from studio.media.still import write_still
    from studio.media.writer import write_beside

    mark = _mark(made, options, command)
    shown = []
    for way, one in made.items():
        for number, picture in enumerate(one.pictures):
            path = options.out / options.name / f"{way}-{number + 1:04d}.png"
            write_still(path, picture, mark)
            if number < _SHEET // len(made):
                shown.append(scaled(picture, (112, 112)))
    files = {
        "pictures": options.out / options.name,
        "sheet": options.out / f"{options.name}-sheet.png",
        "report": options.out / f"{options.name}-report.json",
    }
    write_still(files["sheet"], grid(np.stack(shown), min(8, len(shown))), mark)
    body: dict[str, Any] = {
        "plan": to_json(plan),
        "verdict": to_json(verdict),
        "notes": notes,
        "mark": to_json(mark),
    }
    with write_beside(files["report"]) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return files


def _mark(made: dict[str, _Made], options: Options, command: tuple[str, ...]) -> FilmMark:
    from studio.media.film_mark import FilmMark, software
    from studio.models.weights import sha256_of

    nets = {p.name: sha256_of(p) for p in (options.vae, options.gan) if p is not None}
    models = {"vae": vae_faces.SPEC.key, "gan": gan_faces.SPEC.key}
    used = {models[way]: "f32" for way in made if way in models and not getattr(options, way)}
    return FilmMark(command, nets, used, software(), deed="made")

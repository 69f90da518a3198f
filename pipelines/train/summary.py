"""What is important in films, learnt from finished edits or from what people said."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines import analysis
from pipelines.train.edit_pairs import align, pairs_in, signatures
from pipelines.train.options import Options
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.learn.keyshots import change_points, summary_mask
from studio.learn.summary import Lesson, SummaryMethod
from studio.learn.summary_scores import (
    Agreement,
    Truth,
    agreement,
    human_baseline,
    mean_agreement,
    random_baseline,
    uniform_baseline,
)
from studio.learn.summary_sets import Judged, read_set

if TYPE_CHECKING:
    from pipelines.train.pipeline import Result

#: Of the films, those that nothing is learnt from; one at least where there are three.
_HELD_OUT = 0.2
_LEAST_ALIGNED = 0.5
_SHARE = 0.15
#: Changes at the most: one a second, as samples are two a second. With 0.2 a film cut every second
#: had segments longer than the whole summary may be.
_CHANGES_A_SAMPLE = 0.5
_STEPS_TRIED = 3
_SHEET_WH = (900, 150)


@dataclass(frozen=True)
class Film:
    """A film with its truth, on its samples.

    Attributes:
        name: of it.
        features: float32 ``(n, d)``.
        truth: what each person, or each edit, said.
        over: how F1 is taken over people.
    """

    name: str
    features: NDArray[np.float32]
    truth: Truth
    over: Literal["mean", "best"]

    @property
    def labels(self) -> NDArray[np.float64]:
        """The mean over people, brought to 0 to 1 within the film."""
        mean: NDArray[np.float64] = self.truth.scores.mean(axis=0)
        spread = float(np.ptp(mean))
        return (mean - mean.min()) / spread if spread > 0 else np.zeros_like(mean)


def run(source: Sequence[Path], options: Options, job: Job) -> Result:
    """Train a scorer, from where it was left if it was begun.

    Args:
        source: one folder of edits or of a published layout, or an ``.h5`` file.
        options: of which ``out``, ``steps``, ``minutes``, ``width``, ``seed``, ``dry_run`` count.
        job: settings, pool, store, progress, cancel.

    Raises:
        RequestError: nothing can be learnt from what was given.
        MediaError: a film cannot be read.
        Cancelled: the user stopped it; it goes on where it was.
    """
    from pipelines.train.pipeline import Result
    from studio.learn.desk import desk_spec
    from studio.learn.loop import train

    started = time.perf_counter()
    if len(source) != 1:
        raise RequestError(
            f"summary learns from one folder, not {len(source)}.", "Give --edits DIR."
        )
    films, notes = gather(source[0], job)
    learnt_from, held_out = split(films, options.seed)
    if not held_out:
        notes.append(f"{len(films)} films are too few to hold any out: nothing was measured.")
    lessons = [Lesson(film.name, film.features, film.labels) for film in learnt_from]
    widest = max(len(film.features) for film in films)
    dimensions = films[0].features.shape[1]
    need_bytes = _need_bytes(dimensions, options.width, widest)
    what = f"vasnet {dimensions} {options.width} {options.seed} {_digest(lessons)}"
    command = (
        "studio", "train", "summary", "--edits", source[0].name, "--out", options.out.name,
        "--steps", str(options.steps), "--width", str(options.width), "--seed", str(options.seed),
    )  # fmt: skip
    with job.pool.lease(desk_spec(what, need_bytes)) as desk:
        method = SummaryMethod(
            lessons, width=options.width, device=desk.device.torch_name, seed=options.seed
        )
        if options.dry_run:
            taken = []
            for number in range(_STEPS_TRIED):
                before = time.perf_counter()
                method.step(number, 0.0)
                taken.append(time.perf_counter() - before)
            return Result(
                "summary", (len(films),), 0, options.steps, 0, need_bytes,
                min(taken) * options.steps, {}, {}, {}, command, tuple(notes),
                time.perf_counter() - started,
            )  # fmt: skip
        job.report("train", 0.0)

        def step(number: int, found: dict[str, float]) -> None:
            words = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
            job.report("train", number / options.steps, f"{number} of {options.steps}: {words}")

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
        measured = measure(method, held_out, options.seed)
        files = _write(method, films, held_out, options, done.steps, done.last, measured, command)
    if done.steps < options.steps:
        notes.append(
            f"Stopped after {done.steps} of {options.steps} steps; the same command goes on."
        )
    return Result(
        "summary", (len(learnt_from), len(held_out)), done.steps, options.steps, done.begun_at,
        need_bytes, None, done.last, measured, files, command, tuple(notes),
        time.perf_counter() - started,
    )  # fmt: skip


def gather(path: Path, job: Job) -> tuple[list[Film], list[str]]:
    """The films of a folder or file, and what a user should know."""
    if not path.exists():
        raise RequestError(f"{path} is not there.", "Give a folder of edits, or an .h5 file.")
    judged = read_set(path)
    films: list[Film] = []
    notes: list[str] = []
    if judged is not None:
        for number, each in enumerate(judged):
            job.report("films", number / len(judged), each.name)
            films.append(_of_set(each, job))
        return films, notes
    pairs = pairs_in(path)
    for number, (film, edits) in enumerate(pairs):
        job.report("films", number / len(pairs), film.name)
        made, said = _of_edits(film, edits, job)
        notes += said
        if made is not None:
            films.append(made)
    if not films:
        raise RequestError(
            "In none of the edits was the footage found again.",
            "Give edits that show frames of the footage as they are, cropped by little.",
        )
    return films, notes


def _samples(film: Path, job: Job) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    """Features of the samples, their frames, and the frames of the film."""
    known = analysis.run(film, analysis.Options(only=("embeddings",)), job).analysis
    if known.embeddings is None or known.frame_times is None:
        raise RequestError(f"{film.name} has no picture.", "Give films.")
    vectors = known.embeddings.vectors.astype(np.float32)
    return vectors, known.embeddings.frames, len(known.frame_times)


def _of_edits(film: Path, edits: Sequence[Path], job: Job) -> tuple[Film | None, list[str]]:
    features, frames, count = _samples(film, job)
    footage = signatures(film, job.settings)
    used, notes = [], []
    for edit in edits:
        job.check()
        found = align(footage, signatures(edit, job.settings))
        if found.share < _LEAST_ALIGNED:
            notes.append(
                f"{edit.name}: only {found.share:.0%} of it was found in {film.name}; left out"
            )
            continue
        if found.share < 0.95:
            notes.append(f"{edit.name}: {found.share:.0%} of it was found in {film.name}")
        mask = np.zeros(count, np.float64)
        mask[: min(count, len(found.used))] = found.used[:count]
        used.append(_at_samples(mask, frames, count))
    if not used:
        return None, notes
    scores = np.stack(used)
    changes = _segments(features)
    return Film(film.name, features, Truth(scores, scores >= 0.5, changes), "mean"), notes


def _of_set(judged: Judged, job: Job) -> Film:
    if judged.features is not None and judged.picks is not None:
        features, picks = judged.features, judged.picks
        count = judged.scores.shape[1]
    else:
        assert judged.film is not None
        features, picks, count = _samples(judged.film, job)
    scores = np.stack([_at_samples(row, picks, count) for row in judged.scores])
    if judged.changes is not None:
        changes = np.unique(np.searchsorted(picks, judged.changes))
        changes = changes[(changes > 0) & (changes < len(picks))]
    else:
        changes = _segments(features)
    if len(judged.masks):
        masks = np.stack([_at_samples(m.astype(float), picks, count) for m in judged.masks]) >= 0.5
    else:
        masks = np.stack([summary_mask(row, changes, _SHARE) for row in scores])
    if len(judged.masks) > len(scores):
        # The layout keeps one mean score; how people differ is in the summaries they made.
        scores = np.concatenate([scores, np.repeat(scores, len(judged.masks) - len(scores), 0)])
    return Film(judged.name, features, Truth(scores, masks, changes), judged.over)


def _segments(features: NDArray[np.float32]) -> NDArray[np.int64]:
    """Where the film changes, beside how much it varies at all.

    The penalty for a change is published for features of another scale: beside vectors of length
    one it is so dear that of three films of 20 unlike seconds two had no change, so that no summary
    of them, not even the truth's own, had any frame (F1 0; 0.54 for the truth since).
    """
    apart = features - features.mean(axis=0)
    spread = float(np.sqrt(np.square(apart).sum(axis=1).mean()))
    most = max(1, round(len(features) * _CHANGES_A_SAMPLE))
    return change_points(apart / max(spread, 1e-9), most)


def _at_samples(
    values: NDArray[np.float64], frames: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """The mean over the frames that each sample stands for: to halfway to its neighbours."""
    halves = (frames[:-1] + frames[1:] + 1) // 2
    edges = np.concatenate([[0], halves, [max(count, int(frames[-1]) + 1)]])
    padded = np.zeros(edges[-1])
    padded[: min(len(values), len(padded))] = values[: len(padded)]
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    mean: NDArray[np.float64] = (sums[edges[1:]] - sums[edges[:-1]]) / np.diff(edges)
    return mean


def split(films: Sequence[Film], seed: int) -> tuple[list[Film], list[Film]]:
    """Films to learn from and films held out; none of those where there are less than three."""
    if len(films) < 3:
        return list(films), []
    order = np.random.default_rng(seed).permutation(len(films))
    count = max(1, round(_HELD_OUT * len(films)))
    held = set(order[:count].tolist())
    return (
        [f for n, f in enumerate(films) if n not in held],
        [f for n, f in enumerate(films) if n in held],
    )


def measure(method: SummaryMethod, held_out: Sequence[Film], seed: int) -> dict[str, Any]:
    """Agreement on films nothing was learnt from, beside what chance, equal distances and people
    reach there."""
    if not held_out:
        return {}
    rows: dict[str, list[Agreement]] = {"scorer": [], "random": [], "uniform": [], "people": []}
    for film in held_out:
        rows["scorer"].append(agreement(method.predict(film.features), film.truth, film.over))
        rows["random"].append(random_baseline(film.truth, seed, film.over))
        rows["uniform"].append(uniform_baseline(film.truth, film.over))
        if (person := human_baseline(film.truth, film.over)) is not None:
            rows["people"].append(person)
    measured: dict[str, Any] = {}
    for name, found in rows.items():
        if found:
            for kind, value in asdict(mean_agreement(found)).items():
                measured[f"{kind}_{name}"] = round(value, 4) if math.isfinite(value) else None
    return measured


def _need_bytes(dimensions: int, width: int, widest: int) -> int:
    weights = 4 * dimensions * width + dimensions * width + 4 * (dimensions + width)
    return round(1.2 * 4 * (4 * weights + widest * (6 * dimensions + 8 * width + 6 * widest)))


def _digest(lessons: Sequence[Lesson]) -> str:
    import hashlib

    told = hashlib.sha256()
    for lesson in lessons:
        told.update(np.ascontiguousarray(lesson.features, np.float32).tobytes())
        told.update(np.ascontiguousarray(lesson.labels, np.float32).tobytes())
    return told.hexdigest()[:16]


def _write(
    method: SummaryMethod,
    films: Sequence[Film],
    held_out: Sequence[Film],
    options: Options,
    steps: int,
    last: dict[str, float],
    measured: dict[str, Any],
    command: tuple[str, ...],
) -> dict[str, Path]:
    from studio.adapters.summary_net import KIND
    from studio.media.film_mark import FilmMark, software
    from studio.media.still import write_still
    from studio.media.writer import write_beside
    from studio.models.net_file import NetHead, write_net

    built_with = {"features": int(films[0].features.shape[1]), "width": options.width}
    card = {
        "kind": KIND,
        "films": [film.name for film in films],
        "held_out": [film.name for film in held_out],
        "steps": steps,
        "last": last,
        "licence": "that of the films it learnt from",
        "software": software(),
        "command": list(command),
        **measured,
    }
    out = options.out
    files = {"network": out}
    write_net(out, method.networks["scorer"], NetHead(KIND, built_with, card))
    files["card"] = out.with_suffix(".json")
    with write_beside(files["card"]) as beside:
        beside.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files["sheet"] = out.with_suffix(".png")
    mark = FilmMark(
        command=command,
        inputs={film.name: "" for film in films},
        models={KIND: "f32"},
        software=software(),
        deed="made",
    )
    write_still(files["sheet"], sheet(method, held_out or films), mark)
    files["training"] = options.folder
    return files


def sheet(method: SummaryMethod, films: Sequence[Film]) -> NDArray[np.uint8]:
    """A strip a film: what was said to be important in grey, what it learnt to say as a line."""
    import cv2

    width, height = _SHEET_WH
    strips = []
    for film in films[:8]:
        strip = np.full((height, width, 3), 24, np.uint8)
        at = np.linspace(0, width - 1, len(film.labels)).astype(int)
        said = np.interp(np.arange(width), at, film.labels)
        for column, value in enumerate(said):
            strip[height - 1 - int(value * (height - 24)) :, column] = (84, 88, 98)
        scores = method.predict(film.features)
        scores = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-6)
        line = np.stack([at, height - 1 - scores * (height - 24)], axis=1).round().astype(np.int32)
        cv2.polylines(strip, [line[:, None]], False, (242, 178, 74), 2, cv2.LINE_AA)
        cv2.putText(strip, film.name[:60], (8, 16), 0, 0.45, (236, 233, 226), 1, cv2.LINE_AA)
        strips.append(strip)
    return np.concatenate(strips)

"""What people said is important in films, in the layouts in which the field publishes it.

- the ``.h5`` layout of Zhang and others (2016) as redistributed with most published summarisers:
  a group a film with ``features``, ``gtscore``, ``user_summary``, ``change_points``, ``picks``;
- TVSum: ``…-anno.tsv`` (film, category, twenty people's scores of every frame) beside ``video/``;
- SumMe: ``GT/NAME.mat`` (``user_score``, frames by people) beside ``videos/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.errors import RequestError

_FILMS = (".mp4", ".webm", ".mkv", ".avi", ".mov")


@dataclass(frozen=True)
class Judged:
    """A film and what people said of it.

    Attributes:
        name: of it.
        film: the file; None where only features are known.
        scores: float64 ``(people, frames)``, importance of every frame by each.
        masks: bool ``(people, frames)``: summaries people made; empty where they only scored.
        features: float32 ``(n, d)`` of samples; None where the film has to be looked at.
        picks: int64 ``(n,)``: the frames of the samples; None with ``features`` None.
        changes: int64: first frames of the segments but the first; None where not known.
        over: how F1 is taken over people.
    """

    name: str
    film: Path | None
    scores: NDArray[np.float64]
    masks: NDArray[np.bool_]
    features: NDArray[np.float32] | None = None
    picks: NDArray[np.int64] | None = None
    changes: NDArray[np.int64] | None = None
    over: Literal["mean", "best"] = "mean"


def read_set(path: Path) -> list[Judged] | None:
    """The films of a set; None where the folder is laid out in no way that is known here.

    Args:
        path: an ``.h5`` file, or a folder.

    Raises:
        RequestError: a file of the set is damaged or lacks something.
    """
    if path.is_file():
        return _h5(path)
    notes = sorted(path.rglob("*anno*.tsv"))
    if notes:
        return _tvsum(path, notes[0])
    mats = sorted(path.rglob("GT/*.mat"))
    return _summe(path, mats) if mats else None


def _h5(path: Path) -> list[Judged]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return [_h5_film(str(name), file[name], path) for name in sorted(file)]
    except OSError as exc:
        raise RequestError(
            f"{path.name} is no HDF5 file that can be read.", "Bring it again from its source."
        ) from exc


def _h5_film(name: str, group: Any, path: Path) -> Judged:
    lacking = [k for k in ("features", "gtscore", "change_points", "picks") if k not in group]
    if lacking:
        raise RequestError(
            f"{path.name}: {name} lacks {', '.join(lacking)}.",
            "Give a file in the layout of the published sets (features, gtscore, user_summary, "
            "change_points, picks).",
        )
    features = np.asarray(group["features"], np.float32)
    picks = np.asarray(group["picks"], np.int64).ravel()
    changes = np.asarray(group["change_points"], np.int64)
    frames = int(changes[-1, 1]) + 1
    scores = np.asarray(group["gtscore"], np.float64).ravel()
    masks = np.zeros((0, frames), np.bool_)
    if "user_summary" in group:
        masks = np.asarray(group["user_summary"]) > 0
    if not len(features) == len(picks) == len(scores):
        raise RequestError(
            f"{path.name}: {name} has {len(features)} features, {len(picks)} picks and "
            f"{len(scores)} scores.",
            "Bring it again from its source.",
        )
    # A score stands for the frames up to the next one.
    spread = np.repeat(scores, np.diff(np.append(picks, max(frames, int(picks[-1]) + 1))))
    over: Literal["mean", "best"] = "best" if "summe" in path.name.lower() else "mean"
    return Judged(name, None, spread[None], masks, features, picks, changes[1:, 0], over)


def _tvsum(folder: Path, notes: Path) -> list[Judged]:
    by_name: dict[str, list[list[float]]] = {}
    for number, line in enumerate(notes.read_text(encoding="utf-8").splitlines(), start=1):
        parts = line.split("\t")
        if len(parts) < 3:
            continue
        try:
            by_name.setdefault(parts[0], []).append([float(s) for s in parts[2].split(",")])
        except ValueError as exc:
            raise RequestError(
                f"{notes.name}, line {number}: not a list of scores.", "Mend or remove the line."
            ) from exc
    found = []
    for name, rows in by_name.items():
        film = _film(folder, name)
        if film is not None and len({len(row) for row in rows}) == 1:
            scores = (np.array(rows) - 1) / 4  # 1 to 5, as people gave them
            found.append(Judged(name, film, scores, np.zeros((0, scores.shape[1]), np.bool_)))
    if not found:
        raise RequestError(f"None of the films of {notes.name} is in {folder}.", "Bring them.")
    return found


def _summe(folder: Path, mats: list[Path]) -> list[Judged]:
    from scipy.io import loadmat

    found = []
    for mat in mats:
        film = _film(folder, mat.stem)
        if film is None:
            continue
        try:
            scores = np.asarray(loadmat(mat)["user_score"], np.float64).T
        except (OSError, ValueError, KeyError, NotImplementedError) as exc:
            raise RequestError(
                f"{mat.name} holds no user_score that can be read.", "Bring it from its source."
            ) from exc
        masks = scores > 0
        found.append(Judged(mat.stem, film, masks.astype(np.float64), masks, over="best"))
    if not found:
        raise RequestError(f"No film beside GT/*.mat in {folder}.", "Put them into videos/.")
    return found


def _film(folder: Path, name: str) -> Path | None:
    fits = [p for p in folder.rglob(f"{_escaped(name)}.*") if p.suffix.lower() in _FILMS]
    return sorted(fits)[0] if fits else None


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in name)

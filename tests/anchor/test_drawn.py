"""Drawn presenters: looked at by the face mesh, as a viewer would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from pipelines.anchor.performing import plan_performance
from pipelines.anchor.performing.measuring import GapReader, measure_lip_sync
from pipelines.anchor.presenters.drawn import CAST, DrawnPresenter, drawn_presenter
from studio.adapters import blazeface, face_mesh
from studio.archive.store import AnalysisStore
from studio.jobs.job import Job
from studio.models.pool import ModelPool
from studio.types.landmarks import CHIN, FOREHEAD, LEFT_EYE, NOSE_TIP, RIGHT_EYE
from studio.types.performance import Performance
from tests.anchor.spoken_lines import said
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

SMALL = (960, 540)
NAMES = [look.name for look in CAST]


@cache
def _presenter(name: str) -> DrawnPresenter:
    found = drawn_presenter(name, SMALL)
    assert found is not None
    return found


def _rows(count: int, **columns: object) -> Performance:
    made = Performance.still(Fraction(25), count)
    for name, values in columns.items():
        getattr(made, name)[:] = values
    return made


def _on_grey(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.rint(rgba[..., :3] * alpha + 110 * (1 - alpha)).astype(np.uint8)


def _mesh(pool: ModelPool, rgb: np.ndarray) -> np.ndarray:
    with pool.lease(blazeface.SPEC_FAR) as far, pool.lease(face_mesh.SPEC) as mesh:
        squares = face_mesh.squares_of_faces(far.detect(rgb))
        assert len(squares) == 1
        found = mesh.find(rgb, squares, again=True)
    assert found.presence[0] > 0.9
    return found.points_px[0, :, :2]


@pytest.mark.parametrize("name", NAMES)
def test_a_mouth_is_seen_as_open_as_it_is_asked_to_be(picture_pool, name):
    who = _presenter(name)
    jaw = np.concatenate([np.linspace(0, 0.9, 8), [0.5, 0.5, 0.5, 0.3, 0.0]])
    rows = _rows(13, jaw=jaw)
    rows.spread[8:10] = (-0.8, 0.6)
    rows.press[10:12] = 0.9  # lips that meet over an open jaw
    lease = picture_pool.lease
    with (
        lease(blazeface.SPEC_NEAR) as near,
        lease(blazeface.SPEC_FAR) as far,
        lease(face_mesh.SPEC) as mesh,
    ):
        read = GapReader(near, far, mesh)
        gaps = np.array([read(_on_grey(who.draw(rows, n))) for n in range(13)])
    assert np.isfinite(gaps).all()
    assert np.corrcoef(gaps, rows.opening)[0, 1] >= 0.93
    assert (np.diff(gaps[:8]) > -0.006).all()
    wide = gaps[:8].max() - gaps[0]
    assert wide > 0.08
    assert gaps[10:].max() < gaps[0] + 0.12 * wide


@pytest.mark.parametrize("name", ["seoyeon", "daniel"])
def test_a_head_turns_nods_and_blinks(picture_pool, name):
    who = _presenter(name)
    turns = [(0, 0, 0), (6, 0, 0), (-6, 0, 0), (0, 4, 0), (0, 0, 3), (0, 0, 0), (0, 0, 0)]
    rows = _rows(7, head_deg=np.array(turns))
    rows.blink[5] = 1
    rows.brows[6] = 1
    seen = [_mesh(picture_pool, _on_grey(who.draw(rows, n))) for n in range(7)]
    size = np.linalg.norm(seen[0][FOREHEAD] - seen[0][CHIN])

    def nose(points: np.ndarray) -> np.ndarray:
        """The tip of the nose from the middle of the eyes."""
        eyes = points[list(RIGHT_EYE + LEFT_EYE)].mean(axis=0)
        return (points[NOSE_TIP] - eyes) / size

    still = nose(seen[0])
    assert nose(seen[1])[0] > still[0] + 0.008 and nose(seen[2])[0] < still[0] - 0.008
    assert seen[3][NOSE_TIP][1] > seen[0][NOSE_TIP][1] + 0.01 * size
    across = seen[4][263] - seen[4][33]
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(3, abs=2)

    def eyes_open(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[[159, 386]] - points[[145, 374]], axis=1).mean() / size)

    assert eyes_open(seen[5]) < 0.85 * eyes_open(seen[0])
    risen = (seen[0][[105, 334], 1] - seen[6][[105, 334], 1]) / size
    assert risen.min() > 0.008


def test_a_picture_depends_on_its_row_alone():
    who = _presenter("claire")
    rows = _rows(6, jaw=np.linspace(0, 0.8, 6), breath=np.linspace(0, 1, 6))
    rows.head_deg[:, 0] = np.linspace(-5, 5, 6)
    forward = [who.draw(rows, n) for n in range(6)]
    fresh = drawn_presenter("Claire ", SMALL)
    assert fresh is not None
    backward: dict[int, np.ndarray] = {}

    def some(numbers: range) -> None:
        for n in numbers:
            backward[n] = fresh.draw(rows.part(n, n + 1), 0)

    threads = [
        threading.Thread(target=some, args=(r,)) for r in (range(5, 2, -1), range(2, -1, -1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(forward[n], backward[n]) for n in range(6))
    forward[0][:] = 0  # the caller's own
    assert np.array_equal(who.draw(rows, 0), backward[0])
    with pytest.raises(IndexError):
        who.draw(rows, 6)


def test_only_what_moves_changes():
    who = _presenter("minjun")
    rows = _rows(3)
    rows.blink[1] = 1
    rows.jaw[2] = 0.7
    rest, blink, spoken = (who.draw(rows, n).astype(int) for n in range(3))
    left, top, right, bottom = (round(v) for v in who.head_xyxy())
    middle = (top + bottom) // 2 + round(0.12 * (bottom - top))
    changed = np.abs(blink - rest).max(axis=2) > 0
    assert changed.any() and not changed[middle:].any()
    changed = np.abs(spoken - rest).max(axis=2) > 0
    inside = np.zeros_like(changed)
    inside[middle : bottom + 30, left:right] = True
    assert changed.any() and not (changed & ~inside).any()


@pytest.mark.parametrize("size_wh", [(540, 960), (321, 181)])
def test_the_figure_stands_on_the_lower_edge_and_nothing_is_about_it(size_wh):
    who = drawn_presenter("daniel", size_wh)
    assert who is not None and not who.people
    made = who.draw(_rows(1, jaw=0.3, breath=1.0), 0)
    width, height = size_wh
    assert made.shape == (height, width, 4) and made.dtype == np.uint8
    alpha = made[..., 3]
    assert (alpha[-1, width * 2 // 5 : width * 3 // 5] == 255).all()
    assert (alpha[0] == 0).all() and (alpha[: height // 4, [0, -1]] == 0).all()
    left, top, right, bottom = who.head_xyxy()
    assert 0 <= left < right <= width and 0 <= top < bottom < height
    assert alpha[round((top + bottom) / 2), round((left + right) / 2)] == 255
    soft = np.mean((alpha > 0) & (alpha < 255))
    assert soft < 0.02  # an edge, not a haze


def test_unknown_presenters_are_not_invented():
    assert drawn_presenter("nobody", SMALL) is None
    assert len(set(NAMES)) == len(NAMES) >= 4
    with pytest.raises(ValueError, match="8x8"):
        DrawnPresenter(CAST[0], (8, 8))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lips_go_with_the_voice(picture_pool, tmp_path, name):
    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    texts = ["Mayor Rosa King calls the plan the city's number one priority.", "Good night."]
    track, clip = said(picture_pool, texts)
    rows = plan_performance(track, Fraction(25))
    who = _presenter(name)

    def pictures() -> Iterator[np.ndarray]:
        for n in range(len(rows)):
            yield _on_grey(who.draw(rows, n))

    phonemes = [p for line in track.lines for p in line.phonemes]
    told = measure_lip_sync(pictures(), rows, phonemes, clip, job)
    assert told.seen == 1
    assert told.correlation >= 0.9
    assert abs(told.late_frames) <= 1
    assert told.silent <= 0.05
    assert told.closures >= 5 and told.met >= 0.95 * told.closures

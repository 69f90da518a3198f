"""Portraits that speak: what moves as asked, what stays, and who cannot be made to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.anchor.portrait import PortraitPresenter, prepare_portrait
from pipelines.anchor.portrait.animators import ANIMATORS, animator
from pipelines.anchor.portrait.face_frame import FaceFrame
from pipelines.anchor.portrait.sitter import find_sitter
from studio.adapters import face_mesh
from studio.archive.store import AnalysisStore
from studio.errors import LimitExceeded, ModelError, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.media.probe import frame_times, probe
from studio.media.reader import decode_range
from studio.media.still import write_still
from studio.settings import Settings
from studio.types.landmarks import NOSE_TIP
from studio.types.performance import Performance
from tests.anchor.glasses import with_glasses
from tests.footage import bars, music_video, shared_media
from tests.picture_pool import picture_pool, read_still

__all__ = ["picture_pool"]

#: Large enough for the mesh to see what the lips do, and quick.
SIZE_WH = (640, 720)
CLOSED, OPEN = "portrait_mona_lisa.jpg", "face_obama_1.jpg"


def _job(pool, folder: Path, **settings) -> Job:
    told = Settings(cache_dir=folder / "cache", **settings)
    return Job(told, pool=pool, store=AnalysisStore(folder / "store"))


@pytest.fixture(scope="module")
def presenters(picture_pool, tmp_path_factory):
    """Portraits by file name, made ready once."""
    job = _job(picture_pool, tmp_path_factory.mktemp("portraits"))
    made: dict[tuple[str, str], PortraitPresenter] = {}

    def presenter(name: str, background: str = "own") -> PortraitPresenter:
        if (name, background) not in made:
            path = shared_media(name)
            made[name, background] = PortraitPresenter.of(path, SIZE_WH, job, background)
        return made[name, background]

    return presenter


def _performance(*rows: dict) -> Performance:
    made = Performance.still(Fraction(25), len(rows))
    for number, row in enumerate(rows):
        for name, value in row.items():
            getattr(made, name)[number] = value
    return made


def _meshes(presenter, performance, pool):
    """Meshes ``(n, 468, 3)`` and irises ``(n, 2, 5, 2)`` of the drawn frames."""
    points = presenter.portrait.points_px[None]
    found, irises = [], []
    with pool.lease(face_mesh.SPEC) as meshes:
        for frame in range(len(performance)):
            rgb = np.ascontiguousarray(presenter.draw(performance, frame)[..., :3])
            seen = meshes.find(rgb, face_mesh.squares_of_meshes(points), irises=True)
            assert seen.presence[0] > 0.9
            found.append(seen.points_px[0])
            irises.append(seen.irises_px[0])
    return np.stack(found), np.stack(irises)


def _gaps(points) -> np.ndarray:
    units = np.linalg.norm(points[:, 33] - points[:, 263], axis=1)
    return np.linalg.norm(points[:, 13, :2] - points[:, 14, :2], axis=1) / units


@pytest.mark.parametrize("name", [CLOSED, OPEN])
def test_lips_go_as_far_apart_as_asked_and_meet(presenters, picture_pool, name):
    presenter = presenters(name)
    jaws = np.linspace(0, 0.8, 7)
    pressed = {"jaw": 0.6, "press": 0.7}
    points, _ = _meshes(
        presenter, _performance(*({"jaw": jaw} for jaw in jaws), pressed), picture_pool
    )
    gaps = _gaps(points)
    assert np.corrcoef(gaps[:-1], jaws)[0, 1] > 0.93
    assert (np.diff(gaps[:-1]) > -0.004).all()
    # Of a closed smile the mesh still sees something; how far the lips truly are stands below.
    assert gaps[0] < (0.02 if name == CLOSED else 0.06)
    assert gaps[-2] > gaps[0] + 0.06
    assert gaps[-1] < gaps[0] + 0.01  # p, b, m: whatever the jaw does
    shares = presenter.expression.shares
    row = dict.fromkeys(("press", "spread", "tongue", "teeth", "brow_left", "brow_right"), 0.0)
    for jaw, press in ((0.0, 0.0), (0.6, 1.0)):
        moves = presenter.expression.moves(shares(row | {"jaw": jaw, "press": press}))
        mouth, grid = presenter.mouth, presenter.expression.grid
        upper = mouth.upper_px + grid.at(moves[0], mouth.upper_px)
        lower = mouth.lower_px + grid.at(moves[1], mouth.lower_px)
        assert np.abs((lower - upper) @ presenter.face.down_px)[2:-2].max() < 0.75


def test_corners_brows_irises_and_head_go_where_asked(presenters, picture_pool):
    presenter = presenters(CLOSED)
    points, irises = _meshes(
        presenter,
        _performance(
            {"jaw": 0.2},
            {"jaw": 0.2, "spread": -1},
            {"jaw": 0.2, "spread": 1},
            {"gaze": (1, 0)},
            {"gaze": (-1, 0)},
            {"head_deg": (6, 0, 0)},
            {"head_deg": (0, 6, 0)},
            {"head_deg": (0, 0, 6)},
            {},
        ),
        picture_pool,
    )
    wide = np.linalg.norm(points[:, 61, :2] - points[:, 291, :2], axis=1) / presenter.face.unit_px
    assert wide[1] < wide[0] - 0.02
    assert wide[2] > wide[0]
    middle = irises[:, :, 0, 0].mean(axis=1)
    assert middle[3] > middle[8] + 1 > middle[4] + 2
    faces = [FaceFrame.of(p) for p in points]
    nose = points[:, NOSE_TIP] - points[8, NOSE_TIP]
    assert nose[5, 0] > 4
    assert faces[5].yaw_deg > faces[8].yaw_deg + 1
    assert nose[6, 1] > 4
    assert faces[7].roll_deg == pytest.approx(faces[8].roll_deg + 6, abs=1.5)


def test_eyes_shut_and_open(presenters):
    presenter = presenters(OPEN)
    drawn = _performance({}, {"blink": (1, 1)}, {"blink": (1, 0)})
    frames = [presenter.draw(drawn, n)[..., :3].astype(float) for n in range(3)]
    rims = presenter.portrait.irises_px
    for eye, sides in ((0, (True, False)), (1, (True, True))):  # right, left of the person
        x, y = np.rint(rims[eye, 0]).astype(int)
        iris = [frame[y - 2 : y + 3, x - 2 : x + 3].mean() for frame in frames]
        for frame, shut in zip(iris[1:], sides, strict=True):
            # Skin is lighter than an iris; an open eye is as it was.
            assert (frame > iris[0] + 35) if shut else frame == pytest.approx(iris[0], abs=0.01)


def test_at_rest_it_is_the_picture_and_the_background_never_moves(presenters):
    presenter = presenters(CLOSED)
    left, top, right, low = presenter.portrait.cover_xyxy_px
    drawn = _performance({}, {"head_deg": (5, 3, 4), "jaw": 0.5, "breath": 1}, {"breath": 1})
    rest, moved, breathed = (presenter.draw(drawn, n) for n in range(3))
    assert rest.shape == (SIZE_WH[1], SIZE_WH[0], 4)
    assert (rest[top:low, left:right, 3] == 255).all()
    assert not rest[:, : left - 1, 3].any()
    # Sharp and unchanged: nothing is resampled where nothing moves.
    original = presenter.portrait.person[..., :3]
    change = np.abs(rest[top:low, left:right, :3].astype(int) - original[top:low, left:right])
    assert np.percentile(change, 99.9) <= 2
    # Away from the person: to the pixel.
    away = cv2.dilate(presenter.portrait.person[..., 3], np.ones((61, 61), np.uint8)) == 0
    away[:top], away[:, :left], away[:, right:] = False, False, False
    assert away.sum() > 10_000
    for frame in (moved, breathed):
        assert (frame[away] == rest[away]).all()
    assert np.abs(moved.astype(int) - rest).max() > 60
    assert (breathed != rest).any()


def test_a_frame_depends_on_its_row_alone(presenters):
    presenter = presenters(OPEN)
    rows = [{"jaw": 0.4, "head_deg": (2, 1, 0)}, {"blink": (0.5, 0.5), "gaze": (0.3, 0.1)}]
    drawn = _performance(*rows)
    one = presenter.draw(drawn, 0)
    again = PortraitPresenter(presenter.portrait).draw(_performance(*rows[::-1]), 1)
    presenter.draw(drawn, 1)[:] = 0  # the caller's own
    assert (presenter.draw(drawn, 0) == one).all()
    assert (again == one).all()
    with pytest.raises(IndexError):
        presenter.draw(drawn, 2)


def test_alone_the_person_stands_on_the_edge_and_all_else_is_clear(presenters):
    presenter = presenters(OPEN, "none")
    cover = presenter.draw(_performance({"jaw": 0.3}), 0)[..., 3]
    x, y = presenter.face.origin_px[:2].astype(int)
    assert cover[y, x] == 255
    assert cover[-1].max() == 255
    assert cover[: y - int(2.6 * presenter.face.unit_px)].max() == 0
    assert cover[:y, :60].max() == 0
    assert (cover == 0).mean() > 0.25


def test_a_portrait_is_made_ready_once(picture_pool, tmp_path):
    job = _job(picture_pool, tmp_path)
    first = prepare_portrait(shared_media(CLOSED), SIZE_WH, job)
    (kept,) = (job.settings.cache_dir / "portraits").glob("*.npz")
    told = []
    job._on_progress = told.append
    again = prepare_portrait(shared_media(CLOSED), SIZE_WH, job)
    assert not told
    assert (again.person == first.person).all()
    assert again.digest == first.digest
    kept.write_bytes(kept.read_bytes()[:5000])  # damaged: made anew
    assert (prepare_portrait(shared_media(CLOSED), SIZE_WH, job).person == first.person).all()
    assert told


def _seconds_of_video(*seconds: int) -> list[np.ndarray]:
    """Frames of the music video, enlarged five times; only what leads up to each is decoded."""
    info = probe(music_video())
    times = frame_times(info)
    found = []
    for second in seconds:
        at = int(np.searchsorted(times.pts, second / times.time_base))
        ((_, frame),) = decode_range(info, times, at, at + 1)
        rgb = frame.to_ndarray(format="rgb24")
        found.append(cv2.resize(rgb, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC))
    return found


def test_who_cannot_be_made_to_speak(picture_pool, tmp_path):
    job = _job(picture_pool, tmp_path)

    def refused(name: str, picture: np.ndarray, says: str, error=RequestError) -> None:
        path = tmp_path / f"{name}.png"
        write_still(path, np.ascontiguousarray(picture))
        with pytest.raises(error, match=says) as caught:
            prepare_portrait(path, SIZE_WH, job)
        assert path.name in caught.value.message
        assert caught.value.hint

    obama = read_still(shared_media(OPEN), 1137)
    refused("nobody", bars(3, 640, 480), "no face")
    refused("crowd", read_still(shared_media("face_obama_biden.jpg"), 1126), "2 faces")
    small = cv2.resize(obama, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    refused("far", np.pad(small, ((0, 90), (60, 60), (0, 0)), mode="edge"), "only 4")
    refused("stamp", small[:100, :100], "too small")
    refused("fallen", np.rot90(obama)[:, ::-1], "leans|no face|side")
    cut = obama[:330]  # through the lips
    refused("cut", cut, "cut off|too little|no face")
    close = obama[100:440, 350:640]
    refused("close", close, "too little below")
    profile, glasses, glasses_too = _seconds_of_video(93, 25, 134)
    refused("aside", profile, "from the side|no face")
    refused("cool", glasses, "eyes on cool.png are hidden")
    refused("cooler", glasses_too, "hidden")
    text = tmp_path / "notes.png"
    text.write_text("not a picture", encoding="utf-8")
    with pytest.raises(UnsupportedMedia, match=r"notes\.png"):
        prepare_portrait(text, SIZE_WH, job)
    strict = _job(picture_pool, tmp_path, max_pixels=500_000)
    with pytest.raises(LimitExceeded, match="pixels"):
        prepare_portrait(shared_media(CLOSED), SIZE_WH, strict)


def test_dark_glasses_hide_eyes_whatever_they_reflect(picture_pool):
    """Glasses drawn over real faces; the mesh puts lids and irises on every one."""

    def covered(picture: np.ndarray) -> bool:
        try:
            find_sitter(picture, Path("sitter.png"), picture_pool)
        except RequestError as exc:
            assert "eyes on sitter.png are hidden" in exc.message
            return True
        return False

    for name, side in ((OPEN, 1137), (CLOSED, 1011)):
        bare = read_still(shared_media(name), side)
        points = find_sitter(bare, Path(name), picture_pool).points_px
        assert covered(with_glasses(bare, points, "wide", "streak"))
        grey = cv2.cvtColor(bare, cv2.COLOR_RGB2GRAY)
        bare = cv2.merge([grey] * 3)
        assert covered(with_glasses(bare, points, "square", "sky", opaque=0.7))
        assert covered(with_glasses(bare, points, "wide", "window"))
        assert not covered(with_glasses(bare, points, "round", "none", opaque=0.06))


def test_networks_that_are_not_pinned_are_refused_with_their_licence():
    for name, known in ANIMATORS.items():
        if known.make is None:
            with pytest.raises(ModelError, match=name) as caught:
                animator(name)
            assert known.licence in caught.value.message
    assert animator("warp") is animator()
    with pytest.raises(RequestError, match="no animator deepfake"):
        animator("deepfake")

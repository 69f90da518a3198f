"""Faces joined to tracks: nobody swaps when people cross, and a shot ends a track."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines.people.corrections import (
    Corrections,
    FaceAt,
    NameTold,
    NotThem,
    SamePerson,
    decide,
    faces_of,
)
from pipelines.people.grouping import group, in_one_frame
from pipelines.people.quality import quality, sharpness, turn
from pipelines.people.screen_time import screen_time
from pipelines.people.tracks import TrackMaker
from studio.adapters import face_embedding, mtcnn
from studio.archive.decisions import read_decisions, write_decisions
from studio.errors import RequestError
from studio.types.detections import Detections
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes
from studio.types.people import FaceTrack, People, Person
from studio.types.shot import Shot, TransitionKind
from tests.footage import shared_media
from tests.picture_pool import picture_pool, read_still

__all__ = ["picture_pool"]

WIDTH, HEIGHT, SIDE = 640, 360, 120
HZ = 4


def cut_out(name: str, finder: mtcnn.Mtcnn) -> np.ndarray:
    """A face with its head, ``SIDE`` pixels wide."""
    import cv2

    picture = read_still(shared_media(name), 800)
    box = finder.detect(picture[None], min_face_px=80).xyxy[0] * np.tile(picture.shape[1::-1], 2)
    middle, reach = (box[:2] + box[2:]) / 2, (box[3] - box[1]) * 0.7
    left, top = np.maximum(middle - reach, 0).astype(int)
    right, bottom = (middle + reach).astype(int)
    return cv2.resize(picture[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def shots_at(*edges: int) -> tuple[Shot, ...]:
    return tuple(
        Shot(a, b, Fraction(a, HZ), Fraction(b, HZ), TransitionKind.CUT, a, b)
        for a, b in itertools.pairwise(edges)
    )


@pytest.fixture(scope="module")
def crossing(picture_pool):
    """Two real faces that pass in front of each other twice: pictures, and where each is."""
    with picture_pool.lease(mtcnn.SPEC) as finder:
        one, other = (cut_out(f"face_{n}_1.jpg", finder) for n in ("obama", "biden"))
    random = np.random.default_rng(0)
    ground = np.clip(random.normal(90, 12, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    pictures, places = [], []
    for k in range(28):
        share = 0.5 - 0.5 * np.cos(2 * np.pi * k / 27)  # there and back again
        left = round(40 + share * (WIDTH - SIDE - 80)), round(100 + 20 * share)
        right = round(WIDTH - SIDE - 40 - share * (WIDTH - SIDE - 80)), round(110 - 20 * share)
        picture = ground.copy()
        for face, (x, y) in ((other, right), (one, left)):  # the one is in front
            picture[y : y + SIDE, x : x + SIDE] = face
        pictures.append(picture)
        places.append((left, right))
    return np.stack(pictures), np.array(places, float) + SIDE / 2


def detections(pictures: np.ndarray, finder: mtcnn.Mtcnn) -> Detections:
    found = finder.detect(pictures, min_face_px=40, min_scores=(0.7, 0.7, 0.9))
    count = len(found.scores)
    return Detections(
        sampled_frames=np.arange(len(pictures)),
        frames=found.pictures,
        xyxy=found.xyxy,
        scores=found.scores,
        label_ids=np.zeros(count, np.int64),
        labels=("face",),
        landmarks=found.landmarks,
        attributes=np.zeros((count, 0), np.float32),
    )


def track_all(pictures, faces, shots, look, align=face_embedding.align):
    maker = TrackMaker(faces, shots, align, look)
    for start in range(0, len(pictures), 5):
        part = np.arange(start, min(start + 5, len(pictures)))
        maker.take(FrameBatch(pictures[part], part, part / HZ))
    return maker.finish().tracks(faces), maker


def test_nobody_swaps_when_people_cross(picture_pool, crossing):
    pictures, places = crossing
    with (
        picture_pool.lease(mtcnn.SPEC) as finder,
        picture_pool.lease(face_embedding.SPEC) as model,
    ):
        faces = detections(pictures, finder)
        tracks, maker = track_all(pictures, faces, shots_at(0, 28), model.embed_aligned)
        cut_tracks, _ = track_all(pictures, faces, shots_at(0, 10, 28), model.embed_aligned)
    assert len(faces) > 45, "two on almost every picture"
    right = 0
    owners = []
    for track in tracks:
        middles = (track.xyxy[:, :2] + track.xyxy[:, 2:]) / 2 * (WIDTH, HEIGHT)
        apart = np.abs(middles[:, None] - places[track.frames]).sum(axis=2)
        clear = np.abs(apart[:, 0] - apart[:, 1]) > 60  # where the two are not in one place
        who = apart[clear].argmin(axis=1)
        owners.append(int(np.bincount(who, minlength=2).argmax()))
        right += int((who == owners[-1]).sum())
        assert len(set(who.tolist())) == 1, "one track is one person"
    assert right >= 40 and set(owners) == {0, 1}
    assert len(tracks) <= 4, "and few tracks make them up"
    assert maker.looked < len(faces), "what is clear by its place is not looked at"
    # Over the cut nothing goes on, and each is found again by likeness.
    assert all((t.frames < 10).all() or (t.frames >= 10).all() for t in cut_tracks)
    groups = group(
        np.stack([t.vectors.mean(axis=0) for t in cut_tracks]), (), in_one_frame(cut_tracks)
    )
    assert len(set(groups.tolist())) == 2


# Grouping


def test_what_a_person_said_goes_over_likeness():
    random = np.random.default_rng(0)
    ada, bea = (random.normal(0, 0.048, 128) for _ in range(2))
    vectors = np.stack([ada, ada + 0.01, bea, bea + 0.01]).astype(np.float32)
    assert group(vectors).tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    told = group(vectors, same=[(0, 2)], apart=[(0, 1)]).tolist()
    assert told[0] == told[2] != told[1]
    assert group(vectors[:1]).tolist() == [0]
    assert len(set(group(vectors, same=[(0, 1), (1, 2), (2, 3)]).tolist())) == 1


def test_many_tracks_are_grouped_in_blocks(monkeypatch):
    random = np.random.default_rng(1)
    people = random.normal(0, 0.048, (6, 128))
    who = np.arange(60) % 6
    vectors = (people[who] + random.normal(0, 0.012, (60, 128))).astype(np.float32)
    whole = group(vectors)
    monkeypatch.setattr("pipelines.people.grouping._BLOCK", 25)
    blocks = group(vectors, same=[(0, 31)])
    for found, exact in ((whole, True), (blocks, False)):
        same = found[:, None] == found[None]
        truth = who[:, None] == who[None]
        if exact:
            assert (same == truth).all()
    assert blocks[0] == blocks[31] and len(set(blocks.tolist())) <= 6
    others = who > 1
    assert ((blocks[others][:, None] == blocks[others]) == truth[others][:, others]).all()


# Quality


def test_blur_and_profile_lower_the_quality(picture_pool):
    import cv2

    with picture_pool.lease(mtcnn.SPEC) as finder:
        face = cut_out("face_obama_1.jpg", finder)
        big = cv2.resize(face, (480, 480), interpolation=cv2.INTER_CUBIC)
        points = finder.detect(big[None], min_face_px=200).landmarks[:1] * 480
    chips = face_embedding.align(big, points)
    soft = np.stack([cv2.GaussianBlur(chips[0], (0, 0), 6.0)])
    assert sharpness(soft)[0] < sharpness(chips)[0] / 4
    assert quality(soft, points)[0] < quality(chips, points)[0]
    aside = points.copy()
    aside[:, 2, 0] += 0.8 * (points[0, 1, 0] - points[0, 0, 0])
    assert turn(points)[0] < 0.25 and turn(aside)[0] > 0.5
    assert quality(chips, aside)[0] < 0.2 * quality(chips, points)[0]


# Decisions


def still_track(shot: int, first: int, x: float) -> FaceTrack:
    frames = np.arange(first, first + 4)
    box = np.tile(np.array([x, 0.2, x + 0.2, 0.6], np.float32), (4, 1))
    return FaceTrack(
        shot, frames, box, np.zeros((4, 5, 2), np.float32), np.ones(4, np.float32),
        frames[:2], np.ones(2, np.float32), np.zeros((2, 128), np.float32), 90.0,
    )  # fmt: skip


TIMES = FrameTimes(np.arange(100), 100, Fraction(1, HZ), np.array([0]))


def test_time_on_screen_is_counted_by_scale_and_expression():
    """Two tracks of four samples a quarter of a second apart; the second is at the film's end."""
    near, far = still_track(0, 0, 0.1), still_track(1, 96, 0.6)
    small = np.array([0.6, 0.3, 0.65, 0.38], np.float32)
    far = replace(far, xyxy=np.tile(small, (4, 1)))
    person = Person("Person 1", None, (0, 1), 0, (0.1, 0.2, 0.3, 0.6))
    feelings = np.array([[0.9, 0.1]] * 4 + [[0.3, 0.7]] * 2 + [[0.4, 0.4]] * 2, np.float32)
    faces = Detections(
        np.arange(100),
        np.concatenate([near.frames, far.frames]),
        np.concatenate([near.xyxy, far.xyxy]),
        np.ones(8, np.float32),
        np.zeros(8, np.int64),
        ("face",),
        np.zeros((8, 5, 2), np.float32),
        feelings,
        ("happy", "sad"),
    )
    (seen,) = screen_time(People((near, far), (person,), (), "m"), faces, TIMES)
    assert seen.seconds == pytest.approx(2.0) and seen.share == pytest.approx(2 / 25)
    assert seen.by_scale == {"close-up": pytest.approx(1.0), "long shot": pytest.approx(1.0)}
    assert seen.by_expression == {
        "happy": pytest.approx(1.0),
        "sad": pytest.approx(0.5),
        "unsure": pytest.approx(0.5),
    }


def test_decisions_find_their_faces_among_other_tracks(tmp_path):
    before = [still_track(0, 0, 0.1), still_track(0, 0, 0.6), still_track(1, 40, 0.1)]
    said = (
        Corrections()
        .with_name(NameTold("Ada", faces_of(before[0], TIMES)))
        .with_rejection(NotThem("Bea", faces_of(before[1], TIMES)))
        .with_merge(SamePerson(faces_of(before[0], TIMES), faces_of(before[2], TIMES)))
    )
    write_decisions(tmp_path / "said.json", said)
    assert read_decisions(Corrections, tmp_path / "said.json") == said
    # A later run cuts the tracks otherwise, and finds them in another order.
    later = [before[2], still_track(0, 1, 0.62), still_track(0, 2, 0.12)]
    decided = decide(said, later, TIMES)
    assert decided.names == {2: "Ada"} and decided.refused == {1: frozenset({"Bea"})}
    assert set(decided.same[0]) == {0, 2} and decided.lost == 0
    assert decide(said, [before[1]], TIMES).lost == 2, "the name and the merge"


def test_the_last_decision_holds():
    ada = (FaceAt(Fraction(1), (0.1, 0.1, 0.3, 0.3)),)
    said = Corrections().with_rejection(NotThem("Ada", ada)).with_name(NameTold("Ada", ada))
    assert said.rejections == () and said.names[0].name == "Ada"
    assert said.with_name(NameTold("Bea", ada)).names == (NameTold("Bea", ada),)
    back = said.with_rejection(NotThem("Ada", ada))
    assert back.names == () and back.rejections == (NotThem("Ada", ada),)
    assert said.renamed("Ada", "Bea").names[0].name == "Bea"
    assert said.without("Ada") == Corrections()


@pytest.mark.parametrize("text", ["{", "[]", '{"names": 3}', '{"no": []}'])
def test_what_is_no_decision_is_refused(tmp_path, text):
    (tmp_path / "said.json").write_text(text)
    with pytest.raises(RequestError, match="cannot be read"):
        read_decisions(Corrections, tmp_path / "said.json")

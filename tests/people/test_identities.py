"""Footage to people: over shots, by name, and what a person decided lasts."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines import cuts, people
from pipelines.people import gallery_edits
from pipelines.people.identities import open_gallery
from pipelines.people.references import read_reference
from studio.adapters import face_embedding, mtcnn
from studio.errors import Cancelled, NoSuchMedia, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.settings import Settings
from tests.footage import counted_clip, ffmpeg, package_file, shared_media, tone
from tests.people import other_model
from tests.picture_pool import picture_cache, picture_pool

__all__ = ["picture_cache", "picture_pool"]

SHOTS = ("face_obama_1.jpg", "face_biden_1.jpg", "face_obama_2.jpg", "face_obama_biden.jpg")
#: Where the picture is cut out of each, from its top; and how long each stands.
DOWN, SHOT_S = (0, 0, 0.35, 0), 1.4


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Four shots: Obama, Biden, Obama, both (Obama on the left)."""
    inputs, graph = [], []
    for n, name in enumerate(SHOTS):
        inputs += ["-loop", "1", "-t", SHOT_S, "-r", "25", "-i", shared_media(name)]
        graph.append(
            f"[{n}:v]scale=640:360:force_original_aspect_ratio=increase,"
            f"crop=640:360:(iw-640)/2:(ih-360)*{DOWN[n]},setsar=1,fps=25[v{n}]"
        )
    chain = "".join(f"[v{n}]" for n in range(4)) + "concat=n=4,format=yuv420p[v]"
    path = tmp_path_factory.mktemp("people") / "four.mp4"
    ffmpeg(
        *(*inputs, "-filter_complex", ";".join([*graph, chain]), "-map", "[v]"),
        *("-c:v", "libx264", "-preset", "veryfast", path),
    )
    return path


@pytest.fixture
def job(picture_pool, picture_cache, tmp_path) -> Job:
    settings = Settings(cache_dir=picture_cache, data_dir=tmp_path / "data", device="cpu")
    return Job(settings, pool=picture_pool)


def shown(result: people.Result) -> dict[str, list[int]]:
    """Label to the shots in which that person is seen."""
    found = result.people
    return {p.label: sorted({found.tracks[n].shot for n in p.tracks}) for p in found.persons}


def at(result: people.Result, shot: int, right: bool = False) -> str | None:
    """The name at a place."""
    for number, track in enumerate(result.people.tracks):
        if track.shot == shot and (track.xyxy[0, 0] > 0.5) == right:
            return result.people.name_of(number)
    raise AssertionError("nobody is there")


def test_strangers_are_found_again_and_the_gallery_names_its_own(film, job):
    before = people.run(film, people.Options(), job)
    assert shown(before) == {"Person 1": [0, 2, 3], "Person 2": [1, 3]}
    assert len(before.people.tracks) == 5
    photo = shared_media("face_obama_1.jpg")
    gallery_edits.add_photos("Barack Obama", [photo], None, job)
    after = people.run(film, people.Options(), job)
    assert shown(after) == {"Barack Obama": [0, 2, 3], "Person 1": [1, 3]}
    (known, stranger) = after.people.persons
    assert known.name and known.distance is not None and known.distance < 0.3
    assert stranger.name is None and not known.told
    assert "faces" in after.stored and not after.computed
    # A cut that a person adds parts the tracks, though faces and cuts were stored before.
    cuts.run(film, cuts.Options(add=("f15",)), job)
    parted = people.run(film, people.Options(), job)
    assert shown(parted) == {"Barack Obama": [0, 1, 3, 4], "Person 1": [2, 4]}
    cuts.run(film, cuts.Options(undo=True), job)
    assert shown(people.run(film, people.Options(), job)) == shown(after)


def test_a_name_told_lasts_and_another_model_keeps_it(film, job, tmp_path):
    out = tmp_path / "out"
    told = people.run(film, people.Options(names=(("Person 2", "Joe"),), out=out), job)
    assert shown(told) == {"Joe": [1, 3], "Person 1": [0, 2, 3]}
    assert told.people.persons[0].told
    written = json.loads((out / "people.json").read_text())
    assert [p["label"] for p in written["people"]] == ["Joe", "Person 1"]
    assert written["people"][0]["seconds"] == pytest.approx(2 * SHOT_S, abs=0.6)
    for row in written["people"]:
        for parts in (row["seconds_by_scale"], row["seconds_by_expression"]):
            assert sum(parts.values()) == pytest.approx(row["seconds"], abs=0.01)
    for label in ("Joe", "Person 1"):
        assert cv2.imread(str(told.files[label])).shape[0] > 60
    # Not this person, in one place; and the other one gets a name too.
    people.run(film, people.Options(names=(("Person 1", "Barack"),)), job)
    people.run(film, people.Options(rejections=(("Barack", Fraction(7, 2)),)), job)
    gallery_edits.rename(open_gallery(job, None), "joe", "Joe Biden")
    wanted = ["Barack", "Joe Biden", None, "Barack", "Joe Biden"]

    def names(result: people.Result) -> list[str | None]:
        return [at(result, n) for n in range(4)] + [at(result, 3, right=True)]

    assert names(people.run(film, people.Options(), job)) == wanted
    other = people.run(film, people.Options(), job, model=other_model.SPEC)
    assert other.people.model == other_model.SPEC.key != told.people.model
    assert names(other) == wanted
    vectors = [
        o.vectors - t.vectors for o, t in zip(other.people.tracks, told.people.tracks, strict=True)
    ]
    assert all(np.abs(v).max() > 0.1 for v in vectors), "it is another model"
    # And without the gallery's pictures, what was said of this footage holds alone.
    gallery = open_gallery(job, None)
    for file in gallery.path.glob("*.*"):
        file.unlink()
    assert names(people.run(film, people.Options(), job)) == wanted
    with pytest.raises(RequestError, match="Nobody"):
        gallery_edits.remove(open_gallery(job, None), "Barack")


def test_who_is_removed_is_forgotten(film, job):
    people.run(film, people.Options(names=(("Person 1", "Barack"),)), job)
    gallery = open_gallery(job, None)
    gallery_edits.remove(gallery, "barack")
    assert shown(people.run(film, people.Options(), job)).keys() == {"Person 1", "Person 2"}
    kept = "".join(p.read_text() for p in gallery.path.rglob("*.json"))
    assert "Barack" not in kept


def test_two_strangers_are_said_to_be_one(film, job):
    merged = people.run(film, people.Options(merges=(("Person 1", "Person 2"),)), job)
    assert shown(merged) == {"Person 1": [0, 1, 2, 3]}
    assert shown(people.run(film, people.Options(), job)) == {"Person 1": [0, 1, 2, 3]}
    other = people.run(film, people.Options(), job, model=other_model.SPEC)
    assert other.people.model != merged.people.model
    assert shown(other) == {"Person 1": [0, 1, 2, 3]}, "another model keeps it"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"names": (("Person 9", "Ada"),)}, "Person 9"),
        ({"names": (("Person 1", "Person 2"),)}, "strangers are called"),
        ({"rejections": (("Person 1", None),)}, "nobody of the gallery"),
        ({"rejections": (("Ada", None),)}, "Ada"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(film, job, wrong, said):
    with pytest.raises(RequestError, match=said) as told:
        people.run(film, replace(people.Options(names=(("Person 1", "Eve"),)), **wrong), job)
    assert told.value.hint
    assert open_gallery(job, None).names == ()
    assert not list((job.settings.data_dir / "people").rglob("*.json"))


def test_footage_without_faces_pictures_or_a_file(job, tmp_path):
    clip = counted_clip(tmp_path / "bars.mp4", 30)
    nobody = people.run(clip, people.Options(), job)
    assert nobody.people.persons == () and nobody.people.tracks == ()
    assert "0 people" in people.summarise(nobody)
    sound = tmp_path / "tone.wav"
    ffmpeg(*tone(1), sound)
    with pytest.raises(UnsupportedMedia, match="no picture"):
        people.run(sound, people.Options(), job)
    with pytest.raises(NoSuchMedia):
        people.run(tmp_path / "none.mp4", people.Options(), job)
    with pytest.raises(RequestError, match="2 films"):
        people.run([clip, clip], people.Options(), job)


def test_a_dry_run_looks_at_nothing_and_a_stopped_one_ends(film, job, tmp_path):
    fresh = Job(job.settings.with_changes(cache_dir=tmp_path / "cache"), pool=job.pool)
    dry = people.run(film, people.Options(dry_run=True, out=tmp_path / "out"), fresh)
    assert dry.people.persons == () and set(dry.computed) == {"shots", "faces"}
    assert not (tmp_path / "out").exists()
    fresh.cancel()
    with pytest.raises(Cancelled):
        people.run(film, people.Options(), fresh)


# Photographs


def _saved(path: Path, picture: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), picture)
    return path


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> dict[str, Path]:
    """Bad reference photographs by what is wrong with them."""
    folder = tmp_path_factory.mktemp("photos")
    good = cv2.imread(str(shared_media("face_obama_1.jpg")))
    two = cv2.imread(str(package_file("ultralytics", "assets/zidane.jpg")))
    small = cv2.resize(good, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    room = np.full((720, 1280, 3), 120, np.uint8)
    room[300 : 300 + small.shape[0], 500 : 500 + small.shape[1]] = small
    ground = np.random.default_rng(0).normal(120, 20, (400, 400, 3)).clip(0, 255).astype(np.uint8)
    return {
        "no face": _saved(folder / "wall.png", ground),
        "2 faces": _saved(folder / "two.png", two),
        "from the side": _saved(folder / "side.png", two[150:600, 400:800]),
        "pixels tall": _saved(folder / "small.png", room),
        "blurred": _saved(folder / "soft.png", cv2.GaussianBlur(good, (0, 0), 14)),
        "too dark": _saved(folder / "dark.png", (good * 0.12).astype(np.uint8)),
    }


@pytest.mark.parametrize(
    "why", ["no face", "2 faces", "from the side", "pixels tall", "blurred", "too dark"]
)
def test_a_bad_photograph_is_refused_with_its_reason(photos, job, why):
    with pytest.raises(RequestError, match=why) as told:
        gallery_edits.add_photos("Ada", [shared_media("face_biden_1.jpg"), photos[why]], None, job)
    assert told.value.hint
    assert open_gallery(job, None).names == (), "one bad picture refuses them all"


def test_good_photographs_are_taken(job):
    with job.pool.lease(mtcnn.SPEC) as finder, job.pool.lease(face_embedding.SPEC) as model:
        for name in SHOTS[:3]:
            face = read_reference(shared_media(name), job, model, finder)
            assert face.chip.shape == (150, 150, 3) and face.source == name
            assert len(face.sha256) == 64

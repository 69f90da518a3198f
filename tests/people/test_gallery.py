"""The gallery: whom it knows, whom it does not, and that nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.people.naming import names_of_tracks, votes
from studio.archive.accepting import MOST_DISTANCE, accept_limits
from studio.archive.gallery import Gallery, clean_name
from studio.errors import RequestError
from studio.types.people import FaceReference

MODEL = "face-embedding@1"
WIDTH = 128


def direction(seed: int) -> np.ndarray:
    """A face: two of these are 0.77 ± 0.07 apart, as those of different people."""
    vector = np.zeros(WIDTH)
    vector[:60] = np.random.default_rng(seed).normal(size=60)
    return (0.545 * vector / np.linalg.norm(vector)).astype(np.float32)


def like(face: np.ndarray, apart: float, seed: int = 0) -> np.ndarray:
    """Another picture of a face, at that distance."""
    step = np.random.default_rng(seed).normal(size=WIDTH)
    return (face + apart * step / np.linalg.norm(step)).astype(np.float32)


def reference(vector: np.ndarray, name: str = "a.jpg", shade: int = 0) -> FaceReference:
    chip = np.full((150, 150, 3), shade, np.uint8)
    return FaceReference(vector, chip, name, f"{shade:064x}")


ADA, BEA, CID = direction(1), direction(2), direction(3)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    found = Gallery.open(tmp_path / "people")
    found.add("Ada", [reference(ADA, shade=1), reference(like(ADA, 0.3, 9), shade=2)], MODEL)
    found.add("Bea", [reference(BEA, shade=3)], MODEL)
    return found


def test_known_people_are_named_and_strangers_are_not(gallery):
    faces = np.stack([like(ADA, 0.4, 5), like(BEA, 0.45, 6), CID, like(BEA, 0.9, 7)])
    assert gallery.name_of(faces) == ["Ada", "Bea", None, None]
    assert Gallery.open(gallery.path).name_of(faces) == ["Ada", "Bea", None, None]
    assert gallery.name_of(np.zeros((0, WIDTH), np.float32)) == []


def test_a_face_between_two_people_is_nobodys(tmp_path):
    """As near to one as to the other is not known, though it is near to both."""
    found = Gallery.open(tmp_path)
    other = like(ADA, 0.62, 4)
    found.add("Ada", [reference(ADA, shade=1)], MODEL)
    found.add("Eve", [reference(other, shade=2)], MODEL)
    between = ((ADA + other) / 2)[None]
    assert found.distances(between).max() < min(found.limits.values())
    assert found.name_of(between) == [None]


def test_an_empty_gallery_knows_nobody(tmp_path):
    found = Gallery.open(tmp_path / "none")
    assert found.names == () and found.name_of(ADA[None]) == [None]
    assert not (tmp_path / "none").exists(), "looking makes no folder"


def test_limits_come_from_the_gallery_itself():
    few = accept_limits(np.stack([ADA, BEA]), ["Ada", "Bea"])
    many = np.stack([direction(n) for n in range(100)])
    limits = accept_limits(many, [str(n) for n in range(100)])
    assert max(limits.values()) < min(few.values()) <= MOST_DISTANCE, "more people, more chances"
    twin = like(ADA, 0.4, 3)
    alike = accept_limits(np.stack([ADA, twin, BEA]), ["Ada", "Twin", "Bea"])
    assert alike["Ada"] == alike["Twin"] < alike["Bea"]
    assert alike["Ada"] == pytest.approx(0.36, abs=1e-3)
    assert accept_limits(ADA[None], ["Ada"]) == {"Ada": pytest.approx(0.6)}


def test_strangers_pass_as_rarely_as_promised(tmp_path):
    """Of 4,000 faces of strangers one in a hundred is named (and three deviations more)."""
    strangers = np.stack([direction(n) for n in range(10_000, 14_000)])
    for count in (2, 30):
        found = Gallery.open(tmp_path / str(count))
        for n in range(count):
            found.add(f"P{n}", [reference(direction(n), shade=n)], MODEL)
        named = sum(name is not None for name in found.name_of(strangers))
        assert named <= 40 + 3 * 40**0.5


def test_not_this_person_holds_for_faces_like_it(gallery):
    wrong = like(ADA, 0.5, 11)
    assert gallery.name_of(wrong[None]) == ["Ada"]
    gallery.reject("ada", reference(wrong, "film.mp4", 9), MODEL)
    again = Gallery.open(gallery.path)
    assert again.name_of(np.stack([wrong, like(wrong, 0.15, 2)])) == [None, None]
    assert again.name_of(like(ADA, 0.3, 12)[None]) == ["Ada"], "others of hers are still hers"
    assert again.names == ("Ada", "Bea")


def test_names_are_changed_merged_split_and_removed(gallery):
    gallery.rename("Bea", "Béa")
    gallery.rename("ada", "Ada Lovelace")
    assert gallery.names == ("Ada Lovelace", "Béa")
    with pytest.raises(RequestError, match="already") as told:
        gallery.rename("Béa", "ada lovelace")
    assert "merge" in told.value.hint
    gallery.merge("Béa", "Ada Lovelace")
    assert gallery.names == ("Ada Lovelace",)
    assert gallery.name_of(np.stack([ADA, BEA])) == ["Ada Lovelace"] * 2
    gallery.split("Ada Lovelace", [2], "Bea")
    assert gallery.name_of(np.stack([ADA, BEA])) == ["Ada Lovelace", "Bea"]
    with pytest.raises(RequestError, match="one at least"):
        gallery.split("Bea", [0], "Cid")
    gallery.remove("Ada Lovelace")
    assert Gallery.open(gallery.path).name_of(np.stack([ADA, BEA])) == [None, "Bea"]
    gallery.remove("Bea")
    gallery.add("Cid", [reference(CID)], MODEL)
    assert Gallery.open(gallery.path).names == ("Cid",)
    with pytest.raises(RequestError, match="Nobody") as told:
        gallery.remove("Bea")
    assert "Cid" in told.value.hint


def test_the_same_picture_is_kept_once_and_a_double_is_told(gallery):
    notes = gallery.add("ADA", [reference(ADA, shade=1)], MODEL)
    assert len(gallery.references("Ada")) == 2 and "known already" in notes[0]
    notes = gallery.add("Countess", [reference(like(ADA, 0.3, 8), shade=7)], MODEL)
    assert "looks like Ada" in notes[0]


@pytest.mark.parametrize("name", ["", "  ", "Person 3", "unknown", "a\nb\x00", "x" * 81])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(RequestError):
        clean_name(name)


def test_another_model_looks_at_the_kept_pictures_again(gallery):
    def look(chips: np.ndarray) -> np.ndarray:
        found = np.zeros((len(chips), 4), np.float32)
        found[:, 0] = chips[:, 0, 0, 0]
        return found

    gallery.add("Ada", [reference(CID, "cid.jpg", 7)], MODEL)
    gallery.split("Ada", [len(gallery.references("Ada")) - 1], "Cid")
    gallery.reject("Bea", reference(direction(9), "wrong.jpg", 9), MODEL)
    with pytest.raises(ValueError, match="renew"):
        gallery.add("Cid", [reference(CID)], "other@2")
    assert gallery.renew("other@2", look) and not gallery.renew("other@2", look)
    again = Gallery.open(gallery.path)
    assert again.model == "other@2" and again.names == ("Ada", "Bea", "Cid")
    # What was split off and what was refused hold in what the other model sees.
    assert [face.source for face in again.references("Cid")] == ["cid.jpg"]
    assert again.distances(np.array([[7, 0, 0, 0]], np.float32))[0, 2] == 0
    assert np.isinf(again.distances(np.array([[9, 0, 0, 0]], np.float32))[0, 1])
    gallery.remove("Cid")
    again = Gallery.open(gallery.path)
    assert again.distances(np.array([[3, 0, 0, 0]], np.float32)).tolist() == [[1, 0]]


def test_two_at_once_lose_nothing(tmp_path):
    def add(number: int) -> None:
        Gallery.open(tmp_path).add(f"P{number}", [reference(direction(number))], MODEL)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(12)))
    assert len(Gallery.open(tmp_path).names) == 12
    assert len(list(tmp_path.glob("faces-*.npz"))) == 1, "old files are gone"


def test_killed_while_it_writes_it_is_whole(gallery):
    code = f"""
        import numpy as np
        from pathlib import Path
        from studio.archive.gallery import Gallery
        from studio.types.people import FaceReference
        print("ready", flush=True)
        gallery = Gallery.open(Path({str(gallery.path)!r}))
        noise = np.random.default_rng(0).integers(0, 255, (150, 150, 3), np.uint8)
        for n in range(10_000):
            vector = np.random.default_rng(n).normal(0, 0.048, 128).astype(np.float32)
            gallery.add(f"New {{n}}", [FaceReference(vector, noise, "x", str(n))], {MODEL!r})
    """
    for wait_s in (0.05, 0.21, 0.4):
        work = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE
        )
        assert work.stdout is not None
        work.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            work.wait(wait_s)
        os.kill(work.pid, signal.SIGKILL)
        work.wait()
        found = Gallery.open(gallery.path)
        assert {"Ada", "Bea"} <= set(found.names)
        assert found.name_of(like(ADA, 0.2, 3)[None]) == ["Ada"]


def test_a_gallery_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RequestError, match="cannot be changed") as told:
        Gallery.open(tmp_path / "file").add("Ada", [reference(ADA)], MODEL)
    assert "--gallery" in told.value.hint
    monkeypatch.setattr("studio.archive.gallery._WAIT_S", 0.05)
    with FileLock(tmp_path / ".lock"), pytest.raises(RequestError, match="Another program"):
        Gallery.open(tmp_path).add("Ada", [reference(ADA)], MODEL)
    assert Gallery.open(tmp_path).names == ()


def test_what_is_no_gallery_is_refused(gallery):
    file = gallery.path / "gallery.json"
    whole = file.read_text()
    data = json.loads(whole)
    for text in (
        "{",
        "[]",
        json.dumps(data | {"version": 7}),
        json.dumps(data | {"arrays": "../../etc/passwd"}),
        json.dumps(data | {"faces": data["faces"][:1]}),
    ):
        file.write_text(text)
        with pytest.raises(RequestError, match="cannot be read") as told:
            Gallery.open(gallery.path)
        assert told.value.hint
    file.write_text(whole)
    assert Gallery.open(gallery.path).names == ("Ada", "Bea")


# One name a track


def span(first: int, last: int) -> np.ndarray:
    return np.arange(first, last)


def test_a_track_is_named_by_most_of_its_pictures(gallery):
    mixed = np.stack([like(ADA, 0.3, 1), like(ADA, 0.4, 2), CID])
    assert set(votes(mixed, gallery)) == {"Ada"}
    strange = np.stack([like(ADA, 0.3, 1), CID, direction(4)])
    none = np.zeros((0, WIDTH), np.float32)
    tracks = [mixed, strange, none]
    assert names_of_tracks(tracks, [span(0, 9)] * 3, gallery) == ["Ada", None, None]


def test_nobody_is_in_two_places_at_once(gallery):
    near, far = like(ADA, 0.1, 1)[None], like(ADA, 0.4, 2)[None]
    frames = [span(0, 10), span(5, 15)]
    assert names_of_tracks([far, near], frames, gallery) == [None, "Ada"]
    assert names_of_tracks([far, near], [span(0, 5), span(5, 15)], gallery) == ["Ada", "Ada"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 9)), max_size=8))
def test_no_name_stands_twice_in_a_frame(tmp_path_factory, spans):
    found = Gallery.open(tmp_path_factory.mktemp("g"))
    found.add("Ada", [reference(ADA)], MODEL)
    vectors = [like(ADA, 0.1 * apart, n)[None] for n, (apart, _, _) in enumerate(spans)]
    frames = [span(first, first + count) for _, first, count in spans]
    names = names_of_tracks(vectors, frames, found)
    shown = [f for name, some in zip(names, frames, strict=True) if name for f in some]
    assert len(shown) == len(set(shown))
    assert not spans or "Ada" in names

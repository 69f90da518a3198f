"""Footage by reference, found again by its content; projects as folders; files of any age."""

import json
import shutil
import sqlite3

import pytest

from studio.archive import library as module
from studio.archive.library import Library
from studio.archive.media_folders import MEDIA_SUFFIXES, media_in
from studio.archive.work_rows import WorkRow, forget_work, keep_work, work_of, works_of
from studio.errors import LibraryUnavailable, NoSuchMedia, RequestError
from studio.media.probe import probe
from studio.settings import Settings
from tests.footage import ffmpeg


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two little films that differ."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for name, colour in (("첫째 one.mp4", "red"), ("two.mp4", "blue")):
        source = ("-f", "lavfi", "-i", f"color={colour}:s=64x36:r=10:d=1")
        ffmpeg(*source, "-pix_fmt", "yuv420p", "-c:v", "libx264", folder / name)
        made.append(folder / name)
    return made


@pytest.fixture
def library(tmp_path):
    made = Library.open(tmp_path / "library.db")
    yield made
    with made.database.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    made.close()


def test_footage_is_known_by_its_content_and_belongs_to_somebody(library, clips):
    first = library.add(probe(clips[0]), "ada")
    assert library.add(probe(clips[0]), "ada").id == first.id
    other = library.add(probe(clips[0]), "bo")
    assert other.id != first.id
    assert [f.id for f in library.footage("ada")] == [first.id]
    assert library.footage("ada")[0].info == probe(clips[0])
    assert library.footage("ada", text="첫째 ONE") and not library.footage("ada", text="two")
    assert library.find("첫째 one.mp4", "ada").id == first.id
    for act in (library.get, library.remove):
        with pytest.raises(NoSuchMedia):
            act(first.id, "bo")
    library.remove(first.id, "ada")
    assert not library.footage("ada") and library.footage("bo")
    assert clips[0].exists(), "the file stays"


def test_what_was_moved_is_found_again_and_nothing_else(library, clips, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after" / "deep"
    before.mkdir()
    after.mkdir(parents=True)
    path = before / "film.mp4"
    shutil.copy(clips[0], path)
    kept = library.add(probe(path))
    shutil.move(path, after / "renamed.mp4")
    decoy = bytearray(clips[0].read_bytes())
    decoy[-1] ^= 1
    (after / "a decoy.mp4").write_bytes(decoy)
    assert not library.get(kept.id).present
    (found,) = library.find_again([tmp_path], Settings())
    assert (found.id, found.info.path.name, found.present) == (kept.id, "renamed.mp4", True)
    assert library.find_again([tmp_path], Settings()) == []


def test_a_project_is_a_folder_that_another_library_can_open(library, clips, tmp_path):
    project = library.new_project("  봄  캠페인 ", tmp_path / "spring")
    assert (project.name, project.folder) == ("봄 캠페인", tmp_path / "spring")
    one = library.add(probe(clips[0]), "", project.id)
    library.add(probe(clips[1]))
    assert [f.id for f in library.footage("", project.id)] == [one.id]
    with pytest.raises(RequestError, match="holds a project"):
        library.new_project("again", tmp_path / "spring")
    with pytest.raises(RequestError, match="no name"):
        library.new_project(" ", tmp_path / "x")
    with pytest.raises(RequestError):
        library.project(project.id, "bo")

    moved = tmp_path / "moved"
    shutil.move(tmp_path / "spring", moved)
    elsewhere = Library.open(tmp_path / "other.db")
    opened = elsewhere.open_project(moved, "bo")
    assert [f.info.content_hash for f in elsewhere.footage("bo", opened.id)] == [
        one.info.content_hash
    ]
    elsewhere.close()
    assert library.open_project(moved).id == project.id, "moved, not copied"
    library.remove(one.id, "", project.id)
    assert json.loads((moved / "project.json").read_text())["footage"] == []
    assert library.get(one.id), "only out of the project"
    (moved / "project.json").write_text('{"project": 2, "id": "x", "name": "n", "footage": []}')
    with pytest.raises(RequestError, match="newer"):
        library.open_project(moved)
    with pytest.raises(RequestError, match="no project"):
        library.open_project(tmp_path)


def test_works_are_kept_as_they_were_left(library):
    row = WorkRow("id", "ada", "", "trailer", "film", {"a": [1, {"b": "가"}]}, 1.0, 1.0)
    keep_work(library, row)
    found = work_of(library, "id")
    assert (found.state, found.owner, found.made_at) == (row.state, "ada", 1.0)
    assert [w.id for w in works_of(library, "ada")] == ["id"] and not works_of(library, "bo")
    forget_work(library, "id")
    assert work_of(library, "id") is None


def test_an_older_library_is_copied_before_it_is_changed(tmp_path, monkeypatch):
    path = tmp_path / "library.db"
    Library.open(path).close()
    newer = (*module.STEPS, "ALTER TABLE works ADD COLUMN note TEXT NOT NULL DEFAULT '';")
    form = module.Form(module._FORM.application, newer, "library", LibraryUnavailable)
    monkeypatch.setattr(module, "_FORM", form)
    opened = Library.open(path)
    assert (
        "from version 1 to 2" in opened.notes[0] and "library.db.version-1.bak" in opened.notes[0]
    )
    assert (tmp_path / "library.db.version-1.bak").exists()
    opened.close()
    monkeypatch.undo()
    before = path.read_bytes()
    with pytest.raises(LibraryUnavailable, match="newer studio"):
        Library.open(path)
    assert path.read_bytes() == before


def test_another_program_s_file_and_a_damaged_one_are_left_alone(tmp_path):
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE theirs (x)")
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    for name, said in (("foreign.db", "another program"), ("damaged.db", "damaged")):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(LibraryUnavailable, match=said):
            Library.open(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_a_folder_is_searched_below_but_not_in_what_is_hidden(tmp_path, clips):
    for name in ("a/b/one.mp4", "a/.hidden/two.mp4", ".three.mp4", "a/four.txt", "five.WAV"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = media_in(tmp_path, MEDIA_SUFFIXES)
    assert [p.relative_to(tmp_path).as_posix() for p in found] == ["a/b/one.mp4", "five.WAV"]

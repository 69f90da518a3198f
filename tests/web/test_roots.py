"""The page opens what lies in the declared folders, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.errors import RequestError
from ui.web.roots import MediaRoots


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "footage"
    (root / "day 1").mkdir(parents=True)
    (root / "day 1" / "인터뷰.mp4").write_bytes(b"x")
    (root / "b.MOV").write_bytes(b"x")
    (root / "notes.txt").write_bytes(b"x")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "c.mp4").write_bytes(b"x")
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (root / "way-out.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "way-out").symlink_to(tmp_path)
    return root


@pytest.mark.parametrize("text", ["b.MOV", "day 1/인터뷰.mp4", ' "b.MOV" ', "day 1/../b.MOV"])
def test_inside_is_found(root, text):
    assert MediaRoots([root]).resolve(text).is_relative_to(root.resolve())


def test_absolute_paths_inside_are_found(root):
    assert MediaRoots([root]).resolve(str(root / "b.MOV")) == (root / "b.MOV").resolve()


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        "/etc/no-such-file",
        "../secret.mp4",
        "day 1/../../secret.mp4",
        "way-out.mp4",
        "way-out/secret.mp4",
        "~/x.mp4/../../../etc/passwd",
        "/proc/self/environ",
    ],
)
def test_outside_is_refused_whether_it_exists_or_not(root, text):
    with pytest.raises(RequestError, match="outside"):
        MediaRoots([root]).resolve(text)


def test_a_sibling_with_the_same_beginning_is_outside(root):
    sibling = root.with_name("footage-private")
    sibling.mkdir()
    (sibling / "a.mp4").write_bytes(b"x")
    with pytest.raises(RequestError, match="outside"):
        MediaRoots([root]).resolve(str(sibling / "a.mp4"))


@pytest.mark.parametrize("text", ["", "  ", "a\0.mp4"])
def test_no_path_is_no_path(root, text):
    with pytest.raises(RequestError, match="No file"):
        MediaRoots([root]).resolve(text)


@pytest.mark.parametrize("text", ["nothing.mp4", "day 1", ".", "x" * 300])
def test_no_file_there(root, text):
    with pytest.raises(RequestError, match="There is no file"):
        MediaRoots([root]).resolve(text)


def test_the_list_offers_videos_near_first_and_nothing_hidden_or_outside(root):
    roots = MediaRoots([root])
    labels = [roots.label(path) for path in roots.listing()]
    assert labels == ["b.MOV", "day 1/인터뷰.mp4"]


def test_the_list_ends(root):
    for n in range(50):
        (root / f"{n}.mp4").write_bytes(b"x")
    assert len(MediaRoots([root]).listing(max_files=20)) == 20
    deep = root
    for _ in range(8):
        deep = deep / "d"
        deep.mkdir()
    (deep / "deep.mp4").write_bytes(b"x")
    assert not [p for p in MediaRoots([root]).listing() if p.name == "deep.mp4"]


def test_a_root_must_be_a_folder(root):
    with pytest.raises(RequestError, match="no folder"):
        MediaRoots([root / "b.MOV"])

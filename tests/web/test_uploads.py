"""Files from the browser arrive whole and as media, or not at all."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from studio.errors import UnsupportedMedia
from studio.media.sniff import FileKind
from studio.settings import Settings
from ui.web.messages import PageError
from ui.web.uploads import KEPT_DAYS, Uploads, safe_name


def put(page, name: str, content: bytes, **headers: str):
    return page.client.put(
        "/studio/uploads", content=content, headers={"x-file-name": quote(name), **headers}
    )


def left_behind(page) -> set[Path]:
    return set(page.studio.uploads.folder.glob("*/*"))


def test_a_clip_is_taken_and_probed(page, small_clip):
    answer = put(page, "인터뷰 1.mp4", small_clip.read_bytes())
    assert answer.status_code == 200
    upload = page.studio.uploads.get(answer.json()["token"])
    assert upload.path.read_bytes() == small_clip.read_bytes()
    assert upload.path.name == "인터뷰 1.mp4"
    assert (upload.info.video.display_wh, upload.info.duration) == ((160, 90), 2)
    assert oct(upload.path.parent.stat().st_mode)[-3:] == "700"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\x00" * 5000,
    ],
)
def test_what_is_not_media_is_refused_and_removed(page, content):
    before = left_behind(page)
    answer = put(page, "renamed.mp4", content)
    assert answer.status_code in (413, 422)
    assert answer.json()["error"]
    assert left_behind(page) == before


def test_a_cut_clip_is_refused_or_readable(page, small_clip):
    before = left_behind(page)
    answer = put(page, "cut.mp4", small_clip.read_bytes()[:4000])
    assert answer.status_code == 422
    assert left_behind(page) == before


def test_too_large_is_refused_by_its_announcement(page):
    before = left_behind(page)
    answer = put(page, "big.mp4", b"x" * 3_000_001)
    assert answer.status_code == 413
    assert "path" in answer.json()["hint"]
    korean = put(page, "big.mp4", b"x" * 3_000_001, cookie="studio_language=ko")
    assert "경로" in korean.json()["hint"]
    assert left_behind(page) == before


def test_name_and_length_are_needed(page):
    assert page.client.put("/studio/uploads", content=b"x").status_code == 411
    chunked = page.client.put(
        "/studio/uploads", content=iter([b"x"]), headers={"x-file-name": "a.mp4"}
    )
    assert chunked.status_code == 411


@pytest.mark.parametrize("announced", [3, 900])
def test_a_length_that_lies_leaves_nothing(tmp_path, announced):
    uploads = Uploads(tmp_path / "u", 10**6, Settings(cache_dir=tmp_path))

    async def chunks():
        for _ in range(4):
            yield b"xx"

    with pytest.raises(PageError, match="broke off"):
        asyncio.run(uploads.take("a.mp4", announced, chunks()))
    assert not list((tmp_path / "u").glob("*/*"))


def test_a_connection_that_breaks_leaves_nothing(tmp_path):
    uploads = Uploads(tmp_path / "u", 10**6, Settings(cache_dir=tmp_path))

    async def chunks():
        yield b"xx"
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(uploads.take("a.mp4", 100, chunks()))
    assert not list((tmp_path / "u").glob("*/*"))


def test_more_than_the_disk_has_is_refused(tmp_path):
    uploads = Uploads(tmp_path / "u", 1 << 60, Settings(cache_dir=tmp_path, max_file_bytes=1 << 60))
    with pytest.raises(PageError, match="no room"):
        uploads.check_room(1 << 50)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\clips\\a.mov", "a.mov"),
        ("-i.mp4", "i.mp4"),
        (".hidden.mp4", "hidden.mp4"),
        ("a\x00b\n.mp4", "a_b_.mp4"),
        ("그날.mp4", "그날.mp4"),
        ("<img src=x>.mp4", "_img src_x_.mp4"),
        ("/", "upload"),
        ("..", "upload"),
    ],
)
def test_names_become_harmless(name, safe):
    assert safe_name(name) == safe


def test_long_names_fit_a_disk():
    assert len(safe_name("가" * 500 + ".mp4").encode()) <= 255
    assert safe_name("가" * 500 + ".mp4").endswith(".mp4")


def test_an_upload_is_its_senders_and_outlives_a_restart(tmp_path, small_clip):
    def sent(path):
        async def chunks():
            yield path.read_bytes()

        return chunks()

    settings = Settings(cache_dir=tmp_path)
    uploads = Uploads(tmp_path / "u", 10**6, settings)
    size = small_clip.stat().st_size
    taken = asyncio.run(uploads.take("a.mp4", size, sent(small_clip), "ada"))
    again = Uploads(tmp_path / "u", 10**6, settings)
    for uploads_now in (uploads, again):
        assert uploads_now.get(taken.token, "ada") == taken
        for user in ("bob", ""):
            assert uploads_now.get(taken.token, user) is None
    for odd in ("", "..", "../u", taken.token + "/", "x" * 22, taken.token[:-1]):
        assert again.get(odd, "ada") is None
    note = tmp_path / "말.txt"
    note.write_text("여기는 서울입니다.", encoding="utf-8")
    text = asyncio.run(
        uploads.take("말.txt", note.stat().st_size, sent(note), "ada", FileKind.TEXT)
    )
    assert text.info is None
    with pytest.raises(PageError):
        _ = text.media
    for path, kind in ((note, FileKind.PICTURE), (small_clip, FileKind.TEXT)):
        with pytest.raises(UnsupportedMedia):
            asyncio.run(uploads.take("x", path.stat().st_size, sent(path), "ada", kind))


def test_old_uploads_go_when_the_studio_starts(tmp_path):
    old, new = tmp_path / "u" / "who" / "old", tmp_path / "u" / "who" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "a.mp4").write_bytes(b"x")
    before = time.time() - (KEPT_DAYS + 1) * 86400
    os.utime(old, (before, before))
    Uploads(tmp_path / "u", 10**6, Settings(cache_dir=tmp_path))
    assert not old.exists()
    assert new.exists()

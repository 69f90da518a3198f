"""Pictures and files go to the owner of the work, and nothing else goes to anybody."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from studio.accounts.role import Role, User
from studio.types.timecode import FrameRate
from studio.types.timeline import Timeline
from ui.web.guard import USER_KEY
from ui.web.makings import Card, Made
from ui.web.routes import Routes
from ui.web.works import Version

JPEG, PNG = b"\xff\xd8\xff rest", b"\x89PNG\r\n rest"


class _Works:
    """One work, which is ada's."""

    def __init__(self, name, work):
        self._name, self._work = name, work

    def open_for(self, name, user):
        return self._work if (name, user) == (self._name, "ada") else None


def _asked_by(user):
    """A middleware that says who asks, in the guard's place."""

    class Asked:
        def __init__(self, app):
            self._app = app

        async def __call__(self, scope, receive, send):
            scope[USER_KEY] = User(user, Role.EDITOR)
            await self._app(scope, receive, send)

    return Asked


@pytest.fixture
def routes(tmp_path: Path):
    files = {
        "video": tmp_path / "trailer.mp4",
        "plan": tmp_path / "trailer.plan.json",
        "fcpxml": tmp_path / "trailer.fcpxml",
        "edl": tmp_path / "예고편.edl",
        "otio": tmp_path / "gone.otio",
    }
    for path in list(files.values())[:-1]:
        path.write_bytes(bytes(range(256)) * 40)
    (tmp_path / "secret.txt").write_text("secret")
    timeline = Timeline("t", FrameRate(25), (16, 16), (), ())
    rendered = Version(timeline, None, {"c1": JPEG, "c2": PNG}, result=SimpleNamespace(files=files))
    planned = Version(timeline, None, {"c1": JPEG})
    work = SimpleNamespace(versions=(rendered, planned))
    works = _Works("known", work)
    media = tmp_path / "talk.webm"
    media.write_bytes(b"film")
    talk = SimpleNamespace(media=media, files={"en.vtt": files["plan"], "burnt": files["otio"]})
    subtitles = _Works("heard", talk)
    (tmp_path / "card.jpg").write_bytes(b"card")
    card = Card("starry", "painted", tmp_path / "card.jpg")
    anew = SimpleNamespace(
        cards=(card,), before=b"before", after=b"", made=Made({"film": files["video"]})
    )
    makings = _Works("anew", anew)
    return Routes(None, works, subtitles, makings).table()


@pytest.fixture
def client(routes):
    return TestClient(Starlette(routes=routes, middleware=[Middleware(_asked_by("ada"))]))


def test_another_user_gets_nothing(routes, client):
    other = TestClient(Starlette(routes=routes, middleware=[Middleware(_asked_by("bob"))]))
    for path in (
        "works/known/0/thumbnails/c1", "works/known/0/files/video", "works/known/0/files/plan",
        "subtitles/heard/media", "subtitles/heard/files/en.vtt",
        "makings/anew/cards/starry", "makings/anew/files/film", "makings/anew/before",
    ):  # fmt: skip
        assert client.get(f"/studio/{path}").status_code == 200, path
        assert other.get(f"/studio/{path}").status_code == 404, path


def test_thumbnails_come_as_what_they_are(client):
    first = client.get("/studio/works/known/0/thumbnails/c1")
    assert (first.content, first.headers["content-type"]) == (JPEG, "image/jpeg")
    second = client.get("/studio/works/known/0/thumbnails/c2")
    assert (second.content, second.headers["content-type"]) == (PNG, "image/png")


def test_the_preview_can_be_scrubbed(client):
    part = client.get("/studio/works/known/0/files/video", headers={"range": "bytes=256-511"})
    assert part.status_code == 206
    assert part.content == bytes(range(256))
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["content-disposition"].startswith("inline")


def test_downloads_are_saved_under_their_names(client):
    video = client.get("/studio/works/known/0/files/video?download")
    assert video.headers["content-disposition"] == 'attachment; filename="trailer.mp4"'
    assert len(video.content) == 10240
    edl = client.get("/studio/works/known/0/files/edl?download")
    assert "filename*=utf-8''%EC%98%88" in edl.headers["content-disposition"]


def test_nothing_but_film_and_picture_is_ever_shown_by_the_browser(client):
    for kind in ("plan", "fcpxml", "edl"):
        answer = client.get(f"/studio/works/known/0/files/{kind}")
        assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "unknown/0/files/video",
        "known/7/files/video",
        "known/-1/files/video",
        "known/1/files/video",  # not rendered yet
        "known/0/files/otio",  # deleted since
        "known/0/files/secret.txt",
        "known/0/files/..%2fsecret.txt",
        "known/0/files/../secret.txt",
        "known/0/thumbnails/c9",
        "known/0/thumbnails/..%2f..%2fsecret.txt",
        "unknown/0/thumbnails/c1",
    ],
)
def test_the_rest_is_not_there(client, path):
    answer = client.get(f"/studio/works/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_recording_and_its_subtitles_go_to_who_knows_the_work(client):
    film = client.get("/studio/subtitles/heard/media")
    assert (film.content, film.headers["content-type"]) == (b"film", "video/webm")
    text = client.get("/studio/subtitles/heard/files/en.vtt?download")
    assert text.headers["content-type"] == "application/octet-stream"
    assert text.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        "unknown/media",
        "unknown/files/en.vtt",
        "heard/files/burnt",
        "heard/files/../secret.txt",
        "heard/files/..%2fsecret.txt",
        "heard/media/secret.txt",
    ],
)
def test_no_other_file_of_a_recording_is_there(path, client):
    answer = client.get(f"/studio/subtitles/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_film_made_anew_goes_to_who_knows_the_work(client):
    def ask(rest):
        return client.get(f"/studio/makings/{rest}")

    assert ask("anew/cards/starry").content == b"card"
    assert ask("anew/before").headers["content-type"] == "image/jpeg"
    assert ask("anew/files/film").headers["content-type"] == "video/mp4"
    for rest in (
        *("unknown/cards/starry", "anew/cards/other", "anew/after", "anew/made"),
        *("unknown/before", "anew/files/report", "anew/files/..%2fsecret.txt"),
    ):
        assert ask(rest).status_code == 404, rest

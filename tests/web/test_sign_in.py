"""Who is not signed in sees the way in and nothing else; who is sees no more than their own."""

from __future__ import annotations

import re
from fractions import Fraction
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from studio.accounts import passwords
from studio.accounts.book import Accounts
from studio.accounts.role import ONLY_USER, Role, User
from studio.archive.work_rows import WorkRow, keep_work, work_of
from studio.errors import NotAllowed, RequestError, SignInRefused
from studio.jobs.attempts import Attempts
from studio.jobs.record import JobRequest, JobResult, JobState, Priority
from studio.settings import Settings
from studio.types.media import MediaInfo
from ui.web.app import Studio, make_app
from ui.web.desk import DeskWorks
from ui.web.guard import COOKIE, USER_KEY, Guard, current_user, require

WORD = "correct horse battery"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module", autouse=True)
def _cheap_passwords():
    with pytest.MonkeyPatch.context() as patch:
        cost = (1 << 4, 8, 1)
        patch.setattr(passwords, "COST", cost)
        nobody = "$".join(("scrypt", *map(str, cost), "00" * 16, "00" * 32))
        patch.setattr(passwords, "NOBODY", nobody)
        yield


@pytest.fixture
def book(tmp_path):
    book = Accounts(tmp_path / "accounts.db", Clock())
    book.add("ada", WORD, Role.ADMIN)
    book.add("bob", "quite another word", Role.EDITOR)
    yield book
    book.close()


def test_the_real_cost_is_the_stated_one(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(passwords, "COST", (1 << 15, 8, 3))
    kept = passwords.hashed(WORD)
    assert kept.startswith("scrypt$32768$8$3$") and WORD not in kept
    assert kept != passwords.hashed(WORD)  # a salt of its own each time
    assert passwords.matches(WORD, kept)
    assert not passwords.matches(WORD + "!", kept)


def test_users_come_and_go(book, tmp_path):
    assert [(u.name, u.role) for u in book.users()] == [("ada", "admin"), ("bob", "editor")]
    assert (tmp_path / "accounts.db").stat().st_mode & 0o777 == 0o600
    assert WORD.encode() not in (tmp_path / "accounts.db").read_bytes()
    for name, word in (
        ("ADA ", WORD),
        ("../x", WORD),
        ("local", WORD),
        ("c d", WORD),
        ("eve", "x"),
    ):
        with pytest.raises(RequestError):
            book.add(name, word, Role.VIEWER)
    for weak in ("aaaaaaaaaaaa", "ada1234567", "short"):
        with pytest.raises(RequestError):
            book.set_password("ada", weak)
    with pytest.raises(RequestError):
        book.remove("ada")  # the last admin
    with pytest.raises(RequestError):
        book.set_role("ada", Role.EDITOR)
    book.remove("bob")
    with pytest.raises(RequestError):
        book.add("bob", WORD, Role.EDITOR)  # another bob would see the first one's jobs
    with pytest.raises(RequestError), Accounts(tmp_path / "new.db")._file.writing():
        raise RequestError("x")
    with pytest.raises(RequestError):
        Accounts(tmp_path / "new.db").add("eve", WORD, Role.EDITOR)  # the first is the admin


def test_sessions_end(book):
    clock = book._clock
    token = book.sign_in("Ada", WORD, "1.2.3.4")
    assert book.who(token) == User("ada", Role.ADMIN)
    assert book.who(token + "x") is None and book.who("") is None
    clock.now += 11 * 3600
    assert book.who(token) is not None  # used meanwhile
    clock.now += 13 * 3600
    assert book.who(token) is None  # lay idle
    token = book.sign_in("ada", WORD, "1.2.3.4")
    for _ in range(7 * 3):
        clock.now += 8 * 3600
        seen = book.who(token)
    assert seen is not None
    clock.now += 8 * 3600
    assert book.who(token) is None  # a week, however busy
    key, token = book.make_key("bob", "backup", 30), book.sign_in("bob", "quite another word", "x")
    clock.now += 29 * 86400
    assert book.who(key) is not None
    book.set_role("bob", Role.VIEWER)
    assert book.who(key) == User("bob", Role.VIEWER)
    book.set_password("bob", "a third word is it")
    assert book.who(key) is None and book.who(token) is None
    token = book.sign_in("bob", "a third word is it", "x")
    book.sign_out(token)
    assert book.who(token) is None


def test_wrong_passwords_cost_more_and_more_time(book):
    clock, waits = book._clock, []
    for _ in range(12):
        with pytest.raises(SignInRefused) as told:
            book.sign_in("ada", "wrong password", "9.9.9.9")
        waits.append(told.value.wait_s)
        clock.now += told.value.wait_s
    assert waits[:4] == [0, 0, 0, 0]
    assert [w for w in waits if w] == [2, 4, 8, 16]  # each wait is followed by a try
    with pytest.raises(SignInRefused) as told:
        book.sign_in("ada", WORD, "1.2.3.4")  # right, from elsewhere, and too early
    assert told.value.wait_s > 0
    clock.now -= 10 * 86400  # a clock that jumps back locks nobody out for longer
    with pytest.raises(SignInRefused) as told:
        book.sign_in("ada", WORD, "1.2.3.4")
    assert told.value.wait_s <= 900
    clock.now += 10 * 86400 + 900
    assert book.who(book.sign_in("ada", WORD, "1.2.3.4")) is not None
    for n in range(40):  # one address, many names
        with pytest.raises(SignInRefused) as told:
            book.sign_in(f"name{n}", "wrong password", "6.6.6.6")
        clock.now += told.value.wait_s * (n < 30)
    assert told.value.wait_s > 60
    with pytest.raises(SignInRefused):
        book.sign_in("bob", "quite another word", "6.6.6.6")
    assert book.sign_in("bob", "quite another word", "1.2.3.4")


def test_a_role_reaches_to_those_before_it():
    def asked(role):
        return SimpleNamespace(scope={USER_KEY: User("eve", role)})

    assert require(asked(Role.EDITOR), Role.VIEWER) == "eve"
    assert require(asked(Role.APPROVER), Role.EDITOR) == "eve"
    for role, wanted in ((Role.VIEWER, Role.EDITOR), (Role.EDITOR, Role.APPROVER)):
        with pytest.raises(NotAllowed):
            require(asked(role), wanted)
    inner = SimpleNamespace(scope={USER_KEY: ONLY_USER})
    assert current_user(SimpleNamespace(request=inner)) == ""
    for past_the_guard in (None, SimpleNamespace(scope={}), SimpleNamespace(scope={USER_KEY: "a"})):
        with pytest.raises(NotAllowed):
            current_user(past_the_guard)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A page with users, and a client that nobody is signed in with."""
    home = tmp_path_factory.mktemp("shared")
    (home / "footage").mkdir()
    accounts = Accounts(home / "accounts.db")
    for name, role in (("ada", Role.ADMIN), ("bob", Role.EDITOR), ("vera", Role.VIEWER)):
        accounts.add(name, WORD, role)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR", "HF_HUB_DISABLE_TELEMETRY"):
            patch.delenv(name, raising=False)
        settings = Settings(cache_dir=home / "cache", data_dir=home / "data")
        studio = Studio.open(settings, [home / "footage"], home / "results", accounts=accounts)
        with TestClient(make_app(studio), base_url="http://studio.example:7860") as client:
            yield SimpleNamespace(studio=studio, client=client, accounts=accounts, home=home)


def _enter(client, name, word=WORD, **headers):
    client.cookies.clear()
    answer = client.post(
        "/login", data={"username": name, "password": word}, headers=headers, follow_redirects=False
    )
    session = answer.cookies.get(COOKIE)
    client.cookies.clear()
    return answer, session


def test_nobody_comes_in_without_a_name(shared):
    client = shared.client
    client.cookies.clear()
    answer = client.get("/", headers={"accept": "text/html"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F")
    for method, path in (
        ("GET", "/config"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/queue/data?session_hash=abc"),
        ("GET", "/gradio_api/heartbeat/abc"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/run/predict"),
        ("PUT", "/studio/uploads"),
        ("GET", "/studio/works/a/0/files/video"),
        ("GET", "/assets/x.js"),
        ("GET", "/metrics"),
        ("POST", "/mcp"),
        ("POST", "/logout"),
    ):
        answer = client.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 401, path
        assert answer.headers["x-frame-options"] == "DENY"
    for token in ("x", "A" * 43, "' OR 1=1 --"):
        for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"{COOKIE}={token}"}):
            assert client.get("/config", headers=headers).status_code == 401


def test_the_way_in_and_out(shared):
    client = shared.client
    form = client.get("/login?next=/%3Fwork%3D1", headers={"accept-language": "ko"})
    assert "로그인" in form.text and 'value="/?work=1"' in form.text
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"):
        assert "evil" not in client.get("/login", params={"next": elsewhere}).text
        assert "javascript" not in client.get("/login", params={"next": elsewhere}).text
    refused, nothing = _enter(client, "ada", "a wrong password")
    assert refused.status_code == 401 and nothing is None
    answer, session = _enter(client, "ada", accept="text/html")
    assert answer.status_code == 303
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    signed_in = {"cookie": f"{COOKIE}={session}"}
    assert client.get("/config", headers=signed_in).status_code == 200
    stranger = {**signed_in, "origin": "https://evil.example"}
    assert client.post("/logout", headers=stranger).status_code == 403
    assert client.post("/logout", headers=signed_in, follow_redirects=False).status_code == 303
    assert client.get("/config", headers=signed_in).status_code == 401


def test_the_events_of_a_page_are_its_users(shared):
    client = shared.client
    ada, bob = ({"cookie": f"{COOKIE}={_enter(client, name)[1]}"} for name in ("ada", "bob"))
    hers = {"session_hash": "adas-page", "data": [], "fn_index": 0}
    assert client.post("/gradio_api/queue/join", json=hers, headers=ada).status_code != 404
    for method, path, body in (
        ("POST", "/gradio_api/queue/join", hers),
        ("POST", "/gradio_api/run/predict", hers),
        ("POST", "/gradio_api/reset", hers | {"event_id": "x"}),
        ("GET", "/gradio_api/queue/data?session_hash=adas-page", None),
        ("GET", "/gradio_api/queue/data?session_hash=bobs&session_hash=adas-page", None),
        ("GET", "/gradio_api/heartbeat/adas-page", None),
        ("GET", "/gradio_api/heartbeat/adas-page/", None),
    ):
        assert client.request(method, path, json=body, headers=bob).status_code == 404, path
    long = {"session_hash": "bobs", "data": ["x" * (5 << 20)], "fn_index": 0}
    assert client.post("/gradio_api/queue/join", json=long, headers=bob).status_code == 413


def test_the_page_closes_its_doors_to_every_route_it_does_not_use(shared):
    client = shared.client
    ada = {"cookie": f"{COOKIE}={_enter(client, 'ada')[1]}"}
    for path in (
        "/gradio_api/file=/etc/passwd", "/gradio_api/file/x", "/gradio_api/upload",
        "/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/call/x", "/gradio_api/cancel",
        "/gradio_api/component_server", "/gradio_api/stream/a/b/c/playlist.m3u8", "/monitoring",
        "/gradio_api/token", "/gradio_api/user", "/gradio_api/proxy=http://example.org",
    ):  # fmt: skip
        for method in ("GET", "POST"):
            assert client.request(method, path, headers=ada).status_code == 404, path


#: Routes of ours that know no owner, and why that is right. Every other is asked as another user.
_OF_ALL = {
    "/studio/uploads": "takes a file for whoever sends it; see test_remote.py",
    "/studio/known/{name}/{number:int}": "the gallery of known people is the machine's",
    "/studio/calls": "what can be called",
    "/studio/calls/{name}": "asked below, call by call",
    "/mcp": "the same calls; test_remote.py asks them as another user",
    "/api": "the same calls; test_remote.py asks them as another user",
    "/login": "the way in", "/logout": "the way out",
}  # fmt: skip
#: Gradio's routes that pass the guard: they hold nothing of a user, or are bound to a session.
_OF_GRADIO = {
    *("/", "/config", "/config/", "/theme.css", "/robots.txt", "/favicon.ico", "/manifest.json"),
    *("/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}"),
    *("/gradio_api/theme.css", "/gradio_api/startup-events"),
    *("/gradio_api/info", "/gradio_api/info/", "/gradio_api/app_id", "/gradio_api/app_id/"),
    *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/queue/status"),
    *("/gradio_api/reset", "/gradio_api/heartbeat/{session_hash}"),
    # Gradio has it as run/{api_name}, of which the guard lets one name pass.
    "/gradio_api/run/predict",
    # Both are ours: they stand before Gradio's.
    *("/login", "/logout"),
}


def _routes_of(app):
    """Paths of an application, those of what is mounted in it and included too."""
    for route in app.routes:
        if hasattr(route, "original_router"):
            yield from (f"/gradio_api{each.path}" for each in route.original_router.routes)
        elif getattr(getattr(route, "app", None), "routes", None) and not route.path:
            yield from _routes_of(route.app)
        else:
            yield route.path


def _signed_in(shared):
    return (
        {"cookie": f"{COOKIE}={_enter(shared.client, name)[1]}"} for name in ("ada", "bob", "vera")
    )


def _job_of_ada(shared):
    """A job that is done, and the file it made."""
    studio = shared.studio
    made = shared.home / "results" / "ada" / "film.mp4"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(b"adas-secret")
    job = studio.desk.queue.submit(JobRequest("trailer", ("x",), {"out": "x"}, "ada")).id
    attempts = Attempts(studio.desk.queue.database)
    while (claim := attempts.claim(attempts.sign_on(), set(Priority))).job_id != job:
        attempts.stopped(claim.job_id, claim.token)
    attempts.done(job, claim.token, JobResult({"film": str(made)}))
    return job, made


def test_every_route_is_known_and_asked_as_another_user(shared, monkeypatch):
    client, studio = shared.client, shared.studio
    ada, bob, _ = _signed_in(shared)
    # Something of ada's behind every kind of address.
    job, made = _job_of_ada(shared)
    info = MediaInfo(made, "cd" * 20, 1, "mov", Fraction(1), None, None, 0, 0, "")
    footage = studio.shelf.library.add(info, "ada").id
    poster = studio.shelf.folder(info) / "poster.jpg"
    poster.parent.mkdir(parents=True)
    poster.write_bytes(b"adas-secret")
    stores = {"works": studio.works, "subtitles": studio.subtitles, "makings": studio.makings}
    asked = []
    for store in stores.values():
        store._live["adas-work"] = SimpleNamespace(
            owner="ada",
            versions=(),
            media=None,
            files={},
            cards=(),
            made=None,
            before=b"",
            after=b"",
        )
    opened = DeskWorks.open_for
    monkeypatch.setattr(
        DeskWorks,
        "open_for",
        lambda self, work, user: asked.append((user, opened(self, work, user))) or asked[-1][1],
    )
    filled = {
        "{work}": "adas-work", "{version:int}": "0", "{clip}": "c", "{kind}": "poster",
        "{item}": "c", "{edge}": "head", "{name:path}": "a.jpg", "{name}": "film",
        "{side}": "before", "{footage}": footage, "{job}": job,
    }  # fmt: skip
    app = guard = client.app
    while not hasattr(app, "routes"):
        guard = app if isinstance(app, Guard) else guard
        app = app._app
    tried, passing = [], set()
    for path in dict.fromkeys(_routes_of(app)):
        example = path
        for name, value in filled.items():
            example = example.replace(name, value)
        if path.startswith(("/studio/", "/metrics", "/mcp", "/api")) and path not in _OF_ALL:
            tried.append(path)
            asked.clear()
            hers, his = client.get(example, headers=ada), client.get(example, headers=bob)
            assert his.status_code == (403 if path == "/metrics" else 404), path
            assert "adas-secret" not in his.text, path
            if "{work}" in path:
                assert [user for user, _ in asked] == ["ada", "bob"], path
                assert asked[0][1] is not None and asked[1][1] is None, path
            else:
                assert hers.status_code == 200, path
        elif path not in _OF_ALL:
            example = example.replace("run/{api_name}", "run/predict")
            headers = [(b"host", b"studio.example")]
            scope = {"type": "http", "method": "GET", "headers": headers}
            if guard._refusal({**scope, "path": re.sub(r"{.*?}", "x", example)}) is None:
                passing.add(example.rstrip("/") if "run/" in example else example)
    assert len(tried) > 14
    assert passing <= _OF_GRADIO, f"say why these may pass: {passing - _OF_GRADIO}"


def test_every_call_is_asked_as_another_user(shared):
    """By the way that costs least; the API and MCP have the same ones."""
    client, studio = shared.client, shared.studio
    ada, bob, vera = _signed_in(shared)
    job, made = _job_of_ada(shared)
    info = MediaInfo(made, "ef" * 20, 1, "mov", Fraction(1), None, None, 0, 0, "")
    footage = studio.shelf.library.add(info, "ada").id
    project = studio.shelf.library.new_project("adas-secret", shared.home / "hers", "ada")
    work = WorkRow("adas-result", "ada", "", "looks", "adas-secret", {"job": job}, 0.0, 0.0)
    keep_work(studio.shelf.library, work)
    # What is hers, by every parameter that can name it; the gallery of people is the machine's.
    hers = {
        "job": job, "report": job, "sample": job, "source": f"footage:{footage}",
        "sources": [f"job:{job}/film"], "photos": [f"footage:{footage}"], "footage": footage,
        "project": project.id, "result": "adas-result",
    }  # fmt: skip
    others = {
        "coder": "bob", "marks": {"1": [0, 0]}, "name": "x", "new": "y", "into": "y",
        "voice": "A", "appearances": [0], "pictures": [0],
    }  # fmt: skip
    reading = {
        "list_jobs", "job_status", "job_result", "job_log", "job_report", "list_footage",
        "list_projects", "list_results", "list_searchable", "list_people",
        "list_things",
    }  # fmt: skip
    calls = client.get("/studio/calls", headers=bob).json()
    assert len(calls) > 60
    for name, call in calls.items():
        kinds = call["parameters"]["properties"]
        given = {field: value for field, value in hers.items() if field in kinds}
        if not name.startswith(("submit_", "plan_")):
            needed = call["parameters"].get("required", ())
            given |= {field: others[field] for field in needed if field not in given}
            hers_too = set(given) & set(hers)
            refused = client.post(f"/studio/calls/{name}", json=given, headers=vera)
            if name not in reading:
                assert refused.json()["error"]["kind"] == "NotAllowed", name
            his = client.post(f"/studio/calls/{name}", json=given, headers=bob)
            assert "adas-secret" not in his.text, name
            if hers_too - {"project"} or (hers_too and name == "add_footage"):
                assert his.status_code in (404, 422), (name, his.text)
                kind = his.json()["error"]["kind"]
                assert kind in ("UnknownJob", "NoSuchMedia", "RequestError"), (name, his.text)
        given = {"job": job} if "job" in kinds else {}
        if name.startswith(("submit_", "plan_")):
            needed = call["parameters"].get("required", ())
            given = {field: kinds[field].get("enum", ["x"])[0] for field in needed}
            given |= {"sources": [f"job:{job}/film"]}
            refused = client.post(f"/studio/calls/{name}", json=given, headers=vera)
            assert refused.json()["error"]["kind"] == "NotAllowed", name
        elif name not in reading and not given:
            continue
        his = client.post(f"/studio/calls/{name}", json=given, headers=bob)
        if given:
            assert (his.status_code, his.json()["error"]["kind"]) == (404, "UnknownJob"), name
        assert job not in his.text.replace(f"{job!r}", ""), name
    assert client.post("/studio/calls/job_status", json={"job": job}, headers=ada).json()["job"]
    (told,) = client.post("/studio/calls/list_results", headers=ada).json()["results"]
    assert (told["result"], told["job"], told["title"]) == ("adas-result", job, "adas-secret")
    assert studio.shelf.library.get(footage, "ada").info == info
    assert work_of(studio.shelf.library, "adas-result") is not None
    for body in (b"[]", b"{", b"{}" + b" " * (1 << 20), b'{"job": 7}', b'{"nothing": 1}'):
        answer = client.post("/studio/calls/job_status", content=body, headers=ada)
        assert answer.status_code == 422 and answer.json()["error"]["message"], body[:20]
    assert client.post("/studio/calls/no_such", headers=ada).status_code == 404
    assert studio.desk.queue.get(job).state is JobState.DONE


@pytest.mark.slow
def test_no_event_of_the_page_tells_of_another_user(shared):
    queue, library = shared.studio.desk.queue, shared.studio.shelf.library
    secret = shared.home / "adas-secret.mp4"
    secret.write_bytes(b"x")
    job = queue.submit(JobRequest("trailer", (str(secret),), {"out": "x"}, "ada"))
    queue.pause(job.id)
    info = MediaInfo(secret, "ab" * 20, 1, "mov", Fraction(1), None, None, 0, 0, "")
    footage = library.add(info, "ada")
    client = shared.client
    ada, bob = ({"cookie": f"{COOKIE}={_enter(client, name)[1]}"} for name in ("ada", "bob"))
    events = client.get("/config", headers=bob).json()["dependencies"]
    events = [event for event in events if event["backend_fn"]]
    assert len(events) > 50

    def said(event, who, session, data):
        given = [None] * len(event["inputs"])
        body = {"fn_index": event["id"], "data": given, "session_hash": session, "event_data": data}
        return client.post("/gradio_api/run/predict", json=body, headers=who).text

    asked = {"job": job.id, "act": "open", "id": footage.id, "footage": footage.id, "text": "1"}
    opened = [event for event in events if any(kind == "load" for _, kind in event["targets"])]
    assert "adas-secret" in "".join(said(event, ada, "ada", None) for event in opened)
    for session, first in (("past-the-opening", []), ("opened", opened)):
        for event in (*first, *events):
            text = said(event, bob, session, asked)
            assert "adas-secret" not in text, event
    for who in (bob, {"cookie": f"{COOKIE}={_enter(client, 'vera')[1]}"}):
        for kind in ("poster", "strip", "proxy"):
            path = f"/studio/library/{footage.id}/{kind}"
            assert client.get(path, headers=who).status_code == 404
    assert queue.get(job.id).state is JobState.PAUSED
    assert library.get(footage.id, "ada").info == info

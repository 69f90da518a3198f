"""Programs ask over the API and over MCP; another user's jobs are not there by any way."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from studio.accounts import passwords
from studio.accounts.book import Accounts
from studio.accounts.role import ONLY_USER, Role, User
from studio.errors import Busy, NotAllowed, RequestError, StudioError, UnknownJob
from studio.jobs.queue import JobQueue
from studio.jobs.record import Limits
from studio.settings import Settings
from tests.footage import bikes, package_file
from tests.web.browsing import share_models
from ui.remote.calls import Calls
from ui.remote.ways import ways
from ui.web.app import Studio, make_app
from ui.web.roots import MediaRoots
from ui.web.uploads import Uploads

WORD = "correct horse battery"
ADA, BOB, VERA = (
    User("ada", Role.ADMIN), User("bob", Role.EDITOR), User("vera", Role.VIEWER)
)  # fmt: skip


# The calls themselves


@pytest.fixture
def calls(tmp_path):
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "a.mp4").write_bytes(b"x")
    (tmp_path / "secret.cube").write_text("x")
    (tmp_path / "footage" / "link.mp4").symlink_to(tmp_path / "secret.cube")
    (tmp_path / "results").mkdir()
    queue = JobQueue.open(tmp_path / "jobs.db", Limits(waiting_per_owner=3))
    uploads = Uploads(tmp_path / "u", 10**6, Settings(cache_dir=tmp_path))
    yield Calls(queue, MediaRoots([tmp_path / "footage"]), tmp_path / "results", uploads)
    queue.close()


def test_every_pipeline_can_be_asked_for_with_typed_parameters(calls):
    found = {way.name: way for way in ways(calls)}
    for name in ("trailer", "subtitles", "stylize", "filter", "avatar", "generate", "analysis"):
        for verb in ("submit", "plan"):
            assert f"{verb}_{name}" in found
    assert "submit_desk" not in found
    schema = found["submit_trailer"].parameters.model_json_schema()["properties"]
    assert schema["pace"]["enum"] == ["calm", "balanced", "energetic"]
    assert schema["length_s"]["description"] == "seconds wanted."
    assert "out" not in schema
    for way in found.values():
        assert way.text
        for name, field in way.parameters.model_fields.items():
            assert field.description, f"{way.name}.{name} is not described"
    told = found["submit_trailer"](ADA, {"sources": ["a.mp4"], "length_s": 20, "pace": "calm"})
    job = calls.queue.get(told["job"])
    assert (job.request.owner, job.request.options["length_s"]) == ("ada", 20)
    assert job.request.reads is not None
    assert job.request.writes == (job.request.options["out"],)
    assert Path(job.request.options["out"]).is_relative_to(calls.results_dir / "ada")
    for odd in ({"pace": "mad"}, {"length_s": "long"}, {"out": "/tmp"}, {"nothing": 1}):
        with pytest.raises(RequestError):
            found["submit_trailer"](ADA, {"sources": ["a.mp4"], **odd})


@pytest.mark.parametrize(
    ("pipeline", "sources", "options"),
    [
        ("stylize", ["{secret}"], {"looks": ["starry"]}),
        ("stylize", ["../secret.cube"], {"looks": ["starry"]}),
        ("stylize", ["link.mp4"], {"looks": ["starry"]}),
        ("stylize", ["~/x.mp4"], {"looks": ["starry"]}),
        ("stylize", ["http://127.0.0.1/x.mp4"], {"looks": ["starry"]}),
        ("stylize", ["upload:" + "A" * 22], {"looks": ["starry"]}),
        ("stylize", ["job:1/film"], {"looks": ["starry"]}),
        ("stylize", ["a.mp4\0"], {"looks": ["starry"]}),
        ("stylize", ["a.mp4"], {"looks": ["{secret}"]}),
        ("stylize", ["a.mp4"], {"looks": ["starry:0.5,{secret}:0.5"]}),
        ("filter", ["a.mp4"], {"apply": ["background={secret}"]}),
        ("filter", ["a.mp4"], {"apply": ["lut=../secret.cube"]}),
        ("avatar", ["a.mp4"], {"background": "{secret}"}),
        ("trailer", ["a.mp4"], {"music": "{secret}"}),
        ("trailer", ["a.mp4"], {"from_plan": "/etc/passwd"}),
        ("subtitles", ["a.mp4"], {"glossary": "{secret}"}),
        ("subtitles", ["a.mp4"], {"gallery": "/"}),
    ],
)  # fmt: skip
def test_no_path_leads_out(calls, tmp_path, pipeline, sources, options):
    def filled(value):
        if isinstance(value, list):
            return [filled(each) for each in value]
        return value.replace("{secret}", str(tmp_path / "secret.cube"))

    with pytest.raises(StudioError):
        calls.submit(
            ADA, pipeline, filled(sources), {k: filled(v) for k, v in options.items()}, False
        )
    assert calls.queue.jobs() == []


def test_words_are_words(calls):
    told = calls.submit(BOB, "trailer", ["a.mp4"], {"title": "AC/DC ~ 24/7"}, False)
    assert calls.queue.get(told["job"]).request.options["title"] == "AC/DC ~ 24/7"
    told = calls.submit(BOB, "analysis", ["a.mp4"], {"sample_rate": "1/2"}, False)
    assert calls.queue.get(told["job"]).request.options["sample_rate"] == "1/2"


def test_roles_and_owners(calls):
    job = calls.submit(ADA, "trailer", ["a.mp4"], {}, True)["job"]
    with pytest.raises(NotAllowed):
        calls.submit(VERA, "trailer", ["a.mp4"], {}, False)
    with pytest.raises(NotAllowed):
        calls.act(VERA, job, "cancel")
    for user in (BOB, VERA):
        for text in (job, job[:6], "1", "#1"):
            for look in (calls.job, calls.result, calls.log, calls.report):
                with pytest.raises(UnknownJob):
                    look(user, text)
            with pytest.raises(UnknownJob):
                calls.result_file(user, text, "film")
        assert calls.jobs(user) == {"jobs": []}
    for act in ("cancel", "pause", "resume", "retry"):
        with pytest.raises(UnknownJob):
            calls.act(BOB, job, act)
    assert calls.job(ADA, "1")["state"] == "queued"
    assert calls.job(ONLY_USER, job)["job"] == job  # of a machine without accounts
    assert calls.act(ADA, job, "cancel")["state"] == "cancelled"
    with pytest.raises(Busy):
        for _ in range(4):
            calls.submit(BOB, "trailer", ["a.mp4"], {}, False)
    calls.submit(ADA, "trailer", ["a.mp4"], {}, False)  # bob's haste is not hers


# Over the wire


@dataclass
class Live:
    address: str
    home: Path
    keys: dict[str, str]
    accounts: Accounts
    studio: Studio


@pytest.fixture(scope="module")
def live(tmp_path_factory, small_clip):
    home = tmp_path_factory.mktemp("live")
    (home / "footage").mkdir()
    (home / "footage" / "clip.mp4").write_bytes(small_clip.read_bytes())
    share_models(home / "cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", (1 << 4, 8, 1))
        patch.setenv("STUDIO_CACHE_DIR", str(home / "cache"))
        patch.setenv("STUDIO_DATA_DIR", str(home / "data"))
        for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR", "HF_HUB_DISABLE_TELEMETRY"):
            patch.delenv(name, raising=False)
        accounts = Accounts(home / "data" / "accounts.db")
        for user in (ADA, BOB, VERA):
            accounts.add(user.name, WORD, user.role)
        keys = {user.name: accounts.make_key(user.name, "test") for user in (ADA, BOB, VERA)}
        studio = Studio.open(
            Settings(), [home / "footage"], home / "data" / "results", accounts=accounts
        )
        config = uvicorn.Config(make_app(studio), port=0, log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive() and time.monotonic() < until
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        # Built when it is first asked for, which takes its time beside others.
        headers = {"Authorization": f"Bearer {keys['ada']}"}
        assert httpx.get(f"{address}/api/config", headers=headers, timeout=200).status_code == 200
        for path in ("/api/?page=other", "/api/config?deep_link=x&page=other"):  # no page of ours
            assert httpx.get(f"{address}{path}", headers=headers).status_code == 200
        yield Live(address, home, keys, accounts, studio)
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def _client(live, name):
    from gradio_client import Client

    return Client(
        f"{live.address}/api/",
        headers={"Authorization": f"Bearer {live.keys[name]}"},
        verbose=False,
        download_files=False,
        analytics_enabled=False,
    )


def _asked_by_mcp(live, name, *asked):
    """Answers of tools, over HTTP, by the protocol's own client."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def ask():
        headers = {"Authorization": f"Bearer {live.keys[name]}"}
        async with (
            streamablehttp_client(f"{live.address}/mcp", headers=headers) as (reads, writes, _),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            if not asked:
                return (await session.list_tools()).tools
            return [await session.call_tool(tool, given) for tool, given in asked]

    return asyncio.run(ask())


def test_a_script_and_an_assistant_do_what_the_page_does(live, tmp_path, monkeypatch):
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(from gradio_client.*?)```", text, re.DOTALL)
    example = example.replace("http://127.0.0.1:7860", live.address)
    example = example.replace("KEY", live.keys["ada"]).replace("day1.mp4", "clip.mp4")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert (tmp_path / "styled.mp4").read_bytes()[4:8] == b"ftyp"
    ada = _client(live, "ada")
    (told,) = ada.predict(api_name="/list_jobs")["jobs"]
    assert (told["pipeline"], told["state"]) == ("stylize", "done")
    result = ada.predict(job=told["job"], api_name="/job_result")
    name, film = next((n, f) for n, f in result["files"].items() if f["name"].endswith(".mp4"))
    headers = {user: {"Authorization": f"Bearer {key}"} for user, key in live.keys.items()}
    with httpx.Client(base_url=live.address) as http:
        got = http.get(film["url"], headers={**headers["ada"], "range": "bytes=4-7"})
        assert (got.status_code, got.content) == (206, b"ftyp")
        for user in ("bob", "vera"):
            assert http.get(film["url"], headers=headers[user]).status_code == 404
            report = f"/studio/jobs/{told['job']}/report"
            assert http.get(report, headers=headers[user]).status_code == 404
        for odd in (f"/studio/jobs/{told['job']}/files/..%2f..%2fjobs.db", "/studio/jobs/../x"):
            assert http.get(odd, headers=headers["ada"]).status_code in (404, 422)
        assert http.get(film["url"]).status_code == 401
        answer = http.get(f"/studio/jobs/{told['job']}/report", headers=headers["ada"])
        assert answer.json()["job"]["state"] == "done"
        said = http.get("/metrics", headers=headers["ada"]).text
        assert 'studio_jobs{state="done"} 1.0' in said
        assert "studio_job_stage_seconds" in said
        for user in ("bob", "vera"):
            assert http.get("/metrics", headers=headers[user]).status_code == 403
    # The same over MCP; what one made is the other's source.
    tools = {tool.name: tool for tool in _asked_by_mcp(live, "ada")}
    assert set(tools) == {way.name for way in ways(Calls(None, None, None))}
    assert tools["submit_stylize"].inputSchema["properties"]["looks"]["type"] == "array"
    source = f"job:{told['job']}/{name}"
    mine, planned, wrong, path = _asked_by_mcp(
        live, "ada",
        ("job_status", {"job": told["job"]}),
        ("plan_stylize", {"sources": [source], "looks": ["teal-orange"]}),
        ("submit_stylize", {"sources": ["clip.mp4"], "looks": 7}),
        ("submit_stylize", {"sources": ["/etc/passwd"], "looks": ["teal-orange"]}),
    )  # fmt: skip
    assert mine.structuredContent["state"] == "done"
    assert planned.structuredContent["ahead"] is not None
    assert wrong.isError and "looks" in json.loads(wrong.content[0].text)["error"]["message"]
    assert path.isError
    others = [(tool, {"job": told["job"]}) for tool in tools if tool.endswith("_job")]
    others += [(f"job_{what}", {"job": told["job"]}) for what in ("status", "result", "log")]
    others += [("job_report", {"job": told["job"]})]
    others += [("submit_stylize", {"sources": [source], "looks": ["teal-orange"]})]
    assert len(others) == 10
    for answer in _asked_by_mcp(live, "bob", *others):
        assert answer.isError
        kind = json.loads(answer.content[0].text)["error"]["kind"]
        assert kind in ("UnknownJob", "RequestError"), answer
    (refused,) = _asked_by_mcp(live, "vera", ("submit_stylize", {"sources": ["clip.mp4"]}))
    assert json.loads(refused.content[0].text)["error"]["kind"] == "NotAllowed"


@pytest.mark.slow
def test_over_standard_input_it_is_the_users_own_machine(tmp_path, small_clip):
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    (tmp_path / "clip.mp4").write_bytes(small_clip.read_bytes())
    root = Path(__file__).resolve().parents[2]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "ui", "mcp", "--results", str(tmp_path / "results")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "STUDIO_DATA_DIR": str(tmp_path / "data")},
    )

    async def ask():
        async with (
            stdio_client(server) as (reads, writes),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            given = {"sources": ["clip.mp4"], "looks": ["warm"]}
            return [
                await session.call_tool("submit_stylize", given),
                await session.call_tool("list_jobs", {}),
                await session.call_tool("cancel_job", {"job": "1"}),
                await session.call_tool("submit_stylize", {"sources": ["/etc/passwd"]}),
            ]

    made, listed, cancelled, refused = asyncio.run(ask())
    assert made.structuredContent["state"] == "queued"
    assert len(listed.structuredContent["jobs"]) == 1
    assert cancelled.structuredContent["state"] == "cancelled"
    assert refused.isError


def test_another_user_sees_nothing_over_the_api(live):
    from gradio_client.exceptions import AppError

    ada, bob, vera = (_client(live, name) for name in ("ada", "bob", "vera"))
    job = ada.predict(sources=["clip.mp4"], api_name="/plan_trailer")["job"]
    assert bob.predict(api_name="/list_jobs") == {"jobs": []}
    for name in (
        "job_status", "job_result", "job_log", "job_report",
        "cancel_job", "pause_job", "resume_job", "retry_job", "move_job",
    ):  # fmt: skip
        with pytest.raises(AppError, match="UnknownJob"):
            bob.predict(job=job, api_name=f"/{name}")
    with pytest.raises(AppError, match="NotAllowed"):
        vera.predict(sources=["clip.mp4"], api_name="/submit_trailer")
    # Her session is hers, whatever name he says.
    headers = {"Authorization": f"Bearer {live.keys['bob']}"}
    with httpx.Client(base_url=live.address, headers=headers) as http:
        body = {"session_hash": ada.session_hash, "data": [], "fn_index": 0}
        assert http.post("/api/gradio_api/queue/join", json=body).status_code == 404
        query = {"session_hash": ada.session_hash}
        assert http.get("/api/gradio_api/queue/data", params=query).status_code == 404
        assert http.get(f"/api/gradio_api/heartbeat/{ada.session_hash}").status_code == 404
        for path in ("gradio_api/file=/etc/passwd", "gradio_api/upload", "gradio_api/mcp/"):
            assert http.get(f"/api/{path}").status_code == 404
        # What "Use via API" shows for curl: an event that is told to whoever asked for it alone.
        key = {"Authorization": f"Bearer {live.keys['ada']}"}
        begun = {"data": ["", 5], "session_hash": bob.session_hash}
        event = http.post("/api/gradio_api/call/list_jobs", json=begun, headers=key).json()
        told = f"/api/gradio_api/call/list_jobs/{event['event_id']}"
        stream = {"session_hash": event["event_id"]}
        assert http.get(told).status_code == 404
        assert http.get("/api/gradio_api/queue/data", params=stream).status_code == 404
        said = http.get(told, headers=key).text
        assert said.startswith("event: complete") and job in said
        assert http.get("/api/gradio_api/call/list_jobs/unknown", headers=key).status_code == 404
        assert http.post("/gradio_api/call/list_jobs", json=begun).status_code == 404
    with httpx.Client(base_url=live.address) as http:
        for path in ("/api/", "/api/config", "/api/gradio_api/info", "/mcp", "/metrics"):
            assert http.get(path).status_code == 401


def test_an_upload_serves_its_sender_alone(live, small_clip):
    def put(user, name, content, **more):
        headers = {"Authorization": f"Bearer {live.keys[user]}", "x-file-name": quote(name), **more}
        return httpx.put(f"{live.address}/studio/uploads", content=content, headers=headers)

    clip = small_clip.read_bytes()
    assert put("vera", "a.mp4", clip).status_code == 403
    source = "upload:" + put("ada", "a.mp4", clip).json()["token"]
    ada, bob = (User(name, Role.EDITOR) for name in ("ada", "bob"))
    calls = Calls(
        live.studio.desk.queue, live.studio.roots, live.studio.results_dir, live.studio.uploads
    )
    job = calls.submit(ada, "trailer", [source], {}, True)
    assert calls.queue.get(job["job"]).request.sources[0].endswith("a.mp4")
    with pytest.raises(RequestError, match="no such upload"):
        calls.submit(bob, "trailer", [source], {}, True)


def test_more_than_a_quota_is_refused_and_told(live, small_clip):
    """By the page's route for files, the API and MCP; of several that are sent at once too."""
    name, clip = "quentin", small_clip.read_bytes()
    live.accounts.add(name, WORD, Role.EDITOR)
    live.keys[name] = live.accounts.make_key(name, "test")
    key = {"Authorization": f"Bearer {live.keys[name]}"}
    home = live.studio.uploads.home(name)

    def put(http, content=clip):
        headers = {**key, "x-file-name": "a.mp4"}
        return http.put("/studio/uploads", content=content, headers=headers)

    async def at_once():
        async with httpx.AsyncClient(base_url=live.address, timeout=60) as http:
            return await asyncio.gather(*(put(http) for _ in range(3)))

    live.accounts.set_quota(name, len(clip) * 5 // 2)
    with httpx.Client(base_url=live.address, timeout=60) as http:
        assert put(http).status_code == 200
        assert sorted(answer.status_code for answer in asyncio.run(at_once())) == [200, 413, 413]
        assert len(list(home.glob("*/a.mp4"))) == len(list(home.iterdir())) == 2
        refused = put(http)
        assert refused.status_code == 413
        assert "GB you have" in refused.json()["error"] and "quota" in refused.json()["hint"]
        live.accounts.set_quota(name, 1)
        asked = {"sources": ["clip.mp4"], "looks": ["warm"]}
        told = http.post("/studio/calls/submit_stylize", json=asked, headers=key)
        assert told.json()["error"]["kind"] == "NoRoom"
        (by_mcp,) = _asked_by_mcp(live, name, ("submit_stylize", asked))
        assert by_mcp.isError and "NoRoom" in by_mcp.content[0].text
        live.accounts.set_quota(name, 0)
        assert put(http).status_code == 200
    assert live.studio.desk.queue.jobs(name) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_footage_is_understood_from_afar_as_on_the_page(live):
    """Library, search, people, summary, report and its check, without a page."""
    headers = {"Authorization": f"Bearer {live.keys['ada']}"}
    (live.home / "footage" / "거리 bikes.mp4").write_bytes(bikes().read_bytes())

    with httpx.Client(base_url=live.address, headers=headers, timeout=120) as http:

        def ask(name, /, **given):
            answer = http.post(f"/studio/calls/{name}", json=given)
            assert answer.status_code == 200, (name, answer.text)
            return answer.json()

        def done(name, /, **given):
            job = ask(name, **given)
            while (job := ask("job_status", job=job["job"]))["state"] in ("queued", "running"):
                time.sleep(0.3)
            assert job["state"] == "done", (name, job["error"])
            return ask("job_result", job=job["job"])

        def fetched(result, name):
            return http.get(result["files"][name]["url"]).raise_for_status()

        project = ask("new_project", name="거리")["project"]
        added = ask("add_footage", sources=["거리 bikes.mp4", "clip.mp4"], project=project)
        film = added["added"][0]["source"]
        (known,) = ask("list_footage", text="bikes")["footage"]
        assert (known["source"], known["display_wh"], known["sound"]) == (film, [640, 272], False)
        assert len(ask("list_footage", project=project)["footage"]) == 2
        ask("remove_footage", footage=added["added"][1]["footage"])
        assert ask("list_footage", project=project)["footage"] == [known]
        assert ask("list_searchable") == {"footage": [], "collections": []}
        done("make_searchable", sources=[film], collection="bikes", people=False)
        assert ask("list_searchable")["collections"] == ["bikes"]
        found = done("submit_search", text="bicycle", most=3)
        assert json.loads(fetched(found, "table").text)["hits"][0]["start_s"] < 10
        seen = done("see_people", source=film)
        people = json.loads(fetched(seen, "people").text)["people"]
        photo = package_file("ultralytics", "assets/zidane.jpg")
        if people:  # whoever is seen gets a name that stays
            done("submit_people", sources=[film], names=[[people[0]["label"], "Ada"]])
        (live.home / "footage" / "photo.jpg").write_bytes(photo.read_bytes())
        refused = ask("remember_person", name="Zidane", photos=["photo.jpg"])
        while (refused := ask("job_status", job=refused["job"]))["state"] in ("queued", "running"):
            time.sleep(0.3)
        assert refused["state"] == "failed", "two faces are in the picture"
        report = done("submit_report", sources=[film], speech=False)
        sample = done("draw_sample", report=str(report["number"]), count=4, seed=3)
        rows = json.loads(fetched(sample, "sample").text)["check"]
        marks = {row["number"]: [0, 0] for row in rows}
        judged = done("judge_sample", sample=sample["job"], coder="Ada", marks=marks)
        rates = json.loads(fetched(judged, "rates").text)
        assert rates
        summary = done("submit_summary", sources=[film], ratio=0.5)
        assert any(file["name"].endswith(".mp4") for file in summary["files"].values())

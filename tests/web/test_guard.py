"""What a stranger, another site or a curious visitor gets from the server: nothing."""

from __future__ import annotations

import pytest

from studio.errors import RequestError
from ui.web.app import serve
from ui.web.guard import check_host
from ui.web.kept_page import KeptPage


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_is_fine(host):
    check_host(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "example.org"])
def test_other_hosts_are_refused_before_anything_is_opened(host):
    with pytest.raises(RequestError) as told:
        serve(host, 0)
    assert "ssh -L" in told.value.hint


def test_a_taken_port_says_so():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(RequestError) as told:
        serve("127.0.0.1", taken.getsockname()[1])
    assert "--port" in told.value.hint


def test_every_answer_carries_the_policy(page):
    for path in ("/", "/no-such-thing", "/studio/works/x/0/files/video"):
        headers = page.client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


def test_names_that_are_not_ours_are_refused(page):
    for host in ("evil.example", "127.0.0.1.evil.example:7860", "localhost.evil.example", ""):
        assert page.client.get("/", headers={"host": host}).status_code == 421, host
    for host in ("localhost:7860", "127.0.0.1", "[::1]:7860"):
        assert page.client.get("/", headers={"host": host}).status_code == 200, host


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_other_sites_may_not_write(page, origin):
    for method, path in (("PUT", "/studio/uploads"), ("POST", "/gradio_api/run/predict")):
        answer = page.client.request(method, path, headers={"origin": origin}, content=b"x")
        assert answer.status_code == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/file=/etc/passwd",
        "/gradio_api/proxy=https://example.hf.space/",
        "/gradio_api/upload_progress?upload_id=x",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/runs",
        "/gradio_api/vibe-code",
        "/gradio_api/openapi.json",
        "/gradio_api/component_server",
        "/gradio_api/stream/a/b/1/playlist.m3u8",
        "/docs",
        "/openapi.json",
        "/static/../../blocks.py",
        "/static/%2e%2e/%2e%2e/blocks.py",
        "/assets/..%2f..%2f..%2fblocks.py",
        "/assets//etc/passwd",
        "/svelte/..%2f..%2fblocks.py",
    ],
)
def test_routes_that_the_page_does_not_use_are_not_there(page, path):
    answer = page.client.get(path)
    assert answer.status_code in (403, 404), answer.text[:200]
    assert "root:" not in answer.text
    assert "class Blocks" not in answer.text


def test_gradios_own_upload_is_closed(page):
    answer = page.client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert answer.status_code == 404


def test_gradios_queue_rests(page):
    """By names that are its own: another version may have other ones."""
    app = page.app
    while not hasattr(app, "routes"):
        app = app._app
    queue = app.routes[-1].app.get_blocks()._queue
    assert queue.sleep_when_free == 0.01
    assert queue.compute_analytics_summary([{"function": "f"}]) == {"functions": {}}


def test_the_pages_text_is_made_once_and_says_the_same(page):
    kept = page.app._app._app
    assert isinstance(kept, KeptPage)
    kept._kept.clear()
    first, second = page.client.get("/?run=1"), page.client.get("/")
    assert len(kept._kept) == 1
    assert first.status_code == second.status_code == 200
    assert first.text == second.text and "gradio_config" in first.text
    assert first.headers == second.headers
    other = page.client.get("/", headers={"host": "localhost:7860"})
    assert "http://localhost:7860" in other.text and "http://localhost:7860" not in first.text
    for n in range(9):
        page.client.get("/", headers={"accept-encoding": f"x{n}"})
    assert len(kept._kept) == 8


def test_what_an_address_says_of_other_pages_is_not_gradios_to_read(page):
    whole, config = page.client.get("/"), page.client.get("/config").json()
    for query in ("page=other", "page=../x", "deep_link=abc&page=other", "view=api&page="):
        assert page.client.get(f"/?{query}").text == whole.text, query
        assert page.client.get(f"/config?{query}").json() == config, query


def test_gradio_is_told_the_same(page):
    config = page.client.get("/config").json()
    assert config["enable_queue"]
    assert config["analytics_enabled"] is False
    assert config.get("run_history") in (False, None)
    assert config["footer_links"] == []
    assert config["max_file_size"] == 1 << 20
    shown = {d["api_visibility"] for d in config["dependencies"]}
    assert shown == {"private"}


def test_no_event_takes_a_file_from_the_browser(page):
    """Such an input would also take a path, and Gradio would copy what lies there."""
    config = page.client.get("/config").json()
    kinds = {c["id"]: c["type"] for c in config["components"]}
    taken = {kinds[i] for d in config["dependencies"] for i in d["inputs"]}
    assert taken <= {
        *("state", "browserstate", "dropdown", "slider", "radio", "textbox", "number"),
        *("checkbox", "checkboxgroup"),
    }  # fmt: skip


def test_the_page_names_no_other_host(page):
    import re

    html = page.client.get("/").text
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(https?:)?//[^\"]+", html)
    assert not loaded
    assert "fonts.googleapis" not in html + page.client.get("/theme.css").text

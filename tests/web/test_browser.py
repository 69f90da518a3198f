"""The trailer tab in a real browser, from upload to download.

The server is a process of its own, as ``studio ui`` starts it. Screenshots of every step, wide
and phone, light and dark, English and Korean, are left in a folder whose name is printed.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from studio.media.probe import probe
from tests.footage import ffmpeg, music_video
from tests.web.browsing import running
from ui.web.messages import Say

pytestmark = pytest.mark.browser
READY_S = 6.0


def cut_from_music_video(path: Path, start_s: int) -> Path:
    """24 s with cuts and sound."""
    ffmpeg("-ss", start_s, "-t", "24", "-i", music_video(), "-c:v", "libx264", "-preset",
           "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", path)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def footage(footage_dir: Path) -> Path:
    """What most of these tests work on; understood once, by the first."""
    return cut_from_music_video(footage_dir / "shoot day.mp4", 40)


@pytest.fixture(scope="module")
def unseen_footage(footage_dir: Path) -> Path:
    """What no run has analysed yet, so that there is something to cancel."""
    return cut_from_music_video(footage_dir / "shoot night.mp4", 90)


def ready(page) -> None:
    page.wait_for_selector("html:not(.st-pending) #make-plan", timeout=15_000)


def test_from_upload_to_download(server, open_page, footage, pictures, tmp_path):
    seen = open_page()
    page = seen.page
    page.goto(server.address)
    ready(page)
    page.screenshot(path=pictures / "1-welcome-wide.png", full_page=True)

    page.set_input_files("#footage input[type=file]", footage)
    page.wait_for_selector(".st-files li")
    assert "shoot day.mp4" in page.inner_text(".st-files")
    assert "160 × 90" in page.inner_text(".st-files")
    page.fill("#length input[type=number]", "8")
    page.keyboard.press("Tab")
    page.fill("#title textarea, #title input", "그날 <b>The day</b>")

    page.click("#make-plan")
    page.wait_for_selector(".st-stages .st-now")
    shares = set()
    began = time.monotonic()
    while not page.query_selector(".st-strip"):
        assert not page.query_selector(".st-problem"), page.inner_text("#stage")
        assert time.monotonic() - began < 120
        bar = page.query_selector(".st-now [role=progressbar]")
        if bar:
            shares.add(bar.get_attribute("aria-valuenow"))
        page.wait_for_timeout(150)
    assert len(shares) >= 3, "progress is real: it moves"

    # Leave and come back by the address alone: everything is there again.
    address = page.url
    assert "run=" in address
    page.reload()
    ready(page)
    page.wait_for_selector(".st-strip")
    assert page.url == address
    assert "shoot day.mp4" in page.inner_text(".st-files")
    assert page.input_value("#length input[type=number]") == "8"

    clips = page.locator(".st-clip")
    count = clips.count()
    assert count >= 4
    page.wait_for_function("[...document.querySelectorAll('.st-face img')].every(i => i.loading)")
    for n in range(count):
        clips.nth(n).scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('.st-face img')].every(i => i.complete && i.naturalWidth)"
    )
    assert "그날 <b>The day</b>" in clips.nth(0).inner_text() or any(
        "<b>The day</b>" in clips.nth(n).inner_text() for n in range(count)
    )
    before = page.inner_text(".st-length b")

    # Drop the second clip with the keyboard; the length follows.
    keep = page.locator(".st-clip:not([data-role$=card]) .st-keep").nth(1)
    keep.focus()
    page.keyboard.press("Space")
    page.wait_for_function(
        "old => document.querySelector('.st-length b').innerText !== old", arg=before
    )
    assert keep.get_attribute("aria-pressed") == "false"
    page.locator(".st-why summary").first.click()
    page.screenshot(path=pictures / "2-plan-wide.png", full_page=True)

    page.click("#render")
    page.wait_for_selector(".st-video, #stage .st-problem", timeout=120_000)
    assert not page.query_selector("#stage .st-problem"), page.inner_text("#stage")
    played = page.evaluate(
        "async () => { const v = document.querySelector('.st-video'); v.muted = true;"
        " await v.play(); v.currentTime = 2; await new Promise(r => v.onseeked = r);"
        " return [v.duration, v.currentTime, v.videoWidth, v.error && v.error.message] }"
    )
    length_s = float(page.inner_text(".st-length b").split()[0])
    assert played[0] == pytest.approx(length_s, abs=0.1)
    assert played[1] == pytest.approx(2, abs=0.1)
    assert played[2] > 0
    assert played[3] is None
    page.screenshot(path=pictures / "3-result-wide.png", full_page=True)

    saved = {}
    for link in page.query_selector_all("[data-file]"):
        with page.expect_download() as download:
            link.click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[link.get_attribute("data-file")] = path
    assert set(saved) == {"video", "plan", "otio", "fcpxml", "edl", "contact_sheet"}
    info = probe(saved["video"])
    assert (info.video.codec, info.video.pixel_format) == ("h264", "yuv420p")
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("aac", 48000)
    assert float(info.duration) == pytest.approx(length_s, abs=0.1)
    head = saved["video"].read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "it starts to play before it is here"
    plan = json.loads(saved["plan"].read_text())
    assert len(plan["items"]) == count - 1

    # The same on a phone, in Korean, in the dark: a second visitor with the address.
    phone = open_page((390, 844), "ko-KR", "dark").page
    phone.goto(page.url)
    ready(phone)
    phone.wait_for_selector(".st-video")
    assert Say("ko")("result.title") in phone.inner_text("#result")
    assert phone.evaluate("document.documentElement.lang") == "ko"
    assert phone.evaluate("document.body.classList.contains('dark')")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.screenshot(path=pictures / "4-result-phone-ko-dark.png", full_page=True)


def test_ready_in_time(server):
    """Counted in seconds of a processor: other tests may keep this machine busy."""
    print(f"\nthe page answered after {server.ready_s:.1f} s, {server.ready_cpu_s:.1f} s of work")
    assert server.ready_cpu_s < READY_S


def test_cancel_stops_the_run_and_frees_the_page(server, open_page, unseen_footage):
    page = open_page().page
    page.goto(server.address)
    ready(page)
    page.set_input_files("#footage input[type=file]", unseen_footage)
    page.wait_for_selector(".st-files li")
    page.click("#make-plan")
    page.wait_for_selector(".st-now [role=progressbar]")
    pressed = time.monotonic()
    page.click("#cancel")
    page.wait_for_selector("#stage .st-outdated, .st-strip", timeout=60_000)
    print(f"\nstopped {time.monotonic() - pressed:.1f} s after the click")
    assert page.inner_text("#stage") == Say("en")("run.cancelled")
    page.wait_for_selector("#make-plan:not([disabled])")
    assert not page.is_visible("#cancel")
    assert not page.query_selector(".st-strip")


@pytest.mark.slow
def test_a_second_run_waits_and_ctrl_c_ends_everything(browser, tmp_path):
    """A server of its own, with a page open and two runs under way."""
    (tmp_path / "footage").mkdir()
    clip = cut_from_music_video(tmp_path / "footage" / "long.mp4", 130)
    for name in ("a.mp4", "b.mp4"):
        shutil.copy(clip, tmp_path / "footage" / name)
    with running(tmp_path) as (process, address, _):
        pages = [browser.new_context().new_page() for _ in range(2)]
        for page, name in zip(pages, ("a.mp4", "b.mp4"), strict=True):
            page.goto(address)
            ready(page)
            page.fill("#path input", name)
            page.keyboard.press("Enter")
            page.click("#add")
            page.wait_for_selector(".st-files li")
            page.click("#make-plan")
            page.wait_for_selector(".st-run")
        assert "Waiting: 1 ahead" in pages[1].inner_text(".st-run")
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        print(f"\nended {time.monotonic() - pressed:.1f} s after Ctrl+C")
        for page in pages:
            page.context.close()


def test_what_is_wrong_is_said_and_what_to_do(server, open_page, tmp_path):
    seen = open_page()
    page = seen.page
    page.goto(server.address)
    ready(page)
    page.click("#make-plan")
    page.wait_for_selector("#stage .st-problem")
    assert "There is no footage yet." in page.inner_text("#stage")

    text = tmp_path / "renamed.mp4"
    text.write_text("not a film at all, " * 100)
    page.set_input_files("#footage input[type=file]", text)
    page.wait_for_selector(".st-uploads .st-problem")
    assert "renamed.mp4" in page.inner_text(".st-uploads .st-problem")
    assert not page.query_selector(".st-files")
    seen.errors[:] = [e for e in seen.errors if "422" not in e]  # the refusal itself

    page.fill("#path input", "/etc/passwd")
    page.keyboard.press("Enter")
    page.click("#add")
    page.wait_for_selector("#notice .st-problem")
    assert "outside the folders" in page.inner_text("#notice")


#: Whether no English word is left to be read but the other language's name and file formats.
#: But for the names of models in the memory bar, which test_memory_bar.py looks at.
_ONLY_KOREAN = """() => {
  const bar = document.querySelector(".st-memory")?.innerText ?? "";
  const text = document.querySelector("main").innerText.replace(bar, "");
  const words = text.match(/[A-Za-z]{2,}/g) ?? [];
  return words.every(w => ["English", "OTIO", "FCPXML", "EDL"].includes(w));
}"""


def test_language_and_light_switch_at_once_and_are_remembered(server, open_page, pictures):
    page = open_page().page
    page.goto(server.address)
    ready(page)
    assert page.inner_text("#make-plan") == Say("en")("plan.make")
    page.fill("#title textarea, #title input", "stays")
    page.click("[data-language=ko]")
    page.wait_for_function(_ONLY_KOREAN)
    assert page.inner_text("#make-plan") == Say("ko")("plan.make")
    assert page.input_value("#title textarea, #title input") == "stays"
    page.click("[data-light]")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    ready(page)
    assert page.inner_text("#make-plan") == Say("ko")("plan.make")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.screenshot(path=pictures / "5-welcome-ko-dark.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=pictures / "6-welcome-phone.png", full_page=True)


#: The ids around what has the focus, and whether that is to be seen.
_FOCUS = """() => {
  const names = [], at = document.activeElement;
  for (let e = at; e && e !== document.body; e = e.parentElement) if (e.id) names.push(e.id);
  const around = [at, at.closest("label"), at.closest(".wrap")];
  const seen = around.some(e => e && getComputedStyle(e).outlineStyle !== "none");
  return [names, seen];
}"""


def test_everything_can_be_reached_by_keyboard(server, open_page):
    page = open_page().page
    page.goto(server.address)
    ready(page)
    met = []
    for _ in range(26):
        page.keyboard.press("Tab")
        met.append(page.evaluate(_FOCUS))
    ids = {name for names, _ in met for name in names}
    for wanted in ("footage", "path", "add", "aspect", "pace", "music", "title", "make-plan"):
        assert wanted in ids, f"{wanted} not in {ids}"
    assert [names for names, seen in met if names and not seen] == [], "focus is always visible"

"""The whole way in a real browser: from the library to a trailer, its subtitles and the files.

The server is a process of its own, as ``studio ui`` starts it. Screenshots of every step are left
in a folder whose name is printed.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from studio.media.probe import frame_times, probe
from tests.analysis.spoken import two_cities
from tests.footage import ffmpeg, music_video
from tests.web.accessible import faults
from tests.web.browsing import running
from ui.web.messages import Say

pytestmark = pytest.mark.browser
READY_S = 6.0
SAY = Say("en")


@pytest.fixture(scope="module")
def server(shared_server):
    return shared_server


def spoken_film(path: Path, start_s: int, length_s: int = 14) -> Path:
    """Pictures with cuts, under read English."""
    ffmpeg("-ss", start_s, "-t", length_s, "-i", music_video(), "-ss", 6, "-t", length_s,
           "-i", two_cities(), "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-preset",
           "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", path)  # fmt: skip
    return path


def at(page, tab: str) -> None:
    """Bring a tab forward, once the page is there."""
    page.wait_for_selector("html:not(.st-pending) [role=tab]")
    page.locator(f"[role=tab][data-tab-id={tab}]").locator("visible=true").first.click()


def saved(page, link: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(link)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def from_library(page, name: str, tab: str) -> None:
    """Take footage from its card in the library to a tab."""
    at(page, "library")
    page.fill("#library-filter textarea, #library-filter input", name)
    page.wait_for_function("document.querySelectorAll('#library-grid .st-foot').length === 1")
    page.click("#library-grid .st-uses summary")
    page.click(f"#library-grid [data-use={tab}]")
    page.wait_for_selector(f"[role=tab][data-tab-id={tab}][aria-selected=true]")


@pytest.mark.timeout(900)  # 40 s on two quiet cores
def test_from_the_library_to_a_subtitled_trailer(server, open_page, pictures, tmp_path):
    film = spoken_film(server.cache_dir.parent / "footage" / "촬영 shoot.mp4", 40)
    page = open_page().page
    page.set_default_timeout(180_000)

    # Import: by the folder's path; a poster and a strip are drawn as a job.
    page.goto(server.address)
    at(page, "library")
    page.wait_for_selector("#library-grid .st-welcome")
    page.screenshot(path=pictures / "1-library-empty.png", full_page=True)
    page.fill("#library-path textarea, #library-path input", ".")
    page.click("#library-add")
    page.wait_for_selector("#library-grid .st-poster img")
    assert "160 × 90" in page.inner_text("#library-grid")
    page.hover("#library-grid .st-poster")
    page.screenshot(path=pictures / "2-library.png", full_page=True)

    # Trailer: a plan, that a reload brings back.
    from_library(page, "shoot", "trailer")
    page.wait_for_selector("#footage .st-files li")
    page.fill("#length input[type=number]", "7")
    page.keyboard.press("Tab")
    page.evaluate(_WATCH_STAGES)
    page.click("#make-plan")
    page.wait_for_selector(".st-strip, #stage .st-problem", timeout=300_000)
    shares = page.evaluate("watched")
    assert any(0 < share < 100 for share in shares), "stages move"
    assert len(page.evaluate("stages")) > 1
    page.reload()
    page.wait_for_selector(".st-strip")
    assert page.input_value("#length input[type=number]") == "7"
    names = "[...document.querySelectorAll('.st-clip [data-open]')].map(e => e.dataset.open)"
    names += ".filter(name => name)"  # what closes the inspector names no clip
    planned, count = page.evaluate(names), page.locator(".st-clip").count()
    assert count >= 3

    def edited(key: str, change: str) -> None:
        """Press a key on the clip that has the focus; wait for what it changes."""
        page.keyboard.press(key)
        page.wait_for_function(change)

    # Edit by keyboard: drop and take back, move, trim by a frame; undo goes all the way back.
    page.focus("[data-open]")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.dataset.open")
    assert second == planned[1]
    there = f".st-clip:has([data-open='{second}'])"
    edited("Delete", f'document.querySelector("{there}[data-dropped]")')
    edited("Delete", f'!document.querySelector("{there}[data-dropped]")')
    edited("Shift+ArrowLeft", f"({names})[0] === '{second}'")
    edited(".", "document.querySelector('.st-changed em')")
    assert SAY("strip.trimmed") in page.inner_text(there)
    # Its footage plays before any film is rendered, goes by frames, and is marked where it is.
    edited(" ", f"{_FILM}?.played.length && {_FILM}.currentTime > {_FILM}.played.start(0) + 0.1")
    edited("k", f"{_FILM}.paused")
    page.click("[data-do=to-in]")
    page.wait_for_function(f"{_CLOCK}.startsWith('frame 1 of ')")
    length = int(page.evaluate(_CLOCK).split()[3])
    edited("Shift+ArrowRight", f"{_CLOCK} === 'frame 11 of {length}'")
    edited("ArrowLeft", f"{_CLOCK} === 'frame 10 of {length}'")
    edited("i", f"{_CLOCK} === 'frame 1 of {length - 9}'")
    edited("j", f"{_FILM}.currentTime < {_FILM}.closest('[data-in]').dataset.in - 0.1")
    page.keyboard.press("k")
    page.click("#edit-undo")  # the mark
    page.wait_for_function(f"{_CLOCK}.endsWith(' of {length}')")
    page.wait_for_selector(".st-inspector img")
    page.wait_for_function(
        "[...document.querySelectorAll('.st-end img')].every(i => i.complete && i.naturalWidth)"
    )
    page.screenshot(path=pictures / "3-editor.png", full_page=True)
    for _ in range(2):
        page.click("#edit-undo")
    page.wait_for_function(f"({names}).join() === '{','.join(planned)}'")
    edits = page.evaluate("document.querySelector('.st-changed em')")
    assert edits is None
    page.click("#edit-redo")
    page.wait_for_function(f"({names})[0] === '{second}'")

    page.click("#render")
    page.wait_for_selector("#files .st-video, #stage .st-problem", timeout=300_000)
    assert not page.query_selector("#stage .st-problem"), page.inner_text("#stage")
    length_s = float(page.inner_text(".st-length b").split()[0])
    played = page.evaluate(
        "async () => { const v = document.querySelector('#files .st-video'); v.muted = true;"
        " await v.play(); v.pause(); v.currentTime = 2; await new Promise(r => v.onseeked = r);"
        " return [v.duration, v.currentTime, v.videoWidth, v.error && v.error.message] }"
    )
    assert played[0] == pytest.approx(length_s, abs=0.1)
    assert played[1] == pytest.approx(2, abs=0.1)
    assert played[2] > 0
    assert played[3] is None
    kinds = page.locator("#files [data-file]").evaluate_all("all => all.map(e => e.dataset.file)")
    assert {"video", "plan", "otio", "fcpxml", "edl", "contact_sheet"} <= set(kinds)
    video = saved(page, "#files [data-file=video]", tmp_path)
    info = probe(video)
    assert float(info.duration) == pytest.approx(length_s, abs=0.1)
    assert (info.video.codec, info.video.pixel_format) == ("h264", "yuv420p")
    assert (info.audio.codec, info.audio.sample_rate_hz) == ("aac", 48000)
    head = video.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "it starts to play before it is here"
    plan = json.loads(saved(page, "#files [data-file=plan]", tmp_path).read_text())
    assert plan["items"][0]["id"] == second, "what was edited is what was rendered"
    page.screenshot(path=pictures / "4-result.png", full_page=True)

    # The address carries the run: to a phone, in Korean, in the dark.
    phone = open_page(wh=(390, 844), language="ko-KR", light="dark").page
    phone.goto(page.url)
    phone.wait_for_selector("#files .st-video")
    assert phone.evaluate("document.documentElement.lang") == "ko"
    phone.wait_for_function(f"({_ONLY_KOREAN})().length === 0")  # each tab brings its own words
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(phone) == []
    phone.screenshot(path=pictures / "4-result-phone-ko-dark.png", full_page=True)
    phone.context.close()

    # Subtitles of the same footage, burnt in.
    from_library(page, "shoot", "subtitles")
    page.wait_for_selector("#recording .st-files li")
    page.click("#make-subtitles")
    page.wait_for_selector(".st-cue, #sub-stage .st-problem", timeout=300_000)
    page.click("#burn-in")
    page.wait_for_selector("#sub-files [data-file=burnt]", timeout=300_000)
    burnt = probe(saved(page, "#sub-files [data-file=burnt]", tmp_path))
    assert len(frame_times(burnt)) == len(frame_times(probe(film)))

    # What was made stands in the library with its settings; the jobs are all there.
    at(page, "library")
    page.wait_for_selector("#gallery .st-made:nth-child(2)")
    page.click("#gallery .st-again[href*='in=trailer']")
    page.wait_for_selector("[role=tab][data-tab-id=trailer][aria-selected=true]")
    assert page.input_value("#length input[type=number]") == "7"
    at(page, "jobs")
    page.wait_for_selector(".st-job")
    states = page.locator(".st-job:has-text('shoot')").evaluate_all(
        "all => all.map(e => e.dataset.state)"
    )
    assert set(states) == {"done"} and len(states) >= 5, "look, plan, render, cues, burn-in"
    page.locator("[data-act=open]").first.click()
    page.wait_for_selector(".st-opened .st-log li")
    page.screenshot(path=pictures / "5-jobs.png", full_page=True)
    for tab in ("models", "settings"):
        at(page, tab)
        page.wait_for_selector(f"#{tab}-list li")
        page.screenshot(path=pictures / f"6-{tab}.png", full_page=True)


def test_ready_in_time(server):
    """Counted in seconds of a processor: other tests may keep this machine busy."""
    print(f"\nthe page answered after {server.ready_s:.1f} s, {server.ready_cpu_s:.1f} s of work")
    assert server.ready_cpu_s < READY_S


@pytest.mark.timeout(900)
def test_by_keyboard_with_mistakes_in_two_languages(server, open_page, pictures, tmp_path):
    """Everything can be reached; what is wrong is said with what to do; a run can be stopped;
    nothing English is left."""
    seen = open_page()
    page = seen.page
    page.goto(server.address)
    by_keyboard(page)
    at(page, "trailer")
    page.click("#make-plan")
    page.wait_for_selector("#stage .st-problem")
    assert "There is no footage yet." in page.inner_text("#stage")

    text = tmp_path / "renamed.mp4"
    text.write_text("not a film at all, " * 100)
    page.set_input_files("#footage input[type=file]", text)
    page.wait_for_selector(".st-uploads .st-problem")
    assert "renamed.mp4" in page.inner_text(".st-uploads .st-problem")
    assert not page.query_selector("#footage .st-files")
    seen.errors[:] = [e for e in seen.errors if "422" not in e]  # the refusal itself

    page.fill("#path input", "/etc/passwd")
    page.keyboard.press("Enter")
    page.click("#add")
    page.wait_for_selector("#notice .st-problem")
    assert "outside the folders" in page.inner_text("#notice")

    unseen = spoken_film(tmp_path / "shoot night.mp4", 90)
    page.set_input_files("#footage input[type=file]", unseen)
    page.wait_for_selector("#footage .st-files li")
    page.click("#make-plan")
    page.wait_for_selector(".st-run")
    page.click("#cancel")
    page.wait_for_selector("#stage .st-outdated")
    assert page.inner_text("#stage") == SAY("run.cancelled")
    assert not page.is_visible("#cancel")

    page.fill("#title textarea, #title input", "stays")
    page.click("[data-language=ko]")
    page.wait_for_function(f"({_ONLY_KOREAN})().length === 0")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.inner_text("#make-plan") == Say("ko")("plan.make")
    assert page.input_value("#title textarea, #title input") == "stays"
    for tab in ("library", "jobs", "settings"):
        at(page, tab)
        page.wait_for_timeout(200)
        page.screenshot(path=pictures / f"7-{tab}-ko.png", full_page=True)
    page.click("[data-light]")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(server.address)
    page.wait_for_selector("html:not(.st-pending) #library-add")
    assert page.evaluate("document.body.classList.contains('dark')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=pictures / "8-library-phone-ko-dark.png", full_page=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_server_loses_nothing(browser, tmp_path):
    """Killed in the middle of a plan; the next one goes on with it, and the address shows it."""
    (tmp_path / "footage").mkdir()
    spoken_film(tmp_path / "footage" / "long.mp4", 20, 40)
    with running(tmp_path) as (process, address, _):
        page = browser.new_context().new_page()
        page.set_default_timeout(120_000)  # others may use the cores
        page.goto(address)
        at(page, "trailer")
        page.fill("#path input", "long.mp4")
        page.keyboard.press("Enter")
        page.click("#add")
        page.wait_for_selector("#footage .st-files li")
        page.click("#make-plan")
        page.wait_for_selector(".st-now [role=progressbar]")
        page.wait_for_function("location.search.includes('run=')")
        asked = page.evaluate("location.search")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        page.context.close()
    with running(tmp_path) as (process, address, _):
        page = browser.new_context().new_page()
        page.set_default_timeout(120_000)  # others may use the cores
        page.goto(address + asked)
        page.wait_for_selector(".st-strip, #stage .st-problem", timeout=180_000)
        assert not page.query_selector("#stage .st-problem"), page.inner_text("#stage")
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        print(f"\nended {time.monotonic() - pressed:.1f} s after Ctrl+C")
        page.context.close()


#: The English words left to be read, but for the other language's name and file formats.
#: But for the names of models in the memory bar, which test_memory_bar.py looks at, and what the
#: engine itself says, which is marked as English.
_ONLY_KOREAN = """() => {
  let text = document.querySelector("main").innerText;
  const english = document.querySelectorAll(".st-memory, [lang=en], code");
  for (const e of english) text = text.replace(e.innerText, "");
  const words = text.match(/[A-Za-z]{2,}/g) ?? [];
  return words.filter(w => !["English", "OTIO", "FCPXML", "EDL", "mp", "shoot", "night", "fps",
    "kB", "MB", "AAC", "OpenTimelineIO", "Resolve", "Final",
    "Cut", "Pro", "CMX", "Avid", "Premiere", "Ctrl", "Shift", "Delete", "Enter", "Space",
    "trailer", "edl", "fcpxml", "otio", "json", "png", "contact", "sheet", "plan", "version"]
    .includes(w));
}"""

#: Keeps what the stages of a run showed, while it goes on.
_WATCH_STAGES = """() => {
  window.watched = []; window.stages = [];
  setInterval(() => {
    for (const e of document.querySelectorAll(".st-run [role=progressbar]")) {
      watched.push(Number(e.getAttribute("aria-valuenow")));
      const name = e.getAttribute("aria-label");
      if (!stages.includes(name)) stages.push(name);
    }
  }, 30);
}"""

#: The footage of the clip that is open, and where it is.
_FILM = "document.querySelector('.st-source-film')"
_CLOCK = "document.querySelector('.st-source-player .st-clock').textContent"

#: The ids around what has the focus, and whether that is to be seen.
_FOCUS = """() => {
  const names = [], at = document.activeElement;
  for (let e = at; e && e !== document.body; e = e.parentElement) if (e.id) names.push(e.id);
  const around = [at, at.closest("label"), at.closest(".wrap")];
  const seen = around.some(e => e && getComputedStyle(e).outlineStyle !== "none");
  return [names, seen];
}"""


def by_keyboard(page) -> None:
    """Everything can be reached without a mouse, and what has the focus is to be seen."""
    at(page, "library")
    # The tabs go by arrows; one that lay out of sight comes into it, on a phone too.
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector(".st-tabs [role=tablist][data-followed]")
    page.focus("[role=tab][data-tab-id=library]")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=tab][data-tab-id=settings][aria-selected=true]")
    page.wait_for_function(
        "document.querySelector('[data-tab-id=settings]').getBoundingClientRect().right <= 390"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    wrong = {}
    for tab in page.evaluate(
        "[...document.querySelectorAll('[role=tab]')].map(e=>e.dataset.tabId)"
    ):
        page.locator(f"[role=tab][data-tab-id={tab}]").click()
        page.wait_for_timeout(150)
        if found := faults(page):
            wrong[tab] = found
    assert wrong == {}
    at(page, "trailer")
    met = []
    for _ in range(30):
        page.keyboard.press("Tab")
        met.append(page.evaluate(_FOCUS))
    ids = {name for names, _ in met for name in names}
    for wanted in ("footage", "path", "add", "aspect", "pace", "music", "title", "make-plan"):
        assert wanted in ids, f"{wanted} not in {ids}"
    assert [names for names, seen in met if names and not seen] == [], "focus is always visible"

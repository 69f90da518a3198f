"""The subtitles tab in a real browser: hear, walk the doubtful words, edit, take the files along.

Screenshots, wide and phone, light and dark, English and Korean, are left in a folder whose name
is printed.
"""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from studio.media import subtitle_io
from tests.analysis.spoken import read_wav, two_cities, write_wav
from tests.footage import counted_clip
from tests.web.accessible import faults
from ui.web.messages import Say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SAY = Say("en")
TAB = "[role=tab][data-tab-id=subtitles]"


@pytest.fixture(scope="module")
def server(shared_server):
    return shared_server


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Fourteen seconds of read English under noise that Whisper mishears words in."""
    folder = tmp_path_factory.mktemp("talk")
    samples, rate_hz = read_wav(two_cities())
    part = samples[6 * rate_hz : 20 * rate_hz]
    noise = np.random.default_rng(1).standard_normal(len(part)).astype(np.float32)
    sound = write_wav(folder / "noisy.wav", part + 0.03 * noise, rate_hz)
    return counted_clip(
        folder / "강연 talk.mp4",
        350,
        size=(640, 360),
        before=("-i", sound, "-map", "0", "-map", "1"),
        encode=("-c:v", "libx264", "-c:a", "aac", "-g", "50"),
    )


def ready(page):
    page.wait_for_selector("html:not(.st-pending)", timeout=60_000)
    page.wait_for_selector(TAB)


def cues(page):
    return json.loads(page.get_attribute("#drawn-cues", "data-cues"))


def texts(page):
    return " ".join(cue[2].replace("\n", " ") for cue in cues(page))


def until(page, condition, seconds=60.0):
    """Wait for something of the page's data, which events bring."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, page.inner_text("#sub-work")
        page.wait_for_timeout(50)


@pytest.fixture
def heard(server, open_page, talk):
    """A page at the cues of the talk."""

    def opened(file=talk, **look):
        seen = open_page(**look)
        page = seen.page
        page.goto(server.address)
        ready(page)
        page.click(TAB)
        page.set_input_files("#recording input[type=file]", file)
        page.wait_for_selector("#recording .st-files li")
        page.click("#make-subtitles")
        page.wait_for_selector(".st-cue", timeout=300_000)
        return page

    return opened


def test_a_cue_edited_and_a_word_mended_everywhere_are_in_the_file(
    server, heard, open_page, pictures, tmp_path
):
    page = heard()
    assert "subtitles=" in page.url
    before = texts(page)

    # A cue whose end was set too early is set to the sound again.
    late = next(n for n, cue in enumerate(cues(page)) if n and len(cue[2]) > 12)
    start, end = cues(page)[late][:2]
    page.fill(f".st-cue:nth-child({late + 1}) [data-field=end]", str(round(end - 0.6, 2)))
    page.keyboard.press("Enter")
    until(page, lambda: abs(cues(page)[late][1] - end + 0.6) < 0.05)
    page.click("#retime")
    until(page, lambda: cues(page)[late][1] > end - 0.4, 60)
    assert abs(cues(page)[late][0] - start) < 0.5

    # The doubtful words, one by one, to one that was heard several times.
    assert page.query_selector(".st-doubt mark")
    first = page.inner_text(".st-context")
    page.click("[data-do=next]")
    until(page, lambda: page.inner_text(".st-context") != first)
    page.click("[data-do=previous]")
    until(page, lambda: page.inner_text(".st-context") == first)
    while not page.query_selector("[data-do=everywhere]"):
        now = page.inner_text(".st-context")
        page.click("[data-do=next]")
        until(page, lambda now=now: page.inner_text(".st-context") != now)
    wrong = page.input_value(".st-fix input")
    many = int("".join(c for c in page.inner_text("[data-do=everywhere]") if c.isdigit()))
    assert many > 1
    page.screenshot(path=pictures / "subtitles-1-wide.png", full_page=True)
    page.fill(".st-fix input", "Zebras")
    page.click("[data-do=everywhere]")
    until(page, lambda: texts(page).lower().count("zebras") == many)
    assert before.lower().count("zebras") == 0

    # A cue, rewritten with the keyboard; what it breaks is shown, and mending it shows too.
    page.click(".st-cue:first-child .st-says")
    page.keyboard.press("Control+a")
    page.keyboard.type("This line was typed by a person who never counts the letters of a line,")
    page.keyboard.press("Enter")
    page.keyboard.type("nor those of the next one.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".st-cue:first-child .st-faults")
    assert SAY("rule.line_length") in page.inner_text(".st-cue:first-child .st-faults")
    assert page.inner_text("#cue-summary .st-bad")
    page.click(".st-cue:first-child .st-says")
    page.keyboard.press("Control+a")
    page.keyboard.type("Typed by hand: 5 < 6 & kept")
    page.keyboard.press("Control+Enter")
    until(page, lambda: cues(page)[0][2] == "Typed by hand: 5 < 6 & kept")
    assert SAY("rule.line_length") not in page.inner_text(".st-cue:first-child")

    # A time goes to its frame; a bad one is refused with a word of what is wanted.
    page.fill(".st-cue:first-child [data-field=end]", "1.03")
    page.keyboard.press("Enter")
    until(page, lambda: cues(page)[0][1] == 1.04)
    page.fill(".st-cue:first-child [data-field=end]", "soon")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sub-stage .st-problem")
    assert "0:01:02.345" in page.inner_text("#sub-stage")
    assert cues(page)[0][1] == 1.04

    # A name, for every cue of its voice.
    page.fill("[data-voice]", "에이다")
    page.keyboard.press("Enter")
    until(page, lambda: "에이다" in [page.input_value(".st-cue:nth-child(2) .st-who")])
    assert cues(page)[0][2] == "Typed by hand: 5 < 6 & kept", "an edited cue outlives a new plan"

    # Taken away, and taken back.
    count = len(cues(page))
    page.click(".st-cue:nth-child(2) [data-act=delete]")
    until(page, lambda: len(cues(page)) == count - 1)
    page.click("#undo")
    until(page, lambda: len(cues(page)) == count)

    page.click("#write-subtitles")
    page.wait_for_selector("#sub-files a[data-file='en.srt']", timeout=180_000)
    with page.expect_download() as waiting:
        page.click("#sub-files a[data-file='en.srt']")
    waiting.value.save_as(tmp_path / "talk.en.srt")
    written = subtitle_io.read(tmp_path / "talk.en.srt").cues
    assert [" ".join(c.lines) for c in written] == [cue[2].replace("\n", " ") for cue in cues(page)]
    assert written[0].lines == ("Typed by hand: 5 < 6 & kept",)
    said = " ".join(" ".join(c.lines) for c in written)
    assert said.count("Zebras") + said.count("zebras") == texts(page).lower().count("zebras") > 1
    assert f" {wrong} " not in f" {said} "

    # The address brings it all back: the cue over the picture is the one of that moment, and its
    # row is marked; a frame further it is the next.
    address, decided = page.url, cues(page)
    page.reload()
    ready(page)
    page.wait_for_selector(".st-cue")
    assert page.url == address and cues(page) == decided
    at, _, text = decided[1][:3]
    page.click(".st-cue:nth-child(2) .st-play")
    page.wait_for_function("document.querySelector('.st-drawn p')?.textContent.length > 0")
    assert page.inner_text(".st-drawn p") == text
    assert page.get_attribute(".st-cue.st-on-air", "data-key") == decided[1][5]
    page.evaluate(f"document.querySelector('.st-media').currentTime = {at - 0.03}")
    says = "text => document.querySelector('.st-drawn p')?.textContent"
    page.wait_for_function(f"{says} !== text", arg=text)
    page.click("[data-step='1']")
    page.wait_for_function(f"{says} === text", arg=text)
    box, screen = (
        page.eval_on_selector(s, "e => e.getBoundingClientRect().toJSON()")
        for s in (".st-drawn p", ".st-screen")
    )
    assert screen["left"] <= box["left"] and box["right"] <= screen["right"]
    assert box["bottom"] <= screen["bottom"] - 0.04 * screen["height"], "title-safe"

    # The same on a phone, in the dark, in Korean, for everybody.
    phone = open_page(wh=(390, 844), language="ko-KR", light="dark").page
    phone.goto(address)
    phone.wait_for_selector(".st-cue")
    assert phone.inner_text("#make-subtitles") == Say("ko")("sub.make")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
    assert faults(phone) == []
    phone.screenshot(path=pictures / "subtitles-3-phone-ko-dark.png", full_page=True)
    phone.set_viewport_size({"width": 1440, "height": 900})
    phone.screenshot(path=pictures / "subtitles-4-wide-ko-dark.png", full_page=True)
    phone.context.close()

    page.click("#sub-new")
    page.wait_for_selector("#sub-stage .st-welcome")
    assert "subtitles=" not in page.url

    # What cannot be subtitled is said.
    page.click("#make-subtitles")
    page.wait_for_selector("#sub-stage .st-problem")
    assert SAY("recording.none") in page.inner_text("#sub-stage")
    page.set_input_files("#recording input[type=file]", counted_clip(tmp_path / "mute.mp4", 25))
    page.wait_for_selector("#sub-notice .st-problem")
    assert SAY("recording.silent") in page.inner_text("#sub-notice")

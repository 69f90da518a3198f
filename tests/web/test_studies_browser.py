"""Search, people, summary and report in a real browser, on one short silent film, in two languages.

Screenshots are left in a folder whose name is printed.
"""

from __future__ import annotations

import pytest

from tests.footage import ffmpeg, package_file
from ui.web.messages import Say

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]
SAY, KO = Say("en"), Say("ko")
PATIENT_MS = 300_000


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two photographs of two seconds each, panned over: a street with a bus and people who pass by,
    two men. What stands still is no use to a summary; at half the size no face of the street is
    large enough to be told."""
    path = tmp_path_factory.mktemp("studies") / "거리 street.mp4"
    still = ("-loop", "1", "-framerate", "12", "-t", "2", "-i")
    size = "scale=976:549:force_original_aspect_ratio=increase,crop=960:540:8*t:4*t,setsar=1"
    ffmpeg(
        *still, package_file("ultralytics", "assets/bus.jpg"),
        *still, package_file("ultralytics", "assets/zidane.jpg"),
        "-filter_complex", f"[0]{size}[a];[1]{size}[b];[a][b]concat=n=2", "-pix_fmt", "yuv420p",
        "-c:v", "libx264", path,
    )  # fmt: skip
    return path


def test_found_named_summarised_and_counted(server, open_page, film, pictures):
    page = open_page().page
    page.set_default_timeout(PATIENT_MS)
    page.goto(server.address)
    page.wait_for_selector("html:not(.st-pending)")
    page.set_input_files("#library-drop input[type=file]", film)
    page.wait_for_selector("#library-grid .st-foot img")

    # A library that nobody made searchable says so; then a question is answered, with reasons.
    page.click("[role=tab][data-tab-id=search]")
    page.wait_for_selector("#search-add")
    page.fill("#search-text :is(input, textarea)", "bus")
    page.click("#search-ask")
    page.wait_for_selector("#search-stage .st-problem")
    assert SAY("search.none") in page.inner_text("#search-stage")
    page.click("#search-add")
    page.wait_for_selector(f"#search-known :text('{SAY('search.known', n=1)}')")
    page.click("#search-ask")
    page.wait_for_selector("#search-grid .st-scrub")
    first = page.inner_text("#search-grid .st-hit >> nth=0")
    assert "00:00:00:00" in first
    reasons = [f"{SAY(f'search.why.{kind}')} bus" for kind in ("object", "scene")]
    assert any(reason in first for reason in reasons), first
    page.hover("#search-grid .st-poster >> nth=0")
    page.click("#search-grid [data-keep='0']")
    page.click("#search-export")
    page.wait_for_selector("#search-files [data-file=otio]")
    assert page.is_visible("#search-files [data-file=csv]")
    page.screenshot(path=pictures / "search.png", full_page=True)

    # Who is seen: one of the men and a passer-by, and one gets a name that stays.
    page.click("[role=tab][data-tab-id=people]")
    page.click("#people-chooser button[data-footage]")
    page.click("#people-start:not([disabled])")
    page.wait_for_selector("#people-seen .st-person >> nth=1")
    page.fill("#people-seen .st-person >> nth=0 >> [name=name]", "지단 Zidane")
    page.click("#people-seen .st-person >> nth=0 >> [data-act=name]")
    page.wait_for_selector("#people-known-list h3:has-text('지단 Zidane')")
    page.wait_for_selector("#people-seen h3:has-text('지단 Zidane')")
    page.screenshot(path=pictures / "people.png", full_page=True)

    # A summary, with the curve that it was chosen by.
    page.click("[role=tab][data-tab-id=summary]")
    page.click("#summary-chooser button[data-footage]")
    page.fill("#summary-share input[type=number]", "80")
    page.click("#summary-start:not([disabled])")
    page.wait_for_selector("#summary-result video")
    assert page.locator("#summary-result .st-curve path").count() >= 2
    assert page.locator("#summary-result .st-clip").count() >= 1

    # A report in Korean: its page in a frame that runs nothing, and a check of it.
    page.click("[data-language=ko]")
    page.click("[role=tab][data-tab-id=report]")
    page.click("#report-chooser button[data-footage]")
    page.click("#report-start:not([disabled])")
    frame = page.frame_locator("#report-result iframe[sandbox='allow-same-origin']")
    # Words of a chart are drawn as shapes, each with a comment that says which.
    assert "지단 Zidane" in frame.locator("main").inner_html()
    assert frame.locator("html").get_attribute("lang") == "ko"
    assert page.is_visible("#report-result [data-file=methods]")
    page.click("#report-draw")
    page.wait_for_selector("#report-sample li img >> nth=0")
    page.click("#report-sample [data-find] >> nth=0")
    page.click("#report-sample [data-row='2'] button[data-looked]")
    page.wait_for_selector("#report-sample li[data-looked] >> nth=1")
    page.fill("#report-coder :is(input, textarea)", "Ada")
    page.click("#report-judge")
    page.wait_for_selector("#report-rates table")
    assert KO("report.precision") in page.inner_text("#report-rates")
    page.screenshot(path=pictures / "report-ko.png", full_page=True)

"""A thing is shown on the page and found again in a film, in a real browser, in two languages.

Screenshots are left in a folder whose name is printed.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.footage import ffmpeg, package_file
from ui.web.messages import Say

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]
EN, KO = Say("en"), Say("ko")
PATIENT_MS = 300_000


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """Two men for two seconds, then a street with a bus for two; the bus alone; a bare wall."""
    folder = tmp_path_factory.mktemp("things")
    bus, men = (package_file("ultralytics", f"assets/{n}.jpg") for n in ("bus", "zidane"))
    film, thing, wall = folder / "street.mp4", folder / "bus.png", folder / "wall.png"
    size = "scale=960:540:force_original_aspect_ratio=increase,crop=960:540,setsar=1"
    still = ("-loop", "1", "-framerate", "12", "-t", "2", "-i")
    ffmpeg(
        *still, men, *still, bus, "-filter_complex",
        f"[0]{size}[a];[1]{size}[b];[a][b]concat=n=2", "-pix_fmt", "yuv420p", film,
    )  # fmt: skip
    picture = cv2.imread(str(bus))
    cv2.imwrite(str(thing), picture[230:740, 20:800])
    cv2.imwrite(str(wall), np.full((300, 300, 3), 120, np.uint8))
    return film, thing, wall


def test_shown_once_and_found_in_a_film(server, open_page, footage, pictures):
    film, thing, wall = footage
    page = open_page().page
    page.set_default_timeout(PATIENT_MS)
    page.goto(server.address)
    page.wait_for_selector("html:not(.st-pending)")
    page.set_input_files("#library-drop input[type=file]", film)
    page.wait_for_selector("#library-grid .st-foot img")
    page.click("[role=tab][data-tab-id=things]")
    page.wait_for_selector(f"#things-stage :text('{EN('things.welcome.title')}')")
    assert EN("things.none_known") in page.inner_text("#things-known")
    page.screenshot(path=pictures / "things-empty.png", full_page=True)

    # A bare wall gives nothing to hold on to, and it is said what would.
    page.fill("#things-new-name :is(input, textarea)", "빨간 bus")
    page.set_input_files("#things-pictures input[type=file]", wall)
    page.click("#things-remember:not([disabled])")
    page.wait_for_selector("#things-stage .st-problem")
    assert "plain ground" in page.inner_text("#things-stage")
    page.click("#things-pictures [data-remove='0']")
    page.wait_for_selector("#things-pictures:not(:has([data-remove]))")
    page.set_input_files("#things-pictures input[type=file]", thing)
    page.wait_for_selector("#things-pictures [data-remove='0']")
    page.click("#things-remember:not([disabled])")
    page.wait_for_selector("#things-known h3:has-text('빨간 bus')")

    page.click("#things-chooser button[data-footage]")
    page.click("#things-start:not([disabled])")
    page.wait_for_selector("#things-seen .st-sightings li img")
    told = page.inner_text("#things-seen")
    assert "빨간 bus" in told
    assert "0:02" in told
    assert page.locator("#things-seen .st-sightings li").count() == 1
    shown = "document.querySelector('#things-seen img')"
    page.wait_for_function(f"{shown}.complete && {shown}.naturalWidth > 300")
    assert page.is_visible("#things-files [data-file=things]")
    page.screenshot(path=pictures / "things-found.png", full_page=True)

    # The same in Korean, on a phone: nothing sticks out.
    other = open_page((390, 844), language="ko-KR", light="dark").page
    other.set_default_timeout(PATIENT_MS)
    other.goto(page.url)
    other.wait_for_selector("html:not(.st-pending)")
    other.locator("[role=tab][data-tab-id=things]").dispatch_event("click")
    other.wait_for_selector("#things-known h3:has-text('빨간 bus')")
    assert KO("things.known") in other.inner_text("#things-work")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert other.evaluate(wide) == 0
    other.screenshot(path=pictures / "things-phone-ko.png", full_page=True)

    # What is forgotten is gone.
    page.click("#things-known [data-act=forget]")
    page.wait_for_selector(f"#things-known :text('{EN('things.none_known')}')")

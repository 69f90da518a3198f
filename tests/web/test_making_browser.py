"""The tabs that make a film anew, in a real browser: choose on one's own picture, compare, try,
make, take along.

Screenshots are left in a folder whose name is printed.
"""

from __future__ import annotations

import io
import time

import av
import numpy as np
import pytest
from PIL import Image

from tests.footage import ffmpeg, shared_media
from ui.web.messages import Say

pytestmark = pytest.mark.browser
SAY = Say("en")


@pytest.fixture(scope="module")
def server(shared_server):
    return shared_server


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """Two seconds of a woman who speaks."""
    path = tmp_path_factory.mktemp("speaker") / "화자 speaker.mp4"
    ffmpeg("-i", shared_media("speaker_en.mp4"), "-t", 2, "-vf", "scale=256:256", path)
    return path


@pytest.fixture
def at(server, open_page):
    """A page at a tab, with a film taken where one is given."""

    def opened(tab, film=None, address=None, **look):
        page = open_page(**look).page
        page.goto(address or server.address)
        page.wait_for_selector("html:not(.st-pending)", timeout=60_000)
        if address is None:
            page.click(f"[role=tab][data-tab-id={tab}]")
        if film is not None:
            page.set_input_files(f"#{tab}-film input[type=file]", film)
            page.wait_for_selector(f"#{tab}-wall [data-card]", timeout=300_000)
        return page

    return opened


def shown(page, picture):
    """The pixels of a picture of ours, as the browser gets them."""
    source = page.get_attribute(picture, "src")
    body = page.request.get(page.url.split("/?")[0].rstrip("/") + source).body()
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def saved(page, tab, kind, tmp_path):
    with page.expect_download() as waiting:
        page.click(f"#{tab}-result [data-file={kind}]")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_blend_of_looks_compared_and_made(at, small_clip, pictures, tmp_path):
    page = at("looks", small_clip)
    assert page.is_disabled("#looks-start")
    page.click("[data-card=mosaic]")
    page.wait_for_selector(".st-compare", timeout=180_000)
    first = shown(page, ".st-after")
    assert np.abs(first - shown(page, ".st-compare img")).mean() > 15
    page.click("[data-card=warm]")
    # The picture as it was is shown until the new one is drawn.
    ends = time.monotonic() + 180
    while np.abs(shown(page, ".st-after") - first).mean() <= 1:
        assert time.monotonic() < ends, "the second look changed nothing"
        page.wait_for_timeout(200)
    # The slider moves with the arrow keys.
    page.focus(".st-compare input")
    page.keyboard.press("Home")
    assert (
        page.evaluate("document.querySelector('.st-compare').style.getPropertyValue('--at')")
        == "0%"
    )
    page.screenshot(path=pictures / "looks-wide.png", full_page=True)

    page.click("#looks-start")
    page.wait_for_selector("#looks-result video", timeout=300_000)
    assert page.is_enabled("#looks-start")
    assert "--look mosaic --look warm" in page.inner_text("#looks-result")
    film = saved(page, "looks", "film", tmp_path)
    with av.open(str(film)) as made, av.open(str(small_clip)) as source:
        assert made.streams.video[0].frames == source.streams.video[0].frames
        assert len(made.streams.audio) == 1

    # The address brings all of it back, in the other language, on a phone, in the dark.
    again = at("looks", address=page.url, wh=(390, 844), language="ko-KR", light="dark")
    again.wait_for_selector("#looks-result video")
    assert again.get_attribute("[data-card=mosaic]", "aria-pressed") == "true"
    assert Say("ko")("looks.card.mosaic") in again.inner_text("#looks-wall")
    again.screenshot(path=pictures / "looks-phone-dark-ko.png", full_page=True)


@pytest.mark.slow
def test_faces_by_seed_a_film_between_them_and_sliders(at, pictures, tmp_path):
    """What the tabs share, on the one that needs no film."""
    page = at("generate")
    assert SAY("generate.welcome.title") in page.inner_text("#generate-work")
    page.click("#generate-start")
    page.wait_for_selector("#generate-wall [data-card='3']", timeout=90_000)
    page.fill("#generate-slider0 input[type=number]", "2.5")
    page.keyboard.press("Tab")
    page.wait_for_selector("#generate-compare .st-compare", timeout=180_000)
    assert np.abs(shown(page, ".st-after") - shown(page, ".st-compare img")).mean() > 2
    page.click("#generate-wall [data-card='3']")
    page.click("#generate-wall [data-card='8']")
    page.wait_for_selector("[data-card='8'][aria-pressed=true]")
    page.click("#generate-start")
    page.wait_for_selector("#generate-result video", timeout=90_000)
    assert "--interpolate 3,8,3" in page.inner_text("#generate-result")
    with av.open(str(saved(page, "generate", "film", tmp_path))) as made:
        assert made.streams.video[0].frames > 60
    page.screenshot(path=pictures / "generate-wide.png", full_page=True)


@pytest.mark.slow
def test_glasses_and_a_hidden_face(at, speaker, pictures, tmp_path):
    page = at("filters", speaker)
    page.click("[data-card='glasses:round']")
    page.wait_for_selector(".st-compare", timeout=180_000)
    page.click("[data-card='glasses:round']")
    page.click("[data-card='anonymise:pixelate']")
    page.wait_for_selector("#filters-start:not([disabled])", timeout=180_000)
    page.click("#filters-preview")
    page.wait_for_selector("#filters-result video", timeout=240_000)
    assert SAY("filters.safe") in page.inner_text("#filters-result")
    page.screenshot(path=pictures / "filters-wide.png", full_page=True)
    # A name is needed where not all are hidden.
    page.click("#filters-who label:has-text('All but')")
    page.click("#filters-start")
    page.wait_for_selector("#filters-stage .st-problem")
    assert SAY("filters.nobody") in page.inner_text("#filters-stage")


@pytest.mark.slow
def test_a_cat_speaks(at, speaker, pictures, tmp_path):
    page = at("avatar", speaker)
    page.click("[data-card=miso]")
    page.wait_for_selector("#avatar-preview:not([disabled])")
    page.click("#avatar-preview")
    page.wait_for_selector("#avatar-result video", timeout=240_000)
    with av.open(str(saved(page, "avatar", "preview", tmp_path))) as made:
        assert made.streams.video[0].frames == 50
    page.screenshot(path=pictures / "avatar-wide.png", full_page=True)

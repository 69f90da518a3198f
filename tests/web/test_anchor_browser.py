"""The anchor tab in a real browser: from a script to an approved film.

Screenshots are left in a folder whose name is printed.
"""

from __future__ import annotations

import pytest

from studio.provenance.reading import read_provenance
from studio.settings import Settings
from ui.web.messages import Say

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_from_a_script_to_an_approved_film(server, open_page, pictures, tmp_path):
    opened = open_page(language="ko-KR")
    page, say = opened.page, Say("ko")
    page.set_default_timeout(120_000)
    page.goto(server.address)
    page.wait_for_selector("html:not(.st-pending)", timeout=30_000)
    page.click("[role=tab][data-tab-id=anchor]")
    page.wait_for_selector("#anchor-work .st-welcome", timeout=60_000)
    assert say("anchor.welcome.title") in page.inner_text("#anchor-work")
    assert page.is_disabled("#anchor-make")
    page.screenshot(path=pictures / "anchor-empty-ko.png", full_page=True)

    # Read.
    page.click("#anchor-use-example")
    page.wait_for_function("document.querySelector('#anchor-text textarea').value.length > 20")
    page.click("#anchor-read")
    page.wait_for_selector("#anchor-wall [data-card=seoyeon]", timeout=180_000)
    lines = page.locator("#anchor-reading textarea")
    assert "일곱 시 삼십 분" in lines.nth(1).input_value()
    lines.nth(0).fill("시청자 여러분, 안녕하십니까.")
    lines.nth(0).press("Enter")
    page.wait_for_selector("#anchor-reading tr[data-edited]")

    # Hear.
    page.click("#anchor-speak")
    page.wait_for_selector("#anchor-heard audio", timeout=180_000)
    seconds = page.evaluate(
        """async () => { const a = document.querySelector("#anchor-heard audio");
        while (!(a.duration > 0)) await new Promise((r) => setTimeout(r, 100));
        return a.duration; }"""
    )
    assert 5 < seconds < 60

    # See, and approve what is seen.
    page.click("#anchor-wall [data-card=seoyeon]")
    page.wait_for_selector("[data-card=seoyeon][aria-pressed=true]")
    page.click("#anchor-show")
    page.wait_for_selector("#anchor-approval img", timeout=240_000)
    page.wait_for_selector("#anchor-approve:not([disabled])")
    assert say("anchor.unapproved") in page.inner_text("#anchor-approval")
    digest = page.inner_text("#anchor-approval code >> nth=0")
    assert len(digest) == 64
    page.click("#anchor-approve")  # without a name
    page.wait_for_selector("#anchor-stage [role=alert]")
    page.fill("#anchor-person :is(input, textarea)", "김민서")
    page.click("#anchor-approve")
    page.wait_for_selector("#anchor-approval .st-approved")
    page.screenshot(path=pictures / "anchor-approved-ko.png", full_page=True)

    # Make, and take along.
    page.locator("#anchor-small input").check()
    page.click("#anchor-make")
    page.wait_for_selector("#anchor-result video", timeout=400_000)
    assert say("anchor.is_final") in page.inner_text("#anchor-result")
    with page.expect_download() as waiting:
        page.click("#anchor-result [data-file=film]")
    film = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(film)
    found = read_provenance(film, Settings(data_dir=tmp_path))
    assert found.state == "intact" and found.manifests[0].house["approved_by"] == "김민서"
    assert found.manifests[0].house["script_sha256"] == digest

    # The address brings it back, on a phone, in the dark.
    again = open_page(wh=(390, 844), light="dark").page
    again.goto(page.url)
    again.wait_for_selector("#anchor-result video", timeout=30_000)
    again.screenshot(path=pictures / "anchor-phone-dark.png", full_page=True)
    wide = again.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390

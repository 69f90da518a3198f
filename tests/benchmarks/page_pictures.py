"""Every tab of the page as it is seen, in both languages, wide and on a phone, light and dark.

``python -m tests.benchmarks page_pictures`` leaves one sheet a tab in the folder that it names, or
in ``PAGE_PICTURES``, to be looked at. A page of its own is served, with nothing in it; work half
done is seen at ``PAGE_ADDRESS`` of a studio that holds some.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.web.browsing import FLAGS, running

WIDE, PHONE = (1440, 900), (390, 844)
#: What is cut off below: a long list says no more in its second half.
_MOST_PX = 2400
_TABS = "[...document.querySelectorAll('.st-tabs [role=tab]')].map(e => e.dataset.tabId)"
#: What sticks out at the side of a narrow screen.
_STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextlib.contextmanager
def _address(given: str) -> Iterator[str]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "footage").mkdir()
        with running(Path(folder)) as (_, address, _ready):
            yield address


def main() -> None:
    """Take all pictures: one server, one browser, one page a language."""
    from playwright.sync_api import sync_playwright

    out = Path(os.environ.get("PAGE_PICTURES") or tempfile.mkdtemp(prefix="page-"))
    out.mkdir(parents=True, exist_ok=True)
    chromium = next(p for n in ("chromium", "google-chrome") if (p := shutil.which(n)))
    taken: dict[str, list[Path]] = {}
    with _address(os.environ.get("PAGE_ADDRESS", "")) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        for language in ("en", "ko"):
            page = browser.new_context(locale=language).new_page()
            page.set_default_timeout(300_000)
            page.goto(address)
            page.wait_for_selector("html:not(.st-pending) [role=tab]")
            page.wait_for_load_state("networkidle")
            for tab in page.evaluate(_TABS):
                page.locator(f"[role=tab][data-tab-id={tab}]").dispatch_event("click")
                page.wait_for_timeout(700)  # what the tab asks for when it is seen
                for wh in (WIDE, PHONE):
                    page.set_viewport_size({"width": wh[0], "height": wh[1]})
                    for light in ("light", "dark"):
                        page.emulate_media(color_scheme=light)
                        page.wait_for_timeout(120)
                        path = out / f"{tab}-{language}-{wh[0]}-{light}.png"
                        page.screenshot(path=path, full_page=True)
                        taken.setdefault(tab, []).append(path)
                    if over := page.evaluate(_STICKS_OUT):
                        print(f"{tab} ({language}, {wh[0]} px wide): {over} px stick out")
            page.context.close()
        browser.close()
    for tab, paths in taken.items():
        _sheet(paths).save(out / f"sheet-{tab}.png")
    print(f"{len(taken)} sheets in {out}")


def _sheet(paths: list[Path]) -> Image.Image:
    """Pictures side by side, at half their size."""
    shown = []
    for path in paths:
        picture = Image.open(path).convert("RGB")
        picture = picture.crop((0, 0, picture.width, min(picture.height, _MOST_PX)))
        shown.append(picture.resize((picture.width // 2, picture.height // 2)))
    gap = 12
    size = (sum(p.width + gap for p in shown), max(p.height for p in shown))
    sheet = Image.new("RGB", size, (127, 127, 127))
    left = 0
    for picture in shown:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


if __name__ == "__main__":
    main()

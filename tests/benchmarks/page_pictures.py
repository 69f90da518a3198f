"""Every tab of the page as it is seen, in both languages, wide and on a phone, light and dark.

``python -m tests.benchmarks page_pictures`` leaves one sheet a tab in the folder that it names, or
in ``PAGE_PICTURES``, to be looked at. A page of its own is served: with nothing in it, or, with
``PAGE_HOME`` a folder, with some work in every tab, which is made on the first run (some minutes)
and kept there. ``PAGE_TABS="search trailer"`` takes these alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image

from studio.archive.library import Library
from studio.archive.work_rows import works_of
from tests.benchmarks import page_seed
from tests.web.browsing import FLAGS, running

WIDE, PHONE = (1440, 900), (390, 844)
#: What is cut off below: a long list says no more in its second half.
_MOST_PX = 2400
_TABS = "[...document.querySelectorAll('.st-tabs [role=tab]')].map(e => e.dataset.tabId)"
#: What is opened before a picture is taken: a clip in its inspector, a job's log.
_OPENED = {"trailer": ".st-clip [data-open]", "jobs": "[data-state=failed] [data-act=open]"}
#: What sticks out at the side of a narrow screen.
_STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: Which of its elements do.
_WHICH = """() => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() &&
  e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .slice(0, 3).map(e => e.outerHTML.slice(0, 90))"""


@contextlib.contextmanager
def _served(home: Path) -> Iterator[str]:
    (home / "footage").mkdir(parents=True, exist_ok=True)
    with running(home) as (_, address, _ready):
        yield address


def _at_work(browser: Any, home: Path, address: str) -> str:
    """The address of a page at the last work of every tab."""
    page_seed.footage(home / "footage")
    context = browser.new_context(locale="en")
    page_seed.seed(context.new_page(), address, home / "footage", home / "done")
    context.close()
    works = works_of(Library.open(home / "data" / "library.db"), "")
    last = {"run" if row.kind == "trailer" else row.kind: row.id for row in reversed(works)}
    return f"{address}?{urlencode(last)}"


def main() -> None:
    """Take all pictures: one server, one browser, one page a language."""
    from playwright.sync_api import sync_playwright

    out = Path(os.environ.get("PAGE_PICTURES") or tempfile.mkdtemp(prefix="page-"))
    out.mkdir(parents=True, exist_ok=True)
    chromium = next(p for n in ("chromium", "google-chrome") if (p := shutil.which(n)))
    held = os.environ.get("PAGE_HOME", "")
    only = os.environ.get("PAGE_TABS", "").split()
    taken: dict[str, list[Path]] = {}
    with contextlib.ExitStack() as stack:
        home = held or stack.enter_context(tempfile.TemporaryDirectory())
        address = stack.enter_context(_served(Path(home)))
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        if held:
            address = _at_work(browser, Path(home), address)
        for language in ("en", "ko"):
            page = browser.new_context(locale=language).new_page()
            page.set_default_timeout(300_000)
            page.goto(address)
            page.wait_for_selector("html:not(.st-pending) [role=tab]")
            _found_again(page)
            for tab in only or page.evaluate(_TABS):
                taken.setdefault(tab, []).extend(_pictures(page, tab, language, out))
            page.context.close()
        browser.close()
    for tab, paths in taken.items():
        _sheet(paths).save(out / f"sheet-{tab}.png")
    print(f"{len(taken)} sheets in {out}")


def _found_again(page: Any) -> None:
    """Every tab has asked for its work, and got it: nothing was asked for two seconds."""
    asked: list[float] = [time.monotonic()]
    page.on("request", lambda _: asked.append(time.monotonic()))
    page.on("response", lambda _: asked.append(time.monotonic()))
    while time.monotonic() - asked[-1] < 2:
        page.wait_for_timeout(300)


def _pictures(page: Any, tab: str, language: str, out: Path) -> Iterator[Path]:
    page.locator(f"[role=tab][data-tab-id={tab}]").dispatch_event("click")
    page.wait_for_timeout(1500)  # what the tab asks for when it is seen
    if page.locator(_OPENED.get(tab, "none")).count():
        page.locator(_OPENED[tab]).first.dispatch_event("click")
        page.wait_for_timeout(2500)
    for wh in (WIDE, PHONE):
        page.set_viewport_size({"width": wh[0], "height": wh[1]})
        page.wait_for_timeout(300)
        for light in ("light", "dark"):
            page.emulate_media(color_scheme=light)
            page.wait_for_timeout(300)  # transitions
            path = out / f"{tab}-{language}-{wh[0]}-{light}.png"
            page.screenshot(path=path, full_page=True)
            yield path
        if over := page.evaluate(_STICKS_OUT):
            which = page.evaluate(_WHICH)
            print(f"{tab} ({language}, {wh[0]} px wide): {over} px stick out: {which}")


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

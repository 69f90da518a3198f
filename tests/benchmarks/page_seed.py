"""Fill a studio with work by way of its own page, so that its pictures show the tabs as they are
worked in: a trailer in its editor, cues, looks, faces, a draft, a curve, jobs that went and failed.

The work is real: each tab is used as a person uses it, on a few seconds of real footage.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.footage import ffmpeg, package_file, shared_media
from tests.web.test_browser import spoken_film

_PATIENT_MS = 420_000


def footage(folder: Path) -> None:
    """Four films of a few seconds: a music video under read English, a speaker, a game of two
    children; and one that stands still, which a summary has to refuse."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "still life.mp4").exists():
        return
    spoken_film(folder / "harbour walk 항구.mp4", 40)
    for name, source, seconds in (
        ("interview.mp4", "speaker_en.mp4", 6),
        ("schoolyard.mp4", "basketball.mp4", 6),
    ):
        ffmpeg("-i", shared_media(source), "-t", seconds, folder / name)
    still = package_file("ultralytics", "assets/bus.jpg")
    ffmpeg("-loop", "1", "-t", 3, "-i", still, "-vf", "scale=480:640", "-pix_fmt", "yuv420p",
           folder / "still life.mp4")  # fmt: skip


def seed(page: Any, address: str, folder: Path, done: Path) -> None:
    """Use every tab once.

    Args:
        page: of a browser.
        address: of the studio.
        folder: its footage, as :func:`footage` left it.
        done: lists what was done already, and is not done again.
    """
    before = done.read_text().split() if done.exists() else []
    steps = [step for step in _STEPS if step.__name__ not in before]
    if not steps:
        return
    page.set_default_timeout(_PATIENT_MS)
    page.goto(address)
    _shown(page)
    page.fill("#library-path :is(input, textarea)", str(folder))
    page.click("#library-add")
    page.wait_for_selector("#library-grid .st-foot:nth-child(4) .st-poster img")
    known = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#library-grid .st-foot')]"
        ".map(e => [e.querySelector('b').textContent.split(/[ .]/)[0], e.dataset.footage]))"
    )

    def to(tab: str, film: str) -> None:
        page.goto(f"{address}?use={known[film]}&in={tab}")
        _shown(page)
        tabs = f"[role=tab][data-tab-id={tab}]"
        page.wait_for_selector(f"{tabs}[aria-selected=true]", timeout=60_000)

    for step in steps:
        began = time.monotonic()
        try:
            step(page, to)
            with done.open("a") as list_of:
                list_of.write(f"{step.__name__}\n")
            print(f"{step.__name__[1:]}: {time.monotonic() - began:.0f} s", flush=True)
        except Exception as exc:  # the other tabs are to be seen all the same
            print(f"{step.__name__[1:]} did not work: {str(exc)[:400]}", flush=True)


_To = Callable[[str, str], None]


def _shown(page: Any) -> None:
    page.wait_for_selector("html:not(.st-pending) [role=tab]")


def _open(page: Any, tab: str) -> None:
    page.locator(f"[role=tab][data-tab-id={tab}]").dispatch_event("click")


def _trailer(page: Any, to: _To) -> None:
    to("trailer", "harbour")
    page.wait_for_selector("#footage .st-files li")
    page.fill("#length input[type=number]", "8")
    page.keyboard.press("Tab")
    page.click("#make-plan")
    page.wait_for_selector(".st-strip")
    page.click("#render")
    page.wait_for_selector("#files .st-video")


def _subtitles(page: Any, to: _To) -> None:
    to("subtitles", "harbour")
    page.wait_for_selector("#recording .st-files li")
    page.click("#make-subtitles")
    page.wait_for_selector(".st-cue")
    page.click("#write-subtitles")
    page.wait_for_selector("#sub-files [data-file]")


def _made(page: Any, tab: str, card: str) -> None:
    page.wait_for_selector(f"#{tab}-wall [data-card]")
    page.click(f"[data-card='{card}']")
    page.click(f"#{tab}-preview:not([disabled])")
    page.wait_for_selector(f"#{tab}-result video")


def _looks(page: Any, to: _To) -> None:
    to("looks", "schoolyard")
    _made(page, "looks", "mosaic")


def _filters(page: Any, to: _To) -> None:
    to("filters", "interview")
    _made(page, "filters", "glasses:round")


def _avatar(page: Any, to: _To) -> None:
    to("avatar", "interview")
    _made(page, "avatar", "miso")


def _generate(page: Any, _: _To) -> None:
    _open(page, "generate")
    page.click("#generate-start")
    page.wait_for_selector("#generate-wall [data-card='8']")
    for card in ("3", "8"):
        page.click(f"#generate-wall [data-card='{card}']")
        page.wait_for_selector(f"[data-card='{card}'][aria-pressed=true]")
    page.click("#generate-start")
    page.wait_for_selector("#generate-result video")


def _anchor(page: Any, _: _To) -> None:
    _open(page, "anchor")
    page.click("#anchor-use-example")
    page.wait_for_function("document.querySelector('#anchor-text textarea').value.length > 20")
    page.click("#anchor-read")
    page.wait_for_selector("#anchor-wall [data-card]")
    page.click("#anchor-speak")
    page.wait_for_selector("#anchor-heard audio")
    page.click("#anchor-wall [data-card] >> nth=1")
    page.click("#anchor-show:not([disabled])")
    page.wait_for_selector("#anchor-approval img")


def _search(page: Any, _: _To) -> None:
    _open(page, "search")
    page.wait_for_timeout(2000)
    if page.is_visible("#search-add") and page.is_enabled("#search-add"):  # not yet searchable
        page.click("#search-add")
        page.wait_for_selector("#search-known :text('4')")
    page.fill("#search-text :is(input, textarea)", "two people")
    page.click("#search-ask")
    page.wait_for_selector("#search-grid .st-scrub")
    page.click("#search-grid [data-keep='0']")


def _people(page: Any, to: _To) -> None:
    to("people", "interview")
    page.click("#people-start:not([disabled])")
    page.wait_for_selector("#people-seen .st-person")
    page.fill("#people-seen .st-person >> nth=0 >> [name=name]", "Ada")
    page.click("#people-seen .st-person >> nth=0 >> [data-act=name]")
    page.wait_for_selector("#people-known-list h3:has-text('Ada')")


def _summary(page: Any, to: _To) -> None:
    to("summary", "still")
    page.click("#summary-start:not([disabled])")
    page.wait_for_selector("#summary-stage .st-problem")
    to("summary", "harbour")
    page.fill("#summary-share input[type=number]", "40")
    page.keyboard.press("Tab")
    page.click("#summary-start:not([disabled])")
    page.wait_for_selector("#summary-result video")


def _report(page: Any, to: _To) -> None:
    to("report", "schoolyard")
    page.click("#report-start:not([disabled])")
    page.wait_for_selector("#report-result iframe")
    page.click("#report-draw")
    page.wait_for_selector("#report-sample li img >> nth=0")


def _cuts(page: Any, to: _To) -> None:
    to("cuts", "harbour")
    page.click("#cuts-start:not([disabled])")
    page.wait_for_selector("#cuts-list .st-cuts li")


_STEPS = (_trailer, _subtitles, _looks, _filters, _avatar, _generate, _anchor, _search, _people,
          _summary, _report, _cuts)  # fmt: skip

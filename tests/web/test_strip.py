"""The plan on the page: complete, escaped, in both languages, and legal whatever is dropped."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from pipelines.trailer.arrange import Arrangement
from studio.errors import RequestError
from studio.jobs.record import JobState
from studio.media.probe import probe
from studio.media.render import RenderEstimate
from studio.media.timeline_io import check_timeline
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, Reason, Role, Sound, Source, Timeline, Transition
from tests.footage import music_video
from ui.web import panels
from ui.web.messages import Say
from ui.web.runs import RunView, StageView
from ui.web.strip import notes, overview, strip
from ui.web.works import Version

HOSTILE = "<script>alert(1)</script>\"'&${value}{{value}}"


def clip(n: int, role: Role, **more) -> Clip:
    start = 100 + 60 * n
    return Clip(
        id=f"c{n}", source="a", start_frame=start, end_frame=start + 40, frames=40, role=role,
        start=Fraction(start, 25), end=Fraction(start + 40, 25),
        reasons=(Reason("faces", 0.9, 0.2, "one face in close-up"),
                 Reason("motion", 0.4, 0.9, HOSTILE)), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cut() -> Timeline:
    info = probe(music_video())
    source = Source(
        "a", str(info.path), info.content_hash, FrameRate(Fraction(25)), 5304,
        info.duration, (160, 90), "10:00:00:00", True, False,
    )  # fmt: skip
    dissolve, talk = Transition("dissolve", 12), Sound("dialogue", 0, 20, 20)
    items = (
        Card("t", HOSTILE, 48),
        clip(1, Role.HOOK, transition=Transition("dip", 12)),
        clip(2, Role.SETUP, transition=dissolve, sound=talk),
        clip(3, Role.BUILD, sound=talk),
        clip(4, Role.CLIMAX, transition=dissolve),
        clip(5, Role.BUTTON, transition=dissolve, sound=Sound("dialogue", 0, 10, 0)),
        Card("e", "끝\nThe end", 48, "end", transition=dissolve),
    )
    return Timeline("t", source.rate, (160, 90), (source,), items)


@pytest.fixture
def version(cut) -> Version:
    return Version(cut, RenderEstimate(40.0, 1 << 28, 4_000_000, "24 frames, rendered just now"))


def page_of(version: Version, say: Say, number: int = 0) -> str:
    return strip(say, SimpleNamespace(id="id", versions=(version,)), number)


class Reader(HTMLParser):
    def __init__(self, markup: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.text = ""
        self.foreign = ""  # text that says it is English
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br", "input", "path", "circle"):
            self.open.append(f"{tag} {dict(attrs).get('lang', '')}".strip())

    def handle_endtag(self, tag):
        if tag in ("path", "circle"):
            return
        assert self.open.pop().split()[0] == tag

    def handle_data(self, data):
        if any(tag.endswith(" en") for tag in self.open):
            self.foreign += data
        else:
            self.text += data + "\n"

    def all(self, tag: str, **wanted: str) -> list[dict]:
        return [a for t, a in self.tags if t == tag and wanted.items() <= a.items()]


def test_the_cut_of_the_test_is_legal(cut):
    check_timeline(cut)


def test_every_item_is_there_in_order_with_place_length_part_and_reasons(version):
    read = Reader(page_of(version, Say("en")))
    assert not read.open
    buttons = read.all("button", **{"class": "st-keep"})
    assert [b["data-item"] for b in buttons] == ["t", "c1", "c2", "c3", "c4", "c5", "e"]
    assert {b["aria-pressed"] for b in buttons} == {"true"}
    assert len({b["aria-label"] for b in read.all("button")}) == 14
    assert [i["src"].rsplit("/", 1)[1] for i in read.all("img")] == ["c1", "c2", "c3", "c4", "c5"]
    assert all(i["alt"] for i in read.all("img"))
    for shown in ("Hook", "Setup", "Build", "Climax", "Button", "1.6 s", "00:00:01:23"):
        assert shown in read.text, shown
    assert "10:00:06:10" in read.text  # frame 160 after the camera's 10:00:00:00
    assert "one face in close-up" in read.foreign


def test_a_strange_title_or_reason_stays_text(version):
    read = Reader(page_of(version, Say("en")))
    assert not read.all("script")
    assert HOSTILE in read.text + read.foreign
    said = notes(Say("en"), (HOSTILE,))
    assert "<script" not in said
    assert "<script" not in panels.problem(Say("en"), RequestError(HOSTILE, HOSTILE))


def test_what_was_dropped_is_shown_so_and_counts_no_more(version):
    before = Reader(overview(Say("en"), version)).text
    assert "5 of 5 clips kept" in before
    assert "11.8 s" in before  # 5 x 40 + 2 x 48 frames at 25
    version.arrangement = Arrangement(dropped=("c2", "e"))
    read = Reader(page_of(version, Say("en")))
    assert [b["data-item"] for b in read.all("button", **{"aria-pressed": "false"})] == ["c2", "e"]
    after = Reader(overview(Say("en"), version)).text
    assert "4 of 5 clips kept" in after
    assert "8.3 s" in after
    assert "of 11.8 s planned" in after
    assert "about 30 s" in after  # of 40 s, by the share that is left


def test_whatever_is_dropped_the_rest_can_be_rendered(version, cut):
    draw = random.Random(7)
    ids = [item.id for item in cut.items]
    for _ in range(200):
        version.arrangement = Arrangement(dropped=tuple(draw.sample(ids, draw.randrange(len(ids)))))
        check_timeline(version.kept)
        assert version.kept.frames == sum(
            item.frames for item in cut.items if item.id not in version.dropped
        )


def test_a_dropped_neighbour_takes_its_dissolve_and_its_sound_along(cut):
    kept = {item.id: item for item in cut.without({"c3"}).items}
    assert kept["c4"].transition == Transition()
    assert kept["c2"].sound.lag_frames == 0
    assert kept["c2"].transition == cut.items[2].transition
    assert kept["c5"] == cut.items[5]


def test_a_variable_rate_shows_the_clock(version, cut):
    source = replace(cut.sources[0], variable_rate=True)
    read = Reader(page_of(replace(version, timeline=replace(cut, sources=(source,))), Say("en")))
    assert "00:00:06.400" in read.text


def test_drop_frame_time_code_stays_drop_frame(version, cut):
    rate = FrameRate(Fraction(30000, 1001))
    source = replace(cut.sources[0], rate=rate, timecode="00:00:59;28")
    read = Reader(page_of(replace(version, timeline=replace(cut, sources=(source,))), Say("en")))
    assert "00:01:05;10" in read.text  # 160 frames on, two numbers skipped at the minute


def latin(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{2,}", text))


def test_in_korean_nothing_english_is_left(version, small_clip, tone):
    say = Say("ko")
    version.arrangement = Arrangement(dropped=("c2",))
    view = RunView(
        "r", 7, JobState.RUNNING, elapsed_s=75, remaining_s=30,
        stages=(StageView("probe", 1.0, "a.mp4", False, 0.1),
                StageView("analyse", 0.5, "pictures", True, 30)),
    )  # fmt: skip
    waiting = replace(view, state=JobState.QUEUED, ahead=2, stages=())
    stopping = replace(view, state=JobState.CANCELLING, cancelling=True)
    files = [probe(small_clip), probe(tone)]
    markup = [
        page_of(version, say), overview(say, version), notes(say, ("English note",)),
        panels.welcome(say), panels.progress(say, view, say("run.planning")),
        panels.progress(say, waiting, say("run.rendering")), panels.progress(say, stopping, "x"),
        panels.problem(say, RequestError("English.", "English.")),
        panels.dropzone(say, "footage", files, 10**9), panels.dropzone(say, "music", [], 10**9),
    ]  # fmt: skip
    units_and_names = (
        "Ctrl Delete Shift Enter Space The end small mp tone wav kB MB GB FCPXML OTIO EDL"
    )
    names = latin(HOSTILE) | latin(units_and_names)
    for part in markup:
        read = Reader(part)
        assert not read.open
        spoken = [a.get(n, "") for _, a in read.tags for n in ("aria-label", "title", "alt")]
        data = ("data-cancel", "data-checking", "data-broken", "data-too-large")
        spoken += [a.get(name) or "" for _, a in read.tags for name in data]
        assert not latin(read.text + " ".join(spoken)) - names
        assert re.search("[가-힣]", read.text)
    head = Reader(panels.header(say))
    assert (head.foreign, "한국어" in head.text) == ("English", True)

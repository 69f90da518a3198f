"""The subtitle editor's markup and its answers to events, those that no browser would send among
them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from pipelines.subtitles import editing, lint
from pipelines.subtitles.corrections import Corrections
from pipelines.subtitles.cues import plan_cues
from pipelines.subtitles.editing import Edited
from pipelines.subtitles.options import Options
from pipelines.subtitles.pipeline import corrections_path
from pipelines.subtitles.plan import Made, Source, SubtitlePlan, Track
from pipelines.subtitles.profile import load
from pipelines.subtitles.shortfall import Unmet
from studio.archive.decisions import read_decisions
from studio.media.probe import probe
from studio.types.subtitles import Cue
from studio.types.timecode import FrameRate
from studio.types.transcript import DroppedText, Transcript, Word
from ui.web import cue_table
from ui.web.messages import PageError, Say
from ui.web.subtitle_works import Phase, SubtitleWork, SubtitleWorks
from ui.web.tabs.subtitles import SubtitlesTab, Visit
from ui.web.tabs.subtitles_layout import options_of, wishes_of

EVIL = "<img src=x onerror=alert(1)>\"'&"
RATE = FrameRate(Fraction(25))


def plan_of(text, doubt=0.9):
    words = tuple(
        Word(token, Fraction(n, 2), Fraction(n + 1, 2), doubt, "S1")
        for n, token in enumerate(text.split())
    )
    dropped = (DroppedText(Fraction(90), Fraction(91), EVIL, EVIL),)
    script = Transcript("en", words, ((0, len(words)),), dropped)
    rules = load("netflix-en")
    made = plan_cues(script, rules, RATE)
    source = Source("film.mp4", "x" * 40, Fraction(600), RATE, (1920, 1080))
    track = Track(rules, made.subtitles, made.unmet)
    return SubtitlePlan(source, script, {"S1": ""}, (track,), Made((), {}, ())).as_made()


@pytest.fixture
def work(page, small_clip, tmp_path):
    """A work that has heard what it is told, without a model."""
    plan = plan_of("we all went down to the old town in the first week of may")
    made = page.studio.subtitles.fresh("small", "", "", "subtitles", tmp_path)
    made.info, made.options, made.media = probe(small_clip), Options(out=tmp_path), small_clip
    made._take(Edited(plan, Corrections()))
    made.keep()
    return made


def test_a_work_outlives_the_server(page, work):
    key = cue_table.key_of(cues_of(work)[0])
    work.edit(lambda now: editing.set_cue(now, 0, 0, None))
    again = SubtitleWorks(page.studio.desk).open_for(work.id, "")
    assert again.now == work.now and again.info == work.info and again.phase is Phase.READY
    assert key not in {cue_table.key_of(cue) for cue in cues_of(again)}
    assert SubtitleWorks(page.studio.desk).open_for(work.id, "somebody else") is None


@pytest.fixture
def tab(page, work):
    studio = page.studio
    works = SimpleNamespace(get=lambda name: work if name == "known" else None)
    with gr.Blocks(analytics_enabled=False) as blocks:
        header = gr.HTML(js_on_load="trigger('language')")
        with gr.Tabs() as tabs, gr.Tab():
            tab = SubtitlesTab(works, studio.uploads, studio.roots, studio.settings, header, tabs)
            tab.build(blocks)
    return tab


def event(**data):
    return SimpleNamespace(_data=data)


def markup(tab, updates, name):
    update = updates[tab.parts[name]]
    return update["value"] if isinstance(update, dict) else update


def cues_of(work):
    return work.now.plan.tracks[0].subtitles.cues


class Tags(HTMLParser):
    """Names of all elements."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.seen |= {name for name, _ in attrs if name.startswith("on")}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:01:02.345", "62.345"),
        ("1:02.5", "62.5"),
        ("62,5", "62.5"),
        ("7", "7"),
        (" 1:00:00 ", "3600"),
    ],
)
def test_times_are_read_as_people_type_them(text, seconds):
    assert cue_table.seconds_of(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-3", "1e5", "99999999", "1.2.3"])
def test_what_is_no_time_is_none(text):
    assert cue_table.seconds_of(text) is None


def test_a_clock_says_what_it_reads():
    for thousandths in (0, 1, 999, 59_999, 3_600_001, 86_399_999):
        seconds = Fraction(thousandths, 1000)
        assert cue_table.seconds_of(cue_table.clock(seconds)) == seconds


def test_nothing_that_was_heard_or_typed_becomes_markup(work):
    plan = plan_of(f"{EVIL.replace(' ', '_')} said he", doubt=0.1)
    cue = replace(plan.tracks[0].subtitles.cues[0], lines=(EVIL, EVIL), speaker=EVIL, words=None)
    unmet = Unmet(0, EVIL, EVIL, EVIL, EVIL, proposal=EVIL)
    track = replace(
        plan.tracks[0],
        subtitles=replace(plan.tracks[0].subtitles, cues=(cue,)),
        unmet=(unmet,),
    )
    plan = replace(plan, tracks=(track,), names={"S1": EVIL, EVIL: EVIL})
    work._now = Edited(plan, Corrections())
    say, tags = Say("en"), Tags()
    for part in (
        cue_table.table(say, work, 0, 0),
        cue_table.doubts(say, plan, 0),
        cue_table.voices(say, plan),
        cue_table.dropped(say, plan),
        cue_table.drawn_cues(plan, 0),
        cue_table.summary(say, work, 0),
        cue_table.player(say, work),
    ):
        tags.feed(part)
    assert "img" not in tags.seen
    assert not {name for name in tags.seen if name.startswith("on")}


def test_long_tracks_come_in_pages(work):
    cues = tuple(Cue(Fraction(n), Fraction(n) + Fraction(1, 2), (f"n{n}",)) for n in range(400))
    track = work.now.plan.tracks[0]
    track = replace(track, subtitles=replace(track.subtitles, cues=cues), unmet=())
    work._now = replace(work.now, plan=replace(work.now.plan, tracks=(track,)))
    assert cue_table.pages(work.now.plan, 0) == 3
    last = cue_table.table(Say("en"), work, 0, 2)
    assert last.count('class="st-cue"') == 100
    assert ">n399<" in last
    data = cue_table.drawn_cues(work.now.plan, 0)
    assert data.count("n399") == 1, "the player has them all"


def test_an_edit_is_kept_on_disk_at_once(tab, work):
    visit = Visit(work="known")
    key = cue_table.key_of(cues_of(work)[0])
    updates = tab.act(visit, event(act="edit", key=key, field="text", value="typed\nanew"))
    assert cues_of(work)[0].lines == ("typed", "anew")
    assert "typed" in markup(tab, updates, "cues")
    kept = read_decisions(Corrections, corrections_path(work.options.out, work.info.path))
    assert kept.cues[0].now.lines == ("typed", "anew")
    tab.undo(visit)
    assert cues_of(work)[0].lines != ("typed", "anew")
    assert (
        read_decisions(Corrections, corrections_path(work.options.out, work.info.path))
        == Corrections()
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "edit"},
        {"act": "edit", "key": "0|9", "field": "text", "value": "x"},
        {"act": "delete", "key": None},
        {"act": "here", "word": 10**9, "value": "x"},
        {"act": "here", "word": "0", "value": "x"},
        {"act": "right", "word": -1},
        {"act": "__class__", "key": "x"},
    ],
)
def test_events_that_mean_nothing_change_nothing(data, tab, work):
    before = work.now
    tab.act(Visit(work="known"), event(**data))
    assert work.now is before
    tab.act(Visit(work="unknown"), event(act="delete", key="x"))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("end", "soon", "is no time"),
        ("start", "99:00:00", "ends before"),
        ("text", " \n ", "says nothing"),
        ("lines", "1", "is no time"),
    ],
)
def test_edits_that_make_no_sense_are_told(field, value, told, tab, work):
    visit, before = Visit(work="known"), work.now
    key = cue_table.key_of(cues_of(work)[0])
    updates = tab.act(visit, event(act="edit", key=key, field=field, value=value))
    assert work.now is before
    assert told in markup(tab, updates, "stage")


def test_nothing_is_edited_while_something_goes_on(tab, work, monkeypatch):
    monkeypatch.setattr(SubtitleWork, "phase", Phase.WRITING)
    visit, before = Visit(work="known"), work.now
    key = cue_table.key_of(cues_of(work)[0])
    tab.act(visit, event(act="delete", key=key))
    assert work.now is before
    assert isinstance(visit.problem, PageError)


def test_wishes_become_options_and_back():
    options = options_of(["ko", "netflix-ko-sdh", "2", "en", "1"])
    assert (options.language, options.speakers, options.translate) == ("ko", "2", "en")
    assert list(wishes_of(options).values()) == ["ko", "netflix-ko-sdh", "2", "en", "1"]
    assert options_of([None, None, None, None, None]).language == "auto"


def test_no_recording_and_a_silent_one_are_refused(page, small_clip, tmp_path):
    works = SubtitleWorks(page.studio.desk)
    with pytest.raises(PageError) as none:
        works.begin(None, Options(out=tmp_path))
    assert none.value.key == "recording.none"
    with pytest.raises(PageError) as silent:
        works.begin(replace(probe(small_clip), audio=None), Options(out=tmp_path))
    assert silent.value.key == "recording.silent"


def test_the_player_s_data_is_the_track(work):
    data = cue_table.drawn_cues(work.now.plan, 0)
    rows = json.loads(data.split('data-cues="')[1].split('"></div>')[0].replace("&quot;", '"'))
    assert [row[2] for row in rows] == ["\n".join(c.lines) for c in cues_of(work)]


def test_every_rule_of_the_linter_has_a_name():
    """Rules are named in the code of the linter, as the second argument of what it finds."""
    folder = Path(lint.__file__).parent
    code = "".join(p.read_text("utf-8") for p in folder.glob("lint*.py"))
    rules = set(re.findall(r"Violation\(\s*[\w. +]+,\s*\"([a-z_]+)\"", code))
    assert len(rules) > 10
    assert [rule for rule in rules if not Say("en").has(f"rule.{rule}")] == []

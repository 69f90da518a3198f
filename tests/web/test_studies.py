"""Search, people, summaries and reports behind the page: what is kept, what is shown, to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines.desk.pipeline import ACTS
from pipelines.report import voices
from pipelines.search.result import Hit, Why
from studio.archive.search_index import IndexedMedia
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.record import JobResult
from studio.types.media import MediaInfo
from studio.types.speakers import Turn
from ui.web import found_view, people_view, report_view, summary_view
from ui.web.makings import Makings
from ui.web.messages import PageError, Say
from ui.web.study_view import clock, timecodes
from ui.web.study_works import STUDIES, PeopleWork, ReportWork, SearchWork, SummaryWork

JPEG = b"\xff\xd8\xff picture"


def hit(number: int, name: str = "<b>film.mp4") -> Hit:
    media = IndexedMedia(1, "ab" * 20, f"/films/{name}", name, 60.0, 1500, "", "", ())
    span = 25 * number, 25 * number + 50
    why = Why("object", "dog & <i>", "dog", 0.8)
    return Hit(media, number, *span, span[0] + 5, number * 1.0, number + 2.0, 0.75, (why,))


@pytest.fixture
def search(page, tmp_path) -> SearchWork:
    """A search with two answers, the second without pictures yet."""
    work = page.studio.makings.fresh("dogs", "", "", "search", tmp_path / "search")
    assert isinstance(work, SearchWork)
    folder = work.page_dir / "ask-1"
    folder.mkdir(parents=True)
    told = {"hits": to_json((hit(1), hit(3))), "understood": "dog", "searched": 4, "notes": [],
            "ask_s": 0.02}  # fmt: skip
    (folder / "hits.json").write_text(json.dumps(told))
    for kind in ("poster", "strip"):
        (folder / f"000-{kind}.jpg").write_bytes(JPEG)
    work.values = {"asking": str(folder), "asked": {"search": {"text": "dog"}}}
    work.keep()
    return work


def test_answers_are_shown_before_their_pictures_and_the_bin_stays(page, search):
    say = Say("en")
    shown = found_view.grid(say, search, {})
    assert shown.count("data-keep=") == 2
    assert shown.count("st-scrub") == 1, "the second has no strip yet"
    assert "&lt;b&gt;film.mp4" in shown
    assert "<b>film" not in shown
    assert "dog &amp; &lt;i&gt;" in shown
    assert search.drawn == 1
    search.keep_hit(1)
    search.keep_hit(0)
    search.keep_hit(1)  # given back
    with pytest.raises(PageError):
        search.keep_hit(2)
    # After a restart the work is the same: another collection reads it from the library.
    again = Makings(page.studio.desk).open_for(search.id, "")
    assert isinstance(again, SearchWork)
    assert [each["hit"]["shot"] for each in again.bin] == [1]
    assert again.answer == search.answer
    assert "st-kept" in found_view.kept(say, again, {})
    for language in ("en", "ko"):
        empty = {**search.answer, "hits": [], "notes": ["Nothing <here>."]}
        (search.page_dir / "ask-1" / "hits.json").write_text(json.dumps(empty))
        assert Say(language)("search.tip.2") in found_view.told(Say(language), search)
        assert "Nothing &lt;here&gt;." in found_view.told(Say(language), search)


def test_pictures_go_to_their_owner_and_a_report_is_framed_without_scripts(page, search, tmp_path):
    ask = page.client.get
    where = f"/studio/makings/{search.id}/stills"
    assert ask(f"{where}/ask-1/000-poster.jpg").content == JPEG
    assert ask(f"{where}/ask-1/hits.json").status_code == 404
    assert ask(f"{where}/../../hits.jpg").status_code == 404
    other = page.studio.makings.fresh("hers", "ada", "", "search", tmp_path / "hers")
    (other.page_dir / "ask-1").mkdir(parents=True)
    (other.page_dir / "ask-1" / "000-poster.jpg").write_bytes(JPEG)
    assert ask(f"/studio/makings/{other.id}/stills/ask-1/000-poster.jpg").status_code == 404

    report = page.studio.makings.fresh("report", "", "", "report", tmp_path / "report")
    assert isinstance(report, ReportWork)
    (report.out / "pictures").mkdir(parents=True)
    (report.out / "pictures" / "film-0000.jpg").write_bytes(JPEG)
    (report.out / "report.html").write_text("<script>alert(1)</script><p>seen")
    (report.out / "raw.json").write_text("{}")
    where = f"/studio/makings/{report.id}/page"
    answer = ask(f"{where}/report.html")
    assert "seen" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "script" not in policy
    assert ask(f"{where}/pictures/film-0000.jpg").content == JPEG
    assert ask(f"{where}/raw.json").status_code == 404
    assert ask(f"/studio/makings/{search.id}/page/report.html").status_code == 404
    assert ask("/").headers["x-frame-options"] == "DENY"
    assert ask("/studio/known/Nobody/0").status_code == 404


def test_a_sample_is_marked_and_its_rates_are_told(page, tmp_path):
    work = page.studio.makings.fresh("report", "", "", "report", tmp_path / "report")
    assert isinstance(work, ReportWork)
    with pytest.raises(PageError, match="no report"):
        work.draw_sample(5, 0, ())
    row = {"number": "1", "kind": "people", "file": "a & b.mp4", "start_s": "61.5",
           "end_s": "61.5", "picture": "pictures/1.jpg", "machine": "Ada; Person 1", "count": "2",
           "wrong": "", "missed": ""}  # fmt: skip
    cuts = {**row, "number": "2", "kind": "cuts", "machine": "", "count": "0", "end_s": "71.5"}
    shot = {"number": "1", "measure": "camera", "file": "a & b.mp4", "shot": "3", "start_s": "1",
            "end_s": "2", "picture": "", "allowed": "", "label": ""}  # fmt: skip
    told = {"check": [row, cuts], "coding": [shot], "allowed": {"camera": ["static", "pan left"]}}
    work.values["sample"] = str(work.page_dir / "draw-1")
    with pytest.raises(PageError):
        work.judge("Ada")
    work.mark("1", 1, 2)
    work.values["which"] = {"1": [1]}
    work.label("1", "pan left")
    with pytest.raises(PageError):
        work.judge(" ")
    shown = report_view.sample(Say("ko"), work, told)
    assert shown.count("data-find=") == 2
    assert shown.count('aria-pressed="true"') == 1
    assert 'value="2"' in shown
    assert '"pan left" selected' in shown
    assert "왼쪽 팬" in shown
    assert "0:01:01.50" in shown
    rate = {"value": 0.5, "low": 0.3, "high": 0.7, "of": 4, "clusters": 2}
    rates = report_view.rates(
        Say("en"),
        {"rates": [{"coder": "<Ada>", "kind": "people", "checked": 2, "precision": rate,
                    "recall": {**rate, "value": None}}],
         "agreement": [{"measure": "camera", "shots": 3, "coders": 2, "alpha_among_coders": 0.743,
                        "alpha_with_machine": None, "machine_right": rate}]},
    )  # fmt: skip
    assert "50.0 %" in rates
    assert "30.0 – 70.0" in rates
    assert "0.743" in rates
    assert "&lt;Ada&gt;" in rates


def test_people_are_shown_with_what_can_be_decided(page, tmp_path):
    work = page.studio.makings.fresh("people", "", "", "people", tmp_path / "people")
    assert isinstance(work, PeopleWork)
    track = {"track": 4, "shot": 0, "start_s": 1.0, "end_s": 2.0, "picture": "4.jpg"}
    person = {"label": "Ada", "name": "Ada", "told": False, "distance": 0.3, "seconds": 1.0,
              "share": 0.1, "tracks": [track], "picture": "a.jpg"}  # fmt: skip
    stranger = {**person, "label": "Person 1", "name": None, "distance": None, "picture": ""}
    voice = {"speaker": "S1", "name": "", "spans": [[1, 2]], "seconds": 1.0,
             "proposed": {"name": "Ada", "known": True, "score": 0.6}}  # fmt: skip
    unnamed = {
        **voice,
        "speaker": "S2",
        "proposed": {"name": "Person 1", "known": False, "score": 1},
    }
    told = {"duration_s": 10.0, "people": [person, stranger], "voices": [voice, unnamed]}
    work.values["folder"] = "look-1"
    shown = people_view.persons(Say("en"), work, told, ["Ada"])
    assert shown.count('data-act="reject"') == 1, "a stranger has no name to take back"
    assert shown.count('data-act="merge"') == 2
    assert "left:10.000%;width:10.000%" in shown
    assert f"/studio/makings/{work.id}/stills/look-1/4.jpg" in shown
    heard = people_view.voices(Say("en"), told, ["Ada"])
    assert heard.count('data-act="accept"') == 1
    assert Say("en")("people.voice.name_first") in heard
    known = people_view.known(Say("ko"), [("지단/<b>", 0.5, ["a.jpg", "b.jpg"])], 7)
    assert "/studio/known/%EC%A7%80%EB%8B%A8%2F%3Cb%3E/1?7" in known


def test_an_accepted_voice_is_known_by_when_it_speaks(tmp_path):
    """A later run numbers the voices the other way round."""

    def turn(start, end, speaker):
        return Turn(Fraction(start), Fraction(end), speaker, 1.0)

    first = [turn(0, 4, "S1"), turn(4, 6, "S2"), turn(6, 9, "S1")]
    voices.tell_voice(tmp_path, "ab", "Ada", [t for t in first if t.speaker == "S1"])
    assert voices.heard_as(tmp_path, "ab", first) == {"S1": "Ada"}
    later = [turn(0, 3, "S2"), turn(4, 7, "S1"), turn(7, 9, "S2")]
    assert voices.heard_as(tmp_path, "ab", later) == {"S2": "Ada"}
    assert voices.heard_as(tmp_path, "cd", first) == {}
    with pytest.raises(RequestError):
        voices.tell_voice(tmp_path, "ab", "Person 3", first)


def test_a_curve_over_a_film_and_what_was_chosen(page, tmp_path):
    path = tmp_path / "importance.csv"
    rows = "".join(f"{n},{25 * n},{n / 1000:.4f},{1 - n / 1000:.4f},0\n" for n in range(1000))
    path.write_text("seconds,frame,importance,attention,in_summary\n" + rows)
    curve = summary_view.read_curve(path)
    assert curve is not None
    assert np.allclose(curve.importance, np.arange(1000) / 1000, atol=1e-4)
    clip = {"at_s": 0.0, "seconds": 5.0, "start_s": 250.0, "end_s": 255.0, "start_frame": 6250,
            "end_frame": 6375, "why": ["<sharp>"], "picture": "clip-01.jpg"}  # fmt: skip
    shown = summary_view.drawing(Say("en"), curve, [clip], 1000.0)
    assert "left:25.000%;width:0.500%" in shown
    assert "st-attention" in shown
    assert shown.count(",") < 2 * 700 * 2, "as many points as a screen has"
    assert summary_view.read_curve(tmp_path / "gone.csv") is None
    work = page.studio.makings.fresh("summary", "", "", "summary", tmp_path / "out")
    assert isinstance(work, SummaryWork)
    cards = tmp_path / "cards.json"
    cards.write_text('[["0", "clips", "pictures/clip-01.jpg"]]')
    work.settle("make", JobResult({"cards": str(cards), "curve": str(path)}, "", (), {}, {}))
    assert work.results == {"curve": path}
    assert work.cards[0].path == tmp_path / "pictures" / "clip-01.jpg"
    assert "&lt;sharp&gt;" in summary_view.strip(Say("en"), work, [clip], None)


def test_time_codes_are_the_camera_s_where_it_has_them(page, small_clip):
    from studio.media.probe import probe

    info: MediaInfo = probe(small_clip, page.studio.settings)
    assert timecodes(info, (10, 35), (0.4, 1.4)) == "00:00:00:10 – 00:00:01:10"
    assert timecodes(replace(info, timecode="10:00:00:00"), (10, 35), (0, 0)).startswith("10:00:00")
    assert timecodes(None, (10, 35), (0.4, 3661.4)) == "0:00:00.40 – 1:01:01.40"
    assert timecodes(info, (-1, -1), (0.4, 1.4)) == "0:00:00.40 – 0:00:01.40"
    assert clock(59.999) == "0:01:00.00"


def test_every_kind_has_its_acts_words_and_welcome():
    assert {name.split(".")[0] for name in ACTS} >= set(STUDIES)
    for language in ("en", "ko"):
        say = Say(language)
        for name, kind in STUDIES.items():
            assert kind.kind == name
            for key in ("tab", "welcome.title", "welcome.1.text", f"doing.{kind.main}"):
                assert say(f"{name}.{key}")

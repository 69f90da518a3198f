"""What an editor on a screen does to a plan, one edit at a time."""

from dataclasses import replace
from fractions import Fraction

import pytest

from pipelines.subtitles.corrections import Corrections, corrected_cues
from pipelines.subtitles.cues import plan_cues
from pipelines.subtitles.editing import (
    Edited,
    add_cue,
    doubtful_words,
    fix_word,
    name_voice,
    occurrences,
    set_cue,
    trust_word,
    wrapped,
)
from pipelines.subtitles.plan import Made, Source, SubtitlePlan, Track
from pipelines.subtitles.profile import load
from studio.errors import RequestError
from studio.types.subtitles import Cue
from studio.types.timecode import FrameRate
from studio.types.transcript import Transcript, Word

RATE = FrameRate(Fraction(25))
TEXT = "we went to soul in may . soul is large , we like soul and its many people ."


@pytest.fixture
def start():
    """Twenty words, half a second each, with one that was heard wrong three times."""
    words = []
    for n, token in enumerate(TEXT.replace(" .", ".").replace(" ,", ",").split()):
        doubt = 0.3 if token == "soul" else 0.9
        words.append(
            Word(token, Fraction(n, 2), Fraction(n + 1, 2), doubt, "S1" if n < 6 else "S2")
        )
    script = Transcript("en", tuple(words), ((0, 6), (6, len(words))))
    source = Source("film.mp4", "x" * 40, Fraction(10), RATE, (1920, 1080))
    rules = load("netflix-en")
    made = plan_cues(script, rules, RATE)
    track = Track(rules, made.subtitles, made.unmet)
    plan = SubtitlePlan(source, script, {"S1": "", "S2": ""}, (track,), Made((), {}, ()))
    return Edited(plan.as_made(), Corrections())


def text_of(edited):
    return " ".join(" ".join(c.lines) for c in edited.plan.tracks[0].subtitles.cues)


def rules_broken(edited):
    return {(u.cue, u.rule) for u in edited.plan.tracks[0].unmet}


def test_doubtful_words_are_those_of_little_confidence(start):
    words = start.plan.transcript.words
    assert [words[n].text for n in doubtful_words(start.plan)] == ["soul"] * 3


def test_a_word_is_mended_there_or_everywhere_and_the_cues_follow(start):
    first = doubtful_words(start.plan)[0]
    assert occurrences(start.plan, first) == 3
    once = fix_word(start, first, "Seoul", all_of_them=False)
    assert (text_of(once).count("Seoul"), text_of(once).count("soul")) == (1, 2)
    everywhere = fix_word(start, first, "Seoul", all_of_them=True)
    assert text_of(everywhere).count("Seoul") == 3
    assert doubtful_words(everywhere.plan) == ()
    assert text_of(start).count("soul") == 3, "what was before is as it was: an undo"


def test_a_word_that_is_right_is_no_longer_doubted(start):
    first = doubtful_words(start.plan)[0]
    now = trust_word(start, first)
    assert len(doubtful_words(now.plan)) == 2
    assert text_of(now) == text_of(start)
    with pytest.raises(RequestError, match="empty"):
        fix_word(start, first, " ", all_of_them=True)


def test_an_edited_cue_stays_as_typed_when_words_are_mended(start):
    cue = start.plan.tracks[0].subtitles.cues[0]
    typed = replace(cue, lines=("We went to soul", "by train"), end=cue.end + 1)
    now = set_cue(start, 0, 0, typed)
    assert now.plan.tracks[0].subtitles.cues[0] == typed
    now = fix_word(now, doubtful_words(now.plan)[0], "Seoul", all_of_them=True)
    assert now.plan.tracks[0].subtitles.cues[0].lines == ("We went to Seoul", "by train")


def test_what_an_edit_breaks_is_measured_at_once(start):
    cue = start.plan.tracks[0].subtitles.cues[0]
    assert not rules_broken(start)
    long = set_cue(start, 0, 0, replace(cue, lines=("x" * 60,)))
    assert (0, "line_length") in rules_broken(long)
    assert rules_broken(set_cue(long, 0, 0, cue)) == set()


def test_cues_are_added_moved_and_taken_away_and_a_new_run_knows(start):
    made = start.plan.tracks[0].subtitles
    now = add_cue(start, 0, Cue(Fraction(21, 2), Fraction(12), ("[door]",), kind="sound"))
    now = set_cue(now, 0, 0, None)
    moved = replace(now.plan.tracks[0].subtitles.cues[0], end=Fraction(100, 25))
    now = set_cue(now, 0, 0, moved)
    cues = now.plan.tracks[0].subtitles.cues
    assert [c.start for c in cues] == sorted(c.start for c in cues)
    assert corrected_cues(made, now.corrections)[0].cues == cues


@pytest.mark.parametrize(
    "change",
    [{"end": Fraction(0)}, {"start": Fraction(-1)}, {"lines": ()}, {"lines": (" ",)}],
)
def test_impossible_cues_are_refused(change, start):
    cue = start.plan.tracks[0].subtitles.cues[0]
    with pytest.raises(RequestError):
        set_cue(start, 0, 0, replace(cue, **change))


def test_a_name_goes_to_its_voice(start):
    last = start.plan.tracks[0].subtitles.cues[-1]
    edited = set_cue(start, 0, -1, replace(last, lines=("Typed by hand.",)))
    now = name_voice(edited, "S2", " 민수 ")
    assert now.plan.tracks[0].subtitles.cues[-1].speaker == "민수", "an edited cue's voice too"
    again = name_voice(now, "S2", "지우")
    assert {c.speaker for c in again.plan.tracks[0].subtitles.cues} == {"S1", "지우"}
    assert now.plan.names == {"S1": "", "S2": "민수"}
    assert {c.speaker for c in now.plan.tracks[0].subtitles.cues} == {"S1", "민수"}


def test_typed_text_is_broken_into_lines_but_not_rewritten(start):
    track = start.plan.tracks[0]
    long = "We went to Seoul by the early morning train in May"
    assert len(wrapped(track, long)) == 2
    assert " ".join(wrapped(track, long)) == long
    assert wrapped(track, "one\n two ") == ("one", "two")
    assert wrapped(track, 'He said "5 of 7" twice') == ('He said "5 of 7" twice',)

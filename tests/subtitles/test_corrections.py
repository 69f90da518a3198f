"""What a person decided, over whatever a later run finds."""

from dataclasses import replace
from fractions import Fraction

import pytest

from pipelines.analysis.word_corrections import (
    WordEdit,
    corrected_words,
    keep_words,
    known_words,
    made_by,
    words_file,
)
from pipelines.subtitles.corrections import (
    Corrections,
    CueEdit,
    corrected_cues,
    named,
)
from pipelines.subtitles.edits import cue_edits, everywhere, names_given, word_edits
from studio.archive.decisions import read_decisions, write_decisions
from studio.errors import RequestError
from studio.types.subtitles import Cue, Subtitles
from studio.types.transcript import Transcript, Word

HALF = Fraction(1, 2)


def script(text, speakers="", shift=Fraction(0)):
    """Half a second a word; ``speakers`` has a digit a word."""
    words = tuple(
        Word(
            token,
            n * HALF + shift,
            (n + 1) * HALF + shift,
            0.4,
            f"S{speakers[n]}" if speakers else "",
        )
        for n, token in enumerate(text.split())
    )
    return Transcript("en", words, ((0, len(words)),))


def said(transcript):
    return " ".join(word.text for word in transcript.words)


def cue(start, end, *lines, **more):
    return Cue(Fraction(start), Fraction(end), lines, **more)


def track(*cues):
    return Subtitles("en", cues)


# Words


@pytest.mark.parametrize(
    ("now", "wanted"),
    [("Seoul", "to Seoul we go"), ("the soul", "to the soul we go"), ("", "to we go")],
)
def test_a_word_is_replaced_and_stays_so(now, wanted):
    heard = script("to soul we go")
    known = Corrections(words=(WordEdit(HALF, 2 * HALF, "soul", now),))
    once = corrected_words(heard, known.words)
    assert said(once) == wanted
    assert once.sentences == ((0, len(wanted.split())),)
    assert corrected_words(once, known.words) == once, "doing it twice changes nothing"
    times = [(w.start, w.end) for w in once.words]
    assert times == sorted(times) and times[-1][1] == 2


def test_it_holds_when_a_later_run_hears_other_words_at_other_times():
    known = Corrections(words=(WordEdit(HALF, 2 * HALF, "soul", "Seoul"),))
    for text, wanted in [
        ("to sole we go", "to Seoul we go"),
        ("to Seoul we go", "to Seoul we go"),
    ]:
        assert said(corrected_words(script(text, shift=Fraction(1, 10)), known.words)) == wanted
    in_two = Transcript(
        "en",
        (
            Word("so", HALF, 3 * HALF / 2, 0.5),
            Word("ol", 3 * HALF / 2, 2 * HALF, 0.5),
            Word("we", 2 * HALF, 3 * HALF, 0.5),
        ),
        ((0, 3),),
    )
    assert said(corrected_words(in_two, known.words)) == "Seoul we"


def test_a_sentence_that_is_deleted_whole_is_no_sentence():
    heard = replace(script("one two three four"), sentences=((0, 2), (2, 4)))
    known = Corrections(words=(WordEdit(Fraction(0), 2 * HALF, "one two", ""),))
    assert corrected_words(heard, known.words).sentences == ((0, 2),)


def test_edits_of_words_are_told_from_the_difference():
    heard = script("to soul we go")
    edited = list(heard.words)
    edited[1] = replace(edited[1], text="Seoul")
    del edited[3]
    edits = word_edits(heard.words, edited)
    assert [(e.was, e.now) for e in edits] == [("soul", "Seoul"), ("go", "")]
    known = Corrections().with_words(edits)
    assert said(corrected_words(heard, known.words)) == "to Seoul we"


def test_a_later_edit_replaces_the_former():
    first = WordEdit(HALF, 2 * HALF, "soul", "soil")
    second = WordEdit(HALF, 2 * HALF, "soil", "Seoul")
    known = Corrections().with_words([first]).with_words([second])
    assert known.words == (second,)


@pytest.mark.parametrize(
    ("text", "was", "now", "wanted"),
    [
        ("Soul, is soul? (soul) souls", "soul", "Seoul", "Seoul, is Seoul? (Seoul) souls"),
        ("Cat and cat", "cat", "dog", "Dog and dog"),
        ("서울은 서울, 서울특별시 서울에서", "서울", "부산", "부산은 부산, 서울특별시 부산에서"),
        ("it's its", "it's", "it is", "it is its"),
        ("a+b a+b.", "a+b", r"\1", r"\1 \1."),
    ],
)
def test_one_correction_goes_to_all_its_occurrences(text, was, now, wanted):
    heard = script(text)
    known = Corrections().with_words(everywhere(heard.words, was, now))
    assert said(corrected_words(heard, known.words)) == wanted


def test_a_word_mended_everywhere_is_mended_in_edited_cues_too():
    heard = script("the soul of soul")
    edit = CueEdit("en", Fraction(0), Fraction(2), "the soul", cue(0, 2, "The soul,", "of souls"))
    known = Corrections(cues=(edit,)).with_words(everywhere(heard.words, "soul", "Seoul"))
    assert known.cues[0].now.lines == ("The Seoul,", "of souls")


# Names


def test_a_name_follows_the_voice_when_labels_change():
    before = script("a b c d e f", "112211")
    known = Corrections().with_names(names_given(before.words, {"S1": "Ada", "S2": "민수"}))
    after = script("a b c d e f", "221132", shift=Fraction(1, 20))
    assert named(after.words, known) == {"S2": "Ada", "S1": "민수"}


def test_a_second_name_for_a_voice_replaces_the_first():
    words = script("a b c d", "1122").words
    known = Corrections().with_names(names_given(words, {"S1": "Ada"}))
    known = known.with_names(names_given(words, {"S1": "Grace"}))
    assert named(words, known) == {"S1": "Grace"}


def test_a_name_for_nobody_is_refused():
    with pytest.raises(RequestError, match="S9"):
        names_given(script("a b", "12").words, {"S9": "Ada"})


# Cues


def test_edits_of_cues_are_told_from_the_difference_and_survive_other_cues():
    made = track(cue(0, 2, "one"), cue(2, 4, "two"), cue(5, 6, "three"), cue(7, 8, "four"))
    edited = track(
        cue(0, 2, "one"), cue(2, 4, "TWO", "lines"), cue(7, 9, "four"), cue(10, 11, "added")
    )
    edits = cue_edits(made, edited)
    known = Corrections().with_cues(edits)
    assert corrected_cues(made, known)[0] == edited
    # The next run cuts the same speech otherwise.
    other = track(cue(0, 3, "one two"), cue(3, 4, "two"), cue(5, 6, "three"), cue(7, 8, "four"))
    found, notes = corrected_cues(other, known)
    assert [c.text for c in found.cues] == ["one two", "TWO\nlines", "four", "added"]
    assert not notes
    assert "three" not in [c.text for c in found.cues], "it was deleted"
    for before, after in zip(found.cues, found.cues[1:], strict=False):
        assert before.end <= after.start


def test_a_cue_that_must_give_way_is_told():
    known = Corrections(cues=(CueEdit("en", Fraction(0), Fraction(1), "", cue(0, 4, "long")),))
    found, notes = corrected_cues(track(cue(1, 2, "inside"), cue(3, 5, "after")), known)
    assert [(c.text, c.start) for c in found.cues] == [("long", 0), ("after", 4)]
    assert len(notes) == 1 and "inside" in notes[0]


def test_an_edit_of_an_edited_cue_keeps_what_the_studio_made():
    made = track(cue(0, 2, "one"))
    first = track(cue(0, 2, "uno"))
    second = track(cue(0, 2, "un"))
    known = Corrections().with_cues(cue_edits(made, first)).with_cues(cue_edits(first, second))
    assert len(known.cues) == 1
    assert known.cues[0].was == "one"
    assert corrected_cues(made, known)[0] == second


def test_a_cue_added_and_taken_away_leaves_no_trace():
    made, added = track(cue(0, 2, "one")), track(cue(0, 2, "one"), cue(3, 4, "new"))
    known = Corrections().with_cues(cue_edits(made, added)).with_cues(cue_edits(added, made))
    assert known == Corrections()


def test_another_language_s_track_is_left_alone():
    known = Corrections(cues=(CueEdit("ko", Fraction(0), Fraction(2), "one", None),))
    assert corrected_cues(track(cue(0, 2, "one")), known)[0] == track(cue(0, 2, "one"))


# On disk


def test_they_are_kept_and_read_back(tmp_path):
    words = script("a b", "12").words
    known = Corrections(
        tuple(names_given(words, {"S1": "에이다"})),
        (WordEdit(HALF, 2 * HALF, "b", "비"),),
        (CueEdit("en", Fraction(1, 3), Fraction(2), "x", cue(0, 1, "y")),),
    )
    path = tmp_path / "film.corrections.json"
    write_decisions(path, known)
    assert read_decisions(Corrections, path) == known
    assert read_decisions(Corrections, tmp_path / "none.json") == Corrections()


def test_mended_words_are_kept_for_everybody_and_let_go_when_taken_back(tmp_path):
    path = words_file(tmp_path, "f" * 64, 1)
    first, second = WordEdit(HALF, 2 * HALF, "soul", "Seoul"), WordEdit(0 * HALF, HALF, "a", "b")
    keep_words(path, (), (first,))
    keep_words(path, (), (second,))  # from another folder, which knows nothing of the first
    assert known_words(tmp_path, "f" * 64, 1).words == (second, first)
    assert known_words(tmp_path, "f" * 64, 2).words == (), "another stream says other words"
    elsewhere = WordEdit(HALF, 2 * HALF, "Seoul", "soul")
    keep_words(path, (second,), (second, elsewhere))
    assert known_words(tmp_path, "f" * 64, 1).words == (second, elsewhere)
    keep_words(path, (first,), (first,))  # an older folder is written again, unchanged
    kept = known_words(tmp_path, "f" * 64, 1)
    assert kept.words == (second, elsewhere), "the later word holds"
    digest = made_by(tmp_path, "f" * 64)
    assert digest == {"1": kept.made_by["corrected"]}
    keep_words(path, (second, elsewhere), ())
    assert made_by(tmp_path, "f" * 64) == {}


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"words": [{"start": "x"}]}', b"\xff", b"[" * 9999]
)
def test_a_broken_file_is_named_and_left_alone(data, tmp_path):
    path = tmp_path / "film.corrections.json"
    path.write_bytes(data)
    with pytest.raises(RequestError, match=r"film\.corrections\.json"):
        read_decisions(Corrections, path)
    assert path.read_bytes() == data

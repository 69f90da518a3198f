"""The whole way from a file to its subtitles: plan, files, edits that survive, bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines import analysis, subtitles
from pipelines.analysis.word_corrections import WordEdit, corrected_words
from pipelines.subtitles import pipeline as steps
from pipelines.subtitles.corrections import Corrections, bare
from pipelines.subtitles.lint import lint, lint_file
from pipelines.subtitles.options import checked
from pipelines.subtitles.pipeline import plan_path
from pipelines.subtitles.plan import read_plan, write_plan
from pipelines.subtitles.profile import load
from pipelines.subtitles.style import read_style, style_for
from studio import codec
from studio.errors import MediaError, NoSuchMedia, RequestError, StudioError, WeightsMissing
from studio.jobs.job import Job
from studio.media import subtitle_io
from studio.media.probe import frame_times, probe
from studio.models import hub
from studio.settings import Settings
from studio.types.transcript import Transcript
from tests.analysis.spoken import read_wav, two_cities, write_wav
from tests.footage import counted_clip

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("srt", "vtt", "ass", "ttml", "json")


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("subtitles")


@pytest.fixture(scope="session")
def settings(studio_cache):
    return Settings(cache_dir=studio_cache, threads=2)


@pytest.fixture(scope="session")
def sound(home):
    """Twelve seconds of read English."""
    samples, rate_hz = read_wav(two_cities())
    return write_wav(home / "two cities.wav", samples[: 12 * rate_hz], rate_hz)


@pytest.fixture(scope="session")
def film(home, sound):
    """The same under pictures that say their numbers, 23.976 a second."""
    return counted_clip(
        home / "film.mp4",
        280,
        rate="24000/1001",
        before=("-i", sound, "-map", "0", "-map", "1"),
        encode=("-c:v", "libx264", "-c:a", "aac", "-g", "48"),
    )


def run(source, out, settings, **wishes):
    seen = []
    job = Job(settings, on_progress=seen.append)
    wishes.setdefault("speakers", "off")
    result = subtitles.run(source, subtitles.Options(out=out, **wishes), job)
    return result, seen


@pytest.fixture(scope="session")
def first(film, home, settings):
    """A run with everything that needs no other model."""
    return run(film, home / "out", settings, formats=FORMATS, burn_in=True, soft=True)[0]


def names_in(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_everything_is_written_and_nothing_else(first):
    wanted = [f"film.en.{form}" for form in FORMATS]
    wanted += ["film.soft.mp4", "film.subtitled.mp4", "film.subtitles.json"]
    assert names_in(first.plan and first.files["plan"].parent) == sorted(wanted)
    assert set(first.computed) == {"shots", "speech", "sound_events"}


def test_every_file_says_the_same_and_obeys_the_house(first):
    track = first.plan.tracks[0]
    rate = first.plan.source.rate
    excused = {(u.cue, u.rule) for u in track.unmet}
    for form in FORMATS:
        written = subtitle_io.read(first.files[f"en.{form}"])
        assert [c.lines for c in written.cues] == [c.lines for c in track.subtitles.cues], form
        report = lint_file(first.files[f"en.{form}"], track.profile.name, str(rate.fps))
        assert {(v.cue, v.rule) for v in report.violations} <= excused, form
    text = " ".join(" ".join(c.lines) for c in track.subtitles.cues).lower()
    assert "best of times" in text and "age of wisdom" in text


def test_the_cues_stand_in_the_frames_of_their_times(first):
    """The plan's times, the SRT's and the picture's are the same frames."""
    rate = first.plan.source.rate
    for cue in first.plan.tracks[0].subtitles.cues:
        assert (cue.start * rate.fps).denominator == 1
        assert (cue.end * rate.fps).denominator == 1
    after = probe(first.files["burnt"])
    assert len(frame_times(after)) == 280
    shown = sum(
        rate.nearest(c.end) - rate.nearest(c.start) for c in first.plan.tracks[0].subtitles.cues
    )
    assert first.burnt.frames_with_text == shown


def test_what_is_known_is_not_heard_again(first, film, home, settings):
    again, seen = run(film, home / "again", settings)
    assert again.computed == ()
    assert again.plan.tracks == first.plan.tracks, "the same, seed or no seed"
    assert names_in(home / "again") == ["film.en.srt", "film.en.vtt", "film.subtitles.json"]
    assert seen[-1].stage == "done"


def test_a_dry_run_writes_nothing(film, home, settings):
    result, _ = run(film, home / "dry", settings, dry_run=True, burn_in=True)
    assert result.plan.tracks[0].subtitles.cues
    assert not (home / "dry").exists()
    assert "best of times" in subtitles.summarise(result)
    json.dumps(subtitles.describe(result))


def test_sound_alone_is_subtitled_to_the_millisecond(sound, home, settings):
    result, _ = run(sound, home / "sound", settings)
    assert result.plan.source.rate is None
    assert set(result.files) == {"plan", "en.srt", "en.vtt"}


# Edits


def edited(plan):
    """A word mended, a cue rewritten and moved, another dropped."""
    words = list(plan.transcript.words)
    at = next(n for n, w in enumerate(words) if "wisdom" in w.text)
    words[at] = replace(words[at], text=words[at].text.replace("wisdom", "wizards"))
    cues = list(plan.tracks[0].subtitles.cues)
    first = replace(cues[0], lines=("It was a very good time,",))
    track = plan.tracks[0]
    kept = replace(track.subtitles, cues=(first, *cues[1:-1]))
    script = replace(plan.transcript, words=tuple(words))
    return replace(plan, transcript=script, tracks=(replace(track, subtitles=kept),))


def test_an_edited_plan_renders_and_its_edits_survive_a_new_run(first, film, home, settings):
    out = home / "edited"
    run(film, out, settings)
    path = out / "film.subtitles.json"
    dropped = first.plan.tracks[0].subtitles.cues[-1]
    write_plan(path, edited(read_plan(path)))
    result, seen = run([], out, settings, from_plan=path)
    assert not any(step.stage == "analyse" for step in seen), "nothing is heard again"

    def check(result):
        text = result.files["en.srt"].read_text(encoding="utf-8")
        assert "It was a very good time," in text
        assert "wizards" in text and "wisdom" not in text
        assert dropped.text not in text

    check(result)
    assert "corrections" in result.files
    again, _ = run(film, out, settings)
    check(again)
    # And when the plan is lost: the decisions lie apart from it.
    path.unlink()
    check(run(film, out, settings)[0])


def test_a_plan_edited_in_place_is_taken_up_by_the_next_run(film, home, settings):
    out = home / "in-place"
    run(film, out, settings)
    path = out / "film.subtitles.json"
    write_plan(path, edited(read_plan(path)))
    result, _ = run(film, out, settings)
    assert "wizards" in result.files["en.srt"].read_text(encoding="utf-8")
    assert result.plan.made.words == result.plan.transcript.words


def test_words_a_person_mended_stay_when_another_model_hears(home, settings):
    """In noise as loud as the voice the two models hear other words at other times."""
    samples, rate_hz = read_wav(two_cities())
    samples = samples[: 12 * rate_hz]
    noise = np.random.default_rng(1).normal(0, np.sqrt((samples**2).mean()), len(samples))
    noisy = write_wav(home / "noisy.wav", samples + noise.astype(np.float32), rate_hz)
    out = home / "two-models"
    base, _ = run(noisy, out, settings, language="en", speech_model="base")
    plan = base.plan
    # What follows "foolishness" is "It was the epoch of belief"; a person writes it their way.
    heard = [bare(word.text).lower() for word in plan.transcript.words]
    first = heard.index("foolishness") + 4
    last = next(n for n in range(first, len(heard)) if heard[n] == "it")
    words, script = plan.transcript.words, Transcript("en", plan.transcript.words, ())
    edits = [
        WordEdit(words[first].start, words[last - 1].end, "", "époque of belief,"),
        WordEdit(words[first - 8].start, words[first - 8].end, words[first - 8].text, "ages"),
    ]
    said = Corrections().with_words(edits)
    kept = corrected_words(script, said.words).words
    write_plan(
        plan_path(out, noisy), replace(plan, transcript=replace(plan.transcript, words=kept))
    )
    other, _ = run(noisy, out, settings, language="en", speech_model="tiny.en")
    assert "speech" in other.computed, "another model listened"

    def words_of(model, corrected):
        wanted = analysis.Options(("speech",), language="en", speech_model=model)
        found = analysis.run(noisy, replace(wanted, corrected=corrected), Job(settings))
        return found.analysis.speech.transcript.words

    one, two = (words_of(model, corrected=False) for model in ("base", "tiny.en"))
    assert [w.text for w in one] == [w.text for w in words], "what was heard is as it was"
    assert [bare(w.text).lower() for w in one] != [bare(w.text).lower() for w in two]
    mended = {"époque", "ages"}
    assert not mended & {bare(w.text).lower() for w in (*one, *two)}
    # Whoever else asks for the words, a search or a report, is given the mended ones.
    for model in ("base", "tiny.en"):
        assert mended <= {bare(w.text).lower() for w in words_of(model, corrected=True)}
    text = " ".join(" ".join(c.lines) for c in other.plan.tracks[0].subtitles.cues)
    assert "It was the époque of belief" in text and "ages" in text
    # And back: the decisions are still there, and only there.
    again, _ = run(noisy, out, settings, language="en", speech_model="base")
    text = " ".join(" ".join(c.lines) for c in again.plan.tracks[0].subtitles.cues)
    assert "époque of belief" in text and "ages" in text
    # So it is in another folder; and what is taken back is as it was heard.
    elsewhere, _ = run(noisy, home / "elsewhere", settings, language="en", speech_model="base")
    assert "époque of belief" in " ".join(c.text for c in elsewhere.plan.tracks[0].subtitles.cues)
    wanted = subtitles.Options(out=out)
    steps.write(again.plan, Corrections(), wanted, steps.check_options(wanted), Job(settings))
    assert [w.text for w in words_of("base", corrected=True)] == [w.text for w in one]


def test_what_an_edit_breaks_is_listed(film, home, settings):
    out = home / "broken-rules"
    run(film, out, settings)
    path = out / "film.subtitles.json"
    plan = read_plan(path)
    track = plan.tracks[0]
    cues = list(track.subtitles.cues)
    cues[1] = replace(
        cues[1], lines=("A line that is far too long for any house in this world " * 2,)
    )
    subtitles_now = replace(track.subtitles, cues=tuple(cues))
    write_plan(path, replace(plan, tracks=(replace(track, subtitles=subtitles_now),)))
    result, _ = run([], out, settings, from_plan=path)
    broken = {(u.cue, u.rule) for u in result.plan.tracks[0].unmet}
    assert (1, "line_length") in broken


def test_names_given_by_hand_survive(film, home, settings):
    out = home / "names"
    result, _ = run(film, out, settings, speakers="1", names=(("S1", "Charles"),))
    assert result.plan.names == {"S1": "Charles"}
    again, _ = run(film, out, settings, speakers="1")
    assert again.plan.names == {"S1": "Charles"}
    assert "Charles" in (out / "film.en.vtt").read_text(encoding="utf-8")


def test_a_plan_for_another_film_is_refused(first, sound, home, settings):
    with pytest.raises(RequestError, match="not the file"):
        run(sound, home / "other", settings, from_plan=first.files["plan"])
    assert not (home / "other").exists()


def test_a_plan_whose_film_has_gone_writes_text_and_says_what_it_cannot_burn(
    first, home, settings, tmp_path
):
    gone = replace(first.plan, source=replace(first.plan.source, path="/nowhere/film.mp4"))
    write_plan(tmp_path / "film.subtitles.json", gone)
    result, _ = run([], tmp_path / "out", settings, from_plan=tmp_path / "film.subtitles.json")
    assert result.files["en.srt"].exists()
    with pytest.raises(NoSuchMedia, match="not there"):
        run(
            [], tmp_path / "none", settings,
            from_plan=tmp_path / "film.subtitles.json", burn_in=True,
        )  # fmt: skip
    assert not (tmp_path / "none").exists()


# Align and translate


TEXT = """It was the best of times, it was the worst of times,
it was the age of wisdom, it was the age of foolishness,
"""


def test_a_given_text_is_what_is_shown(sound, home, settings, tmp_path):
    short, rate_hz = read_wav(sound)
    clip = write_wav(tmp_path / "short.wav", short[: int(6.2 * rate_hz)], rate_hz)
    (tmp_path / "text.txt").write_text(TEXT.upper(), encoding="utf-8")
    result, _ = run(clip, tmp_path / "out", settings, align=tmp_path / "text.txt")
    shown = " ".join(" ".join(c.lines) for c in result.plan.tracks[0].subtitles.cues)
    assert shown.split() == TEXT.upper().split()


def test_a_translation_obeys_its_own_language_s_rules(fetched, first, film, tmp_path):
    result, _ = run(film, tmp_path / "out", fetched, translate="ko", profile="netflix-en")
    assert [t.subtitles.language for t in result.plan.tracks] == ["en", "ko"]
    korean = result.plan.tracks[1]
    assert korean.profile == load("netflix-ko")
    assert korean.words
    written = subtitle_io.read(result.files["ko.srt"])
    excused = {(u.cue, u.rule) for u in korean.unmet}
    found = lint(written, korean.profile, result.plan.source.rate, result.plan.cuts)
    assert {(v.cue, v.rule) for v in found} <= excused
    assert any("가" <= c <= "힣" for cue in written.cues for c in cue.text)


def test_a_translation_without_its_model_names_the_command_before_hearing(
    film, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    with pytest.raises(WeightsMissing, match="not fetched") as caught:
        run(film, tmp_path / "out", settings, translate="ko")
    assert "studio models fetch m2m100-418m" in caught.value.hint
    assert not (tmp_path / "out").exists()


# Bad input


def glossary(tmp_path, text):
    (tmp_path / "g.csv").write_text(text, encoding="utf-8")
    return {"glossary": tmp_path / "g.csv", "translate": "ko"}


def style(tmp_path, text):
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    return {"style": tmp_path / "s.toml", "burn_in": True}


def align(tmp_path, name, text):
    (tmp_path / name).write_bytes(text)
    return {"align": tmp_path / name}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda p: {"profile": "nexflix"}, "no profile 'nexflix'"),
        (lambda p: {"formats": ("stl",)}, "--format stl"),
        (lambda p: {"formats": ()}, "--format"),
        (lambda p: {"language": "English"}, "--language English"),
        (lambda p: {"translate": "auto"}, "--translate"),
        (lambda p: {"speakers": "many"}, "--speakers many"),
        (lambda p: {"speakers": "²"}, "--speakers"),
        (lambda p: {"names": (("S1", " "),)}, "names nobody"),
        (lambda p: {"glossary": p / "g.csv"}, "glossary is for a translation"),
        (lambda p: glossary(p, "a,b,c\n"), "line 1"),
        (lambda p: style(p, "size = 9"), "size"),
        (lambda p: style(p, "colour = '#fff'"), "colour"),
        (lambda p: style(p, "color = 'red'"), "color"),
        (lambda p: align(p, "t.srt", b"1\n00:00:zz --> 3\nbad\n"), "line 2"),
        (lambda p: align(p, "t.txt", b"\xff\xfe\xff"), "UTF-8"),
        (lambda p: align(p, "t.txt", b" \n--\n"), "no words"),
        (lambda p: align(p, "t.txt", b"Nothing like what is said there at all"), "text"),
        (lambda p: {"from_plan": p / "none.json"}, "cannot be read"),
        (lambda p: {"audio_stream": "9"}, "sound stream 9"),
        (lambda p: {"out": Path("/proc/none")}, "cannot be written"),
        (lambda p: {"out": Path(__file__)}, "is a file"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_met_are_refused_and_nothing_is_written(
    make, told, film, settings, tmp_path
):
    wishes = {"out": tmp_path / "out", **make(tmp_path)}
    with pytest.raises(StudioError) as caught:
        run(film, wishes.pop("out"), settings, **wishes)
    assert told in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def silent_film(folder):
    return counted_clip(folder / "mute.mp4", 25)


def silence(folder):
    return write_wav(folder / "silence.wav", np.zeros(16000 * 5, np.float32), 16000)


def text_file(folder):
    (folder / "film.mp4").write_text("this is no film", encoding="utf-8")
    return folder / "film.mp4"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (silent_film, "no sound"),
        (silence, "Nobody speaks"),
        (text_file, "no media file"),
        (lambda p: p / "none.mp4", "does not exist"),
    ],
)
def test_files_that_cannot_be_subtitled_are_refused(make, told, settings, tmp_path):
    with pytest.raises((RequestError, MediaError)) as caught:
        run(make(tmp_path), tmp_path / "out", settings)
    assert told in caught.value.message
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_sound_file_has_no_picture_to_burn_into(sound, settings, tmp_path):
    for wish in ("burn_in", "soft"):
        with pytest.raises(RequestError, match="no picture"):
            run(sound, tmp_path / "out", settings, **{wish: True})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["tracks"][0]["subtitles"]["cues"][0].update(end="-1"), "ends before"),
        (lambda d: d["tracks"][0]["subtitles"]["cues"][0].update(lines="text"), "lines"),
        (lambda d: d.update(oops=1), "oops"),
        (lambda d: d["tracks"][0]["profile"].update(max_lines=0), "max_lines"),
    ],
)
def test_an_impossible_edit_names_its_place(change, told, first, settings, tmp_path):
    data = codec.to_json(first.plan)
    change(data)
    path = tmp_path / "film.subtitles.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        run([], tmp_path / "out", settings, from_plan=path)
    assert told in caught.value.message and "film.subtitles.json" in caught.value.message


def test_styles_that_come_with_the_studio_are_sound():
    for name in ("netflix-en", "bbc", "social"):
        assert style_for(load(name)).size > 0.05
    assert style_for(load("social")).spoken_color
    assert style_for(load("bbc")).box_color


def test_a_style_gives_what_differs(tmp_path):
    (tmp_path / "s.toml").write_text('font = "NanumGothic"\nsize = 0.1\nbox_color = "#00000080"\n')
    style = read_style(tmp_path / "s.toml")
    assert (style.size, style.box_color, style.margin) == (0.1, "#00000080", 0.05)


def test_options_are_checked_before_anything_else():
    options = subtitles.Options(out=Path("x"), from_plan=Path("p"), align=Path("t"))
    with pytest.raises(RequestError, match="--from-plan"):
        checked(options)


# The command


def command(*arguments, cache):
    return subprocess.run(
        [sys.executable, "-m", "ui", "subtitles", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "STUDIO_CACHE_DIR": str(cache)},
        check=False,
    )


def test_the_command_prints_one_object_and_exits_as_agreed(first, film, settings, tmp_path):
    done = command(
        film, "--out", tmp_path / "out", "--json", "--speakers", "off", cache=settings.cache_dir
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["computed"] == []
    assert Path(said["files"]["en.srt"]).exists()
    bad = command(film, "--out", tmp_path, "--profile", "x", "--json", cache=settings.cache_dir)
    assert bad.returncode == 2
    assert json.loads(bad.stdout)["error"]["kind"] == "RequestError"


def test_a_killed_burn_in_goes_on_without_hearing_again(first, film, settings, tmp_path):
    arguments = [film, "--out", tmp_path / "out", "--speakers", "off", "--burn-in", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "subtitles", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "STUDIO_CACHE_DIR": str(settings.cache_dir)},
    )
    ends = time.monotonic() + 60
    while not list((settings.cache_dir / "renders").glob("subtitles-*/.segment-*")):
        assert process.poll() is None and time.monotonic() < ends
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out" / "film.subtitled.mp4").exists()
    done = command(*arguments, cache=settings.cache_dir)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["computed"] == []
    assert len(frame_times(probe(Path(said["files"]["burnt"])))) == 280

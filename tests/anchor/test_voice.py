"""From a script to sound: silences, loudness, times, and what is said again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines import anchor
from pipelines.anchor.options import Options
from pipelines.anchor.reading import read_text
from pipelines.anchor.script import parse_script
from pipelines.anchor.voice import plan_parts, voiced_line
from studio.archive.store import AnalysisStore
from studio.codec import from_json
from studio.errors import Cancelled, RequestError
from studio.jobs.job import Job
from studio.media import subtitle_io
from studio.media.audio_io import read_audio
from studio.media.loudness import measure_loudness
from studio.models.pool import ModelPool
from studio.types.spoken import SpokenWord, VoiceTrack
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

KOREAN = """# 항구

항구가 오전 7시 30분에 *다시* 열렸습니다. [pause 1.0] 배 14척이 [pause 0.8] 떠났습니다.

내일은 맑겠습니다. [b-roll: 항구]
"""


def _job(pool: ModelPool, folder: Path) -> Job:
    return Job(pool=pool, store=AnalysisStore(folder / "store"))


def _written(folder: Path, text: str, name: str = "news.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _track(result: anchor.Result) -> VoiceTrack:
    return from_json(VoiceTrack, json.loads(result.files["times"].read_text()))


def test_pauses_and_gaps_are_planned_as_one_silence():
    script = parse_script(
        "[pause 2] One two. [pause 0.1] Three [pause 1.5] four.\n\n## B\nFive.", "a"
    )
    readings = {line.id: read_text(line.text, "en") for line in script.lines()}
    parts = plan_parts(script, readings)
    assert [p.text for p in parts] == ["One two.", "Three", "four.", "Five."]
    assert [float(p.before_s) for p in parts] == [2, 0, 0, 0]
    assert [float(p.after_s) for p in parts] == [0.35, 1.5, 0.9, 0.9]


def test_written_words_get_the_times_of_what_is_said_for_them():
    script = parse_script(
        "At 7 p.m. on March 3, 2026 *we* left — all 20% [b-roll: sea] of us.", "a"
    )
    (line,) = script.lines()
    spoken = read_text(line.text, "en").words()
    said = [
        (w, SpokenWord(w.text, Fraction(i), Fraction(i + 1)))
        for i, w in enumerate(w for w in spoken if any(c.isalnum() for c in w.text))
    ]
    voiced = voiced_line(line, said, ())
    assert " ".join(w.text for w in voiced.words) == line.text
    times = {w.text: (float(w.start), float(w.end)) for w in voiced.words}
    assert times["At"] == (0, 1) and times["on"] == (4, 5)
    assert times["7"][0] == 1 and times["p.m."][1] == 4 and times["7"][1] == times["p.m."][0]
    assert times["March"][0] == 5 and times["2026"][1] == 9
    assert times["left —"] == (10, 11), "a dash is said by nobody"
    assert times["20%"] == (12, 14)
    assert [(c.kind, float(c.at)) for c in voiced.cues] == [("b-roll", 14)]


def test_a_korean_script_is_spoken_and_only_what_changed_is_said_again(
    picture_pool, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    options = Options(out=out, stop_after="voice")
    source = _written(tmp_path, KOREAN)
    dry = anchor.run(
        source, Options(out=out, stop_after="voice", dry_run=True), _job(picture_pool, tmp_path)
    )
    assert not out.exists() and dry.voice == "" and dry.duration_s > 5
    first = anchor.run(source, options, _job(picture_pool, tmp_path))
    assert (first.made, first.kept) == (4, 0)
    assert abs(first.duration_s - dry.duration_s) < 0.4 * first.duration_s
    sound = read_audio(first.files["voice"], rate_hz=48_000)
    heard = measure_loudness(sound.samples, 48_000)
    assert abs(heard.integrated_lufs + 23) < 0.2 and heard.true_peak_dbtp <= -1
    assert abs(float(sound.duration) - first.duration_s) < 0.001

    track = _track(first)
    words = [w for line in track.lines for w in line.words]
    assert " ".join(w.text for w in words) == (
        "항구가 오전 7시 30분에 다시 열렸습니다. 배 14척이 떠났습니다. 내일은 맑겠습니다."
    )
    assert next(w.read for w in words if w.text == "7시") == "일곱 시"
    # Silence where a pause is written, sound where words are.
    times = {w.text: w for w in words}
    for before, after, seconds in (("열렸습니다.", "배", 1.0), ("14척이", "떠났습니다.", 0.8)):
        start, end = float(times[before].end), float(times[after].start)
        assert seconds <= end - start < seconds + 0.15
        quiet = sound.samples[0, round((start + 0.08) * 48_000) : round((end - 0.08) * 48_000)]
        assert np.abs(quiet).max() < 10 ** (-60 / 20)
    for word in words:
        said = sound.samples[0, round(word.start * 48_000) : round(word.end * 48_000)]
        assert np.sqrt(np.mean(said**2)) > 10 ** (-45 / 20), word
    assert [c.kind for line in track.lines for c in line.cues] == ["b-roll"]

    cues = subtitle_io.read(first.files["srt"]).cues
    shown = re.sub(r"[.\s]", "", "".join(c.text for c in cues))  # the house shows no full stops
    assert shown == re.sub(r"[.\s]", "", "".join(w.text for w in words))

    # The same again says nothing anew and gives the same file; an edited reading one stretch.
    before = first.files["voice"].read_bytes()
    second = anchor.run(source, options, _job(picture_pool, tmp_path))
    assert (second.made, second.kept) == (0, 4) and second.files["voice"].read_bytes() == before
    sheet = first.files["reading"]
    text = sheet.read_text().splitlines()
    row = text[-1].split("\t")
    row[1], row[2], row[3] = "내일은 맑겠습니다.", "내일은 아주 맑겠습니다.", "내일은 맑겠습니다."
    sheet.write_text("\n".join([*text[:-1], "\t".join(row)]) + "\n")
    third = anchor.run(source, options, _job(picture_pool, tmp_path))
    assert (third.made, third.kept) == (1, 3) and len(third.readings.edited) == 1
    assert _track(third).lines[-1].words[-1].text == "맑겠습니다."
    assert "아주" not in third.files["srt"].read_text(), "subtitles keep the written text"
    assert "아주" in sheet.read_text()
    # A damaged part is said again, not believed.
    part = next((out / "voice-parts").glob("*.npz"))
    part.write_bytes(part.read_bytes()[:-100])
    assert anchor.run(source, options, _job(picture_pool, tmp_path)).made <= 1
    # The edited plan is a script as well.
    plan = _written(tmp_path, first.files["script"].read_text(), "script.json")
    again = anchor.run(plan, options, _job(picture_pool, tmp_path))
    assert again.made == 0 and again.script.digest == first.script.digest


def test_an_emphasised_word_is_louder(picture_pool, tmp_path):
    levels = []
    for number, text in enumerate(("바다가 아주 맑습니다.", "바다가 *아주* 맑습니다.")):
        options = Options(
            out=tmp_path / "out", stop_after="voice"
        )  # one folder: one sound for both
        result = anchor.run(_written(tmp_path, text), options, _job(picture_pool, tmp_path))
        assert result.made == 1 - number
        sound = read_audio(result.files["voice"], rate_hz=48_000).samples[0]
        words = {w.text: w for line in _track(result).lines for w in line.words}
        rms = [
            np.sqrt(np.mean(sound[round(w.start * 48_000) : round(w.end * 48_000)] ** 2))
            for w in (words["아주"], words["맑습니다."])
        ]
        levels.append(20 * np.log10(rms[0] / rms[1]))
    assert 2 < levels[1] - levels[0] < 3.5


def test_a_run_that_was_stopped_goes_on_where_it_was(picture_pool, tmp_path):
    path = _written(tmp_path, "하나입니다. 둘입니다. 셋입니다.")
    options = Options(out=tmp_path / "out", stop_after="voice")

    def stop(progress):
        if progress.stage == "voice" and 0.5 < progress.share < 1:
            job.cancel()

    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"), on_progress=stop)
    with pytest.raises(Cancelled):
        anchor.run(path, options, job)
    assert not (tmp_path / "out" / "voice.wav").exists()
    result = anchor.run(path, options, _job(picture_pool, tmp_path))
    assert result.kept >= 2 and result.made == 3 - result.kept


def test_what_stops_a_run(picture_pool, tmp_path):
    job = _job(picture_pool, tmp_path)
    path = _written(tmp_path, "Hello there.")
    out = tmp_path / "out"
    for options, said in (
        (Options(out, voice="alto"), "no voice alto"),
        (Options(out, voice="piper-joe", language="ko"), "does not speak ko"),
        (Options(out, speed=3), "--speed"),
        (Options(out, loudness_lufs=0), "--loudness"),
        (Options(out, stop_after="picture"), "--stop-after"),
        (Options(out, language="fr"), "--language"),
        (Options(path), "is a file"),
        (Options(out, lexicon=tmp_path / "none.toml"), "none.toml"),
        (Options(out, sources=(tmp_path / "none.txt",)), "none.txt"),
    ):
        with pytest.raises(RequestError, match=re.escape(said)):
            anchor.run(path, options, job)
    assert not out.exists()
    job.cancel()
    with pytest.raises(Cancelled):
        anchor.run(path, Options(out, stop_after="voice"), job)


def test_the_command_checks_figures_and_writes_nothing_when_dry(tmp_path):
    path = _written(tmp_path, "# News\n\nSome 1.3 million came.")
    source = _written(tmp_path, "1,200,000 visitors", "source.txt")
    command = ["anchor", path, "--source", source, "--dry-run", "--json"]
    command += ["--out", tmp_path / "out"]
    script = "import sys; from ui.cli import main; sys.argv = ['studio', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", script, *map(str, command)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    data = json.loads(said.stdout)
    (figure,) = data["check"]["unverified"]
    assert (figure["written"], figure["source_line"]) == ("1.3 million", 3)
    assert data["readings"][0]["read"] == "Some one point three million came."
    assert len(data["digest"]) == 64 and not (tmp_path / "out").exists()
    path.write_text("Hi [brol: x].", encoding="utf-8")
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "news.md:1:4" in json.loads(failed.stdout)["error"]["message"]

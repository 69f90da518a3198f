"""Hearing held against what is known: words, their times, silence, a run that was killed."""

from __future__ import annotations

import difflib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import pytest

from pipelines import analysis
from pipelines.analysis.hearing_journal import HeardBatch, HearingJournal
from pipelines.analysis.options import Options
from pipelines.analysis.speech import analyse_speech
from studio.adapters import silero, whisper
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.audio_io import read_audio
from studio.media.probe import probe
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.transcript import Word
from tests.analysis.dialogue import RATE_HZ, Said, applause, band, converse, under
from tests.analysis.spoken import ASK_NOT, TWO_CITIES, read_wav, two_cities, words_of, write_wav
from tests.footage import ffmpeg, package_file, shared_media

ROOT = Path(__file__).resolve().parents[2]
FAIL_BETTER = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
SENTENCES = (
    "The ship sailed slowly out of the harbour while the children waved from the wall.",
    "Nobody knew why the old clock had stopped, but everyone remembered the hour.",
    "Please bring the blue folder, the red pen and a cup of strong coffee.",
    "After the storm the road was blocked by trees, so we walked the last three miles.",
    "Perhaps we should begin again from the very first page.",
)


@pytest.fixture(scope="module")
def job(studio_cache: Path) -> Job:
    return Job(Settings(cache_dir=studio_cache, device="cpu"))


@pytest.fixture(scope="module")
def pool(job: Job) -> ModelPool:
    return job.pool


def heard(path: Path, pool: ModelPool, **options: str) -> tuple[Word, ...]:
    speech, _ = analyse_speech(probe(path), pool, Options(**options))
    assert speech.transcript is not None
    return speech.transcript.words


# Words


def error_rate(words: Sequence[Word], text: str) -> float:
    """Word error rate; both sides in lower case without punctuation, nothing else changed."""
    said = " ".join(words_of(text))
    return float(jiwer.wer(said, " ".join(words_of(" ".join(word.text for word in words)))))


@pytest.mark.parametrize("model", ["base", "tiny.en"])
def test_read_texts_are_heard_with_few_errors(pool, model):
    pairs = [
        (two_cities(), TWO_CITIES),
        (package_file("moonshine-voice", "beckett.wav"), FAIL_BETTER),
    ]
    for path, text in pairs:
        words = heard(path, pool, speech_model=model, language="en")
        assert error_rate(words, text) <= 0.05, (path.name, model)


@pytest.mark.parametrize("model", ["base", "tiny.en"])
def test_a_recorded_speech_is_heard_with_few_errors(pool, model):
    words = heard(shared_media("speech_jfk.flac"), pool, speech_model=model, language="en")
    assert error_rate(words, ASK_NOT) <= 0.05


# Times


@pytest.fixture(scope="module")
def made() -> tuple[np.ndarray, list[Said]]:
    return converse([(i % 2, text) for i, text in enumerate(SENTENCES)])


def start_errors_s(words: Sequence[Word], said: Sequence[Said]) -> np.ndarray:
    """How far the starts of the words that were heard right are off, in seconds."""
    mine, theirs = ([words_of(word.text) for word in side] for side in (words, said))
    blocks = difflib.SequenceMatcher(
        None, list(map(str, mine)), list(map(str, theirs)), autojunk=False
    ).get_matching_blocks()
    return np.array(
        [
            float(words[i + k].start) - said[j + k].start_s
            for i, j, count in blocks
            for k in range(count)
        ]
    )


@pytest.mark.parametrize("below_db", [None, pytest.param(15.0, marks=pytest.mark.slow)])
def test_words_begin_when_they_are_said(pool, made, tmp_path, below_db):
    sound, said = made
    mixed = sound if below_db is None else under(sound, band(20), below_db)
    words = heard(write_wav(tmp_path / "made.wav", mixed, RATE_HZ), pool, language="en")
    off_s = np.abs(start_errors_s(words, said))
    assert len(off_s) >= 0.9 * len(said)
    assert np.median(off_s) <= 0.080 and np.percentile(off_s, 95) <= 0.250


# Nothing is made up


def noises(seconds: float) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    count = int(seconds * RATE_HZ)
    white = random.normal(0, 0.05, count).astype(np.float32)
    brown = np.convolve(white, np.ones(64) / 16, "same").astype(np.float32)
    return {
        "silence": np.zeros(count, np.float32),
        "white noise": white,
        "brown noise": brown,
        "music": np.resize(band(min(seconds, 32.0)), count),
        "applause": np.resize(applause(min(seconds, 20.0)), count),
    }


def assert_nothing_said(pool: ModelPool, folder: Path, seconds: float) -> None:
    for name, sound in noises(seconds).items():
        path = write_wav(folder / f"{name}.wav", sound, RATE_HZ)
        speech, _ = analyse_speech(probe(path), pool, Options())
        assert speech.transcript is not None
        assert speech.transcript.words == (), name


def test_where_nobody_speaks_no_word_is_written(pool, tmp_path):
    assert_nothing_said(pool, tmp_path, 60)


@pytest.mark.slow
def test_ten_minutes_without_speech_give_no_word(pool, tmp_path):
    assert_nothing_said(pool, tmp_path, 600)


# Which sound, which model


@pytest.fixture(scope="module")
def two_streams(tmp_path_factory) -> Path:
    """A film with English speech in one sound stream and silence, tagged Korean, as default."""
    path = tmp_path_factory.mktemp("streams") / "film.mkv"
    ffmpeg(
        *("-f", "lavfi", "-i", "color=gray:s=64x64:r=25:d=5"),
        *("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono"),
        *("-t", "5", "-ss", "1", "-i", two_cities()),
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-t", "5", "-c:v", "libx264"),
        *("-c:a", "flac", "-metadata:s:a:0", "language=kor", "-metadata:s:a:1", "language=eng"),
        *("-disposition:a:0", "default", "-disposition:a:1", "0", path),
    )
    return path


@pytest.mark.slow
def test_one_of_several_sounds_is_chosen_by_number_or_language(two_streams, job):
    def text(audio_stream: str) -> str:
        options = Options(only=("speech",), speech_model="tiny.en", audio_stream=audio_stream)
        speech = analysis.run(two_streams, options, job).analysis.speech
        assert speech is not None and speech.transcript is not None
        return " ".join(word.text for word in speech.transcript.words)

    assert text("") == text("1") == text("ko") == text("kor") == ""
    assert "best of times" in text("2") and text("2") == text("en") == text("eng")
    with pytest.raises(RequestError, match="'fr'") as refused:
        text("fr")
    assert "2 (eng)" in refused.value.hint
    with pytest.raises(RequestError, match="stream 7"):
        text("7")


def test_a_model_is_named_as_in_the_catalogue(pool):
    path = package_file("moonshine-voice", "beckett.wav")
    _, notes = analyse_speech(probe(path), pool, Options(speech_model="tiny.en"))
    assert any("whisper-tiny-en" in note for note in notes)
    with pytest.raises(RequestError, match="enormous") as refused:
        analyse_speech(probe(path), pool, Options(speech_model="enormous"))
    assert "base" in refused.value.hint and "tiny-en" in refused.value.hint


# A run that ends too early

_RUN = """
import sys
from pathlib import Path
from pipelines import analysis
from studio.jobs.job import Job
from studio.settings import Settings
options = analysis.Options(only=("speech",), language="en", speech_model="tiny.en")
job = Job(Settings(cache_dir=Path(sys.argv[2]), device="cpu"))
print(len(analysis.run(Path(sys.argv[1]), options, job).computed), flush=True)
"""


def test_what_was_heard_before_a_kill_is_not_heard_again(tmp_path, monkeypatch):
    samples, rate = read_wav(two_cities())
    sound = np.concatenate([samples] * 3)
    path, cache = write_wav(tmp_path / "long.wav", sound, rate), tmp_path / "cache"
    command = [sys.executable, "-c", _RUN, str(path), str(cache)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    known: list[HeardBatch] = []
    deadline = time.monotonic() + 180
    try:
        while not known and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
            for journal in cache.glob("analyses/*/speech-*.journal"):
                known = list(HearingJournal(journal).batches())
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert running.returncode == -signal.SIGKILL, "it was to be killed in the middle"
    assert known and not list(cache.glob("analyses/*/*.npz"))

    heard_s: list[float] = []
    listened: list[int] = []
    transcribe, feed = whisper.Whisper.transcribe, silero.VoiceStream.feed

    def watched(self, windows, language):
        heard_s.extend(len(window) / whisper.RATE_HZ for window in windows)
        return transcribe(self, windows, language)

    def overheard(self, samples):
        listened.append(len(samples))
        return feed(self, samples)

    monkeypatch.setattr(whisper.Whisper, "transcribe", watched)
    monkeypatch.setattr(silero.VoiceStream, "feed", overheard)
    options = Options(only=("speech",), language="en", speech_model="tiny.en")
    result = analysis.run(path, options, Job(Settings(cache_dir=cache, device="cpu")))
    speech = result.analysis.speech
    assert speech is not None and speech.transcript is not None
    whole_s = float(sum(r.duration for r in speech.ranges))
    first_again_s = float(known[0].sentences[-1][-1].end)
    assert heard_s and sum(heard_s) < len(sound) / rate - first_again_s + 2, (heard_s, whole_s)
    assert sum(listened) == 0, "where the voice is was known"
    assert error_rate(speech.transcript.words, " ".join([TWO_CITIES] * 3)) <= 0.05
    assert any("earlier run" in note for note in result.analysis.notes)
    assert not list(cache.glob("analyses/*/*.journal")) and list(cache.glob("analyses/*/*.npz"))


def test_a_journal_that_was_cut_short_counts_up_to_the_tear(tmp_path):
    journal = HearingJournal(tmp_path / "j" / "speech.journal")
    assert journal.voice() is None and list(journal.batches()) == []
    p = np.linspace(0, 1, 50, dtype=np.float32)
    journal.write_voice(p)
    batches = [
        HeardBatch(n, 2, ((n * 10.0, n * 10.0 + 9),), ((Word("so", 1, 2, 0.5),),), (), {}, {})
        for n in (0, 2, 4)
    ]
    for batch in batches[:2]:
        journal.write(batch)
    path = tmp_path / "j" / "speech.journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert [b.first for b in journal.batches()] == [0]
    journal.write(batches[2])  # does not follow on what is left
    assert [b.first for b in journal.batches()] == [0]
    journal.write(batches[1])
    assert [b.first for b in journal.batches()] == [0, 2]
    again = journal.voice()
    assert again is not None and np.array_equal(again, p)
    journal.discard()
    assert not path.exists() and not list(path.parent.iterdir())


_PEAK = """
import re, sys
from pathlib import Path
from pipelines import analysis
from studio.jobs.job import Job
from studio.settings import Settings
options = analysis.Options(
    only=("speech", "speakers", "sound_events"), language="en", speech_model="tiny.en")
job = Job(Settings(cache_dir=Path(sys.argv[2]), device="cpu"))
found = analysis.run(Path(sys.argv[1]), options, job).analysis
# Not ru_maxrss: that begins with what the process had that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(peak.group(1), len(found.speech.transcript.words))
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hours_take_no_more_memory_than_ten_minutes(tmp_path):
    spoken = read_audio(two_cities(), rate_hz=RATE_HZ, mono=True).samples[0]
    made = converse([(i % 2, text) for i, text in enumerate(SENTENCES)])[0]
    hush = np.zeros(200 * RATE_HZ, np.float32)
    loop = np.concatenate([spoken, hush, made, hush])
    peaks = {}
    for minutes in (10, 120):
        path = tmp_path / f"{minutes}.wav"
        write_wav(path, np.resize(loop, minutes * 60 * RATE_HZ), RATE_HZ)
        command = [sys.executable, "-c", _PEAK, str(path), str(tmp_path / "cache")]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        kilobytes, words = map(int, said.stdout.split())
        peaks[minutes] = kilobytes / 1024
        assert words > minutes * 15
    assert peaks[120] < peaks[10] + 100, f"MiB at the peak: {peaks}"

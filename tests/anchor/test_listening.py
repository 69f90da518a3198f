"""The project's scripts spoken whole, and heard again by Whisper."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jiwer
import numpy as np
import pytest

from pipelines import anchor
from pipelines.anchor.consents import ConsentRegister, consent_of
from pipelines.anchor.options import Options
from pipelines.anchor.reading import read_text
from studio.adapters import whisper
from studio.archive.store import AnalysisStore
from studio.codec import from_json
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.audio_io import read_audio
from studio.settings import Settings
from studio.types.spoken import VoiceTrack
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "scripts"
RATE_HZ = 16_000


def _plain(text: str, language: str) -> str:
    read = read_text(text, language).read.lower().replace("-", " ")
    words = re.sub(r"[^\w\s]", " ", read).split()
    return ("" if language == "ko" else " ").join(words)


@pytest.mark.slow
def test_a_recording_is_set_to_its_script(picture_pool, tmp_path):
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", device="cpu")
    job = Job(settings, pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    script = tmp_path / "news.md"
    script.write_text(
        "The port reopened at 7:30 a.m. on Friday. [b-roll: sea] Repairs cost about $1.2 million. "
        "[pause 1.0] Nobody was hurt, the harbour master said."
    )
    made = anchor.run(script, Options(out=tmp_path / "made", stop_after="voice"), job)
    leave = consent_of(
        made.files["voice"], person="a made voice", recorded_by="Kim", kind="artwork",
        purposes=("voice",), statement="Nobody spoke it.",
    )  # fmt: skip
    ConsentRegister(job.settings).add(leave)
    options = Options(
        out=tmp_path / "taken",
        voice_over=made.files["voice"],
        loudness_lufs=-16,
        stop_after="voice",
    )
    taken = anchor.run(script, options, job)
    assert taken.voice == "recording voice.wav" and abs(taken.loudness_lufs + 16) < 0.3
    ours, theirs = (
        from_json(VoiceTrack, json.loads(result.files["times"].read_text()))
        for result in (made, taken)
    )
    words = [[w for line in track.lines for w in line.words] for track in (ours, theirs)]
    assert [w.text for w in words[0]] == [w.text for w in words[1]]
    apart = [abs(float(a.start - b.start)) for a, b in zip(*words, strict=True)]
    assert np.median(apart) < 0.12 and max(apart) < 0.6
    assert [c.kind for line in theirs.lines for c in line.cues] == ["b-roll"]
    for line in theirs.lines:
        assert line.phonemes and all(p.start <= p.end <= line.end for p in line.phonemes)
    script.write_text("Whales sing in the deep of the ocean, as everybody has always known.")
    with pytest.raises(RequestError, match="not what is said"):
        anchor.run(script, options, job)


# eSpeak's Korean is robotic: 14 lines of a bulletin, of which Whisper base loses itself in some.
@pytest.mark.slow
@pytest.mark.parametrize(
    "language, seconds, most_wrong", [("en", (100, 140), 0.18), ("ko", (50, 90), None)]
)
def test_a_whole_segment_is_understood(picture_pool, tmp_path, language, seconds, most_wrong):
    job = Job(pool=picture_pool, store=AnalysisStore(tmp_path / "store"))
    script = SCRIPTS / f"harbour.{language}.md"
    result = anchor.run(script, Options(out=tmp_path / "out", stop_after="voice"), job)
    assert seconds[0] < result.duration_s < seconds[1]
    track = from_json(VoiceTrack, json.loads(result.files["times"].read_text()))
    sound = read_audio(result.files["voice"], rate_hz=RATE_HZ).samples[0]
    said, heard, offsets = [], [], []
    spec = whisper.SPEC_ENGLISH if language == "en" else whisper.SPEC
    with picture_pool.lease(spec) as model:
        for line in track.lines:
            first = max(round((float(line.start) - 0.15) * RATE_HZ), 0)
            piece = sound[first : round((float(line.end) + 0.2) * RATE_HZ)]
            (found,) = model.transcribe([piece], language)
            said.append(_plain(" ".join(w.text for w in line.words), language))
            heard.append(_plain(" ".join(w.text for w in found.words), language))
            (aligned,) = model.align([piece], [[w.text for w in line.words]], language)
            offsets += [
                a.start_s + first / RATE_HZ - float(w.start)
                for a, w in zip(aligned, line.words, strict=True)
            ]
    assert np.median(np.abs(offsets)) < 0.12, "an aligner finds the words where they are said"
    if most_wrong is not None:
        assert jiwer.wer(said, heard) < most_wrong
    else:  # per line, as one line can hallucinate without end
        rates = sorted(min(jiwer.cer(a, b), 1.0) for a, b in zip(said, heard, strict=True))
        print(f"character errors of the lines: {[round(r, 2) for r in rates]}")
        assert rates[0] < 0.3

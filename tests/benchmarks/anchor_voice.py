"""What can be measured of a segment's voice without ears: ``-m tests.benchmarks anchor_voice``.

Of the project's own scripts, or their first lines: loudness and true peak, clicks where stretches
begin and end, silences against those that were planned, the hidden mark, and how many words
Whisper hears otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

SCRIPTS = {"en": "harbour.en.md", "ko": "harbour.ko.md"}
_RATE_HZ = 48_000


def _edges(samples: np.ndarray) -> list[int]:
    """Where sound begins after, or ends before, at least 50 ms of silence."""
    loud = np.flatnonzero(np.abs(samples) > 3e-4)
    gaps = np.flatnonzero(np.diff(loud) > 0.05 * _RATE_HZ)
    return [int(loud[0]), *(int(i) for g in gaps for i in (loud[g], loud[g + 1])), int(loud[-1])]


def _measured(language: str, lines: int, hear: bool) -> dict[str, object]:
    from pipelines import anchor
    from pipelines.anchor.hidden_mark import listen_for_mark
    from pipelines.anchor.script import read_script, script_text
    from pipelines.anchor.voice import plan_parts
    from studio.jobs.job import Job
    from studio.media.audio_io import read_audio

    source = Path(__file__).resolve().parents[2] / "assets" / "scripts" / SCRIPTS[language]
    with tempfile.TemporaryDirectory() as folder:
        whole = read_script(source)
        kept, left = [], lines
        for item in whole.items:
            some = item.lines[:left]
            left -= len(some)
            kept += [replace(item, lines=some)] if some else []
        path = Path(folder) / "script.json"
        path.write_text(script_text(replace(whole, items=tuple(kept))), encoding="utf-8")
        job = Job()
        made = anchor.run(path, anchor.Options(Path(folder) / "out", stop_after="voice"), job)
        sound = read_audio(made.files["voice"], rate_hz=_RATE_HZ, mono=True).samples[0]
        found: dict[str, object] = {
            "seconds": round(len(sound) / _RATE_HZ, 1),
            "voice": made.voice,
            "loudness_lufs": round(made.loudness_lufs or 0, 2),
            "true_peak_dbtp": round(made.true_peak_dbtp or 0, 2),
            "clipped_samples": int((np.abs(sound) >= 0.9999).sum()),
        }
        steps = np.abs(np.diff(sound))
        near = [steps[max(at - 24, 0) : at + 24].max() for at in _edges(sound)]
        found["edges"] = len(near)
        found["steps_at_edges_dbfs"] = [
            round(20 * float(np.log10(v)), 1) for v in (np.median(near), np.max(near))
        ]
        found["steps_in_speech_dbfs_99"] = round(
            20 * float(np.log10(np.percentile(steps[steps > 1e-4], 99))), 1
        )
        track = json.loads(made.files["times"].read_text())
        script = made.script
        readings = {line.id: made.readings.lines[line.id] for line in script.lines()}
        planned = [float(part.after_s) for part in plan_parts(script, readings)][:-1]
        edges = _edges(sound)
        heard = [(b - a) / _RATE_HZ for a, b in zip(edges[1:-1:2], edges[2:-1:2], strict=False)]
        off = [min((abs(h - p) for h in heard), default=9.0) for p in planned]
        found["silences_planned"] = len(planned)
        found["silences_off_s"] = [round(float(np.median(off)), 3), round(max(off, default=0), 3)]
        found["hidden_mark"] = listen_for_mark(made.files["voice"], job).told
        found["lines"] = len(track["lines"])
        if hear:
            found["words_heard_otherwise"] = _wer(track, sound, language, job)
    return found


def _wer(track: dict, sound: np.ndarray, language: str, job) -> float:
    """Line by line, written and heard brought to one reading; of Korean, of its letters."""
    import jiwer
    from scipy.signal import resample_poly

    from pipelines.anchor.reading import read_text
    from studio.adapters import whisper

    def plain(text: str) -> str:
        read = read_text(text, language).read.lower().replace("-", " ")
        words = re.sub(r"[^\w\s]", " ", read).split()
        return ("" if language == "ko" else " ").join(words)

    spec = whisper.SPEC_ENGLISH if language == "en" else whisper.SPEC
    said, heard = [], []
    with job.pool.lease(spec) as model:
        for line in track["lines"]:
            first, last = (float(Fraction(line[k])) for k in ("start", "end"))
            piece = sound[round(max(first - 0.15, 0) * _RATE_HZ) : round((last + 0.2) * _RATE_HZ)]
            sixteen = resample_poly(piece, 1, 3).astype(np.float32)
            (found,) = model.transcribe([sixteen], language)
            said.append(plain(" ".join(word["text"] for word in line["words"])))
            heard.append(plain(" ".join(word.text for word in found.words)))
    return round((jiwer.cer if language == "ko" else jiwer.wer)(said, heard), 3)


def main() -> None:
    """Print a row a language."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=1000)
    asked.add_argument("--language", choices=list(SCRIPTS), default=None)
    asked.add_argument("--hear", action="store_true", help="With Whisper.")
    given = asked.parse_args()
    for language in [given.language] if given.language else SCRIPTS:
        print(language, json.dumps(_measured(language, given.lines, given.hear), indent=1))


if __name__ == "__main__":
    main()

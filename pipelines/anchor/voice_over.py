"""A recorded voice instead of a made one: aligned to the script, brought to the same loudness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from pipelines.analysis.options import Options as Hearing
from pipelines.anchor.reading import Reading, Spoken
from pipelines.anchor.voice import RATE_HZ, Spoke, finished, voiced_line
from pipelines.subtitles.align import align
from studio.adapters import espeak
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.audio_io import read_audio
from studio.media.probe import probe
from studio.types.script import Script
from studio.types.spoken import SpokenPhoneme, SpokenWord, VoicedLine, VoiceTrack
from studio.types.transcript import Word


def take_voice_over(
    script: Script,
    readings: Mapping[str, Reading],
    recording: Path,
    job: Job,
    *,
    loudness_lufs: float,
) -> tuple[Spoke, tuple[str, ...]]:
    """Set a recording to the script.

    Word times come from Whisper's attention held to the reading; the phonemes of a word are
    eSpeak's, spread over its time as eSpeak would spread them.

    Args:
        script: what should be said.
        readings: how, by the id of the line; what the recording is held against.
        recording: a sound file, or a film with sound.
        job: lends models, hears of progress.
        loudness_lufs: integrated loudness wanted.

    Returns:
        What was said, and notes: words that are not in the recording.

    Raises:
        RequestError: it has no sound, or says something else.
        MediaError: it cannot be read.
        ModelError: a model is missing or failed.
    """
    info = probe(recording, job.settings)
    if info.audio is None:
        raise RequestError(f"{recording.name} has no sound.", "Give a recording of the script.")
    words = {
        line.id: [w for w in readings[line.id].words() if any(c.isalnum() for c in w.text)]
        for line in script.lines()
    }
    texts = [" ".join(w.text for w in some) for some in words.values() if some]
    job.report("voice", 0.0, f"listening to {recording.name}")
    found = align(
        texts,
        info,
        job.pool,
        Hearing(language=script.language),
        report=lambda share: job.report("voice", 0.9 * share),
    )
    spoken = [line for line in script.lines() if words[line.id]]
    lines = []
    with job.pool.lease(espeak.SPEC) as voice:
        for line, (first, last) in zip(spoken, found.lines, strict=True):
            timed = found.transcript.words[first:last]
            said = _paired(words[line.id], timed)
            phonemes = _phonemes(said, voice, script.language)
            lines.append(voiced_line(line, said, phonemes))
    sound = read_audio(info, rate_hz=RATE_HZ, mono=True)
    clip, mastered, hidden, notes = finished(sound.samples, loudness_lufs, job)
    track = VoiceTrack(
        script.language, f"recording {recording.name}", 1.0, clip.duration, _in_order(lines)
    )
    job.report("voice", 1.0)
    return Spoke(clip, track, mastered, 0, len(lines), hidden, notes), found.notes


def _paired(words: Sequence[Spoken], timed: Sequence[Word]) -> list[tuple[Spoken, SpokenWord]]:
    return [
        (word, SpokenWord(word.text, time.start, time.end))
        for word, time in zip(words, timed, strict=True)
    ]


def _phonemes(
    said: Sequence[tuple[Spoken, SpokenWord]], voice: espeak.Espeak, language: str
) -> list[SpokenPhoneme]:
    """The phonemes of each word over the time in which it is said."""
    made: list[SpokenPhoneme] = []
    for number, (_, word) in enumerate(said):
        alone = voice.speak(word.text, language=language)
        sounding = [p for p in alone.phonemes if p.ipa]
        if not sounding:
            continue
        start, end = sounding[0].start, sounding[-1].end
        scale = (word.end - word.start) / max(end - start, Fraction(1, 1000))
        made += [
            SpokenPhoneme(
                p.ipa,
                word.start + (p.start - start) * scale,
                word.start + (p.end - start) * scale,
                number,
            )
            for p in sounding
        ]
    return made


def _in_order(lines: Sequence[VoicedLine]) -> tuple[VoicedLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.start))

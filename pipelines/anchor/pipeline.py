"""From a script to a voice: script, check, reading, sound, subtitles."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from pipelines.anchor.options import STAGES, Options, checked
from pipelines.anchor.reading.lexicon import Lexicon, read_lexicon
from pipelines.anchor.reading_sheet import Readings, plan_readings, read_edits, write_sheet
from pipelines.anchor.script import read_script, script_text
from pipelines.anchor.source_check import SourceCheck, check_script, read_source
from pipelines.anchor.voices import NamedVoice, voice_for
from pipelines.subtitles import profile as profiles
from pipelines.subtitles.cues import plan_cues
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.writer import write_beside
from studio.types.script import Script
from studio.types.spoken import VoiceTrack
from studio.types.transcript import Transcript, Word

#: Longest segment; longer scripts are refused before anything is made.
LONGEST_S = 30 * 60
#: Spoken syllables a second, measured with the starter voices at speed 1.
_SYLLABLES_S = {"en": 4.3, "ko": 5.0}


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        script: the plan.
        readings: how each line is read.
        check: what no source vouches for; None where no source was given.
        voice: name and version; empty where nothing was said.
        duration_s: of the voice, or as estimated.
        loudness_lufs, true_peak_dbtp: of the voice; None where nothing was said.
        made, kept: stretches said now, and there already.
        files: kind of each file to its path.
        notes: what a user should know.
        wall_s: seconds it took.
    """

    script: Script
    readings: Readings
    check: SourceCheck | None
    voice: str
    duration_s: float
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    made: int = 0
    kept: int = 0
    files: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0


def run(source: Path, options: Options, job: Job) -> Result:
    """Make a segment as far as its stages are built: script, reading, voice.

    Args:
        source: a script in Markdown or plain text, or an edited ``script.json``.
        options: how.
        job: lends models, hears of progress.

    Raises:
        RequestError: the script, an option or a file it names is at fault.
        ModelError: a voice is missing or failed.
        Cancelled: the user stopped it.
    """
    began = time.monotonic()
    checked(options)
    job.report("script", 0.0)
    script = read_script(source, options.language)
    voice = voice_for(script.language, options.voice)
    lexicon = read_lexicon(options.lexicon) if options.lexicon is not None else Lexicon()
    sources = [read_source(path) for path in options.sources]
    check = check_script(script, sources) if sources else None
    job.report("script", 1.0)
    sheet = options.out / "reading.tsv"
    readings = plan_readings(script, lexicon, read_edits(sheet))
    estimate_s = refuse_too_long(script, readings, source.name, options.speed)
    notes = [*readings.notes, *_check_notes(check), *_voice_notes(voice, script, options)]
    result = Result(script, readings, check, "", estimate_s, notes=tuple(notes))
    if not options.dry_run:
        result = _made(result, voice, options, sheet, job)
    return replace(result, wall_s=time.monotonic() - began)


def _made(result: Result, voice: NamedVoice, options: Options, sheet: Path, job: Job) -> Result:
    out, script = options.out, result.script
    files = {"script": out / "script.json"}
    last = STAGES.index(options.stop_after)
    _write(files["script"], script_text(script))
    if result.check is not None:
        files["check"] = out / "check.json"
        _write(
            files["check"], json.dumps(to_json(result.check), ensure_ascii=False, indent=1) + "\n"
        )
    if last >= STAGES.index("reading"):
        write_sheet(script, result.readings, sheet)
        files["reading"] = sheet
    if last < STAGES.index("voice"):
        return replace(result, files=files)
    from pipelines.anchor.voice import speak_script
    from pipelines.anchor.voice_over import take_voice_over
    from studio.media import subtitle_io
    from studio.media.wav_io import write_wav

    heard_notes: tuple[str, ...] = ()
    if options.voice_over is not None:
        spoke, heard_notes = take_voice_over(
            script,
            result.readings.lines,
            options.voice_over,
            job,
            loudness_lufs=options.loudness_lufs,
        )
    else:
        spoke = speak_script(
            script,
            result.readings.lines,
            voice.spec,
            job,
            speed=options.speed,
            loudness_lufs=options.loudness_lufs,
            folder=out / "voice-parts",
        )
    files |= {"voice": out / "voice.wav", "times": out / "voice.json"}
    write_wav(spoke.clip, files["voice"])
    _write(files["times"], json.dumps(to_json(spoke.track), ensure_ascii=False) + "\n")
    profile = profiles.load(profiles.name_for(script.language))
    plan = plan_cues(transcript_of(spoke.track), profile, until=spoke.track.duration)
    for kind in ("srt", "vtt"):
        path = out / f"voice.{script.language}.{kind}"
        subtitle_io.write(plan.subtitles, path, kind)
        files[kind] = path
    notes = [*result.notes, *heard_notes, *spoke.mastered.notes]
    if plan.unmet:
        notes.append(
            f"{len(plan.unmet)} subtitle rule(s) of {profile.name} could not be obeyed: "
            f"{', '.join(sorted({u.rule for u in plan.unmet}))}."
        )
    return replace(
        result,
        voice=spoke.track.voice,
        duration_s=float(spoke.track.duration),
        loudness_lufs=spoke.mastered.loudness.integrated_lufs,
        true_peak_dbtp=spoke.mastered.loudness.true_peak_dbtp,
        made=spoke.made,
        kept=spoke.kept,
        files=files,
        notes=tuple(notes),
    )


def _write(path: Path, text: str) -> None:
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def _check_notes(check: SourceCheck | None) -> list[str]:
    if check is None:
        return ["No source was given, so no figure of the script was checked."]
    if not check.unverified:
        return []
    return [f"{len(check.unverified)} figure(s) of the script stand in no source."]


def _voice_notes(voice: NamedVoice, script: Script, options: Options) -> list[str]:
    if not voice.robotic or options.voice_over is not None:
        return []
    return [f"The voice for {script.language} is a formant synthesiser: plainly a machine's."]


def syllables(text: str) -> int:
    """Spoken syllables: Hangul syllables, and vowel groups of Latin words. An estimate."""
    hangul = len(re.findall(r"[가-힣]", text))
    latin = sum(
        max(len(re.findall(r"[aeiouy]+", w)) - (w.endswith("e") and not w.endswith("le")), 1)
        for w in re.findall(r"[a-z']+", text.lower())
    )
    return hangul + latin


def refuse_too_long(script: Script, readings: Readings, name: str, speed: float) -> float:
    """How long the script will take to read, in seconds, as estimated.

    Raises:
        RequestError: over half an hour, naming the line where the limit is passed.
    """
    seconds = 0.0
    for line in script.lines():
        said = syllables(readings.lines[line.id].read) / (_SYLLABLES_S[script.language] * speed)
        pauses = float(sum((c.seconds for c in line.cues if c.kind == "pause"), Fraction(0)))
        before, seconds = seconds, seconds + said + pauses + 0.35
        if before <= LONGEST_S < seconds:
            over = line
    if seconds > LONGEST_S:
        where = f"{name}:{over.source_line}" if over.source_line else f"{name}, line {over.id}"
        raise RequestError(
            f"{where}: here the script passes {LONGEST_S // 60} minutes; "
            f"all of it would take about {seconds / 60:.0f}.",
            "Divide it into several segments.",
        )
    return seconds


def transcript_of(track: VoiceTrack) -> Transcript:
    """The written words with their times, a line a sentence. Pure."""
    words: list[Word] = []
    sentences = []
    for line in track.lines:
        first = len(words)
        for word in line.words:
            start = max(word.start, words[-1].end if words else Fraction(0))
            words.append(Word(word.text, start, max(word.end, start), 1.0))
        if len(words) > first:
            sentences.append((first, len(words)))
    if not words:
        raise RequestError("Nothing was said.", "Write at least one word.")
    return Transcript(track.language, tuple(words), tuple(sentences))

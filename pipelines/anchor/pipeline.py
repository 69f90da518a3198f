"""From a script to a segment: script, check, reading, voice, subtitles, programme, film."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.anchor.allowed_files import refuse_forbidden_options
from pipelines.anchor.options import RATES, STAGES, Options, checked
from pipelines.anchor.programme.programme import Programme
from pipelines.anchor.reading.lexicon import Lexicon, read_lexicon
from pipelines.anchor.reading_sheet import Readings, plan_readings, read_edits, write_sheet
from pipelines.anchor.script import read_script, script_text
from pipelines.anchor.segment import (
    Ready,
    airing_of,
    ask_leave,
    estimate_s,
    estimated_track,
    make_ready,
    moved,
    plan_segment,
    stage_of,
)
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

if TYPE_CHECKING:
    from pipelines.anchor.disclosure import Disclosure
    from pipelines.anchor.voice import Spoke
    from studio.media.film_mark import FilmMark
    from studio.types.subtitles import Subtitles

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
        duration_s: of the segment, of the voice where no segment was planned, or as estimated.
        loudness_lufs, true_peak_dbtp: of what was made last; None where nothing was said.
        made, kept: stretches said now, and there already.
        programme: what is on the screen when; None where it was not planned.
        drawn, drawn_before: stretches of the film rendered now, and there already.
        film_s: seconds that rendering took; 0 where nothing was rendered.
        saved_s: seconds that drawing took for the stretches that were there already.
        estimate_s: seconds that rendering would take, of a dry run; 0 elsewhere.
        draft: why the film is a draft; empty where it is approved, or none was made.
        signed_by: name of the signing identity; empty where nothing was signed.
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
    programme: Programme | None = None
    drawn: int = 0
    drawn_before: int = 0
    film_s: float = 0.0
    saved_s: float = 0.0
    estimate_s: float = 0.0
    draft: str = ""
    signed_by: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    wall_s: float = 0.0


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Make a segment, as far as its last stage: script, reading, voice, programme, film.

    Args:
        source: a script in Markdown or plain text, or an edited ``script.json``.
        options: how.
        job: lends models, hears of progress.

    Raises:
        RequestError: the script, an option or a file it names is at fault.
        MediaError: a picture, a portrait or footage cannot be read.
        ModelError: a voice is missing or failed.
        ConsentMissing: a portrait or a recorded voice without a consent that stands.
        DisclosureRequired: the film would not say what it is.
        Cancelled: the user stopped it.
    """
    began = time.monotonic()
    checked(options)
    source = _one(source)
    job.report("script", 0.0)
    refuse_forbidden_options(options, job.may_open)
    given = (*options.graphics, *options.footage)
    script = read_script(source, options.language, given, job.may_open)
    voice = voice_for(script.language, options.voice)
    lexicon = read_lexicon(options.lexicon) if options.lexicon is not None else Lexicon()
    sources = [read_source(path) for path in options.sources]
    check = check_script(script, sources) if sources else None
    job.report("script", 1.0)
    sheet = options.out / "reading.tsv"
    readings = plan_readings(script, lexicon, read_edits(sheet))
    guess_s = refuse_too_long(script, readings, source.name, options.speed)
    notes = [*readings.notes, *_check_notes(check), *_voice_notes(voice, script, options)]
    result = Result(script, readings, check, "", guess_s, notes=tuple(notes))
    last = STAGES.index(options.stop_after)
    ready = None
    if last >= STAGES.index("programme"):
        ready = make_ready(script, source, options, job)
    if options.dry_run:
        result = _guessed(result, ready, options, job)
    else:
        result = _made(result, voice, options, sheet, ready, job)
    return replace(result, wall_s=time.monotonic() - began)


def _one(source: Path | Sequence[Path]) -> Path:
    """The script, where a queue of jobs hands over a list."""
    if isinstance(source, Path):
        return source
    if len(source) != 1:
        raise RequestError(f"{len(source)} scripts were given.", "Give one.")
    return source[0]


def _guessed(result: Result, ready: Ready | None, options: Options, job: Job) -> Result:
    """What would be made: a programme on guessed times, and how long it would take."""
    if ready is None:
        return result
    script = result.script
    guess = {
        line.id: _guess_s(script.language, result.readings.lines[line.id].read, options.speed)
        + float(sum((c.seconds for c in line.cues if c.kind == "pause"), Fraction(0)))
        for line in script.lines()
    }
    track = estimated_track(script, result.readings.lines, guess)
    programme = plan_segment(script, track, ready, options, None, options.approve_by)
    needed = 0.0
    notes = [*result.notes, *programme.notes, "Times are guessed: nothing was said yet."]
    if options.stop_after == "film":
        if ready.portrait is None:
            stage, more = stage_of(programme, script, track, ready, options, job)
            needed = estimate_s(stage, job)
            notes += more
        else:
            notes.append("What a portrait takes is not estimated.")
    return replace(
        result,
        programme=programme,
        duration_s=float(programme.frames / programme.rate),
        estimate_s=needed,
        notes=tuple(notes),
    )


def _made(
    result: Result,
    voice: NamedVoice,
    options: Options,
    sheet: Path,
    ready: Ready | None,
    job: Job,
) -> Result:
    out, script = options.out, result.script
    disclosure = None
    if ready is not None and options.stop_after == "film":
        name = "recording" if options.voice_over is not None else voice.key
        airing = airing_of(script, result.readings.lines, ready, name, options)
        disclosure = ask_leave(airing, options, job)
    elif options.voice_over is not None and options.stop_after in ("voice", "programme"):
        _ask_for_voice(options.voice_over, options, job)
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
            voice,
            job,
            speed=options.speed,
            loudness_lufs=options.loudness_lufs,
            folder=out / "voice-parts",
            frame_s=1 / Fraction(RATES[options.fps]),
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
    notes = [*result.notes, *heard_notes, *spoke.notes, *spoke.mastered.notes]
    if plan.unmet:
        notes.append(
            f"{len(plan.unmet)} subtitle rule(s) of {profile.name} could not be obeyed: "
            f"{', '.join(sorted({u.rule for u in plan.unmet}))}."
        )
    result = replace(
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
    if ready is None:
        return result
    return _filmed(result, spoke, plan.subtitles, ready, disclosure, options, job)


def _ask_for_voice(recording: Path, options: Options, job: Job) -> None:
    """A person's voice is set to words only with their leave, also where no film comes of it.

    Raises:
        ConsentMissing: no consent that stands covers the recording.
        PolicyError: a file cannot be read, or the register was tampered with.
    """
    from pipelines.anchor.consents import ConsentRegister, read_consent_file

    register = ConsentRegister(job.settings)
    if options.consent is not None:
        register.add(read_consent_file(options.consent)[0])
    register.require(recording, "voice")


def _filmed(
    result: Result,
    spoke: Spoke,
    captions: Subtitles,
    ready: Ready,
    disclosure: Disclosure | None,
    options: Options,
    job: Job,
) -> Result:
    """The programme, and the film where leave was given."""
    from studio.media import subtitle_io

    out, script, track = options.out, result.script, spoke.track
    approval = disclosure.approval if disclosure is not None else None
    approved = approval.person if approval is not None else ""
    programme = plan_segment(script, track, ready, options, captions, approved)
    files = {**result.files, "programme": out / "programme.json"}
    _write(files["programme"], json.dumps(to_json(programme), ensure_ascii=False, indent=1) + "\n")
    result = replace(
        result,
        programme=programme,
        duration_s=float(programme.frames / programme.rate),
        files=files,
        notes=(*result.notes, *programme.notes),
    )
    if disclosure is None:
        return result
    from pipelines.anchor.approvals import write_request
    from pipelines.anchor.programme.film import render_segment, sheet

    shape = options.aspect.replace(":", "x")
    name = f"{'draft' if disclosure.draft else 'segment'}.{shape}"
    files["request"] = write_request(out, disclosure.airing)
    files["film"] = out / f"{name}.mp4"
    late = Fraction(programme.voice_at) / programme.rate
    for kind in ("srt", "vtt"):
        path = out / f"{name}.{script.language}.{kind}"
        subtitle_io.write(moved(captions, late), path, kind)
        files[f"film {kind}"] = path
    stage, more = stage_of(programme, script, track, ready, options, job)
    made = render_segment(
        stage,
        script,
        spoke.clip,
        disclosure,
        files["film"],
        out / f"film-parts-{shape}",
        job,
        mark=mark_of(script, ready, disclosure.inputs, (track.voice, spoke.hidden), options),
        loudness_lufs=options.loudness_lufs,
    )
    files["sheet"] = out / f"{name}.sheet.jpg"
    sheet(stage, disclosure, files["sheet"], job)
    loudness = made.mastered.loudness
    return replace(
        result,
        files=files,
        loudness_lufs=loudness.integrated_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        drawn=made.stretches - made.kept,
        drawn_before=made.kept,
        film_s=made.wall_s,
        saved_s=made.saved_s,
        draft=disclosure.why_draft,
        signed_by=made.release.signed_by,
        notes=(*result.notes, *more, *made.mastered.notes, *made.release.notes),
    )


def mark_of(
    script: Script,
    ready: Ready,
    inputs: Mapping[str, str],
    models: Sequence[str],
    options: Options,
) -> FilmMark:
    """What made a film: ``studio settings FILE`` reads it back."""
    from studio.media.film_mark import FilmMark, software

    words = ["studio", "anchor", "script.json", "--presenter", ready.presenter]
    if ready.portrait is not None:
        words[-1] = ready.portrait.name
    if options.animator != "warp":
        words += ["--animator", Path(options.animator).name]
    words += ["--set", Path(options.set_name).name, "--style", Path(options.style).name]
    words += ["--aspect", options.aspect, "--fps", options.fps, "--height", f"{options.height_px}"]
    words += ["--seed", f"{options.seed}", "--loudness", f"{options.loudness_lufs:g}"]
    for flag, value in (("--voice", options.voice), ("--clock", options.clock)):
        words += [flag, value] if value else []
    for path in options.footage:
        words += ["--footage", path.name]
    for path in options.graphics:
        words += ["--graphics", path.name]
    given = {"script.json": script.digest, **inputs}
    named = {model: "" for model in models if model}
    return FilmMark(tuple(words), given, named, software(), deed="made", signed=True)


def _guess_s(language: str, read: str, speed: float) -> float:
    return syllables(read) / (_SYLLABLES_S[language] * speed)


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
    if options.voice_over is not None:
        return []
    notes = []
    if voice.robotic:
        notes.append(
            f"The voice for {script.language} is a formant synthesiser: plainly a machine's."
        )
    if voice.terms:
        notes.append(f"The voice {voice.spec.name} is under {voice.terms}.")
    return notes


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
        said = _guess_s(script.language, readings.lines[line.id].read, speed)
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

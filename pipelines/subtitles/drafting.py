"""From footage to the plan of its subtitles: hear, correct, arrange, translate, place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipelines import analysis
from pipelines.analysis.word_corrections import corrected_words
from pipelines.people.identities import identities, open_gallery
from pipelines.people.options import GALLERY
from pipelines.people.speaking import proposed_names
from pipelines.subtitles import profile as profiles
from pipelines.subtitles.align import align
from pipelines.subtitles.corrections import (
    Corrections,
    corrected_cues,
    named,
    overlap_s,
)
from pipelines.subtitles.cues import plan_cues
from pipelines.subtitles.edits import names_given
from pipelines.subtitles.glossary import Glossary
from pipelines.subtitles.lint import lint
from pipelines.subtitles.options import Options
from pipelines.subtitles.placing import off_faces
from pipelines.subtitles.plan import Made, Source, SubtitlePlan, Track
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.shortfall import Unmet
from pipelines.subtitles.style import style_for
from pipelines.subtitles.translate import translated
from studio.adapters import translation
from studio.archive.gallery import Gallery
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.cue_style import CueStyle
from studio.types.people import VoiceFace
from studio.types.shot import TransitionKind
from studio.types.transcript import Transcript

#: Sentences translated between two reports of progress.
_SENTENCES = 32
_STALE = "Words or names were mended since the translation was made; run again to translate anew."


@dataclass(frozen=True)
class Wishes:
    """The files that options name, read before anything slow begins.

    Attributes:
        profile: the house's rules; None for those of the language.
        style: how drawn cues look; None for what goes with the profile.
        glossary: terms of the translation.
        text: what is really said, to be set to the sound; None where it is heard.
    """

    profile: Profile | None
    style: CueStyle | None
    glossary: Glossary
    text: tuple[str, ...] | None


def heard(source: Path, options: Options, wishes: Wishes, job: Job) -> analysis.Result:
    """What the studio knows of the file, analysed as far as it is not known yet.

    Raises:
        RequestError: the file has no sound, or no such sound stream.
        MediaError: it cannot be read.
    """
    from pipelines.analysis.pipeline import stream_wanted
    from studio.media.probe import probe

    info = probe(source, job.settings, audio_stream=stream_wanted(options.audio_stream))
    if info.audio is None:
        raise RequestError(
            f"{source.name} has no sound, so nothing in it can be subtitled.",
            "Name a file with a sound stream.",
        )
    if info.video is None and (options.burn_in or options.soft):
        raise RequestError(
            f"{source.name} has no picture to show subtitles in.",
            "Leave out --burn-in and --soft for a sound file.",
        )
    parts = ["speech", "sound_events"]
    if options.speakers != "off":
        parts.append("speakers")
    if info.video is not None:
        parts.append("shots")
        over = wishes.profile is not None and wishes.profile.at_top_over_faces
        if over or faces_wanted(options, job):
            parts.append("faces")
    wanted = replace(hearing(options), only=tuple(p for p in analysis.PARTS if p in parts))
    return analysis.run(source, wanted, job)


def faces_wanted(options: Options, job: Job) -> bool:
    """Whether voices are compared with mouths: that takes a look at the faces of the film."""
    if options.speakers == "off" or options.faces == "off":
        return False
    if options.faces == "on":
        return True
    return bool(Gallery.open(options.gallery or job.settings.data_dir / GALLERY).names)


def hearing(options: Options) -> analysis.Options:
    """The options as the analysis of the sound takes them."""
    return analysis.Options(
        language=options.language,
        speech_model=options.speech_model or "auto",
        speakers=options.speakers,
        audio_stream=options.audio_stream,
        seed=options.seed,
    )


def drafted(
    found: FootageAnalysis, options: Options, wishes: Wishes, corrections: Corrections, job: Job
) -> tuple[SubtitlePlan, Corrections]:
    """The plan of a file's subtitles, with what a person decided laid over it.

    Returns:
        The plan, and the corrections with the names that the options give.

    Raises:
        RequestError: nobody speaks in it, or the options cannot work with it.
        WeightsMissing: a translation is wanted and its model is not here.
    """
    info = found.media
    job.report("plan", 0.0)
    notes = list(found.notes)
    transcript = _transcript(found, options, wishes, notes, job)
    # A text that is given goes before what was mended in another one.
    script = corrected_words(transcript, corrections.words) if wishes.text is None else transcript
    corrections = corrections.with_names(names_given(script.words, dict(options.names)))
    rules = rules_for(script.language, wishes.profile, notes, spoken=not options.translate)
    plan = SubtitlePlan(
        source=Source.of(info),
        transcript=script,
        names=_all_names(script, corrections),
        tracks=(),
        made=Made((), {}, ()),
        cuts=cut_times(found),
        sounds=tuple(found.sound_events or ()),
        models=dict(found.models or {}),
    )
    plan = replace(plan, proposed=_proposed(found, script, options, job))
    track = _track(script, rules, plan)
    if not track.subtitles.cues:
        raise RequestError(
            f"Nobody speaks in {info.path.name}, as far as can be heard.", _silence_hint(transcript)
        )
    tracks = [track]
    if options.translate:
        tracks.append(_translation(plan, rules, options, wishes, notes, job))
    placed = [_placed(t, found, wishes.style or style_for(t.profile), notes) for t in tracks]
    plan = replace(plan, tracks=tuple(placed), notes=tuple(notes))
    job.report("plan", 1.0)
    return corrected(plan, corrections).as_made(), corrections


def replanned(plan: SubtitlePlan, corrections: Corrections) -> SubtitlePlan:
    """The plan after words or names were corrected: the spoken track is arranged anew, then
    the cues that a person edited are laid over it. Other tracks stay. Pure."""
    script = corrected_words(plan.transcript, corrections.words)
    plan = replace(plan, transcript=script, names=_all_names(script, corrections))
    before = plan.tracks[0].subtitles.cues
    track = _track(script, plan.tracks[0].profile, plan)
    tops = [cue for cue in before if cue.at_top]
    cues = tuple(
        replace(cue, at_top=any(2 * overlap_s(cue, top) > cue.duration for top in tops))
        for cue in track.subtitles.cues
    )
    track = replace(track, subtitles=replace(track.subtitles, cues=cues))
    notes = plan.notes
    if len(plan.tracks) > 1 and _STALE not in notes:
        notes = (*notes, _STALE)
    plan = replace(plan, tracks=(track, *plan.tracks[1:]), notes=notes)
    return corrected(plan, corrections)


def corrected(plan: SubtitlePlan, corrections: Corrections) -> SubtitlePlan:
    """The plan with the cues that a person wants; what these break is measured and listed."""
    tracks = []
    notes = list(plan.notes)
    for track in plan.tracks:
        subtitles, gave_way = corrected_cues(track.subtitles, corrections)
        notes += [note for note in gave_way if note not in notes]
        tracks.append(
            measured(replace(track, subtitles=subtitles), plan, track.unmet)
            if subtitles != track.subtitles
            else track
        )
    return replace(plan, tracks=tuple(tracks), notes=tuple(notes))


def measured(track: Track, plan: SubtitlePlan, known: Sequence[Unmet] = ()) -> Track:
    """The track with what the linter finds in its cues, each with the reason where it is known."""
    reasons = {(u.rule, u.measured): u for u in known}
    unmet = []
    for found in lint(track.subtitles, track.profile, plan.source.rate, plan.cuts):
        why = reasons.get((found.rule, found.measured))
        unmet.append(
            replace(why, cue=found.cue)
            if why is not None
            else Unmet(found.cue, found.rule, found.measured, found.limit, "edited by hand")
        )
    return replace(track, unmet=tuple(unmet))


def cut_times(found: FootageAnalysis) -> tuple[Fraction, ...]:
    """When a new shot begins at once: a dissolve has no such moment."""
    shots = found.shots or ()
    return tuple(shot.start for shot in shots if shot.transition is TransitionKind.CUT)


def rules_for(
    language: str, wanted: Profile | None, notes: list[str], *, spoken: bool = True
) -> Profile:
    """The rules for a track: those that were asked for where they fit its language, else the
    same house's for that language, else the usual ones."""
    if wanted is None:
        return profiles.load(profiles.name_for(language))
    if wanted.language in ("", language):
        return wanted
    sibling = wanted.name.replace(f"-{wanted.language}", f"-{language}", 1)
    if not spoken and sibling in profiles.names():
        return profiles.load(sibling)
    if spoken:
        notes.append(
            f"The profile {wanted.name} is made for {wanted.language}; "
            f"{language or 'no language'} is spoken here."
        )
        return wanted
    return profiles.load(profiles.name_for(language))


def _transcript(
    found: FootageAnalysis, options: Options, wishes: Wishes, notes: list[str], job: Job
) -> Transcript:
    """What was heard, or the given text with the times at which it is said."""
    name = found.media.path.name
    if found.speech is None or found.speech.transcript is None:
        raise RequestError(f"{name} was not listened to.", "Report it.")
    if wishes.text is None:
        return found.speech.transcript
    if not found.speech.transcript.words:
        raise RequestError(
            f"Nobody speaks in {name}, as far as can be heard: a text cannot be set to it.",
            _silence_hint(found.speech.transcript),
        )
    job.report("align", 0.0)
    made = align(
        wishes.text,
        found.media,
        job.pool,
        hearing(options),
        speech=found.speech,
        report=lambda share: job.report("align", share),
    )
    notes += made.notes
    if made.unspoken:
        words = made.transcript.words
        some = ", ".join(
            f"{words[n].text!r} at {float(words[n].start):.1f} s" for n in made.unspoken[:8]
        )
        notes.append(f"{len(made.unspoken)} word(s) of the text were not heard: {some}")
    return made.transcript


def _proposed(
    found: FootageAnalysis, script: Transcript, options: Options, job: Job
) -> tuple[VoiceFace, ...]:
    """The faces that move when the voices speak."""
    seen = found.faces is not None and found.shots is not None and found.speakers is not None
    if not seen or not faces_wanted(options, job):
        return ()
    gallery = open_gallery(job, options.gallery)
    return proposed_names(found, identities(found, gallery, job), job, script.words)


def _all_names(script: Transcript, corrections: Corrections) -> dict[str, str]:
    """Every voice's label with its name, empty where it has none."""
    known = named(script.words, corrections)
    labels = dict.fromkeys(word.speaker for word in script.words if word.speaker)
    return {label: known.get(label, "") for label in sorted(labels, key=lambda s: (len(s), s))}


def _track(script: Transcript, rules: Profile, plan: SubtitlePlan) -> Track:
    names = {label: name for label, name in plan.names.items() if name}
    made = plan_cues(
        script,
        rules,
        plan.source.rate,
        plan.cuts,
        plan.sounds,
        names,
        until=plan.source.duration,
    )
    return Track(rules, made.subtitles, made.unmet)


def _silence_hint(transcript: Transcript) -> str:
    if not transcript.dropped:
        return "Check that it is the right sound stream: --audio-stream N."
    first = transcript.dropped[0]
    return f"{first.text!r} at {float(first.start):.1f} s is not believed: {first.reason}."


def check_translator(job: Job) -> None:
    """Refuse a translation whose model is not here, before anything slow starts.

    Raises:
        WeightsMissing: naming the command that fetches it.
    """
    from studio.models import hub

    hub.locate(translation.SPEC, job.settings.cache_dir)


def _translation(
    plan: SubtitlePlan,
    rules: Profile,
    options: Options,
    wishes: Wishes,
    notes: list[str],
    job: Job,
) -> Track:
    script, target = plan.transcript, options.translate
    if target == script.language:
        raise RequestError(
            f"{target} is what is spoken; there is nothing to translate.",
            "Give another language: --translate TO",
        )
    glossary = wishes.glossary.with_names(plan.names.values())
    job.report("translate", 0.0)
    began_s = time.time()
    with job.pool.lease(translation.SPEC) as model:
        done, total = 0, len(script.sentences)

        def translate(texts: list[str]) -> list[str]:
            nonlocal done
            results = []
            for at in range(0, len(texts), _SENTENCES):
                some = texts[at : at + _SENTENCES]
                results += model.translate(some, script.language, target)
                done += len(some)
                job.report("translate", min(1.0, done / max(1, total)))
            return results

        made, missed = translated(script, target, glossary, translate)
    notes += job.pool.notes_since(began_s, (translation.SPEC,))
    for miss in missed:
        notes.append(
            f"At {float(miss.start):.1f} s {miss.term.source!r} should become "
            f"{miss.term.target!r}, and the translation says: {miss.translated}"
        )
    track = _track(made, rules_for(target, wishes.profile or rules, notes, spoken=False), plan)
    return replace(track, words=made.words)


def _placed(track: Track, found: FootageAnalysis, style: CueStyle, notes: list[str]) -> Track:
    video = found.media.video
    if (
        not track.profile.at_top_over_faces
        or found.faces is None
        or found.frame_times is None
        or video is None
    ):
        return track
    cues, stuck = off_faces(
        track.subtitles.cues,
        found.faces,
        found.frame_times,
        cut_times(found),
        style,
        video.display_wh,
    )
    if stuck:
        notes.append(f"{stuck} cue(s) hide part of a face at either edge.")
    return replace(track, subtitles=replace(track.subtitles, cues=cues))

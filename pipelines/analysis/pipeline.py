"""Footage to analysis: look up what is known, compute the rest in one decode pass, store it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.analysis.analyser import PictureAnalyser
from pipelines.analysis.cut_corrections import (
    CutCorrections,
    corrected_shots,
    correction_notes,
    known_corrections,
)
from pipelines.analysis.describe import analysis_json
from pipelines.analysis.hearing_journal import HearingJournal
from pipelines.analysis.models import models_of
from pipelines.analysis.options import PARTS, Options
from pipelines.analysis.result import Result
from pipelines.analysis.speakers import with_speakers
from pipelines.analysis.word_corrections import WordCorrections, corrected_words, known_words
from studio.archive.store import Part
from studio.errors import DecodeFailed, DoesNotFit, RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.memory import give_back
from studio.types.analysis import (
    FootageAnalysis,
    PictureFacts,
    SoundFacts,
    Speech,
    TextSeen,
    ViewFacts,
)
from studio.types.detections import Detections
from studio.types.embedding import Embeddings
from studio.types.frames import FrameBatch
from studio.types.media import FrameTimes, MediaInfo
from studio.types.motion import Bodies, BodyTracks
from studio.types.shot import Shot
from studio.types.sound_event import SoundEvent
from studio.types.speakers import Speakers

#: Parts that are made from pictures, in one decode pass.
PICTURE_PARTS = (
    *("shots", "objects", "faces", "embeddings", "picture", "views", "texts"),
    *("bodies", "body_tracks", "safety"),
)

_VALUES: Mapping[str, Any] = {
    "shots": tuple[Shot, ...],
    "objects": Detections,
    "faces": Detections,
    "embeddings": Embeddings,
    "picture": PictureFacts,
    "views": ViewFacts,
    "texts": tuple[TextSeen, ...],
    "speech": Speech,
    "sound": SoundFacts,
    "speakers": Speakers,
    "sound_events": tuple[SoundEvent, ...],
    "noises": tuple[SoundEvent, ...],
    "bodies": Bodies,
    "body_tracks": BodyTracks,
    "safety": Detections,
}
#: Parts that are made from sound.
SOUND_PARTS = ("speech", "sound", "speakers", "sound_events", "noises")

#: Below this share of decodable frames a file counts as broken, not as damaged.
LEAST_SEEN_SHARE = 0.5
#: Nothing can be recognised in a picture that is smaller.
LEAST_SIDE_PX = 16


def run(source: Path, options: Options, job: Job) -> Result:
    """Analyse one file.

    Raises:
        MediaError: the file cannot be read.
        RequestError: a part was asked for that the file cannot give.
        Cancelled: the user stopped it; parts that were done are stored.
    """
    from studio.media.probe import frame_times, probe

    started = time.perf_counter()
    wanted = _checked(options)
    job.report("probe", 0.0, source.name)
    info = probe(source, job.settings, audio_stream=stream_wanted(options.audio_stream))
    times = frame_times(info) if info.video is not None else None
    notes = list(info.notes)
    wanted = _possible(wanted, info, times, notes)
    said, mended = CutCorrections(), WordCorrections()
    if "shots" in wanted and options.corrected:
        said = known_corrections(job.settings.data_dir, info.content_hash)
    if "speech" in wanted and options.corrected and info.audio is not None:
        mended = known_words(job.settings.data_dir, info.content_hash, info.audio.index)
    pictures = _analysers(info, times, options, job)
    made_by = {part: analyser.made_by for part, analyser in pictures.items()}
    made_by |= _sound_made_by(options)
    if pictures:
        from pipelines.analysis.body_tracking import body_tracks_made_by

        shots_by = made_by["shots"] | said.made_by
        made_by["body_tracks"] = body_tracks_made_by(made_by["bodies"], shots_by)
    parts: dict[str, Part[Any]] = {}
    if options.cache:
        for part in wanted:
            found = job.store.get(_VALUES[part], info.content_hash, part, made_by[part])
            if found is not None:
                parts[part] = found
    missing = tuple(part for part in wanted if part not in parts)
    stored = tuple(parts)
    if options.dry_run:
        coming = models_of(missing, options)
        if coming:
            notes.append(f"memory: {job.pool.preflight(coming).reason}")
    else:
        with job.pool.expect(models_of(missing, options)):
            chosen = [pictures[part] for part in missing if part in pictures]
            _compute(info, times, missing, chosen, parts, made_by, said, options, job)
    analysis = _assemble(info, times, parts, made_by, stored, said, mended, notes)
    if options.out is not None and not options.dry_run:
        _write(analysis, options.out)
    job.report("analyse", 1.0, f"{len(stored)} parts known, {len(missing)} computed")
    return Result(analysis, stored, missing, time.perf_counter() - started)


def _compute(
    info: MediaInfo,
    times: FrameTimes | None,
    missing: tuple[str, ...],
    chosen: list[PictureAnalyser[Any]],
    parts: dict[str, Part[Any]],
    made_by: dict[str, dict[str, Any]],
    said: CutCorrections,
    options: Options,
    job: Job,
) -> None:
    """Make the missing parts, store each and put it among the others."""
    if chosen and times is not None:
        fresh = _look(info, times, chosen, job)
        for part, made in fresh.items():
            job.store.put(made, info.content_hash, part, made_by[part])
        parts |= fresh
    for part in missing:
        if part in parts:
            continue
        job.report("analyse", 0.0, part)
        if part == "body_tracks":
            parts[part] = _track(parts, said, times)
        else:
            parts[part] = _listen(info, part, parts, made_by[part], options, job)
        job.store.put(parts[part], info.content_hash, part, made_by[part])
        if part == "speech":
            _journal(info, part, made_by[part], job).discard()


def _checked(options: Options) -> tuple[str, ...]:
    unknown = [part for part in options.only if part not in PARTS]
    if unknown:
        raise RequestError(f"no analysis called {unknown[0]!r}", "There are: " + ", ".join(PARTS))
    if not 0 < options.sample_rate <= 60:
        raise RequestError(
            f"a sample rate of {float(options.sample_rate):g} frames a second cannot be used",
            "Use more than 0 and at most 60; 2 is usual.",
        )
    wanted = set(options.only)
    if "speakers" in wanted:
        wanted.add("speech")
    if "body_tracks" in wanted:
        wanted |= {"bodies", "shots"}
    if options.speakers == "off":
        wanted.discard("speakers")
    return tuple(part for part in PARTS if part in wanted)


def stream_wanted(audio_stream: str) -> int | str | None:
    """The option as :func:`probe` takes it: a number, a language, or None for the usual one."""
    return int(audio_stream) if audio_stream.isdecimal() else audio_stream or None


def _possible(
    wanted: tuple[str, ...], info: MediaInfo, times: FrameTimes | None, notes: list[str]
) -> tuple[str, ...]:
    """The parts this file can give; raises where it can give none of one kind asked for."""
    name = info.path.name
    if info.video is None and any(part in PICTURE_PARTS for part in wanted):
        raise UnsupportedMedia(
            f"{name} has sound but no picture",
            "Give a video file, or analyse the sound alone: --only speech,sound",
        )
    if info.video is not None and min(info.video.display_wh) < LEAST_SIDE_PX:
        width, height = info.video.display_wh
        raise UnsupportedMedia(
            f"{name} is {width}x{height} pixels",
            f"Give footage of at least {LEAST_SIDE_PX} pixels a side.",
        )
    if times is not None and len(times) < 2:
        raise UnsupportedMedia(f"{name} holds a single frame", "Give footage with moving pictures.")
    if info.audio is None:
        lost = [part for part in wanted if part in SOUND_PARTS]
        if lost and len(lost) == len(wanted):
            raise RequestError(f"{name} has no sound", "Leave out speech and sound.")
        if lost:
            notes.append(f"no sound: {' and '.join(lost)} left out")
        return tuple(part for part in wanted if part not in lost)
    return wanted


def _analysers(
    info: MediaInfo, times: FrameTimes | None, options: Options, job: Job
) -> dict[str, PictureAnalyser[Any]]:
    if times is None:
        return {}
    from pipelines.analysis.bodies import BodyAnalyser
    from pipelines.analysis.embeddings import EmbeddingAnalyser
    from pipelines.analysis.faces import FaceAnalyser
    from pipelines.analysis.objects import ObjectAnalyser
    from pipelines.analysis.picture import PictureMeasures
    from pipelines.analysis.safety import SafetyAnalyser
    from pipelines.analysis.shots import ShotAnalyser
    from pipelines.analysis.texts import TextAnalyser
    from pipelines.analysis.views import ViewAnalyser

    kinds: tuple[Callable[..., PictureAnalyser[Any]], ...] = (
        ShotAnalyser,
        ObjectAnalyser,
        FaceAnalyser,
        EmbeddingAnalyser,
        PictureMeasures,
        ViewAnalyser,
        TextAnalyser,
        BodyAnalyser,
        SafetyAnalyser,
    )
    made = [kind(job.pool, info, times, options) for kind in kinds]
    return {analyser.part: analyser for analyser in made}


def _sound_made_by(options: Options) -> dict[str, dict[str, Any]]:
    from pipelines.analysis.noises import noises_made_by
    from pipelines.analysis.sound import sound_made_by
    from pipelines.analysis.sound_events import sound_events_made_by
    from pipelines.analysis.speakers import speakers_made_by
    from pipelines.analysis.speech import speech_made_by

    return {
        "speech": speech_made_by(options),
        "sound": sound_made_by(options),
        "speakers": speakers_made_by(options),
        "sound_events": sound_events_made_by(options),
        "noises": noises_made_by(options),
    }


class _Timed:
    """Feeds an analyser and adds up its seconds."""

    def __init__(self, analyser: PictureAnalyser[Any], job: Job) -> None:
        self.analyser = analyser
        self.seconds = 0.0
        self._job = job

    def take(self, batch: FrameBatch) -> None:
        self._job.check()
        started = time.perf_counter()
        self.analyser.take(batch)
        self.seconds += time.perf_counter() - started


def _look(
    info: MediaInfo, times: FrameTimes, chosen: list[PictureAnalyser[Any]], job: Job
) -> dict[str, Part[Any]]:
    """One decode pass that feeds every chosen analyser; more where memory does not hold all
    their models at once."""
    made: dict[str, Part[Any]] = {}
    passes: list[str] = []
    left = chosen
    while left:
        found, left = _pass(info, times, left, job)
        passes.append(", ".join(found))
        made |= found
    if len(passes) > 1:
        note = (
            f"the pictures were decoded {len(passes)} times ({'; '.join(passes)}): "
            "memory does not hold all models at once"
        )
        made = {part: replace(each, notes=(*each.notes, note)) for part, each in made.items()}
    return made


def _pass(
    info: MediaInfo, times: FrameTimes, chosen: list[PictureAnalyser[Any]], job: Job
) -> tuple[dict[str, Part[Any]], list[PictureAnalyser[Any]]]:
    """A decode pass for as many analysers as there is memory for.

    Returns:
        The parts, and the analysers that are left.

    Raises:
        DoesNotFit: not even the models of one.
    """
    from studio.media.reader import Subscription, read_frames

    job.report("analyse", 0.0, "loading models")
    begun_s = time.time()
    left: list[PictureAnalyser[Any]] = []
    with ExitStack() as stack:
        feeds: list[_Timed] = []
        for analyser in chosen:
            job.check()
            started = time.perf_counter()
            try:
                stack.enter_context(analyser)
            except DoesNotFit:
                if not any(feed.analyser.specs for feed in feeds):
                    raise
                left.append(analyser)
                continue
            feed = _Timed(analyser, job)
            feed.seconds += time.perf_counter() - started
            feeds.append(feed)
        report = read_frames(
            info,
            [Subscription(feed.analyser.request, feed.take) for feed in feeds],
            times=times,
            on_progress=lambda share: job.report("analyse", share, "pictures"),
        )
        if report.seen_share < LEAST_SEEN_SHARE:
            raise DecodeFailed(
                f"{info.path.name}: only {report.seen_share:.0%} of its pictures can be decoded",
                "The file is damaged or cut short; copy it again from its source.",
            )
        made: dict[str, Part[Any]] = {}
        for feed in feeds:
            started = time.perf_counter()
            value = feed.analyser.finish()
            feed.seconds += time.perf_counter() - started
            made[feed.analyser.part] = Part(
                value, feed.seconds, report.seen_share, (*report.notes, *feed.analyser.notes)
            )
    for feed in feeds:  # the models tell what they had to do once they are given back
        part, specs = feed.analyser.part, feed.analyser.specs
        said = job.pool.notes_since(begun_s, specs) if specs else ()
        made[part] = replace(made[part], notes=(*made[part].notes, *said))
    give_back()  # what follows, as a render, would begin on top of it
    return made, left


def _track(
    parts: dict[str, Part[Any]], said: CutCorrections, times: FrameTimes | None
) -> Part[BodyTracks]:
    """The ways of the bodies; no pictures are looked at."""
    from pipelines.analysis.body_tracking import track_bodies

    if times is None:
        raise ValueError("bodies are tracked in pictures, and there are none")
    started = time.perf_counter()
    shots = corrected_shots(parts["shots"].value, said, times).shots
    made = track_bodies(parts["bodies"].value, shots, times)
    return Part(made, time.perf_counter() - started, parts["bodies"].seen_share)


def _journal(info: MediaInfo, part: str, made_by: dict[str, Any], job: Job) -> HearingJournal:
    return HearingJournal(job.store.beside(info.content_hash, part, made_by, ".journal"))


def _listen(
    info: MediaInfo,
    part: str,
    parts: dict[str, Part[Any]],
    made_by: dict[str, Any],
    options: Options,
    job: Job,
) -> Part[Any]:
    """One part made from the sound; ``parts`` holds those it stands on."""
    from pipelines.analysis.noises import find_noises
    from pipelines.analysis.sound import analyse_sound
    from pipelines.analysis.sound_events import find_sound_events
    from pipelines.analysis.speakers import find_speakers
    from pipelines.analysis.speech import analyse_speech

    started = time.perf_counter()

    def tell(share: float) -> None:
        job.report("analyse", share, part)

    value: Any
    notes: tuple[str, ...] = ()
    begun_s = time.time()
    if part == "speech":
        journal = _journal(info, part, made_by, job)
        if not options.cache:
            journal.discard()
        value, notes = analyse_speech(info, job.pool, options, tell, journal)
    elif part == "speakers":
        value, notes = find_speakers(info, parts["speech"].value, job.pool, options, tell)
    elif part == "sound_events":
        value = find_sound_events(info, options, tell)
    elif part == "noises":
        value = find_noises(info, options, tell)
    else:
        value = analyse_sound(info, options, job.check)
    if part in ("speech", "speakers"):
        notes = (*notes, *job.pool.notes_since(begun_s))
    return Part(value, time.perf_counter() - started, 1.0, notes)


def _assemble(
    info: MediaInfo,
    times: FrameTimes | None,
    parts: dict[str, Part[Any]],
    made_by: dict[str, dict[str, Any]],
    stored: tuple[str, ...],
    said: CutCorrections,
    mended: WordCorrections,
    notes: list[str],
) -> FootageAnalysis:
    for made in parts.values():
        notes += [note for note in made.notes if note not in notes]
    values = {part: made.value for part, made in parts.items()}
    if "speakers" in values:
        values["speech"] = with_speakers(values["speech"], values["speakers"])
    # The one place where decisions meet what a model found: the stored parts stay as they were.
    if "shots" in values and times is not None and said.decisions:
        laid = corrected_shots(values["shots"], said, times)
        values["shots"] = laid.shots
        made_by = made_by | {"shots": made_by["shots"] | said.made_by}
        notes += correction_notes(said, laid)
    if "speech" in values and mended.words:
        heard: Speech = values["speech"]
        if heard.transcript is not None:
            script = corrected_words(heard.transcript, mended.words)
            values["speech"] = replace(heard, transcript=script)
        made_by = made_by | {"speech": made_by["speech"] | mended.made_by}
        notes.append(f"words: {len(mended.words)} mended by a person are laid over what was heard")
    models = {
        part: ", ".join(f"{key}={value}" for key, value in made_by[part].items()) for part in parts
    }
    return FootageAnalysis(
        media=info,
        frame_times=times,
        seen_share=min((made.seen_share for made in parts.values()), default=1.0),
        models=models,
        seconds={part: made.seconds for part, made in parts.items() if part not in stored},
        notes=tuple(notes),
        **values,
    )


def _write(analysis: FootageAnalysis, out: Path) -> None:
    import json

    from pipelines.analysis.flag_pictures import write_flags
    from studio.media.writer import write_beside

    out.mkdir(parents=True, exist_ok=True)
    write_flags(analysis, out)
    with write_beside(out / "analysis.json") as beside:
        beside.write_text(json.dumps(analysis_json(analysis), ensure_ascii=False, indent=1))

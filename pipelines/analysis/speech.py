"""Who speaks when, and what is said: voice first, words only where there is voice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.analysis.analyser import LEAST_UNITS
from pipelines.analysis.hearing_journal import HearingJournal
from pipelines.analysis.options import Options
from pipelines.analysis.scribe import Scribe, WindowSound, exact
from pipelines.analysis.voice import Window, plan_windows, voice_ranges
from studio.adapters import silero, whisper
from studio.errors import RequestError, WeightsMissing
from studio.models import weights
from studio.models.pool import ModelPool
from studio.models.spec import ModelSpec
from studio.types.analysis import Speech
from studio.types.media import MediaInfo
from studio.types.timecode import TimeRange
from studio.types.transcript import Transcript

#: Seconds that each probability of voice stands for.
VOICE_WINDOW_S = silero.WINDOW / silero.RATE_HZ
_CHUNK_S = 16.0
_BATCH = {"cpu": 4, "cuda": 16}  # windows to a pass; two cores gain nothing from more
_VERSION = 2
_LOADERS = "studio.adapters.whisper:"  # of every model that reads

Report = Callable[[float], None]


def speech_made_by(options: Options) -> dict[str, Any]:
    """What a stored result depends on.

    Raises:
        RequestError: there is no such model for speech.
    """
    spec, _ = choose_model(options)
    made_by = {
        "voice": silero.SPEC.key,
        "words": spec.key,
        "language": options.language,
        "version": _VERSION,
    }
    return made_by | ({"audio_stream": options.audio_stream} if options.audio_stream else {})


def analyse_speech(
    info: MediaInfo,
    pool: ModelPool,
    options: Options,
    report: Report | None = None,
    journal: HearingJournal | None = None,
) -> tuple[Speech, tuple[str, ...]]:
    """Find the voice in a file's sound and write down what it says.

    The sound is read twice, once for the voice and once, where there is any, for the words;
    at no time is more than a few windows of 30 s in memory.

    Args:
        info: a file with sound.
        pool: lends the models.
        options: the language, the model.
        report: told the share that is done, 0 to 1.
        journal: keeps what was heard, and knows what an earlier run heard that did not end:
            that is not heard again.

    Returns:
        The speech on the source clock, and notes for the user.

    Raises:
        RequestError: the file has no sound, or the language or the model is not known.
        ModelError: a model is missing, corrupt or failed.
    """
    tell = report or (lambda share: None)
    probabilities, amiss = hear_voice(info, pool, lambda share: tell(0.1 * share), journal)
    duration_s = float(info.duration)
    voice = voice_ranges(probabilities, VOICE_WINDOW_S, duration_s)
    windows = plan_windows(voice, probabilities, VOICE_WINDOW_S, duration_s)
    notes = list(amiss)
    if not windows:
        tell(1.0)
        notes.append("no voice was found in the sound, so nothing was transcribed")
        return Speech((), Transcript("", (), ())), tuple(notes)
    transcript, said = _transcribe(
        info, windows, pool, options, lambda share: tell(0.1 + 0.9 * share), journal
    )
    ranges = tuple(TimeRange(exact(start), exact(end)) for start, end in voice)
    return Speech(ranges, transcript), (*notes, *said)


def choose_model(options: Options) -> tuple[ModelSpec[whisper.Whisper], str]:
    """The model that reads, and a note where it is not the one that was meant.

    Unless one is named it is Whisper base; tiny.en only in its absence and where English was
    asked for. On 456 words of English base misread 1.5 % and tiny.en 1.1 %, in white noise at
    10 dB both 4.8 %, and base takes twice as long. But base reads other languages too, and half
    as many of its word boundaries lie inside a word: that is what a cut needs.

    Raises:
        RequestError: no model for speech has the name.
    """
    if options.speech_model != "auto":
        return _named_model(options.speech_model), ""
    spec, english = whisper.SPEC, whisper.SPEC_ENGLISH
    if options.language == "en":
        try:
            for weight in spec.weights:
                weights.find(weight, spec.name)
        except WeightsMissing as missing:
            return english, f"{missing.message}: {english.name} is used, its times are looser"
    return spec, ""


def _named_model(name: str) -> ModelSpec[whisper.Whisper]:
    """By its name in the catalogue, which may go without ``whisper-``: ``tiny.en``."""
    from studio.catalog import all_specs

    specs = {spec.name: spec for spec in all_specs() if spec.loader.startswith(_LOADERS)}
    plain = name.lower().replace(".", "-").removeprefix("faster-").removeprefix("whisper-")
    if (spec := specs.get(f"whisper-{plain}")) is None:
        known = ", ".join(known.removeprefix("whisper-") for known in specs)
        raise RequestError(f"no model for speech is called {name!r}", f"There are: {known}")
    return spec


def hear_voice(
    info: MediaInfo,
    pool: ModelPool,
    report: Report | None = None,
    journal: HearingJournal | None = None,
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """The probability of voice in every 32 ms of a file's sound, and notes for the user.

    Args and errors as :func:`analyse_speech`.
    """
    from studio.media.audio_io import SoundNotes, stream_audio

    if info.audio is None:
        raise RequestError(f"{info.path.name} has no sound", "Leave out speech.")
    if journal is not None and (known := journal.voice()) is not None:
        return known, ()
    amiss = SoundNotes()
    clips = stream_audio(info, rate_hz=silero.RATE_HZ, mono=True, chunk_s=_CHUNK_S, notes=amiss)
    found = []
    with pool.lease(silero.SPEC) as model:
        stream = model.stream()
        for clip in clips:
            found.append(stream.feed(clip.samples[0]))
            if report is not None:
                report(float(clip.start + clip.duration) / max(float(info.duration), 1.0))
        found.append(stream.finish())
    probabilities = np.concatenate(found)
    if journal is not None:
        journal.write_voice(probabilities)
    return probabilities, amiss.notes


def window_sounds(info: MediaInfo, windows: Sequence[Window]) -> Iterator[WindowSound]:
    """Each window with its joined sound, read from the file as it is asked for."""
    from studio.media.audio_io import stream_audio

    rate = whisper.RATE_HZ
    if not windows:
        return
    begin = Fraction(round(windows[0].pieces[0][0] * rate), rate)
    clips = stream_audio(info, rate_hz=rate, mono=True, chunk_s=_CHUNK_S, start=begin)
    sounds = (clip.samples[0] for clip in clips)
    yield from zip(windows, _cut(sounds, windows, int(begin * rate)), strict=True)


def _cut(
    sound: Iterable[NDArray[np.float32]], windows: Sequence[Window], held_from: int
) -> Iterator[NDArray[np.float32]]:
    """The joined sound of each window, out of a stream that begins with that sample."""
    rate = whisper.RATE_HZ
    stream = iter(sound)
    held = np.zeros(0, np.float32)
    for window in windows:
        parts = []
        for start_s, end_s in window.pieces:
            first, last = round(start_s * rate), round(end_s * rate)
            while held_from + len(held) < last and (more := next(stream, None)) is not None:
                keep = min(max(first - held_from, 0), len(held))
                held, held_from = np.concatenate([held[keep:], more]), held_from + keep
            parts.append(held[max(first - held_from, 0) : last - held_from])
        yield np.concatenate(parts)


def _transcribe(
    info: MediaInfo,
    windows: Sequence[Window],
    pool: ModelPool,
    options: Options,
    done: Report,
    journal: HearingJournal | None,
) -> tuple[Transcript, tuple[str, ...]]:
    spec, note = choose_model(options)
    notes = [note]
    with pool.lease(spec, least_units=LEAST_UNITS) as model:
        scribe = Scribe(usable_language(model, spec.name, options.language))
        count = 0
        for known in journal.batches() if journal is not None else ():
            if count >= len(windows) or known.pieces != windows[count].pieces:
                break
            scribe.recall(known)
            count += known.count
        if count:
            notes.append(f"{count} of {len(windows)} windows were heard by an earlier run")
        sounds = window_sounds(info, windows[count:])
        while batch := list(itertools.islice(sounds, _BATCH[pool.device.kind])):
            heard = scribe.read(model, batch, count)
            if journal is not None:
                journal.write(heard)
            count += len(batch)
            done(count / len(windows))
        notes.append(f"speech was read by {spec.name} in {model.compute_type}")
    return scribe.script(), tuple(filter(None, [*notes, *scribe.notes()]))


def usable_language(model: whisper.Whisper, name: str, language: str) -> str:
    """The language as the model takes it; a model of one language cannot tell languages apart.

    Raises:
        RequestError: the model does not know it.
    """
    if language not in ("auto", *model.languages):
        raise RequestError(
            f"{name} does not know the language {language!r}",
            "Give a code such as en, ko or de, or auto.",
        )
    return language if model.multilingual else model.languages[0]

"""From readings to sound: each stretch between pauses is said once and kept by its content."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.anchor.hidden_mark import with_hidden_mark
from pipelines.anchor.reading import Reading, Spoken
from pipelines.anchor.voices import NamedVoice
from studio.codec import from_json, to_json
from studio.errors import RequestError, StudioError
from studio.jobs.job import Job
from studio.media.loudness import Mastered, from_db, master_sound
from studio.media.wav_io import as_stored, resampled
from studio.media.writer import write_beside
from studio.types.audio import AudioClip
from studio.types.script import Script, ScriptLine
from studio.types.spoken import (
    Speech,
    SpokenPhoneme,
    SpokenWord,
    VoicedCue,
    VoicedLine,
    VoicedWord,
    VoiceTrack,
)

#: Of the sound that is written.
RATE_HZ = 48_000
#: Silence between two lines, two items, and around the whole.
LINE_GAP_S, ITEM_GAP_S, EDGE_S = Fraction(7, 20), Fraction(9, 10), Fraction(1, 4)
#: Stressed words are louder by so much, rising and falling within so long.
_STRESS_DB, _RAMP_S = 3.0, 0.02
#: Sound below this share of its peak at both ends is rest, and cut.
_QUIET_DB, _MARGIN_S = -45.0, 0.02


class Voice(Protocol):
    """What says a text."""

    def speak(self, text: str, *, language: str, speed: float) -> Speech:
        """Say a text as it is read."""


@dataclass(frozen=True)
class Part:
    """What is said without a written pause.

    Attributes:
        line: id of the line.
        words: of its reading.
        stressed: numbers of the words that are stressed, in this part.
        before_s, after_s: silence around it.
    """

    line: str
    words: tuple[Spoken, ...]
    stressed: tuple[int, ...]
    before_s: Fraction
    after_s: Fraction

    @property
    def text(self) -> str:
        """What the voice is handed."""
        return " ".join(word.text for word in self.words)


def plan_parts(script: Script, readings: Mapping[str, Reading]) -> list[Part]:
    """The stretches to be said, with the silences between. Pure.

    A written pause is at least as long as it says: it takes the place of the gap where it
    stands between lines.
    """
    parts: list[Part] = []
    for item in script.items:
        for line in item.lines:
            parts += _line_parts(line, readings[line.id])
        if parts:
            parts[-1] = replace(parts[-1], after_s=max(parts[-1].after_s, ITEM_GAP_S))
    if parts:
        parts[0] = replace(parts[0], before_s=max(parts[0].before_s, EDGE_S))
    for i in range(1, len(parts)):  # a gap and a pause at one place are one silence
        rest = max(parts[i - 1].after_s, parts[i].before_s)
        parts[i - 1] = replace(parts[i - 1], after_s=rest)
        parts[i] = replace(parts[i], before_s=Fraction(0))
    return parts


def _line_parts(line: ScriptLine, reading: Reading) -> list[Part]:
    words = [w for w in reading.words() if any(c.isalnum() for c in w.text)]
    pauses = [(cue.at, cue.seconds) for cue in line.cues if cue.kind == "pause"]
    rests: dict[int, Fraction] = {}  # number of words before it -> seconds
    for at, seconds in pauses:
        place = sum(word.start < at for word in words)
        rests[place] = rests.get(place, Fraction(0)) + seconds
    edges = sorted({0, len(words), *rests})
    parts = []
    for a, b in pairwise(edges):
        some = tuple(words[a:b])
        louder = tuple(
            i
            for i, w in enumerate(some)
            if any(w.start < y and w.end > x for x, y in line.emphasis)
        )
        before = rests.get(0, Fraction(0)) if a == 0 else Fraction(0)
        after = rests.get(b, Fraction(0))
        if b == len(words):
            after = max(after, LINE_GAP_S)
        parts.append(Part(line.id, some, louder, before, after))
    return parts


@dataclass(frozen=True)
class Spoke:
    """What came of saying a script.

    Attributes:
        clip: float32 ``(1, n)`` at :data:`RATE_HZ`, mastered.
        track: when everything is said.
        mastered: how loud it came out.
        made, kept: parts that were said now, and that were there already.
        hidden: key of what laid the hidden mark under it; empty where nothing did.
        notes: what a user should know.
    """

    clip: AudioClip
    track: VoiceTrack
    mastered: Mastered
    made: int
    kept: int
    hidden: str = ""
    notes: tuple[str, ...] = ()


def speak_script(
    script: Script,
    readings: Mapping[str, Reading],
    named: NamedVoice,
    job: Job,
    *,
    speed: float,
    loudness_lufs: float,
    folder: Path,
    frame_s: Fraction = Fraction(1, 25),
) -> Spoke:
    """Say a script.

    Every line begins with a frame of the picture: where a line before it changes, those after
    it move by whole frames, and their pictures stay as they are.

    Args:
        script: what is said.
        readings: how, by the id of the line.
        named: the voice.
        job: lends the voice, hears of progress.
        speed: 1 is usual.
        loudness_lufs: integrated loudness wanted; true peaks stay under -1 dBTP.
        folder: keeps what was said, by content; what this script does not say goes.
        frame_s: seconds of a frame.

    Raises:
        RequestError: the voice does not speak the language.
        ModelError: it is missing, corrupt or failed.
    """
    parts = plan_parts(script, readings)
    if not parts:
        raise RequestError("Nothing in the script can be said.", "Write at least one word.")
    keys = [_key(named.key, script.language, speed, part.text) for part in parts]
    kept = {
        key: speech for key in set(keys) if (speech := _read(folder / f"{key}.npz")) is not None
    }
    missing = {key: part for key, part in zip(keys, parts, strict=True) if key not in kept}
    found = dict(kept)
    if missing:
        with job.pool.lease(named.spec) as model:
            voice: Voice = model.styled(named.style) if named.style else model
            for number, (key, part) in enumerate(missing.items()):
                job.report("voice", number / len(missing), part.text[:60])
                said = _trimmed(_said(voice, part, script.language, speed))
                _keep(said, folder / f"{key}.npz")
                found[key] = said
    for path in folder.glob("*.npz"):
        if path.stem not in keys:
            path.unlink(missing_ok=True)
    job.report("voice", 1.0)
    return _assembled(
        script,
        readings,
        parts,
        [found[k] for k in keys],
        named.key,
        speed,
        loudness_lufs,
        len(missing),
        frame_s,
        job,
    )


def _said(voice: Voice, part: Part, language: str, speed: float) -> Speech:
    try:
        return voice.speak(part.text, language=language, speed=speed)
    except StudioError as exc:
        if isinstance(exc, RequestError):
            raise RequestError(f"Line {part.line}: {exc.message}", exc.hint) from exc
        raise


def _key(voice: str, language: str, speed: float, text: str) -> str:
    whole = json.dumps([voice, language, round(speed, 4), text, 2], ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()[:32]


def _read(path: Path) -> Speech | None:
    """A kept part; None where there is none, or none that can be read: it is said again."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name != "facts"}
            facts = json.loads(str(file["facts"]))
        return from_json(Speech, facts, arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, StudioError):
        return None


def _keep(said: Speech, path: Path) -> None:
    arrays: dict[str, NDArray[np.generic]] = {}
    facts = json.dumps(to_json(said, arrays), ensure_ascii=False)
    with write_beside(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, facts=np.array(facts), **arrays)


def _trimmed(said: Speech) -> Speech:
    """The sound without the rest at its ends, so that silences are as long as planned."""
    samples, rate_hz = said.clip.samples, said.clip.rate_hz
    loud = np.flatnonzero(
        np.abs(samples[0]) > from_db(_QUIET_DB) * np.abs(samples).max(initial=1e-9)
    )
    if not len(loud):
        return said
    margin = round(_MARGIN_S * rate_hz)
    first, last = max(int(loud[0]) - margin, 0), min(int(loud[-1]) + margin, samples.shape[1])
    lead, length = Fraction(first, rate_hz), Fraction(last - first, rate_hz)

    def moved(time: Fraction) -> Fraction:
        return min(max(time - lead, Fraction(0)), length)

    return Speech(
        AudioClip(samples[:, first:last], rate_hz),
        tuple(SpokenWord(w.text, moved(w.start), moved(w.end)) for w in said.words),
        tuple(SpokenPhoneme(p.ipa, moved(p.start), moved(p.end), p.word) for p in said.phonemes),
    )


def stressed(clip: AudioClip, words: Sequence[SpokenWord]) -> NDArray[np.float32]:
    """The sound with some words louder, float32 ``(1, n)``."""
    gain = np.zeros(clip.samples.shape[1])
    for word in words:
        gain[round(word.start * clip.rate_hz) : round(word.end * clip.rate_hz)] = 1.0
    ramp = max(round(_RAMP_S * clip.rate_hz), 1)
    smooth = np.convolve(gain, np.ones(ramp) / ramp, mode="same")[: len(gain)]
    found: NDArray[np.float32] = clip.samples * (1 + (from_db(_STRESS_DB) - 1) * smooth).astype(
        np.float32
    )
    return found


def _assembled(
    script: Script,
    readings: Mapping[str, Reading],
    parts: Sequence[Part],
    speeches: Sequence[Speech],
    voice: str,
    speed: float,
    loudness_lufs: float,
    made: int,
    frame_s: Fraction,
    job: Job,
) -> Spoke:
    rate_hz = speeches[0].clip.rate_hz
    sounds: list[NDArray[np.float32]] = []
    done = 0
    said: dict[str, list[tuple[Spoken, SpokenWord]]] = {}
    phonemes: dict[str, list[SpokenPhoneme]] = {}
    for part, speech in zip(parts, speeches, strict=True):
        rest = round(part.before_s * rate_hz)
        if part.line not in said:  # a new line waits for the next frame
            frame = ceil(Fraction(done + rest, rate_hz) / frame_s)
            rest = max(rest, round(frame * frame_s * rate_hz) - done)
        sounds.append(np.zeros((1, rest), np.float32))
        start = Fraction(done + rest, rate_hz)
        mine = said.setdefault(part.line, [])
        offset = len(mine)
        for spoken, word in zip(part.words, speech.words, strict=True):
            mine.append((spoken, SpokenWord(word.text, word.start + start, word.end + start)))
        phonemes.setdefault(part.line, []).extend(
            SpokenPhoneme(p.ipa, p.start + start, p.end + start, p.word + offset)
            for p in speech.phonemes
        )
        sounds.append(stressed(speech.clip, [speech.words[i] for i in part.stressed]))
        sounds.append(np.zeros((1, round(part.after_s * rate_hz)), np.float32))
        done += sum(s.shape[1] for s in sounds[-3:])
    whole = resampled(np.concatenate(sounds, axis=1), rate_hz, RATE_HZ)
    clip, mastered, hidden, notes = finished(whole, loudness_lufs, job)
    lines = tuple(
        voiced_line(line, said[line.id], phonemes[line.id])
        for line in script.lines()
        if said.get(line.id)
    )
    track = VoiceTrack(script.language, voice, speed, clip.duration, lines)
    return Spoke(clip, track, mastered, made, len(parts) - made, hidden, notes)


def finished(
    samples: NDArray[np.float32], loudness_lufs: float, job: Job
) -> tuple[AudioClip, Mastered, str, tuple[str, ...]]:
    """A whole voice as it is written: with the hidden mark, at its loudness.

    Returns:
        The sound, how loud it came out, what marked it, and notes.

    Raises:
        ModelError: the mark's network failed.
    """
    marked, hidden, notes = with_hidden_mark(samples, job)
    heard: list[NDArray[np.float32]] = []

    def round_trip(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        heard[:] = [as_stored(sound)]
        return heard[0]

    mastered = master_sound(marked, RATE_HZ, loudness_lufs, round_trip)
    return AudioClip(heard[0], RATE_HZ), mastered, hidden, notes


def voiced_line(
    line: ScriptLine,
    said: Sequence[tuple[Spoken, SpokenWord]],
    phonemes: Sequence[SpokenPhoneme],
) -> VoicedLine:
    """The written words of a line with their times. Pure.

    Written words that are read as one (``March 3, 2026``) share its time by their letters.
    """
    tokens = _written_words(line.text)
    homes = [
        [k for k, (spoken, _) in enumerate(said) if spoken.start < end and spoken.end > start]
        for start, end in tokens
    ]
    words: list[VoicedWord] = []
    at = 0
    while at < len(tokens):
        stop = at + 1
        reach = set(homes[at])
        while stop < len(tokens) and (reach & set(homes[stop]) or not homes[stop] or not reach):
            reach |= set(homes[stop])
            stop += 1
        words += _shared(line.text, tokens[at:stop], [said[k] for k in sorted(reach)], words)
        at = stop
    start = min(word.start for _, word in said)
    end = max(word.end for _, word in said)
    cues = tuple(
        VoicedCue(cue.kind, cue.argument, cue.detail, _when(cue.at, said, end))
        for cue in line.cues
        if cue.kind != "pause"
    )
    return VoicedLine(line.id, start, end, tuple(words), tuple(phonemes), cues)


def _when(at: int, said: Sequence[tuple[Spoken, SpokenWord]], end: Fraction) -> Fraction:
    return next((word.start for spoken, word in said if spoken.start >= at), end)


def _written_words(text: str) -> list[tuple[int, int]]:
    """Ranges of the words between spaces; marks that stand alone go with the word before."""
    found: list[tuple[int, int]] = []
    at = 0
    for token in text.split():
        start = text.index(token, at)
        at = start + len(token)
        if found and not any(c.isalnum() for c in token):
            found[-1] = (found[-1][0], at)
        else:
            found.append((start, at))
    return found


def _shared(
    text: str,
    tokens: Sequence[tuple[int, int]],
    said: Sequence[tuple[Spoken, SpokenWord]],
    before: Sequence[VoicedWord],
) -> list[VoicedWord]:
    if said:
        start, end = said[0][1].start, said[-1][1].end
    else:
        start = end = before[-1].end if before else Fraction(0)
    read = " ".join(spoken.text for spoken, _ in said)
    letters = [b - a for a, b in tokens]
    total, done = sum(letters), 0
    found = []
    for (a, b), count in zip(tokens, letters, strict=True):
        first = start + (end - start) * Fraction(done, total)
        done += count
        found.append(
            VoicedWord(text[a:b], read, first, start + (end - start) * Fraction(done, total))
        )
    return found

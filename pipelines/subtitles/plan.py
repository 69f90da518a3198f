"""The plan of subtitles: what was heard, what will be shown, and what could not be obeyed.

It is written as JSON beside the subtitles. A person may edit the words, names and cues in it and
render it again; ``made`` holds them as the studio made them, so that the edits are known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from pipelines.subtitles.corrections import Corrections
from pipelines.subtitles.edits import cue_edits, names_given, word_edits
from pipelines.subtitles.profile import Profile
from pipelines.subtitles.shortfall import Unmet
from studio import codec
from studio.errors import RequestError
from studio.types.media import MediaInfo
from studio.types.people import VoiceFace
from studio.types.sound_event import SoundEvent
from studio.types.subtitles import Subtitles
from studio.types.timecode import FrameRate
from studio.types.transcript import DroppedText, Transcript, Word

_MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """The file that is subtitled.

    Attributes:
        path, content_hash: of the file.
        duration: seconds.
        rate: frames a second; None without picture.
        size_wh: of the upright picture; None without one.
        sound: number of the sound stream in the container; None where it is not known.
    """

    path: str
    content_hash: str
    duration: Fraction
    rate: FrameRate | None
    size_wh: tuple[int, int] | None
    sound: int | None = None

    @classmethod
    def of(cls, info: MediaInfo) -> Source:
        """What a plan keeps of a probed file."""
        video = info.video
        return cls(
            str(info.path),
            info.content_hash,
            info.duration,
            video.rate if video is not None else None,
            video.display_wh if video is not None else None,
            info.audio.index if info.audio is not None else None,
        )


@dataclass(frozen=True)
class Track:
    """Cues in one language.

    Attributes:
        profile: the rules they obey.
        subtitles: the cues.
        unmet: rules that a cue could not obey, each with a shorter wording where there is one.
        words: what the cues say, where that is not what was heard: a translation.
    """

    profile: Profile
    subtitles: Subtitles
    unmet: tuple[Unmet, ...] = ()
    words: tuple[Word, ...] | None = None


@dataclass(frozen=True)
class Made:
    """What the studio made, before anybody edited the plan."""

    words: tuple[Word, ...]
    names: dict[str, str]
    tracks: tuple[Subtitles, ...]


@dataclass(frozen=True)
class SubtitlePlan:
    """All that decides the subtitles of one file.

    Attributes:
        source: the file.
        transcript: what was said.
        names: speaker label to the name shown; empty where nobody named the voice.
        tracks: cues in the language that is spoken, then in the one translated to.
        cuts: times of the shot cuts, seconds.
        sounds: what is heard beside words.
        proposed: for a voice the face that moves when it speaks; nothing is named by it before
            a person says so.
        made: as the studio made it.
        models: part of the analysis to the model that made it.
        notes: what a user should know.
    """

    source: Source
    transcript: Transcript
    names: dict[str, str]
    tracks: tuple[Track, ...]
    made: Made
    cuts: tuple[Fraction, ...] = ()
    sounds: tuple[SoundEvent, ...] = ()
    proposed: tuple[VoiceFace, ...] = ()
    models: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def dropped(self) -> tuple[DroppedText, ...]:
        """What was heard and is not believed."""
        return self.transcript.dropped

    def as_made(self) -> SubtitlePlan:
        """The same, with what it holds now taken for what the studio made."""
        tracks = tuple(track.subtitles for track in self.tracks)
        return replace(self, made=Made(self.transcript.words, dict(self.names), tracks))

    def with_edits(self, corrections: Corrections) -> Corrections:
        """The corrections and what was edited in this plan.

        Raises:
            RequestError: a name was given to a voice that is not there.
        """
        words = self.transcript.words
        names = {k: v for k, v in self.names.items() if v and self.made.names.get(k, "") != v}
        found = corrections.with_names(names_given(words, names))
        found = found.with_words(word_edits(self.made.words, words))
        for track in self.tracks:
            made = next(
                (t for t in self.made.tracks if t.language == track.subtitles.language), None
            )
            if made is not None:
                found = found.with_cues(cue_edits(made, track.subtitles))
        return found


def write_plan(path: Path, plan: SubtitlePlan) -> None:
    """Write a plan; the file appears whole or not at all."""
    from studio.media.writer import write_beside

    with write_beside(path) as beside:
        data = codec.to_json(plan)
        beside.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def read_plan(path: Path) -> SubtitlePlan:
    """A plan from disk.

    Raises:
        RequestError: it is no plan of subtitles, or an edit made it impossible; the message
            names the place.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise ValueError("it is too long")
        plan = codec.from_json(SubtitlePlan, json.loads(raw.decode("utf-8-sig")))
    except OSError as exc:
        raise RequestError(
            f"The plan {path} cannot be read: {exc.strerror}.", "Name an existing plan."
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise RequestError(
            f"{path} is no plan of subtitles: {exc}", "Name a file that ends in .subtitles.json."
        ) from exc
    except RequestError as exc:
        raise RequestError(f"{path}: {exc.message}", exc.hint) from exc
    for track in plan.tracks:
        for number, cue in enumerate(track.subtitles.cues, 1):
            if cue.end <= cue.start or cue.start < 0:
                raise RequestError(
                    f"{path}: cue {number} ({cue.text!r}) ends before it starts.", "Mend its times."
                )
    ordered = tuple(
        replace(
            track,
            subtitles=replace(
                track.subtitles,
                cues=tuple(sorted(track.subtitles.cues, key=lambda cue: (cue.start, cue.end))),
            ),
        )
        for track in plan.tracks
    )
    return replace(plan, tracks=ordered)

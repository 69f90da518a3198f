"""Footage that was never shot: analyses made by code, with everything a cut must cope with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from studio.types.analysis import FootageAnalysis, PictureFacts, SoundFacts, Speech
from studio.types.detections import Detections
from studio.types.embedding import Embeddings
from studio.types.media import AudioStream, FrameTimes, MediaInfo, VideoStream
from studio.types.shot import Shot, TransitionKind
from studio.types.timecode import FrameRate, TimeRange
from studio.types.transcript import Transcript, Word

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
LABELS = ("person", "dog", "car")
TIME_BASE = Fraction(1, 90_000)


@dataclass(frozen=True)
class Scene:
    """What to make.

    Attributes:
        shots_s: lengths of the shots in seconds.
        fps: frames a second.
        vfr: whether frame times waver.
        dissolve: every so many shots begin with a dissolve of half a second; 0 for none.
        speech: ``none``, ``some`` sentences with pauses, ``all`` the time without a pause.
        sound: whether there is a sound stream.
        musicality: of the sound.
        size_wh: of the picture.
        looks: number of different looks; shots share them in turn.
        bad: shares of the shots that are black, frozen, or hold a flash.
        name: file name.
        seed: of everything else.
    """

    shots_s: Sequence[float]
    fps: Fraction = Fraction(25)
    vfr: bool = False
    dissolve: int = 0
    speech: str = "none"
    sound: bool = True
    musicality: float = 0.1
    size_wh: tuple[int, int] = (1920, 1080)
    looks: int = 1000
    bad: tuple[float, float, float] = (0.0, 0.0, 0.0)
    name: str = "a.mp4"
    seed: int = 0
    kinds: dict[int, str] = field(default_factory=dict)


def frame_times(scene: Scene, count: int) -> FrameTimes:
    step = 1 / (scene.fps * TIME_BASE)
    ticks = np.array([round(step * i) for i in range(count + 1)], np.int64)
    if scene.vfr:
        rng = np.random.default_rng(scene.seed)
        ticks[1:] += rng.integers(-int(step) // 3, int(step) // 3, count)
        ticks = np.maximum.accumulate(ticks)
    return FrameTimes(ticks[:-1], int(ticks[-1]), TIME_BASE, np.arange(0, count, 50))


def sound_facts(
    duration_s: float, rng: np.random.Generator, musicality: float = 0.1, bpm: float = 0.0,
    offset_s: float = 0.0, climax_s: float | None = None,
) -> SoundFacts:  # fmt: skip
    times = np.arange(0, max(duration_s, 0.1), 0.1)
    loud = -22 + 6 * np.sin(times / 7) + rng.normal(0, 1.5, len(times))
    if climax_s is not None:
        loud = loud - 10 * (times < climax_s)
    beats = np.arange(offset_s, duration_s, 60 / bpm) if bpm else np.zeros(0)
    return SoundFacts(
        times_s=times,
        loudness_lufs=loud.astype(np.float32),
        onset_strength=rng.random(len(times)).astype(np.float32),
        integrated_lufs=-21.0,
        onsets_s=np.sort(rng.random(int(duration_s)) * duration_s),
        beats_s=beats,
        downbeats_s=beats[::4],
        tempo_bpm=bpm,
        musicality=musicality,
    )


def _transcript(scene: Scene, duration_s: float, rng: np.random.Generator) -> Transcript:
    words, sentences, at = [], [], 0.5
    while at < duration_s - 1:
        first = len(words)
        for _ in range(int(rng.integers(3, 12))):
            length = float(rng.uniform(0.12, 0.5))
            if at + length > duration_s:
                break
            start = Fraction(round(at * 100), 100)
            words.append(Word("word", start, Fraction(round((at + length) * 100), 100), 0.9))
            at += length + (0 if scene.speech == "all" else float(rng.uniform(0, 0.12)))
        if len(words) > first:
            words[-1] = Word("end.", words[-1].start, words[-1].end, 0.9)
            sentences.append((first, len(words)))
        at += float(rng.uniform(0.3, 4)) if scene.speech == "some" else 0.18
    return Transcript("en", tuple(words), tuple(sentences))


def _detections(
    sampled: np.ndarray, shot_of: np.ndarray, rng: np.random.Generator, labels: tuple[str, ...],
    names: tuple[str, ...], people: np.ndarray,
) -> Detections:  # fmt: skip
    frames, boxes, scores, ids, feelings = [], [], [], [], []
    for frame, shot in zip(sampled.tolist(), shot_of.tolist(), strict=True):
        for person in range(int(people[shot])):
            size = 0.1 + 0.4 * ((shot * 7 + person * 3) % 10) / 10
            x = ((shot * 13 + person * 41) % 100) / 100 * (1 - size * 0.6)
            y = 0.1 + ((shot * 5) % 10) / 30
            frames.append(frame)
            boxes.append((x, y, x + size * 0.6, min(1.0, y + size)))
            scores.append(0.7 + 0.3 * rng.random())
            ids.append((shot + person) % len(labels))
            feelings.append(rng.dirichlet(np.ones(len(names))) if names else [])
    count = len(frames)
    return Detections(
        sampled_frames=sampled,
        frames=np.array(frames, np.int64),
        xyxy=np.array(boxes, np.float32).reshape(count, 4),
        scores=np.array(scores, np.float32),
        label_ids=np.array(ids, np.int64),
        labels=labels,
        landmarks=np.zeros((count, 0, 2), np.float32),
        attributes=np.array(feelings, np.float32).reshape(count, len(names)),
        attribute_names=names,
    )


def _picture(scene: Scene, shots: list[Shot], count: int, rng: np.random.Generator) -> PictureFacts:
    frames = np.arange(count, dtype=np.int64)
    shot_of = np.searchsorted([s.start_frame for s in shots], frames, side="right") - 1
    level = rng.uniform(0.3, 0.6, len(shots))[shot_of]
    black, frozen, flash = (np.zeros(count, np.bool_) for _ in range(3))
    for number, shot in enumerate(shots):
        kind = scene.kinds.get(number)
        if kind is None:
            kind = ("black", "frozen", "flash", "")[
                int(np.searchsorted(np.cumsum(scene.bad), rng.random(), side="right"))
            ]
        if kind == "black":
            black[shot.start_frame : shot.end_frame] = True
        elif kind == "frozen":
            frozen[(shot.start_frame + shot.end_frame) // 2 : shot.end_frame] = True
        elif kind == "flash":
            flash[(shot.start_frame + shot.end_frame) // 2] = True
    luma = np.where(black, 0.01, level) + rng.normal(0, 0.005, count)
    luma[flash] = 0.98
    motion = rng.gamma(2, 0.1, len(shots))[shot_of] * (1 + 0.2 * rng.random(count))
    f32 = np.float32
    return PictureFacts(
        frames=frames,
        luma=np.clip(luma, 0, 1).astype(f32),
        contrast=rng.uniform(0.1, 0.3, len(shots))[shot_of].astype(f32),
        sharpness=rng.gamma(3, 0.1, len(shots))[shot_of].astype(f32),
        colorfulness=rng.uniform(0.05, 0.6, len(shots))[shot_of].astype(f32),
        motion=motion.astype(f32),
        camera_x=rng.normal(0, 0.05, count).astype(f32),
        camera_y=rng.normal(0, 0.05, count).astype(f32),
        black=black,
        frozen=frozen,
        flash=flash,
    )


def make(scene: Scene) -> FootageAnalysis:
    """The analysis of a scene."""
    rng = np.random.default_rng(scene.seed)
    lengths = [max(1, round(s * float(scene.fps))) for s in scene.shots_s]
    count = sum(lengths)
    times = frame_times(scene, count)
    shots, at = [], 0
    half = max(1, round(float(scene.fps) / 4))
    for number, length in enumerate(lengths):
        blends = bool(scene.dissolve) and number > 0 and number % scene.dissolve == 0
        follows = bool(scene.dissolve) and (number + 1) % scene.dissolve == 0
        follows = follows and number + 1 < len(lengths)
        start, end = at, at + length
        clean = (min(end, start + half * blends), max(start, end - half * follows))
        shots.append(
            Shot(
                start, end, times.start(start), times.start(end),
                TransitionKind.START if not number
                else TransitionKind.DISSOLVE if blends else TransitionKind.CUT,
                min(clean), max(clean),
            )
        )  # fmt: skip
        at = end
    duration = times.end_pts * TIME_BASE
    sampled = np.arange(0, count, max(1, round(float(scene.fps) / 2)), dtype=np.int64)
    shot_of = np.searchsorted([s.start_frame for s in shots], sampled, side="right") - 1
    people = rng.integers(0, 3, len(shots))
    looks = rng.normal(0, 1, (scene.looks if scene.looks < 100 else len(shots), 32))
    vectors = looks[shot_of % len(looks)] + rng.normal(0, 0.15, (len(sampled), 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    speech = None
    if scene.sound:
        transcript = (
            _transcript(scene, float(duration), rng)
            if scene.speech != "none"
            else Transcript("", (), ())
        )
        ranges = tuple(TimeRange(r.start, r.end) for r in transcript.sentence_ranges)
        speech = Speech(ranges, transcript)
    media = MediaInfo(
        path=Path("/footage") / scene.name,
        content_hash=f"{scene.name}-{scene.seed}",
        size_bytes=1,
        container="mov",
        duration=duration,
        video=VideoStream(
            0, "h264", scene.size_wh, Fraction(1), 0, FrameRate(scene.fps), scene.vfr, TIME_BASE, 0,
            duration, "yuv420p", 8, "bt709", "bt709", "bt709", "tv",
        ),
        audio=AudioStream(1, "aac", 48_000, 2, Fraction(0), duration, "") if scene.sound else None,
        video_streams=1,
        audio_streams=int(scene.sound),
        timecode="",
    )  # fmt: skip
    return FootageAnalysis(
        media=media,
        frame_times=times,
        seen_share=1.0,
        shots=tuple(shots),
        objects=_detections(sampled, shot_of, rng, LABELS, (), people),
        faces=_detections(sampled, shot_of, rng, ("face",), EXPRESSIONS, people),
        embeddings=Embeddings(sampled, vectors.astype(np.float32), "made"),
        picture=_picture(scene, shots, count, rng),
        speech=speech,
        sound=sound_facts(
            float(duration), rng, scene.musicality, bpm=112.0 if scene.musicality else 0
        )
        if scene.sound
        else None,
        models={"shots": "made 1"},
        seconds={},
    )


def music(
    duration_s: float = 180.0, bpm: float = 120.0, offset_s: float = 0.35, seed: int = 0,
    climax_s: float | None = 95.0,
) -> tuple[MediaInfo, SoundFacts]:  # fmt: skip
    """A music file: its probe and its measures."""
    rng = np.random.default_rng(seed)
    length = Fraction(round(duration_s * 1000), 1000)
    media = MediaInfo(
        Path("/music/song.mp3"), "song", 1, "mp3", length, None,
        AudioStream(0, "mp3", 44_100, 2, Fraction(0), length, ""), 0, 1, "",
    )  # fmt: skip
    return media, sound_facts(duration_s, rng, 0.9, bpm, offset_s, climax_s)

"""What the studio understood of one file: the value that every pipeline reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from studio.types.detections import Detections
from studio.types.embedding import Embeddings
from studio.types.media import FrameTimes, MediaInfo
from studio.types.motion import Bodies, BodyTracks
from studio.types.shot import Shot
from studio.types.sound_event import SoundEvent
from studio.types.speakers import Speakers
from studio.types.timecode import TimeRange
from studio.types.transcript import Transcript


@dataclass(frozen=True)
class PictureFacts:
    """Plain measures of sampled frames; all arrays are ``(n,)``.

    Attributes:
        frames: int64, rising frame numbers.
        luma: float32, mean brightness, 0 to 1.
        contrast: float32, standard deviation of brightness, 0 to 1.
        sharpness: float32, variance of the Laplacian over the variance of the luma.
        colorfulness: float32, Hasler and Suesstrunk (2003), 0 to about 1.
        motion: float32, median optical flow, picture heights a second.
        camera_x, camera_y: float32, the global part of the flow, same unit.
        black, frozen, flash: bool.
        bar_x, bar_y: float32, share of the width and height that a black bar takes at each
            side; empty where bars were not looked for.
    """

    frames: NDArray[np.int64]
    luma: NDArray[np.float32]
    contrast: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    colorfulness: NDArray[np.float32]
    motion: NDArray[np.float32]
    camera_x: NDArray[np.float32]
    camera_y: NDArray[np.float32]
    black: NDArray[np.bool_]
    frozen: NDArray[np.bool_]
    flash: NDArray[np.bool_]
    bar_x: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    bar_y: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class ViewFacts:
    """What a camera shows and how it moves, on sampled frames; all arrays have ``n`` rows.

    Attributes:
        frames: int64, rising frame numbers.
        pan, tilt: float32, how the camera turns: picture heights a second, to the right and
            upwards; NaN where the movement cannot be told (the first frame, a cut, fog).
        zoom: float32, growth of what is shown in e-folds a second; above 0 is nearer.
        roll_deg: float32, degrees a second, clockwise.
        class_ids: int32 ``(n, 5)``, the likeliest classes of ``class_names``; -1 where a frame
            was not classified.
        class_scores: float32 ``(n, 5)``, their probability.
        colors_rgb: uint8 ``(n, 5, 3)``, the main colours in sRGB, the most frequent first.
        color_shares: float32 ``(n, 5)``, share of the picture.
        sky: float32, share of the upper half that is bright and without texture as the sky is.
        class_names: ImageNet-1k.
    """

    frames: NDArray[np.int64]
    pan: NDArray[np.float32]
    tilt: NDArray[np.float32]
    zoom: NDArray[np.float32]
    roll_deg: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    class_scores: NDArray[np.float32]
    colors_rgb: NDArray[np.uint8]
    color_shares: NDArray[np.float32]
    sky: NDArray[np.float32]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class TextSeen:
    """A line of text in the picture, and when it stands there.

    Attributes:
        text: as it was read best.
        start, end: seconds on the source clock, from the first sample it was read on to the one
            behind the last; half-open.
        frame: where it was read best.
        corners: four ``(x, y)`` in shares of the picture there, clockwise from the line's own
            upper left.
        score: of the best reading, 0 to 1.
        samples: on how many it was read.
    """

    text: str
    start: Fraction
    end: Fraction
    frame: int
    corners: tuple[tuple[float, float], ...]
    score: float
    samples: int


@dataclass(frozen=True)
class SoundFacts:
    """Plain measures of a sound stream; times are float64 seconds on the source clock.

    Attributes:
        times_s: ``(n,)``, ten a second.
        loudness_lufs: float32 ``(n,)``, momentary loudness (EBU Tech 3341, 400 ms).
        onset_strength: float32 ``(n,)``, 0 to 1.
        integrated_lufs: of the whole stream (ITU-R BS.1770-4); -70 for silence.
        onsets_s, beats_s, downbeats_s: float64 ``(k,)``.
        tempo_bpm: beats a minute, 0 where no beat was found.
        musicality: 0 to 1, how steady the beat is.
    """

    times_s: NDArray[np.float64]
    loudness_lufs: NDArray[np.float32]
    onset_strength: NDArray[np.float32]
    integrated_lufs: float
    onsets_s: NDArray[np.float64]
    beats_s: NDArray[np.float64]
    downbeats_s: NDArray[np.float64]
    tempo_bpm: float
    musicality: float


@dataclass(frozen=True)
class Speech:
    """Where somebody speaks.

    Attributes:
        ranges: spans of voice, in order.
        transcript: the words, or None where they were not asked for.
    """

    ranges: tuple[TimeRange, ...]
    transcript: Transcript | None


@dataclass(frozen=True)
class FootageAnalysis:
    """Everything known of one file; a part that was not asked for is None.

    Attributes:
        media: the probe.
        frame_times: when each frame is shown; None without picture.
        seen_share: decoded frames over frames in the container's index, 0 to 1.
        shots: tile the footage from its first to its last frame.
        objects: things, on sampled frames.
        faces: faces with five landmarks and the probability of each expression.
        embeddings: vectors of sampled frames.
        picture: plain measures of sampled frames.
        views: camera movement, colours and scene words of sampled frames.
        texts: lines of text in the picture, by their start.
        speech: voice and words.
        sound: plain measures of the sound.
        speakers: who speaks; where it is known, the words of ``speech`` name their speaker.
        sound_events: what is heard beside words.
        noises: bangs and alarms.
        bodies: people by their bodies, on sampled frames.
        body_tracks: their ways through the shots; rows of ``bodies``.
        safety: bare parts of bodies, on sampled frames; a reason to look, nothing more.
        models: part to the name, version and precision that made it.
        seconds: part to the seconds it took when it was made; empty for a stored part.
        notes: what a user should know.
    """

    media: MediaInfo
    frame_times: FrameTimes | None
    seen_share: float
    shots: tuple[Shot, ...] | None = None
    objects: Detections | None = None
    faces: Detections | None = None
    embeddings: Embeddings | None = None
    picture: PictureFacts | None = None
    views: ViewFacts | None = None
    texts: tuple[TextSeen, ...] | None = None
    speech: Speech | None = None
    sound: SoundFacts | None = None
    speakers: Speakers | None = None
    sound_events: tuple[SoundEvent, ...] | None = None
    noises: tuple[SoundEvent, ...] | None = None
    bodies: Bodies | None = None
    body_tracks: BodyTracks | None = None
    safety: Detections | None = None
    models: dict[str, str] | None = None
    seconds: dict[str, float] | None = None
    notes: tuple[str, ...] = ()

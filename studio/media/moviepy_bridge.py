"""A timeline as a moviepy clip, for people who script their edits.

The film itself is not rendered through here: moviepy composes every frame in Python. Pictures,
transitions, crops, cards and sound come from the renderer's own parts, so a scripted edit shows
the same frames; the loudness of the result is not mastered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.media.audio_io import SoundNotes
from studio.media.encoder import SOUND_RATE_HZ
from studio.media.picture_plan import Join, Layer, PicturePlan, Segment, plan_picture
from studio.media.picture_render import (
    Footage,
    check_unchanged,
    open_footage,
    segment_pictures,
)
from studio.media.probe import probe
from studio.media.render import sound_reader
from studio.media.sound_mix import MUSIC, mix_sound
from studio.settings import Settings
from studio.types.timeline import Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from moviepy import AudioClip, VideoClip

#: moviepy counts in float seconds. Layers begin and the film ends this share of a frame off, so
#: that frame ``k``, asked for at ``k / fps``, is never the one beside it.
_OFF = 1e-3
#: Layers whose decoders stay open: both sides of a dissolve, and one to look back to.
_MOST_OPEN = 3
#: Frames that are read past rather than sought.
_FARTHEST_FRAMES = 50


def timeline_to_moviepy(timeline: Timeline, settings: Settings | None = None) -> VideoClip:
    """The cut as a ``CompositeVideoClip``; the caller closes it.

    Its ``clips`` are the items in order, each with its start and its handles, and with the
    plan's item as ``item``; dissolves and dips are their masks. Frames are decoded when they
    are asked for, fastest in order. ``notes`` grows as frames are read.

    Args:
        timeline: the cut; its sources must be there, unchanged.
        settings: for the limits on media.

    Raises:
        StudioError: moviepy is not installed.
        NoSuchMedia: a source has gone.
        RequestError: a source has changed since the plan was made.
        MediaError: a source cannot be read.
    """
    try:
        from moviepy import CompositeVideoClip, VideoClip
    except ImportError as exc:
        raise StudioError(
            "moviepy is not installed.", "Install it with: pip install --no-deps moviepy"
        ) from exc
    settings = settings or Settings()
    footage = open_footage(timeline, settings)
    plan = plan_picture(timeline, {name: found.times for name, found in footage.items()})
    notes = list(plan.notes)
    pictures = _Pictures(plan, footage, notes)
    fps = float(timeline.rate.fps)
    layers = []
    for number, layer in enumerate(plan.layers):
        length = (layer.last - layer.first) / fps
        clip = _lazy(VideoClip, pictures.reader(number), timeline.size_wh, length, fps)
        clip.mask = _lazy(VideoClip, pictures.masker(number), timeline.size_wh, length, fps)
        clip.mask.is_mask = True
        clip.item = layer.item
        layers.append(clip.with_start((layer.first - _OFF) / fps))
    film = CompositeVideoClip(layers, size=timeline.size_wh, bg_color=(0, 0, 0))
    film.audio = _sound(timeline, plan, footage, notes, settings)
    film.fps = fps
    film.duration = film.end = (timeline.frames + _OFF) / fps
    film.notes = notes
    film.close = pictures.closing(film.close)
    return film


def _lazy(kind: Any, function: Any, size_wh: tuple[int, int], length_s: float, fps: float) -> Any:
    # Given its function at birth, a moviepy clip would decode a frame to learn its size.
    clip = kind(duration=length_s)
    clip.frame_function, clip.size, clip.fps = function, size_wh, fps
    return clip


class _Pictures:
    """The frames of each layer, decoded in order and again from the start when asked back."""

    def __init__(self, plan: PicturePlan, footage: Mapping[str, Footage], notes: list[str]) -> None:
        self._plan, self._footage, self._notes = plan, footage, notes
        self._scaler = VideoReformatter()
        #: Layer to the timeline frame last read, its pixels, and what gives the following.
        self._open: dict[int, tuple[int, NDArray[np.uint8], Iterator[VideoFrame]]] = {}

    def reader(self, number: int) -> Any:
        """A frame function of moviepy: seconds from the layer's start to uint8 RGB."""
        layer, fps = self._plan.layers[number], float(self._plan.timeline.rate.fps)

        def read(t: float) -> NDArray[np.uint8]:
            return self._read(number, _held(layer, t, fps))

        return read

    def masker(self, number: int) -> Any:
        """A frame function of its mask: float64 ``(h, w)``, 0 to 1."""
        layer, fps = self._plan.layers[number], float(self._plan.timeline.rate.fps)
        width, height = self._plan.timeline.size_wh

        def mask(t: float) -> NDArray[np.float64]:
            frame = _held(layer, t, fps)
            parts = self._plan.blend(frame)
            weight = dict(parts).get(number, 0.0)
            if len(parts) > 1 and number == parts[0][0]:
                weight = 1.0  # the outgoing side of a dissolve lies whole under the other
            # moviepy cuts masks to eight bits without rounding.
            return np.full((height, width), min((round(weight * 255) + 0.25) / 255, 1.0))

        return mask

    def _read(self, number: int, frame: int) -> NDArray[np.uint8]:
        known = self._open.pop(number, None)
        if known is None or not 0 <= frame - known[0] <= _FARTHEST_FRAMES:
            known = self._opened(number, frame)
        at, pixels, following = known
        while at < frame:
            at, picture = at + 1, next(following)
            if at == frame:
                pixels = self._rgb(picture)
        self._open[number] = (at, pixels, following)
        while len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]  # the one that was not read for longest
        return pixels

    def _opened(
        self, number: int, frame: int
    ) -> tuple[int, NDArray[np.uint8], Iterator[VideoFrame]]:
        layer, timeline = self._plan.layers[number], self._plan.timeline
        alone = PicturePlan(timeline, (Join(layer.at, "cut", 0),), (layer,), ())
        following = segment_pictures(
            alone, Segment(frame, layer.last), self._footage, notes=self._notes
        )
        return frame, self._rgb(next(following)), following

    def _rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        rgb = self._scaler.reformat(
            picture,
            format="rgb24",
            src_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
        )
        return rgb.to_ndarray().astype(np.uint8, copy=False)

    def closing(self, close: Any) -> Any:
        """A ``close`` that also closes the decoders."""

        def both() -> None:
            self._open.clear()
            close()

        return both


def _held(layer: Layer, t: float, fps: float) -> int:
    frame = layer.first + int(np.floor(t * fps + 2 * _OFF))
    return min(max(frame, layer.first), layer.last - 1)


def _sound(
    timeline: Timeline,
    plan: PicturePlan,
    footage: Mapping[str, Footage],
    notes: list[str],
    settings: Settings,
) -> AudioClip | None:
    """Clips and ducked music, mixed as the film has them; None where nothing sounds."""
    from moviepy import AudioArrayClip

    infos = {name: found.info for name, found in footage.items()}
    if timeline.music is not None:
        path = Path(timeline.music.path)
        infos[MUSIC] = probe(path, settings)
        check_unchanged(path, timeline.music.content_hash, infos[MUSIC].content_hash)
    if all(info.audio is None for info in infos.values()):
        return None
    damage = SoundNotes()
    mix = mix_sound(timeline, plan.joins, sound_reader(infos, damage))
    notes += [*mix.notes, *damage.notes]
    return AudioArrayClip(mix.samples.T, fps=SOUND_RATE_HZ)

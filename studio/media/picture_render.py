"""The pictures of a plan, one after the other: decoded, conformed, blended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import DecodeFailed, NoSuchMedia, RequestError
from studio.media.cards import CardPainter
from studio.media.picture_conform import Conform, blended
from studio.media.picture_plan import Layer, PicturePlan, Segment, source_frames
from studio.media.probe import content_hash, frame_times, probe
from studio.media.reader import decode_range
from studio.settings import Settings
from studio.types.media import FrameTimes, MediaInfo
from studio.types.timeline import Card, Clip, Timeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Footage:
    """A source that was opened and found to be the one the plan was made from."""

    info: MediaInfo
    times: FrameTimes


def open_footage(timeline: Timeline, settings: Settings) -> dict[str, Footage]:
    """Every source that the cut shows, by id, checked against the plan.

    Raises:
        NoSuchMedia: a source has gone.
        RequestError: a source has changed since the plan was made, or has no picture.
        MediaError: a source cannot be read.
    """
    found = {}
    for source_id in dict.fromkeys(clip.source for clip in timeline.clips):
        source = timeline.source(source_id)
        path = Path(source.path)
        if not path.exists():
            raise NoSuchMedia(
                f"{path} is gone; the plan takes pictures from it.",
                "Put the file back, or change its path in the plan.",
            )
        info = probe(path, settings)
        check_unchanged(path, source.content_hash, info.content_hash)
        if info.video is None:
            raise RequestError(f"{path} has no picture.", "Name footage with a picture stream.")
        found[source_id] = Footage(info, frame_times(info))
    return found


def check_unchanged(path: Path, planned: str, found: str | None = None) -> None:
    """Refuse a file that is not the one a plan was made from.

    Raises:
        RequestError: it differs.
    """
    if (found or content_hash(path)) != planned:
        raise RequestError(
            f"{path} is not the file the plan was made from: its content has changed.",
            "Put the old file back, or plan again with the new one.",
        )


def segment_pictures(
    plan: PicturePlan,
    segment: Segment,
    footage: Mapping[str, Footage],
    *,
    notes: list[str],
    step: Callable[[], None] = lambda: None,
) -> Iterator[VideoFrame]:
    """The pictures of a segment. One frame of each visible layer is in memory at a time.

    Args:
        plan: what every frame shows.
        segment: which frames.
        footage: the sources.
        notes: receives what a user should know.
        step: called before each frame; what it raises ends the pass.

    Raises:
        DecodeFailed: nothing of a clip can be decoded.
    """
    size_wh = plan.timeline.size_wh
    running: dict[int, Iterator[VideoFrame]] = {}
    for frame in range(segment.start, segment.end):
        step()
        parts = []
        for number, weight in plan.blend(frame):
            layer = plan.layers[number]
            if number not in running:
                span = range(frame, min(layer.last, segment.end))
                running[number] = _layer_pictures(plan, layer, span, footage, notes)
            parts.append((next(running[number]), weight))
        yield blended(parts, size_wh)
        for number in [n for n in running if plan.layers[n].last <= frame + 1]:
            del running[number]  # closes its decoder


def _layer_pictures(
    plan: PicturePlan,
    layer: Layer,
    span: range,
    footage: Mapping[str, Footage],
    notes: list[str],
) -> Iterator[VideoFrame]:
    timeline, item = plan.timeline, layer.item
    ks = range(span.start - layer.at, span.stop - layer.at)
    if isinstance(item, Card):
        painter = CardPainter(item, timeline.size_wh, timeline.rate)
        notes.extend(painter.notes)
        yield from (painter.frame(k) for k in ks)
    else:
        yield from _clip_pictures(timeline, item, ks, footage[item.source], notes)


def _clip_pictures(
    timeline: Timeline, clip: Clip, ks: range, footage: Footage, notes: list[str]
) -> Iterator[VideoFrame]:
    info, times = footage.info, footage.times
    assert info.video is not None  # open_footage saw to it
    source = timeline.source(clip.source)
    wanted = source_frames(clip, source, times, timeline.rate, ks)
    conform = Conform(info.video, timeline.size_wh, clip.crop)
    notes.extend(conform.notes)
    decoded = decode_range(info, times, wanted[0], wanted[-1] + 1)
    following = next(decoded, None)
    if following is None:
        raise DecodeFailed(
            f"No picture of {info.path} from frame {wanted[0]} to {wanted[-1]} can be decoded.",
            f"The file is damaged there; drop the clip {clip.id} from the plan.",
            at=times.start(wanted[0]),
        )
    shown, picture = following, None
    broken: set[int] = set()
    try:
        for k, number in zip(ks, wanted, strict=True):
            before = shown[0]
            while following is not None and following[0] <= number:
                shown, following = following, next(decoded, None)
            if shown[0] != number:
                broken.add(number)
            if picture is None or clip.crop or shown[0] != before:
                picture = conform(shown[1], k)
            yield picture
    finally:  # whoever reads stops at the last picture, not behind it
        if broken:
            notes.append(
                f"{len(broken)} frame(s) of {info.path.name} from {min(broken)} to {max(broken)} "
                "cannot be decoded; their neighbours stand in for them."
            )

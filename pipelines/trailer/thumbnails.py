"""The cut as a strip of pictures."""

from __future__ import annotations

from studio.types.timeline import Timeline


def thumbnails(timeline: Timeline, height_px: int) -> list[bytes]:
    """A JPEG a clip, in order, ``height_px`` high, in the shape of the timeline's picture.

    Raises:
        MediaError: a source cannot be read any more.
    """
    from studio.media.image_io import jpeg_bytes
    from studio.media.thumbnails import clip_thumbnails

    pictures = clip_thumbnails(timeline, height_px)
    return [jpeg_bytes(pictures[clip.id]) for clip in timeline.clips]

"""Whole pictures out of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av.error
from av.filter import Graph

from studio.errors import DecodeFailed

if TYPE_CHECKING:
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame


def deinterlaced(frames: Iterator[VideoFrame], untimed: bool) -> Iterator[VideoFrame]:
    """As many pictures as frames, each with its own time stamp and the upper field's moment.

    FFmpeg's bwdif: what moves is built from one field and its neighbours in time, what stands
    still keeps the lines of both. Frames that are not marked as interlaced pass as they are.

    Args:
        frames: as decoded, in order.
        untimed: their times are in ``dts``; the pictures carry them there too.

    Raises:
        DecodeFailed: the frames change their size on the way.
    """
    graph: Graph | None = None
    source: FilterContext
    stamps: dict[int, tuple[int | None, int | None]] = {}  # of those inside the filter
    for number, frame in enumerate(frames):
        if graph is None:
            graph, source = _graph(frame)
        stamps[number] = frame.pts, frame.dts
        frame.pts = number  # the filter's clock; the file's own may have gaps
        try:
            source.push(frame)
        except (av.error.FFmpegError, ValueError) as exc:
            raise DecodeFailed(
                "The picture changes its size on the way.", "Convert the file to one size first."
            ) from exc
        yield from _ready(graph, stamps, untimed)
    if graph is not None:
        source.push(None)
        yield from _ready(graph, stamps, untimed)


def _graph(frame: VideoFrame) -> tuple[Graph, FilterContext]:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    weave = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(weave)
    weave.link_to(sink)
    graph.configure()
    return graph, source


def _ready(
    graph: Graph, stamps: dict[int, tuple[int | None, int | None]], untimed: bool
) -> Iterator[VideoFrame]:
    while True:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        pts, dts = stamps.pop((frame.pts or 0) // 2)  # its clock ticks twice a frame
        frame.pts = pts
        if untimed:
            frame.dts = dts
        yield frame

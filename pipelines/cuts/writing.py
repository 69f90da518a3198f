"""Cuts as files: a table, and the film in its shots for an editing program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pipelines.cuts.places import code_of
from pipelines.cuts.result import Cut
from pipelines.search.cut_list import Cutting, cut_list, write_exchange
from studio.media.writer import write_beside
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot
from studio.types.timeline import Reason, Role

COLUMNS = (
    *("shot", "start_frame", "end_frame", "start_s", "end_s", "start_code", "end_code"),
    *("transition", "found_by"),
)


def write(
    info: MediaInfo,
    times: FrameTimes,
    shots: Sequence[Shot],
    cuts: Sequence[Cut],
    models: dict[str, str],
    out: Path,
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """``cuts.csv``, and one clip a shot as plan, OTIO, FCPXML and EDL.

    Returns:
        The files by what they are, and what a format could not carry.
    """
    found_by = {cut.boundary.at: cut.found_by for cut in cuts if cut.found_by != "removed"}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number, shot in enumerate(shots):
        rows.writerow(
            [
                number,
                shot.start_frame,
                shot.end_frame,
                f"{float(shot.start):.6f}",
                f"{float(shot.end):.6f}",
                code_of(shot.start_frame, info, times),
                code_of(shot.end_frame, info, times),
                shot.transition.value,
                found_by.get(shot.start_frame, ""),
            ]
        )
    table = out / "cuts.csv"
    with write_beside(table) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")
    timeline = cut_list(
        f"Shots of {info.path.name}",
        [
            Cutting(info, times, shot.start_frame, shot.end_frame, _why(shot, found_by))
            for shot in shots
        ],
        options={},
        models=models,
        role=Role.BUILD,  # not set apart as what is left over
    )
    files, notes = write_exchange(timeline, out, "cuts")
    left_out = len(shots) - len(timeline.clips)
    if left_out:
        notes = (*notes, f"{left_out} shots are shorter than a frame of the timeline and left out")
    return {"table": table, **files}, notes


def _why(shot: Shot, found_by: dict[int, str]) -> tuple[Reason, ...]:
    whose = found_by.get(shot.start_frame)
    return (Reason("cut", 1.0, 1.0, f"{shot.transition.value} by {whose}"),) if whose else ()

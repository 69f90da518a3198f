"""All odd events of one analysis. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.events.options import Options
from pipelines.events.result import OddEvent
from pipelines.events.things_and_sounds import abnormal_things, odd_sounds
from pipelines.events.ways import odd_ways, ways_of
from pipelines.people.poses import camera_way
from studio.types.analysis import FootageAnalysis


def odd_events(
    footage: FootageAnalysis, options: Options, abnormal: Sequence[str] = ()
) -> tuple[OddEvent, ...]:
    """What does not fit, by its start: of ways, things and sounds what the analysis has.

    Args:
        footage: with bodies and their tracks for ways, objects for things, noises for sounds.
        options: what counts.
        abnormal: classes of things that should not be there, as the detector names them.
    """
    times, bodies, table = footage.frame_times, footage.bodies, footage.body_tracks
    found: list[OddEvent] = []
    if times is not None and bodies is not None and table is not None:
        camera = camera_way(footage.views, times) if footage.views is not None else None
        ways = ways_of(table.tracks(bodies), times, bodies.aspect, camera)
        found += odd_ways(ways, times, bodies.aspect, loiter_s=options.loiter_s)
    if times is not None and footage.objects is not None and abnormal:
        found += abnormal_things(footage.objects, times, abnormal)
    if footage.noises is not None:
        heard = footage.sound_events or ()
        found += odd_sounds(footage.noises, heard, footage.media.duration, times)
    kept = [event for event in found if event.score >= options.least_score]
    return tuple(sorted(kept, key=lambda e: (e.start, e.kind, e.body_tracks)))

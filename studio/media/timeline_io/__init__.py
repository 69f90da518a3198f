"""Plans on disk, and the files that editing programs open.

Every ``write_*`` writes beside and renames, and returns what the format could not carry, in
words for a person. :func:`check_timeline` is what makes a hand-edited plan safe to use.
"""

from studio.media.timeline_io.check import check_timeline, timeline_problems
from studio.media.timeline_io.edl import to_edl, write_edl
from studio.media.timeline_io.fcpxml import to_fcpxml, write_fcpxml
from studio.media.timeline_io.otio import to_otio, write_otio
from studio.media.timeline_io.plan import plan_text, read_plan, write_plan

__all__ = [
    "check_timeline",
    "plan_text",
    "read_plan",
    "timeline_problems",
    "to_edl",
    "to_fcpxml",
    "to_otio",
    "write_edl",
    "write_fcpxml",
    "write_otio",
    "write_plan",
]

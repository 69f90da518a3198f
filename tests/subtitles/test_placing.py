"""Cues keep off faces."""

from fractions import Fraction

import numpy as np
import pytest

from pipelines import analysis
from pipelines.subtitles.placing import off_faces, text_box
from pipelines.subtitles.profile import load
from pipelines.subtitles.style import style_for
from studio.jobs.job import Job
from studio.settings import Settings
from studio.types.detections import Detections
from studio.types.media import FrameTimes
from studio.types.subtitles import Cue
from tests.footage import music_video


def test_a_face_is_not_hidden(studio_cache):
    """A singer, often close: whatever can stand clear of her face does, and the rest is told."""
    source = music_video()
    found = analysis.run(
        source, analysis.Options(only=("faces",)), Job(Settings(cache_dir=studio_cache))
    ).analysis
    times, size_wh = found.frame_times, found.media.video.display_wh
    look = style_for(load("social"))
    cues = [Cue(Fraction(s), Fraction(s + 1), ("가나다라마바사아자차",)) for s in range(0, 210, 2)]
    placed, stuck = off_faces(cues, found.faces, times, (), look, size_wh)

    def hides(cue, at_top):
        rows = found.faces.between(times.frame_at(cue.start), times.frame_at(cue.end) + 1)
        left, top, right, bottom = text_box(cue, look, size_wh, at_top=at_top)
        boxes = found.faces.xyxy[rows][found.faces.scores[rows] >= 0.8]
        return any(
            min(b[2], right) > max(b[0], left) and min(b[3], bottom) > max(b[1], top) for b in boxes
        )

    low = [hides(cue, False) for cue in placed]
    now = [hides(cue, cue.at_top) for cue in placed]
    both = [hides(cue, False) and hides(cue, True) for cue in placed]
    print(f"\nat the lower edge {sum(low)} of {len(cues)} hide a face; now {sum(now)}")
    assert sum(now) <= stuck < sum(low), "better, and no worse than told"
    assert all(b for n, b in zip(now, both, strict=True) if n), "only where neither edge is free"
    assert any(cue.at_top for cue in placed) and not all(cue.at_top for cue in placed)


def faces_at(*boxes):
    """The same faces in each of 100 frames, 25 a second."""
    frames = np.repeat(np.arange(100), len(boxes))
    count = len(frames)
    return Detections(
        np.arange(100), frames, np.tile(np.array(boxes, np.float32), (100, 1)),
        np.ones(count, np.float32), np.zeros(count, np.int64), ("face",),
        np.zeros((count, 0, 2), np.float32), np.zeros((count, 0), np.float32),
    )  # fmt: skip


LOW, HIGH, ASIDE = (0.4, 0.6, 0.6, 1.0), (0.4, 0.0, 0.6, 0.3), (0.0, 0.5, 0.1, 1.0)


@pytest.mark.parametrize(
    ("faces", "cuts", "tops", "stuck"),
    [
        ([], (), [False, False], 0),
        ([LOW], (), [True, True], 0),
        ([HIGH], (), [False, False], 0),
        ([ASIDE], (), [False, False], 0),
        ([LOW, HIGH], (), [False, False], 2),
    ],
)
def test_the_edge_is_chosen_by_what_is_hidden(faces, cuts, tops, stuck):
    times = FrameTimes(np.arange(100), 100, Fraction(1, 25), np.zeros(1, np.int64))
    cues = [Cue(Fraction(n), Fraction(n + 1), ("Twenty letters here.",)) for n in range(2)]
    boxes = faces_at(*faces) if faces else Detections.empty(np.arange(100), ("face",))
    placed, hidden = off_faces(cues, boxes, times, cuts, style_for(load("bbc")), (1920, 1080))
    assert [cue.at_top for cue in placed] == tops
    assert hidden == stuck

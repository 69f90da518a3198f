"""The finished film looked at again: is a face still to be seen that should not be?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from pipelines.filter.covers import CoverPlan, Places, within
from pipelines.filter.lines import SeenFaces
from studio.adapters.ssd_boxes import overlap

#: Overlap with a face that may be seen from which a face is that one.
_ALLOWED = 0.25


@dataclass(frozen=True)
class Finding:
    """A face in the finished film.

    Attributes:
        frame: where.
        time_s: of the frame.
        xyxy_px: left, top, right, bottom.
        kind: ``uncovered``: beside every cover; ``seen``: within a cover, and still told to be
            a face.
    """

    frame: int
    time_s: float
    xyxy_px: Places
    kind: str


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        frames: that were looked at, by both detectors.
        covered: frames on which something is covered.
        allowed: faces seen that may be seen.
        findings: all others; empty where nothing is wrong.
        rounds: how often the film was made: once, and again for each time something was found
            that could be mended.
        drawn: whether the covers are drawn faces, which detectors rightly take for faces.
    """

    frames: int
    covered: int
    allowed: int
    findings: tuple[Finding, ...]
    rounds: int = 1
    drawn: bool = False

    def places(self, kind: str) -> dict[int, list[Places]]:
        """Findings of a kind by their frames."""
        found: dict[int, list[Places]] = defaultdict(list)
        for finding in self.findings:
            if finding.kind == kind:
                found[finding.frame].append(finding.xyxy_px)
        return dict(found)


def audit(
    found: SeenFaces,
    plan: CoverPlan,
    span: tuple[int, int],
    times_s: np.ndarray[tuple[int], np.dtype[np.float64]],
    *,
    drawn: bool,
    rounds: int,
) -> Audit:
    """Hold the faces of a finished film against what was to be covered.

    Args:
        found: in the finished film, by the footage's frame numbers.
        plan: that was carried out.
        span: frames that were looked at, half-open.
        times_s: of the footage's frames.
        drawn: whether covers are drawn faces: that they are found is no fault then.
        rounds: how often the film was made.
    """
    findings, allowed = [], 0
    for number, box in zip(found.frames, found.xyxy_px, strict=True):
        frame = int(number)
        left, top, right, bottom = (round(float(v), 1) for v in box)
        place = (left, top, right, bottom)
        covered = within(place, plan.covers.get(frame, ()))
        opened = np.array(plan.open.get(frame, ()), np.float32).reshape(-1, 4)
        may = bool((overlap(box[None], opened) > _ALLOWED).any())
        if may:
            allowed += 1
        elif not (covered and drawn):
            kind = "seen" if covered else "uncovered"
            findings.append(Finding(frame, round(float(times_s[frame]), 3), place, kind))
    return Audit(
        frames=span[1] - span[0],
        covered=sum(span[0] <= n < span[1] for n in plan.covers),
        allowed=allowed,
        findings=tuple(findings),
        rounds=rounds,
        drawn=drawn,
    )


def table(made: Audit) -> str:
    """The audit as lines for people."""
    frames = {f.frame for f in made.findings}
    lines = [
        f"{made.frames} frames looked at by two detectors; on {made.covered} something is "
        f"covered, {made.allowed} faces were seen that may be seen.",
        "No face is left uncovered."
        if not frames
        else f"On {len(frames)} frame(s) a face may still be recognised:",
    ]
    if made.drawn:
        lines.append("Covers are drawn faces: detectors find them, and that is no fault.")
    if frames:
        lines.append(f"{'frame':>8} {'time':>10}  {'kind':<10} left, top, right, bottom")
    for found in made.findings:
        place = ", ".join(f"{v:.0f}" for v in found.xyxy_px)
        lines.append(f"{found.frame:>8} {found.time_s:>9.3f}s  {found.kind:<10} {place}")
    return "\n".join(lines)

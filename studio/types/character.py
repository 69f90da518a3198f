"""What a drawn character does at one moment: plain numbers, whoever they come from.

Sides are the character's own: its left is on the right of the picture, as it faces the viewer.
Zero everywhere is a calm face looking at the viewer with its mouth closed and its eyes open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Points of a hand: the wrist, then thumb to little finger with four each from the root to the tip.
HAND_POINTS = 21


@dataclass(frozen=True)
class MouthShape:
    """How a mouth is held.

    Attributes:
        jaw: 0 closed to 1 wide open.
        width: -1 narrow to 1 wide, 0 at rest.
        pucker: 0 to 1, lips pushed forward and round.
        upper_lip, lower_lip: 0 at rest to 1 drawn off the teeth; below 0 pressed in.
        tongue: 0 low in the mouth to 1 at the teeth.
    """

    jaw: float = 0.0
    width: float = 0.0
    pucker: float = 0.0
    upper_lip: float = 0.0
    lower_lip: float = 0.0
    tongue: float = 0.0

    def towards(self, other: MouthShape, share: float) -> MouthShape:
        """A shape between this (0) and another (1)."""
        here, there = np.array(self.values), np.array(other.values)
        return MouthShape(*(float(v) for v in here + (there - here) * share))

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers, in the order of the attributes."""
        return (self.jaw, self.width, self.pucker, self.upper_lip, self.lower_lip, self.tongue)


#: The fifteen visemes of MPEG-4 facial animation, by the names that lip-sync tools give them.
VISEMES: dict[str, MouthShape] = {
    "sil": MouthShape(),
    "PP": MouthShape(0.0, -0.1, 0.1, -0.5, -0.5),
    "FF": MouthShape(0.1, 0.1, 0.0, 0.3, -0.7),
    "TH": MouthShape(0.2, 0.1, 0.0, 0.2, 0.2, 1.0),
    "DD": MouthShape(0.22, 0.15, 0.0, 0.3, 0.3, 0.8),
    "kk": MouthShape(0.25, 0.1, 0.0, 0.2, 0.2, 0.3),
    "CH": MouthShape(0.18, -0.25, 0.6, 0.5, 0.5, 0.4),
    "SS": MouthShape(0.1, 0.35, 0.0, 0.4, 0.4, 0.6),
    "nn": MouthShape(0.18, 0.1, 0.0, 0.2, 0.2, 0.9),
    "RR": MouthShape(0.2, -0.2, 0.35, 0.3, 0.3, 0.5),
    "aa": MouthShape(0.75, 0.1, 0.0, 0.3, 0.3),
    "E": MouthShape(0.42, 0.4, 0.0, 0.3, 0.3, 0.3),
    "ih": MouthShape(0.28, 0.5, 0.0, 0.3, 0.3, 0.4),
    "oh": MouthShape(0.5, -0.35, 0.6, 0.1, 0.1),
    "ou": MouthShape(0.25, -0.6, 1.0, 0.1, 0.1),
}


@dataclass(frozen=True)
class Hand:
    """A hand in the picture.

    Attributes:
        points: float32 ``(21, 2)``, in head heights from the middle of the head at rest; x to
            the right of the picture, y down. See :data:`HAND_POINTS` for their order.
        seen: 0 to 1; below 1 the hand is on its way in or out.
    """

    points: NDArray[np.float32]
    seen: float = 1.0


@dataclass(frozen=True)
class Expression:
    """What a character does in one frame.

    Attributes:
        yaw: radians; above 0 it turns to its left, the right of the picture.
        pitch: radians; above 0 it looks down.
        roll: radians; above 0 the head tilts with the clock, as seen.
        x, y: the head off its place, in head heights; right and down.
        scale: of the head to its usual size.
        eye_left, eye_right: 0 closed, 1 open, up to 1.4 wide.
        gaze_x, gaze_y: -1 to 1; to the right of the picture and down.
        brow_left, brow_right: -1 lowered to 1 raised.
        frown: 0 to 1, brows drawn together.
        smile: -1 corners down to 1 corners up.
        cheek: 0 to 1, raised towards the eyes.
        mouth: how the mouth is held.
        shoulder_x, shoulder_y, shoulder_roll: the trunk off its place, as ``x``, ``y``, ``roll``.
        breath: 0 to 1, chest full.
        hand_left, hand_right: None where out of sight.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    eye_left: float = 1.0
    eye_right: float = 1.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    brow_left: float = 0.0
    brow_right: float = 0.0
    frown: float = 0.0
    smile: float = 0.0
    cheek: float = 0.0
    mouth: MouthShape = MouthShape()
    shoulder_x: float = 0.0
    shoulder_y: float = 0.0
    shoulder_roll: float = 0.0
    breath: float = 0.0
    hand_left: Hand | None = None
    hand_right: Hand | None = None

    def saying(self, viseme: str, strength: float = 1.0) -> Expression:
        """The same with the mouth of a viseme.

        Raises:
            ValueError: there is no viseme of that name.
        """
        if viseme not in VISEMES:
            raise ValueError(f"no viseme {viseme!r}; there are {', '.join(VISEMES)}")
        return replace(self, mouth=MouthShape().towards(VISEMES[viseme], strength))

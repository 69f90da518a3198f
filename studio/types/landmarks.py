"""Points on faces, bodies and hands, and the squares they were looked for in.

All places are in pixels of the picture they were found in, x to the right and y down; a square
may be turned and may reach over the picture's edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Places in a face mesh. "Right" and "left" are the person's own: the right eye stands on the
#: left of a picture that is not mirrored.
RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (362, 263)
#: Around each eye, from the outer corner along the lower lid and back along the upper.
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
#: Around the lips, from the person's right corner along the lower lip and back along the upper.
LIPS_OUTER = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
)
LIPS_INNER = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
#: Around the face, from the middle of the hairline by the person's left cheek and the chin.
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288),
    *(397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136),
    *(172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
NOSE_TIP, CHIN, FOREHEAD = 4, 152, 10
MESH_POINTS = 468

#: Of the 33 points of a body.
POSE_NAMES = (
    *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye"),
    *("right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky"),
    *("right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip"),
    *("right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel"),
    *("right_heel", "left_foot_index", "right_foot_index"),
)
#: Of the 21 points of a hand: the wrist, then each finger from the palm to its tip.
HAND_NAMES = (
    "wrist",
    *("thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip"),
    *("index_mcp", "index_pip", "index_dip", "index_tip"),
    *("middle_mcp", "middle_pip", "middle_dip", "middle_tip"),
    *("ring_mcp", "ring_pip", "ring_dip", "ring_tip"),
    *("pinky_mcp", "pinky_pip", "pinky_dip", "pinky_tip"),
)


def _none(*shape: int) -> Floats:
    return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class KeypointBoxes:
    """What a detector found on one picture, best first.

    Attributes:
        xyxy_px: float32 ``(n, 4)``; may reach over the picture's edge.
        scores: float32 ``(n,)``, 0 to 1.
        keypoints_px: float32 ``(n, k, 2)``. Of a face: the person's right eye, left eye, tip of
            the nose, mouth, right ear, left ear. Of a body: middle of the hips, a point on the
            circle about the whole body. Of a palm: wrist, roots of index, middle, ring and
            little finger, root and second joint of the thumb.
    """

    xyxy_px: Floats
    scores: Floats
    keypoints_px: Floats

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class FaceMeshes:
    """The meshes of the faces of one picture.

    Attributes:
        points_px: float32 ``(n, 468, 3)``; depth in the scale of x, smaller is nearer, about 0
            at the middle of the head.
        presence: float32 ``(n,)``, how sure it is that there is a face, 0 to 1.
        irises_px: float32 ``(n, 2, 5, 2)``, of the right and the left eye: middle, then four
            points around; ``n`` is 0 where they were not asked for.
    """

    points_px: Floats
    presence: Floats
    irises_px: Floats = field(default_factory=lambda: _none(0, 2, 5, 2))

    def __len__(self) -> int:
        return len(self.presence)


@dataclass(frozen=True)
class Poses:
    """The bodies of one picture.

    Attributes:
        points_px: float32 ``(n, 33, 3)``, in the order of :data:`POSE_NAMES`; depth in the scale
            of x, 0 at the hips, smaller is nearer.
        visibility: float32 ``(n, 33)``, how sure it is that a point is in sight, 0 to 1.
        presence: float32 ``(n,)``, how sure it is that there is a body, 0 to 1.
        squares: float32 ``(n, 4)``, where to look on the next picture.
    """

    points_px: Floats
    visibility: Floats
    presence: Floats
    squares: Floats

    def __len__(self) -> int:
        return len(self.presence)


@dataclass(frozen=True)
class Hands:
    """The hands of one picture.

    Attributes:
        points_px: float32 ``(n, 21, 3)``, in the order of :data:`HAND_NAMES`; depth in the scale
            of x, 0 at the wrist.
        presence: float32 ``(n,)``, how sure it is that there is a hand, 0 to 1.
        right: float32 ``(n,)``, how sure it is that it is a person's right hand, in a picture
            that is not mirrored.
    """

    points_px: Floats
    presence: Floats
    right: Floats

    def __len__(self) -> int:
        return len(self.presence)

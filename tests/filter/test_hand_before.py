"""What is drawn on a face lies under the hand before it."""

import av
import cv2
import numpy as np
import pytest

from pipelines.filter import hand_before
from pipelines.filter.masks import draw_mask
from pipelines.filter.people import Faces
from studio.adapters import blazeface, face_mesh, hands, mtcnn
from tests.footage import shared_media
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]


def pictures(name, first, count):
    with av.open(str(shared_media(name))) as container:
        frames = [
            f.to_ndarray(format="rgb24")
            for _, f in zip(range(first + count), container.decode(video=0), strict=False)
        ]
    return frames[first:]


@pytest.fixture(scope="module")
def fists(picture_pool):
    """A real fist of another film at work, how much of each pixel is of it, and its middle."""
    made = []
    with picture_pool.lease(hands.SPEC) as finder:
        for small in pictures("action_arm_wrestling.mp4", 20, 5):
            picture = cv2.resize(small, None, fx=2.2, fy=2.2, interpolation=cv2.INTER_CUBIC)
            found = finder.find(picture)
            points = found.points_px[found.presence.argmax(), :, :2]
            across = float(np.linalg.norm(points[5] - points[17]))
            share = hand_before._shape(points, picture.shape[:2], across)
            made.append((picture, share, points.mean(axis=0)))
    return made


def held_at(picture, fist, x, y):
    """A picture with the fist at a place, and where that is for certain."""
    hand, share, middle = fist
    move = np.array([[1, 0, x - middle[0]], [0, 1, y - middle[1]]], np.float32)
    wh = (picture.shape[1], picture.shape[0])
    hand, share = cv2.warpAffine(hand, move, wh), cv2.warpAffine(share, move, wh)[..., None]
    made = picture * (1 - share) + hand * share
    return made.astype(np.uint8), share[..., 0] > 0.95


def test_a_hand_stays_before_a_mask(picture_pool, fists):
    source = pictures("speaker_en.mp4", 25, 5)
    with (
        picture_pool.lease(blazeface.SPEC_NEAR) as near,
        picture_pool.lease(mtcnn.SPEC) as sharp,
        picture_pool.lease(face_mesh.SPEC) as mesh,
        picture_pool.lease(hands.SPEC) as finder,
    ):
        faces, held = Faces(near, sharp, mesh, 25.0), hand_before.HandsBefore(finder)
        seen = []
        for number, picture in enumerate(source):
            shown, hand = held_at(picture, fists[number], 186 + 14 * number, 300)
            (face,) = faces(shown, number)
            found = held(shown, (face,))
            made = shown.copy()
            draw_mask(made, face, "medical")
            covered = np.abs(made.astype(int) - shown).max(axis=2) > 20
            hand_before.lay_before(made, shown, found)
            still = np.abs(made.astype(int) - shown).max(axis=2) > 20
            seen.append((len(found), (covered & hand).sum(), (still & hand).sum()))
            assert (still & ~hand).sum() > 0.6 * (covered & ~hand).sum()  # the rest is worn
        assert seen[0][0] == 0  # one sight alone is not believed
        for count, under, left in seen[1:]:
            assert count == 1 and under > 3000 and left < 0.15 * under
        held.reset()
        bare = [held(picture, faces(picture, 9 + n)) for n, picture in enumerate(source)]
        assert bare == [[]] * 5  # a face alone is no hand

"""People far off are in the matte, and what the near matte takes for people there is not."""

import av
import cv2
import numpy as np

from pipelines.mattes import MatteState, person_matte
from pipelines.mattes.far_people import FarPeople
from studio.adapters import matte, people_masks
from tests.footage import shared_media
from tests.picture_pool import picture_pool

__all__ = ["picture_pool"]

#: Where a child stands at frame 260, and a wall, left to bottom.
CHILD, WALL = (300, 112, 324, 148), (150, 20, 190, 90)


def frame(name, number):
    with av.open(str(shared_media(name))) as container:
        for place, picture in enumerate(container.decode(video=0)):
            if place == number:
                return picture.to_ndarray(format="rgb24")
    raise AssertionError(number)


def inside(share, box):
    left, top, right, bottom = box
    return float(share[top:bottom, left:right].mean())


def test_children_across_a_hall(picture_pool):
    picture = frame("basketball.mp4", 260)
    with (
        picture_pool.lease(matte.SPEC) as net,
        picture_pool.lease(people_masks.SPEC) as people,
    ):
        before = person_matte(picture, MatteState(net))
        state = MatteState(net, people)
        after = person_matte(picture, state)
        assert inside(before, CHILD) < 0.1 and inside(after, CHILD) > 0.6
        assert inside(after, WALL) < 0.02
        # Nobody is seen in the dark, but they are held a while, and let go.
        dark = np.zeros_like(picture)
        held = [float(state.far(dark, net.coarse(dark)).max()) for _ in range(7)]
        assert min(held[:5]) > 0.5 and held[6] < 0.5
        # At a cut at once.
        state.far(picture, net.coarse(picture))
        state.reset()
        assert state.far(dark, net.coarse(dark)).max() < 0.5


def test_near_people_are_left_to_the_matte_of_near_ones(picture_pool):
    picture = cv2.resize(frame("speaker_en.mp4", 5), (256, 256))
    with (
        picture_pool.lease(matte.SPEC) as net,
        picture_pool.lease(people_masks.SPEC) as people,
    ):
        share = net.coarse(picture)
        assert FarPeople(people)(picture, share) is share

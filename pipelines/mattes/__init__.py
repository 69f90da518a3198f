"""What of a picture is a person: for filters and for looks alike.

``person_matte(rgb, MatteState(net, people))`` gives how much of each pixel is a person, float32
``(h, w)``; ``net`` is a leased ``studio.adapters.matte.SPEC``, ``people`` one of
``studio.adapters.people_masks.SPEC``. The state is given with every frame of a shot in turn and
``state.reset()`` at cuts; ``MATTE_LEAD_FRAMES`` before a stretch let it begin in step.
"""

from pipelines.mattes.person_matte import MATTE_LEAD_FRAMES, MatteState, person_matte

__all__ = ["MATTE_LEAD_FRAMES", "MatteState", "person_matte"]

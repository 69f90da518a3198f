"""What film and television researchers count of a shot: scale, camera, place, light. Pure.

The rules are few and stated, so that a reader can judge them; where the signs are weak the
answer is ``unsure``, not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.people.screen_time import SCALES
from studio.types.analysis import FootageAnalysis, ViewFacts
from studio.types.detections import Detections
from studio.types.shot import Shot

UNSURE = "unsure"
NOBODY = "nobody seen"

#: Camera movement, picture heights a second (zoom: e-folds a second), as medians of a shot.
STILL_BELOW, ZOOM_FROM, UNSTEADY_FROM = 0.04, 0.06, 0.10
#: Share of a shot's samples in which the movement could be told, at least.
_LEAST_KNOWN = 0.3
#: A whole body is seen if its box ends this far above the lower edge.
_FEET_SEEN = 0.98
_PERSON = "person"
#: Brightness (0 to 1, Rec. 709 luma of the main colours) below which an outdoor shot is night.
NIGHT_BELOW = 0.22
#: Evidence by which a place is decided: sums of the probabilities below, a second of film
#: counting once.
DECIDED_FROM = 0.12


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(";"))


#: ImageNet classes that are seen indoors, and outdoors.
INDOOR_CLASSES = _names(
    """bakery; barbershop; barber chair; bannister; bathtub; bookcase; bookshop; butcher shop;
    china cabinet; cinema; confectionery; crib; desk; dining table; dishwasher; entertainment
    center; four-poster; grocery store; home theater; library; medicine chest; microwave;
    monitor; pool table; prison; refrigerator; restaurant; shoe shop; shoji; shower curtain;
    sliding door; stage; stove; studio couch; table lamp; television; theater curtain; throne;
    tobacco shop; toilet seat; toyshop; vault; wall clock; wardrobe; washbasin; washer; window
    shade; window screen; desktop computer; lampshade; rocking chair; quilt; pillow; altar;
    organ; grand piano; upright; barbell; dumbbell; espresso maker; hand blower; radiator;
    space heater; bassinet; cradle; chiffonier; file; photocopier; plate rack; printer;
    spotlight; tub; vending machine"""
)
OUTDOOR_CLASSES = _names(
    """alp; cliff; coral reef; geyser; lakeside; promontory; sandbar; seashore; valley; volcano;
    airliner; airship; aircraft carrier; ambulance; apiary; balloon; barn; beach wagon; beacon;
    bell cote; boathouse; breakwater; bullet train; cab; canoe; car wheel; castle; catamaran;
    chainlink fence; church; cliff dwelling; container ship; convertible; crane; dam; dock;
    dogsled; dome; drilling platform; electric locomotive; fireboat; fire engine; flagpole;
    fountain; freight car; garbage truck; gas pump; go-kart; golfcart; gondola; greenhouse;
    half track; harvester; hay; horse cart; jeep; jinrikisha; lawn mower; lifeboat; limousine;
    liner; lumbermill; maze; megalith; minibus; minivan; mobile home; Model T; monastery;
    moped; mosque; motor scooter; mountain bike; mountain tent; moving van; obelisk; oxcart;
    palace; parachute; park bench; parking meter; passenger car; patio; picket fence; pickup;
    pier; plow; police van; racer; radio telescope; recreational vehicle; rapeseed; schooner;
    school bus; ski; snowmobile; snowplow; solar dish; speedboat; sports car; steam locomotive;
    steel arch bridge; stone wall; streetcar; street sign; stupa; submarine; suspension bridge;
    swing; tank; thatch; thresher; tile roof; totem pole; tow truck; tractor; traffic light;
    trailer truck; trimaran; triumphal arch; trolleybus; viaduct; warplane; water tower; worm
    fence; wreck; yawl; yurt; bicycle-built-for-two; ballplayer"""
)
#: The things of COCO that do, each box weighed by its score.
INDOOR_THINGS = _names(
    "couch; bed; dining table; toilet; tv; laptop; microwave; oven; toaster; sink; "
    "refrigerator; vase; keyboard; mouse; remote"
)
OUTDOOR_THINGS = _names(
    "car; bus; train; truck; boat; airplane; traffic light; fire hydrant; stop sign; "
    "parking meter; bench; horse; sheep; cow; elephant; bear; zebra; giraffe; skis; snowboard; "
    "kite; surfboard; bicycle; motorcycle"
)


@dataclass(frozen=True)
class ShotFacts:
    """What is counted of one shot.

    Attributes:
        scale: of :data:`SCALES`, from the tallest face, else from a body seen whole;
            ``unsure`` for a body cut by the picture's edge, ``nobody seen`` without any.
        camera: ``static``, ``pan left``, ``pan right``, ``tilt up``, ``tilt down``,
            ``zoom in``, ``zoom out``, ``unsteady`` (moved about by hand), or ``unsure``.
        place: ``interior``, ``exterior`` or ``unsure``.
        light: ``day`` or ``night`` of an exterior, else empty.
        colors: up to five main colours, ``#rrggbb`` with its share.
    """

    scale: str
    camera: str
    place: str
    light: str
    colors: tuple[tuple[str, float], ...]


def shot_facts(shot: Shot, footage: FootageAnalysis) -> ShotFacts:
    """What is counted of a shot of an analysis that has faces, objects and views."""
    views, faces, objects = footage.views, footage.faces, footage.objects
    if views is None or faces is None or objects is None:
        raise ValueError("faces, objects and views are needed")
    first, last = np.searchsorted(views.frames, [shot.start_frame, shot.end_frame])
    rows = slice(int(first), int(last))
    place = place_of(shot, views, rows, objects)
    colors = main_colors(views, rows)
    return ShotFacts(
        scale_of(shot, faces, objects),
        camera_of(views, rows),
        place,
        light_of(colors) if place == "exterior" else "",
        colors,
    )


def scale_of(shot: Shot, faces: Detections, objects: Detections) -> str:
    """Shot scale: from the tallest face of each sample, the median; else from whole bodies."""
    heights = _tallest(faces, shot)
    if len(heights):
        return next(name for name, least in SCALES if np.median(heights) >= least)
    bodies = objects.between(shot.start_frame, shot.end_frame)
    people = np.flatnonzero(
        np.array([objects.labels[n] == _PERSON for n in objects.label_ids[bodies]], bool)
    )
    if not len(people):
        return NOBODY
    boxes = objects.xyxy[bodies][people]
    whole = boxes[boxes[:, 3] < _FEET_SEEN]
    if not len(whole):
        return UNSURE
    # A found face is three quarters of a head, and a body is seven and a half heads.
    as_face = float(np.median(whole[:, 3] - whole[:, 1])) * 0.75 / 7.5
    return next(name for name, least in SCALES if as_face >= least)


def _tallest(found: Detections, shot: Shot) -> NDArray[np.float64]:
    """Height of the tallest box in each sample that has one."""
    rows = found.between(shot.start_frame, shot.end_frame)
    heights = (found.xyxy[rows, 3] - found.xyxy[rows, 1]).astype(np.float64)
    frames, at = np.unique(found.frames[rows], return_inverse=True)
    tallest = np.zeros(len(frames))
    np.maximum.at(tallest, at, heights)
    return tallest


def camera_of(views: ViewFacts, rows: slice) -> str:
    """Camera movement over a shot; its first sample, which looks across the cut, is left out."""
    inside = slice(rows.start + 1, rows.stop)
    known = ~np.isnan(views.pan[inside])
    if not known.any() or known.mean() < _LEAST_KNOWN:
        return UNSURE
    pan, tilt, zoom = (
        values[inside][known].astype(np.float64) for values in (views.pan, views.tilt, views.zoom)
    )
    across, up, nearer = (float(np.median(values)) for values in (pan, tilt, zoom))
    if abs(nearer) >= ZOOM_FROM and abs(nearer) / 2 >= max(abs(across), abs(up)):
        return "zoom in" if nearer > 0 else "zoom out"
    if max(abs(across), abs(up)) >= STILL_BELOW:
        if abs(across) >= abs(up):
            return "pan right" if across > 0 else "pan left"
        return "tilt up" if up > 0 else "tilt down"
    spread = np.median(np.abs(pan - across)) + np.median(np.abs(tilt - up))
    return "unsteady" if spread >= UNSTEADY_FROM else "static"


def place_of(shot: Shot, views: ViewFacts, rows: slice, objects: Detections) -> str:
    """Interior or exterior: scene words and things, a sample's evidence weighed alike."""
    evidence = []
    for ids, scores in zip(views.class_ids[rows], views.class_scores[rows], strict=True):
        if ids[0] < 0:
            continue
        names = [views.class_names[n] for n in ids]
        outside = sum(s for n, s in zip(names, scores, strict=True) if n in OUTDOOR_CLASSES)
        inside = sum(s for n, s in zip(names, scores, strict=True) if n in INDOOR_CLASSES)
        evidence.append(float(outside - inside))
    found = objects.between(shot.start_frame, shot.end_frame)
    samples = np.count_nonzero(
        (objects.sampled_frames >= shot.start_frame) & (objects.sampled_frames < shot.end_frame)
    )
    things = 0.0
    for number, score in zip(objects.label_ids[found], objects.scores[found], strict=True):
        name = objects.labels[number]
        things += float(score) * ((name in OUTDOOR_THINGS) - (name in INDOOR_THINGS))
    total = float(np.mean(evidence)) if evidence else 0.0
    if samples:
        total += max(-1.0, min(1.0, things / samples))
    if rows.stop > rows.start and total > 0:  # a sky supports what else speaks for outdoors
        total += 0.3 * float(np.median(views.sky[rows]))
    if abs(total) < DECIDED_FROM:
        return UNSURE
    return "exterior" if total > 0 else "interior"


def main_colors(views: ViewFacts, rows: slice) -> tuple[tuple[str, float], ...]:
    """The main colours of a shot: those of its samples, alike ones joined, most frequent first."""
    colors = views.colors_rgb[rows].reshape(-1, 3).astype(np.float64)
    shares = views.color_shares[rows].reshape(-1).astype(np.float64)
    return _joined(colors, shares, 5)


def joined_colors(colors: Sequence[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """Colours with their weights to a few main ones with their shares, the most first."""
    rgb = np.array([list(bytes.fromhex(color[1:])) for color, _ in colors], np.float64)
    weights = np.array([weight for _, weight in colors], np.float64)
    return [(c, float(share)) for c, share in _joined(rgb.reshape(-1, 3), weights, most)]


def _joined(
    colors: NDArray[np.float64], shares: NDArray[np.float64], most: int
) -> tuple[tuple[str, float], ...]:
    joined: list[tuple[NDArray[np.float64], float]] = []
    for at in np.argsort(-shares, kind="stable"):
        near = next(
            (n for n, (c, _) in enumerate(joined) if np.linalg.norm(c - colors[at]) < 42), None
        )
        if near is None:
            joined.append((colors[at], shares[at]))
            continue
        color, weight = joined[near]
        total = weight + shares[at]
        mixed = (color * weight + colors[at] * shares[at]) / max(total, 1e-9)
        joined[near] = (mixed, total)
    whole = max(sum(weight for _, weight in joined), 1e-9)
    ranked = sorted(joined, key=lambda each: -each[1])[:most]
    return tuple(("#" + bytes(np.rint(c).astype(np.uint8)).hex(), w / whole) for c, w in ranked)


def light_of(colors: tuple[tuple[str, float], ...]) -> str:
    """Day or night, from the brightness of the main colours."""
    if not colors:
        return ""
    weight = sum(share for _, share in colors)
    luma = 0.0
    for color, share in colors:
        red, green, blue = bytes.fromhex(color[1:])
        luma += share * (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    return "night" if luma / max(weight, 1e-9) < NIGHT_BELOW else "day"

"""The methods card: what a reader has to know to judge the figures, and to make them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipelines import events
from pipelines.analysis.bodies import RATE as BODY_RATE
from pipelines.analysis.safety import FLAG_SCORE
from pipelines.analysis.texts import RATE as TEXT_RATE
from pipelines.people.expressions import NOD_DEG, PROFILE_DEG
from pipelines.people.screen_time import SCALES
from pipelines.report import shot_facts as rules
from pipelines.report.counting import MINUTE_S, WORD_FROM
from pipelines.report.more_figures import MOVES_FROM, STRETCH_S
from pipelines.report.options import EVERY, KEY, Options
from pipelines.report.raw_tables import AHEAD_DEG, SURE_FROM, Footage
from pipelines.things.matching import LEAST_AGREEING
from studio.models.spec import AnySpec

#: What was measured of the methods, on what. A figure that was not measured is not here.
KNOWN_ERRORS: Mapping[str, str] = {
    "shots": "hard cuts F1 0.991, gradual transitions 0.983 on footage joined at known places; a "
    "real cut can be missed, see doubtful_frames of studio analyze",
    "names of people": "known faces missed 0 of 65, strangers named 0 of 152 on pictures that "
    "packages carry; faces under 20 pixels are not told",
    "strangers": "faces grouped over shots; one person may be two, and the table cannot know",
    "expressions": "not measured by us: seven classes of FER2013 from a small network, acted and "
    "frontal faces; read it as how a face looks, not as what somebody feels",
    "things": "not measured by us: YOLO11n, 80 classes of COCO; small and hidden things are missed",
    "scene words": "not measured by us: ImageNet classes, of which few are places",
    "camera": "known movements of a photograph within 5 %; a shot's label is the median of it",
    "interior and exterior": "a rule over scene words and things; unsure where signs are weak",
    "head pose": "mirrored faces tell the other yaw within 4.2 degrees on ten faces of seven "
    "people; turns of 25 degrees were told as 6 to 16: a large turn is told too small",
    "bodies": "five made scenes with known ways: IDF1 0.922, MOTA 0.846; somebody who is lost "
    "and found again without a face may be two bodies",
    "poses": "not measured on footage with known poses; told from 33 points on every other of "
    "six samples a second, of the four tallest bodies, and only where the points are in sight",
    "walking speed": "across the picture only, in body heights a second; who comes straight at "
    "the camera hardly moves",
    "sounds": "edges of music, applause and silence 0.18 s off on average on 60 made programmes; "
    "bangs and alarms are rules of thumb: 1 false bang in 7.4 min of real footage",
    "odd events": "planted ways found 4 of 4 each, 0 false ways in 0.8 min of real footage; where "
    "few people are seen nothing is usual, and nothing is odd",
    "safety": "0 flags in 4.3 min of ordinary footage; how much is missed is not known",
    "text": "Latin and Chinese letters; Hangul is not read without a fetched reader",
    "known things": "with a pattern (local features, RANSAC): at least 0.95 of what is told is "
    "right at a recall of 0.8 on made pictures; without one (regions): 39 of 39 right at a recall "
    "of 0.81 on 48 made pictures, another of the same kind and colour would be taken for it",
    "speakers": "made voices in turns told apart in all tests; real overlaps are often missed",
}


def file_card(film: Footage) -> dict[str, Any]:
    """What was done with one film."""
    return {
        "file": film.name,
        "content_hash": film.analysis.media.content_hash,
        "decoded_share": round(film.analysis.seen_share, 4),
        "parts": film.analysis.models,
        "face_model": film.people.model,
        "notes": list(film.analysis.notes),
    }


def methods_card(
    films: Sequence[Mapping[str, Any]], options: Options, specs: Sequence[AnySpec]
) -> dict[str, Any]:
    """What was done, with what, under which rules.

    Args:
        films: cards of :func:`file_card`.
        options: of the run.
        specs: the models whose results went in.
    """
    return {
        "software": {"studio": _version("media-studio"), "numpy": _version("numpy")},
        "sampling": _sampling(options),
        "screen_time": "A sample stands for the time from it to the next one or the end of its "
        "shot; the first of a shot for the shot's beginning too. Somebody is on screen for the "
        "samples on which a face was found and told to be theirs: turned away is not seen.",
        "files": list(films),
        "models": [
            {
                "model": spec.key,
                "role": spec.role,
                "licence": spec.licence,
                "source": spec.source,
                "weights_sha256": {w.name: w.sha256 for w in spec.weights},
            }
            for spec in specs
        ],
        "thresholds": {
            "expression_told_from": SURE_FROM,
            "scene_word_counted_from": WORD_FROM,
            "face_height_of_scale": dict(SCALES),
            "camera_still_below_heights_per_s": rules.STILL_BELOW,
            "camera_zoom_from_efolds_per_s": rules.ZOOM_FROM,
            "camera_unsteady_from_heights_per_s": rules.UNSTEADY_FROM,
            "place_decided_from": rules.DECIDED_FROM,
            "night_below_luma": rules.NIGHT_BELOW,
            "stretch_over_time_s": MINUTE_S,
            "head_looks_ahead_within_deg": AHEAD_DEG,
            "expression_unsure_beyond_yaw_and_pitch_deg": [PROFILE_DEG, NOD_DEG],
            "body_samples_a_second": float(BODY_RATE),
            "body_moves_from_heights_per_s": MOVES_FROM,
            "bodies_counted_over_s": STRETCH_S,
            "odd_event_counted_from": events.Options().least_score,
            "loitering_from_s": events.Options().loiter_s,
            "flag_counted_from": FLAG_SCORE,
            "text_samples_a_second": float(TEXT_RATE),
            "known_things_points_that_agree": LEAST_AGREEING,
        },
        "looked_for": {
            "text": options.texts,
            "voices": options.speech,
            "bodies": options.bodies,
            "safety": options.safety,
            "known things": options.known_things,
            "note": "What was not looked for has no rows, and a row in raw/looked_for; it is not "
            "the same as nothing found.",
        },
        "measured_error": dict(KNOWN_ERRORS),
        "corrections": "Names of faces and voices, merges, splits and rejections that people "
        "made are applied, and cuts as people set them; they are kept apart and outlive another "
        "model.",
    }


def _sampling(options: Options) -> str:
    if options.sampling == EVERY:
        return "every frame"
    if options.sampling == KEY:
        return "one frame a shot, of two a second the nearest to its middle; it stands for the shot"
    return f"{options.sampling} frames a second"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"

"""The methods card: what a reader has to know to judge the figures, and to make them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pipelines.people.screen_time import SCALES
from pipelines.report import shot_facts as rules
from pipelines.report.counting import MINUTE_S, WORD_FROM
from pipelines.report.options import EVERY, KEY, Options
from pipelines.report.raw_tables import SURE_FROM, Footage
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
        },
        "measured_error": dict(KNOWN_ERRORS),
        "corrections": "Names, merges, splits and rejections that people made are applied; they "
        "are kept apart and outlive another model.",
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

"""A photo in another look: a still in, a PNG out."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.stylize.canvas import Still
from pipelines.stylize.chain import ChainPass, PaintLayer, mixed, recoloured
from pipelines.stylize.keyed import KeyLayer
from pipelines.stylize.looks import Look, PictureLook, digest_of, inputs_of, parse_look
from pipelines.stylize.options import PAINTED_STRENGTH, Options
from pipelines.stylize.preparing import Materials, is_painted, layers_of, read_materials, spec_of
from pipelines.stylize.result import Result, StylizePlan, command_of, slug
from pipelines.stylize.where import where_models
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.job import Job

if TYPE_CHECKING:
    from pipelines.stylize.optimised import Optimised
    from studio.media.film_mark import FilmMark

#: Endings of photos; what a file is, its content decides.
STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
#: What a network that mirrors its borders needs.
_LEAST_PX = 32


def is_still(path: Path) -> bool:
    """Whether a file is a photo, by its name."""
    return path.suffix.lower() in STILLS


def run_still(source: Path, options: Options, job: Job) -> Result:
    """Lay looks over one photo.

    Raises:
        MediaError, RequestError, DoesNotFit, Cancelled: as of a film.
    """
    from studio.media.still import read_still, write_still
    from studio.media.work_folder import clear_left
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    if options.preview_s:
        raise RequestError("--preview is for films.", "A photo is made at once.")
    looks = tuple(parse_look(text) for text in options.looks)
    digests = {path.name: digest_of(path) for look in looks for path in inputs_of(look)}
    materials = read_materials(looks, job)
    rgb = read_still(source, job.settings)
    if any(map(is_painted, looks)) and min(rgb.shape[:2]) < _LEAST_PX:
        raise RequestError(
            f"{source.name} has {rgb.shape[1]}x{rgb.shape[0]} pixels; painting needs "
            f"{_LEAST_PX} a side.",
            "Give a larger photo, or a colour look.",
        )
    command = command_of(source, options, looks)
    plan = StylizePlan(source.name, (rgb.shape[1], rgb.shape[0]), 1, 1, looks)
    notes: list[str] = []
    models: dict[str, str] = {}
    if options.dry_run:
        return Result(plan, {}, None, None, command, time.perf_counter() - started, ())
    if options.method == "gatys":
        made, found = _optimised(rgb, looks, materials, options, job)
        notes += found.notes
        models[found.model] = "f32"
        plan = replace(plan, precision="f32")
    else:
        job.report("paint", 0.0)
        made, plan = laid_over(rgb, materials, options, job, plan)
        models |= {spec_of(k).key: plan.precision for k in looks if is_painted(k)}
        models |= where_models(options.where)
    path = options.out / f"{source.stem}.{slug(options)}.png"
    if options.method == "gatys":
        path = path.with_suffix(".gatys.png")
    mark = _mark(source, command, digests, models)
    write_still(path, made, mark)
    made_from = [source, *(p for look in looks for p in inputs_of(look))]
    clear_left(path, path.with_suffix(".json"))  # of a run that was killed
    notes += carry_on(path, made_from, mark, job.settings)
    result = Result(
        plan,
        {"picture": path, "report": path.with_suffix(".json")},
        None,
        None,
        command,
        time.perf_counter() - started,
        tuple(notes),
    )
    _write_report(result, mark)
    job.report("done", 1.0)
    return result


def laid_over(
    rgb: NDArray[np.uint8], materials: Materials, options: Options, job: Job, plan: StylizePlan
) -> tuple[NDArray[np.uint8], StylizePlan]:
    """The looks over one picture, and how it was painted.

    Args:
        rgb: uint8 ``(h, w, 3)``.
    """
    with layers_of(materials, Still(rgb), options, 1, job) as layers:
        made = np.array(ChainPass(layers)(rgb, 0))
        for layer in layers:
            if isinstance(layer, KeyLayer):
                plan = replace(plan, precision=layer.model.precision)
            elif isinstance(layer, PaintLayer):
                plan = replace(
                    plan,
                    tile_wh=layer.plan.tile_wh,
                    tiles=len(layer.plan.tiles),
                    precision=layer.net.precision,
                )
    return made, plan


def _optimised(
    rgb: NDArray[np.uint8],
    looks: tuple[Look, ...],
    materials: Materials,
    options: Options,
    job: Job,
) -> tuple[NDArray[np.uint8], Optimised]:
    """The photo by the method of Gatys, Ecker and Bethge, colour looks after it."""
    from pipelines.stylize.optimised import optimise

    if options.where != "all":
        raise RequestError("--where is not for --method gatys.", "Leave one of them out.")
    place = next((n for n, look in enumerate(looks) if isinstance(look, PictureLook)), None)
    if place is None or any(is_painted(k) for n, k in enumerate(looks) if n != place):
        raise RequestError(
            "--method gatys paints in the manner of a picture.", "Give one: --look PICTURE"
        )
    under = rgb
    before = replace(options, looks=options.looks[:place])
    after = replace(options, looks=options.looks[place + 1 :])
    under = _coloured(rgb, materials, before, range(place), job)
    look = looks[place]
    assert isinstance(look, PictureLook)
    found = optimise(under, look, options, job)
    made = found.rgb
    if options.keep_color:
        made = recoloured(under, made)
    made = mixed(under, made, PAINTED_STRENGTH if options.strength is None else options.strength)
    return _coloured(made, materials, after, range(place + 1, len(looks)), job), found


def _coloured(
    rgb: NDArray[np.uint8], materials: Materials, options: Options, places: range, job: Job
) -> NDArray[np.uint8]:
    if not places:
        return rgb
    part = Materials(
        tuple(materials.looks[n] for n in places),
        {n - places.start: materials.tables[n] for n in places},
        {},
    )
    plan = StylizePlan("", (rgb.shape[1], rgb.shape[0]), 1, 1, part.looks)
    return laid_over(rgb, part, options, job, plan)[0]


def _mark(
    source: Path, command: tuple[str, ...], digests: dict[str, str], models: dict[str, str]
) -> FilmMark:
    from studio.media.film_mark import FilmMark, software

    inputs = {source.name: digest_of(source), **digests}
    body = json.dumps([command, sorted(inputs.items()), sorted(models.items())])
    digest = hashlib.sha256(body.encode()).hexdigest()
    return FilmMark(command, inputs, models, software(), digest)


def _write_report(result: Result, mark: FilmMark) -> None:
    from pipelines.stylize.describe import describe
    from studio.media.writer import write_beside

    body = describe(result) | {"mark": to_json(mark)}
    with write_beside(result.files["report"]) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

"""Footage to a film in another look: decide, render, measure."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import analysis
from pipelines.mattes import MATTE_LEAD_FRAMES
from pipelines.mattes.far_people import FAR_VERSION
from pipelines.stylize.canvas import Footage
from pipelines.stylize.chain import CHAIN_VERSION, ChainPass, Layer, PaintLayer, to_bytes
from pipelines.stylize.flicker import Flicker, measure_flicker
from pipelines.stylize.keyed import KEYED_LEAD_FRAMES, KEYED_VERSION, KeyLayer
from pipelines.stylize.looks import HubLook, NetLook, digest_of, inputs_of, parse_look
from pipelines.stylize.options import Options, checked, smooth_share
from pipelines.stylize.preparing import (
    Materials,
    is_painted,
    layers_of,
    read_materials,
    spec_of,
    tiles_for,
)
from pipelines.stylize.result import Result, StylizePlan, command_of, slug
from pipelines.stylize.shot_style import SHOT_STYLE_VERSION
from pipelines.stylize.steady import STEADY_VERSION, lead_frames
from pipelines.stylize.still import is_still, run_still
from pipelines.stylize.where import WHERE_VERSION, Placing, WhereLayer, where_models
from studio.codec import to_json
from studio.errors import MediaError, RequestError
from studio.jobs.job import Job
from studio.types.shot import Shot, TransitionKind

if TYPE_CHECKING:
    from studio.media.film_mark import FilmMark
    from studio.media.film_render import FilmReport
    from studio.media.rgb_film import RgbFilm

#: Films below twice as many seconds are not worth two segments at once.
_LEAST_SEGMENT_S = 6
#: Frames of the footage that are really painted for an estimate.
_SAMPLED = 2


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Lay looks over one film.

    Args:
        source: the film.
        options: what is wanted.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film, a style picture or a table cannot be used.
        RequestError: an option cannot work, alone or with this film.
        DoesNotFit: the memory budget is too small even for small tiles.
        Cancelled: the user stopped it; a later run goes on from what was done.
    """
    from studio.media.work_folder import clear_left
    from studio.provenance.signing import carry_on

    started = time.perf_counter()
    given = [source] if isinstance(source, Path) else list(source)
    checked(options)
    if len(given) == 1 and is_still(given[0]):
        return run_still(given[0], options, job)
    if options.method != "net":
        raise RequestError(
            f"--method {options.method} is for a photo, not for a film.",
            "It takes minutes a picture and does not hold still between two.",
        )
    looks = tuple(parse_look(text) for text in options.looks)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio stylize FILM")
    digests = {path.name: digest_of(path) for look in looks for path in inputs_of(look)}
    materials = read_materials(looks, job)
    footage, notes = _footage(given[0], materials, job, options.where)
    plan, workers = _plan(footage, materials, options, job)
    mark = _mark(footage, options, digests, plan, materials)
    if options.dry_run:
        plan = replace(plan, estimate_s=_estimated(footage, materials, options, workers, job))
        wall_s = time.perf_counter() - started
        return Result(plan, {}, None, None, mark.command, wall_s, (*notes, *footage.info.notes))
    with layers_of(materials, footage, options, workers, job) as layers:
        film = _film(footage, layers, digests, options)
        drawn = {k.made_with: k.model.precision for k in layers if isinstance(k, KeyLayer)}
        mark = replace(mark, digest=_digest(footage, film), models=mark.models | drawn)
        if options.preview_s:
            path, report, flicker = _preview(footage, film, layers, mark, options, job)
        else:
            path, report, flicker = _whole(footage, film, layers, mark, options, workers, job)
    made_from = [given[0], *(path for look in looks for path in inputs_of(look))]
    notes = [*notes, *footage.info.notes, *(report.notes if report is not None else ())]
    clear_left(path, path.with_suffix(".json"))  # of a run that was killed
    notes += carry_on(path, made_from, mark, job.settings)
    if plan.tiles > 1:
        notes.append("Painted in tiles; painting each frame anew was not measured beside it.")
    kind = "preview" if options.preview_s else "film"
    files = {kind: path, "report": path.with_suffix(".json")}
    result = Result(
        plan,
        files,
        flicker,
        report,
        mark.command,
        time.perf_counter() - started,
        tuple(dict.fromkeys(notes)),
    )
    _write_report(result, mark, footage)
    job.report("done", 1.0)
    return result


def _footage(
    path: Path, materials: Materials, job: Job, where: str = "all"
) -> tuple[Footage, list[str]]:
    """Probe, and find the shots where something is painted."""
    from studio.media.probe import frame_times, probe
    from studio.media.rgb_film import refuse_alpha

    job.report("probe", 0.0, path.name)
    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give footage with a picture.")
    refuse_alpha(info.video)
    times = frame_times(info, job.settings)
    painted = any(is_painted(look) for look in materials.looks)
    shots_matter = painted or where != "all"
    if painted and min(info.video.display_wh) < 32:
        width, height = info.video.display_wh
        raise RequestError(
            f"{path.name} has {width}x{height} pixels; painting needs 32 a side.",
            "Give larger footage, or a colour look.",
        )
    whole = Shot(
        0, len(times), times.start(0), times.start(len(times)), TransitionKind.START, 0, len(times)
    )
    if not shots_matter or len(times) < 2:
        return Footage(info, times, (whole,)), []
    found = analysis.run(path, analysis.Options(only=("shots",)), job).analysis
    notes = [note for note in found.notes if note not in info.notes]
    if painted and info.video.bit_depth > 8:
        notes.append(f"Painted pictures have 8 bits a channel; {path.name} has more.")
    return Footage(info, times, found.shots or (whole,)), notes


def _plan(
    footage: Footage, materials: Materials, options: Options, job: Job
) -> tuple[StylizePlan, int]:
    """What would be made, and how many segments are in the making at once."""
    from studio.adapters.openvino_runtime import cpu_precision
    from studio.media.render_estimate import workers_of

    assert footage.info.video is not None
    # Short films are made in one segment: then all cores paint one picture.
    segments = int(footage.info.duration // _LEAST_SEGMENT_S)
    workers = max(1, min(workers_of(job.settings), segments))
    if options.preview_s or any(isinstance(look, HubLook) for look in materials.looks):
        workers = 1
    plan = StylizePlan(
        footage.info.path.name,
        footage.display_wh,
        len(footage.times),
        len(footage.shots),
        materials.looks,
    )
    for look in materials.looks:
        if is_painted(look) and not isinstance(look, HubLook):
            tiles, _ = tiles_for(look, footage.display_wh, workers, job)
            plan = replace(
                plan,
                tile_wh=tiles.tile_wh,
                tiles=len(tiles.tiles),
                smooth=smooth_share(options.smooth, float(footage.info.video.rate.fps)),
                precision="f32" if isinstance(look, NetLook) else cpu_precision(),
            )
    return plan, workers


def _film(
    footage: Footage, layers: Sequence[Layer], digests: dict[str, str], options: Options
) -> RgbFilm:
    from studio.media.rgb_film import RgbFilm

    painted = next((layer for layer in layers if isinstance(layer, PaintLayer)), None)
    starts = sorted(footage.resets)
    lead = lead_frames(painted.smooth) if painted is not None else 0
    if any(isinstance(layer, KeyLayer) for layer in layers):
        lead = max(lead, KEYED_LEAD_FRAMES)
    if options.where != "all":
        lead = max(lead, MATTE_LEAD_FRAMES)

    def begin(start: int, end: int) -> ChainPass:
        # What lies before the cut that the stretch, or its lead, begins with is not painted.
        return ChainPass(layers, max((s for s in starts if s <= start), default=0))

    def made_by(start: int, end: int) -> Any:
        around = [
            to_json(shot)
            for shot in footage.shots
            if (painted is not None or lead)
            and shot.end_frame > start - lead
            and shot.start_frame < end
        ]
        return [
            [CHAIN_VERSION, SHOT_STYLE_VERSION, STEADY_VERSION],
            _settings_of(layers, digests, options),
            around,
        ]

    assert footage.info.video is not None
    return RgbFilm(footage.info.video, begin, made_by, lead)


def _settings_of(layers: Sequence[Layer], digests: dict[str, str], options: Options) -> Any:
    """All that decides the pixels besides source, frame and shots."""
    described: list[Any] = []
    for layer in layers:
        if isinstance(layer, PaintLayer):
            described.append(
                {
                    "net": [layer.made_with, layer.net.precision],
                    "style": layer.style.tolist(),
                    "tiles": to_json(layer.plan),
                    "strength": layer.strength,
                    "keep_color": layer.keep_color,
                    "smooth": [layer.smooth, layer.colour_step],
                }
            )
        elif isinstance(layer, KeyLayer):
            how = [layer.prompt, layer.every, layer.strength, layer.keep_color]
            described.append([layer.made_with, layer.model.precision, KEYED_VERSION, how])
        elif isinstance(layer, WhereLayer):
            how = [layer.place, WHERE_VERSION, FAR_VERSION]
            described.append({"where": how, "nets": where_models(layer.place)})
        else:
            described.append({"table": layer.lut.digest, "strength": layer.strength})
    return [described, sorted(digests.items()), options.seed]


def _digest(footage: Footage, film: RgbFilm) -> str:
    made_by = [footage.info.content_hash, film.made_by(0, len(footage.times))]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


def _made_before(path: Path, mark: FilmMark, footage: Footage, job: Job) -> FilmReport | None:
    """What to report of a film that an earlier run had finished, though it was stopped before
    it had measured it; None where there is none."""
    from studio.media.film_mark import read_mark
    from studio.media.film_render import FilmReport
    from studio.media.probe import frame_times, probe

    if not path.is_file():
        return None
    try:
        before = read_mark(path, job.settings)
        whole = len(frame_times(probe(path, job.settings), job.settings)) == len(footage.times)
    except (MediaError, RequestError):
        return None
    if (before.digest, before.software) != (mark.digest, mark.software) or not whole:
        return None
    note = f"{path.name} was there already, made in the same way; it was not made again."
    return FilmReport(0.0, len(footage.times), 0, 0, (note,))


def _whole(
    footage: Footage,
    film: RgbFilm,
    layers: Sequence[Layer],
    mark: FilmMark,
    options: Options,
    workers: int,
    job: Job,
) -> tuple[Path, FilmReport, Flicker | None]:
    from studio.media.film_render import render_film
    from studio.media.probe import probe

    path = options.out / f"{footage.info.path.stem}.{slug(options)}.mp4"
    report = _made_before(path, mark, footage, job)
    if report is None:
        name = f"stylize-{footage.info.content_hash[:32]}-{mark.digest[:16]}"
        report = render_film(
            footage.info,
            film,
            path,
            job.settings.cache_dir / "renders" / name,
            settings=job.settings,
            cuts=[shot.start_frame for shot in footage.shots[1:]],
            workers=workers,
            metadata=mark.to_metadata(),
            on_progress=lambda share, message: job.report("render", share, message),
            check=job.check,
        )
    job.report("flicker", 0.0, "measuring")
    flicker = measure_flicker(
        footage.info,
        footage.times,
        probe(path, job.settings),
        footage.shots,
        _anew(layers),
        check=job.check,
    )
    return path, report, flicker


def _preview(
    footage: Footage,
    film: RgbFilm,
    layers: Sequence[Layer],
    mark: FilmMark,
    options: Options,
    job: Job,
) -> tuple[Path, None, Flicker | None]:
    """A few seconds around the middle, without sound."""
    from studio.media.film_preview import render_preview
    from studio.media.probe import probe

    assert footage.info.video is not None
    count = len(footage.times)
    wanted = min(count, max(1, round(options.preview_s * float(footage.info.video.rate.fps))))
    start = (count - wanted) // 2
    path = options.out / f"{footage.info.path.stem}.{slug(options)}.preview.mp4"
    render_preview(
        footage.info,
        footage.times,
        film,
        path,
        (start, start + wanted),
        settings=job.settings,
        metadata=mark.to_metadata(),
        on_progress=lambda share: job.report("preview", share),
    )
    flicker = measure_flicker(
        footage.info,
        footage.times,
        probe(path, job.settings),
        footage.shots,
        _anew(layers),
        span=(start, start + wanted),
        check=job.check,
    )
    return path, None, flicker


def _anew(layers: Sequence[Layer]) -> Any:
    """Paints one picture by itself, as a tool does that knows no film; None where nothing is
    painted."""
    place = next((i for i, layer in enumerate(layers) if isinstance(layer, PaintLayer)), None)
    if place is None:
        return None
    painted = layers[place]
    assert isinstance(painted, PaintLayer)
    if len(painted.plan.tiles) > 1:
        return None  # to measure a picture in tiles takes a pass for each layer
    where = next((layer for layer in layers if isinstance(layer, WhereLayer)), None)
    below = ChainPass(layers[:place])
    above = ChainPass([layer for layer in layers[place + 1 :] if layer is not where])

    def anew(rgb: Any) -> Any:
        under = below(rgb, 0)
        statistics = painted.shot_style.of_picture(under)
        made = replace(painted, painters=1).paint(to_bytes(under), statistics)
        made = above(painted.finished(under, made), 0)
        return made if where is None else Placing(where)(rgb, made, 0)

    return anew


def _estimated(
    footage: Footage, materials: Materials, options: Options, workers: int, job: Job
) -> float:
    """Wall seconds of the render, from frames in the middle of the footage."""
    from studio.media.reader import decode_range
    from studio.media.rgb_film import RgbConverter

    assert footage.info.video is not None
    convert = RgbConverter(footage.info.video)
    middle = len(footage.times) // 2
    with layers_of(materials, footage, options, workers, job) as layers:
        chain = ChainPass(layers)
        taken = []
        for number, frame in decode_range(
            footage.info, footage.times, middle, min(middle + 1 + _SAMPLED, len(footage.times))
        ):
            started = time.perf_counter()
            chain(convert(frame), number)
            taken.append(time.perf_counter() - started)
    # The first picture compiles the network; alone, a picture does not have every core.
    return min(taken[1:] or taken) * len(footage.times) / workers


def _mark(
    footage: Footage,
    options: Options,
    digests: dict[str, str],
    plan: StylizePlan,
    materials: Materials,
) -> FilmMark:
    from studio.media.film_mark import FilmMark, software

    return FilmMark(
        command=command_of(footage.info.path, options, materials.looks),
        inputs={footage.info.path.name: footage.info.content_hash, **digests},
        models={spec_of(k).key: plan.precision for k in materials.looks if is_painted(k)}
        | where_models(options.where),
        software=software(),
    )


def _write_report(result: Result, mark: FilmMark, footage: Footage) -> None:
    from pipelines.stylize.describe import describe
    from studio.media.writer import write_beside

    body = describe(result) | {"mark": to_json(mark), "source": str(footage.info.path)}
    with write_beside(result.files["report"]) as beside:
        beside.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

"""Footage probed, filters' files read, networks leased."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines import analysis
from pipelines.filter.background import BACKGROUND_VERSION
from pipelines.filter.cover import COVER_VERSION
from pipelines.filter.covers import Cover
from pipelines.filter.hand_before import HANDS_VERSION
from pipelines.filter.makeup import MAKEUP_VERSION
from pipelines.filter.masks import MASKS_VERSION
from pipelines.filter.people import FACE_LEAD_FRAMES
from pipelines.filter.plate import PlateFilm, is_film, read_plate
from pipelines.filter.specs import (
    Anonymise,
    Background,
    Box,
    Makeup,
    Overlay,
    Reshape,
    Spec,
    inputs_of_spec,
)
from pipelines.filter.stack import (
    DRAWN,
    STACK_VERSION,
    FilterPass,
    Nets,
    Stack,
    kinds,
    plain_values,
)
from pipelines.filter.worn import WORN_VERSION
from pipelines.mattes import MATTE_LEAD_FRAMES
from pipelines.mattes.far_people import FAR_VERSION
from pipelines.stylize import options as stylize_options
from pipelines.stylize.canvas import Footage
from pipelines.stylize.chain import CHAIN_VERSION, Layer, PaintLayer
from pipelines.stylize.looks import digest_of
from pipelines.stylize.preparing import (
    Materials,
    is_painted,
    layers_of,
    read_materials,
    spec_of,
)
from pipelines.stylize.shot_style import SHOT_STYLE_VERSION
from pipelines.stylize.steady import STEADY_VERSION, lead_frames
from studio.adapters import blazeface, face_embedding, face_mesh, hands, matte, mtcnn, people_masks
from studio.codec import to_json
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.rgb_film import RgbFilm
from studio.models.spec import AnySpec
from studio.types.shot import Shot, TransitionKind

_NOT_LOOKS = (Overlay, Makeup, Reshape, Background, Anonymise, Box)


@dataclass(frozen=True)
class Inputs:
    """What filters are read from, before any network is loaded.

    Attributes:
        specs: in order.
        pictures, films: that replace the background, by place.
        looks: materials of each look or grade, by place.
        digests: name of each file to the sha256 of its content.
    """

    specs: tuple[Spec, ...]
    pictures: Mapping[int, NDArray[np.uint8]]
    looks: Mapping[int, Materials]
    digests: dict[str, str]
    films: Mapping[int, PlateFilm] = field(default_factory=dict)

    @property
    def painted(self) -> bool:
        """Whether a network paints a look."""
        return any(is_painted(look) for m in self.looks.values() for look in m.looks)

    @property
    def remembers(self) -> bool:
        """Whether a filter remembers from frame to frame, so that cuts have to be known."""
        faces, people = kinds(self.specs)
        covers = any(isinstance(spec, Anonymise) for spec in self.specs)
        return faces or people or covers or self.painted

    def models(self) -> dict[str, str]:
        """Name and version of each network to its precision."""
        from studio.adapters.openvino_runtime import cpu_precision

        bf16 = (mtcnn.SPEC, people_masks.SPEC)
        used = [(spec, "f32") for spec in face_specs(self.specs) if spec not in bf16]
        painters = [spec_of(k) for m in self.looks.values() for k in m.looks if is_painted(k)]
        half: list[AnySpec] = [*painters]
        if any(isinstance(s, Anonymise) for s in self.specs) or kinds(self.specs)[0]:
            half.append(mtcnn.SPEC)
        if kinds(self.specs)[1]:
            half.append(people_masks.SPEC)
        return {s.key: p for s, p in used} | {s.key: cpu_precision() for s in half}


def face_specs(specs: Sequence[Spec]) -> list[AnySpec]:
    """The networks that filters need, painters apart."""
    faces, people = kinds(specs)
    needed: list[AnySpec] = []
    if faces:
        needed += [blazeface.SPEC_NEAR, mtcnn.SPEC, face_mesh.SPEC]
    if any(isinstance(spec, DRAWN) for spec in specs):
        needed.append(hands.SPEC)
    if people:
        needed += [matte.SPEC, people_masks.SPEC]
    for spec in specs:
        if isinstance(spec, Anonymise):
            needed += [mtcnn.SPEC, blazeface.SPEC_NEAR, blazeface.SPEC_FAR]
            if spec.exempt or spec.only:
                needed.append(face_embedding.SPEC)
    return list(dict.fromkeys(needed))


def read_inputs(specs: tuple[Spec, ...], job: Job) -> Inputs:
    """Read and check every file that filters name.

    Raises:
        RequestError, MediaError: one cannot be used.
    """
    from studio.media.still import read_still

    pictures, films, looks = {}, {}, {}
    for place, spec in enumerate(specs):
        if isinstance(spec, Background) and spec.path is not None and is_film(spec.path):
            films[place] = read_plate(spec.path, job)
        elif isinstance(spec, Background) and spec.path is not None:
            pictures[place] = read_still(spec.path, job.settings)
        elif not isinstance(spec, _NOT_LOOKS):
            looks[place] = read_materials((spec,), job)
    painted = [k for m in looks.values() for k in m.looks if is_painted(k)]
    if len(painted) > 1:
        raise RequestError(
            "Two looks are painted.", "Blend them: --apply look:starry:0.5,mosaic:0.5"
        )
    digests = {path.name: digest_of(path) for spec in specs for path in inputs_of_spec(spec)}
    return Inputs(specs, pictures, looks, digests, films)


def read_footage(path: Path, inputs: Inputs, job: Job) -> tuple[Footage, list[str]]:
    """Probe, and find shots and faces where filters need them.

    Raises:
        MediaError: the file cannot be used.
        RequestError: it has no picture, is transparent, or shows no face where one is needed.
    """
    from studio.media.probe import frame_times, probe
    from studio.media.rgb_film import refuse_alpha

    job.report("probe", 0.0, path.name)
    info = probe(path, job.settings)
    if info.video is None:
        raise RequestError(f"{path.name} has no picture.", "Give footage with a picture.")
    refuse_alpha(info.video)
    times = frame_times(info, job.settings)
    count = len(times)
    whole = Shot(0, count, times.start(0), times.start(count), TransitionKind.START, 0, count)
    on_faces = kinds(inputs.specs)[0]
    if not inputs.remembers or count < 2:
        return Footage(info, times, (whole,)), []
    only = ("shots", "faces") if on_faces else ("shots",)
    found = analysis.run(path, analysis.Options(only=only), job).analysis
    if on_faces and (found.faces is None or not len(found.faces)):
        raise RequestError(
            f"No face was found in {path.name}, and {_words(inputs.specs)} needs one.",
            "Give footage that shows a face larger than a twelfth of the picture's height.",
        )
    notes = [note for note in found.notes if note not in info.notes]
    if inputs.painted and info.video.bit_depth > 8:
        notes.append(f"Painted pictures have 8 bits a channel; {path.name} has more.")
    return Footage(info, times, found.shots or (whole,)), notes


def _words(specs: Sequence[Spec]) -> str:
    """The filters that need a face, as they are asked for."""
    return " and ".join(
        f"{s.kind}:{s.name}" if isinstance(s, Overlay) else type(s).__name__.lower()
        for s in specs
        if isinstance(s, Overlay | Makeup | Reshape)
    )


@contextmanager
def stack_of(
    inputs: Inputs,
    footage: Footage,
    covers: Mapping[int, Mapping[int, tuple[Cover, ...]]],
    workers: int,
    job: Job,
) -> Iterator[Stack]:
    """The filters, ready; networks are held until the ``with`` ends."""
    assert footage.info.video is not None
    faces, people = kinds(inputs.specs)
    drawn = any(isinstance(spec, DRAWN) for spec in inputs.specs)
    with ExitStack() as held:
        lease = job.pool.lease
        nets = Nets(
            near=held.enter_context(lease(blazeface.SPEC_NEAR)) if faces else None,
            sharp=held.enter_context(lease(mtcnn.SPEC)) if faces else None,
            mesh=held.enter_context(lease(face_mesh.SPEC)) if faces else None,
            matte=held.enter_context(lease(matte.SPEC)) if people else None,
            people=held.enter_context(lease(people_masks.SPEC)) if people else None,
            hands=held.enter_context(lease(hands.SPEC)) if drawn else None,
        )
        layers: dict[int, tuple[Layer, ...]] = {}
        for place, materials in inputs.looks.items():
            plain = stylize_options.Options(Path())
            laid = layers_of(materials, footage, plain, workers, job)
            layers[place] = held.enter_context(laid)
        yield Stack(
            specs=inputs.specs,
            nets=nets,
            layers=layers,
            pictures=inputs.pictures,
            films=inputs.films,
            covers=covers,
            rate_hz=float(footage.info.video.rate.fps),
            times_s=footage.times.seconds,
            resets=frozenset(shot.start_frame for shot in footage.shots),
        )


def film_of(stack: Stack, inputs: Inputs, footage: Footage) -> RgbFilm:
    """The filters as what is done to a film."""
    starts = sorted(stack.resets)
    painted = [x for layers in stack.layers.values() for x in layers if isinstance(x, PaintLayer)]
    faces, people = kinds(inputs.specs)
    lead = max(
        [
            FACE_LEAD_FRAMES if faces else 0,
            MATTE_LEAD_FRAMES if people else 0,
            *(lead_frames(layer.smooth) for layer in painted),
        ]
    )

    def begin(start: int, end: int) -> FilterPass:
        # What lies before the cut that the stretch, or its lead, begins with is not looked at.
        return FilterPass(stack, max((s for s in starts if s <= start), default=0))

    def made_by(start: int, end: int) -> Any:
        around = [s for s in starts if start - lead <= s < end]
        return [
            [STACK_VERSION, WORN_VERSION, MASKS_VERSION, MAKEUP_VERSION, BACKGROUND_VERSION],
            [HANDS_VERSION, FAR_VERSION],
            [COVER_VERSION, CHAIN_VERSION, SHOT_STYLE_VERSION, STEADY_VERSION],
            [[type(spec).__name__, _plain(spec)] for spec in inputs.specs],
            sorted(inputs.digests.items()),
            sorted(inputs.models().items()),
            [[layer.smooth, layer.colour_step] for layer in painted],
            around,
            [to_json(shot) for shot in footage.shots if painted],
            [[p, plain_values(c, start, end)] for p, c in sorted(stack.covers.items())],
        ]

    assert footage.info.video is not None
    return RgbFilm(footage.info.video, begin, made_by, lead)


def _plain(spec: Spec) -> Any:
    """What a spec says, without the folder of its files, and in numbers that JSON knows."""
    return repr(spec).replace(*next(((str(p), p.name) for p in inputs_of_spec(spec)), ("", "")))


def digest(footage: Footage, film: RgbFilm) -> str:
    """Of all that decides the pixels of a film."""
    made_by = [footage.info.content_hash, film.made_by(0, len(footage.times))]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()

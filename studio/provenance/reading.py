"""Reading a file's provenance: what is signed in it, by whom, and whether it is still so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.codec import from_json
from studio.errors import MediaError, NoSuchMedia, RequestError
from studio.media.film_mark import FilmMark, read_mark
from studio.media.xmp import SOURCE_ADDRESS, source_type_in, source_type_of
from studio.provenance.manifest_place import PNG, carries_manifest, kind_of
from studio.provenance.signing import HOUSE, MARK, context
from studio.settings import Settings

#: ``unsigned``: it carries no manifest. ``stripped``: nor that, though it says of itself that it
#: was signed. ``intact``: unaltered since it was signed. ``altered``: not so. ``unreadable``: it
#: carries what is no manifest.
State = Literal["unsigned", "stripped", "intact", "altered", "unreadable"]
#: Findings that do not mean that anything was altered.
_NO_HARM = ("signingCredential.untrusted", "timeStamp.untrusted", "timeStamp.mismatch")
_MOST_PARENTS = 64


@dataclass(frozen=True)
class Manifest:
    """One signed statement.

    Attributes:
        label: its own name.
        title: of the file it was made for.
        signer: name on the certificate; empty where it cannot be told.
        software: what made the claim.
        actions: what was done, by C2PA's names: ``c2pa.created``.
        source_types: IPTC's digital source types of those.
        mark: the studio's mark, where it was made here.
        house: what the house decided about it: approval and consents.
        parents: labels of the manifests of what it was made from, the parent first.
        made_from: names of all that it was made from.
        doubts: what did not hold of those when they were taken in.
    """

    label: str
    title: str
    signer: str
    software: str
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    mark: FilmMark | None = None
    house: Mapping[str, Any] | None = None
    parents: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """What is known of where a file comes from.

    Attributes:
        file: its name.
        state: see :data:`State`.
        signer_known: whether this machine trusts who signed: its own identity.
        manifests: the file's own first, then those of what it was made from.
        problems: what does not hold, in C2PA's codes and words.
        mark: that the file carries in its tags, signed or not.
        source_type: IPTC's digital source type in its tags; empty for none.
    """

    file: str
    state: State
    signer_known: bool = False
    manifests: tuple[Manifest, ...] = ()
    problems: tuple[str, ...] = ()
    mark: FilmMark | None = None
    source_type: str = ""


def read_provenance(path: Path, settings: Settings) -> Provenance:
    """Verify a file and read what it says of itself; no network is asked.

    Raises:
        NoSuchMedia: it does not exist.
    """
    if not path.is_file():
        raise NoSuchMedia(f"{path} does not exist.", "Check the name and the folder.")
    try:
        mark: FilmMark | None = read_mark(path, settings)
    except (MediaError, RequestError):
        mark = None
    source_type = source_type_of(path) or _of_picture(path, settings)
    if not carries_manifest(path):
        stripped = mark is not None and mark.signed
        state: State = "stripped" if stripped else "unsigned"
        return Provenance(path.name, state, mark=mark, source_type=source_type)
    found = _read(path, settings)
    if isinstance(found, str):
        return Provenance(
            path.name, "unreadable", problems=(found,), mark=mark, source_type=source_type
        )
    problems = tuple(dict.fromkeys(_problems(found)))
    intact = found.get("validation_state") in ("Valid", "Trusted") and not problems
    return Provenance(
        path.name,
        "intact" if intact else "altered",
        found.get("validation_state") == "Trusted",
        tuple(_chain(found)),
        problems,
        mark,
        source_type,
    )


def _of_picture(path: Path, settings: Settings) -> str:
    from studio.media.still import read_texts

    if kind_of(path) != PNG:
        return ""
    try:
        return source_type_in(read_texts(path, settings).get("xml:com.adobe.xmp", ""))
    except MediaError:
        return ""


def _read(path: Path, settings: Settings) -> dict[str, Any] | str:
    from studio.provenance.signing import _c2pa

    c2pa = _c2pa()
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader(kind_of(path), file, context=context(settings))
            found = json.loads(reader.json())
    except (c2pa.C2paError, ValueError) as exc:
        return str(exc)[:300]
    return found if isinstance(found, dict) else "no object"


def _problems(found: Mapping[str, Any]) -> Iterator[str]:
    results = found.get("validation_results") or {}
    parts = [results.get("activeManifest") or {}]
    parts += [d.get("validationDeltas") or {} for d in results.get("ingredientDeltas") or ()]
    for part in parts:
        yield from _failures(part)


def _failures(part: Mapping[str, Any]) -> Iterator[str]:
    for failure in part.get("failure") or ():
        code = str(failure.get("code", ""))
        if code not in _NO_HARM:
            yield f"{code}: {failure.get('explanation', '')}"


def _chain(found: Mapping[str, Any]) -> Iterator[Manifest]:
    """The active manifest, and those it was made from, nearest first."""
    manifests = found.get("manifests") or {}
    waiting, seen = [str(found.get("active_manifest"))], set[str]()
    while waiting and len(seen) < _MOST_PARENTS:
        label = waiting.pop(0)
        if label in seen or label not in manifests:
            continue
        seen.add(label)
        made = _manifest(str(label), manifests[label])
        yield made
        waiting += made.parents


def _manifest(label: str, data: Mapping[str, Any]) -> Manifest:
    actions: list[Mapping[str, Any]] = []
    mark, house = None, None
    for assertion in data.get("assertions") or ():
        name, body = str(assertion.get("label", "")), assertion.get("data")
        if name.startswith("c2pa.actions") and isinstance(body, Mapping):
            actions += body.get("actions") or ()
        elif name == MARK:
            try:
                mark = from_json(FilmMark, body)
            except RequestError:
                mark = None
        elif name == HOUSE and isinstance(body, Mapping):
            house = body
    ingredients = sorted(
        data.get("ingredients") or (), key=lambda i: i.get("relationship") != "parentOf"
    )
    types = (str(a["digitalSourceType"]) for a in actions if a.get("digitalSourceType"))
    info = (data.get("claim_generator_info") or [{}])[0]
    return Manifest(
        label,
        str(data.get("title", "")),
        str((data.get("signature_info") or {}).get("common_name", "")),
        " ".join(str(info[k]) for k in ("name", "version") if info.get(k)),
        tuple(str(a.get("action", "")) for a in actions),
        tuple(dict.fromkeys(t.removeprefix(SOURCE_ADDRESS) for t in types)),
        mark,
        house,
        tuple(str(i["active_manifest"]) for i in ingredients if i.get("active_manifest")),
        tuple(str(i.get("title", "?")) for i in ingredients),
        tuple(
            f"{ingredient.get('title', '?')}: {failure}"
            for ingredient in ingredients
            for failure in _failures(
                (ingredient.get("validation_results") or {}).get("activeManifest") or {}
            )
        ),
    )

"""Signing a finished file, in place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from studio.codec import to_json
from studio.errors import EncodeFailed, RequestError, StudioError
from studio.media.film_mark import FilmMark
from studio.media.writer import write_beside
from studio.media.xmp import SOURCE_ADDRESS, SOURCE_TYPES
from studio.provenance.identity import identity
from studio.provenance.manifest_place import carries_manifest, kind_of
from studio.settings import Settings

#: Labels of our own assertions: the mark of the film, and what the house decided about it.
MARK, HOUSE = "org.media-studio.mark", "org.media-studio.house"


@dataclass(frozen=True)
class Ingredient:
    """Something a file was made from.

    Attributes:
        path: of it.
        relation: ``parent`` for the film or picture that was changed, at most one; ``part`` for
            what was put in.
    """

    path: Path
    relation: Literal["parent", "part"] = "part"


@dataclass(frozen=True)
class Statement:
    """What is signed of a file.

    Attributes:
        title: name of the file as it will be called.
        mark: what made it.
        ingredients: what it was made from.
        house: what else is to be found in it by whoever reads it: approval, consents.
    """

    title: str
    mark: FilmMark
    ingredients: Sequence[Ingredient] = ()
    house: Mapping[str, Any] = field(default_factory=dict)


@cache
def _c2pa() -> Any:
    try:
        import c2pa
    except ImportError as exc:
        raise StudioError(
            f"Nothing can be signed or verified: {exc}.", "pip install c2pa-python"
        ) from exc
    return c2pa


def context(settings: Settings | None = None) -> Any:
    """A context of ``c2pa`` that asks no network; with settings, one that trusts our own root."""
    c2pa = _c2pa()
    told: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if settings is not None and (settings.data_dir / "identity" / "key.pem").exists():
        chain = identity(settings).chain_pem.decode("ascii")
        root = "-----BEGIN CERTIFICATE-----" + chain.split("-----BEGIN CERTIFICATE-----")[-1]
        told["trust"] = {"user_anchors": root}
    return c2pa.Context(c2pa.Settings.from_dict(told))


@contextmanager
def signing_errors(path: Path) -> Iterator[None]:
    """What ``c2pa`` raises, as the studio's.

    Raises:
        EncodeFailed: the file cannot be signed.
    """
    try:
        yield
    except _c2pa().C2paError as exc:
        raise EncodeFailed(
            f"{path.name} cannot be signed: {exc}.", "If it happens again, report it."
        ) from exc


def sign(path: Path, statement: Statement, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Sign a finished MP4, MOV, PNG or JPEG with the machine's identity, in place.

    It appears signed whole, or stays as it was. What it was made from is named in the manifest,
    with the manifests those files carry: the chain of its parents.

    Returns:
        The name of who signed, and what a user should know.

    Raises:
        RequestError: it is a file of another kind.
        EncodeFailed: it cannot be signed or written.
        PolicyError: the identity cannot be used.
    """
    kind = kind_of(path)
    if not kind:
        raise RequestError(
            f"{path.name} is no file that can be signed.", "MP4, MOV, PNG and JPEG can be."
        )
    c2pa = _c2pa()
    who = identity(settings)
    notes: list[str] = []
    usable = []
    for number, ingredient in enumerate(statement.ingredients):
        if kind_of(ingredient.path):
            usable.append((f"ingredient-{number}", ingredient))
        else:
            notes.append(
                f"{ingredient.path.name} is named in the signature by its digest alone: files of "
                "its kind carry no manifest."
            )
    manifest = _manifest(statement, usable)
    with signing_errors(path), write_beside(path) as beside:
        builder = c2pa.Builder(json.dumps(manifest), context=context())
        for name, ingredient in usable:
            described = {
                "title": ingredient.path.name,
                "relationship": "parentOf" if ingredient.relation == "parent" else "componentOf",
                "instance_id": name,
            }
            with ingredient.path.open("rb") as file:
                builder.add_ingredient(json.dumps(described), kind_of(ingredient.path), file)
        info = c2pa.C2paSignerInfo(b"es256", who.chain_pem, who.key_pem, None)
        with path.open("rb") as source, beside.open("w+b") as target:
            builder.sign(c2pa.Signer.from_info(info), kind, source, target)
    return who.name, tuple(notes)


def _manifest(statement: Statement, usable: Sequence[tuple[str, Ingredient]]) -> dict[str, Any]:
    mark = statement.mark
    name, _, version = mark.software.partition(" ")
    kind = SOURCE_TYPES.get(mark.deed)  # of what only people cut or lettered there is none
    source = {"digitalSourceType": SOURCE_ADDRESS + kind} if kind else {}
    parents = [label for label, ingredient in usable if ingredient.relation == "parent"]
    parts = [label for label, ingredient in usable if ingredient.relation == "part"]
    if len(parents) > 1:
        raise ValueError("a file is changed from one parent; the others are parts")
    did: list[dict[str, Any]] = []
    if parents:
        did.append({"action": "c2pa.opened", "parameters": {"ingredientIds": parents}})
        did.append({"action": "c2pa.edited", **source})
    else:
        did.append({"action": "c2pa.created", **source})
    if parts:
        did.append({"action": "c2pa.placed", "parameters": {"ingredientIds": parts}})
    asserted = [
        {"label": "c2pa.actions.v2", "data": {"actions": did}},
        {"label": MARK, "data": to_json(mark)},
    ]
    if statement.house:
        asserted.append({"label": HOUSE, "data": dict(statement.house)})
    return {
        "claim_generator_info": [{"name": name or "media-studio", "version": version or "0"}],
        "title": statement.title,
        "assertions": asserted,
    }


def carry_on(
    path: Path, sources: Sequence[Path], mark: FilmMark, settings: Settings, title: str = ""
) -> tuple[str, ...]:
    """Sign what was made from files that carry a manifest, so that the chain does not end here.

    Does nothing where no source carries one, or the file is signed already. The first source
    that carries one is the parent, the others are parts.

    Args:
        path: the finished film or picture.
        sources: what it was made from.
        mark: what made it.
        settings: whose identity signs.
        title: what it will be called, where ``path`` is a file in the making.

    Returns:
        What a user should know: that the chain goes on, or why it does not.
    """
    signed = [source for source in sources if carries_manifest(source)]
    if not signed or carries_manifest(path):
        return ()
    if not kind_of(path):
        return (
            f"{signed[0].name} carries a signed manifest; {title or path.name} is of a kind that "
            "carries none: the chain ends here.",
        )
    said = f"{signed[0].name} carries a signed manifest"
    parts = [Ingredient(s) for s in dict.fromkeys(sources) if s != signed[0] and kind_of(s)]
    made_from = (Ingredient(signed[0], "parent"), *parts)
    try:
        who, _ = sign(path, Statement(title or path.name, mark, made_from), settings)
    except StudioError as exc:  # the film is whole; only its chain is not
        return (f"{said}, and {title or path.name} could not be signed after it: {exc.message}",)
    return (f"{said}: {title or path.name} names it as parent, signed by {who}.",)

"""A file's provenance in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from studio.provenance.reading import Manifest, Provenance

_SOURCES = {
    "trainedAlgorithmicMedia": "made by a trained model",
    "compositeWithTrainedAlgorithmicMedia": "footage that a trained model changed",
    "compositeSynthetic": "composed with synthetic parts",
    "algorithmicMedia": "made by a program",
    "digitalCapture": "taken with a camera",
    "humanEdits": "edited by a person",
}
_DEEDS = {
    "c2pa.created": "created",
    "c2pa.opened": "opened",
    "c2pa.edited": "changed",
    "c2pa.placed": "put together",
    "c2pa.converted": "converted",
    "c2pa.transcoded": "encoded anew",
    "c2pa.published": "published",
}


def tell(found: Provenance) -> tuple[str, ...]:
    """What is known, a sentence a line; the first says how it stands."""
    return tuple(_lines(found))


def _lines(found: Provenance) -> Iterator[str]:
    if found.state == "unsigned":
        yield f"{found.file} carries no signature."
    elif found.state == "stripped":
        yield (
            f"{found.file} was signed when it was made, and the signature was taken off: another "
            "program wrote it again, and may have altered it."
        )
    elif found.state == "unreadable":
        yield f"{found.file} carries a signature that cannot be read: it is damaged or false."
    elif found.state == "altered":
        yield (
            f"{found.file} is NOT as it was signed: it was altered, or its signature is that of "
            "another file."
        )
    else:
        yield f"{found.file} is as it was signed: nothing was altered since."
    if found.manifests:
        yield from _own(found)
    for problem in found.problems:
        yield f"  does not hold: {problem}"
    if not found.manifests and found.mark is not None:
        yield f"  It says of itself, unsigned, that this made it: {found.mark.command_line}"
    if not found.manifests and found.source_type:
        source = _SOURCES.get(found.source_type, found.source_type)
        yield f"  It says of itself, unsigned: {source}."


def _own(found: Provenance) -> Iterator[str]:
    own, *before = found.manifests
    trust = (
        "this machine's own identity"
        if found.signer_known
        else "no authority that this machine knows vouches for that name"
    )
    yield f"  signed by {own.signer or 'somebody without a name'} ({trust})"
    yield from _of(own)
    for number, manifest in enumerate(before, start=1):
        yield f"  {number} before it: {manifest.title}, signed by {manifest.signer}"
        yield from (f"  {line}" for line in _of(manifest))


def _of(manifest: Manifest) -> Iterator[str]:
    deeds = [_DEEDS.get(a, a.removeprefix("c2pa.")) for a in manifest.actions]
    sources = [_SOURCES.get(s, s) for s in manifest.source_types]
    yield f"  {', '.join(deeds) or 'nothing said'} with {manifest.software}" + (
        f": {'; '.join(sources)}" if sources else ""
    )
    if manifest.made_from:
        yield f"  from {', '.join(manifest.made_from)}"
    for problem in manifest.doubts:
        yield f"  what it was made from did not hold even then: {problem}"
    if manifest.mark is not None:
        yield f"  by {manifest.mark.command_line}"
        if manifest.mark.models:
            yield f"  with the models {', '.join(manifest.mark.models)}"
    house = manifest.house or {}
    if house.get("approved_by"):
        yield f"  approved by {house['approved_by']} at {house.get('approved_at')}"
    elif house.get("draft"):
        yield f"  a draft: {house['draft']}"
    for consent in house.get("consents") or ():
        yield (
            f"  consent on record for {consent.get('purpose')}: {consent.get('id')} "
            f"({consent.get('kind')})"
        )

"""A reader of C2PA manifests in MP4 that shares nothing with what signed them.

Written from the specifications: boxes by ISO 14496-12, JUMBF by ISO 19566-5, CBOR by RFC 8949,
COSE_Sign1 by RFC 9052, claims and the hash over boxes by C2PA 2.1. Of libraries it uses
``hashlib``, and ``cryptography`` for the signature and the certificates alone.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass
class Box:
    """One box: its kind, where it begins, all of its bytes, and what comes after its head."""

    kind: str
    at: int
    raw: bytes
    body: bytes


def boxes(data: bytes) -> list[Box]:
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        size = size or len(data) - at
        raw = data[at : at + size]
        found.append(Box(kind.decode("latin-1"), at, raw, raw[head:]))
        at += size
    return found


@dataclass
class Tagged:
    number: int
    value: Any


def cbor(data: bytes) -> Any:
    value, rest = _cbor(data)
    assert not rest.strip(b"\0"), "bytes after the end"
    return value


def _cbor(data: bytes) -> tuple[Any, bytes]:
    major, info, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7 and info in (20, 21, 22, 23):
        return {20: False, 21: True, 22: None, 23: None}[info], data
    if major == 7 and info == 27:
        return struct.unpack(">d", data[:8])[0], data[8:]
    if info < 24:
        number = info
    elif info < 28:
        size = 1 << (info - 24)
        number, data = int.from_bytes(data[:size], "big"), data[size:]
    else:
        assert info == 31, "no such length"
        return _endless(major, data)
    if major == 0:
        return number, data
    if major == 1:
        return -1 - number, data
    if major == 2:
        return data[:number], data[number:]
    if major == 3:
        return data[:number].decode(), data[number:]
    if major == 6:
        value, data = _cbor(data)
        return Tagged(number, value), data
    items: list[Any] = []
    for _ in range(number * (2 if major == 5 else 1)):
        item, data = _cbor(data)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if major == 5 else items), data


def _endless(major: int, data: bytes) -> tuple[Any, bytes]:
    items: list[Any] = []
    while data[0] != 0xFF:
        item, data = _cbor(data)
        items.append(item)
    if major == 5:
        return dict(zip(items[::2], items[1::2], strict=True)), data[1:]
    return (b"".join(items) if major == 2 else "".join(items) if major == 3 else items), data[1:]


@dataclass
class Super:
    """A superbox of JUMBF: its label, its children, its content without its own head."""

    label: str
    content: bytes
    inner: list[Super] = field(default_factory=list)
    data: list[Box] = field(default_factory=list)

    def child(self, label: str) -> Super:
        return next(s for s in self.inner if s.label == label)


def superbox(box: Box) -> Super:
    assert box.kind == "jumb"
    described, *rest = boxes(box.body)
    assert described.kind == "jumd"
    label = described.body[17:].split(b"\0", 1)[0].decode() if described.body[16] & 2 else ""
    made = Super(label, box.body)
    for part in rest:
        if part.kind == "jumb":
            made.inner.append(superbox(part))
        else:
            made.data.append(part)
    return made


@dataclass
class Verdict:
    """What the independent reader found."""

    signer: str
    chain_holds: bool
    signature_holds: bool
    assertions_hold: bool
    content_holds: bool
    assertions: dict[str, Any]
    parents: list[str]


def verify(path: Path) -> Verdict:
    """Check a signed MP4 by hand."""
    data = path.read_bytes()
    outer = boxes(data)
    place = next(b for b in outer if b.kind == "uuid" and b.body[:16] == C2PA)
    after = place.body[20:]  # the type, then version and flags
    purpose, after = after.split(b"\0", 1)
    assert purpose == b"manifest"
    store = superbox(boxes(after[8:])[0])  # an offset that only other boxes need
    assert store.label == "c2pa"
    active = store.inner[-1]
    claim_box = next(s for s in active.inner if s.label.startswith("c2pa.claim"))
    claim_bytes = claim_box.data[0].body
    claim = cbor(claim_bytes)
    signature = cbor(active.child("c2pa.signature").data[0].body)
    assert signature.number == 18, "no COSE_Sign1"
    protected, unprotected, payload, signed = signature.value
    assert payload is None and cbor(protected)[1] == -7, "not ES256 over what is apart"
    chain = cbor(protected).get(33) or unprotected.get(33) or unprotected.get("x5chain")
    chain = [x509.load_der_x509_certificate(c) for c in chain]
    to_be_signed = _sig_structure(protected, claim_bytes)
    half = len(signed) // 2
    der = utils.encode_dss_signature(
        int.from_bytes(signed[:half], "big"), int.from_bytes(signed[half:], "big")
    )
    key = chain[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(der, to_be_signed, ec.ECDSA(hashes.SHA256()))
        signature_holds = True
    except InvalidSignature:
        signature_holds = False
    held = True
    said: dict[str, Any] = {}
    store_of = active.child("c2pa.assertions")
    for named in [*claim.get("created_assertions", []), *claim.get("gathered_assertions", [])]:
        label = named["url"].rsplit("/", 1)[-1]
        one = store_of.child(label)
        held &= hashlib.sha256(one.content).digest() == named["hash"]
        said[label] = cbor(one.data[0].body) if one.data[0].kind == "cbor" else one.data[0].body
    assert {s.label for s in store_of.inner} == set(said), "an assertion that no claim names"
    wanted = next(v for k, v in said.items() if k.startswith("c2pa.hash.bmff"))
    content = _hash_of(outer, wanted) == wanted["hash"]
    return Verdict(
        chain[0].subject.rfc4514_string(),
        _chain_holds(chain),
        signature_holds,
        held,
        content,
        said,
        [s.label for s in store.inner[:-1]],
    )


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    def head(major: int, size: int) -> bytes:
        if size < 24:
            return bytes([major << 5 | size])
        for more, width in ((24, 1), (25, 2), (26, 4)):
            if size < 1 << 8 * width:
                return bytes([major << 5 | more]) + size.to_bytes(width, "big")
        raise ValueError(size)

    name = b"Signature1"
    parts = (head(3, len(name)) + name, head(2, len(protected)) + protected, head(2, 0))
    return b"\x84" + b"".join(parts) + head(2, len(payload)) + payload


def _chain_holds(chain: list[x509.Certificate]) -> bool:
    try:
        for one, by in itertools.pairwise(chain):
            one.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _hash_of(outer: list[Box], wanted: dict[str, Any]) -> bytes:
    """The hash over the outermost boxes: of each that is not left out its place, then itself."""
    digest = hashlib.sha256()
    for box in outer:
        if any(_left_out(box, e) for e in wanted["exclusions"]):
            continue
        digest.update(struct.pack(">Q", box.at))
        digest.update(box.raw)
    return digest.digest()


def _left_out(box: Box, exclusion: dict[str, Any]) -> bool:
    if exclusion["xpath"] != f"/{box.kind}":
        return False
    parts = exclusion.get("data") or ()
    return all(box.raw[p["offset"] : p["offset"] + len(p["value"])] == p["value"] for p in parts)

"""Who signs: a key of this machine's own and the chain of certificates that names it.

Made on first use and kept in the settings' data folder, readable by its owner alone. No authority
vouches for it: another program will say of a signature that the file is unaltered since, and that
it does not know the signer (``signingCredential.untrusted``). A house with a certificate from an
authority lays its own ``key.pem`` and ``chain.pem`` there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import EncodeFailed, PolicyError
from studio.settings import Settings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_YEARS = 10
_ISSUER = "Media Studio, self-issued"


@dataclass(frozen=True)
class Identity:
    """A key and its chain.

    Attributes:
        name: of who signs, as a manifest shows it.
        key_pem: private key, PKCS 8.
        chain_pem: certificates, the signer's first.
    """

    name: str
    key_pem: bytes
    chain_pem: bytes

    def __repr__(self) -> str:  # the key is never printed
        return f"Identity({self.name!r})"


def identity(settings: Settings) -> Identity:
    """The machine's signing identity; made if there is none.

    Raises:
        PolicyError: what lies there is no key and chain that belong together.
        EncodeFailed: it cannot be written.
    """
    folder = settings.data_dir / "identity"
    key, chain = folder / "key.pem", folder / "chain.pem"
    if not key.exists() and not chain.exists():
        _make(folder)
    return _read(key, chain)


def _read(key: Path, chain: Path) -> Identity:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import NameOID

    try:
        key_pem, chain_pem = key.read_bytes(), chain.read_bytes()
        held = load_pem_private_key(key_pem, None)
        first = x509.load_pem_x509_certificates(chain_pem)[0]
        if held.public_key() != first.public_key():
            raise ValueError("the key is not that of the certificate")
    except (OSError, ValueError, TypeError, IndexError) as exc:
        raise PolicyError(
            f"The signing identity in {key.parent} cannot be used: {exc}.",
            "Restore both files from a copy; or put them away, and a new one is made.",
        ) from exc
    if first.not_valid_after_utc < datetime.now(UTC):
        raise PolicyError(
            f"The signing identity in {key.parent} ended on {first.not_valid_after_utc:%Y-%m-%d}.",
            "Put both files away, and a new one is made.",
        )
    names = first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Identity(str(names[0].value) if names else "unnamed", key_pem, chain_pem)


def _make(folder: Path) -> None:
    """A root, and a signer under it; the root's key is forgotten, so it never signs again."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    root_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(root_key.public_key(), "root", root_key, None)
    signer = _certificate(key.public_key(), "signer", root_key, root)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in (signer, root))
    # Both appear together, and whoever comes second at first use takes what lies there.
    beside = folder.with_name(f".identity-{secrets.token_hex(6)}")
    try:
        beside.mkdir(parents=True, mode=0o700)
        for name, content in (("chain.pem", chain), ("key.pem", pem)):
            handle = os.open(beside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fsync(file.fileno())
        with suppress(OSError):
            folder.rmdir()  # one that is empty
        with suppress(OSError):
            beside.rename(folder)
    except OSError as exc:
        raise EncodeFailed(f"Cannot write {folder}: {exc.strerror}.", "Check the folder.") from exc
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _certificate(public: object, role: str, by: object, issuer: Certificate | None) -> Certificate:
    """By the profile that C2PA asks of signers (its section on X.509 certificates)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert isinstance(by, ec.EllipticCurvePrivateKey)
    ski = x509.SubjectKeyIdentifier.from_public_key(public)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ISSUER),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Media Studio {role} {ski.digest.hex()[:8]}"),
        ]
    )
    began = datetime.now(UTC) - timedelta(hours=1)  # another clock may be behind
    is_root = issuer is None
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(is_root, 0 if is_root else None), True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage
            ),
            True,
        )
        .add_extension(ski, False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
    )
    if not is_root:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
        )
    return made.sign(by, hashes.SHA256())

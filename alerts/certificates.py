"""Certificates for a city's own parts, from a small authority of its own, where nobody brings better ones.

Each part has a folder with `tls.crt` and `tls.key`; beside them `ca.crt` is what the others trust. What somebody
brought is left alone: only what this authority made is made anew, when it ends soon or is for other names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LASTS = timedelta(days=3650)
LASTS = timedelta(days=825)  # the longest that every client takes
RENEWED_BEFORE = timedelta(days=90)
ALWAYS = ("localhost", "127.0.0.1")  # how a part is asked on its own machine
_SLACK = timedelta(days=1)  # clocks differ


class AuthorityMissing(Exception):
    """A part has no certificate, and there is no key to make one with."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program that is reached by these names."""

    name: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, said: str) -> Part:
        """`NAME`, or `NAME=OTHER,NAMES`."""
        name, _, others = said.partition("=")
        return cls(name, tuple(dict.fromkeys([name, *filter(None, others.split(",")), *ALWAYS])))


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_missing(folder: Path, authority_folder: Path, parts: Iterable[Part], now: datetime) -> list[str]:
    """Makes what is missing, and what of ours ends soon or is for other names. Returns the parts that got a new one.
    Raises AuthorityMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = _find_authority(folder, authority_folder, now)
    made = []
    for part in parts:
        if _is_good(folder / part.name / "tls.crt", part, authority, now):
            continue
        if authority is None:
            raise AuthorityMissing(
                f"{folder / part.name} has no tls.crt, and {authority_folder} no ca.key to make one: bring both"
            )
        _issue(folder / part.name, part, authority, now)
        made.append(part.name)
    return made


def _find_authority(folder: Path, authority_folder: Path, now: datetime) -> Authority | None:
    """The own one, made where there is no authority at all; None where somebody brought another one."""
    key_file, trusted = authority_folder / "ca.key", folder / "ca.crt"
    if key_file.exists():
        key = load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityMissing(f"{key_file} is no key of ours")
        return Authority(x509.load_pem_x509_certificate(trusted.read_bytes()), key)
    return None if trusted.exists() else _make_authority(key_file, trusted, now)


def _make_authority(key_file: Path, trusted: Path, now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("campus-alert authority")
    certificate = (
        _begin(name, name, key, now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), True)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_file, key)
    trusted.write_bytes(certificate.public_bytes(Encoding.PEM))
    return Authority(certificate, key)


def _is_good(path: Path, part: Part, authority: Authority | None, now: datetime) -> bool:
    """Whether a certificate may stay: all that others signed may."""
    if not path.exists():
        return False
    found = x509.load_pem_x509_certificate(path.read_bytes())
    if authority is None or found.issuer != authority.certificate.subject:
        return True
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names) == set(_write_names(part)) and found.not_valid_after_utc - now > RENEWED_BEFORE


def _issue(folder: Path, part: Part, authority: Authority, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begin(_name(part.name), authority.certificate.subject, key, now, LASTS)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(x509.SubjectAlternativeName(_write_names(part)), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False)
        .sign(authority.key, hashes.SHA256())
    )
    _write_key(folder / "tls.key", key)
    (folder / "tls.crt").write_bytes(certificate.public_bytes(Encoding.PEM))


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + lasts - _SLACK)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def _write_names(part: Part) -> list[x509.GeneralName]:
    return [_write_name(name) for name in part.names]


def _write_name(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Only its owner reads it; root does, too, which hands it on to whoever else needs it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

"""Cells of the people's file that hold several things: contact methods, certificates, deputies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from alerts.domain.contacts import AddressInvalid, CertificateKind, read_address
from alerts.importing.cells import CellInvalid, read_code, read_day, read_text, read_yes_or_no
from alerts.importing.words import CERTIFICATE_KINDS, CHANNELS, fold

_BETWEEN = re.compile(r"[;；|]")
_BETWEEN_CODES = re.compile(r"[;；,，、|\s]+")
_CHANNELS = {fold(word): code for code, alike in CHANNELS.items() for word in (code, *alike)}
_CERTIFICATES = {fold(word): kind for kind, alike in CERTIFICATE_KINDS.items() for word in (kind, *alike)}
_LONGEST_CELL = 2000
_LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact method as a cell names it."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class SaidCertificate:
    """A certificate as a cell names it."""

    kind: CertificateKind
    number: str
    valid_until: date


def read_contacts(text: str) -> tuple[Contact, ...]:
    """Contact methods in the person's own order: `sms:13800000001; mail:wang@example.cn`."""
    return tuple(dict.fromkeys(_read_contact(one) for one in _parts(text)))


def read_certificates(text: str) -> tuple[SaidCertificate, ...]:
    """Certificates with kind, number and last day: `保安员证:3702012345:2027-06-30`."""
    return tuple(dict.fromkeys(_read_certificate(one) for one in _parts(text)))


def read_codes(text: str) -> tuple[str, ...]:
    """Codes of people, first choice first."""
    return tuple(dict.fromkeys(read_code(one) for one in _BETWEEN_CODES.split(text.strip()) if one))


def read_voucher(text: str) -> str | bool:
    """Who vouches: a name, or yes (then it is whoever imports) or no."""
    said = read_text(100)(text)
    try:
        return read_yes_or_no(said)
    except CellInvalid:
        return said


def _parts(text: str) -> list[str]:
    line = read_text(_LONGEST_CELL)(text)
    return [part.strip() for part in _BETWEEN.split(line) if part.strip()]


def _read_contact(text: str) -> Contact:
    word, _, address = text.replace("：", ":").partition(":")
    channel = _CHANNELS.get(fold(word))
    if channel is None or not address.strip():
        choice = ", ".join(f"{alike[0]} ({code})" for code, alike in CHANNELS.items())
        raise CellInvalid(f"“{text}” is not a channel and an address, like 短信:13800000001; channels are {choice}")
    try:
        return Contact(channel, read_address(channel, address))
    except AddressInvalid as error:
        raise CellInvalid(f"“{text}”: {error}") from error


def _read_certificate(text: str) -> SaidCertificate:
    parts = [part.strip() for part in text.replace("：", ":").split(":")]
    kind = _CERTIFICATES.get(fold(parts[0]))
    if kind is None or len(parts) != 3 or not 0 < len(parts[1]) <= _LONGEST_NUMBER:
        choice = ", ".join(f"{alike[0]} ({code})" for code, alike in CERTIFICATE_KINDS.items())
        raise CellInvalid(
            f"“{text}” is not kind:number:last day, like 保安员证:37020123:2027-06-30; kinds are {choice}"
        )
    return SaidCertificate(kind, parts[1], read_day(parts[2]))

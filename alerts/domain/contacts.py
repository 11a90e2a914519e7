"""Contact methods: what an address must look like, and the code by which its owner proves that it reaches them."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.people import PUSH

CODE_LASTS = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODE_PAUSE = timedelta(seconds=60)  # between two codes for one method: a telephone must not be flooded
MOST_METHODS = 20
_LONGEST_ADDRESS = 300

_FILLER = re.compile(r"[\s().\-‐‑–]+")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}|\+86(1[3-9][0-9]{9})|\+(?!86)[1-9][0-9]{6,14}")
_EXTENSION = re.compile(r"(\+?[0-9]{5,15})([,#*][0-9]{1,8})")
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z0-9-]{2,}")
_ROBOT = re.compile(r"[A-Za-z0-9_-]{8,128}(?:#[A-Za-z0-9_-]{1,128})?")  # a robot's token, and its own secret
_SERVICE = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


class AddressInvalid(ValueError):
    """An address that its channel cannot reach; the message says what it should be."""


class CertificateKind(StrEnum):
    """What a certificate says of a person: 保安员证, 消防设施操作员证, 急救员证, 背景审查, others."""

    GUARD = "guard"
    FIRE_CONTROL = "fire_control"
    FIRST_AID = "first_aid"
    BACKGROUND_CHECK = "background_check"
    OTHER = "other"


class CodeVerdict(StrEnum):
    """What a code that somebody typed turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


@dataclass(frozen=True, slots=True)
class SentCode:
    """The digest of the code that was sent to a method, until when it is good, and how often somebody tried."""

    hash: bytes
    expires_at: datetime
    attempts: int


def read_address(channel: str, text: str) -> str:
    """An address as its channel takes it: numbers without blanks and hyphens. Raises AddressInvalid."""
    address = unicodedata.normalize("NFKC", text).strip()
    if not address:
        raise AddressInvalid("an address is needed")
    if len(address) > _LONGEST_ADDRESS or any(unicodedata.category(sign) in {"Cc", "Cf"} for sign in address):
        raise AddressInvalid(f"an address is one line of at most {_LONGEST_ADDRESS} characters")
    if channel == "sms":
        return _read_mobile(address)
    if channel == "voice":
        return _read_telephone(address)
    if channel == PUSH:
        raise AddressInvalid("who uses a browser switches it on there, signed in at the board")
    wanted = _FORMS.get(channel)
    if wanted and not wanted[0].fullmatch(address):
        raise AddressInvalid(wanted[1])
    return address


_FORMS = {
    "mail": (_MAIL, "a mail address looks like name@example.cn"),
    "apprise": (_SERVICE, "an Apprise address begins with its service, like `ntfy://topic`"),
    "dingtalk": (_ROBOT, "DingTalk takes a robot's token, what follows `access_token=` in its address"),
    "wecom": (_ROBOT, "WeCom takes a robot's key, what follows `key=` in its address"),
    "feishu": (_ROBOT, "Feishu takes a robot's token, what follows `/hook/` in its address"),
}


def _read_mobile(address: str) -> str:
    number = _FILLER.sub("", address)
    found = _MOBILE.fullmatch(number)
    if not found:
        raise AddressInvalid("a short message needs a mobile number: 11 digits that begin with 1, or + and the country")
    return found[1] or number


def _read_telephone(address: str) -> str:
    number = _FILLER.sub("", address)
    extended = _EXTENSION.fullmatch(number)
    if not extended and not _PHONE.fullmatch(number):
        raise AddressInvalid("a call needs a telephone number of 5 to 15 digits; an extension follows `,` or `#`")
    return number


def hash_code(key: bytes, method: int, code: str) -> bytes:
    """The digest under which a code is kept: bound to its method, and worth nothing without the service's key."""
    return hmac.digest(key, f"method {method} code {code}".encode(), "sha256")


def judge_code(sent: SentCode | None, said: bytes, now: datetime) -> CodeVerdict:
    """What a typed code, given as its digest, is. Each judgement of a code that is still good costs an attempt."""
    if sent is None or now >= sent.expires_at:
        return CodeVerdict.EXPIRED
    if sent.attempts >= CODE_ATTEMPTS:
        return CodeVerdict.TOO_MANY_ATTEMPTS
    return CodeVerdict.RIGHT if hmac.compare_digest(sent.hash, said) else CodeVerdict.WRONG

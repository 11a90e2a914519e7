"""Codes that are shown at a post and checked in with: signed by the secret of the point, new every 30 seconds, good for
90. Whoever photographs one has nothing tomorrow.

A code is `POINT.STEP.SIGNATURE`: a tablet shows it as a QR code, and what speaks NFC can hand it on as text.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

STEP = timedelta(seconds=30)
LASTS = timedelta(seconds=90)
_SIGNATURE_LETTERS = 10  # 50 bits, for a minute and a half, and only from whoever is known by name
_CODE = re.compile(r"([A-Za-z0-9_:-]{1,64})\.([0-9a-f]{1,12})\.([A-Z2-7]{10})")


class CodeVerdict(StrEnum):
    """What a code turned out to be."""

    GOOD = "good"
    EXPIRED = "expired"  # it was shown once
    FORGED = "forged"  # it was never shown at this point, or its secret was renewed since


class CodeUnreadable(ValueError):
    """This is no code of a check point at all."""


@dataclass(frozen=True, slots=True)
class CheckCode:
    """A code as it was read: which point's, and when it was first shown."""

    point: str
    step: int
    signature: str

    @property
    def text(self) -> str:
        """As it is shown."""
        return f"{self.point}.{self.step:x}.{self.signature}"

    @property
    def shown_at(self) -> datetime:
        """When it was first shown."""
        return datetime.fromtimestamp(self.step * STEP.total_seconds(), UTC)

    @property
    def expires_at(self) -> datetime:
        """From when on it is good for nothing."""
        return self.shown_at + LASTS


def make_code(secret: bytes, point: str, now: datetime) -> CheckCode:
    """The code that is shown at a point now."""
    step = int(now.timestamp() // STEP.total_seconds())
    return CheckCode(point, step, _sign(secret, f"{point}\n{step}"))


def read_code(text: str) -> CheckCode:
    """A code that somebody sent. Raises CodeUnreadable."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        raise CodeUnreadable("this is no code of a check point: scan the one that is shown now")
    return CheckCode(found[1], int(found[2], 16), found[3])


def judge_code(secret: bytes, code: CheckCode, now: datetime) -> CodeVerdict:
    """Whether a code counts now."""
    if not hmac.compare_digest(code.signature, _sign(secret, f"{code.point}\n{code.step}")):
        return CodeVerdict.FORGED
    return CodeVerdict.GOOD if code.shown_at <= now < code.expires_at else CodeVerdict.EXPIRED


def make_display_key(secret: bytes, point: str) -> str:
    """What opens the screen of a point; it ends when the secret is renewed."""
    return _sign(secret, f"{point}\ndisplay", 32)


def _sign(secret: bytes, said: str, letters: int = _SIGNATURE_LETTERS) -> str:
    return base64.b32encode(hmac.digest(secret, said.encode(), "sha256")).decode()[:letters]

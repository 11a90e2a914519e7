"""What somebody shows beside their password: the code of the moment (RFC 6238), or one that they kept for a bad day."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

RECOVERY_CODES = 10
_DRIFT_STEPS = 1  # of 30 seconds, either way: clocks of telephones go wrong


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """The step of time whose code this is, of those that count now; None when it is of none. Each is good once."""
    try:
        return int(pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=_DRIFT_STEPS))
    except OTPVerificationError:
        return None


def write_address(secret: str, account: str, issuer: str) -> str:
    """What a telephone's program of codes reads from a picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def clean_code(said: str) -> str:
    """A code as it is compared: people set blanks and hyphens between its parts."""
    return re.sub(r"[\s-]", "", said).lower()


def part_code(code: str) -> str:
    """A long code in parts that are easily read."""
    return "-".join(re.findall(".{1,4}", code))

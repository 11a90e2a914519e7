"""What the links to the police need to know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings


def _check_key(key: SecretStr) -> SecretStr:
    if re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64}", key.get_secret_value()) is None:
        raise ValueError("an AES key is 32, 48 or 64 hexadecimal digits")
    return key


class PoliceSettings(BaseSettings):
    """Settings of the links to 110 and to a monitoring station; without an address a link is off."""

    police_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where the engine hands incidents over to 110; without it somebody must telephone. "
        "`http` is for a network of your own only.",
    )
    police_cert: Path | None = Field(
        default=None, description="The certificate that the engine shows 110, a PEM file with its chain."
    )
    police_key: Path | None = Field(default=None, description="Its private key, a PEM file that only the engine reads.")
    police_ca: Path | None = Field(
        default=None, description="The authority that signed 110's certificate, a PEM file; unset, the system's."
    )
    police_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="With it 110 signs what it tells the board by itself; without it nothing is taken.",
    )
    police_poll_seconds: int = Field(
        default=0, ge=0, le=600, description="How often the engine asks 110 what became of a case; 0 is never."
    )
    police_exercises: bool = Field(
        default=True, description="Whether tests and drills are handed over to 110, marked as such."
    )
    cap_sender: str = Field(
        default="campus-alert",
        pattern=r"^[^\s,<&]{1,200}$",
        description="The sender of CAP documents, unique among those who exchange them.",
    )
    police_cap: bool = Field(default=True, description="Whether a hand-over carries its CAP document.")
    dc09_host: str | None = Field(
        default=None, description="The monitoring station that takes Contact ID over SIA DC-09; without it, none does."
    )
    dc09_port: int = Field(default=9121, ge=1, le=65535, description="Its TCP port.")
    dc09_account: str | None = Field(
        default=None,
        pattern=r"^[0-9A-F]{0,12}$",
        description="What the accounts of all schools there begin with, hexadecimal digits in capitals.",
    )
    dc09_receiver: str | None = Field(
        default=None, pattern=r"^[0-9A-F]{0,6}$", description="The receiver's number, if the station wants it."
    )
    dc09_line: str = Field(default="0", pattern=r"^[0-9A-F]{1,6}$", description="The line's number.")
    dc09_key: Annotated[SecretStr, AfterValidator(_check_key)] | None = Field(
        default=None,
        description="The AES key in hexadecimal, 128, 192 or 256 bits; without it nothing is encrypted.",
    )
    dc09_supervision_seconds: int = Field(
        default=60, ge=5, le=86400, description="The longest that the station hears nothing of us."
    )
    dc09_test_hours: int = Field(default=24, ge=1, le=168, description="How often the line is tested with an event.")

"""Every setting of every program, read from `CAMPUS_*` variables. `docs/running.md` carries the same table; a test
says so."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from alerts.channels.settings import ChannelSettings
from alerts.domain.passwords import SHORTEST
from alerts.domain.retention import EVIDENCE_AT_LEAST, QUARANTINE_AT_LEAST
from alerts.police.settings import PoliceSettings


class ServiceSettings(BaseSettings):
    """Each field is the environment variable `CAMPUS_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CAMPUS_", extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL 15 or newer, `postgresql://user:password@host:port/name`. The demo brings its own.",
    )
    mqtt_url: str | None = Field(
        default=None,
        description="The broker and the gateway's sign-in, `mqtt://gateway:password@host:port`; `mqtts` for TLS.",
    )
    mqtt_ca: Path | None = Field(
        default=None, description="The authority that signed the broker's certificate, a PEM file; unset, the system's."
    )
    http_host: str = Field(
        default="127.0.0.1", description="The address on which the board listens; `0.0.0.0` for all."
    )
    http_port: int = Field(default=8080, ge=1, le=65535, description="The board's port.")
    http_cert: Path | None = Field(
        default=None, description="The board's certificate with its chain, a PEM file: with it the board speaks https."
    )
    http_key: Path | None = Field(default=None, description="Its private key, a PEM file.")
    mqtt_port: int = Field(default=1883, ge=1, le=65535, description="The port of the demo's broker.")
    data_dir: Path = Field(
        default=Path("./data"), description="Where the demo keeps its database and its broker's store."
    )
    webhook_url: str | None = Field(
        default=None, description="Where the webhook channel posts each message; without it the channel is off."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where people reach the board from outside, `https://alarm.example.cn`; messages link to it.",
    )
    broker_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What a broker shows that asks over HTTP who may come in; without it none may ask.",
    )
    silence_limit_seconds: int = Field(
        default=90, ge=10, le=3600, description="The longest that a device may be quiet before it counts as silent."
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="How long a person stays signed in.")
    administrators_need_second_factor: bool = Field(
        default=False,
        description="Whether administrators may only look until they have switched their second factor on.",
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        description="Keys over the secrets of second factors, with a comma between them: the first seals, all of them "
        "open; `python -m alerts secrets make-key` makes one.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])",
        description="The operator's OpenID provider, `https://login.example.cn`: people whose accounts are tied to it "
        "sign in there, too.",
    )
    oidc_client_id: str | None = Field(
        default=None, description="What the provider calls this service; needed with `CAMPUS_OIDC_ISSUER`."
    )
    oidc_client_secret: str | None = Field(
        default=None, description="The secret that the provider gave; a public client has none."
    )
    oidc_name: str | None = Field(
        default=None, max_length=40, description="What people call the provider; it stands on the button."
    )
    order_minutes: int = Field(
        default=30,
        ge=5,
        le=1440,
        description="How long what reaches the whole city waits for a second person; then it must be proposed anew.",
    )
    map_tiles: str | None = Field(
        default=None,
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]+)?/[!-~]+$",  # its beginning stands in a header
        description="A map of the operator's under the schools, WGS-84, `https://tiles.example.cn/{z}/{x}/{y}.png`; "
        "without it there are the districts' shapes alone.",
    )
    map_attribution: str | None = Field(
        default=None, max_length=200, description="What the map's owner wants to stand on it."
    )
    gateway_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="The gateway's Prometheus port; 0 is none."
    )
    engine_metrics_port: int = Field(default=0, ge=0, le=65535, description="The engine's Prometheus port; 0 is none.")
    judge_metrics_port: int = Field(default=0, ge=0, le=65535, description="The judge's Prometheus port; 0 is none.")
    keep_evidence_days: int = Field(
        default=EVIDENCE_AT_LEAST,
        ge=EVIDENCE_AT_LEAST,
        description="How many days raw gates, visits and check-ins are kept; what a hold keeps stays longer.",
    )
    keep_quarantine_days: int = Field(
        default=90, ge=QUARANTINE_AT_LEAST, description="How many days what could not be read is kept."
    )
    log_format: str = Field(
        default="text", pattern="^(text|json)$", description="`text` for people, `json` for programs."
    )
    demo_schools: int = Field(default=3488, ge=1, le=20000, description="How many schools the demo's city has.")
    demo_phones_port: int = Field(
        default=0, ge=0, le=65535, description="The port of the demo's telephones; 0 takes a free one and keeps it."
    )
    demo_token: str | None = Field(
        default=None,
        min_length=8,
        description="An API token with all rights for the demo; random and printed when unset.",
    )
    demo_password: str | None = Field(
        default=None,
        min_length=SHORTEST,
        description="The password of the demo's people; random and printed when unset.",
    )
    demo_device_password: str | None = Field(
        default=None, min_length=8, description="The password of every simulated device; random and printed when unset."
    )

    @field_validator("map_tiles")
    @classmethod
    def _need_places(cls, tiles: str | None) -> str | None:
        if tiles is not None and not all(place in tiles for place in ("{z}", "{x}", "{y}")):
            raise ValueError("must hold {z}, {x} and {y}")
        return tiles

    @field_validator("secret_keys")
    @classmethod
    def _need_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        for key in _split(keys):
            if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key):
                raise ValueError("must hold keys as `python -m alerts secrets make-key` prints them")
        return keys

    def list_secret_keys(self) -> list[str]:
        """The keys over what must be read back; the first seals."""
        return _split(self.secret_keys)

    def need_database_url(self) -> str:
        """The database's address. Raises SettingMissing with what to set."""
        if not self.database_url:
            raise SettingMissing("CAMPUS_DATABASE_URL", "postgresql://campus:PASSWORD@localhost:5432/campus")
        return self.database_url

    def need_mqtt_url(self) -> str:
        """The broker's address. Raises SettingMissing with what to set."""
        if not self.mqtt_url:
            raise SettingMissing("CAMPUS_MQTT_URL", "mqtt://gateway:PASSWORD@localhost:1883")
        return self.mqtt_url


def _split(said: SecretStr | None) -> list[str]:
    return [part.strip() for part in said.get_secret_value().split(",") if part.strip()] if said else []


class Settings(PoliceSettings, ChannelSettings, ServiceSettings):
    """All of them: the service's own, those of the channels that reach people, and those of the links to the police."""


class SettingUnusable(Exception):
    """What a variable says cannot be used; the message names the variable and says how it is written."""


class SettingMissing(Exception):
    """A program cannot start without this variable."""

    def __init__(self, variable: str, example: str) -> None:
        super().__init__(f"{variable} is not set: set it, for example {variable}={example}, or try `make demo`")

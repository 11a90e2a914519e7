"""What the demo's people, programs and devices sign in with: as set, else random and kept in the data folder."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from alerts.domain.passwords import write_password
from alerts.settings import Settings
from simulators.embedded.ownership import write_private_file


@dataclass(frozen=True, slots=True)
class Secrets:
    """`token` carries all rights; `password` is of both demo accounts; `device_password` of every simulated device;
    with `provider_token` the simulated providers of SMS and calls show themselves, with `police_secret` 110 does;
    `secret_key` is over the secrets of second factors, `push_key` signs notifications in browsers."""

    token: str
    password: str
    device_password: str
    provider_token: str
    police_secret: str
    secret_key: str
    push_key: str


def prepare_secrets(settings: Settings, folder: Path) -> Secrets:
    """Settings win; what is unset is made once and kept, so that a restart prints the same."""
    return Secrets(
        token=settings.demo_token or _keep(folder / "demo-token"),
        password=settings.demo_password or _keep(folder / "demo-password"),
        device_password=settings.demo_device_password or _keep(folder / "demo-device-password"),
        provider_token=_keep(folder / "demo-provider-token"),
        police_secret=_keep(folder / "demo-police-secret"),
        secret_key=_keep(folder / "demo-secret-key", lambda: Fernet.generate_key().decode()),
        push_key=settings.push_private_key.get_secret_value()
        if settings.push_private_key
        else _keep(folder / "demo-push-key", _make_push_key),
    )


def _make_push_key() -> str:
    """A private key of P-256, as `python -m alerts push-keys` makes one."""
    number = generate_private_key(SECP256R1()).private_numbers().private_value
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def _keep(path: Path, make: Callable[[], str] = lambda: write_password(secrets.choice)) -> str:
    if not path.exists():
        write_private_file(path, make())
    return path.read_text().strip()

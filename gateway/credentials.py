"""Who may sign in at the broker and say what there, written in the words of NATS and of Mosquitto. Pure: no I/O.

A device signs in with its code and may publish and read only under topics whose device level is that code. The service
signs in as `gateway`, reads everything and writes what goes to devices. Nobody else is let in.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import bcrypt

from alerts.domain.arrivals import Channel
from gateway import wire

SERVICE_USER = "gateway"
FROM_DEVICES = tuple(channel.value for channel in Channel)
TO_DEVICES = (wire.RECEIPT, wire.COMMAND)

# A device's password is random and long, so its strength is its own and not the hash's. The hash must be cheap: after a
# power cut 10,000 devices sign in within 30 s, at 1 ms each here and at 100 ms each with the usual cost of 11.
BCRYPT_COST = 4
BCRYPT_LIMIT_BYTES = 72
PBKDF2_ITERATIONS = 101  # what mosquitto_passwd 2.0 uses
PBKDF2_SALT_BYTES = 12
PBKDF2_KEY_BYTES = 64
SIGN_IN_SECONDS = 30  # NATS gives 2 s, short when a whole city connects again at once

Hasher = Callable[[str], str]


class CredentialError(ValueError):
    """A device code or password cannot be used at a broker; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name at the broker, which for a device is its code, and the password in plain text."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name at the broker and the hash that the broker compares with."""

    name: str
    password_hash: str


def read_logins(lines: Iterable[str]) -> list[Login]:
    """Devices' logins from CSV lines `code,password`, with or without that header. Raises CredentialError."""
    logins = []
    for number, row in enumerate(csv.reader(lines), start=1):
        if not row or row == ["code", "password"]:
            continue
        try:
            code, password = row
            logins.append(check_device_login(Login(code.strip(), password)))
        except ValueError as error:
            reason = error if isinstance(error, CredentialError) else "a line is CODE,PASSWORD"
            raise CredentialError(f"line {number}: {reason}") from error
    return logins


def check_device_login(login: Login) -> Login:
    """The login itself when a broker can take it. Raises CredentialError.

    A code with a wildcard or a separator in it would widen the device's rights, so it is refused here.
    """
    try:
        wire.write_topic("district", "school", login.name, Channel.PRESS)
    except ValueError as error:
        raise CredentialError(
            f"{login.name!r} cannot be a device's user name: it is 1 to 64 of A-Z a-z 0-9 _ -"
        ) from error
    if login.name == SERVICE_USER:
        raise CredentialError(f"{SERVICE_USER!r} is the service's own user name, no device may have it")
    if not login.password:
        raise CredentialError(f"{login.name}: the password is empty")
    return login


def hash_logins(logins: Iterable[Login], hash_password: Hasher) -> list[Credential]:
    """Hashes every password; a password that many share, as simulated devices do, is hashed once."""
    known: dict[str, str] = {}
    credentials = []
    for login in logins:
        if login.password not in known:
            known[login.password] = hash_password(login.password)
        credentials.append(Credential(login.name, known[login.password]))
    return credentials


def hash_for_nats(password: str) -> str:
    """A bcrypt hash in the `$2a$` form. Raises CredentialError beyond bcrypt's 72 bytes."""
    secret = password.encode()
    if len(secret) > BCRYPT_LIMIT_BYTES:
        raise CredentialError(f"a password has {len(secret)} bytes; NATS compares no more than {BCRYPT_LIMIT_BYTES}")
    return bcrypt.hashpw(secret, bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")).decode()


def hash_for_mosquitto(password: str) -> str:
    """A hash in the `$7$` form of Mosquitto's password file: PBKDF2 with SHA-512, iterations, salt and key."""
    salt = os.urandom(PBKDF2_SALT_BYTES)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ITERATIONS, PBKDF2_KEY_BYTES)
    return f"$7${PBKDF2_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def render_nats_authorization(service: Credential, devices: Iterable[Credential]) -> str:
    """The `authorization` block of a NATS configuration: nobody without a password, and everybody by MQTT only.

    In NATS a topic's `/` is a `.` and `+` is `*`. What it needs inside for QoS 1 (`$MQTT.`) it grants by itself.
    """
    everything = [_write_subject(wire.ROOT), f"{_write_subject(wire.ROOT)}.>"]  # an MQTT `#` takes in its parent
    users = [_describe_nats_user(service, [_write_subject(wire.write_filter(one)) for one in TO_DEVICES], everything)]
    users.extend(
        _describe_nats_user(device, _list_subjects(FROM_DEVICES, device.name), _list_subjects(TO_DEVICES, device.name))
        for device in devices
    )
    lines = ",\n".join(json.dumps(user) for user in users)
    return f'authorization: {{"timeout": {SIGN_IN_SECONDS}, "users": [\n{lines}\n]}}\n'


def render_mosquitto_passwords(service: Credential, devices: Iterable[Credential]) -> str:
    """Mosquitto's `password_file`."""
    return "".join(f"{one.name}:{one.password_hash}\n" for one in (service, *devices))


def render_mosquitto_acl() -> str:
    """Mosquitto's `acl_file`; `%u` stands for the user name, so it stays the same when devices come and go."""
    rules = [
        f"user {SERVICE_USER}",
        f"topic read {wire.ROOT}/#",
        *(f"topic write {wire.write_filter(channel)}" for channel in TO_DEVICES),
        "",
        *(f"pattern write {wire.write_filter(channel, device='%u')}" for channel in FROM_DEVICES),
        *(f"pattern read {wire.write_filter(channel, device='%u')}" for channel in TO_DEVICES),
    ]
    return "\n".join(rules) + "\n"


def _describe_nats_user(credential: Credential, publish: list[str], subscribe: list[str]) -> dict[str, object]:
    return {
        "user": credential.name,
        "password": credential.password_hash,
        "allowed_connection_types": ["MQTT"],
        "permissions": {"publish": publish, "subscribe": subscribe},
    }


def _list_subjects(channels: Iterable[str], device: str) -> list[str]:
    return [_write_subject(wire.write_filter(channel, device=device)) for channel in channels]


def _write_subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*")

"""Who may sign in at the broker and say what there, written in the words of NATS and of Mosquitto. Pure: no I/O.

A device signs in with its code and may publish and read only under topics whose device level is that code. The service
signs in as `gateway`, reads everything and writes what goes to devices. Nobody else is let in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alerts import device_passwords
from alerts.domain import device_credentials
from alerts.domain.arrivals import Channel
from alerts.domain.device_credentials import Sphere
from gateway import wire

SERVICE_USER = device_credentials.SERVICE_USER
FROM_DEVICES = device_credentials.FROM_DEVICES
TO_DEVICES = device_credentials.TO_DEVICES
hash_for_mosquitto = device_passwords.hash_for_mosquitto

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
    """A user name at the broker and the hash that the broker compares with. Whose name is its code may speak and hear
    under that, at whichever school; with a sphere it is held to that."""

    name: str
    password_hash: str
    sphere: Sphere | None = None


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
    try:
        return device_passwords.hash_for_nats(password)
    except device_passwords.PasswordTooLong as error:
        raise CredentialError(str(error)) from error


def render_nats_authorization(service: Credential, devices: Iterable[Credential]) -> str:
    """The `authorization` block of a NATS configuration: nobody without a password, and everybody by MQTT only.

    In NATS a topic's `/` is a `.` and `+` is `*`. What it needs inside for QoS 1 (`$MQTT.`) it grants by itself.
    """
    everything = [_write_subject(wire.ROOT), f"{_write_subject(wire.ROOT)}.>"]  # an MQTT `#` takes in its parent
    users = [_describe_nats_user(service, [_write_subject(wire.write_filter(one)) for one in TO_DEVICES], everything)]
    users.extend(
        _describe_nats_user(device, _list_subjects(FROM_DEVICES, device), _list_subjects(TO_DEVICES, device))
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


def render_mosquitto_rights(devices: Iterable[Credential]) -> str:
    """Mosquitto's `acl_file` with a line a device and school, for devices that are held to their own school.

    Mosquitto walks through its list of users for every line that it reads: with a line a channel 10,000 devices would
    hold the broker up for 9 s at each change, with one it is half a second. So a device may also say on its own topics
    what is for itself; nobody else hears that.
    """
    rules = [f"user {SERVICE_USER}", f"topic read {wire.ROOT}/#"]
    rules += [f"topic write {wire.write_filter(channel)}" for channel in TO_DEVICES]
    for device in devices:
        rules.append(f"user {device.name}")
        topics = [wire.write_filter(device=device.name)] if device.sphere is None else device.sphere.list_topics("+")
        rules.extend(f"topic readwrite {topic}" for topic in topics)
    return "\n".join(rules) + "\n"


def _describe_nats_user(credential: Credential, publish: list[str], subscribe: list[str]) -> dict[str, object]:
    return {
        "user": credential.name,
        "password": credential.password_hash,
        "allowed_connection_types": ["MQTT"],
        "permissions": {"publish": publish, "subscribe": subscribe},
    }


def _list_subjects(channels: Iterable[str], device: Credential) -> list[str]:
    if device.sphere is not None:
        return [_write_subject(topic) for topic in device.sphere.list_topics(channels)]
    return [_write_subject(wire.write_filter(channel, device=device.name)) for channel in channels]


def _write_subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*")

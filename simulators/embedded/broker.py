"""Brokers of our own: NATS, which the demo runs on, and Mosquitto, which most installations have.

Both let nobody in without a password, and hold every device to its own topics. Their folder keeps the
configuration, the stored messages, the service's password (mode 0600) and the log.
"""

from __future__ import annotations

import json
import secrets
import selectors
import shutil
import signal
import socket
import sysconfig
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, cast
from urllib.parse import quote

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from gateway.credentials import (
    SERVICE_USER,
    Login,
    check_device_login,
    hash_for_mosquitto,
    hash_for_nats,
    hash_logins,
    render_mosquitto_acl,
    render_mosquitto_passwords,
    render_nats_authorization,
)
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.ownership import make_folder, read_or_make_secret, write_private_file
from simulators.embedded.process import LOOPBACK, STOP_SECONDS, ServerProcess, find_free_port, require_free_port

PORT_VARIABLE = "CAMPUS_MQTT_PORT"

# Larger than anything a device has to say, so that what is absurd still arrives and is put where people see it.
PAYLOAD_LIMIT_BYTES = 2 * 1024 * 1024
# What the gateway may have unacknowledged on one subscription: as much as one of its lanes holds. It must be
# worked off within NATS' ack_wait, and NATS allows a session 65,535 over all its subscriptions.
UNACKNOWLEDGED_LIMIT = 4096
# One for each QoS 1 subscription. NATS 2.15 by itself stops at 1,000: 500 devices hearing receipts and commands.
CONSUMER_LIMIT = 100_000
STORED_LIMIT_BYTES = 4 * 1024**3
LOG_LIMIT_BYTES = 16 * 1024 * 1024

PROBE_SECONDS = 5.0


class EmbeddedBroker(ABC):
    """One broker over one folder. A context manager: entering starts it, leaving stops it.

    `port` None picks a free one at the first start and keeps it.
    """

    program: ClassVar[str]
    stop_seconds: ClassVar[float] = STOP_SECONDS

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port
        self._logins: dict[str, Login] = {}
        self._server: ServerProcess | None = None

    @property
    def pid(self) -> int | None:
        """The broker's process id while it runs."""
        return self._server.pid if self._server else None

    @property
    def service_password(self) -> str:
        """The password of the user `gateway`, the same for as long as the folder lives."""
        return read_or_make_secret(self.folder / "password")

    def url(self, user: str = SERVICE_USER) -> str:
        """Where the broker is, as CAMPUS_MQTT_URL takes it, for the service or for a device that was let in."""
        password = self.service_password if user == SERVICE_USER else self._logins[user].password
        return f"mqtt://{quote(user)}:{quote(password, safe='')}@{LOOPBACK}:{self.port}"

    def set_devices(self, passwords: Mapping[str, str]) -> None:
        """Lets in these devices (code to password) and no others; a running broker takes it over at once.

        Raises CredentialError for a code that cannot be a user name.
        """
        before, self._logins = (
            self._logins,
            {code: check_device_login(Login(code, password)) for code, password in passwords.items()},
        )
        if self._server is None or not self._server.running or before == self._logins:
            return
        self._configure()
        self._server.send(signal.SIGHUP)
        self._server.wait_until(lambda: self._lets_in_only_new(before), "take over the new devices")

    def start(self) -> str:
        """Starts the broker and returns the service's URL once the service can sign in. Raises EmbeddedServerError.

        What a killed parent left running over the folder is ended first.
        """
        program = find_program(self.program)
        make_folder(self.folder, None)
        if self._server is None:
            self._server = ServerProcess(self.program, self.folder)
        self._server.claim_folder()
        try:
            self.port = self.port or find_free_port()
            require_free_port(self.port, "The MQTT broker", PORT_VARIABLE)
            self._configure()
            self._server.start([program, "-c", self.configuration_path])
            service = Login(SERVICE_USER, self.service_password)
            self._server.wait_until(lambda: self._lets_in(service), "let the service sign in")
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """Ends the broker, with everything stored; harmless when it does not run."""
        if self._server is not None:
            self._server.stop(signal.SIGTERM, seconds=self.stop_seconds)
            self._server.release_folder()

    def kill(self) -> None:
        """Ends the broker as a crash would (SIGKILL). `start` brings it back on the same port."""
        if self._server is not None:
            self._server.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def configuration_path(self) -> Path:
        """The file that the broker is started with."""
        return self.folder / f"{self.program}.conf"

    @abstractmethod
    def _configure(self) -> None:
        """Writes everything that the broker reads when it starts and when it is told to read again."""

    def _lets_in_only_new(self, before: Mapping[str, Login]) -> bool:
        added = next((login for login in self._logins.values() if before.get(login.name) != login), None)
        removed = next((login for login in before.values() if self._logins.get(login.name) != login), None)
        return (added is None or self._lets_in(added)) and (removed is None or not self._lets_in(removed))

    def _lets_in(self, login: Login) -> bool:
        """Whether the broker answers this login with yes, asked by a whole sign-in."""
        answers: list[bool] = []
        probe = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"probe-{secrets.token_hex(8)}")
        probe.username_pw_set(login.name, login.password)
        probe.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(not reason.is_failure)
        try:
            probe.connect(LOOPBACK, self.port or 0)
        except OSError:
            return False
        # paho's own loop uses select(), which ends at the 1024th open file: a city in this process has more.
        with selectors.DefaultSelector() as selector:
            selector.register(cast("socket.socket", probe.socket()), selectors.EVENT_READ)
            while (
                not answers and selector.select(PROBE_SECONDS) and probe.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
            ):
                pass
        probe.disconnect()
        return answers == [True]


class NatsBroker(EmbeddedBroker):
    """NATS with JetStream: a message it has acknowledged is on disk, and survives its own death."""

    program = "nats-server"
    # It takes 10 ms to say goodbye to each QoS 1 subscription: minutes for a city. Killed it loses nothing.
    stop_seconds = 5.0

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__(folder, port)
        self._monitoring_port: int | None = None

    @property
    def monitoring_url(self) -> str:
        """Where NATS tells about itself over HTTP (`/healthz`, `/varz`, `/connz`); loopback only."""
        return f"http://{LOOPBACK}:{self._monitoring_port}"

    def _configure(self) -> None:
        self._monitoring_port = self._monitoring_port or find_free_port()
        settings = "".join(f"{name}: {json.dumps(value)}\n" for name, value in self._settings().items())
        write_private_file(self.configuration_path, settings + self._authorize())

    def _authorize(self) -> str:
        """Who may sign in, in the broker's words."""
        service, *devices = hash_logins(
            [Login(SERVICE_USER, self.service_password), *self._logins.values()], hash_for_nats
        )
        return render_nats_authorization(service, devices)

    def _settings(self) -> dict[str, object]:
        return {
            "server_name": "campus-alert",
            "listen": f"{LOOPBACK}:-1",  # NATS' own protocol cannot be switched off; nobody may sign in by it
            "http": f"{LOOPBACK}:{self._monitoring_port}",
            "max_payload": PAYLOAD_LIMIT_BYTES,
            "log_file": str(self.folder / f"{self.program}.log"),
            "log_size_limit": LOG_LIMIT_BYTES,
            "log_max_num": 2,
            "jetstream": {
                "store_dir": str(self.folder),
                "max_file_store": STORED_LIMIT_BYTES,
                "sync_interval": "always",
                "limits": {"default_max_consumers": CONSUMER_LIMIT},
            },
            "mqtt": {
                "listen": f"{LOOPBACK}:{self.port}",
                # NATS redelivers by this timer and not when a session comes back.
                "ack_wait": "2s",
                "max_ack_pending": UNACKNOWLEDGED_LIMIT,
            },
        }


class KeptNatsBroker(NatsBroker):
    """NATS whose devices are let in by `python -m gateway keep-credentials`, as in production: what it keeps is written
    here once, so that the broker can start, and then left alone."""

    @property
    def credentials(self) -> Path:
        """The folder that is kept."""
        return self.folder / "credentials"

    @property
    def kept_at(self) -> int:
        """When what is kept was written last, in nanoseconds."""
        return self._kept.stat().st_mtime_ns

    @property
    def _kept(self) -> Path:
        return self.credentials / "authorization.conf"

    @property
    def pid_path(self) -> Path:
        """Where the broker writes its number, by which it is told of changes."""
        return self.folder / f"{self.program}.pid"

    @property
    def log_path(self) -> Path:
        """Where it writes whom it refuses."""
        return self.folder / f"{self.program}.log"

    def _settings(self) -> dict[str, object]:
        return super()._settings() | {"pid_file": str(self.pid_path)}

    def _authorize(self) -> str:
        if not self._kept.exists():
            make_folder(self.credentials, None)
            write_private_file(self._kept, super()._authorize())
        return f'include "{self._kept.relative_to(self.folder)}"\n'


class MosquittoBroker(EmbeddedBroker):
    """Mosquitto, as installed on the machine. It acknowledges from memory; devices repeat until the receipt."""

    program = "mosquitto"

    def _configure(self) -> None:
        service, *devices = hash_logins(
            [Login(SERVICE_USER, self.service_password), *self._logins.values()], hash_for_mosquitto
        )
        write_private_file(self.folder / "passwords", render_mosquitto_passwords(service, devices))
        write_private_file(self.folder / "acl", render_mosquitto_acl())
        settings = "".join(f"{name} {value}\n" for name, value in self._settings().items())
        write_private_file(self.configuration_path, settings)

    def _settings(self) -> dict[str, object]:
        return {
            "user": "root",  # ignored unless root starts it: then it stays the owner of its private folder
            "listener": f"{self.port} {LOOPBACK}",
            "allow_anonymous": "false",
            "password_file": self.folder / "passwords",
            "acl_file": self.folder / "acl",
            "persistence": "true",
            "persistence_location": f"{self.folder}/",
            "autosave_on_changes": "true",
            "autosave_interval": 100,  # changes; each save writes everything again
            "max_queued_messages": 0,
            "max_inflight_messages": UNACKNOWLEDGED_LIMIT,
            "message_size_limit": PAYLOAD_LIMIT_BYTES,
            "set_tcp_nodelay": "true",
            "log_dest": "stderr",
            "log_timestamp_format": "%Y-%m-%dT%H:%M:%S",
        }


def find_program(name: str) -> str:
    """The path of a broker's program: beside this Python, on PATH, or where systems keep servers.

    Raises EmbeddedServerError when there is none.
    """
    places = [sysconfig.get_path("scripts"), None, "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"]
    for place in places:
        found = shutil.which(name, path=place)
        if found:
            return found
    raise EmbeddedServerError(f"{name} is not installed. Install it, or point CAMPUS_MQTT_URL at a running broker.")

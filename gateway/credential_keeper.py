"""Keeps a broker's files as the database says who may sign in, and tells the database whom the broker refused.

The broker compares by itself: while this process or the database is away, whoever was let in before is let in still.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from alerts.device_credentials import note_refused, refusal_of
from alerts.health import report_keeper
from alerts.storage import device_credentials as storage
from alerts.storage.database import Database
from alerts.storage.device_credentials import Edition, GoodCredential
from alerts.storage.errors import StorageUnavailable
from gateway.broker import BrokerKind
from gateway.broker_log import LogFile, LogReader, MosquittoLog, NatsLog, SignIn
from gateway.credentials import (
    Credential,
    render_mosquitto_passwords,
    render_mosquitto_rights,
    render_nats_authorization,
)
from gateway.database_watch import DatabaseWatch

_log = structlog.get_logger()

_TURN_SECONDS = 1.0
# NATS asks all who are connected for their password again whenever it reads its file: a whole city takes it a minute
# and more. What is only added waits this long after what was written last; what ends never waits.
ADDED_SECONDS = 10.0
_HEARD_LIMIT = 10_000  # sign-ins that wait for the database


@dataclass(frozen=True, slots=True)
class KeeperPlan:
    """Whose files are kept where. `listed` are devices of a list beside the database, which counts for those that never
    had a credential there."""

    kind: BrokerKind
    folder: Path
    service: Credential
    listed: tuple[Credential, ...] = ()
    pid_file: Path | None = None
    log_file: Path | None = None
    added_seconds: float = ADDED_SECONDS


class CredentialKeeper:
    """Looks each second whether something changed."""

    def __init__(self, database: Database, plan: KeeperPlan) -> None:
        self._database = database
        self._plan = plan
        self._watch = DatabaseWatch()
        self._edition: Edition | None = None
        self._written: frozenset[tuple[str, str]] = frozenset()  # names and hashes
        self._written_at = -math.inf
        self._reader: LogReader = NatsLog() if plan.kind is BrokerKind.NATS else MosquittoLog()
        self._log_file = None if plan.log_file is None else LogFile(plan.log_file)
        self._heard: list[SignIn] = []  # not in the database yet

    async def run(self, stopping: asyncio.Event) -> None:
        """Turns until it is stopped; what it wrote stays while the database is away."""
        while not stopping.is_set():
            try:
                await self.turn()
                self._watch.note_up()
            except StorageUnavailable as error:
                self._watch.note_away("credentials", error)
            try:
                async with asyncio.timeout(_TURN_SECONDS):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def turn(self) -> None:
        """Writes the files if something changed, and stores what the log told. Raises StorageUnavailable."""
        self._listen()
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
            edition = await storage.read_edition(connection, now)
            if edition != self._edition:
                good = await storage.list_good(connection, now)
                names = frozenset((one.user_name, one.bcrypt_hash) for one in good)
                if self._is_due(names):
                    self._write(good, await storage.list_issued_devices(connection))
                    self._edition, self._written = edition, names
                    self._written_at = asyncio.get_running_loop().time()
        await report_keeper(self._database, self._plan.kind)
        await self._store_heard()

    def _is_due(self, names: frozenset[tuple[str, str]]) -> bool:
        """Whether something ended, or what was added waited long enough."""
        waited = asyncio.get_running_loop().time() - self._written_at
        return bool(self._written - names) or waited >= self._plan.added_seconds

    def _write(self, good: Iterable[GoodCredential], issued: set[str]) -> None:
        nats = self._plan.kind is BrokerKind.NATS
        devices = [
            Credential(one.user_name, one.bcrypt_hash if nats else one.pbkdf2_hash, one.sphere) for one in good
        ] + [one for one in self._plan.listed if one.name not in issued]
        if write_private(self._plan.folder, render_files(self._plan.kind, self._plan.service, devices)):
            self._tell_broker()
            _log.info("gateway.credentials.written", broker=self._plan.kind, names=len(devices))

    def _tell_broker(self) -> None:
        """Asks the broker to read its files again; without a file of its number somebody else does."""
        if self._plan.pid_file is None:
            return
        try:
            os.kill(read_process(self._plan.pid_file), signal.SIGHUP)
        except (OSError, ValueError) as error:
            _log.error("gateway.credentials.untold", broker=self._plan.kind, reason=f"{error}")

    def _listen(self) -> None:
        if self._log_file is not None:
            self._heard.extend(filter(None, map(self._reader.read, self._log_file.read_lines())))
            del self._heard[:-_HEARD_LIMIT]

    async def _store_heard(self) -> None:
        if not self._heard:
            return
        let_in = {one.user_name for one in self._heard if one.let_in}
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
            await storage.note_used(connection, [*let_in], [now] * len(let_in))
        refused = [refusal_of(one.user_name, one.address, now) for one in self._heard if not one.let_in]
        if refused:
            await note_refused(self._database, refused)
            _log.warning("gateway.credentials.refused", broker=self._plan.kind, attempts=len(refused))
        self._heard.clear()


async def keep(database_url: str, plan: KeeperPlan) -> None:
    """Keeps a broker's files until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    database = await Database.open(database_url, application_name="campus-gateway credentials", max_size=1)
    try:
        await CredentialKeeper(database, plan).run(stopping)
    finally:
        await database.close()


def render_files(kind: BrokerKind, service: Credential, devices: list[Credential]) -> dict[str, str]:
    """What the broker reads, by the files' names."""
    if kind is BrokerKind.NATS:
        return {"authorization.conf": render_nats_authorization(service, devices)}
    return {"passwords": render_mosquitto_passwords(service, devices), "rights": render_mosquitto_rights(devices)}


def write_private(folder: Path, files: Mapping[str, str]) -> bool:
    """Writes files that only their owner reads, each as a whole: a broker finds no half of one. Says if one changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = [name for name, content in files.items() if _read(folder / name) != content]
    for name in changed:
        fresh = folder / f".{name}.new"
        fresh.touch(mode=0o600)
        fresh.chmod(0o600)
        fresh.write_text(files[name], "utf-8")
        fresh.replace(folder / name)
    return bool(changed)


def read_process(path: Path) -> int:
    """A process's number. Raises ValueError for what `kill` would take for many processes, and OSError."""
    number = int(path.read_text())
    if number <= 1:
        raise ValueError(f"{path}: {number} is no broker's number")
    return number


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None

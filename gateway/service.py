"""The gateway as a process: its lanes side by side, one task each, and how they start and stop together."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import structlog

from alerts.domain.arrivals import Channel
from alerts.health import read_client_id_key
from alerts.intake import Intake
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from gateway import wire
from gateway.beats import BeatsLane
from gateway.broker import BrokerAddress, Session, make_client_id
from gateway.confirmations import Confirmations
from gateway.connection import open_connection
from gateway.database_watch import DatabaseWatch
from gateway.deposit import Deposit, UseCase
from gateway.lanes import Lane
from gateway.line import Line
from gateway.metrics import LaneMetrics
from gateway.stage_receipts import StageReceipts
from gateway.use_cases import (
    make_beat_use_case,
    make_evidence_use_case,
    make_press_use_case,
    make_stray_use_case,
)

_log = structlog.get_logger()

_HEARTBEAT_SECONDS = 1.0
_EVIDENCE_BATCH_LIMIT = 1024  # nobody waits for an answer: what costs once a batch is shared by more
_PRESS_FILTERS = tuple(wire.write_filter(each) for each in (Channel.PRESS, Channel.CANCEL))
_EVIDENCE_FILTERS = tuple(
    wire.write_filter(each) for each in (Channel.STATE, Channel.GATE, Channel.VISIT, Channel.POST, Channel.OUTPUT)
)


class LaneName(StrEnum):
    """What one gateway process can do."""

    PRESSES = "presses"
    EVIDENCE = "evidence"
    BEATS = "beats"
    RECEIPTS = "receipts"


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """How one gateway process runs.

    Processes that run the same lane have different names: a broker knows its clients by an identifier made of name and
    lane, and a second one with the same would throw the first one out, again and again.
    """

    database_url: str
    broker: BrokerAddress
    name: str
    lanes: tuple[LaneName, ...]
    silence_limit_seconds: int


async def retire_gateway(database_url: str, broker: BrokerAddress, name: str) -> None:
    """Ends the sessions that a gateway of this name kept at the broker, with all that is queued in them.

    Raises BrokerLostError and StorageUnavailable.
    """
    database = await Database.open(database_url, application_name="campus-gateway retire", max_size=1)
    try:
        key = await read_client_id_key(database)
    finally:
        await database.close()
    for lane in (LaneName.PRESSES, LaneName.EVIDENCE):
        session = Session(make_client_id(key, f"{name}-{lane}"))
        async with open_connection(broker, session, LaneMetrics(lane)):
            pass


class Part(Protocol):
    """Something that works over one line until it is stopped."""

    line: Line

    async def run(self) -> None:
        """Work."""

    def stop(self) -> None:
        """Finish what is here, and return from `run`."""


class Gateway:
    """Builds the lanes of a plan and runs them."""

    def __init__(self, plan: GatewayPlan) -> None:
        self._plan = plan
        self._watch = DatabaseWatch()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. A part that fails stops the process: its supervisor starts it again."""
        async with AsyncExitStack() as databases:
            parts: list[Part] = []
            self._obey_signals(parts)
            database = await self._open_database(databases, "heart")
            key = await self._await_key(database)
            if key is None:
                return
            parts += [await self._make_part(lane, databases, key) for lane in self._plan.lanes]
            heart = Intake(database)
            _log.info("gateway.process.started", name=self._plan.name, lanes=[*self._plan.lanes])
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(part.run(), name=part.line.name)
                group.create_task(self._beat_heart(heart, parts), name="heart")
        _log.info("gateway.process.stopped", name=self._plan.name)

    def _obey_signals(self, parts: Sequence[Part]) -> None:
        loop = asyncio.get_running_loop()

        def stop(number: signal.Signals) -> None:
            _log.info("gateway.process.stopping", name=self._plan.name, signal=number.name)
            loop.remove_signal_handler(number)  # the second one kills
            self._stopping.set()
            for part in parts:
                part.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)

    async def _await_key(self, database: Database) -> bytes | None:
        """What our client identifiers follow from, as soon as the database tells; None when we are stopped before."""
        while not self._stopping.is_set():
            try:
                key = await read_client_id_key(database)
            except StorageUnavailable as error:
                self._watch.note_away("start", error)
                await self._pause()
            else:
                self._watch.note_up()
                return key
        return None

    async def _pause(self) -> None:
        """A second, or less when we are stopped."""
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _beat_heart(self, intake: Intake, parts: Sequence[Part]) -> None:
        """Say each second which lanes hear the broker; `/readyz` and the supervision of silence read it."""
        away = False  # as far as the heart itself knows: a lane that cannot store says so itself when it can again
        while not self._stopping.is_set():
            try:
                for part in parts:
                    if (since := part.line.listening_since) is not None:
                        storing_since = self._watch.storing_since
                        await intake.report_listening(self._plan.name, part.line.name, since, storing_since)
                        if away:
                            away = False
                            self._watch.note_up()
            except StorageUnavailable as error:
                away = True
                self._watch.note_away("heart", error)
            await self._pause()

    async def _make_part(self, lane: LaneName, databases: AsyncExitStack, key: bytes) -> Part:
        """A lane with a database connection of its own, so that no other lane's work delays it."""
        database = await self._open_database(databases, lane)
        intake = Intake(database, self._plan.silence_limit_seconds)
        metrics = LaneMetrics(lane)
        client_id = make_client_id(key, f"{self._plan.name}-{lane}")
        match lane:
            case LaneName.PRESSES:
                line = self._make_line(lane, metrics, Session(client_id, _PRESS_FILTERS, kept=True))
                recorder = Intake(await self._open_database(databases, "confirmations"))
                deposit = self._make_deposit(line, make_press_use_case(intake), metrics)
                return Lane(line, deposit, self._make_confirmations(line, recorder), metrics)
            case LaneName.EVIDENCE:
                line = self._make_line(lane, metrics, Session(client_id, _EVIDENCE_FILTERS, kept=True))
                deposit = self._make_deposit(line, make_evidence_use_case(intake), metrics)
                confirmations = self._make_confirmations(line, intake)
                return Lane(line, deposit, confirmations, metrics, _EVIDENCE_BATCH_LIMIT)
            case LaneName.BEATS:
                line = self._make_line(lane, metrics, Session(client_id, (f"{wire.ROOT}/#",), qos=0))
                beats = self._make_deposit(line, make_beat_use_case(intake), metrics)
                return BeatsLane(line, beats, self._make_deposit(line, make_stray_use_case(intake), metrics))
            case LaneName.RECEIPTS:
                return StageReceipts(self._make_line(lane, metrics, Session(client_id)), database, self._watch, metrics)

    def _make_line(self, lane: LaneName, metrics: LaneMetrics, session: Session) -> Line:
        return Line(lane, self._plan.broker, session, metrics)

    def _make_confirmations(self, line: Line, recorder: Intake) -> Confirmations:
        return Confirmations(line.name, recorder.take_confirmations, line, self._watch)

    def _make_deposit(self, line: Line, use_case: UseCase, metrics: LaneMetrics) -> Deposit:
        return Deposit(line.name, use_case, line, self._watch, metrics)

    async def _open_database(self, databases: AsyncExitStack, part: str) -> Database:
        name = f"campus-gateway {self._plan.name} {part}"
        database = await Database.open(self._plan.database_url, application_name=name, max_size=2)
        databases.push_async_callback(database.close)
        return database

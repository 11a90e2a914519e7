"""The use case behind every lane: what came in is on disk when a call returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.domain.arrivals import Arrival, Channel, Confirmation, Receipt
from alerts.domain.payloads import NotReadable
from alerts.domain.reports import BeatReport, read_beat
from alerts.incidents.outputs import take_output_reports
from alerts.intake.cancels import take_cancel_batch
from alerts.intake.placing import said_device
from alerts.intake.presses import PressBatchRaced, take_press_batch
from alerts.intake.reports import ReportIntake, quarantined, read_output_report
from alerts.storage.database import Database
from alerts.storage.devices import SignOfLife, take_signs_of_life
from alerts.storage.evidence import insert_confirmations, insert_quarantine
from alerts.storage.log import Entry, append_log
from alerts.storage.pulses import report_listening

SILENCE_LIMIT_SECONDS = 90  # EN 50136-1 (SP5, DP4): a path failure is noticed within 90 s


class Intake:
    """Takes in what devices say. Each call is one transaction; it raises StorageUnavailable while the database is away,
    and nothing of the call is stored then."""

    def __init__(self, database: Database, silence_limit_seconds: int = SILENCE_LIMIT_SECONDS) -> None:
        self._database = database
        self._silence_limit_seconds = silence_limit_seconds
        self._reports = ReportIntake(silence_limit_seconds)

    async def take_presses(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Stores presses and cancels, opens or joins their incidents, fires first steps, and tells what to answer."""
        while True:
            try:
                return await self._take_presses(arrivals)
            except PressBatchRaced:
                continue

    async def _take_presses(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        presses = [arrival for arrival in arrivals if arrival.channel != Channel.CANCEL]
        cancels = [arrival for arrival in arrivals if arrival.channel == Channel.CANCEL]
        async with self._database.transaction() as connection:
            taken = await take_press_batch(connection, self._database, presses)
            entries: list[Entry] = list(taken.entries)
            if cancels:
                entries += await take_cancel_batch(connection, cancels, taken.now)
            if entries:
                await append_log(connection, taken.now, entries)
        return taken.receipts

    async def take_reports(self, arrivals: Sequence[Arrival]) -> None:
        """Files states, gates, visitors, check-ins and outputs; what cannot be read goes to the quarantine."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            told = (arrival for arrival in arrivals if arrival.channel == Channel.OUTPUT)
            outputs = [report for arrival in told if (report := read_output_report(arrival)) is not None]
            entries = await take_output_reports(connection, outputs, now) if outputs else []
            await self._reports.take_batch(connection, arrivals, now)
            if entries:
                await append_log(connection, now, entries)

    async def take_signs_of_life(self, beats: Sequence[Arrival]) -> None:
        """Records the newest sign of life of each device, in one statement that does not wait for the disk."""
        newest = {said_device(beat): beat for beat in beats}
        signs = [self._read_sign(device, beat) for device, beat in newest.items()]
        async with self._database.transaction() as connection:
            await connection.execute("set local synchronous_commit = off")
            await take_signs_of_life(connection, signs, self._silence_limit_seconds)

    async def take_confirmations(self, confirmations: Sequence[Confirmation]) -> None:
        """Files when brokers confirmed the receipts of live presses, in one statement that does not wait for the
        disk."""
        async with self._database.transaction() as connection:
            await connection.execute("set local synchronous_commit = off")
            await insert_confirmations(connection, confirmations, self._database.shift)

    @staticmethod
    def _read_sign(device: str, beat: Arrival) -> SignOfLife:
        """A beat that cannot be read is a sign of life all the same."""
        try:
            report = read_beat(beat.payload)
        except NotReadable:
            report = BeatReport(None, None, None)
        return SignOfLife(device, beat.received_at, report.battery, report.mains, report.rssi)

    async def quarantine(self, arrivals: Sequence[Arrival], reason: str) -> None:
        """Puts aside what no lane could take, for people to see."""
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            await insert_quarantine(connection, [quarantined(arrival, reason, now) for arrival in arrivals])

    async def report_listening(
        self, name: str, lane: str, since: datetime, storing_since: datetime | None = None
    ) -> None:
        """Says that a gateway's lane hears the broker, since when, and since when it could store what it hears (null:
        all the while); called each second while that is so."""
        async with self._database.transaction() as connection:
            await connection.execute("set local synchronous_commit = off")
            await report_listening(connection, name, lane, since, storing_since or since, self._database.shift)

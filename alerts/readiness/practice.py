"""The test month: 110's receipts that people record, objections, and how far every button came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from alerts.domain.policies import DEFAULT_ZONE
from alerts.domain.practice import NotATest, Way
from alerts.domain.presses import Mode
from alerts.incidents.answers import Actor, NoSuchIncident
from alerts.storage.database import Connection, Database
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.practice import (
    MonthFigures,
    Receipted,
    count_month,
    list_pending,
    list_unknown_devices,
    save_objection,
)

READER = "practice"


@dataclass(frozen=True, slots=True)
class ReceiptsRecorded:
    """Which buttons 110's receipt was recorded for; the others have no test this month that waits for one."""

    recorded: tuple[str, ...]
    not_waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestMonth:
    """The figures of a month: the whole city, and by district."""

    __test__ = False  # pytest collects classes by this name

    month: date
    city: MonthFigures
    districts: tuple[MonthFigures, ...]


class DeviceUnknown(ValueError):
    """A code that nobody registered; nothing was recorded."""


async def record_police_receipts(
    database: Database, devices: Sequence[str], how: Way, reference: str, actor: Actor
) -> ReceiptsRecorded:
    """110 confirmed the tests of these buttons, to a person. Raises DeviceUnknown, and records nothing then.

    Each incident gets its row in the log, and each of its buttons is told (`seen`).
    """
    async with database.transaction() as connection:
        if unknown := await list_unknown_devices(connection, devices):
            raise DeviceUnknown(f"nobody registered {', '.join(unknown[:5])}: nothing was recorded")
        now = await database.read_now(connection)
        local = now.astimezone(ZoneInfo(DEFAULT_ZONE))
        month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        pending = await list_pending(connection, devices, month)
        if pending:
            who = (f"person:{actor.name}", actor.display_name)
            await append_log(connection, now, [police_receipt_entry(one, how, reference, *who) for one in pending])
    recorded = {device for one in pending for device in one.devices}
    return ReceiptsRecorded(tuple(sorted(recorded)), tuple(sorted(set(devices) - recorded)))


def police_receipt_entry(receipted: Receipted, how: Way, reference: str, actor: str, by: str) -> Entry:
    """The log row of 110's receipt for buttons of a test's incident; the incident itself does not change."""
    said = {"devices": receipted.devices, "how": how, "by": by, "reference": reference}
    return Entry(actor, f"incident:{receipted.incident}", "test.police_receipted", said)


async def object_to_test(database: Database, incident: int, text: str, actor: Actor) -> None:
    """Somebody says that a test went wrong: the machine does not close it, and it proves nothing.

    Raises NoSuchIncident, and NotATest for one that is not a test.
    """
    async with database.transaction() as connection:
        found = await lock_incidents(connection, [incident])
        if not found:
            raise NoSuchIncident(incident)
        if found[0].incident.mode is not Mode.TEST:
            raise NotATest(f"the incident's mode is {found[0].incident.mode}: only a test can be objected to")
        now = await database.read_now(connection)
        await save_objection(connection, incident, actor.display_name, text, now)
        said = {"by": actor.display_name, "text": text}
        await append_log(
            connection, now, [Entry(f"person:{actor.name}", f"incident:{incident}", "test.objected", said)]
        )


async def read_test_month(connection: Connection, month: date) -> TestMonth:
    """How many buttons came how far in a calendar month; `month` is its first day."""
    districts = await count_month(connection, month)

    def total(figure: str) -> int:
        return sum(getattr(one, figure) for one in districts)

    names = ("devices", "pressed", "shown", "police", "receipted", "proved", "objected", "closed")
    return TestMonth(month, MonthFigures("", "", *(total(name) for name in names)), tuple(districts))

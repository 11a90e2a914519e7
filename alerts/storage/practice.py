"""Tests on disk: what was just pressed, and how far the test of each button came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.practice import TestPress, Way
from alerts.domain.registry import PointKind
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("practice")


@dataclass(frozen=True, slots=True)
class Receipted:
    """Buttons of a test's incident, and 110's number for it."""

    incident: int
    devices: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ButtonProof:
    """A button in a month, and how far its best test came; everything is None for one that was not tested.

    `pressed_at` is when the gateway had the press, `shown_at` when it stood in the log at `shown_position`, from which
    every board is drawn; `police_receipt_at` when 110's receipt was recorded; `receipted_at` when the broker confirmed
    the receipt to the button. `proved_at` is the last of them, once all are there and nobody objected.
    """

    device: str
    point: str
    point_kind: PointKind
    school: str
    school_name: str
    district: str
    district_name: str
    incident: int | None
    pressed_at: datetime | None
    shown_at: datetime | None
    shown_position: int | None
    police_receipt_at: datetime | None
    police_receipt_by: str | None
    police_receipt_how: Way | None
    police_reference: str | None
    receipted_at: datetime | None
    proved_at: datetime | None
    closed_at: datetime | None
    objected_at: datetime | None
    objected_by: str | None
    objection: str | None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """How many buttons of a district came how far in a month; each figure counts buttons."""

    district: str
    district_name: str
    devices: int
    pressed: int
    shown: int
    police: int
    receipted: int
    proved: int
    objected: int
    closed: int


async def await_other_tests(connection: Connection) -> None:
    """Waits for another gateway's batch with tests, and makes others wait until this transaction ends."""
    await connection.execute(_SQL["await_other_tests"])


async def list_recent_tests(
    connection: Connection, schools: Sequence[str], recorded_since: datetime, received_since: datetime
) -> list[TestPress]:
    """Presses that said they are tests, at these schools, by the database's clock or by the gateways'."""
    rows = await connection.fetch(_SQL["list_recent_tests"], schools, recorded_since, received_since)
    return read_records(rows, TestPress)


async def take_tests(connection: Connection, after: int, last: int) -> None:
    """Writes what the log says of tests after a position up to a last one; once more, it changes nothing."""
    for step in ("take_presses", "take_police_receipts", "take_objections", "take_closings"):
        await connection.execute(_SQL[step], after, last)


async def list_link_receipts(connection: Connection, after: int, last: int) -> list[Receipted]:
    """Tests that 110 accepted over the link, by rows of a span of the log."""
    return read_records(await connection.fetch(_SQL["list_link_receipts"], after, last), Receipted)


async def take_receipts(connection: Connection, now: datetime) -> None:
    """Marks the buttons whose receipt the broker has confirmed since."""
    await connection.execute(_SQL["take_receipts"], now)


async def list_pending(connection: Connection, devices: Sequence[str], since: datetime) -> list[Receipted]:
    """Tests of these buttons since an instant that wait for 110's receipt, by incident."""
    return read_records(await connection.fetch(_SQL["list_pending"], devices, since), Receipted)


async def save_objection(connection: Connection, incident: int, by: str, text: str, now: datetime) -> None:
    """Marks the presses of a test's incident as objected to; the first objection stands."""
    await connection.execute(_SQL["object"], incident, now, by, text)


async def list_ripe(
    connection: Connection, before: datetime, limit: int, among: Sequence[int] | None = None
) -> list[int]:
    """Incidents of tests whose every press is proved, the last of them before an instant."""
    return [row["id"] for row in await connection.fetch(_SQL["list_ripe"], before, among, limit)]


async def list_button_proofs(
    connection: Connection,
    month: date,
    *,
    district: str | None = None,
    school: str | None = None,
    proved: bool | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[ButtonProof]:
    """A page of buttons in the order of their codes, with what their tests of a month came to."""
    rows = await connection.fetch(_SQL["list_devices"], month, district, school, proved, after, limit)
    return read_records(rows, ButtonProof)


async def count_month(connection: Connection, month: date) -> list[MonthFigures]:
    """The figures of a month by district."""
    return read_records(await connection.fetch(_SQL["count_month"], month), MonthFigures)


async def list_unknown_devices(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Those of the codes that nobody registered."""
    return [row["code"] for row in await connection.fetch(_SQL["list_unknown_devices"], codes)]

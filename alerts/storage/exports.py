"""Reports that people asked for: the wish, its progress, and the file when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.compliance.exports import ExportForm, ExportState, Period
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("exports")


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export as its owner sees it. `done` of `total` steps are done while it is made; `bytes` and `sha256` are the
    file's, None until it is made."""

    id: int
    asked_at: datetime
    period: Period
    period_name: str
    first_on: date
    last_on: date
    district: str | None
    school: str | None
    place_name: str
    form: ExportForm
    language: str
    state: ExportState
    done: int
    total: int
    problem: str
    file_name: str
    bytes: int | None
    sha256: str | None
    made_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewExport:
    """A wish for a report."""

    period: Period
    period_name: str
    first_on: date
    last_on: date
    district: str | None
    school: str | None
    form: ExportForm
    language: str
    file_name: str


@dataclass(frozen=True, slots=True)
class ClaimedExport:
    """An export that is this taker's to make, as long as the row has this `attempt`."""

    id: int
    attempt: int
    asked_by: str
    period: Period
    period_name: str
    first_on: date
    last_on: date
    district: str | None
    school: str | None
    form: ExportForm
    language: str
    file_name: str


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to be fetched."""

    file_name: str
    form: ExportForm
    district: str | None
    school: str | None
    content: bytes
    sha256: str


async def take_export_turn(connection: Connection, account: str) -> None:
    """Waits until no other wish of the account is being written down."""
    await connection.execute(_SQL["take_turn"], account)


async def count_exports(connection: Connection, account: str) -> int:
    """How many exports an account has."""
    count: int = await connection.fetchval(_SQL["count_kept"], account)
    return count


async def insert_export(
    connection: Connection, new: NewExport, account: str, now: datetime, expires_at: datetime
) -> int:
    """Writes a wish down; its number."""
    number: int = await connection.fetchval(
        _SQL["insert"], account, now, new.period, new.period_name, new.first_on, new.last_on, new.district, new.school,
        new.form, new.language, new.file_name, expires_at,
    )  # fmt: skip
    return number


async def find_export(connection: Connection, number: int, account: str) -> ExportRow | None:
    """An account's export; None when it has none of that number."""
    row = await connection.fetchrow(_SQL["list_own"], account, number, None, 1)
    return None if row is None else read_record(row, ExportRow)


async def list_exports(
    connection: Connection, account: str, *, before: int | None = None, limit: int = 100
) -> list[ExportRow]:
    """A page of an account's exports, the newest first."""
    return read_records(await connection.fetch(_SQL["list_own"], account, None, before, limit), ExportRow)


async def read_export_file(connection: Connection, number: int, account: str) -> ExportFile | None:
    """The file of an account's export; None when there is none, or it is not made."""
    row = await connection.fetchrow(_SQL["read_file"], number, account)
    return None if row is None else read_record(row, ExportFile)


async def delete_export(connection: Connection, number: int, account: str) -> bool:
    """Forgets an account's export; whether there was one."""
    return await connection.fetchval(_SQL["delete_own"], number, account) is not None


async def claim_export(connection: Connection, now: datetime, until: datetime) -> ClaimedExport | None:
    """The export that waits longest, taken until an instant; None when none waits."""
    row = await connection.fetchrow(_SQL["claim"], now, until)
    return None if row is None else read_record(row, ClaimedExport)


async def hold_export(connection: Connection, claimed: ClaimedExport, until: datetime) -> bool:
    """Keeps an export taken; False when it is this taker's no more."""
    return await connection.fetchval(_SQL["hold"], claimed.id, claimed.attempt, until) is not None


async def tell_progress(connection: Connection, claimed: ClaimedExport, done: int, total: int) -> None:
    """Says how far it is."""
    await connection.execute(_SQL["tell_progress"], claimed.id, claimed.attempt, done, total)


async def keep_file(
    connection: Connection, claimed: ClaimedExport, content: bytes, sha256: bytes, now: datetime
) -> bool:
    """Keeps the file; False when the export is this taker's no more."""
    kept = await connection.fetchval(_SQL["keep_file"], claimed.id, claimed.attempt, content, sha256, now)
    return kept is not None


async def put_export_off(connection: Connection, claimed: ClaimedExport, until: datetime) -> None:
    """Tries again later."""
    await connection.execute(_SQL["put_off"], claimed.id, claimed.attempt, until)


async def give_export_up(connection: Connection, claimed: ClaimedExport, problem: str) -> None:
    """Says why it cannot be made."""
    await connection.execute(_SQL["give_up"], claimed.id, claimed.attempt, problem)


async def delete_expired_exports(connection: Connection, now: datetime) -> None:
    """Forgets exports that were kept long enough."""
    await connection.execute(_SQL["delete_expired"], now)

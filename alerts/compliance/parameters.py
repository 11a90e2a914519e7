"""Numbers of rules: set from a day on by a level of government, with the document that says so. Each change is one
transaction with its row of the log; days that were closed keep the numbers that were in force on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.compliance.places import need_school, read_day
from alerts.compliance.schedules import read_first_open_day
from alerts.domain.compliance.numbers import ParameterInvalid, Wanted, check_parameter
from alerts.storage import parameters as storage
from alerts.storage.database import Connection
from alerts.storage.log import Entry, append_log
from alerts.storage.parameters import ParameterRow
from alerts.storage.stale import EVERYTHING, mark_stale_places


class NoSuchParameter(LookupError):
    """There is no number of that number, or it has ended."""


async def put_parameter(connection: Connection, wanted: Wanted, by: str, now: datetime) -> ParameterRow:
    """Puts a number in force from a day on, inside the caller's transaction. Raises ParameterInvalid and
    NoSuchSchool."""
    check_parameter(wanted)
    if wanted.school is not None:
        await need_school(connection, wanted.school)
    open_from = await read_first_open_day(connection, now)
    if open_from is not None and wanted.valid_from < open_from:
        raise ParameterInvalid(
            f"valid_from: days before {open_from} were closed by the numbers of then; "
            f"let it begin on {open_from} or later"
        )
    row = ParameterRow(
        id=0,
        rule=wanted.rule,
        name=wanted.name,
        level=wanted.level,
        school=wanted.school,
        value=wanted.value,
        source=wanted.source.strip(),
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        saved_by=by,
        saved_at=now,
    )
    saved = replace(row, id=await storage.insert_parameter(connection, row))
    await _tell(connection, now, saved, by, "parameter.set")
    return saved


async def close_parameter(connection: Connection, id_: int, by: str, now: datetime) -> None:
    """From today on a number does not hold; days that are over keep it. Inside the caller's transaction. Raises
    NoSuchParameter."""
    row = await hold_parameter(connection, id_, now)
    await storage.end_parameter(connection, id_, read_day(now))
    await _tell(connection, now, row, by, "parameter.ended")


async def hold_parameter(connection: Connection, id_: int, now: datetime) -> ParameterRow:
    """A number that has not ended, held until the transaction ends. Raises NoSuchParameter."""
    row = await storage.hold_parameter(connection, id_)
    if row is None or (row.valid_until is not None and row.valid_until < read_day(now)):
        raise NoSuchParameter(f"there is no number {id_} set, or it has ended")
    return row


async def _tell(connection: Connection, now: datetime, row: ParameterRow, by: str, kind: str) -> None:
    await mark_stale_places(connection, EVERYTHING, school=row.school)
    await append_log(connection, now, [Entry(f"person:{by}", f"rule:{row.rule}", kind, {"parameter": row})])

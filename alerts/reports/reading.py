"""Reads an after-action report out of the log, as it stands now or as it stood at an earlier row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec

from alerts.domain.policies import DEFAULT_ZONE
from alerts.reports.after_action import AfterAction, Teller, WindowSaid
from alerts.storage.after_action import RowHash, list_window_incidents, read_row_hash, read_rows, read_zone
from alerts.storage.board_reads import find_log_position
from alerts.storage.database import Connection, Database
from alerts.storage.log import read_log_head

_PAGE = 5000
_SUBJECTS = 200
_OVERTAKING = timedelta(minutes=2)  # a transaction's time is read when it begins, and it ends within this


class NothingToTell(LookupError):
    """The log does not know that incident or window, at least not up to that row."""


async def read_incident_report(database: Database, incident: int, position: int | None = None) -> AfterAction:
    """The report of one incident, up to a row of the log. Raises NothingToTell."""
    async with database.transaction(isolation="repeatable_read") as connection:
        head = await _read_head(connection, position)
        teller = Teller()
        await _take_incidents(connection, teller, [incident], head.position)
        report = teller.tell(f"incident:{incident}", (head.position, head.hash.hex(), head.at), DEFAULT_ZONE)
        if not report.outcomes:
            raise NothingToTell(f"the log knows no incident {incident} up to row {head.position}")
        school = report.outcomes[0].incident.school
        return await _in_zone(connection, report, school)


async def read_window_report(database: Database, window: int, position: int | None = None) -> AfterAction:
    """The report of a window and of all that was pressed in it, up to a row of the log. Raises NothingToTell."""
    async with database.transaction(isolation="repeatable_read") as connection:
        head = await _read_head(connection, position)
        said = await _read_window(connection, window, head.position)
        first = await find_log_position(connection, said.starts_at - _OVERTAKING, head.position)
        last = await find_log_position(connection, said.ends_at + _OVERTAKING, head.position)
        incidents = await list_window_incidents(
            connection, first, last, said.mode, said.district, said.school, said.starts_at, said.ends_at
        )
        teller = Teller()
        for start in range(0, len(incidents), _SUBJECTS):
            await _take_incidents(connection, teller, incidents[start : start + _SUBJECTS], head.position)
        report = teller.tell(f"window:{window}", (head.position, head.hash.hex(), head.at), DEFAULT_ZONE, said)
        return await _in_zone(connection, report, said.school)


async def _read_head(connection: Connection, position: int | None) -> RowHash:
    """The row up to which a report tells: the newest, or one before it."""
    wanted = (await read_log_head(connection)).position if position is None else position
    head = await read_row_hash(connection, wanted)
    if head is None:
        raise NothingToTell(f"the log has no row {wanted}")
    return head


async def _read_window(connection: Connection, window: int, last: int) -> WindowSaid:
    """The window as its rows in the log have it; a later row changes what an earlier one said."""
    said: WindowSaid | None = None
    for row in await read_rows(connection, [f"window:{window}"], 0, last, _PAGE):
        body = msgspec.json.decode(row.body)
        if "window" in body:
            said = msgspec.convert(body["window"] | {"id": window}, WindowSaid)
        elif row.kind == "window.ended" and said is not None:
            said = msgspec.convert(msgspec.to_builtins(said) | {"ends_at": row.at}, WindowSaid)
    if said is None:
        raise NothingToTell(f"the log knows no window {window} up to row {last}")
    return said


async def _take_incidents(connection: Connection, teller: Teller, incidents: Sequence[int], last: int) -> None:
    subjects, after = [f"incident:{one}" for one in incidents], 0
    while rows := await read_rows(connection, subjects, after, last, _PAGE):
        teller.take(rows)
        after = rows[-1].position


async def _in_zone(connection: Connection, report: AfterAction, school: str | None) -> AfterAction:
    """Times as the school's clock has them; what happened is the log's word."""
    zone = None if school is None else await read_zone(connection, school)
    return report if zone is None else replace(report, zone=zone)

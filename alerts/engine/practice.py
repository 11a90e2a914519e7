"""The cycles of the test month: how far each test came is written down from the log, and what is proved is closed."""

from __future__ import annotations

from dataclasses import replace

import structlog

from alerts.domain.escalation import Running
from alerts.domain.practice import MACHINE, SECOND_PRESS_WITHIN, Way, close_proved
from alerts.incidents.escalating import incident_entry
from alerts.incidents.outputs import Asker, Driven, switch_off_outputs
from alerts.readiness.practice import READER, police_receipt_entry
from alerts.storage.database import Database
from alerts.storage.deliveries import cover_deliveries
from alerts.storage.incidents import lock_incidents, save_incidents
from alerts.storage.log import Entry, append_log, claim_reader, move_reader, read_log_head
from alerts.storage.practice import list_link_receipts, list_ripe, take_receipts, take_tests

_log = structlog.get_logger()
_SPAN = 20_000  # rows of the log in one transaction
_BATCH = 200
_POLICE = "110"


async def prove_tests(database: Database) -> int:
    """One cycle, one transaction: writes down the hops of which the next span of the log tells.

    110's acceptance over the link becomes its receipt here, in the log, and from there a receipt at the button. Returns
    how many rows were read; 0 when all are.
    """
    async with database.transaction() as connection:
        position = await claim_reader(connection, READER)
        if position is None:
            return 0
        now = await database.read_now(connection)
        last = min((await read_log_head(connection)).position, position + _SPAN)
        await take_receipts(connection, now)
        if last == position:
            return 0
        await take_tests(connection, position, last)
        accepted = await list_link_receipts(connection, position, last)
        await move_reader(connection, READER, last)
        if accepted:
            entries = [police_receipt_entry(one, Way.LINK, one.reference, "engine", _POLICE) for one in accepted]
            await append_log(connection, now, entries)
    return last - position


async def close_proved_tests(database: Database) -> int:
    """One cycle, one transaction: closes tests of which each hop of each press is proved, and switches off what they
    had switched on. Returns how many.

    Whoever pressed, took or objected in between holds the incident first: what is ripe is asked again under its lock.
    """
    async with database.transaction() as connection:
        before = await database.read_now(connection) - SECOND_PRESS_WITHIN
        ids = await list_ripe(connection, before, _BATCH)
        if not ids:
            return 0
        locked = await lock_incidents(connection, ids)
        ripe = set(await list_ripe(connection, before, _BATCH, ids))
        now = await database.read_now(connection)
        closed: list[Running] = []
        for one in locked:
            moved = close_proved(one.incident, now) if one.incident.id in ripe else None
            if moved is not None:
                closed.append(replace(one, incident=moved))
        if not closed:
            return 0
        await save_incidents(connection, closed)
        await cover_deliveries(connection, [one.incident.id for one in closed])
        silenced = await switch_off_outputs(connection, closed, Asker("engine", MACHINE), now)
        driven = [silenced.get(one.incident.id, Driven(one)) for one in closed]
        await append_log(connection, now, [entry for one in driven for entry in _tell_closed(one)])
    for one in closed:
        _log.info("engine.test.proved", incident=one.incident.id, school=one.incident.school)
    return len(closed)


def _tell_closed(driven: Driven) -> list[Entry]:
    incident = driven.running.incident
    closed = incident_entry(
        "engine", incident, "incident.closed", by=MACHINE, text=None, cause=incident.cause, proved=True
    )
    return [closed, *driven.entries]

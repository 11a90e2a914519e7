"""The cycle that watches outputs: what a device did not confirm in time is told once, and stays on the incident."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from alerts.domain.escalation import Running
from alerts.domain.outputs import OutputCommand, OutputState, note_overdue
from alerts.engine.metrics import OUTPUTS_UNCONFIRMED
from alerts.incidents.escalating import incident_entry
from alerts.incidents.outputs import describe_command, recount_outputs
from alerts.storage.database import Database
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.outputs import (
    find_command_incidents,
    list_overdue_commands,
    lock_commands,
    save_commands,
)

_log = structlog.get_logger()
_BATCH = 200


async def watch_outputs_due(database: Database) -> int:
    """One cycle, one transaction. Returns how many commands were overdue."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        ids = await list_overdue_commands(connection, now, _BATCH)
        if not ids:
            return 0
        incidents = await find_command_incidents(connection, ids)
        running = await lock_incidents(connection, sorted(set(incidents.values())))
        # Another engine may have looked at some of them while these locks were awaited.
        before = [
            one for one in await lock_commands(connection, ids) if one.confirm_by is not None and one.confirm_by <= now
        ]
        after = [note_overdue(one, now) for one in before]
        await save_commands(connection, after)
        counted = await recount_outputs(connection, running)
        entries = list(_tell(zip(before, after, strict=True), counted))
        if entries:
            await append_log(connection, now, entries)
    for one in after:
        if one.unconfirmed_at == now:
            OUTPUTS_UNCONFIRMED.inc()
            _log.error("engine.output.unconfirmed", incident=one.incident, device=one.device, output=one.output)
    return len(ids)


def _tell(changes: Iterable[tuple[OutputCommand, OutputCommand]], running: dict[int, Running]) -> Iterable[Entry]:
    """What became of each, once: unconfirmed, never sent, or another incident's wish took its place."""
    for before, after in changes:
        kind = None
        if after.state is OutputState.SUPERSEDED:
            kind = "output.superseded"
        elif after.state is OutputState.EXPIRED:
            kind = "output.expired"
        elif before.unconfirmed_at is None:
            kind = "output.unconfirmed"
        if kind is not None:
            yield incident_entry("engine", running[after.incident].incident, kind, **describe_command(after))

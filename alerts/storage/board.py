"""What a board shows, read at one instant."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.domain.board import SchoolItem, Snapshot
from alerts.domain.incidents import Incident
from alerts.domain.registry import District
from alerts.storage.compliance_reads import list_compliance_items
from alerts.storage.database import Connection, Database
from alerts.storage.log import read_log_head
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("board")


async def list_school_items(connection: Connection, codes: Sequence[str] | None = None) -> list[SchoolItem]:
    """Schools as the board shows them: all, or those named."""
    return read_records(await connection.fetch(_SQL["list_school_items"], codes), SchoolItem)


async def read_snapshot(database: Database) -> Snapshot:
    """The whole board at one position of the log: log and tables are read at the same instant."""
    async with database.transaction(isolation="repeatable_read") as connection:
        head = await read_log_head(connection)
        return Snapshot(
            position=head.position,
            at=await database.read_now(connection),
            districts=tuple(read_records(await connection.fetch(_SQL["list_districts"]), District)),
            schools=tuple(await list_school_items(connection)),
            incidents=tuple(read_records(await connection.fetch(_SQL["list_not_closed"]), Incident)),
            compliance=tuple(await list_compliance_items(connection)),
        )

"""Where things are: the school and the district of whatever an address names."""

from __future__ import annotations

from alerts.domain.rights import Place
from alerts.storage.database import Connection
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("places")


async def find_places(connection: Connection, kind: str, key: str | int) -> list[Place]:
    """Where one thing is; a person is wherever they hold a post. Empty when there is no such thing, and the whole city
    for what stands above districts. `kind` is a statement's: school, device, incident, ..."""
    return read_records(await connection.fetch(_SQL[f"places_of_{kind}"], key), Place)

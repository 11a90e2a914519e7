"""Check points, the codes used there, and people's links to check in by telephone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record, read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("check_points")


@dataclass(frozen=True, slots=True)
class CheckPoint:
    """Where people check in: a post of the school, or with none a point of its patrols. A place is in degrees (WGS-84),
    in metres on the school's own plan, or both."""

    code: str
    school: str
    post: str | None
    name: str
    key_point: bool
    latitude: float | None
    longitude: float | None
    x_metres: float | None
    y_metres: float | None
    saved_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SecretPoint:
    """A check point with what signs its codes."""

    point: CheckPoint
    secret: bytes = field(repr=False)


async def insert_point(connection: Connection, point: CheckPoint, secret: bytes) -> bool:
    """Registers a point; False when there is one of that code. Raises UnknownReference when its post is not there."""
    try:
        return await connection.fetchval(_SQL["insert"], *_fields(point), secret) is not None
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error


async def update_point(connection: Connection, point: CheckPoint) -> None:
    """A point anew, with its secret as it was. Raises UnknownReference when its post is not there."""
    try:
        await connection.execute(_SQL["update"], *_fields(point))
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error


async def retire_point(connection: Connection, code: str, now: datetime) -> None:
    """A point is no more; what was checked in there stays."""
    await connection.execute(_SQL["retire"], code, now)


async def renew_secret(connection: Connection, code: str, secret: bytes) -> None:
    """A point signs with another secret from now on."""
    await connection.execute(_SQL["renew_secret"], code, secret)


async def find_point(connection: Connection, code: str) -> SecretPoint | None:
    """A point that is in use, with its secret."""
    row = await connection.fetchrow(_SQL["find"], code)
    return None if row is None else SecretPoint(read_record(row, CheckPoint), row["secret"])


async def hold_point(connection: Connection, code: str) -> SecretPoint | None:
    """A point that is in use, held until the transaction ends."""
    row = await connection.fetchrow(_SQL["hold"], code)
    return None if row is None else SecretPoint(read_record(row, CheckPoint), row["secret"])


async def list_points(
    connection: Connection, *, school: str | None = None, after: str | None = None, limit: int
) -> list[CheckPoint]:
    """Points in use by code."""
    return read_records(await connection.fetch(_SQL["list"], school, after, limit), CheckPoint)


async def find_post_school(connection: Connection, post: str) -> str | None:
    """The school of a post; None when there is no such post, or it is no school's."""
    school: str | None = await connection.fetchval(_SQL["find_post_school"], post)
    return school


async def use_code(
    connection: Connection, point: str, code: str, person: str, action: str, now: datetime
) -> str | None:
    """A person uses a code: None when they had not used it yet, else what they used it for."""
    if await connection.fetchval(_SQL["use_code"], point, code, person, action, now) is not None:
        return None
    used: str = await connection.fetchval(_SQL["find_use"], point, code, person)
    return used


async def forget_codes(connection: Connection, before: datetime) -> None:
    """Codes that ran out long ago need not be remembered: they are refused for their age."""
    await connection.execute(_SQL["forget_codes"], before)


async def save_link(connection: Connection, person: str, digest: bytes, by: str, now: datetime) -> None:
    """A person's link; the one before stops to work. Raises UnknownReference when there is no such person."""
    try:
        await connection.execute(_SQL["save_link"], person, digest, by, now)
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error


async def remove_link(connection: Connection, person: str) -> bool:
    """A person's link stops to work; False when there is none."""
    return await connection.fetchval(_SQL["remove_link"], person) is not None


@dataclass(frozen=True, slots=True)
class LinkedPerson:
    """Whose link it is."""

    code: str
    name: str


async def find_linked(connection: Connection, digest: bytes) -> LinkedPerson | None:
    """Whose link has this digest."""
    row = await connection.fetchrow(_SQL["find_linked"], digest)
    return None if row is None else read_record(row, LinkedPerson)


def _fields(point: CheckPoint) -> tuple[object, ...]:
    return (
        point.code,
        point.school,
        point.post,
        point.name,
        point.key_point,
        point.latitude,
        point.longitude,
        point.x_metres,
        point.y_metres,
        point.saved_at,
    )

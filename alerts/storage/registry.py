"""The registry on disk, as an import reads and writes it. Each `save_` takes only what is new or differs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from alerts.domain.registry import Camera, Device, District, EducationGroup, Holding, Person, Point, Post, School
from alerts.storage.database import Connection, Database
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("registry")


@asynccontextmanager
async def rehearse(database: Database) -> AsyncIterator[Connection]:
    """A transaction of which nothing is kept, however its block ends. Raises StorageUnavailable as others do."""
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


async def refresh_statistics(connection: Connection) -> None:
    """Tells the planner how the registry looks now."""
    await connection.execute(_SQL["refresh_statistics"])


async def take_import_turn(connection: Connection) -> None:
    """Waits until no other import is at work, then keeps others waiting until the transaction ends."""
    await connection.execute(_SQL["take_import_turn"])


async def take_school_items_turn(connection: Connection) -> None:
    """Take it before `list_school_items` when the items go into the log: without it, a transaction that read earlier
    may write later, and boards that replay the log end with its old counts."""
    await connection.execute(_SQL["take_school_items_turn"])


async def list_districts(connection: Connection) -> list[District]:
    """All districts, in the city's order."""
    return read_records(await connection.fetch(_SQL["list_districts"]), District)


async def save_districts(connection: Connection, districts: Sequence[District]) -> None:
    """Registers districts."""
    await _save(connection, "save_districts", districts)


async def find_groups(connection: Connection, codes: Iterable[str]) -> dict[str, EducationGroup]:
    """Education groups by code; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_groups"], sorted(codes))
    return {group.code: group for group in read_records(rows, EducationGroup)}


async def save_groups(connection: Connection, groups: Sequence[EducationGroup]) -> None:
    """Registers education groups."""
    await _save(connection, "save_groups", groups)


async def find_schools(connection: Connection, codes: Iterable[str]) -> dict[str, School]:
    """Schools by code; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_schools"], sorted(codes))
    return {school.code: school for school in read_records(rows, School)}


async def read_school_districts(connection: Connection) -> dict[str, str]:
    """The district of every school, by its code."""
    return {row["code"]: row["district"] for row in await connection.fetch(_SQL["list_school_districts"])}


async def save_schools(connection: Connection, schools: Sequence[School]) -> None:
    """Registers schools; their districts and groups must be there, their head schools at commit."""
    await _save(connection, "save_schools", schools)


async def find_points(connection: Connection, schools: Iterable[str]) -> dict[tuple[str, str], Point]:
    """All points of the schools, by school and name."""
    rows = await connection.fetch(_SQL["find_points"], sorted(schools))
    return {(point.school, point.name): point for point in read_records(rows, Point)}


async def save_points(connection: Connection, points: Sequence[Point]) -> None:
    """Registers points; their schools must be there."""
    await _save(connection, "save_points", points)


async def find_devices(connection: Connection, codes: Iterable[str]) -> dict[str, Device]:
    """Devices by code; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_devices"], sorted(codes))
    return {device.code: device for device in read_records(rows, Device)}


async def save_devices(connection: Connection, devices: Sequence[Device]) -> None:
    """Registers devices; their points must be there."""
    await _save(connection, "save_devices", devices)


async def find_cameras(connection: Connection, schools: Iterable[str]) -> dict[tuple[str, str], Camera]:
    """All cameras of the schools, by school and name."""
    rows = await connection.fetch(_SQL["find_cameras"], sorted(schools))
    return {(camera.school, camera.name): camera for camera in read_records(rows, Camera)}


async def save_cameras(connection: Connection, cameras: Sequence[Camera]) -> None:
    """Registers cameras; their schools and points must be there."""
    await _save(connection, "save_cameras", cameras)


async def remove_cameras(connection: Connection, cameras: Sequence[Camera]) -> None:
    """Takes cameras out of the registry."""
    await _save(connection, "remove_cameras", cameras)


async def find_people(connection: Connection, codes: Iterable[str]) -> dict[str, Person]:
    """People by code; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_people"], sorted(codes))
    return {person.code: person for person in read_records(rows, Person)}


async def save_people(connection: Connection, people: Sequence[Person]) -> None:
    """Registers people."""
    await _save(connection, "save_people", people)


async def find_posts(connection: Connection, codes: Iterable[str]) -> dict[str, Post]:
    """Posts by code; unknown ones are missing."""
    rows = await connection.fetch(_SQL["find_posts"], sorted(codes))
    return {post.code: post for post in read_records(rows, Post)}


async def save_posts(connection: Connection, posts: Sequence[Post]) -> None:
    """Registers posts; their schools and districts must be there."""
    await _save(connection, "save_posts", posts)


async def find_holdings(connection: Connection, people: Iterable[str]) -> dict[tuple[str, str], Holding]:
    """All that the people hold, by post and person."""
    rows = await connection.fetch(_SQL["find_holdings"], sorted(people))
    return {(holding.post, holding.person): holding for holding in read_records(rows, Holding)}


async def save_holdings(connection: Connection, holdings: Sequence[Holding]) -> None:
    """Registers who holds what; posts and people must be there."""
    await _save(connection, "save_holdings", holdings)


async def _save(connection: Connection, statement: str, rows: Sequence[object]) -> None:
    if rows:
        await connection.execute(_SQL[statement], write_rows(rows))

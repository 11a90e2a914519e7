"""Brings a database to the newest schema. Migrations are SQL files applied once, in order of their names."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import asyncpg

_LEDGER = """
create table if not exists migration (
    name text primary key,
    digest text not null,
    applied_at timestamptz not null default now()
)
"""


class MigrationChanged(Exception):
    """A migration that was applied before has another text now: write a new one instead."""


async def migrate(url: str) -> list[str]:
    """Applies what is missing and returns the names of what it applied; two callers at once take turns."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('campus.migrations'))")
            await connection.execute(_LEDGER)
            known = {row["name"]: row["digest"] for row in await connection.fetch("select name, digest from migration")}
            return [name for name, text in read_migrations() if await _apply(connection, name, text, known.get(name))]
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, name: str, text: str, applied: str | None) -> bool:
    digest = hashlib.sha256(text.encode()).hexdigest()
    if applied == digest:
        return False
    if applied is not None:
        raise MigrationChanged(f"{name} was applied with another text; write a new migration instead of changing it")
    await connection.execute(text)
    await connection.execute("insert into migration (name, digest) values ($1, $2)", name, digest)
    return True


def read_migrations() -> list[tuple[str, str]]:
    """The name and text of each, in the order in which they are applied."""
    folder = files("alerts.storage").joinpath("schema")
    found = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(name, entry.read_text(encoding="utf-8")) for name, entry in found]

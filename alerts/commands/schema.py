"""`python -m alerts migrate`: the schema."""

from __future__ import annotations

import asyncio

import typer

from alerts.settings import Settings
from alerts.storage.migrations import migrate as migrate_database
from alerts.terminal import fail


def migrate() -> None:
    """Bring the database to the newest schema."""
    try:
        applied = asyncio.run(migrate_database(Settings().need_database_url()))
    except OSError as error:
        fail(f"the database does not answer: {error}")
    typer.echo("\n".join(f"applied {one}" for one in applied) or "the schema is up to date")

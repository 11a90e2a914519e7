"""What people choose at the board, kept with their accounts."""

from __future__ import annotations

from alerts.domain.preferences import Preferences
from alerts.storage import accounts as storage
from alerts.storage.database import Database


async def read_preferences(database: Database, account: str) -> Preferences:
    """What somebody chose so far; a program chooses nothing."""
    async with database.connection() as connection:
        return await storage.read_preferences(connection, account)


async def save_preferences(database: Database, account: str, chosen: Preferences) -> None:
    """Keeps what somebody chose now; what is None stays as it was. No evidence of anything, so the log says nothing."""
    async with database.connection() as connection:
        await storage.save_preferences(connection, account, chosen)

"""A small city for stories."""

from __future__ import annotations

import pytest

from alerts.storage.database import Database
from tests.alerts.story import CITY, Story


@pytest.fixture
async def story(database: Database) -> Story:
    """Three schools in two districts with their people, and nothing that has happened yet."""
    async with database.connection() as connection:
        await connection.execute(CITY)
    return Story(database)

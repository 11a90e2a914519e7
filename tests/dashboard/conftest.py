"""A dashboard on a small city."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.storage.database import Database
from tests.alerts.story import CITY, Story
from tests.dashboard.board import Dashboard, let_people_in, run_dashboard


@pytest.fixture
async def story(database: Database) -> Story:
    """Three schools in two districts with their people, and accounts for the board."""
    async with database.connection() as connection:
        await connection.execute(CITY)
    await let_people_in(database)
    return Story(database)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built page: an entry and an asset."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>board</title>" + "<p>" * 500)
    (folder / "assets" / "index-abc123.js").write_text("console.log('board')\n" * 100)
    return folder


@pytest.fixture
async def dashboard(story: Story, page: Path) -> AsyncIterator[Dashboard]:
    """A running dashboard."""
    async with run_dashboard(story, page) as running:
        yield running

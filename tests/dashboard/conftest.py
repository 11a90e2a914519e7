"""A dashboard on a small city."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.alerts.story import Story
from tests.dashboard.board import Dashboard, run_dashboard


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """Where a story is told, people may sign in."""
    name: str = request.getfixturevalue("peopled_template" if "story" in request.fixturenames else "migrated_template")
    return name


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

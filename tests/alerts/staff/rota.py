"""A roster for stories: who takes turns at the first school's gate, and what the table that calls people says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.domain.rosters import Roster, Shift
from alerts.staff.rosters import SavedRoster, save_roster
from tests.alerts.story import Story

SHANGHAI = ZoneInfo("Asia/Shanghai")
POST = "S1:duty"


def stand_at(story: Story, year: int, month: int, day: int, hour: float = 0) -> datetime:
    """Moves the clock to an hour on the wall of the school, and returns it."""
    wanted = datetime(year, month, day, tzinfo=SHANGHAI) + timedelta(hours=hour)
    story.database.shift = wanted - datetime.now(UTC)
    return wanted


def day_and_night(story: Story, *, by_day: str = "guard", by_night: str = "duty", **said: Any) -> Roster:
    """Two people, twelve hours each, from a week ago on."""
    since = story.now.astimezone(SHANGHAI).date() - timedelta(days=7)
    return Roster(
        (
            Shift("day", "08:00", "20:00", ((by_day,),), since),
            Shift("night", "20:00", "08:00", ((by_night,),), since),
        ),
        **said,
    )


async def put_in_force(story: Story, roster: Roster | None = None) -> SavedRoster:
    return await save_roster(story.database, POST, roster or day_and_night(story), "wang")


async def on_duty(story: Story, moment: datetime | None = None, post: str = POST) -> list[str]:
    """Whom the table says is on duty at a post."""
    rows = await story.rows(
        "select person from duty where post = $1 and starts_at <= $2 and ends_at > $2 order by person",
        post,
        moment or story.now,
    )
    return [row["person"] for row in rows]


async def duty_rows(story: Story, post: str = POST) -> list[tuple[Any, ...]]:
    rows = await story.rows(
        "select starts_at, ends_at, person, shift, source, instead_of, assumed from duty where post = $1"
        " order by starts_at, person",
        post,
    )
    return [tuple(row) for row in rows]

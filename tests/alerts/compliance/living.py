"""A city that is judged while a test tells what happens in it: gates, beats, facts, and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from alerts.domain.compliance.verdicts import Verdict
from alerts.engine.compliance import ComplianceJudge, follow_log
from alerts.storage.database import Database
from tests.alerts.story import CITY, Story

ZONE = ZoneInfo("Asia/Shanghai")
EQUIPMENT = """
insert into device (code, school, point, role)
    select school || '-' || said.code, school, id, said.role::device_role
    from point, (values ('GATE', 'gate'), ('VIS', 'visitor_terminal'), ('READ', 'post_reader')) as said (code, role)
    where name = '门卫室';
insert into school_term (name, first_on, last_on, saved_by, saved_at) values
    ('2026秋', '2026-09-01', '2027-01-20', 'test', now());
insert into timetable (school_kind, valid_from, definition, saved_by, saved_at)
    select kind, '2026-09-01', '{"weekdays": [1, 2, 3, 4, 5], "arrivals": [{"starts": "07:20:00", "ends": "08:00:00"}],
        "dismissals": [{"starts": "16:30:00", "ends": "17:10:00"}],
        "lessons": [{"starts": "08:00:00", "ends": "16:30:00"}], "closes": "18:00:00"}', 'test', now()
    from unnest(array['primary', 'junior', 'kindergarten']::school_kind[]) as kind;
"""


@dataclass
class LivingCity:
    """The city of the stories with gates, visitor terminals and readers; the clock stands where a test puts it."""

    story: Story
    judge: ComplianceJudge

    @classmethod
    async def open(cls, database: Database, hours: str = "06:00", on: date = date(2026, 11, 23)) -> LivingCity:
        """A city at an hour of a day."""
        story = Story(database)
        await story.database_execute(CITY + EQUIPMENT)
        city = cls(story, ComplianceJudge(database))
        await city.go(hours, on)
        return city

    @property
    def database(self) -> Database:
        return self.story.database

    @property
    def today(self) -> date:
        return self.story.now.astimezone(ZONE).date()

    def at(self, hours: str, on: date | None = None) -> datetime:
        return datetime.fromisoformat(f"{on or self.today}T{hours}").replace(tzinfo=ZONE)

    async def go(self, hours: str, on: date | None = None) -> None:
        """Moves the clock; a gateway has listened all the while."""
        self.database.shift += self.at(hours, on) - self.story.now
        await self.story.intake.report_listening("gateway-1", "beats", self.story.listening_since)

    async def hear(self, *devices: str) -> None:
        """These devices beat, and are known to be there."""
        await self.story.beat(*devices)
        await self.story.supervise()

    async def gate(self, hours: str, *, opened: bool, device: str = "S1-GATE", **more: Any) -> None:
        """A gate's contact changed."""
        on = more.pop("on", self.today)
        said = {"id": f"{hours}-{opened}", "at": self.at(hours, on).isoformat(), "open": opened}
        school = device.partition("-")[0]
        levels = {"school": school, "district": "370203" if school == "S3" else "370202"}
        await self.story.intake.take_reports([self.story.arrival(said, device, "gate", **levels | more)])

    async def turn(self, judge: ComplianceJudge | None = None) -> int:
        """What an engine does in a cycle; returns how many schools were judged."""
        judge = judge or self.judge
        has_work, count = await judge.has_work(), 0
        while await follow_log(self.database):
            pass
        while judged := await judge.judge_due():
            count += judged
        assert has_work or not count, "an engine would not have looked"
        return count

    async def verdict(self, rule: str, school: str = "S1") -> Verdict:
        query = "select verdict from standing_verdict where school = $1 and rule = $2"
        return Verdict(await self.story.value(query, school, rule))

    async def reasons(self, rule: str, school: str = "S1") -> list[str]:
        query = "select judgement::text from standing_verdict where school = $1 and rule = $2"
        return [
            reason["code"] for reason in msgspec.json.decode(await self.story.value(query, school, rule))["reasons"]
        ]

    async def told(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.story.rows("select body::text as body from log where kind = $1 order by position", kind)
        return [msgspec.json.decode(row["body"]) for row in rows]


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)

"""Timetables, terms and exceptions as people put them in: dated, and days that were closed keep theirs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.compliance.places import NoSuchSchool, read_day
from alerts.compliance.schedules import (
    NoSuchSchedule,
    Scope,
    end_exception,
    end_timetable,
    put_exception,
    remove_term,
    save_term,
    save_timetables,
)
from alerts.domain.compliance.schedule import (
    ClosedLoop,
    ExceptionKind,
    Hours,
    Place,
    Timetable,
    find_timetable,
)
from alerts.domain.compliance.timetables import Definition, ScheduleInvalid, check_definitions
from alerts.domain.registry import SchoolKind
from alerts.storage.schedules import ExceptionRow, TermRow, list_exceptions, list_terms, list_timetables
from tests.alerts.story import Story, commit

NEVER = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PRIMARY = Scope(school_kind=SchoolKind.PRIMARY)
WEEK = Definition(
    weekdays=(1, 2, 3, 4, 5),
    arrivals=(Hours(time(7, 20), time(8)),),
    dismissals=(Hours(time(16, 30), time(17, 10)),),
    lessons=(Hours(time(8), time(11, 40)), Hours(time(14), time(16, 30))),
    closes=time(18),
)


def today(story: Story) -> date:
    return read_day(story.now)


def term(first: date, last: date, **changes: Any) -> TermRow:
    return replace(TermRow(0, "2026秋", first, last, None, "", NEVER), **changes)


def early(first: date, last: date, **changes: Any) -> ExceptionRow:
    usual = ExceptionRow(0, ExceptionKind.EARLY_CLOSING, first, last, None, "S1", time(15), None, "大风", "", NEVER)
    return replace(usual, **changes)


async def close_day(story: Story, on: date) -> None:
    """The judge closed a day."""
    await story.rows("insert into closed_day values ($1, $2, 3, 1)", on, story.now)


async def holding(story: Story, on: date, school: str = "S1") -> list[int]:
    """Which timetable the rules would find on the days of a week from a day on."""
    async with story.database.connection() as connection:
        rows = await list_timetables(connection, limit=100)
    tables = [
        Timetable(
            one.id, one.school_kind, one.school, one.valid_from, one.definition.weekdays, one.definition.arrivals,
            one.definition.dismissals, one.definition.lessons, valid_until=one.valid_until,
        )
        for one in rows
    ]  # fmt: skip
    place = Place(school, "370202", SchoolKind.PRIMARY, ZoneInfo("Asia/Shanghai"))
    found = (find_timetable(tables, place, on + number * DAY) for number in range(7))
    return [one.id if one else 0 for one in found]


def monday(story: Story) -> date:
    """The Monday after next, well ahead."""
    return today(story) + timedelta(days=14 - today(story).weekday())


async def test_a_new_timetable_holds_from_its_day_on_and_the_one_before_until_then(story: Story) -> None:
    begins = monday(story)
    first = (await save_timetables(story.database, PRIMARY, today(story), None, [WEEK], "wang"))[0]
    six_days = replace(WEEK, weekdays=(1, 2, 3, 4, 5, 6))
    second = (await save_timetables(story.database, PRIMARY, begins, None, [six_days], "wang"))[0]
    assert await holding(story, begins - 7 * DAY) == [first.id] * 5 + [0, 0]
    assert await holding(story, begins) == [second.id] * 6 + [0]
    shorter = (await save_timetables(story.database, PRIMARY, begins + 7 * DAY, None, [WEEK], "li"))[0]
    assert await holding(story, begins + 7 * DAY) == [shorter.id] * 5 + [0, 0], "Saturdays ended with the second"
    assert await story.log_kinds() == ["timetable.saved"] * 3
    assert {tuple(row) for row in await story.rows("select school, input from compliance_stale")} == {
        ("S1", "schedule")
    }


async def test_a_timetable_with_a_last_day_holds_for_that_while_and_the_one_before_comes_back(story: Story) -> None:
    begins = monday(story)
    usual = (await save_timetables(story.database, PRIMARY, today(story), None, [WEEK], "wang"))[0]
    summer = (await save_timetables(story.database, PRIMARY, begins, begins + 2 * DAY, [WEEK], "wang"))[0]
    assert await holding(story, begins) == [summer.id] * 3 + [usual.id] * 2 + [0, 0]


async def test_a_schools_own_timetable_touches_no_other_school(story: Story) -> None:
    usual = (await save_timetables(story.database, PRIMARY, today(story), None, [WEEK], "wang"))[0]
    friday = replace(WEEK, weekdays=(5,), closes=time(17, 30))
    own = await save_timetables(
        story.database, Scope(school="S1"), today(story), None, [replace(WEEK, weekdays=(1, 2, 3, 4)), friday], "li"
    )
    begins = monday(story)
    assert await holding(story, begins) == [own[0].id] * 4 + [own[1].id, 0, 0]
    assert await holding(story, begins, "S2") == [usual.id] * 5 + [0, 0]


async def test_a_day_that_was_closed_keeps_its_timetable_and_its_term(story: Story) -> None:
    on = today(story)
    old = on - 100 * DAY
    assert await save_timetables(story.database, PRIMARY, old, None, [WEEK], "wang"), "nothing was closed yet"
    entered = await save_term(story.database, term(old, on + 30 * DAY), "wang")
    await close_day(story, on - DAY)
    refused = f"days before {on} were closed .* let it begin on {on} or later"
    with pytest.raises(ScheduleInvalid, match=f"valid_from: {refused}"):
        await save_timetables(story.database, PRIMARY, on - DAY, None, [WEEK], "wang")
    with pytest.raises(ScheduleInvalid, match=f"first_on: {refused}"):
        await commit(story.database, put_exception, early(on - DAY, on), "wang")
    for changed in (replace(entered, first_on=old + DAY), replace(entered, last_on=on - 2 * DAY)):
        with pytest.raises(ScheduleInvalid, match=refused):
            await save_term(story.database, changed, "wang")
    with pytest.raises(ScheduleInvalid, match=refused):
        await remove_term(story.database, entered.id, "wang")
    ended = await save_term(story.database, replace(entered, last_on=on - DAY), "wang")
    assert ended.last_on == on - DAY, "it may end with the last day that was closed"
    assert await save_timetables(story.database, PRIMARY, on, None, [WEEK], "wang")


async def test_what_ends_today_held_until_yesterday_and_what_had_not_begun_never_does(story: Story) -> None:
    on = today(story)
    begun = (await save_timetables(story.database, PRIMARY, on - 9 * DAY, None, [WEEK], "wang"))[0]
    ahead = (await save_timetables(story.database, Scope(), on + DAY, None, [WEEK], "wang"))[0]
    for id_ in (begun.id, ahead.id):
        await end_timetable(story.database, id_, "li")
        with pytest.raises(NoSuchSchedule):
            await end_timetable(story.database, id_, "li")
    async with story.database.connection() as connection:
        left = await list_timetables(connection, limit=10)
    assert [(one.id, one.valid_until) for one in left] == [(begun.id, on - DAY)]


async def test_of_two_changes_from_the_same_day_at_once_one_holds(story: Story) -> None:
    begins = monday(story)
    async with asyncio.timeout(20):
        saved = await asyncio.gather(
            *(save_timetables(story.database, PRIMARY, begins, None, [WEEK], f"editor {number}") for number in range(4))
        )
    async with story.database.connection() as connection:
        left = await list_timetables(connection, limit=10)
    assert len(left) == 1
    assert left[0].id in {one[0].id for one in saved}


async def test_an_exception_ends_from_today_on_and_days_that_are_over_keep_it(story: Story) -> None:
    on = today(story)
    begun = await commit(story.database, put_exception, early(on - 2 * DAY, on + 5 * DAY), "wang")
    level = early(on + DAY, on + 9 * DAY, kind=ExceptionKind.CLOSED_LOOP, closes=None, level=ClosedLoop.CLOSED)
    ahead = await commit(story.database, put_exception, replace(level, school=None, district="370203"), "wang")
    for id_ in (begun.id, ahead.id):
        await end_exception(story.database, id_, "li")
        with pytest.raises(NoSuchSchedule):
            await end_exception(story.database, id_, "li")
    async with story.database.connection() as connection:
        left = await list_exceptions(connection, limit=10)
    assert [(one.id, one.last_on) for one in left] == [(begun.id, on - DAY)]
    marks = {row["school"] for row in await story.rows("select school from compliance_stale")}
    assert marks == {"S1", "S3"}, "the school, and the district's"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"closes": None}, "closes: a day of early closing needs it"),
        ({"kind": ExceptionKind.EXAM}, "closes: .* and no other"),
        ({"kind": ExceptionKind.CLOSED_LOOP, "closes": None}, "level: a closed loop needs one of normal"),
        ({"district": "370202"}, "school: name a school or a district"),
        ({"last_on": date(2020, 1, 1)}, "last_on: 2020-01-01 is before"),
        ({"reason": " "}, "reason: say why"),
        ({"school": "S9"}, "school: there is no school S9"),
        ({"school": None, "district": "9"}, "district: there is no 9"),
    ],
)
async def test_an_exception_that_cannot_be_says_what_to_mend(
    story: Story, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScheduleInvalid, match=message):
        await commit(story.database, put_exception, early(today(story), today(story), **changes), "wang")


async def test_terms_of_one_place_do_not_overlap_and_a_schools_own_may_lie_beside_the_citys(story: Story) -> None:
    on = today(story)
    city = await save_term(story.database, term(on, on + 60 * DAY), "wang")
    with pytest.raises(ScheduleInvalid, match=r"first_on: 2026秋 .* has days of it"):
        await save_term(story.database, term(on + 60 * DAY, on + 90 * DAY), "wang")
    own = await save_term(story.database, term(on, on + 50 * DAY, school="S1"), "wang")
    longer = await save_term(story.database, replace(city, last_on=on + 70 * DAY, school="S1"), "li")
    assert longer.school is None, "whose term it is stays"
    await remove_term(story.database, own.id, "li")
    async with story.database.connection() as connection:
        assert [one.last_on for one in await list_terms(connection, limit=10)] == [on + 70 * DAY]
    for bad in (term(on, on - DAY), term(on, on + 400 * DAY), term(on + 80 * DAY, on + 90 * DAY, name=" ")):
        with pytest.raises(ScheduleInvalid):
            await save_term(story.database, bad, "wang")
    for asked in (save_term(story.database, replace(own, id=99), "wang"), remove_term(story.database, 99, "wang")):
        with pytest.raises(NoSuchSchedule):
            await asked


async def test_a_timetable_of_a_school_that_is_not_there_or_of_two_scopes_is_refused(story: Story) -> None:
    with pytest.raises(NoSuchSchool):
        await save_timetables(story.database, Scope("S9"), today(story), None, [WEEK], "wang")
    both = Scope("S1", SchoolKind.PRIMARY)
    with pytest.raises(ScheduleInvalid, match="school: name a school or a kind"):
        await save_timetables(story.database, both, today(story), None, [WEEK], "wang")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weekdays": ()}, "weekdays: name days"),
        ({"weekdays": (1, 1)}, "weekdays: name days"),
        ({"weekdays": (0, 8)}, "weekdays: name days"),
        ({"arrivals": ()}, "arrivals: name when pupils come"),
        ({"arrivals": (Hours(time(8), time(8)),)}, "arrivals: 08:00-08:00 ends before it begins"),
        ({"arrivals": (Hours(time(7), time(8)), Hours(time(7, 30), time(9)))}, "arrivals: .* 07:30 is too early"),
        ({"dismissals": (Hours(time(7), time(7, 10)),)}, "dismissals: nobody goes"),
        ({"lessons": (Hours(time(8), time(20)),)}, "lessons: lie between"),
        ({"closes": time(17)}, "closes: the school cannot close before 17:10"),
    ],
)
def test_hours_that_cannot_be_say_what_to_mend(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScheduleInvalid, match=message):
        check_definitions([replace(WEEK, **changes)])


def test_two_timetables_that_hold_at_once_share_no_day_of_the_week() -> None:
    check_definitions([replace(WEEK, weekdays=(1, 2)), replace(WEEK, weekdays=(3,))])
    with pytest.raises(ScheduleInvalid, match="weekdays: 2 stands in two"):
        check_definitions([replace(WEEK, weekdays=(1, 2)), replace(WEEK, weekdays=(2, 3))])
    with pytest.raises(ScheduleInvalid, match="timetables: name at least one"):
        check_definitions([])

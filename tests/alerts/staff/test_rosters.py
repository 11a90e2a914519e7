"""Rosters on a real database: what is saved, what becomes of duty, and that the past stays as it was."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest

from alerts.domain.calendars import DayKind, DayOrigin
from alerts.domain.rosters import DayFilter, Override, OverrideKind, Roster, RosterInvalid, Shift
from alerts.engine.rosters import extend_duty_due, warn_of_unknown_years
from alerts.staff.absences import end_leave, save_deputies, save_leave
from alerts.staff.calendars import NoSuchDay, declare_year, read_calendar, remove_day, save_day
from alerts.staff.duty import AHEAD
from alerts.staff.rosters import (
    Half,
    NoSuchOverride,
    NoSuchPost,
    NoSuchRoster,
    RosterChanged,
    end_override,
    preview_roster,
    remove_roster,
    save_override,
    save_roster,
    swap,
)
from alerts.storage.rosters import list_holes, list_on_duty, list_vacant, list_versions
from alerts.storage.statements import read_statements
from tests.alerts.staff.rota import POST, SHANGHAI, day_and_night, duty_rows, on_duty, put_in_force, stand_at
from tests.alerts.story import Story


async def test_a_saved_roster_is_duty_for_thirty_five_days_and_stands_in_the_log(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    saved = await put_in_force(story)
    assert (saved.version.version, saved.duty.posts, saved.duty.holes) == (1, 1, 0)
    assert await on_duty(story) == ["guard"]
    assert await on_duty(story, now + timedelta(hours=10)) == ["duty"]
    assert await on_duty(story, now + AHEAD - timedelta(hours=1)) != []
    assert "roster.saved" in await story.log_kinds()


async def test_a_press_calls_whom_the_roster_has_on_duty_and_nobody_else_of_the_post(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 21)
    await put_in_force(story)
    await story.press()
    await story.deliver()
    assert [message.person for message in story.channel.sent] == ["duty"]


async def test_a_new_version_leaves_the_past_as_it_was_and_cuts_only_what_changes(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 6)
    await put_in_force(story)
    now = stand_at(story, 2026, 11, 24, 12)
    before = [row for row in await duty_rows(story) if row[1] <= now]
    saved = await put_in_force(story, day_and_night(story, by_day="head"))
    assert saved.version.version == 2
    after = await duty_rows(story)
    assert [row for row in after if row[1] <= story.now][: len(before)] == before
    assert await on_duty(story, now - timedelta(minutes=1)) == ["guard"]
    assert await on_duty(story) == ["head"]
    async with story.database.connection() as connection:
        assert [one.version for one in await list_versions(connection, POST, 10)] == [2, 1]


async def test_saving_the_same_roster_again_moves_no_row(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 12)
    roster = day_and_night(story)
    await put_in_force(story, roster)
    rows = await story.rows("select *, xmin from duty order by starts_at")
    story.database.shift += timedelta(minutes=5)
    await put_in_force(story, roster)
    assert await story.rows("select *, xmin from duty where ends_at <= (select max(ends_at) from duty)") == rows


async def test_a_roster_that_somebody_changed_meanwhile_is_not_overwritten(story: Story) -> None:
    await put_in_force(story)
    with pytest.raises(RosterChanged, match="version 1 is in force"):
        await save_roster(story.database, POST, day_and_night(story), "li", based_on=0)
    assert (await save_roster(story.database, POST, day_and_night(story), "li", based_on=1)).version.version == 2


async def test_a_roster_that_names_strangers_or_stands_at_no_post_is_refused_whole(story: Story) -> None:
    with pytest.raises(RosterInvalid, match="nobody has the code nemo"):
        await put_in_force(story, day_and_night(story, by_day="nemo"))
    with pytest.raises(NoSuchPost):
        await save_roster(story.database, "S1:moat", day_and_night(story), "wang")
    with pytest.raises(RosterInvalid, match="at least one shift"):
        await put_in_force(story, Roster())
    assert await story.value("select count(*) from roster") == 0


async def test_a_roster_that_is_taken_away_leaves_the_post_to_its_holders_and_its_past_on_record(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    story.database.shift += timedelta(hours=1)
    assert await remove_roster(story.database, POST, "wang") == 2
    rows = await duty_rows(story)
    assert len(rows) == 1
    assert rows[0][1] <= story.now
    async with story.database.connection() as connection:
        people = [one.person for one in await list_on_duty(connection, "S1", story.now)]
    assert people == ["guard", "duty"]
    with pytest.raises(NoSuchRoster):
        await remove_roster(story.database, POST, "wang")
    assert (await put_in_force(story)).version.version == 3


async def test_leave_takes_a_person_out_in_the_same_transaction_and_the_hole_is_listed(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    leave, done = await save_leave(story.database, "guard", now + timedelta(hours=1), now + timedelta(days=2), "", "li")
    assert (done.posts, done.holes) == (1, 3)
    assert await on_duty(story) == ["guard"]
    assert await on_duty(story, now + timedelta(hours=2)) == []
    async with story.database.connection() as connection:
        holes = await list_holes(connection, now, now + timedelta(days=3), school="S1")
        vacant = await list_vacant(connection, "S1", now + timedelta(hours=2))
    assert [(hole.person_name, hole.reason, hole.empty) for hole in holes] == [("赵保安", "leave", True)] * 3
    assert [one.post for one in vacant] == [POST]
    await end_leave(story.database, leave.id, "li")
    assert await on_duty(story, now + timedelta(hours=2)) == ["guard"]
    assert await story.value("select count(*) from duty_hole where ends_at > $1", story.now) == 0
    assert {"leave.saved", "leave.removed"} <= set(await story.log_kinds())


async def test_a_deputy_stands_in_from_the_moment_that_they_are_named(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    await save_leave(story.database, "guard", now - timedelta(hours=1), now + timedelta(days=1), "", "li")
    assert await on_duty(story) == []
    _, done = await save_deputies(story.database, "guard", ["head", "desk"], "li")
    assert done.holes == 0
    assert await on_duty(story) == ["head"]
    await save_leave(story.database, "head", now - timedelta(hours=1), now + timedelta(days=1), "", "li")
    assert await on_duty(story) == ["desk"], "a deputy's own leave touches the posts where they stand in"
    row = (await story.rows("select source, instead_of from duty where person = 'desk'"))[0]
    assert tuple(row) == ("deputy", "guard")


async def test_an_override_and_a_swap_change_duty_at_once_and_can_be_taken_back(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    override = Override(0, OverrideKind.REPLACE, now, now + timedelta(hours=2), "head", "guard")
    item, _ = await save_override(story.database, POST, override, "看病", "li")
    assert (item.person_name, item.instead_of_name) == ("冯局长", "赵保安")
    assert await on_duty(story) == ["head"]
    story.database.shift += timedelta(hours=1)
    await end_override(story.database, POST, item.id, "li")
    assert await on_duty(story) == ["guard"]
    assert await on_duty(story, now + timedelta(minutes=30)) == ["head"], "what has been stays"
    tomorrow = now + timedelta(days=1)
    day = Half("guard", tomorrow - timedelta(hours=4), tomorrow + timedelta(hours=8))
    night = Half("duty", tomorrow + timedelta(hours=8), tomorrow + timedelta(hours=20))
    halves, _ = await swap(story.database, POST, day, night, "", "li")
    assert len({half.swap for half in halves}) == 1
    assert await on_duty(story, tomorrow) == ["duty"]
    assert await on_duty(story, tomorrow + timedelta(hours=10)) == ["guard"]
    await end_override(story.database, POST, halves[1].id, "li")
    assert await on_duty(story, tomorrow) == ["guard"], "both halves are taken back"
    with pytest.raises(NoSuchOverride):
        await end_override(story.database, POST, halves[0].id, "li")


async def test_overrides_that_cannot_be_are_refused(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    override = Override(0, OverrideKind.ADD, now, now + timedelta(hours=2), "head")
    with pytest.raises(NoSuchRoster):
        await save_override(story.database, POST, override, "", "li")
    await put_in_force(story)
    past = Override(0, OverrideKind.ADD, now - timedelta(hours=3), now - timedelta(hours=2), "head")
    with pytest.raises(RosterInvalid, match="over already"):
        await save_override(story.database, POST, past, "", "li")
    evening = Half("guard", now + timedelta(hours=9), now + timedelta(hours=10))
    with pytest.raises(RosterInvalid, match="guard is not on duty here"):
        await swap(story.database, POST, evening, Half("duty", now, now + timedelta(days=1)), "", "li")
    with pytest.raises(NoSuchOverride):
        await end_override(story.database, POST, 12345, "li")


async def test_a_schools_day_off_empties_its_workday_shift_and_not_its_neighbours(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    since = date(2026, 11, 1)
    for post in (POST, "S2:duty"):
        roster = Roster((Shift("school", "07:00", "18:00", (("guard",),), since, days=DayFilter.WORKDAY),))
        await save_roster(story.database, post, roster, "wang")
    tomorrow = now + timedelta(days=1)
    day, done = await save_day(story.database, tomorrow.date(), DayKind.HOLIDAY, "运动会", "wang", school="S1")
    assert (day.school, done.posts) == ("S1", 1)
    assert await on_duty(story, tomorrow) == []
    assert await on_duty(story, tomorrow, "S2:duty") == ["guard"]
    await save_day(story.database, tomorrow.date(), DayKind.HOLIDAY, "停课", "wang", district="370202")
    assert await on_duty(story, tomorrow, "S2:duty") == []
    await save_day(story.database, tomorrow.date(), DayKind.WORKDAY, "照常", "wang", school="S2")
    assert await on_duty(story, tomorrow, "S2:duty") == ["guard"], "the school's word counts over the district's"
    await remove_day(story.database, tomorrow.date(), "wang", school="S1")
    await remove_day(story.database, tomorrow.date(), "wang", district="370202")
    assert await on_duty(story, tomorrow) == ["guard"]
    with pytest.raises(NoSuchDay):
        await remove_day(story.database, tomorrow.date(), "wang", school="S1")


async def test_an_unknown_year_is_told_of_and_its_duty_is_assumed_until_somebody_enters_it(story: Story) -> None:
    stand_at(story, 2026, 12, 20, 12)
    roster = Roster((Shift("school", "07:00", "18:00", (("guard",),), date(2026, 11, 1), days=DayFilter.WORKDAY),))
    await put_in_force(story, roster)
    assumed = "select bool_and(assumed) from duty where starts_at >= '2026-12-31T20:00Z'"
    assert await story.value(assumed) is True
    page = await read_calendar(story.database, date(2026, 12, 30), date(2027, 1, 2), school="S1")
    assert [one.year for one in page.unknown_years] == [2027]
    assert "upgrade the package `chinesecalendar`" in page.unknown_years[0].advice
    assert page.days[-1].origin is DayOrigin.ASSUMED
    assert await warn_of_unknown_years(story.database) == (2027,)
    assert await warn_of_unknown_years(story.database) == (), "once a day"
    await save_day(story.database, date(2027, 1, 1), DayKind.HOLIDAY, "元旦", "wang")
    await declare_year(story.database, 2027, "wang", complete=True)
    assert await story.value(assumed) is False
    story.database.shift += timedelta(days=1)
    assert await warn_of_unknown_years(story.database) == ()


async def test_the_engine_carries_duty_on_each_day_and_engines_share_the_work(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    await save_roster(story.database, "S2:duty", day_and_night(story), "wang")
    assert await extend_duty_due(story.database) == 0
    story.database.shift += timedelta(days=1)
    done = await asyncio.gather(*(extend_duty_due(story.database) for _ in range(4)))
    assert sum(done) == 2
    assert await on_duty(story, story.now + AHEAD - timedelta(minutes=1)) != []
    assert await story.value("select count(*) from duty where person = 'guard'") == 2 * 37
    story.database.shift += timedelta(days=100)
    assert await extend_duty_due(story.database) == 2, "an engine that was away for long"
    assert await on_duty(story) != []


async def test_people_who_change_rosters_leave_and_calendars_at_once_end_with_what_all_of_them_said(
    story: Story,
) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    await save_deputies(story.database, "guard", ["desk"], "li")
    story.database.shift += timedelta(days=1)
    tomorrow = now + timedelta(days=2)
    await asyncio.gather(
        put_in_force(story),
        save_leave(story.database, "guard", now, now + timedelta(days=9), "", "li"),
        save_deputies(story.database, "guard", ["head"], "li"),
        extend_duty_due(story.database),
        save_leave(story.database, "duty", now, now + timedelta(days=9), "", "li"),
        extend_duty_due(story.database),
    )
    assert await on_duty(story, tomorrow) == ["head"]
    assert await on_duty(story, tomorrow + timedelta(hours=10)) == []


async def test_a_preview_keeps_nothing(story: Story) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    expansion = await preview_roster(story.database, POST, day_and_night(story), now, now + timedelta(days=2))
    assert [span.person for span in expansion.spans] == ["guard", "duty", "guard", "duty", "guard"]
    assert await story.value("select count(*) from duty") == 0
    assert "roster.saved" not in await story.log_kinds()


async def test_who_is_on_duty_now_is_one_indexed_query(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    async with story.database.transaction() as connection:
        await connection.execute(
            "insert into post (code, kind, name, school)"
            " select 'S3:' || n, 'guard', '岗', 'S3' from generate_series(1, 3000) n"
        )
        await connection.execute(
            "insert into duty (post, starts_at, ends_at, person, shift, source)"
            " select 'S3:' || n, now() + make_interval(hours => h), now() + make_interval(hours => h + 1), 'guard',"
            " 'x', 'rotation' from generate_series(1, 3000) n, generate_series(-20, 19) h"
        )
        await connection.execute("analyze duty, post, roster, holding, leave")
        statement = read_statements("rosters")["list_on_duty"]
        plan = await connection.fetch(f"explain {statement}", "S1", story.now)
    told = "\n".join(row[0] for row in plan)
    assert "Seq Scan on duty" not in told, told
    assert re.search(r"Index Scan (using|on) (duty_pkey|duty_of_post)\b", told), told
    assert "Seq Scan on post" not in told, told
    async with story.database.connection() as connection:
        found = await list_on_duty(connection, "S1", story.now)
    assert [(one.person_name, one.shift, one.source) for one in found] == [("赵保安", "day", "rotation")]
    assert found[0].ends_at == story.now.astimezone(SHANGHAI).replace(hour=20, minute=0, second=0, microsecond=0)

"""Holes are found before they matter, kept while they last, and looked at again whenever something changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.domain.coverage import Finding, Hole, KnownHole, compare_holes
from alerts.domain.coverage_reasons import Reason, ReasonCode
from alerts.domain.escalation import Policy, Step
from alerts.domain.policies import Rule
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import PostKind
from alerts.engine.coverage import lint_stale_schools
from alerts.readiness.coverage import explain_press, lint_coverage
from alerts.readiness.coverage_words import say_reason
from alerts.readiness.policies import put_rule, save_policy
from alerts.storage.coverage import claiming_lint, count_stale, list_holes, summarize_coverage
from alerts.storage.database import Connection
from alerts.storage.deliveries import switch_channel
from alerts.storage.incidents import read_incidents
from alerts.storage.recipients import list_callees
from tests.alerts.engine.test_reaching import METHODS
from tests.alerts.story import Story, commit

HOUR = timedelta(hours=1)


async def open_phones(story: Story) -> None:
    """Everybody has a verified telephone, and nothing else takes messages."""
    await story.database_execute(METHODS)
    async with story.database.transaction() as connection:
        await switch_channel(connection, "log", on=False, confirms=False)
        await switch_channel(connection, "sms", on=True, confirms=True)


async def roster(story: Story, post: str, *duty: tuple[str, datetime, datetime]) -> None:
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into roster (post, definition, version, saved_by, saved_at, expanded_until)"
            " values ($1, '{}', 1, 'x', $2, $2) on conflict do nothing",
            post,
            story.now,
        )
        for person, start, end in duty:
            await connection.execute(
                "insert into duty values ($1, $2, $3, $4, 'day', 'rotation')", post, start, end, person
            )


async def send_on_leave(story: Story, person: str, start: datetime, end: datetime) -> None:
    async with story.database.connection() as connection:
        await connection.execute(
            "insert into leave (person, starts_at, ends_at, saved_by, saved_at) values ($1, $2, $3, 'x', $2)",
            person,
            start,
            end,
        )


async def holes_of(story: Story, school: str = "S1") -> list[Hole]:
    return [hole for hole in (await lint_coverage(story.database)).holes if hole.school == school]


async def kept(story: Story, school: str = "S1") -> list[tuple[Finding, datetime, datetime]]:
    async with story.database.connection() as connection:
        found = await list_holes(connection, school=school, limit=100)
    return [(hole.finding, hole.starts_at, hole.ends_at) for hole in found]


async def log_bodies(story: Story, kind: str) -> list[dict[str, Any]]:
    rows = await story.rows("select body::text from log where kind = $1 order by position", kind)
    return [msgspec.json.decode(row["body"]) for row in rows]


async def test_a_hole_in_next_tuesdays_roster_is_found_with_its_exact_ends(story: Story) -> None:
    await open_phones(story)
    monday = (story.now + timedelta(days=2)).replace(hour=16, minute=0, second=0, microsecond=0)
    gap_from, gap_to = monday + 6 * HOUR, monday + 14 * HOUR
    await roster(
        story,
        "S1:duty",
        ("guard", story.now - HOUR, gap_from),
        ("duty", gap_to, story.now + timedelta(days=9)),
    )
    holes = await holes_of(story)
    assert [(hole.finding, hole.starts_at, hole.ends_at) for hole in holes] == [
        (Finding.FIRST_STEP_EMPTY, gap_from, gap_to)
    ]
    reasons = {reason.code: reason for reason in holes[0].reasons}
    assert reasons[ReasonCode.ROSTER_GAP].post == "S1:duty"
    assert ReasonCode.NO_POST in reasons, "the city has neither guards nor duty leaders here"


async def test_a_roster_that_ends_a_leave_without_deputy_and_a_dead_telephone_are_named(story: Story) -> None:
    await open_phones(story)
    ends = (story.now + timedelta(days=3)).replace(microsecond=0)
    back = (story.now + timedelta(days=1)).replace(microsecond=0)
    await roster(story, "S1:duty", ("guard", story.now - HOUR, ends))
    hole = (await holes_of(story))[0]
    assert (hole.starts_at, hole.lasts) == (ends, True)
    assert Reason(ReasonCode.ROSTER_ENDS, "S1:duty", "值班", PostKind.SCHOOL_DUTY, at=ends) in hole.reasons
    await send_on_leave(story, "duty", story.now - HOUR, back)
    at_second_school = await holes_of(story, "S2")
    assert [one.ends_at for one in at_second_school] == [back]
    leave = next(one for one in at_second_school[0].reasons if one.code is ReasonCode.ON_LEAVE)
    assert say_reason(leave, "zh", "Asia/Shanghai").startswith("钱值班请假到")
    assert "without a deputy" in say_reason(leave, "en", "Asia/Shanghai")
    await story.database_execute("update contact_method set failing_since = now() where person = 'guard'")
    failing = [one for one in (await holes_of(story))[0].reasons if one.code is ReasonCode.FAILING]
    assert [(one.person, one.channels) for one in failing] == [("guard", ("sms",))]


async def test_a_school_of_which_nobody_is_reached_in_time_says_how_late_somebody_is(story: Story) -> None:
    await open_phones(story)
    late = Policy((Step(0, ("police", "post:school_duty")), Step(61, ("city",))), 60)
    await commit(story.database, put_rule, Rule(0, 0, Mode.LIVE, late, school="S1"), "wang")
    await story.database_execute("update contact_method set failing_since = now() where person in ('guard', 'duty')")
    hole = (await holes_of(story))[0]
    assert (hole.finding, hole.lasts) == (Finding.NOBODY, True)
    assert Reason(ReasonCode.TOO_LATE, seconds=61) in hole.reasons
    await story.database_execute("delete from contact_method where person in ('guard', 'duty')")
    assert (await holes_of(story))[0].finding is Finding.FIRST_STEP_EMPTY, "an empty step is skipped at once"


async def test_a_policy_for_fires_alone_makes_a_hole_for_fires_alone(story: Story) -> None:
    await open_phones(story)
    fires = Policy((Step(0, ("police", "post:crossing_post")), Step(90, ("city",))), 60)
    await commit(story.database, put_rule, Rule(0, 0, Mode.LIVE, fires, kind=Kind.FIRE, school="S1"), "wang")
    assert [(hole.finding, hole.kinds) for hole in await holes_of(story)] == [(Finding.FIRST_STEP_EMPTY, (Kind.FIRE,))]


async def test_every_reason_can_be_said_in_both_languages() -> None:
    for code in ReasonCode:
        reason = Reason(code, "p", "岗", PostKind.GUARD, "x", "人", datetime(2026, 11, 24, tzinfo=UTC), ("sms",), 61)
        for language in ("zh", "en"):
            said = say_reason(reason, language, "Asia/Shanghai")
            assert said
            assert "{" not in said


async def test_the_engine_keeps_what_it_finds_and_says_it_once(story: Story) -> None:
    await open_phones(story)
    end = (story.now + timedelta(days=2)).replace(microsecond=0)
    await roster(story, "S1:duty", ("guard", story.now - HOUR, end))
    assert await lint_stale_schools(story.database) == 3
    assert await lint_stale_schools(story.database) == 0, "nothing changed"
    found = await log_bodies(story, "coverage.found")
    assert {(hole["school"], hole["finding"]) for hole in found[0]["holes"]} == {
        ("S1", "first_step_empty"),
        ("S3", "first_step_empty"),
    }
    assert found[0]["counts"] == {"nobody": 0, "first_step_empty": 2}
    async with story.database.connection() as connection:
        summary = {one.code: one for one in await summarize_coverage(connection)}
    assert (summary["370202"].schools, summary["370202"].covered, summary["370202"].first_step_empty) == (2, 1, 1)
    story.database.shift += timedelta(hours=25)
    assert await lint_stale_schools(story.database) == 3, "once a day everything"
    assert len(await log_bodies(story, "coverage.found")) == 1, "the same holes are no news"


async def test_one_lints_at_a_time_and_one_that_fails_lets_the_next_one_in(story: Story) -> None:
    async def fail(mine: Connection, others: Connection) -> None:
        async with claiming_lint(mine) as claimed, claiming_lint(others) as at_the_same_time:
            assert (claimed, at_the_same_time) == (True, False)
            raise ZeroDivisionError

    async with story.database.connection() as mine, story.database.connection() as others:
        with pytest.raises(ZeroDivisionError):
            await fail(mine, others)
        async with claiming_lint(others) as afterwards:
            assert afterwards


CHANGES = (
    "update contact_method set verified_at = null where person = 'guard'",
    "update contact_method set failing_since = now() where person = 'guard'",
    "delete from contact_method where person = 'guard'",
    "insert into leave (person, starts_at, ends_at, saved_by, saved_at)"
    " values ('guard', now(), now() + interval '1 day', 'x', now())",
    "delete from holding where person = 'guard'",
    "insert into roster (post, definition, version, saved_by, saved_at, expanded_until)"
    " values ('S1:duty', '{}', 1, 'x', now(), now())",
    "insert into deputy (person, deputy) values ('guard', 'duty')",
    "insert into duty values ('S1:duty', now(), now() + interval '1 hour', 'guard', 'day', 'rotation')",
    "insert into post values ('S1:guard', 'guard', '保安', null, 'S1')",
    "update school set zone = 'Asia/Urumqi' where code = 'S1'",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_changes_at_a_school_makes_it_be_looked_at_again_and_it_alone(story: Story, change: str) -> None:
    await open_phones(story)
    await lint_stale_schools(story.database)
    await story.database_execute(change)
    assert await lint_stale_schools(story.database) == 1
    assert await lint_stale_schools(story.database) == 0


@pytest.mark.parametrize(
    ("change", "schools"),
    [
        ("update contact_method set failing_since = now() where person = 'desk'", 2),
        ("update contact_method set failing_since = now() where person = 'city'", 3),
        ("update channel set enabled = true where code = 'voice'", 3),
        ("update contact_method set code_attempts = 3", 0),
        ("update channel set allowance = 5", 0),
        ("update contact_method set verified_at = verified_at + interval '1 s'", 0),
    ],
)
async def test_a_change_is_looked_at_wherever_it_counts_and_nowhere_else(
    story: Story, change: str, schools: int
) -> None:
    await open_phones(story)
    await lint_stale_schools(story.database)
    await story.database_execute(change)
    assert await lint_stale_schools(story.database) == schools


async def test_a_policy_that_is_saved_makes_everything_be_looked_at_and_neighbours_follow_each_other(
    story: Story,
) -> None:
    await open_phones(story)
    await story.database_execute(
        "insert into education_group (code, name) values ('g', 'g');"
        "update school set group_code = 'g' where code in ('S1', 'S3')"
    )
    await lint_stale_schools(story.database)
    policy = Policy((Step(0, ("police", "neighbours:group", "on_duty")),), 60)
    await save_policy(story.database, Mode.LIVE, policy, "wang")
    assert await lint_stale_schools(story.database) == 3
    assert await kept(story, "S3") == [], "the neighbours at S1 are reached"
    await story.database_execute("delete from contact_method where person in ('guard', 'duty')")
    assert await lint_stale_schools(story.database) == 3, "S1 and S2, and S3 that calls S1's people"
    assert [finding for finding, _, _ in await kept(story, "S3")] == [Finding.NOBODY]


async def test_a_hole_that_is_mended_is_resolved_and_one_that_is_over_has_passed(story: Story) -> None:
    await open_phones(story)
    now = story.now.replace(microsecond=0)
    await roster(
        story,
        "S1:duty",
        ("guard", now - HOUR, now + HOUR),
        ("guard", now + 2 * HOUR, now + 3 * HOUR),
        ("guard", now + 4 * HOUR, now + timedelta(days=30)),
    )
    await lint_stale_schools(story.database)
    assert [(start, end) for _, start, end in await kept(story)] == [
        (now + HOUR, now + 2 * HOUR),
        (now + 3 * HOUR, now + 4 * HOUR),
    ]
    await roster(story, "S1:duty", ("duty", now + 3 * HOUR, now + 4 * HOUR))
    await lint_stale_schools(story.database)
    resolved = await log_bodies(story, "coverage.resolved")
    assert [(hole["school"], hole["starts_at"]) for hole in resolved[0]["holes"]] == [
        ("S1", (now + 3 * HOUR).isoformat().replace("+00:00", "Z"))
    ]
    story.database.shift += timedelta(hours=25)
    await lint_stale_schools(story.database)
    assert await kept(story) == []
    rows = await story.rows("select resolution from coverage_hole where school = 'S1' order by starts_at")
    assert [row["resolution"] for row in rows] == ["passed", "mended"]
    assert len(await log_bodies(story, "coverage.resolved")) == 1, "time that goes by is no news"


async def test_a_change_of_the_whole_city_is_one_row_of_the_log(story: Story) -> None:
    await open_phones(story)
    await story.database_execute(
        "insert into school (code, district, name, kind, ownership, students, boarders)"
        " select 'X' || n, '370203', 'X' || n, 'primary', 'public', 1, 0 from generate_series(1, 150) as n"
    )
    await lint_stale_schools(story.database)
    await story.database_execute("update channel set enabled = false")
    await lint_stale_schools(story.database)
    last = (await log_bodies(story, "coverage.found"))[-1]
    assert (len(last["holes"]), last["counts"]["nobody"], last["school_count"]) == (100, 153, 153)
    assert len(await log_bodies(story, "coverage.resolved")) == 1


async def test_engines_side_by_side_look_once_and_none_forgets_what_another_did_not_see(story: Story) -> None:
    await open_phones(story)
    looked = await asyncio.gather(*(lint_stale_schools(story.database) for _ in range(4)))
    assert sorted(looked) == [0, 0, 0, 3]
    async with story.database.connection() as connection:
        assert await count_stale(connection) == 0
    assert len(await log_bodies(story, "coverage.found")) == 1


def test_a_hole_is_the_same_while_it_overlaps_and_keeps_its_beginning() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    known = Hole("S1", Finding.NOBODY, now - 2 * HOUR, now + 3 * HOUR, ())
    found = Hole("S1", Finding.NOBODY, now, now + 4 * HOUR, ())
    other = Hole("S1", Finding.NOBODY, now + 5 * HOUR, now + 6 * HOUR, ())
    compared = compare_holes([KnownHole(1, known), KnownHole(2, other)], [found], now)
    assert (compared.new, compared.mended, compared.passed) == ((), (2,), ())
    assert [(one.id, one.hole.starts_at, one.hole.ends_at) for one in compared.still] == [
        (1, now - 2 * HOUR, now + 4 * HOUR)
    ]


async def test_it_is_told_who_would_be_called_when_by_which_channel_and_who_is_not_reached(story: Story) -> None:
    await open_phones(story)
    at = (story.now + timedelta(days=2)).replace(microsecond=0)
    await roster(story, "S1:duty", ("guard", story.now, at + 9 * HOUR))
    await send_on_leave(story, "supervisor", at - HOUR, at + HOUR)
    explained = await explain_press(story.database, "S1", at)
    assert explained is not None
    assert [(step.after_seconds, [call.person for call in step.calls]) for step in explained.steps] == [
        (0, ["guard"]),
        (30, ["desk"]),
        (60, ["city", "police"]),
        (180, ["head"]),
    ]
    first, second = explained.steps[:2]
    assert (first.police, first.calls[0].channels, first.calls[0].works) == (True, ("sms",), True)
    assert ReasonCode.ON_LEAVE in {reason.code for reason in second.reasons}
    assert (explained.reached_after_seconds, explained.covered, explained.effective.rule) == (0, True, None)
    async with story.database.connection() as connection:
        await story.press()
        running = (await read_incidents(connection, [1]))[0]
        callees = (await list_callees(connection, [running], at))[running.incident.id]
    assert [one.person for one in callees["post:school_duty"]] == ["guard"], "what the escalation itself would call"
    assert await explain_press(story.database, "S99", at) is None

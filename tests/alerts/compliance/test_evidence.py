"""Evidence lies at the school where its device is registered, and marks that school to be judged anew."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime

import pytest

from alerts.domain.arrivals import Arrival
from alerts.intake.reports import ReportIntake
from alerts.storage.compliance import take_stale
from tests.alerts.story import Story

GATES = """
insert into device (code, school, point, role)
    select 'S1-GATE', 'S1', id, 'gate' from point where school = 'S1' and name = '门卫室';
"""
PLACES = "select device, place, problems from evidence order by device, identity"
MARKS = "select school, input, on_date from compliance_stale order by school, input"


@pytest.fixture
async def story(story: Story) -> Story:
    await story.database_execute(GATES)
    return story


def gate(
    story: Story, device: str = "S1-GATE", name: str = "g1", at: str = "2026-11-23T23:30:00Z", **levels: str
) -> Arrival:
    return story.arrival({"id": name, "at": at, "open": True}, device, "gate", **levels)


async def test_a_gate_counts_at_its_school_and_an_unknown_or_misplaced_device_at_none(story: Story) -> None:
    await story.intake.take_reports([gate(story), gate(story, "stranger"), gate(story, "S1-G1", school="S2")])
    assert [tuple(row) for row in await story.rows(PLACES)] == [
        ("S1-G1", None, ["wrong_school"]),
        ("S1-GATE", "S1", []),
        ("stranger", None, ["unknown_device"]),
    ]


async def test_evidence_marks_its_school_once_a_batch_on_the_schools_own_day(story: Story) -> None:
    other = story.arrival({"id": "g2", "at": "2026-11-23T23:40:00Z", "open": False}, "S1-GATE", "gate")
    await story.intake.take_reports([gate(story), other])
    # Half past eleven at night in London is the next morning in Qingdao.
    assert [tuple(row) for row in await story.rows(MARKS)] == [("S1", "gates", date(2026, 11, 24))]


async def test_a_mark_that_waits_stands_for_all_that_comes_until_it_is_taken(story: Story) -> None:
    for minute in range(10, 13):
        await story.intake.take_reports([gate(story, name=f"g{minute}", at=f"2026-11-23T23:{minute}:00Z")])
    assert len(await story.rows(MARKS)) == 1
    await story.intake.take_reports([gate(story, name="g9", at="2026-11-24T23:30:00Z")])
    assert [row["on_date"] for row in await story.rows(MARKS)] == [date(2026, 11, 24), date(2026, 11, 25)]


async def test_a_mark_is_not_taken_before_all_that_it_stands_for_can_be_seen(story: Story) -> None:
    reports = ReportIntake(90)
    async with story.database.transaction() as storing:
        await reports.take_batch(storing, [gate(story)], story.now)
    async with story.database.transaction() as storing:
        await reports.take_batch(storing, [gate(story, name="g2", at="2026-11-23T23:40:00Z")], story.now)
        async with story.database.transaction() as judging:
            assert await take_stale(judging, ["S1"]) == []
    async with story.database.transaction() as judging:
        assert [mark.input for mark in await take_stale(judging, ["S1"])] == ["gates"]


async def test_what_comes_while_its_school_is_judged_waits_for_nobody_and_leaves_a_mark_of_its_own(
    story: Story,
) -> None:
    await story.intake.take_reports([gate(story)])
    async with story.database.transaction() as judging:
        assert len(await take_stale(judging, ["S1"])) == 1
        async with asyncio.timeout(10):
            await story.intake.take_reports([gate(story, name="g2", at="2026-11-23T23:40:00Z")])
    assert len(await story.rows(MARKS)) == 1


async def test_a_repeat_changes_nothing_and_marks_nothing(story: Story) -> None:
    await story.intake.take_reports([gate(story)])
    await story.database_execute("delete from compliance_stale")
    await story.intake.take_reports([gate(story)])
    assert await story.rows(MARKS) == []
    assert await story.value("select recorded_at from evidence") <= datetime.now(UTC)


async def test_of_a_batch_in_which_some_is_here_already_the_rest_is_stored_and_marks(story: Story) -> None:
    await story.intake.take_reports([gate(story)])
    await story.database_execute("delete from compliance_stale")
    new = gate(story, name="g2", at="2026-11-24T23:30:00Z")
    await story.intake.take_reports([gate(story), new, gate(story, "stranger"), new])
    assert [row["identity"] for row in await story.rows("select identity from evidence order by device, identity")] == [
        *("g1", "g2", "g1")
    ]
    assert [tuple(row) for row in await story.rows(MARKS)] == [("S1", "gates", date(2026, 11, 25))]


async def test_what_a_device_says_is_stored_to_the_letter_whatever_signs_are_in_it(story: Story) -> None:
    odd = "tab\t line\n return\r \\N back\\slash 门"
    for name in (odd, r"\N", r"\."):
        await story.intake.take_reports([gate(story, name=name), gate(story, odd, name, at="2026-11-23T22:30:00Z")])
    stored = await story.rows(
        "select device, identity, topic, payload, problems from evidence order by device, identity"
    )
    assert {row["identity"] for row in stored if row["device"] == odd} == {odd, r"\N", r"\."}
    assert {(row["topic"], tuple(row["problems"])) for row in stored if row["device"] == odd} == {
        (f"campus/v1/370202/S1/{odd}/gate", ("unknown_device",)),
    }
    assert {json.loads(row["payload"])["id"] for row in stored} == {odd, r"\N", r"\."}


async def test_a_device_that_moves_to_another_school_counts_there_from_its_next_message_on(story: Story) -> None:
    await story.intake.take_reports([gate(story), gate(story, "S2-GATE", school="S2")])
    await story.database_execute(GATES.replace("S1", "S2"))
    await story.database_execute("update device set school = 'S3' where code = 'S1-GATE'")
    moved = gate(story, name="g2", school="S3")
    await story.intake.take_reports([moved, gate(story, name="g3"), gate(story, "S2-GATE", name="g2", school="S2")])
    assert [tuple(row) for row in await story.rows(PLACES)] == [
        *(("S1-GATE", "S1", []), ("S1-GATE", "S3", []), ("S1-GATE", None, ["wrong_school"])),
        *(("S2-GATE", None, ["unknown_device"]), ("S2-GATE", "S2", [])),
    ]


async def test_what_an_output_says_is_evidence_of_no_rule(story: Story) -> None:
    await story.intake.take_reports([story.arrival({"command": "c", "on": True}, "S1-G1", "output")])
    assert await story.rows(MARKS) == []


async def test_a_device_that_fell_silent_was_not_heard_since_its_last_beat(story: Story) -> None:
    await story.beat("S1-GATE")
    await story.supervise()
    heard_at = await story.value("select last_seen_at from device_status where device = 'S1-GATE'")
    await story.forward(600)
    await story.supervise()
    rows = await story.rows("select link, at from device_transition where device = 'S1-GATE' order by number")
    assert [row["link"] for row in rows] == ["online", "silent"]
    assert rows[1]["at"] == rows[0]["at"] > heard_at  # heard before it was known to be there: not silent before that
    assert (rows[1]["at"] - heard_at).total_seconds() < 60

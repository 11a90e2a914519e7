"""Hazards and reports: an owner, a deadline, proof before they close, and the same one told of twice is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from alerts.compliance.facts import declare_fact, withdraw_fact
from alerts.compliance.hazards import (
    HazardClosed,
    NoSuchHazard,
    Told,
    assign_hazard,
    close_hazard,
    open_hazard,
    read_hazard,
)
from alerts.compliance.places import NoSuchSchool
from alerts.domain.compliance.facts import Declaration
from alerts.domain.compliance.hazard_reports import HazardInvalid, HazardSource, make_fingerprint
from alerts.domain.compliance.school_day import FactKind
from alerts.engine.engine import Engine
from alerts.engine.hazards import escalate_hazards_due
from alerts.storage.hazards import HazardRow, list_hazards
from tests.alerts.story import Story

JPEG = b"\xff\xd8\xff\xe0 a rail"
DAY = timedelta(days=1)


def told(**changes: Any) -> Told:
    usual: dict[str, Any] = {"source": HazardSource.PARENT, "title": "栏杆断裂", "place": "东操场"}
    return Told(**usual | changes)


async def look(story: Story, hazard: int, *, mended: bool = True, photos: tuple[bytes, ...] = (JPEG,)) -> int:
    """Somebody looks at a hazard and writes down what they saw."""
    seen = Declaration(FactKind.HAZARD, story.now, str(hazard), {"mended": mended})
    return (await declare_fact(story.database, "S1", seen, photos, "wang")).id


async def list_open(story: Story, **which: Any) -> list[HazardRow]:
    async with story.database.connection() as connection:
        return await list_hazards(connection, story.now, limit=100, **which)


async def test_a_hazard_has_seven_days_when_nobody_says_otherwise(story: Story) -> None:
    hazard = await open_hazard(story.database, "S1", told(), "wang")
    assert hazard.due_at == hazard.opened_at + 7 * DAY
    assert (hazard.owner, hazard.repeats, hazard.closed_at) == (None, None, None)
    soon = story.now + DAY
    other = await open_hazard(story.database, "S1", told(title="路灯不亮", owner="guard", due_at=soon), "wang")
    assert (other.owner, other.due_at) == ("guard", soon)
    assert await story.log_kinds() == ["hazard.opened", "hazard.opened"]
    assert {tuple(row) for row in await story.rows("select school, input from compliance_stale")} == {("S1", "hazards")}


async def test_a_hazard_is_closed_by_proof_and_by_nothing_else(story: Story) -> None:
    hazard = await open_hazard(story.database, "S1", told(), "wang")
    other = await open_hazard(story.database, "S1", told(title="路灯不亮"), "wang")
    for fact, message in (
        (99, "fact: name a fact of the kind hazard"),
        (await look(story, other.id), "fact: name a fact of the kind hazard"),
        (await look(story, hazard.id, mended=False), "fact: it does not say that"),
        (await look(story, hazard.id, photos=()), "fact: a photo, or a check-in"),
    ):
        with pytest.raises(HazardInvalid, match=message):
            await close_hazard(story.database, hazard.id, "换了新栏杆", fact, "wang")
    taken_back = await look(story, hazard.id)
    await withdraw_fact(story.database, taken_back, "拍错了", "wang")
    with pytest.raises(HazardInvalid, match="fact: it was corrected or withdrawn"):
        await close_hazard(story.database, hazard.id, "换了新栏杆", taken_back, "wang")
    proof = await look(story, hazard.id)
    with pytest.raises(HazardInvalid, match="text: say in"):
        await close_hazard(story.database, hazard.id, " ", proof, "wang")
    closed = await close_hazard(story.database, hazard.id, "换了新栏杆", proof, "wang")
    assert (closed.closed_by, closed.proof_text, closed.proof_fact) == ("wang", "换了新栏杆", proof)
    assert [one.id for one in await list_open(story)] == [other.id]
    detail = await read_hazard(story.database, hazard.id)
    assert proof in [one.id for one in detail.facts]
    for asked in (
        close_hazard(story.database, hazard.id, "again", proof, "li"),
        assign_hazard(story.database, hazard.id, "guard", None, "li"),
    ):
        with pytest.raises(HazardClosed):
            await asked


async def test_the_same_hazard_told_of_again_joins_the_open_one_and_closes_with_it(story: Story) -> None:
    first = await open_hazard(story.database, "S1", told(owner="guard"), "wang")
    story.database.shift += DAY
    again = told(source=HazardSource.PUBLIC, title=" 栏杆 断裂！", place="东操场。")
    second = await open_hazard(story.database, "S1", again, "li")
    assert (second.repeats, second.owner, second.due_at) == (first.id, "guard", first.due_at)
    elsewhere = await open_hazard(story.database, "S2", told(), "li")
    assert elsewhere.repeats is None, "another school's"
    proof = await look(story, second.id)
    await close_hazard(story.database, first.id, "换了新栏杆", proof, "wang")
    assert [one.id for one in await list_open(story)] == [elsewhere.id]
    third = await open_hazard(story.database, "S1", told(), "wang")
    assert (third.repeats, third.owner) == (second.id, None), "it broke again: a new one that names the one before"
    assert [one.id for one in (await read_hazard(story.database, third.id)).reports] == [first.id, second.id, third.id]


async def test_of_reports_of_one_hazard_at_once_each_but_the_first_names_another(story: Story) -> None:
    async with asyncio.timeout(20):
        rows = await asyncio.gather(*(open_hazard(story.database, "S1", told(), f"p{number}") for number in range(4)))
    assert sorted(one.repeats or 0 for one in rows) == [0, *sorted(one.id for one in rows)[:3]]


async def test_of_two_who_close_a_hazard_at_once_one_does(story: Story) -> None:
    hazard = await open_hazard(story.database, "S1", told(), "wang")
    proof = await look(story, hazard.id)
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(
            *(close_hazard(story.database, hazard.id, "修好了", proof, by) for by in ("wang", "li")),
            return_exceptions=True,
        )
    assert {type(one) for one in outcomes} == {HazardRow, HazardClosed}
    assert (await story.log_kinds()).count("hazard.closed") == 1


async def test_a_hazard_that_nobody_mended_in_time_is_overdue_once_until_it_has_another_deadline(story: Story) -> None:
    hazard = await open_hazard(story.database, "S1", told(), "wang")
    story.database.shift += 7 * DAY - timedelta(minutes=1)
    assert await escalate_hazards_due(story.database) == 0
    story.database.shift += timedelta(minutes=2)
    async with asyncio.timeout(20):
        found = await asyncio.gather(*(escalate_hazards_due(story.database) for _ in range(3)))
    assert sorted(found) == [0, 0, 1]
    assert (await story.log_kinds()).count("hazard.overdue") == 1
    assert [one.id for one in await list_open(story, overdue_only=True)] == [hazard.id]
    with pytest.raises(HazardInvalid, match="due_at: must be still to come"):
        await assign_hazard(story.database, hazard.id, "guard", story.now - DAY, "wang")
    later = await assign_hazard(story.database, hazard.id, "guard", story.now + DAY, "wang")
    assert (later.owner, later.escalated_at) == ("guard", None)
    kept = await assign_hazard(story.database, hazard.id, "duty", None, "wang")
    assert (kept.owner, kept.due_at) == ("duty", later.due_at)
    story.database.shift += 2 * DAY
    assert await escalate_hazards_due(story.database) == 1
    await close_hazard(story.database, hazard.id, "修好了", await look(story, hazard.id), "wang")
    assert await escalate_hazards_due(story.database) == 0


async def test_who_supervises_and_who_owns_overdue_hazards_is_told_of_all_in_one_notice(story: Story) -> None:
    await open_hazard(story.database, "S1", told(), "wang")
    await open_hazard(story.database, "S2", told(owner="guard", title="灯坏了"), "wang")
    story.database.shift += 8 * DAY
    assert await escalate_hazards_due(story.database) == 2
    [notice] = await story.rows("select title, text, audience::text as audience, people from notice")
    assert notice["title"] == "隐患逾期未整改 Hazards overdue: 2"
    assert "第一小学" in notice["text"]
    assert "灯坏了" in notice["text"]
    people = {row["person"] for row in await story.rows("select person from delivery where notice is not null")}
    assert "guard" in people
    supervisors = await story.rows(
        "select person from holding join post on post.code = holding.post"
        " where post.district = '370202' and post.kind in ('supervisor', 'district_desk')"
    )
    assert people == {"guard", *(row["person"] for row in supervisors)}
    assert len(people) > 1
    assert (await story.log_kinds()).count("hazard.escalated") == 1


async def test_where_nobody_can_be_told_of_a_hazard_the_log_says_so(story: Story) -> None:
    await story.database_execute("update channel set enabled = false")
    await open_hazard(story.database, "S1", told(), "wang")
    story.database.shift += 8 * DAY
    assert await escalate_hazards_due(story.database) == 1
    body = await story.value("select body::text from log where kind = 'hazard.escalated'")
    assert "can be reached" in body
    assert await story.value("select count(*) from notice") == 0


async def test_the_engine_that_runs_tells_of_an_overdue_hazard_by_itself(story: Story) -> None:
    await open_hazard(story.database, "S1", told(), "wang")
    story.database.shift += 8 * DAY
    running = asyncio.create_task(Engine(story.database, [story.channel], "engine-1").run())
    try:
        async with asyncio.timeout(60):
            while "hazard.overdue" not in await story.log_kinds():
                assert not running.done()
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": "！！"}, "title: say in"),
        ({"title": "x" * 201}, "title: say in"),
        ({"text": "x" * 2001}, "text: at most"),
        ({"place": "x" * 201}, "place: at most"),
        ({"owner": "nobody"}, "owner: nobody has the code"),
    ],
)
async def test_a_hazard_that_cannot_be_says_what_to_mend(story: Story, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(HazardInvalid, match=message):
        await open_hazard(story.database, "S1", told(**changes), "wang")
    assert await list_open(story) == []


async def test_a_school_or_hazard_that_is_not_there_is_said_so(story: Story) -> None:
    with pytest.raises(NoSuchSchool):
        await open_hazard(story.database, "S9", told(), "wang")
    with pytest.raises(NoSuchHazard):
        await read_hazard(story.database, 9)


def test_two_reports_are_alike_whatever_their_case_width_blanks_and_marks() -> None:
    assert make_fingerprint("Gate ２", "Broken, again!") == make_fingerprint("gate 2", "broken again")
    assert make_fingerprint("东操场", "栏杆断裂") != make_fingerprint("西操场", "栏杆断裂")
    assert make_fingerprint("a", "bc") != make_fingerprint("ab", "c")

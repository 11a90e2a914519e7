"""An incident's plan becomes cards for whoever holds the posts, ticked off against the 1-3-5 clock."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from alerts.domain.incidents import Cause
from alerts.domain.plans import Phase, Responsibility
from alerts.domain.presses import Mode
from alerts.domain.registry import PostKind
from alerts.domain.tasks import PhaseOutcome, TaskSettled, TaskState, is_late
from alerts.engine.engine import Engine
from alerts.engine.tasks import attend_tasks_due
from alerts.feed import changes_of
from alerts.incidents.answers import NoSuchIncident
from alerts.incidents.tasks import AssigneeInvalid, NoSuchTask
from alerts.readiness.windows import announce_window
from alerts.storage.log import read_log_after
from alerts.storage.tasks import read_one_three_five
from tests.alerts.engine.test_dying_engines import Killed, MortalDatabase
from tests.alerts.readiness.planning import PLAN, attend, cards, changed, moves, save, send_on_leave
from tests.alerts.story import LI, WANG, Story


async def test_a_press_makes_cards_of_its_plan_each_due_by_its_phase_and_given_to_whoever_holds_the_post(
    story: Story,
) -> None:
    await save(story)
    number = (await story.press(kind="intruder")).incident
    await attend(story)
    made = await cards(story, number)
    opened_at = (await story.incident(number)).opened_at
    assert {n: task.due_at and (task.due_at - opened_at) for n, task in made.items()} == {
        2: timedelta(seconds=60),
        3: timedelta(seconds=60),
        4: timedelta(seconds=180),
        5: timedelta(seconds=300),
        6: None,
    }, "what must stand ready beforehand is no card of a live incident"
    assert {n: task.person for n, task in made.items()} == {2: "guard", 3: "duty", 4: "desk", 5: "city", 6: None}
    assert {n: task.person_name for n, task in made.items()}[4] == "孙区台"
    assert (made[2].text, made[2].text_en, made[2].state) == ("关闭校门", "Shut the gate", TaskState.OPEN)


async def test_cards_are_one_row_of_the_log_and_a_board_that_follows_learns_of_them(story: Story) -> None:
    await save(story)
    number = (await story.press()).incident
    await attend(story)
    await attend(story)
    async with story.database.connection() as connection:
        rows = [row for row in await read_log_after(connection, 0, 100) if row.kind == "task.assigned"]
    assert len(rows) == 1
    body = msgspec.json.decode(rows[0].body)
    assert (body["plan"], body["version"], [one["number"] for one in body["tasks"]]) == ("intruder", 1, [2, 3, 4, 5, 6])
    assert [msgspec.json.decode(change.item)["id"] for change in changes_of(rows[0])] == [number]


async def test_two_engines_make_each_card_once(story: Story) -> None:
    await save(story)
    numbers = [(await story.press(device)).incident for device in ("S1-G1", "S2-G1", "S3-G1")]
    await asyncio.gather(*(attend_tasks_due(story.database) for _ in range(6)))
    await attend(story)
    assert [len(await cards(story, number)) for number in numbers] == [5, 5, 5]
    assert (await story.log_kinds()).count("task.assigned") == 3


async def test_a_test_makes_no_cards_and_a_drill_goes_through_what_must_stand_ready_too(story: Story) -> None:
    await save(story)
    now = story.now
    for mode, school in ((Mode.TEST, "S1"), (Mode.DRILL, "S2")):
        await announce_window(story.database, mode, now, now + timedelta(hours=1), "wang", school=school)
    tested = (await story.press("S1-G1", mode="test")).incident
    drilled = (await story.press("S2-G1", mode="drill")).incident
    await attend(story)
    assert await cards(story, tested) == {}
    assert sorted(await cards(story, drilled)) == [1, 2, 3, 4, 5, 6]


async def test_a_press_without_a_plan_or_a_school_makes_no_cards_and_is_not_asked_about_again(story: Story) -> None:
    await save(story)
    await story.press(kind="fire")
    await story.intake.take_presses([story.arrival({}, "ZZ-1", school="nowhere", district="nowhere")])
    assert await attend_tasks_due(story.database) == 2
    assert await attend_tasks_due(story.database) == 0
    assert await story.value("select count(*) from task") == 0


async def test_whoever_is_on_duty_comes_before_the_other_holders_and_a_deputy_when_nobody_is_there(
    story: Story,
) -> None:
    await save(story)
    await send_on_leave(story, "desk")
    async with story.database.connection() as connection:
        await connection.execute("insert into deputy (person, deputy) values ('desk', 'head')")
        await connection.execute(
            "insert into duty (post, starts_at, ends_at, person, shift, source)"
            " values ('S1:duty', $1, $2, 'duty', 'day', 'rotation')",
            story.now - timedelta(hours=1),
            story.now + timedelta(hours=1),
        )
    made = await cards(story, await _open(story))
    assert (made[2].person, made[3].person, made[4].person) == ("duty", "duty", "head")


async def test_the_person_whom_the_plan_names_gets_the_card_and_the_deputy_when_they_are_on_leave(story: Story) -> None:
    line = Responsibility(2, Phase.SELF_HELP, "关闭校门", PostKind.SCHOOL_DUTY, person="head", deputy="supervisor")
    await save(story, changed(responsibilities=(line,)))
    assert (await cards(story, await _open(story)))[2].person == "head"
    await send_on_leave(story, "head")
    assert (await cards(story, await _open(story, "S2-G1")))[2].person == "supervisor"


async def test_a_card_is_ticked_off_with_time_and_name_and_only_once(story: Story) -> None:
    await save(story)
    number = await _open(story)
    card = (await cards(story, number))[2]
    done = await moves(story).finish(number, card.id, WANG)
    assert (done.state, done.settled_by) == (TaskState.DONE, "王值班")
    assert await moves(story).finish(number, card.id, WANG) == done
    with pytest.raises(TaskSettled, match="王值班"):
        await moves(story).finish(number, card.id, LI)
    with pytest.raises(TaskSettled):
        await moves(story).skip(number, card.id, LI, "不需要")
    assert (await story.log_kinds()).count("task.done") == 1


async def test_a_card_is_skipped_with_a_reason_or_given_to_somebody_who_is_there(story: Story) -> None:
    await save(story)
    number = await _open(story)
    made = await cards(story, number)
    skipped = await moves(story).skip(number, made[2].id, WANG, "校门已关")
    assert (skipped.state, skipped.note) == (TaskState.SKIPPED, "校门已关")
    assert (await moves(story).assign(number, made[4].id, WANG, "supervisor")).person_name == "周督导"
    await send_on_leave(story, "head")
    with pytest.raises(AssigneeInvalid, match="冯局长 is on leave"):
        await moves(story).assign(number, made[4].id, WANG, "head")
    with pytest.raises(AssigneeInvalid, match="no person X"):
        await moves(story).assign(number, made[4].id, WANG, "X")
    assert {"task.skipped", "task.reassigned"} <= set(await story.log_kinds())


async def test_a_card_of_another_incident_is_none_of_this_one(story: Story) -> None:
    await save(story)
    first, second = await _open(story), await _open(story, "S2-G1")
    card = (await cards(story, second))[2]
    with pytest.raises(NoSuchTask):
        await moves(story).finish(first, card.id, WANG)
    with pytest.raises(NoSuchIncident):
        await moves(story).finish(999, card.id, WANG)


async def test_what_is_not_done_in_time_is_said_once_for_each_phase(story: Story) -> None:
    await save(story)
    number = await _open(story)
    made = await cards(story, number)
    await moves(story).finish(number, made[2].id, WANG)
    await attend(story, 61)
    await attend(story, 1)
    assert (await story.log_kinds()).count("task.overdue") == 1
    body = msgspec.json.decode(await story.value("select body::text from log where kind = 'task.overdue'"))
    assert (body["phase"], [one["number"] for one in body["tasks"]]) == ("self_help", [3])
    late = (await cards(story, number))[3]
    assert late.overdue_at is not None
    assert is_late(late, story.now)
    await attend(story, 300)
    assert (await story.log_kinds()).count("task.overdue") == 3


async def test_closing_over_cards_is_allowed_and_marks_them_and_one_that_is_done_later_still_counts(
    story: Story,
) -> None:
    await save(story)
    number = await _open(story)
    made = await cards(story, number)
    await moves(story).finish(number, made[2].id, WANG)
    await story.answers.acknowledge(number, WANG)
    await story.answers.close(number, WANG, Cause.REAL)
    await attend(story)
    states = {n: task.state for n, task in (await cards(story, number)).items()}
    assert states == {2: "done", 3: "left_open", 4: "left_open", 5: "left_open", 6: "left_open"}
    assert (await story.log_kinds()).count("task.left_open") == 1
    await attend(story, 600)
    assert "task.overdue" not in await story.log_kinds(), "nobody is waited for any more"
    assert (await moves(story).finish(number, made[6].id, LI)).state is TaskState.DONE


async def test_an_incident_that_was_closed_before_its_cards_were_made_gets_none(story: Story) -> None:
    await save(story)
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await story.answers.close(number, WANG, Cause.ACCIDENTAL)
    await attend(story)
    assert await cards(story, number) == {}


async def test_the_one_three_five_clock_says_of_each_phase_how_fast_it_was(story: Story) -> None:
    await save(story)
    number = await _open(story)
    made = await cards(story, number)
    story.database.shift += timedelta(seconds=20)
    await moves(story).finish(number, made[2].id, WANG)
    story.database.shift += timedelta(seconds=20)
    await moves(story).finish(number, made[3].id, WANG)
    await attend(story, 200)
    await moves(story).finish(number, made[4].id, WANG)
    async with story.database.connection() as connection:
        first, second, third = await read_one_three_five(connection, number)
    assert (first.phase, first.tasks, first.done, first.late, first.outcome) == ("self_help", 2, 2, 0, PhaseOutcome.MET)
    assert first.seconds == pytest.approx(40, abs=20)
    assert (second.late, second.outcome) == (1, PhaseOutcome.NOT_MET)
    assert (third.finished_at, third.outcome) == (None, PhaseOutcome.RUNNING)


async def test_a_phase_of_which_everything_was_skipped_is_unknown_and_never_met(story: Story) -> None:
    await save(story)
    number = await _open(story)
    await moves(story).skip(number, (await cards(story, number))[5].id, WANG, "演练不做")
    async with story.database.connection() as connection:
        timing = (await read_one_three_five(connection, number))[2]
    assert (timing.skipped, timing.done, timing.outcome) == (1, 0, PhaseOutcome.UNKNOWN)


async def test_cards_keep_the_version_that_they_were_made_of(story: Story) -> None:
    await save(story)
    number = await _open(story)
    line = PLAN.responsibilities[1]
    await save(story, changed(responsibilities=(line,)))
    assert len(await cards(story, number)) == 5
    made = await cards(story, await _open(story, "S2-G1"))
    assert [(task.number, task.version) for task in made.values()] == [(2, 2)]


@pytest.mark.parametrize("after_commit", [False, True])
async def test_an_engine_that_dies_at_any_of_its_transactions_neither_misses_a_card_nor_doubles_one(
    story: Story, after_commit: bool
) -> None:
    await save(story)
    numbers = []
    for dies_at in range(4):
        number = (await story.press()).incident
        await _attend_mortally(story, dies_at, after_commit)
        await _attend_mortally(story, dies_at, after_commit, seconds=61)
        await story.answers.acknowledge(number, WANG)
        await story.answers.close(number, WANG, Cause.REAL)
        await _attend_mortally(story, dies_at, after_commit)
        numbers.append(number)
    for number in numbers:
        assert sorted(await cards(story, number)) == [2, 3, 4, 5, 6]
        kinds = [
            row["kind"]
            for row in await story.rows(
                "select kind from log where subject = $1 and kind like 'task.%' order by position", f"incident:{number}"
            )
        ]
        assert kinds == ["task.assigned", "task.overdue", "task.left_open"]


async def test_the_engine_that_runs_makes_the_cards_of_a_press_by_itself(story: Story) -> None:
    await save(story)
    running = asyncio.create_task(Engine(story.database, [story.channel], "engine-1").run())
    try:
        number = (await story.press()).incident
        async with asyncio.timeout(60):
            while not await cards(story, number):
                assert not running.done()
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (await cards(story, number))[2].person == "guard"


async def _attend_mortally(story: Story, dies_at: int, after_commit: bool, seconds: float = 0) -> None:
    """Lets an engine see to the cards that dies at one of its transactions, and another one after it."""
    story.database.shift += timedelta(seconds=seconds)
    database = await MortalDatabase.open(story.database.url, application_name="mortal")
    database.dies_at, database.after_commit, database.shift = dies_at, after_commit, story.database.shift
    try:
        for _ in range(2):
            with suppress(Killed):
                while await attend_tasks_due(database):
                    pass
    finally:
        await database.close()
    await attend(story)


async def _open(story: Story, device: str = "S1-G1") -> int:
    number = (await story.press(device)).incident
    await attend(story)
    return number

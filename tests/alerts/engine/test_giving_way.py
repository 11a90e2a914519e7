"""What computes or writes much lets calls go first, and goes on all the same when nobody escalates."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from alerts.domain.presses import Mode
from alerts.engine.escalation import escalate_due
from alerts.engine.giving_way import LATE, let_calls_pass, work_until_done
from alerts.readiness.windows import announce_window
from alerts.storage.incidents import are_calls_late
from tests.alerts.story import Story


async def are_late(story: Story) -> bool:
    async with story.database.connection() as connection:
        return await are_calls_late(connection, story.now - LATE)


async def test_a_step_that_did_not_fire_in_time_is_late_until_it_has_fired(story: Story) -> None:
    assert not await are_late(story)
    await story.press()
    await story.deliver()
    assert not await are_late(story)
    story.database.shift += timedelta(seconds=31)
    assert await are_late(story)
    while await escalate_due(story.database):
        pass
    assert not await are_late(story)


async def test_a_message_of_a_live_press_that_nobody_carried_is_late_and_one_of_a_test_is_not(story: Story) -> None:
    now = story.now
    await announce_window(story.database, Mode.TEST, now, now + timedelta(hours=1), "wang", school="S1")
    await story.press(mode="test")
    story.database.shift += timedelta(seconds=2)
    assert not await are_late(story)
    await story.press(kind="fire")
    story.database.shift += timedelta(seconds=2)
    assert await are_late(story)
    await story.deliver()
    assert not await are_late(story)


async def test_other_work_begins_when_the_steps_that_were_late_have_fired(story: Story) -> None:
    await story.press()
    await story.deliver()
    story.database.shift += timedelta(seconds=31)
    late_at_work: list[bool] = []

    async def work() -> int:
        late_at_work.append(await are_late(story))
        return 0

    working = asyncio.create_task(work_until_done(story.database, work, 60))
    await asyncio.sleep(0)
    while await escalate_due(story.database):
        pass
    await story.deliver()
    await working
    assert late_at_work == [False]


async def test_other_work_goes_on_slowly_where_nobody_escalates(story: Story) -> None:
    await story.press()
    story.database.shift += timedelta(seconds=31)
    async with asyncio.timeout(30):
        await let_calls_pass(story.database, 0.5)
    assert await are_late(story)

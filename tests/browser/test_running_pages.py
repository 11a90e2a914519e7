"""The pages of tests and drills, answer times, notices and channels fit every screen and every reader."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.domain.practice import Way
from alerts.domain.presses import Mode
from alerts.engine.practice import prove_tests
from alerts.incidents.receipts import start_stage_receipts
from alerts.messages.notices import put_notice
from alerts.readiness.windows import announce_window, end_window
from alerts.reports.answer_times import count_answer_times
from alerts.storage.notices import Audience
from tests.alerts.story import WANG, Story, commit
from tests.browser.looks import walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROUTES = {
    "practice": "#/practice",
    "test-month": "#/practice/month",
    "reports": "#/practice/reports",
    "answer-times": "#/answer-times",
    "answer-times-hour": "#/answer-times/hour",
    "notices": "#/notices",
    "notice-new": "#/notices/new",
    "notice": "#/notices/1",
}


async def set_the_scene(story: Story) -> None:
    """A drill that is over, a test of the whole city that runs, an incident taken late, a notice on its way."""
    now = story.now
    drill = await announce_window(
        story.database, Mode.DRILL, now, now + timedelta(hours=1), "wang", school="S1", note="疏散演练，全校参加"
    )
    await end_window(story.database, drill.id, "wang")
    running = (now - timedelta(minutes=1), now + timedelta(hours=2))
    await announce_window(story.database, Mode.TEST, *running, "wang", note="月度测试")
    ahead = (now + timedelta(hours=3), now + timedelta(hours=4))
    await announce_window(
        story.database, Mode.DRILL, *ahead, "wang", district="370202", told_police=(Way.PHONE, "110-20261123-0815")
    )
    await start_stage_receipts(story.database)
    await story.press("S1-G1", id="t1", mode="test")
    while await prove_tests(story.database):
        pass
    story.database.shift = timedelta(minutes=-3)
    late = (await story.press("S2-G1", id="p1")).incident
    story.database.shift = timedelta(minutes=-2)
    await story.answers.acknowledge(late, WANG)
    story.database.shift = timedelta()
    while await count_answer_times(story.database):
        pass
    await commit(story.database, put_notice, "周五停电", "周五 12 点停电一小时。", Audience(city=True), "wang")


async def test_each_page_fits_the_screen_and_axe_finds_nothing_serious(real_desk: RealDesk) -> None:
    await set_the_scene(real_desk.story)
    await real_desk.enter()
    await walk(real_desk, ROUTES)
    await real_desk.change_hands("chen")
    await walk(real_desk, {"channels": "#/channels/sms"})

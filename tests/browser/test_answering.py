"""What a person does to an incident, and what they are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk
from tests.browser.fake_service import FakeService
from tests.browser.real_board import RealDesk
from tests.dashboard.test_watchers import board_of, hear_of, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_incident_is_taken_gone_to_noted_and_closed_with_its_cause(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch()
    await desk.card(incident.id).locator("a.open").click()
    view = desk.page.locator("[data-view=incident]")
    await expect(view.locator("h2")).to_be_focused()
    await expect(view).to_contain_text(incident.school_name or "")
    await expect(desk.action("close")).to_have_attribute("aria-disabled", "true")

    await desk.action("acknowledge").click()
    await expect(view.locator("header")).to_contain_text("已接警")
    await expect(view).to_contain_text("接警成功，警情由您负责。")
    await desk.action("respond").click()
    await expect(view.locator("header")).to_contain_text("处置中")
    await desk.page.fill("#note", "两名保安已到场")
    await desk.action("note").click()
    await expect(view.locator("[data-kind='incident.noted']")).to_contain_text("两名保安已到场")
    await expect(desk.page.locator("#note")).to_have_value("")

    await desk.action("close").click()
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="确认结案").click()
    await expect(dialog).to_contain_text("请选择结案原因。")
    await dialog.get_by_text("误报：误碰按钮").click()
    await dialog.get_by_label("说明").fill("门卫误碰")
    await dialog.get_by_role("button", name="确认结案").click()
    await expect(dialog).to_have_count(0)
    await expect(view).to_contain_text("由 王建国 于")
    await expect(view.locator("[data-kind='incident.closed']")).to_contain_text("门卫误碰")
    await expect(desk.live_cards).to_have_count(0)
    closed = service.city.incidents[incident.id]
    assert (closed.cause, closed.closed_by) == ("accidental", "王建国")


async def test_a_double_click_takes_once(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch(route=f"#/incidents/{incident.id}")
    await desk.action("acknowledge").dblclick()
    await expect(desk.page.locator("[data-view=incident] header")).to_contain_text("已接警")
    assert [action for action, _, _ in service.requests] == ["acknowledge"]


async def test_an_action_without_an_answer_says_so_and_repeats_with_the_same_key(
    desk: Desk, service: FakeService
) -> None:
    incident = service.city.press(3)
    await desk.watch(route=f"#/incidents/{incident.id}")
    service.answering = False
    await desk.action("acknowledge").click()
    view = desk.page.locator("[data-view=incident]")
    await expect(view).to_contain_text("没有收到服务器的答复")
    await expect(view.locator("header")).to_contain_text("未接警")
    service.answering = True
    await desk.action("acknowledge").click()
    await expect(view.locator("header")).to_contain_text("已接警")
    assert len({key for _, _, key in service.requests}) == 1
    assert len(service.requests) > 2


async def test_who_comes_too_late_is_told_who_has_it(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch(route=f"#/incidents/{incident.id}")
    await expect(desk.action("acknowledge")).to_have_attribute("aria-disabled", "false")
    # The other desk's click and ours cross: ours leaves before the news of theirs is here.
    await desk.page.route("**/acknowledge", lambda route: _take_first(service, incident.id, route))
    await desk.action("acknowledge").click()
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("这起警情已由 赵敏 于")


async def _take_first(service: FakeService, incident: int, route) -> None:  # type: ignore[no-untyped-def]
    service.city.act(incident, "acknowledge", "赵敏", {})
    await route.continue_()


async def test_the_incident_shows_where_when_who_was_told_and_what_comes_next(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3, late=timedelta(minutes=62), told=3, reached=2)
    await desk.watch(route=f"#/incidents/{incident.id}")
    view = desk.page.locator("[data-view=incident]")
    await expect(view.locator(".where")).to_contain_text(incident.point or "")
    presses = view.locator("tbody tr")
    await expect(presses).to_have_count(1)
    await expect(presses.first).to_contain_text("迟到 1:02:00")
    await expect(view.locator("[data-delivery=delivered]")).to_have_count(2)
    await expect(view.locator("[data-delivery=failed]")).to_contain_text("HTTP 502 from the provider")
    await expect(view).to_contain_text("升级通知 · 第 2 步")
    await expect(view).to_contain_text("区值班员 · 区市值班室")
    service.city.press(3)
    await expect(presses).to_have_count(2)


async def test_the_back_button_and_escape_lead_back_to_the_board(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch()
    await desk.card(incident.id).locator("a.open").click()
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()
    await desk.page.go_back()
    await expect(desk.page.locator("[data-view=incident]")).to_have_count(0)
    await desk.page.go_forward()
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("[data-view=incident]")).to_have_count(0)


async def test_an_incident_that_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    await desk.watch(route="#/incidents/999")
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("没有这起警情")


async def test_unplaced_presses_quarantine_and_closed_incidents_are_on_record(desk: Desk, service: FakeService) -> None:
    service.city.press_unplaced("STRAY-9")
    service.city.press(3)
    service.city.act(2, "respond", "王建国", {})
    service.city.act(2, "close", "王建国", {"cause": "pupil_play"})
    await desk.watch(route="#/records/incidents")
    records = desk.page.locator("[data-view=records]")
    await expect(records.locator("tbody tr")).to_contain_text(["误报：学生玩闹"])
    await records.get_by_role("link", name="位置不明的报警").click()
    await expect(records.locator("tbody tr")).to_contain_text(["STRAY-9"])
    await records.get_by_role("link", name="警情 #1").click()
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("位置不明：该设备没有登记到任何学校")
    await desk.go("#/records/quarantine")
    await expect(records).to_contain_text("没有记录。")


async def test_two_people_at_an_incident_see_each_other(real_desk: RealDesk) -> None:
    desk, page = real_desk, real_desk.page
    incident = (await desk.story.press("S1-G1", id="p1")).incident
    assert incident is not None
    await desk.enter(route=f"#/incidents/{incident}")
    async with board_of(desk.dashboard, "li") as li:
        await say(li, incident, "writing")
        await hear_of(li, incident, ("li", "writing"), ("wang", "looking"))
        await expect(page.locator("[data-part=watchers]")).to_have_text("李主任 也在看，正在写记录")
        await desk.save_picture("watchers")
        await page.fill("#note", "已联系门卫室")
        await hear_of(li, incident, ("wang", "writing"), ("li", "writing"))
        await desk.go("#/")
        await hear_of(li, incident, ("li", "writing"))
        await page.go_back()
        await hear_of(li, incident, ("li", "writing"), ("wang", "looking"))
    await expect(page.locator("[data-part=watchers]")).to_be_empty()

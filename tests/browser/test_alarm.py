"""A press: seen, heard, said; a test or a drill never like the real thing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from alerts.domain.presses import Kind, Mode
from tests.browser.desk import Desk
from tests.browser.fake_service import FakeService

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_press_is_on_the_board_in_the_title_said_and_rings_until_taken(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch()
    await expect(desk.page.locator("#queue")).to_contain_text("当前没有未结警情")
    await expect(desk.room).to_have_attribute("data-sound", "off")
    await desk.page.get_by_role("button", name="声音已关闭").click()
    await expect(desk.room).to_have_attribute("data-sound", "on")
    await expect(desk.room).to_have_attribute("data-ringing", "")

    incident = service.city.press(3, kind=Kind.FIRE)
    card = desk.live_cards.first
    await expect(card).to_contain_text("火情")
    await expect(card).to_contain_text(incident.school_name or "")
    await expect(card).to_contain_text(incident.point or "")
    await expect(desk.page).to_have_title(re.compile(r"^\(1\) "))
    await expect(desk.page.locator("[data-said=urgent]")).to_contain_text(f"新警情：火情，{incident.school_name}")
    await expect(desk.room).to_have_attribute("data-ringing", "fire")
    await expect(desk.page.locator("[data-count=open] b")).to_have_text("1")

    await card.get_by_role("button", name="接警").click()
    await expect(card).to_have_attribute("data-state", "acknowledged")
    await expect(desk.room).to_have_attribute("data-ringing", "")
    await expect(desk.page).to_have_title("校园一键式紧急报警平台")
    await expect(desk.page.locator("[data-said=calm]")).to_contain_text("王建国 已接警")


async def test_a_muted_incident_is_silent_until_it_is_pressed_again(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    await desk.page.get_by_role("button", name="声音已关闭").click()
    incident = service.city.press(3)
    await expect(desk.room).to_have_attribute("data-ringing", "panic")
    await desk.card(incident.id).get_by_role("button", name="本条静音").click()
    await expect(desk.room).to_have_attribute("data-ringing", "")
    service.city.press(3, kind=Kind.VIOLENCE)
    await expect(desk.card(incident.id)).to_contain_text("按键 2 次")
    await expect(desk.room).to_have_attribute("data-ringing", "panic")
    await expect(desk.room).to_have_attribute("data-ringing", "")


async def test_the_most_urgent_unmuted_incident_decides_the_sound(desk: Desk, service: FakeService) -> None:
    service.city.press(3, kind=Kind.MEDICAL, ago=timedelta(seconds=20))
    service.city.press(4, kind=Kind.INTRUDER)
    await desk.watch()
    await expect(desk.room).to_have_attribute("data-ringing", "intruder")
    await desk.card(2).get_by_role("button", name="本条静音").click()
    await expect(desk.room).to_have_attribute("data-ringing", "medical")


@pytest.mark.parametrize(("mode", "mark"), [(Mode.TEST, "测试 TEST"), (Mode.DRILL, "演练 DRILL")])
async def test_a_test_or_drill_says_so_first_stands_apart_and_rings_no_alarm(
    desk: Desk, service: FakeService, mode: Mode, mark: str
) -> None:
    await desk.watch()
    await desk.page.get_by_role("button", name="声音已关闭").click()
    service.city.press(5, mode=mode)
    card = desk.exercise_cards.first
    await expect(card.locator("header")).to_have_text(re.compile(f"^\\s*{mark}"))
    await expect(card.locator("header")).to_have_class(re.compile("hatched"))
    await expect(desk.live_cards).to_have_count(0)
    await expect(desk.page.locator("[data-count=open] b")).to_have_text("0")
    await expect(desk.page.locator("[data-count=exercise] b")).to_have_text("1")
    await expect(desk.page.locator("[data-said=calm]")).to_contain_text(mark[:2])
    await expect(desk.page.locator("[data-said=urgent]")).to_have_text("")
    await expect(desk.room).to_have_attribute("data-ringing", "")
    await expect(desk.page).to_have_title("校园一键式紧急报警平台")


async def test_a_live_press_stands_above_tests_however_long_those_wait(desk: Desk, service: FakeService) -> None:
    service.city.press(5, mode=Mode.TEST, ago=timedelta(hours=1))
    await desk.watch()
    service.city.press(6)
    cards = desk.page.locator("#queue .incident")
    await expect(cards.nth(0)).to_have_attribute("data-mode", "live")
    await expect(cards.nth(1)).to_have_attribute("data-mode", "test")


async def test_the_answer_clock_runs_on_the_servers_time_and_changes_its_grade(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch()
    incident = service.city.press(3)
    clock = desk.card(incident.id).locator("[data-grade]")
    await expect(clock).to_have_attribute("data-grade", "fresh")
    service.city.shift = timedelta(seconds=31)
    await expect(clock).to_have_attribute("data-grade", "slow")
    await expect(clock).to_contain_text("超 30 秒")
    service.city.shift = timedelta(seconds=61)
    await expect(clock).to_have_attribute("data-grade", "late")
    await expect(clock).to_contain_text(re.compile(r"超 60 秒\s*01:0\d"))


async def test_the_answer_clock_stands_when_somebody_took_it(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    incident = service.city.press(3, ago=timedelta(seconds=42))
    service.city.act(incident.id, "acknowledge", "赵敏", {})
    card = desk.card(incident.id)
    await expect(card).to_contain_text(re.compile(r"接警用时\s*00:4\d"))
    stood = await card.locator("[data-seconds]").get_attribute("data-seconds")
    service.city.shift = timedelta(minutes=2)
    await expect(card).to_contain_text("02:5")  # the acknowledgement's countdown moved with the server's clock
    await expect(card.locator("[data-seconds]")).to_have_attribute("data-seconds", stood or "")
    await expect(card).to_contain_text("已接警：赵敏")


async def test_whether_anybody_was_reached_is_on_the_card(desk: Desk, service: FakeService) -> None:
    said = {
        "正在通知 3 人": service.city.press(4, told=3, reached=0, ago=timedelta(seconds=2)),
        "没有通知到任何人": service.city.press(3, told=0, reached=0),
        "已通知 3 人，无人收到": service.city.press(5, told=3, reached=0, ago=timedelta(seconds=11)),
        "通知 4 人，3 人收到": service.city.press(6, told=4, reached=3, ago=timedelta(seconds=11)),
    }
    await desk.watch()
    for words, incident in said.items():
        await expect(desk.card(incident.id).locator("[data-reach]")).to_have_text(words)


async def test_what_is_unusual_is_marked(desk: Desk, service: FakeService) -> None:
    service.city.press(3, late=timedelta(minutes=62), problems=("future",))
    service.city.ask_to_cancel(1)
    service.city.press_unplaced("STRAY-9")
    service.city.act(1, "acknowledge", "赵敏", {})
    service.city.run_out(1)
    await desk.watch()
    for words in ("迟到", "设备时间超前", "按键方请求撤销", "第 2 轮"):
        await expect(desk.card(1)).to_contain_text(words)
    await expect(desk.card(2)).to_contain_text("位置不明 · STRAY-9")
    await expect(desk.card(2)).to_contain_text("设备未登记")


async def test_each_kind_of_alarm_can_be_listened_to(desk: Desk) -> None:
    await desk.watch()
    await desk.page.click(".opener")
    for name in ("紧急报警", "暴力伤害", "非法闯入", "火情", "医疗急救", "其他警情"):
        await desk.page.get_by_role("button", name=f"试听：{name}").click()
    await expect(desk.room).to_have_attribute("data-sound", "on")

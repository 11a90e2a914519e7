"""An alarm that reaches nobody is red wherever one is; 110, tasks and outputs are handled on the incident's face."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from alerts.domain.registry import Output
from alerts.engine.police_watch import watch_handovers_due
from alerts.engine.reaching import follow_up_overdue
from alerts.engine.tasks import attend_tasks_due
from alerts.incidents.outputs import Wish
from tests.alerts.incidents.test_outputs import Site
from tests.alerts.readiness import planning
from tests.alerts.story import LI, WANG
from tests.browser.looks import find_grave
from tests.browser.real_board import SECOND_ADMINISTRATOR, RealDesk
from tests.browser.test_policies import choose_school

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_live_alarm_that_reached_nobody_is_red_on_every_page(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.database_execute("update channel set enabled = (code = 'sms')")
    await desk.enter("#/policies")
    banner = desk.page.locator(".unreached[role=alert]")
    await desk.story.press("S1-G1", id="a-press")
    await expect(desk.live_cards).to_have_count(1)
    await expect(banner).to_have_count(0)  # it may still arrive
    await desk.story.forward(11)
    await follow_up_overdue(desk.story.database)
    await expect(banner).to_contain_text("一个人也没通知到：第一小学")
    await expect(desk.live_cards.first).to_have_class(re.compile("unreached"))
    await expect(desk.live_cards.first.locator("[data-reach]")).to_have_attribute("data-reach", "reached-nobody")
    desk.story.database.shift += timedelta(minutes=2)  # no engine climbs on: what comes next is overdue
    await expect(desk.live_cards.first.locator(".overdue")).to_be_visible()
    assert await find_grave(desk) == []
    await desk.save_picture("reached-nobody")
    await banner.get_by_role("link", name="查看并处置").click()
    await expect(desk.page.locator("[data-view=incident] [data-kind='incident.unreached']")).to_be_visible()
    await expect(desk.page.locator("[data-delivery][data-channel=sms]").first).to_contain_text("短信")
    await desk.action("acknowledge").click()
    await expect(banner).to_have_count(0)


async def test_110_must_be_telephoned_and_the_call_is_recorded(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.press("S1-G1", id="a-press")
    await desk.story.forward(35)
    await watch_handovers_due(desk.story.database)
    await desk.enter("#/incidents/1")
    card = desk.page.locator("[data-part=handover]")
    await expect(card).to_contain_text("必须打电话报 110")
    await expect(desk.live_cards.first).to_contain_text("须打电话报 110")
    await card.get_by_role("button", name="登记与 110 的通话").click()
    await card.get_by_label("接处警编号").fill("2026112400017")
    await card.get_by_label("接警民警").fill("警号 0371")
    await card.get_by_role("button", name="登记", exact=True).click()
    await expect(card).to_have_attribute("data-police", "accepted")
    await expect(card).to_contain_text("2026112400017")
    await expect(desk.live_cards.first).to_contain_text("110 已接受")
    await card.get_by_role("button", name="登记与 110 的通话").click()
    await card.get_by_label("110 说").select_option("rejected")
    await card.get_by_role("button", name="登记", exact=True).click()
    await expect(card).to_contain_text("请填写原因或结果")


async def test_task_cards_are_ticked_off_and_skipped_with_a_reason(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.story.press("S1-G1", id="a-press", kind="violence")
    await attend_tasks_due(desk.story.database)
    await desk.enter("#/incidents/1")
    tasks = desk.page.locator("[data-part=tasks]")
    gate, shields = tasks.locator('[data-task="2"]'), tasks.locator('[data-task="3"]')
    await gate.get_by_role("checkbox").click()
    await shields.get_by_role("button", name=re.compile("免办")).click()
    await shields.get_by_label("为什么这里不需要").fill("人已离开")
    await shields.get_by_role("button", name="免办", exact=True).click()
    await expect(gate).to_have_attribute("data-state", "done")
    await expect(gate).to_contain_text("王值班")
    await expect(shields).to_contain_text("人已离开")
    await expect(tasks.locator("[data-phase=self_help]")).to_have_attribute("data-outcome", "met")


async def test_closing_over_an_output_that_nobody_confirmed_asks_for_a_word_why(real_desk: RealDesk) -> None:
    desk = real_desk
    site = await Site(desk.story).open()
    await desk.story.press("S1-G1", id="a-press")
    await desk.enter("#/incidents/1")
    outputs = desk.page.locator("[data-part=outputs]")
    siren = outputs.locator('[data-output="S1-G1/siren"]')
    await siren.get_by_role("button", name=re.compile("^开")).click()
    await expect(siren).to_have_attribute("data-state", "wanted")
    await site.send()
    await site.forward(11)
    await expect(siren).to_contain_text("不知道是否打开")
    await expect(desk.live_cards.first).to_contain_text("1 个现场设备未确认")
    await desk.action("acknowledge").click()
    await desk.action("close").click()
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("误报：误碰按钮").check()
    await dialog.get_by_role("button", name="确认结案").click()
    await expect(dialog).to_contain_text("请写明为什么结案")
    await dialog.get_by_label("说明为什么现在结案").fill("已到现场，警笛没有响")
    await dialog.get_by_role("button", name="确认结案").click()
    await expect(desk.live_cards).to_have_count(0)


async def test_two_takers_are_counted_and_it_climbs_until_both_have_it(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.database_execute(SECOND_ADMINISTRATOR)
    await desk.enter("#/policies/new", name="chen")
    await desk.page.locator("[data-field=takers]").fill("2")
    await expect(desk.page.locator(".verdict")).to_contain_text("可以保存")
    await expect(desk.page.locator("[data-part=second]")).to_contain_text("另一位管理员按时确认")
    await desk.save_picture("policy-of-the-city")
    await desk.page.get_by_role("button", name="提出，等人确认").click()
    order = desk.page.locator("[data-order]")
    await expect(order.locator("[data-part=confirmers]")).to_have_text("可以确认的人：李主任")
    await expect(order.locator(".differs")).to_contain_text(["不同"] * 2)
    await desk.go("#/policies")
    await expect(desk.page.locator("[data-part=orders-waiting]")).to_contain_text("在等另一个人确认")
    await desk.change_hands("li")
    await desk.page.locator("[data-part=orders-waiting]").get_by_role("link").click()
    await order.get_by_text("看看改后会通知谁").click()
    await choose_school(desk, order, "第一", "第一小学")
    await expect(order.locator("[data-part=trial] [data-person=guard]").first).to_be_visible()
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("order-policy")
    await order.get_by_role("button", name="确认…").click()
    await order.get_by_role("button", name="我确认").click()
    await expect(order).to_have_count(0)
    await desk.change_hands("wang")
    await desk.story.press("S1-G1", id="a-press")
    await desk.live_cards.first.get_by_role("button", name="接警").click()
    await expect(desk.live_cards.first).to_contain_text("接警 1/2 人")
    await expect(desk.live_cards.first).to_have_attribute("data-state", "open")
    await desk.story.answers.acknowledge(1, LI)
    await expect(desk.live_cards.first).to_have_attribute("data-state", "acknowledged")


async def test_what_a_device_confirmed_shows_and_is_switched_off_from_the_page(real_desk: RealDesk) -> None:
    desk = real_desk
    site = await Site(desk.story).open()
    await desk.story.press("S1-G1", id="a-press")
    await site.outputs.drive(1, WANG, Wish((Output.STROBE,), on=True))
    await site.send()
    await site.confirm("S1-G1", Output.STROBE, on=True)
    await desk.enter("#/incidents/1")
    strobe = desk.page.locator('[data-output="S1-G1/strobe"]')
    await expect(strobe).to_contain_text("已开")
    await strobe.get_by_role("button", name=re.compile("^关")).click()
    await expect(strobe).to_contain_text(re.compile("待下达|已下达"))

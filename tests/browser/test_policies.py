"""Policies in the page: built by choosing, tried before they are saved, seen in force, retired."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def step_of(desk: RealDesk, number: int) -> Locator:
    """One step of the policy that is being written."""
    return desk.page.locator(f'form [data-step="{number}"]')


def verdict(desk: RealDesk) -> Locator:
    """What the service says of the policy that is being written."""
    return desk.page.locator(".verdict[data-verdict]")


def tried(desk: RealDesk, number: int) -> Locator:
    """A step of the press that nobody made."""
    return desk.page.locator(f'[data-part=trial] [data-step="{number}"]')


async def choose_school(desk: RealDesk, scope: Locator, words: str, name: str) -> None:
    field = scope.get_by_role("combobox", name=re.compile("学校"))
    await field.fill(words)
    await scope.get_by_role("option", name=re.compile(name)).click()


async def begin_for_school(desk: RealDesk) -> None:
    """Opens the form for a new policy of the first school."""
    await desk.enter("#/policies", name="chen")
    await desk.page.get_by_role("link", name="新建策略").click()
    await desk.page.locator("[data-field=scope]").select_option("school")
    await choose_school(desk, desk.page.locator("form"), "第一", "第一小学")


async def test_a_policy_is_built_by_choosing_and_shows_whom_it_would_call_before_it_is_saved(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await begin_for_school(desk)
    # The school's guard by SMS at once, whoever else at the school has no way; then the desks.
    await expect(tried(desk, 0).locator('[data-person="guard"]')).to_contain_text("短信")
    await expect(tried(desk, 0)).to_contain_text("移交 110")
    await expect(tried(desk, 1).locator('[data-person="desk"]')).to_be_visible()
    await step_of(desk, 1).get_by_role("button", name=re.compile("去掉：区市值班室")).click()
    await expect(verdict(desk)).to_contain_text("第 2 步没有通知对象")
    await step_of(desk, 1).get_by_role("combobox").select_option("post:supervisor")
    await step_of(desk, 1).get_by_role("spinbutton").fill("20")
    await expect(verdict(desk)).to_contain_text("可以保存")
    await expect(tried(desk, 1).locator('[data-person="supervisor"]')).to_contain_text("督导员")
    assert await desk.story.value("select count(*) from policy_rule") == 0
    await desk.page.get_by_role("button", name="保存", exact=True).click()
    await expect(desk.page.locator("[data-section=policies] .chip.calm")).to_contain_text("第 1 版")
    saved = await desk.story.value("select definition from policy_rule where school = 'S1'")
    assert "post:supervisor" in str(saved)
    await desk.go("#/policies")
    await expect(desk.page.locator("[data-rule]")).to_contain_text("第一小学")


async def test_a_step_is_given_a_siren_and_the_incident_shows_what_the_policy_switched_on(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.database_execute("insert into device_output (device, output) values ('S1-G1', 'siren')")
    await begin_for_school(desk)
    await step_of(desk, 0).get_by_text("现场设备").click()
    await step_of(desk, 0).get_by_role("checkbox", name="警笛").check()
    await step_of(desk, 0).get_by_role("checkbox", name="门锁").check()
    await expect(tried(desk, 0).locator("[data-output=siren]")).to_contain_text("1 台设备 · 直到结案")
    await expect(tried(desk, 0).locator("[data-output=lock]")).to_contain_text("这所学校没有")
    seconds = step_of(desk, 0).locator("[data-field=output-seconds]")
    await seconds.fill("90000")
    await expect(verdict(desk)).to_contain_text("第 1 步：现场设备开多久要在 1 到 86400 秒之间")
    await seconds.fill("90")
    await expect(tried(desk, 0).locator("[data-output=siren]")).to_contain_text("1 台设备 · 90 秒")
    await expect(verdict(desk)).to_contain_text("可以保存")
    await desk.page.get_by_role("button", name="保存", exact=True).click()
    await expect(desk.page.locator("[data-section=policies]")).to_contain_text("打开警笛、门锁 90 秒")
    await desk.page.get_by_role("link", name="修改").click()
    await expect(step_of(desk, 0).get_by_role("checkbox", name="警笛")).to_be_checked()
    await expect(seconds).to_have_value("90")

    await desk.story.press("S1-G1", id="a-press")
    await desk.live_cards.first.get_by_role("link").click()
    siren = desk.page.locator('[data-output="S1-G1/siren"]')
    await expect(siren).to_have_attribute("data-state", "wanted")
    await expect(siren).to_contain_text("通知策略")
    requested = desk.page.locator('[data-kind="output.requested"]')
    await expect(requested).to_contain_text("通知策略")
    await expect(requested).to_contain_text("警笛 S1-G1 开")


async def test_the_service_says_in_its_words_what_is_wrong_while_somebody_writes(real_desk: RealDesk) -> None:
    desk = real_desk
    await begin_for_school(desk)
    await expect(verdict(desk)).to_contain_text("可以保存")
    await step_of(desk, 2).get_by_role("spinbutton").fill("5")
    await expect(verdict(desk)).to_contain_text("每一步都要比前一步晚")
    await desk.page.get_by_role("button", name="保存", exact=True).click()
    await expect(verdict(desk)).to_contain_text("没有保存")
    assert await desk.story.value("select count(*) from policy_rule") == 0
    await desk.page.get_by_role("button", name="English").click()
    await step_of(desk, 2).get_by_role("spinbutton").fill("6")
    await expect(verdict(desk)).to_contain_text("each step must come later than the one before it")


async def test_an_alarm_calls_away_from_a_form_and_nothing_that_was_written_is_lost(real_desk: RealDesk) -> None:
    desk = real_desk
    await begin_for_school(desk)
    await desk.page.get_by_label("名称（可不填）").fill("夜间寄宿生")
    await desk.story.press("S2-G1", id="a-press")
    await desk.live_cards.first.get_by_role("link").click()
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()
    await desk.page.go_back()
    await expect(desk.page.get_by_label("名称（可不填）")).to_have_value("夜间寄宿生")
    await expect(desk.live_cards).to_have_count(1)


async def test_the_page_says_which_policy_counts_and_why_not_the_others(real_desk: RealDesk) -> None:
    desk = real_desk
    await begin_for_school(desk)
    await desk.page.get_by_label("报警类别").first.select_option("kind:fire")
    await expect(verdict(desk)).to_contain_text("可以保存")
    await desk.page.get_by_role("button", name="保存", exact=True).click()
    await expect(desk.page.locator("[data-section=policies] .chip.calm")).to_be_visible()
    await desk.go("#/policies/in-force/S1")
    part = desk.page.locator("[data-part=in-force]")
    await expect(part).to_contain_text("内置策略")
    await expect(part.get_by_role("listitem").filter(has_text="第一小学")).to_contain_text("报警类别不符")
    await desk.page.locator("[data-part=trial]").get_by_label("报警类别").select_option("fire")
    await expect(part.locator(".chosen")).to_contain_text("第一小学")
    await part.locator(".chosen a").click()
    await desk.page.get_by_role("button", name="停用").click()
    await desk.page.get_by_role("button", name="确定停用").click()
    await expect(desk.page.locator("[data-section=policies] .scroll header")).to_contain_text("chen")
    assert await desk.story.value("select retired_by from policy_rule") == "chen"


async def test_a_reader_looks_at_policies_and_cannot_change_them(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/policies", name="li")
    await expect(desk.page.locator("[data-section=policies]")).to_contain_text("内置策略")
    await expect(desk.page.get_by_role("link", name="新建策略")).to_have_count(0)
    await desk.go("#/policies/new")
    await expect(desk.page.locator("[data-section=policies]")).to_contain_text("您的角色可以查看")

"""A number of a rule at the page: tried on the days that are closed, seen who would flip, set with its basis, ended."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.async_api import expect

from alerts.domain.compliance.terms import Level
from tests.alerts.compliance.standing import today
from tests.browser.looks import inspect
from tests.browser.real_board import SECOND_ADMINISTRATOR, RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def close_days(desk: RealDesk, days: int = 3) -> None:
    """Days are closed; of S1 both buttons hang there and were never tested, of S2 and S3 one of the two is missing."""
    for back in range(1, days + 1):
        on = today(desk.story.database, back)
        await desk.story.rows("insert into closed_day values ($1, $2, 3, 1)", on, desk.story.now)


async def test_a_number_is_tried_seen_who_would_flip_set_from_a_day_on_and_ended(real_desk: RealDesk) -> None:
    desk, page, begun_on = real_desk, real_desk.page, today(real_desk.story.database)
    await close_days(desk)
    await desk.story.database_execute(SECOND_ADMINISTRATOR)
    await desk.enter("#/compliance/rules/A1", name="chen")
    form = page.locator("[data-part=number-form]")
    await expect(page.locator("[data-part=rule-page]")).to_contain_text("per_place")
    await expect(page.locator("[data-part=number-history]")).to_be_visible()
    await desk.save_picture("compliance-rule")
    await form.locator("[data-field=value]").fill("1.5")
    await form.locator("button[type=button]").last.click()
    await expect(form.locator("#number-value-lacking")).to_be_visible()  # it counts devices
    await expect(form.locator("[data-field=value]")).to_have_attribute("aria-invalid", "true")
    await form.locator("[data-field=value]").fill("2")
    await form.locator("[data-field=value]").press("Tab")
    await form.locator("button[type=button]").last.click()
    flips = page.locator("[data-part=flips] [data-school]")
    await expect(flips).to_have_count(1)
    await expect(flips).to_contain_text("第一小学")
    await expect(flips.locator("[data-verdict]")).to_have_count(2)
    await expect(page.locator("[data-part=trial] svg")).to_be_visible()
    await page.locator("[data-part=trial] summary").click()
    await expect(page.locator("[data-part=trial] [data-day]")).to_have_count(3)
    await inspect(desk, "compliance-number-tried")
    assert await desk.story.value("select count(*) from rule_parameter") == 0

    await form.locator("[type=submit]").click()
    await expect(form.locator("#number-basis-lacking")).to_be_visible()
    offered = await form.locator("[data-field=from]").input_value()
    await form.locator("[data-field=basis]").fill("市教育局 8 号文")
    await form.locator("[data-field=basis]").press("Enter")
    order = page.locator("[data-order]")
    await expect(order.locator("[data-part=changes]")).to_contain_text(re.compile(r"1 \S+ \S+ 2 "))
    await desk.change_hands("li", "#/orders")
    await inspect(desk, "order-number", around=False)
    await order.locator(".buttons button").click()
    await order.locator(".buttons button").last.click()
    await expect(order).to_have_count(0)
    await desk.go("#/compliance/rules/A1")
    row = page.locator("[data-part=number-history] [data-parameter]")
    await expect(row).to_have_attribute("data-state", "later")
    await expect(row).to_contain_text("市教育局 8 号文")
    await inspect(desk, "compliance-number-set", around=False)
    saved = await desk.story.rows("select rule, name, level, value, valid_from, saved_by from rule_parameter")
    assert date.fromisoformat(offered) > begun_on
    assert [tuple(one) for one in saved] == [("A1", "per_place", Level.CITY, 2, date.fromisoformat(offered), "chen")]

    await row.get_by_role("button").click()
    await row.get_by_role("group").get_by_role("button").first.click()
    await expect(order).to_have_attribute("data-kind", "rule_number_end")
    assert await desk.story.value("select count(*) from rule_parameter") == 1, "that, too, waits for the other one"


async def test_a_trial_that_is_stopped_ends_at_the_service_too_and_the_next_one_tells_of_the_day_that_is_missing(
    real_desk: RealDesk,
) -> None:
    desk, form = real_desk, real_desk.page.locator("[data-part=number-form]")
    await close_days(desk, 1)
    await desk.enter("#/compliance/rules/A1", name="chen")
    begin, stop = (form.get_by_role("button", name=name) for name in ("试算：哪些学校会改判", "停止试算"))
    async with desk.story.database.transaction() as connection:
        await connection.execute("lock table school_term in access exclusive mode")  # a trial waits at its first day
        await begin.click()
        await expect(desk.page.locator("[data-part=trial] progress")).to_be_visible()
        await stop.click()
        await expect(desk.page.locator("[data-part=trial]")).to_have_count(0)
    await desk.story.rows("delete from closed_day")
    await begin.click()
    await expect(desk.page.locator("[data-part=trial-sum]")).to_contain_text("还没有存档的日子")


async def test_who_may_only_look_sees_the_numbers_and_is_told_who_may_set_them(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/compliance/rules/A1", name="li")
    page = desk.page.locator("[data-part=rule-page]")
    await expect(page).to_contain_text("per_place")
    await expect(page).to_contain_text("您的角色可以查看")
    await expect(page.locator("form")).to_have_count(0)
    await desk.go("#/compliance/rules/X9")
    await expect(page.get_by_role("alert")).to_have_text("没有这条规则。")
    await desk.go("#/compliance/rules/T2")
    await expect(page).to_contain_text("这条规则没有参数")

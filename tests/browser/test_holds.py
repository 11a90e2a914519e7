"""Raw records are held at the page for a case, too late for some of the days, which is said; and let go afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.alerts.compliance.standing import today
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_records_are_held_for_a_case_by_keyboard_seen_by_all_and_let_go_with_a_reason(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    since, until = today(desk.story.database, 200), today(desk.story.database, 170)
    await desk.story.rows("insert into evidence_gone values ($1, $2, 7, '{}')", since, desk.story.now)
    await desk.enter("#/compliance", name="chen")
    await page.get_by_role("navigation", name="合规").get_by_role("link", name="证据保全").click()
    oldest = today(desk.story.database, 179)
    await expect(page.locator("[data-part=retention]")).to_contain_text(f"保存 180 天。{oldest} 起的都在")
    await expect(page.locator("[data-part=retention]")).to_contain_text("保存 90 天")
    await expect(page.locator("[data-part=holds]")).to_contain_text("现在没有保全任何记录")

    form = page.locator("[data-part=hold-form]")
    await form.get_by_role("button", name="保全").press("Enter")
    await expect(form.get_by_role("alert").first).to_have_text("请选择学校。")
    await expect(form.get_by_role("combobox", name="查找学校")).to_be_focused()
    await page.keyboard.type("第二")
    await page.keyboard.press("Enter")
    await form.get_by_label("从哪一天").fill(str(since))
    await form.get_by_label("到哪一天").fill(str(since - timedelta(days=1)))
    await form.get_by_role("button", name="保全").press("Enter")
    await expect(form.locator("#hold-until-lacking")).to_contain_text("不能早于第一天")
    await expect(form.get_by_label("到哪一天")).to_be_focused()
    await form.get_by_label("到哪一天").fill(str(until))
    # Under a day of UTC lie two days of schools.
    late = f"31 天中有 2 天的原始记录已经删除或残缺（{since} 至 {since + timedelta(days=1)}）"
    await expect(form.locator("[data-part=outlook]")).to_contain_text(late)
    await form.get_by_label("理由").fill("案件 2026-117")
    await form.get_by_label("理由").press("Enter")
    hold = page.locator("[data-hold]")
    await expect(hold).to_contain_text("第二中学")
    await expect(hold).to_contain_text("案件 2026-117")
    await expect(hold.locator(".chip.fault")).to_have_text("2 天已删除")
    await expect(page.locator("[data-part=done]")).to_contain_text(f"已保全：第二中学，{since} 至 {until}")
    await desk.save_picture("compliance-hold-placed")

    await page.get_by_role("button", name="解除保全：第二中学").press("Enter")
    await expect(page.locator("[data-field=lift-reason]")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(hold.get_by_role("alert").first).to_have_text("请写明理由。")
    await page.keyboard.type("法院已判决")
    await hold.get_by_role("button", name="确定解除").press("Enter")
    await expect(hold).to_have_count(0)
    await expect(page.locator("#holds-heading")).to_be_focused()
    await page.locator("[data-field=which]").select_option(label="也看已解除的")
    await expect(hold).to_have_attribute("data-state", "lifted")
    await expect(hold).to_contain_text("法院已判决")
    kinds = await desk.story.rows("select actor, subject, kind from log where kind like 'hold.%' order by position")
    assert [tuple(one) for one in kinds] == [
        ("person:chen", "school:S2", "hold.placed"), ("person:chen", "school:S2", "hold.lifted"),
    ]  # fmt: skip

    # Who may only look sees them, and no form.
    await desk.change_hands("li", "#/compliance/holds")
    await expect(page.locator("[data-part=read-only]")).to_be_visible()
    await expect(page.locator("[data-part=holds] form")).to_have_count(0)
    await desk.story.rows("update evidence_hold set lifted_at = null, lifted_by = null, lift_reason = null")
    await page.locator("[data-field=which]").select_option(label="也看已解除的")
    await expect(hold).to_have_attribute("data-state", "standing")
    await expect(hold.get_by_role("button")).to_have_count(0)

"""Plans in the page: how many responsibilities somebody could carry out now, and what is in the way."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Locator, Route, expect

from tests.alerts.readiness import planning
from tests.browser.looks import find_grave, walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_figure_of_the_city_leads_to_who_is_missing_at_a_school(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await planning.train(desk.story, "guard", "desk")
    await desk.enter("#/plans")
    figure = desk.page.locator("[data-part=city-figure]")
    await expect(figure.locator("[data-figure=everywhere]")).to_have_text("0")
    await expect(figure).to_contain_text("0 / 6 项责任")
    await expect(figure.locator("[data-gap=untrained]")).to_be_visible()
    await expect(figure.locator("[data-part=sample]")).to_have_count(0)
    await figure.get_by_role("combobox", name="查一所学校").fill("第一")
    await figure.get_by_role("option", name=re.compile("第一小学")).click()
    school = desk.page.locator("[data-part=school-figure]")
    await expect(school.locator('[data-item="intruder-2"]')).to_contain_text("赵保安")
    await expect(school.locator('[data-item="intruder-2"]')).to_contain_text("一年内未演练")
    await expect(school.locator('[data-item="intruder-6"]')).to_contain_text("没有人")
    await school.get_by_role("link", name="intruder 2").click()
    plan = desk.page.locator("[data-part=plan]")
    await expect(plan.locator('[data-responsibility="2"]')).to_contain_text("关闭校门")
    await expect(plan).to_contain_text("生效中：第 1 版")


async def test_an_older_version_is_read_and_a_sample_says_that_it_is_invented(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await planning.save(desk.story, planning.changed(name="示例防侵入预案", sample=True))
    await desk.enter("#/plans")
    await expect(desk.page.locator("[data-part=sample]")).to_contain_text("内容是虚构的")
    await desk.go("#/plans/~list")
    await desk.page.get_by_role("link", name="示例防侵入预案").click()
    await expect(desk.page.locator("[data-part=sample]")).to_contain_text("示例预案")
    await desk.page.get_by_role("link", name="第 1 版").click()
    await expect(desk.page.get_by_role("heading", name="防侵入预案", exact=True)).to_be_visible()
    await expect(desk.page.locator("[data-part=sample]")).to_have_count(0)


def editor(desk: RealDesk) -> Locator:
    """Where a version of a plan is written."""
    return desk.page.locator("[data-part=plan-editor]")


def line(desk: RealDesk, number: int) -> Locator:
    """One line of the plan that is being written."""
    return editor(desk).locator(f'[data-line="{number}"]')


async def is_seen(field: Locator) -> bool:
    """Whether nothing lies over the middle of a field."""
    seen: bool = await field.evaluate(
        """one => {
            const { x, y, width, height } = one.getBoundingClientRect()
            return document.elementFromPoint(x + width / 2, y + height / 2) === one
        }"""
    )
    return seen


async def save_version(desk: RealDesk) -> None:
    await editor(desk).get_by_role("button", name=re.compile("^保存")).click()


async def test_a_plan_is_written_in_the_page_and_holds_from_the_day_that_was_said(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/plans/~list", name="chen")
    await expect(desk.page.get_by_text("还没有预案")).to_be_visible()
    await expect(desk.page.get_by_text("python -m alerts plan import")).to_be_visible()
    await desk.page.get_by_role("link", name="新建预案").click()
    await editor(desk).locator("[data-field=code]").fill("GATE-1")
    await editor(desk).locator("[data-field=name]").fill("校门预案")
    await editor(desk).get_by_label("暴力伤害").check()
    await editor(desk).locator("[data-field=scope]").select_option("school")
    await editor(desk).get_by_role("combobox", name="选择学校").fill("第一")
    await editor(desk).get_by_role("option", name=re.compile("第一小学")).click()
    first = line(desk, 1)
    await first.get_by_label("做什么").fill("关闭校门")
    await first.get_by_label("岗位").select_option("guard")
    await first.get_by_label("须持证书").select_option("guard")
    await first.get_by_role("combobox", name="指定责任人").fill("赵")
    await first.get_by_role("option", name=re.compile("赵保安")).click()
    await first.get_by_role("combobox", name="指定替补").fill("钱")
    await first.get_by_role("option", name=re.compile("钱值班")).click()
    await editor(desk).get_by_role("button", name="加一项责任").click()
    await expect(line(desk, 2).get_by_label("做什么")).to_be_focused()
    await line(desk, 2).get_by_label("做什么").fill("报告校长")
    await line(desk, 2).get_by_label("阶段").select_option("after")
    await line(desk, 2).get_by_label("一年内须参加").uncheck()
    assert await desk.story.value("select count(*) from plan") == 0
    await save_version(desk)
    plan = desk.page.locator("[data-part=plan]")
    await expect(plan).to_contain_text("生效中：第 1 版")
    await expect(plan.locator('[data-responsibility="1"]')).to_contain_text("由 赵保安")
    await expect(plan.locator('[data-responsibility="1"]')).to_contain_text("替补 钱值班")
    await expect(plan.locator('[data-responsibility="1"]')).to_contain_text("须持 保安员证")
    await expect(plan.locator('[data-responsibility="2"]')).not_to_contain_text("须培训")
    said = await desk.story.value("select body -> 'plan' ->> 'school' from log where kind = 'plan.saved'")
    assert said == "S1"


async def test_lines_change_places_are_removed_and_put_back_before_a_version_is_saved(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/intruder", name="chen")
    await desk.page.get_by_role("link", name="修改（存为新版本）").click()
    await expect(editor(desk)).to_contain_text("第 2 版")
    await editor(desk).get_by_role("button", name="上移：第 3 项").click()
    await expect(line(desk, 2)).to_contain_text("持盾阻拦")
    await expect(editor(desk).get_by_role("button", name="上移：第 2 项")).to_be_focused()
    await editor(desk).get_by_role("button", name="去掉：第 5 项").click()
    await expect(line(desk, 5)).to_have_count(0)
    await editor(desk).get_by_role("button", name="放回").click()
    await expect(line(desk, 5)).to_contain_text("通报市局")
    await editor(desk).get_by_role("button", name="去掉：第 6 项").click()
    await line(desk, 4).get_by_role("button", name=re.compile("第 4 项：区里增援")).click()
    await line(desk, 4).get_by_label("做什么").fill("区里派人增援")
    await editor(desk).locator("[data-field=valid-until]").fill("2999-12-31")
    await save_version(desk)
    plan = desk.page.locator("[data-part=plan]")
    await expect(plan).to_contain_text("至 2999-12-31")
    await expect(plan.locator("[data-responsibility]")).to_have_count(5)
    await expect(plan.locator('[data-responsibility="2"]')).to_contain_text("持盾阻拦")
    await expect(plan.locator('[data-responsibility="3"]')).to_contain_text("关闭校门")
    await expect(plan.locator('[data-responsibility="4"]')).to_contain_text("区里派人增援")


async def test_what_the_service_refuses_stands_at_its_field_in_the_language_of_the_person(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/~new", name="chen")
    await save_version(desk)
    await expect(editor(desk).locator("[data-field=code]")).to_be_focused()
    await expect(editor(desk).locator("[data-field=code]")).to_have_attribute("aria-invalid", "true")
    await editor(desk).locator("[data-field=code]").fill("intruder")
    await line(desk, 1).get_by_label("做什么").fill("x")
    await save_version(desk)
    await expect(editor(desk).locator("[data-problem=name]")).to_have_text("请填写预案名称")
    await editor(desk).locator("[data-field=name]").fill("防侵入")
    await save_version(desk)
    await expect(editor(desk).locator("[data-part=problem]")).to_contain_text("这个编号已经有预案了")
    await expect(editor(desk).get_by_role("link", name="查看 intruder")).to_be_visible()
    await desk.go("#/plans/intruder/edit")
    await editor(desk).locator("[data-field=valid-until]").fill("2020-01-01")
    await save_version(desk)
    await expect(editor(desk).locator("[data-problem=valid_until]")).to_have_text("截止日期不能早于生效日期")
    await editor(desk).locator("[data-field=valid-until]").fill("")
    await line(desk, 4).get_by_role("button", name=re.compile("第 4 项：")).click()
    await line(desk, 4).get_by_label("做什么").fill(" ")
    await line(desk, 1).get_by_role("button", name=re.compile("第 1 项：")).click()
    await save_version(desk)
    # The line that was refused opens by itself, with the field in hand.
    await expect(line(desk, 4).get_by_label("做什么")).to_be_focused()
    assert await is_seen(line(desk, 4).get_by_label("做什么"))
    await expect(line(desk, 4).locator("[data-problem]")).to_have_text("第 4 项没有写要做什么")
    await line(desk, 4).get_by_label("做什么").fill("区里增援")
    await line(desk, 4).get_by_label("序号").fill("2")
    await desk.page.get_by_role("button", name="English").click()
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    await editor(desk).get_by_role("button", name="Save as version 2").click()
    await expect(editor(desk).locator("[data-problem]")).to_contain_text("responsibility 2 stands there twice")
    await expect(editor(desk).get_by_role("spinbutton", name="Number")).to_be_focused()
    assert await is_seen(editor(desk).get_by_role("spinbutton", name="Number")), "not behind the foot of the form"
    assert await find_grave(desk, around=False) == []
    assert await desk.story.value("select count(*) from plan_version") == 1


async def test_whoever_saves_over_an_unseen_version_is_told_and_loses_nothing(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/intruder/edit", name="chen")
    await editor(desk).locator("[data-field=name]").fill("我的名称")
    await planning.save(desk.story, planning.changed(name="别人的名称"))
    await save_version(desk)
    await expect(editor(desk).locator("[data-part=problem]")).to_contain_text("别人刚刚保存了第 2 版")
    await editor(desk).get_by_role("link", name="查看新版本").click()
    await expect(desk.page.get_by_role("heading", name="别人的名称")).to_be_visible()
    # An alarm calls away meanwhile, too.
    await desk.story.press("S2-G1", id="a-press")
    await desk.live_cards.first.get_by_role("link").click()
    await desk.go("#/plans/intruder/edit")
    await expect(editor(desk).locator("[data-field=name]")).to_have_value("我的名称")
    await save_version(desk)
    seen = asyncio.Event()

    async def answer_late(route: Route) -> None:
        await seen.wait()
        await route.continue_()

    await desk.page.route("**/api/v1/plans/intruder", answer_late)
    await editor(desk).get_by_role("button", name="我已看过，仍要保存我的").click()
    # Nothing is saved over a version that is still on its way.
    await expect(editor(desk).locator("[type=submit]")).to_have_attribute("aria-disabled", "true")
    seen.set()
    await save_version(desk)
    await expect(desk.page.get_by_role("heading", name="我的名称")).to_be_visible()
    assert await desk.story.value("select count(*) from plan_version") == 3


async def test_a_plan_is_taken_out_of_force_once_somebody_is_sure(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/intruder/1", name="chen")
    plan = desk.page.locator("[data-part=plan]")
    await plan.get_by_role("button", name="停用").click()
    await plan.get_by_role("button", name="不停用").click()
    await plan.get_by_role("button", name="停用").click()
    await plan.get_by_role("button", name="确定停用").click()
    await expect(plan).to_contain_text("未生效")
    await expect(plan).to_contain_text("第 2 版")
    await expect(plan.get_by_role("button", name="停用")).to_have_count(0)
    assert await planning.gaps(desk.story) == {}


async def test_a_training_is_noted_for_those_who_were_there(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/intruder", name="chen")
    await desk.page.get_by_role("link", name="培训记录").click()
    trainings = desk.page.locator("[data-part=trainings]")
    await expect(trainings).to_contain_text("还没有人参加过")
    for part, whole in (("赵", "赵保安"), ("钱", "钱值班")):
        await trainings.get_by_role("combobox").fill(part)
        await trainings.get_by_role("option", name=re.compile(whole)).click()
    await trainings.locator("[data-field=trained-on]").fill("2999-01-01")
    await trainings.get_by_role("button", name="登记 2 人").click()
    await expect(trainings.locator("[data-problem=trained_on]")).to_contain_text("培训日期还没有到")
    assert await find_grave(desk, around=False) == []
    await trainings.locator("[data-field=trained-on]").fill("2026-01-15")
    await trainings.get_by_role("button", name="登记 2 人").click()
    await expect(trainings.locator('[data-person="guard"]')).to_contain_text("2026-01-15")
    await expect(trainings.get_by_role("status").filter(has_text="已登记 2 人")).to_be_visible()
    assert await desk.story.value("select count(*) from training") == 2


async def test_a_reader_looks_at_plans_and_sees_nothing_to_change_them_with(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await planning.train(desk.story, "guard")
    await desk.enter("#/plans/~list", name="li")
    await expect(desk.page.locator('[data-plan="intruder"]')).to_be_visible()
    await expect(desk.page.get_by_role("link", name="新建预案")).to_have_count(0)
    await desk.go("#/plans/intruder")
    await expect(desk.page.locator("[data-part=plan]")).to_contain_text("生效中：第 1 版")
    await expect(desk.page.get_by_role("link", name="修改（存为新版本）")).to_have_count(0)
    await expect(desk.page.get_by_role("button", name="停用")).to_have_count(0)
    await desk.go("#/plans/intruder/trainings")
    await expect(desk.page.locator('[data-person="guard"]')).to_be_visible()
    await expect(desk.page.locator("[data-part=training-form]")).to_have_count(0)
    await desk.go("#/plans/intruder/edit")
    await expect(editor(desk)).to_contain_text("您的角色可以查看")
    await expect(editor(desk).locator("form")).to_have_count(0)


async def test_the_pages_of_plans_fit_and_can_be_read_by_everybody(real_desk: RealDesk) -> None:
    await planning.save(real_desk.story, planning.changed(sample=True))
    await real_desk.enter(name="chen")
    routes = {
        "plans": "#/plans",
        "plan-list": "#/plans/~list",
        "plan": "#/plans/intruder",
        "plan-edit": "#/plans/intruder/edit",
        "plan-new": "#/plans/~new",
        "plan-trainings": "#/plans/intruder/trainings",
        "school-plans": "#/plans/~schools/S1",
    }
    await walk(real_desk, routes)

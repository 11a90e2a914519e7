"""Plans in the page: how many responsibilities somebody could carry out now, and what is in the way."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.alerts.readiness import planning
from tests.browser.looks import find_cut_off, find_grave
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


@pytest.mark.parametrize("look", [("en", "dark", 1366, 768), ("zh", "light", 390, 844)], ids=["desk", "phone"])
async def test_the_pages_of_plans_fit_and_can_be_read_by_everybody(
    real_desk: RealDesk, look: tuple[str, str, int, int]
) -> None:
    desk = real_desk
    language, scheme, width, height = look
    await planning.save(desk.story, planning.changed(sample=True))
    await desk.page.set_viewport_size({"width": width, "height": height})
    await desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await desk.page.add_init_script(f"localStorage.setItem('campus.language', '{language}')")
    await desk.enter()
    routes = {
        "plans": "#/plans",
        "plan-list": "#/plans/~list",
        "plan": "#/plans/intruder",
        "school-plans": "#/plans/~schools/S1",
    }
    for name, route in routes.items():
        await desk.go(route)
        await expect(desk.page.locator("[data-section=plans]")).to_be_visible()
        await expect(desk.page.locator("[aria-busy=true]")).to_have_count(0)
        await desk.save_picture(f"{name}-{width}x{height}-{language}-{scheme}")
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert await find_cut_off(desk) == [], name
        assert await find_grave(desk) == [], name

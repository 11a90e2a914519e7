"""An inspector walks a school with a telephone: begins, answers with a photo, goes on later, corrects, ends, prints."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import expect

from alerts.domain.compliance.verdicts import Verdict
from tests.alerts.compliance.standing import let_stand
from tests.browser.looks import find_cut_off, find_grave
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_an_inspector_walks_a_school_with_a_telephone(real_desk: RealDesk) -> None:
    desk, page = real_desk, real_desk.page
    await let_stand(desk.story.database, {"S2": {"C7": Verdict.UNKNOWN}})
    await page.set_viewport_size({"width": 390, "height": 844})
    await desk.enter("#/compliance/schools/S2")
    visits = page.locator("[data-part=visits]")
    await expect(visits).to_contain_text("还没有检查记录")
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)  # the timeline comes last and moves all
    await visits.get_by_label("附上手机位置").uncheck()
    await visits.get_by_role("button", name="开始现场检查").click()
    wall = page.locator("[data-check=C7]")
    await expect(wall).to_contain_text("要有照片才算数")
    await wall.get_by_text("符合", exact=True).click()
    await wall.get_by_label("说明").fill("北墙 2.1 米")
    await wall.get_by_label("照片").set_input_files({"name": "wall.png", "mimeType": "image/png", "buffer": PNG})
    await expect(wall).to_contain_text("1 张照片")
    assert await page.evaluate("document.querySelector('.room').getBoundingClientRect().top") == 0
    await wall.scroll_into_view_if_needed()
    await desk.save_picture("inspection-phone")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await find_cut_off(desk) == []
    assert await find_grave(desk, around=False) == []
    await wall.get_by_role("button", name="保存").click()
    await expect(wall).to_have_count(0)  # answered: it leaves the list of what is open
    assert await desk.story.value("select media_type from fact_photo") == "image/jpeg"
    # Left and gone on with: the same visit, with what was answered.
    await desk.go("#/compliance/schools/S2")
    await visits.get_by_role("link").click()
    await page.get_by_role("button", name="全部").click()
    await expect(wall.locator("[data-outcome=in_order]")).to_contain_text("北墙 2.1 米")
    await wall.get_by_role("button", name="更正").click()
    await wall.get_by_text("不符合", exact=True).click()
    await wall.get_by_label("更正原因").fill("漏看了缺口")
    await wall.get_by_role("button", name="保存").click()
    await expect(wall.locator("[data-outcome=not_in_order]")).to_contain_text("漏看了缺口")
    await expect(wall).to_contain_text("已更正：符合")
    await page.get_by_role("button", name="结束检查").click()
    await page.get_by_role("button", name="仍然结束").click()
    await expect(page.locator("[data-part=visit]")).to_contain_text("检查已结束")
    # On paper there is the list and nothing else.
    await page.emulate_media(media="print")
    await expect(page.locator("[data-sheet]")).to_be_visible()
    await expect(page.locator("[data-sheet]")).to_contain_text("C7")
    await expect(page.locator("[data-part=visit] header")).not_to_be_visible()


async def test_where_everything_is_proved_there_is_nothing_to_look_at_and_who_may_not_act_begins_none(
    real_desk: RealDesk,
) -> None:
    desk, page = real_desk, real_desk.page
    await desk.story.database_execute(
        "insert into inspection (school, by, opened_at, checklist) values ('S2', 'li', now(), '[]')"
    )
    await let_stand(desk.story.database, {"S2": {"C7": Verdict.MET}})
    await desk.enter("#/compliance/schools/S2", name="li")
    visits = page.locator("[data-part=visits]")
    await expect(visits.get_by_role("link")).to_have_count(1)
    await expect(visits.get_by_role("button", name="开始现场检查")).to_have_count(0)
    await visits.get_by_role("link").click()
    await expect(page.locator("[data-part=visit]")).to_contain_text("没有要检查的")
    assert await find_grave(desk, around=False) == []

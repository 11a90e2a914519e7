"""Tests and drills in the page: announced, ended, proved button by button, told afterwards."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.async_api import Locator, expect

from alerts.domain.practice import Way
from alerts.domain.presses import Mode
from alerts.engine.practice import prove_tests
from alerts.incidents.receipts import start_stage_receipts
from alerts.readiness.practice import record_police_receipts
from alerts.readiness.windows import announce_window, end_window
from alerts.reports.answer_times import count_answer_times
from alerts.reports.pages import CannotPrint
from tests.alerts.story import WANG
from tests.browser.looks import find_cut_off, find_grave
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def form(desk: RealDesk) -> Locator:
    """Where a window is announced."""
    return desk.page.locator("[data-part=announce]")


def announced(desk: RealDesk) -> Locator:
    """The windows that are not over."""
    return desk.page.locator("[data-part=announced] [data-window]")


async def choose_school(desk: RealDesk, scope: Locator, words: str, name: str) -> None:
    await scope.get_by_role("combobox", name="学校").fill(words)
    await scope.get_by_role("option", name=name).click()


async def announce_for_all(desk: RealDesk, mode: Mode = Mode.TEST) -> int:
    """A window of the whole city that runs now."""
    now = desk.story.now
    times = (now - timedelta(minutes=1), now + timedelta(hours=1))
    return (await announce_window(desk.story.database, mode, *times, "wang", note="月度测试")).id


async def test_a_window_is_announced_with_110_told_before_or_says_plainly_that_it_was_not(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/practice")
    await expect(desk.page.locator("[data-part=announced]")).to_contain_text("没有报备")
    await form(desk).get_by_role("button", name="报备").click()
    await expect(form(desk)).to_contain_text("请选择学校")
    await choose_school(desk, form(desk), "第一", "第一小学")
    await form(desk).get_by_label("说明").fill("例行测试")
    await form(desk).locator("[data-field=told]").check()
    await form(desk).get_by_role("button", name="报备").click()
    await expect(form(desk)).to_contain_text("请填写编号")
    await form(desk).locator("[data-field=reference]").fill("110-20261123-0815")
    await form(desk).get_by_role("button", name="报备").click()
    await expect(announced(desk)).to_have_count(1)
    await expect(announced(desk).locator("[data-police=told]")).to_contain_text("110-20261123-0815")
    await expect(announced(desk)).to_contain_text("第一小学")
    assert await desk.story.value("select police_notified_by from press_window where school = 'S1'") == "wang"
    await form(desk).locator("[data-field=scope]").select_option("city")
    await form(desk).get_by_label("演练").check()
    await form(desk).get_by_role("button", name="报备").click()
    drill = announced(desk).filter(has_text="全市")
    await expect(drill.locator("[data-police=not-told]")).to_contain_text("没有通知 110")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("practice-windows")


async def test_110_is_told_later_and_a_window_is_ended_once_somebody_is_sure(real_desk: RealDesk) -> None:
    desk = real_desk
    await announce_for_all(desk)
    await desk.enter("#/practice/windows")
    await announced(desk).get_by_role("button", name="登记已通知 110").click()
    await announced(desk).locator("[data-field=reference]").fill("110-7")
    await announced(desk).get_by_role("button", name="登记", exact=True).click()
    # It runs already: the notice came too late to count as told before.
    await expect(announced(desk).locator("[data-police=late]")).to_contain_text("110-7")
    await announced(desk).get_by_role("button", name="结束：全市").click()
    await announced(desk).get_by_role("button", name="确定结束").click()
    await expect(announced(desk)).to_have_count(0)
    assert await desk.story.value("select count(*) from press_window where ends_at <= now()") == 1


async def test_the_form_says_what_the_service_finds_wrong_in_the_language_of_the_person(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/practice")
    await form(desk).locator("[data-field=scope]").select_option("city")
    await form(desk).locator("[data-field=from]").fill("2030-01-01T08:00")
    await form(desk).locator("[data-field=to]").fill("2030-01-02T09:00")
    await form(desk).get_by_role("button", name="报备").click()
    await expect(form(desk).locator("[data-part=problem]")).to_contain_text("最长 24 小时")
    await desk.page.get_by_role("button", name="English").click()
    await form(desk).get_by_role("button", name="Announce").click()
    await expect(form(desk).locator("[data-part=problem]")).to_contain_text("within 24 hours")
    assert await desk.story.value("select count(*) from press_window") == 0


async def test_the_month_names_the_missing_hop_of_each_button_and_takes_what_110_said(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    await announce_for_all(desk)
    await start_stage_receipts(story.database)
    await story.press("S1-G1", id="t1", mode="test")
    await story.press("S3-G1", id="t1", mode="test")
    while await prove_tests(story.database):
        pass
    await desk.enter("#/practice/month")
    figures = desk.page.locator("[data-part=month-figures]")
    await expect(figures).to_contain_text("0 / 4 个按钮")
    buttons = desk.page.locator("[data-button]")
    await expect(buttons).to_have_count(4)
    assert {
        await one.get_attribute("data-button"): await one.get_attribute("data-missing") for one in await buttons.all()
    } == {"S1-C1": "pressed", "S1-G1": "police", "S2-G1": "pressed", "S3-G1": "police"}
    await figures.locator('[data-district="370203"] button').click()
    await expect(buttons).to_have_count(1)
    await figures.locator('[data-district="370203"] button').click()
    await desk.page.locator('[data-button="S1-G1"] input').check()
    receipts = desk.page.locator("[data-part=receipts]")
    await receipts.locator("[data-field=reference]").fill("110-5")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("practice-month")
    await receipts.get_by_role("button", name="登记").click()
    await expect(desk.page.get_by_text("已登记 1 个按钮")).to_be_visible()
    said = await story.value("select body ->> 'reference' from log where kind = 'test.police_receipted'")
    assert said == "110-5"


async def test_whoever_saw_that_a_test_went_wrong_objects_at_the_incident_and_it_proves_nothing(
    real_desk: RealDesk,
) -> None:
    desk, story = real_desk, real_desk.story
    await announce_for_all(desk)
    await start_stage_receipts(story.database)
    number = (await story.press("S1-G1", id="t1", mode="test")).incident
    while await prove_tests(story.database):
        pass
    await desk.enter(f"#/incidents/{number}")
    await desk.action("objection").click()
    objection = desk.page.locator("[data-part=objection]")
    await expect(objection.get_by_label("哪里不对")).to_be_focused()
    await objection.get_by_role("button", name="提出异议").click()
    await expect(objection.get_by_role("alert")).to_have_text("请写明哪里不对。")
    assert await story.value("select count(*) from log where kind = 'test.objected'") == 0
    await objection.get_by_label("哪里不对").fill("灯没有亮")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("objection-incident")
    await objection.get_by_role("button", name="提出异议").click()
    view = desk.page.locator("[data-view=incident]")
    await expect(view.get_by_text("王值班 提出异议：灯没有亮")).to_be_visible()
    await expect(view.get_by_role("status").filter(has_text="已提出异议")).to_be_visible()
    await expect(desk.action("objection")).to_have_count(0)
    # 110's receipt comes in all the same, and the button is not proved.
    await record_police_receipts(story.database, ["S1-G1"], Way.PHONE, "110-5", WANG)
    while await prove_tests(story.database):
        pass
    await desk.go("#/practice/month")
    button = desk.page.locator('[data-button="S1-G1"]')
    await expect(button).to_contain_text("灯没有亮")
    await expect(button.get_by_text("全程已验证")).to_have_count(0)
    await expect(button.get_by_role("button", name="提出异议")).to_have_count(0)


async def test_a_test_is_objected_to_in_the_list_of_the_month_which_waits_while_somebody_writes(
    real_desk: RealDesk,
) -> None:
    desk, story = real_desk, real_desk.story
    await announce_for_all(desk)
    await story.press("S1-G1", id="t1", mode="test")
    while await prove_tests(story.database):
        pass
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    await desk.enter("#/practice/month")
    button = desk.page.locator('[data-button="S1-G1"]')
    await button.get_by_role("button", name="提出异议：S1-G1").click()
    objection = desk.page.locator("[data-part=objection]")
    await objection.get_by_label("哪里不对").fill("110 没有收到")
    assert await find_grave(desk, around=False) == []
    assert await find_cut_off(desk) == []
    await desk.save_picture("objection-month-390x844")
    await desk.page.locator("[data-field=show]").select_option("all")
    await expect(desk.page.locator("[data-button]")).to_have_count(4)
    await expect(objection.get_by_label("哪里不对")).to_have_value("110 没有收到")
    await objection.get_by_role("button", name="提出异议").click()
    await expect(button).to_contain_text("王值班 提出异议：110 没有收到")
    await expect(desk.page.get_by_role("status").filter(has_text="已提出异议")).to_be_visible()
    await expect(objection).to_have_count(0)


async def test_a_reader_objects_to_nothing_and_nobody_objects_to_a_drill(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    window = await announce_for_all(desk)
    test = (await story.press("S1-G1", id="t1", mode="test")).incident
    await end_window(story.database, window, "wang")
    await announce_for_all(desk, Mode.DRILL)
    drill = (await story.press("S2-G1", id="d1", mode="drill")).incident
    while await prove_tests(story.database):
        pass
    view = desk.page.locator("[data-view=incident]")
    await desk.enter(f"#/incidents/{drill}")
    await expect(view.get_by_role("heading", name="处置过程")).to_be_visible()
    await expect(desk.action("objection")).to_have_count(0)
    await desk.change_hands("li", f"#/incidents/{test}")
    await expect(view).to_contain_text("测试 TEST")
    await expect(view.get_by_role("heading", name="处置过程")).to_be_visible()
    await expect(desk.action("objection")).to_have_count(0)
    await desk.go("#/practice/month")
    await expect(desk.page.locator('[data-button="S1-G1"]')).to_be_visible()
    await expect(desk.page.get_by_role("button", name="提出异议")).to_have_count(0)


async def test_a_report_is_kept_as_a_file_and_a_machine_without_pdf_says_so(
    real_desk: RealDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, story = real_desk, real_desk.story
    window = await announce_for_all(desk, Mode.DRILL)
    await story.press("S1-G1", id="d1", mode="drill")
    await end_window(story.database, window, "wang")
    await desk.enter("#/practice/reports")
    report = desk.page.locator(f'[data-report="windows/{window}"]')
    async with desk.page.expect_download() as coming:
        await report.get_by_role("button", name="报告 XLSX").click()
    kept = await coming.value
    assert kept.suggested_filename.startswith(f"window-{window}-")
    written = Path(await kept.path()).read_bytes()
    assert "xl/workbook.xml" in zipfile.ZipFile(BytesIO(written)).namelist()
    await expect(report).to_contain_text("已下载")
    assert await story.value("select count(*) from log where kind = 'export.made'") == 1

    async def cannot_print(*_: object) -> NoReturn:
        raise CannotPrint("install Pango")

    monkeypatch.setattr("dashboard.api.reports.render", cannot_print)
    await report.get_by_role("button", name="报告 PDF").click()
    await expect(report).to_contain_text("请下载 XLSX")
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("practice-reports")


async def test_answer_times_are_drawn_against_their_thresholds_and_written_beneath(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    taken = (await story.press("S1-G1", id="p1")).incident
    await story.answers.acknowledge(taken, WANG)
    story.database.shift = timedelta(minutes=-2)
    await story.press("S3-G1", id="p1")  # and nobody takes it
    story.database.shift = timedelta()
    while await count_answer_times(story.database):
        pass
    await desk.enter("#/answer-times")
    table = desk.page.locator("[data-part=times]")
    chart = desk.page.get_by_role("img", name="30 秒和 60 秒")
    await expect(table.locator('[data-group="370202"]')).to_contain_text("100.0 %")
    await expect(table.locator('[data-group="370203"]')).to_contain_text("无人接警")
    await expect(table.locator("[data-group=overall]")).to_contain_text("50.0 %")
    await expect(chart.locator('[data-measure="30"]')).to_contain_text("标准 80 %")
    await expect(chart.locator('[data-measure="60"]')).to_contain_text("标准 98.5 %")
    await expect(chart.locator("rect.met")).to_have_count(2)
    await expect(chart.locator("rect.short")).to_have_count(2)
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("answer-times")
    await desk.page.locator("[data-field=by]").select_option("hour")
    await expect(table.locator("thead")).to_contain_text("按时段")
    await desk.page.locator("[data-field=mode]").select_option("drill")
    await expect(desk.page.locator("[data-part=answer-times]")).to_contain_text("没有警情")

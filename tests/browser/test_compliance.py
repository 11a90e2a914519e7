"""An auditor at the page: how many meet a hundred, which school does not, why, down to the raw message."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from playwright.async_api import expect

from alerts.domain.compliance.catalogue import RULES, list_rules
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Judgement, Reference, ReferenceKind, Verdict, say
from alerts.engine.exports import make_export_due
from tests.alerts.compliance.standing import close_day, let_stand, open_breach, today
from tests.browser.looks import find_grave, inspect, walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CLOSED = [rule.code for rule in list_rules(Group.CLOSED)]
ALL_MET = dict.fromkeys(CLOSED, Verdict.MET)
ROUTES = {
    "figures": "#/compliance",
    "matrix": "#/compliance/matrix",
    "breaches": "#/compliance/breaches",
    "rules": "#/compliance/rules",
    "reports": "#/compliance/reports",
    "holds": "#/compliance/holds",
    "rule": "#/compliance/rules/A5",
    "school": "#/compliance/schools/S2",
}
HOLDS = """
insert into evidence_gone values ('2026-04-30', now(), 7, '{}');
insert into evidence_hold (school, district, since, until, reason, placed_at, placed_by)
values ('S2', null, '2026-05-01', '2026-05-31', '案件 2026-117：校门口冲突，公安机关立案侦查中', now(), 'wang'),
       (null, '370202', '2026-09-01', '2026-09-30', '督导检查', now(), 'li'),
       (null, null, '2026-10-01', '2026-10-07', 'audit of the holidays', now(), 'li');
update evidence_hold set lifted_at = now(), lifted_by = 'wang', lift_reason = '检查结束' where reason like 'audit%';
"""
MANY = """
insert into school (code, district, name, kind, ownership, students, boarders)
    select 'M' || lpad(n::text, 4, '0'), case n % 3 when 0 then '370202' else '370203' end, '学校' || n, 'primary',
           'public', 500, 0
    from generate_series(1, 3485) as n;
"""


async def report_open_gate(desk: RealDesk) -> str:
    """A gate's contact tells that it opened; returns the key of the raw message."""
    story = desk.story
    await story.intake.take_reports([story.arrival({"id": "g-1", "open": True}, "S2-G1", "gate", school="S2")])
    key: str = await story.value("select concat_ws('/', on_date, device, channel, identity) from evidence")
    return key


async def set_the_scene(desk: RealDesk) -> str:
    """S1 meets the first hundred, S2 does not, S3 was never judged; a day is recorded. Returns the key of the message
    that decided."""
    database = desk.story.database
    key = await report_open_gate(desk)
    said = {"device": "S2-G1", "since": "2026-11-23T02:00:00+00:00", "until": "2026-11-23T02:05:00+00:00"}
    gate_open = Judgement(
        Verdict.NOT_MET,
        (say("gate_open", **said),),
        (Reference(ReferenceKind.EVIDENCE, key), Reference(ReferenceKind.DEVICE, "S2-G1")),
        (say("close_gate"),),
    )
    no_terminal = Judgement(Verdict.UNKNOWN, (say("no_visitor_terminal"),), mend=(say("fit_visitor_terminal"),))
    s2 = ALL_MET | {"C1": gate_open, "C3": no_terminal, "C7": Verdict.DECLARED, "C8": Verdict.NOT_APPLICABLE}
    await close_day(database, today(database, 1), {"S1": ALL_MET, "S2": ALL_MET, "S3": {}})
    await close_day(database, today(database, 1), {"S2": s2}, version=1, reason="迟到的证据")
    async with database.connection() as connection:
        await connection.execute("insert into closed_day values ($1, now(), 3, 7)", today(database, 1))
        for back in range(1, 12):
            await connection.execute(
                "insert into district_figure values ($1, '370202', 'closed', $2, $3, 4, 0, 0)",
                today(database, back), 20 - back, back,
            )  # fmt: skip
    await let_stand(database, {"S1": ALL_MET, "S2": s2})
    await open_breach(database, "S2", "C1", gate_open)
    return key


async def test_an_auditor_opens_a_red_school_and_proves_it_down_to_the_raw_message(real_desk: RealDesk) -> None:
    desk = real_desk
    key = await set_the_scene(desk)
    await desk.enter("#/compliance")
    closed = desk.page.locator("[data-headline=closed]")
    for verdict in ("met", "not_met", "unknown"):
        await expect(closed.locator(f"[data-figure={verdict}]")).to_have_text("1")
    await expect(desk.page.locator("[data-headline=alarm] [data-figure=met]")).to_have_text("0")
    league = desk.page.locator("[data-part=league]")
    await expect(league.locator("[data-place='370202']")).to_contain_text("50.0 %")
    await expect(league.locator("[data-place='370203']")).to_contain_text("0.0 %")
    await desk.page.get_by_role("navigation", name="合规").get_by_role("link", name="学校与规则").click()
    row = desk.page.locator("[data-part=matrix] [data-school=S2]")
    await expect(row.get_by_role("gridcell", name="C1 上学放学时段以外校门关闭：未达标")).to_have_text("✗")
    await row.get_by_role("gridcell").first.click()
    rule = desk.page.locator("[data-rule=C1]")
    await expect(rule).to_contain_text("校门 S2-G1 在规定时段以外从")
    await expect(rule).to_contain_text("非上学放学时段随时关门。")
    await rule.get_by_role("button", name="打开证据").click()
    raw = rule.locator("[data-part=raw]")
    await expect(raw).to_contain_text(key)
    payload = await desk.story.value("select payload from evidence")
    await expect(raw).to_contain_text(hashlib.sha256(payload).hexdigest())
    await expect(raw.locator("pre")).to_have_text(payload.decode())
    assert await find_grave(desk, around=False) == []
    await desk.save_picture("compliance-proof")
    # What nobody can tell says why, and what would help.
    unknown = desk.page.locator("[data-rule=C3]")
    await unknown.locator("summary").click()
    await expect(unknown).to_contain_text("没有证据")
    await expect(desk.page.locator("[data-part=breaches] [data-breach]")).to_contain_text("钱值班")
    # The ledger leads to the same message, and to the day on which it was.
    await desk.go("#/compliance/breaches")
    breach = desk.page.locator("[data-part=breach-page] [data-breach]")
    await breach.locator("summary").click()
    await breach.get_by_role("button", name="打开证据").click()
    await expect(breach.locator("[data-part=raw]")).to_contain_text(key)
    await breach.get_by_role("link", name="的时间轴").click()
    await expect(desk.page.locator("[data-part=day] [data-mark=breach]")).to_have_attribute(
        "aria-label", re.compile("C1")
    )


async def test_a_verdict_that_moves_is_on_the_page_without_a_reload(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/schools/S1")
    await desk.page.get_by_role("link", name="合规：这所学校每条规则的判定和证据").click()
    await expect(desk.page.locator("[data-part=when]")).to_contain_text("今天还没有判定")
    await expect(desk.page.locator("[data-rule=C1]")).to_have_attribute("data-verdict", "unknown")
    await let_stand(desk.story.database, {"S1": ALL_MET})
    await expect(desk.page.locator("[data-rule=C1]")).to_have_attribute("data-verdict", "met")
    await desk.go("#/compliance/matrix")
    cell = desk.page.locator("[data-school=S1]").get_by_role("gridcell", name="C1 ")
    await expect(cell).to_have_text("✓")
    await let_stand(desk.story.database, {"S1": {"C1": Verdict.NOT_MET}})
    await expect(cell).to_have_text("✗")
    await desk.go("#/compliance")
    await expect(desk.page.locator("[data-headline=closed] [data-figure=not_met]")).to_have_text("1")
    await let_stand(desk.story.database, {"S1": {"C1": Verdict.MET}})
    await expect(desk.page.locator("[data-headline=closed] [data-figure=met]")).to_have_text("1")


async def test_nothing_judged_yet_is_said_and_is_not_green(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.enter("#/compliance")
    await expect(desk.page.locator("[data-part=figures]")).to_contain_text("还没有判定过任何学校")
    await expect(desk.page.locator("[data-headline=closed] [data-figure=unknown]")).to_have_text("3")
    await expect(desk.page.locator("[data-headline=closed] [data-figure=met]")).to_have_text("0")
    await expect(desk.page.locator("[data-part=trend]")).to_contain_text("还没有存档的日子")
    await desk.go("#/compliance/breaches")
    await expect(desk.page.locator("[data-part=breach-page]")).to_contain_text("没有问题记录")


async def test_a_past_day_is_shown_as_it_was_recorded(real_desk: RealDesk) -> None:
    desk = real_desk
    await set_the_scene(desk)
    yesterday = today(desk.story.database, 1)
    await desk.enter("#/compliance")
    await desk.page.get_by_label("日期", exact=True).fill(str(yesterday))
    await desk.page.get_by_label("日期", exact=True).press("Tab")
    await expect(desk.page.locator("[data-part=when]")).to_contain_text(f"{yesterday} 存档的判定")
    await expect(desk.page.locator("[data-headline=closed] [data-figure=not_met]")).to_have_text("1")
    await desk.go(f"#/compliance/schools/S2/{yesterday}")
    await expect(desk.page.locator("[data-part=when]")).to_contain_text("第 1 版")
    await expect(desk.page.locator("[data-part=amendments]")).to_contain_text("迟到的证据")
    await desk.go(f"#/compliance/figures/{yesterday - timedelta(days=9)}")
    await expect(desk.page.locator("[data-part=figures] [role=alert]")).to_contain_text("这一天没有存档的判定")
    await desk.page.get_by_role("button", name="现在").click()
    await expect(desk.page.locator("[data-part=when]")).to_contain_text("按现在的判定")


async def test_a_report_is_asked_for_followed_and_fetched_with_its_checksum(real_desk: RealDesk) -> None:
    desk = real_desk
    await set_the_scene(desk)
    await desk.enter("#/compliance")
    await desk.page.get_by_role("link", name="报告", exact=True).click()
    await expect(desk.page.locator("[data-part=empty]")).to_contain_text("还没有报告")
    await desk.page.locator("[data-field=scope]").select_option("school")
    await desk.page.get_by_role("button", name="生成报告").click()
    await expect(desk.page.locator("[data-part=ask]")).to_contain_text("请选择学校。")
    await desk.page.get_by_role("combobox", name="查找学校").fill("第二")
    await desk.page.keyboard.press("Enter")
    await desk.page.locator("[data-field=form]").select_option("csv")
    await desk.page.get_by_role("button", name="生成报告").click()
    line = desk.page.locator("[data-export]")
    await expect(line).to_contain_text("第二中学 · 月报")
    await expect(line).to_have_attribute("data-state", "waiting")
    await desk.story.database_execute("update report_export set state = 'making', done = 11, total = 26")
    await expect(line.get_by_role("progressbar")).to_have_attribute("value", "11")
    await desk.save_picture("compliance-report-making")
    await desk.story.database_execute("update report_export set state = 'waiting'")
    assert await make_export_due(desk.story.database)
    await expect(line).to_have_attribute("data-state", "made")
    await desk.save_picture("compliance-report-made")
    async with desk.page.expect_download() as download:
        await line.get_by_role("button", name="下载 compliance-school-S2").click()
    content = Path(await (await download.value).path()).read_bytes()
    await expect(line.locator("[data-part=sha256]")).to_have_text(hashlib.sha256(content).hexdigest())
    assert await find_grave(desk, around=False) == []
    await line.get_by_role("button", name="删除：").click()
    await line.get_by_role("button", name="确定").click()
    await expect(desk.page.locator("[data-part=empty]")).to_be_visible()


async def test_the_matrix_of_the_city_is_filtered_walked_by_keyboard_and_does_not_stutter(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.database_execute(MANY)
    district = {row["code"]: row["district"] for row in await desk.story.rows("select code, district from school")}
    verdicts = [Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN, Verdict.DECLARED]
    # Of eight rules; a rule that nobody judged is drawn as any other.
    said = {
        code: {rule: verdicts[(number + place) % 4] for place, rule in enumerate(CLOSED[:8])}
        for number, code in enumerate(district)
    }
    await let_stand(desk.story.database, said)
    await desk.enter("#/compliance/matrix")
    await expect(desk.page.locator("[data-part=shown]")).to_have_text("3,488 / 3,488 所")
    assert await desk.page.locator("[role=gridcell]").count() < 60 * (len(RULES) + 1)
    took = await desk.page.evaluate(
        """async () => {
            const frame = document.querySelector('[role=grid]')
            const took = []
            for (let step = 0; step < 15; step += 1) {
                const began = performance.now()
                frame.scrollTop += 700
                await new Promise(requestAnimationFrame)
                await new Promise(requestAnimationFrame)
                took.push(performance.now() - began)
            }
            return took
        }"""
    )
    # The slowest of them tells how busy the machine is beside.
    assert median(took) < 500, f"{took} ms for a screenful"
    await desk.page.get_by_role("grid").locator("[tabindex='0']").focus()
    await desk.page.keyboard.press("Control+End")
    last = desk.page.get_by_role("grid").locator("[tabindex='0']")
    await expect(last).to_be_focused()
    await expect(last).to_be_in_viewport()
    assert await last.locator("xpath=..").get_attribute("aria-rowindex") == "3489"
    await desk.page.get_by_label("规则", exact=True).select_option("C1")
    await desk.page.get_by_label("判定", exact=True).select_option("not_met")
    wanted = [code for code, its in said.items() if its["C1"] is Verdict.NOT_MET]
    await expect(desk.page.locator("[data-part=shown]")).to_have_text(f"{len(wanted)} / 3,488 所")
    await desk.page.get_by_label("区市", exact=True).select_option("370202")
    there = sum(1 for code in wanted if district[code] == "370202")
    await expect(desk.page.locator("[data-part=shown]")).to_have_text(f"{there} / 3,488 所")
    await desk.save_picture("compliance-city")


async def test_each_page_fits_the_screen_and_axe_finds_nothing_serious(real_desk: RealDesk) -> None:
    await set_the_scene(real_desk)
    await real_desk.story.database_execute(HOLDS)
    await real_desk.enter(name="chen")
    await walk(real_desk, {f"compliance-{name}": route for name, route in ROUTES.items()})
    # What is wrong in a form, and what is asked before something is let go.
    await real_desk.go("#/compliance/holds")
    page = real_desk.page
    await page.locator("[data-part=hold-form] [type=submit]").click()
    await page.locator("[data-field=which]").select_option(index=1)
    await page.locator("[data-state=standing] button").first.click()
    await page.locator("[data-state=standing] [type=submit]").click()
    await inspect(real_desk, "compliance-hold-lifted", around=False)

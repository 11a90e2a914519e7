"""Roles at the board: who stands for a school or a district, who may only look, and who governs and handles nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Response, expect

from alerts.domain.presses import Mode
from alerts.domain.rights import Role
from alerts.readiness.windows import announce_window
from alerts.storage.accounts import Account, save_account
from tests.alerts.readiness import planning
from tests.browser.desk import Desk
from tests.browser.looks import let_frames_pass, walk
from tests.browser.real_board import RealDesk
from tests.dashboard.board import hash_password

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ACCOUNTS = (
    Account("men", "孙门卫", Role.GUARD, school="S1"),
    Account("xiao", "周校长", Role.PRINCIPAL, school="S1"),
    Account("qu", "吴区台", Role.DISTRICT_DESK, district="370202"),
)
ELSEWHERE = "这不在您的负责范围内。"


async def let_places_in(desk: RealDesk) -> None:
    """A guard and the principal of the first school, and the desk of its district."""
    database = desk.story.database
    async with database.transaction() as connection:
        for account in ACCOUNTS:
            await save_account(connection, account, hash_password(), await database.read_now(connection))


async def settle(desk: Desk) -> None:
    """Waits until the page before is gone, and what this one asked for is there."""
    await let_frames_pass(desk)
    await expect(desk.page.locator("[aria-busy=true]")).to_have_count(0)


async def list_links(desk: Desk, within: str) -> list[str]:
    """Where the links of a navigation lead."""
    links: list[str] = await desk.page.locator(f"{within} nav a").evaluate_all("all => all.map(one => one.hash)")
    return links


async def walk_what_is_offered(desk: Desk) -> list[str]:
    """Opens each page and each view of it that the page itself leads to; returns where its links lead."""
    await desk.page.get_by_role("navigation", name="主导航").get_by_role("link", name="值守保障").click()
    await expect(desk.page.locator("[data-section] > header nav a").first).to_be_visible()
    offered = await list_links(desk, "[data-section] > header")
    for route in offered:  # it grows
        await desk.go(route)
        await settle(desk)
        await expect(desk.page.locator("[data-section] > :not(header)")).to_be_visible()
        await expect(desk.page.locator("[data-part=not-yours]")).to_have_count(0)
        offered += [one for one in await list_links(desk, "[data-section] > :not(header)") if one not in offered]
    return offered


async def test_who_stands_for_a_place_is_offered_only_what_is_theirs_and_meets_no_refusal(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await let_places_in(desk)
    await planning.save(desk.story)
    await desk.story.press("S1-G1", id="a-press")
    now = desk.story.now
    await announce_window(desk.story.database, Mode.DRILL, now, now + timedelta(hours=1), "wang")
    refused: list[str] = []

    def note(response: Response) -> None:
        if response.status in {401, 403} and not response.url.endswith("/session"):
            refused.append(f"{response.status} {response.url} at {desk.page.url}")

    desk.page.on("response", note)
    await desk.enter(name="men")
    await expect(desk.page.locator(".opener")).to_contain_text("保安 · 第一小学")
    await settle(desk)
    offered = await walk_what_is_offered(desk)
    sections = {href.split("/")[1] for href in offered}
    assert sections == {
        "policies",
        "coverage",
        "people",
        "rosters",
        "plans",
        "shifts",
        "practice",
        "compliance",
        "answer-times",
        "replay",
    }
    assert not {"#/compliance/matrix", "#/compliance/reports"} & set(offered)
    await desk.go("#/rosters/S1:duty")
    await settle(desk)
    await expect(desk.page.get_by_role("link", name="安排排班")).to_have_count(0)
    await desk.go("#/records/incidents")
    await expect(desk.page.locator("[data-view=records] > header nav a")).to_have_count(1)
    # What happens at their school they handle.
    await desk.go("#/incidents/1")
    await desk.action("acknowledge").click()
    await expect(desk.card(1)).to_have_attribute("data-state", "acknowledged")

    await desk.change_hands("xiao")
    assert "#/practice/windows" in await walk_what_is_offered(desk)
    await desk.go("#/practice/windows")
    announce = desk.page.locator("[data-part=announce]")
    await expect(announce).to_contain_text("第一小学")
    await announce.get_by_role("button", name="报备").click()
    announced = desk.page.locator("[data-part=announced]")
    await expect(announced.locator("article", has_text="第一小学")).to_have_count(1)
    # What the city announced concerns the school, too; ending it is not its leaders' to do.
    await expect(announced.locator("article", has_text="全市")).to_have_count(1)
    await expect(announced.get_by_role("button", name="结束")).to_have_count(1)
    await announced.get_by_role("button", name="结束").click()
    await announced.get_by_role("button", name="确定").click()
    await expect(announced.locator("article", has_text="第一小学")).to_have_count(0)

    await desk.change_hands("qu")
    await expect(desk.page.locator(".opener")).to_contain_text("区值班台 · 市南区")
    assert "#/compliance/breaches" in await walk_what_is_offered(desk)
    assert refused == [], "\n".join(refused)


async def test_a_page_that_is_not_theirs_says_so_in_both_languages_and_is_not_asked_for_again(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await let_places_in(desk)
    await desk.enter(name="men")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.split("/api/v1")[-1]))
    for route in (
        "#/channels",
        "#/policies",
        "#/compliance/matrix",
        "#/plans/intruder/trainings",
        "#/records/quarantine",
    ):
        await desk.go(route)
        await expect(desk.page.locator("[data-part=not-yours]")).to_contain_text(ELSEWHERE)
        await expect(desk.page.locator("[data-part=not-yours]")).to_contain_text("您是保安，负责范围：第一小学。")
    assert asked == []
    await desk.go("#/people/desk")
    await expect(desk.page.locator("[data-part=person]")).to_contain_text(ELSEWHERE)
    await expect(desk.page.locator("[data-part=person]").get_by_role("button", name="重新载入")).to_have_count(0)
    await desk.go("#/schools/S2")
    await expect(desk.page.locator("[data-view=school]")).to_contain_text(ELSEWHERE)
    await desk.go("#/compliance/schools/S2")
    await expect(desk.page.locator("[data-part=school]")).to_contain_text(ELSEWHERE)
    await desk.page.get_by_role("button", name="设置与账号").click()
    await expect(desk.page.locator(".sheet")).to_contain_text("负责范围 第一小学")
    await desk.page.keyboard.press("Escape")
    await walk(desk, {"not-yours": "#/channels", "school": "#/schools/S1", "policy": "#/policies/in-force/S1"})
    await desk.go("#/channels")
    await expect(desk.page.locator("[data-part=not-yours]")).to_contain_text("This is not your place.")


async def test_an_auditor_changes_nothing_and_an_administrator_governs_but_takes_no_incident(
    real_desk: RealDesk,
) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.story.press("S1-G1", id="a-press")
    await desk.enter("#/incidents/1", name="li")
    await expect(desk.page.locator(".opener")).to_contain_text("督查员")
    await expect(desk.action("acknowledge")).to_have_attribute("aria-disabled", "true")
    pages = (
        "policies",
        "people/guard",
        "rosters/S1:duty",
        "plans/intruder",
        "practice",
        "compliance/holds",
        "notices",
        "orders",
        "channels",
    )
    for page in pages:
        await desk.go(f"#/{page}")
        await settle(desk)
        acts = desk.page.locator("[data-section] > :not(header)").locator(
            ".button.primary, [type=submit], .button.alarm"
        )
        assert [await one.inner_text() for one in await acts.all()] == [], page

    await desk.change_hands("chen", "#/policies")
    await expect(desk.page.locator(".opener")).to_contain_text("管理员")
    await expect(desk.page.get_by_role("link", name="新建策略")).to_be_visible()
    await desk.go("#/notices")
    await settle(desk)
    await expect(desk.page.get_by_role("link", name="写通知")).to_have_count(0)
    await desk.go("#/incidents/1")
    await expect(desk.action("acknowledge")).to_have_attribute("aria-disabled", "true")
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("您的角色可以查看，不能操作。")

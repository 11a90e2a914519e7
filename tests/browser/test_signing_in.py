"""Signing in and out, and what each role may do."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.desk import Desk, open_window
from tests.browser.fake_service import FakeService

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_wrong_password_is_told_plainly_and_the_right_one_opens_the_board(desk: Desk) -> None:
    await desk.open()
    await desk.sign_in(password="wrong")
    await expect(desk.page.get_by_role("alert")).to_have_text("账号或密码不正确。")
    await desk.sign_in()
    await expect(desk.room).to_have_attribute("data-health", "live")
    await expect(desk.page.locator(".opener")).to_contain_text("王建国")
    await expect(desk.page.locator(".opener")).to_contain_text("市值班台")


async def test_an_empty_field_is_named_and_focused_before_anything_is_sent(desk: Desk) -> None:
    await desk.open()
    await desk.page.click("button[type=submit]")
    await expect(desk.page.get_by_role("alert")).to_have_text("请填写账号。")
    await expect(desk.page.locator("#name")).to_be_focused()
    await desk.page.fill("#name", "wang")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_role("alert")).to_have_text("请填写密码。")
    await expect(desk.page.locator("#password")).to_be_focused()


async def test_who_is_signed_in_already_comes_straight_to_the_board(desk: Desk) -> None:
    await desk.watch()
    await desk.page.reload()
    await expect(desk.room).to_have_attribute("data-health", "live")


async def test_a_reader_sees_everything_and_is_told_why_acting_is_not_possible(
    desk: Desk, service: FakeService
) -> None:
    incident = service.city.press()
    await desk.watch("reader", f"#/incidents/{incident.id}")
    for action in ("acknowledge", "respond", "close"):
        await expect(desk.action(action)).to_have_attribute("aria-disabled", "true")
        await desk.action(action).click(force=True)
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("您的角色可以查看，不能操作。")
    await desk.card(incident.id).locator(".take").click(force=True)
    assert service.requests == []


async def test_signing_out_asks_first_and_then_shows_nothing_more(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    await desk.page.click(".opener")
    await desk.page.get_by_role("button", name="退出登录").click()
    await expect(desk.page.get_by_role("alert")).to_contain_text("退出后本机不再接收警情")
    await expect(desk.page.get_by_role("button", name="取消")).to_be_focused()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator(".sheet")).to_have_count(0)
    await expect(desk.page.locator(".opener")).to_be_focused()
    await desk.page.click(".opener")
    await desk.page.get_by_role("button", name="退出登录").click()
    await desk.page.get_by_role("button", name="确定退出").click()
    await expect(desk.page.locator("#name")).to_be_visible()
    await expect(desk.page.locator(".ended")).to_have_count(0)
    service.city.press()
    await expect(desk.page.locator(".incident")).to_have_count(0)


async def test_a_session_that_ends_by_itself_is_unmistakable(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    service.end_sessions()
    await expect(desk.page.locator(".ended")).to_contain_text("登录已失效，本页不再接收警情")
    await expect(desk.page).to_have_title(re.compile("登录已失效"))
    await desk.sign_in()
    await expect(desk.room).to_have_attribute("data-health", "live")


async def test_a_session_that_ended_while_the_line_was_down_is_noticed_on_return(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch()
    service.accepting = False
    service.drop_boards()
    await expect(desk.banner).to_be_visible()
    service._sessions.clear()
    await expect(desk.page.locator(".ended")).to_be_visible()


async def test_a_window_knows_nothing_of_an_earlier_one_at_the_same_address(
    ground: BrowserContext, service: FakeService
) -> None:
    for _ in range(2):
        async with open_window(ground, service.url) as page:
            await page.goto(service.url)
            assert await page.evaluate("localStorage.length") == 0
            await page.evaluate("localStorage.setItem('campus.sound', 'on')")

"""Languages, sizes, themes, and what people with a screen reader or unsteady eyes get."""

from __future__ import annotations

import json
import re
import struct
from urllib.parse import urljoin

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import PHONE, Desk
from tests.browser.fake_service import FakeService, play_busy_scene
from tests.browser.looks import LOOKS, find_grave, inspect, resize, walk, wear

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_language_is_switched_at_once_and_remembered(desk: Desk, service: FakeService) -> None:
    service.city.press(3)
    await desk.watch()
    await desk.page.get_by_role("button", name="English").click()
    await expect(desk.live_cards.first).to_contain_text("Panic alarm")
    await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    await desk.page.reload()
    await expect(desk.page.locator("#queue")).to_contain_text("Open incidents")
    await desk.page.get_by_role("button", name="中文").click()
    await expect(desk.page.locator("#queue")).to_contain_text("未结警情")
    await expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")


async def test_what_a_person_chose_follows_their_account_and_what_could_not_be_saved_is_told_and_saved_later(
    desk: Desk, service: FakeService
) -> None:
    async def sit_down_elsewhere() -> None:
        await desk.page.evaluate("localStorage.clear()")
        await desk.page.reload()
        await expect(desk.room).to_have_attribute("data-health", "live")

    html, untold = desk.page.locator("html"), desk.page.locator("[data-part=untold-choice]")
    await desk.watch(route="#/?wanted=offline")
    await desk.page.click(".opener")
    await desk.page.get_by_label("深色").check()
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("button", name="English").click()
    await desk.page.get_by_role("button", name="Keep this view").click()
    await desk.page.get_by_label("Name of the view").fill("Silent schools")
    async with desk.page.expect_response("**/session/preferences"):
        await desk.page.keyboard.press("Enter")
    await sit_down_elsewhere()
    await expect(html).to_have_attribute("data-theme", "dark")
    await expect(html).to_have_attribute("lang", "en")
    await expect(desk.page.locator("[data-part=views]")).to_contain_text("Silent schools")
    await expect(untold).to_be_empty()

    service.answering = False
    await desk.page.get_by_role("button", name="中文").click()
    await expect(html).to_have_attribute("lang", "zh-CN")
    await expect(untold).to_contain_text("没能存到您的账号")
    await desk.save_picture("untold-choice")
    assert await find_grave(desk) == []
    service.answering = True
    service.drop_boards()
    await expect(untold).to_be_empty()
    await sit_down_elsewhere()
    await expect(html).to_have_attribute("lang", "zh-CN")


async def test_a_browser_in_english_is_answered_in_english(open_desk: OpenDesk) -> None:
    desk = await open_desk(locale="en-US")
    await desk.open()
    await expect(desk.page.get_by_role("heading", name="Sign in to the watch")).to_be_visible()
    await desk.sign_in(password="wrong")
    await expect(desk.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")


async def test_the_theme_follows_the_system_until_somebody_chooses(desk: Desk) -> None:
    await desk.page.emulate_media(color_scheme="dark")
    await desk.watch()
    html = desk.page.locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    await desk.page.emulate_media(color_scheme="light")
    await expect(html).to_have_attribute("data-theme", "light")
    await desk.page.click(".opener")
    await desk.page.get_by_label("深色").check()
    await expect(html).to_have_attribute("data-theme", "dark")
    await desk.page.reload()
    await expect(html).to_have_attribute("data-theme", "dark")


async def test_a_busy_board_fits_the_screen_and_axe_finds_nothing_serious(desk: Desk, service: FakeService) -> None:
    play_busy_scene(service)
    await desk.open()
    await expect(desk.page.locator("#name")).to_be_visible()
    await inspect(desk, "sign-in")
    await desk.sign_in()
    await expect(desk.room).to_have_attribute("data-health", "live")
    school = service.city.city.schools[5].code
    routes = {"incident": "#/incidents/3", "incident-test": "#/incidents/6", "school": f"#/schools/{school}"}
    await walk(desk, routes | {"quarantine": "#/records/quarantine", "board": "#/"}, {"board": "#queue"})
    for look in LOOKS:
        await wear(desk, look)
        # What stands around every page is read by axe in this theme on the other screen, too.
        await resize(desk, "phone" if look.screen == "desk" else "desk")
        assert await find_grave(desk) == []
        await resize(desk, look.screen)
        await desk.page.click(".opener")
        assert await find_grave(desk) == []
        await desk.page.keyboard.press("Escape")
        await desk.go("#/incidents/2")
        await desk.action("close").click()
        assert await find_grave(desk) == []
        await desk.page.keyboard.press("Escape")
        await desk.go("#/")
    service.engine_runs = False
    await expect(desk.banner).to_be_visible()
    await inspect(desk, "banner")


async def test_nothing_moves_for_who_asked_for_stillness(desk: Desk, service: FakeService) -> None:
    play_busy_scene(service)
    await desk.page.emulate_media(reduced_motion="reduce")
    await desk.watch()
    await expect(desk.live_cards.first).to_be_visible()
    assert await desk.page.evaluate("document.getAnimations().length") == 0


async def test_a_phone_shows_one_thing_at_a_time_and_never_hides_an_alarm(
    open_desk: OpenDesk, service: FakeService
) -> None:
    desk = await open_desk(**PHONE)
    await desk.watch()
    tabs = desk.page.locator("nav").last
    await tabs.get_by_role("button", name="地图").click()
    await expect(desk.page.locator(".map")).to_be_visible()
    await expect(desk.page.locator("#queue")).to_be_hidden()
    service.city.press(3)
    await expect(tabs.get_by_role("button", name=re.compile("警情"))).to_have_class(re.compile("urgent"))
    await tabs.get_by_role("button", name="学校").click()
    await expect(desk.page.locator("#school-search")).to_be_visible()
    await tabs.get_by_role("button", name="记录查询").click()
    await expect(desk.page.locator("[data-view=records]")).to_be_visible()
    await tabs.get_by_role("button", name=re.compile("警情")).click()
    await desk.live_cards.first.get_by_role("button", name="接警").tap()
    await expect(desk.live_cards.first).to_have_attribute("data-state", "acknowledged")


async def test_a_telephone_can_install_the_page(desk: Desk) -> None:
    await desk.open()
    devtools = await desk.page.context.new_cdp_session(desk.page)
    manifest = await devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    told = json.loads(manifest["data"])
    assert (told["display"], told["start_url"]) == ("standalone", "/")
    for icon in told["icons"]:
        answer = await desk.page.request.get(urljoin(desk.url, icon["src"]))
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", (await answer.body())[16:24])
            assert f"{width}x{height}" == icon["sizes"]
    apple = await desk.page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    assert (await desk.page.request.get(urljoin(desk.url, str(apple)))).ok
    assert (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"] == []


async def test_the_page_keeps_to_its_strict_content_policy(desk: Desk, service: FakeService) -> None:
    play_busy_scene(service)
    await desk.watch()
    response = await desk.page.request.get(service.url)
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert await desk.page.locator("script:not([src])").count() == 0
    assert desk.complaints == []

"""A press that nobody took fills the screen of whoever may take it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Locator, expect

from alerts.domain.pictures import PictureKind
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import Camera
from alerts.redrawing import redraw
from simulators.city.sketches import draw_sketch
from tests.browser.desk import Desk
from tests.browser.fake_service import FakeService
from tests.browser.looks import inspect
from tests.browser.real_board import RealDesk
from tests.dashboard.test_registry import GATES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Somebody is typing when the screen fills: the key comes at the very moment.
TYPE_ON = """new MutationObserver((_, watching) => {
    if (!document.querySelector('dialog[data-takeover]')) return
    watching.disconnect()
    dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true }))
}).observe(document.body, { childList: true, subtree: true })"""


async def test_a_press_fills_the_screen_and_one_key_takes_it_but_not_one_that_was_meant_for_something_else(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch(filled=True)
    takeover = desk.page.locator("dialog[data-takeover]")
    service.city.press(5, mode=Mode.TEST)
    await expect(desk.exercise_cards).to_have_count(1)
    await expect(takeover).to_have_count(0)  # a test never does

    city = service.city.city
    point = next(number for number, one in enumerate(city.points, 1) if one.school == city.schools[3].code)
    sketch = draw_sketch(city.points[point - 1], 3)
    service.city.picture(point, PictureKind.SKETCH, redraw(sketch))
    service.city.picture(point, PictureKind.PHOTO, None)
    link = "https://video.example.cn/1?a=<b>"
    service.city.cameras[city.schools[3].code].append(Camera(city.schools[3].code, "正门外侧", link))
    await desk.page.locator("#school-search").focus()
    await desk.page.evaluate(TYPE_ON)
    incident = service.city.press(3, kind=Kind.FIRE)
    await expect(takeover.get_by_role("heading", level=2)).to_contain_text("火情")
    await expect(takeover.locator(".where")).to_contain_text(incident.school_name or "")
    await expect(takeover.locator(".where")).to_contain_text(incident.point or "")
    await expect(takeover.get_by_role("heading", level=2)).to_be_focused()
    await expect(takeover.locator(".take")).to_have_attribute("aria-disabled", "false")
    assert service.city.incidents[incident.id].state == "open"
    await look_around(desk, takeover, incident.point or "", link)

    await desk.page.keyboard.press("Enter")
    await desk.page.keyboard.press("t")
    await expect(takeover).to_have_count(0)
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text("王建国")
    assert [one[:2] for one in service.requests] == [("acknowledge", str(incident.id))]


async def look_around(desk: Desk, takeover: Locator, point: str, link: str) -> None:
    """The sketch opens large by keyboard, and Esc ends that alone. What cannot be fetched says so."""
    small = takeover.get_by_role("button", name=f"放大：{point}的平面示意图")
    await expect(small.locator("img")).to_have_js_property("naturalWidth", 960)
    await expect(takeover.get_by_role("button", name="现场照片")).to_contain_text("图没有取到")
    camera = takeover.get_by_role("link", name="正门外侧")
    await expect(camera).to_have_attribute("href", link)
    await expect(camera).to_have_attribute("rel", "noopener noreferrer")
    await desk.save_picture("takeover-pictures")
    await small.focus()
    await desk.page.keyboard.press("Enter")
    large = takeover.get_by_role("dialog", name=f"{point}的平面示意图")
    await expect(large.get_by_role("img")).to_have_js_property("naturalWidth", 960)
    await desk.save_picture("takeover-picture-large")
    await desk.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(small).to_be_focused()
    await expect(takeover.get_by_role("heading", level=2)).to_be_visible()
    await takeover.get_by_role("heading", level=2).focus()


async def test_several_at_once_queue_by_gravity_and_none_hides_behind_another(desk: Desk, service: FakeService) -> None:
    await desk.watch(filled=True)
    ill = service.city.press(1, kind=Kind.MEDICAL, ago=timedelta(seconds=40)).id
    stranger = service.city.press(2, kind=Kind.INTRUDER, ago=timedelta(seconds=20)).id
    fire = service.city.press(3, kind=Kind.FIRE, ago=timedelta(seconds=30)).id
    takeover = desk.page.locator("dialog[data-takeover]")
    waiting = takeover.locator("[data-waiting]")

    async def expect_on_screen(first: int, *others: int) -> None:
        await expect(takeover).to_have_attribute("data-takeover", str(first))
        await expect(waiting).to_have_count(len(others))
        assert [await one.get_attribute("data-waiting") for one in await waiting.all()] == [str(one) for one in others]

    await expect_on_screen(stranger, fire, ill)
    await desk.page.keyboard.press("n")
    await expect_on_screen(fire, stranger, ill)
    await waiting.nth(1).click()
    await expect_on_screen(ill, stranger, fire)
    service.city.act(ill, "acknowledge", "孙值守", {})  # somebody else was quicker
    await expect_on_screen(stranger, fire)
    await desk.page.keyboard.press("Escape")
    await expect(takeover).to_have_attribute("data-takeover", str(fire))
    await desk.page.keyboard.press("Escape")
    await expect(takeover).to_have_count(0)
    await expect(desk.live_cards).to_have_count(3)
    service.city.press(2, kind=Kind.INTRUDER)  # it goes on there
    await expect_on_screen(stranger, fire)


async def test_whoever_may_take_nothing_or_wants_it_in_its_place_is_not_disturbed(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch("reader", filled=True)
    service.city.press(1)
    await expect(desk.live_cards).to_have_count(1)
    await expect(desk.page.locator("dialog")).to_have_count(0)
    service.end_sessions()
    await desk.sign_in()
    await expect(desk.page.locator("dialog[data-takeover]")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await desk.page.click(".opener")
    await desk.page.get_by_label("有人报警时占满整屏").uncheck()
    service.city.press(1)
    await expect(desk.live_cards.first).to_contain_text("按键 2 次")
    await expect(desk.page.locator("dialog")).to_have_count(0)


async def test_all_that_must_be_known_in_the_first_seconds_is_on_it_and_it_fits(real_desk: RealDesk) -> None:
    desk, story = real_desk, real_desk.story
    await story.database_execute(GATES)
    await story.state("S1-FRONT", online=True)
    await story.intake.take_reports([story.arrival({"id": "1", "open": True}, "S1-FRONT", "gate")])
    await story.supervise()
    await desk.enter("#/policies", filled=True)
    await story.press("S1-G1", id="a-press", kind="intruder")
    await story.press("S2-G1", id="another")
    takeover = desk.page.locator("dialog[data-takeover]")
    await expect(takeover.locator(".where")).to_contain_text("第一小学")
    await expect(takeover.locator("[data-delivery]").first).to_be_visible()
    await expect(takeover.locator("[data-gate=S1-FRONT]")).to_have_attribute("data-stands", "open")
    await expect(takeover.locator("[data-gate=S1-BACK]")).to_have_attribute("data-stands", "unknown")
    await expect(takeover.get_by_role("heading", name="值守人员")).to_be_visible()
    await expect(takeover.locator("[data-waiting]")).to_have_count(1)
    await inspect(desk, "takeover")


HIDDEN = """
window.told = []
window.Notification = class {
    static permission = 'granted'
    constructor(text, { tag }) { this.text = text; window.told.push(this); this.tag = tag }
    close() { this.closed = true }
}
Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })
"""


async def test_whoever_looks_elsewhere_is_told_by_the_system_until_somebody_takes_it(
    desk: Desk, service: FakeService
) -> None:
    await desk.page.add_init_script(HIDDEN)
    await desk.watch(filled=True)
    service.city.press(5, mode=Mode.TEST)
    incident = service.city.press(3, kind=Kind.FIRE)
    await expect(desk.live_cards).to_have_count(1)
    told = await desk.page.evaluate("told.map(({ text, tag, closed }) => [text, tag, closed ?? false])")
    assert told == [[f"新警情：火情，{incident.school_name} {incident.point}", f"incident-{incident.id}", False]]
    service.city.act(incident.id, "acknowledge", "孙值守", {})
    await expect(desk.live_cards.first).to_have_attribute("data-state", "acknowledged")
    assert await desk.page.evaluate("told.map(({ closed }) => closed)") == [True]
    await desk.page.evaluate("told[0].onclick()")
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()

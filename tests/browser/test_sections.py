"""The pages beside the watch: found, fitting, readable by everybody, and never in the way of an alarm."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from alerts.engine.coverage import lint_stale_schools
from alerts.engine.police_watch import watch_handovers_due
from alerts.engine.tasks import attend_tasks_due
from alerts.replay import keep_keyframe
from tests.alerts.incidents.test_outputs import Site
from tests.alerts.readiness import planning
from tests.browser.desk import Desk
from tests.browser.fake_service import FakeService
from tests.browser.looks import find_grave, inspect, walk
from tests.browser.real_board import RealDesk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ROUTES = {
    "policies": "#/policies",
    "policy": "#/policies/new",
    "in-force": "#/policies/in-force/S1",
    "coverage": "#/coverage",
    "explained": "#/coverage/schools/S1",
    "incident": "#/incidents/1",
    "device": "#/devices/S1-G1",
    "orders": "#/orders",
}


# What a button went through in its last days.
PAST = """
insert into device_transition (device, at, link, troubles) values
    ('S1-G1', now() - interval '40 days', 'online', '{}'),
    ('S1-G1', now() - interval '21 days', 'offline', '{}'),
    ('S1-G1', now() - interval '20 days', 'online', '{low_battery}'),
    ('S1-G1', now() - interval '17 days', 'online', '{}'),
    ('S1-G1', now() - interval '3 days', 'silent', '{}'),
    ('S1-G1', now() - interval '2 days', 'online', '{}');
insert into deaf_span (began_at, ended_at) values (now() - interval '9 days', now() - interval '8 days');
insert into device_battery (device, at, percent)
    select 'S1-G1', now() - n * interval '1 day', case when n > 17 then (n - 10) * 3 else 60 + n * 2 end
    from generate_series(0, 35) n;
"""


# Somebody sent a notice to the whole city alone, and wants how closed its campuses are to be confirmed; a throttle and
# a policy of the nights wait, too.
ORDERS = """
insert into city_order (kind, body, state, proposed_by, proposed_by_name, proposed_at, expires_at,
    settled_by, settled_at, reason, made) values
    ('notice', '{"title": "台风停课", "text": "台风提前登陆，全市今日停课。",
      "audience": {"city": true, "districts": [], "schools": [], "posts": [], "people": []}}',
      'alone', 'wang', '王值班', now(), now(), 'wang', now(),
      '夜里只有我一人，台风提前登陆，等不到第二个人', 1),
    ('day_exception', '{"kind": "closed_loop", "level": "tightened", "first_on": "2026-11-28", "last_on": "2026-12-04",
      "reason": "流感高发"}', 'pending', 'wang', '王值班', now(), now() + interval '1 hour', null, null, null, null),
    ('channel', '{"channel": "sms", "conduct": {"rate_per_second": 20, "quiet": null},
      "instead_of": {"rate_per_second": null, "quiet": null}}',
      'pending', 'sun', '孙管理', now(), now() + interval '1 hour', null, null, null, null),
    ('policy', '{"rule": {"id": 0, "version": 0, "mode": "live", "name": "夜间", "district": null, "school": null,
      "category": null, "kind": null, "school_kind": null,
      "hours": {"starts": "22:00", "ends": "06:00", "weekdays": []},
      "definition": {"steps": [{"after_seconds": 0, "targets": ["police", "city"], "channels": [], "outputs": [],
        "output_seconds": null}], "repeat_after_seconds": 60, "acknowledgement_seconds": 300, "takers_needed": 1,
        "without_police": false}}, "instead_of": null}',
      'pending', 'chen', '陈管理', now(), now() + interval '1 hour', null, null, null, null);
"""


async def set_the_scene(desk: RealDesk) -> None:
    """An incident with everything on its face: tasks, outputs, and 110 to be telephoned."""
    await planning.save(desk.story)
    await keep_keyframe(desk.story.database)
    await desk.story.forward(20)
    await Site(desk.story).open()
    await desk.story.press("S1-G1", id="a-press", kind="violence")
    await attend_tasks_due(desk.story.database)
    await desk.story.forward(35)
    await watch_handovers_due(desk.story.database)
    await lint_stale_schools(desk.story.database)
    await desk.story.database_execute(PAST + ORDERS)
    await desk.story.state("S1-G1", online=True, battery=60, mains=True, tamper=False, rssi=-67, firmware="1.4.2")
    await desk.story.intake.take_reports([desk.story.arrival(b"{", channel="state")])
    await desk.story.supervise()


async def test_each_page_fits_the_screen_and_axe_finds_nothing_serious(real_desk: RealDesk) -> None:
    desk = real_desk
    await set_the_scene(desk)
    await desk.enter(name="chen")
    await walk(desk, ROUTES)
    await desk.change_hands("wang", ROUTES["incident"])
    await desk.page.get_by_role("button", name=re.compile("登记与 110 的通话|Record a call with 110")).click()
    await inspect(desk, "call-to-110", around=False)
    await desk.go("#/shifts")
    await expect(desk.page.locator("[data-act=sign]")).to_be_visible()
    await inspect(desk, "shift-hand-over", around=False)
    await desk.go("#/replay/incidents/1")
    await expect(desk.page.locator("[data-part=replay][data-state=ready]")).to_be_visible()
    await inspect(desk, "replay", around=False)


async def test_the_pages_are_reached_by_keyboard_and_by_address(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.story.intake.take_reports([desk.story.arrival(b"{", channel="state")])
    await desk.enter()
    await desk.page.get_by_role("navigation", name="主导航").get_by_role("link", name="值守保障").focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-section=policies]")).to_be_visible()
    link = desk.page.get_by_role("navigation", name="值守保障").get_by_role("link", name="值守覆盖")
    await link.focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-section=coverage]")).to_be_visible()
    await expect(link).to_have_attribute("aria-current", "page")
    await desk.page.reload()
    await expect(desk.page.locator("[data-section=coverage] [data-part=summary]")).to_be_visible()
    await desk.page.keyboard.press("b")
    await expect(desk.page.locator(".map")).to_be_visible()
    await desk.page.keyboard.press("Control+k")
    await desk.page.keyboard.type("s1-g")
    await expect(desk.page.locator('[data-choice="device S1-G1"]')).to_be_visible()
    await desk.page.keyboard.press("Enter")
    device = desk.page.locator("[data-view=device]")
    await expect(device.locator("[data-part=faults] [data-fault=state]")).to_contain_text("报文不是 JSON")
    await expect(device.locator("[data-part=presses]")).to_contain_text("这段时间没有按过")
    await expect(device.locator("[data-part=tests]")).to_contain_text("从未")
    await desk.story.press("S1-G1", id="p1")
    await device.get_by_role("button", name="最近 7 天").click()
    await expect(device.locator("[data-press]")).to_contain_text("已收到")
    await device.get_by_role("link", name="第一小学").click()
    await desk.page.locator("[data-view=school]").get_by_role("link", name="S1-G1").click()
    await expect(device.locator("[data-part=tests]")).to_be_visible()


async def test_on_a_phone_the_pages_stand_in_one_row_with_the_one_that_is_open_in_view(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    await desk.enter("#/channels")
    row = desk.page.locator("[data-section] > header nav")
    here, first = row.locator("[aria-current=page]"), row.get_by_role("link").first
    for language in ("zh-CN", "en"):
        await desk.go("#/channels")
        await desk.page.locator(f"button[lang={language}]").first.dispatch_event("click")
        await expect(desk.page.locator("html")).to_have_attribute("lang", language)
        await expect(here).to_be_in_viewport(ratio=1)
        await expect(first).not_to_be_in_viewport()
        tops = await row.get_by_role("link").evaluate_all("links => links.map(one => one.offsetTop)")
        assert len(tops) >= 10
        assert len(set(tops)) == 1
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= 390
        await desk.save_picture(f"tabs-390x844-{language}")
        # By keyboard every page is reached, and what has the focus is seen.
        await here.focus()
        before = await row.get_by_role("link").evaluate_all(
            "links => links.findIndex(one => one.ariaCurrent === 'page')"
        )
        for _ in range(before):
            await desk.page.keyboard.press("Shift+Tab")
        await expect(first).to_be_focused()
        await expect(first).to_be_in_viewport(ratio=1)
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.locator("[data-section=policies]")).to_be_visible()
        await expect(first).to_have_attribute("aria-current", "page")
        await desk.page.set_viewport_size({"width": 1366, "height": 768})
        await desk.page.set_viewport_size({"width": 390, "height": 844})
        await expect(here).to_be_in_viewport(ratio=1)
        await desk.go("#/answer-times")
        await expect(here).to_be_in_viewport(ratio=1)
        await expect(desk.page.locator("[aria-busy=true]")).to_have_count(0)
        assert await find_grave(desk, around=False) == []


async def test_moving_within_a_page_asks_the_service_once(real_desk: RealDesk) -> None:
    desk = real_desk
    await planning.save(desk.story)
    await desk.enter("#/plans/intruder")
    await expect(desk.page.locator("[data-part=plan]")).to_contain_text("生效中：第 1 版")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.split("/api/v1")[-1]))
    await desk.go("#/plans/intruder/trainings")
    await expect(desk.page.locator("[data-part=trainings]")).to_contain_text("还没有人参加过")
    await desk.go("#/plans/~schools/S1")
    await expect(desk.page.locator('[data-part=school-figure] [data-item="intruder-1"]')).to_be_visible()
    paths = [one for one in asked if "/plans/" in one or "/responsibilities" in one]
    assert paths == ["/plans/intruder/trainings", "/schools/S1/responsibilities"]


async def test_the_watch_loads_without_the_pages_beside_it(desk: Desk) -> None:
    fetched: list[str] = []
    desk.page.on("request", lambda request: fetched.append(request.url))
    await desk.watch()
    assert not [url for url in fetched if "Policies" in url or "Coverage" in url]
    await desk.go("#/coverage")
    await expect(desk.page.locator("[data-section=coverage] [data-part=summary]")).to_be_visible()
    assert [url for url in fetched if "Coverage" in url]


async def test_a_page_that_cannot_be_fetched_says_so_and_the_watch_goes_on(desk: Desk, service: FakeService) -> None:
    await desk.page.route(re.compile(r"/assets/(Coverage|CityMap).*\.js"), lambda route: route.abort())
    await desk.watch()
    await expect(desk.page.get_by_role("alert").filter(has_text="地图没有载入")).to_be_visible()
    await desk.go("#/coverage")
    await expect(desk.page.locator("[data-section=coverage]")).to_contain_text("这一页没有载入")
    service.city.press(3)
    await expect(desk.live_cards).to_have_count(1)


async def test_on_a_phone_an_alarm_stands_above_every_page(real_desk: RealDesk) -> None:
    desk = real_desk
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    await desk.enter("#/policies")
    await expect(desk.page.locator("#queue")).to_be_hidden()
    await desk.story.press("S1-G1", id="a-press")
    strip = desk.page.locator("[data-strip=untaken]")
    await expect(strip).to_contain_text("第一小学")
    await strip.click()
    await expect(desk.page.locator("[data-view=incident]")).to_be_visible()
    await expect(strip).to_have_count(0)

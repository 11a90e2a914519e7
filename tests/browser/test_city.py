"""The city as a list and as a map, at its full size, by mouse and by keyboard."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from alerts.domain.board import Link, Trouble
from alerts.domain.presses import Mode
from alerts.domain.registry import Point
from dashboard.api.sessions import MapTiles
from simulators.city.sketches import draw_sketch
from tests.browser.desk import Desk
from tests.browser.fake_city import FakeCity
from tests.browser.fake_service import TILES, FakeService
from tests.browser.looks import find_grave

_TILE = (Path(__file__).parents[2] / "dashboard/web/public/icon-192.png").read_bytes()  # as good as any picture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_whole_city_scrolls_with_only_a_screenful_of_rows(desk: Desk, service: FakeService) -> None:
    service.city = FakeCity(service._tell, schools=3488)
    await desk.watch()
    frame = desk.page.locator(".schools .frame")
    rows = frame.locator("li")
    await expect(desk.page.locator(".schools header")).to_contain_text("3,488")
    assert await rows.count() < 60
    await expect(rows.first).to_have_attribute("aria-setsize", "3488")
    await frame.evaluate("frame => frame.scrollTo(0, frame.scrollHeight)")
    await expect(frame.locator('li[aria-posinset="3488"]')).to_be_in_viewport()
    assert await rows.count() < 60


async def test_frames_keep_coming_while_the_whole_city_changes(desk: Desk, service: FakeService) -> None:
    service.city = FakeCity(service._tell, schools=3488)
    await desk.page.emulate_media(reduced_motion="no-preference")
    await desk.watch()
    quiet = await _count_frames(desk)
    counting = asyncio.create_task(_count_frames(desk))
    silent = 0
    while not counting.done():
        for _ in range(5):
            service.city.set_link(silent, Link.SILENT)
            silent += 1
        await asyncio.sleep(0.1)  # the pace of a restless city: 50 changes a second
    busy = await counting
    await expect(desk.page.locator("[data-count=silent] b")).to_have_text(f"{silent:,}")
    quiet = min(quiet, await _count_frames(desk))  # other tests may have begun on this machine meanwhile
    assert busy > quiet / 3, f"{busy} frames while much changed, {quiet} while nothing did"


async def test_a_monthly_test_of_a_thousand_schools_at_once_is_shown_apart_and_counted(
    desk: Desk, service: FakeService
) -> None:
    service.city = FakeCity(service._tell, schools=3488)
    await desk.watch()
    for number in range(1000):
        service.city.press(number, mode=Mode.TEST)
    live = service.city.press(2000)
    await expect(desk.page.locator("[data-count=exercise] b")).to_have_text("1,000")
    await expect(desk.live_cards).to_have_count(1)
    await expect(desk.card(live.id)).to_be_in_viewport()
    assert await desk.exercise_cards.count() <= 20
    await desk.page.get_by_role("button", name="再显示 980 起").click()
    await expect(desk.exercise_cards).to_have_count(40)


async def _count_frames(desk: Desk) -> int:
    counted: int = await desk.page.evaluate(
        """() => new Promise(done => {
            const from = performance.now()
            let frames = 0
            const count = now => (frames += 1, now - from < 1500 ? requestAnimationFrame(count) : done(frames))
            requestAnimationFrame(count)
        })"""
    )
    return counted


async def test_schools_are_searched_and_filtered_and_the_filter_can_be_cleared(
    desk: Desk, service: FakeService
) -> None:
    wanted = service.city.city.schools[17]
    service.city.set_link(30, Link.OFFLINE)
    await desk.watch()
    listed = desk.page.locator(".schools li")
    await desk.page.fill("#school-search", wanted.name)
    await expect(listed.first).to_contain_text(wanted.name)
    await desk.page.get_by_role("button", name="清除筛选").click()
    await desk.page.get_by_label("状态", exact=True).select_option("offline")
    await expect(listed).to_have_count(1)
    await expect(listed).to_contain_text("设备离线")
    await desk.page.locator("[data-count=offline]").click()
    await expect(desk.page.locator(".schools header")).to_contain_text("120 / 120")
    await desk.page.locator("[data-count=offline]").click()
    await expect(listed).to_have_count(1)
    await desk.page.fill("#school-search", "没有这样的学校")
    await expect(desk.page.locator(".schools")).to_contain_text("没有符合条件的学校。")

    await desk.go("#/?wanted=offline")  # as a link that somebody sent
    await expect(listed).to_have_count(1)
    await expect(desk.page.get_by_label("状态", exact=True)).to_have_value("offline")
    await desk.page.get_by_role("button", name="保存视图").click()
    await desk.page.get_by_label("视图名称").fill("离线的学校")
    await desk.page.keyboard.press("Enter")
    await desk.page.get_by_label("类别").select_option("kindergarten")
    await expect(desk.page).to_have_url(re.compile(r"#/\?kind=kindergarten&wanted=offline$"))
    await desk.page.go_back()
    await expect(desk.page.get_by_label("类别")).to_have_value("")
    await expect(listed).to_have_count(1)
    await listed.first.click()
    await desk.page.locator("[data-view=school] header a").first.click()
    await expect(listed).to_have_count(1)  # the board as it was left
    await desk.page.get_by_role("button", name="清除筛选").click()
    await desk.page.reload()
    await expect(desk.room).to_have_attribute("data-health", "live")
    await desk.page.keyboard.press("Control+k")
    await expect(desk.page.get_by_role("dialog", name="查找一切").get_by_role("combobox")).to_be_focused()
    await desk.page.keyboard.type("离线的学校")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-part=views] a")).to_have_attribute("aria-current", "true")
    await desk.save_picture("saved-view")
    await desk.page.get_by_role("button", name="删除视图").click()
    await expect(desk.page.locator("[data-part=views] a")).to_have_count(0)


async def test_a_school_with_a_live_incident_rises_to_the_top_of_the_list(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    incident = service.city.press(100)
    first = desk.page.locator(".schools li").first
    await expect(first).to_contain_text(incident.school_name or "")
    await expect(first).to_contain_text("未接警")


async def test_the_keyboard_alone_reaches_takes_and_finds(desk: Desk, service: FakeService) -> None:
    incident = service.city.press(3)
    await desk.watch()
    await desk.page.keyboard.press("Tab")
    await expect(desk.page.get_by_role("button", name="跳到警情列表")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.card(incident.id).locator("a.open")).to_be_focused()
    await desk.page.keyboard.press("Tab")
    await expect(desk.card(incident.id).get_by_role("button", name="接警")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.card(incident.id)).to_have_attribute("data-state", "acknowledged")

    await desk.page.keyboard.press("/")
    await expect(desk.page.locator("#school-search")).to_be_focused()
    await desk.page.keyboard.press("ArrowDown")
    first = desk.page.locator(".schools li a").first
    await expect(first).to_be_focused()
    for _ in range(30):
        await desk.page.keyboard.press("ArrowDown")
    focused = desk.page.locator(".schools li:focus-within")
    await expect(focused).to_have_attribute("aria-posinset", "31")
    await expect(focused).to_be_in_viewport()
    await desk.page.keyboard.press("End")
    await expect(focused).to_have_attribute("aria-posinset", "120")
    await desk.page.locator(".schools .frame").evaluate("frame => frame.scrollTo(0, 0)")
    await expect(first).to_be_visible()
    await desk.page.keyboard.press("ArrowUp")
    await expect(focused).to_have_attribute("aria-posinset", "119")
    await desk.page.keyboard.press("Home")
    await expect(first).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-view=school] h2")).to_be_focused()


async def test_shortcuts_open_the_longest_waiting_and_help_and_can_be_turned_off(
    desk: Desk, service: FakeService
) -> None:
    first = service.city.press(3)
    service.city.press(4)
    await desk.watch()
    await desk.page.locator("body").click(position={"x": 5, "y": 400})
    await desk.page.keyboard.press("?")
    await expect(desk.page.get_by_role("dialog")).to_contain_text("键盘快捷键")
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)
    await desk.page.keyboard.press("n")
    await expect(desk.page.locator("[data-view=incident]")).to_contain_text(f"警情 #{first.id}")
    await desk.page.keyboard.press("b")
    await expect(desk.page.locator("[data-view=incident]")).to_have_count(0)
    await desk.page.keyboard.press("?")
    await desk.page.get_by_label("启用单键快捷键").uncheck()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)
    await desk.page.keyboard.press("n")
    await expect(desk.page.locator("[data-view=incident]")).to_have_count(0)


async def test_a_few_letters_find_anything_by_keyboard_alone(desk: Desk, service: FakeService) -> None:
    school = service.city.city.schools[12]
    incident = service.city.press(3)
    await desk.watch()
    palette = desk.page.get_by_role("dialog", name="查找一切")
    await desk.page.keyboard.press("Control+k")
    await expect(palette.get_by_role("option").first).to_have_attribute("data-choice", f"incident {incident.id}")
    assert await find_grave(desk) == []
    await desk.page.keyboard.type(school.name)
    await expect(palette.get_by_role("option").first).to_contain_text(school.name)
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-view=school]")).to_contain_text(school.name)
    await expect(palette).to_have_count(0)

    await desk.page.keyboard.press("Control+k")
    await desk.page.keyboard.type("大屏")
    await expect(palette.get_by_role("option")).to_have_count(1)
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-view=wall]")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await desk.page.keyboard.press("Control+k")
    await desk.page.keyboard.type("根本没有的")
    await expect(palette.get_by_role("status")).to_have_text("没有找到。")
    await desk.page.keyboard.press("Escape")
    await expect(palette).to_have_count(0)


async def test_a_school_shows_its_points_devices_people_and_incidents(desk: Desk, service: FakeService) -> None:
    school = service.city.city.schools[12]
    device = next(one for one in service.city.city.devices if one.school == school.code)
    await desk.watch(route=f"#/schools/{school.code}")
    view = desk.page.locator("[data-view=school]")
    await expect(view).to_contain_text(school.name)
    await expect(view).to_contain_text(school.address)
    await expect(view).to_contain_text(device.point)
    await expect(view.get_by_role("region", name="值守人员").locator("li")).not_to_have_count(0)
    await expect(view).to_contain_text("没有未结警情。")
    shown = view.locator(f'[data-device="{device.code}"]')
    await expect(shown).to_have_attribute("data-link", "online")
    service.city.set_link(12, Link.SILENT, (Trouble.LOW_BATTERY,))
    await expect(shown).to_have_attribute("data-link", "silent")
    await expect(shown).to_contain_text("电量低")
    service.city.press(12)
    await expect(view.locator(".incident")).to_have_count(1)
    await put_picture(desk, next(one for one in service.city.city.points if one.school == school.code))


async def put_picture(desk: Desk, point: Point) -> None:
    """Whoever governs chooses a file, sees it, and puts it there; what is no picture is refused with words."""
    edit = desk.page.locator(f'[data-edit-pictures="{point.name}"]')
    await edit.click()
    form = desk.page.get_by_role("group", name=f"{point.name}的图片")
    choice = form.locator("[data-choose=sketch]")
    await choice.set_input_files({"name": "平面图.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    await expect(form.get_by_role("alert").first).to_contain_text("不是能读的图片")
    sketch = draw_sketch(point, 3)
    await choice.set_input_files({"name": "平面图.png", "mimeType": "image/png", "buffer": sketch})
    await expect(form.get_by_role("img", name="将要保存的平面示意图")).to_have_js_property("naturalWidth", 960)
    await desk.save_picture("school-picture-preview")
    await form.get_by_role("button", name="保存平面示意图").click()
    await expect(form.get_by_role("status")).to_contain_text("已保存")
    kept = desk.page.get_by_role("button", name=f"放大：{point.name}的平面示意图")
    await expect(kept.locator("img")).to_have_js_property("naturalWidth", 960)
    await edit.click()
    await expect(form).to_have_count(0)
    await desk.save_picture("school-pictures")


async def test_the_map_marks_an_incident_and_opens_its_school(desk: Desk, service: FakeService) -> None:
    await desk.watch()
    incident = service.city.press(40)
    beacon = desk.page.locator(".map .beacon.open")
    await expect(beacon).to_have_attribute("title", re.compile(incident.school_name or ""))
    await beacon.click()
    await expect(desk.page.locator("[data-view=school]")).to_contain_text(incident.school_name or "")
    service.city.act(incident.id, "acknowledge", "赵敏", {})
    await desk.go("#/")
    await expect(desk.page.locator(".map .beacon.acknowledged")).to_be_visible()

    for number in range(50, 58):
        service.city.press(number)
    await expect(beacon).to_have_count(8)
    await expect(desk.page.locator(".map .beacon.open.ringing")).to_have_count(6)  # more would hold an old PC up


async def test_a_school_on_the_map_tells_its_name_and_is_opened_by_a_click(desk: Desk) -> None:
    await desk.watch()
    canvas = desk.page.locator(".map .leaflet-overlay-pane canvas")
    spot = await canvas.evaluate(_FIND_MARK)
    await desk.page.mouse.move(spot["x"], spot["y"])
    tip = desk.page.locator(".map .tip")
    await expect(tip).to_contain_text("正常")
    name = (await tip.inner_text()).split(" · ")[0]
    await desk.page.mouse.click(spot["x"], spot["y"])
    await expect(desk.page.locator("[data-view=school] h2")).to_have_text(name)


async def test_what_changes_here_and_there_looks_as_if_all_of_the_map_were_drawn_anew(
    desk: Desk, service: FakeService
) -> None:
    await desk.watch()
    canvas = desk.page.locator(".map .leaflet-overlay-pane canvas")
    await expect(canvas).to_have_count(1)
    for number in (3, 40, 77, 110):
        service.city.set_link(number, Link.OFFLINE)
        service.city.press(number + 1, mode=Mode.TEST)
    await expect(desk.page.locator("[data-count=exercise] b")).to_have_text("4")
    service.city.set_link(40, Link.ONLINE)
    await expect(desk.page.locator("[data-count=offline] b")).to_have_text("3")
    await canvas.evaluate(_KEEP_AND_SPOIL)
    await desk.page.set_viewport_size({"width": 1500, "height": 700})  # a canvas of another size is drawn as a whole
    await expect(canvas).not_to_have_js_property("width", await desk.page.evaluate("drawn.width"))
    await desk.page.set_viewport_size({"width": 1366, "height": 768})
    await desk.page.wait_for_function(_IS_AS_KEPT)


_READ = """canvas => {
    const copy = document.createElement('canvas')
    const context = copy.getContext('2d', { willReadFrequently: true })
    copy.width = canvas.width, copy.height = canvas.height
    context.drawImage(canvas, 0, 0)
    return context.getImageData(0, 0, copy.width, copy.height)
}"""
_KEEP_AND_SPOIL = f"""canvas => new Promise(done => requestAnimationFrame(() => {{
    window.drawn = ({_READ})(canvas)
    canvas.getContext('2d').fillRect(-9999, -9999, 99999, 99999)
    done()
}}))"""
# Edges that are cut come out a shade lighter or darker; a mark that is missing, or stood otherwise, is another thing.
_IS_AS_KEPT = f"""() => {{
    const now = ({_READ})(document.querySelector('.map .leaflet-overlay-pane canvas'))
    const isAsKept = (value, at) => at % 4 < 3 || Math.abs(value - drawn.data[at]) < 64
    return now.width === drawn.width && now.data.every(isAsKept)
}}"""

# The middle of the first mark that lies well within the map, away from what lies over it.
_FIND_MARK = """async canvas => {
    const wait = () => new Promise(done => requestAnimationFrame(done))
    for (;;) {
        await wait()
        const frame = canvas.getBoundingClientRect(), map = canvas.closest('.map').getBoundingClientRect()
        const scale = canvas.width / frame.width
        const picture = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        for (let y = 0; y < picture.height; y += 1) for (let x = 0; x < picture.width; x += 1) {
            if (picture.data[(y * picture.width + x) * 4 + 3] < 200) continue
            const at = { x: frame.left + x / scale, y: frame.top + y / scale + 2 }
            const across = at.x > map.left + 40 && at.x < map.right - 90
            const inside = across && at.y > map.top + 60 && at.y < map.bottom - 120
            if (inside && document.elementFromPoint(at.x, at.y) === canvas) return at
        }
    }
}"""


async def test_the_map_draws_every_school_on_one_canvas_and_lies_on_the_operators_when_that_answers(
    desk: Desk, service: FakeService
) -> None:
    service.tiles = MapTiles(TILES, "© 测绘 <b>院</b>")
    away = "https://tiles.example.cn/**"
    await desk.page.route(away, lambda route: route.abort())
    await desk.watch()
    canvas = desk.page.locator(".map .leaflet-overlay-pane canvas")
    await expect(canvas).to_have_count(1)
    await expect(desk.page.locator(".map .district")).to_have_count(10)
    painted = """canvas => new Promise(done => requestAnimationFrame(() => done(
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
            .some((value, at) => at % 4 === 3 && value > 0))))"""
    assert await canvas.evaluate(painted)  # in the frame after the one that it asked for
    map_ = desk.page.locator(".map .leaflet-container")
    await expect(map_).not_to_have_class(re.compile("tiled"))
    await expect(map_).to_contain_text("© 测绘 <b>院</b>")
    await desk.page.unroute(away)
    await desk.page.route(away, lambda route: route.fulfill(body=_TILE, content_type="image/png"))
    await desk.page.get_by_role("button", name="放大").click()
    await expect(map_).to_have_class(re.compile("tiled"))
    await desk.save_picture("map-tiles")

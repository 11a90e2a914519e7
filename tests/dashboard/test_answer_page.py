"""The page behind a one-tap link: whoever holds it may answer, opening it answers nothing, and it needs no script."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import async_playwright

from alerts.domain.answering import AnswerAction
from alerts.domain.incidents import Cause, State
from alerts.incidents.links import LASTS, AnswerLink, LinkSigner
from alerts.storage.database import Database
from tests.alerts.story import WANG
from tests.dashboard.board import Dashboard


async def write_link(dashboard: Dashboard, person: str, action: AnswerAction = AnswerAction.TAKE) -> str:
    """The path of a link as the engine signs it, to a person's newest message."""
    story = dashboard.story
    key = await story.value("select value from service_secret where name = 'answers'")
    delivery = await story.value("select max(id) from delivery where person = $1", person)
    return "/a/" + LinkSigner(key).write(AnswerLink(delivery, action, story.now + LASTS))


def read_form(page: httpx.Response, words: str) -> tuple[str, dict[str, str]]:
    """Where the button with these words sends its form, and what."""
    for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
        if words in form:
            action = re.search(r'action="([^"]+)"', form)
            assert action is not None
            return action[1], dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    raise AssertionError(f"no button says {words}: {page.text}")


async def test_whoever_opens_a_link_sees_what_where_since_when_and_who_has_it_and_takes_it_by_a_button(
    dashboard: Dashboard,
) -> None:
    number = (await dashboard.story.press(kind="violence")).incident
    path = await write_link(dashboard, "guard")
    async with dashboard.client() as client:
        page = await client.get(path)
        assert page.status_code == 200
        for said in ("暴力事件", "Violence", "第一小学", "门卫室", "还没有人接警", "Nobody has taken it", "赵保安"):
            assert said in page.text
        assert re.search(r"\d\d-\d\d \d\d:\d\d:\d\d \(Asia/Shanghai\)", page.text)
        assert (await dashboard.story.incident(number)).state is State.OPEN, "mail scanners open links, too"
        where, form = read_form(page, "I take it")
        taken = await client.post(where, data=form)
        assert taken.status_code == 200
        assert "You have it" in taken.text
        where, form = read_form(taken, "on my way")
        assert "on your way" in (await client.post(where, data=form)).text
    incident = await dashboard.story.incident(number)
    assert (incident.state, incident.acknowledged_by, incident.responding_by) == (
        State.RESPONDING,
        "赵保安",
        "赵保安",
    )


async def test_a_link_needs_no_script_no_other_address_and_tells_its_own_to_nobody(dashboard: Dashboard) -> None:
    await dashboard.story.press()
    async with dashboard.client() as client:
        page = await client.get(await write_link(dashboard, "guard"))
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy + page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"https?://|\son\w+=", page.text)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_the_pages_style_is_the_one_that_its_policy_names(dashboard: Dashboard, chromium_path: str) -> None:
    await dashboard.story.press()
    path = await write_link(dashboard, "guard")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
        page = await context.new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        await page.goto(dashboard.address + path)
        button = await page.get_by_role("button", name="I take it").bounding_box()
        assert button is not None
        assert button["height"] >= 60, "a thumb finds it"
        assert button["x"] + button["width"] <= 360
        await page.get_by_role("button", name="I take it").click()
        await page.get_by_text("You have it").wait_for()
        await browser.close()
    assert faults == []


async def test_the_late_are_told_who_has_it_and_what_is_over(dashboard: Dashboard) -> None:
    story = dashboard.story
    number = (await story.press()).incident
    path = await write_link(dashboard, "guard")
    await story.answers.acknowledge(number, WANG)
    async with dashboard.client() as client:
        late = await client.post(path)
        assert (late.status_code, "王值班 has it since" in late.text) == (200, True)
        assert "I take it" not in late.text, "there is nothing left to take"
        await story.answers.close(number, WANG, Cause.ACCIDENTAL)
        closed = await client.get(path)
        assert "closed by 王值班" in closed.text
        assert "<form" not in closed.text
    assert (await story.incident(number)).acknowledged_by == "王值班"


async def test_an_old_link_says_that_it_rang_anew_and_its_button_answers_the_round_that_rings(
    dashboard: Dashboard,
) -> None:
    story = dashboard.story
    number = (await story.press()).incident
    path = await write_link(dashboard, "guard")
    for _ in range(5):
        await story.forward(60)
    async with dashboard.client() as client:
        blind = await client.post(path)
        assert "out of date" in blind.text
        assert (await story.incident(number)).state is State.OPEN
        page = await client.get(path)
        assert "out of date" in page.text
        where, form = read_form(page, "I take it")
        assert form == {"round": "2"}
        assert "You have it" in (await client.post(where, data=form)).text


async def test_a_test_or_drill_says_so_before_anything_else(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.database_execute(
        "insert into press_window (mode, school, starts_at, ends_at, announced_by, announced_at)"
        " values ('drill', 'S1', now() - interval '1 hour', now() + interval '1 hour', 'x', now())"
    )
    await story.press(mode="drill")
    async with dashboard.client() as client:
        page = await client.get(await write_link(dashboard, "guard"))
    heading = re.search(r"<h1>(.*?)</h1>", page.text)
    assert heading is not None
    assert heading[1].startswith("【演练 DRILL】")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_no_link_or_one_no_more_is_told_so(dashboard: Dashboard, method: str) -> None:
    story = dashboard.story
    number = (await story.press()).incident
    path = await write_link(dashboard, "guard")
    async with dashboard.client() as client:
        for wrong in ("/a/x", path[:-2], "/a/%E2%80%A6", "/a/" + "A" * 500):
            answer = await client.request(method, wrong)
            assert (answer.status_code, "No alarm fits" in answer.text) == (404, True)
        dashboard.service.database.shift = timedelta(hours=3)
        answer = await client.request(method, path)
        assert (answer.status_code, "expired" in answer.text) == (410, True)
    assert (await story.incident(number)).state is State.OPEN


async def test_names_from_the_registry_are_shown_and_not_executed(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.database_execute("update school set name = '<b onclick=x>一小</b>' where code = 'S1'")
    await story.press()
    async with dashboard.client() as client:
        page = await client.get(await write_link(dashboard, "guard"))
    assert "<b " not in page.text
    assert "&lt;b onclick" in page.text


async def test_while_the_database_is_away_nobody_is_told_that_they_have_it(dashboard: Dashboard) -> None:
    await dashboard.story.press()
    path = await write_link(dashboard, "guard")
    away = await Database.open("postgresql://nobody@127.0.0.1:1/none", application_name="test")
    dashboard.service.answering._database = away
    async with dashboard.client() as client:
        for method in ("GET", "POST"):
            answer = await client.request(method, path)
            assert (answer.status_code, "not recorded" in answer.text) == (503, True)
            assert answer.headers["Retry-After"]
    await away.close()


async def test_the_engines_links_lead_to_the_page(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.press()
    await story.deliver()
    urls = [action.url for message in story.channel.sent for action in message.actions]
    assert urls
    assert {urlsplit(url).path.rpartition("/")[0] for url in urls} == {"/a"}

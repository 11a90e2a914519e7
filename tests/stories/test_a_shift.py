"""A shift as the people at the screens have it: real buttons, a real broker, every program, and a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from alerts.domain.presses import Mode
from tests.browser.desk import ORDINARY, PHONE, Desk, open_chromium
from tests.stories.chain import OPERATOR, PASSWORD, Chain
from tests.stories.foreign import ForeignButton, run_foreign_button


@asynccontextmanager
async def sit_down(chromium: Browser, chain: Chain, name: str, **options: Any) -> AsyncIterator[Desk]:
    """A window of a PC or telephone of their own, where somebody signed in; a live press fills the screen."""
    context = await chromium.new_context(**(ORDINARY | options))
    desk = Desk(await context.new_page(), chain.address)
    await desk.come_in(name, PASSWORD, filled=True)
    yield desk
    await context.close()
    assert desk.complaints == []


async def press(button: ForeignButton, name: str, kind: str, **said: str) -> int:
    """A button is pressed and shows that it was heard. Returns the number of the incident."""
    await button.press(json.dumps({"id": name, "kind": kind, **said}))
    receipt = await button.read_receipt()
    assert (receipt["press"], receipt["stage"]) == (name, "received")
    return int(receipt["incident"])


async def take_what_fills(desk: Desk, incident: int) -> None:
    """One key takes what fills the screen."""
    takeover = desk.page.locator(f'dialog[data-takeover="{incident}"]')
    await expect(takeover.locator(".take")).to_have_attribute("aria-disabled", "false")
    await desk.page.keyboard.press("t")
    await expect(takeover).to_have_count(0)


def let_in(chain: Chain, name: str, *words: str) -> None:
    added = ("alerts", "account", "add", name, "--own-password", "--display-name", name, *words)
    chain.run(*added, CAMPUS_ACCOUNT_PASSWORD=PASSWORD)


@pytest.mark.browser
@pytest.mark.parametrize("own_chain", [{"broker": "nats"}], indirect=True)
async def test_a_night_with_one_press_two_at_once_a_drill_a_cut_line_an_auditor_and_a_guards_telephone(
    own_chain: Chain, chromium_path: str, built_page: Path
) -> None:
    chain = own_chain
    await asyncio.to_thread(let_in, chain, "auditor", "--role", "auditor")
    await asyncio.to_thread(let_in, chain, "guard", "--role", "guard", "--school", "F05")
    async with (
        open_chromium(chromium_path) as chromium,
        sit_down(chromium, chain, OPERATOR) as desk,
        run_foreign_button(chain.broker, "F01-G1") as first,
        run_foreign_button(chain.broker, "F02-G1") as second,
        run_foreign_button(chain.broker, "F03-G1") as third,
        run_foreign_button(chain.broker, "F04-G1") as drilling,
        run_foreign_button(chain.broker, "F05-G1") as last,
    ):
        filled = desk.page.locator("dialog[data-takeover]")

        stranger = await press(first, "at-night", "intruder")
        await take_what_fills(desk, stranger)
        assert (await first.read_receipt())["stage"] == "seen"

        ill = await press(second, "ill", "medical")
        await expect(filled).to_have_attribute("data-takeover", str(ill))
        fire = await press(third, "fire", "fire")
        await expect(filled).to_have_attribute("data-takeover", str(fire))  # the graver one
        await expect(filled.locator("[data-waiting]")).to_have_attribute("data-waiting", str(ill))
        await take_what_fills(desk, fire)
        await take_what_fills(desk, ill)
        assert [(await one.read_receipt())["stage"] for one in (second, third)] == ["seen", "seen"]

        await chain.announce(Mode.DRILL, school="F04")
        drill = await press(drilling, "drill", "fire", mode="drill")
        await expect(desk.exercise_cards).to_have_attribute("data-incident", str(drill))
        await expect(filled).to_have_count(0)

        chain.parts["dashboard"].kill()
        await expect(desk.banner).to_contain_text("连接中断")
        missed = await press(last, "meanwhile", "violence")
        await asyncio.to_thread(chain.start)
        await expect(filled).to_have_attribute("data-takeover", str(missed))
        await expect(desk.banner).to_have_count(0)

        async with sit_down(chromium, chain, "auditor") as auditor:
            await expect(auditor.live_cards).to_have_count(4)
            await expect(auditor.page.locator("dialog[data-takeover]")).to_have_count(0)
            await auditor.go(f"#/incidents/{missed}")
            await expect(auditor.action("acknowledge")).to_have_attribute("aria-disabled", "true")

        async with sit_down(chromium, chain, "guard", **PHONE) as guard:
            takeover = guard.page.locator(f'dialog[data-takeover="{missed}"]')
            await expect(takeover.locator(".take")).to_have_attribute("aria-disabled", "false")
            await takeover.locator(".take").tap()
            await expect(guard.card(missed)).to_have_attribute("data-state", "acknowledged")
            await expect(guard.live_cards).to_have_count(1)  # theirs alone
        await expect(filled).to_have_count(0)
        await expect(desk.card(missed)).to_contain_text("guard")
        assert (await last.read_receipt())["stage"] == "seen"
        await desk.save_picture("shift-end")
        await expect(desk.live_cards).to_have_count(4)

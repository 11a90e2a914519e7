"""Boards say what stands on their screens: it is written down once, in batches, and only what is theirs to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx
import msgspec
import pytest

from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from alerts.domain.rights import Role
from alerts.incidents.showings import forget_old_showings
from alerts.readiness.windows import announce_window
from alerts.storage import showings as storage
from alerts.storage.accounts import Account, save_account
from alerts.storage.log import read_log_of_subject
from dashboard.live.company import Seat
from dashboard.live.listeners import MOST_MESSAGES, Listener
from dashboard.live.showings import Showings
from dashboard.live.watchers import Watchers
from dashboard.rights import COOKIE, Proof
from tests.alerts.story import WANG, Story
from tests.dashboard.board import Board, Dashboard, hash_password


async def say(board: Board, *items: dict[str, Any]) -> None:
    """A board tells what stands on its screen, and a ping sees that it was heard."""
    await board.connection.send(write(items))
    await hear_out(board)


def write(items: Sequence[dict[str, Any]]) -> str:
    said = {"type": "shown", "cursor": "c", "items": [{"round": 1, "screen": "list", **one} for one in items]}
    return msgspec.json.encode(said).decode()


async def hear_out(board: Board) -> None:
    """Frames are taken in order: who answers a ping, and ticks after it, took what came before."""
    await (await board.connection.ping())
    await board.hear_a("tick")


async def shown(story: Story, incident: int) -> list[tuple[str, str, str, bool]]:
    rows = await story.rows(
        "select account, state::text as state, screen, seen_at is not null as seen from screen_showing"
        " where incident = $1 order by shown_at, account, state, screen",
        incident,
    )
    return [(row["account"], row["state"], row["screen"], row["seen"]) for row in rows]


async def seat_guard(dashboard: Dashboard) -> None:
    async with dashboard.story.database.transaction() as connection:
        now = await dashboard.story.database.read_now(connection)
        await save_account(connection, Account("zhao", "赵保安", Role.GUARD, school="S1"), hash_password(), now)


def listen(showings: Showings, story: Story, cookie: str) -> Listener:
    """What takes the messages of a board of Wang's."""
    seat = Seat(mock.Mock(), Account("wang", "王值班", Role.CITY_DESK))
    watchers = Watchers(story.database, lambda: story.now)
    return Listener(showings, watchers, seat, Proof(cookie, by_cookie=True))


def cookie_of(client: httpx.AsyncClient) -> str:
    return str(client.cookies[COOKIE])


async def test_what_stood_on_whose_screen_is_told_once_a_state_and_shown_with_the_incident(
    dashboard: Dashboard,
) -> None:
    story = dashboard.story
    await seat_guard(dashboard)
    first = (await story.press("S1-G1", id="p1")).incident
    other = (await story.press("S3-G1", id="p2")).incident
    async with (
        dashboard.browser("wang") as wang,
        dashboard.browser("zhao") as zhao,
        dashboard.board(token=None, cookie=cookie_of(wang), origin=dashboard.address) as desk,
        dashboard.board(token=None, cookie=cookie_of(zhao), origin=dashboard.address) as guard,
        dashboard.board() as program,
    ):
        for board in (desk, guard, program):
            await board.hear_a("snapshot")
        await say(desk, {"incident": first, "state": "open", "ago": 900}, {"incident": other, "state": "open"})
        await say(guard, {"incident": first, "state": "open"}, {"incident": other, "state": "open"})
        await say(program, {"incident": first, "state": "open"})
        await dashboard.service.showings.store()
        assert await shown(story, first) == [("wang", "open", "list", False), ("zhao", "open", "list", False)]
        assert await shown(story, other) == [("wang", "open", "list", False)], (
            "what is not in their place is not theirs"
        )

        await say(guard, {"incident": first, "state": "open", "seen_ago": 200})
        await say(desk, {"incident": first, "state": "open"})
        await dashboard.service.showings.store()
        await story.answers.acknowledge(first, WANG)
        await say(desk, {"incident": first, "state": "acknowledged", "screen": "takeover", "seen_ago": 0})
        await dashboard.service.showings.store()
        detail = (await wang.get(f"/api/v1/incidents/{first}")).json()
        assert [(one["account_name"], one["state"], one["seen_at"] is not None) for one in detail["screens"]] == [
            ("王值班", "open", False),
            ("赵保安", "open", True),
            ("王值班", "acknowledged", True),
        ]
        told = [entry["detail"]["screens"] for entry in detail["timeline"] if entry["kind"] == "incident.shown"]
        assert sum(map(len, told)) == 4, "the log tells each thing once"
    async with story.database.connection() as connection:
        rows = await read_log_of_subject(connection, f"incident:{first}", 0, 100)
    assert {row.actor for row in rows if row.kind == "incident.shown"} == {"dashboard"}


async def test_what_keeps_screens_from_being_told_twice_goes_a_day_after_the_end_and_the_log_still_tells(
    dashboard: Dashboard,
) -> None:
    story = dashboard.story
    ended, goes_on = [(await story.press(button, id="p1")).incident for button in ("S1-G1", "S2-G1")]
    async with dashboard.browser("wang") as wang:
        showings = Showings(story.database, lambda: story.now)
        listener = listen(showings, story, cookie_of(wang))
        listener.take(write([{"incident": one, "state": "open", "seen_ago": 0} for one in (ended, goes_on)]))
        await showings.store()
        await story.answers.acknowledge(ended, WANG)
        await story.answers.close(ended, WANG, Cause.ACCIDENTAL)
        await story.forward(86_000)
        listener.take(write([{"incident": ended, "state": "open", "screen": "takeover"}]))
        await showings.store()
        assert await forget_old_showings(story.database) == 0
        await story.forward(500)
        listener.take(write([{"incident": ended, "state": "open"}]))
        await showings.store()
        assert await forget_old_showings(story.database) == 2
        listener.take(write([{"incident": one, "state": "open"} for one in (ended, goes_on)]))
        await showings.store()
        assert (await shown(story, ended), len(await shown(story, goes_on))) == ([], 1)
        detail = (await wang.get(f"/api/v1/incidents/{ended}")).json()
    assert [(one["screen"], one["seen_at"] is not None) for one in detail["screens"]] == [
        ("list", True),
        ("takeover", False),
    ]
    told = [entry for entry in detail["timeline"] if entry["kind"] == "incident.shown"]
    assert len(told) == 2, "neither again nor anew"


async def test_what_cannot_be_read_or_is_too_much_or_only_practice_is_passed_over(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = dashboard.story
    await announce_window(story.database, Mode.DRILL, story.now, story.now + timedelta(hours=1), "test")
    drill = (await story.press("S1-G1", id="p1", mode="drill")).incident
    live = (await story.press("S2-G1", id="p2")).incident
    monkeypatch.setattr(storage, "MOST_SCREENS", 2)
    async with (
        dashboard.browser("wang") as wang,
        dashboard.board(token=None, cookie=cookie_of(wang), origin=dashboard.address) as desk,
    ):
        await desk.hear_a("snapshot")
        for text in ("", "{", '{"type":"shown","items":[{"incident":-1}]}', '{"type":"news"}', "x" * 4_000):
            await desk.connection.send(text)
        await desk.connection.send(b"\x00")
        await say(desk, {"incident": drill, "state": "open"}, {"incident": 10**6, "state": "open"})
        for screen in ("list", "takeover", "wall"):
            await say(desk, {"incident": live, "state": "open", "screen": screen})
        await dashboard.service.showings.store()
        assert await shown(story, drill) == [], "a drill is nobody's alarm"
        assert len(await shown(story, live)) == 2, "so many screens of an incident are written down, and no more"
        flood = Showings(story.database, lambda: story.now)
        listener = listen(flood, story, cookie_of(wang))
        seen = write([{"incident": live, "state": "open", "seen_ago": 0}])
        for text in ['{"type":"shown","items":[]}'] * MOST_MESSAGES + [seen]:
            listener.take(text)
        await flood.store()
        assert not any(was for *_, was in await shown(story, live)), (
            "who floods is not listened to until the next batch"
        )
        listener.take(seen)
        await flood.store()
        assert any(was for *_, was in await shown(story, live))

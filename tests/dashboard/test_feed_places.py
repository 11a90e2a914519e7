"""The live feed of people who stand for a school or a district: what is theirs, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from alerts.accounts import save_token
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.rights import CITY, Place, Right
from alerts.importing import import_file
from alerts.storage.accounts import Account
from alerts.storage.board import read_snapshot
from dashboard.live.frames import encode_snapshot
from tests.alerts.compliance.standing import let_stand
from tests.alerts.story import Story
from tests.dashboard.board import Board, Dashboard
from tests.dashboard.test_live_feed import do_something, hear_all

SHINAN, SHIBEI = Place("370202"), Place("370203")
FIRST, SECOND, THIRD = (Place(school=code) for code in ("S1", "S2", "S3"))
SCHOOLS_OF = {SHINAN: {"S1", "S2"}, SHIBEI: {"S3"}, FIRST: {"S1"}, SECOND: {"S2"}, THIRD: {"S3"}}
DISTRICT_OF = {SHINAN: "370202", SHIBEI: "370203", FIRST: "370202", SECOND: "370202", THIRD: "370203"}
PLACES = (CITY, *SCHOOLS_OF)
EVERYWHERE = {"S1", "S2", "S3", None}


async def save_program(story: Story, token: str, place: Place) -> None:
    """A program that may look, there."""
    program = Account.of_program(token, [Right.SEE], place.district, place.school)
    await save_token(story.database, program, token, "test")


@asynccontextmanager
async def board_of(dashboard: Dashboard, place: Place, since: str | None = None) -> AsyncIterator[Board]:
    """A board of somebody who stands for a place; the feed has heard of them, for it begins their boards anew then."""
    token = f"of-{place.school or place.district or 'city'}"
    if not await dashboard.story.value("select count(*) from api_token where name = $1", token):
        await save_program(dashboard.story, token, place)
        await dashboard.service.live.feed.reach(await dashboard.story.value("select position from log_head"))
    async with dashboard.board(since, token=token) as board:
        yield board


def schools_in(board: Board) -> set[str | None]:
    """Every school of which a board was told anything at all; None where something was at no school."""
    told = {school_of(message["item"]) for message in board.messages if message["type"] == "change"}
    for message in board.messages:
        if message["type"] == "snapshot":
            told |= {school_of(item) for kind in ("schools", "incidents", "compliance") for item in message[kind]}
    return told


def school_of(item: dict[str, Any]) -> str | None:
    school: str | None = item["school"] if "school" in item else item["code"]
    return school


def state_of(board: Board) -> tuple[dict[str, Any], dict[int, Any], dict[str, Any]]:
    return board.schools, board.incidents, board.compliance


async def live_on(story: Story, dice: Random, first: int, last: int) -> None:
    """Things happen everywhere, and at a button that nobody knows."""
    for number in range(first, last):
        await do_something(story, dice, number)
    stray = {"district": "nowhere", "school": "nowhere"}
    await story.intake.take_presses([story.arrival({"id": f"stray-{last}"}, "nobodys-button", **stray)])


async def test_a_board_knows_of_its_place_what_a_fresh_snapshot_says_and_never_hears_of_another(
    dashboard: Dashboard,
) -> None:
    story, dice = dashboard.story, Random(5)
    await let_stand(story.database, {code: {"C1": Verdict.MET} for code in ("S1", "S2", "S3")})
    async with AsyncExitStack() as stack:
        early = {place: await stack.enter_async_context(board_of(dashboard, place)) for place in PLACES}
        for place, board in early.items():
            districts = [district["code"] for district in (await board.hear_a("snapshot"))["districts"]]
            assert districts == [DISTRICT_OF[place]] if place in DISTRICT_OF else len(districts) == 2
        await live_on(story, dice, 0, 30)
        await asyncio.gather(*(hear_all(dashboard, board) for board in early.values()))
        late = {place: await stack.enter_async_context(board_of(dashboard, place)) for place in PLACES}
        await asyncio.gather(*(hear_all(dashboard, board) for board in late.values()))
        for place in PLACES:
            assert state_of(early[place]) == state_of(late[place])
            assert schools_in(early[place]) == schools_in(late[place]) == SCHOOLS_OF.get(place, EVERYWHERE)


async def test_a_board_of_a_place_resumes_with_its_changes_since_then_and_no_snapshot(dashboard: Dashboard) -> None:
    story, dice = dashboard.story, Random(3)
    async with AsyncExitStack() as stack:
        before = {place: await stack.enter_async_context(board_of(dashboard, place)) for place in PLACES}
        for board in before.values():
            await board.hear_a("snapshot")
            await board.hear_a("tick")
    await live_on(story, dice, 0, 15)
    async with AsyncExitStack() as stack:
        fresh = {place: await stack.enter_async_context(board_of(dashboard, place)) for place in PLACES}
        back = {
            place: await stack.enter_async_context(board_of(dashboard, place, gone.cursor))
            for place, gone in before.items()
        }
        for place, board in back.items():
            board.schools, board.incidents, board.compliance = state_of(before[place])
        await asyncio.gather(*(hear_all(dashboard, board) for board in (*fresh.values(), *back.values())))
    for place, board in back.items():
        assert {message["type"] for message in board.messages} <= {"change", "tick"}
        assert state_of(board) == state_of(fresh[place])
        assert schools_in(board) <= SCHOOLS_OF.get(place, EVERYWHERE)


async def test_boards_of_all_places_that_come_in_the_same_moment_cost_one_look_at_the_database(
    dashboard: Dashboard,
) -> None:
    await dashboard.story.press(id="p1")
    with (
        mock.patch("dashboard.live.live.read_snapshot", wraps=read_snapshot) as read,
        mock.patch("dashboard.live.snapshots.encode_snapshot", wraps=encode_snapshot) as encode,
    ):
        async with AsyncExitStack() as stack:
            those = [(place, await stack.enter_async_context(board_of(dashboard, place))) for place in PLACES * 5]
            for place, board in those:
                await board.hear_a("snapshot")
                assert set(board.schools) == SCHOOLS_OF.get(place, {"S1", "S2", "S3"})
                assert bool(board.incidents) == (place in {CITY, SHINAN, FIRST})
        assert read.call_count == 1
        assert encode.call_count == len(PLACES)


async def test_a_school_that_an_import_moves_leaves_one_district_and_comes_to_the_other(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    moved = tmp_path / "schools.csv"
    row = "S3,第三幼儿园,370202,kindergarten,private,200"
    moved.write_text(f"code,name,district,kind,ownership,students\n{row}\n", encoding="utf-8")
    async with board_of(dashboard, SHINAN) as there, board_of(dashboard, SHIBEI) as here:
        await there.hear_a("snapshot")
        await here.hear_a("snapshot")
        assert (set(there.schools), set(here.schools)) == ({"S1", "S2"}, {"S3"})
        await import_file(dashboard.story.database, moved, dry_run=False, by="wang")
        for board in (there, here):
            await board.hear_a("resync")
            await board.hear_a("snapshot")
        assert (set(there.schools), set(here.schools)) == ({"S1", "S2", "S3"}, set())
        await dashboard.story.state("S3-G1", online=True)
        await dashboard.story.supervise()
        await there.hear_until(lambda board: "S3-G1" in board.devices)
        await hear_all(dashboard, here)
        assert here.devices == {}

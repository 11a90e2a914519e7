"""Two people at the same incident see each other, over the sockets of their boards and of several dashboards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import msgspec
import pytest

from alerts.domain.rights import CITY, Place, Role
from alerts.domain.watchers import Doing
from alerts.storage.accounts import Account
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.watchers import PROCESS_LASTS, WatchedIncident
from dashboard.live import watchers as module
from dashboard.live.company import Company, Seat
from dashboard.live.messages import Watching
from dashboard.live.watchers import Watchers
from tests.alerts.story import Story
from tests.dashboard.board import PATIENCE_SECONDS, READER_TOKEN, Board, Dashboard
from tests.dashboard.small_world import AT
from tests.dashboard.test_showings import cookie_of, hear_out, seat_guard

WANG, LI, ZHAO = (Account(name, f"{name}'s name", Role.CITY_DESK) for name in ("wang", "li", "zhao"))
LOOKS, WRITES = Doing.LOOKING, Doing.WRITING


@asynccontextmanager
async def board_of(dashboard: Dashboard, name: str) -> AsyncIterator[Board]:
    async with (
        dashboard.browser(name) as client,
        dashboard.board(token=None, cookie=cookie_of(client), origin=dashboard.address) as board,
    ):
        await board.hear_a("snapshot")
        yield board


async def say(board: Board, incident: Any, doing: str = "looking") -> None:
    said = {"type": "watching", "incident": incident, "doing": doing}
    await board.connection.send(msgspec.json.encode(said).decode())


async def hear_of(board: Board, incident: int, *people: tuple[str, str]) -> None:
    """Listens until the board is told that just these are there."""
    told = None
    while told != (incident, people, False, True):
        told = read(await board.hear_a("watchers"))


def read(message: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...], bool, bool]:
    people = tuple((one["account"], one["doing"]) for one in message["people"])
    return message["incident"], people, message["more"], message["whole"]


async def test_two_people_at_an_incident_see_each_other_until_one_goes_and_nobody_else_does(
    dashboard: Dashboard,
) -> None:
    story = dashboard.story
    await seat_guard(dashboard)
    first = (await story.press("S1-G1", id="a")).incident
    second = (await story.press("S3-G1", id="b")).incident
    assert first is not None
    assert second is not None
    kept = "select count(*) from log where subject like 'incident:%'"
    before = await story.value(kept)
    async with (
        board_of(dashboard, "wang") as wang,
        board_of(dashboard, "zhao") as guard,
        dashboard.board(token=READER_TOKEN) as program,
    ):
        await program.hear_a("snapshot")
        async with board_of(dashboard, "li") as li:
            for incident in (0, -1, 2**40, "1", None):
                await say(wang, incident)
            await say(wang, first, "sleeping")
            await say(program, first)
            await say(guard, second)  # at no school of theirs
            await say(wang, first)
            await hear_of(wang, first, ("wang", "looking"))

            await say(li, first, "writing")
            for board in (wang, li):
                await hear_of(board, first, ("li", "writing"), ("wang", "looking"))
            await say(li, second)
            await hear_of(wang, first, ("wang", "looking"))
            await hear_of(li, second, ("li", "looking"))
            await say(guard, first)
            await hear_of(guard, first, ("wang", "looking"), ("zhao", "looking"))
            await say(li, first)
            await hear_of(guard, first, ("wang", "looking"), ("zhao", "looking"), ("li", "looking"))
        await hear_of(guard, first, ("wang", "looking"), ("zhao", "looking"))  # li's board went
        await say(wang, None)
        await hear_of(guard, first, ("zhao", "looking"))
        await hear_out(program)
    assert {one["incident"] for one in guard.messages if one["type"] == "watchers"} == {first}
    assert "watchers" not in {one["type"] for one in program.messages}
    assert await story.value(kept) == before, "nobody is written down for looking"


class Wire:
    """A board's place in the feed that remembers what it was told."""

    def __init__(self) -> None:
        self.reads = True
        self.frames: list[bytes] = []
        self.told = asyncio.Event()

    def tell(self, frame: bytes) -> bool:
        if self.reads:
            self.frames.append(frame)
            self.told.set()
        return self.reads

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """Who is there, as it was told last."""
        return self.newest[1]

    @property
    def newest(self) -> tuple[int, tuple[tuple[str, str], ...], bool, bool]:
        return read(msgspec.json.decode(self.frames[-1][self.frames[-1].index(b"{") :]))

    async def wait_for(self, *people: tuple[str, str]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.frames or self.people != people:
                self.told.clear()
                await self.told.wait()


class Process:
    """What a dashboard's process knows of who is where."""

    def __init__(self, story: Story) -> None:
        self.watchers = Watchers(story.database, lambda: story.now)

    def seat(self, account: Account, incident: int | None, doing: Doing = LOOKS) -> tuple[Seat, Wire]:
        wire = Wire()
        seat = Seat(wire, account)
        self.watchers.take(seat, Watching(incident, doing))
        return seat, wire


@pytest.fixture
async def incident(story: Story) -> int:
    number = (await story.press("S1-G1", id="a")).incident
    assert number is not None
    return number


async def test_what_changes_at_one_dashboard_is_heard_at_the_other(
    story: Story, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 1_000)  # so that nothing but the bell wakes them
    here, there = Process(story), Process(story)
    sharing = [asyncio.create_task(one.watchers.share_for_ever()) for one in (here, there)]
    _, wangs = here.seat(WANG, incident)
    await wangs.wait_for(("wang", "looking"))
    lis_seat, lis = there.seat(LI, incident)
    for wire in (wangs, lis):
        await wire.wait_for(("wang", "looking"), ("li", "looking"))
    there.watchers.take(lis_seat, Watching(incident, WRITES))
    await wangs.wait_for(("li", "writing"), ("wang", "looking"))
    there.watchers.leave(lis_seat)
    await wangs.wait_for(("wang", "looking"))
    for one in sharing:
        one.cancel()
    assert await asyncio.gather(*sharing, return_exceptions=True) == [mock.ANY, mock.ANY]


async def test_the_people_of_a_dashboard_that_died_are_gone_and_what_the_database_forgot_is_said_again(
    story: Story, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0)
    here, there = Process(story), Process(story)
    there.seat(LI, incident)
    await there.watchers.share()
    _, wangs = here.seat(WANG, incident)
    await here.watchers.share()
    assert wangs.people == (("li", "looking"), ("wang", "looking"))

    story.database.shift += PROCESS_LASTS  # and not a word from there
    await here.watchers.share()
    assert wangs.people == (("wang", "looking"),)
    assert await story.value("select count(*) from watching") == 1
    await there.watchers.share()  # it only slept
    await here.watchers.share()
    assert wangs.people == (("li", "looking"), ("wang", "looking"))

    await story.database_execute("truncate watching, watching_process")  # as a crash of the server does
    await here.watchers.share()
    assert wangs.people == (("wang", "looking"),)
    await there.watchers.share()
    await here.watchers.share()
    assert wangs.people == (("li", "looking"), ("wang", "looking"))


async def test_many_changes_are_one_message_for_those_who_are_there_and_the_same_bytes_for_all(
    story: Story, incident: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RENEW_SECONDS", 0)
    other = (await story.press("S3-G1", id="b")).incident
    process = Process(story)
    (seat, wangs), (_, lis), (_, zhaos) = (
        process.seat(account, where) for account, where in ((WANG, incident), (LI, incident), (ZHAO, other))
    )
    assert await process.watchers.share() == 3
    for turn in range(9):
        process.watchers.take(seat, Watching(incident, LOOKS if turn % 2 else WRITES))
    lis.reads = False
    assert await process.watchers.share() == 1
    assert await process.watchers.share() == 0, "nothing is news, and Li's board is still busy"
    lis.reads = True
    assert await process.watchers.share() == 1
    assert wangs.people == (("wang", "writing"), ("li", "looking"))
    assert wangs.frames[-1] is lis.frames[-1]
    assert [len(wire.frames) for wire in (wangs, lis, zhaos)] == [2, 2, 1]

    process.watchers.take(seat, Watching(incident, WRITES))  # the page forgot, and asks again
    assert await process.watchers.share() == 1
    assert [len(wire.frames) for wire in (wangs, lis, zhaos)] == [3, 2, 1]


async def test_without_the_database_people_of_one_dashboard_see_each_other_and_are_told_that_there_may_be_more(
    story: Story, incident: int
) -> None:
    process = Process(story)
    seat, wangs = process.seat(WANG, incident)
    with mock.patch.object(Database, "connection", side_effect=StorageUnavailable("away")):
        assert await process.watchers.share() == 0, "nobody knows yet whether that is theirs to see"
    await process.watchers.share()
    assert wangs.newest == (incident, (("wang", "looking"),), False, True)
    with mock.patch.object(Database, "connection", side_effect=StorageUnavailable("away")):
        process.watchers.take(seat, Watching(incident, WRITES))
        await process.watchers.share()
        assert wangs.newest == (incident, (("wang", "writing"),), False, False)
    await process.watchers.share()
    assert wangs.newest == (incident, (("wang", "writing"),), False, True)


def test_whoever_may_not_read_an_incident_is_neither_told_of_nor_told() -> None:
    def sit(company: Company, account: Account) -> Wire:
        wire = Wire()
        company.join(Seat(wire, account), LOOKS, AT)
        return wire

    guard = Account("guard", "赵保安", Role.GUARD, school="S1")
    newcomer = Account("new", "新值班", Role.CITY_DESK, first_password=True)
    company = Company(7)
    district = Account("district", "孙区台", Role.DISTRICT_DESK, district="D1")
    wires = {account.name: sit(company, account) for account in (WANG, guard, district, newcomer)}

    def who_is_told() -> set[str]:
        told = {one.account for one in company.here}
        for wire in wires.values():
            wire.frames.clear()
        company.tell(whole=True)
        assert told == {name for name, wire in wires.items() if wire.frames}
        return told

    assert who_is_told() == set(), "of an incident that nobody found"
    assert company.settle(WatchedIncident(Place("D1", "S1"), rings=True))
    assert who_is_told() == {"wang", "guard", "district", "new"}
    assert not company.settle(WatchedIncident(Place("D1", "S1"), rings=True))
    company.settle(WatchedIncident(Place("D1", "S2"), rings=False))
    assert who_is_told() == {"wang", "district"}, "a password of one's own comes before all but an alarm"
    company.settle(WatchedIncident(CITY, rings=True))
    assert who_is_told() == {"wang", "new"}, "a button that nobody knows is the city's"

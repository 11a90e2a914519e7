"""The live feed over real sockets, on a real log."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.incidents import Cause
from alerts.feed import changes_of
from alerts.storage.log import read_log_after, read_log_head
from dashboard.live.feed import Feed
from dashboard.live.frames import encode_snapshot
from tests.alerts.compliance.standing import let_stand
from tests.alerts.story import WANG, Story
from tests.dashboard.board import Board, Dashboard, run_dashboard

INCIDENT_FIELDS = {"id", "school", "state", "presses", "told", "reached", "next_at", "acknowledged_by", "mode"}


def cursor_of(dashboard: Dashboard, position: int) -> str:
    return dashboard.service.live.feed.name_cursor(position)


async def head_of(dashboard: Dashboard) -> int:
    position: int = await dashboard.story.value("select position from log_head")
    return position


async def hear_all(dashboard: Dashboard, board: Board) -> None:
    """Listens until the board has all that is in the log now."""
    async with dashboard.story.database.connection() as connection:
        head = (await read_log_head(connection)).position
        newest = (await read_log_after(connection, head - 1, 1))[0]
    all_known = (head, len(changes_of(newest)))
    await board.hear_until(lambda board: board.cursor is not None and known(board.cursor) >= all_known)


def known(cursor: str) -> tuple[int, int]:
    _, position, index = cursor.split("-")
    return int(position), int(index)


async def test_a_board_gets_a_snapshot_and_then_hears_of_a_press(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        snapshot = await board.hear()
        assert snapshot["type"] == "snapshot"
        assert set(board.schools) == {"S1", "S2", "S3"}
        assert [district["code"] for district in snapshot["districts"]] == ["370202", "370203"]
        receipt = await dashboard.story.press(id="p1")
        await board.hear_until(lambda board: receipt.incident in board.incidents)
        assert board.incidents[receipt.incident]["state"] == "open"
        assert set(board.incidents[receipt.incident]) >= INCIDENT_FIELDS


async def test_a_board_that_was_there_knows_what_one_that_comes_later_is_told(dashboard: Dashboard) -> None:
    story, dice = dashboard.story, Random(7)
    async with dashboard.board() as early:
        assert (await early.hear_a("snapshot"))["compliance"] == []
        await let_stand(story.database, {"S1": {"C1": Verdict.MET, "C2": Verdict.DECLARED}})
        for number in range(25):
            await do_something(story, dice, number)
        await hear_all(dashboard, early)
        async with dashboard.board() as late:
            await late.hear_a("snapshot")
            await hear_all(dashboard, late)
            assert early.incidents == late.incidents
            assert early.schools == late.schools
            assert set(early.compliance) == {"S1"}
            assert early.compliance == late.compliance


async def do_something(story: Story, dice: Random, number: int) -> None:
    device = dice.choice(["S1-G1", "S1-C1", "S2-G1", "S3-G1"])
    open_incidents = await story.rows("select id from incident where state <> 'closed'")
    match dice.choice(["press", "press", "time", "answer", "close", "state", "beat", "verdict"]):
        case "press":
            await story.press(device, id=f"p{number}")
        case "time":
            await story.forward(dice.choice([10, 35, 90]))
        case "answer" if open_incidents:
            await story.answers.respond(dice.choice(open_incidents)["id"], WANG)
        case "close" if open_incidents:
            incident = dice.choice(open_incidents)["id"]
            await story.answers.respond(incident, WANG)
            await story.answers.close(incident, WANG, Cause.ACCIDENTAL)
        case "state":
            await story.state(device, online=dice.random() < 0.5, battery=dice.choice([5, 90]))
            await story.supervise()
        case "verdict":
            await let_stand(story.database, {"S1": {"C1": dice.choice(list(Verdict))}})
        case "beat":
            await story.beat(device)
            await story.supervise()


async def test_a_closed_incident_leaves_the_board(dashboard: Dashboard) -> None:
    story = dashboard.story
    incident = (await story.press(id="p1")).incident
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        assert incident in board.incidents
        await story.answers.acknowledge(incident, WANG)
        await story.answers.close(incident, WANG, Cause.REAL)
        await board.hear_until(lambda board: incident not in board.incidents)


async def test_a_tick_comes_every_second_and_its_cursor_resumes(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        first, second = await board.hear_a("tick"), await board.hear_a("tick")
        assert first["at"] < second["at"]
        cursor = board.cursor
    receipt = await dashboard.story.press(id="p1")
    async with dashboard.board(since=cursor) as board:
        await board.hear_until(lambda board: receipt.incident in board.incidents)
        assert all(message["type"] != "snapshot" for message in board.messages)


async def test_a_board_that_reconnects_anywhere_misses_nothing_and_hears_nothing_twice(dashboard: Dashboard) -> None:
    story, dice = dashboard.story, Random(11)
    heard: list[tuple[str, Any]] = []
    start = cursor_of(dashboard, await head_of(dashboard))
    cursor: str | None = start
    writing = asyncio.create_task(press_often(story, 120))
    while not writing.done() or cursor is None or known(cursor)[0] <= await head_of(dashboard):
        async with dashboard.board(since=cursor) as board:
            for _ in range(dice.randint(1, 8)):
                message = await board.hear()
                if message["type"] == "tick":
                    break
                assert message["type"] == "change"
                heard.append((message["cursor"], message["item"].get("presses")))
            cursor = board.cursor
    await writing
    async with dashboard.board(since=start) as board:
        await hear_all(dashboard, board)
        whole = [
            (message["cursor"], message["item"].get("presses"))
            for message in board.messages
            if message["type"] == "change"
        ]
    assert heard == whole
    assert sum(1 for _, presses in heard if presses) >= 120


async def test_nothing_is_missing_when_the_database_cuts_every_connection_meanwhile(dashboard: Dashboard) -> None:
    story = dashboard.story
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        for number in range(30):
            await story.press(id=f"cut-{number}")
            if number % 10 == 5:
                await story.rows(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid()"
                )
        await hear_all(dashboard, board)
        presses = [message["item"]["presses"] for message in board.messages if message["type"] == "change"]
        assert sorted(set(presses)) == list(range(31))
        assert presses == sorted(presses)


async def press_often(story: Story, count: int) -> None:
    for number in range(count):
        await story.press("S1-G1", id=f"often-{number}")


async def test_a_dashboard_that_was_restarted_resumes_its_boards_without_a_snapshot(story: Story, page: Path) -> None:
    async with run_dashboard(story, page) as dashboard, dashboard.board() as board:
        await board.hear_a("snapshot")
        cursor = board.cursor
    receipt = await story.press(id="p1")
    async with run_dashboard(story, page) as dashboard, dashboard.board(since=cursor) as board:
        await board.hear_until(lambda board: receipt.incident in board.incidents)
        assert all(message["type"] != "snapshot" for message in board.messages)


async def test_boards_of_two_dashboards_hear_the_same(story: Story, page: Path) -> None:
    async with (
        run_dashboard(story, page) as one,
        run_dashboard(story, page) as two,
        one.board() as first,
        two.board() as second,
    ):
        await first.hear_a("snapshot")
        await second.hear_a("snapshot")
        for number in range(5):
            await story.press(id=f"p{number}")
        await hear_all(one, first)
        await hear_all(two, second)
        assert first.incidents == second.incidents
        assert first.cursor == second.cursor


async def test_a_cursor_of_another_database_gets_a_snapshot(dashboard: Dashboard) -> None:
    async with dashboard.board(since="0badcafe-1-0") as board:
        assert (await board.hear())["type"] == "snapshot"


async def test_boards_that_come_in_the_same_moment_share_one_snapshot(dashboard: Dashboard) -> None:
    with mock.patch("dashboard.live.snapshots.encode_snapshot", wraps=encode_snapshot) as encode:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(_hear_snapshot(dashboard))
        assert encode.call_count == 1


async def test_a_board_that_gets_an_older_snapshot_gets_the_changes_since_then(dashboard: Dashboard) -> None:
    async with dashboard.board() as first:
        await first.hear_a("snapshot")
        receipt = await dashboard.story.press(id="p1")
        await hear_all(dashboard, first)
        with mock.patch("dashboard.live.snapshots.encode_snapshot", side_effect=AssertionError):
            async with dashboard.board() as second:
                await second.hear_a("snapshot")
                assert receipt.incident not in second.incidents
                await second.hear_until(lambda board: receipt.incident in board.incidents)


async def test_a_board_that_does_not_read_is_told_to_resync_and_holds_up_nobody(story: Story, page: Path) -> None:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with mock.patch("dashboard.live.live.Feed", partial(Feed, held_changes=100)):
        async with run_dashboard(story, page) as dashboard, dashboard.board() as quick:
            narrow.connect(("127.0.0.1", dashboard.port))
            async with dashboard.board(sock=narrow, max_queue=1, ping_interval=None) as stalled:
                await quick.hear_a("snapshot")
                await stalled.hear_a("snapshot")
                for batch in range(60):  # more than all the buffers between them take
                    await story.intake.take_presses([story.arrival({"id": f"{batch}-{n}"}) for n in range(50)])
                    await hear_all(dashboard, quick)
                assert all(message["type"] != "resync" for message in quick.messages)
                await stalled.hear_a("resync")
                assert len(stalled.messages) < len(quick.messages)
                await stalled.hear_a("snapshot")
                await hear_all(dashboard, stalled)
                assert stalled.incidents == quick.incidents


async def test_a_board_that_talks_is_not_listened_to_and_stays(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        for _ in range(50):
            await board.connection.send("hello?" * 100)
        await board.hear_a("tick")


async def test_a_board_that_shouts_too_loud_is_closed(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        await board.connection.send("x" * 5000)
        assert await board.hear_close() == 1009


async def test_when_the_service_stops_boards_are_told_to_come_back(story: Story, page: Path) -> None:
    async with AsyncExitStack() as boards:
        async with run_dashboard(story, page) as dashboard:
            board = await boards.enter_async_context(dashboard.board())
            await board.hear_a("snapshot")
        assert await board.hear_close() == 1012


async def _hear_snapshot(dashboard: Dashboard) -> None:
    async with dashboard.board() as board:
        await board.hear_a("snapshot")

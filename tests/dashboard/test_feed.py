"""Boards come, go, stall and resume: each is told every change once and in order, or is given a fresh snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from unittest import mock
from weakref import ref

import pytest

from alerts.domain.rights import CITY, Place
from dashboard.live import frames
from dashboard.live.cursors import Cursor, write_cursor
from dashboard.live.feed import UNHURRIED
from dashboard.live.readers import Reader
from tests.dashboard.small_world import AT, HISTORY, PLACES, World, as_row, check_told, school_at


@contextmanager
def small_frames() -> Iterator[None]:
    """Snapshots in several frames, and one change a write to a board that lags, without megabytes."""
    with (
        mock.patch("dashboard.live.frames.FRAME_BYTES", 40),
        mock.patch("dashboard.live.readers.FRAME_BYTES", 1),
        mock.patch("dashboard.live.feed.FRAME_BYTES", 300),
    ):
        yield


KINDS = ("incident.opened", *sorted(UNHURRIED))
STEPS = (
    *("write", "write", "write", "move", "connect", "connect", "stall"),
    *("drain", "drain", "supply", "tick", "tell", "leave", "resume"),
)


def take_step(world: World, dice: Random) -> None:
    board = dice.choice(world.boards) if world.boards else None
    match dice.choice(STEPS):
        case "write":
            world.write([dice.randint(0, 4) for _ in range(dice.randint(1, 3))], dice.choice(KINDS))
        case "move" if dice.random() < 0.3:
            world.move(dice.choice(["S1", "S2", "S3"]), dice.choice(["D1", "D2"]))
        case "connect":
            world.connect(None, dice.randint(0, 5), dice.choice(PLACES))
        case "stall" if board:
            board.wire.room = 0
        case "drain" if board:
            board.wire.drain(dice.randint(1, 6))
        case "supply":
            world.supply()
        case "tick":
            world.feed.tick(AT, presses=True, engine=True)
        case "tell" if board:
            board.reader.tell(frames.encode_watchers(7, [], whole=True))
        case "leave" if board:
            world.leave(board)
        case "resume" if world.gone:
            gone = dice.choice(world.gone[-3:])
            world.connect(gone.last_cursor(), dice.randint(0, 5), gone.place)


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_missing_and_nothing_comes_twice_whatever_boards_do(seed: int) -> None:
    dice = Random(seed)
    with small_frames():
        world = World()
        for _ in range(200):
            take_step(world, dice)
        world.settle()
    for board in world.boards:
        check_told(board, world, complete=True)
    for board in world.gone:
        check_told(board, world, complete=False)


def test_a_stalled_board_holds_up_nobody_and_is_told_to_resync() -> None:
    world = World()
    world.connect(None, room=1_000)
    world.connect(None, room=1)  # room for its snapshot and no more
    world.supply()
    for _ in range(20):
        world.write([2])
    quick, stalled = world.boards
    check_told(quick, world, complete=True)
    assert [message["type"] for message in stalled.wire.messages] == ["snapshot"]
    world.settle()
    assert [message["type"] for message in stalled.wire.messages] == ["snapshot", "resync", "snapshot"]


def test_a_burst_beyond_what_is_held_makes_boards_resync_rather_than_miss_something() -> None:
    world = World()
    world.connect(None, room=1_000)
    world.supply()
    world.write([4] * 10)
    assert [message["type"] for message in world.boards[0].wire.messages] == ["snapshot", "resync"]
    world.settle()
    check_told(world.boards[0], world, complete=True)


def test_a_board_that_was_away_resumes_with_the_changes_since() -> None:
    world = World()
    world.connect(None, room=100)
    world.supply()
    world.write([1, 1])
    board = world.boards[0]
    cursor = board.last_cursor()
    world.leave(board)
    world.write([2, 0, 1])
    world.connect(cursor, room=100)
    back = world.boards[0]
    assert [message["type"] for message in back.wire.messages] == ["change"] * 3
    check_told(back, world, complete=True)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "c0ffee00-1",
        "c0ffee00-999-0",
        "0badcafe-1-0",
        "c0ffee00--1-0",
        "c0ffee00-1-99999999999999",
        "1-0",
    ],
)
def test_a_cursor_that_is_not_of_this_log_gets_a_snapshot(cursor: str) -> None:
    world = World()
    world.write([1])
    world.connect(cursor, room=100)
    assert world.boards[0].reader.wants_snapshot.is_set()


def test_a_cursor_in_the_middle_of_a_row_resumes_with_the_rest_of_the_row() -> None:
    world = World()
    world.write([3])
    world.connect(write_cursor(HISTORY, Cursor(1, 1)), room=100)
    assert [tuple(message["item"]["at"]) for message in world.boards[0].wire.messages] == [(1, 1), (1, 2)]


def test_a_change_is_encoded_once_for_all_boards() -> None:
    world = World()
    for _ in range(50):
        world.connect(None, room=100)
    world.supply()
    with mock.patch("dashboard.live.feed.encode_change", wraps=frames.encode_change) as encode:
        world.write([1])
    assert encode.call_count == 1
    assert all(board.wire.messages[-1]["type"] == "change" for board in world.boards)


def test_many_changes_at_once_are_one_write_for_each_board() -> None:
    world = World()
    world.connect(None, room=100)
    world.supply()
    wire = world.boards[0].wire
    wire.room = 1
    world.write([1, 1, 1, 1])
    assert [message["type"] for message in wire.messages] == ["snapshot"] + ["change"] * 4


def test_what_nobody_waits_for_goes_with_what_somebody_does_or_with_the_tick_and_in_order() -> None:
    world = World()
    world.connect(None, room=100)
    world.supply()
    wire = world.boards[0].wire
    writes: list[int] = []

    def write(kind: str, times: int) -> None:
        room = wire.room
        for _ in range(times):
            world.write([1], kind)
        writes.append(room - wire.room)

    write("compliance.judged", 3)
    assert (writes, len(wire.messages)) == ([1], 2), "the first is there at once, the others wait"
    write("incident.opened", 1)
    assert (writes[1:], len(wire.messages)) == ([1], 5), "an alarm goes at once, with them in one write"
    write("delivery.delivered", 2)
    assert (writes[2:], len(wire.messages)) == ([0], 5)
    world.connect(world.boards[0].last_cursor(), room=100)
    assert len(world.boards[1].wire.messages) == 2, "who comes in between is not behind anybody"
    world.feed.send_unhurried()
    assert len(wire.messages) == 7, "nor do they wait for long"
    for tick, told in enumerate((8, 9)):
        world.feed.tick(AT, presses=True, engine=True)
        assert (wire.messages[-1]["type"], len(wire.messages)) == ("tick", told), f"tick {tick}"
    write("compliance.judged", 2)
    assert (writes[3:], len(wire.messages)) == ([1], 10), "after a second of rest the first goes at once again"
    world.settle()
    for board in world.boards:
        check_told(board, world, complete=True)


def test_a_board_hears_what_its_place_holds_and_nothing_else() -> None:
    world = World()
    for place in PLACES:
        world.connect(None, room=1_000, place=place)
    world.supply()
    world.write([4, 3, 2, 1])
    for board in world.boards:
        heard = [tuple(message["item"]["at"]) for message in board.wire.messages[1:]]
        assert heard == world.changes_of(board.place) != []
    told = {board.place: len(board.wire.messages) - 1 for board in world.boards}
    assert told[CITY] == 10 > told[Place("D1")] + told[Place("D2")], "what is nowhere is the city's alone"


def test_a_change_is_encoded_once_for_boards_of_every_place_and_nothing_is_done_for_those_of_others() -> None:
    world = World()
    for place in PLACES * 10:
        world.connect(None, room=100, place=place)
    world.supply()
    position = next(number for number in range(2, 6) if school_at(number, 0) == "S1")
    world.write([0] * (position - 1))
    with (
        mock.patch("dashboard.live.feed.encode_change", wraps=frames.encode_change) as encode,
        mock.patch.object(Reader, "offer", autospec=True, side_effect=Reader.offer) as offer,
    ):
        world.write([1])
    assert encode.call_count == 1
    assert offer.call_count == 30, "the school's, the district's and the city's boards"


def test_a_place_whose_school_nothing_happens_at_resumes_by_its_tick() -> None:
    world = World()
    world.connect(None, room=100, place=Place(school="S1"))
    world.supply()
    quiet = [number for number in range(1, 60) if school_at(number, 0) != "S1"]
    for number in range(1, quiet[-1] + 1):
        world.write([1 if number in quiet else 0])
    world.feed.tick(AT, presses=True, engine=True)
    board = world.boards[0]
    assert [message["type"] for message in board.wire.messages] == ["snapshot", "tick"]
    world.leave(board)
    world.connect(board.last_cursor(), room=100, place=board.place)
    world.move("S1", "D1")
    assert [message["type"] for message in world.boards[0].wire.messages] == ["change"]


def test_when_a_school_moves_both_districts_and_the_school_begin_anew_and_others_do_not() -> None:
    world = World()
    for place in (*PLACES, Place("D3")):
        world.connect(None, room=1_000, place=place)
    world.supply()
    world.move("S1", "D2")
    begun = {board.place for board in world.boards if board.wire.messages[-1]["type"] == "resync"}
    assert begun == {Place("D1"), Place("D2"), Place(school="S1")}
    world.supply()
    world.write([4] * 3)
    for board in world.boards:
        check_told(board, world, complete=True)


def test_whoever_stands_for_another_place_since_then_gets_a_snapshot_whatever_they_knew() -> None:
    world = World()
    world.write([1])
    cursor = write_cursor(HISTORY, Cursor(world.position + 1, 0))
    world.connect(cursor, room=100, place=Place(school="S2"))
    early = world.boards[0]
    world.position += 1
    world.feed.take([as_row(world.position, {"role": "guard", "school": "S2"}, "account:wang", "account.saved")])
    world.connect(cursor, room=100, place=Place(school="S2"))
    assert early.wire.messages == [{"type": "resync"}], "it came before the feed had heard of it"
    world.connect(cursor, room=100, place=Place(school="S2"), account="account:li")
    world.connect(write_cursor(HISTORY, Cursor(world.position + 1, 0)), room=100, place=Place(school="S2"))
    assert [board.reader.wants_snapshot.is_set() for board in world.boards] == [True, True, False, False]


def test_what_a_place_hears_is_kept_while_somebody_reads_it_or_some_of_it_is_held_and_no_longer() -> None:
    world = World()
    world.connect(None, room=100, place=Place(school="S1"))
    ring = ref(world.boards[0].reader.ring)
    world.write([1] * 100)
    assert ring() is not None
    world.leave(world.boards[0])
    world.gone.clear()
    assert ring() is not None, "its newest changes are still among those that the city holds"
    for _ in range(100):
        world.position = next(number for number in count(world.position) if school_at(number + 1, 0) is None)
        world.write([1])
    assert ring() is None

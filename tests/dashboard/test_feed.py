"""Boards come, go, stall and resume: each is told every change once and in order, or is given a fresh snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from alerts.domain.board import Snapshot
from alerts.domain.chain import GENESIS, LogRow
from dashboard.live import frames
from dashboard.live.cursors import Cursor, read_cursor, write_cursor
from dashboard.live.feed import Feed
from dashboard.live.readers import Reader

AT = datetime(2026, 3, 2, 10, 15, 7, tzinfo=UTC)
HISTORY = "c0ffee00"
Change = tuple[int, int]  # a position of the log, and the number of the change within its row


@dataclass(eq=False)
class FakeWire:
    """A connection that is full after some writes, until it drains. What it was sent is read as a browser would."""

    room: int
    on_drained: Callable[[], None] | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)
    _protocol: ClientProtocol = field(
        default_factory=lambda: ClientProtocol(parse_uri("ws://board"), state=OPEN, max_size=None)
    )

    @property
    def takes_frames(self) -> bool:
        return self.room > 0

    def write_frames(self, frames: bytes) -> None:
        assert self.takes_frames, "written to a full wire"
        self.room -= 1
        self._protocol.receive_data(frames)
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            self._pieces.append(bytes(event.data))
            if event.fin:
                self.messages.append(msgspec.json.decode(b"".join(self._pieces)))
                self._pieces.clear()
        assert self._protocol.parser_exc is None

    def drain(self, room: int) -> None:
        self.room = room
        if self.on_drained is not None:
            self.on_drained()


@dataclass(eq=False)
class FakeBoard:
    """A board, and what it knew when it came."""

    wire: FakeWire
    reader: Reader
    since: Cursor | None

    def last_cursor(self) -> str | None:
        return next((one["cursor"] for one in reversed(self.wire.messages) if "cursor" in one), None)


class World:
    """A log that grows, and boards on its feed."""

    def __init__(self) -> None:
        self.feed = Feed(HISTORY, 0, held_changes=12, held_bytes=2_000)
        self.position = 0
        self.changes: list[Change] = []
        self.boards: list[FakeBoard] = []
        self.gone: list[FakeBoard] = []

    def write(self, sizes: list[int]) -> None:
        rows = []
        for size in sizes:
            self.position += 1
            self.changes += [(self.position, index) for index in range(size)]
            rows.append(make_row(self.position, size))
        self.feed.take(rows)

    def connect(self, since: str | None, room: int) -> None:
        wire = FakeWire(room)
        reader = self.feed.join(wire, since)
        resumed = None if since is None or reader.wants_snapshot.is_set() else read_cursor(HISTORY, since)
        self.boards.append(FakeBoard(wire, reader, resumed))

    def supply(self) -> None:
        snapshot = Snapshot(self.position, AT, (), (), ())
        message = frames.encode_snapshot(self.feed.name_cursor(self.position), snapshot)
        for board in self.boards:
            if board.reader.wants_snapshot.is_set():
                number = self.feed.find(self.position)
                assert number is not None
                board.reader.begin(frames.split_plain(message), number)

    def leave(self, board: FakeBoard) -> None:
        self.boards.remove(board)
        self.feed.leave(board.reader)
        board.wire.on_drained = None
        self.gone.append(board)

    def settle(self) -> None:
        """Lets every board read all there is."""
        for _ in range(3):
            for board in self.boards:
                board.wire.drain(1_000_000)
            self.supply()


def make_row(position: int, size: int) -> LogRow:
    incident = {"incident": {"id": 0, "at": [position, 0]}} if size else {}
    devices = [{"code": "x" * 40, "at": [position, index]} for index in range(1, size)]
    body = msgspec.json.encode({**incident, "devices": devices}).decode()
    return LogRow(position, AT, "engine", "x", "y", body, GENESIS, GENESIS)


@contextmanager
def small_frames() -> Iterator[None]:
    """Snapshots in several frames, and one change a write to a board that lags, without megabytes."""
    with (
        mock.patch("dashboard.live.frames.FRAME_BYTES", 40),
        mock.patch("dashboard.live.readers.FRAME_BYTES", 1),
        mock.patch("dashboard.live.feed.FRAME_BYTES", 300),
    ):
        yield


def check_told(board: FakeBoard, changes: list[Change], *, complete: bool) -> None:
    """Every change once and in order since what the board knew, or since its snapshot."""
    expected = None if board.since is None else first_after(board.since, changes)
    for message in board.wire.messages:
        if message["type"] == "resync":
            assert expected is not None, "told to resync while it waits for a snapshot"
            expected = None
        elif message["type"] == "snapshot":
            cursor = read_cursor(HISTORY, message["cursor"])
            assert cursor is not None
            expected = first_after(cursor, changes)
        elif message["type"] == "tick":
            cursor = read_cursor(HISTORY, message["cursor"])
            assert cursor is not None
            assert expected is not None
            assert first_after(cursor, changes) == expected, "a tick that is ahead of what was sent"
        else:
            assert expected is not None, "a change before any snapshot"
            assert tuple(message["item"]["at"]) == changes[expected]
            expected += 1
    if complete:
        assert expected == len(changes)


def first_after(cursor: Cursor, changes: list[Change]) -> int:
    return sum(1 for change in changes if Cursor(*change) < cursor)


def take_step(world: World, dice: Random) -> None:
    board = dice.choice(world.boards) if world.boards else None
    match dice.choice(["write", "write", "connect", "stall", "drain", "drain", "supply", "tick", "leave", "resume"]):
        case "write":
            world.write([dice.randint(0, 4) for _ in range(dice.randint(1, 3))])
        case "connect":
            world.connect(None, room=dice.randint(0, 5))
        case "stall" if board:
            board.wire.room = 0
        case "drain" if board:
            board.wire.drain(dice.randint(1, 6))
        case "supply":
            world.supply()
        case "tick":
            world.feed.tick(AT, presses=True, engine=True)
        case "leave" if board:
            world.leave(board)
        case "resume" if world.gone:
            world.connect(dice.choice(world.gone[-3:]).last_cursor(), room=dice.randint(0, 5))


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_missing_and_nothing_comes_twice_whatever_boards_do(seed: int) -> None:
    dice = Random(seed)
    with small_frames():
        world = World()
        for _ in range(200):
            take_step(world, dice)
        world.settle()
    for board in world.boards:
        check_told(board, world.changes, complete=True)
    for board in world.gone:
        check_told(board, world.changes, complete=False)


def test_a_stalled_board_holds_up_nobody_and_is_told_to_resync() -> None:
    world = World()
    world.connect(None, room=1_000)
    world.connect(None, room=1)  # room for its snapshot and no more
    world.supply()
    for _ in range(20):
        world.write([2])
    quick, stalled = world.boards
    check_told(quick, world.changes, complete=True)
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
    check_told(world.boards[0], world.changes, complete=True)


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
    check_told(back, world.changes, complete=True)


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

"""A log that grows, a feed on it, and boards that read as a browser would; no sockets, no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from alerts.domain.board import Snapshot
from alerts.domain.chain import GENESIS, LogRow
from alerts.domain.rights import CITY, Place
from dashboard.live import frames
from dashboard.live.cursors import Cursor, read_cursor
from dashboard.live.feed import Feed
from dashboard.live.readers import Reader

AT = datetime(2026, 3, 2, 10, 15, 7, tzinfo=UTC)
HISTORY = "c0ffee00"
Change = tuple[int, int]  # a position of the log, and the number of the change within its row
SCHOOLS = ("S1", "S2", "S3", None)
PLACES = (CITY, Place("D1"), Place("D2"), Place(school="S1"), Place(school="S2"), Place(school="S3"))


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
    """A board, whose it is, and what it knew when it came."""

    wire: FakeWire
    reader: Reader
    since: Cursor | None
    place: Place

    def last_cursor(self) -> str | None:
        return next((one["cursor"] for one in reversed(self.wire.messages) if "cursor" in one), None)


class World:
    """A log that grows, and boards of several places on its feed. What happens is now at one of three schools, now
    nowhere; a school may move to another district."""

    def __init__(self) -> None:
        self.district_of = {"S1": "D1", "S2": "D1", "S3": "D2"}
        self.feed = Feed(HISTORY, 0, self.district_of, held_changes=12, held_bytes=2_000)
        self.position = 0
        self.changes: list[Change] = []
        self.places: dict[Change, Place] = {}
        self.moves: list[tuple[Cursor, tuple[Place, ...]]] = []
        self.boards: list[FakeBoard] = []
        self.gone: list[FakeBoard] = []

    def write(self, sizes: list[int], kind: str = "y") -> None:
        rows = []
        for size in sizes:
            self.position += 1
            for index in range(size):
                self._note(index, school_at(self.position, index))
            rows.append(make_row(self.position, size, self.district_of, kind))
        self.feed.take(rows)

    def move(self, school: str, district: str) -> None:
        self.position += 1
        places = Place(self.district_of[school]), Place(district), Place(school=school)
        if self.district_of[school] != district:
            self.moves.append((Cursor(self.position, 1), places))
        self.district_of[school] = district
        self._note(0, school)
        item = {"code": school, "district": district, "at": (self.position, 0)}
        self.feed.take([as_row(self.position, {"schools": [item]})])

    def _note(self, index: int, school: str | None) -> None:
        self.changes.append((self.position, index))
        self.places[self.changes[-1]] = Place(None if school is None else self.district_of[school], school)

    def changes_of(self, place: Place) -> list[Change]:
        return [change for change in self.changes if place.holds(self.places[change])]

    def connect(self, since: str | None, room: int, place: Place = CITY, account: str = "account:wang") -> None:
        wire = FakeWire(room)
        reader = self.feed.join(wire, since, place, account)
        resumed = None if since is None or reader.wants_snapshot.is_set() else read_cursor(HISTORY, since)
        self.boards.append(FakeBoard(wire, reader, resumed, place))

    def supply(self) -> None:
        snapshot = Snapshot(self.position, AT, (), (), ())
        message = frames.encode_snapshot(self.feed.name_cursor(self.position), snapshot)
        for board in self.boards:
            if board.reader.wants_snapshot.is_set():
                number = self.feed.find(self.position, board.place)
                assert number is not None
                board.reader.begin(frames.split_plain(message), number)

    def leave(self, board: FakeBoard) -> None:
        self.boards.remove(board)
        self.feed.leave(board.reader)
        board.wire.on_drained = None
        self.gone.append(board)

    def settle(self) -> None:
        """Lets every board read all there is."""
        self.feed.tick(AT, presses=True, engine=True)
        for _ in range(3):
            for board in self.boards:
                board.wire.drain(1_000_000)
            self.supply()


def school_at(position: int, index: int) -> str | None:
    return SCHOOLS[(7 * position + 3 * index) % len(SCHOOLS)]


def make_row(position: int, size: int, district_of: dict[str, str], kind: str = "y") -> LogRow:
    schools = [school_at(position, index) for index in range(size)]
    district = district_of.get(schools[0] or "") if schools else None
    incident = {"id": 0, "school": schools[0], "district": district, "at": [position, 0]} if schools else None
    devices = [{"code": "x" * 40, "school": schools[index], "at": [position, index]} for index in range(1, size)]
    return as_row(position, {"incident": incident, "devices": devices}, kind=kind)


def as_row(position: int, body: dict[str, Any], subject: str = "x", kind: str = "y") -> LogRow:
    return LogRow(position, AT, "engine", subject, kind, msgspec.json.encode(body).decode(), GENESIS, GENESIS)


def check_told(board: FakeBoard, world: World, *, complete: bool) -> None:
    """Every change of its place, and no other, once and in order since what the board knew, or since its snapshot."""
    changes = world.changes_of(board.place)
    expected = None if board.since is None else first_after(board.since, changes)
    check_anew_after_moves(board, world)
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
        elif message["type"] == "watchers":
            assert expected is not None, "who is at an incident before any snapshot"
        else:
            assert expected is not None, "a change before any snapshot"
            assert tuple(message["item"]["at"]) == changes[expected]
            expected += 1
    if complete:
        assert expected == len(changes)


def check_anew_after_moves(board: FakeBoard, world: World) -> None:
    """No school came to a place or left it but together with a snapshot."""
    moves = [at for at, places in world.moves if board.place in places]
    known = board.since
    for message in board.wire.messages:
        cursor = read_cursor(HISTORY, message.get("cursor", ""))
        if message["type"] != "snapshot" and cursor is not None and known is not None:
            assert not any(known < at <= cursor for at in moves), "a school came or went unsaid"
        known = cursor or known


def first_after(cursor: Cursor, changes: list[Change]) -> int:
    return sum(1 for change in changes if Cursor(*change) < cursor)

"""Boards that are connected: who they are, what they are sent, and when they are closed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from alerts.domain.rights import Right
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from dashboard.live.company import Seat
from dashboard.live.listeners import Listener
from dashboard.live.live import RETRY_SECONDS, Live
from dashboard.live.readers import Reader
from dashboard.live.showings import Showings
from dashboard.live.sockets import EXTENSION, BoardSocket
from dashboard.live.watchers import Watchers
from dashboard.rights import Caller, Proof, find_caller, is_own_origin, read_proof

NOT_SIGNED_IN = 4401
FOREIGN_ORIGIN = 4403
TRY_AGAIN_LATER = 1013
BOARDS_LIMIT = 5_000  # in one process; one more is told to come back later, and finds another process
START_SECONDS = 5.0  # that a board waits for a service which has not reached its database yet
CHECK_SECONDS = 20.0  # between two looks at whether the sessions of connected boards still last
CLOSING_SECONDS = 1.0  # for a board that does not read to be told why; then its connection is cut

log = structlog.get_logger()


@dataclass(eq=False, frozen=True, slots=True)
class Board:
    """A board that is connected, and on whose behalf."""

    websocket: WebSocket
    wire: BoardSocket
    caller: Caller

    def is_of(self, caller: Caller | None) -> bool:
        """Whether it shows what somebody may see who showed the same proof just now."""
        return caller is not None and caller.may(Right.SEE) and caller.account.place == self.caller.account.place


class Boards:
    """The boards of this process."""

    def __init__(self, database: Database, live: Live, showings: Showings, watchers: Watchers) -> None:
        self._database = database
        self._live = live
        self._showings = showings
        self._watchers = watchers
        self._boards: set[Board] = set()

    async def serve(self, websocket: WebSocket, since: str | None) -> None:
        """Serves one board until it goes or its session ends. A refusal comes as a close code: browsers hide the HTTP
        status of a refused handshake from their page."""
        await websocket.accept()
        caller = await self._admit(websocket)
        if isinstance(caller, int):
            await websocket.close(caller)
            return
        board = Board(websocket, _wire_of(websocket), caller)
        self._boards.add(board)
        reader = self._live.feed.join(board.wire, since, caller.account.place, caller.subject)
        try:
            await self._supply_until_gone(board, reader)
        finally:
            self._boards.discard(board)
            self._live.feed.leave(reader)
            board.wire.on_drained = None

    async def close_of(self, proof: Proof) -> None:
        """Closes every board of a session that was ended."""
        await self._close_unless_of(proof, None)

    async def watch_sessions(self) -> None:
        """Closes boards whose session expired, or was ended by another process, and those of people who stand for
        another place now; for ever."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for proof in {board.caller.proof for board in self._boards}:
                try:
                    caller = await find_caller(self._database, proof)
                except StorageUnavailable as error:
                    log.warning("dashboard.sessions.unchecked", error=str(error))
                    break
                await self._close_unless_of(proof, caller)

    async def _close_unless_of(self, proof: Proof, caller: Caller | None) -> None:
        boards = [board for board in self._boards if board.caller.proof == proof and not board.is_of(caller)]
        await asyncio.gather(*(_close(board) for board in boards))

    async def _admit(self, websocket: WebSocket) -> Caller | int:
        """On whose behalf a board comes in, or the code to close it with."""
        origin, proof = websocket.headers.get("origin"), read_proof(websocket)
        if origin is not None and not is_own_origin(websocket, origin):
            return FOREIGN_ORIGIN
        if proof is None:
            return NOT_SIGNED_IN
        if len(self._boards) >= BOARDS_LIMIT:
            return TRY_AGAIN_LATER
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._live.started()
                caller = await find_caller(self._database, proof)
        except (StorageUnavailable, TimeoutError):
            return TRY_AGAIN_LATER
        return caller if caller is not None and caller.may(Right.SEE) else NOT_SIGNED_IN

    async def _supply_until_gone(self, board: Board, reader: Reader) -> None:
        async with asyncio.TaskGroup() as tasks:
            supply = tasks.create_task(self._supply_snapshots(board, reader), name="board.snapshots")
            seat = Seat(reader, board.caller.account)
            listener = Listener(self._showings, self._watchers, seat, board.caller.proof)
            try:
                while (message := await board.websocket.receive())["type"] != "websocket.disconnect":
                    listener.take(message.get("text"))
            finally:
                self._watchers.leave(seat)
            supply.cancel()

    async def _supply_snapshots(self, board: Board, reader: Reader) -> None:
        while True:
            await reader.wants_snapshot.wait()
            try:
                snapshot, number = await self._live.snapshots.take(board.caller.account.place)
            except StorageUnavailable as error:
                log.warning("dashboard.snapshot.failed", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            reader.begin(snapshot.deflated if board.wire.inflates else snapshot.plain, number)


def _wire_of(websocket: WebSocket) -> BoardSocket:
    wire = websocket.scope.get("extensions", {}).get(EXTENSION, {}).get("wire")
    if not isinstance(wire, BoardSocket):
        raise TypeError("the live feed needs a server with ws=BoardSocket, as `python -m dashboard run` starts it")
    return wire


async def _close(board: Board) -> None:
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            if board.websocket.application_state is WebSocketState.CONNECTED:
                await board.websocket.close(NOT_SIGNED_IN)
    except WebSocketDisconnect:
        pass  # it went by itself
    except TimeoutError:
        board.wire.abort()

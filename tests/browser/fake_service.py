"""A played service: the page's other end in one process, which can do on purpose what a real one does by misfortune.

It serves the built page with the real headers, and its answers are the real values.
`python -m tests.browser.fake_service` runs it with a busy scene, to look at the page while developing it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from alerts.domain.board import Link, Trouble
from alerts.domain.incidents import MoveRefused, State
from alerts.domain.pictures import MEDIA_TYPE, PictureInvalid, PictureKind
from alerts.domain.preferences import Preferences
from alerts.domain.presses import Kind, Mode
from alerts.domain.rights import Right, Role
from alerts.domain.watchers import Watcher
from alerts.redrawing import redraw
from dashboard.api.presses import Quarantined
from dashboard.api.sessions import MapTiles, SignedIn, WaysIn
from dashboard.middleware import ProtectiveHeaders
from dashboard.page import Page
from dashboard.paging import answer
from dashboard.problems import Problem, answer_problem
from tests.browser.fake_city import FakeCity

TICK_SECONDS = 0.5
TILES = "https://tiles.example.cn/{z}/{x}/{y}.png"  # of the operator's map, where a test says that there is one
ACCOUNTS = {
    ("wang", "correct-horse"): SignedIn("wang", "王建国", Role.CITY_DESK, tuple(Right), None, None, True, False),
    ("reader", "correct-horse"): SignedIn(
        "reader", "李查看", Role.AUDITOR, (Right.SEE, Right.AUDIT), None, None, True, False
    ),
}


class FakeService:
    """Knows a FakeCity, keeps a log of its changes, and feeds boards until a test tells it otherwise."""

    def __init__(self, *, schools: int = 120) -> None:
        self.city = FakeCity(self._tell, schools=schools)
        self.url = ""
        self.presses_heard = self.engine_runs = True
        self.ticking = self.answering = self.accepting = True
        self.requests: list[tuple[str, str, str | None]] = []
        self.snapshots_sent = 0
        self.tiles: MapTiles | None = None
        self.quarantine: list[Quarantined] = []
        self.watchers: list[Watcher] = []  # who is at whichever incident somebody opens
        self._log: list[bytes] = []
        self._forgotten = 0
        self._boards: set[asyncio.Queue[bytes | int]] = set()
        self._sessions: dict[str, SignedIn] = {}
        self._kept: dict[str, Response] = {}
        self._chosen: dict[str, dict[str, Any]] = {}

    # What tests make happen

    def resync(self) -> None:
        """Every board is told to start afresh."""
        self._send(b'{"type":"resync"}')
        self._send(self._snapshot())

    def forget_history(self) -> None:
        """Changes until now cannot be resumed any more: who comes back gets a snapshot."""
        self._forgotten = len(self._log)

    def drop_boards(self, code: int = 1001) -> None:
        """Closes every board's connection."""
        for board in self._boards:
            board.put_nowait(code)

    def end_sessions(self) -> None:
        """Everybody is signed out."""
        self._sessions.clear()
        self.drop_boards(4401)

    def _tell(self, kind: str, item: Any) -> None:
        cursor = f"c-{len(self._log) + 1}"
        self._log.append(msgspec.json.encode({"type": "change", "cursor": cursor, "kind": kind, "item": item}))
        self._send(self._log[-1])

    def _send(self, message: bytes) -> None:
        for board in self._boards:
            board.put_nowait(message)

    def _snapshot(self) -> bytes:
        self.snapshots_sent += 1
        return msgspec.json.encode(
            {
                "type": "snapshot",
                "cursor": f"c-{len(self._log)}",
                "at": self.city.now(),
                "districts": self.city.city.districts,
                "schools": self.city.school_items(),
                "incidents": self.city.open_incidents(),
                "compliance": [],
            }
        )

    # The live feed

    async def feed(self, websocket: WebSocket) -> None:
        """One board."""
        if not self.accepting or self._caller(websocket) is None:
            await websocket.close()
            return
        await websocket.accept()
        board: asyncio.Queue[bytes | int] = asyncio.Queue()
        for first in self._first(websocket.query_params.get("since")):
            board.put_nowait(first)
        self._boards.add(board)
        listening = asyncio.create_task(self._listen_until_gone(websocket, board))
        try:
            while isinstance(message := await board.get(), bytes):
                await websocket.send_text(message.decode())
            await websocket.close(message)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the board is gone
        finally:
            listening.cancel()
            self._boards.discard(board)

    async def _listen_until_gone(self, websocket: WebSocket, board: asyncio.Queue[bytes | int]) -> None:
        try:
            while True:
                said = await websocket.receive_json()
                if said["type"] == "watching" and said["incident"] is not None:
                    told = {"type": "watchers", "incident": said["incident"], "people": self.watchers}
                    board.put_nowait(msgspec.json.encode(told | {"more": False, "whole": True}))
        except WebSocketDisconnect:
            board.put_nowait(1000)

    def _first(self, since: str | None) -> list[bytes]:
        known = int(since.removeprefix("c-")) if since else -1
        return [self._snapshot()] if known < self._forgotten else self._log[known:]

    async def tick(self) -> None:
        """A sign of life for every board, until cancelled."""
        while True:
            if self.ticking:
                service = {"presses": self.presses_heard, "engine": self.engine_runs}
                tick = {"type": "tick", "cursor": f"c-{len(self._log)}", "at": self.city.now(), "service": service}
                self._send(msgspec.json.encode(tick))
            await asyncio.sleep(TICK_SECONDS)

    # HTTP

    async def session(self, request: Request) -> Response:
        """Signing in and out."""
        if request.method == "POST":
            said = await request.json()
            found = ACCOUNTS.get((said["name"], said["password"]))
            if found is None:
                raise Problem("bad-credentials")
            token = secrets.token_urlsafe()
            self._sessions[token] = found
            response = answer(self._say(found))
            response.set_cookie("campus_session", token, httponly=True, samesite="strict")
            return response
        caller = self._admit(request)
        if request.method == "DELETE":
            self._sessions.pop(request.cookies["campus_session"])
            return Response(status_code=204)
        return answer(self._say(caller))

    def _say(self, found: SignedIn) -> SignedIn:
        chosen = msgspec.convert(self._chosen.get(found.name, {}), Preferences)
        return replace(found, tiles=self.tiles, preferences=chosen)

    async def preferences(self, request: Request) -> Response:
        """What somebody chose."""
        caller = self._admit(request)
        if not self.answering:
            return Response(status_code=502)
        self._chosen[caller.name] = self._chosen.get(caller.name, {}) | await request.json()
        return Response(status_code=204)

    async def ways_in(self, _request: Request) -> Response:
        """By what people may sign in."""
        return answer(WaysIn(False, None))

    async def incidents(self, request: Request) -> Response:
        """Closed incidents, newest first."""
        self._admit(request)
        closed = [one for one in self.city.incidents.values() if one.state is State.CLOSED]
        return answer({"items": closed[::-1], "next": None})

    async def incident(self, request: Request) -> Response:
        """One incident."""
        self._admit(request)
        detail = self.city.incident_detail(int(request.path_params["id"]))
        if detail is None:
            raise Problem("no-such-incident")
        return answer(detail)

    async def act(self, request: Request) -> Response:
        """What people do; a repeated key gets the first answer again."""
        caller = self._admit(request)
        key, action = request.headers.get("idempotency-key"), request.path_params["action"]
        self.requests.append((action, request.path_params["id"], key))
        if Right.HANDLE not in caller.rights:
            raise Problem("not-allowed")
        if not self.answering:
            return Response(status_code=502)
        if key is None or key not in self._kept:
            response = self._act(int(request.path_params["id"]), action, caller, await request.json())
            self._kept[key or secrets.token_hex()] = response
            return response
        return self._kept[key]

    def _act(self, id_: int, action: str, caller: SignedIn, body: dict[str, Any]) -> Response:
        try:
            return answer({"incident": self.city.act(id_, action, caller.display_name, body)})
        except MoveRefused as refusal:
            return answer_problem(Problem(refusal.slug, str(refusal)))

    async def school(self, request: Request) -> Response:
        """One school."""
        self._admit(request)
        detail = self.city.school_detail(request.path_params["code"])
        if detail is None:
            raise Problem("no-such-school")
        return answer(detail)

    async def picture(self, request: Request) -> Response:
        """A picture of a point, looked at or put there."""
        caller = self._admit(request)
        point, kind = request.path_params["point"], PictureKind(request.path_params["kind"])
        if request.method == "PUT":
            assert Right.GOVERN in caller.rights
            try:
                return answer(self.city.picture(point, kind, redraw(await request.body())))
            except PictureInvalid as error:
                raise Problem("bad-picture", str(error)) from error
        content = self.city.contents.get((point, kind))
        return Response(status_code=503) if content is None else Response(content, media_type=MEDIA_TYPE)

    async def coverage(self, request: Request) -> Response:
        """Every school is covered."""
        self._admit(request)
        schools = self.city.city.schools
        figures = {"nobody": 0, "first_step_empty": 0, "unchecked": 0, "checked_at": self.city.now()}
        figures |= {"until": self.city.now() + timedelta(days=7)}
        districts = []
        for one in self.city.city.districts:
            own = sum(school.district == one.code for school in schools)
            names = {"code": one.code, "name": one.name, "name_en": one.name_en}
            districts.append(names | figures | {"schools": own, "covered": own})
        whole = {"schools": len(schools), "covered": len(schools), "changes_waiting": 0, "districts": districts}
        return answer({"summary": figures | whole, "items": [], "next": None})

    async def presses(self, request: Request) -> Response:
        """Unplaced presses."""
        self._admit(request)
        rows = [row for rows in self.city.presses.values() for row in rows if row.school is None]
        return answer({"items": rows[::-1], "next": None})

    async def quarantined(self, request: Request) -> Response:
        """What could not be read."""
        self._admit(request)
        return answer({"items": self.quarantine, "next": None})

    def _caller(self, connection: HTTPConnection) -> SignedIn | None:
        return self._sessions.get(connection.cookies.get("campus_session", ""))

    def _admit(self, connection: HTTPConnection) -> SignedIn:
        caller = self._caller(connection)
        if caller is None:
            raise Problem("not-signed-in")
        return caller

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        api = [
            Route("/session", self.session, methods=["GET", "POST", "DELETE"]),
            Route("/session/preferences", self.preferences, methods=["PATCH"]),
            Route("/sign-in", self.ways_in),
            Route("/incidents", self.incidents),
            Route("/incidents/{id:int}", self.incident),
            Route("/incidents/{id}/{action}", self.act, methods=["POST"]),
            Route("/schools/{code}", self.school),
            Route("/points/{point:int}/pictures/{kind}", self.picture, methods=["GET", "PUT"]),
            Route("/presses", self.presses),
            Route("/quarantine", self.quarantined),
            Route("/coverage", self.coverage),
            WebSocketRoute("/live", self.feed),
        ]
        return Starlette(
            routes=[Mount("/api/v1", routes=api), Mount("/", Page())],
            middleware=[Middleware(ProtectiveHeaders, map_tiles=TILES)],
            exception_handlers={Problem: _answer_problem},
        )

    @asynccontextmanager
    async def running(self, listener: socket.socket) -> AsyncIterator[FakeService]:
        """Serves on a listening socket until the block ends, which closes it."""
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the service
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server = uvicorn.Server(uvicorn.Config(self.app(), log_level="error", ws="websockets-sansio", lifespan="off"))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the tests have their own
        tasks = [asyncio.create_task(server.serve(sockets=[listener])), asyncio.create_task(self.tick())]
        try:
            yield self
        finally:
            self.drop_boards()
            server.should_exit = True
            tasks[1].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            listener.close()


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer_problem(error)


def play_busy_scene(service: FakeService) -> None:
    """A bad morning: every kind of thing that a board can show."""
    city = service.city
    for number in range(9, 60, 4):
        city.set_link(number, Link.SILENT if number % 3 else Link.OFFLINE)
    for number in (11, 31, 52):
        city.set_link(number, Link.NEVER)
    city.set_link(14, Link.ONLINE, (Trouble.LOW_BATTERY, Trouble.TAMPER))
    city.press(40, kind=Kind.INTRUDER, ago=timedelta(minutes=9))
    city.act(1, "acknowledge", "王建国", {})
    city.act(1, "respond", "王建国", {})
    city.press(22, kind=Kind.MEDICAL, ago=timedelta(minutes=3))
    city.act(2, "acknowledge", "赵敏", {})
    city.act(2, "note", "赵敏", {"text": "已联系校医，学生意识清醒，120 已出发。"})
    city.press(5, kind=Kind.VIOLENCE, ago=timedelta(seconds=66), told=3, reached=0)
    city.press(5, kind=Kind.VIOLENCE)
    city.press(5, kind=Kind.PANIC, late=timedelta(minutes=62), problems=("bad_seq",))
    city.press(33, kind=Kind.PANIC, ago=timedelta(seconds=4))
    city.ask_to_cancel(4)
    city.press_unplaced()
    city.press(50, mode=Mode.TEST, ago=timedelta(seconds=20))
    city.press(51, kind=Kind.FIRE, mode=Mode.DRILL, ago=timedelta(minutes=2))
    service.quarantine.append(
        Quarantined(7, "campus/v1/shinan/X/Y/beat", "Y", "beat", "not_json", "{battery:", 9, city.now())
    )


async def _serve_busy_scene(port: int) -> None:
    service = FakeService(schools=3488)
    play_busy_scene(service)
    async with service.running(socket.create_server(("127.0.0.1", port))):
        print(json.dumps({"url": service.url, "name": "wang", "password": "correct-horse"}))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve_busy_scene(8099))

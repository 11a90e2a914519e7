"""A dashboard that really runs, a browser's manners to speak to it, and boards that listen."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from websockets.asyncio.client import ClientConnection, connect

from alerts import passwords
from alerts.accounts import save_token
from alerts.domain.rights import Right, Role
from alerts.settings import Settings
from alerts.storage.accounts import Account, save_account
from alerts.storage.database import Database
from dashboard.rights import COOKIE
from dashboard.server import BoardServer, make_server
from dashboard.service import Service
from tests.alerts.story import Story

PASSWORD = "correct horse battery staple"
OPERATOR_TOKEN = "an-operators-program"
READER_TOKEN = "a-readers-program"
_HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # the service's own is work on purpose
PATIENCE_SECONDS = 30  # for conditions that come true in a moment, on a machine that is busy


class Dashboard:
    """A running dashboard, and the story that happens behind it."""

    def __init__(self, port: int, server: BoardServer, story: Story) -> None:
        app: Any = server.config.app
        self.port = port
        self.service: Service = app.state.service
        self.story = story
        self._server = server
        self.address = f"http://127.0.0.1:{port}"

    @property
    def accepted(self) -> list[Any]:
        """The sockets of whoever is connected now."""
        transports = [one.transport for one in self._server.server_state.connections]
        return [one.get_extra_info("socket") for one in transports if one is not None]

    @asynccontextmanager
    async def client(self, token: str | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A program with a token, or somebody who is not signed in."""
        plain = {"base_url": self.address, "timeout": PATIENCE_SECONDS, "verify": False}  # no authorities to load
        async with httpx.AsyncClient(**plain, **options) as client:
            if token is not None:
                client.headers["Authorization"] = f"Bearer {token}"
            yield client

    @asynccontextmanager
    async def browser(self, name: str, password: str = PASSWORD) -> AsyncIterator[httpx.AsyncClient]:
        """A person who signed in, in a browser that tells where its requests come from."""
        async with self.client() as client:
            client.headers["Origin"] = self.address
            answer = await client.post("/api/v1/session", json={"name": name, "password": password})
            assert answer.status_code == 200, answer.text
            yield client

    async def confirm(self, proposed: httpx.Response, name: str = "chen") -> dict[str, Any]:
        """Another person confirms what was proposed for the whole city; returns the order as it was done."""
        assert proposed.status_code == 202, proposed.text
        async with self.browser(name) as second:
            done = await second.post(f"{address_of(proposed.json())}/confirmation")
        assert done.status_code == 200, done.text
        order: dict[str, Any] = done.json()
        return order

    @asynccontextmanager
    async def board(
        self, since: str | None = None, *, token: str | None = OPERATOR_TOKEN, cookie: str | None = None, **options: Any
    ) -> AsyncIterator[Board]:
        """A board on the live feed."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if cookie is not None:
            headers = {"Cookie": f"{COOKIE}={cookie}"}
        query = "" if since is None else f"?since={since}"
        address = f"ws://127.0.0.1:{self.port}/api/v1/live{query}"
        options = {"max_size": None, "additional_headers": headers, "proxy": None, "close_timeout": 1} | options
        async with connect(address, **options) as connection:
            yield Board(connection)


def address_of(order: dict[str, Any]) -> str:
    """Where an order for the whole city is confirmed and withdrawn."""
    return f"/api/v1/orders/{order['kind'].replace('_', '-')}/{order['id']}"


class Board:
    """Keeps what it was told, as the page does."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.cursor: str | None = None
        self.messages: list[dict[str, Any]] = []
        self.schools: dict[str, dict[str, Any]] = {}
        self.incidents: dict[int, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.compliance: dict[str, dict[str, Any]] = {}
        self.service = {"presses": False, "engine": False}

    async def hear(self) -> dict[str, Any]:
        """The next message, taken in."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message: dict[str, Any] = msgspec.json.decode(await self.connection.recv())
        self.messages.append(message)
        self.cursor = message.get("cursor", self.cursor)
        if message["type"] == "snapshot":
            self.schools = {item["code"]: item for item in message["schools"]}
            self.incidents = {item["id"]: item for item in message["incidents"]}
            self.compliance = {item["school"]: item for item in message["compliance"]}
        elif message["type"] == "change":
            self._take(message["kind"], message["item"])
        elif message["type"] == "tick":
            self.service = message["service"]
        return message

    async def hear_until(self, enough: Callable[[Board], bool]) -> None:
        """Listens until what it knows is enough."""
        while not enough(self):
            await self.hear()

    async def hear_a(self, type_: str) -> dict[str, Any]:
        """The next message of a type."""
        while True:
            message = await self.hear()
            if message["type"] == type_:
                return message

    async def hear_close(self) -> int | None:
        """The code with which the service closes the board."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code

    def _take(self, kind: str, item: dict[str, Any]) -> None:
        if kind == "incident":
            self.incidents[item["id"]] = item
            if item["state"] == "closed":
                del self.incidents[item["id"]]
        elif kind == "school":
            self.schools[item["code"]] = item
        elif kind == "compliance":
            self.compliance[item["school"]] = item
        else:
            self.devices[item["code"]] = item


@asynccontextmanager
async def run_dashboard(
    story: Story, page: Path, listener: socket.socket | None = None, **settings: Any
) -> AsyncIterator[Dashboard]:
    """Runs a dashboard in this process, on a listening socket or a free port, on the story's database and clock.
    Passwords are checked as in service with a hundredth of the work; tests/alerts/test_accounts.py has the whole."""
    failures: list[str] = []
    known = Settings(database_url=story.database.url, **settings)
    server = make_server(known, lambda: failures.append("a side task died"), page)
    listener = listener or socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not running.done(), running
        await asyncio.sleep(0.01)
    dashboard = Dashboard(listener.getsockname()[1], server, story)
    await dashboard.service.live.started()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "_HASHER", _HASHER)
            yield dashboard
    finally:
        server.should_exit = True
        await running
        assert not failures


@cache
def hash_password() -> str:
    """The hash of everybody's password; made once."""
    return _HASHER.hash(PASSWORD)


async def let_people_in(database: Database) -> None:
    """Wang sits at the desk of the city, Chen administers, Li audits; a program may do all, and one may only look."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await save_account(connection, Account("wang", "王值班", Role.CITY_DESK), hash_password(), now)
        await save_account(connection, Account("chen", "陈管理", Role.ADMINISTRATOR), hash_password(), now)
        await save_account(connection, Account("li", "李主任", Role.AUDITOR), hash_password(), now)
    await save_token(database, Account.of_program("desk", Right), OPERATOR_TOKEN, "test")
    await save_token(database, Account.of_program("wall", (Right.SEE, Right.AUDIT)), READER_TOKEN, "test")

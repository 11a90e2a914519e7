"""What the people at the boards send: that they look at an incident, over HTTP, and what stands on their screens."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import msgspec

from dashboard.rights import COOKIE

SESSION = "bench-person-"
PRESENCE_SECONDS = 4.0  # as the page says it
_CONNECTIONS = 64
_LOOK_SECONDS = 0.5
_SPREAD_SECONDS = 2.0  # as the page says what stands on its screen
_CHANGE = re.compile(rb'"kind":"incident","item":\{"id":(\d+),')
_SEATED = """
with people as (
    insert into account (name, display_name, role, password_hash, created_at)
    select $1 || n, '值班员' || n, 'city_desk', 'x', now() from generate_series(0, $2::int - 1) as n returning name
)
insert into session (token_hash, account, created_at, seen_at, proved_at, expires_at)
select sha256(convert_to(name, 'UTF8')), name, now(), now(), now(), now() + interval '1 hour' from people
"""


class Screen(Protocol):
    """A board of the crowd, as far as its person uses it."""

    chunks: list[tuple[float, bytes]]

    def say(self, text: bytes) -> None:
        """Sends a message."""
        ...


@dataclass(frozen=True, slots=True)
class Attended:
    """How often people said that they look at an incident, how often that was refused, and how long after it was due
    they had the answer, in seconds: median, 99th of a hundred and longest. `shown` messages told what stands on a
    screen."""

    presences: int
    refused: int
    p50: float
    p99: float
    worst: float
    shown: int


async def seat_people(database_url: str, count: int) -> None:
    """So many people who are signed in at the city's desk."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_SEATED.replace("$1", f"'{SESSION}'").replace("$2", str(count)))
    finally:
        await connection.close()


def name_session(port: int, number: int) -> str:
    """The head of what a person's browser sends."""
    return f"Cookie: {COOKIE}={SESSION}{number}\r\nOrigin: http://127.0.0.1:{port}\r\n"


async def attend(screens: Sequence[Screen], port: int, seconds: float, incident: int) -> Attended:
    """Every person looks at an incident, one in twenty at the same, and their screens say what stands on them."""
    due: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    waits: list[float] = []
    refused = [0]
    shown = asyncio.create_task(_say_shown(screens))
    callers = [asyncio.create_task(_call(due, port, incident, waits, refused)) for _ in range(_CONNECTIONS)]
    began = time.time()
    for turn in range(round(seconds / PRESENCE_SECONDS)):
        for number in range(len(screens)):
            at = began + (turn + number / len(screens)) * PRESENCE_SECONDS
            if at - time.time() > 0.001:
                await asyncio.sleep(at - time.time())
            due.put_nowait((at, number))
    await due.join()
    for one in (shown, *callers):
        one.cancel()
    said = await asyncio.gather(shown, *callers, return_exceptions=True)
    failed = [one for one in said if isinstance(one, Exception)]
    if failed:
        raise failed[0]
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return Attended(len(waits), refused[0], p50, p99, waits[-1], sum(getattr(one, "said", 0) for one in screens))


async def _call(
    due: asyncio.Queue[tuple[float, int]], port: int, incident: int, waits: list[float], refused: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        at, number = await due.get()
        writer.write(
            f"PUT /api/v1/incidents/{incident + number % 20}/watchers/me HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: 19\r\n{name_session(port, number)}\r\n"
            '{"doing":"looking"}'.encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        waits.append(time.time() - at)
        refused[0] += b" 200 " not in head[:16]
        due.task_done()


async def _say_shown(screens: Sequence[Screen]) -> None:
    """What the first board hears stands on all of them within two seconds; each says so once."""
    told: set[int] = set()
    seen, chance = len(screens[0].chunks), random.Random(1)
    async with asyncio.TaskGroup() as tasks:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            chunks, seen = screens[0].chunks[seen:], len(screens[0].chunks)
            new = {int(one[1]) for _, data in chunks for one in _CHANGE.finditer(data)} - told
            told |= new
            if new:
                tasks.create_task(_show(screens, sorted(new)[:16], chance))


async def _show(screens: Sequence[Screen], incidents: Sequence[int], chance: random.Random) -> None:
    items = [
        {"incident": one, "round": 1, "state": "open", "screen": screen, "ago": 500}
        for one in incidents
        for screen in ("takeover", "list")
    ]
    text = msgspec.json.encode({"type": "shown", "cursor": None, "items": items})
    for number, screen in enumerate(chance.sample(list(screens), len(screens))):
        screen.say(text)
        if number % 50 == 49:
            await asyncio.sleep(_SPREAD_SECONDS * 50 / len(screens))

"""What the people at the boards say over their sockets: which incident they look at, and what their screens show."""

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
COME_SECONDS = 4.0  # in which all have opened an incident
STAY_SECONDS = 30.0  # that a person stays at one, before they turn to the next
_LOOK_SECONDS = 0.5
_SETTLE_SECONDS = 2.0
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
    said: int

    def say(self, text: bytes) -> None:
        """Sends a message."""
        ...


@dataclass(frozen=True, slots=True)
class Attended:
    """How often people said which incident they look at, of how many of those they heard nothing before they said the
    next, and how long after it the others had the answer who is there, in seconds: median, 99th of a hundred and
    longest. `shown` messages told what stands on a screen."""

    said: int
    unheard: int
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


async def attend(screens: Sequence[Screen], seconds: float, incidents: Sequence[int]) -> Attended:
    """Every person looks at an incident and now and then turns to the next; and screens say what stands on them."""
    shown = asyncio.create_task(_say_shown(screens))
    count, turns = len(screens), (seconds - COME_SECONDS) / STAY_SECONDS
    due = [(COME_SECONDS * number / count, number, 0) for number in range(count)]
    due += [
        (COME_SECONDS + STAY_SECONDS * number / count, number % count, 1 + number // count)
        for number in range(round(turns * count))
    ]
    began, said = time.time(), []
    for after_seconds, number, turn in due:
        if (wait := began + after_seconds - time.time()) > 0.001:
            await asyncio.sleep(wait)
        at = incidents[(number + turn) % len(incidents)]
        said.append((number, at, time.time()))
        screens[number].say(b'{"type":"watching","incident":%d,"doing":"looking"}' % at)
    await asyncio.sleep(_SETTLE_SECONDS)
    shown.cancel()
    failed = (await asyncio.gather(shown, return_exceptions=True))[0]
    if isinstance(failed, Exception):
        raise failed
    waits = [wait for number, at, since in said if (wait := _find_answer(screens[number], at, since)) is not None]
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    spoken = sum(screen.said for screen in screens)
    return Attended(len(said), len(said) - len(waits), p50, p99, waits[-1], spoken - len(said))


def _find_answer(screen: Screen, incident: int, since: float) -> float | None:
    """Seconds until a board was told who is at an incident."""
    told = b'"type":"watchers","incident":%d,' % incident
    return next((at - since for at, data in screen.chunks if at >= since and told in data), None)


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

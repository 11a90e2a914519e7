"""A change that a nervous client sends twice with the same `Idempotency-Key` happens once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Header, Request, Response

from alerts.domain.incidents import MoveRefused
from alerts.storage.accounts import GivenAnswer, find_given_answer, keep_given_answer
from alerts.storage.database import Database
from dashboard.problems import MEDIA_TYPE, Problem, answer_problem, problem_of
from dashboard.rights import Caller

KEPT = timedelta(hours=24)

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text that is new for each change. The same request with the same key is answered the same, "
        "for 24 hours, and changes nothing again.",
    ),
]


class KeptAnswers:
    """Answers that were given, by account and key.

    Requests with the same key wait for each other in one process. Should two processes be asked at the same instant,
    or one die between a change and keeping its answer, the moves themselves still take a repeat for what it is; only
    a note could then stand there twice.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._working: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def answer_once(
        self, request: Request, caller: Caller, key: str | None, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The answer that was given to this key, or the one that `act` gives now. Without a key, `act` just acts."""
        if key is None:
            return await act()
        body = await request.body()
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).digest()
        lock = self._working.setdefault((caller.account.name, key), asyncio.Lock())
        async with lock:
            given = await self._find(caller.account.name, key)
            if given is None:
                return await self._act_and_keep(caller.account.name, key, digest, act)
        if given.request_digest != digest:
            raise Problem("idempotency-key-reused")
        return _repeat(given)

    async def _act_and_keep(
        self, account: str, key: str, digest: bytes, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        try:
            response = await act()
        except (MoveRefused, Problem) as error:
            response = answer_problem(problem_of(error))
            if response.status_code >= 500:
                return response
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
            given = GivenAnswer(digest, response.status_code, bytes(response.body))
            await keep_given_answer(connection, account, key, given, now)
        return response

    async def _find(self, account: str, key: str) -> GivenAnswer | None:
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
            return await find_given_answer(connection, account, key, now - KEPT)


def _repeat(given: GivenAnswer) -> Response:
    media_type = "application/json" if given.status < 400 else MEDIA_TYPE
    return Response(given.answer, given.status, media_type=media_type, headers={"Idempotent-Replayed": "true"})

"""Attempts at passwords: a few at a time, and slowed down for whoever guesses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import TypeVar

import structlog
from fastapi import Request

from alerts.second_factors import CodeNeeded, CodeWrong
from alerts.storage.seals import SealedAway
from dashboard.metrics import SIGN_INS
from dashboard.problems import Problem
from dashboard.service import PASSWORD_QUEUE, Service

log = structlog.get_logger()

Found = TypeVar("Found")
_BEARER = {"WWW-Authenticate": "Bearer"}


async def attempt(service: Service, name: str, address: str, check: Callable[[], Awaitable[Found]]) -> Found:
    """What `check` finds for a password; something false is a wrong one, and counts against name and address. Raises
    Problem `too-many-attempts`, and what `check` raises, of which a CodeWrong counts as well."""
    wait_seconds = service.throttle.seconds_to_wait(name, address, time.monotonic())
    if wait_seconds or service.waiting_sign_ins >= PASSWORD_QUEUE:
        SIGN_INS.labels("throttled").inc()
        raise Problem("too-many-attempts", headers={"Retry-After": str(ceil(wait_seconds or 1))})
    service.waiting_sign_ins += 1
    try:
        async with service.password_checks:
            found = await check()
    except CodeWrong:
        service.throttle.note_failure(name, address, time.monotonic())
        raise
    finally:
        service.waiting_sign_ins -= 1
    if found:
        service.throttle.forget(name, address)
    else:
        service.throttle.note_failure(name, address, time.monotonic())
    return found


def read_address(request: Request) -> str:
    """Where a request comes from, as far as that can be told."""
    return request.client.host if request.client else ""


@contextmanager
def answering_codes(account: str, address: str) -> Iterator[None]:
    """What is wrong with the code of a second factor becomes a Problem: `code-needed`, `code-wrong` or
    `code-unreadable`."""
    try:
        yield
    except CodeNeeded as error:
        raise Problem("code-needed", headers=_BEARER) from error
    except CodeWrong as error:
        SIGN_INS.labels("refused").inc()
        log.warning("dashboard.session.refused", account=account, address=address)
        raise Problem("code-wrong", headers=_BEARER) from error
    except SealedAway as error:
        log.warning("dashboard.code.unreadable", account=account, error=str(error))
        raise Problem("code-unreadable") from error

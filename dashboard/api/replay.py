"""The board as it was, and what it was told then, in the shape of the live feed: the page replays it as it shows it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Query, Request, Response
from pydantic import AwareDatetime

from alerts.domain.board import SchoolItem
from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.incidents import Incident
from alerts.domain.registry import District
from alerts.domain.rights import Right
from alerts.replay import NotRecorded, PastChange, TooFar, read_first_at, read_past_board, read_past_changes
from dashboard.api.routers import make_router
from dashboard.paging import answer
from dashboard.places import Where, WithinOf
from dashboard.problems import FieldError, Problem
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("replay")

LONGEST_SPAN = timedelta(hours=2)
MOST_ROWS = 2_000  # of the log in one answer
_COMPRESSED_BYTES = 16_384  # a smaller answer is not worth it

Position = Annotated[int, Query(ge=0, lt=1 << 62, description="The `cursor` of what was shown last.")]


@dataclass(frozen=True, slots=True)
class ReplayedBoard:
    """A board as it was at `at`, as the live feed's `snapshot` tells it. `cursor` is good for the replay alone; boards
    are kept since `first_at`."""

    type: Literal["snapshot"]
    cursor: str
    at: datetime
    first_at: datetime
    districts: tuple[District, ...]
    schools: tuple[SchoolItem, ...]
    incidents: tuple[Incident, ...]
    compliance: tuple[ComplianceItem, ...]


@dataclass(frozen=True, slots=True)
class ReplayedChange:
    """One `change` of the live feed, with when boards were told it."""

    type: Literal["change"]
    cursor: str
    at: datetime
    kind: str
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplayedChanges:
    """All changes up to `until`; with `next` there are more, after that cursor."""

    items: tuple[ReplayedChange, ...]
    until: datetime
    next: str | None


@router.get("/replay", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=ReplayedBoard)
async def get_replay(request: Request, service: ServiceOf, within: WithinOf, at: AwareDatetime) -> Response:
    """The board of a place at an instant."""
    with _as_problems():
        async with service.replaying:
            board = await read_past_board(service.database, at, within)
    first_at = await read_first_at(service.database)
    said = msgspec.json.encode(
        {
            "type": "snapshot",
            "cursor": str(board.position),
            "at": board.at,
            "first_at": first_at,
            "districts": board.districts,
            "schools": board.schools,
            "incidents": board.incidents,
            "compliance": board.compliance,
        }
    )
    return await _answer_large(request, said)


@router.get("/replay/changes", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=ReplayedChanges)
async def get_replay_changes(
    request: Request,
    service: ServiceOf,
    within: WithinOf,
    after: Position,
    since: AwareDatetime,
    until: AwareDatetime,
) -> Response:
    """What the boards of a place were told from `since` on, up to two hours later."""
    if not since <= until <= since + LONGEST_SPAN:
        raise Problem("invalid-request", errors=[FieldError("query.until", "at most two hours after `since`")])
    async with service.replaying:
        past = await read_past_changes(service.database, after, since, until, within, MOST_ROWS)
    said = {
        "items": [_show(one) for one in past.items],
        "until": past.until,
        "next": str(past.position) if past.more else None,
    }
    return await _answer_large(request, msgspec.json.encode(said))


def _show(past: PastChange) -> dict[str, object]:
    kind, item = past.change.kind, past.change.item
    return {"type": "change", "cursor": str(past.position), "at": past.at, "kind": kind, "item": item}


async def _answer_large(request: Request, said: bytes) -> Response:
    """JSON, compressed where that helps and the client takes it; beside the loop that serves live boards."""
    plain = answer(msgspec.Raw(said))
    plain.headers["Vary"] = "Accept-Encoding"
    if len(said) < _COMPRESSED_BYTES or "gzip" not in request.headers.get("accept-encoding", ""):
        return plain
    body = await asyncio.to_thread(gzip.compress, said, 5)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, media_type="application/json", headers=headers)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except NotRecorded as error:
        raise Problem("no-such-board", str(error)) from error
    except TooFar as error:
        raise Problem("replay-too-far", str(error)) from error

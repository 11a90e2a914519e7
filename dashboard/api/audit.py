"""The tamper-evident trail, to read and to check: each row carries its hash and that of the row before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import Query, Response
from pydantic import AwareDatetime

from alerts.domain.chain import LogRow
from alerts.domain.rights import Right
from alerts.storage.board_reads import find_log_position, list_log
from alerts.storage.log import read_log_after, read_log_head
from dashboard.api.routers import make_router
from dashboard.api.texts import Words
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, read_number_key, write_key
from dashboard.places import Where
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("audit")

SEARCHED_ROWS = 100_000  # a page looks through this many for what a filter wants; then it says where it got to
_OVERTAKING = timedelta(minutes=2)  # a transaction's time is read when it begins, and it ends within this


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the log; hashes are hexadecimal SHA-256, `body` is as it was hashed."""

    position: int
    at: datetime
    actor: str
    subject: str
    kind: str
    body: dict[str, object]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the log ends; `at` is null while it is empty."""

    position: int
    hash: str
    at: datetime | None


@router.get("/audit", openapi_extra=grant(Right.AUDIT, Where.CITY), response_model=Page[AuditRow])
async def get_audit(
    service: ServiceOf,
    since: AwareDatetime | None = None,
    subject: Annotated[Words | None, Query(max_length=200, description="Such as `incident:7`.")] = None,
    kind: Annotated[Words | None, Query(max_length=100, description="Such as `incident.closed`.")] = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Rows of the log, oldest first. With a rare `kind` a page can be short, or empty, and still have a `next`."""
    after = read_number_key(cursor)
    async with service.database.connection() as connection:
        head = (await read_log_head(connection)).position
        if after is None:
            after = 0 if since is None else await find_log_position(connection, since - _OVERTAKING, head) - 1
        up_to = head if kind is None or subject is not None else min(head, after + SEARCHED_ROWS)
        found = await list_log(
            connection, after=after, up_to=up_to, subject=subject, kind=kind, since=since, limit=limit + 1
        )
    shown = found[:limit]
    reached = shown[-1].position if len(found) > limit else up_to
    return answer({"items": [_show(row) for row in shown], "next": write_key(reached) if reached < head else None})


@router.get("/audit/head", openapi_extra=grant(Right.AUDIT, Where.CITY), response_model=AuditHead)
async def get_head(service: ServiceOf) -> Response:
    """The newest row's position and hash. Whoever notes them elsewhere can prove later that nothing before changed."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        head = await read_log_head(connection)
        newest = await read_log_after(connection, head.position - 1, 1)
    return answer(AuditHead(head.position, head.hash.hex(), newest[0].at if newest else None))


def _show(row: LogRow) -> dict[str, object]:
    return {
        "position": row.position,
        "at": row.at,
        "actor": row.actor,
        "subject": row.subject,
        "kind": row.kind,
        "body": msgspec.Raw(row.body.encode()),
        "previous_hash": row.previous_hash.hex(),
        "hash": row.hash.hex(),
    }

"""Two people at the same incident see each other. Of that nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response
from pydantic import BaseModel

from alerts.domain.rights import Right
from alerts.storage.watchers import Doing, Watcher, leave_incident, watch_incident
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.rights import CallerOf, grant, require_person
from dashboard.service import ServiceOf

router = make_router("incidents")


class Watching(BaseModel):
    """What the caller does there."""

    doing: Doing = Doing.LOOKING


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who else looks at an incident."""

    others: list[Watcher]


@router.put(
    "/incidents/{incident}/watchers/me", openapi_extra=grant(Right.SEE, Where.INCIDENT), response_model=Watchers
)
async def watch(service: ServiceOf, caller: CallerOf, incident: NumberPath, body: Watching) -> Response:
    """Says that the caller looks at an incident, for ten seconds; answers who else does."""
    require_person(caller)
    account = caller.account
    async with service.database.connection() as connection:
        now = await service.database.read_now(connection)
        others = await watch_incident(connection, incident, account.name, account.display_name, body.doing, now)
    return answer(Watchers(others))


@router.delete("/incidents/{incident}/watchers/me", openapi_extra=grant(Right.SEE, Where.INCIDENT), status_code=204)
async def leave(service: ServiceOf, caller: CallerOf, incident: NumberPath) -> Response:
    """Says that the caller does not look at it any more."""
    require_person(caller)
    async with service.database.connection() as connection:
        await leave_incident(connection, incident, caller.account.name)
    return Response(status_code=204)

"""What people switch on and off on site while an incident runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Request, Response
from pydantic import BaseModel, Field

from alerts.domain.incidents import Incident
from alerts.domain.outputs import LONGEST_SECONDS
from alerts.domain.registry import Output
from alerts.domain.rights import Right
from alerts.incidents.actors import Actor, NoSuchIncident
from alerts.incidents.outputs import Outputs, Wish
from alerts.storage.outputs import OutputRow, list_outputs
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, NumberPath
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("outputs")
log = structlog.get_logger()


class OutputRequest(BaseModel):
    """On for `seconds`, without them until it is switched off or the incident closes; of one `device`, without one of
    all that the school has. A test or drill needs `practice`, so that nothing sounds by mistake."""

    output: Output
    on: bool
    seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] | None = None
    device: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    practice: bool = False


@dataclass(frozen=True, slots=True)
class OutputsDriven:
    """The incident, and all outputs at its place, after a wish; the devices' word comes later, on the live feed."""

    incident: Incident
    outputs: tuple[OutputRow, ...]


@router.post(
    "/incidents/{incident}/outputs", openapi_extra=grant(Right.HANDLE, Where.INCIDENT), response_model=OutputsDriven
)
async def drive_outputs(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    body: OutputRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Switches sirens, strobes, locks or voices at the incident's school on or off. Nothing sounds unless it is asked
    for: a press may have to stay silent."""
    return await service.kept_answers.answer_once(
        request, caller, idempotency_key, lambda: _drive(service, caller, incident, body)
    )


async def _drive(service: Service, caller: Caller, id_: int, body: OutputRequest) -> Response:
    wish = Wish((body.output,), body.on, body.seconds, body.device, body.practice)
    actor = Actor(caller.account.name, caller.account.display_name)
    try:
        incident = await Outputs(service.database).drive(id_, actor, wish)
    except NoSuchIncident as error:
        raise Problem("no-such-incident") from error
    log.info("dashboard.output.requested", incident=id_, output=body.output, on=body.on, account=caller.account.name)
    async with service.database.connection() as connection:
        outputs = tuple(await list_outputs(connection, id_))
    return answer(OutputsDriven(incident, outputs))

"""Where providers call back: receipts of messages, and what people answered."""

from __future__ import annotations

import hmac
from typing import Annotated

import structlog
from fastapi import Query, Request, Response

from alerts.channels.callbacks import find_callback_form
from alerts.channels.receipts import CallbackUnreadable, Reply
from alerts.messages.providers import take_receipts
from dashboard.api.routers import make_router
from dashboard.api.texts import CodePath
from dashboard.paging import answer
from dashboard.problems import Problem
from dashboard.rights import ANYONE
from dashboard.service import Service, ServiceOf

router = make_router("providers")
log = structlog.get_logger()


@router.post("/providers/{channel}/receipts", openapi_extra=ANYONE, response_model=dict[str, object])
async def take(
    request: Request,
    service: ServiceOf,
    channel: CodePath,
    token: Annotated[str, Query(max_length=200, description="CAMPUS_PROVIDER_TOKEN.")] = "",
) -> Response:
    """Takes in receipts and answers in the provider's own form, and says yes only when they are on disk."""
    _admit(service, token)
    form = find_callback_form(service.settings, channel)
    if form is None:
        raise Problem("no-such-channel", "no provider calls back for this channel")
    try:
        said = form.read(await request.body())
    except CallbackUnreadable as error:
        log.warning("dashboard.callback.unreadable", channel=channel, reason=str(error))
        raise Problem("bad-request", str(error)) from error
    heard = await take_receipts(service.database, channel, said.receipts)
    if heard.strays:
        log.warning("dashboard.callback.unplaced", channel=channel, receipts=heard.strays)
    for reply in said.replies:
        await _take_reply(service, reply)
    return answer(form.answer)


async def _take_reply(service: Service, reply: Reply) -> None:
    """What somebody answered. A provider's clock is not ours: what it says of the time is only as exact as it is."""
    async with service.database.connection() as connection:
        at = reply.at or await service.database.read_now(connection)
    if reply.text is not None:
        answered = await service.answering.take_reply(reply.channel, reply.address, reply.text, at)
    else:
        answered = await service.answering.take_keypress(reply.channel, reply.provider_id or "", reply.key or "", at)
    log.info(
        "dashboard.reply.taken",
        channel=reply.channel,
        outcome=answered.outcome,
        incident=answered.incident.id if answered.incident else None,
        person=answered.person,
    )


def _admit(service: Service, token: str) -> None:
    """Nobody may call back but whoever knows the token, and nobody at all while there is none."""
    wanted = service.settings.provider_token
    if wanted is None or not hmac.compare_digest(wanted.get_secret_value().encode(), token.encode()):
        raise Problem("not-signed-in", "providers call back with ?token=, as CAMPUS_PROVIDER_TOKEN says")

"""The channels by which people are reached: their queues, throttles, quiet hours, and receipts nobody could place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from alerts.domain.quiet_hours import QuietHours
from alerts.domain.rights import Right
from alerts.messages.conduct import ChannelConduct
from alerts.orders.parts import wish_conduct, wish_quiet_hours
from alerts.storage.channels import (
    ChannelRow,
    CityQuietHours,
    StrayRow,
    list_channels,
    list_strays,
    read_city_quiet_hours,
)
from alerts.storage.orders import Order
from dashboard.api.order_refusals import as_order_problems
from dashboard.api.orders import PROPOSED, Alone, answer_wish
from dashboard.api.routers import make_router
from dashboard.api.texts import CodePath
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where
from dashboard.rights import CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("channels")


class QuietRequest(BaseModel):
    """From when to when what is not live waits, by the clock of `zone`; over midnight when `from` is the later."""

    starts: Annotated[time, Field(alias="from")]
    ends: Annotated[time, Field(alias="to")]
    zone: Annotated[str, Field(max_length=64)] = "Asia/Shanghai"


class ConductRequest(Alone):
    """A channel's throttle for what is not live (null: none), and its own quiet hours (null: the city's)."""

    rate_per_second: Annotated[int, Field(ge=1, le=10_000)] | None
    quiet: QuietRequest | None


class CityQuietRequest(Alone):
    """Quiet hours of the whole city; null ends them."""

    quiet: QuietRequest | None


@dataclass(frozen=True, slots=True)
class ChannelsNow:
    """All channels at an instant, and the quiet hours that count where a channel has none of its own."""

    items: tuple[ChannelRow, ...]
    city_quiet_hours: CityQuietHours | None
    at: datetime


@router.get("/channels", openapi_extra=grant(Right.SEE, Where.CITY), response_model=ChannelsNow)
async def get_channels(service: ServiceOf) -> Response:
    """Every channel with what waits in its queue, and why."""
    return answer(await _read_channels(service))


@router.put(
    "/channels/{code}",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    response_model=ChannelRow,
    responses=PROPOSED,
)
async def change_channel(service: ServiceOf, caller: CallerOf, code: CodePath, body: ConductRequest) -> Response:
    """Proposes (202) a channel's throttle and quiet hours, or, where that cannot wait, sets them. Live messages know
    neither."""

    async def show(_: Order) -> Response:
        return answer(next(one for one in (await _read_channels(service)).items if one.code == code))

    conduct = ChannelConduct(body.rate_per_second, _read_quiet(body.quiet))
    with as_order_problems():
        wanted = await wish_conduct(service.database, code, conduct)
    return await answer_wish(service, caller, wanted, body.alone, show)


@router.put(
    "/quiet-hours",
    openapi_extra=grant(Right.GOVERN, Where.CITY, proved=True, second=True),
    response_model=ChannelsNow,
    responses=PROPOSED,
)
async def change_quiet_hours(service: ServiceOf, caller: CallerOf, body: CityQuietRequest) -> Response:
    """Proposes (202) quiet hours of the whole city, or, where that cannot wait, sets or ends them."""

    async def show(_: Order) -> Response:
        return answer(await _read_channels(service))

    wanted = await wish_quiet_hours(service.database, _read_quiet(body.quiet))
    return await answer_wish(service, caller, wanted, body.alone, show)


@router.get("/receipts/strays", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[StrayRow])
async def get_strays(service: ServiceOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE) -> Response:
    """What providers said of messages that nobody knows, newest first."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_strays(connection, before, limit + 1)
    return answer_page(found, limit, "id")


async def _read_channels(service: Service) -> ChannelsNow:
    async with service.database.transaction(isolation="repeatable_read") as connection:
        now = await service.database.read_now(connection)
        rows = await list_channels(connection, now)
        return ChannelsNow(tuple(rows), await read_city_quiet_hours(connection), now)


def _read_quiet(said: QuietRequest | None) -> QuietHours | None:
    return None if said is None else QuietHours(said.starts, said.ends, said.zone)

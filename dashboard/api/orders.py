"""Orders that reach the whole city: what waits for a second person, and what somebody did alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import structlog
from fastapi import Response
from pydantic import BaseModel, Field

from alerts.domain.orders import LONGEST_REASON, RIGHTS, SHORTEST_REASON, OrderKind
from alerts.domain.rights import Right, Role
from alerts.orders.lifecycle import (
    PendingOrder,
    confirm,
    do_alone,
    list_orders,
    list_unseen,
    note_seen,
    propose,
    withdraw,
)
from alerts.orders.wishes import Wish
from alerts.storage.orders import Order
from dashboard.api.order_refusals import as_order_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath, Words
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.rights import Caller, CallerOf, grant, require_person
from dashboard.service import Service, ServiceOf

router = make_router("orders")
log = structlog.get_logger()


# What a route whose wish may reach the whole city answers besides.
PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {"model": Order, "description": "Of the whole city: it waits for a second person."}
}


class Alone(BaseModel):
    """A wish that may reach the whole city: `alone` says why there is no second person, and it cannot wait."""

    alone: Annotated[Words, Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)] | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """What waits for a second person with a right of the caller's, and, for administrators, what others did alone and
    they do not know of yet."""

    pending: tuple[PendingOrder, ...]
    alone: tuple[Order, ...]


@router.get("/orders", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Orders)
async def get_orders(service: ServiceOf, caller: CallerOf) -> Response:
    """Orders for the whole city that concern the caller."""
    pending = await list_orders(service.database, caller.account.rights)
    told = caller.account.role is Role.ADMINISTRATOR
    alone = await list_unseen(service.database, caller.account.name) if told else []
    return answer(Orders(tuple(pending), tuple(alone)))


@router.post("/orders/{order}/seen", openapi_extra=grant(Right.GOVERN, Where.CITY), status_code=204)
async def see_order(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """An administrator knows of what somebody did alone."""
    with as_order_problems():
        await note_seen(service.database, order, caller.account.name)
    return Response(status_code=204)


def _offer(kind: OrderKind) -> None:
    """The routes by which an order of a kind is confirmed and withdrawn: each declares the right that proposing took.
    What an administrator confirms is asked for again."""
    right = RIGHTS[kind]
    address = f"/orders/{kind.replace('_', '-')}/{{order}}"

    async def confirm_order(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
        """Another person wants it, too: it is done."""
        require_person(caller)
        with as_order_problems():
            done = await confirm(service.database, order, kind, caller.account.name)
        log.info("dashboard.order.confirmed", order=order, kind=kind, account=caller.account.name, of=done.proposed_by)
        return answer(done)

    async def withdraw_order(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
        """Takes back what one proposed oneself."""
        with as_order_problems():
            withdrawn = await withdraw(service.database, order, kind, caller.account.name)
        log.info("dashboard.order.withdrawn", order=order, kind=kind, account=caller.account.name)
        return answer(withdrawn)

    asked = grant(right, Where.CITY, proved=right is Right.GOVERN)
    router.post(f"{address}/confirmation", name=f"confirm_{kind}", openapi_extra=asked, response_model=Order)(
        confirm_order
    )
    router.delete(address, name=f"withdraw_{kind}", openapi_extra=grant(right, Where.CITY), response_model=Order)(
        withdraw_order
    )


for _kind in OrderKind:
    _offer(_kind)


async def answer_proposed(service: Service, caller: Caller, wanted: Wish) -> Response:
    """Keeps what reaches the whole city until a second person confirms it: 202, with the order."""
    lasts = timedelta(minutes=service.settings.order_minutes)
    with as_order_problems():
        order = await propose(service.database, wanted, caller.account, lasts)
    log.info("dashboard.order.proposed", order=order.id, kind=order.kind, account=caller.account.name)
    return answer(order, 202)


async def answer_wish(
    service: Service, caller: Caller, wanted: Wish, alone: str | None, show: Callable[[Order], Awaitable[Response]]
) -> Response:
    """The same; but with a reason to do it alone a person does it at once, and is shown what it became."""
    if alone is None:
        return await answer_proposed(service, caller, wanted)
    require_person(caller)
    with as_order_problems():
        order = await do_alone(service.database, wanted, caller.account, alone)
    log.warning("dashboard.order.done_alone", order=order.id, kind=order.kind, account=caller.account.name)
    return await show(order)

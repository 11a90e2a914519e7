"""Orders that reach the whole city: what waits for a second person, and what somebody did alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import Response

from alerts.domain.orders import RIGHTS, OrderKind, OrderRefused
from alerts.domain.rights import Right, Role
from alerts.messages.notices import NoticeInvalid
from alerts.orders import Wanted, confirm, list_orders, list_unseen, note_seen, propose, withdraw
from alerts.storage.orders import Order
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import FieldError, Problem
from dashboard.rights import Caller, CallerOf, grant, require_person
from dashboard.service import Service, ServiceOf

router = make_router("orders")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Orders:
    """What waits for a second person with a right of the caller's, and, for administrators, what others did alone and
    they do not know of yet."""

    pending: tuple[Order, ...]
    alone: tuple[Order, ...]


@router.get("/orders", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Orders)
async def get_orders(service: ServiceOf, caller: CallerOf) -> Response:
    """Orders for the whole city that concern the caller."""
    pending = [one for one in await list_orders(service.database) if caller.may(RIGHTS[one.kind])]
    told = caller.account.role is Role.ADMINISTRATOR
    alone = await list_unseen(service.database, caller.account.name) if told else []
    return answer(Orders(tuple(pending), tuple(alone)))


@router.post("/orders/notice/{order}/confirmation", openapi_extra=grant(Right.NOTIFY, Where.CITY), response_model=Order)
async def confirm_notice(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """Sends a notice to the whole city that another person proposed."""
    return await _confirm(service, caller, order, OrderKind.NOTICE)


@router.delete("/orders/notice/{order}", openapi_extra=grant(Right.NOTIFY, Where.CITY), response_model=Order)
async def withdraw_notice(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """Takes back a notice that one proposed oneself."""
    return await _withdraw(service, caller, order, OrderKind.NOTICE)


@router.post(
    "/orders/day-exception/{order}/confirmation", openapi_extra=grant(Right.STAFF, Where.CITY), response_model=Order
)
async def confirm_exception(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """Days of the whole city are otherwise, as another person proposed."""
    return await _confirm(service, caller, order, OrderKind.DAY_EXCEPTION)


@router.delete("/orders/day-exception/{order}", openapi_extra=grant(Right.STAFF, Where.CITY), response_model=Order)
async def withdraw_exception(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """Takes back what one proposed oneself of the city's days."""
    return await _withdraw(service, caller, order, OrderKind.DAY_EXCEPTION)


@router.post(
    "/orders/day-exception-end/{order}/confirmation",
    openapi_extra=grant(Right.STAFF, Where.CITY),
    response_model=Order,
)
async def confirm_end(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """From today on the days of the whole city are as always, as another person proposed."""
    return await _confirm(service, caller, order, OrderKind.DAY_EXCEPTION_END)


@router.delete("/orders/day-exception-end/{order}", openapi_extra=grant(Right.STAFF, Where.CITY), response_model=Order)
async def withdraw_end(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """Takes back that the city's days shall be as always again."""
    return await _withdraw(service, caller, order, OrderKind.DAY_EXCEPTION_END)


@router.post("/orders/{order}/seen", openapi_extra=grant(Right.GOVERN, Where.CITY), status_code=204)
async def see_order(service: ServiceOf, caller: CallerOf, order: NumberPath) -> Response:
    """An administrator knows of what somebody did alone."""
    with as_order_problems():
        await note_seen(service.database, order, caller.account.name)
    return Response(status_code=204)


async def answer_proposed(service: Service, caller: Caller, wanted: Wanted) -> Response:
    """Keeps what reaches the whole city until a second person confirms it: 202, with the order."""
    lasts = timedelta(minutes=service.settings.order_minutes)
    with as_order_problems():
        order = await propose(service.database, wanted, caller.account, lasts)
    log.info("dashboard.order.proposed", order=order.id, kind=order.kind, account=caller.account.name)
    return answer(order, 202)


@contextmanager
def as_order_problems() -> Iterator[None]:
    """Turns what is refused of orders into problems."""
    try:
        yield
    except OrderRefused as error:
        raise Problem(error.slug, str(error)) from error
    except NoticeInvalid as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error


async def _confirm(service: Service, caller: Caller, id_: int, kind: OrderKind) -> Response:
    require_person(caller)
    with as_order_problems(), as_input_problems():
        order = await confirm(service.database, id_, kind, caller.account.name)
    log.info("dashboard.order.confirmed", order=id_, kind=kind, account=caller.account.name, of=order.proposed_by)
    return answer(order)


async def _withdraw(service: Service, caller: Caller, id_: int, kind: OrderKind) -> Response:
    with as_order_problems():
        order = await withdraw(service.database, id_, kind, caller.account.name)
    log.info("dashboard.order.withdrawn", order=id_, kind=kind, account=caller.account.name)
    return answer(order)

"""For supervisors and Prometheus: alive, ready, and measured. No sign-in."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dashboard.paging import answer
from dashboard.rights import ANYONE, GuardedRoute
from dashboard.service import ServiceOf

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a press needs on its way to the people: each of it works, or does not, or cannot be told, which is no."""

    database: bool
    press_lane: bool
    engine: bool
    feed: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a press would go the whole way."""

    ready: bool
    parts: Parts


@router.get("/livez", openapi_extra=ANYONE)
async def get_liveness() -> Response:
    """This process answers."""
    return answer({"alive": True})


@router.get("/readyz", openapi_extra=ANYONE, response_model=Readiness, responses={503: {"model": Readiness}})
async def get_readiness(service: ServiceOf) -> Response:
    """200 only when a press would go the whole way: taken in, stored, escalated, and shown; else 503 and what fails."""
    health = await service.live.read_health()
    parts = Parts(
        database=health is not None,
        press_lane=health is not None and health.press_lane,
        engine=health is not None and health.engine,
        feed=service.live.is_heard,
    )
    ready = parts.database and parts.press_lane and parts.engine and parts.feed
    return answer(Readiness(ready, parts), 200 if ready else 503)


@router.get("/metrics", openapi_extra=ANYONE)
async def get_metrics() -> Response:
    """Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

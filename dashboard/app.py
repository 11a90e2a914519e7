"""The application: routes, what surrounds them, and what lives as long as the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import structlog
from fastapi import FastAPI, Query, WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter

from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.seals import Seal
from dashboard import answer_page, check_in_page, first_page, openid_page
from dashboard.api import (
    accounts,
    answer_times,
    audit,
    brokers,
    calendars,
    channels,
    check_points,
    compliance,
    compliance_days,
    compliance_exports,
    compliance_schools,
    coverage,
    device_credentials,
    device_history,
    evidence_holds,
    facts,
    hazards,
    health,
    incidents,
    inspections,
    notices,
    number_trials,
    orders,
    outputs,
    parameters,
    people,
    pictures,
    plans,
    police,
    policies,
    policy_trials,
    practice,
    preferences,
    presses,
    problem_kinds,
    providers,
    push,
    registry,
    replay,
    reports,
    rosters,
    schedules,
    second_factors,
    sessions,
    shift_handovers,
    windows,
)
from dashboard.middleware import BodyLimit, ProtectiveHeaders, RequestRecord
from dashboard.page import BUILT_PAGE, Page
from dashboard.problems import ProblemDocument, handle_problems
from dashboard.rights import COOKIE
from dashboard.sealing import seal_what_is_not
from dashboard.service import Service, make_service, service_of

_ROUTERS = (
    sessions,
    second_factors,
    accounts,
    device_credentials,
    brokers,
    registry,
    pictures,
    device_history,
    people,
    rosters,
    calendars,
    incidents,
    plans,
    outputs,
    police,
    presses,
    windows,
    practice,
    preferences,
    shift_handovers,
    answer_times,
    replay,
    reports,
    policies,
    coverage,
    policy_trials,
    channels,
    notices,
    orders,
    providers,
    push,
    audit,
    compliance,
    compliance_days,
    compliance_schools,
    compliance_exports,
    facts,
    inspections,
    check_points,
    schedules,
    parameters,
    evidence_holds,
    number_trials,
    hazards,
    problem_kinds,
    health,
    answer_page,
    check_in_page,
    first_page,
    openid_page,
)
_CONNECTIONS = 10
_FEED_CONNECTIONS = 3  # the follower, the tick, and a snapshot

log = structlog.get_logger()


def make_app(settings: Settings, *, page: Path = BUILT_PAGE, on_failure: Callable[[], None] = lambda: None) -> FastAPI:
    """The whole people side. `on_failure` is called when a task that everything depends on died: stop the process then.

    Raises SettingMissing without a database's address, and RightMissing when a route does not declare its right.
    """
    url = settings.need_database_url()

    @asynccontextmanager
    async def live_as_long_as_the_process(app: FastAPI) -> AsyncIterator[None]:
        database = await Database.open(url, application_name="campus-dashboard", max_size=_CONNECTIONS)
        database.seal = Seal(settings.list_secret_keys())
        feed_database = await Database.open(url, application_name="campus-feed", max_size=_FEED_CONNECTIONS)
        app.state.service = make_service(settings, database, feed_database)
        work = asyncio.create_task(_keep_going(app.state.service), name="dashboard.side")
        work.add_done_callback(lambda task: _note_end(task, on_failure))
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await asyncio.gather(database.close(), feed_database.close())

    app = FastAPI(
        title="campus-alert",
        version="1",
        summary="One press, heard everywhere.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=live_as_long_as_the_process,
        # As each module made them. FastAPI's include_router would make all of them once more, at the first requests:
        # most of a second in which no board hears anything.
        routes=[route for module in _ROUTERS for route in module.router.routes],
    )
    app.add_api_websocket_route("/api/v1/live", live)
    app.router.default = Page(page)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestRecord)
    app.add_middleware(ProtectiveHeaders, map_tiles=settings.map_tiles)
    handle_problems(app)
    _complete_openapi(app)
    return app


async def live(websocket: WebSocket, since: Annotated[str | None, Query(max_length=100)] = None) -> None:
    """The live feed. Guards itself: what is wrong is told by a close code."""
    try:
        await service_of(websocket).boards.serve(websocket, since)
    except WebSocketDisconnect as error:  # it went while it was spoken to
        log.debug("dashboard.board.gone", code=error.code)


async def _keep_going(service: Service) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(service.live.follow_log(), name="feed.follow")
        tasks.create_task(service.live.send_ticks(), name="feed.tick")
        tasks.create_task(service.live.send_unhurried(), name="feed.unhurried")
        tasks.create_task(service.boards.watch_sessions(), name="boards.sessions")
        tasks.create_task(service.showings.store_for_ever(), name="boards.showings")
        tasks.create_task(service.watchers.share_for_ever(), name="boards.watchers")
        tasks.create_task(first_page.print_first_link(service), name="accounts.first")
        tasks.create_task(seal_what_is_not(service), name="accounts.seal")


def _note_end(task: asyncio.Task[None], on_failure: Callable[[], None]) -> None:
    if task.cancelled():
        return
    log.critical("dashboard.side.died", exc_info=task.exception())
    on_failure()


def _complete_openapi(app: FastAPI) -> None:
    """Adds to the API's description what FastAPI cannot know: problem documents, and the two ways to sign in."""
    make = app.openapi

    def make_complete() -> dict[str, Any]:
        description = make()
        schema = TypeAdapter(ProblemDocument).json_schema(ref_template="#/components/schemas/{model}")
        components = description.setdefault("components", {})
        components.setdefault("schemas", {}).update(schema.pop("$defs", {}) | {"ProblemDocument": schema})
        components["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            "token": {"type": "http", "scheme": "bearer"},
        }
        return description

    app.openapi = make_complete  # type: ignore[method-assign]

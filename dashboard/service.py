"""What all requests of one process share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from alerts.channels.webpush import Sender
from alerts.incidents.answering import Answering
from alerts.incidents.answers import Answers
from alerts.intake import Intake
from alerts.readiness.plans import LivingFigure
from alerts.settings import Settings
from alerts.storage.database import Database
from dashboard.idempotency import KeptAnswers
from dashboard.live.boards import Boards
from dashboard.live.live import Live
from dashboard.live.showings import Showings
from dashboard.live.watchers import Watchers
from dashboard.openid import Provider
from dashboard.shared_answers import SharedAnswers
from dashboard.throttle import Throttle

PASSWORD_CHECKS = 2  # at once; each takes 64 MiB and a core for a twentieth of a second, on purpose
PASSWORD_QUEUE = 20  # attempts that may wait for their turn


@dataclass(slots=True)
class Service:
    """The database, the use cases on it, and the live feed."""

    settings: Settings
    database: Database
    answers: Answers
    answering: Answering
    intake: Intake
    live: Live
    boards: Boards
    showings: Showings
    watchers: Watchers
    kept_answers: KeptAnswers
    responsibilities: LivingFigure
    provider: Provider | None  # where people may sign in, too
    push: Sender | None  # who sends to people's browsers
    throttle: Throttle = field(default_factory=Throttle)
    shared_answers: SharedAnswers = field(default_factory=SharedAnswers)
    password_checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PASSWORD_CHECKS))
    waiting_sign_ins: int = 0
    redrawing: asyncio.Lock = field(default_factory=asyncio.Lock)  # of a picture: a second, and 200 MB
    replaying: asyncio.Lock = field(default_factory=asyncio.Lock)  # boards of the past, one at a time
    trying: asyncio.Lock = field(default_factory=asyncio.Lock)  # of a rule's number: half a core for minutes


def make_service(settings: Settings, database: Database, feed_database: Database) -> Service:
    """A service on open databases; nothing is connected yet.

    The feed has connections of its own: whatever requests do, no board waits behind them. Raises SettingMissing and
    SettingUnusable.
    """
    live = Live(feed_database)
    showings = Showings(database, live.read_clock)
    watchers = Watchers(database, live.read_clock)
    return Service(
        settings=settings,
        database=database,
        answers=Answers(database),
        answering=Answering(database),
        intake=Intake(database),
        live=live,
        boards=Boards(database, live, showings, watchers),
        showings=showings,
        watchers=watchers,
        kept_answers=KeptAnswers(database),
        responsibilities=LivingFigure(database),
        provider=Provider.of(settings),
        push=Sender.open(settings),
    )


def service_of(connection: HTTPConnection) -> Service:
    """The service that a request belongs to."""
    service: Service = connection.app.state.service
    return service


ServiceOf = Annotated[Service, Depends(service_of)]

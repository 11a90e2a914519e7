"""The cycle that follows up: what was not delivered in time goes by the person's next method, and a step that reached
nobody makes the next one due at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from alerts.domain.escalation import Running
from alerts.domain.incidents import State
from alerts.domain.people import Method
from alerts.domain.reaching import CONFIRM_WITHIN, Attempt, FollowUp, follow_up, hurry
from alerts.engine.metrics import UNREACHED
from alerts.incidents.escalating import POLICE_OVERDUE, STEP, incident_entry, make_code
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import (
    OverdueAttempt,
    QueuedDelivery,
    list_attempts,
    list_methods,
    lock_overdue_incidents,
    queue_deliveries,
    settle_overdue,
)
from alerts.storage.incidents import save_incidents
from alerts.storage.log import Entry, append_log

_log = structlog.get_logger()
_BATCH = 200

_StepKey = tuple[int, str, int, int]


async def follow_up_overdue(database: Database) -> int:
    """One cycle, one transaction. Returns how many incidents had overdue messages."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        locked = await lock_overdue_incidents(connection, now, _BATCH)
        if not locked:
            return 0
        running = {one.incident.id: one for one in locked}
        attempts = await list_attempts(connection, list(running), now)
        decided = _decide(attempts, await _methods_of(connection, attempts), running)
        await settle_overdue(connection, [one.attempt.id for one in attempts if one.overdue])
        await queue_deliveries(connection, [row for one in decided.values() for row in _next_rows(one, now)])
        entries = [entry for key, one in decided.items() for entry in _apply(key, one, running, now)]
        await save_incidents(connection, list(running.values()))
        if entries:
            await append_log(connection, now, entries)
    for (incident, reason, round_, step), one in decided.items():
        if one.reached_nobody:
            UNREACHED.inc()
            _log.error("engine.step.unreached", incident=incident, reason=reason, round=round_, step=step)
    return len(locked)


def _decide(
    attempts: Iterable[OverdueAttempt], methods: dict[str, list[Method]], running: dict[int, Running]
) -> dict[_StepKey, FollowUp]:
    """What follows for each step; nothing does once somebody has the incident, unless it is 110 that has not."""
    steps: dict[_StepKey, list[OverdueAttempt]] = defaultdict(list)
    for one in attempts:
        state = running[one.attempt.incident].incident.state
        if state is State.OPEN or (one.attempt.reason == POLICE_OVERDUE and state is not State.CLOSED):
            steps[one.attempt.incident, one.attempt.reason, one.attempt.round, one.attempt.step].append(one)
    return {
        key: follow_up([one.attempt for one in of_step], {one.attempt.id for one in of_step if one.overdue}, methods)
        for key, of_step in steps.items()
    }


async def _methods_of(connection: Connection, attempts: Sequence[OverdueAttempt]) -> dict[str, list[Method]]:
    return await list_methods(connection, sorted({one.attempt.person for one in attempts if one.overdue}))


def _next_rows(decided: FollowUp, now: datetime) -> list[QueuedDelivery]:
    return [_next_row(attempt, method, now) for attempt, method in decided.next_methods]


def _next_row(attempt: Attempt, method: Method, now: datetime) -> QueuedDelivery:
    return QueuedDelivery(
        incident=attempt.incident,
        person=attempt.person,
        post_kind=attempt.post_kind,
        channel=method.channel,
        address=method.address,
        live=attempt.live,
        now=now,
        due_at=now,
        reason=attempt.reason,
        round=attempt.round,
        step=attempt.step,
        attempt=attempt.attempt,
        confirm_by=now + CONFIRM_WITHIN,
        code=make_code(),
    )


def _apply(key: _StepKey, decided: FollowUp, running: dict[int, Running], now: datetime) -> Iterable[Entry]:
    """Moves the incident, and says in the log what was tried next or that nobody was reached."""
    incident, reason, round_, step = key
    if decided.reached_nobody and reason == STEP:
        running[incident] = hurry(running[incident], round_, step, now)
    elif decided.reached_nobody and reason != POLICE_OVERDUE:  # that one is red by itself
        marked = replace(running[incident].incident, unreached_at=now)
        running[incident] = replace(running[incident], incident=marked)
    after = running[incident].incident
    for attempt, method in decided.next_methods:
        yield incident_entry(
            "engine",
            after,
            "delivery.redirected",
            person=attempt.person,
            person_name=attempt.person_name,
            post_kind=attempt.post_kind,
            channel=method.channel,
            attempt=attempt.attempt,
            reason=reason,
            step=step,
            round=round_,
        )
    if decided.reached_nobody:
        yield incident_entry("engine", after, "incident.unreached", reason=reason, step=step, round=round_)

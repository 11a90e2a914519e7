"""The courier to 110: hands incidents over, asks what became of them, and takes back those that were closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from alerts.domain.escalation import Running
from alerts.domain.handover import (
    Handover,
    Report,
    note_failed,
    note_sent,
    take_report,
    want_telephone,
    withdraw,
    withhold,
)
from alerts.domain.incidents import Incident, MoveRefused, State
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode
from alerts.engine.metrics import DATABASE_UP, HANDOVERS
from alerts.outage import Outage
from alerts.police.cap import write_cap
from alerts.police.handovers import write_entry
from alerts.police.link import Case, LinkFailed, PoliceLink, Withdrawal
from alerts.police.terms import PoliceTerms
from alerts.storage.board_reads import IncidentSchool, read_incident_school
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.handovers import (
    claim_handovers,
    lock_handovers,
    read_next_handover_due,
    resume_phone_ins,
    save_handovers,
    switch_link,
)
from alerts.storage.incidents import lock_incidents, read_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.waking import Waker

_log = structlog.get_logger()
_REST_SECONDS = 1.0
_BATCH = 200
LEASE = timedelta(seconds=30)  # longer than the link's own time-out, so that only a dead engine's lease ends


@dataclass(frozen=True, slots=True)
class _Leased:
    handover: Handover
    running: Running
    school: IncidentSchool | None


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of using the wire once: what the station said, or why it failed."""

    leased: _Leased
    report: Report | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """A hand-over after a move, and how the log tells of it; only `news` is told."""

    handover: Handover
    kind: str | None = None
    news: bool = False
    actor: str = "engine"


class PoliceCourier:
    """Hands over, asks and withdraws, several at a time; with half of its hands kept free for live incidents."""

    def __init__(self, database: Database, terms: PoliceTerms, hands: int = 50) -> None:
        self._database = database
        self._terms = terms
        self._hands = hands
        self._busy: dict[asyncio.Task[_Done], _Leased] = {}

    async def prepare(self) -> None:
        """Says which links there are; what waits for a telephone is offered to a new one."""
        async with self._database.transaction() as connection:
            await switch_link(connection, "http", on=self._terms.link is not None)
            await switch_link(connection, "dc09", on=self._terms.station is not None)
            if self._terms.link is not None:
                await resume_phone_ins(connection, await self._database.read_now(connection))

    async def run(self, waker: Waker) -> None:
        """Claims, uses the wire and marks, for ever; holds on while the database is away."""
        outage = Outage()
        while True:
            try:
                await self.carry_once()
                seconds = await self._read_seconds_to_rest()
                DATABASE_UP.labels("police").set(1)
            except StorageUnavailable as error:
                DATABASE_UP.labels("police").set(0)
                if outage.begin():
                    _log.warning("engine.database.lost", cycle="police", error=str(error))
                await asyncio.sleep(_REST_SECONDS)
                continue
            if (away_seconds := outage.end()) is not None:
                _log.info("engine.database.back", cycle="police", away_seconds=away_seconds)
            await self._rest(waker, seconds)

    async def carry_once(self) -> int:
        """Takes up what is due and marks what is done. Returns how many are on the wire."""
        await self._mark_done()
        free = self._hands - len(self._busy)
        if free:
            for leased in await self._claim(min(free, self._hands // 2)):
                task = asyncio.create_task(self._use_wire(leased), name=f"handover.{leased.handover.id}")
                self._busy[task] = leased
        return len(self._busy)

    async def finish(self) -> None:
        """Waits for what is on the wire and marks it."""
        if self._busy:
            await asyncio.wait(self._busy)
        await self._mark_done()

    def _only_live(self) -> bool:
        return sum(one.handover.mode is not Mode.LIVE for one in self._busy.values()) >= self._hands // 2

    async def _claim(self, limit: int) -> list[_Leased]:
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            claimed = await claim_handovers(connection, now, limit, LEASE, only_live=self._only_live())
            if not claimed:
                return []
            running = {
                one.incident.id: one for one in await read_incidents(connection, [one.incident for one in claimed])
            }
            schools = {
                code: await read_incident_school(connection, code)
                for code in {one.incident.school for one in running.values() if one.incident.school}
            }
        return [
            _Leased(one, running[one.incident], schools.get(running[one.incident].incident.school or ""))
            for one in claimed
        ]

    async def _read_seconds_to_rest(self) -> float:
        if len(self._busy) >= self._hands:
            return _REST_SECONDS
        async with self._database.connection() as connection:
            next_at = await read_next_handover_due(connection, only_live=self._only_live())
            now = await self._database.read_now(connection)
        return _REST_SECONDS if next_at is None else min(_REST_SECONDS, (next_at - now).total_seconds())

    async def _rest(self, waker: Waker, seconds: float) -> None:
        bell = asyncio.create_task(waker.wait(max(0.0, seconds)))
        await asyncio.wait({bell, *self._busy}, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()

    async def _use_wire(self, leased: _Leased) -> _Done:
        link = self._terms.link
        if link is None or self._is_withheld(leased.handover):
            return _Done(leased)
        try:
            return _Done(leased, await self._ask_of(link, leased))
        except LinkFailed as error:
            _log.warning(
                "engine.handover.failed",
                incident=leased.handover.incident,
                attempts=leased.handover.attempts,
                reason=str(error),
            )
            return _Done(leased, failed=str(error))

    async def _ask_of(self, link: PoliceLink, leased: _Leased) -> Report | None:
        handover, incident = leased.handover, leased.running.incident
        if incident.state is State.CLOSED:
            if handover.attempts > 1:  # this lease is one of them: before it, nothing was on the wire
                await link.withdraw(Withdrawal(handover.key, incident, incident.cause, self._write_cap(leased)))
            return None
        if handover.state in {HandoverState.WAITING, HandoverState.PHONE_IN}:
            return await link.hand_over(
                Case(handover.key, incident, leased.school, handover.queued_at, self._write_cap(leased))
            )
        return await link.ask(handover.key) if link.poll else None

    def _write_cap(self, leased: _Leased) -> bytes | None:
        sender, base = self._terms.cap_sender, self._terms.public_url
        web = f"{base.rstrip('/')}/#/incidents/{leased.handover.incident}" if base else None
        return write_cap(leased.running.incident, leased.school, sender, web) if sender else None

    def _is_withheld(self, handover: Handover) -> bool:
        return handover.mode is not Mode.LIVE and (self._terms.link is None or not self._terms.exercises)

    async def _mark_done(self) -> None:
        done = [task for task in self._busy if task.done()]
        if done:
            await self._mark([task.result() for task in done])
            for task in done:
                del self._busy[task]

    async def _mark(self, done: Sequence[_Done]) -> None:
        """What became of them and the log, in one transaction."""
        ids = sorted({one.leased.handover.incident for one in done})
        async with self._database.transaction() as connection:
            running = {one.incident.id: one for one in await lock_incidents(connection, ids)}
            handovers = await lock_handovers(connection, ids)
            now = await self._database.read_now(connection)
            entries: list[Entry] = []
            for one in done:
                incident = running[one.leased.handover.incident].incident
                steps = self._follow(handovers[incident.id], one, incident, now)
                handovers[incident.id] = steps[-1].handover
                entries += [write_entry(step.actor, incident, step.handover, step.kind) for step in steps if step.news]
            await save_handovers(connection, list(handovers.values()))
            if entries:
                await append_log(connection, now, entries)
        for entry in entries:
            HANDOVERS.labels(entry.kind).inc()
            _log.info("engine.handover.moved", subject=entry.subject, kind=entry.kind)

    def _follow(self, handover: Handover, done: _Done, incident: Incident, now: datetime) -> list[_Step]:
        """What a hand-over becomes, step by step; it may have moved while the wire was in use."""
        if done.failed is not None:
            return [_Step(note_failed(handover, now, done.failed))]
        if done.leased.running.incident.state is State.CLOSED:
            return [_Step(withdraw(handover, now, incident.cause or ""), "handover.withdrawn", news=True)]
        if self._is_withheld(handover):
            why = "there is no link" if self._terms.link is None else "tests and drills are not handed over"
            return [_Step(withhold(handover, now, why), "handover.withheld", news=True)]
        if self._terms.link is None:
            wanted = want_telephone(handover, now)
            return [_Step(wanted, news=wanted.state is not handover.state)]
        steps = _hear(handover, done.report, now, self._terms.link.poll)
        if incident.state is State.CLOSED:  # meanwhile: then 110 must be told
            steps.append(_Step(replace(steps[-1].handover, due_at=now)))
        return steps


def _hear(handover: Handover, report: Report | None, now: datetime, poll: timedelta | None) -> list[_Step]:
    """The station has it; and what it decided, if that is not behind us already."""
    sent = note_sent(handover, now, poll)
    if sent is handover:
        sent = replace(handover, due_at=now + poll if poll else None, error=None)
    steps = [_Step(sent, news=sent.state is not handover.state)]
    if report is None:
        return steps
    try:
        told = take_report(sent, report, now, poll)
    except MoveRefused as error:
        _log.warning("engine.handover.refused", incident=handover.incident, said=report.state, reason=str(error))
        return steps
    return [*steps, _Step(told, news=told != sent and told != replace(sent, due_at=told.due_at), actor="police")]

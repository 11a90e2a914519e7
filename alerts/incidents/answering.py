"""Answers from where people are: a one-tap link, a reply by SMS, a key pressed in a call.

Each answer is one transaction: the incident's move, what became of the message, and their rows in the log. An answer
that comes too late changes nothing, is kept, and is told why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from alerts.domain.answering import (
    COUNTS,
    LATE,
    AnswerAction,
    Outcome,
    Verdict,
    choose_message,
    find_ringing_round,
    judge_answer,
    read_key,
    read_reply,
    spell_address,
)
from alerts.domain.escalation import Running
from alerts.domain.incidents import Incident, State
from alerts.incidents.answer_words import Words, tell_outcome, tell_state
from alerts.incidents.answers import hold_until
from alerts.incidents.escalating import count_reached, incident_entry
from alerts.incidents.links import LASTS, AnswerLink, LinkExpired, LinkInvalid, LinkSigner
from alerts.incidents.telling_back import tell_back, tell_unread
from alerts.storage.answering import (
    AnswerableMessage,
    find_called,
    list_messages_to,
    list_open_among,
    lock_message,
    mark_answered,
    mark_late,
    mark_seen,
    read_message,
)
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import cover_deliveries
from alerts.storage.incidents import lock_incidents, read_incidents
from alerts.storage.log import Entry, append_log
from alerts.storage.pulses import read_secret

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer, and what to say back; `incident` is None when none fits, or several do."""

    outcome: Outcome
    words: Words
    incident: Incident | None = None
    person: str | None = None
    person_name: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What somebody who opens a link is shown, in the school's `zone`. `round` is the one that rings now, and `stale`
    says that the message is of an earlier one. `tokens` answer the same message with each action."""

    incident: Incident
    state: Words
    person_name: str
    by: str
    action: AnswerAction
    round: int
    stale: bool
    zone: str
    tokens: dict[AnswerAction, str]


class Answering:
    """Takes answers, and tells people what became of them: on the link's page, else by a text. Every call raises
    StorageUnavailable while the database is away."""

    def __init__(self, database: Database, signer: LinkSigner | None = None) -> None:
        """Without a `signer` links are checked with the service's own key."""
        self._database = database
        self._signer = signer

    async def open_link(self, token: str) -> OpenedLink:
        """What a link is about; whoever opens it has seen the message. It answers nothing: mail scanners open links,
        too. Raises LinkInvalid and LinkExpired."""
        link = await self._read_link(token)
        message, running = await self._see(link.delivery)
        incident, rings = running.incident, find_ringing_round(running.incident)
        signer = await self._open_signer()
        return OpenedLink(
            incident=incident,
            state=tell_state(incident, message.zone),
            person_name=message.person_name,
            by=name_person(message),
            action=link.action,
            round=rings,
            stale=incident.state is State.OPEN and message.round < rings,
            zone=message.zone,
            tokens={action: signer.write(replace(link, action=action)) for action in AnswerAction},
        )

    async def answer_link(self, token: str, shown_round: int | None = None) -> Answered:
        """Answers as the link says. `shown_round` is the round that its page showed as ringing: whoever was told that
        it rang anew, and takes it all the same, answers that round and not the message's own."""
        try:
            link = await self._read_link(token)
        except LinkInvalid:
            return _answer_none(Outcome.UNKNOWN)
        except LinkExpired:
            return _answer_none(Outcome.EXPIRED)
        return await self._answer(link.delivery, link.action, "link", None, shown_round)

    async def take_reply(self, channel: str, address: str, text: str, at: datetime) -> Answered:
        """Takes what somebody wrote back at `at`: `1 4821` or `4821` takes it, `2 4821` is coming; the code may be left
        out while only one incident is open to that address."""
        reply = read_reply(text)
        async with self._database.transaction() as connection:
            now = await self._database.read_now(connection)
            messages = await list_messages_to(connection, channel, spell_address(address), now - LASTS)
            not_closed = await list_open_among(connection, sorted({one.incident for one in messages}))
            chosen = Outcome.UNREADABLE if reply is None else choose_message(reply, messages, not_closed)
            if reply is None or isinstance(chosen, Outcome):
                answered = _answer_none(chosen if isinstance(chosen, Outcome) else Outcome.UNREADABLE)
                if not_closed:
                    await tell_unread(connection, messages[0], answered.words, now)
                return answered
        return await self._answer(chosen, reply.action, "reply", at)

    async def take_keypress(self, channel: str, provider_id: str, key: str, at: datetime) -> Answered:
        """Takes a key that was pressed at `at` in the call with this id of its provider: 1 takes it, 2 is coming."""
        action = read_key(key)
        if action is None:
            return _answer_none(Outcome.UNREADABLE)
        async with self._database.connection() as connection:
            delivery = await find_called(connection, channel, provider_id)
        return _answer_none(Outcome.UNKNOWN) if delivery is None else await self._answer(delivery, action, "key", at)

    async def _read_link(self, token: str) -> AnswerLink:
        signer = await self._open_signer()
        async with self._database.connection() as connection:
            now = await self._database.read_now(connection)
        return signer.read(token, now)

    async def _open_signer(self) -> LinkSigner:
        if self._signer is None:
            async with self._database.connection() as connection:
                self._signer = LinkSigner(await read_secret(connection, "answers"))
        return self._signer

    async def _see(self, delivery: int) -> tuple[AnswerableMessage, Running]:
        """The message and its incident, marked as seen for the first time."""
        async with self._database.connection() as connection:
            message = await read_message(connection, delivery)
            if message is None:
                raise LinkInvalid("the message is not there any more")
            if message.seen_at is not None:
                return message, (await read_incidents(connection, [message.incident]))[0]
        async with self._database.transaction() as connection:
            running, message = await _lock(connection, message)
            if message.seen_at is not None:
                return message, running
            now = await self._database.read_now(connection)
            await mark_seen(connection, delivery, now)
            incident = (await count_reached(connection, [running]))[message.incident]
            await append_log(connection, now, [_write_entry("delivery.seen", message, incident)])
        return message, replace(running, incident=incident)

    async def _answer(
        self, delivery: int, action: AnswerAction, way: str, said_at: datetime | None, shown_round: int | None = None
    ) -> Answered:
        async with self._database.transaction() as connection:
            message = await read_message(connection, delivery)
            if message is None:
                return _answer_none(Outcome.UNKNOWN)
            running, message = await _lock(connection, message)
            now = await self._database.read_now(connection)
            round_ = max(message.round, shown_round or 0)
            until = hold_until(running, now)
            by = name_person(message)
            verdict = judge_answer(running.incident, action, by, round_, now=now, until=until)
            words = tell_outcome(verdict.outcome, verdict.incident, message.zone)
            if way != "link":
                await tell_back(connection, message, words, now)
            if not _is_repeated(message, action, verdict, running.incident):
                incident = await _carry_out(connection, running, message, action, verdict, now)
                details = {"answer": action, "outcome": verdict.outcome, "way": way, "said_at": said_at, "by": by}
                entries = _write_move(message, running.incident, incident, action, by)
                entries.append(_write_entry("delivery.answered", message, incident, **details))
                await append_log(connection, now, entries)
                verdict = replace(verdict, incident=incident)
        _log.info(
            "answering.answer.taken",
            incident=message.incident,
            person=message.person,
            action=action,
            outcome=verdict.outcome,
            way=way,
        )
        return Answered(verdict.outcome, words, verdict.incident, message.person, message.person_name)


def name_person(message: AnswerableMessage) -> str:
    """The name under which a person has an incident; of two with the same name, each with their code."""
    return f"{message.person_name} ({message.person})" if message.namesake else message.person_name


async def _lock(connection: Connection, message: AnswerableMessage) -> tuple[Running, AnswerableMessage]:
    """The message's incident and then the message, locked and as they are now."""
    running = (await lock_incidents(connection, [message.incident]))[0]
    await lock_message(connection, message.id)
    return running, await read_message(connection, message.id) or message


def _is_repeated(message: AnswerableMessage, action: AnswerAction, verdict: Verdict, before: Incident) -> bool:
    """Whether an answer to this message says nothing that is not known already."""
    if verdict.outcome in LATE:
        return message.late_answer == action
    return message.answer is not None and verdict.incident == before


async def _carry_out(
    connection: Connection,
    running: Running,
    message: AnswerableMessage,
    action: AnswerAction,
    verdict: Verdict,
    now: datetime,
) -> Incident:
    """Writes the answer down. The incident is saved with the people reached counted anew: who answers was reached."""
    mark = mark_answered if verdict.outcome in COUNTS else mark_late
    await mark(connection, message.id, action, now)
    counted = await count_reached(connection, [replace(running, incident=verdict.incident)])
    incident = counted[message.incident]
    if verdict.incident != running.incident and incident.state is not State.OPEN:
        await cover_deliveries(connection, [incident.id])
    return incident


_MOVES = {AnswerAction.TAKE: "incident.acknowledged", AnswerAction.COMING: "incident.responding"}


def _write_move(
    message: AnswerableMessage, before: Incident, after: Incident, action: AnswerAction, by: str
) -> list[Entry]:
    """The row of the incident's move, when it moved: how many people were reached is no move."""
    if replace(after, reached=before.reached, unreached_at=before.unreached_at) == before:
        return []
    return [incident_entry(f"person:{message.person}", after, _MOVES[action], by=by, text=None, cause=None)]


def _write_entry(kind: str, message: AnswerableMessage, incident: Incident, **details: str | datetime | None) -> Entry:
    return incident_entry(
        f"person:{message.person}",
        incident,
        kind,
        person=message.person,
        person_name=message.person_name,
        post_kind=message.post_kind,
        channel=message.channel,
        reason=message.reason,
        step=message.step,
        round=message.round,
        **details,
    )


def _answer_none(outcome: Outcome) -> Answered:
    return Answered(outcome, tell_outcome(outcome))

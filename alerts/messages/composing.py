"""Puts a message together: what it is about, its words, and the links that answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.channels.channel import Action, Message
from alerts.channels.texts import NEIGHBOUR_LEAD, POLICE_LEAD, Text, write_text
from alerts.domain.escalation import Running
from alerts.incidents.escalating import POLICE_OVERDUE
from alerts.incidents.links import LASTS, AnswerAction, AnswerLink, LinkSigner
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import LeasedDelivery
from alerts.storage.incidents import read_incidents
from alerts.storage.notices import Notice, read_notices
from alerts.storage.pulses import read_secret

Subject = Running | Notice
"""What a message is about."""

_LABELS = {AnswerAction.TAKE: "我来处理 Take it", AnswerAction.COMING: "正在赶往 On my way"}


class Composer:
    """Writes messages. Without a public address there are no links: people answer by code or at the board."""

    def __init__(self, signer: LinkSigner, public_url: str | None) -> None:
        self._signer = signer
        self._public_url = public_url.rstrip("/") if public_url else None

    @classmethod
    async def open(cls, database: Database, public_url: str | None) -> Composer:
        """A composer with the service's own key."""
        async with database.connection() as connection:
            return cls(LinkSigner(await read_secret(connection, "answers")), public_url)

    def compose(self, delivery: LeasedDelivery, subject: Subject) -> Message:
        """The message of a delivery, the same however often it is sent."""
        about = subject if isinstance(subject, Running) else None
        lead = _find_lead(delivery)
        words = _write_words(subject, delivery.zone, lead)
        return Message(
            idempotency_key=delivery.idempotency_key,
            person=delivery.person,
            person_name=delivery.person_name,
            phone=delivery.phone,
            address=delivery.address,
            post_kind=delivery.post_kind,
            reason=delivery.reason,
            round=delivery.round,
            step=delivery.step,
            live=delivery.live,
            queued_at=delivery.queued_at,
            title=words.title,
            text=words.text,
            actions=self._write_actions(delivery.id, delivery.queued_at) if about else (),
            reply_code=delivery.code,
            incident=about.incident if about else None,
            zone=delivery.zone,
            lead=lead,
        )

    def _write_actions(self, delivery: int, queued_at: datetime) -> tuple[Action, ...]:
        if self._public_url is None:
            return ()
        return tuple(
            Action(action, label, f"{self._public_url}/a/{self._signer.write(AnswerLink(delivery, action, until))}")
            for until in [queued_at + LASTS]
            for action, label in _LABELS.items()
        )


def _find_lead(delivery: LeasedDelivery) -> str:
    """Somebody else's incident, or what only the city's desk can mend, is said before anything else."""
    if delivery.reason == POLICE_OVERDUE:
        return POLICE_LEAD
    return NEIGHBOUR_LEAD if delivery.neighbour else ""


def _write_words(subject: Subject, zone: str, lead: str) -> Text:
    if isinstance(subject, Running):
        return write_text(subject.incident, zone, lead)
    return Text(subject.title, subject.text)


async def read_subjects(connection: Connection, leased: Sequence[LeasedDelivery]) -> Mapping[int, Subject]:
    """What each message is about, by the message's id."""
    incidents = await read_incidents(connection, sorted({one.incident for one in leased if one.incident is not None}))
    by_incident = {one.incident.id: one for one in incidents}
    wanted = sorted({one.notice for one in leased if one.notice is not None})
    by_notice = {one.id: one for one in await read_notices(connection, wanted)} if wanted else {}
    return {
        one.id: by_incident[one.incident] if one.incident is not None else by_notice[one.notice or 0] for one in leased
    }

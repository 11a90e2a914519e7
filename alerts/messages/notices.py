"""Notices: telling many people something that is no alarm. They go through the outbox, behind throttles and quiet
hours, and never in the way of a live message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import QueuedDelivery, queue_deliveries
from alerts.storage.log import Entry, append_log
from alerts.storage.notices import (
    Audience,
    Listener,
    Notice,
    NoticeKind,
    find_shared_channel,
    insert_sent_notice,
    list_audience,
    list_unknown,
)

NOTICE = "notice"
LONGEST_TITLE, LONGEST_TEXT = 60, 500  # characters


class NoticeInvalid(ValueError):
    """A notice that cannot be sent; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class NoticeReach:
    """Whom a notice would tell: how many people, how many of them by which channel, and who cannot be reached."""

    people: int
    channels: dict[str, int]
    unreachable: tuple[Listener, ...]


async def preview_notice(database: Database, audience: Audience) -> NoticeReach:
    """Whom a notice would tell now; nothing is sent. Raises NoticeInvalid."""
    async with database.connection() as connection:
        return _count(await _list_listeners(connection, audience))


async def put_notice(connection: Connection, title: str, text: str, audience: Audience, by: str, now: datetime) -> int:
    """Puts a notice into the outbox inside the caller's transaction, a message to each person, and returns its id.
    Raises NoticeInvalid."""
    if not 1 <= len(title) <= LONGEST_TITLE or not 1 <= len(text) <= LONGEST_TEXT:
        raise NoticeInvalid(f"a title has 1 to {LONGEST_TITLE} characters, a text 1 to {LONGEST_TEXT}")
    notice = Notice(0, NoticeKind.NOTICE, title, text, by, now)
    id_, entry = await queue_notice(connection, notice, audience, f"account:{by}")
    await append_log(connection, now, [entry])
    return id_


async def list_told(connection: Connection, audience: Audience) -> set[str]:
    """The people whom a notice is meant for. Raises NoticeInvalid."""
    return {one.person for one in await _list_listeners(connection, audience)}


async def queue_notice(connection: Connection, notice: Notice, audience: Audience, actor: str) -> tuple[int, Entry]:
    """Puts a notice into the outbox inside the caller's transaction; returns its id and its row of the log. Raises
    NoticeInvalid, with nothing done."""
    listeners = await _list_listeners(connection, audience)
    covered = _count(listeners)
    if len(covered.unreachable) == covered.people:
        raise NoticeInvalid("nobody whom it is meant for can be reached: see who would be told by a dry run")
    unreachable = [one.person for one in covered.unreachable]
    id_ = await insert_sent_notice(connection, notice, audience, covered.people, unreachable)
    rows = [_write_message(id_, one, notice) for one in listeners if one.channel is not None]
    await queue_deliveries(connection, rows)
    body = {"title": notice.title, "text": notice.text, "audience": audience, "people": covered.people}
    counts = {"channels": covered.channels, "unreachable": unreachable}
    return id_, Entry(actor, f"notice:{id_}", "notice.sent", body | counts)


async def _list_listeners(connection: Connection, audience: Audience) -> list[Listener]:
    """Everybody whom it means. Raises NoticeInvalid for an audience that is nobody, or that nobody registered."""
    if not (audience.city or audience.districts or audience.schools or audience.people):
        raise NoticeInvalid("say whom it is for: the city, districts, schools or people")
    if unknown := await list_unknown(connection, audience):
        raise NoticeInvalid(f"there is no {', no '.join(unknown[:10])}")
    listeners = await list_audience(connection, audience)
    if not listeners:
        raise NoticeInvalid("nobody holds such a post there")
    shared = await find_shared_channel(connection)
    return [_by_shared(one, shared) if one.channel is None else one for one in listeners]


def _by_shared(listener: Listener, shared: str | None) -> Listener:
    return Listener(listener.person, listener.person_name, shared, "" if shared else None)


def _count(listeners: Sequence[Listener]) -> NoticeReach:
    channels = Counter(one.channel for one in listeners if one.channel is not None)
    unreachable = tuple(one for one in listeners if one.channel is None)
    return NoticeReach(len(listeners), dict(sorted(channels.items())), unreachable)


def _write_message(notice: int, listener: Listener, said: Notice) -> QueuedDelivery:
    return QueuedDelivery(
        incident=None,
        person=listener.person,
        post_kind=None,
        channel=listener.channel or "",
        live=False,
        now=said.sent_at,
        due_at=said.sent_at,
        reason=NOTICE,
        address=listener.address or "",
        notice=notice,
    )

"""Tells people what became of what they answered by a text or a key, by a text: who has it, or that it counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.incidents.answer_words import Words
from alerts.storage.answering import AnswerableMessage, was_told_back
from alerts.storage.database import Connection
from alerts.storage.deliveries import QueuedDelivery, list_methods, queue_deliveries
from alerts.storage.notices import Notice, NoticeKind, insert_notice

SMS, VOICE = "sms", "voice"
QUIET = timedelta(seconds=60)  # between two answers to what nobody can read: machines answer machines
_TITLE = "答复 Reply"


async def tell_back(connection: Connection, message: AnswerableMessage, words: Words, now: datetime) -> None:
    """Queues a text to whom a message called, on the way that it took, or by SMS where that was a call; inside the
    caller's transaction. It is not held by quiet hours: somebody waits for it."""
    channel, address = message.channel, message.address
    if message.channel == VOICE:
        methods = (await list_methods(connection, [message.person])).get(message.person, ())
        texts = [one for one in methods if one.channel == SMS]
        if not texts:
            return
        channel, address = texts[0].channel, texts[0].address
    notice = Notice(0, NoticeKind.ANSWER, _TITLE, str(words), "engine", now)
    row = QueuedDelivery(
        incident=None,
        person=message.person,
        post_kind=None,
        channel=channel,
        address=address,
        live=True,
        now=now,
        due_at=now,
        reason="answer",
        notice=await insert_notice(connection, notice),
    )
    await queue_deliveries(connection, [row])


async def tell_unread(connection: Connection, message: AnswerableMessage, words: Words, now: datetime) -> None:
    """Tells somebody that their text was not understood, once in a while."""
    if not await was_told_back(connection, message.channel, message.address, now - QUIET):
        await tell_back(connection, message, words, now)

"""The log channel: a line in the engine's log for each message. It is on while there is no other, and shows that the
chain runs."""

from __future__ import annotations

import structlog

from alerts.channels.channel import Handed, Message

_log = structlog.get_logger()


class LogChannel:
    """Writes messages as `channel.message.sent` lines, without phone numbers."""

    code = "log"
    confirms = False

    async def send(self, message: Message) -> Handed:
        """Always taken."""
        _log.info(
            "channel.message.sent",
            incident=message.incident.id if message.incident else None,
            person=message.person,
            post=message.post_kind,
            round=message.round,
            step=message.step,
            text=message.text,
        )
        return Handed()

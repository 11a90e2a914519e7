"""The log channel: a line in the engine's log for each message. Always there, it shows that the chain runs."""

from __future__ import annotations

import structlog

from alerts.channels.channel import Message

_log = structlog.get_logger()


class LogChannel:
    """Writes messages as `channel.message.sent` lines, without phone numbers."""

    code = "log"

    async def send(self, message: Message) -> None:
        """Always taken."""
        _log.info(
            "channel.message.sent",
            incident=message.incident.id,
            person=message.person,
            post=message.post_kind,
            round=message.round,
            step=message.step,
            text=message.text,
        )

"""What was not done in time is told on: to those who supervise the district, in one notice of all that is due there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.registry import PostKind
from alerts.messages.notices import LONGEST_TEXT, NoticeInvalid, queue_notice
from alerts.storage.database import Connection
from alerts.storage.log import Entry
from alerts.storage.notices import Audience, Notice, NoticeKind

_NAMED = 10
_SERVICE = "engine"
_SUPERVISING = (PostKind.SUPERVISOR, PostKind.DISTRICT_DESK)


@dataclass(frozen=True, slots=True)
class ToldOn:
    """The notice that tells of it and its row of the log, or why nobody could be told."""

    notice: int | None = None
    sent: Entry | None = None
    why: str | None = None

    def write(self, subject: str, kind: str, body: dict[str, object]) -> list[Entry]:
        """The rows of the log: the notice, and what it is about."""
        said = body | {"notice": self.notice} | ({"why": self.why} if self.why else {})
        return [*([self.sent] if self.sent else []), Entry(_SERVICE, subject, kind, said)]


async def tell_supervisors(
    connection: Connection, district: str, title: str, lines: Sequence[str], now: datetime, owners: Iterable[str] = ()
) -> ToldOn:
    """Tells those who supervise a district, and people who own what is due; nobody who can be told is no error."""
    audience = Audience(districts=(district,), posts=_SUPERVISING, people=tuple(sorted(set(owners))))
    try:
        notice = Notice(0, NoticeKind.NOTICE, title, _write(lines), _SERVICE, now)
        id_, sent = await queue_notice(connection, notice, audience, _SERVICE)
    except NoticeInvalid as error:
        return ToldOn(why=str(error))
    return ToldOn(id_, sent)


def _write(lines: Sequence[str]) -> str:
    more = f" … +{len(lines) - _NAMED}" if len(lines) > _NAMED else ""
    return ("；".join(lines[:_NAMED]) + more)[:LONGEST_TEXT]

"""What a link to 110 is, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from alerts.domain.handover import Report
from alerts.domain.incidents import Cause, Incident
from alerts.storage.board_reads import IncidentSchool


@dataclass(frozen=True, slots=True)
class Case:
    """An incident as 110 gets it. `key` is the same however often it is sent; `cap` is the alert as a CAP document."""

    key: UUID
    incident: Incident
    school: IncidentSchool | None
    queued_at: datetime
    cap: bytes | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An incident was closed: 110 is told, and why."""

    key: UUID
    incident: Incident
    cause: Cause | None
    cap: bytes | None = None


class LinkFailed(Exception):
    """The link did not do what was asked; the message says why. It is tried again."""


class PoliceLink(Protocol):
    """Hands incidents over. `poll` is how often it asks what became of them, None when the station tells by itself."""

    poll: timedelta | None

    async def hand_over(self, case: Case) -> Report | None:
        """Returns when the station has it, with its decision if there is one already. Raises LinkFailed."""

    async def ask(self, key: UUID) -> Report | None:
        """What the station says of a case now, None when it has not decided. Raises LinkFailed."""

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Returns when the station knows that the incident was closed. Raises LinkFailed."""

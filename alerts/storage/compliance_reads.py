"""Verdicts and breaches as pages and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.headline import ComplianceItem, arrange, sum_up
from alerts.domain.compliance.terms import Parameter
from alerts.storage.database import Connection
from alerts.storage.figures import split_codes
from alerts.storage.records import read_records
from alerts.storage.statements import read_statements

_SQL = read_statements("compliance_reads")
_CODES = tuple(rule.code for rule in RULES)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at a school: a letter a rule, in the order of `rules`."""

    school: str
    on_date: date
    judged_at: datetime
    rules: tuple[str, ...]
    verdicts: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A raw message as it came, and where it lies; `counts_on` is the school's own day of which it tells."""

    on_date: date
    device: str
    channel: str
    identity: str
    place: str | None
    school_name: str | None
    topic: str
    occurred_at: datetime | None
    received_at: datetime
    recorded_at: datetime | None
    problems: tuple[str, ...]
    payload: bytes
    partition: str
    counts_on: date


@dataclass(frozen=True, slots=True)
class CoveringDay:
    """A version of a school's closed day, whose `evidence_hash` covers every raw message of it. `position` is where the
    log was when the whole city's day was closed."""

    on_date: date
    version: int
    closed_at: datetime
    evidence_rows: int
    evidence_hash: bytes
    position: int | None


async def list_standing(connection: Connection, schools: Sequence[str] | None = None) -> list[Standing]:
    """What stands at all schools that were judged, or at those named."""
    rows = await connection.fetch(_SQL["list_standing"], schools)
    return [Standing(**(dict(row) | {"rules": split_codes(row["rules"])})) for row in rows]


async def list_compliance_items(connection: Connection, schools: Sequence[str] | None = None) -> list[ComplianceItem]:
    """How schools that were judged stand by their rules, as boards are told: all, or those named. Who puts them into
    the log reads them after writing verdicts, in the same transaction: then the last one written is the newest."""
    return [
        sum_up(one.school, one.on_date, _CODES, arrange(one.rules, one.verdicts, _CODES))
        for one in await list_standing(connection, schools)
    ]


async def list_parameters(connection: Connection, on: date, school: str | None = None) -> list[Parameter]:
    """Numbers that were set and count on a day: everybody's, and a school's own."""
    return read_records(await connection.fetch(_SQL["list_parameters"], on, school), Parameter)


async def find_evidence(
    connection: Connection, on: date, device: str, channel: str, identity: str
) -> EvidenceRow | None:
    """One raw message by its key."""
    row = await connection.fetchrow(_SQL["find_evidence"], on, device, channel, identity)
    return None if row is None else EvidenceRow(**(dict(row) | {"problems": tuple(row["problems"])}))


async def list_covering_days(connection: Connection, on: date, school: str) -> list[CoveringDay]:
    """The records that cover a school's messages of a day, the first one first."""
    return [CoveringDay(**row) for row in await connection.fetch(_SQL["list_covering_days"], on, school)]

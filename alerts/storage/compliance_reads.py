"""Verdicts and breaches as pages and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.headline import ComplianceItem, arrange, sum_up
from alerts.storage.database import Connection
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


async def list_standing(connection: Connection, schools: Sequence[str] | None = None) -> list[Standing]:
    """What stands at all schools that were judged, or at those named."""
    return read_records(await connection.fetch(_SQL["list_standing"], schools), Standing)


async def list_compliance_items(connection: Connection, schools: Sequence[str] | None = None) -> list[ComplianceItem]:
    """How schools that were judged stand by their rules, as boards are told: all, or those named. Who puts them into
    the log reads them after writing verdicts, in the same transaction: then the last one written is the newest."""
    return [
        sum_up(one.school, one.on_date, _CODES, arrange(one.rules, one.verdicts, _CODES))
        for one in await list_standing(connection, schools)
    ]

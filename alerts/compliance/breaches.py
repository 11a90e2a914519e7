"""Breaches open with what is not met, belong to somebody, and close themselves when the rule is met again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.domain.compliance.breaches import is_mended, read_breach_terms
from alerts.domain.compliance.terms import Parameter
from alerts.domain.compliance.verdicts import Verdict
from alerts.storage.compliance import (
    Mended,
    NewBreach,
    close_breaches,
    list_open_breaches,
    open_breaches,
)
from alerts.storage.database import Connection
from alerts.storage.log import Entry

if TYPE_CHECKING:
    from alerts.compliance.judging import Judged


async def keep_breaches(
    connection: Connection,
    judged: Sequence[Judged],
    parameters: Mapping[str, Iterable[Parameter]],
    now: datetime,
) -> list[Entry]:
    """Opens a breach for what is not met, closes those that are mended; returns what is to be told."""
    schools = sorted({one.day.school for one in judged})
    known = {(one.school, one.rule): one for one in await list_open_breaches(connection, schools)}
    new = [
        _open(one, parameters, now)
        for one in judged
        if one.judgement.verdict is Verdict.NOT_MET and (one.day.school, one.rule.code) not in known
    ]
    mended = [
        Mended(known[key].id, one.judgement)
        for one in judged
        if is_mended(one.judgement.verdict) and (key := (one.day.school, one.rule.code)) in known
    ]
    entries: list[Entry] = []
    for opened in await open_breaches(connection, new, now) if new else ():
        entries.append(Entry("engine", f"breach:{opened.id}", "breach.opened", opened))
    for closed in await close_breaches(connection, mended, now) if mended else ():
        entries.append(Entry("engine", f"breach:{closed.id}", "breach.closed", closed))
    return entries


def _open(one: Judged, parameters: Mapping[str, Iterable[Parameter]], now: datetime) -> NewBreach:
    terms = read_breach_terms(parameters, one.rule.code, one.day.school, one.day.on)
    return NewBreach(
        school=one.day.school,
        rule=one.rule.code,
        on_date=one.day.on,
        judgement=one.judgement,
        due_at=now + terms.length("mend_hours"),
        repeats_since=now - terms.length("repeat_days"),
    )

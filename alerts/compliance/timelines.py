"""A school's day as a timeline: loaded as the rules see it, whichever day it is, and drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from alerts.compliance.judging import read_parameters
from alerts.compliance.loading import Batch, load_days
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.day_strips import draw_day
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.schedule import span_of_day
from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Terms, resolve_terms
from alerts.domain.compliance.timeline import Around, Broken, Mark, Strip
from alerts.domain.policies import read_zone
from alerts.storage.database import Connection
from alerts.storage.school_days import SchoolRow, list_schools
from alerts.storage.timelines import BreachRow, list_blackouts, list_breaches, list_locks, list_names

_DRAWN = frozenset(Input) - {Input.PLANS, Input.DRILLS, Input.HAZARDS, Input.PRESSES}
_PATIENCE_OF = ("G3", "H1")


@dataclass(frozen=True, slots=True)
class DayTimeline:
    """A drawn day. `names` are what is called how, by code; `breaches` what was found, by the breach's number."""

    day: SchoolDay
    strips: tuple[Strip, ...]
    names: Mapping[str, str]
    breaches: Mapping[str, BreachRow]


async def read_timeline(connection: Connection, now: datetime, code: str, on: date | None) -> DayTimeline | None:
    """A school's day, its present one when left out; None: there is no such school, or that day is to come. Registered
    devices, people and rosters are those of now, as for every day that is judged again."""
    found = await list_schools(connection, [code])
    if not found:
        return None
    batch = _ask(found[0], now, on)
    if batch.span[0] > now:
        return None
    (day,) = await load_days(connection, batch)
    terms = await _read_terms(connection, day)
    breaches = await list_breaches(connection, code, batch.span)
    around = Around(
        breaches=[Broken(one.id, one.rule, one.opened_at, one.closed_at, one.judgement.references) for one in breaches],
        losses=await list_blackouts(connection, code, batch.span),
        locks=await list_locks(connection, code, batch.span),
    )
    strips = await asyncio.to_thread(draw_day, day, terms, around)
    people = {item.who for strip in strips for item in strip.items if item.mark is not Mark.BREACH}
    names = await list_names(connection, code, people)
    return DayTimeline(day, strips, names, {str(one.id): one for one in breaches})


def _ask(school: SchoolRow, now: datetime, on: date | None) -> Batch:
    zone = read_zone(school.zone)
    day = on or now.astimezone(zone).date()
    return Batch([school], day, zone, min(now, span_of_day(day, zone)[1]), _DRAWN)


async def _read_terms(connection: Connection, day: SchoolDay) -> dict[str, Terms]:
    parameters = await read_parameters(connection, day.on)
    return {
        code: resolve_terms(BY_CODE[code].defaults, parameters.get(code, ()), day.school, day.on)
        for code in _PATIENCE_OF
    }

"""What happened at these schools: incidents, tests, drills, hazards, and what people declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.compliance.loading.batch import Batch
from alerts.compliance.loading.schedules import SchoolSchedules
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.schedule import midnight
from alerts.domain.compliance.school_day import Drill, Fact, FactKind, Hazard, IncidentDay, LivePress, PracticePress
from alerts.storage.database import Connection
from alerts.storage.school_days import (
    FactRow,
    IncidentRow,
    group_rows,
    list_drills,
    list_facts,
    list_false_presses,
    list_hazards,
    list_incidents,
    list_live_presses,
    list_on_scene_limits,
    list_practice,
)

_DRILLS_LOOKED_BACK = timedelta(days=366)
_NIGHT_FROM, _NIGHT_UNTIL = time(21), time(6)  # ours: when pupils who board are in bed
_TOWN_SECONDS = 300  # R5: 5 minutes in town, more elsewhere
_KINDS = {kind.value: kind for kind in FactKind}


@dataclass(frozen=True, slots=True)
class Happenings:
    """The fields of each school's day that tell what happened, by school."""

    fields: Mapping[str, Mapping[str, Any]]

    def of(self, school: str) -> Mapping[str, Any]:
        """Those of one school."""
        return self.fields.get(school, {})


async def load_happenings(connection: Connection, batch: Batch, schedules: Mapping[str, SchoolSchedules]) -> Happenings:
    """Everything that happened and is looked at."""
    fields: dict[str, dict[str, Any]] = {school: {} for school in batch.codes}
    await _add_facts(connection, batch, fields)
    if batch.needs(Input.HAZARDS):
        for school, hazards in group_rows(
            await list_hazards(connection, batch.codes, *_today(batch)), "school"
        ).items():
            fields[school]["hazards"] = tuple(
                Hazard(one.id, one.opened_at, one.owner, one.due_at, one.closed_at, one.proof) for one in hazards
            )
    if batch.needs(Input.INCIDENTS, Input.DRILLS, Input.DEVICES, Input.FACTS):
        await _add_practice(connection, batch, schedules, fields)
    if batch.needs(Input.INCIDENTS):
        await _add_incidents(connection, batch, fields)
    if batch.needs(Input.PRESSES):
        await _add_presses(connection, batch, fields)
    return Happenings(fields)


async def _add_facts(connection: Connection, batch: Batch, fields: dict[str, dict[str, Any]]) -> None:
    rows = await list_facts(connection, batch.codes, *_today(batch))
    for school, its in group_rows(rows, "school").items():
        fields[school]["facts"] = tuple(_make_fact(row) for row in its if row.kind in _KINDS)


def _make_fact(row: FactRow) -> Fact:
    return Fact(row.id, _KINDS[row.kind], row.at, row.by, row.grade, row.valid_until, row.about, row.photo, row.said)


async def _add_incidents(connection: Connection, batch: Batch, fields: dict[str, dict[str, Any]]) -> None:
    limits = await list_on_scene_limits(connection)
    for school in batch.schools:
        limit = limits.get(school.district, limits.get(None))
        fields[school.code]["in_town"] = None if limit is None else limit <= _TOWN_SECONDS
    rows = await list_incidents(connection, batch.codes, *_today(batch))
    for code, its in group_rows(rows, "school").items():
        fields[code]["incidents"] = tuple(_make_incident(row, batch.now) for row in its)


def _make_incident(row: IncidentRow, now: datetime) -> IncidentDay:
    """An incident as it was known at `now`."""

    def known(at: datetime | None) -> datetime | None:
        return at if at is not None and at <= now else None

    closed_at = known(row.closed_at)
    return IncidentDay(
        id=row.id,
        mode=row.mode,
        opened_at=row.opened_at,
        taken_at=known(row.taken_at),
        school_told_at=known(row.school_told_at),
        police_sent_at=known(row.police_sent_at),
        police_accepted_at=known(row.police_accepted_at),
        on_scene_at=known(row.on_scene_at),
        closed_at=closed_at,
        cause=row.cause if closed_at else None,
        people_at_closing=row.people_at_closing if closed_at else 0,
        text_at_closing=row.text_at_closing if closed_at else False,
    )


async def _add_presses(connection: Connection, batch: Batch, fields: dict[str, dict[str, Any]]) -> None:
    """Live presses with their receipts, whenever those were confirmed: after midnight, or while nobody could write."""
    rows = await list_live_presses(connection, batch.codes, batch.span, batch.partitions(batch.span[0]))
    for code, its in group_rows(rows, "school").items():
        fields[code]["presses"] = tuple(LivePress(one.incident, one.at, one.confirmed_at, one.receipt) for one in its)


async def _add_practice(
    connection: Connection,
    batch: Batch,
    schedules: Mapping[str, SchoolSchedules],
    fields: dict[str, dict[str, Any]],
) -> None:
    """Presses in practice and false ones of the term, and the drills of a year and a day."""
    began = {school: one.today.term.first for school, one in schedules.items() if one.today.term}
    until = min(batch.span[1], batch.now)
    if began:
        since = midnight(min(began.values()), batch.zone)
        practice = group_rows(await list_practice(connection, sorted(began), since, until), "school")
        for school, presses in practice.items():
            first_at = midnight(began[school], batch.zone)
            fields[school]["practice"] = tuple(
                PracticePress(one.incident, one.device, one.at) for one in presses if one.at >= first_at
            )
        for school, at in await list_false_presses(connection, sorted(began), since, until):
            if at >= midnight(began[school], batch.zone):
                fields[school]["false_presses"] = fields[school].get("false_presses", 0) + 1
                fields[school]["last_false_press_at"] = at
    drills = await list_drills(connection, batch.codes, batch.span[0] - _DRILLS_LOOKED_BACK, until)
    for school, held in group_rows(drills, "school").items():
        fields[school]["drills"] = tuple(
            Drill(one.window, one.at, one.plan, _is_night(one.at, batch.zone), one.phases) for one in held
        )


def _is_night(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone).time()
    return local >= _NIGHT_FROM or local < _NIGHT_UNTIL


def _today(batch: Batch) -> tuple[datetime, datetime]:
    return batch.span[0], min(batch.span[1], batch.now)

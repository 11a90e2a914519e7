"""A batch of schools' days, put together."""

from __future__ import annotations

from typing import Any

from alerts.compliance.loading.batch import Batch
from alerts.compliance.loading.devices import load_devices, make_device_days
from alerts.compliance.loading.evidence import Messages, load_events
from alerts.compliance.loading.happenings import load_happenings
from alerts.compliance.loading.people import FindCityDuties, Staffed, load_duties, load_staff
from alerts.compliance.loading.schedules import load_schedules
from alerts.domain.compliance.presence import place_posts
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.school_day import Records, SchoolDay
from alerts.domain.registry import DeviceRole
from alerts.storage.database import Connection
from alerts.storage.school_days import SchoolRow

_KEPT = Records(alarm_days=None, access_days=None)  # the service removes neither presses nor evidence


async def load_days(
    connection: Connection,
    batch: Batch,
    find_city_duties: FindCityDuties | None = None,
    messages: Messages | None = None,
) -> list[SchoolDay]:
    """The days of a batch, in the order of its schools. What no rule looks at may be left out; `messages` are those of
    `list_messages`, where the caller has read them."""
    schedules = await load_schedules(connection, batch)
    devices = await load_devices(connection, batch)
    events = await load_events(connection, batch, devices, messages)
    device_days = make_device_days(devices, batch, events.offsets)
    staffed = Staffed({}, {})
    if batch.needs(Input.STAFF, Input.ROSTERS, Input.CHECK_INS):
        staffed = await load_staff(connection, batch)
    readers = {row.code: row.point_kind for row in devices.rows.values() if row.role is DeviceRole.POST_READER}
    happenings = await load_happenings(connection, batch, schedules)
    duties = await load_duties(connection, batch, find_city_duties) if batch.needs(Input.PLANS) else {}

    def make(school: SchoolRow) -> SchoolDay:
        code = school.code
        known: dict[str, Any] = dict(happenings.of(code))
        found = events.by_school[code]
        return SchoolDay(
            school=code,
            kind=school.kind,
            ownership=school.ownership,
            students=school.students,
            boarders=school.boarders,
            zone=batch.zone,
            on=batch.on,
            starts_at=batch.span[0],
            ends_at=batch.span[1],
            now=batch.now,
            schedule=schedules[code].today,
            eve=schedules[code].eve,
            gates=tuple(found.gates),
            visits=tuple(found.visits),
            check_ins=found.check_ins,
            points=found.points,
            devices=tuple(device_days.get(code, ())),
            holders=staffed.holders.get(code, ()),
            posts=place_posts(staffed.posts.get(code, ()), found.check_ins, readers),
            duties=duties.get(code),
            records=_KEPT,
            watched_since=devices.watched_since.get(code, batch.now),
            **known,
        )

    return [make(school) for school in batch.schools]

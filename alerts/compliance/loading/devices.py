"""These schools' devices: how they were on the day and in its month, their tests, their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.compliance.loading.batch import Batch
from alerts.domain.compliance.messages import DeviceClock
from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.schedule import midnight
from alerts.domain.compliance.school_day import DeviceDay, Fault, Proof
from alerts.domain.compliance.supervised import Supervised, find_lasting, supervise
from alerts.domain.spans import clip, in_utc
from alerts.domain.supervision import Transition
from alerts.storage.database import Connection
from alerts.storage.pulses import list_deaf_spans
from alerts.storage.school_days import (
    DeviceRow,
    ProofRow,
    group_rows,
    list_devices,
    list_first_heard,
    list_press_clocks,
    list_proofs,
    list_transitions,
)

_LOOKED_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Devices:
    """What is known of the devices of a batch, by their codes; `watched_since` is by school."""

    rows: Mapping[str, DeviceRow]
    supervised: Mapping[str, Supervised]
    proofs: Mapping[str, Sequence[ProofRow]]
    pressed_offsets: Mapping[str, float]
    watched_since: Mapping[str, datetime]

    def clock_of(self, device: str) -> DeviceClock:
        """What is known of a device's time before it told any; of one that is not registered, such as a telephone,
        nothing."""
        found = self.supervised.get(device)
        return DeviceClock(unheard=in_utc(found.unheard) if found else ())


async def load_devices(connection: Connection, batch: Batch) -> Devices:
    """Everything about the devices of these schools, as far as rules look at it; events are judged by their clocks."""
    watched_since = await list_first_heard(connection, batch.codes)
    if not batch.needs(Input.DEVICES, Input.GATES, Input.VISITS, Input.CHECK_INS):
        return Devices({}, {}, {}, {}, watched_since)
    since, until = _find_horizon(batch), min(batch.span[1], batch.now)
    rows = await list_devices(connection, batch.codes, until)
    transitions = group_rows(await list_transitions(connection, batch.codes, since, until), "device")
    proofs = await list_proofs(connection, batch.codes, since, until)
    deaf = await list_deaf_spans(connection, since, until)
    clocks = await list_press_clocks(connection, batch.codes, batch.span[0] - _LOOKED_BACK, until)

    def follow(device: str) -> Supervised:
        its = [Transition(one.device, one.at, one.link, one.troubles) for one in transitions.get(device, ())]
        return supervise(its, since, batch.now, deaf)

    return Devices(
        rows={row.code: row for row in rows},
        supervised={row.code: follow(row.code) for row in rows},
        proofs=group_rows(proofs, "device"),
        pressed_offsets={one.device: (one.occurred_at - one.received_at).total_seconds() for one in clocks},
        watched_since=watched_since,
    )


def make_device_days(devices: Devices, batch: Batch, offsets: Mapping[str, float]) -> dict[str, list[DeviceDay]]:
    """The devices of each school as its day has them."""
    found: dict[str, list[DeviceDay]] = {}
    for row in devices.rows.values():
        offset = offsets.get(row.code, devices.pressed_offsets.get(row.code))
        day = _make_device_day(row, devices.supervised[row.code], batch, devices.proofs.get(row.code, ()), offset)
        found.setdefault(row.school, []).append(day)
    return found


def _make_device_day(
    row: DeviceRow, known: Supervised, batch: Batch, proofs: Iterable[ProofRow], offset: float | None
) -> DeviceDay:
    today = (batch.span[0], batch.now)
    lost, watched = known.unheard_share(midnight(batch.on.replace(day=1), batch.zone), batch.now)
    return DeviceDay(
        code=row.code,
        role=row.role,
        point_kind=row.point_kind,
        heard_ever=known.first_heard_at is not None,
        proved_ever=row.proved_ever,
        tells=row.tells,
        unheard=clip(known.unheard, today),
        tampered=clip(known.tampered, today),
        mains_lost=clip(known.mains_lost, today),
        unheard_since=find_lasting(known.absent, batch.now),
        low_battery_since=find_lasting(known.low_battery, batch.now),
        month_unheard=lost,
        month_watched=watched,
        clock_offset_seconds=offset,
        proofs=tuple(
            Proof(one.incident, one.at, one.seen, one.police, one.returned, one.announced_to_police) for one in proofs
        ),
        faults=_find_faults(known, batch.now),
    )


def _find_faults(known: Supervised, now: datetime) -> tuple[Fault, ...]:
    """Stretches in which a device that had worked was not there."""
    first = known.first_heard_at
    return tuple(
        Fault(since, None if until >= now else until) for since, until in known.absent if first and until > first
    )


def _find_horizon(batch: Batch) -> datetime:
    """How far back devices are looked at: to the first of the month before, and for 31 days at least."""
    last_month = (batch.on.replace(day=1) - timedelta(days=1)).replace(day=1)
    return min(midnight(last_month, batch.zone), batch.span[0] - _LOOKED_BACK)

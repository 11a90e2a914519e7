"""How the gates of a school stand now, by what each told last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from alerts.compliance.loading.evidence import GATE_LOOKED_BACK
from alerts.domain.board import Link
from alerts.domain.compliance.messages import read_gate
from alerts.domain.registry import DeviceRole
from alerts.storage.board_reads import DeviceDetail
from alerts.storage.database import Connection
from alerts.storage.records import read_instants
from alerts.storage.school_days import list_last_gates


@dataclass(frozen=True, slots=True)
class GateNow:
    """A gate. `open` is null where nobody knows: it is not heard now, has told nothing for a week, or told nonsense.
    `since` is when it told."""

    device: str
    point: str
    open: bool | None
    since: datetime | None


async def read_gates_now(
    connection: Connection, school: str, devices: Sequence[DeviceDetail], now: datetime
) -> tuple[GateNow, ...]:
    """The gates among a school's devices."""
    gates = [one for one in devices if one.role is DeviceRole.GATE]
    if not gates:
        return ()
    rows = await list_last_gates(connection, [school], now, (now - GATE_LOOKED_BACK).date())
    told: dict[str, tuple[bool | None, datetime]] = {}
    for row, at in zip(rows, read_instants([row[5] or row[6] for row in rows]), strict=True):
        _, device, *_, payload = row
        told[device] = (_read_open(payload), at)
    return tuple(_judge(one, *told.get(one.code, (None, None))) for one in gates)


def _judge(gate: DeviceDetail, said: bool | None, at: datetime | None) -> GateNow:
    return GateNow(gate.code, gate.point, said if gate.link is Link.ONLINE else None, at)


def _read_open(payload: bytes) -> bool | None:
    try:
        return read_gate(payload).open
    except msgspec.MsgspecError:
        return None

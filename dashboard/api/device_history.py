"""A device's own page: how it was lately, its battery, its presses and tests, what was wrong, what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response

from alerts.domain.device_history import Stretch, find_test_due, tell_stretches
from alerts.domain.outputs import OutputCommand
from alerts.domain.registry import DeviceRole
from alerts.domain.rights import Right
from alerts.domain.spans import Span
from alerts.storage.board_reads import DeviceDetail, list_devices
from alerts.storage.database import Connection
from alerts.storage.device_history import (
    BatteryPoint,
    DeviceFault,
    DevicePlace,
    DevicePress,
    TestMoment,
    list_battery,
    list_commands_of,
    list_faults,
    list_presses_of,
    list_transitions_of,
    read_device_place,
    read_tests,
)
from alerts.storage.pulses import list_deaf_spans
from dashboard.api.routers import make_router
from dashboard.api.texts import CodePath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import grant
from dashboard.service import ServiceOf

router = make_router("registry")

USUAL_DAYS, MOST_DAYS = 30, 92
MOST_TRANSITIONS = 500
MOST_BATTERY = 2400  # one an hour for a hundred days
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class DeviceTests:
    """How a button is tested: its last test, the last one that was proved end to end, and until when the next is due by
    the calendar month of its school (rule A3)."""

    last: TestMoment | None
    proved: TestMoment | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceHistory:
    """A device over a span, newest first but for `stretches` and `battery`. Of each list the newest are here: `cut`
    names those that are not whole. `tests` is null of what is no button."""

    device: DeviceDetail
    place: DevicePlace
    since: datetime
    until: datetime
    stretches: tuple[Stretch, ...]
    battery: list[BatteryPoint]
    presses: list[DevicePress]
    tests: DeviceTests | None
    faults: list[DeviceFault]
    commands: list[OutputCommand]
    cut: list[str]


@router.get("/devices/{code}/history", openapi_extra=grant(Right.SEE, Where.DEVICE), response_model=DeviceHistory)
async def get_device_history(
    service: ServiceOf,
    code: CodePath,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How far back.")] = USUAL_DAYS,
) -> Response:
    """One device and its last days: link and troubles, battery, presses and tests, faults, receipts and commands."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        place = await read_device_place(connection, code)
        if place is None:
            raise Problem("no-such-device")
        now = await service.database.read_now(connection)
        return answer(await _read_history(connection, code, place, (now - timedelta(days=days), now)))


async def _read_history(connection: Connection, code: str, place: DevicePlace, span: Span) -> DeviceHistory:
    since, until = span
    (device,) = await list_devices(connection, code=code, limit=1)
    transitions = await list_transitions_of(connection, code, span, MOST_TRANSITIONS)
    stretches = tell_stretches(transitions, span, await list_deaf_spans(connection, since, until))
    presses = await list_presses_of(connection, code, span, MOST_ROWS)
    faults = await list_faults(connection, code, span, MOST_ROWS)
    commands = await list_commands_of(connection, code, span, MOST_ROWS)
    full: dict[str, Sequence[object]] = {"presses": presses, "faults": faults, "commands": commands}
    cut = [name for name, rows in full.items() if len(rows) == MOST_ROWS]
    if sum(one.at >= since for one in transitions) == MOST_TRANSITIONS:
        cut.append("stretches")
    return DeviceHistory(
        device=device,
        place=place,
        since=since,
        until=until,
        stretches=stretches,
        battery=await list_battery(connection, code, span, MOST_BATTERY),
        presses=presses,
        tests=await _read_tests(connection, device, place, until),
        faults=faults,
        commands=commands,
        cut=cut,
    )


async def _read_tests(
    connection: Connection, device: DeviceDetail, place: DevicePlace, now: datetime
) -> DeviceTests | None:
    if device.role is not DeviceRole.ALARM:
        return None
    last, proved = await read_tests(connection, device.code)
    return DeviceTests(last, proved, find_test_due(last.at if last else None, now, ZoneInfo(place.zone)))

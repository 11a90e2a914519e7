"""The supervision cycle: turns what the gateways recorded of devices into transitions, many at once into one news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from alerts.domain.board import DeviceItem
from alerts.domain.contact_id import EventCode
from alerts.domain.station import fell_silent, tell_over, tell_troubles
from alerts.domain.supervision import (
    Change,
    DeviceFacts,
    News,
    group_changes,
    judge_link,
    judge_troubles,
    tell_transition,
)
from alerts.engine.metrics import DEVICES_CHANGED
from alerts.health import FRESH
from alerts.storage.board import list_school_items
from alerts.storage.database import Connection, Database
from alerts.storage.devices import Judgement, add_transitions, claim_unjudged_devices, count_devices, save_judgements
from alerts.storage.log import Entry, append_log
from alerts.storage.pulses import list_fresh_pulses
from alerts.storage.registry import take_school_items_turn
from alerts.storage.station import end_troubles, hold_silences, queue_troubles

_log = structlog.get_logger()
BATCH = 5000


async def supervise_devices(database: Database) -> int:
    """One cycle, one transaction. Returns how many devices there were to judge."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        listening_since = await _read_listening_since(connection, database)
        facts = await claim_unjudged_devices(connection, now, listening_since, BATCH)
        if not facts:
            return 0
        judged = [_judge(one, now, listening_since) for one in facts]
        await save_judgements(
            connection, [Judgement(one.device, one.link, one.troubles, one.since or now) for one in judged]
        )
        entries = await _write_news(connection, facts, judged, now)
        if entries:
            await append_log(connection, now, entries)
    for entry in entries:
        DEVICES_CHANGED.labels(entry.kind).inc(len(entry.body["devices"]))
        _log.info("engine.devices.changed", subject=entry.subject, kind=entry.kind, count=len(entry.body["devices"]))
    return len(facts)


async def _read_listening_since(connection: Connection, database: Database) -> datetime | None:
    """Since when somebody hears beats without a break: silence counts from there (boot grace)."""
    pulses = await list_fresh_pulses(connection, database.shift, FRESH)
    return pulses.get(("gateway", "beats"))


def _judge(facts: DeviceFacts, now: datetime, listening_since: datetime | None) -> DeviceFacts:
    link, troubles = judge_link(facts, now, listening_since), judge_troubles(facts)
    changed = (link, troubles) != (facts.link, facts.troubles)
    return replace(facts, link=link, troubles=troubles, since=now if changed else facts.since)


async def _write_news(
    connection: Connection, before: Sequence[DeviceFacts], after: Sequence[DeviceFacts], now: datetime
) -> list[Entry]:
    """What the log will say of them; the monitoring station hears of it too."""
    pairs = list(zip(before, after, strict=True))
    moved = [Change(new.device, new.school, new.district, new.link) for old, new in pairs if old.link is not new.link]
    troubled = [new for old, new in pairs if old.troubles != new.troubles and old.link is new.link]
    if not moved and not troubled:
        return []
    touched = sorted({one.school for one in moved} | {one.school for one in troubled})
    await take_school_items_turn(connection)
    schools = {item.code: item for item in await list_school_items(connection, touched)}
    counts = await count_devices(connection, touched, sorted({one.district for one in moved}))
    items = {one.device: _item(one) for one in after}
    school_of = {one.device: one.school for one in after}

    def entry(news: News, kind: str) -> Entry:
        own = sorted({school_of[device] for device in news.devices})
        body: dict[str, Any] = {
            "mass": news.mass,
            "devices": [items[device] for device in news.devices],
            "schools": [schools[code] for code in own],
        }
        return Entry("engine", news.subject, kind, body)

    await _tell_station(connection, pairs, now)
    await add_transitions(connection, [tell_transition(*pair, now) for pair in pairs if pair[1].since == now])
    entries = [entry(news, f"device.{news.link}") for news in group_changes(moved, counts)]
    for one in troubled:
        single = News(f"device:{one.device}", one.link, (one.device,), mass=False)
        entries.append(entry(single, "device.troubled" if one.troubles else "device.well"))
    return entries


async def _tell_station(
    connection: Connection, pairs: Sequence[tuple[DeviceFacts, DeviceFacts]], now: datetime
) -> None:
    """The monitoring station, if there is one, hears of it too; of silences when they have gathered."""
    silent = [new.device for old, new in pairs if fell_silent(old, new)]
    await hold_silences(connection, EventCode.COMMUNICATION_TROUBLE, silent, now)
    await queue_troubles(connection, [told for pair in pairs for told in tell_troubles(*pair)], now)
    await end_troubles(connection, [told for pair in pairs for told in tell_over(*pair)], now)


def _item(facts: DeviceFacts) -> DeviceItem:
    return DeviceItem(facts.device, facts.school, facts.point, facts.link, facts.troubles, facts.since)

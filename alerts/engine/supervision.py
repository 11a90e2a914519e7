"""The supervision cycle: turns what the gateways recorded of devices into transitions, many at once into one news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from alerts.domain.blackouts import Blackout, group_changes
from alerts.domain.board import DeviceItem
from alerts.domain.contact_id import EventCode
from alerts.domain.station import tell_over, tell_troubles
from alerts.domain.supervision import (
    Change,
    DeviceFacts,
    News,
    fell_silent,
    judge_link,
    judge_troubles,
    tell_transition,
)
from alerts.engine.blackouts import Cycle, Pair, begin_blackouts, describe, end_blackouts, place_all, waits
from alerts.engine.metrics import DEVICES_CHANGED
from alerts.health import FRESH
from alerts.storage.blackouts import list_open_blackouts
from alerts.storage.board import list_school_items
from alerts.storage.database import Connection, Database
from alerts.storage.devices import Judgement, add_transitions, claim_unjudged_devices, save_judgements
from alerts.storage.log import Entry, append_log
from alerts.storage.pulses import list_fresh_pulses
from alerts.storage.registry import take_school_items_turn
from alerts.storage.station import end_troubles, hold_silences, queue_troubles

_log = structlog.get_logger()
BATCH = 5000


async def supervise_devices(database: Database) -> int:
    """One cycle, one transaction, one engine at a time. Returns how many devices there were to judge."""
    async with database.transaction() as connection:
        await take_school_items_turn(connection)
        now = await database.read_now(connection)
        listening_since = await _read_listening_since(connection, database)
        facts = await claim_unjudged_devices(connection, now, listening_since, BATCH)
        known = {one.blackout for one in facts if one.blackout is not None}
        blackouts = await list_open_blackouts(connection, now, known)
        cycle = Cycle(now, listening_since, {one.id: one for one in blackouts})
        pairs = place_all([(one, _judge(one, cycle)) for one in facts], cycle)
        if len(facts) < BATCH:  # who waits is claimed again: a full batch must not wait, or nobody behind it is judged
            pairs = [pair for pair in pairs if not waits(pair, cycle)]
        entries = await _record(connection, pairs, cycle)
        if entries:
            await append_log(connection, now, entries)
    for entry in entries:
        _tell_operators(entry)
    return len(facts)


async def _read_listening_since(connection: Connection, database: Database) -> datetime | None:
    """Since when somebody hears beats without a break: silence counts from there (boot grace)."""
    pulses = await list_fresh_pulses(connection, database.shift, FRESH)
    return pulses.get(("gateway", "beats"))


def _judge(facts: DeviceFacts, cycle: Cycle) -> DeviceFacts:
    link, troubles = judge_link(facts, cycle.now, cycle.listening_since), judge_troubles(facts)
    changed = (link, troubles) != (facts.link, facts.troubles)
    return replace(facts, link=link, troubles=troubles, since=cycle.now if changed else facts.since)


async def _record(connection: Connection, pairs: Sequence[Pair], cycle: Cycle) -> list[Entry]:
    """Saves what was judged; returns what the log will say of it."""
    if pairs:
        await save_judgements(
            connection,
            [Judgement(new.device, new.link, new.troubles, new.since or cycle.now, new.blackout) for _, new in pairs],
        )
    blackout_of = {
        new.device: blackout
        for old, new in pairs
        if old.link is not new.link and (blackout := cycle.blackouts.get(new.blackout or 0))
    }
    told = {one.id for one in blackout_of.values()}
    begun = await begin_blackouts(connection, pairs, cycle)
    entries = await _write_news(connection, pairs, blackout_of | begun, cycle.now)
    others = set(cycle.blackouts) - {one.id for one in begun.values()}
    return entries + await end_blackouts(connection, others, told, cycle)


async def _write_news(
    connection: Connection, pairs: Sequence[Pair], blackout_of: Mapping[str, Blackout], now: datetime
) -> list[Entry]:
    """What the log will say of devices; the monitoring station hears of it too."""
    moved = [Change(new.device, new.school, new.district, new.link) for old, new in pairs if old.link is not new.link]
    troubled = [new for old, new in pairs if old.troubles != new.troubles and old.link is new.link]
    if not moved and not troubled:
        return []
    touched = sorted({one.school for one in moved} | {one.school for one in troubled})
    schools = {item.code: item for item in await list_school_items(connection, touched)}
    after = {new.device: new for _, new in pairs}

    def entry(news: News, kind: str) -> Entry:
        own = sorted({after[device].school for device in news.devices})
        body: dict[str, Any] = {
            "mass": news.mass,
            "devices": [_item(after[device]) for device in news.devices],
            "schools": [schools[code] for code in own],
        }
        if blackout := blackout_of.get(news.devices[0]):
            body["blackout"] = describe(blackout, now)
        return Entry("engine", news.subject, kind, body)

    await _tell_station(connection, pairs, now)
    await add_transitions(connection, [tell_transition(*pair, now) for pair in pairs if pair[1].since == now])
    entries = [entry(news, f"device.{news.link}") for news in group_changes(moved, blackout_of)]
    for one in troubled:
        single = News(f"device:{one.device}", one.link, (one.device,), mass=False)
        entries.append(entry(single, "device.troubled" if one.troubles else "device.well"))
    return entries


async def _tell_station(connection: Connection, pairs: Sequence[Pair], now: datetime) -> None:
    """The monitoring station, if there is one, hears of it too; of silences when they have gathered."""
    silent = [new.device for old, new in pairs if fell_silent(old, new)]
    await hold_silences(connection, EventCode.COMMUNICATION_TROUBLE, silent, now)
    await queue_troubles(connection, [told for pair in pairs for told in tell_troubles(*pair)], now)
    await end_troubles(connection, [told for pair in pairs for told in tell_over(*pair)], now)


def _tell_operators(entry: Entry) -> None:
    if entry.kind == "blackout.ended":
        _log.info("engine.blackout.ended", subject=entry.subject, count=entry.body["count"], lost=entry.body["lost"])
        return
    devices, blackout = len(entry.body["devices"]), entry.body.get("blackout")
    DEVICES_CHANGED.labels(entry.kind).inc(devices)
    continued = blackout is not None and blackout["continued"]
    _log.info("engine.devices.changed", subject=entry.subject, kind=entry.kind, count=devices, continued=continued)


def _item(facts: DeviceFacts) -> DeviceItem:
    return DeviceItem(facts.device, facts.school, facts.point, facts.link, facts.troubles, facts.since)

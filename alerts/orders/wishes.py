"""What may be ordered for the whole city, and how each of it is done once two people want it.

Where it takes the place of something, an order carries that: so who confirms sees the difference, and nothing else than
what they saw is replaced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from alerts.compliance.parameters import close_parameter, put_parameter
from alerts.compliance.schedules import close_exception, put_exception
from alerts.domain.compliance.numbers import Wanted as RuleNumber
from alerts.domain.orders import OrderKind, OrderRefused
from alerts.domain.policies import Rule
from alerts.domain.quiet_hours import QuietHours
from alerts.messages.conduct import (
    ChannelConduct,
    find_city_quiet_hours,
    find_conduct,
    put_city_quiet_hours,
    put_conduct,
)
from alerts.messages.notices import put_notice
from alerts.readiness.policies import end_rule, hold_rule, put_rule
from alerts.storage.database import Connection
from alerts.storage.notices import Audience
from alerts.storage.orders import take_turn
from alerts.storage.parameters import ParameterRow
from alerts.storage.schedules import ExceptionRow


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """A notice to the whole city."""

    title: str
    text: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class ExceptionEnd:
    """Days of the whole city that shall be as always again from today on."""

    exception: ExceptionRow


@dataclass(frozen=True, slots=True)
class PolicyOrder:
    """Whom presses call in the whole city: a new rule (`id` 0), or a new version of one. `instead_of` is what it takes
    the place of: the version in force, the built-in policy (version 0), or None where the conditions are new."""

    rule: Rule
    instead_of: Rule | None


@dataclass(frozen=True, slots=True)
class PolicyEnd:
    """A rule of the whole city that shall count no more."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class QuietOrder:
    """When in the whole city what is not live waits; None: never."""

    quiet: QuietHours | None
    instead_of: QuietHours | None


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """A channel's throttle and quiet hours for what is not live."""

    channel: str
    conduct: ChannelConduct
    instead_of: ChannelConduct


Wish = (
    NoticeOrder
    | ExceptionRow
    | ExceptionEnd
    | PolicyOrder
    | PolicyEnd
    | QuietOrder
    | ChannelOrder
    | RuleNumber
    | ParameterRow
)
KINDS: Mapping[type[Wish], OrderKind] = MappingProxyType(
    {
        NoticeOrder: OrderKind.NOTICE,
        ExceptionRow: OrderKind.DAY_EXCEPTION,
        ExceptionEnd: OrderKind.DAY_EXCEPTION_END,
        PolicyOrder: OrderKind.POLICY,
        PolicyEnd: OrderKind.POLICY_END,
        QuietOrder: OrderKind.QUIET_HOURS,
        ChannelOrder: OrderKind.CHANNEL,
        RuleNumber: OrderKind.RULE_NUMBER,
        ParameterRow: OrderKind.RULE_NUMBER_END,
    }
)


async def fulfil(
    connection: Connection, kind: OrderKind, body: Mapping[str, Any], by: str, now: datetime
) -> int | None:
    """Does what was ordered, in the name of who proposed it, inside the caller's transaction. Returns the number of
    what it became, where it has one. One of a kind at a time, so that neither of two passes the other unseen. Raises
    what its own use case raises, and OrderRefused `changed-meanwhile`."""
    await take_turn(connection, kind)
    return await _ACTS[kind](connection, body, by, now)


async def _send_notice(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    wanted = msgspec.convert(body, NoticeOrder)
    return await put_notice(connection, wanted.title, wanted.text, wanted.audience, by, now)


async def _save_exception(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    return (await put_exception(connection, msgspec.convert(body, ExceptionRow), by, now)).id


async def _end_exception(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    ended = msgspec.convert(body, ExceptionEnd).exception.id
    await close_exception(connection, ended, by, now)
    return ended


async def _save_policy(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    wanted = msgspec.convert(body, PolicyOrder)
    version = wanted.instead_of.version if wanted.rule.id and wanted.instead_of else None
    return (await put_rule(connection, wanted.rule, by, now, expected_version=version)).rule.id


async def _end_policy(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    ended = msgspec.convert(body, PolicyEnd).rule
    await hold_rule(connection, ended.id, ended.version)
    await end_rule(connection, ended.id, by, now)
    return ended.id


async def _save_quiet_hours(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> None:
    wanted = msgspec.convert(body, QuietOrder)
    _require_unchanged(await find_city_quiet_hours(connection), wanted.instead_of)
    await put_city_quiet_hours(connection, wanted.quiet, by, now)


async def _save_conduct(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> None:
    wanted = msgspec.convert(body, ChannelOrder)
    _require_unchanged(await find_conduct(connection, wanted.channel), wanted.instead_of)
    await put_conduct(connection, wanted.channel, wanted.conduct, by, now)


async def _set_number(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    return (await put_parameter(connection, msgspec.convert(body, RuleNumber), by, now)).id


async def _end_number(connection: Connection, body: Mapping[str, Any], by: str, now: datetime) -> int:
    ended = msgspec.convert(body, ParameterRow).id
    await close_parameter(connection, ended, by, now)
    return ended


def _require_unchanged(in_force: object, proposed_for: object) -> None:
    if in_force != proposed_for:
        raise OrderRefused("changed-meanwhile", "somebody changed it since this was proposed: look at it, propose anew")


_Act = Callable[[Connection, Mapping[str, Any], str, datetime], Awaitable[int | None]]
_ACTS: Mapping[OrderKind, _Act] = MappingProxyType(
    {
        OrderKind.NOTICE: _send_notice,
        OrderKind.DAY_EXCEPTION: _save_exception,
        OrderKind.DAY_EXCEPTION_END: _end_exception,
        OrderKind.POLICY: _save_policy,
        OrderKind.POLICY_END: _end_policy,
        OrderKind.QUIET_HOURS: _save_quiet_hours,
        OrderKind.CHANNEL: _save_conduct,
        OrderKind.RULE_NUMBER: _set_number,
        OrderKind.RULE_NUMBER_END: _end_number,
    }
)

"""What reaches a part of the city is done by one person, at once; what reaches the whole of it is only wished for.

Nearly the whole city is the whole city, and what one person asks for within an hour counts together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.compliance.parameters import close_parameter, hold_parameter, put_parameter
from alerts.compliance.schedules import put_exception
from alerts.domain.compliance.numbers import Wanted as RuleNumber
from alerts.domain.escalation import Policy
from alerts.domain.orders import TOGETHER, tells_city
from alerts.domain.policies import Rule
from alerts.domain.presses import Mode
from alerts.domain.quiet_hours import QuietHours
from alerts.domain.rights import Place
from alerts.messages.conduct import ChannelConduct, find_city_quiet_hours, find_conduct
from alerts.messages.notices import list_told, put_notice
from alerts.orders.wishes import ChannelOrder, NoticeOrder, PolicyEnd, PolicyOrder, QuietOrder
from alerts.readiness.policies import end_rule, find_city_policy, hold_rule, is_plain, keep_place, put_rule
from alerts.storage import orders as storage
from alerts.storage.database import Connection, Database
from alerts.storage.notices import Audience
from alerts.storage.parameters import ParameterRow
from alerts.storage.policies import SavedRule
from alerts.storage.schedules import ExceptionRow


async def send_to_part(database: Database, wanted: NoticeOrder, by: str) -> int | None:
    """Sends a notice at once that does not reach the whole city, and returns its id. None, with nothing done, when it
    does, or nearly, by itself or together with what the same one sent lately. Raises NoticeInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        if await _tells_city(connection, wanted.audience, by, now):
            return None
        return await put_notice(connection, wanted.title, wanted.text, wanted.audience, by, now)


async def save_for_part(database: Database, wanted: ExceptionRow, by: str) -> ExceptionRow | None:
    """Says that days of a part of the city are otherwise. None, with nothing done, when they are of the whole city, or
    nearly, by themselves or together with what the same one said of the same days lately. Raises ScheduleInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        lately = await storage.list_days_lately(connection, wanted, by, now - TOGETHER)
        if await _covers_city(connection, [*lately, Place(wanted.district, wanted.school)]):
            return None
        return await put_exception(connection, wanted, by, now)


async def save_rule_for_part(
    database: Database, rule: Rule, by: str, expected_version: int | None = None
) -> SavedRule | PolicyOrder:
    """Makes a rule of a part of the city, or with an `id` a new version of one, which keeps its mode and place. For the
    whole city, or nearly by all policies of that mode that the same one saved lately, nothing is done: it is to be
    ordered. Raises PolicyInvalid, NoSuchRule and RuleChanged."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        old = await hold_rule(connection, rule.id, expected_version) if rule.id else None
        rule = rule if old is None else keep_place(rule, old)
        lately = await storage.list_rules_lately(connection, rule.mode, by, now - TOGETHER)
        if await _covers_city(connection, [*lately, Place(rule.district, rule.school)]):
            before = await find_city_policy(connection, rule.mode) if old is None and is_plain(rule) else old
            return PolicyOrder(rule, before)
        return await put_rule(connection, rule, by, now)


async def retire_rule_for_part(database: Database, rule: int, by: str) -> PolicyEnd | None:
    """Takes a rule of a part of the city out of force; one of the whole city is to be ordered so. Raises NoSuchRule."""
    async with database.transaction() as connection:
        held = await hold_rule(connection, rule)
        if held.school is None and held.district is None:
            return PolicyEnd(held)
        await end_rule(connection, rule, by, await database.read_now(connection))
    return None


async def set_number_for_part(database: Database, wanted: RuleNumber, by: str) -> ParameterRow | None:
    """Puts a number of a rule in force at a school. None, with nothing done, when it is for the whole city, or nearly
    by all that the same one set of that number lately. Raises ParameterInvalid and NoSuchSchool."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await storage.take_turn(connection, by)
        lately = await storage.list_numbers_lately(connection, wanted.rule, wanted.name, by, now - TOGETHER)
        if await _covers_city(connection, [*lately, Place(school=wanted.school)]):
            return None
        return await put_parameter(connection, wanted, by, now)


async def end_number_for_part(database: Database, parameter: int, by: str) -> ParameterRow | None:
    """Ends a number of a rule at a school; one of the whole city is to be ordered so. Raises NoSuchParameter."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        row = await hold_parameter(connection, parameter, now)
        if row.school is None:
            return row
        await close_parameter(connection, parameter, by, now)
    return None


async def wish_policy(database: Database, mode: Mode, policy: Policy) -> PolicyOrder:
    """A policy of the whole city under no condition, in the place of the one in force."""
    async with database.connection() as connection:
        old = await find_city_policy(connection, mode)
    return PolicyOrder(Rule(old.id, old.version, mode, policy, old.name), old)


async def wish_quiet_hours(database: Database, quiet: QuietHours | None) -> QuietOrder:
    """Quiet hours of the whole city, in the place of those that there are."""
    async with database.connection() as connection:
        return QuietOrder(quiet, await find_city_quiet_hours(connection))


async def wish_conduct(database: Database, channel: str, conduct: ChannelConduct) -> ChannelOrder:
    """A channel's conduct, in the place of the one that it has. Raises NoSuchChannel."""
    async with database.connection() as connection:
        return ChannelOrder(channel, conduct, await find_conduct(connection, channel))


async def _covers_city(connection: Connection, places: Sequence[Place]) -> bool:
    covered = await storage.count_covered(connection, places)
    return tells_city(covered.told, covered.everybody)


async def _tells_city(connection: Connection, audience: Audience, by: str, now: datetime) -> bool:
    if audience.city:
        return True
    told = await list_told(connection, audience) | await storage.list_told_lately(connection, by, now - TOGETHER)
    everybody = await list_told(connection, Audience(city=True))
    return tells_city(len(told & everybody), len(everybody))

"""Escalation policies: checked when they are saved, by place, versioned, and said in the log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.domain.escalation import BUILT_IN, Policy, PolicyInvalid, check_policy
from alerts.domain.policies import Circumstances, PassedOver, Rule, check_conditions, choose_policy, read_zone
from alerts.domain.presses import Kind, Mode
from alerts.domain.targets import read_target
from alerts.storage import policies as storage
from alerts.storage.database import Connection, Database
from alerts.storage.errors import UnknownReference
from alerts.storage.log import Entry, append_log
from alerts.storage.policies import PolicyVersion, RuleExists, RuleVersion, SavedRule


class NoSuchRule(Exception):
    """There is no rule of that number in force."""


class NoSuchSchool(Exception):
    """There is no school of that code."""


class RuleChanged(Exception):
    """Somebody else saved a newer version meanwhile; the message says which."""


@dataclass(frozen=True, slots=True)
class PassedOverRule:
    """A rule that does not count for a press, and why."""

    rule: SavedRule
    why: PassedOver


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """The policy that a press at a school would climb by. `rule` is None for the built-in one."""

    school: str
    school_name: str
    zone: str
    mode: Mode
    kind: Kind
    at: datetime
    rule: SavedRule | None
    policy: Policy
    passed_over: tuple[PassedOverRule, ...]


async def list_policies(database: Database) -> list[PolicyVersion]:
    """The whole city's policy for each mode, under no condition: the newest saved, else the built-in as version 0."""
    async with database.connection() as connection:
        rules = await storage.list_rules(connection, at_school=storage.NO_SCHOOL)
    saved = {one.rule.mode: one for one in rules if is_plain(one.rule)}
    return [
        _version_of(saved[mode]) if mode in saved else PolicyVersion(mode, 0, policy, None, None)
        for mode, policy in BUILT_IN.items()
    ]


async def save_policy(database: Database, mode: Mode, policy: Policy, by: str) -> PolicyVersion:
    """Saves a new version of the whole city's policy. Running incidents keep the one they began with.

    Raises PolicyInvalid with what to mend.
    """
    check_policy(mode, policy)
    async with database.transaction() as connection:
        await _check_names(connection, policy)
        now = await database.read_now(connection)
        rule, version = await storage.save_city_policy(connection, mode, policy, by, now)
        saved = PolicyVersion(mode, version, policy, by, now, rule)
        await append_log(connection, now, [Entry(f"person:{by}", f"policy:{mode}", "policy.saved", {"policy": saved})])
    return saved


async def put_rule(
    connection: Connection, rule: Rule, by: str, now: datetime, *, expected_version: int | None = None
) -> SavedRule:
    """Inside the caller's transaction: makes a rule whose `id` is 0, else saves a new version of the rule of that `id`:
    its name, conditions and policy; its mode and place stay.

    Raises PolicyInvalid, NoSuchRule, or RuleChanged when another version than the expected one is in force.
    """
    if rule.id:
        rule = keep_place(rule, await hold_rule(connection, rule.id, expected_version))
    rule = _check_rule(rule)
    await _check_names(connection, rule.definition)
    try:
        saved = await _read_rule(connection, await _store(connection, rule, by, now))
    except RuleExists as error:
        raise PolicyInvalid(_EXISTS) from error
    await append_log(connection, now, [_entry(by, "policy.saved", saved)])
    return saved


async def hold_rule(connection: Connection, rule: int, expected_version: int | None = None) -> Rule:
    """A rule that is in force, held until the transaction ends. Raises NoSuchRule, and RuleChanged when it is another
    version than the expected one."""
    await storage.lock_rule(connection, rule)
    found = (await _read_rule(connection, rule)).rule
    if expected_version not in (None, found.version):
        raise RuleChanged(f"version {found.version} is in force, not {expected_version}: look at it first")
    return found


def keep_place(rule: Rule, old: Rule) -> Rule:
    """A new version of a rule: its mode and place stay."""
    return replace(rule, mode=old.mode, district=old.district, school=old.school)


async def find_city_policy(connection: Connection, mode: Mode) -> Rule:
    """The rule that counts in the whole city under no condition; the built-in one has the number and version 0."""
    rules = await storage.list_rules(connection, mode=mode, at_school=storage.NO_SCHOOL)
    return next((one.rule for one in rules if is_plain(one.rule)), Rule(0, 0, mode, BUILT_IN[mode]))


async def find_problem(database: Database, rule: Rule) -> str | None:
    """What keeps a rule from being saved, as `put_rule` would say it; None when nothing does."""
    try:
        rule = _check_rule(rule)
        async with database.connection() as connection:
            await _check_names(connection, rule.definition)
    except PolicyInvalid as error:
        return str(error)
    return None


async def end_rule(connection: Connection, rule: int, by: str, now: datetime) -> None:
    """Takes a rule out of force inside the caller's transaction. It stays readable, and running incidents keep their
    copy. Raises NoSuchRule."""
    if not await storage.retire_rule(connection, rule, by, now):
        raise NoSuchRule(_RETIRED)
    retired = (await storage.list_rules(connection, rule=rule, retired=True))[0]
    await append_log(connection, now, [_entry(by, "policy.retired", retired)])


async def find_rule(database: Database, rule: int) -> tuple[SavedRule, list[RuleVersion]]:
    """A rule, retired or not, with all its versions, newest first. Raises NoSuchRule."""
    async with database.connection() as connection:
        found = await storage.list_rules(connection, rule=rule, retired=True)
        if not found:
            raise NoSuchRule("there is none of that number")
        return found[0], await storage.list_versions(connection, rule)


async def find_effective_policy(
    database: Database, school: str, mode: Mode, kind: Kind, at: datetime | None
) -> EffectivePolicy | None:
    """The policy by which a press at a school would climb at an instant (None: now), and why. None: no such school."""
    async with database.connection() as connection:
        found = await storage.read_school_circumstances(connection, school)
        if found is None:
            return None
        at = at or await database.read_now(connection)
        rules = {one.rule: one for one in await storage.list_rules(connection, mode=mode, at_school=school)}
    local_at = at.astimezone(read_zone(found.zone))
    choice = choose_policy(rules, Circumstances(mode, kind, local_at, found.code, found.district, found.kind))
    return EffectivePolicy(
        school=found.code,
        school_name=found.name,
        zone=found.zone,
        mode=mode,
        kind=kind,
        at=at,
        rule=rules[choice.rule] if choice.rule else None,
        policy=choice.policy,
        passed_over=tuple(PassedOverRule(rules[rule], why) for rule, why in choice.passed_over),
    )


async def read_school_zone(database: Database, school: str) -> str:
    """The zone of a school's clock. Raises NoSuchSchool."""
    async with database.connection() as connection:
        found = await storage.read_school_circumstances(connection, school)
    if found is None:
        raise NoSuchSchool
    return found.zone


_RETIRED = "there is none of that number, or it is retired"
_EXISTS = "a rule with this place and these conditions is in force already: replace that one, or retire it first"


def _check_rule(rule: Rule) -> Rule:
    """The rule in the one form in which it is stored: weekdays in order. Raises PolicyInvalid."""
    check_conditions(rule)
    check_policy(rule.mode, rule.definition)
    hours = rule.hours and replace(rule.hours, weekdays=tuple(sorted(rule.hours.weekdays)))
    return replace(rule, hours=hours)


async def _check_names(connection: Connection, policy: Policy) -> None:
    """Refuses people and channels that are not there. Raises PolicyInvalid with their names."""
    targets = [read_target(text) for step in policy.steps for text in step.targets]
    people = await storage.list_unknown_people(connection, {one.person for one in targets if one.person})
    if people:
        raise PolicyInvalid(f"there is no person {', '.join(people)}: import them first, or correct the code")
    channels = await storage.list_unknown_channels(connection, {one for step in policy.steps for one in step.channels})
    if channels:
        raise PolicyInvalid(f"there is no channel {', '.join(channels)}")


async def _store(connection: Connection, rule: Rule, by: str, now: datetime) -> int:
    if rule.id:
        await storage.replace_rule(connection, rule, by, now)
        return rule.id
    try:
        return await storage.add_rule(connection, rule, by, now)
    except UnknownReference as error:
        place = f"school {rule.school}" if rule.school else f"district {rule.district}"
        raise PolicyInvalid(f"there is no {place}") from error


async def _read_rule(connection: Connection, rule: int) -> SavedRule:
    found = await storage.list_rules(connection, rule=rule)
    if not found:
        raise NoSuchRule(_RETIRED)
    return found[0]


def _entry(by: str, kind: str, saved: SavedRule) -> Entry:
    subject = saved.rule.mode if is_plain(saved.rule) else saved.rule.id
    return Entry(f"person:{by}", f"policy:{subject}", kind, {"rule": saved})


def _version_of(saved: SavedRule) -> PolicyVersion:
    rule = saved.rule
    return PolicyVersion(rule.mode, rule.version, rule.definition, saved.saved_by, saved.saved_at, rule.id)


def is_plain(rule: Rule) -> bool:
    """Whether a rule counts in the whole city, under no condition."""
    said = (rule.school, rule.district, rule.category, rule.kind, rule.school_kind, rule.hours)
    return all(one is None for one in said)

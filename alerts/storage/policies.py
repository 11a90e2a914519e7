"""Escalation policies on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from alerts.domain.escalation import Policy
from alerts.domain.policies import Hours, Rule
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.storage.database import Connection
from alerts.storage.errors import UnknownReference
from alerts.storage.records import read_record
from alerts.storage.statements import read_statements

_SQL = read_statements("policies")
NO_SCHOOL = ""  # for `list_rules`: where no school can be told, the city's rules alone count


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy of the whole city as it was saved; version 0 is the built-in one. `rule` is its number among rules."""

    mode: Mode
    version: int
    definition: Policy
    saved_by: str | None
    saved_at: datetime | None
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class SavedRule:
    """A rule as it was saved last, the names of its place, and whether it was retired."""

    rule: Rule
    district_name: str | None
    school_name: str | None
    saved_by: str
    saved_at: datetime
    retired_by: str | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """What a rule said in one of its versions. Its mode and place never change."""

    version: int
    name: str
    category: Category | None
    kind: Kind | None
    school_kind: SchoolKind | None
    hours: Hours | None
    definition: Policy
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SchoolCircumstances:
    """What rules may ask of a school, and the zone of its clock."""

    code: str
    name: str
    district: str
    kind: SchoolKind
    zone: str


class RuleExists(Exception):
    """A rule with the same place and conditions is in force already."""


async def save_city_policy(
    connection: Connection, mode: Mode, policy: Policy, by: str, now: datetime
) -> tuple[int, int]:
    """Saves a new version of the policy that counts in the whole city; returns the rule and its version."""
    row = await connection.fetchrow(_SQL["save_city_policy"], mode, _write(policy), by, now)
    if row is None:
        raise LookupError("an upsert gave no row")
    return row["id"], row["version"]


async def add_rule(connection: Connection, rule: Rule, by: str, now: datetime) -> int:
    """Stores a new rule (its `id` and `version` are not looked at) and returns its number.

    Raises RuleExists, or UnknownReference for a place that is not there.
    """
    values = (rule.mode, rule.district, rule.school, rule.category, rule.kind, rule.school_kind)
    try:
        id_: int | None = await connection.fetchval(
            _SQL["add_rule"], *values, _write(rule.hours), rule.name, _write(rule.definition), by, now
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownReference(str(error)) from error
    if id_ is None:
        raise RuleExists
    return id_


async def replace_rule(connection: Connection, rule: Rule, by: str, now: datetime) -> int | None:
    """Saves a new version of a rule and returns its number; None when it is not in force. Raises RuleExists."""
    values = (rule.id, rule.category, rule.kind, rule.school_kind, _write(rule.hours), rule.name)
    try:
        version: int | None = await connection.fetchval(_SQL["replace_rule"], *values, _write(rule.definition), by, now)
    except asyncpg.UniqueViolationError as error:
        raise RuleExists from error
    return version


async def retire_rule(connection: Connection, rule: int, by: str, now: datetime) -> bool:
    """Takes a rule out of force; False when it was not in force."""
    return await connection.fetchval(_SQL["retire_rule"], rule, by, now) is not None


async def lock_rule(connection: Connection, rule: int) -> None:
    """Keeps everybody else from changing a rule until the transaction ends."""
    await connection.execute(_SQL["lock_rule"], rule)


async def list_rules(
    connection: Connection,
    *,
    after: int = 0,
    rule: int | None = None,
    mode: Mode | None = None,
    retired: bool = False,
    at_school: str | None = None,
    district: str | None = None,
    limit: int = 1000,
) -> list[SavedRule]:
    """Rules by number. `at_school`: those that count there, its district's and the city's too; `district`: those of a
    district and of its schools; `retired`: those too that are out of force."""
    rows = await connection.fetch(_SQL["list_rules"], after, rule, mode, retired, at_school, district, limit)
    return [_read_saved(row) for row in rows]


async def list_versions(connection: Connection, rule: int) -> list[RuleVersion]:
    """How a rule was, newest first; empty when there is no such rule."""
    return [msgspec.convert(_read(row), RuleVersion) for row in await connection.fetch(_SQL["list_versions"], rule)]


async def list_unknown_people(connection: Connection, codes: Iterable[str]) -> list[str]:
    """Those of the codes that no person has."""
    return [row["code"] for row in await connection.fetch(_SQL["list_unknown_people"], sorted(codes))]


async def list_unknown_channels(connection: Connection, codes: Iterable[str]) -> list[str]:
    """Those of the codes that no channel has."""
    return [row["code"] for row in await connection.fetch(_SQL["list_unknown_channels"], sorted(codes))]


async def read_school_circumstances(connection: Connection, school: str) -> SchoolCircumstances | None:
    """What rules may ask of a school; None when there is no such school."""
    row = await connection.fetchrow(_SQL["read_school_circumstances"], school)
    return None if row is None else read_record(row, SchoolCircumstances)


def _write(value: Policy | Hours | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _read(row: asyncpg.Record) -> dict[str, Any]:
    """A row with its JSON read."""
    fields = dict(row)
    hours = fields["hours"]
    return fields | {
        "definition": msgspec.json.decode(fields["definition"]),
        "hours": None if hours is None else msgspec.json.decode(hours),
    }


def _read_saved(row: asyncpg.Record) -> SavedRule:
    fields = _read(row)
    return SavedRule(
        rule=msgspec.convert(fields, Rule),
        district_name=fields["district_name"],
        school_name=fields["school_name"],
        saved_by=fields["saved_by"],
        saved_at=fields["saved_at"],
        retired_by=fields["retired_by"],
        retired_at=fields["retired_at"],
    )

"""Rosters as pages show them: names beside codes, what is to be worried about, who is on duty when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.duty import DutySpan, Expansion, Hole, expand
from alerts.domain.rosters import Roster
from alerts.staff.calendars import UnknownYear, list_warnings
from alerts.staff.duty import load_plans
from alerts.staff.ical import list_people as list_calendar_people
from alerts.staff.rosters import check_look, need_post, place_roster
from alerts.storage import rosters as storage
from alerts.storage.calendars import find_school_place
from alerts.storage.database import Connection, Database
from alerts.storage.people import find_codes, find_reachable
from alerts.storage.rosters import (
    DutyItem,
    Holder,
    HoleItem,
    OnDuty,
    OverrideItem,
    PostItem,
    RosterVersion,
    VacantPost,
)
from alerts.storage.subscriptions import FeedOwner, has_feed

_COMING = timedelta(days=35)
_SHOWN_HOLES = 200
_SHOWN_VERSIONS = 50


class NoSuchSchool(LookupError):
    """There is no school of that code."""


class Worry(StrEnum):
    """What may be wrong with people whom a roster names: they do not hold the post (`team:` targets pass them by), or
    no verified method reaches them."""

    NOT_HOLDER = "not_holder"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class RosterWorry:
    """Something to be worried about, and whom it is about."""

    worry: Worry
    person: str
    person_name: str


@dataclass(frozen=True, slots=True)
class RosterDetail:
    """A post's roster, all that bears on it, and what will be missing. Without a roster the holders have the post
    round the clock. `names` are those of everybody in the roster, by code."""

    post: PostItem
    roster: RosterVersion | None
    history: tuple[RosterVersion, ...]
    names: dict[str, str]
    holders: tuple[Holder, ...]
    overrides: tuple[OverrideItem, ...]
    holes: tuple[HoleItem, ...]
    worries: tuple[RosterWorry, ...]
    unknown_years: tuple[UnknownYear, ...]
    has_feed: bool


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """Who is on duty at a post and who is missing, in a stretch of time. What lies after `expanded_until` is worked out
    for this answer only. Without a roster (`rostered`) the holders have the post all the time."""

    post: PostItem
    since: datetime
    until: datetime
    expanded_until: datetime | None
    rostered: bool
    holders: tuple[Holder, ...]
    duty: tuple[DutyItem, ...]
    holes: tuple[HoleItem, ...]
    worries: tuple[RosterWorry, ...]
    unknown_years: tuple[UnknownYear, ...]


@dataclass(frozen=True, slots=True)
class DutyNow:
    """Who is on duty at a school at one instant, and the posts with a roster where nobody is."""

    school: str
    at: datetime
    people: tuple[OnDuty, ...]
    vacant: tuple[VacantPost, ...]


async def read_roster(database: Database, code: str) -> RosterDetail:
    """A post's roster. Raises NoSuchPost."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        post = await need_post(connection, code, now)
        roster = await storage.read_roster(connection, code)
        overrides = await storage.list_overrides(connection, [code], now)
        people = _people_of(roster)
        holders = (await storage.list_holders(connection, [code])).get(code, [])
        return RosterDetail(
            post=post,
            roster=roster,
            history=tuple(await storage.list_versions(connection, code, _SHOWN_VERSIONS)),
            names=await find_codes(connection, people),
            holders=tuple(holders),
            overrides=tuple(overrides),
            holes=tuple(await storage.list_holes(connection, now, now + _COMING, post=code, limit=_SHOWN_HOLES)),
            worries=await _list_worries(connection, people, holders),
            unknown_years=await list_warnings(connection, now),
            has_feed=await has_feed(connection, FeedOwner(None, code)),
        )


async def read_duty(database: Database, code: str, since: datetime, until: datetime) -> DutyPlan:
    """Who was, is and will be on duty at a post. Raises NoSuchPost, and RosterInvalid for a time that is too long."""
    check_look(since, until)
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        post = await need_post(connection, code, now)
        roster = await storage.read_roster(connection, code)
        edge = until if roster is None or roster.expanded_until is None else min(until, roster.expanded_until)
        duty = await storage.list_duty(connection, code, since, edge)
        holes = await storage.list_holes(connection, since, edge, post=code)
        if roster and roster.definition and edge < until:
            placed = place_roster(post, roster.definition, roster.calendar)
            plan = (await load_plans(connection, [placed], edge, until))[code]
            beyond = _after(expand(plan, edge, until), edge)
            later, missing = await _name(connection, post, beyond)
            duty, holes = [*duty, *later], [*holes, *missing]
        return await _show(connection, post, roster is not None, (since, until), duty, holes, _people_of(roster), now)


async def show_preview(
    database: Database, code: str, roster: Roster, expansion: Expansion, since: datetime, until: datetime
) -> DutyPlan:
    """A roster that is not saved, worked out, as pages show it. Raises NoSuchPost."""
    async with database.connection() as connection:
        now = await database.read_now(connection)
        post = await need_post(connection, code, now)
        duty, holes = await _name(connection, post, expansion)
        return await _show(connection, post, True, (since, until), duty, holes, roster.people, now)


async def read_on_duty(database: Database, school: str, at: datetime | None = None) -> DutyNow:
    """Who is on duty at a school, now or at another instant. Raises NoSuchSchool."""
    async with database.connection() as connection:
        moment = at or await database.read_now(connection)
        people = await storage.list_on_duty(connection, school, moment)
        vacant = await storage.list_vacant(connection, school, moment)
        if not people and not vacant and await find_school_place(connection, school) is None:
            raise NoSuchSchool(f"there is no school {school}")
    return DutyNow(school, moment, tuple(people), tuple(vacant))


def _people_of(roster: RosterVersion | None) -> frozenset[str]:
    if roster is None or roster.definition is None:
        return frozenset()
    imported = list_calendar_people(roster.calendar) if roster.calendar else frozenset()
    return roster.definition.people | imported


def _after(expansion: Expansion, edge: datetime) -> Expansion:
    return Expansion(
        tuple(one for one in expansion.spans if one.starts_at >= edge),
        tuple(one for one in expansion.holes if one.starts_at >= edge),
    )


async def _show(
    connection: Connection,
    post: PostItem,
    rostered: bool,
    stretch: tuple[datetime, datetime],
    duty: Sequence[DutyItem],
    holes: Sequence[HoleItem],
    people: Collection[str],
    now: datetime,
) -> DutyPlan:
    holders = (await storage.list_holders(connection, [post.code])).get(post.code, [])
    return DutyPlan(
        post=post,
        since=stretch[0],
        until=stretch[1],
        expanded_until=post.expanded_until,
        rostered=rostered,
        holders=tuple(holders),
        duty=tuple(duty),
        holes=tuple(holes),
        worries=await _list_worries(connection, people, holders),
        unknown_years=await list_warnings(connection, now),
    )


async def _list_worries(
    connection: Connection, people: Collection[str], holders: Sequence[Holder]
) -> tuple[RosterWorry, ...]:
    names = await find_codes(connection, people)
    reachable = await find_reachable(connection, people)
    holding = {one.person for one in holders}
    worries = [RosterWorry(Worry.UNREACHABLE, code, name) for code, name in names.items() if code not in reachable]
    worries += [RosterWorry(Worry.NOT_HOLDER, code, name) for code, name in names.items() if code not in holding]
    return tuple(sorted(worries, key=lambda one: (one.worry, one.person)))


async def _name(connection: Connection, post: PostItem, expansion: Expansion) -> tuple[list[DutyItem], list[HoleItem]]:
    codes = {one.person for one in expansion.spans} | {one.person for one in expansion.holes}
    codes |= {one.instead_of for one in expansion.spans if one.instead_of}
    names = await find_codes(connection, codes)
    return (
        [_name_span(one, names) for one in expansion.spans],
        [_name_hole(one, post, names) for one in expansion.holes],
    )


def _name_span(span: DutySpan, names: dict[str, str]) -> DutyItem:
    return DutyItem(
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        person=span.person,
        person_name=names.get(span.person, ""),
        shift=span.shift,
        source=span.source,
        instead_of=span.instead_of,
        instead_of_name=names.get(span.instead_of) if span.instead_of else None,
        assumed=span.assumed,
    )


def _name_hole(hole: Hole, post: PostItem, names: dict[str, str]) -> HoleItem:
    return HoleItem(
        post=post.code,
        post_name=post.name,
        post_kind=post.kind,
        school=post.school,
        school_name=post.school_name,
        starts_at=hole.starts_at,
        ends_at=hole.ends_at,
        shift=hole.shift,
        person=hole.person,
        person_name=names.get(hole.person, ""),
        reason=hole.reason,
        empty=hole.empty,
    )

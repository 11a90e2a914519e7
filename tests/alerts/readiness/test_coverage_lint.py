"""The lint against an oracle: minute by minute, by the functions that really call people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.coverage import WITHIN, Finding, Lookout
from alerts.domain.escalation import BUILT_IN, Fired, Policy, Running, Step, decide
from alerts.domain.incidents import Incident, State
from alerts.domain.members import Member, Way
from alerts.domain.policies import Circumstances, Hours, Rule, choose_policy, read_zone
from alerts.domain.presses import Kind, Mode, category_of
from alerts.domain.registry import SchoolKind
from alerts.domain.rehearsal import Climb
from alerts.domain.spans import Spans, covers, intersect, subtract, unite
from alerts.domain.staff import Staff, WatchedSchool
from alerts.readiness.coverage import lint_coverage
from alerts.storage.coverage import list_live_rules, list_watched_schools, load_staff
from alerts.storage.database import Connection
from alerts.storage.deliveries import switch_channel
from alerts.storage.policies import RuleExists, add_rule
from alerts.storage.recipients import list_callees
from tests.alerts.story import Story

EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def minutes(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    return [(EPOCH + start * MINUTE, EPOCH + end * MINUTE) for start, end in pairs]


_PAIRS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: (min(two), max(two))), max_size=8)


@given(_PAIRS, _PAIRS)
def test_stretches_are_united_taken_away_and_cut_as_sets_of_minutes_are(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    def members(spans: Spans) -> set[int]:
        return {minute for minute in range(-1, 62) if covers(spans, EPOCH + minute * MINUTE)}

    first, second = unite(minutes(*one)), unite(minutes(*other))
    assert members(first) == {minute for start, end in one for minute in range(start, end)}
    assert members(subtract(first, second)) == members(first) - members(second)
    assert members(intersect(first, second)) == members(first) & members(second)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(first)), "in order, never touching"


_SECOND = timedelta(seconds=1)
_HOW = st.sampled_from(["works", "works", "fails", "fails", "off", "nothing"])
_AWAY = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 90)).map(
        lambda two: (EPOCH + two[0] * _SECOND, EPOCH + sum(two) * _SECOND)
    ),
    max_size=4,
)
_STEPS = st.lists(st.sampled_from([5, 10, 20, 30, 45, 60, 90]), max_size=4, unique=True).map(
    lambda delays: tuple(Step(delay, (f"person:{number}",)) for number, delay in enumerate([0, *sorted(delays)]))
)


def member(code: str, how: str, away: Sequence[tuple[datetime, datetime]]) -> Member:
    way = Way("sms", verified=True, failing=how == "fails", enabled=how != "off")
    return Member(code, code, () if how == "nothing" else (way,), unite(away))


@settings(max_examples=60, deadline=None)  # 120 presses each
@given(_STEPS, st.sampled_from([10, 15, 60]), st.lists(st.tuples(_HOW, _AWAY), min_size=5, max_size=5))
def test_presses_that_are_followed_at_once_reach_whom_each_of_them_alone_reaches(
    steps: tuple[Step, ...], pause: int, people: list[tuple[str, Any]]
) -> None:
    members = {str(number): member(str(number), how, away) for number, (how, away) in enumerate(people)}
    staff = Staff((EPOCH, EPOCH + 700 * _SECOND), (), members, ())
    climb = Climb(Policy(steps, pause), WatchedSchool("S", "S", "D", SchoolKind.PRIMARY, "Asia/Shanghai"), staff)
    unreached = climb.find_unreached(((EPOCH, EPOCH + 240 * _SECOND),), WITHIN)
    for second in range(0, 240, 2):
        at = EPOCH + second * _SECOND
        fired = list(climb.rehearse(at, WITHIN))
        assert list(climb.list_fired(at, WITHIN)) == [(fired_at, step.step) for fired_at, step in fired]
        reached = any(staff.contacts.works(one.person, ()) for _, step in fired for one in step.recipients)
        assert covers(unreached, at) != reached, f"{second} s, {unreached}"


# ---------------------------------------------------------------- a random city, and two ways to look at it

PEOPLE = ("guard", "duty", "desk", "supervisor", "city", "police", "head")
TARGETS = (
    "post:school_duty", "post:guard", "post:duty_leader", "post:crossing_post", "team:guard_team", "team:guard",
    "on_duty", "neighbours:2000", "neighbours:group", "district", "city", "person:head", "person:guard", "police",
    "post:supervisor",
)  # fmt: skip
POSTS = """
insert into education_group (code, name) values ('g', 'g');
update school set group_code = 'g' where code in ('S1', 'S2');
update school set latitude = 36.06, longitude = 120.38 where code = 'S1';
update school set latitude = 36.07, longitude = 120.38 where code = 'S3';
insert into post (code, kind, name, district, school) values
    ('S1:guard', 'guard', '保安', null, 'S1'), ('S1:guard2', 'guard', '保安二', null, 'S1'),
    ('S1:leader', 'duty_leader', '带班', null, 'S1'), ('S1:crossing', 'crossing_post', '护学岗', null, 'S1'),
    ('S1:crossing2', 'crossing_post', '护学岗二', null, 'S1'), ('S1:team', 'guard_team', '护校队', null, 'S1'),
    ('S3:guard', 'guard', '保安', null, 'S3'), ('S2:crossing', 'crossing_post', '护学岗', null, 'S2');
"""
RANDOM_POSTS = (
    "S1:duty", "S1:guard", "S1:guard2", "S1:leader", "S1:crossing", "S1:crossing2", "S1:team", "S2:duty", "S2:crossing",
    "S3:guard", "370202:desk", "370202:supervisor", "city:desk",
)  # fmt: skip


class RandomCity:
    """Holdings, rosters, duty, leave, deputies, methods and rules by chance, with whole minutes and odd seconds."""

    shifts, longest_shift, pieces_of_leave, most_rules = 4, 0.5, 1, 3
    verified, failing = 0.8, 0.3

    def __init__(self, story: Story, seed: int, now: datetime, span: timedelta) -> None:
        self.story, self.chance, self.now, self.span = story, random.Random(seed), now, span

    async def settle(self) -> None:
        await self.story.database_execute(POSTS)
        async with self.story.database.transaction() as connection:
            await switch_channel(connection, "log", on=False, confirms=False)
            for code in ("sms", "voice"):
                await switch_channel(connection, code, on=True, confirms=True)
            await self._settle_posts(connection)
            await self._settle_people(connection)

    def _stretch(self, longest: float) -> tuple[datetime, datetime]:
        start = self.now + self.chance.uniform(-0.3, 1.1) * self.span
        start = start.replace(microsecond=0) if self.chance.random() < 0.5 else start.replace(second=0, microsecond=0)
        return start, start + timedelta(seconds=int(self.chance.uniform(0.02, longest) * self.span.total_seconds()) + 1)

    async def _settle_posts(self, connection: Connection) -> None:
        chance = self.chance
        await connection.execute("delete from holding")
        for post in RANDOM_POSTS:
            for rank, person in enumerate(chance.sample(PEOPLE, chance.randint(0, 2)), 1):
                await connection.execute("insert into holding values ($1, $2, $3)", post, person, rank)
            if chance.random() < 0.6:
                await connection.execute(
                    "insert into roster (post, definition, version, saved_by, saved_at, expanded_until)"
                    " values ($1, '{}', 1, 'x', $2, $2)",
                    post,
                    self.now,
                )
                for _ in range(chance.randint(0, self.shifts)):
                    start, end = self._stretch(self.longest_shift)
                    await connection.execute(
                        "insert into duty values ($1, $2, $3, $4, 'day', 'rotation') on conflict do nothing",
                        post, start, end, chance.choice(PEOPLE),
                    )  # fmt: skip

    async def _settle_people(self, connection: Connection) -> None:
        chance = self.chance
        for person in PEOPLE:
            for rank, channel in enumerate(chance.sample(["sms", "voice", "mail"], chance.randint(0, 2)), 1):
                await connection.execute(
                    "insert into contact_method (person, rank, channel, address, added_at, verified_at, failing_since)"
                    " values ($1, $2, $3, 'a', $4, $5, $6)",
                    person, rank, channel, self.now,
                    self.now if chance.random() < self.verified else None,
                    self.now if chance.random() < self.failing else None,
                )  # fmt: skip
            for _ in range(self.pieces_of_leave if chance.random() < 0.4 else 0):
                await connection.execute(
                    "insert into leave (person, starts_at, ends_at, saved_by, saved_at) values ($1, $2, $3, 'x', $4)",
                    person, *self._stretch(1 / self.pieces_of_leave), self.now,
                )  # fmt: skip
            if chance.random() < 0.4:
                deputy = chance.choice([one for one in PEOPLE if one != person])
                await connection.execute("insert into deputy values ($1, $2)", person, deputy)

    async def make_rules(self) -> None:
        async with self.story.database.connection() as connection:
            for _ in range(self.chance.randint(0, self.most_rules)):
                rule = self._make_rule()
                try:
                    await add_rule(connection, rule, "x", self.now)
                except RuleExists:
                    continue

    def _make_rule(self) -> Rule:
        chance = self.chance
        delays = [0, *sorted(chance.sample([10, 20, 30, 55, 60, 61, 90], chance.randint(0, 3)))]
        steps = tuple(
            Step(
                delay,
                tuple(chance.sample(TARGETS, chance.randint(1, 3))),
                ("sms",) if chance.random() < 0.2 else (),
            )
            for delay in delays
        )
        local = self.now.astimezone(read_zone("Asia/Shanghai"))
        wall = (local + timedelta(minutes=chance.randint(-30, 60))).time().replace(microsecond=0, tzinfo=None)
        return Rule(
            id=0,
            version=0,
            mode=Mode.LIVE,
            definition=Policy(steps, chance.choice([10, 30, 60])),
            school=chance.choice([None, "S1"]),
            kind=chance.choice([None, None, Kind.FIRE]),
            hours=Hours(wall, time(0)) if chance.random() < 0.5 else None,
        )


class FailingCity(RandomCity):
    """Many short shifts, leave in pieces, more policies by hours and kinds, and hardly a method that works."""

    shifts, longest_shift, pieces_of_leave, most_rules = 16, 0.08, 5, 8
    verified, failing = 0.6, 0.75


async def reached_by_the_real_functions(
    connection: Connection, policy: Policy, kind: Kind, at: datetime
) -> Finding | None:
    """One press, stepped through by what the intake and the engine call, against the database itself."""
    incident = Incident(
        id=1, place="S1", school="S1", school_name="S1", district="370202", point=None, device="d", mode=Mode.LIVE,
        category=category_of(kind), kind=kind, state=State.OPEN, opened_at=at, last_press_at=at, next_at=at,
    )  # fmt: skip
    running, now, fired = Running(incident, policy, at), at, []
    while now <= at + WITHIN:
        decision = decide(running, (await list_callees(connection, [running], now))[1], now)
        fired += decision.fired
        running = decision.running
        assert running.incident.next_at is not None
        now = running.incident.next_at
    first = next((number for number, step in enumerate(policy.steps) if set(step.targets) != {"police"}), None)
    reached = [one.step for one in fired if await somebody_works(connection, policy, one)]
    if not reached:
        return Finding.NOBODY
    first_time = next(one for one in fired if one.step == first)
    return None if await somebody_works(connection, policy, first_time) else Finding.FIRST_STEP_EMPTY


async def somebody_works(connection: Connection, policy: Policy, fired: Fired) -> bool:
    channels = list(policy.steps[fired.step].channels)
    for one in fired.recipients:
        if one.shared or await connection.fetchval(
            "select exists (select from contact_method m join channel c on c.code = m.channel where person = $1"
            " and verified_at is not null and failing_since is null and c.enabled"
            " and (cardinality($2::text[]) = 0 or c.code = any($2)))",
            one.person,
            channels,
        ):
            return True
    return False


@pytest.mark.parametrize("seed", range(8))
async def test_the_holes_of_a_random_city_are_those_that_the_real_functions_fall_into(story: Story, seed: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    await prove(story, RandomCity(story, seed, now, timedelta(minutes=60)), f"seed {seed}")


@pytest.mark.parametrize("seed", range(4))
async def test_so_it_is_where_nearly_nobody_can_be_reached_and_people_come_and_go_all_the_time(
    story: Story, seed: int
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    await prove(story, FailingCity(story, seed, now, timedelta(minutes=60)), f"failing, seed {seed}")


async def prove(story: Story, city: RandomCity, name: str) -> None:
    """Each hole's beginning and end, the instants just before them, and every minute, are pressed at."""
    now, span = city.now, city.span
    await city.settle()
    await city.make_rules()
    async with story.database.connection() as connection:
        rules = await list_live_rules(connection)
        school = (await list_watched_schools(connection, rules, ["S1"]))[0]
        staff = await load_staff(connection, [school], rules, (now, now + span + timedelta(seconds=700)))
        holes = Lookout(staff, (now, now + span)).find_holes(school, rules)
        edges = {edge for hole in holes for edge in (hole.starts_at, hole.ends_at)}
        moments = {now + minute * MINUTE for minute in range(60)} | edges
        moments |= {edge - timedelta(microseconds=1) for edge in edges}
        for at in sorted(moment for moment in moments if now <= moment < now + span):
            for kind in (Kind.PANIC, Kind.FIRE):
                found = {
                    hole.finding
                    for hole in holes
                    if hole.starts_at <= at < hole.ends_at and (not hole.kinds or kind in hole.kinds)
                }
                local = at.astimezone(read_zone("Asia/Shanghai"))
                press = Circumstances(Mode.LIVE, kind, local, "S1", "370202", SchoolKind.PRIMARY)
                policy = choose_policy(rules, press).policy if rules else BUILT_IN[Mode.LIVE]
                real = await reached_by_the_real_functions(connection, policy, kind, at)
                assert found == ({real} if real else set()), f"{name}, {kind} at {at}, {holes}"


async def test_a_lint_that_is_asked_for_one_school_looks_at_that_one(story: Story) -> None:
    seen: list[tuple[int, int]] = []
    lint = await lint_coverage(story.database, "S1", lambda done, total: seen.append((done, total)))
    assert [school.code for school in lint.schools] == ["S1"]
    assert lint.holes == (), "the log channel takes messages for anybody"
    assert seen == [(0, 1), (1, 1)]
    assert (await lint_coverage(story.database, "S99")).schools == ()
    assert replace(lint, schools=(), holes=()).until - lint.checked_at == timedelta(days=7)

"""Rosters worked out to duty: the rules alone, with every calendar, override and leave that hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.calendars import (
    Calendar,
    Day,
    DayKind,
    DayOrigin,
    YearUnknown,
    find_national_day,
    list_unknown_years,
)
from alerts.domain.duty import DutySource, DutySpan, HoleReason, Plan, expand, reconcile, subtract
from alerts.domain.rosters import (
    DayFilter,
    Override,
    OverrideKind,
    Roster,
    RosterInvalid,
    Shift,
    check_override,
    check_roster,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)


def at(hour: float, day: int = 0) -> datetime:
    """An hour on the school's wall clock, so many days after Monday."""
    midnight = datetime.combine(MONDAY, datetime.min.time(), SHANGHAI)
    return midnight + timedelta(days=day, hours=hour)


def shift(name: str, starts: str, ends: str, *turns: str, **said: Any) -> Shift:
    """A shift whose turns are people, `a+b` two of them together."""
    groups = tuple(tuple(turn.split("+")) for turn in turns)
    return Shift(name, starts, ends, groups, said.pop("since", MONDAY), **said)


def told(plan: Plan, since: datetime, until: datetime) -> list[tuple[str, str, str]]:
    """Who is on duty from when to when, by the wall clock."""
    return [
        (
            span.person,
            f"{span.starts_at.astimezone(SHANGHAI):%d %H:%M}",
            f"{span.ends_at.astimezone(SHANGHAI):%d %H:%M}",
        )
        for span in expand(plan, since, until).spans
    ]


def plan(*shifts: Shift, handover_minutes: int = 0, around_the_clock: bool = False, **said: Any) -> Plan:
    return Plan(Roster(shifts, handover_minutes, around_the_clock), SHANGHAI, **said)


def test_people_take_turns_day_by_day_and_a_night_shift_ends_the_next_morning() -> None:
    rota = plan(shift("day", "08:00", "20:00", "zhao", "qian"), shift("night", "20:00", "08:00", "sun"))
    assert told(rota, at(0), at(24, 1)) == [
        ("zhao", "23 08:00", "23 20:00"),
        ("sun", "23 20:00", "24 08:00"),
        ("qian", "24 08:00", "24 20:00"),
        ("sun", "24 20:00", "25 08:00"),
    ]


def test_the_night_shift_that_began_yesterday_is_on_duty_this_morning() -> None:
    rota = plan(shift("night", "20:00", "08:00", "sun", "li"))
    assert told(rota, at(3, 1), at(4, 1)) == [("sun", "23 20:00", "24 08:00")]


def test_a_weekly_turn_is_handed_over_on_the_day_of_the_week_on_which_it_began() -> None:
    rota = plan(shift("week", "00:00", "00:00", "zhao", "qian", turn_days=7))
    people = [span.person for span in expand(rota, at(0), at(0, 21)).spans]
    assert people == ["zhao"] * 7 + ["qian"] * 7 + ["zhao"] * 7


def test_a_shift_for_workdays_knows_holidays_and_the_days_that_make_up_for_them() -> None:
    rota = plan(shift("school", "07:00", "18:00", "zhao", days=DayFilter.WORKDAY, since=date(2026, 9, 1)))
    october = datetime(2026, 10, 1, tzinfo=SHANGHAI)
    days = {
        span.starts_at.astimezone(SHANGHAI).day for span in expand(rota, october, october + timedelta(days=14)).spans
    }
    assert not days & {1, 2, 3, 4, 5, 6, 7}, "the national holiday"
    assert 10 in days, "the Saturday that makes up for it"
    assert 11 not in days, "an ordinary Sunday"


def test_the_schools_own_day_counts_over_the_national_one() -> None:
    sports = {MONDAY: Day(MONDAY, DayKind.HOLIDAY, "运动会", DayOrigin.SCHOOL)}
    rota = plan(shift("school", "07:00", "18:00", "zhao", days=DayFilter.WORKDAY), calendar=Calendar(sports))
    assert told(rota, at(0), at(24, 1)) == [("zhao", "24 07:00", "24 18:00")]


def test_people_come_so_many_minutes_before_their_shift_for_the_hand_over() -> None:
    rota = plan(
        shift("day", "08:00", "20:00", "zhao"), shift("night", "20:00", "08:00", "sun", "zhao"), handover_minutes=15
    )
    assert told(rota, at(9), at(21)) == [("zhao", "23 07:45", "23 20:00"), ("sun", "23 19:45", "24 08:00")]
    both = told(rota, at(12, 1), at(21, 1))
    assert both == [("zhao", "24 07:45", "24 20:00"), ("zhao", "24 20:00", "25 08:00")], "nobody relieves themselves"


def test_an_override_puts_somebody_in_the_place_of_another_for_a_time() -> None:
    override = Override(1, OverrideKind.REPLACE, at(10), at(12), "li", "zhao")
    rota = plan(shift("day", "08:00", "20:00", "zhao+qian"), overrides=(override,))
    assert told(rota, at(9), at(19)) == [
        ("qian", "23 08:00", "23 20:00"),
        ("zhao", "23 08:00", "23 10:00"),
        ("li", "23 10:00", "23 12:00"),
        ("zhao", "23 12:00", "23 20:00"),
    ]


def test_an_override_may_add_somebody_or_leave_the_post_to_nobody_which_is_a_hole() -> None:
    overrides = (
        Override(1, OverrideKind.NOBODY, at(8), at(20), None),
        Override(2, OverrideKind.ADD, at(9), at(11), "li"),
    )
    expansion = expand(plan(shift("day", "08:00", "20:00", "zhao"), overrides=overrides), at(0), at(24))
    assert [(span.person, span.shift) for span in expansion.spans] == [("li", "extra")]
    assert [(hole.starts_at, hole.ends_at, hole.empty) for hole in expansion.holes] == [
        (at(8), at(9), True),
        (at(9), at(11), False),
        (at(11), at(20), True),
    ]
    assert {hole.reason for hole in expansion.holes} == {HoleReason.NOBODY}


def test_leave_puts_the_first_deputy_in_who_is_neither_away_nor_on_duty() -> None:
    rota = plan(
        shift("day", "08:00", "20:00", "zhao+qian"),
        away={"zhao": [(at(10), at(16))], "sun": [(at(0), at(12))]},
        deputies={"zhao": ["qian", "sun", "li"]},
    )
    expansion = expand(rota, at(0), at(24))
    stand_ins = [(one.person, one.starts_at, one.ends_at) for one in expansion.spans if one.instead_of == "zhao"]
    assert stand_ins == [("li", at(10), at(12)), ("sun", at(12), at(16))]
    assert expansion.holes == ()


def test_leave_without_a_deputy_is_a_hole_and_is_listed_as_one() -> None:
    rota = plan(shift("day", "08:00", "20:00", "zhao"), away={"zhao": [(at(10), at(30))]})
    expansion = expand(rota, at(0), at(24))
    assert told(rota, at(0), at(24)) == [("zhao", "23 08:00", "23 10:00")]
    assert [(one.starts_at, one.ends_at, one.person, one.reason, one.empty) for one in expansion.holes] == [
        (at(10), at(20), "zhao", HoleReason.LEAVE, True)
    ]


def test_a_post_to_be_held_around_the_clock_has_holes_where_no_shift_is() -> None:
    rota = plan(shift("day", "08:00", "20:00", "zhao"), around_the_clock=True)
    holes = expand(rota, at(0), at(24)).holes
    assert [(one.starts_at, one.ends_at, one.reason) for one in holes] == [
        (at(0), at(8), HoleReason.NO_SHIFT),
        (at(20), at(24), HoleReason.NO_SHIFT),
    ]


def test_an_unknown_year_leaves_no_hole_but_says_that_it_is_assumed() -> None:
    rota = plan(
        shift("school", "07:00", "18:00", "zhao", days=DayFilter.WORKDAY), shift("night", "20:00", "06:00", "sun")
    )
    january = datetime(2027, 1, 4, tzinfo=SHANGHAI)
    spans = expand(rota, january, january + timedelta(days=7)).spans
    assert {one.shift: one.assumed for one in spans} == {"school": True, "night": False}
    assert len([one for one in spans if one.shift == "school"]) == 5
    with pytest.raises(YearUnknown, match=r"upgrade.*chinesecalendar.*enter"):
        find_national_day(date(2027, 1, 4))


def test_a_year_that_people_entered_whole_is_known() -> None:
    entered = Calendar(
        {date(2027, 1, 1): Day(date(2027, 1, 1), DayKind.HOLIDAY, "元旦", DayOrigin.CITY)}, frozenset({2027})
    )
    assert entered.find(date(2027, 1, 1)).kind is DayKind.HOLIDAY
    assert entered.find(date(2027, 1, 4)) == Day(date(2027, 1, 4), DayKind.WORKDAY, "", DayOrigin.CITY)


def test_next_year_is_warned_of_from_november_on() -> None:
    assert list_unknown_years(date(2026, 10, 31), ()) == ()
    assert list_unknown_years(date(2026, 11, 1), ()) == (2027,)
    assert list_unknown_years(date(2026, 11, 1), (2027,)) == ()
    assert list_unknown_years(date(2027, 3, 1), ()) == (2027,)


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        (Roster((shift("", "08:00", "20:00", "a"),)), "name"),
        (Roster((shift("x", "8:00", "20:00", "a"),)), "time of day"),
        (Roster((shift("x", "08:00", "24:00", "a"),)), "midnight as 00:00"),
        (Roster((shift("x", "08:00", "20:00"),)), "turns"),
        (Roster((shift("x", "08:00", "20:00", "a+a"),)), "twice"),
        (Roster((shift("x", "08:00", "20:00", "a", weekdays=(0,)),)), "Monday"),
        (Roster((shift("x", "08:00", "20:00", "a", turn_days=0),)), "turn_days"),
        (Roster((shift("x", "08:00", "20:00", "a"), shift("x", "20:00", "08:00", "a"))), "same name"),
        (Roster((shift("x", "08:00", "20:00", "a"),), handover_minutes=500), "handover_minutes"),
    ],
)
def test_a_roster_that_cannot_be_says_what_to_mend(roster: Roster, words: str) -> None:
    with pytest.raises(RosterInvalid, match=words):
        check_roster(roster)


@pytest.mark.parametrize(
    "override",
    [
        Override(0, OverrideKind.REPLACE, at(2), at(1), "li"),
        Override(0, OverrideKind.REPLACE, at(1), at(2), None),
        Override(0, OverrideKind.NOBODY, at(1), at(2), "li"),
        Override(0, OverrideKind.ADD, at(1), at(2), "li", "zhao"),
        Override(0, OverrideKind.REPLACE, at(1), at(2), "li", "li"),
    ],
)
def test_an_override_that_cannot_be_is_refused(override: Override) -> None:
    with pytest.raises(RosterInvalid):
        check_override(override)


def test_what_has_been_stays_and_what_goes_on_keeps_its_beginning() -> None:
    def span(person: str, starts: float, ends: float) -> DutySpan:
        return DutySpan(at(starts), at(ends), person, "day", DutySource.ROTATION)

    stored = [span("zhao", 8, 20), span("qian", 8, 20), span("sun", 20, 32)]
    wanted = [span("zhao", 8, 18), span("li", 8, 20), span("sun", 20, 32), span("li", 32, 40)]
    changes = reconcile(stored, wanted, at(12))
    assert set(changes.ended) == {(stored[0], at(18)), (stored[1], at(12))}
    assert changes.removed == ()
    assert set(changes.added) == {span("li", 12, 20), span("li", 32, 40)}
    assert not reconcile(wanted, wanted, at(12))


PEOPLE = ("a", "b", "c", "d")
hours = st.integers(0, 23).map(lambda hour: f"{hour:02d}:00")
moments = st.integers(-24, 24 * 8).map(at)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[datetime, datetime]:
    starts_at = draw(moments)
    return starts_at, starts_at + timedelta(hours=draw(st.integers(1, 60)))


@st.composite
def shifts(draw: st.DrawFn, name: str) -> Shift:
    turns = draw(
        st.lists(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True), min_size=1, max_size=4)
    )
    return Shift(
        name,
        draw(hours),
        draw(hours),
        tuple(tuple(turn) for turn in turns),
        MONDAY - timedelta(days=draw(st.integers(0, 20))),
        draw(st.integers(1, 8)),
        tuple(draw(st.lists(st.integers(1, 7), min_size=1, unique=True))),
        draw(st.sampled_from(DayFilter)),
    )


@st.composite
def overrides(draw: st.DrawFn, number: int) -> Override:
    kind = draw(st.sampled_from(OverrideKind))
    starts_at, ends_at = draw(stretches())
    person = None if kind is OverrideKind.NOBODY else draw(st.sampled_from(PEOPLE))
    whom = st.sampled_from([one for one in PEOPLE if one != person])
    instead_of = None if kind is OverrideKind.ADD else draw(st.none() | whom)
    return Override(number, kind, starts_at, ends_at, person, instead_of)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 3))
    return Plan(
        Roster(tuple(draw(shifts(f"s{n}")) for n in range(count)), draw(st.sampled_from((0, 15, 60)))),
        SHANGHAI,
        overrides=tuple(draw(overrides(n)) for n in range(draw(st.integers(0, 3)))),
        away=draw(st.dictionaries(st.sampled_from(PEOPLE), st.lists(stretches(), max_size=2), max_size=3)),
        deputies={
            person: [one for one in PEOPLE if one != person][: draw(st.integers(0, 3))]
            for person in draw(st.sets(st.sampled_from(PEOPLE)))
        },
    )


SINCE, UNTIL = at(0), at(0, 7)


def minutes_of(starts_at: datetime, ends_at: datetime) -> set[datetime]:
    """Every quarter of an hour of a stretch that lies in the week that is looked at."""
    first, last = max(starts_at, SINCE), min(ends_at, UNTIL)
    steps = max(0, int((last - first) / timedelta(minutes=15)))
    return {(first + timedelta(minutes=15 * step)).astimezone(UTC) for step in range(steps)}


@given(plans())
@settings(max_examples=150, deadline=None)
def test_nobody_is_in_two_spans_at_once_and_nobody_is_on_duty_while_away(made: Plan) -> None:
    spans = expand(made, SINCE, UNTIL).spans
    for person in PEOPLE:
        own = [one for one in spans if one.person == person]
        assert all(earlier.ends_at <= later.starts_at for earlier, later in pairwise(own))
        for one in own:
            assert subtract((one.starts_at, one.ends_at), made.away.get(person, ())) == [(one.starts_at, one.ends_at)]


@given(plans())
@settings(max_examples=100, deadline=None)
def test_every_minute_that_a_rule_fills_is_either_filled_or_listed_as_a_hole_and_no_other_is(made: Plan) -> None:
    bare = expand(Plan(made.roster, made.zone), SINCE, UNTIL)
    ruled = {minute for one in bare.spans for minute in minutes_of(one.starts_at, one.ends_at)}
    added = {
        minute
        for one in made.overrides
        if one.kind is OverrideKind.ADD
        for minute in minutes_of(one.starts_at, one.ends_at)
    }
    whole = expand(made, SINCE, UNTIL)
    filled = {minute for one in whole.spans for minute in minutes_of(one.starts_at, one.ends_at)}
    empty = {minute for one in whole.holes if one.empty for minute in minutes_of(one.starts_at, one.ends_at)}
    assert not filled & empty
    assert filled | empty >= ruled
    assert filled | empty <= ruled | added


@given(plans(), st.integers(0, 24 * 7 - 1))
@settings(max_examples=100, deadline=None)
def test_looking_at_a_part_shows_the_same_as_looking_at_the_whole(made: Plan, hour: int) -> None:
    now = at(hour)
    whole = [one for one in expand(made, SINCE, UNTIL).spans if one.starts_at <= now < one.ends_at]
    part = [one for one in expand(made, now, now + timedelta(minutes=1)).spans if one.starts_at <= now < one.ends_at]
    assert {one.person for one in whole} == {one.person for one in part}


@given(plans(), plans(), st.integers(0, 24 * 7))
@settings(max_examples=100, deadline=None)
def test_stored_duty_that_is_reconciled_calls_whom_the_new_plan_calls_and_keeps_the_past(
    old: Plan, new: Plan, hour: int
) -> None:
    now = at(hour)
    stored = expand(old, SINCE, UNTIL).spans
    wanted = expand(new, now, UNTIL).spans
    changes = reconcile([one for one in stored if one.ends_at > now], wanted, now)
    ends = dict(changes.ended)
    rows = [(one.starts_at, ends.get(one, one.ends_at), one.person) for one in stored if one not in changes.removed] + [
        (one.starts_at, one.ends_at, one.person) for one in changes.added
    ]
    assert len({(starts_at, person) for starts_at, _, person in rows}) == len(rows), "the table's key"
    for minute in minutes_of(SINCE, UNTIL):
        called = {person for starts_at, ends_at, person in rows if starts_at <= minute < ends_at}
        plan_then = stored if minute < now else wanted
        assert called == {one.person for one in plan_then if one.starts_at <= minute < one.ends_at}

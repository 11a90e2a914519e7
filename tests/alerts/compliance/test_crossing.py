"""护学岗: the crossing post, who stands there, and next week's roster, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alerts.domain.calendars import DayKind
from alerts.domain.compliance.events import Implausible, PostEvent
from alerts.domain.compliance.schedule import ClosedLoop, DayException, ExceptionKind
from alerts.domain.compliance.school_day import Fact, FactKind, PostDay
from alerts.domain.compliance.verdicts import Grade, Verdict
from alerts.domain.registry import PostKind
from tests.alerts.compliance.days import (
    CROSSING,
    MONDAY,
    READER,
    TERM,
    TIMETABLE,
    at,
    check_in,
    codes_of,
    fact,
    hold,
    judge,
    make_day,
)

JUST_AFTER = timedelta.resolution
SUNDAY = MONDAY + timedelta(days=6)
POST = "S1-crossing_post"
LOOP = DayException(1, ExceptionKind.CLOSED_LOOP, MONDAY, MONDAY, level=ClosedLoop.CLOSED)


def stand(person: str, since: str, until: str | None, **more: Any) -> tuple[PostEvent, ...]:
    came = check_in(person, POST, "on", since, **more)
    return (came,) if until is None else (came, check_in(person, POST, "off", until, **more))


MORNING, EVENING = stand("W1", "07:00", "08:15"), stand("W2", "16:10", "17:40")


@pytest.mark.parametrize(
    ("rule", "check_ins", "verdict"),
    [
        ("H1", MORNING, Verdict.MET),
        ("H1", stand("W1", "07:05", "08:10"), Verdict.MET),  # five minutes at each end
        ("H1", stand("W1", "07:05:01", "08:15"), Verdict.NOT_MET),
        ("H1", stand("W1", "06:50", "08:09:59"), Verdict.NOT_MET),
        ("H1", stand("W1", "07:00", "07:10") + stand("W2", "07:15", "08:15"), Verdict.MET),
        ("H1", stand("W1", "07:00", "07:10") + stand("W2", "07:15:01", "08:15"), Verdict.NOT_MET),
        ("H1", stand("W1", "07:00", None), Verdict.UNKNOWN),  # how long did they stay?
        ("H1", EVENING, Verdict.NOT_MET),
        ("H1", (), Verdict.UNKNOWN),
        ("H2", EVENING, Verdict.MET),
        ("H2", stand("W1", "16:15", "17:35"), Verdict.MET),
        ("H2", stand("W1", "16:15:01", "17:40"), Verdict.NOT_MET),
        ("H2", stand("W1", "16:10", "17:34:59"), Verdict.NOT_MET),
        ("H2", stand("W1", "07:00", None), Verdict.NOT_MET),  # who forgot to go off in the morning is not there
        ("H2", stand("W1", "07:00", None) + EVENING, Verdict.MET),
        ("H2", stand("W1", "07:00", "17:40"), Verdict.UNKNOWN),  # did they stay since the morning?
        ("H2", stand("W1", "16:00", None), Verdict.UNKNOWN),
    ],
)
def test_the_crossing_post_is_staffed_around_the_time_when_pupils_come_and_go(
    rule: str, check_ins: tuple[PostEvent, ...], verdict: Verdict
) -> None:
    found = judge(rule, make_day(posts=(CROSSING,), check_ins=check_ins))
    assert found.verdict is verdict
    assert codes_of(found)
    assert bool(found.mend) is (verdict is not Verdict.MET)


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"posts": ()}, Verdict.UNKNOWN, "no_crossing_post"),
        ({"timetables": ()}, Verdict.UNKNOWN, "no_timetable"),
        ({"timetables": (replace(TIMETABLE, arrivals=()),)}, Verdict.UNKNOWN, "no_windows"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "not_in_session"),
        ({"exceptions": (LOOP,)}, Verdict.NOT_APPLICABLE, "closed_loop"),
        ({"check_ins": ()}, Verdict.UNKNOWN, "on_post_unknown"),
        (
            {"check_ins": (), "posts": (replace(CROSSING, duty=(("W1", (at("07:00"), at("08:15"))),)),)},
            Verdict.DECLARED,
            "rostered_only",
        ),
        (
            {"check_ins": (), "posts": (replace(CROSSING, duty=(("W1", (at("07:00"), at("08:00"))),)),)},
            Verdict.UNKNOWN,
            "on_post_unknown",
        ),
        (
            {
                "check_ins": (),
                "holders": (hold("W1", PostKind.CROSSING_POST, seen_at=at("07:00", date(2026, 11, 20))),),
            },
            Verdict.NOT_MET,
            "too_few_on_post",
        ),
        (
            {"check_ins": stand("W1", "07:00", "08:15", implausible=(Implausible.REUSED_CODE,))},
            Verdict.UNKNOWN,
            "on_post_unknown",
        ),
        (
            {"check_ins": EVENING, "devices": (replace(READER, unheard=((at("07:10"), at("07:20")),)),)},
            Verdict.UNKNOWN,
            "on_post_unknown",
        ),
        (
            {
                "exceptions": (
                    DayException(1, ExceptionKind.EARLY_CLOSING, MONDAY, MONDAY, closes=TIMETABLE.lessons[1].starts),
                )
            },
            Verdict.MET,
            "on_post",
        ),
    ],
)
def test_an_empty_crossing_post_is_a_breach_only_where_people_do_check_in(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge("H1", make_day(**{"posts": (CROSSING,), "check_ins": MORNING} | changes))
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


def test_the_crossing_post_is_looked_at_twenty_minutes_before_pupils_come_and_five_minutes_later() -> None:
    holders = (hold("W1", PostKind.CROSSING_POST, seen_at=at("07:00", date(2026, 11, 20))),)
    usual: dict[str, Any] = {"posts": (CROSSING,), "holders": holders}
    found = judge("H1", make_day("06:00", **usual))
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("07:00") + JUST_AFTER)
    found = judge("H1", make_day("07:00:01", **usual))
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("07:05") + JUST_AFTER)
    found = judge("H1", make_day("07:05:01", **usual))
    assert (found.verdict, codes_of(found), found.look_again_at) == (Verdict.NOT_MET, ["too_few_on_post"], None)
    there = make_day("07:05:01", check_ins=stand("W1", "07:01", None), **usual)
    assert judge("H1", there).verdict is Verdict.MET
    gone = judge("H1", make_day("07:12", check_ins=stand("W1", "07:01", "07:11"), **usual))
    assert (gone.verdict, gone.look_again_at) == (Verdict.MET, at("07:16") + JUST_AFTER)


def test_a_city_may_ask_for_the_crossing_post_earlier() -> None:
    day = make_day(posts=(CROSSING,), check_ins=MORNING)
    assert judge("H1", day, before_minutes=25).verdict is Verdict.MET
    assert judge("H1", day, before_minutes=26).verdict is Verdict.NOT_MET
    assert judge("H1", day, gap_minutes=0).verdict is Verdict.MET


# ---------------------------------------------------------------- by whom

HOLDERS = (
    hold("G1", PostKind.GUARD),
    hold("L1", PostKind.DUTY_LEADER),
    hold("L2", PostKind.PRINCIPAL),
    hold("L3", PostKind.SCHOOL_DUTY),
    hold("W1", PostKind.CROSSING_POST),
    hold("G1", PostKind.CROSSING_POST),
)
PAIR = (*stand("G1", "07:00", "07:40"), *stand("L1", "07:00", "07:40"))
PAIR_TWICE = (*PAIR, *stand("G1", "16:20", "17:30"), *stand("L1", "16:20", "17:30"))


def look(hours: str, **said: int) -> Fact:
    return fact(FactKind.CROSSING, hours, said=said, id=int(hours[:2]))


def look_twice(**said: int) -> tuple[Fact, ...]:
    return look("07:30", **said), look("16:40", **said)


@pytest.mark.parametrize(
    ("check_ins", "facts", "verdict", "reasons"),
    [
        (PAIR_TWICE, look_twice(police=1, parents=2), Verdict.MET, ["people_stood_there"]),
        ((), look_twice(guards=1, teachers=3, police=1, parents=1), Verdict.MET, ["people_stood_there"]),
        (PAIR_TWICE, (), Verdict.UNKNOWN, ["crossing_police_unseen", "crossing_parents_unseen"] * 2),
        (PAIR_TWICE, look_twice(police=0, parents=2), Verdict.NOT_MET, ["crossing_lacks_police"] * 2),
        (PAIR_TWICE, (look("07:30", police=1, parents=1),), Verdict.UNKNOWN,
         ["crossing_police_unseen", "crossing_parents_unseen"]),
        (PAIR_TWICE, (look("07:30", police=1, parents=1), look("12:00", police=1, parents=1)), Verdict.UNKNOWN,
         ["crossing_police_unseen", "crossing_parents_unseen"]),
        (PAIR_TWICE[:6], look_twice(police=1, parents=1), Verdict.NOT_MET, ["crossing_lacks_teachers"]),
        # a teacher who came before the window and said no more may have been there
        ((*PAIR_TWICE[:6], *stand("L1", "14:10", None)), look_twice(police=1, parents=1), Verdict.UNKNOWN,
         ["crossing_teachers_unseen"]),
        ((*PAIR_TWICE[:6], *stand("W1", "16:20", "17:30")), look_twice(police=1, parents=1), Verdict.UNKNOWN,
         ["crossing_teachers_unseen"]),
    ],
)  # fmt: skip
def test_a_guard_a_teacher_police_and_parents_stand_at_the_crossing_post(
    check_ins: tuple[PostEvent, ...], facts: tuple[Fact, ...], verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("H3", make_day(posts=(CROSSING,), holders=HOLDERS, check_ins=check_ins, facts=facts))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


def test_who_only_wrote_down_who_stood_there_declares_it() -> None:
    said = {"guards": 1, "teachers": 1, "police": 1, "parents": 1}
    declared = tuple(replace(one, grade=Grade.D) for one in look_twice(**said))
    assert judge("H3", make_day(posts=(CROSSING,), facts=declared)).verdict is Verdict.DECLARED
    usual: dict[str, Any] = {"posts": (CROSSING,), "facts": look_twice(**said | {"parents": 0})}
    assert judge("H3", make_day(**usual)).verdict is Verdict.NOT_MET
    assert judge("H3", make_day(**usual), parents=0).verdict is Verdict.MET


def test_a_window_that_runs_is_judged_when_it_is_over_or_everybody_is_there() -> None:
    usual: dict[str, Any] = {"posts": (CROSSING,), "holders": HOLDERS, "check_ins": PAIR[:1]}
    found = judge("H3", make_day("07:30", **usual))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["window_to_come"])
    assert found.look_again_at == at("08:00") + JUST_AFTER
    whole = make_day("07:45", facts=(look("07:30", guards=1, teachers=1, police=1, parents=1),), **usual)
    assert judge("H3", whole).verdict is Verdict.MET
    after = judge("H3", make_day("08:00", **usual))
    assert (after.verdict, after.look_again_at) == (Verdict.NOT_MET, at("17:10") + JUST_AFTER)  # no teacher came


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"facts": look_twice(teachers=3)}, Verdict.MET, "people_stood_there"),
        ({"facts": look_twice(teachers=2)}, Verdict.NOT_MET, "crossing_lacks_teachers"),
        ({"facts": ()}, Verdict.UNKNOWN, "crossing_teachers_unseen"),
        ({"facts": (), "check_ins": PAIR_TWICE}, Verdict.NOT_MET, "crossing_lacks_teachers"),
        (
            {
                "facts": (),
                "check_ins": tuple(
                    event
                    for leader in ("L1", "L2", "L3")
                    for event in (*stand(leader, "07:00", "07:40"), *stand(leader, "16:20", "17:30"))
                ),
            },
            Verdict.MET,
            "people_stood_there",
        ),
        ({"posts": ()}, Verdict.UNKNOWN, "no_crossing_post"),
        ({"timetables": ()}, Verdict.UNKNOWN, "no_timetable"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "not_in_session"),
        ({"exceptions": (LOOP,)}, Verdict.NOT_APPLICABLE, "closed_loop"),
    ],
)
def test_three_marked_teachers_stand_there_in_peak_windows(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge("H4", make_day(**{"posts": (CROSSING,), "holders": HOLDERS} | changes))
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


# ---------------------------------------------------------------- next week


def publish(until: date, **more: Any) -> PostDay:
    """A roster up to and with a day."""
    return replace(CROSSING, rostered=True, published_until=at("00:00", until + timedelta(days=1)), **more)


def hole(hours: str, on: date) -> tuple[tuple[datetime, datetime], ...]:
    return ((at(hours, on), at("23:59", on)),)


@pytest.mark.parametrize(
    ("on", "now", "until", "verdict"),
    [
        (MONDAY, "08:00", SUNDAY, Verdict.MET),
        (MONDAY, "08:00", SUNDAY - timedelta(days=1), Verdict.NOT_MET),
        (SUNDAY, "17:59:59", SUNDAY, Verdict.MET),
        (SUNDAY, "18:00", SUNDAY, Verdict.NOT_MET),
        (SUNDAY, "18:00", SUNDAY + timedelta(days=6), Verdict.NOT_MET),
        (SUNDAY, "18:00", SUNDAY + timedelta(days=7), Verdict.MET),
        (SUNDAY, None, SUNDAY, Verdict.NOT_MET),
    ],
)
def test_next_weeks_roster_is_published_by_sunday_evening(
    on: date, now: str | None, until: date, verdict: Verdict
) -> None:
    found = judge("H5", make_day(now, on=on, posts=(publish(until),)))
    assert found.verdict is verdict
    assert codes_of(found)


def test_the_roster_is_looked_at_again_on_sunday_at_six() -> None:
    found = judge("H5", make_day("12:00", on=SUNDAY, posts=(publish(SUNDAY),)))
    assert found.look_again_at == at("18:00", SUNDAY) + JUST_AFTER
    assert judge("H5", make_day("12:00", posts=(publish(SUNDAY),))).look_again_at is None


@pytest.mark.parametrize(
    ("posts", "verdict", "reason"),
    [
        ((), Verdict.UNKNOWN, "no_crossing_post"),
        ((CROSSING,), Verdict.UNKNOWN, "no_roster"),
        ((publish(SUNDAY, unreachable=("W1",)),), Verdict.NOT_MET, "rostered_unreachable"),
        ((publish(SUNDAY, holes=hole("07:00", SUNDAY)),), Verdict.NOT_MET, "roster_hole"),
        ((publish(SUNDAY, holes=hole("00:00", SUNDAY + timedelta(days=1))),), Verdict.MET, "roster_published"),
        ((publish(SUNDAY), replace(CROSSING, code="S1-second")), Verdict.UNKNOWN, "no_roster"),
    ],
)
def test_each_line_of_the_roster_names_somebody_who_can_be_reached(
    posts: tuple[PostDay, ...], verdict: Verdict, reason: str
) -> None:
    found = judge("H5", make_day(posts=posts))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_no_roster_is_asked_beyond_the_end_of_the_term() -> None:
    assert judge("H5", make_day(on=TERM.last, posts=(publish(TERM.last),))).verdict is Verdict.MET
    after = make_day(on=TERM.last + timedelta(days=1), posts=(publish(TERM.last),))
    assert judge("H5", after).verdict is Verdict.NOT_APPLICABLE

"""专职保安: how many guards, and whether they are at the gatehouse, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from alerts.domain.calendars import DayKind
from alerts.domain.compliance.events import Implausible
from alerts.domain.compliance.schedule import ClosedLoop, DayException, ExceptionKind, Hours
from alerts.domain.compliance.verdicts import Grade, ReferenceKind, Verdict
from alerts.domain.registry import PointKind, PostKind
from tests.alerts.compliance.days import (
    GATEHOUSE,
    MONDAY,
    READER,
    TIMETABLE,
    at,
    be_guard,
    check_in,
    codes_of,
    hold,
    judge,
    make_day,
)

JUST_AFTER = timedelta.resolution
SUNDAY, TUESDAY = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
BOARDING = (replace(TIMETABLE, closes=None, lights_out=time(22)),)
POST = "S1-guard"


def employ(count: int, **more: Any) -> tuple[Any, ...]:
    return tuple(be_guard(f"G{number}", **more) for number in range(count))


@pytest.mark.parametrize(
    ("rule", "students", "needed"),
    [
        ("G1", 1, 1),
        ("G1", 99, 1),
        ("G1", 100, 2),
        ("G1", 999, 2),
        ("G1", 1000, 3),
        ("G1", 1001, 3),
        ("G1", 1499, 3),
        ("G1", 1500, 4),
        ("G1", 1999, 4),
        ("G1", 2000, 5),
        ("G1q", 99, 2),
        ("G1q", 499, 2),
        ("G1q", 500, 3),
        ("G1q", 999, 3),
        ("G1q", 1000, 3),
        ("G1q", 1001, 3),
        ("G1q", 1499, 3),
        ("G1q", 1500, 4),
        ("G1q", 3000, 7),
    ],
)
def test_so_many_guards_are_needed_for_so_many_students(rule: str, students: int, needed: int) -> None:
    enough = judge(rule, make_day(students=students, holders=employ(needed)))
    assert (enough.verdict, codes_of(enough)) == (Verdict.MET, ["guards_enough"])
    if needed > 1:
        few = judge(rule, make_day(students=students, holders=employ(needed - 1)))
        assert (few.verdict, codes_of(few)) == (Verdict.NOT_MET, ["guards_few"])
        assert few.mend


def test_pupils_who_board_are_counted_by_their_own_rule() -> None:
    day = make_day(students=1500, boarders=501, holders=employ(2))
    assert judge("G1", day).verdict is Verdict.MET
    assert judge("G1", make_day(students=300, boarders=300, holders=employ(1))).verdict is Verdict.NOT_APPLICABLE
    assert judge("G1", make_day(students=0)).verdict is Verdict.UNKNOWN


def test_the_city_asks_for_more_guards_than_the_default() -> None:
    day = make_day(students=800, holders=employ(2))
    assert judge("G1", day).verdict is Verdict.MET
    assert judge("G1", day, middle_guards=3).verdict is Verdict.NOT_MET


@pytest.mark.parametrize(
    ("holders", "verdict", "reason"),
    [
        ((), Verdict.UNKNOWN, "no_guards"),
        ((hold("T1", PostKind.GUARD_TEAM),), Verdict.UNKNOWN, "no_guards"),
        (employ(2, until=MONDAY), Verdict.MET, "guards_enough"),
        (employ(2, until=SUNDAY), Verdict.NOT_MET, "guards_few"),
        (employ(2, until=None), Verdict.MET, "guards_enough"),
        (employ(2, certificates=()), Verdict.UNKNOWN, "guards_without_certificate"),
        ((be_guard("G1"), be_guard("G1")), Verdict.NOT_MET, "guards_few"),
        (employ(2, seen_at=None), Verdict.DECLARED, "guards_unseen"),
        (employ(2, seen_at=at("00:00") - timedelta(days=14)), Verdict.MET, "guards_enough"),
        (employ(2, seen_at=at("23:59", SUNDAY) - timedelta(days=14)), Verdict.DECLARED, "guards_unseen"),
    ],
)
def test_only_guards_with_papers_who_were_seen_count(holders: tuple[Any, ...], verdict: Verdict, reason: str) -> None:
    found = judge("G1", make_day(holders=holders))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_a_guard_who_checks_in_today_is_seen_unless_nobody_can_believe_it() -> None:
    holders = be_guard("G0"), be_guard("G1", seen_at=None)
    seen = make_day(holders=holders, check_ins=(check_in("G1", POST, "on", "08:00"),))
    found = judge("G1", seen)
    assert found.verdict is Verdict.MET
    assert "post/G1/23 08:00" in [one.key for one in found.references if one.kind is ReferenceKind.EVIDENCE]
    far = check_in("G1", POST, "on", "08:00", implausible=(Implausible.TOO_FAR,))
    assert judge("G1", make_day(holders=holders, check_ins=(far,))).verdict is Verdict.DECLARED


# ---------------------------------------------------------------- boarders


def spend_night(*, on: str = "19:00", off: str = "07:00") -> tuple[Any, ...]:
    return check_in("G0", POST, "on", on), check_in("G0", POST, "off", off, on=TUESDAY)


@pytest.mark.parametrize(("boarders", "needed"), [(1, 2), (300, 2), (301, 2), (600, 2), (601, 3), (900, 3), (901, 4)])
def test_so_many_guards_are_needed_for_so_many_boarders(boarders: int, needed: int) -> None:
    usual: dict[str, Any] = {"on": TUESDAY, "boarders": boarders, "timetables": BOARDING, "posts": (GATEHOUSE,)}
    enough = make_day(holders=employ(needed), check_ins=spend_night(), **usual)
    assert judge("G2", enough).verdict is Verdict.MET
    few = make_day(holders=employ(needed - 1), check_ins=spend_night(), **usual)
    assert (judge("G2", few).verdict, codes_of(judge("G2", few))) == (Verdict.NOT_MET, ["guards_few"])


def test_guards_for_boarders_are_not_asked_where_nobody_boards() -> None:
    found = judge("G2", make_day(boarders=0))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["nobody_boards"])


@pytest.mark.parametrize(
    ("check_ins", "verdict", "reason"),
    [
        (spend_night(), Verdict.MET, "guards_enough"),
        (spend_night(on="22:15"), Verdict.MET, "guards_enough"),
        (spend_night(on="22:15:01"), Verdict.UNKNOWN, "on_post_unknown"),  # who was there before is not known
        (
            (check_in("G1", POST, "on", "18:00"), check_in("G1", POST, "off", "22:00"), *spend_night(on="22:15")),
            Verdict.MET,
            "guards_enough",
        ),
        (
            (check_in("G1", POST, "on", "18:00"), check_in("G1", POST, "off", "22:00"), *spend_night(on="22:15:01")),
            Verdict.NOT_MET,
            "nobody_on_post",
        ),
        (spend_night(off="05:45"), Verdict.MET, "guards_enough"),
        (spend_night(off="05:44"), Verdict.NOT_MET, "nobody_on_post"),
        ((check_in("G0", POST, "on", "08:00", on=TUESDAY),), Verdict.UNKNOWN, "on_post_unknown"),
    ],
)
def test_a_guard_is_on_duty_in_the_night_that_ends_this_morning(
    check_ins: tuple[Any, ...], verdict: Verdict, reason: str
) -> None:
    day = make_day(
        on=TUESDAY, boarders=200, timetables=BOARDING, posts=(GATEHOUSE,), holders=employ(2), check_ins=check_ins
    )
    found = judge("G2", day)
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


def test_nobody_asks_for_a_night_that_was_not_between_two_school_days() -> None:
    usual: dict[str, Any] = {"boarders": 200, "timetables": BOARDING, "posts": (GATEHOUSE,), "holders": employ(2)}
    assert judge("G2", make_day(**usual)).verdict is Verdict.MET  # Monday: the pupils came back this morning
    assert judge("G2", make_day(on=TUESDAY, **usual)).verdict is Verdict.UNKNOWN
    assert codes_of(judge("G2", make_day(on=TUESDAY, **usual | {"timetables": (TIMETABLE,)}))) == ["no_lights_out"]
    assert codes_of(judge("G2", make_day(on=TUESDAY, eve=None, **usual))) == ["no_eve"]


# ---------------------------------------------------------------- the gatehouse


def relieve(*turns: tuple[str, str, str], on: date = MONDAY) -> tuple[Any, ...]:
    """Check-ins by reader: `("G0", "on", "08:00")`, …"""
    return tuple(check_in(person, POST, action, hours, Grade.A, on=on) for person, action, hours in turns)


def again(*hours: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(("G1", "on", f"{hour}:00") for hour in hours)


BEFORE = relieve(("G1", "on", "07:00"), ("G0", "on", "19:00"), ("G1", "off", "19:00"), on=SUNDAY)


@pytest.mark.parametrize(
    ("turns", "verdict"),
    [
        ((("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G0", "on", "19:00"), ("G1", "off", "19:05")), Verdict.MET),
        ((("G0", "off", "07:00"), ("G1", "on", "07:15"), ("G0", "on", "19:00"), ("G1", "off", "19:00")), Verdict.MET),
        ((("G0", "off", "07:00"), ("G1", "on", "07:15:01"), ("G0", "on", "19:00")), Verdict.NOT_MET),
        ((("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G1", "off", "19:00")), Verdict.NOT_MET),
        # nobody is on post for more than thirteen hours; who says no more may have gone at once
        ((("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G1", "off", "20:00"), ("G0", "on", "20:00")), Verdict.MET),
        (
            (("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G0", "on", "20:00"), ("G1", "off", "20:01")),
            Verdict.UNKNOWN,
        ),
        ((("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G0", "on", "19:00")), Verdict.UNKNOWN),
        # whoever checks in again and again is there
        ((*again("07", "12", "17"), ("G0", "off", "07:00"), ("G1", "off", "23:45")), Verdict.MET),
        ((*again("07", "12", "17"), ("G0", "off", "07:00"), ("G1", "off", "23:44")), Verdict.NOT_MET),
        ((*again("07", "13", "18"), ("G0", "off", "07:00"), ("G1", "off", "23:45")), Verdict.UNKNOWN),
    ],
)
def test_the_gatehouse_is_never_empty_for_more_than_a_quarter_of_an_hour(
    turns: tuple[tuple[str, str, str], ...], verdict: Verdict
) -> None:
    day = make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*BEFORE, *relieve(*turns)))
    found = judge("G3", day)
    assert found.verdict is verdict
    assert codes_of(found)
    assert found.references


def test_a_gap_over_midnight_counts_whole_on_the_day_on_which_it_ends() -> None:
    eve = relieve(("G1", "on", "12:00"), ("G1", "off", "23:50"), on=SUNDAY)

    def come_at(hours: str) -> Verdict:
        turns = ("G0", "off", "12:00"), ("G1", "on", "12:00"), ("G1", "off", "23:00"), ("G0", "on", "23:00")
        morning = relieve(("G0", "on", hours), *turns)
        return judge("G3", make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*eve, *morning))).verdict

    assert come_at("00:05") is Verdict.MET
    assert come_at("00:05:01") is Verdict.NOT_MET


def test_a_gap_of_yesterday_alone_is_not_this_days() -> None:
    eve = relieve(("G1", "on", "08:00"), ("G1", "off", "12:00"), ("G1", "on", "20:00"), on=SUNDAY)
    today = relieve(("G0", "on", "07:00"), ("G1", "off", "07:00"), ("G1", "on", "19:00"), ("G0", "off", "19:00"))
    day = make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*eve, *today))
    assert judge("G3", day).verdict is Verdict.MET


def test_the_gatehouse_becomes_a_breach_a_quarter_of_an_hour_after_the_last_guard_went_off() -> None:
    night = (*BEFORE, *relieve(("G0", "on", "00:00"), ("G0", "on", "05:00")))
    check_ins = (*night, *relieve(("G0", "off", "07:00")))
    usual: dict[str, Any] = {"posts": (GATEHOUSE,), "holders": employ(2)}
    on_post = judge("G3", make_day("06:59", check_ins=night, **usual))
    assert (on_post.verdict, on_post.look_again_at) == (Verdict.MET, at("10:30") + JUST_AFTER)
    silent = judge("G3", make_day("10:30:01", check_ins=night, **usual))
    assert (silent.verdict, silent.reasons[0].said["since"]) == (Verdict.UNKNOWN, "2026-11-23T05:00:00+08:00")
    gone = judge("G3", make_day("07:01", check_ins=check_ins, **usual))
    assert (gone.verdict, gone.look_again_at) == (Verdict.MET, at("07:15") + JUST_AFTER)
    late = judge("G3", make_day("07:15", check_ins=check_ins, **usual))
    assert (late.verdict, codes_of(late)) == (Verdict.NOT_MET, ["nobody_on_post"])
    assert late.look_again_at is None


def test_who_goes_off_after_more_than_a_shift_leaves_a_breach_from_then_on() -> None:
    check_ins = (*BEFORE, *relieve(("G0", "off", "09:00")))
    usual: dict[str, Any] = {"posts": (GATEHOUSE,), "holders": employ(2), "check_ins": check_ins}
    found = judge("G3", make_day("09:05", **usual))
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("09:15") + JUST_AFTER)
    found = judge("G3", make_day("09:15:01", **usual))
    assert (found.verdict, found.reasons[0].said["since"]) == (Verdict.NOT_MET, "2026-11-23T09:00:00+08:00")


def test_a_guard_who_shows_up_elsewhere_proves_nothing_of_the_gatehouse_since_the_last_word() -> None:
    def relieve_at(hours: str) -> Verdict:
        turns = relieve(("G0", "off", "07:00"), *again("07", "12"), ("G0", "on", hours), ("G0", "off", "23:59"))
        moved = check_in("G1", "S1-crossing_post", "on", "12:10")
        check_ins = tuple(sorted((*BEFORE, *turns, moved), key=lambda one: one.at))
        return judge("G3", make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=check_ins)).verdict

    assert relieve_at("12:15") is Verdict.MET
    assert relieve_at("12:16") is Verdict.UNKNOWN


def test_a_guard_who_slips_away_and_comes_back_for_the_next_shift_is_not_called_there() -> None:
    turns = (("G0", "on", "04:00"), ("G1", "on", "07:00"), ("G0", "on", "19:00"), ("G1", "off", "19:00"))
    found = judge("G3", make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*BEFORE, *relieve(*turns))))
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"posts": ()}, Verdict.UNKNOWN, "no_gatehouse_post"),
        ({"posts": (replace(GATEHOUSE, point_kind=PointKind.DORMITORY),)}, Verdict.UNKNOWN, "no_gatehouse_post"),
        ({"posts": (replace(GATEHOUSE, point_kind=None),)}, Verdict.MET, "always_on_post"),
        ({"holders": ()}, Verdict.UNKNOWN, "no_guards"),
        ({"check_ins": ()}, Verdict.UNKNOWN, "on_post_unknown"),
        (
            {
                "check_ins": (),
                "posts": (replace(GATEHOUSE, duty=(("G0", (at("00:00", SUNDAY), at("00:00", TUESDAY))),)),),
            },
            Verdict.DECLARED,
            "rostered_only",
        ),
        (
            {"check_ins": (), "posts": (replace(GATEHOUSE, duty=(("G0", (at("00:00", SUNDAY), at("23:00"))),)),)},
            Verdict.UNKNOWN,
            "on_post_unknown",
        ),
        ({"holders": (hold("G0", PostKind.GUARD_TEAM), be_guard("G9"))}, Verdict.UNKNOWN, "on_post_unknown"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.MET, "always_on_post"),
    ],
)
def test_the_gatehouse_is_known_by_check_ins_of_guards_alone(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    turns = relieve(("G1", "on", "07:00"), ("G0", "off", "07:00"), ("G0", "on", "19:00"), ("G1", "off", "19:00"))
    usual = {"posts": (GATEHOUSE,), "holders": employ(2), "check_ins": (*BEFORE, *turns)}
    found = judge("G3", make_day(**usual | changes))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({}, Verdict.NOT_MET),
        ({"devices": (replace(READER, unheard=((at("07:30"), at("07:40")),)),)}, Verdict.UNKNOWN),
        ({"devices": (replace(READER, unheard=((at("12:00"), at("12:10")),)),)}, Verdict.NOT_MET),
    ],
)
def test_a_gap_in_which_the_reader_was_not_heard_is_not_known(more: dict[str, Any], verdict: Verdict) -> None:
    turns = relieve(("G0", "off", "07:00"), ("G1", "on", "08:00"), ("G0", "on", "19:00"))
    day = make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*BEFORE, *turns), **more)
    assert judge("G3", day).verdict is verdict


@pytest.mark.parametrize(
    ("why", "verdict"), [(Implausible.REUSED_CODE, Verdict.NOT_MET), (Implausible.CLOCK_OFF, Verdict.UNKNOWN)]
)
def test_a_check_in_that_cannot_be_believed_closes_no_gap(why: Implausible, verdict: Verdict) -> None:
    turns = relieve(("G0", "off", "07:00"), ("G1", "on", "08:00"), ("G0", "on", "19:00"))
    refused = check_in("G1", POST, "on", "07:10", implausible=(why,))
    day = make_day(posts=(GATEHOUSE,), holders=employ(2), check_ins=(*BEFORE, turns[0], refused, *turns[1:]))
    assert judge("G3", day).verdict is verdict


# ---------------------------------------------------------------- peak windows

PEAK = relieve(
    ("G0", "on", "07:00"),
    ("G1", "on", "07:20"),
    ("G1", "off", "08:00"),
    ("G1", "on", "16:30"),
    ("G1", "off", "17:10"),
    ("G0", "off", "19:00"),
)


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, Verdict.MET, "on_post"),
        ({"check_ins": PEAK[:1]}, Verdict.NOT_MET, "too_few_on_post"),
        ({"check_ins": PEAK[:5]}, Verdict.UNKNOWN, "on_post_unknown"),  # did the first one stay?
        ({"check_ins": ()}, Verdict.NOT_MET, "too_few_on_post"),  # they checked in the day before
        ({"check_ins": (), "holders": employ(2, seen_at=None)}, Verdict.UNKNOWN, "on_post_unknown"),
        ({"timetables": ()}, Verdict.UNKNOWN, "no_timetable"),
        ({"timetables": (replace(TIMETABLE, arrivals=(), dismissals=()),)}, Verdict.UNKNOWN, "no_windows"),
        (  # a window shorter than what is tolerated
            {
                "check_ins": (),
                "timetables": (replace(TIMETABLE, arrivals=(Hours(time(7, 20), time(7, 24)),), dismissals=()),),
            },
            Verdict.NOT_MET,
            "too_few_on_post",
        ),
        ({"posts": ()}, Verdict.UNKNOWN, "no_gatehouse_post"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "not_in_session"),
        (
            {"exceptions": (DayException(1, ExceptionKind.CLOSED_LOOP, MONDAY, MONDAY, level=ClosedLoop.CLOSED),)},
            Verdict.NOT_APPLICABLE,
            "closed_loop",
        ),
        ({"exceptions": (DayException(1, ExceptionKind.EXAM, MONDAY, MONDAY),)}, Verdict.MET, "on_post"),
    ],
)
def test_two_guards_are_at_the_main_gate_in_peak_windows(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge("G4", make_day(**{"posts": (GATEHOUSE,), "holders": employ(2), "check_ins": PEAK} | changes))
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


@pytest.mark.parametrize(
    ("second", "verdict"), [("07:25", Verdict.MET), ("07:25:01", Verdict.NOT_MET), ("07:19", Verdict.MET)]
)
def test_a_second_guard_may_come_five_minutes_late(second: str, verdict: Verdict) -> None:
    check_ins = relieve(("G0", "on", "07:00"), ("G1", "on", second))
    day = make_day("08:00", posts=(GATEHOUSE,), holders=employ(2), check_ins=check_ins)
    assert judge("G4", day).verdict is verdict
    assert judge("G4", day, guards=1).verdict is Verdict.MET


def test_the_main_gate_is_looked_at_again_when_a_window_begins_and_when_it_is_late() -> None:
    usual: dict[str, Any] = {"posts": (GATEHOUSE,), "holders": employ(2)}
    found = judge("G4", make_day("06:00", **usual))
    assert (found.verdict, codes_of(found), found.look_again_at) == (
        Verdict.UNKNOWN,
        ["window_to_come"],
        at("07:20") + JUST_AFTER,
    )
    found = judge("G4", make_day("07:21", **usual))
    assert (found.verdict, codes_of(found), found.look_again_at) == (
        Verdict.UNKNOWN,
        ["window_to_come"],
        at("07:25") + JUST_AFTER,
    )
    found = judge("G4", make_day("07:25", **usual))
    assert (found.verdict, found.look_again_at) == (Verdict.NOT_MET, at("16:30") + JUST_AFTER)


def test_where_one_gatehouse_of_two_has_enough_guards_nobody_knows() -> None:
    side = replace(GATEHOUSE, code="S1-side")
    day = make_day(posts=(GATEHOUSE, side), holders=employ(2), check_ins=PEAK)
    assert (judge("G4", day).verdict, codes_of(judge("G4", day))[0]) == (Verdict.UNKNOWN, "main_gate_untold")
    assert judge("G4", make_day(posts=(GATEHOUSE, side), holders=employ(2))).verdict is not Verdict.MET

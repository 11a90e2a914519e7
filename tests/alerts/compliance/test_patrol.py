"""Patrols by day and by night, and those that nobody can have walked, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from msgspec import structs

from alerts.domain.calendars import DayKind
from alerts.domain.compliance.events import Implausible, PatrolPoint, PostEvent, distrust_patrols
from alerts.domain.compliance.messages import distrust_check_ins
from alerts.domain.compliance.verdicts import Verdict
from tests.alerts.compliance.days import MONDAY, READER, TIMETABLE, at, check_in, codes_of, judge, make_day

JUST_AFTER = timedelta.resolution
TUESDAY = MONDAY + timedelta(days=1)
BOARDING = (replace(TIMETABLE, closes=None, lights_out=time(22)),)
POINTS = (
    PatrolPoint("gym", 0, 0, key=True),
    PatrolPoint("dorm", 100, 0, key=True),
    PatrolPoint("gate", 100, 100, key=False),
)


def walk(*rounds: str, on: date = MONDAY, person: str = "G0", **more: Any) -> tuple[PostEvent, ...]:
    """Rounds over both key points, which begin at these hours; the second point two minutes later."""
    passings = []
    for hours in rounds:
        first = check_in(person, "gym", "point", hours, on=on, **more)
        later = first.at + timedelta(minutes=2)
        passings += [first, structs.replace(first, key=f"{first.key}+", post="dorm", at=later, received_at=later)]
    return tuple(passings)


FIVE = walk("08:00", "10:00", "12:00", "14:00", "16:00")
FAST = (Implausible.FASTER_THAN_WALKING,)


@pytest.mark.parametrize(
    ("check_ins", "verdict", "reasons"),
    [
        (FIVE, Verdict.MET, ["rounds_made"]),
        (FIVE[:9], Verdict.NOT_MET, ["rounds_few"]),  # the fifth round missed a point
        (FIVE[:8] + walk("18:00", person="G1"), Verdict.MET, ["rounds_made"]),
        (walk("00:00", "08:00", "10:00", "12:00", "23:57"), Verdict.MET, ["rounds_made"]),
        (walk("08:00", on=MONDAY - timedelta(days=1)) + FIVE[:8], Verdict.NOT_MET, ["rounds_few"]),
        (walk("08:00", on=MONDAY - timedelta(days=1)), Verdict.NOT_MET, ["rounds_few"]),
        ((), Verdict.UNKNOWN, ["rounds_few"]),
        (FIVE[:8] + walk("16:00", implausible=FAST), Verdict.NOT_MET, ["rounds_few", "implausible"]),
        (
            FIVE[:8] + walk("16:00", implausible=(Implausible.CLOCK_OFF,)),
            Verdict.UNKNOWN,
            ["rounds_few", "implausible", "clock_off"],
        ),
        (tuple(one for one in FIVE if one.post == "gym"), Verdict.NOT_MET, ["rounds_few"]),
        # ten passings of one point and then of the other are one round
        (tuple(sorted(FIVE, key=lambda one: one.post)), Verdict.NOT_MET, ["rounds_few"]),
    ],
)
def test_the_key_points_are_walked_five_times_a_day(
    check_ins: tuple[PostEvent, ...], verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("P1", make_day(points=POINTS, check_ins=check_ins))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"points": ()}, Verdict.UNKNOWN, "no_key_points"),
        ({"points": POINTS[2:]}, Verdict.UNKNOWN, "no_key_points"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "not_in_session"),
        ({"devices": (replace(READER, unheard=((at("15:00"), at("15:05")),)),)}, Verdict.UNKNOWN, "rounds_few"),
        ({"devices": (READER,)}, Verdict.NOT_MET, "rounds_few"),
        ({"timetables": ()}, Verdict.NOT_MET, "rounds_few"),  # rounds need no timetable
    ],
)
def test_too_few_rounds_are_a_breach_when_nothing_hid_them(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge("P1", make_day(**{"points": POINTS, "check_ins": FIVE[:8]} | changes))
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


def test_rounds_may_still_be_walked_until_midnight() -> None:
    found = judge("P1", make_day("23:00", points=POINTS, check_ins=FIVE[:8]))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["rounds_so_far"])
    assert found.look_again_at == at("00:00", TUESDAY) + JUST_AFTER
    assert judge("P1", make_day("17:00", points=POINTS, check_ins=FIVE)).verdict is Verdict.MET


# ---------------------------------------------------------------- nights


@pytest.mark.parametrize(
    ("check_ins", "verdict", "reason"),
    [
        (walk("22:00") + walk("02:00", on=TUESDAY), Verdict.MET, "rounds_made"),
        (walk("21:59") + walk("02:00", on=TUESDAY), Verdict.NOT_MET, "rounds_few"),
        (walk("23:59") + walk("05:57", on=TUESDAY), Verdict.MET, "rounds_made"),
        (walk("23:59") + walk("05:58", on=TUESDAY), Verdict.NOT_MET, "rounds_few"),  # ends at six
        (walk("23:00") + walk("22:30", on=TUESDAY), Verdict.NOT_MET, "rounds_few"),  # that is the next night's
        ((), Verdict.UNKNOWN, "rounds_few"),
    ],
)
def test_two_rounds_are_walked_in_the_night_that_ends_this_morning(
    check_ins: tuple[PostEvent, ...], verdict: Verdict, reason: str
) -> None:
    day = make_day(on=TUESDAY, boarders=100, timetables=BOARDING, points=POINTS, check_ins=check_ins)
    found = judge("P2", day)
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"boarders": 0}, Verdict.NOT_APPLICABLE, "nobody_boards"),
        ({"on": MONDAY}, Verdict.NOT_APPLICABLE, "no_school_night"),
        ({"eve_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "no_school_night"),
        ({"day_kind": DayKind.HOLIDAY}, Verdict.NOT_APPLICABLE, "no_school_night"),
        ({"timetables": (TIMETABLE,)}, Verdict.UNKNOWN, "no_lights_out"),
        ({"eve": None}, Verdict.UNKNOWN, "no_eve"),
        ({"points": ()}, Verdict.UNKNOWN, "no_key_points"),
        ({"now": "05:59"}, Verdict.UNKNOWN, "rounds_so_far"),
        ({"now": "06:00"}, Verdict.NOT_MET, "rounds_few"),
    ],
)
def test_night_rounds_are_asked_where_pupils_sleep_between_two_school_days(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    usual = {"on": TUESDAY, "boarders": 1, "timetables": BOARDING, "points": POINTS, "check_ins": walk("23:00")}
    changes = usual | changes
    found = judge("P2", make_day(changes.pop("now", None), **changes))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_night_rounds_are_looked_at_again_in_the_morning() -> None:
    day = make_day("01:00", on=TUESDAY, boarders=1, timetables=BOARDING, points=POINTS)
    assert judge("P2", day).look_again_at == at("06:00", TUESDAY) + JUST_AFTER


# ---------------------------------------------------------------- what nobody can have walked


@pytest.mark.parametrize(
    ("check_ins", "points", "verdict", "reasons"),
    [
        (FIVE, POINTS, Verdict.MET, ["patrols_plausible"]),
        ((), POINTS, Verdict.UNKNOWN, ["no_patrols"]),
        (FIVE + walk("18:00", implausible=FAST), POINTS, Verdict.NOT_MET, ["faster_than_walking"]),
        (walk("18:00", implausible=(Implausible.TWO_PLACES,)), POINTS, Verdict.NOT_MET, ["in_two_places"]),
        (
            walk("18:00", implausible=FAST) + walk("19:00", person="G1", implausible=FAST),
            POINTS,
            Verdict.NOT_MET,
            ["faster_than_walking", "faster_than_walking"],
        ),
        (FIVE, (POINTS[0], PatrolPoint("dorm", None, None, key=True)), Verdict.UNKNOWN, ["points_without_place"]),
        (FIVE, POINTS[:1], Verdict.UNKNOWN, ["points_without_place"]),
        (FIVE[:1], (*POINTS[:1], PatrolPoint("attic", None, None)), Verdict.MET, ["patrols_plausible"]),
    ],
)
def test_a_patrol_that_nobody_can_have_walked_is_shown_and_does_not_count(
    check_ins: tuple[PostEvent, ...], points: tuple[PatrolPoint, ...], verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("P3", make_day(points=points, check_ins=check_ins))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


def test_a_patrol_from_a_chair_neither_counts_nor_stays_unseen() -> None:
    passings = tuple(
        check_in("G0", point, "point", f"{hour:02}:00:{second:02}")
        for hour in (8, 10, 12, 14, 16)
        for point, second in (("gym", 0), ("dorm", 30))
    )
    day = make_day(points=POINTS, check_ins=distrust_patrols(passings, POINTS))
    assert (judge("P1", day).verdict, judge("P3", day).verdict) == (Verdict.NOT_MET, Verdict.NOT_MET)
    walked = make_day(points=POINTS, check_ins=distrust_patrols(FIVE, POINTS))
    assert (judge("P1", walked).verdict, judge("P3", walked).verdict) == (Verdict.MET, Verdict.MET)


def test_one_person_at_two_places_at_one_moment_is_at_neither() -> None:
    def tell(seconds: int, post: str = "dorm") -> list[bool]:
        events = check_in("G0", "gym", "point", "08:00:00"), check_in("G0", post, "point", f"08:00:{seconds:02}")
        return [one.counts for one in distrust_check_ins(events, POINTS[:1], None, None)]

    assert tell(4) == [False, False]
    assert tell(5) == [True, True]
    assert tell(1, "gym") == [True, True]  # the same place twice is one place


def test_two_points_side_by_side_may_be_passed_at_once() -> None:
    beside = POINTS[0], PatrolPoint("dorm", 4, 0, key=True)
    events = check_in("G0", "gym", "point", "08:00:00"), check_in("G0", "dorm", "point", "08:00:02")
    assert [one.counts for one in distrust_check_ins(events, beside, None, None)] == [True, True]
    assert [one.counts for one in distrust_check_ins(events, POINTS, None, None)] == [False, False]

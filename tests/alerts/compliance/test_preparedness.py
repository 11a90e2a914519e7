"""Records, drills, plans and hazards, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.schedule import first_of_month
from alerts.domain.compliance.school_day import Drill, Duties, Fact, FactKind, Hazard, Records
from alerts.domain.compliance.verdicts import Grade, Reference, ReferenceKind, Verdict
from alerts.domain.registry import SchoolKind
from tests.alerts.compliance.days import GATE, MONDAY, TERMINAL, at, codes_of, fact, judge, make_day

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
JUST_AFTER = timedelta.resolution
MIDNIGHT = at("00:00", MONDAY + DAY)
LAST_OF_NOVEMBER = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("on", "later", "first"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 1)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), -1, date(2025, 12, 1)),
        (date(2026, 11, 30), 14, date(2028, 1, 1)),
    ],
)
def test_months_are_counted_over_the_end_of_a_year(on: date, later: int, first: date) -> None:
    assert first_of_month(on, later) == first


# ---------------------------------------------------------------- V2


def sample(days: object, *, key_place: bool = False, on: date = MONDAY, **more: Any) -> Fact:
    said = {"oldest_days": days, "key_place": key_place}
    return fact(FactKind.VIDEO_SAMPLE, on=on, said=said, id=2 if key_place else 1, **more)


ORDINARY, KEY = sample(30), sample(90, key_place=True)


@pytest.mark.parametrize(
    ("facts", "verdict", "reasons"),
    [
        ((ORDINARY, KEY), Verdict.MET, ["video_played", "video_played"]),
        ((sample(29), KEY), Verdict.NOT_MET, ["video_too_short"]),
        ((ORDINARY, sample(89, key_place=True)), Verdict.NOT_MET, ["video_of_key_place_too_short"]),
        ((sample(120),), Verdict.UNKNOWN, ["no_video_sample_of_key_place"]),  # of another camera
        ((KEY,), Verdict.UNKNOWN, ["no_video_sample"]),
        ((), Verdict.UNKNOWN, ["no_video_sample", "no_video_sample_of_key_place"]),
        ((sample("a month"), KEY), Verdict.UNKNOWN, ["no_video_sample"]),
        ((sample(5),), Verdict.NOT_MET, ["video_too_short"]),
        ((sample(30, grade=Grade.D), KEY), Verdict.DECLARED, ["video_played", "video_played"]),
        ((sample(29, grade=Grade.D), KEY), Verdict.NOT_MET, ["video_too_short"]),
    ],
)
def test_video_is_proved_by_playing_a_sample_of_30_days_and_of_90_at_a_key_place(
    facts: tuple[Fact, ...], verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("V2", make_day(facts=facts))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


def test_a_sample_proves_for_31_days_and_the_newest_counts() -> None:
    old = sample(30, on=MONDAY - 31 * DAY)  # at nine o'clock
    assert judge("V2", make_day("09:00", facts=(old, KEY))).verdict is Verdict.MET
    found = judge("V2", make_day("08:00", facts=(old, KEY)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("09:00") + JUST_AFTER)
    assert judge("V2", make_day("09:00:01", facts=(old, KEY))).verdict is Verdict.UNKNOWN
    assert judge("V2", make_day(facts=(sample(10, on=MONDAY - DAY), ORDINARY, KEY))).verdict is Verdict.MET
    assert judge("V2", make_day(facts=(sample(60, on=MONDAY - DAY), sample(10), KEY))).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- V4


@pytest.mark.parametrize(
    ("records", "verdict", "reasons"),
    [
        (None, Verdict.UNKNOWN, ["records_not_known"]),
        (Records(None, None), Verdict.MET, ["records_kept"]),
        (Records(1095, 1095), Verdict.MET, ["records_kept"]),
        (Records(30, None), Verdict.MET, ["records_kept", "kept_less_than_ours"]),
        (Records(29, None), Verdict.NOT_MET, ["alarm_records_short"]),
        (Records(None, 180), Verdict.MET, ["records_kept", "kept_less_than_ours"]),
        (Records(None, 179), Verdict.NOT_MET, ["access_records_short"]),
        (Records(10, 10), Verdict.NOT_MET, ["alarm_records_short", "access_records_short"]),
    ],
)
def test_alarms_are_kept_for_30_days_and_entries_for_180(
    records: Records | None, verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("V4", make_day(devices=(GATE,), records=records))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


def test_entries_that_no_device_records_are_not_known_to_be_kept() -> None:
    found = judge("V4", make_day(records=Records(None, None)))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["no_access_records"])
    assert judge("V4", make_day(devices=(TERMINAL,), records=Records(None, None))).verdict is Verdict.MET


# ---------------------------------------------------------------- D1


def drill(moment: datetime, window: int = 1, *, night: bool = False) -> Drill:
    return Drill(window, moment, None, night)


@pytest.mark.parametrize(
    ("kind", "held", "on", "verdict"),
    [
        (SchoolKind.PRIMARY, date(2026, 11, 1), LAST_OF_NOVEMBER, Verdict.MET),
        (SchoolKind.PRIMARY, date(2026, 10, 31), date(2026, 11, 29), Verdict.MET),  # November's may still come
        (SchoolKind.PRIMARY, date(2026, 10, 31), LAST_OF_NOVEMBER, Verdict.NOT_MET),
        (SchoolKind.PRIMARY, date(2026, 9, 30), date(2026, 11, 1), Verdict.NOT_MET),
        (SchoolKind.KINDERGARTEN, date(2026, 10, 1), LAST_OF_NOVEMBER, Verdict.MET),
        (SchoolKind.KINDERGARTEN, date(2026, 9, 1), date(2026, 11, 29), Verdict.MET),
        (SchoolKind.KINDERGARTEN, date(2026, 9, 30), LAST_OF_NOVEMBER, Verdict.NOT_MET),
        (SchoolKind.PRIMARY, date(2026, 11, 20), date(2026, 12, 31), Verdict.NOT_MET),  # over the year's end
    ],
)
def test_a_drill_each_month_and_at_a_kindergarten_every_two(
    kind: SchoolKind, held: date, on: date, verdict: Verdict
) -> None:
    found = judge("D1", make_day(on=on, kind=kind, drills=(drill(at("10:00", held), 4),)))
    assert found.verdict is verdict
    assert codes_of(found)
    assert found.references == (Reference(ReferenceKind.WINDOW, "4"),)


def test_the_moment_is_known_at_which_a_drill_is_due() -> None:
    last = drill(at("23:59:59", date(2026, 10, 31)))
    found = judge("D1", make_day("12:00", drills=(last,)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("00:00", date(2026, 12, 1)) + JUST_AFTER)
    just_in_november = drill(at("00:00", date(2026, 11, 1)))
    found = judge("D1", make_day("12:00", drills=(just_in_november,)))
    assert found.look_again_at == at("00:00", date(2027, 1, 1)) + JUST_AFTER


@pytest.mark.parametrize(
    ("kind", "on", "verdict"),
    [
        (SchoolKind.PRIMARY, date(2026, 9, 29), Verdict.UNKNOWN),
        (SchoolKind.PRIMARY, date(2026, 9, 30), Verdict.NOT_MET),
        (SchoolKind.KINDERGARTEN, date(2026, 9, 30), Verdict.UNKNOWN),
        (SchoolKind.KINDERGARTEN, date(2026, 10, 31), Verdict.NOT_MET),
        (SchoolKind.PRIMARY, date(2026, 8, 20), Verdict.NOT_APPLICABLE),  # holidays
    ],
)
def test_a_terms_first_drill_is_due_at_the_end_of_its_first_months(
    kind: SchoolKind, on: date, verdict: Verdict
) -> None:
    in_june = drill(at("10:00", date(2026, 6, 10)))
    for drills in ((), (in_june,)):
        found = judge("D1", make_day(on=on, kind=kind, drills=drills))
        assert found.verdict is verdict
        assert codes_of(found)


def test_drills_before_the_service_watched_are_not_known() -> None:
    day = make_day("12:00", watched_since=at("09:00", date(2026, 11, 20)))
    found = judge("D1", day)
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["drill_to_come"])
    assert found.look_again_at == at("00:00", date(2026, 12, 1)) + JUST_AFTER
    assert judge("D1", replace(day, watched_since=at("23:59", date(2026, 10, 31)))).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- D2


def test_where_nobody_boards_no_drill_at_night_is_asked() -> None:
    assert judge("D2", make_day()).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("drills", "verdict"),
    [
        ((), Verdict.NOT_MET),
        ((drill(MIDNIGHT - 10 * DAY, night=True),), Verdict.NOT_MET),
        ((drill(MIDNIGHT - 300 * DAY, night=True), drill(MIDNIGHT - 10 * DAY, night=True)), Verdict.MET),
        ((drill(MIDNIGHT - 300 * DAY), drill(MIDNIGHT - 10 * DAY, night=True)), Verdict.NOT_MET),  # one by day
        ((drill(MIDNIGHT - 365 * DAY, night=True), drill(MIDNIGHT - 10 * DAY, night=True)), Verdict.MET),
        ((drill(MIDNIGHT - 365 * DAY - SECOND, night=True), drill(MIDNIGHT, night=True)), Verdict.NOT_MET),
    ],
)
def test_two_drills_at_night_within_a_year_where_pupils_sleep(drills: tuple[Drill, ...], verdict: Verdict) -> None:
    found = judge("D2", make_day(boarders=20, drills=drills))
    assert found.verdict is verdict
    assert codes_of(found)


def test_the_moment_is_known_at_which_the_older_night_drill_no_longer_counts() -> None:
    older = drill(at("10:00", MONDAY - 365 * DAY), night=True)
    newer = drill(at("20:00", MONDAY - 30 * DAY), 2, night=True)
    found = judge("D2", make_day("09:00", boarders=20, drills=(older, newer)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("10:00") + JUST_AFTER)
    since = at("00:00", date(2026, 6, 1))
    found = judge("D2", make_day("10:01", boarders=20, drills=(older, newer), watched_since=since))
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, since + 365 * DAY + JUST_AFTER)
    assert codes_of(found) == ["night_drills", "school_watched_too_short"]
    watched_for_a_year = make_day("10:01", boarders=20, drills=(newer,), watched_since=at("10:01", MONDAY - 365 * DAY))
    assert judge("D2", watched_for_a_year).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- D4, D5


@pytest.mark.parametrize(
    ("rule", "duties", "verdict"),
    [
        ("D4", None, Verdict.UNKNOWN),
        ("D5", None, Verdict.UNKNOWN),
        ("D4", Duties(0, 0, 0), Verdict.UNKNOWN),
        ("D5", Duties(0, 0, 0), Verdict.UNKNOWN),
        ("D4", Duties(135, 135, 0), Verdict.MET),
        ("D4", Duties(135, 134, 135), Verdict.NOT_MET),
        ("D5", Duties(135, 0, 135), Verdict.MET),
        ("D5", Duties(135, 135, 134), Verdict.NOT_MET),
    ],
)
def test_every_responsibility_is_covered_and_was_exercised(rule: str, duties: Duties | None, verdict: Verdict) -> None:
    found = judge(rule, make_day(duties=duties))
    assert found.verdict is verdict
    assert codes_of(found)
    assert found.mend or verdict is Verdict.MET


@pytest.mark.parametrize("rule", ["D4", "D5"])
@pytest.mark.parametrize("done", [0, 135])
def test_an_invented_plan_proves_nothing_either_way(rule: str, done: int) -> None:
    duties = Duties(135, done, done, sample=True, plans=("sample",))
    found = judge(rule, make_day(duties=duties))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["plan_is_sample"])
    assert found.references == (Reference(ReferenceKind.PLAN, "sample"),)


def test_what_was_not_exercised_in_the_first_year_of_watching_is_not_known() -> None:
    day = make_day("12:00", duties=Duties(10, 10, 3), watched_since=at("12:00", MONDAY - 100 * DAY))
    found = judge("D5", day)
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("12:00", MONDAY + 265 * DAY) + JUST_AFTER)
    assert codes_of(found) == ["responsibilities_exercised", "school_watched_too_short"]
    assert judge("D5", replace(day, watched_since=at("12:00", MONDAY - 365 * DAY))).verdict is Verdict.NOT_MET
    assert judge("D4", replace(day, duties=Duties(10, 9, 3))).verdict is Verdict.NOT_MET  # that is of now


def test_a_city_may_begin_with_a_part_of_the_responsibilities() -> None:
    day = make_day(duties=Duties(10, 8, 8))
    assert judge("D4", day, percent=80).verdict is Verdict.MET
    assert judge("D4", day, percent=81).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- Z1


def hazard(number: int = 1, **more: Any) -> Hazard:
    usual: dict[str, Any] = {
        "opened_at": at("09:00", MONDAY - 3 * DAY),
        "owner": "wang",
        "due_at": at("12:00"),
        "closed_at": None,
        "proof": False,
    }
    return Hazard(number, **usual | more)


@pytest.mark.parametrize(
    ("changes", "now", "verdict", "reason"),
    [
        ({}, "12:00", Verdict.MET, "hazards_in_order"),
        ({}, "12:00:01", Verdict.NOT_MET, "hazard_overdue"),
        ({"closed_at": at("11:00"), "proof": True}, "13:00", Verdict.MET, "hazards_in_order"),
        ({"closed_at": at("12:30"), "proof": True}, "13:00", Verdict.MET, "hazards_in_order"),  # late, but gone
        ({"closed_at": at("11:00")}, "13:00", Verdict.NOT_MET, "hazard_closed_without_proof"),
        ({"proof": True}, "12:00:01", Verdict.NOT_MET, "hazard_overdue"),  # proved and not closed
        ({"owner": None}, "10:00", Verdict.NOT_MET, "hazard_unassigned"),
        ({"due_at": None}, "10:00", Verdict.NOT_MET, "hazard_unassigned"),
        ({"owner": None, "opened_at": at("10:00", MONDAY - DAY)}, "10:00", Verdict.UNKNOWN, "hazard_unassigned"),
        ({"owner": None, "opened_at": at("10:00", MONDAY - DAY)}, "10:00:01", Verdict.NOT_MET, "hazard_unassigned"),
        ({"due_at": None, "opened_at": at("09:00")}, "10:00", Verdict.UNKNOWN, "hazard_unassigned"),
        ({"owner": None, "opened_at": at("11:00")}, "12:30", Verdict.NOT_MET, "hazard_overdue"),
    ],
)
def test_a_hazard_has_owner_deadline_and_proof(
    changes: dict[str, Any], now: str, verdict: Verdict, reason: str
) -> None:
    found = judge("Z1", make_day(now, hazards=(hazard(2, due_at=at("20:00")), hazard(**changes))))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])
    if verdict is not Verdict.MET:
        assert found.references == (Reference(ReferenceKind.HAZARD, "1"),)
        assert found.mend


def test_the_moment_is_known_at_which_a_hazard_is_overdue_or_should_have_an_owner() -> None:
    assert judge("Z1", make_day("10:00", hazards=(hazard(),))).look_again_at == at("12:00") + JUST_AFTER
    gone = hazard(closed_at=at("09:30"), proof=True)
    assert judge("Z1", make_day("10:00", hazards=(gone,))).look_again_at is None
    unowned = hazard(owner=None, opened_at=at("09:00"), due_at=None)
    found = judge("Z1", make_day("10:00", hazards=(unowned,)))
    assert found.look_again_at == at("09:00", MONDAY + DAY) + JUST_AFTER


def test_that_nobody_reported_a_hazard_is_not_met() -> None:
    found = judge("Z1", make_day())
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["no_hazard"])

"""一键报警: where buttons hang, how they are tested and how well they are, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.catalogue import list_rules
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.school_day import DeviceDay, DeviceRole, Fact, FactKind, Fault, Proof
from alerts.domain.compliance.verdicts import Grade, Reference, ReferenceKind, Verdict
from alerts.domain.registry import PointKind
from tests.alerts.compliance.days import GATE, MONDAY, at, codes_of, fact, judge, make_day

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JUST_AFTER = timedelta.resolution
MIDNIGHT = at("00:00", MONDAY + DAY)  # the end of the day
TELLS = frozenset({"battery", "mains", "tamper"})
LAST_OF_NOVEMBER = date(2026, 11, 30)


def proof(moment: datetime, incident: int = 1, **more: Any) -> Proof:
    whole = {"seen": True, "police": True, "returned": True, "announced_to_police": True}
    return Proof(incident, moment, **whole | more)


def button(code: str = "S1-GH", point_kind: PointKind = PointKind.GATEHOUSE, **more: Any) -> DeviceDay:
    """A button that is well, was proved this month, and watched since the first of it."""
    usual: dict[str, Any] = {
        "proved_ever": True,
        "tells": TELLS,
        "month_watched": timedelta(days=23),
        "clock_offset_seconds": 0.1,
        "proofs": (proof(at("09:00", date(2026, 11, 3))),),
    }
    return DeviceDay(code, DeviceRole.ALARM, point_kind, **usual | more)


WELL = button()
CONTROL = button("S1-CR", PointKind.CONTROL_ROOM)
DORMITORY = button("S1-DM", PointKind.DORMITORY)


def test_a_school_whose_buttons_are_well_meets_every_rule_of_them() -> None:
    day = make_day(devices=(WELL, CONTROL))
    found = {rule.code: judge(rule.code, day) for rule in list_rules(Group.ALARM)}
    assert {code: one.verdict for code, one in found.items()} == dict.fromkeys(found, Verdict.MET)
    assert all(codes_of(one) for one in found.values())
    assert len(found) == 10


@pytest.mark.parametrize("rule", ["A2", "A3", "A4", "A5", "A6", "A7", "A9", "A11", "A13"])
def test_a_school_without_a_button_is_unknown_and_never_met(rule: str) -> None:
    found = judge(rule, make_day(devices=(GATE,)))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["no_alarm_device"])
    assert found.mend


# ---------------------------------------------------------------- A1


@pytest.mark.parametrize(
    ("devices", "boarders", "verdict", "reasons"),
    [
        ((), 0, Verdict.NOT_MET, ["no_button_at_gatehouse", "no_button_in_control_room"]),
        ((WELL,), 0, Verdict.NOT_MET, ["no_button_in_control_room"]),
        ((WELL, button("S1-OF", PointKind.OFFICE)), 0, Verdict.NOT_MET, ["no_button_in_control_room"]),
        ((WELL, replace(CONTROL, role=DeviceRole.GATE)), 0, Verdict.NOT_MET, ["no_button_in_control_room"]),
        ((WELL, CONTROL), 0, Verdict.MET, ["buttons_installed"]),
        ((WELL, CONTROL), 1, Verdict.NOT_MET, ["no_button_in_dormitory"]),
        ((WELL, CONTROL, DORMITORY), 1, Verdict.MET, ["buttons_installed"]),
    ],
)
def test_a_button_hangs_at_each_place_and_in_the_dormitory_only_where_pupils_sleep(
    devices: tuple[DeviceDay, ...], boarders: int, verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("A1", make_day(devices=devices, boarders=boarders))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)


def test_a_button_in_the_registry_is_declared_until_its_first_test_was_proved_end_to_end() -> None:
    untested = replace(CONTROL, proved_ever=False, proofs=())
    found = judge("A1", make_day(devices=(WELL, untested)))
    assert (found.verdict, codes_of(found)) == (Verdict.DECLARED, ["button_never_proved"])
    assert found.reasons[0].said["device"] == "S1-CR"
    assert found.mend
    partly = replace(untested, proofs=(proof(at("09:00"), police=False),))
    assert judge("A1", make_day(devices=(WELL, partly))).verdict is Verdict.DECLARED
    proved_today = replace(untested, proofs=(proof(at("09:00")),))
    assert judge("A1", make_day(devices=(WELL, proved_today))).verdict is Verdict.MET
    proved_long_ago = replace(untested, proved_ever=True)
    assert judge("A1", make_day(devices=(WELL, proved_long_ago))).verdict is Verdict.MET


def test_a_second_untested_button_takes_nothing_away_but_where_two_are_asked_it_counts() -> None:
    day = make_day(devices=(WELL, button("S1-GH2", proved_ever=False, proofs=()), CONTROL))
    assert judge("A1", day).verdict is Verdict.MET
    assert judge("A1", day, per_place=2).verdict is Verdict.NOT_MET  # the control room has one
    two = make_day(devices=(*day.devices, button("S1-CR2", PointKind.CONTROL_ROOM)))
    assert judge("A1", two, per_place=2).verdict is Verdict.DECLARED


# ---------------------------------------------------------------- A2


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(), Verdict.MET),
        (31 * DAY, Verdict.MET),  # exactly
        (31 * DAY + SECOND, Verdict.NOT_MET),
    ],
)
def test_a_button_is_proved_for_31_days_to_the_second(age: timedelta, verdict: Verdict) -> None:
    tested = button(proofs=(proof(MIDNIGHT - age),))
    assert judge("A2", make_day(devices=(tested,))).verdict is verdict


def test_the_moment_is_known_at_which_a_proof_runs_out() -> None:
    tested = button(proofs=(proof(at("10:00", date(2026, 10, 23)), incident=7),))
    found = judge("A2", make_day("09:00", devices=(tested, CONTROL)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("10:00") + JUST_AFTER)
    assert found.references[0] == Reference(ReferenceKind.INCIDENT, "7")
    on_the_dot = judge("A2", make_day("10:00", devices=(tested, CONTROL)))
    assert (on_the_dot.verdict, on_the_dot.look_again_at) == (Verdict.MET, at("10:00") + JUST_AFTER)
    late = judge("A2", make_day("10:00:01", devices=(tested, CONTROL)))
    assert (late.verdict, codes_of(late)) == (Verdict.NOT_MET, ["button_unproved"])
    assert judge("A2", make_day(devices=(CONTROL,))).look_again_at is None  # that day is over


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"seen": False, "police": False, "returned": False}, "test_not_shown"),
        ({"police": False, "returned": False}, "test_not_receipted"),
        ({"returned": False}, "test_not_told_back"),
    ],
)
def test_a_test_that_was_not_whole_proves_nothing_and_says_at_which_hop_it_ended(
    missing: dict[str, bool], reason: str
) -> None:
    tested = button(proofs=(proof(at("09:00"), incident=5, **missing),))
    found = judge("A2", make_day(devices=(tested,)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, [reason])
    assert found.references == (Reference(ReferenceKind.INCIDENT, "5"),)
    good_before = replace(tested, proofs=(proof(at("09:00", date(2026, 11, 3))), *tested.proofs))
    assert judge("A2", make_day(devices=(good_before,))).verdict is Verdict.MET


@pytest.mark.parametrize(("age", "reason"), [(31 * DAY, "test_not_shown"), (31 * DAY + SECOND, "button_unproved")])
def test_a_test_that_was_not_whole_is_told_for_31_days_and_then_is_none(age: timedelta, reason: str) -> None:
    tested = button(proofs=(proof(MIDNIGHT - age, seen=False, police=False, returned=False),))
    found = judge("A2", make_day(devices=(tested,)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, [reason])


def test_one_unproved_button_of_many_is_the_schools_breach() -> None:
    found = judge("A2", make_day(devices=(WELL, CONTROL, button("S1-X", proofs=()))))
    assert found.verdict is Verdict.NOT_MET
    assert [reason.said["device"] for reason in found.reasons] == ["S1-X"]


@pytest.mark.parametrize("rule", ["A2", "A3"])
def test_what_was_before_the_service_watched_is_unknown_and_no_breach(rule: str) -> None:
    untested = button(proofs=())
    assert judge(rule, make_day(devices=(untested,))).verdict is Verdict.NOT_MET
    found = judge(rule, make_day("12:00", devices=(untested,), watched_since=at("00:00", date(2026, 11, 10))))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["watched_too_short"])
    assert found.look_again_at
    long_ago = make_day(devices=(untested,), watched_since=at("00:00", date(2026, 9, 30)))
    assert judge(rule, long_ago).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- A3


@pytest.mark.parametrize(
    ("tests", "on", "verdict"),
    [
        ([at("00:00", date(2026, 11, 1))], MONDAY, Verdict.MET),  # the month's first instant
        ([at("23:59:59", date(2026, 10, 31))], MONDAY, Verdict.MET),  # last month's is there, this one's may come
        ([at("00:00", date(2026, 10, 1))], MONDAY, Verdict.MET),
        ([at("23:59:59", date(2026, 9, 30))], MONDAY, Verdict.NOT_MET),  # October is missing
        ([at("23:59:59", date(2026, 10, 31))], LAST_OF_NOVEMBER, Verdict.NOT_MET),  # November is over
        ([at("23:59:59", LAST_OF_NOVEMBER)], LAST_OF_NOVEMBER, Verdict.MET),
        ([at("00:00", date(2026, 12, 1))], LAST_OF_NOVEMBER, Verdict.NOT_MET),  # that is December's
        ([], MONDAY, Verdict.NOT_MET),
        ([at("12:00", date(2025, 11, 20))], MONDAY, Verdict.NOT_MET),  # the same month of another year
    ],
)
def test_each_calendar_month_has_its_test(tests: list[datetime], on: date, verdict: Verdict) -> None:
    tested = button(proofs=tuple(proof(moment) for moment in tests))
    assert judge("A3", make_day(on=on, devices=(tested,))).verdict is verdict


def test_the_months_test_is_due_when_the_month_ends_also_over_new_year() -> None:
    tested = button(proofs=(proof(at("09:00", date(2026, 11, 3))),))
    on = date(2026, 12, 31)
    found = judge("A3", make_day("12:00", on=on, devices=(tested,)))
    new_year = at("00:00", date(2027, 1, 1))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, new_year + JUST_AFTER)
    assert judge("A3", make_day(on=on, devices=(tested,))).verdict is Verdict.NOT_MET
    by_utc_it_is_december = button(proofs=(proof(new_year + HOUR),))
    found = judge("A3", make_day("12:00", on=date(2027, 1, 1), devices=(by_utc_it_is_december,)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, None)


def test_a_test_that_110_did_not_receipt_is_a_test_of_the_month_and_one_that_nobody_was_shown_is_none() -> None:
    assert judge("A3", make_day(devices=(button(proofs=(proof(at("09:00"), police=False),)),))).verdict is Verdict.MET
    unseen = button(proofs=(proof(at("09:00"), seen=False),))
    assert judge("A3", make_day(devices=(unseen,))).verdict is Verdict.NOT_MET


def test_a_city_may_ask_for_two_tests_a_month() -> None:
    once = button(proofs=(proof(at("09:00", LAST_OF_NOVEMBER)),))
    day = make_day(on=LAST_OF_NOVEMBER, devices=(once,))
    assert judge("A3", day, times=1).verdict is Verdict.MET
    assert judge("A3", day, times=2).verdict is Verdict.NOT_MET


def test_who_watches_only_since_this_month_cannot_say_at_its_end_that_there_was_no_test() -> None:
    day = make_day(on=LAST_OF_NOVEMBER, devices=(button(proofs=()),), watched_since=at("09:00", date(2026, 11, 1)))
    assert judge("A3", day).verdict is Verdict.UNKNOWN
    assert judge("A3", replace(day, watched_since=at("00:00", date(2026, 11, 1)))).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- A4


def test_a_test_that_was_not_announced_is_mended_by_one_that_was() -> None:
    unannounced = proof(at("09:00", date(2026, 11, 3)), incident=3, announced_to_police=False)
    found = judge("A4", make_day(devices=(button(proofs=(unannounced,)), CONTROL)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["test_unannounced"])
    assert found.references == (Reference(ReferenceKind.INCIDENT, "3"),)
    again = button(proofs=(unannounced, proof(at("10:00", date(2026, 11, 4)))))
    assert judge("A4", make_day(devices=(again, CONTROL))).verdict is Verdict.MET
    worse = button(proofs=(proof(at("08:00", date(2026, 11, 2))), unannounced))
    assert judge("A4", make_day(devices=(worse, CONTROL))).verdict is Verdict.NOT_MET


def test_without_a_test_there_was_nothing_to_announce() -> None:
    found = judge("A4", make_day(devices=(button(proofs=()),)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["no_test_lately"])
    old = button(proofs=(proof(MIDNIGHT - 31 * DAY - SECOND, announced_to_police=False),))
    assert judge("A4", make_day(devices=(old,))).verdict is Verdict.NOT_APPLICABLE
    exactly = button(proofs=(proof(MIDNIGHT - 31 * DAY, announced_to_police=False),))
    assert judge("A4", make_day(devices=(exactly,))).verdict is Verdict.NOT_MET
    assert judge("A4", make_day(devices=(old, WELL))).verdict is Verdict.MET


# ---------------------------------------------------------------- A5

ALLOWED = 30 * DAY * 0.005  # of November


@pytest.mark.parametrize(
    ("unheard", "verdict"),
    [
        (timedelta(), Verdict.MET),
        (timedelta(hours=3, minutes=36), Verdict.MET),  # 99.5 % to the second
        (timedelta(hours=3, minutes=36, seconds=1), Verdict.NOT_MET),
    ],
)
def test_a_button_is_online_for_99_5_percent_of_the_month(unheard: timedelta, verdict: Verdict) -> None:
    assert timedelta(hours=3, minutes=36) == ALLOWED
    whole_month = button(month_watched=30 * DAY, month_unheard=unheard)
    assert judge("A5", make_day(on=LAST_OF_NOVEMBER, devices=(whole_month,))).verdict is verdict
    on_the_23rd = button(month_unheard=unheard)
    assert judge("A5", make_day(devices=(on_the_23rd,))).verdict is verdict


def test_of_a_button_that_is_watched_for_a_part_of_the_month_that_part_counts() -> None:
    new = button(month_watched=2 * DAY, month_unheard=15 * MINUTE)
    assert judge("A5", make_day(on=LAST_OF_NOVEMBER, devices=(new,))).verdict is Verdict.NOT_MET
    assert judge("A5", make_day(on=LAST_OF_NOVEMBER, devices=(replace(new, month_unheard=14 * MINUTE),))).verdict is (
        Verdict.MET
    )
    unwatched = button(month_watched=timedelta())
    found = judge("A5", make_day(devices=(unwatched,)))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["alarm_unwatched"])


@pytest.mark.parametrize(
    ("silent_for", "verdict", "reason"),
    [
        (90 * SECOND, Verdict.MET, "buttons_online"),
        (91 * SECOND, Verdict.UNKNOWN, "alarm_silent"),
        (24 * HOUR, Verdict.UNKNOWN, "alarm_silent"),
        (24 * HOUR + SECOND, Verdict.NOT_MET, "alarm_silent_too_long"),
    ],
)
def test_a_silent_button_is_unknown_after_90_seconds_and_a_breach_after_24_hours(
    silent_for: timedelta, verdict: Verdict, reason: str
) -> None:
    silent = button(unheard_since=MIDNIGHT - silent_for)  # its share of the month is judged apart
    found = judge("A5", make_day(devices=(CONTROL, silent)))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])
    if verdict is not Verdict.MET:
        assert found.references == (Reference(ReferenceKind.DEVICE, "S1-GH"),)


def test_the_moment_is_known_at_which_silence_becomes_a_fault_and_a_breach() -> None:
    since = at("10:00")
    silent = button(unheard_since=since)
    for hours in ("10:01", "10:01:30"):
        assert judge("A5", make_day(hours, devices=(silent,))).look_again_at == since + 90 * SECOND + JUST_AFTER
    allowed = (silent.month_watched + (at("00:00", date(2026, 12, 1)) - at("10:02"))) * 0.005
    found = judge("A5", make_day("10:02", devices=(silent,)))
    assert found.look_again_at == at("10:02") + allowed + JUST_AFTER
    yesterday = button(unheard_since=at("10:00", MONDAY - DAY), month_watched=300 * DAY)
    found = judge("A5", make_day("09:00", devices=(yesterday,)))
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("10:00") + JUST_AFTER)
    found = judge("A5", make_day("10:00:01", devices=(yesterday,)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["alarm_silent_too_long"])


@pytest.mark.parametrize("rule", ["A5", "A6", "A7", "A9"])
def test_a_button_that_was_never_heard_or_is_silent_now_is_unknown_however_well_it_was(rule: str) -> None:
    never = button(heard_ever=False, tells=frozenset())
    found = judge(rule, make_day(devices=(WELL, never)))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["alarm_never_heard"])
    assert found.mend
    silent = button(unheard_since=MIDNIGHT - 2 * MINUTE)
    found = judge(rule, make_day(devices=(WELL, silent)))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["alarm_silent"])


# ---------------------------------------------------------------- A6, A7, A13


@pytest.mark.parametrize(
    ("low_for", "verdict"),
    [(timedelta(), Verdict.MET), (7 * DAY, Verdict.MET), (7 * DAY + SECOND, Verdict.NOT_MET)],
)
def test_a_low_battery_may_wait_seven_days_for_another_one(low_for: timedelta, verdict: Verdict) -> None:
    low = button(low_battery_since=MIDNIGHT - low_for)
    assert judge("A6", make_day(devices=(low,))).verdict is verdict


def test_the_moment_is_known_at_which_a_low_battery_becomes_a_breach() -> None:
    low = button(low_battery_since=at("10:00", MONDAY - 7 * DAY))
    found = judge("A6", make_day("09:00", devices=(low, CONTROL)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("10:00") + JUST_AFTER)
    found = judge("A6", make_day("10:00:01", devices=(low, CONTROL)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["battery_low"])


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [
        ((), Verdict.MET),
        (((at("08:00"), at("16:00")),), Verdict.MET),  # eight hours to the second
        (((at("08:00"), at("16:00:01")),), Verdict.NOT_MET),
        (((at("02:00"), at("08:00")), (at("10:00"), at("17:00"))), Verdict.MET),  # not on end
        (((at("16:00"), MIDNIGHT),), Verdict.MET),
        (((at("15:59"), MIDNIGHT),), Verdict.NOT_MET),
    ],
)
def test_mains_may_be_away_for_eight_hours_on_end(lost: Any, verdict: Verdict) -> None:
    assert judge("A6", make_day(devices=(button(mains_lost=lost),))).verdict is verdict


def test_the_moment_is_known_at_which_lost_mains_become_a_breach() -> None:
    lost = button(mains_lost=((at("08:00"), at("09:00")),))
    assert judge("A6", make_day("09:00", devices=(lost,))).look_again_at == at("16:00") + JUST_AFTER
    assert judge("A6", make_day("09:30", devices=(lost,))).look_again_at is None  # they are back


@pytest.mark.parametrize(
    ("rule", "tells", "reason"),
    [
        ("A6", {"battery", "tamper"}, "power_not_told"),
        ("A6", {"mains", "tamper"}, "power_not_told"),
        ("A7", {"battery", "mains"}, "tamper_not_told"),
    ],
)
def test_what_a_button_cannot_tell_nobody_knows(rule: str, tells: set[str], reason: str) -> None:
    found = judge(rule, make_day(devices=(WELL, button("S1-X", tells=frozenset(tells)))))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, [reason])


@pytest.mark.parametrize(("rule", "tells"), [("A6", {"battery", "mains"}), ("A7", {"tamper"})])
def test_a_button_need_not_tell_what_a_rule_does_not_ask(rule: str, tells: set[str]) -> None:
    assert judge(rule, make_day(devices=(button(tells=frozenset(tells)),))).verdict is Verdict.MET


def test_an_open_housing_is_a_breach_until_it_is_closed() -> None:
    opened = button(tampered=((at("10:00"), at("10:05")),))
    found = judge("A7", make_day("10:05", devices=(opened,)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["tamper_open"])
    found = judge("A7", make_day("10:06", devices=(opened,)))
    assert (found.verdict, found.reasons[0].said["closed"]) == (Verdict.MET, 1)
    over_midnight = button(tampered=((at("23:59"), MIDNIGHT),))
    assert judge("A7", make_day(devices=(over_midnight,))).verdict is Verdict.NOT_MET


@pytest.mark.parametrize(
    ("offset", "verdict"),
    [
        (2.0, Verdict.MET),
        (-2.0, Verdict.MET),
        (2.1, Verdict.NOT_MET),
        (-2.1, Verdict.NOT_MET),
        (None, Verdict.UNKNOWN),
    ],
)
def test_a_clock_is_right_within_two_seconds_either_way(offset: float | None, verdict: Verdict) -> None:
    found = judge("A13", make_day(devices=(WELL, button("S1-X", clock_offset_seconds=offset))))
    assert found.verdict is verdict
    assert codes_of(found)


# ---------------------------------------------------------------- A9


def measure(moment: datetime, grade: Grade = Grade.C, about: str = "S1-GH") -> Fact:
    return replace(fact(FactKind.FAULT_MEASURE, about=about, grade=grade), at=moment)


STOOD_IN = measure(MIDNIGHT - 2 * HOUR)


@pytest.mark.parametrize(
    ("fault", "facts", "verdict", "reason"),
    [
        (Fault(at("09:00"), at("12:00")), (), Verdict.MET, "faults_in_order"),
        (Fault(MIDNIGHT - 26 * HOUR, MIDNIGHT - 2 * HOUR), (), Verdict.MET, "faults_in_order"),  # 24 h exactly
        (Fault(MIDNIGHT - 26 * HOUR, MIDNIGHT - 2 * HOUR + SECOND), (STOOD_IN,), Verdict.NOT_MET, "fault_too_long"),
        (Fault(MIDNIGHT - 80 * HOUR, at("00:00")), (), Verdict.MET, "faults_in_order"),  # of the day before
        (Fault(MIDNIGHT - 24 * HOUR, None), (STOOD_IN,), Verdict.MET, "faults_in_order"),
        (Fault(MIDNIGHT - 24 * HOUR, None), (), Verdict.UNKNOWN, "fault_without_measure"),
        (
            Fault(MIDNIGHT - 24 * HOUR, None),
            (measure(MIDNIGHT - HOUR, Grade.D),),
            Verdict.DECLARED,
            "fault_measure_declared",
        ),
        (
            Fault(MIDNIGHT - 24 * HOUR, None),
            (measure(MIDNIGHT - HOUR, about="S1-CR"),),
            Verdict.UNKNOWN,
            "fault_without_measure",
        ),
        (Fault(MIDNIGHT - HOUR, None), (STOOD_IN,), Verdict.UNKNOWN, "fault_without_measure"),  # for another fault
        (Fault(MIDNIGHT - 24 * HOUR - SECOND, None), (STOOD_IN,), Verdict.NOT_MET, "fault_too_long"),
    ],
)
def test_a_fault_is_repaired_within_24_hours_and_has_a_measure_until_then(
    fault: Fault, facts: tuple[Fact, ...], verdict: Verdict, reason: str
) -> None:
    found = judge("A9", make_day(devices=(button(faults=(fault,)),), facts=facts))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_the_moment_is_known_at_which_a_fault_becomes_a_breach() -> None:
    faulty = button(faults=(Fault(at("10:00", MONDAY - DAY), None),), unheard_since=at("00:00"))
    guarded = (measure(at("12:00", MONDAY - DAY)),)
    found = judge("A9", make_day("09:00", devices=(faulty,), facts=guarded))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("10:00") + JUST_AFTER)
    assert judge("A9", make_day("10:00:01", devices=(faulty,), facts=guarded)).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- A11


def trained(hours: str, **more: Any) -> tuple[Fact, ...]:
    return (fact(FactKind.BUTTON_TRAINING, hours, about="wang", **more),)


@pytest.mark.parametrize(
    ("presses", "facts", "verdict"),
    [
        (0, (), Verdict.MET),
        (2, (), Verdict.MET),
        (3, (), Verdict.NOT_MET),
        (3, trained("11:00"), Verdict.MET),
        (3, trained("10:00"), Verdict.NOT_MET),  # not after the last press
        (3, trained("09:00"), Verdict.NOT_MET),
        (3, trained("11:00", grade=Grade.D), Verdict.DECLARED),
        (3, trained("11:00", valid_until=MONDAY - DAY), Verdict.NOT_MET),
    ],
)
def test_more_than_two_false_presses_in_a_term_ask_for_a_training_after_the_last(
    presses: int, facts: tuple[Fact, ...], verdict: Verdict
) -> None:
    day = make_day(devices=(WELL,), false_presses=presses, last_false_press_at=at("10:00"), facts=facts)
    found = judge("A11", day)
    assert found.verdict is verdict
    assert codes_of(found)


def test_false_presses_are_counted_within_a_term() -> None:
    holiday = date(2026, 8, 10)
    found = judge("A11", make_day(on=holiday, devices=(WELL,)))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["not_in_term"])

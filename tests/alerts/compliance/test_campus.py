"""封闭管理: gates, visitors, vehicles and walls, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec import structs

from alerts.domain.calendars import DayKind
from alerts.domain.compliance.events import GateEvent, Implausible, VisitEvent
from alerts.domain.compliance.schedule import ClosedLoop, DayException, ExceptionKind
from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade, Judgement, Verdict
from tests.alerts.compliance.days import GATE, MONDAY, TERMINAL, at, fact, gate, judge, make_day, shut, visit

ORDERLY = ("register", "09:00"), ("confirm", "09:02"), ("enter", "09:05"), ("leave", "10:00")
OPENED_FOR_VISIT = (
    shut(),
    gate("09:05", opened=True),
    gate("09:06", opened=False),
    gate("10:00", opened=True),
    gate("10:01", opened=False),
)


RULES_OF_VISITS = ("C2", "C3", "C4", "C5", "C6")


def opened(hours: str, seconds: int = 30) -> tuple[GateEvent, GateEvent]:
    """The gate opens so long for somebody."""
    first = gate(hours, opened=True)
    return first, structs.replace(first, key=f"{first.key}/shut", at=first.at + timedelta(seconds=seconds), open=False)


def codes(judgement: Judgement) -> list[str]:
    return [reason.code for reason in judgement.reasons]


@pytest.mark.parametrize(
    ("opened", "closed", "verdict"),
    [
        ("07:20", "08:00", Verdict.MET),  # the whole window
        ("07:20", "08:03", Verdict.MET),  # three minutes over it, to the second
        ("07:20", "08:03:01", Verdict.NOT_MET),
        ("07:16:59", "07:20", Verdict.NOT_MET),
        ("07:17", "08:00", Verdict.MET),
        ("10:00", "10:03", Verdict.MET),
        ("10:00", "10:03:01", Verdict.NOT_MET),
        ("23:58", "23:59:59", Verdict.MET),
    ],
)
def test_a_gate_may_stand_open_three_minutes_outside_the_windows(opened: str, closed: str, verdict: Verdict) -> None:
    day = make_day(devices=(GATE,), gates=(shut(), gate(opened, opened=True), gate(closed, opened=False)))
    assert judge("C1", day).verdict is verdict


def test_a_gate_that_stands_open_over_midnight_counts_from_midnight() -> None:
    before = structs.replace(shut(), open=True)
    day = make_day(devices=(GATE,), gates=(before, gate("00:03:01", opened=False)))
    assert judge("C1", day).verdict is Verdict.NOT_MET
    day = make_day(devices=(GATE,), gates=(before, gate("00:03", opened=False)))
    assert judge("C1", day).verdict is Verdict.MET


def test_the_moment_is_known_at_which_an_open_gate_becomes_a_breach() -> None:
    opened = make_day("10:01", devices=(GATE,), gates=(shut(), gate("10:00", opened=True)))
    found = judge("C1", opened)
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("10:03"))
    found = judge("C1", make_day("10:03:01", devices=(GATE,), gates=(shut(), gate("10:00", opened=True))))
    assert (found.verdict, found.references[0].key) == (Verdict.NOT_MET, "gate/10:00")
    in_window = make_day("07:30", devices=(GATE,), gates=(shut(), gate("07:20", opened=True)))
    assert judge("C1", in_window).look_again_at == at("08:03")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"devices": ()}, "no_gate_sensor"),
        ({"timetables": ()}, "no_timetable"),
        ({"gates": ()}, "gate_never_told"),
        ({"devices": (replace(GATE, unheard=((at("10:00"), at("10:06")),)),)}, "gate_unheard"),
        ({"gates": (shut(), gate("10:00", opened=True, implausible=(Implausible.CHATTER,)))}, "implausible"),
    ],
)
def test_gates_that_nobody_can_vouch_for_are_unknown_and_never_met(changes: dict[str, Any], reason: str) -> None:
    day = make_day(**{"devices": (GATE,), "gates": (shut(),)} | changes)
    found = judge("C1", day)
    assert (found.verdict, codes(found)) == (Verdict.UNKNOWN, [reason])
    assert found.mend


def test_an_unheard_gate_in_a_window_is_no_doubt_and_a_breach_stands_whatever_is_unheard() -> None:
    unheard = replace(GATE, unheard=((at("07:25"), at("07:55")),))
    back = gate("07:55:03", opened=False)
    assert judge("C1", make_day(devices=(unheard,), gates=(shut(), back))).verdict is Verdict.MET
    silent = replace(GATE, unheard=((at("12:00"), at("18:00")),))
    gates = (shut(), gate("10:00", opened=True), gate("10:10", opened=False))
    assert judge("C1", make_day(devices=(silent,), gates=gates)).verdict is Verdict.NOT_MET


def test_on_days_off_and_in_a_closed_loop_no_window_excuses_an_open_gate() -> None:
    gates = (shut(), gate("07:30", opened=True), gate("07:50", opened=False))
    assert judge("C1", make_day(devices=(GATE,), gates=gates)).verdict is Verdict.MET
    holiday = make_day(devices=(GATE,), gates=gates, day_kind=DayKind.HOLIDAY)
    assert judge("C1", holiday).verdict is Verdict.NOT_MET
    loop = DayException(1, ExceptionKind.CLOSED_LOOP, MONDAY, MONDAY, level=ClosedLoop.CLOSED)
    assert judge("C1", make_day(devices=(GATE,), gates=gates, exceptions=(loop,))).verdict is Verdict.NOT_MET


def test_the_city_sets_another_number_of_minutes() -> None:
    day = make_day(devices=(GATE,), gates=(shut(), gate("10:00", opened=True), gate("10:04", opened=False)))
    assert judge("C1", day).verdict is Verdict.NOT_MET
    assert judge("C1", day, open_minutes=5).verdict is Verdict.MET


def test_a_visit_in_order_meets_every_rule_of_visits() -> None:
    day = make_day(devices=(GATE, TERMINAL), gates=OPENED_FOR_VISIT, visits=visit("V1", *ORDERLY))
    assert {rule: judge(rule, day).verdict for rule in RULES_OF_VISITS} == dict.fromkeys(RULES_OF_VISITS, Verdict.MET)


@pytest.mark.parametrize(
    ("rule", "visits", "reason"),
    [
        ("C2", visit("V1", ("enter", "09:05"), ("leave", "10:00")), "entered_unregistered"),
        ("C2", visit("V1", ("enter", "09:05"), ("register", "09:06"), ("leave", "10:00")), "entered_unregistered"),
        ("C3", visit("V1", *ORDERLY, said=frozenset({"name", "phone", "reason"})), "visit_incomplete"),
        ("C3", visit("V1", *ORDERLY, document_checked=False), "visit_incomplete"),
        ("C3", visit("V1", *ORDERLY[:3]), "visit_incomplete"),
        ("C4", visit("V1", *ORDERLY[:3]), "left_inside"),
        ("C4", visit("V1", *ORDERLY[:3], ("leave", "18:30:01")), "left_inside"),
        ("C5", visit("V1", ("register", "09:00"), ("enter", "09:05")), "entered_unconfirmed"),
        ("C5", visit("V1", ("register", "09:00"), ("enter", "09:05"), ("confirm", "09:06")), "entered_unconfirmed"),
        ("C6", visit("V1", ("register", "09:00"), ("enter", "09:05"), vehicle=True), "vehicle_without_consent"),
    ],
)
def test_what_is_wrong_with_a_visit_is_named(rule: str, visits: tuple[VisitEvent, ...], reason: str) -> None:
    found = judge(rule, make_day(devices=(GATE, TERMINAL), gates=OPENED_FOR_VISIT, visits=visits))
    assert (found.verdict, codes(found)) == (Verdict.NOT_MET, [reason])
    assert found.references
    assert found.mend


def test_a_visitor_may_be_inside_until_half_an_hour_after_closing() -> None:
    inside = visit("V1", *ORDERLY[:3])
    seen = {"devices": (GATE, TERMINAL), "gates": (*OPENED_FOR_VISIT[:3], *opened("18:30"))}
    found = judge("C4", make_day("17:00", **seen | {"gates": OPENED_FOR_VISIT[:3]}, visits=inside))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("18:30"))
    assert judge("C4", make_day("18:30", **seen, visits=inside)).verdict is Verdict.NOT_MET
    gone = visit("V1", *ORDERLY[:3], ("leave", "18:30"))
    assert judge("C4", make_day(**seen, visits=gone)).verdict is Verdict.MET


def test_a_gate_that_opens_with_no_visit_near_it_leaves_entries_in_doubt() -> None:
    gates = (shut(), gate("11:00", opened=True), gate("11:01", opened=False))
    found = judge("C2", make_day(devices=(GATE, TERMINAL), gates=gates))
    assert (found.verdict, codes(found)) == (Verdict.UNKNOWN, ["opened_without_visit"])
    near = visit("V1", ("register", "10:50"), ("confirm", "10:51"), ("enter", "10:55"))
    assert judge("C2", make_day(devices=(GATE, TERMINAL), gates=gates, visits=near)).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("gates", "visits", "reason"),
    [
        ((*OPENED_FOR_VISIT, *opened("09:08")), visit("V1", *ORDERLY), "opened_without_visit"),  # near another's visit
        ((shut(), *opened("09:05", 61), *opened("10:00")), visit("V1", *ORDERLY), "opened_without_visit"),  # held open
        ((*OPENED_FOR_VISIT, *opened("08:02:30")), visit("V1", *ORDERLY), "opened_without_visit"),  # after the window
        (OPENED_FOR_VISIT[:3], visit("V1", *ORDERLY), "passed_without_opening"),  # a departure that nobody saw
        ((shut(),), visit("V1", ("register", "19:00"), ("enter", "19:01")), "passed_without_opening"),
        (
            (*OPENED_FOR_VISIT, *opened("11:00")),
            (*visit("V1", *ORDERLY), *visit("V1", ("enter", "11:00"))),
            "pass_used_again",
        ),
    ],
)
def test_a_visitor_book_proves_nothing_that_the_gates_do_not_bear_out(
    gates: tuple[GateEvent, ...], visits: tuple[VisitEvent, ...], reason: str
) -> None:
    day = make_day("20:00", devices=(GATE, TERMINAL), gates=gates, visits=visits)
    found = {rule: judge(rule, day) for rule in RULES_OF_VISITS}
    doubted = {rule: one for rule, one in found.items() if one.verdict is not Verdict.NOT_MET}
    assert "C2" in doubted
    assert {one.verdict for one in doubted.values()} == {Verdict.UNKNOWN}
    assert all(reason in codes(one) for one in doubted.values())


@pytest.mark.parametrize("rule", RULES_OF_VISITS)
def test_a_visitor_book_alone_is_unknown_where_no_gate_has_a_sensor(rule: str) -> None:
    found = judge(rule, make_day(devices=(TERMINAL,), visits=visit("V1", *ORDERLY)))
    assert (found.verdict, codes(found)) == (Verdict.UNKNOWN, ["no_gate_sensor"])


def test_two_visitors_through_one_opening_and_a_pupil_who_is_fetched_explain_their_openings() -> None:
    both = (*visit("V1", *ORDERLY), *visit("V2", *ORDERLY))
    gates = (shut(), *opened("09:05", 100), *opened("10:00", 50), *opened("10:30"))
    fetched = fact(FactKind.PUPIL_EXIT, "10:30", about="L1")
    day = make_day(devices=(GATE, TERMINAL), gates=gates, visits=both, facts=(fetched,))
    assert judge("C2", day).verdict is Verdict.MET
    assert judge("C2", replace(day, facts=())).verdict is Verdict.UNKNOWN


def test_guards_open_the_gate_a_little_before_a_window_and_close_it_a_little_after() -> None:
    gates = (shut(), *opened("07:18", 44 * 60), *opened("16:29", 44 * 60))
    assert judge("C2", make_day(devices=(GATE, TERMINAL), gates=gates)).verdict is Verdict.MET
    early = (shut(), *opened("07:18", 60))
    assert judge("C2", make_day(devices=(GATE, TERMINAL), gates=early)).verdict is Verdict.UNKNOWN


def test_who_comes_after_closing_and_goes_again_was_not_left_inside() -> None:
    late = visit("V1", ("register", "19:00"), ("confirm", "19:01"), ("enter", "19:02"), ("leave", "19:30"))
    seen = {"devices": (GATE, TERMINAL), "gates": (shut(), *opened("19:02"), *opened("19:30"))}
    assert judge("C4", make_day(**seen, visits=late)).verdict is Verdict.MET
    assert judge("C4", make_day(**seen, visits=late[:3])).verdict is Verdict.NOT_MET


@pytest.mark.parametrize("rule", ["C1", "C2", "C9"])
@pytest.mark.parametrize(
    "gates",
    [
        (gate("09:00", opened=True), gate("09:01", opened=False)),  # how it stood since midnight nobody knows
        (shut(), gate("07:20", opened=True), gate("07:24", opened=False)),  # silent in the window, and not a word since
    ],
)
def test_how_a_gate_stands_is_unknown_until_it_tells(rule: str, gates: tuple[GateEvent, ...]) -> None:
    silent = replace(GATE, unheard=((at("07:25"), at("07:28")),))
    fetched = fact(FactKind.PUPIL_EXIT, "09:00", about="L1"), fact(FactKind.PUPIL_LEAVE, "09:00", about="L1", id=2)
    found = judge(rule, make_day(devices=(silent, TERMINAL), gates=gates, facts=fetched))
    assert found.verdict is Verdict.UNKNOWN
    assert "gate_unheard" in codes(found)


def test_what_a_gate_did_in_a_silence_as_long_as_a_breach_is_not_known() -> None:
    silent = replace(GATE, unheard=((at("10:00"), at("10:03")),))
    gates = (shut(), gate("10:03:01", opened=False))
    found = judge("C1", make_day(devices=(silent,), gates=gates))
    assert (found.verdict, codes(found)) == (Verdict.UNKNOWN, ["gate_unheard"])
    short = replace(GATE, unheard=((at("10:00"), at("10:02")),))
    gates = (shut(), gate("10:02:01", opened=False))
    assert judge("C1", make_day(devices=(short,), gates=gates)).verdict is Verdict.MET
    before = (shut(), gate("09:58", opened=True), gate("10:02:01", opened=False))  # open, and then who knows
    assert judge("C1", make_day(devices=(short,), gates=before)).verdict is Verdict.UNKNOWN


def test_an_opening_that_a_sensor_with_no_line_kept_is_a_breach_and_one_that_was_cut_off_is_not_known() -> None:
    silent = replace(GATE, unheard=((at("09:50"), at("10:30")),))
    back = gate("10:30:02", opened=False)
    kept = [structs.replace(event, received_at=at("10:30:01")) for event in opened("10:00", 600)]
    assert judge("C1", make_day(devices=(silent,), gates=(shut(), *kept, back))).verdict is Verdict.NOT_MET
    unplugged = (shut(), gate("09:50", opened=True), back)  # opened for somebody, and then without power
    assert judge("C1", make_day(devices=(silent,), gates=unplugged)).verdict is Verdict.UNKNOWN


def test_a_gate_that_is_not_heard_now_is_unknown_at_once_and_in_a_window_when_that_is_over() -> None:
    unplugged = replace(GATE, unheard=((at("10:00"), at("10:00:30")),))
    found = judge("C1", make_day("10:00:30", devices=(unplugged,), gates=(shut(),)))
    assert (found.verdict, codes(found)) == (Verdict.UNKNOWN, ["gate_unheard"])
    in_window = replace(GATE, unheard=((at("07:30"), at("07:40")),))
    for rule in ("C1", "C2"):
        found = judge(rule, make_day("07:40", devices=(in_window, TERMINAL), gates=(shut(), *opened("07:20", 60))))
        assert (found.verdict, found.look_again_at) == (Verdict.MET, at("08:00"))
    still = replace(GATE, unheard=((at("07:30"), at("08:00:01")),))
    found = judge("C1", make_day("08:00:01", devices=(still,), gates=(shut(), *opened("07:20", 60))))
    assert found.verdict is Verdict.UNKNOWN


def test_a_gate_that_stands_open_for_a_visitor_is_looked_at_again() -> None:
    usual: dict[str, Any] = {"devices": (GATE, TERMINAL), "visits": visit("V1", *ORDERLY[:3])}
    gates = (shut(), gate("09:05", opened=True))
    found = judge("C2", make_day("09:05:30", gates=gates, **usual))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("09:06:30"))
    assert judge("C2", make_day("09:06:30", gates=gates, **usual)).verdict is Verdict.UNKNOWN
    window = (shut(), gate("07:20", opened=True))
    found = judge("C2", make_day("07:30", gates=window, devices=(GATE, TERMINAL)))
    assert (found.verdict, found.look_again_at) == (Verdict.MET, at("08:03"))


def test_a_gate_that_stays_open_into_lessons_leaves_in_doubt_who_left() -> None:
    late = (shut(), gate("07:20", opened=True), gate("08:03:01", opened=False))
    assert judge("C9", make_day(devices=(GATE,), gates=late)).verdict is Verdict.UNKNOWN
    in_time = (shut(), gate("07:20", opened=True), gate("08:02:59", opened=False))
    assert judge("C9", make_day(devices=(GATE,), gates=in_time)).verdict is Verdict.MET


@pytest.mark.parametrize("rule", RULES_OF_VISITS)
def test_a_visitor_book_filled_in_the_evening_counts_for_nothing(rule: str) -> None:
    written = visit("V1", *ORDERLY, implausible=(Implausible.WRITTEN_LATER,))
    day = make_day(devices=(GATE, TERMINAL), gates=OPENED_FOR_VISIT, visits=written)
    assert judge(rule, day).verdict is Verdict.UNKNOWN


def test_consent_that_was_written_down_lets_a_vehicle_in() -> None:
    visits = visit("V1", ("register", "09:00"), ("enter", "09:05"), vehicle=True)
    consent = fact(FactKind.VEHICLE_CONSENT, about="V1")
    seen = {"devices": (GATE, TERMINAL), "gates": OPENED_FOR_VISIT[:3]}
    assert judge("C6", make_day(**seen, visits=visits, facts=(consent,))).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("said", "more", "verdict"),
    [
        ({"height_centimetres": 200, "gaps": 0}, {}, Verdict.MET),
        ({"height_centimetres": 199, "gaps": 0}, {}, Verdict.NOT_MET),
        ({"height_centimetres": 240, "gaps": 1}, {}, Verdict.NOT_MET),
        ({"height_centimetres": 240, "gaps": 0}, {"photo": False}, Verdict.DECLARED),
        ({"height_centimetres": 240, "gaps": 0}, {"grade": Grade.D}, Verdict.DECLARED),
        ({"height_centimetres": 240}, {}, Verdict.UNKNOWN),
        ({"height_centimetres": 240, "gaps": 0}, {"on": MONDAY - timedelta(days=365)}, Verdict.MET),
        ({"height_centimetres": 240, "gaps": 0}, {"on": MONDAY - timedelta(days=367)}, Verdict.UNKNOWN),
        ({"height_centimetres": 240, "gaps": 0}, {"valid_until": date(2026, 11, 22)}, Verdict.UNKNOWN),
    ],
)
def test_walls_are_proved_by_a_survey_with_a_photo_of_the_last_year(
    said: dict[str, int], more: dict[str, Any], verdict: Verdict
) -> None:
    assert judge("C7", make_day(facts=(fact(FactKind.WALL_SURVEY, said=said, **more),))).verdict is verdict


def test_nobody_surveyed_the_wall() -> None:
    assert judge("C7", make_day()).verdict is Verdict.UNKNOWN


def test_the_barrier_is_looked_at_in_each_window() -> None:
    morning = fact(FactKind.BARRIER, "07:40", said={"in_place": True})
    evening = fact(FactKind.BARRIER, "16:40", said={"in_place": True}, id=2)
    assert judge("C8", make_day(facts=(morning, evening))).verdict is Verdict.MET
    assert judge("C8", make_day(facts=(morning,))).verdict is Verdict.UNKNOWN
    assert judge("C8", make_day("12:00", facts=(morning,))).verdict is Verdict.MET
    assert judge("C8", make_day("12:00", facts=(morning,))).look_again_at == at("16:30")
    away = replace(evening, said={"in_place": False})
    assert judge("C8", make_day(facts=(morning, away))).verdict is Verdict.NOT_MET
    declared = replace(morning, grade=Grade.D), replace(evening, grade=Grade.D)
    assert judge("C8", make_day(facts=declared)).verdict is Verdict.DECLARED
    assert judge("C8", make_day(day_kind=DayKind.HOLIDAY)).verdict is Verdict.NOT_APPLICABLE
    assert judge("C8", make_day("06:00")).look_again_at == at("07:20")


@pytest.mark.parametrize(
    ("gates", "facts", "verdict"),
    [
        ((shut(),), (), Verdict.MET),
        ((), (), Verdict.UNKNOWN),
        ((shut(), gate("10:00", opened=True), gate("10:01", opened=False)), (), Verdict.UNKNOWN),
        ((shut(),), (fact(FactKind.PUPIL_EXIT, "10:00", about="L1"),), Verdict.NOT_MET),
        (
            (shut(), gate("10:00", opened=True), gate("10:01", opened=False)),
            (fact(FactKind.PUPIL_LEAVE, "09:50", about="L1"), fact(FactKind.PUPIL_EXIT, "10:00", about="L1", id=2)),
            Verdict.MET,
        ),
    ],
)
def test_pupils_leave_in_lesson_time_with_a_leave(
    gates: tuple[GateEvent, ...], facts: tuple[Any, ...], verdict: Verdict
) -> None:
    assert judge("C9", make_day(devices=(GATE,), gates=gates, facts=facts)).verdict is verdict

"""Answering: what became of the day's live presses, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.catalogue import list_rules
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.school_day import FactKind, IncidentDay, LivePress
from alerts.domain.compliance.verdicts import Grade, Judgement, Reference, ReferenceKind, Verdict
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from tests.alerts.compliance.days import at, codes_of, fact, judge, make_day

RULES = [rule.code for rule in list_rules(Group.ANSWERING)]
TEN = at("10:00")
JUST_AFTER = timedelta.resolution


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def incident(number: int = 1, opened_at: datetime = TEN, **more: Any) -> IncidentDay:
    """An incident that was answered as it should be."""
    usual: dict[str, Any] = {
        "mode": Mode.LIVE,
        "taken_at": opened_at + seconds(12),
        "school_told_at": opened_at + seconds(20),
        "police_sent_at": opened_at + seconds(1),
        "police_accepted_at": opened_at + seconds(9),
        "on_scene_at": opened_at + seconds(240),
        "closed_at": opened_at + seconds(1800),
        "cause": Cause.REAL,
        "people_at_closing": 1,
        "text_at_closing": True,
    }
    return IncidentDay(number, opened_at=opened_at, **usual | more)


def press(number: int = 1, after: float | None = 0.2, arrived_at: datetime = TEN) -> LivePress:
    """A press of an incident, and after how many seconds its receipt was confirmed."""
    if after is None:
        return LivePress(number, arrived_at)
    return LivePress(number, arrived_at, arrived_at + seconds(after), f"2026-11-23/S1-G1/receipt/id:{number}")


def waiting(number: int = 1, opened_at: datetime = TEN) -> IncidentDay:
    """A press to which nobody has done anything."""
    return IncidentDay(number, Mode.LIVE, opened_at)


def judge_all(rule: str, *incidents: IncidentDay, now: str | None = None, **more: Any) -> Judgement:
    numbers = {name: more.pop(name) for name in list(more) if name in ("people", "minutes")}
    more.setdefault("presses", tuple(press(one.id) for one in incidents if one.mode is Mode.LIVE))
    found = judge(rule, make_day(now, incidents=incidents, **more), **numbers)
    assert codes_of(found)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_press_that_was_answered_as_it_should_be_meets_every_rule(rule: str) -> None:
    found = judge_all(rule, incident(7))
    assert (found.verdict, found.references[0]) == (Verdict.MET, Reference(ReferenceKind.INCIDENT, "7"))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mode", [None, Mode.TEST, Mode.DRILL])
def test_without_a_live_press_there_is_nothing_to_answer_and_tests_and_drills_are_none(
    rule: str, mode: Mode | None
) -> None:
    unanswered = () if mode is None else (replace(waiting(), mode=mode),)
    found = judge_all(rule, *unanswered)
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["no_live_incident"])


@pytest.mark.parametrize("rule", RULES)
def test_a_test_beside_a_live_press_changes_nothing(rule: str) -> None:
    assert judge_all(rule, incident(1), replace(waiting(2), mode=Mode.TEST)).verdict is Verdict.MET


# ---------------------------------------------------------------- R1


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([1.0], Verdict.MET),
        ([1.000001], Verdict.NOT_MET),
        ([0.0], Verdict.MET),
        ([0.1] * 98 + [9], Verdict.NOT_MET),  # one of 99 is the slowest per cent
        ([0.1] * 99 + [9], Verdict.MET),  # one of 100 is beyond it
        ([0.1] * 98 + [9, 9], Verdict.NOT_MET),
        ([None], Verdict.UNKNOWN),
        ([0.1, None, 0.1], Verdict.UNKNOWN),  # one of several is enough
        ([None, 9], Verdict.NOT_MET),
        ([0.1] * 99 + [None], Verdict.MET),  # whatever it was, 99 % were in time
        ([0.1] * 98 + [None, None], Verdict.UNKNOWN),
        ([0.1] * 98 + [9, None], Verdict.UNKNOWN),
        ([-0.001], Verdict.UNKNOWN),  # the clock was set back in between
    ],
)
def test_the_button_has_its_receipt_within_a_second_at_the_99th_percentile_of_presses(
    told: list[float | None], verdict: Verdict
) -> None:
    presses = tuple(press(5, after) for after in told)  # fifty presses in ten seconds are one incident
    assert judge_all("R1", incident(5), presses=presses).verdict is verdict


def test_a_press_just_now_changes_nothing_until_its_receipt_is_confirmed_or_ten_seconds_are_over() -> None:
    earlier, fresh = press(1), press(2, None, at("10:05"))

    def judged(now: str | None, *presses: LivePress) -> tuple[Verdict, datetime | None]:
        found = judge_all("R1", presses=presses, now=now)
        return found.verdict, found.look_again_at

    over_at = at("10:05:10") + JUST_AFTER
    assert judged("10:05:10", earlier, fresh) == (Verdict.MET, over_at)
    assert judged("10:05:11", earlier, fresh) == (Verdict.UNKNOWN, None)
    assert judged("10:05:01", fresh) == (Verdict.UNKNOWN, over_at)  # there is nothing else to judge by
    assert judged("10:05:01", earlier, press(2, 1.5, at("10:05"))) == (Verdict.NOT_MET, None)
    assert judged(None, earlier, press(2, None, at("23:59:55"))) == (Verdict.UNKNOWN, None)  # the day is over


def test_a_verdict_on_receipts_names_the_presses_that_decided() -> None:
    prompt, slow, unknown = press(1), press(2, 3), press(3, None)

    def named(*presses: LivePress) -> list[str]:
        return [one.key for one in judge_all("R1", presses=presses).references]

    assert named(prompt, slow, unknown) == ["2", slow.receipt]
    assert named(prompt, unknown) == ["3"]  # of that one there is nothing but its incident
    assert named(prompt) == ["1", prompt.receipt]


def test_a_percentile_over_few_presses_says_that_they_were_few() -> None:
    assert codes_of(judge_all("R1", presses=(press(),))) == ["button_confirmed", "few_presses"]
    assert codes_of(judge_all("R1", presses=(press(),) * 100)) == ["button_confirmed"]
    assert codes_of(judge_all("R1", presses=(press(after=3),))) == ["button_confirmed_late", "few_presses"]
    assert codes_of(judge_all("R4", incident())) == ["police_in_time"]  # each one counts there, so none are few


# ---------------------------------------------------------------- R2


def taken(*after: float | None) -> list[IncidentDay]:
    return [
        incident(number, taken_at=None if each is None else TEN + seconds(each)) for number, each in enumerate(after)
    ]


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ([30], Verdict.MET),
        ([30.001], Verdict.NOT_MET),  # the only one is not 80 % of them
        ([10, 10, 10, 10, 60], Verdict.MET),  # 80 % in 30 s to the press
        ([10, 10, 10, 60], Verdict.NOT_MET),
        ([10, 10, 10, 10, 60.001], Verdict.NOT_MET),  # of five, each must be there within 60 s
        ([10] * 66 + [61], Verdict.MET),  # one of 67 is less than 1.5 %
        ([10] * 65 + [61], Verdict.NOT_MET),
        ([10] * 197 + [61] * 3, Verdict.MET),  # 98.5 % to the press
        ([10] * 196 + [61] * 4, Verdict.NOT_MET),
        ([None], Verdict.NOT_MET),  # nobody ever took it
        ([10, 10, 10, 10, None], Verdict.NOT_MET),
    ],
)
def test_80_percent_are_taken_within_30_seconds_and_98_5_within_60(after: list[float | None], verdict: Verdict) -> None:
    assert judge_all("R2", *taken(*after)).verdict is verdict


def test_a_press_that_still_waits_is_open_until_its_time_is_over() -> None:
    first = judge_all("R2", waiting(), now="10:00:30")
    assert (first.verdict, codes_of(first)) == (Verdict.UNKNOWN, ["not_taken_yet", "not_taken_yet"])
    assert first.look_again_at == at("10:00:30") + JUST_AFTER
    late = judge_all("R2", waiting(), now="10:00:31")
    assert (late.verdict, late.look_again_at) == (Verdict.NOT_MET, at("10:01") + JUST_AFTER)
    earlier = [incident(number, at("08:00")) for number in range(2, 6)]
    last = judge_all("R2", waiting(), *earlier, now="10:01")
    assert (last.verdict, codes_of(last)) == (Verdict.UNKNOWN, ["not_taken_yet"])  # four of five were soon enough
    assert judge_all("R2", waiting(), *earlier, now="10:01:01").verdict is Verdict.NOT_MET


def test_a_press_at_midnight_is_open_when_the_day_ends_and_met_once_it_is_known_who_took_it() -> None:
    opened_at = at("23:59:50")
    assert judge_all("R2", waiting(1, opened_at)).verdict is Verdict.UNKNOWN
    assert judge_all("R2", incident(1, opened_at, taken_at=opened_at + seconds(25))).verdict is Verdict.MET
    assert judge_all("R2", waiting(1, at("23:59:20"))).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- R4, R5


@pytest.mark.parametrize(
    ("sent", "accepted", "verdict"),
    [
        (1, 30, Verdict.MET),
        (1, 30.5, Verdict.NOT_MET),
        (29, 31, Verdict.NOT_MET),  # the way there is in it
        (None, 25, Verdict.MET),  # by telephone
        (1, None, Verdict.NOT_MET),
        (None, None, Verdict.UNKNOWN),
    ],
)
def test_110_has_it_within_30_seconds_of_the_press(
    sent: float | None, accepted: float | None, verdict: Verdict
) -> None:
    def moment(after: float | None) -> datetime | None:
        return None if after is None else TEN + seconds(after)

    one = incident(police_sent_at=moment(sent), police_accepted_at=moment(accepted))
    assert judge_all("R4", incident(2), one).verdict is verdict


def test_until_30_seconds_are_over_110_may_still_answer() -> None:
    sent = replace(waiting(), police_sent_at=TEN + seconds(1))
    found = judge_all("R4", sent, now="10:00:30")
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("10:00:30") + JUST_AFTER)
    assert judge_all("R4", sent, now="10:00:31").verdict is Verdict.NOT_MET


@pytest.mark.parametrize(
    ("in_town", "minutes", "verdict"),
    [
        (True, 5, Verdict.MET),
        (True, 5.1, Verdict.NOT_MET),
        (False, 10, Verdict.MET),
        (False, 10.1, Verdict.NOT_MET),
        (None, 5, Verdict.MET),
        (None, 5.1, Verdict.UNKNOWN),
        (None, 10, Verdict.UNKNOWN),
        (None, 10.1, Verdict.NOT_MET),
        (True, None, Verdict.UNKNOWN),
    ],
)
def test_a_patrol_is_there_in_5_minutes_in_town_and_in_10_outside(
    in_town: bool | None, minutes: float | None, verdict: Verdict
) -> None:
    one = incident(on_scene_at=None if minutes is None else TEN + timedelta(minutes=minutes))
    assert judge_all("R5", one, in_town=in_town).verdict is verdict


@pytest.mark.parametrize("cause", [Cause.ACCIDENTAL, Cause.PUPIL_PLAY, Cause.DEVICE_FAULT, Cause.TEST, Cause.DRILL])
def test_who_pressed_by_mistake_needs_no_patrol(cause: Cause) -> None:
    mistaken = incident(on_scene_at=None, cause=cause)
    found = judge_all("R5", mistaken)
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_APPLICABLE, ["no_patrol_needed"])
    late = incident(2, on_scene_at=TEN + timedelta(minutes=11))
    assert judge_all("R5", mistaken, late).references == (Reference(ReferenceKind.INCIDENT, "2"),)


# ---------------------------------------------------------------- R7


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, Verdict.MET, "closed_in_order"),
        ({"cause": None}, Verdict.NOT_MET, "closed_without_cause"),
        ({"text_at_closing": False}, Verdict.NOT_MET, "closed_without_words"),
        ({"cause": Cause.ACCIDENTAL}, Verdict.NOT_MET, "closed_by_too_few"),
        ({"cause": Cause.PUPIL_PLAY, "people_at_closing": 2}, Verdict.MET, "closed_in_order"),
        ({"cause": Cause.TEST}, Verdict.NOT_MET, "closed_by_too_few"),  # a live press that somebody calls a test
        ({"cause": Cause.DISPUTE}, Verdict.MET, "closed_in_order"),
        ({"cause": Cause.MEDICAL}, Verdict.MET, "closed_in_order"),
        ({"closed_at": None, "cause": None, "text_at_closing": False}, Verdict.UNKNOWN, "incident_open"),
    ],
)
def test_an_incident_is_closed_with_cause_and_words_and_a_false_one_by_two(
    changes: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge_all("R7", incident(**changes))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_the_city_may_ask_for_three_people() -> None:
    false_one = incident(cause=Cause.PUPIL_PLAY, people_at_closing=2)
    assert judge_all("R7", false_one, people=3).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- R8


@pytest.mark.parametrize(
    ("told", "grade", "fact_at", "verdict"),
    [
        ("10:30", None, None, Verdict.MET),
        ("10:30:01", None, None, Verdict.NOT_MET),
        (None, None, None, Verdict.NOT_MET),
        (None, Grade.C, "10:30", Verdict.MET),
        (None, Grade.C, "10:30:01", Verdict.NOT_MET),
        (None, Grade.D, "10:20", Verdict.DECLARED),
        ("10:40", Grade.D, "10:20", Verdict.DECLARED),  # the message came too late to hold it up
        ("10:10", Grade.D, "10:20", Verdict.MET),
        (None, Grade.C, "09:59", Verdict.NOT_MET),  # before it happened
    ],
)
def test_the_school_is_told_within_half_an_hour_by_message_or_as_somebody_wrote_down(
    told: str | None, grade: Grade | None, fact_at: str | None, verdict: Verdict
) -> None:
    one = incident(5, school_told_at=None if told is None else at(told))
    facts = () if grade is None else (fact(FactKind.SCHOOL_TOLD, str(fact_at), about="5", grade=grade),)
    assert judge_all("R8", one, facts=facts).verdict is verdict


def test_a_form_about_one_incident_says_nothing_of_another_and_the_worst_proof_decides() -> None:
    untold = incident(5, school_told_at=None)
    form = fact(FactKind.SCHOOL_TOLD, "10:10", about="6", grade=Grade.D)
    assert judge_all("R8", untold, facts=(form,)).verdict is Verdict.NOT_MET
    found = judge_all("R8", incident(4), untold, facts=(replace(form, about="5"),))
    assert found.verdict is Verdict.DECLARED
    assert found.mend


def test_until_half_an_hour_is_over_the_school_may_still_be_told() -> None:
    found = judge_all("R8", waiting(), now="10:30")
    assert (found.verdict, found.look_again_at) == (Verdict.UNKNOWN, at("10:30") + JUST_AFTER)
    assert judge_all("R8", waiting(), now="10:30:01").verdict is Verdict.NOT_MET

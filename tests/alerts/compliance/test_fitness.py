"""专职保安: papers, kit and training at the button, at the edges of each rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from alerts.domain.compliance.school_day import Certificate, Fact, FactKind, PracticePress
from alerts.domain.compliance.verdicts import Grade, ReferenceKind, Verdict
from alerts.domain.contacts import CertificateKind
from tests.alerts.compliance.days import MONDAY, TERM, at, be_guard, codes_of, fact, judge, make_day

SUNDAY = MONDAY - timedelta(days=1)
KIT = {"helmet": 1, "shield": 1, "stab_vest": 1, "gloves": 1, "baton": 1, "torch": 1, "spray": 1, "fork": 2}


def see(kind: FactKind, **more: Any) -> Fact:
    return fact(kind, about="G0", **more)


SEEN = see(FactKind.GUARD_CERTIFICATE), see(FactKind.BACKGROUND_CHECK, id=2)


@pytest.mark.parametrize(
    ("until", "facts", "verdict", "reasons"),
    [
        (MONDAY, (), Verdict.DECLARED, ["papers_in_date"]),
        (None, (), Verdict.DECLARED, ["papers_in_date"]),
        (SUNDAY, (), Verdict.NOT_MET, ["certificate_expired", "background_check_expired"]),
        (MONDAY, SEEN, Verdict.MET, ["papers_in_date"]),
        (MONDAY, SEEN[:1], Verdict.DECLARED, ["papers_in_date"]),
        (MONDAY, (see(FactKind.GUARD_CERTIFICATE, grade=Grade.D), SEEN[1]), Verdict.DECLARED, ["papers_in_date"]),
        # what the register says has expired is not mended by somebody who saw it at some time
        (SUNDAY, SEEN, Verdict.NOT_MET, ["certificate_expired", "background_check_expired"]),
        (
            SUNDAY,
            tuple(see(one.kind, valid_until=date(2027, 1, 1)) for one in SEEN),
            Verdict.MET,
            ["papers_in_date"],
        ),
    ],
)
def test_papers_are_declared_by_the_register_and_proved_by_whoever_saw_them(
    until: date | None, facts: tuple[Fact, ...], verdict: Verdict, reasons: list[str]
) -> None:
    found = judge("G5", make_day(holders=(be_guard("G0", until=until),), facts=facts))
    assert (found.verdict, codes_of(found)) == (verdict, reasons)
    assert found.references


def test_a_paper_that_nobody_has_on_record_is_unknown_and_one_guard_is_enough_for_that() -> None:
    certificate = (Certificate(CertificateKind.GUARD, date(2027, 6, 30)),)
    found = judge("G5", make_day(holders=(be_guard("G0"), be_guard("G1", certificates=certificate))))
    assert (found.verdict, codes_of(found)) == (Verdict.UNKNOWN, ["background_check_missing"])
    found = judge("G5", make_day(holders=(be_guard("G0", certificates=()),), facts=SEEN))
    assert found.verdict is Verdict.MET
    old = tuple(see(one.kind, on=MONDAY - timedelta(days=367)) for one in SEEN)
    assert judge("G5", make_day(holders=(be_guard("G0", certificates=()),), facts=old)).verdict is Verdict.UNKNOWN
    lapsed = see(FactKind.GUARD_CERTIFICATE, valid_until=SUNDAY), SEEN[1]
    found = judge("G5", make_day(holders=(be_guard("G0", certificates=()),), facts=lapsed))
    assert (found.verdict, codes_of(found)) == (Verdict.NOT_MET, ["certificate_expired"])
    assert judge("G5", make_day()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("said", "more", "verdict", "reason"),
    [
        ({}, {}, Verdict.MET, "kit_complete"),
        ({}, {"grade": Grade.D}, Verdict.DECLARED, "kit_complete"),
        ({"fork": 1}, {}, Verdict.NOT_MET, "kit_lacks_forks"),
        ({"helmet": 0}, {}, Verdict.NOT_MET, "kit_lacks_helmets"),
        ({"spray": 0}, {"grade": Grade.D}, Verdict.NOT_MET, "kit_lacks_sprays"),  # who says so is believed
        ({"torch": "two"}, {}, Verdict.UNKNOWN, "kit_untold"),
        ({}, {"valid_until": MONDAY}, Verdict.MET, "kit_complete"),
        ({}, {"valid_until": SUNDAY}, Verdict.NOT_MET, "kit_expired"),
        ({}, {"on": MONDAY - timedelta(days=365)}, Verdict.MET, "kit_complete"),
        ({}, {"on": MONDAY - timedelta(days=367)}, Verdict.UNKNOWN, "kit_uncounted"),
    ],
)
def test_the_kit_of_eight_is_counted_complete_and_in_date(
    said: dict[str, Any], more: dict[str, Any], verdict: Verdict, reason: str
) -> None:
    found = judge("G6", make_day(facts=(fact(FactKind.KIT, said=KIT | said, **more),)))
    assert (found.verdict, codes_of(found)) == (verdict, [reason])


def test_each_piece_that_is_lacking_is_named_and_the_newest_count_speaks() -> None:
    empty = fact(FactKind.KIT, "08:00", said=dict.fromkeys(KIT, 0))
    assert len(codes_of(judge("G6", make_day(facts=(empty,))))) == 8
    counted = fact(FactKind.KIT, "09:00", said=KIT, id=2)
    assert judge("G6", make_day(facts=(empty, counted))).verdict is Verdict.MET
    assert codes_of(judge("G6", make_day())) == ["kit_uncounted"]
    assert judge("G6", make_day(facts=(counted,)), helmet=2).verdict is Verdict.NOT_MET


# ---------------------------------------------------------------- training


def train(person: str, hours: str = "09:00", **more: Any) -> Fact:
    return fact(FactKind.BUTTON_TRAINING, hours, about=person, **{"id": int(person[1:]) + 1} | more)


def press(hours: str, on: date = MONDAY) -> PracticePress:
    return PracticePress(7, "S1-BTN", at(hours, on))


GUARDS = be_guard("G0"), be_guard("G1")


@pytest.mark.parametrize(
    ("facts", "practice", "verdict", "reason"),
    [
        ((), (), Verdict.UNKNOWN, "guards_untrained"),
        ((train("G0"),), (press("09:00"),), Verdict.UNKNOWN, "guards_untrained"),
        ((train("G0"), train("G1")), (press("08:30"), press("09:30")), Verdict.MET, "guards_trained"),
        ((train("G0"), train("G1")), (press("08:29"), press("09:30")), Verdict.UNKNOWN, "training_without_press"),
        (
            (train("G0"), train("G1")),
            (press("09:00"),),
            Verdict.UNKNOWN,
            "training_without_press",
        ),  # one pressed for two
        ((train("G0"), train("G1")), (), Verdict.UNKNOWN, "training_without_press"),
        (
            (train("G0"), train("G1", grade=Grade.D)),
            (press("09:00"), press("09:01")),
            Verdict.DECLARED,
            "guards_trained",
        ),
        (
            (train("G0", on=TERM.first), train("G1")),
            (press("09:00", TERM.first), press("09:00")),
            Verdict.MET,
            "guards_trained",
        ),
        (
            (train("G0", on=TERM.first - timedelta(days=1)), train("G1")),
            (press("09:00"), press("09:01")),
            Verdict.UNKNOWN,
            "guards_untrained",
        ),
    ],
)
def test_each_guard_presses_the_button_in_training_once_a_term(
    facts: tuple[Fact, ...], practice: tuple[PracticePress, ...], verdict: Verdict, reason: str
) -> None:
    found = judge("G8", make_day(holders=GUARDS, facts=facts, practice=practice))
    assert (found.verdict, codes_of(found)[0]) == (verdict, reason)


def test_a_training_is_proved_by_the_incident_of_the_press() -> None:
    found = judge("G8", make_day(holders=GUARDS[:1], facts=(train("G0"),), practice=(press("09:05"),)))
    assert [one.key for one in found.references if one.kind is ReferenceKind.INCIDENT] == ["7"]


def test_who_has_not_trained_when_the_term_ends_is_a_breach() -> None:
    running = make_day("23:59", on=TERM.last, holders=GUARDS)
    assert judge("G8", running).verdict is Verdict.UNKNOWN
    over = judge("G8", make_day(on=TERM.last, holders=GUARDS))
    assert (over.verdict, codes_of(over)) == (Verdict.NOT_MET, ["guard_untrained", "guard_untrained"])
    assert judge("G8", make_day(on=TERM.last + timedelta(days=1), holders=GUARDS)).verdict is Verdict.NOT_APPLICABLE
    assert judge("G8", make_day()).verdict is Verdict.UNKNOWN

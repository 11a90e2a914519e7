"""An inspector's visit: what is on the list, what a look is worth, and that nothing is met by it that is not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from alerts.compliance.facts import AlreadyCorrected, correct_fact, declare_fact, withdraw_fact
from alerts.compliance.inspections import (
    Found,
    InspectionOver,
    answer_check,
    begin_inspection,
    end_inspection,
    read_inspection,
)
from alerts.domain.compliance.catalogue import BY_CODE, judge_day
from alerts.domain.compliance.facts import Declaration, FactInvalid
from alerts.domain.compliance.inspections import Outcome, choose_expiry, grade_look, list_to_check
from alerts.domain.compliance.school_day import FactKind, SchoolDay
from alerts.domain.compliance.terms import resolve_terms
from alerts.domain.compliance.verdicts import Grade, Judgement, Verdict
from alerts.storage.database import Database
from tests.alerts.compliance.days import GATE, MONDAY, be_guard, codes_of, fact, gate, make_day, shut
from tests.alerts.compliance.living import LivingCity

JPEG = b"\xff\xd8\xff\xe0 a wall \xff\xd9"


def look(rule: str, hours: str = "10:00", *, ok: bool, **more: Any) -> Any:
    """An inspector looked at a rule this day."""
    said = {"as_required": ok} | more.pop("said", {})
    usual: dict[str, Any] = {"id": 9, "by": "li", "about": rule, "valid_until": MONDAY + timedelta(days=30)}
    return fact(FactKind.INSPECTED, hours, said=said, **usual | more)


def far(rule: str, *, ok: bool) -> Any:
    """A look that came later, of a telephone that was elsewhere."""
    return look(rule, "11:00", ok=ok, id=10, grade=Grade.D)


def judge(rule: str, day: SchoolDay) -> Judgement:
    return judge_day(day, {}, [BY_CODE[rule]])[rule]


WALL_LOW = fact(FactKind.WALL_SURVEY, "08:00", id=1, said={"height_centimetres": 150, "gaps": 0})
WALL_ON_PAPER = fact(
    FactKind.WALL_SURVEY, "08:00", id=1, photo=False, grade=Grade.D, said={"height_centimetres": 210, "gaps": 0}
)
WALL_HIGH = fact(FactKind.WALL_SURVEY, "08:00", id=1, said={"height_centimetres": 210, "gaps": 0})
PAPERS = tuple(
    fact(kind, "08:00", id=number, about="g1")
    for number, kind in enumerate((FactKind.GUARD_CERTIFICATE, FactKind.BACKGROUND_CHECK), start=1)
)
OPEN_GATE = {"devices": (GATE,), "gates": (shut(), gate("10:00", opened=True), gate("11:00", opened=False))}
GUARD = be_guard("g1", None, certificates=())


@pytest.mark.parametrize(
    ("rule", "day", "verdict"),
    [
        # What lasts, and was unknown or only declared: a look settles it.
        ("C7", {"facts": (look("C7", ok=True),)}, Verdict.MET),
        ("C7", {"facts": (WALL_ON_PAPER, look("C7", ok=True))}, Verdict.MET),
        ("G6", {"facts": (look("G6", ok=True, photo=False),)}, Verdict.MET),
        ("V2", {"facts": (look("V2", ok=True, photo=False),)}, Verdict.MET),
        # A wall wants a photo: without one a look is a form.
        ("C7", {"facts": (look("C7", ok=True, photo=False),)}, Verdict.DECLARED),
        ("C7", {"facts": (WALL_LOW, look("C7", ok=True, photo=False))}, Verdict.NOT_MET),
        # It was not in order: that counts at once, whatever a form says.
        ("C7", {"facts": (WALL_ON_PAPER, look("C7", ok=False))}, Verdict.NOT_MET),
        ("G6", {"facts": (look("G6", ok=False, photo=False),)}, Verdict.NOT_MET),
        # The newest look counts, and an older survey is outweighed by it; a newer one is not.
        ("C7", {"facts": (WALL_LOW, look("C7", ok=True))}, Verdict.MET),
        ("C7", {"facts": (look("C7", "07:00", ok=True), WALL_LOW)}, Verdict.NOT_MET),
        ("G6", {"facts": (look("G6", "09:00", ok=False), look("G6", "10:00", ok=True, id=10))}, Verdict.MET),
        # What was seen before does not make it met any more, whoever writes it down when; what was seen after does.
        ("C7", {"facts": (WALL_HIGH, look("C7", ok=False))}, Verdict.NOT_MET),
        ("C7", {"facts": (look("C7", "07:00", ok=False), WALL_HIGH)}, Verdict.MET),
        ("G5", {"holders": (GUARD,), "facts": (*PAPERS, look("G5", ok=False))}, Verdict.NOT_MET),
        ("G5", {"holders": (GUARD,), "facts": (look("G5", "07:00", ok=False), *PAPERS)}, Verdict.MET),
        # One from afar hides none from near.
        ("C7", {"facts": (look("C7", ok=True), far("C7", ok=False))}, Verdict.MET),
        ("G6", {"facts": (look("G6", ok=False), far("G6", ok=True))}, Verdict.NOT_MET),
        # What goes on all day: a look proves nothing of the rest of it, but that it was broken.
        ("G3", {"facts": (look("G3", ok=True),)}, Verdict.UNKNOWN),
        ("G3", {"facts": (look("G3", ok=False),)}, Verdict.NOT_MET),
        ("C8", {"facts": (look("C8", ok=True),)}, Verdict.UNKNOWN),
        # What devices show stays as it is.
        ("C1", {"facts": (look("C1", "12:00", ok=True),), **OPEN_GATE}, Verdict.NOT_MET),
        ("C1", {"facts": (look("C1", "12:00", ok=False),), "devices": (GATE,), "gates": (shut(),)}, Verdict.MET),
        # From afar it is a form, and a form that says it was a look changes nothing.
        ("C7", {"facts": (look("C7", ok=True, grade=Grade.D),)}, Verdict.UNKNOWN),
        ("G6", {"facts": (look("G6", ok=False, grade=Grade.D),)}, Verdict.UNKNOWN),
        # It expired.
        ("C7", {"facts": (look("C7", ok=True, valid_until=MONDAY - timedelta(days=1)),)}, Verdict.UNKNOWN),
        # Papers: of those who were there when somebody looked, and of no one who came later.
        ("G5", {"holders": (GUARD,), "facts": (look("G5", ok=True, said={"of": "g1 g2"}),)}, Verdict.MET),
        ("G5", {"holders": (GUARD,), "facts": (look("G5", ok=True, said={"of": "g2"}),)}, Verdict.UNKNOWN),
        ("G5", {"facts": (look("G5", ok=True),)}, Verdict.UNKNOWN),
        # What the register says has expired does not come back by a look.
        (
            "G5",
            {"holders": (be_guard("g1", date(2026, 11, 1)),), "facts": (look("G5", ok=True, said={"of": "g1"}),)},
            Verdict.NOT_MET,
        ),
        # Another rule's look is another rule's.
        ("C7", {"facts": (look("G6", ok=True),)}, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_look_is_worth(rule: str, day: dict[str, Any], verdict: Verdict) -> None:
    found = judge(rule, make_day(**day))
    assert found.verdict is verdict
    assert codes_of(found)


def test_a_look_that_proves_nothing_of_the_whole_day_says_so_and_can_be_opened() -> None:
    found = judge("G3", make_day(facts=(look("G3", ok=True),)))
    assert {"inspected_in_order", "inspected_moment"} <= set(codes_of(found))
    assert "9" in {one.key for one in found.references}
    far = judge("C7", make_day(facts=(look("C7", ok=True, grade=Grade.D),)))
    assert "inspected_unproved" in codes_of(far)


def test_a_rule_that_was_set_aside_is_met_when_somebody_looked() -> None:
    aside = fact(FactKind.DISABLED, about="C7", said={"why": "没有围墙"}, valid_until=MONDAY, id=2)
    assert judge("C7", make_day(facts=(aside,))).verdict is Verdict.DECLARED
    assert judge("C7", make_day(facts=(aside, look("C7", ok=True)))).verdict is Verdict.MET


def test_the_list_has_all_that_is_not_proved_in_the_order_of_the_rules() -> None:
    judged = {
        "C7": Judgement(Verdict.DECLARED),
        "A1": Judgement(Verdict.MET),
        "G3": Judgement(Verdict.UNKNOWN),
        "P2": Judgement(Verdict.NOT_APPLICABLE),
        "C1": Judgement(Verdict.NOT_MET),
    }
    assert [one.rule for one in list_to_check(judged.items())] == ["C7", "G3", "C1"]


@pytest.mark.parametrize(
    ("rule", "days"),
    [("C7", 366), ("G6", 366), ("G5", 366), ("V2", 31), ("G3", 0), ("C8", 0)],
)
def test_how_long_a_look_is_worth_something_is_the_rules_own_number(rule: str, days: int) -> None:
    terms = resolve_terms(BY_CODE[rule].defaults, (), "S1", MONDAY)
    assert choose_expiry(rule, terms, MONDAY) == MONDAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("metres", "photos", "grade"),
    [(0, 0, Grade.C), (1000, 0, Grade.C), (1000.1, 1, Grade.D), (None, 1, Grade.C), (None, 0, Grade.D)],
)
def test_a_telephone_that_was_elsewhere_or_that_nothing_shows_to_have_been_there_did_not_look(
    metres: float | None, photos: int, grade: Grade
) -> None:
    assert grade_look(metres, photos=photos) is grade


# ---------------------------------------------------------------- the visit itself


@pytest.fixture
async def city(database: Database) -> LivingCity:
    """A Monday morning, judged: nobody knows how high any wall is."""
    city = await LivingCity.open(database, "09:00")
    await city.story.database_execute("update school set latitude = 36.06, longitude = 120.38 where code = 'S1'")
    await city.turn()
    assert await city.verdict("C7") is Verdict.UNKNOWN
    return city


async def facts_of(city: LivingCity) -> list[tuple[Any, ...]]:
    query = "select id, about, grade, valid_until, said ->> 'as_required', withdrawn from declared_fact order by id"
    return [tuple(row) for row in await city.story.rows(query)]


async def test_an_answer_becomes_evidence_that_the_rule_reads_until_it_expires(city: LivingCity) -> None:
    visit = await begin_inspection(city.database, "S1", "li", 36.061, 120.38)
    assert visit.inspection.metres is not None
    assert visit.inspection.metres < 200
    assert {"C7", "G3"} <= {one.rule for one in visit.inspection.checklist}
    number = visit.inspection.id
    answer = await answer_check(city.database, number, Found("C7", Outcome.IN_ORDER, "2.1 米"), [JPEG], "li")
    await answer_check(city.database, number, Found("G3", Outcome.NOT_IN_ORDER), [], "li")
    await answer_check(city.database, number, Found("A1", Outcome.NOT_CHECKED, "门锁着"), [], "li")
    until = city.today + timedelta(days=366)
    assert await facts_of(city) == [
        (answer.fact, "C7", "C", until, "true", False), (2, "G3", "C", city.today, "false", False),
    ]  # fmt: skip
    await city.turn()
    assert (await city.verdict("C7"), await city.verdict("G3")) == (Verdict.MET, Verdict.NOT_MET)
    await city.go("09:00", on=city.today + timedelta(days=1))
    await city.turn()
    assert (await city.verdict("C7"), await city.verdict("G3")) == (Verdict.MET, Verdict.UNKNOWN)
    await city.go("09:00", on=until + timedelta(days=1))
    await city.turn()
    assert await city.verdict("C7") is Verdict.UNKNOWN


async def test_a_correction_is_a_further_answer_with_a_reason_and_everything_is_in_the_log(city: LivingCity) -> None:
    number = (await begin_inspection(city.database, "S1", "li")).inspection.id
    first = await answer_check(city.database, number, Found("C7", Outcome.IN_ORDER), [JPEG], "li")
    with pytest.raises(AlreadyCorrected):
        await answer_check(city.database, number, Found("C7", Outcome.NOT_IN_ORDER), [], "li")
    with pytest.raises(FactInvalid, match="reason"):
        await answer_check(city.database, number, Found("C7", Outcome.NOT_IN_ORDER, corrects=first.id), [], "li")
    worse = Found("C7", Outcome.NOT_IN_ORDER, "北墙有缺口", first.id, "漏看了北墙")
    second = await answer_check(city.database, number, worse, [], "wang")
    assert second.photos == 1, "it keeps the photo"
    await city.turn()
    assert await city.verdict("C7") is Verdict.NOT_MET
    gone = Found("C7", Outcome.NOT_CHECKED, corrects=second.id, reason="看错了学校")
    await answer_check(city.database, number, gone, [], "li")
    await city.turn()
    assert await city.verdict("C7") is Verdict.UNKNOWN
    answers = (await read_inspection(city.database, number)).answers
    assert [one.corrected_by for one in answers] == [answers[1].id, answers[2].id, None]
    kinds = [kind for kind in await city.story.log_kinds() if kind.startswith(("inspection.", "fact."))]
    assert kinds == [
        "inspection.begun", "fact.declared", "inspection.answered", "fact.corrected", "inspection.corrected",
        "fact.withdrawn", "inspection.corrected",
    ]  # fmt: skip
    with pytest.raises(asyncpg.RestrictViolationError):
        await city.story.database_execute("update inspection_answer set note = 'x'")


async def test_a_visit_is_resumed_and_ended_once_and_takes_no_first_answer_after_that(city: LivingCity) -> None:
    first = await begin_inspection(city.database, "S1", "li")
    await answer_check(city.database, first.inspection.id, Found("G6", Outcome.IN_ORDER), [], "li")
    again = await begin_inspection(city.database, "S1", "li")
    assert (again.inspection.id, [one.rule for one in again.answers]) == (first.inspection.id, ["G6"])
    assert (await begin_inspection(city.database, "S1", "zhao")).inspection.id != first.inspection.id
    await end_inspection(city.database, first.inspection.id, "li")
    await end_inspection(city.database, first.inspection.id, "li")
    (ended,) = await city.told("inspection.ended")
    assert "C7" in ended["unanswered"]
    assert "G6" not in ended["unanswered"]
    with pytest.raises(InspectionOver):
        await answer_check(city.database, first.inspection.id, Found("C7", Outcome.IN_ORDER), [JPEG], "li")
    wrong = Found("G6", Outcome.NOT_IN_ORDER, "少一把钢叉", again.answers[0].id, "回来又数了一遍")
    await answer_check(city.database, first.inspection.id, wrong, [], "li")
    after = await begin_inspection(city.database, "S1", "li")
    assert after.inspection.id != first.inspection.id


async def test_a_visit_from_afar_is_kept_and_its_answers_are_forms(city: LivingCity) -> None:
    visit = await begin_inspection(city.database, "S1", "li", 36.2, 120.38)
    await answer_check(city.database, visit.inspection.id, Found("C7", Outcome.IN_ORDER), [JPEG], "li")
    assert (await facts_of(city))[0][2] == "D"
    await city.turn()
    assert await city.verdict("C7") is Verdict.UNKNOWN
    assert "inspected_unproved" in await city.reasons("C7")


async def test_a_visit_without_a_place_is_worth_no_more_than_a_form_until_a_photo_shows_that_somebody_was_there(
    city: LivingCity,
) -> None:
    number = (await begin_inspection(city.database, "S1", "li")).inspection.id
    first = await answer_check(city.database, number, Found("G6", Outcome.IN_ORDER), [], "li")
    await city.turn()
    assert await city.verdict("G6") is Verdict.UNKNOWN
    assert "inspected_unproved" in await city.reasons("G6")
    shown = Found("G6", Outcome.IN_ORDER, corrects=first.id, reason="补照片")
    second = await answer_check(city.database, number, shown, [JPEG], "li")
    again = Found("G6", Outcome.IN_ORDER, "八件", second.id, "写明件数")  # it keeps the photo, and so its worth
    await answer_check(city.database, number, again, [], "li")
    assert [grade for _, _, grade, *_ in await facts_of(city)] == ["D", "C", "C"]
    await city.turn()
    assert await city.verdict("G6") is Verdict.MET


async def test_nobody_says_that_an_inspector_looked_but_in_a_visit(city: LivingCity) -> None:
    said = Declaration(
        FactKind.INSPECTED, city.story.now, about="C7", said={"as_required": True}, valid_until=city.today
    )
    with pytest.raises(FactInvalid, match="visit"):
        await declare_fact(city.database, "S1", said, [JPEG], "school")
    visit = await begin_inspection(city.database, "S1", "li")
    answer = await answer_check(city.database, visit.inspection.id, Found("C7", Outcome.NOT_IN_ORDER), [], "li")
    assert answer.fact is not None
    with pytest.raises(FactInvalid, match="visit"):
        await correct_fact(city.database, answer.fact, said, [JPEG], "mended", "school")
    with pytest.raises(FactInvalid, match="visit"):
        await withdraw_fact(city.database, answer.fact, "mended", "school")
    with pytest.raises(FactInvalid, match="list"):
        await answer_check(city.database, visit.inspection.id, Found("X9", Outcome.IN_ORDER), [], "li")
    with pytest.raises(FactInvalid, match="photos"):
        await answer_check(city.database, visit.inspection.id, Found("G3", Outcome.NOT_CHECKED), [JPEG], "li")

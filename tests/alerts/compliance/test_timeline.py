"""A school's day as a timeline: what happened when, what does not count and why, and where each opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.day_strips import draw_day
from alerts.domain.compliance.events import Implausible, PatrolPoint
from alerts.domain.compliance.school_day import FactKind, IncidentDay, PracticePress, SchoolDay
from alerts.domain.compliance.terms import resolve_terms
from alerts.domain.compliance.timeline import (
    MOST_ITEMS,
    Around,
    Broken,
    Item,
    Lane,
    Locked,
    Lost,
    Mark,
    Strip,
    thin,
)
from alerts.domain.compliance.verdicts import Reference, ReferenceKind
from alerts.domain.presses import Mode
from tests.alerts.compliance.days import (
    CROSSING,
    GATE,
    GATEHOUSE,
    MONDAY,
    READER,
    TERMINAL,
    at,
    be_guard,
    check_in,
    fact,
    gate,
    make_day,
    shut,
    visit,
)

TERMS = {code: resolve_terms(BY_CODE[code].defaults, (), "S1", MONDAY) for code in ("G3", "H1")}
NOON = at("12:00")


def draw(day: SchoolDay, **around: Any) -> dict[Lane, list[Strip]]:
    strips: dict[Lane, list[Strip]] = {}
    for strip in draw_day(day, TERMS, Around(**around)):
        strips.setdefault(strip.lane, []).append(strip)
    return strips


def read(strip: Strip) -> list[tuple[str, str, str]]:
    """Each item as `mark, since, until`, hours by the school's clock; a moment has no end, what goes on has a plus."""

    def tell(item: Item) -> tuple[str, str, str]:
        until = "" if item.until is None else f"{item.until.astimezone(NOON.tzinfo):%H:%M}"
        return item.mark, f"{item.since.astimezone(NOON.tzinfo):%H:%M}", until + ("+" if item.goes_on else "")

    return [tell(item) for item in strip.items]


def keys(item: Item) -> list[str]:
    return [one.key for one in item.references]


def test_the_timetable_of_the_day_is_drawn_and_a_day_without_school_has_none() -> None:
    (strip,) = draw(make_day())[Lane.TIMETABLE]
    assert read(strip) == [
        ("arrival", "07:20", "08:00"), ("lessons", "08:00", "11:40"), ("lessons", "14:00", "16:30"),
        ("dismissal", "16:30", "17:10"), ("closing", "18:00", ""),
    ]  # fmt: skip
    (sunday,) = draw(make_day(on=MONDAY + timedelta(days=6), timetables=()))[Lane.TIMETABLE]
    assert sunday.items == ()


def test_a_gate_is_open_shut_or_unsure_at_every_instant_and_opens_its_messages() -> None:
    unheard = replace(GATE, unheard=((at("10:00"), at("10:30")),))
    told = (shut(), gate("07:20", opened=True), gate("08:00", opened=False), gate("10:40", opened=False))
    (strip,) = draw(make_day("12:00", devices=(unheard,), gates=told))[Lane.GATE]
    assert strip.subject == "S1-GATE"
    assert read(strip) == [
        ("shut", "00:00", "07:20"), ("open", "07:20", "08:00"), ("shut", "08:00", "10:00"),
        ("unsure", "10:00", "10:40"), ("shut", "10:40", "12:00+"),
    ]  # fmt: skip
    assert keys(strip.items[1]) == ["gate/07:20", "gate/08:00"]
    assert all(one.references for one in strip.items)


def test_a_gate_that_never_told_is_unsure_all_day() -> None:
    (strip,) = draw(make_day(devices=(GATE,)))[Lane.GATE]
    assert read(strip) == [("unsure", "00:00", "00:00")]
    assert strip.items[0].references == (Reference(ReferenceKind.DEVICE, "S1-GATE"),)


def test_a_chattering_contact_is_one_item_that_says_why_it_does_not_count() -> None:
    swarm = tuple(
        gate(f"09:00:{second:02}", opened=second % 2 == 0, implausible=(Implausible.CHATTER,)) for second in range(40)
    )
    (strip,) = draw(make_day(devices=(GATE,), gates=(shut(), *swarm)))[Lane.GATE]
    nonsense = next(item for item in strip.items if item.mark is Mark.NOT_COUNTED)
    assert (nonsense.times, nonsense.doubts) == (40, (Implausible.CHATTER,))
    assert keys(nonsense)[0] == "gate/09:00:00"
    assert keys(nonsense)[-1] == "gate/09:00:39"


def test_who_was_on_post_is_drawn_beside_who_was_to_be() -> None:
    duty = (("g1", (at("06:00"), at("14:00"))),)
    day = make_day(
        "12:00",
        posts=(replace(GATEHOUSE, duty=duty), CROSSING),
        holders=(be_guard("g1"),),
        check_ins=(
            check_in("g1", GATEHOUSE.code, "on", "06:10"),
            check_in("g1", GATEHOUSE.code, "off", "11:00"),
            check_in("t1", CROSSING.code, "on", "11:30"),
            check_in("x", "elsewhere", "on", "09:00", implausible=(Implausible.TOO_FAR,)),
        ),
    )
    guards, crossing, strange = draw(day)[Lane.POST]
    assert read(guards) == [("rostered", "06:00", "14:00"), ("present", "06:10", "11:00")]
    assert keys(guards.items[1]) == ["post/g1/23 06:10", "post/g1/23 11:00"]
    assert read(crossing) == [("present", "11:30", "12:00+")]
    assert (strange.subject, read(strange)) == ("elsewhere", [("not_counted", "09:00", "")])
    assert strange.items[0].doubts == (Implausible.TOO_FAR,)


def test_a_guard_of_the_night_before_is_drawn_from_midnight_on() -> None:
    eve = MONDAY - timedelta(days=1)
    day = make_day(
        posts=(GATEHOUSE, CROSSING),
        check_ins=(
            check_in("t1", CROSSING.code, "on", "16:00", on=eve),
            check_in("g1", GATEHOUSE.code, "on", "22:00", on=eve),
            check_in("g1", GATEHOUSE.code, "off", "06:00"),
        ),
    )
    guards, crossing = draw(day)[Lane.POST]
    assert read(guards) == [("present", "00:00", "06:00")]
    assert read(crossing) == []  # that nobody came is drawn, too


def test_patrols_are_points_whole_rounds_and_what_nobody_can_have_walked() -> None:
    points = (PatrolPoint("P1", None, None, key=True), PatrolPoint("P2", None, None, key=True))
    day = make_day(
        points=points,
        check_ins=(
            check_in("g1", "P1", "point", "09:00"),
            check_in("g1", "P2", "point", "09:10"),
            check_in("g1", "P1", "point", "11:00"),
            check_in("g2", "P1", "point", "10:00", implausible=(Implausible.FASTER_THAN_WALKING,)),
        ),
    )
    (strip,) = draw(day)[Lane.PATROL]
    walk = next(item for item in strip.items if item.mark is Mark.PASSING)
    assert (walk.subject, walk.times, keys(walk)) == ("P1 P2", 2, ["post/g1/23 09:00", "post/g1/23 09:10"])
    assert sorted(read(strip)) == [
        ("not_counted", "10:00", ""), ("passing", "09:00", "09:10"), ("passing", "11:00", ""),
        ("round", "09:00", "09:10"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "drawn"),
    [
        ((("register", "09:00"), ("enter", "09:05"), ("leave", "10:00")), ("visit", "09:05", "10:00")),
        ((("register", "09:00"), ("enter", "09:05")), ("visit", "09:05", "12:00+")),
        ((("register", "09:00"),), ("visit", "09:00", "")),
        ((("leave", "10:00"),), ("visit", "10:00", "10:00")),
    ],
)
def test_a_visitor_is_inside_from_entering_until_leaving(
    steps: tuple[tuple[str, str], ...], drawn: tuple[str, str, str]
) -> None:
    (strip,) = draw(make_day("12:00", devices=(TERMINAL,), visits=visit("v1", *steps)))[Lane.VISITORS]
    assert read(strip) == [drawn]
    assert len(strip.items[0].references) == len(steps)


def test_a_visit_that_was_written_down_in_the_evening_says_so() -> None:
    written = visit("v1", ("register", "09:00"), ("enter", "09:05"), implausible=(Implausible.WRITTEN_LATER,))
    (strip,) = draw(make_day(visits=written))[Lane.VISITORS]
    assert strip.items[0].doubts == (Implausible.WRITTEN_LATER,)


def test_presses_tests_silences_facts_locks_and_blackouts_are_drawn_and_open() -> None:
    day = make_day(
        "12:00",
        devices=(replace(READER, unheard=((at("11:00"), at("13:00")),), tampered=((at("01:00"), at("02:00")),)),),
        incidents=(
            IncidentDay(7, Mode.LIVE, at("09:00"), closed_at=at("09:20")),
            IncidentDay(8, Mode.TEST, at("10:00")),
        ),
        practice=(PracticePress(8, "S1-G1", at("10:00")), PracticePress(1, "S1-G1", at("10:00") - timedelta(days=3))),
        facts=(fact(FactKind.KIT, "08:00", id=3), fact(FactKind.WALL_SURVEY, on=MONDAY - timedelta(days=9))),
    )
    strips = draw(
        day,
        losses=[Lost("city", at("11:00"), None)],
        locks=[Locked("S1-G1", 7, at("09:01"), at("09:20"))],
        breaches=[Broken(5, "C1", at("09:00") - timedelta(days=1), None)],
    )
    assert read(strips[Lane.PRESSES][0]) == [("press", "09:00", "09:20"), ("practice", "10:00", "")]
    assert read(strips[Lane.DEVICES][0]) == [
        ("tampered", "01:00", "02:00"), ("blackout", "11:00", "12:00+"), ("unheard", "11:00", "12:00+"),
    ]  # fmt: skip
    assert read(strips[Lane.FACTS][0]) == [("fact", "08:00", "")]
    assert strips[Lane.FACTS][0].items[0].references == (Reference(ReferenceKind.FACT, "3"),)
    assert read(strips[Lane.LOCK][0]) == [("locked", "09:01", "09:20")]
    assert read(strips[Lane.BREACHES][0]) == [("breach", "00:00", "12:00+")]
    assert strips[Lane.BREACHES][0].items[0].who == "C1"


def test_a_strip_is_never_longer_than_can_be_drawn_and_loses_none() -> None:
    many = [Item(Mark.OPEN, NOON + timedelta(seconds=7 * n), NOON + timedelta(seconds=7 * n + 3)) for n in range(5000)]
    drawn = thin(many)
    assert len(drawn) <= MOST_ITEMS
    assert sum(item.times for item in drawn) == 5000
    assert thin(many[:MOST_ITEMS]) == tuple(many[:MOST_ITEMS])

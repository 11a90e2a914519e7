"""Which policy counts: the most specific rule of the school, its district or the city that fits the press."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.escalation import LIVE_POLICY, Policy, PolicyInvalid, Step
from alerts.domain.policies import Circumstances, Hours, PassedOver, Rule, check_conditions, choose_policy
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.readiness.policies import (
    NoSuchRule,
    RuleChanged,
    end_rule,
    find_effective_policy,
    find_rule,
    list_policies,
    put_rule,
    save_policy,
)
from alerts.storage.database import Database
from tests.alerts.story import Story, commit

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
PRESS = Circumstances(Mode.LIVE, Kind.FIRE, MONDAY_NOON, "S1", "D1", SchoolKind.PRIMARY)
NOON = Hours(time(11), time(13))


def calling(*targets: str) -> Policy:
    return Policy((Step(0, ("police", *targets)),), 60)


HEAD, CITY, DESK = calling("post:head_of_bureau"), calling("city"), calling("district")


def rule(id_: int = 0, **said: object) -> Rule:
    return Rule(**{"id": id_, "version": 1, "mode": Mode.LIVE, "definition": HEAD} | said)  # type: ignore[arg-type]


# From the least specific to the most: each one wins over all before it, whatever their numbers.
LADDER = (
    {},
    {"hours": NOON},
    {"school_kind": SchoolKind.PRIMARY},
    {"school_kind": SchoolKind.PRIMARY, "hours": NOON},
    {"category": Category.FIRE},
    {"category": Category.FIRE, "school_kind": SchoolKind.PRIMARY, "hours": NOON},
    {"kind": Kind.FIRE},
    {"kind": Kind.FIRE, "hours": NOON},
    {"district": "D1"},
    {"district": "D1", "kind": Kind.FIRE, "hours": NOON},
    {"school": "S1"},
    {"school": "S1", "hours": NOON},
    {"school": "S1", "category": Category.FIRE},
    {"school": "S1", "kind": Kind.FIRE},
)


@given(st.permutations(range(len(LADDER))), st.integers(1, len(LADDER)))
def test_the_most_specific_rule_wins_whatever_the_order(order: list[int], rungs: int) -> None:
    rules = [rule(order[place] + 1, **LADDER[place]) for place in range(rungs)]
    rules.sort(key=lambda one: one.id)
    choice = choose_policy(rules, PRESS)
    assert choice.rule is not None
    assert choice.rule.id == order[rungs - 1] + 1
    assert {why for _, why in choice.passed_over} <= {PassedOver.LESS_SPECIFIC}
    assert len(choice.passed_over) == rungs - 1


def test_of_two_rules_that_are_alike_the_one_that_was_made_last_wins() -> None:
    early, late = rule(1, hours=NOON), rule(2, hours=Hours(time(0), time(0)))
    choice = choose_policy([late, early], PRESS)
    assert choice.rule is late


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"mode": Mode.DRILL}, PassedOver.MODE),
        ({"school": "S2"}, PassedOver.PLACE),
        ({"district": "D2"}, PassedOver.PLACE),
        ({"kind": Kind.MEDICAL}, PassedOver.KIND),
        ({"category": Category.SECURITY}, PassedOver.CATEGORY),
        ({"school_kind": SchoolKind.KINDERGARTEN}, PassedOver.SCHOOL_KIND),
        ({"hours": Hours(time(13), time(14))}, PassedOver.HOURS),
    ],
)
def test_a_rule_that_does_not_fit_is_passed_over_with_the_reason(said: dict[str, object], why: PassedOver) -> None:
    passed_over = rule(**said)
    choice = choose_policy([passed_over], PRESS)
    assert choice.passed_over == ((passed_over, why),)
    assert (choice.rule, choice.policy) == (None, LIVE_POLICY), "the built-in policy counts when no rule does"


def test_where_no_school_can_be_told_only_the_citys_rules_count() -> None:
    city, school, kindergartens = rule(1), rule(2, school="S1"), rule(3, school_kind=SchoolKind.KINDERGARTEN)
    choice = choose_policy([city, school, kindergartens], Circumstances(Mode.LIVE, Kind.PANIC, MONDAY_NOON))
    assert choice.rule is city


@pytest.mark.parametrize(
    ("hours", "at", "among"),
    [
        (Hours(time(8), time(16)), MONDAY_NOON.replace(hour=8), True),
        (Hours(time(8), time(16)), MONDAY_NOON.replace(hour=16), False),
        (Hours(time(8), time(16), (2,)), MONDAY_NOON, False),
        (Hours(time(22), time(6), (7,)), MONDAY_NOON.replace(hour=5, minute=59), True),
        (Hours(time(22), time(6), (7,)), MONDAY_NOON.replace(hour=6), False),
        (Hours(time(22), time(6), (7,)), MONDAY_NOON.replace(hour=23), False),
        (Hours(time(22), time(6), (1,)), MONDAY_NOON.replace(hour=5), False),
        (Hours(time(0), time(0), (1,)), MONDAY_NOON.replace(hour=23, minute=59), True),
        (Hours(time(0), time(0), (7,)), MONDAY_NOON.replace(hour=0), False),
    ],
)
def test_hours_count_on_the_day_on_which_they_start_even_over_midnight(hours: Hours, at: datetime, among: bool) -> None:
    assert hours.contain(at) is among


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"school": "S1", "district": "D1"}, "a school or a district"),
        ({"kind": Kind.FIRE, "category": Category.FIRE}, "not both"),
        ({"school": "S1", "school_kind": SchoolKind.PRIMARY}, "needs no kind of school"),
        ({"hours": Hours(time(8), time(9), (0,))}, "from 1"),
        ({"hours": Hours(time(8), time(9), (1, 1))}, "twice"),
        ({"hours": Hours(time(8, tzinfo=UTC), time(9, tzinfo=UTC))}, "leave the zone out"),
    ],
)
def test_conditions_that_contradict_each_other_say_what_to_mend(said: dict[str, object], complaint: str) -> None:
    with pytest.raises(PolicyInvalid, match=complaint):
        check_conditions(rule(**said))


async def told(story: Story) -> set[str]:
    return {one.person for one in await story.newly_told()}


async def test_a_press_climbs_by_the_policy_of_its_place_kind_and_hour(story: Story) -> None:
    await commit(story.database, put_rule, rule(district="370202", definition=CITY), "wang")
    await commit(story.database, put_rule, rule(school="S1", kind=Kind.MEDICAL, definition=DESK), "wang")
    await story.press("S1-G1", kind="panic")
    assert await told(story) == {"city"}, "the district's rule"
    await story.press("S1-G1", kind="medical")
    assert await told(story) == {"desk"}, "the school's own rule for such a press"
    await story.press("S3-G1")
    assert await told(story) == {"city", "police"}, (
        "another district: nobody at the school or its desk, so the next step"
    )
    local = story.now.astimezone(UTC) + timedelta(hours=8)
    hour = Hours(local.time().replace(microsecond=0, tzinfo=None), time(0))
    await commit(story.database, put_rule, rule(school="S2", hours=hour, definition=HEAD), "wang")
    await story.newly_told()
    await story.press("S2-G1")
    assert await told(story) == {"head"}, "the school's rule for these hours, by the school's clock"


async def test_an_unplaced_press_climbs_by_the_citys_policy(story: Story) -> None:
    await commit(story.database, put_rule, rule(district="370202", definition=DESK), "wang")
    await save_policy(story.database, Mode.LIVE, HEAD, "wang")
    await story.intake.take_presses([story.arrival({"id": "p"}, "ghost", school="none")])
    assert await told(story) == {"head"}


async def test_a_batch_of_presses_from_several_places_chooses_for_each_of_them(story: Story) -> None:
    await save_policy(story.database, Mode.LIVE, HEAD, "wang")
    await commit(story.database, put_rule, rule(school="S1", definition=DESK), "wang")
    await commit(story.database, put_rule, rule(district="370202", definition=CITY), "wang")
    arrivals = [
        story.arrival({"id": "1"}, "S1-G1"),
        story.arrival({"id": "2"}, "S2-G1", school="S2"),
        story.arrival({"id": "3"}, "S3-G1", school="S3", district="370203"),
    ]
    await story.intake.take_presses(arrivals)
    rows = await story.rows(
        "select i.school, d.person from delivery d join incident i on i.id = d.incident where d.channel = 'log'"
    )
    assert {(row["school"], row["person"]) for row in rows} == {("S1", "desk"), ("S2", "city"), ("S3", "head")}


async def test_every_save_is_a_version_and_a_running_incident_keeps_its_own(story: Story) -> None:
    saved = await commit(story.database, put_rule, rule(school="S1", name="first", definition=DESK), "wang")
    running = (await story.press()).incident
    changed = rule(saved.rule.id, name="second", definition=HEAD)
    assert (await commit(story.database, put_rule, changed, "li", expected_version=1)).rule.version == 2
    with pytest.raises(RuleChanged, match="version 2"):
        await commit(story.database, put_rule, changed, "li", expected_version=1)
    now, versions = await find_rule(story.database, saved.rule.id)
    assert now.rule.school == "S1", "a rule's place stays"
    assert [(one.version, one.name, one.saved_by) for one in versions] == [(2, "second", "li"), (1, "first", "wang")]
    assert [one.definition for one in versions] == [HEAD, DESK]
    kept = await story.value("select policy::text from incident where id = $1", running)
    assert "district" in kept
    assert "head_of_bureau" not in kept


async def test_a_retired_rule_counts_no_more_stays_readable_and_is_in_the_log(story: Story) -> None:
    saved = await commit(story.database, put_rule, rule(school="S1", definition=DESK), "wang")
    await commit(story.database, end_rule, saved.rule.id, "li")
    assert await story.log_kinds() == ["policy.saved", "policy.retired"]
    await story.press()
    assert await told(story) == {"guard", "duty"}, "the built-in policy counts again"
    retired, versions = await find_rule(story.database, saved.rule.id)
    assert (retired.retired_by, len(versions)) == ("li", 1)
    with pytest.raises(NoSuchRule):
        await commit(story.database, end_rule, saved.rule.id, "li")
    with pytest.raises(NoSuchRule):
        await commit(story.database, put_rule, rule(saved.rule.id), "li")
    await commit(story.database, put_rule, rule(school="S1", definition=HEAD), "wang")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"school": "S9"}, "there is no school S9"),
        ({"district": "D9"}, "there is no district D9"),
        ({"definition": calling("person:nobody", "person:guard", "person:ghost")}, "there is no person ghost, nobody"),
        ({"definition": Policy((Step(0, ("police", "city"), ("sms", "pigeon")),), 60)}, "there is no channel pigeon"),
        ({"definition": Policy((Step(0, ("police", "city")),), None)}, "must repeat"),
        ({"definition": Policy((Step(0, ("city",)),), 60)}, "hands over to 110"),
        ({"definition": calling("post:mayor")}, "names no kind of post"),
    ],
)
async def test_a_rule_that_cannot_be_says_what_to_mend_by_name(
    story: Story, said: dict[str, object], complaint: str
) -> None:
    with pytest.raises(PolicyInvalid, match=complaint):
        await commit(story.database, put_rule, rule(**said), "wang")
    assert await story.log_kinds() == []


async def test_two_rules_with_the_same_place_and_conditions_are_never_in_force_at_once(story: Story) -> None:
    weekdays = Hours(time(22), time(6), (5, 1))
    await commit(story.database, put_rule, rule(school="S1", hours=weekdays), "wang")
    with pytest.raises(PolicyInvalid, match="in force already"):
        await commit(story.database, put_rule, rule(school="S1", hours=Hours(time(22), time(6), (1, 5))), "wang")
    other = await commit(story.database, put_rule, rule(school="S1"), "wang")
    with pytest.raises(PolicyInvalid, match="in force already"):
        await commit(story.database, put_rule, rule(other.rule.id, hours=weekdays), "wang")
    answers = await asyncio.gather(
        *(commit(story.database, put_rule, rule(district="370203"), f"p{n}") for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, PolicyInvalid) for one in answers) == 4


async def test_five_people_who_save_the_citys_policy_at_once_make_five_versions(story: Story) -> None:
    saved = await asyncio.gather(*(save_policy(story.database, Mode.LIVE, HEAD, f"p{n}") for n in range(5)))
    assert sorted(one.version for one in saved) == [1, 2, 3, 4, 5]
    assert len({one.rule for one in saved}) == 1


async def test_the_effective_policy_is_shown_with_why_the_others_were_passed_over(story: Story) -> None:
    await save_policy(story.database, Mode.LIVE, HEAD, "wang")
    nights = await commit(
        story.database, put_rule, rule(school="S1", hours=Hours(time(22), time(6)), definition=DESK), "wang"
    )
    await commit(story.database, put_rule, rule(school="S2", definition=CITY), "wang")
    day, night = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (4, 18))  # 12:00 and 02:00 at the school
    by_day = await find_effective_policy(story.database, "S1", Mode.LIVE, Kind.PANIC, day)
    by_night = await find_effective_policy(story.database, "S1", Mode.LIVE, Kind.PANIC, night)
    assert by_day is not None
    assert by_night is not None
    assert (by_day.policy, by_day.passed_over[0].why) == (HEAD, PassedOver.HOURS)
    assert by_night.rule == nights
    assert [(one.rule.rule.definition, one.why) for one in by_night.passed_over] == [(HEAD, PassedOver.LESS_SPECIFIC)]
    built_in = await find_effective_policy(story.database, "S1", Mode.TEST, Kind.PANIC, None)
    assert built_in is not None
    assert built_in.rule is None
    assert await find_effective_policy(story.database, "S9", Mode.LIVE, Kind.PANIC, None) is None


SAVED_BEFORE = """
insert into policy (mode, version, definition, saved_by, saved_at) values
    ('live', 1, '{"steps": [{"after_seconds": 0, "targets": ["city"]}], "repeat_after_seconds": 60}', 'wang', now()),
    ('live', 2, '{"steps": [{"after_seconds": 0, "targets": ["district"]}], "repeat_after_seconds": 60}', 'li', now()),
    ('drill', 1, '{"steps": [{"after_seconds": 0, "targets": ["on_duty"]}], "repeat_after_seconds": null}', 'li', now())
"""


async def test_policies_that_were_saved_before_there_were_places_count_for_the_whole_city(
    empty_database_url: str,
) -> None:
    """Applies the migrations up to places, saves as the service did then, and applies the rest."""
    folder = files("alerts.storage").joinpath("schema")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    connection = await asyncpg.connect(empty_database_url)
    try:
        for name in names:
            if name.startswith("0005"):
                await connection.execute(SAVED_BEFORE)
            await connection.execute(folder.joinpath(name).read_text("utf-8"))
    finally:
        await connection.close()
    database = await Database.open(empty_database_url, application_name="test")
    try:
        known = {one.mode: one for one in await list_policies(database)}
        assert (known[Mode.LIVE].version, known[Mode.LIVE].saved_by) == (2, "li")
        assert known[Mode.LIVE].definition.without_police, "nobody could name 110 then: shown, not changed"
        assert (known[Mode.DRILL].version, known[Mode.DRILL].definition.without_police) == (1, False)
        assert known[Mode.LIVE].rule is not None
        _, versions = await find_rule(database, known[Mode.LIVE].rule)
        assert [(one.version, one.saved_by) for one in versions] == [(2, "li"), (1, "wang")]
    finally:
        await database.close()

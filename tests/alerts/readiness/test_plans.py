"""Plans are versioned, one of them holds for each school and kind of press, and the figure says who could act now."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from alerts.domain.contacts import CertificateKind
from alerts.domain.plans import Gap, Phase, Plan, PlanInvalid, Responsibility, check_plan, read_gaps, write_gaps
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.readiness.plans import (
    FRESH_FOR,
    LivingFigure,
    PlanChanged,
    note_trainings,
    read_city_figure,
    read_school_coverage,
    save_plan,
)
from alerts.storage.plans import Tally, Training, list_plans, list_versions
from tests.alerts.readiness.planning import (
    EVERYBODY,
    FIRST_DAY,
    PLAN,
    attend,
    cards,
    certify,
    changed,
    gaps,
    moves,
    reach,
    save,
    send_on_leave,
    train,
)
from tests.alerts.story import WANG, Story

SHUT = Responsibility(2, Phase.SELF_HELP, "关闭校门", PostKind.SCHOOL_DUTY)
EXERCISED = (Gap.NOT_EXERCISED,)


async def test_a_plan_that_is_saved_again_unchanged_has_no_new_version(story: Story) -> None:
    first, again = await save(story), await save(story)
    assert (first.version, first.changed, again.version, again.changed) == (1, True, 1, False)
    assert (await save(story, changed(name="另一名称"))).version == 2
    assert (await story.log_kinds()).count("plan.saved") == 2


async def test_two_who_save_a_plan_at_once_follow_each_other_and_who_saw_an_older_one_is_told(story: Story) -> None:
    saved = await asyncio.gather(*(save(story) for _ in range(4)))
    assert sorted((one.version, one.changed) for one in saved) == [(1, False)] * 3 + [(1, True)]
    await save(story, changed(name="二"))
    with pytest.raises(PlanChanged, match="version 2 is the newest, not 1"):
        await save_plan(story.database, changed(name="三"), "li", replaces=1)
    assert (await save_plan(story.database, changed(name="三"), "li", replaces=2)).version == 3


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (changed(name=" "), "needs a name"),
        (changed(valid_until=FIRST_DAY - timedelta(days=1)), "valid_until"),
        (changed(responsibilities=()), "1 to 500"),
        (changed(responsibilities=(SHUT, SHUT)), "2 stands there twice"),
        (changed(responsibilities=(Responsibility(0, Phase.AFTER, "x", PostKind.GUARD),)), "begin with 1"),
        (changed(responsibilities=(Responsibility(1, Phase.AFTER, " ", PostKind.GUARD),)), "says nothing"),
        (
            changed(responsibilities=(Responsibility(1, Phase.AFTER, "x", PostKind.GUARD, person="a", deputy="a"),)),
            "somebody else",
        ),
    ],
)
def test_a_plan_that_cannot_be_says_what_to_mend(plan: Plan, why: str) -> None:
    with pytest.raises(PlanInvalid, match=why):
        check_plan(plan)


async def test_a_plan_that_names_somebody_who_is_not_registered_is_refused_whole(story: Story) -> None:
    line = Responsibility(1, Phase.AFTER, "x", PostKind.GUARD, person="nobody")
    with pytest.raises(PlanInvalid, match="nobody"):
        await save(story, changed(responsibilities=(SHUT, line)))
    assert await story.value("select count(*) from plan") == 0


async def test_the_code_of_a_plan_belongs_to_one_school_or_to_the_city(story: Story) -> None:
    await save(story)
    with pytest.raises(PlanInvalid, match="whole city's"):
        await save(story, changed(school="S1"))


async def test_a_version_holds_from_its_first_to_its_last_day_and_an_older_one_does_not_come_back(story: Story) -> None:
    today = story.now.date()
    await save(story, changed(name="一"))
    await save(story, changed(name="二", valid_from=today + timedelta(days=10), valid_until=today + timedelta(days=20)))
    assert await _in_force(story) == 1
    story.database.shift += timedelta(days=12)
    assert await _in_force(story) == 2
    story.database.shift += timedelta(days=12)
    assert await _in_force(story) is None
    assert await gaps(story) == {}, "a plan that is over covers nothing, and asks for nothing"


async def test_a_school_acts_by_its_own_plan_and_by_one_for_that_very_kind_first(story: Story) -> None:
    await save(story, changed(kinds=(), code="all"))
    await save(story, changed(code="fire", kinds=(Kind.FIRE,)))
    await save(story, changed(code="own", school="S1"))
    fired, own, general = [
        (await story.press(device, kind=kind)).incident
        for device, kind in (("S1-G1", "fire"), ("S1-C1", "violence"), ("S2-G1", "violence"))
    ]
    await attend(story)
    assert [(await cards(story, number))[2].plan for number in (fired, own, general)] == ["fire", "own", "all"]
    covered = await read_school_coverage(story.database, "S1")
    assert covered is not None
    assert [plan.plan for plan in covered.plans] == ["all", "fire", "own"], "medical has only the one for all kinds"


async def test_nothing_is_covered_that_nobody_showed(story: Story) -> None:
    await save(story)
    found = await gaps(story)
    assert found[2] == (Gap.UNREACHABLE, Gap.UNTRAINED, Gap.NOT_EXERCISED)
    assert found[6] == (Gap.NOBODY, Gap.NOT_EXERCISED), "nobody holds the principal's post"
    figure = await read_city_figure(story.database)
    assert (figure.coverage.covered, figure.everywhere, figure.responsibilities) == (0, 0, 6)


async def test_a_responsibility_is_covered_when_somebody_is_there_reached_trained_and_has_exercised_it(
    story: Story,
) -> None:
    await save(story)
    await reach(story, *EVERYBODY)
    await train(story, *EVERYBODY)
    assert (await gaps(story))[2] == EXERCISED
    await _exercise(story, 2, 4)
    found = await gaps(story)
    assert (found[2], found[3], found[4]) == ((), EXERCISED, ())
    assert (await gaps(story, "S2"))[2] == EXERCISED, "the gate of another school is another gate"
    assert (await gaps(story, "S2"))[4] == (), "the district's desk is the same for both"


async def test_leave_takes_a_responsibility_away_unless_a_deputy_can_do_it(story: Story) -> None:
    await save(story)
    await reach(story, *EVERYBODY, "head")
    await train(story, *EVERYBODY, "head")
    await send_on_leave(story, "desk")
    assert (await gaps(story))[4] == (Gap.ON_LEAVE, Gap.NOT_EXERCISED)
    await story.database_execute("insert into deputy (person, deputy) values ('desk', 'head')")
    assert (await gaps(story))[4] == EXERCISED


async def test_one_person_must_be_able_to_do_it_not_two_halves_of_one(story: Story) -> None:
    await save(story)
    await reach(story, "guard")
    await train(story, "duty")
    assert (await gaps(story))[2] == (Gap.UNREACHABLE, Gap.NOT_EXERCISED), "the guard is untrained, Qian unreachable"


async def test_a_method_that_fails_or_was_never_verified_or_whose_channel_is_off_reaches_nobody(story: Story) -> None:
    await save(story)
    await train(story, *EVERYBODY)
    await reach(story, "desk")
    assert (await gaps(story))[4] == EXERCISED
    for broken, mended in (
        ("update contact_method set failing_since = now()", "update contact_method set failing_since = null"),
        ("update contact_method set verified_at = null", "update contact_method set verified_at = now()"),
        ("update channel set enabled = false", "update channel set enabled = true"),
    ):
        await story.database_execute(broken)
        assert (await gaps(story))[4] == (Gap.UNREACHABLE, Gap.NOT_EXERCISED), broken
        assert await _covered_in(story, 4) == (0, 1), broken
        await story.database_execute(mended)


async def test_training_and_exercise_run_out_after_a_year(story: Story) -> None:
    await save(story)
    await reach(story, *EVERYBODY)
    await train(story, *EVERYBODY)
    await _exercise(story, 2)
    story.database.shift += timedelta(days=364)
    assert (await gaps(story))[2] == ()
    story.database.shift += timedelta(days=3)
    assert (await gaps(story))[2] == (Gap.UNTRAINED, Gap.NOT_EXERCISED)
    await train(story, "guard", days_ago=400)
    assert (await gaps(story))[2] == (Gap.UNTRAINED, Gap.NOT_EXERCISED), "an older training changes nothing"
    await train(story, "guard")
    assert (await gaps(story))[2] == EXERCISED


async def test_what_needs_no_training_asks_for_none_and_training_for_one_plan_is_none_for_another(story: Story) -> None:
    line = Responsibility(1, Phase.AFTER, "登记", PostKind.DISTRICT_DESK, training=False)
    await save(story, changed(responsibilities=(line, SHUT)))
    await save(story, changed(code="fire", kinds=(Kind.FIRE,), responsibilities=(SHUT,)))
    await reach(story, *EVERYBODY)
    await train(story, "guard", plan="fire")
    figure = await read_city_figure(story.database)
    untrained = {(one.plan, one.number): one.coverage.untrained for one in figure.items}
    assert untrained == {("fire", 2): 1, ("intruder", 1): 0, ("intruder", 2): 2}
    assert (await gaps(story))[1] == EXERCISED


async def test_who_needs_a_certificate_must_have_one_of_that_kind_in_date(story: Story) -> None:
    first_aid = CertificateKind.FIRST_AID
    line = Responsibility(1, Phase.SELF_HELP, "持盾", PostKind.SCHOOL_DUTY, certificate=CertificateKind.GUARD)
    named = Responsibility(2, Phase.SELF_HELP, "指挥", PostKind.SCHOOL_DUTY, person="guard", certificate=first_aid)
    await save(story, changed(responsibilities=(line, named)))
    await reach(story, *EVERYBODY)
    await train(story, *EVERYBODY)
    without = (Gap.NOT_EXERCISED, Gap.UNCERTIFIED)
    assert await gaps(story) == {1: without, 2: without}
    await certify(story, "guard", "first_aid", days=1)
    await certify(story, "duty", "guard", days=400)
    assert await gaps(story) == {1: EXERCISED, 2: EXERCISED}
    assert await _uncertified(story) == {1: 0, 2: 0}, "at S3 there is nobody at all"
    story.database.shift += timedelta(days=3)
    assert await gaps(story) == {1: EXERCISED, 2: without}, "the guard's ran out"
    assert await _uncertified(story) == {1: 0, 2: 3}
    story.database.shift += timedelta(days=365)
    await train(story, "guard")
    assert len((await gaps(story))[1]) == 2, "one has the training, the other the certificate"
    figure = next(one.coverage for one in (await read_city_figure(story.database)).items if one.number == 1)
    assert (figure.covered, figure.untrained + figure.uncertified, figure.nobody) == (0, 2, 1)


async def test_a_responsibility_with_a_name_is_that_persons_or_their_deputys(story: Story) -> None:
    line = Responsibility(1, Phase.SELF_HELP, "指挥", PostKind.SCHOOL_DUTY, person="head", deputy="supervisor")
    await save(story, changed(responsibilities=(line,)))
    await reach(story, *EVERYBODY)
    await train(story, *EVERYBODY, "supervisor")
    assert (await gaps(story))[1] == (Gap.UNREACHABLE, Gap.NOT_EXERCISED)
    assert await _covered_in(story, 1) == (0, 3)
    await reach(story, "supervisor")
    assert (await gaps(story))[1] == EXERCISED
    covered = await read_school_coverage(story.database, "S1")
    assert covered is not None
    assert covered.items[0].person_name == "周督导"
    assert await _covered_in(story, 1) == (0, 0)


async def test_the_city_counts_each_duty_once_where_its_post_is(story: Story) -> None:
    await save(story)
    await reach(story, *EVERYBODY)
    await train(story, *EVERYBODY)
    await _exercise(story, 2, 5)
    figure = await read_city_figure(story.database)
    asked = {one.number: one.coverage.asked for one in figure.items}
    assert asked == {1: 3, 2: 3, 3: 3, 4: 2, 5: 1, 6: 3}, "three schools, two districts, one city"
    assert {one.number: one.coverage.covered for one in figure.items} == {1: 0, 2: 1, 3: 0, 4: 0, 5: 1, 6: 0}
    assert (figure.coverage.asked, figure.coverage.covered, figure.everywhere) == (15, 2, 1)
    of_district = {one.code: (one.coverage.asked, one.coverage.covered) for one in figure.districts}
    assert of_district == {"370202": (9, 1), "370203": (5, 0)}
    assert {one.code: one.coverage.covered for one in figure.schools} == {"S1": 1, "S2": 0, "S3": 0}
    assert figure.coverage.nobody == 3 + 3 + 1, "no principal anywhere, no duty at S3, no desk in its district"


async def test_the_figure_of_the_city_says_of_each_school_what_the_school_says_of_itself(story: Story) -> None:
    await save(story)
    await save(story, changed(code="own", school="S2", responsibilities=(SHUT,)))
    await reach(story, "duty", "desk")
    await train(story, "duty", "city")
    await train(story, "guard", plan="own")
    await send_on_leave(story, "guard")
    await _exercise(story, 2, 4)
    figure = await read_city_figure(story.database)
    for school in figure.schools:
        covered = await read_school_coverage(story.database, school.code)
        assert covered is not None
        own = [one for one in covered.items if one.site == f"school:{school.code}"]
        counted = {gap.value: sum(gap in one.gaps for one in own) for gap in Gap}
        assert school.coverage == Tally(len(own), sum(not one.gaps for one in own), **counted), school.code


async def test_the_living_figure_is_counted_at_most_twice_a_minute_however_many_look(story: Story) -> None:
    await save(story)
    living = LivingFigure(story.database)
    first = await living.read()
    assert await living.read() is first
    story.database.shift += FRESH_FOR
    assert (await living.read()).at > first.at


async def test_a_training_on_a_day_to_come_or_of_nobody_is_refused(story: Story) -> None:
    await save(story)
    for training in (
        Training("guard", "intruder", story.now.date() + timedelta(days=2)),
        Training("nobody", "intruder", story.now.date()),
        Training("guard", "no-plan", story.now.date()),
    ):
        with pytest.raises(PlanInvalid):
            await note_trainings(story.database, [training], "wang")
    assert "training.saved" not in await story.log_kinds()


async def test_lists_tell_the_newest_version_and_which_one_holds(story: Story) -> None:
    await save(story)
    await save(story, changed(name="新版", valid_from=date(2199, 1, 1)))
    async with story.database.connection() as connection:
        heads = await list_plans(connection, story.now, after=None, limit=10)
        versions = await list_versions(connection, "intruder", story.now)
    assert [(head.name, head.version, head.in_force, head.responsibilities) for head in heads] == [("新版", 2, 1, 6)]
    assert [head.version for head in versions] == [2, 1]


def test_gaps_are_a_number_to_the_database_and_back() -> None:
    for gap in Gap:
        assert read_gaps(write_gaps([gap])) == (gap,)
    assert [write_gaps([gap]) for gap in Gap] == [1, 2, 4, 8, 16, 32], "the statements say these numbers"


async def _in_force(story: Story) -> int | None:
    async with story.database.connection() as connection:
        now = await story.database.read_now(connection)
        return (await list_plans(connection, now, after=None, limit=1))[0].in_force


async def _uncertified(story: Story) -> dict[int, int]:
    """How often a certificate is missing in the whole city, by responsibility."""
    return {one.number: one.coverage.uncertified for one in (await read_city_figure(story.database)).items}


async def _exercise(story: Story, *numbers: int) -> None:
    """Ticks cards of an incident at S1 off."""
    incident = (await story.press()).incident
    await attend(story)
    made = await cards(story, incident)
    for number in numbers:
        await moves(story).finish(incident, made[number].id, WANG)


async def _covered_in(story: Story, number: int) -> tuple[int, int]:
    """How often a responsibility is covered, and how often nobody reaches whoever has it, in the whole city."""
    figure = await read_city_figure(story.database)
    of_number = next(one.coverage for one in figure.items if one.number == number)
    return of_number.covered, of_number.unreachable


def test_the_plan_of_the_stories_is_a_good_one() -> None:
    check_plan(PLAN)

"""The rule that decides who is told next, and the engine that carries it out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.escalation import (
    BUILT_IN,
    LIVE_POLICY,
    Policy,
    PolicyInvalid,
    Recipient,
    Running,
    Step,
    check_policy,
    decide,
    fire_step,
)
from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import Output, PostKind
from alerts.engine.escalation import escalate_due
from alerts.readiness.policies import list_policies, save_policy
from alerts.readiness.windows import announce_window
from alerts.storage.database import Database
from tests.alerts.story import WANG, Story, Told

T0 = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)


def running(policy: Policy = LIVE_POLICY) -> Running:
    incident = Incident(
        id=1,
        place="S1",
        school="S1",
        school_name="第一小学",
        district="370202",
        point="门卫室",
        device="S1-G1",
        mode=Mode.LIVE,
        category=Category.SECURITY,
        kind=Kind.PANIC,
        state=State.OPEN,
        opened_at=T0,
        last_press_at=T0,
        next_at=T0,
    )
    return Running(incident, policy, T0)


def everybody() -> dict[str, list[Recipient]]:
    return {f"post:{post}": [Recipient(f"p-{post}", post, post, shared=("log",))] for post in PostKind}


def test_each_step_fires_at_its_time_and_the_round_repeats() -> None:
    one, fired = running(), []
    for _ in range(6):
        now = one.incident.next_at
        assert now is not None
        decision = decide(one, everybody(), now)
        one = decision.running
        fired += [((now - T0).total_seconds(), step.round, step.step) for step in decision.fired]
    assert fired == [(0, 1, 0), (30, 1, 1), (60, 1, 2), (180, 1, 3), (240, 2, 0), (270, 2, 1)]


def test_nothing_happens_before_its_time() -> None:
    one = decide(running(), everybody(), T0).running
    decision = decide(one, everybody(), T0 + timedelta(seconds=29))
    assert decision.fired == ()
    assert decision.running == one


def test_an_engine_that_comes_back_late_fires_every_overdue_step_once() -> None:
    decision = decide(running(), everybody(), T0 + timedelta(hours=1))
    assert [step.step for step in decision.fired] == [0, 1, 2, 3]
    assert decision.running.incident.round == 2
    assert decision.running.incident.next_at == T0 + timedelta(hours=1, seconds=60)


def test_an_empty_step_is_skipped_at_once() -> None:
    people = everybody() | {"post:school_duty": [], "post:duty_leader": [], "post:guard": []}
    decision = decide(running(), people, T0)
    assert [(step.step, len(step.recipients)) for step in decision.fired] == [(0, 0), (1, 2)]
    assert decision.running.incident.next_at == T0 + timedelta(seconds=30), "the gap to the step after it stays"


def test_with_nobody_at_all_the_round_ends_and_begins_again_and_never_spins() -> None:
    decision = decide(running(), {}, T0)
    assert [step.step for step in decision.fired] == [0, 1, 2, 3]
    assert decision.running.incident.next_at == T0 + timedelta(seconds=60)


def test_a_person_who_holds_two_posts_of_a_step_is_told_once() -> None:
    policy = Policy((Step(0, ("post:district_desk", "post:supervisor")),), 60)
    same = [Recipient("one", "一", PostKind.DISTRICT_DESK, shared=("log",))]
    decision = decide(running(policy), {"post:district_desk": same, "post:supervisor": same}, T0)
    assert len(decision.fired[0].recipients) == 1


def test_an_acknowledgement_that_runs_out_rings_again_in_a_new_round() -> None:
    one = running()
    taken = replace(one, incident=replace(one.incident, state=State.ACKNOWLEDGED, step=2, next_at=T0))
    decision = decide(taken, everybody(), T0)
    assert decision.ran_out
    assert decision.running.incident.state is State.OPEN
    assert [(step.round, step.step) for step in decision.fired] == [(2, 0)]


_POLICIES = st.lists(st.integers(1, 900), min_size=0, max_size=5, unique=True).map(
    lambda delays: Policy(tuple(Step(delay, ("post:school_duty",)) for delay in [0, *sorted(delays)]), 60)
)
_PAUSES = st.lists(st.integers(0, 2000), min_size=1, max_size=30)


@given(_POLICIES, _PAUSES, st.sets(st.sampled_from(list(PostKind))))
def test_whenever_the_engine_looks_no_step_is_missed_or_doubled(
    policy: Policy, pauses: list[int], manned: set[PostKind]
) -> None:
    people = {target: who for target, who in everybody().items() if who[0].post_kind in manned}
    one, now, seen = running(policy), T0, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        decision = decide(one, people, now)
        one = decision.running
        seen += [(step.round, step.step) for step in decision.fired]
        assert one.incident.next_at is not None
        assert one.incident.next_at > now
    steps = len(policy.steps)
    assert seen == [(1 + n // steps, n % steps) for n in range(len(seen))]


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        (Policy((), 60), "at least one step"),
        (Policy((Step(5, ("post:school_duty",)),), 60), "at once"),
        (Policy((Step(0, ("post:school_duty",)), Step(0, ("post:principal",))), 60), "later than"),
        (Policy((Step(0, ()),), 60), "calls nobody"),
        (Policy((Step(0, ("post:school_duty",)),), None), "must repeat"),
        (Policy((Step(0, ("post:school_duty",)),), 1), "between 10"),
        (Policy((Step(0, ("post:school_duty",)), Step(7200, ("post:principal",))), 60), "within 3600"),
        (Policy((Step(0, ("post:school_duty",)),), 60, 5), "acknowledgement_seconds"),
        (Policy((Step(0, ("post:principal", "post:principal")),), 60), "twice"),
        (Policy((Step(0, ("post:principal",)),), 60), "add the target `police` to step 0"),
        (Policy((Step(0, ("police", "post:principal")),), 60, without_police=True), "take one of them out"),
        (Policy((Step(0, (), outputs=("siren",)),), 60), "step 0 calls nobody"),
        (Policy((Step(0, ("police",), outputs=("siren", "hooter")),), 60), "no output `hooter`: choose among siren"),
        (Policy((Step(0, ("police",), outputs=("lock", "lock")),), 60), "names an output twice"),
        (Policy((Step(0, ("police",), outputs=("lock",), output_seconds=0),), 60), "between 1 and 86400"),
        (Policy((Step(0, ("police",), output_seconds=60),), 60), "names no outputs"),
    ],
)
def test_a_policy_that_would_leave_somebody_unreached_is_refused(policy: Policy, complaint: str) -> None:
    with pytest.raises(PolicyInvalid, match=complaint):
        check_policy(Mode.LIVE, policy)


def test_the_built_in_policies_pass_their_own_check() -> None:
    for mode, policy in BUILT_IN.items():
        check_policy(mode, policy)


def test_a_step_tells_what_goes_on_on_site_and_for_how_long_and_counts_people_alone() -> None:
    loud = Policy((Step(0, ("post:school_duty",), outputs=("voice", "siren"), output_seconds=90),), 60)
    fired = fire_step(loud, 1, 0, {})
    assert (fired.outputs, fired.output_seconds) == ((Output.SIREN, Output.VOICE), 90)
    assert fired.empty, "a siren is nobody"


def test_a_snapshot_from_before_steps_had_outputs_still_counts() -> None:
    old = b'{"steps":[{"after_seconds":0,"targets":["police"],"channels":[]}],"repeat_after_seconds":60}'
    assert msgspec.json.decode(old, type=Policy).steps == (Step(0, ("police",)),)


async def test_a_press_climbs_from_the_school_to_the_head_of_the_bureau_and_begins_again(story: Story) -> None:
    await story.press()
    assert {told.person for told in await story.newly_told()} == {"guard", "duty"}
    await story.forward(29)
    assert await story.newly_told() == set()
    await story.forward(1.5)
    assert {told.person for told in await story.newly_told()} == {"desk", "supervisor"}
    await story.forward(30)
    assert {told.person for told in await story.newly_told()} == {"city", "police"}
    await story.forward(120)
    assert await story.newly_told() == {Told(1, 3, "head")}
    await story.forward(60)
    assert await story.newly_told() == {Told(2, 0, "guard"), Told(2, 0, "duty")}


async def test_nobody_else_is_told_once_somebody_has_it(story: Story) -> None:
    receipt = await story.press()
    await story.newly_told()
    await story.answers.acknowledge(receipt.incident, WANG)
    await story.forward(299)
    assert await story.newly_told() == set()


async def test_an_acknowledgement_that_nobody_carries_on_rings_again_after_five_minutes(story: Story) -> None:
    receipt = await story.press()
    await story.answers.acknowledge(receipt.incident, WANG)
    await story.newly_told()
    await story.forward(301)
    incident = await story.incident(receipt.incident)
    assert (incident.state, incident.acknowledged_by, incident.round) == (State.OPEN, None, 2)
    assert {told.person for told in await story.newly_told()} == {"guard", "duty"}
    assert (await story.log_kinds())[-2:] == ["incident.reopened", "incident.escalated"]


async def test_a_note_carries_an_acknowledgement_on_and_whoever_is_on_the_way_is_left_alone(story: Story) -> None:
    noted, responding = await story.press(kind="fire"), await story.press(kind="medical")
    await story.answers.acknowledge(noted.incident, WANG)
    await story.answers.respond(responding.incident, WANG)
    await story.forward(200)
    await story.answers.note(noted.incident, WANG, "在路上")
    await story.forward(200)
    assert (await story.incident(noted.incident)).state is State.ACKNOWLEDGED
    await story.forward(3600)
    assert (await story.incident(responding.incident)).state is State.RESPONDING


async def test_a_school_without_duty_people_goes_to_its_district_at_once(story: Story) -> None:
    await story.database_execute("delete from holding where post = 'S2:duty'")
    receipt = await story.press("S2-G1")
    assert {told.person for told in await story.newly_told()} == {"desk", "supervisor"}
    assert (await story.incident(receipt.incident)).told == 2


async def test_two_engines_side_by_side_neither_miss_nor_double_a_step(story: Story) -> None:
    for n in range(30):
        await story.intake.take_presses([story.arrival({"id": f"p{n}"}, f"ghost-{n}")])
        await story.intake.take_presses([story.arrival({"id": f"q{n}"}, f"ghost-{n}", school="none")])
    for seconds in (31, 30, 120, 61):
        story.database.shift += timedelta(seconds=seconds)
        await asyncio.gather(*(escalate_due(story.database) for _ in range(5)))
    fired = await story.rows(
        "select subject, body ->> 'round' as round, body ->> 'step' as step, count(*) as times from log"
        " where kind = 'incident.escalated' group by 1, 2, 3"
    )
    assert {row["times"] for row in fired} == {1}
    steps = {(row["round"], row["step"]) for row in fired if row["subject"] == "incident:1"}
    assert steps == {("1", "0"), ("1", "1"), ("1", "2"), ("1", "3"), ("2", "0")}


async def test_a_policy_that_is_saved_counts_for_new_incidents_and_leaves_running_ones_alone(story: Story) -> None:
    old = await story.press(kind="fire")
    policy = Policy((Step(0, ("police", "post:head_of_bureau")),), 60)
    await save_policy(story.database, Mode.LIVE, policy, "wang")
    await story.newly_told()
    await story.press(kind="medical")
    assert {told.person for told in await story.newly_told()} == {"head"}
    await story.forward(30.5)
    assert {told.person for told in await story.newly_told()} == {"desk", "supervisor"}
    assert old.incident
    versions = {one.mode: one.version for one in await list_policies(story.database)}
    assert versions == {Mode.LIVE: 1, Mode.TEST: 0, Mode.DRILL: 0}


async def test_a_test_calls_the_school_once_and_climbs_no_further(story: Story) -> None:
    now = story.now
    await announce_window(story.database, Mode.TEST, now - timedelta(minutes=1), now + timedelta(hours=1), "wang")
    receipt = await story.press(mode="test")
    assert {told.person for told in await story.newly_told()} == {"guard", "duty"}
    await story.forward(3600)
    assert await story.newly_told() == set()
    assert (await story.incident(receipt.incident)).next_at is None


async def test_a_policy_survives_its_way_through_the_database(database: Database) -> None:
    saved = await save_policy(database, Mode.LIVE, LIVE_POLICY, "wang")
    again = {one.mode: one for one in await list_policies(database)}[Mode.LIVE]
    assert again == saved
    assert msgspec.json.decode(msgspec.json.encode(LIVE_POLICY), type=Policy) == LIVE_POLICY

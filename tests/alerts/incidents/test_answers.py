"""What people do to an incident, and what the service refuses them."""

from __future__ import annotations

import asyncio

import pytest

from alerts.domain.arrivals import Stage
from alerts.domain.incidents import AlreadyClosed, AlreadyTaken, Cause, NotTaken, State
from alerts.incidents.answers import NoSuchIncident
from alerts.incidents.receipts import claim_stage_receipts, start_stage_receipts
from tests.alerts.story import LI, WANG, Story


async def test_an_incident_is_taken_answered_and_closed_with_a_cause(story: Story) -> None:
    number = (await story.press()).incident
    taken = await story.answers.acknowledge(number, WANG)
    going = await story.answers.respond(number, LI, "两名保安前往")
    closed = await story.answers.close(number, WANG, Cause.DISPUTE, "家长纠纷,已劝离")
    assert (taken.state, taken.acknowledged_by) == (State.ACKNOWLEDGED, "王值班")
    assert (going.state, going.responding_by) == (State.RESPONDING, "李主任")
    assert (closed.state, closed.cause, closed.closed_by) == (State.CLOSED, Cause.DISPUTE, "王值班")
    assert (await story.log_kinds())[-3:] == ["incident.acknowledged", "incident.responding", "incident.closed"]


async def test_taking_twice_by_the_same_person_changes_nothing_and_by_another_is_refused(story: Story) -> None:
    number = (await story.press()).incident
    first = await story.answers.acknowledge(number, WANG)
    assert await story.answers.acknowledge(number, WANG) == first
    with pytest.raises(AlreadyTaken, match="王值班"):
        await story.answers.acknowledge(number, LI)
    assert (await story.log_kinds()).count("incident.acknowledged") == 1


async def test_of_two_people_who_take_at_once_one_has_it_and_the_other_is_told_who(story: Story) -> None:
    number = (await story.press()).incident
    outcomes = await asyncio.gather(
        *(story.answers.acknowledge(number, actor) for actor in (WANG, LI)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyTaken", "Incident"]


async def test_what_nobody_took_cannot_be_closed(story: Story) -> None:
    number = (await story.press()).incident
    with pytest.raises(NotTaken):
        await story.answers.close(number, WANG, Cause.TEST)
    assert (await story.incident(number)).state is State.OPEN


async def test_closed_is_final(story: Story) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    closed = await story.answers.close(number, WANG, Cause.REAL)
    assert await story.answers.close(number, WANG, Cause.REAL) == closed, "the same again is no change"
    with pytest.raises(AlreadyClosed):
        await story.answers.close(number, WANG, Cause.TEST)
    with pytest.raises(AlreadyClosed):
        await story.answers.acknowledge(number, LI)
    with pytest.raises(AlreadyClosed):
        await story.answers.respond(number, LI)


async def test_whoever_goes_without_taking_has_thereby_taken_it(story: Story) -> None:
    incident = await story.answers.respond((await story.press()).incident, WANG)
    assert (incident.state, incident.acknowledged_by) == (State.RESPONDING, "王值班")


async def test_an_unknown_incident_is_said_to_be_unknown(story: Story) -> None:
    with pytest.raises(NoSuchIncident):
        await story.answers.acknowledge(999, WANG)


async def test_what_is_still_in_the_outbox_is_covered_once_somebody_has_it(story: Story) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    states = {row["state"] for row in await story.rows("select state from delivery")}
    assert states == {"covered"}


async def test_every_button_of_the_incident_hears_each_stage_once(story: Story) -> None:
    await start_stage_receipts(story.database)
    number = (await story.press("S1-G1", id="a")).incident
    await story.press("S1-C1", id="b")
    await story.answers.acknowledge(number, WANG)
    await story.answers.respond(number, WANG)
    await story.answers.close(number, WANG, Cause.REAL)
    async with claim_stage_receipts(story.database) as receipts:
        said = [(receipt.device, receipt.press, receipt.stage) for receipt in receipts]
    assert said == [
        (device, press, stage)
        for stage in (Stage.SEEN, Stage.COMING, Stage.CLOSED)
        for device, press in (("S1-G1", "a"), ("S1-C1", "b"))
    ]
    async with claim_stage_receipts(story.database) as receipts:
        assert receipts == []


async def test_receipts_that_could_not_be_sent_are_due_again_and_only_one_gateway_has_them(story: Story) -> None:
    await start_stage_receipts(story.database)
    await story.answers.acknowledge((await story.press(id="a")).incident, WANG)

    async def lose_them() -> None:
        async with claim_stage_receipts(story.database) as receipts:
            assert len(receipts) == 1
            async with claim_stage_receipts(story.database) as others:
                assert others == []
            raise ConnectionResetError

    with pytest.raises(Exception, match="ConnectionResetError"):
        await lose_them()
    async with claim_stage_receipts(story.database) as receipts:
        assert len(receipts) == 1

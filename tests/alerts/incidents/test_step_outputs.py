"""What a policy's steps switch on on site: in the transaction of the step, once, and never in a person's place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.escalation import Policy, Step
from alerts.domain.incidents import Cause, State
from alerts.domain.outputs import CONFIRM_WITHIN, OutputState, OutputsUnconfirmed
from alerts.domain.presses import Mode
from alerts.domain.registry import Output
from alerts.engine.escalation import escalate_due
from alerts.engine.outputs import watch_outputs_due
from alerts.readiness.policies import save_policy
from tests.alerts.incidents.test_outputs import QUIET, SIREN, Site
from tests.alerts.story import WANG, Story

AT_ONCE = ("police", "post:school_duty")
DESKS = ("district", "city")


@pytest.fixture
async def site(story: Story) -> Site:
    return await Site(story).open()


async def climb_by(story: Story, *steps: Step, mode: Mode = Mode.LIVE, repeat: int = 60) -> None:
    await save_policy(story.database, mode, Policy(steps, repeat), "wang")


async def requests(story: Story) -> list[tuple[str, str]]:
    """Who asked for outputs so far: as the log names them, and as people read it."""
    rows = await story.rows(
        "select actor, body ->> 'by' as by from log where kind = 'output.requested' order by position"
    )
    return [(row["actor"], row["by"]) for row in rows]


async def test_a_later_step_switches_on_what_it_names_on_all_devices_of_the_school(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE), Step(30, DESKS, outputs=("siren",), output_seconds=120))
    number = (await story.press()).incident
    assert await site.send() == [], "the first step names none"
    await story.forward(30.5)
    row = (await site.rows(number))["S1-G1", "siren"]
    assert row.requested_at is not None
    assert (row.state, row.on, row.requested_by) == (OutputState.WANTED, True, "policy")
    assert row.until == row.requested_at + timedelta(seconds=120)
    assert await site.send() == [("S1-C1", "siren", True), ("S1-G1", "siren", True)]
    assert await requests(story) == [("policy", "policy")]
    assert (await site.rows(number))["S1-G1", "strobe"].state is None, "the strobe was not named"


async def test_rounds_pile_nothing_up_while_an_output_is_on_or_is_to_go_on(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren",)), repeat=10)
    number = (await story.press()).incident
    for _ in range(3):
        await story.forward(11)
    await site.send()
    for device in ("S1-G1", "S1-C1"):
        await site.confirm(device, Output.SIREN, on=True)
    for _ in range(3):
        await story.forward(11)
    assert (await story.incident(number)).round == 8
    assert await story.value("select count(*) from output_command") == 2
    assert await requests(story) == [("policy", "policy")]


async def test_an_output_whose_time_is_over_goes_on_again_in_the_next_round(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("strobe",), output_seconds=20))
    number = (await story.press()).incident
    await site.send()
    await site.confirm("S1-G1", Output.STROBE, on=True)
    await site.forward(20)
    await site.confirm("S1-G1", Output.STROBE, on=False)
    await story.forward(41)
    assert await site.send() == [("S1-G1", "strobe", True)]
    assert await site.count(number) == 1


async def test_what_somebody_switched_off_stays_off_in_all_rounds(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren", "strobe")), repeat=10)
    number = (await story.press()).incident
    await site.send()
    await site.outputs.drive(number, WANG, replace(QUIET, device="S1-G1"))
    assert await site.send() == [("S1-G1", "siren", False)]
    await site.confirm("S1-G1", Output.SIREN, on=False)
    for _ in range(3):
        await story.forward(11)
    assert ("S1-G1", "siren", True) not in await site.send()
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.OFF


async def test_what_the_policy_switched_on_stays_on_the_incident_until_it_is_confirmed_and_goes_off_at_the_end(
    story: Story, site: Site
) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("strobe",)))
    number = (await story.press()).incident
    await site.send()
    await site.forward(CONFIRM_WITHIN.total_seconds())
    assert (await story.log_kinds()).count("output.unconfirmed") == 1
    await story.answers.acknowledge(number, WANG)
    with pytest.raises(OutputsUnconfirmed):
        await story.answers.close(number, WANG, Cause.REAL)
    await site.confirm("S1-G1", Output.STROBE, on=True)
    closed = await story.answers.close(number, WANG, Cause.REAL)
    assert (closed.state, closed.outputs_unconfirmed) == (State.CLOSED, 1)
    assert await site.send() == [("S1-G1", "strobe", False)]
    assert await requests(story) == [("policy", "policy"), ("person:wang", "王值班")]


async def test_a_siren_is_nobody_whom_a_step_reaches(story: Story, site: Site) -> None:
    await story.database_execute("delete from holding where post = 'S1:duty'")
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren",)), Step(30, DESKS))
    number = (await story.press()).incident
    assert {told.person for told in await story.newly_told()} == {"desk", "city"}, "the next step follows at once"
    assert len(await site.send()) == 2
    incident = await story.incident(number)
    assert (incident.told, incident.reached) == (2, 0)


async def test_two_incidents_of_a_school_do_not_snatch_the_siren_from_each_other_round_by_round(
    story: Story, site: Site
) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren",)), repeat=10)
    first = (await story.press()).incident
    fire = (await story.press(kind="fire")).incident
    for _ in range(4):
        await story.forward(11)
        await site.forward(0)
    assert await story.value("select count(*) from output_command") == 4, "each incident asked once for both sirens"
    await story.answers.acknowledge(first, WANG)
    await story.answers.close(first, WANG, Cause.REAL)
    assert all(on for _, _, on in await site.send()), "the fire's sirens go on"
    assert (await site.count(first), await site.count(fire)) == (0, 2)


async def test_when_the_other_incident_is_over_the_next_round_switches_on_what_it_switched_off(
    story: Story, site: Site
) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren",)))
    first = (await story.press()).incident
    fire = (await story.press(kind="fire")).incident
    await story.answers.acknowledge(fire, WANG)
    await story.answers.close(fire, WANG, Cause.REAL, "没有设备答复")
    await site.send()
    await story.forward(61)
    assert await site.send() == [("S1-C1", "siren", True), ("S1-G1", "siren", True)]
    assert await site.count(first) == 2


async def test_incidents_that_open_in_one_batch_drive_an_output_that_they_share_once(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren",)))
    await story.intake.take_presses(
        [story.arrival({"id": "a"}), story.arrival({"id": "b", "kind": "fire"}), story.arrival({"id": "c"}, "S2-G1")]
    )
    assert sorted(device for device, _, _ in await site.send()) == ["S1-C1", "S1-G1", "S2-G1"]


async def test_five_engines_side_by_side_switch_an_output_on_once(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE), Step(30, DESKS, outputs=("siren", "strobe")))
    await story.press()
    await story.press(kind="fire")
    await story.press("S2-G1")
    story.database.shift += timedelta(seconds=31)
    await asyncio.gather(*(escalate_due(story.database) for _ in range(5)))
    while await watch_outputs_due(story.database):
        pass
    doubled = await story.rows(
        "select incident, device, output from output_command group by 1, 2, 3 having count(*) > 1"
    )
    assert doubled == []
    assert await story.value("select count(*) from log where kind = 'output.requested'") in (2, 3)
    sent = {(device, output) for device, output, _ in await site.send()}
    assert sent == {("S1-G1", "siren"), ("S1-G1", "strobe"), ("S1-C1", "siren"), ("S2-G1", "siren")}


async def test_a_person_and_a_step_at_once_leave_one_command_that_counts(story: Story, site: Site) -> None:
    await climb_by(story, Step(0, AT_ONCE), Step(30, DESKS, outputs=("siren",)))
    number = (await story.press()).incident
    story.database.shift += timedelta(seconds=31)
    await asyncio.gather(escalate_due(story.database), site.outputs.drive(number, WANG, SIREN))
    standing = await story.value("select count(*) from output_command where state <> 'superseded'")
    assert standing == 2, "one for each of the two sirens"
    assert await site.count(number) == 2


async def test_however_many_incidents_of_a_school_open_at_once_one_command_counts_for_each_output(
    story: Story, site: Site
) -> None:
    await climb_by(story, Step(0, AT_ONCE, outputs=("siren", "strobe")))
    for number in range(5):
        kinds = [story.press(id=f"{kind}-{number}", kind=kind) for kind in ("panic", "fire", "medical")]
        opened = [one.incident for one in await asyncio.gather(*kinds)]
        standing = await story.rows(
            "select device, output, count(*) from output_command where state in ('wanted', 'sent', 'on') group by 1, 2"
        )
        assert {row["count"] for row in standing} == {1}
        for incident in opened:
            await story.answers.acknowledge(incident, WANG)
        closing = [story.answers.close(incident, WANG, Cause.REAL, "没有设备答复") for incident in opened]
        await asyncio.gather(*closing)

"""The first step of an incident belongs to the transaction of its press, with what it switches on on site."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alerts.domain.escalation import Policy, Step
from alerts.domain.presses import Mode
from alerts.readiness.policies import save_policy
from alerts.readiness.windows import announce_window
from alerts.storage.log import LogRow, read_log_after
from tests.alerts.incidents.test_outputs import Site
from tests.alerts.story import Story

LOUD = Step(0, ("police", "post:school_duty"), outputs=("siren", "lock"))


@pytest.fixture
async def site(story: Story) -> Site:
    return await Site(story).open()


async def save_loud(story: Story, mode: Mode) -> None:
    await save_policy(story.database, mode, Policy((LOUD,), 60 if mode is Mode.LIVE else None), "wang")


async def announce(story: Story, mode: Mode) -> None:
    now = story.now
    await announce_window(story.database, mode, now - timedelta(minutes=1), now + timedelta(hours=1), "wang")


async def read_log(story: Story) -> list[LogRow]:
    async with story.database.connection() as connection:
        return await read_log_after(connection, 0, 1000)


async def test_a_press_commits_its_commands_with_its_first_step(story: Story, site: Site) -> None:
    await save_loud(story, Mode.LIVE)
    number = (await story.press()).incident
    transactions = await story.value(
        "select count(distinct writer) from (select xmin::text from press union all select xmin::text"
        " from output_command) as written (writer)"
    )
    assert transactions == 1
    assert await site.count(number) == 2
    assert await site.send() == [("S1-C1", "siren", True), ("S1-G1", "siren", True)], "no device has a lock"
    rows = [row for row in await read_log(story) if row.subject == f"incident:{number}"]
    kinds = ["incident.opened", "incident.escalated", "output.requested", "press.received"]
    assert [row.kind for row in rows][: len(kinds)] == kinds


async def test_every_row_of_the_log_carries_the_count_of_unconfirmed_outputs(story: Story, site: Site) -> None:
    await save_loud(story, Mode.LIVE)
    number = (await story.press()).incident
    bodies = [msgspec.json.decode(row.body) for row in await read_log(story) if row.subject == f"incident:{number}"]
    assert {body["incident"]["outputs_unconfirmed"] for body in bodies} == {2}, "a board replays the log"
    escalated = next(body for body in bodies if "told" in body)
    assert escalated["outputs"] == ["siren", "lock"]


async def test_further_presses_of_the_incident_ask_for_nothing_more(story: Story, site: Site) -> None:
    await save_loud(story, Mode.LIVE)
    await story.press()
    await story.intake.take_presses([story.arrival({"id": f"p{n}"}) for n in range(10)])
    assert len(await site.send()) == 2


async def test_an_unplaced_press_has_no_school_whose_siren_could_sound(story: Story, site: Site) -> None:
    await save_loud(story, Mode.LIVE)
    receipt = (await story.intake.take_presses([story.arrival({}, "ghost", school="none", district="none")]))[0]
    incident = await story.incident(receipt.incident)
    assert (incident.school, incident.outputs_unconfirmed) == (None, 0)
    assert await site.send() == []


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.DRILL])
async def test_practice_is_heard_on_site_only_when_its_own_policy_says_so(story: Story, site: Site, mode: Mode) -> None:
    await announce(story, mode)
    await save_loud(story, Mode.LIVE)
    await story.press(mode=mode)
    assert await site.send() == [], "the live policy's siren is no practice siren"
    await save_loud(story, mode)
    await story.press("S2-G1", mode=mode)
    assert await site.send() == [("S2-G1", "siren", True)]


async def test_a_press_whose_policy_names_no_output_asks_nothing_about_outputs(story: Story) -> None:
    await story.database_execute("alter table device_output rename to not_there")
    await story.database_execute("alter table output_command rename to not_there_either")
    number = (await story.press()).incident
    assert (await story.incident(number)).told == 2

"""Outputs while several parts work at once: engines, gateways, people and devices."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from alerts.domain.incidents import Cause, State
from alerts.domain.outputs import CONFIRM_WITHIN, OutputsUnconfirmed
from alerts.domain.registry import Output
from alerts.engine.outputs import watch_outputs_due
from alerts.incidents.outputs import claim_output_commands
from alerts.storage.database import Database
from tests.alerts.incidents.test_outputs import SIREN, Site
from tests.alerts.story import WANG, Story


async def test_five_engines_tell_of_an_unconfirmed_output_once(story: Story) -> None:
    site = await Site(story).open()
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, SIREN)
    await site.send()
    story.database.shift += CONFIRM_WITHIN
    await asyncio.gather(*(watch_outputs_due(story.database) for _ in range(5)))
    assert (await story.log_kinds()).count("output.unconfirmed") == 2, "one for each of the two sirens"


async def test_two_gateways_never_hold_the_same_command(story: Story) -> None:
    site = await Site(story).open()
    await site.outputs.drive((await story.press()).incident, WANG, SIREN)
    other = await Database.open(story.database.url, application_name="another gateway")

    async def claim(database: Database) -> list[int]:
        async with claim_output_commands(database) as commands:
            return [one.id for one in commands]

    claimed = await asyncio.gather(claim(story.database), claim(other), claim(story.database), claim(other))
    await other.close()
    ids = [id_ for of_one in claimed for id_ in of_one]
    assert len(ids) == len(set(ids)) == 2


async def test_closing_and_confirming_at_once_never_leave_a_silent_gap(story: Story) -> None:
    site = await Site(story).open()
    for _ in range(5):
        number = (await story.press()).incident
        await story.answers.acknowledge(number, WANG)
        await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
        await site.send()
        closed, _ = await asyncio.gather(
            story.answers.close(number, WANG, Cause.REAL),
            site.confirm("S1-G1", Output.SIREN, on=True),
            return_exceptions=True,
        )
        incident = await story.incident(number)
        if isinstance(closed, OutputsUnconfirmed):
            assert (incident.state, incident.outputs_unconfirmed) == (State.ACKNOWLEDGED, 0)
            await story.answers.close(number, WANG, Cause.REAL)
        assert await site.count(number) == 1, "switching off is not confirmed yet"
        assert ("S1-G1", "siren", False) in await site.send()
        await site.confirm("S1-G1", Output.SIREN, on=False)
        assert await site.count(number) == 0

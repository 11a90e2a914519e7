"""Sirens, strobes and locks: a wish is sent until its device confirms it, and what is not confirmed stays in sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.incidents import AlreadyClosed, Cause, State
from alerts.domain.outputs import (
    CONFIRM_WITHIN,
    NoSuchOutput,
    OutputState,
    OutputsUnconfirmed,
    PracticeOutputs,
    find_repeat,
    read_command_name,
)
from alerts.domain.registry import Output
from alerts.engine.outputs import watch_outputs_due
from alerts.incidents.outputs import Outputs, Wish, claim_output_commands
from alerts.storage.outputs import DueCommand, OutputRow, list_outputs
from tests.alerts.story import WANG, Story

SIREN = Wish((Output.SIREN,), on=True)
QUIET = Wish((Output.SIREN,), on=False)


class Site:
    """A school whose gatehouse has a siren and a strobe, and whose control room has a siren."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.outputs = Outputs(story.database)

    async def open(self) -> Site:
        await self.story.database_execute(
            "insert into device_output (device, output) values ('S1-G1', 'siren'), ('S1-G1', 'strobe'),"
            " ('S1-C1', 'siren'), ('S2-G1', 'siren')"
        )
        return self

    async def send(self) -> list[tuple[str, str, bool]]:
        """What the gateway sends now, as the devices get it."""
        async with claim_output_commands(self.story.database) as commands:
            return [(one.device, one.output.value, one.on) for one in commands]

    async def confirm(self, device: str, output: Output, *, on: bool, number: int = -1) -> None:
        """The device's word on the newest of the commands that it was given (or an earlier one)."""
        rows = await self.story.rows(
            "select id from output_command where device = $1 and output = $2 order by id", device, output
        )
        await self.say(device, f"c-{rows[number]['id']}", on=on)

    async def say(self, device: str, command: str, *, on: bool) -> None:
        said = self.story.arrival({"command": command, "on": on}, device, "output")
        await self.story.intake.take_reports([said])

    async def forward(self, seconds: float) -> None:
        self.story.database.shift += timedelta(seconds=seconds)
        while await watch_outputs_due(self.story.database):
            pass

    async def rows(self, incident: int) -> dict[tuple[str, str], OutputRow]:
        async with self.story.database.connection() as connection:
            return {(one.device, one.output): one for one in await list_outputs(connection, incident)}

    async def count(self, incident: int) -> int:
        return (await self.story.incident(incident)).outputs_unconfirmed


@pytest.fixture
async def site(story: Story) -> Site:
    return await Site(story).open()


async def test_nothing_sounds_on_site_unless_somebody_asks_for_it(story: Story, site: Site) -> None:
    number = (await story.press(kind="intruder")).incident
    assert await site.send() == []
    assert {(key, row.state) for key, row in (await site.rows(number)).items()} == {
        (("S1-C1", "siren"), None),
        (("S1-G1", "siren"), None),
        (("S1-G1", "strobe"), None),
    }


async def test_a_siren_is_wanted_sent_and_confirmed_on_and_off(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    incident = await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    assert incident.outputs_unconfirmed == 1
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.WANTED
    assert await site.send() == [("S1-G1", "siren", True)]
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.SENT
    await site.confirm("S1-G1", Output.SIREN, on=True)
    row = (await site.rows(number))["S1-G1", "siren"]
    assert (row.state, row.confirmed_on_at is None, row.requested_by) == (OutputState.ON, False, "王值班")
    assert await site.count(number) == 0
    await site.outputs.drive(number, WANG, replace(QUIET, device="S1-G1"))
    await site.send()
    await site.confirm("S1-G1", Output.SIREN, on=False)
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.OFF
    kinds = [kind for kind in await story.log_kinds() if kind.startswith("output.")]
    assert kinds == ["output.requested", "output.sent", "output.confirmed"] * 2


async def test_without_a_device_all_of_the_school_are_driven_and_no_other_school_is(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, SIREN)
    assert await site.send() == [("S1-C1", "siren", True), ("S1-G1", "siren", True)]
    assert await site.count(number) == 2


async def test_a_command_is_sent_again_until_it_is_confirmed(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    assert await site.send() == [("S1-G1", "siren", True)]
    assert await site.send() == []
    await site.forward(2)
    assert await site.send() == [("S1-G1", "siren", True)]
    await site.confirm("S1-G1", Output.SIREN, on=True)
    await site.forward(3600)
    assert await site.send() == []
    assert (await story.log_kinds()).count("output.sent") == 1
    assert [find_repeat(sends).total_seconds() for sends in (1, 2, 3, 6, 1000)] == [2, 4, 8, 60, 60]


async def test_what_a_dying_gateway_had_claimed_is_sent_by_the_next_and_two_never_send_at_once(
    story: Story, site: Site
) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))

    async def die() -> None:
        async with claim_output_commands(story.database) as commands:
            assert len(commands) == 1
            assert await site.send() == []
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await die()
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.WANTED
    await site.forward(15)
    assert await site.send() == [("S1-G1", "siren", True)]


async def test_a_device_that_was_offline_gets_the_newest_wish_when_it_is_back_and_nothing_else(
    story: Story, site: Site
) -> None:
    number = (await story.press()).incident
    await story.state("S1-G1", online=False)
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    await site.outputs.drive(number, WANG, Wish((Output.STROBE,), on=True, seconds=60))
    assert await site.send() == []
    await site.outputs.drive(number, WANG, replace(QUIET, device="S1-G1"))
    await site.forward(61)
    await story.state("S1-G1", online=True)
    assert await site.send() == [("S1-G1", "siren", False)], "the strobe's minute is over: it is not lit late"
    assert (await site.rows(number))["S1-G1", "strobe"].state is OutputState.EXPIRED
    assert "output.expired" in await story.log_kinds()
    assert await site.count(number) == 1


async def test_what_is_not_confirmed_in_ten_seconds_is_told_once_and_stays_on_the_incident(
    story: Story, site: Site
) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    await site.send()
    await site.forward(CONFIRM_WITHIN.total_seconds())
    await site.forward(600)
    assert (await story.log_kinds()).count("output.unconfirmed") == 1
    row = (await site.rows(number))["S1-G1", "siren"]
    assert row.unconfirmed_since == row.requested_at
    assert await site.count(number) == 1
    await site.confirm("S1-G1", Output.SIREN, on=True)
    assert await site.count(number) == 0
    assert (await site.rows(number))["S1-G1", "siren"].unconfirmed_since is None


async def test_an_output_that_should_have_gone_off_by_itself_is_unconfirmed_until_it_says_so(
    story: Story, site: Site
) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, Wish((Output.STROBE,), on=True, seconds=60))
    await site.send()
    await site.confirm("S1-G1", Output.STROBE, on=True)
    await site.forward(60)
    assert await site.count(number) == 0
    await site.forward(10)
    assert await site.count(number) == 1
    row = (await site.rows(number))["S1-G1", "strobe"]
    assert (row.state, row.unconfirmed_since) == (OutputState.ON, row.until)
    await site.confirm("S1-G1", Output.STROBE, on=False)
    assert await site.count(number) == 0
    assert (await site.rows(number))["S1-G1", "strobe"].confirmed_off_at is not None


async def test_closing_over_an_unconfirmed_output_needs_a_word_why(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    for nothing in (None, "  "):
        with pytest.raises(OutputsUnconfirmed, match="1 output"):
            await story.answers.close(number, WANG, Cause.REAL, nothing)
    assert (await story.incident(number)).state is State.ACKNOWLEDGED
    closed = await story.answers.close(number, WANG, Cause.REAL, "警报器未响,已电话核实")
    assert closed.state is State.CLOSED
    body = await story.value("select body::text from log where kind = 'incident.closed'")
    assert "已电话核实" in body
    assert await story.answers.close(number, WANG, Cause.REAL) == closed, "the same again needs no second word"


async def test_closing_switches_off_what_is_on_and_the_switching_off_is_followed_up(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    await site.send()
    await site.confirm("S1-G1", Output.SIREN, on=True)
    closed = await story.answers.close(number, WANG, Cause.REAL)
    assert closed.outputs_unconfirmed == 1
    assert await site.send() == [("S1-G1", "siren", False)]
    await site.forward(10)
    assert (await story.log_kinds())[-1] == "output.unconfirmed"
    await site.confirm("S1-G1", Output.SIREN, on=False)
    assert await site.count(number) == 0
    assert (await story.incident(number)).state is State.CLOSED


async def test_a_closed_incident_can_be_silenced_and_switches_nothing_on(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await story.answers.acknowledge(number, WANG)
    await story.answers.close(number, WANG, Cause.REAL)
    with pytest.raises(AlreadyClosed):
        await site.outputs.drive(number, WANG, SIREN)
    await site.outputs.drive(number, WANG, QUIET)
    assert len(await site.send()) == 2


async def test_a_test_or_drill_is_heard_on_site_only_when_that_is_said(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await story.database_execute("update incident set mode = 'drill'")
    with pytest.raises(PracticeOutputs, match="drill"):
        await site.outputs.drive(number, WANG, SIREN)
    assert await site.send() == []
    await site.outputs.drive(number, WANG, replace(SIREN, practice=True))
    assert len(await site.send()) == 2


async def test_an_output_that_is_not_there_is_refused_by_name(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    for wish in (Wish((Output.LOCK,), on=True), replace(SIREN, device="S2-G1"), replace(SIREN, device="nobody")):
        with pytest.raises(NoSuchOutput):
            await site.outputs.drive(number, WANG, wish)
    unplaced = (await story.intake.take_presses([story.arrival({}, "stranger", school="nowhere", district="x")]))[0]
    with pytest.raises(NoSuchOutput):
        await site.outputs.drive(unplaced.incident, WANG, SIREN)


async def test_a_device_speaks_only_for_itself_and_only_of_what_it_was_told(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    await site.send()
    command = f"c-{await story.value('select id from output_command')}"
    await site.say("S1-C1", command, on=True)
    for other in ("c-999", "c-0", "c-" + "9" * 30, "17", "siren"):
        await site.say("S1-G1", other, on=True)
    assert (await site.rows(number))["S1-G1", "siren"].state is OutputState.SENT
    assert read_command_name(command) is not None
    assert await story.value("select count(*) from evidence where channel = 'output'") == 6, "kept as evidence"


async def test_a_repeated_or_belated_word_of_a_device_changes_nothing(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, Wish((Output.STROBE,), on=True, seconds=5))
    await site.send()
    for on in (True, True, False, False, True):
        await site.confirm("S1-G1", Output.STROBE, on=on)
    assert (await site.rows(number))["S1-G1", "strobe"].state is OutputState.OFF
    assert (await story.log_kinds()).count("output.confirmed") == 2


async def test_an_on_that_was_overtaken_by_an_off_confirms_nothing_of_the_off(story: Story, site: Site) -> None:
    number = (await story.press()).incident
    await site.outputs.drive(number, WANG, replace(SIREN, device="S1-G1"))
    await site.send()
    await site.outputs.drive(number, WANG, replace(QUIET, device="S1-G1"))
    await site.send()
    await site.confirm("S1-G1", Output.SIREN, on=True, number=0)
    await site.confirm("S1-G1", Output.SIREN, on=True)
    assert await site.count(number) == 1
    await site.confirm("S1-G1", Output.SIREN, on=False)
    assert await site.count(number) == 0


async def test_a_siren_that_another_incident_drives_now_leaves_the_face_of_the_first(story: Story, site: Site) -> None:
    first = (await story.press()).incident
    fire = (await story.press("S1-C1", kind="fire")).incident
    await site.outputs.drive(first, WANG, replace(SIREN, device="S1-G1"))
    await site.outputs.drive(fire, WANG, replace(SIREN, device="S1-G1"))
    await site.forward(0)
    assert (await site.count(first), await site.count(fire)) == (0, 1)
    assert "output.superseded" in await story.log_kinds()
    assert await site.send() == [("S1-G1", "siren", True)]
    await story.answers.acknowledge(first, WANG)
    await story.answers.close(first, WANG, Cause.REAL)
    assert (await site.rows(fire))["S1-G1", "siren"].on is True, "the fire's siren goes on"


async def test_a_command_names_the_device_by_its_place_in_the_registry(story: Story, site: Site) -> None:
    await site.outputs.drive((await story.press()).incident, WANG, Wish((Output.STROBE,), on=True, seconds=60))
    async with claim_output_commands(story.database) as commands:
        (command,) = commands
    assert isinstance(command, DueCommand)
    assert (command.district, command.school, command.device) == ("370202", "S1", "S1-G1")
    assert command.until is not None

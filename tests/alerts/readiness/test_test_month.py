"""Every button proved end to end, and a test closed by the machine only when each hop of it is proved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.arrivals import Stage
from alerts.domain.incidents import Cause, State
from alerts.domain.practice import Way
from alerts.domain.presses import Mode
from alerts.domain.registry import Output
from alerts.engine.practice import close_proved_tests, prove_tests
from alerts.incidents.receipts import claim_stage_receipts, start_stage_receipts
from alerts.readiness.practice import DeviceUnknown, object_to_test, read_test_month, record_police_receipts
from alerts.readiness.windows import announce_window
from alerts.storage.log import Entry, append_log
from alerts.storage.practice import ButtonProof, MonthFigures, list_button_proofs
from tests.alerts.incidents.test_outputs import SIREN, Site
from tests.alerts.story import LI, WANG, Story


class Practice:
    """A story in a test window, with what the gateway and the engine do in it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.told: list[tuple[str, Stage]] = []

    @property
    def month(self) -> date:
        return self.story.now.astimezone(ZoneInfo("Asia/Shanghai")).date().replace(day=1)

    async def press(self, device: str, name: str = "t") -> int:
        return (await self.story.press(device, id=name, mode="test")).incident

    async def confirm(self, *devices: str) -> tuple[str, ...]:
        """Somebody at 110's telephone confirmed these tests."""
        recorded = await record_police_receipts(self.story.database, devices, Way.PHONE, "110-8", WANG)
        return recorded.recorded

    async def send_receipts(self) -> None:
        """The gateway publishes what is due, and the broker confirms it."""
        async with claim_stage_receipts(self.story.database) as receipts:
            self.told += [(receipt.device, receipt.stage) for receipt in receipts]

    async def turn(self, seconds: float = 0) -> int:
        """The engine's cycles, after so many seconds. Returns how many tests it closed."""
        await self.story.forward(seconds)
        while await prove_tests(self.story.database):
            pass
        return await close_proved_tests(self.story.database)

    async def proofs(self, proved: bool | None = None) -> dict[str, ButtonProof]:
        async with self.story.database.connection() as connection:
            found = await list_button_proofs(connection, self.month, proved=proved)
        return {one.device: one for one in found}

    async def city(self) -> MonthFigures:
        async with self.story.database.connection() as connection:
            return (await read_test_month(connection, self.month)).city


@pytest.fixture
async def practice(story: Story) -> Practice:
    await announce_window(
        story.database, Mode.TEST, story.now - timedelta(minutes=1), story.now + timedelta(hours=20), "wang"
    )
    await start_stage_receipts(story.database)
    return Practice(story)


async def test_a_button_is_proved_hop_by_hop_and_its_test_closed_by_the_machine(practice: Practice) -> None:
    incident = await practice.press("S1-G1")
    assert await practice.turn(30) == 0
    proof = (await practice.proofs())["S1-G1"]
    assert (proof.incident, proof.police_receipt_at, proof.receipted_at) == (incident, None, None)
    assert proof.pressed_at is not None
    assert proof.shown_at is not None

    assert await practice.confirm("S1-G1") == ("S1-G1",)
    assert await practice.turn() == 0, "110 has it, but the button does not know"
    proof = (await practice.proofs())["S1-G1"]
    assert (proof.police_receipt_how, proof.police_reference, proof.police_receipt_by) == (Way.PHONE, "110-8", "王值班")
    assert (await practice.story.incident(incident)).state is State.OPEN

    await practice.send_receipts()
    assert ("S1-G1", Stage.SEEN) in practice.told
    assert await practice.turn() == 1
    closed = await practice.story.incident(incident)
    assert (closed.state, closed.cause, closed.closed_by) == (State.CLOSED, Cause.TEST, "engine")
    await practice.send_receipts()
    assert practice.told[-1] == ("S1-G1", Stage.CLOSED)
    await practice.turn()
    proof = (await practice.proofs(proved=True))["S1-G1"]
    assert proof.closed_at is not None
    assert proof.proved_at == max(filter(None, (proof.police_receipt_at, proof.receipted_at)))
    assert set(await practice.proofs(proved=False)) == {"S1-C1", "S2-G1", "S3-G1"}


async def test_110_s_acceptance_over_the_link_is_its_receipt(practice: Practice) -> None:
    incident = await practice.press("S2-G1")
    await practice.turn(30)
    accepted = {"incident": {"id": incident, "mode": "test"}, "number": "110-2026-77"}
    await write_log(practice.story, "handover.accepted", incident, accepted)
    await practice.turn()
    await practice.turn()
    await practice.send_receipts()
    assert await practice.turn() == 1
    proof = (await practice.proofs())["S2-G1"]
    assert (proof.police_receipt_how, proof.police_reference) == (Way.LINK, "110-2026-77")
    assert (await practice.story.log_kinds()).count("test.police_receipted") == 1, "once, however often it is read"


async def test_each_press_of_the_incident_needs_its_proof(practice: Practice) -> None:
    first = await practice.press("S1-G1")
    await practice.story.forward(30)
    assert await practice.press("S1-C1") == first
    await practice.turn(30)
    await practice.confirm("S1-G1")
    await practice.send_receipts()
    assert await practice.turn() == 0, "the other button is not proved"
    await practice.confirm("S1-C1")
    await practice.send_receipts()
    assert await practice.turn() == 1
    city = await practice.city()
    assert (city.devices, city.pressed, city.police, city.proved) == (4, 2, 2, 2)


async def test_it_stays_open_while_a_second_press_would_be_real(practice: Practice) -> None:
    await practice.press("S1-G1")
    await practice.confirm("S1-G1")
    await practice.send_receipts()
    assert await practice.turn() == 0
    assert await practice.turn(21) == 1


async def test_whoever_objects_keeps_it_open_and_the_button_unproved(practice: Practice) -> None:
    incident = await practice.press("S1-G1")
    await object_to_test(practice.story.database, incident, "灯没有亮", LI)
    await practice.turn(30)
    await practice.confirm("S1-G1")
    await practice.send_receipts()
    assert await practice.turn() == 0
    proof = (await practice.proofs(proved=False))["S1-G1"]
    assert (proof.objected_by, proof.objection) == ("李主任", "灯没有亮")
    await practice.story.answers.acknowledge(incident, WANG)
    await practice.story.answers.close(incident, WANG, Cause.DEVICE_FAULT)
    again = await practice.press("S1-G1", "t2")
    await practice.turn(30)
    await practice.confirm("S1-G1")
    await practice.send_receipts()
    assert await practice.turn() == 1, "the repaired button is tested again"
    assert (await practice.proofs())["S1-G1"].incident == again


async def test_who_set_out_keeps_it_open_and_a_close_as_anything_else_proves_nothing(practice: Practice) -> None:
    incident = await practice.press("S1-G1")
    await practice.story.answers.respond(incident, WANG)
    await practice.turn(30)
    await practice.confirm("S1-G1")
    await practice.send_receipts()
    assert await practice.turn() == 0
    await practice.story.answers.close(incident, WANG, Cause.REAL)
    await practice.turn()
    proof = (await practice.proofs())["S1-G1"]
    assert (proof.proved_at, proof.objection, proof.objected_by) == (None, "real", "王值班")


async def test_without_a_gateway_that_publishes_nothing_is_proved(practice: Practice) -> None:
    await practice.press("S1-G1")
    await practice.turn(30)
    await practice.confirm("S1-G1")
    for _ in range(3):
        assert await practice.turn(60) == 0
    assert (await practice.proofs())["S1-G1"].receipted_at is None


async def test_live_and_drill_presses_prove_nothing(practice: Practice) -> None:
    await practice.story.press("S1-G1", id="live")
    await practice.turn(30)
    assert await practice.confirm("S1-G1") == ()
    assert (await practice.proofs())["S1-G1"].pressed_at is None


async def test_an_unregistered_code_records_nothing(practice: Practice) -> None:
    await practice.press("S1-G1")
    with pytest.raises(DeviceUnknown, match="S1-G7"):
        await record_police_receipts(practice.story.database, ["S1-G1", "S1-G7"], Way.PHONE, "110-8", WANG)
    assert "test.police_receipted" not in await practice.story.log_kinds()


async def write_log(story: Story, kind: str, incident: int, body: dict[str, object]) -> None:
    """A row of the police link, as it writes them."""
    async with story.database.transaction() as connection:
        now = await story.database.read_now(connection)
        await append_log(connection, now, [Entry("gateway", f"incident:{incident}", kind, body)])


async def test_a_siren_that_a_test_switched_on_goes_off_when_the_machine_closes_it(practice: Practice) -> None:
    site = await Site(practice.story).open()
    incident = await practice.press("S1-G1")
    await site.outputs.drive(incident, WANG, replace(SIREN, device="S1-G1", practice=True))
    await site.send()
    await practice.turn(30)
    await practice.confirm("S1-G1")
    await practice.turn()
    await practice.send_receipts()
    assert await practice.turn() == 0, "nobody knows whether the siren is on: it is not closed over it"
    await site.confirm("S1-G1", Output.SIREN, on=True)
    assert await practice.turn() == 1
    assert await site.send() == [("S1-G1", "siren", False)]
    assert await site.count(incident) == 1, "until the device says that it is off"
    asked = await practice.story.rows("select actor from log where kind = 'output.requested' order by position")
    assert [row["actor"] for row in asked] == ["person:wang", "engine"]

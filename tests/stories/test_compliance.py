"""What a gate's sensor tells, through a real broker, gateway and engine, to what a program reads of its school."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway import wire
from simulators.devices.device import SimulatedDevice
from tests.stories.chain import Chain, eventually
from tests.stories.city import GATES

ZONE = ZoneInfo("Asia/Shanghai")
REGISTER = """
with gate as (
    insert into device (code, school, point, interval_seconds, role)
    select p.school || '-S1', p.school, p.id, 60, 'gate' from point p where p.school || '-S1' = any($1) returning code
)
insert into device_transition (device, at, link, troubles) select code, $2, 'online', '{}' from gate
"""


async def read_gates_closed(chain: Chain, school: str) -> dict[str, Any]:
    """How a school stands by C1."""
    async with chain.program() as program:
        answer = await program.get(f"/api/v1/compliance/schools/{school}")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["rules"] if one["rule"] == "C1")


async def become(chain: Chain, school: str, verdict: str) -> dict[str, Any]:
    """Waits until a school stands so, and returns why."""

    async def ask() -> dict[str, Any] | None:
        found = await read_gates_closed(chain, school)
        return found if found["verdict"] == verdict else None

    found = await eventually(ask, f"{school} is {verdict}")
    assert found is not None
    return found


def tell(gate: SimulatedDevice, at: datetime, *, opened: bool) -> None:
    """Its contact changed then."""
    gate.contact = opened
    gate.deliver("gate", wire.encode(wire.Gate(id=f"{at:%H%M%S}", at=at, open=opened)))


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_a_school_turns_unknown_and_not_green_when_the_sensor_of_its_gate_is_unplugged(chain: Chain) -> None:
    midnight = datetime.combine(datetime.now(ZONE).date(), time(), ZONE)
    evening = midnight - timedelta(hours=1)
    await chain.rows(REGISTER, list(GATES), evening - timedelta(hours=1))  # heard since the evening before
    kept, propped = (chain.device(code) for code in GATES)
    kept.contact = propped.contact = False  # told at sign-in, by which its clock is known
    async with kept, propped:
        tell(kept, evening, opened=False)
        await become(chain, "F01", "met")

        tell(propped, evening, opened=True)
        tell(propped, datetime.now(ZONE), opened=False)
        found = await become(chain, "F02", "not_met")
        assert found["reasons"][0]["code"] == "gate_open"
        assert {one["kind"] for one in found["references"]} == {"evidence"}
        breaches = await chain.rows("select rule, closed_at from breach where school = 'F02' and rule = 'C1'")
        assert [(row["rule"], row["closed_at"]) for row in breaches] == [("C1", None)]

        kept.unplug()
        found = await become(chain, "F01", "unknown")
        assert found["reasons"][0]["code"] == "gate_unheard"
        assert not await chain.rows("select from breach where school = 'F01' and rule = 'C1'")

        kept.start()  # it tells how its gate stands, and was away for less than a breach takes
        await become(chain, "F01", "met")

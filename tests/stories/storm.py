"""Presses by the thousand while everything is killed in turn: who presses, strikes and answers, and what they saw."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import httpx

from alerts.domain.arrivals import Channel
from simulators.devices.device import SimulatedDevice
from simulators.devices.line import Delivery
from simulators.devices.presses import Press
from tests.stories.chain import Chain
from tests.stories.city import BUTTONS
from tests.stories.climbing import Pause

STRUCK = ("gateway", "engine", "dashboard", "broker", "postgres")
# The pair finds the gateway with presses in its hands that it cannot store.
BLOWS = (("gateway",), ("engine",), ("dashboard",), ("broker",), ("postgres", "gateway"))
SHORTEST_DOWN_SECONDS, LONGEST_DOWN_SECONDS = 0.2, 2.0
BETWEEN_SECONDS = 0.5
LONGEST_CALM_SECONDS = 2.5
ANSWER_SECONDS = 90.0  # devices that lost their broker several times dial with long pauses
KINDS = (None, None, "violence", "fire", "medical")


@dataclass(frozen=True, slots=True)
class Promise:
    """A press of a device that trusts its broker: sent until the broker has taken it, and never again."""

    device: str
    name: str
    delivery: Delivery


@dataclass
class Storm:
    """What was done to the service, and what it had promised to whom."""

    chain: Chain
    seed: int
    presses: list[tuple[str, Press]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    answers: set[tuple[int, str]] = field(default_factory=set)  # incident and move, as HTTP confirmed them
    posted: set[str] = field(default_factory=set)  # presses that HTTP confirmed
    pauses: list[Pause] = field(default_factory=list)  # in which nobody could escalate

    async def press(self, devices: list[SimulatedDevice], presses: int, seconds: float, trusting_share: float) -> None:
        """So many presses, spread over this time."""
        loop, chance = asyncio.get_running_loop(), self._chance_of("press")
        start, moments = loop.time(), sorted(chance.uniform(0, seconds) for _ in range(presses))
        for number, moment in enumerate(moments):
            await asyncio.sleep(max(0.0, start + moment - loop.time()))
            device, kind = chance.choice(devices), chance.choice(KINDS)
            if chance.random() < trusting_share:
                said = {"id": f"trusting-{number}", "at": datetime.now(UTC).isoformat(), "kind": kind}
                delivery = device.deliver(Channel.PRESS, json.dumps(said).encode())
                self.promises.append(Promise(device.code, said["id"] or "", delivery))
            else:
                self.presses.append((device.code, await device.press(kind)))

    async def strike(self, seconds: float) -> list[str]:
        """Every blow of BLOWS once, in any order, and then any part until the time is over. Tells what it did."""
        loop, chance = asyncio.get_running_loop(), self._chance_of("strike")
        end, struck = loop.time() + seconds, list[str]()
        blows = chance.sample(BLOWS, len(BLOWS))
        while blows or loop.time() < end:
            blow = blows.pop() if blows else (chance.choice(STRUCK),)
            await self._strike_down(blow, [chance.uniform(SHORTEST_DOWN_SECONDS, LONGEST_DOWN_SECONDS) for _ in blow])
            struck.append("+".join(blow))
            await asyncio.sleep(chance.uniform(0, LONGEST_CALM_SECONDS))
        return struck

    async def answer(self) -> None:
        """An operator who takes, goes to and closes some of what rings, and reports presses by hand; for ever."""
        chance = self._chance_of("answer")
        async with self.chain.program() as program:
            for number in count():
                await asyncio.sleep(chance.uniform(0.1, 0.5))
                try:
                    await self._post_press(program, chance.choice(BUTTONS), f"by hand {number}")
                    await self._answer_one(program, chance)
                except httpx.HTTPError:
                    continue  # nobody answers: a person tries again

    async def settle(self) -> None:
        """Everything runs again, and every device has its answer."""
        await asyncio.to_thread(self.chain.start)
        await asyncio.gather(*(press.receipt("received", timeout=ANSWER_SECONDS) for _, press in self.presses))
        await asyncio.gather(*(one.delivery.taken(timeout=ANSWER_SECONDS) for one in self.promises))

    def _chance_of(self, who: str) -> random.Random:
        """Its own for everybody, so that what one does follows from the seed however fast the others are."""
        return random.Random(f"{who} {self.seed}")

    async def _strike_down(self, blow: Sequence[str], seconds: Sequence[float]) -> None:
        """Kills parts one after the other, so that each finds the one before it dead, and starts them in that order."""
        killed_at = datetime.now(UTC)
        for name in blow:
            self.chain.parts[name].kill()
            await asyncio.sleep(BETWEEN_SECONDS if name != blow[-1] else 0)
        for name, down_seconds in zip(blow, seconds, strict=True):
            await asyncio.sleep(down_seconds)
            await asyncio.to_thread(self.chain.parts[name].start)
        if not {"engine", "postgres"}.isdisjoint(blow):
            self.pauses.append(Pause(killed_at, datetime.now(UTC)))

    async def _post_press(self, program: httpx.AsyncClient, device: str, name: str) -> None:
        if (await program.post("/api/v1/presses", json={"device": device, "id": name})).status_code == 201:
            self.posted.add(name)

    async def _answer_one(self, program: httpx.AsyncClient, chance: random.Random) -> None:
        found = await program.get("/api/v1/incidents?state=open,acknowledged,responding&limit=100")
        if found.status_code != 200 or not found.json()["items"]:
            return
        incident = chance.choice(found.json()["items"])["id"]
        for move, body in (("acknowledge", {}), ("respond", {}), ("close", {"cause": "accidental"})):
            answer = await program.post(f"/api/v1/incidents/{incident}/{move}", json=body)
            if answer.status_code == 200:
                self.answers.add((incident, answer.json()["incident"]["state"]))


@asynccontextmanager
async def run_devices(chain: Chain, codes: Sequence[str]) -> AsyncIterator[list[SimulatedDevice]]:
    """Devices that are signed in; every third keeps its session at the broker."""
    async with AsyncExitStack() as stack:
        devices = [chain.device(code, keeps_session=number % 3 == 0) for number, code in enumerate(codes)]
        await asyncio.gather(*(stack.enter_async_context(device) for device in devices))
        yield devices

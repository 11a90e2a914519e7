"""Many devices in one process, on one event loop: no task and no thread of their own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

import structlog

from alerts.domain.registry import City, DeviceRole
from simulators.chance import make_random
from simulators.devices.connection import BrokerAddress
from simulators.devices.descriptors import allow_sockets
from simulators.devices.device import SimulatedDevice
from simulators.devices.dialer import SIGN_INS_AT_ONCE, Dialer
from simulators.devices.site_outputs import AS_BUILT, OutputHabits

log = structlog.get_logger()


class DeviceFleet:
    """The devices of a city, or of a part of it. `async with` starts them; `settle` waits for their first try."""

    def __init__(
        self,
        url: str,
        city: City,
        password: str,
        *,
        seed: int = 1,
        interval_seconds: int | None = None,
        keeps_session: bool = False,
        sign_ins_at_once: int = SIGN_INS_AT_ONCE,
        output_habits: OutputHabits = AS_BUILT,
    ) -> None:
        """All devices sign in with the one `password`. `interval_seconds` overrides what the registry promises.

        `keeps_session` subscribes with QoS 1 in a session that the broker keeps. NATS makes a JetStream consumer of
        every such subscription: 1,000 devices took it 11 s and 170 MB instead of 1 s and 65 MB.
        """
        self.dialer = Dialer(BrokerAddress.parse(url), sign_ins_at_once=sign_ins_at_once)
        self._random = make_random(seed, "fleet")
        district_of = {school.code: school.district for school in city.schools}
        devices = (
            SimulatedDevice(
                self.dialer,
                district_of[entry.school],
                entry.school,
                entry.code,
                password,
                interval_seconds=interval_seconds or entry.interval_seconds,
                keeps_session=keeps_session,
                jitter=self._random,
                watcher=self,
            )
            for entry in city.devices
        )
        self.devices: Mapping[str, SimulatedDevice] = {device.code: device for device in devices}
        self._sensors = {entry.code for entry in city.devices if entry.role is not DeviceRole.ALARM}
        for device in self.devices.values():
            device.condition.rssi = round(self._random.gauss(-68.0, 8.0))
        habit_chance = make_random(seed, "output habits")
        for device in self.devices.values():
            device.site.habit = output_habits.choose(habit_chance)
        self.online: set[str] = set()
        self.losses: Counter[str] = Counter()
        """How often a line was lost or never stood, by the kind of failure."""
        self._untried = set(self.devices)
        self._awaited: dict[asyncio.Event, set[str]] = {}

    async def __aenter__(self) -> Self:
        allow_sockets(len(self.devices))
        for device in self.devices.values():
            device.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for device in self.devices.values():
            device.stop()

    @property
    def tried(self) -> int:
        """How many devices got in or failed at least once."""
        return len(self.devices) - len(self._untried)

    def choose(self, count: int) -> list[SimulatedDevice]:
        """So many different alarm devices by chance, all of them when there are not as many."""
        alarms = [device for device in self.devices.values() if device.code not in self._sensors]
        return self._random.sample(alarms, min(count, len(alarms)))

    async def settle(self) -> None:
        """Wait until every device got in or failed once."""
        await self._await_all(self._untried)

    async def wait_until_online(self, devices: Iterable[SimulatedDevice]) -> None:
        """Wait until each of the devices has got in, now or from now on."""
        await self._await_all({device.code for device in devices} - self.online)

    async def _await_all(self, codes: set[str]) -> None:
        if codes:
            done = asyncio.Event()
            self._awaited[done] = codes
            try:
                await done.wait()
            finally:
                del self._awaited[done]

    def device_came_up(self, device: SimulatedDevice) -> None:
        """For the devices: one is signed in."""
        self.online.add(device.code)
        self._untried.discard(device.code)
        for codes in self._awaited.values():
            codes.discard(device.code)
        self._wake_waiting()

    def device_went_down(self, device: SimulatedDevice, reason: Exception) -> None:
        """For the devices: one lost its line, or did not get one."""
        self.online.discard(device.code)
        failure = type(reason).__name__
        if not self.losses[failure]:
            log.warning("simulators.device.offline", device=device.code, failure=failure, reason=str(reason))
        self.losses[failure] += 1
        self._untried.discard(device.code)
        self._wake_waiting()

    def _wake_waiting(self) -> None:
        for done, codes in self._awaited.items():
            if not codes:
                done.set()

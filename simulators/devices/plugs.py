"""Which simulated devices are unplugged: by the day that is played, or by somebody at a terminal, who leaves a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog

from simulators.devices.device import SimulatedDevice

FOLDER = "unplugged"
_LOOK_SECONDS = 0.5

log = structlog.get_logger()


def pull_plug(data: Path, device: str) -> None:
    """Leaves the file that keeps a device unplugged, where the fleet looks. Raises FileNotFoundError when the folder of
    data is not there."""
    (data / FOLDER).mkdir(exist_ok=True)
    (data / FOLDER / device).touch()


def put_plug_back(data: Path, device: str) -> None:
    """Takes that file away. Raises FileNotFoundError when it was not there."""
    (data / FOLDER / device).unlink()


class Plugs:
    """Takes devices off their line and brings them back. A device that either side unplugged is unplugged."""

    def __init__(self, devices: Mapping[str, SimulatedDevice], data: Path) -> None:
        self._devices = devices
        self._folder = data / FOLDER
        self._played: set[str] = set()
        self._pulled: frozenset[str] = frozenset()

    def is_plugged(self, code: str) -> bool:
        """Whether a device has power."""
        return code not in self._played and code not in self._pulled

    def unplug(self, code: str) -> None:
        """The day that is played takes a device off."""
        if self.is_plugged(code):
            self._devices[code].unplug()
        self._played.add(code)

    def plug_in(self, code: str) -> None:
        """The day that is played brings it back."""
        self._played.discard(code)
        if self.is_plugged(code):
            self._devices[code].start()

    async def run(self) -> None:
        """Obeys the files until it is cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Obeys the files that are there now."""
        found = frozenset(path.name for path in self._folder.glob("*")) & self._devices.keys()
        before, self._pulled = self._pulled, found
        for code in found - before - self._played:
            log.info("simulators.device.unplugged", device=code)
            self._devices[code].unplug()
        for code in before - found - self._played:
            log.info("simulators.device.plugged_in", device=code)
            self._devices[code].start()

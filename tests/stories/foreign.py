"""A client that we did not write: Mosquitto's own command line tools, playing a device."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from simulators.embedded.broker import EmbeddedBroker
from simulators.embedded.process import LOOPBACK
from tests.conftest import miss_part
from tests.stories.chain import PATIENCE_SECONDS
from tests.stories.city import DEVICE_PASSWORD, topic_of


class ForeignButton:
    """A button with a display: presses go out by `mosquitto_pub`, receipts come in by `mosquitto_sub`."""

    def __init__(self, broker: EmbeddedBroker, device: str, display: asyncio.StreamReader) -> None:
        self._broker = broker
        self._device = device
        self._display = display

    async def press(self, payload: str = "{}") -> None:
        """Returns when the broker has acknowledged it."""
        command = sign_in("mosquitto_pub", self._broker, self._device)
        process = await asyncio.create_subprocess_exec(
            *command, "-q", "1", "-t", topic_of(self._device, "press"), "-m", payload, stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()

    async def read_receipt(self) -> dict[str, Any]:
        """The next receipt on the display."""
        while not (line := await self.read_line()).startswith("{"):
            assert line, "mosquitto_sub ended"
        receipt: dict[str, Any] = json.loads(line)
        return receipt

    async def read_line(self) -> str:
        """The next line that `mosquitto_sub` prints."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self._display.readline()).decode()


def sign_in(tool: str, broker: EmbeddedBroker, device: str) -> list[str]:
    """How one of the tools signs in as a device."""
    require(tool, "Debian: mosquitto-clients")
    return [tool, "-V", "mqttv311", "-h", LOOPBACK, "-p", str(broker.port), "-u", device, "-P", DEVICE_PASSWORD]


def require(program: str, where_from: str) -> None:
    """The story is skipped where the program is not installed."""
    if shutil.which(program) is None:
        miss_part(f"{program} is not installed ({where_from})")


@asynccontextmanager
async def run_foreign_button(broker: EmbeddedBroker, device: str) -> AsyncIterator[ForeignButton]:
    """A button whose display is on."""
    require("stdbuf", "coreutils")
    command = ["stdbuf", "-oL", *sign_in("mosquitto_sub", broker, device)]  # into a pipe it would not print at once
    process = await asyncio.create_subprocess_exec(
        *command, "-d", "-q", "1", "-t", topic_of(device, "receipt"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    button = ForeignButton(broker, device, process.stdout)
    try:
        while not (line := await button.read_line()).startswith("Subscribed"):
            assert line, "mosquitto_sub ended"
        yield button
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()

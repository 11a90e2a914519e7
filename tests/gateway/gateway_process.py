"""The gateway as it runs: a process of its own, with its log read along."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.gateway.conftest import eventually

ROOT = Path(__file__).parents[2]


class GatewayProcess:
    """`python -m gateway run`, and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading = asyncio.create_task(self._read_log(), name="gateway log")
        self.log: list[dict[str, Any]] = []

    @classmethod
    async def start(cls, database_url: str, mqtt_url: str, *options: str, **settings: str) -> "GatewayProcess":
        """Start it; it is at work when `await_listening` returns."""
        environment = {
            **os.environ,
            "CAMPUS_DATABASE_URL": database_url,
            "CAMPUS_MQTT_URL": mqtt_url,
            "CAMPUS_LOG_FORMAT": "json",
            **settings,
        }
        command = (sys.executable, "-m", "gateway", "run", *options)
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this event so far."""
        return [line for line in self.log if line.get("event") == event]

    async def await_listening(self, *lanes: str) -> None:
        """Wait until the broker has confirmed the subscriptions of these lanes."""

        def listening() -> bool:
            assert self._process.returncode is None, self.log
            connected = {line["lane"] for line in self.log if line.get("event") == "gateway.broker.connected"}
            return connected >= set(lanes)

        await eventually(listening, f"the lanes {lanes} listen")

    async def kill(self) -> None:
        """End it as a crash would."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def stop(self) -> int:
        """End it as a supervisor would; the exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            code = await self._process.wait()
        await self._reading
        return code

    async def _read_log(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.log.append({"event": line.decode()})


@asynccontextmanager
async def gateway_running(
    database_url: str,
    mqtt_url: str,
    *options: str,
    lanes: tuple[str, ...] = ("presses", "evidence", "beats", "receipts"),
) -> AsyncIterator[GatewayProcess]:
    """A gateway with these lanes, listening; stopped at the end."""
    gateway = await GatewayProcess.start(database_url, mqtt_url, "--lanes", ",".join(lanes), *options)
    try:
        await gateway.await_listening(*lanes)
        yield gateway
    finally:
        await gateway.stop()

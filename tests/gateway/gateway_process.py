"""The gateway as it runs: a process of its own, with its log read along."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.gateway.conftest import eventually
from tests.programs import Program


class GatewayProcess:
    """`python -m gateway run`, and what it said."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._log: list[dict[str, Any]] = []
        self._begun = b""  # a line whose end is not written yet

    @classmethod
    def start(cls, database_url: str, mqtt_url: str, *options: str, **settings: str) -> "GatewayProcess":
        """Start it; it is at work when `await_listening` returns."""
        environment = {
            **os.environ,
            "CAMPUS_DATABASE_URL": database_url,
            "CAMPUS_MQTT_URL": mqtt_url,
            "CAMPUS_LOG_FORMAT": "json",
            **settings,
        }
        return cls(Program("gateway", "run", *options, environment=environment))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._program.pid

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        *lines, self._begun = (self._begun + self._program.read_errors()).split(b"\n")
        self._log += map(_read_line, lines)
        return self._log

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this event so far."""
        return [line for line in self.log if line.get("event") == event]

    async def await_listening(self, *lanes: str) -> None:
        """Wait until the broker has confirmed the subscriptions of these lanes."""

        def listening() -> bool:
            assert self._program.returncode is None, self.log
            connected = {line["lane"] for line in self.log if line.get("event") == "gateway.broker.connected"}
            return connected >= set(lanes)

        await eventually(listening, f"the lanes {lanes} listen")

    async def kill(self) -> None:
        """End it as a crash would."""
        self._program.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self._program.wait)

    async def stop(self) -> int:
        """End it as a supervisor would; the exit code."""
        self._program.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._program.wait)


def _read_line(line: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"event": line.decode()}
    return said


@asynccontextmanager
async def gateway_running(
    database_url: str,
    mqtt_url: str,
    *options: str,
    lanes: tuple[str, ...] = ("presses", "evidence", "beats", "receipts"),
) -> AsyncIterator[GatewayProcess]:
    """A gateway with these lanes, listening; stopped at the end."""
    gateway = GatewayProcess.start(database_url, mqtt_url, "--lanes", ",".join(lanes), *options)
    try:
        await gateway.await_listening(*lanes)
        yield gateway
    finally:
        await gateway.stop()

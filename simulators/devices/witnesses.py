"""The people at a simulated school know of the press that somebody there made: they answer the messages about it.

Nobody answers for a press that a person at the keyboard made: that is theirs to answer, at the telephones' page.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import structlog

from simulators.devices.device import SimulatedDevice
from simulators.trust import read_trusted

log = structlog.get_logger()


class Witnesses:
    """Tells the simulated telephones (`url`) at which school somebody will answer; `names` are the schools' by code."""

    def __init__(self, url: str, names: Mapping[str, str]) -> None:
        self._names = names
        self._client = httpx.AsyncClient(base_url=url, timeout=5, verify=read_trusted())

    async def expect_messages(self, device: SimulatedDevice) -> None:
        """Somebody pressed there. Telephones that do not answer are said in the log: the day goes on."""
        try:
            answer = await self._client.post("/control/expect", json={"words": self._names[device.school]})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            log.warning("simulators.witnesses.unheard", school=device.school, reason=f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Ends it."""
        await self._client.aclose()

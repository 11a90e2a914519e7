"""A story with the police in it: a real 110 station over HTTPS, and a courier to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from alerts.domain.handover import Handover
from alerts.domain.presses import Mode
from alerts.engine.police import PoliceCourier
from alerts.engine.police_watch import watch_handovers_due
from alerts.police.handovers import Handovers
from alerts.police.http import HttpLink, open_tls
from alerts.police.terms import PoliceTerms
from alerts.readiness.windows import announce_window
from alerts.storage.handovers import read_handover
from simulators.police.certificates import Certificates, write_certificates
from simulators.police.station import Station110
from tests.alerts.story import Story


class PoliceStory:
    """What the engine does about 110, on the story's clock."""

    def __init__(self, story: Story, terms: PoliceTerms) -> None:
        self.story = story
        self.terms = terms
        self.courier = PoliceCourier(story.database, terms)
        self.handovers = Handovers(story.database)

    async def hand_over(self) -> None:
        """Everything that is due for 110 is on the wire and marked."""
        await self.courier.carry_once()
        await self.courier.finish()

    async def forward(self, seconds: float) -> None:
        """Lets time pass; what is due for 110 happens."""
        self.story.database.shift += timedelta(seconds=seconds)
        while await watch_handovers_due(self.story.database):
            pass
        await self.hand_over()

    async def read(self, incident: int) -> Handover:
        async with self.story.database.connection() as connection:
            found = await read_handover(connection, incident)
        assert found is not None
        return found

    async def rung(self) -> list[str]:
        """Who was rung because of 110, a name for each time."""
        rows = await self.story.rows(
            "select person from delivery where reason = 'police_overdue' order by round, person"
        )
        return [row["person"] for row in rows]

    async def log(self) -> list[str]:
        return [kind for kind in await self.story.log_kinds() if kind.startswith("handover.")]


def make_link(certificates: Certificates, station: Station110, poll: timedelta | None = None) -> HttpLink:
    tls = open_tls(certificates.client, certificates.client_key, certificates.authority)
    return HttpLink(station.url, tls, poll)


@asynccontextmanager
async def with_station(
    story: Story, folder: Path, poll: timedelta | None = None, **terms: Any
) -> AsyncIterator[tuple[PoliceStory, Station110]]:
    """A story and the 110 station that it hands over to."""
    certificates = write_certificates(folder / "certificates")
    async with Station110(certificates) as station, make_link(certificates, station, poll) as link:
        police = PoliceStory(story, PoliceTerms(link, **{"cap_sender": "campus-alert"} | terms))
        await police.courier.prepare()
        yield police, station


async def without_station(story: Story) -> PoliceStory:
    police = PoliceStory(story, PoliceTerms())
    await police.courier.prepare()
    return police


async def announce(story: Story, mode: Mode) -> None:
    """From now on presses may be tests, or drills."""
    now = story.now
    await announce_window(story.database, mode, now - timedelta(minutes=1), now + timedelta(hours=2), "wang")


async def until(condition: Any, seconds: float = 30.0) -> None:
    """Waits for something that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)

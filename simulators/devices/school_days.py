"""Plays the days of the watched schools on the fleet: what their sensors tell, and when somebody unplugs them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from zoneinfo import ZoneInfo

import structlog

from alerts.domain.arrivals import Channel
from alerts.domain.calendars import Calendar
from gateway import wire
from simulators.compliance.campus import Campus
from simulators.compliance.cheats import SHARES, Cheat
from simulators.compliance.day import play_day, schedule_day
from simulators.compliance.diary import PHONE, PlayedDay, Report
from simulators.devices.device import SimulatedDevice
from simulators.devices.plugs import Plugs

ZONE = ZoneInfo("Asia/Shanghai")
_AT_ONCE = 100  # messages after which the other devices have their turn

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Deed:
    """Something that is done at an instant."""

    at: datetime
    do: Callable[[], None]


class SchoolDays:
    """Each day is played in real time, from the seed. What happened today before the start is told at once with its own
    times, as after a cut line; the ids are the same at every start, so that nothing counts twice."""

    def __init__(
        self,
        devices: Mapping[str, SimulatedDevice],
        campuses: Sequence[Campus],
        plugs: Plugs,
        seed: int,
        shares: Mapping[Cheat, float] = SHARES,
    ) -> None:
        self._devices, self._campuses, self._plugs = devices, campuses, plugs
        self._seed, self._shares = seed, shares
        self.told: Counter[str] = Counter()
        """How many messages were told, by channel."""

    async def run(self) -> None:
        """Day after day, until it is cancelled."""
        first = datetime.now(ZONE).date()
        for number in count():
            await self.play(first + timedelta(days=number), from_the_middle=number == 0)

    async def play(self, on: date, *, from_the_middle: bool) -> None:
        """One day to its last deed. A day that is played `from_the_middle` tells of the evening before it, too."""
        days = await asyncio.to_thread(self._play_all, on)
        log.info("simulators.school_days.began", on=str(on), schools=len(days), cheats=_count_cheats(days))
        deeds = sorted(self._list_deeds(days, from_the_middle=from_the_middle), key=lambda deed: deed.at)
        for number, deed in enumerate(deeds):
            seconds = (deed.at - datetime.now(ZONE)).total_seconds()
            if seconds > 0 or number % _AT_ONCE == 0:
                await asyncio.sleep(max(0.0, seconds))
            deed.do()

    def _play_all(self, on: date) -> list[PlayedDay]:
        day = Calendar().look_up(on)
        return [play_day(one, schedule_day(one, day), on, self._seed, self._shares) for one in self._campuses]

    def _list_deeds(self, days: Sequence[PlayedDay], *, from_the_middle: bool) -> Iterator[_Deed]:
        for day in days:
            for report in day.reports:
                if from_the_middle or isinstance(report.said, wire.Gate) or report.sent_at >= day.starts_at:
                    yield _Deed(report.sent_at, partial(self._tell, day, report))
            for code, spans in day.unheard.items():
                for since, until in spans:
                    if until > datetime.now(ZONE):
                        yield _Deed(since, partial(self._plugs.unplug, code))
                        yield _Deed(until, partial(self._plug_in, day, code, until))

    def _tell(self, day: PlayedDay, report: Report) -> None:
        """A telephone's check-in goes by the reader, because simulated telephones sign in nowhere; with a code that was
        used before it would be refused."""
        if report.code is not None and not report.code.startswith(f"{day.on:%y%m%d}"):
            return
        device = self._devices[day.campus.reader if report.device == PHONE else report.device]
        if self._plugs.is_plugged(device.code):
            if isinstance(report.said, wire.Gate):
                device.contact = report.said.open
            channel = _CHANNELS[type(report.said)]
            device.deliver(channel, wire.encode(report.said))
            self.told[channel] += 1

    def _plug_in(self, day: PlayedDay, code: str, at: datetime) -> None:
        device = self._devices[code]
        if device.contact is not None:
            device.contact = any(one.since <= at < one.until for one in day.openings)
        self._plugs.plug_in(code)


_CHANNELS: Mapping[type, Channel] = {
    wire.Gate: Channel.GATE,
    wire.Visit: Channel.VISIT,
    wire.Post: Channel.POST,
}


def _count_cheats(days: Sequence[PlayedDay]) -> dict[str, int]:
    return dict(Counter(cheat.value for day in days for cheat in day.cheats))

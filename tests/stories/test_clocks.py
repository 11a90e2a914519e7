"""The clocks of the hosts jump by a day, forward and back, while incidents climb: the database's clock is the only one
that counts, so no step is missed, doubled or late. (Debian's libfaketime shows the processes another time.)"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.domain.presses import Mode
from tests.conftest import miss_part
from tests.stories.chain import Chain, eventually, log_rows
from tests.stories.climbing import QUICK_POLICY, follow_climbs
from tests.stories.conftest import MakeChain

LATE_BY_AT_MOST = timedelta(seconds=20)
pytestmark = pytest.mark.faults


class HostClock:
    """The time that the service's processes are shown, as an offset to the true one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.jump("+0d")

    def jump(self, offset: str) -> None:
        """From now on the hosts believe this."""
        self._file.write_text(offset)

    def environment(self) -> Mapping[str, str]:
        """What a process must be told; timers keep running as they do when an administrator sets a clock."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if not found:
            miss_part("libfaketime is not installed (Debian: faketime)")
        return {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def clock(tmp_path: Path) -> HostClock:
    """The hosts' clock, true at first."""
    return HostClock(tmp_path / "faketime")


@pytest.fixture
def own_chain(make_chain: MakeChain, clock: HostClock) -> Iterator[Chain]:
    """A chain whose service goes by that clock; its servers do not."""
    with make_chain("nats", environment=clock.environment()) as chain:
        yield chain


async def test_clocks_of_hosts_that_jump_by_a_day_neither_miss_nor_double_nor_delay_a_step(
    own_chain: Chain, clock: HostClock
) -> None:
    await asyncio.to_thread(own_chain.set_policy, Mode.LIVE, QUICK_POLICY)
    for number, offset in enumerate(("+0d", "+1d", "-1d", "+0d")):
        clock.jump(offset)
        async with own_chain.device(f"F{20 + number}-G2") as device:
            await (await device.press()).receipt("received", timeout=60)
        await eventually(lambda wanted=number + 1: has_climbed(own_chain, wanted), f"all climb at {offset}")
    climbs = follow_climbs(await log_rows(own_chain), QUICK_POLICY, [])
    assert len(climbs) == 4
    assert max(climb.latest for climb in climbs.values()) < LATE_BY_AT_MOST
    seen = await own_chain.value("select extract(epoch from max(received_at) - min(received_at)) from press")
    assert seen > timedelta(days=1.9).total_seconds(), "the hosts' clocks did jump"
    stored = await own_chain.value("select max(abs(extract(epoch from recorded_at - now()))) from press")
    assert stored < timedelta(hours=1).total_seconds(), "what is recorded is the database's time"


async def has_climbed(chain: Chain, incidents: int) -> bool:
    """Whether so many incidents have fired the last step of their first round."""
    last = len(QUICK_POLICY.steps) - 1
    query = "select count(distinct subject) from log where kind = 'incident.escalated' and body ->> 'step' = $1"
    return await chain.value(query, str(last)) >= incidents

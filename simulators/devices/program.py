"""What `python -m simulators devices` and `press` do: a whole city's devices, or one hand on one button."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from alerts.domain.arrivals import Stage
from alerts.domain.registry import City
from simulators.compliance.campus import lay_out_city
from simulators.compliance.cheats import Cheat
from simulators.devices.connection import SignInRefusedError
from simulators.devices.day import Day
from simulators.devices.device import SimulatedDevice
from simulators.devices.fleet import DeviceFleet
from simulators.devices.plugs import Plugs
from simulators.devices.presses import Press
from simulators.devices.rhythm import list_casts, tell_stories
from simulators.devices.school_days import SchoolDays
from simulators.devices.site_outputs import AS_BUILT, OutputHabits
from simulators.devices.storms import PressStorm, storm_presses, storm_reconnects
from simulators.devices.witnesses import Witnesses

OPENINGS_SECONDS = (20.0, 75.0)  # real time; somebody who looks on sees a press within the first minute
REPORT_SECONDS = 60.0
ZONE = ZoneInfo("Asia/Shanghai")

_DEVICE_OF_OUR_CITY = re.compile(r"(?P<school>QD(?P<district>\d{2})\d{4})-[A-Z]\d+")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """How a fleet is run. `presses_per_day` counts press stories in the whole city; `phones` is where its people's
    telephones are, so that they answer; `data` is the folder in which files say which devices are unplugged.
    `cheat_share` is how many watched schools cheat in each way on a day."""

    url: str
    password: str
    seed: int
    interval_seconds: int | None
    keeps_session: bool
    sign_ins_at_once: int
    presses_per_day: float
    speed: float
    output_habits: OutputHabits = AS_BUILT
    phones: str | None = None
    data: Path | None = None
    cheat_share: float = 0.0


@dataclass(frozen=True, slots=True)
class StormPlan:
    """The storms to raise, one after the other; 0 is none."""

    presses: int
    reconnects: int
    within_seconds: float
    mode: str


@dataclass(frozen=True, slots=True)
class ButtonPlan:
    """Which button is pressed, and what the press says."""

    url: str
    district: str
    school: str
    device: str
    password: str
    kind: str | None
    mode: str | None


class DeviceUnknownError(ValueError):
    """The code is not one of our city's, so its school and district must be said."""


def place_device(code: str, district: str | None, school: str | None) -> tuple[str, str]:
    """District and school of a device, read from a code like QD020137-G1 where they are not said.

    Raises DeviceUnknownError.
    """
    match = _DEVICE_OF_OUR_CITY.fullmatch(code)
    if match is None and (district is None or school is None):
        raise DeviceUnknownError(
            f"{code!r} is not a device code of the simulated city (like QD020137-G1); say --district and --school"
        )
    ours = ("", "") if match is None else (f"3702{match['district']}", match["school"])
    return district or ours[0], school or ours[1]


async def live(city: City, plan: FleetPlan, console: Console) -> None:
    """Connect the city's devices and let them live until cancelled. Raises SignInRefusedError when none gets in."""
    async with _gather(city, plan, console) as fleet:
        now = datetime.now(ZONE)
        stories = tell_stories(
            list_casts(city),
            plan.seed,
            presses_per_day=plan.presses_per_day,
            start_hour=now.hour + now.minute / 60,
            openings_seconds=tuple(at * plan.speed for at in OPENINGS_SECONDS) if plan.presses_per_day else (),
        )
        async with AsyncExitStack() as stack:
            witnesses = Witnesses(plan.phones, {one.code: one.name for one in city.schools}) if plan.phones else None
            if witnesses:
                stack.push_async_callback(witnesses.close)
            day = Day(fleet.devices, stories, speed=plan.speed, witnesses=witnesses)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(day.run(), name="day")
                if plan.data:
                    plugs = Plugs(fleet.devices, plan.data)
                    shares = dict.fromkeys(Cheat, plan.cheat_share)
                    schools = SchoolDays(fleet.devices, lay_out_city(city, plan.seed), plugs, plan.seed, shares)
                    tasks.create_task(plugs.run(), name="plugs")
                    tasks.create_task(schools.run(), name="school days")
                tasks.create_task(_report(fleet, day), name="report")


async def raise_storms(city: City, plan: FleetPlan, storms: StormPlan, console: Console) -> None:
    """Connect the city's devices, raise the storms, and print how they went."""
    async with _gather(city, plan, console) as fleet:
        if storms.presses:
            storm = await storm_presses(fleet, storms.presses, storms.within_seconds, mode=storms.mode)
            console.print(_describe(storm))
        if storms.reconnects:
            count = min(storms.reconnects, len(fleet.devices))
            seconds = await storm_reconnects(fleet, count, storms.within_seconds)
            console.print(f"{count} lines cut within {storms.within_seconds:g} s; all up again after {seconds:.1f} s")


async def press_button(plan: ButtonPlan, console: Console) -> None:
    """Press once as that device and print each receipt as it comes, until `closed`.

    Raises SignInRefusedError and BrokerUnreachableError.
    """
    hand = SimulatedDevice(
        plan.url, plan.district, plan.school, plan.device, plan.password, keeps_session=False, only_presses=True
    )
    async with hand:
        press = await hand.press(plan.kind, plan.mode)
        console.print(f"{_write_time(press.pressed_at)} pressed {plan.device}, press {press.name}")
        await _print_receipts(press, console)


@asynccontextmanager
async def _gather(city: City, plan: FleetPlan, console: Console) -> AsyncIterator[DeviceFleet]:
    """The fleet, once each device got in or failed for the first time."""
    fleet = DeviceFleet(
        plan.url,
        city,
        plan.password,
        seed=plan.seed,
        interval_seconds=plan.interval_seconds,
        keeps_session=plan.keeps_session,
        sign_ins_at_once=plan.sign_ins_at_once,
        output_habits=plan.output_habits,
    )
    start = asyncio.get_running_loop().time()
    async with fleet:
        await _show_sign_ins(fleet, console)
        seconds = asyncio.get_running_loop().time() - start
        if not fleet.online and fleet.losses[SignInRefusedError.__name__]:
            raise SignInRefusedError(
                f"the broker at {fleet.dialer.address} let none of {len(fleet.devices)} devices in: "
                "check CAMPUS_DEMO_DEVICE_PASSWORD, and that it knows the devices of this --schools and --seed"
            )
        log.info(
            "simulators.fleet.settled",
            online=len(fleet.online),
            devices=len(fleet.devices),
            seconds=round(seconds, 1),
            losses=dict(fleet.losses),
        )
        yield fleet


async def _show_sign_ins(fleet: DeviceFleet, console: Console) -> None:
    columns = ("devices sign in", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(fleet.devices))
        settled = asyncio.ensure_future(fleet.settle())
        while not settled.done():
            await asyncio.wait([settled], timeout=0.2)
            bar.update(task, completed=fleet.tried)


async def _report(fleet: DeviceFleet, day: Day) -> None:
    """Once a minute: how many live, what they did."""
    while True:
        await asyncio.sleep(REPORT_SECONDS)
        log.info(
            "simulators.fleet.lives",
            online=len(fleet.online),
            devices=len(fleet.devices),
            presses=day.presses.total(),
            stories=dict(day.told),
            losses=dict(fleet.losses),
        )


def _describe(storm: PressStorm) -> str:
    line = (
        f"{storm.pressed} pressed, {storm.taken} taken by the broker, {storm.answered} answered, "
        f"{storm.times_sent} sendings"
    )
    if storm.median_seconds is None or storm.p99_seconds is None or storm.longest_seconds is None:
        return line
    return (
        f"{line}; answered in {storm.median_seconds:.3f} s (median), {storm.p99_seconds:.3f} s (p99), "
        f"{storm.longest_seconds:.3f} s (longest)"
    )


async def _print_receipts(press: Press, console: Console) -> None:
    async for receipt in press.follow():
        console.print(f"{_write_time(receipt.at)} {_STAGES[receipt.stage]}, incident {receipt.incident}")
        if receipt.stage is Stage.CLOSED:
            return


_STAGES: dict[Stage, str] = {
    Stage.RECEIVED: "received: it is on disk",
    Stage.SEEN: "seen: somebody took it",
    Stage.COMING: "coming: somebody is on the way",
    Stage.CLOSED: "closed",
}


def _write_time(instant: datetime) -> str:
    return instant.astimezone(ZONE).strftime("%H:%M:%S")

"""Both stations at work: 110 takes what comes, sends a patrol after believable times, and closes; all is printed."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from rich.console import Console

from simulators.chance import make_random
from simulators.police import receiver as dc09
from simulators.police.certificates import Certificates, write_certificates
from simulators.police.receiver import Receiver, Signal
from simulators.police.station import Conduct, Station110, StationCase, StatusSender
from simulators.webhook import PortTakenError

_RETRY_SECONDS = 2.0
_TOLD_BEFORE = frozenset({200, 409})
# How long each takes, in seconds: 110 answers within 30 s nearly always, and a patrol is there in minutes.
_PACE = {"accepted": (1, 12), "dispatched": (5, 30), "on_scene": (90, 280), "closed": (120, 600)}
_TROUBLE_110 = (Conduct.REFUSE, Conduct.DROP, Conduct.TAKE_AND_DROP, Conduct.HOLD)
_TROUBLE_STATION = tuple(one for one in dc09.Conduct if one is not dc09.Conduct.ACK)
_WORDS = {
    "accepted": {"officer": "110 接警员 6"},
    "dispatched": {"unit": "巡逻车 3"},
    "on_scene": {"unit": "巡逻车 3"},
    "closed": {"disposition": "已到场处置 dealt with on scene"},
}


@dataclass(frozen=True, slots=True)
class PolicePlan:
    """Where both stations listen (on this machine), where the certificates are, whom 110 tells by itself (None: it is
    asked), the secret for that, the key of encrypted events, how many times as fast as in life things go, and how much
    goes wrong."""

    port: int
    station_port: int
    folder: Path
    board: str | None
    secret: str
    key: str
    speed: float
    seed: int
    trouble_share: float = 0.0


_Way = TypeVar("_Way")


class Trouble:
    """Dice that say what goes wrong: a share of everything."""

    def __init__(self, share: float, seed: int, purpose: str) -> None:
        self._share = share
        self._die = make_random(seed, f"police {purpose}")

    def strikes(self) -> bool:
        """Whether something does this time."""
        return self._share > 0 and self._die.random() < self._share

    def choose(self, ways: Sequence[_Way]) -> _Way | None:
        """In which of these ways it does; None: it does not."""
        return self._die.choice(ways) if self.strikes() else None


class Officers:
    """Carries cases on. One task a case; `close` ends them."""

    def __init__(self, plan: PolicePlan, console: Console) -> None:
        self._sender = StatusSender(plan.board, plan.secret) if plan.board else None
        self._chance = random.Random(plan.seed)  # noqa: S311 - how long officers take is no secret
        self._speed = plan.speed
        self._doubles = Trouble(plan.trouble_share, plan.seed, "statuses")
        self._console = console
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def take(self, case: StationCase) -> None:
        """A new case, or one that was withdrawn."""
        body = case.body
        place = (body["school"] or {}).get("name") or body["device"]
        what = "withdrawn" if case.withdrawal else f"{body['status']} {body['kind']} {place} {body['point'] or ''}"
        self._print(f"110 {case.number}: {what}")
        if case.withdrawal and (running := self._tasks.get(case.key)):
            running.cancel()
        self._tasks[case.key] = asyncio.create_task(self._carry_on(case), name=f"case.{case.number}")

    async def close(self) -> None:
        """Ends everything."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _carry_on(self, case: StationCase) -> None:
        if case.withdrawal:
            return await self._move(case, "closed", disposition="报警方已撤回 withdrawn by the school's side")
        if case.body["mode"] != "live":
            await self._move(case, "accepted", officer="110 接警员 6")
            return await self._move(case, "closed", disposition="测试收到 the test was received")
        for state, words in _WORDS.items():
            await self._move(case, state, **words)
        return None

    async def _move(self, case: StationCase, state: str, **words: str) -> None:
        await asyncio.sleep(self._chance.uniform(*_PACE[state]) / self._speed)
        case.state, case.disposition = state, words.get("disposition", case.disposition)
        self._print(f"110 {case.number}: {state} {' '.join(words.values())}")
        for _ in range(2 if self._doubles.strikes() else 1):
            await self._tell(case, state, words)

    async def _tell(self, case: StationCase, state: str, words: dict[str, str]) -> None:
        while self._sender is not None:
            try:
                answer = await self._sender.tell(case, state, **words)
            except httpx.HTTPError as error:
                self._print(f"110 {case.number}: the board does not answer ({type(error).__name__})")
            else:
                if answer.status_code in _TOLD_BEFORE:
                    return
                self._print(f"110 {case.number}: the board answered {answer.status_code} {answer.text}")
            await asyncio.sleep(_RETRY_SECONDS)

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


async def play_police(plan: PolicePlan, console: Console) -> None:
    """Listens and plays until cancelled. Raises PortTakenError."""
    certificates = write_certificates(plan.folder)
    officers = Officers(plan, console)
    handovers = Trouble(plan.trouble_share, plan.seed, "hand-overs")
    events = Trouble(plan.trouble_share, plan.seed, "events")
    station = Station110(
        certificates, port=plan.port, on_case=officers.take, trouble=lambda: handovers.choose(_TROUBLE_110)
    )
    station.behave(usual=Conduct.RECEIVE)
    key = bytes.fromhex(plan.key) if plan.key else None
    receiver = Receiver(
        key=key,
        port=plan.station_port,
        on_signal=lambda one: _show(one, console),
        trouble=lambda: events.choose(_TROUBLE_STATION),
    )
    try:
        await _open(station, plan.port)
        await _open(receiver, plan.station_port)
        _print_settings(plan, certificates, station, receiver, console)
        await asyncio.Event().wait()
    finally:
        await officers.close()
        await station.close()
        await receiver.close()


async def _open(server: Station110 | Receiver, port: int) -> None:
    try:
        await server.open()
    except OSError as error:
        raise PortTakenError(f"cannot listen on port {port}: {os.strerror(error.errno or 0)}; say another") from error


def _show(signal: Signal, console: Console) -> None:
    if signal.event:
        line = f"station {signal.account} {signal.sequence:04d}: {signal.event}"
        console.print(line, markup=False, soft_wrap=True)


def _print_settings(
    plan: PolicePlan, certificates: Certificates, station: Station110, receiver: Receiver, console: Console
) -> None:
    lines = [
        "listening; the engine's settings are",
        f"CAMPUS_POLICE_URL={station.url}",
        f"CAMPUS_POLICE_CERT={certificates.client.absolute()}",
        f"CAMPUS_POLICE_KEY={certificates.client_key.absolute()}",
        f"CAMPUS_POLICE_CA={certificates.authority.absolute()}",
        "CAMPUS_DC09_HOST=127.0.0.1",
        f"CAMPUS_DC09_PORT={receiver.port}",
    ]
    lines += [f"CAMPUS_DC09_KEY={plan.key}"] if plan.key else []
    lines += (
        ["the board's is", f"CAMPUS_POLICE_SECRET={plan.secret}"] if plan.board else ["CAMPUS_POLICE_POLL_SECONDS=5"]
    )
    console.print("\n".join(lines), markup=False, soft_wrap=True)

"""What hangs on a simulated device and is driven by command: siren, strobe, lock, voice."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway import wire

_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class OutputHabit:
    """How a device answers commands: after `delay_seconds`, or, when it is `deaf`, not at all."""

    delay_seconds: float = 0.0
    deaf: bool = False


PROMPT = OutputHabit()


@dataclass(frozen=True, slots=True)
class OutputHabits:
    """How the devices of a city answer commands: these shares of them slowly, or never."""

    slow_share: float = 0.0
    deaf_share: float = 0.0
    slowest_seconds: float = 20.0

    def choose(self, chance: random.Random) -> OutputHabit:
        """One device's habit."""
        drawn = chance.random()
        if drawn < self.deaf_share:
            return OutputHabit(deaf=True)
        if drawn < self.deaf_share + self.slow_share:
            return OutputHabit(delay_seconds=chance.uniform(1.0, self.slowest_seconds))
        return PROMPT


AS_BUILT = OutputHabits()


class SiteOutputs:
    """Obeys commands as the contract asks: a repeated one is answered again and obeyed once, an overtaken one not at
    all, and one whose time is over leaves the output off."""

    __slots__ = ("_newest", "_report", "_timers", "habit", "states")

    def __init__(self, report: Callable[[str, bool], None]) -> None:
        """`report` tells the service that the output of a command went on, or off."""
        self.habit = PROMPT
        self.states: dict[str, bool] = {}
        """What each output does now."""
        self._report = report
        self._newest: dict[str, wire.Command] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def obey(self, command: wire.Command) -> None:
        """A command came."""
        if self.habit.deaf:
            return
        if self.habit.delay_seconds:
            asyncio.get_running_loop().call_later(self.habit.delay_seconds, self._carry_out, command)
        else:
            self._carry_out(command)

    def power_off(self) -> None:
        """Nothing goes off by itself any more, for nobody would hear of it."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _carry_out(self, command: wire.Command) -> None:
        newest = self._newest.get(command.output)
        if newest is not None and newest.id == command.id:
            self._report(command.id, self.states[command.output])
            return
        if newest is not None and _read_number(command) < _read_number(newest):
            return
        self._newest[command.output] = command
        if timer := self._timers.pop(command.output, None):
            timer.cancel()
        left_seconds = None if command.until is None else (command.until - datetime.now(UTC)).total_seconds()
        self._switch(command, on=command.on and (left_seconds is None or left_seconds > 0))
        if command.on and left_seconds is not None and left_seconds > 0:
            self._timers[command.output] = asyncio.get_running_loop().call_later(left_seconds, self._end, command)

    def _end(self, command: wire.Command) -> None:
        self._timers.pop(command.output, None)
        self._switch(command, on=False)

    def _switch(self, command: wire.Command, *, on: bool) -> None:
        self.states[command.output] = on
        self._report(command.id, on)


def _read_number(command: wire.Command) -> int:
    """Ids rise; one without a number is as new as can be."""
    found = _NUMBER.search(command.id)
    return int(found.group()) if found else 1 << 62

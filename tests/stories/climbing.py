"""Did every incident climb its steps? Told from the log alone, step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from alerts.domain.chain import LogRow
from alerts.domain.escalation import Policy, Step

QUICK_POLICY = Policy(
    steps=(
        Step(0, ("post:school_duty",)),
        Step(3, ("post:district_desk", "post:supervisor")),
        Step(7, ("post:city_desk", "post:police_link")),
    ),
    repeat_after_seconds=10,
    without_police=True,
)  # as quick as a live policy may be
_TAKEN = {"incident.acknowledged", "incident.responding", "incident.closed"}


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which nobody could escalate: the engine or the database was away."""

    from_at: datetime
    until_at: datetime


@dataclass(slots=True)
class Climb:
    """One incident on its way up: what must come next, and when."""

    policy: Policy
    round: int = 1
    step: int = 0
    due_at: datetime | None = None
    latest: timedelta = timedelta()

    def open(self, at: datetime) -> None:
        """It rings."""
        self._begin(at, self.round)

    def reopen(self, at: datetime) -> None:
        """Nobody carried its acknowledgement on."""
        self._begin(at, self.round + 1)

    def take(self) -> None:
        """Somebody has it, or it is over."""
        self.due_at = None

    def fire(self, round_: int, step: int, at: datetime, pauses: Sequence[Pause]) -> None:
        """A step was fired: it must be the next one, due, and not later than the pauses explain."""
        assert (round_, step) == (self.round, self.step), f"round {self.round} step {self.step} was to come"
        assert self.due_at is not None, "somebody had it already"
        assert at >= self.due_at, f"{self.due_at - at} too early"
        self.latest = max(self.latest, at - self.due_at - away_between(self.due_at, at, pauses))
        steps = self.policy.steps
        if step + 1 < len(steps):
            self.due_at += timedelta(seconds=steps[step + 1].after_seconds - steps[step].after_seconds)
            self.step += 1
        elif self.policy.repeat_after_seconds is None:
            self.due_at = None
        else:
            self._begin(at + timedelta(seconds=self.policy.repeat_after_seconds), round_ + 1)

    def _begin(self, at: datetime, round_: int) -> None:
        self.round, self.step, self.due_at = round_, 0, at


def away_between(from_at: datetime, until_at: datetime, pauses: Iterable[Pause]) -> timedelta:
    """How much of a time was pause; pauses that overlap count twice, which is on the safe side."""
    nothing = timedelta()
    return sum((max(nothing, min(until_at, one.until_at) - max(from_at, one.from_at)) for one in pauses), start=nothing)


def follow_climbs(rows: Iterable[LogRow], policy: Policy, pauses: Sequence[Pause]) -> dict[str, Climb]:
    """Replays the log. Fails at a step that was missed, fired twice, too early, or although somebody had it."""
    climbs: dict[str, Climb] = defaultdict(lambda: Climb(policy))
    for row in rows:
        if not row.subject.startswith("incident:"):
            continue
        climb = climbs[row.subject]
        try:
            _replay(climb, row, pauses)
        except AssertionError as error:
            raise AssertionError(f"{row.subject}, position {row.position}, {row.kind} at {row.at}: {error}") from error
    return climbs


def _replay(climb: Climb, row: LogRow, pauses: Sequence[Pause]) -> None:
    if row.kind == "incident.opened":
        climb.open(row.at)
    elif row.kind == "incident.reopened":
        climb.reopen(row.at)
    elif row.kind in _TAKEN:
        climb.take()
    elif row.kind == "incident.escalated":
        said = msgspec.json.decode(row.body)
        climb.fire(said["round"], said["step"], row.at, pauses)

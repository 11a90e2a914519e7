"""Tests and drills: what 110 is told before, when a test is the real thing after all, and when a button is proved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.incidents import Cause, Incident, MoveRefused, State
from alerts.domain.presses import Mode

SECOND_PRESS_WITHIN = timedelta(seconds=20)  # ours: who presses again in a test means it
MACHINE = "engine"


class Way(StrEnum):
    """How 110 was spoken to: by telephone, with the number of the call, or over the police link."""

    PHONE = "phone"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class PoliceNotice:
    """110 was told that a test or a drill is coming: when, by whom, how, and under which number."""

    at: datetime
    by: str
    how: Way
    reference: str


@dataclass(frozen=True, slots=True)
class TestPress:
    """A press that said it is a test, inside a test window of its school."""

    __test__ = False  # pytest collects classes by this name

    school: str
    received_at: datetime
    recorded_at: datetime


def find_second_presses(earlier: Sequence[TestPress], fresh: Sequence[TestPress]) -> frozenset[int]:
    """Which of the fresh presses, in their order, follow another one of their school within 20 s.

    Any button of the school counts. Two clocks tell how far apart they are, the gateways' and the database's, and the
    shorter time counts: a gateway's clock that jumped, or presses that an outage held up, ring rather than pass for a
    test. Copies of one press must not be among them.
    """
    of_school: dict[str, list[TestPress]] = defaultdict(list)
    for press in earlier:
        of_school[press.school].append(press)
    second: set[int] = set()
    for number, press in enumerate(fresh):
        if any(_are_near(press, other) for other in of_school[press.school]):
            second.add(number)
        of_school[press.school].append(press)
    return frozenset(second)


def _are_near(one: TestPress, other: TestPress) -> bool:
    return (
        abs(one.received_at - other.received_at) <= SECOND_PRESS_WITHIN
        or abs(one.recorded_at - other.recorded_at) <= SECOND_PRESS_WITHIN
    )


class Hop(StrEnum):
    """The way of a test press, there and back (rule A2), in its order."""

    PRESSED = "pressed"
    SHOWN = "shown"
    POLICE = "police"
    RECEIPTED = "receipted"


class NotATest(MoveRefused):
    """Only a test can be objected to."""

    slug = "not-a-test"


def find_missing_hop(
    pressed_at: datetime | None,
    shown_at: datetime | None,
    police_receipt_at: datetime | None,
    receipted_at: datetime | None,
) -> Hop | None:
    """The first hop that is not proved yet; None when all are."""
    instants = (pressed_at, shown_at, police_receipt_at, receipted_at)
    return next((hop for hop, at in zip(Hop, instants, strict=True) if at is None), None)


def close_proved(incident: Incident, now: datetime) -> Incident | None:
    """The incident of a test whose every hop is proved, closed by the machine; None while it must stay open.

    Nobody need have taken it: what a person is for here, to see that it is a test, 110's receipt shows. It stays open
    while a further press would be real, while nobody knows whether a siren is off, and when somebody set out or closed
    it already.
    """
    if incident.mode is not Mode.TEST or incident.state not in (State.OPEN, State.ACKNOWLEDGED):
        return None
    if incident.outputs_unconfirmed:
        return None
    if now - incident.last_press_at <= SECOND_PRESS_WITHIN:
        return None
    return replace(incident, state=State.CLOSED, closed_at=now, closed_by=MACHINE, cause=Cause.TEST, next_at=None)

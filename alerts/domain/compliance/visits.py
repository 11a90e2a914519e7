"""The visits of a school's day, put together from their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from alerts.domain.compliance.events import VisitEvent, VisitStep
from alerts.domain.compliance.school_day import DAYS_AT_HAND, SchoolDay
from alerts.domain.compliance.verdicts import Reference, ReferenceKind, cite


class Visit(NamedTuple):
    """What counts of one visit: all its steps in order of time, and the first of each kind."""

    steps: Sequence[VisitEvent]
    registered: VisitEvent | None
    confirmed: VisitEvent | None
    entered: VisitEvent | None
    left: VisitEvent | None


@lru_cache(maxsize=DAYS_AT_HAND)
def read_visits(day: SchoolDay) -> Mapping[str, Visit]:
    """The visits of the day by their numbers."""
    found: dict[str, list[VisitEvent]] = {}
    for event in day.visits:
        if event.counts:
            found.setdefault(event.visit, []).append(event)
    return {visit: _put_together(steps) for visit, steps in found.items()}


def _put_together(steps: Sequence[VisitEvent]) -> Visit:
    registered = confirmed = entered = left = None
    for event in reversed(steps):  # so that the first of a kind stays
        step = event.step
        if step is VisitStep.REGISTER:
            registered = event
        elif step is VisitStep.CONFIRM:
            confirmed = event
        elif step is VisitStep.ENTER:
            entered = event
        else:
            left = event
    return Visit(steps, registered, confirmed, entered, left)


@lru_cache(maxsize=DAYS_AT_HAND)
def cite_visits(day: SchoolDay) -> tuple[Reference, ...]:
    """The steps of all visits, as what the rules about them rest on."""
    return cite(ReferenceKind.EVIDENCE, (event.key for visit in read_visits(day).values() for event in visit.steps))

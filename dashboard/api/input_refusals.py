"""What is refused of what people put in for closed management, as problems of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from alerts.compliance.check_ins import CheckInInvalid, NoSuchLink
from alerts.compliance.check_points import CheckPointInvalid, NoSuchCheckPoint
from alerts.compliance.facts import NoSuchFact
from alerts.compliance.hazards import NoSuchHazard
from alerts.compliance.inspections import NoSuchInspection
from alerts.compliance.parameters import NoSuchParameter
from alerts.compliance.places import NoSuchSchool
from alerts.compliance.retention import NoSuchHold
from alerts.compliance.schedules import NoSuchSchedule
from alerts.domain.compliance.facts import FactInvalid
from alerts.domain.compliance.hazard_reports import HazardInvalid
from alerts.domain.compliance.numbers import ParameterInvalid
from alerts.domain.compliance.photos import PhotoInvalid
from alerts.domain.compliance.timetables import ScheduleInvalid
from alerts.domain.retention import HoldInvalid
from alerts.staff.people import NoSuchPerson
from dashboard.problems import FieldError, Problem

_INVALID = (
    CheckInInvalid,
    CheckPointInvalid,
    FactInvalid,
    HazardInvalid,
    HoldInvalid,
    ParameterInvalid,
    PhotoInvalid,
    ScheduleInvalid,
)
_SLUGS: dict[type[Exception], str] = {
    NoSuchSchool: "no-such-school",
    NoSuchPerson: "no-such-person",
    NoSuchFact: "no-such-fact",
    NoSuchCheckPoint: "no-such-check-point",
    NoSuchLink: "no-such-link",
    NoSuchSchedule: "no-such-schedule",
    NoSuchParameter: "no-such-parameter",
    NoSuchHazard: "no-such-hazard",
    NoSuchHold: "no-such-hold",
    NoSuchInspection: "no-such-inspection",
}
_FIELD = re.compile(r"([a-z_.]+): (.+)", re.DOTALL)


@contextmanager
def as_input_problems() -> Iterator[None]:
    """Turns the named refusals of inputs into problems. What to mend begins with its field: `said.gaps: must be …`."""
    try:
        yield
    except _INVALID as error:
        found = _FIELD.fullmatch(str(error))
        field, message = (f"body.{found[1]}", found[2]) if found else ("body", str(error))
        raise Problem("invalid-request", errors=[FieldError(field, message)]) from error
    except tuple(_SLUGS) as error:
        raise Problem(_SLUGS[type(error)], str(error)) from error

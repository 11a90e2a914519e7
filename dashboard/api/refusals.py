"""What rosters and people refuse, as problems of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alerts.domain.rosters import RosterInvalid
from alerts.staff.absences import AbsenceInvalid, NoSuchLeave
from alerts.staff.calendars import DayInvalid, NoSuchDay
from alerts.staff.ical import IcalUnreadable
from alerts.staff.people import CodeRefused, MethodInvalid, NoSuchCertificate, NoSuchMethod, NoSuchPerson
from alerts.staff.rosters import NoSuchOverride, NoSuchPost, NoSuchRoster, RosterChanged
from alerts.staff.subscriptions import NoSuchFeed
from dashboard.problems import FieldError, Problem

_INVALID = (AbsenceInvalid, DayInvalid, IcalUnreadable, MethodInvalid, RosterInvalid)
_SLUGS: dict[type[Exception], str] = {
    NoSuchPerson: "no-such-person",
    NoSuchMethod: "no-such-method",
    NoSuchCertificate: "no-such-certificate",
    NoSuchLeave: "no-such-leave",
    NoSuchPost: "no-such-post",
    NoSuchRoster: "no-such-roster",
    NoSuchOverride: "no-such-override",
    NoSuchDay: "no-such-day",
    NoSuchFeed: "no-such-feed",
    RosterChanged: "changed-meanwhile",
    CodeRefused: "code-refused",
}


@contextmanager
def as_problems() -> Iterator[None]:
    """Turns the named refusals of people, rosters and calendars into problems; what to mend is told of the body."""
    try:
        yield
    except _INVALID as error:
        raise Problem("invalid-request", errors=[FieldError("body", str(error))]) from error
    except tuple(_SLUGS) as error:
        raise Problem(_SLUGS[type(error)], str(error)) from error

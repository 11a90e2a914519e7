"""What is refused of what reaches the whole city, whether it is asked for or confirmed, as problems of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alerts.domain.escalation import PolicyInvalid
from alerts.domain.orders import OrderRefused
from alerts.domain.quiet_hours import QuietHoursInvalid
from alerts.messages.conduct import NoSuchChannel
from alerts.messages.notices import NoticeInvalid
from alerts.readiness.policies import NoSuchRule, RuleChanged
from dashboard.api.input_refusals import as_input_problems
from dashboard.problems import FieldError, Problem

_FIELDS: dict[type[Exception], str] = {
    NoticeInvalid: "body",
    PolicyInvalid: "body",
    QuietHoursInvalid: "body.quiet",
}
_SLUGS: dict[type[Exception], str] = {
    NoSuchChannel: "no-such-channel",
    NoSuchRule: "no-such-policy",
    RuleChanged: "changed-meanwhile",
}


@contextmanager
def as_order_problems() -> Iterator[None]:
    """Turns the named refusals of notices, policies, channels, numbers of rules and days, and of orders for the whole
    city, into problems."""
    try:
        with as_input_problems():
            yield
    except OrderRefused as error:
        raise Problem(error.slug, str(error)) from error
    except tuple(_FIELDS) as error:
        raise Problem("invalid-request", errors=[FieldError(_FIELDS[type(error)], str(error))]) from error
    except tuple(_SLUGS) as error:
        raise Problem(_SLUGS[type(error)], str(error)) from error

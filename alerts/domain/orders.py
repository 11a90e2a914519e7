"""Orders that reach the whole city take two people: one proposes, another one confirms. Never on an incident's path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts.domain.rights import Right


class OrderKind(StrEnum):
    """What is ordered for the whole city."""

    NOTICE = "notice"
    DAY_EXCEPTION = "day_exception"
    DAY_EXCEPTION_END = "day_exception_end"
    POLICY = "policy"
    POLICY_END = "policy_end"
    QUIET_HOURS = "quiet_hours"
    CHANNEL = "channel"
    RULE_NUMBER = "rule_number"
    RULE_NUMBER_END = "rule_number_end"


class OrderState(StrEnum):
    """How far an order is. One whose time is over stays `pending` in the table, and is over all the same."""

    PENDING = "pending"
    CONFIRMED = "confirmed"  # a second person agreed, and it was done
    WITHDRAWN = "withdrawn"
    ALONE = "alone"  # done at once by one person, with a reason that every administrator is told


# Whoever confirms has the right that was needed to propose.
RIGHTS: Mapping[OrderKind, Right] = MappingProxyType(
    {
        OrderKind.NOTICE: Right.NOTIFY,
        OrderKind.DAY_EXCEPTION: Right.STAFF,
        OrderKind.DAY_EXCEPTION_END: Right.STAFF,
        OrderKind.POLICY: Right.GOVERN,
        OrderKind.POLICY_END: Right.GOVERN,
        OrderKind.QUIET_HOURS: Right.GOVERN,
        OrderKind.CHANNEL: Right.GOVERN,
        OrderKind.RULE_NUMBER: Right.GOVERN,
        OrderKind.RULE_NUMBER_END: Right.GOVERN,
    }
)
SHORTEST_REASON, LONGEST_REASON = 5, 500
TOGETHER = timedelta(hours=1)  # what one person asks for within it counts as if it were one order


class OrderRefused(Exception):
    """An order that this person cannot settle now; `slug` says which refusal it is."""

    def __init__(self, slug: str, why: str) -> None:
        super().__init__(why)
        self.slug = slug


def tells_city(told: int, everybody: int) -> bool:
    """Whether so many of all who could be told are as good as the whole city: naming nearly every school one by one is
    no way around a second person, neither in one request nor in many."""
    return told * 5 >= everybody * 4


def require_second(state: OrderState, expires_at: datetime, now: datetime, *, same_person: bool) -> None:
    """Raises OrderRefused unless somebody may confirm the order now; `same_person`: it was they who proposed it, by
    whichever of their accounts or programs."""
    _require_open(state, expires_at, now)
    if same_person:
        raise OrderRefused("second-person-needed", "you proposed it: another person must confirm it")


def require_proposer(state: OrderState, proposed_by: str, expires_at: datetime, by: str, now: datetime) -> None:
    """Raises OrderRefused unless this person may withdraw the order now."""
    _require_open(state, expires_at, now)
    if by != proposed_by:
        raise OrderRefused("not-your-order", f"{proposed_by} proposed it: only they withdraw it")


def _require_open(state: OrderState, expires_at: datetime, now: datetime) -> None:
    if state is not OrderState.PENDING or expires_at <= now:
        raise OrderRefused("order-over", "it was settled already, or its time is over: propose it anew")

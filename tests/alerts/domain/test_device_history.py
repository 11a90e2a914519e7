"""What a device went through, from its transitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.board import Link, Trouble
from alerts.domain.device_history import Stretch, find_test_due, tell_stretches
from alerts.domain.supervision import Transition

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def became(hours: float, link: Link, *troubles: Trouble) -> Transition:
    return Transition("G1", at(hours), link, troubles)


def test_a_span_is_told_without_a_gap_from_what_the_device_was_before_it_to_its_end() -> None:
    history = [became(-5, Link.ONLINE), became(2, Link.SILENT), became(3, Link.ONLINE, Trouble.TAMPER)]
    assert tell_stretches(history, (at(0), at(10)), ()) == (
        Stretch(at(0), at(2), Link.ONLINE, (), heard=True),
        Stretch(at(2), at(3), Link.SILENT, (), heard=True),
        Stretch(at(3), at(10), Link.ONLINE, (Trouble.TAMPER,), heard=True),
    )


def test_before_a_device_was_ever_judged_nothing_is_told_and_two_changes_in_one_instant_leave_the_last() -> None:
    history = [became(2, Link.SILENT), became(2, Link.ONLINE)]
    assert tell_stretches(history, (at(0), at(4)), ()) == (Stretch(at(2), at(4), Link.ONLINE, (), heard=True),)
    assert tell_stretches([], (at(0), at(4)), ()) == ()


def test_while_no_gateway_listened_a_device_is_not_said_to_have_been_heard() -> None:
    deaf = ((at(1), at(3)), (at(5), at(6)))
    told = tell_stretches(
        [became(0, Link.ONLINE), became(2, Link.SILENT), became(4, Link.ONLINE)], (at(0), at(8)), deaf
    )
    assert [((one.since - START).seconds // 3600, one.link.value, one.heard) for one in told] == [
        (0, "online", True),
        (1, "online", False),
        (2, "silent", False),
        (3, "silent", True),
        (4, "online", True),
        (5, "online", False),
        (6, "online", True),
    ]


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, "2026-12-01"),
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), "2026-12-01"),  # the last minute of October by the school's clock
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "2027-01-01"),
        (datetime(2026, 11, 20, tzinfo=UTC), "2027-01-01"),
    ],
)
def test_a_button_is_due_by_the_end_of_the_month_at_its_school_in_which_it_was_not_yet_tested(
    last: datetime | None, due: str
) -> None:
    assert find_test_due(last, datetime(2026, 11, 27, tzinfo=UTC), SHANGHAI).astimezone(SHANGHAI).isoformat() == (
        f"{due}T00:00:00+08:00"
    )

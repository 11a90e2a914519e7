"""Where a post is: at the place of the readers at which people check in for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerts.domain.compliance.events import PostAction
from alerts.domain.compliance.presence import place_posts
from alerts.domain.compliance.school_day import PostDay
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.registry import PointKind, PostKind
from tests.alerts.compliance.days import GATEHOUSE, MONDAY, be_guard, check_in, codes_of, judge, make_day

DORMITORY = PostDay("S1-night", PostKind.GUARD)
UNPLACED = replace(GATEHOUSE, point_kind=None)
KINDS = {"R1": PointKind.GATEHOUSE, "R2": PointKind.DORMITORY}


def come(post: str, *readers: str) -> list[Any]:
    return [check_in("g1", post, "on", "09:00", device=reader) for reader in readers]


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ([], [None, None]),
        (come("S1-guard", "R1") + come("S1-night", "R2"), [PointKind.GATEHOUSE, PointKind.DORMITORY]),
        (come("S1-guard", "R1", "R2"), [None, None]),  # they do not agree
        (come("S1-guard", "phone"), [None, None]),  # a telephone hangs nowhere
        ([msgspec.structs.replace(one, action=PostAction.POINT) for one in come("S1-guard", "R1")], [None, None]),
    ],
)
def test_a_post_is_where_the_readers_hang_at_which_people_check_in_for_it(
    events: list[Any], kinds: list[PointKind | None]
) -> None:
    assert [post.point_kind for post in place_posts((UNPLACED, DORMITORY), events, KINDS)] == kinds


def test_of_two_posts_of_guards_the_one_whose_reader_hangs_at_the_gatehouse_is_judged() -> None:
    present = [check_in("g1", "S1-guard", "on", f"{hour:02}:00", device="R1") for hour in range(0, 24, 4)]
    eve = MONDAY - timedelta(days=1)
    before = [check_in("g1", "S1-guard", "on", f"{hour:02}:00", on=eve, device="R1") for hour in range(0, 24, 4)]
    events = (*before, *present)
    posts = (UNPLACED, DORMITORY)
    unplaced = make_day(posts=posts, holders=(be_guard("g1"),), check_ins=events)
    assert codes_of(judge("G3", unplaced)) == ["no_gatehouse_post"]
    placed = replace(unplaced, posts=place_posts(posts, events, KINDS))
    assert judge("G3", placed).verdict is Verdict.MET

"""What rows of the log change on boards, whatever else their bodies say under the same names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from alerts.domain.chain import GENESIS, LogRow
from alerts.feed import changes_of


def row(body: dict[str, Any]) -> LogRow:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return LogRow(1, at, "engine", "day:2026-11-25", "a.kind", msgspec.json.encode(body).decode(), GENESIS, GENESIS)


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (
            {"incident": {"id": 1}, "devices": [{"code": "D"}], "schools": [{"code": "S"}]},
            ["incident", "device", "school"],
        ),
        ({"compliance": [{"school": "S1"}, {"school": "S2"}]}, ["compliance", "compliance"]),
        ({"on": "2026-11-25", "schools": 3488}, []),
        ({"devices": ["S1-G1", "S1-C1"], "how": "phone"}, []),
        ({"incident": 7, "compliance": None}, []),
        ({}, []),
    ],
)
def test_only_whole_things_are_changes_and_counts_and_codes_are_not(body: dict[str, Any], kinds: list[str]) -> None:
    assert [change.kind for change in changes_of(row(body))] == kinds

"""In a test, who presses again within 20 s means it: it rings, and the first press stays a test."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.escalation import LIVE_POLICY
from alerts.domain.practice import SECOND_PRESS_WITHIN, TestPress, find_second_presses
from alerts.domain.presses import Mode
from alerts.readiness.windows import announce_window
from tests.alerts.story import Story, Told

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def testing(story: Story) -> Story:
    """A test window of the whole city, open for an hour, and a drill window beside it."""
    for mode in (Mode.TEST, Mode.DRILL):
        await announce_window(
            story.database, mode, story.now - timedelta(minutes=1), story.now + timedelta(hours=1), "wang"
        )
    return story


async def modes(story: Story) -> dict[str, tuple[str, bool]]:
    """By the press's name: its mode, and whether it is marked as the second one."""
    rows = await story.rows("select name, mode, 'second_press_in_test' = any(problems) as second from press")
    return {row["name"]: (row["mode"], row["second"]) for row in rows}


async def test_a_second_press_of_the_school_within_20_s_rings_and_the_first_stays_a_test(testing: Story) -> None:
    first = await testing.press("S1-G1", id="a", mode="test")
    testing.database.shift += timedelta(seconds=15)
    second = await testing.press("S1-C1", id="b", mode="test")
    assert await modes(testing) == {"a": ("test", False), "b": ("live", True)}
    assert first.incident != second.incident
    rung = await testing.incident(second.incident)
    assert (rung.mode, rung.problems) == (Mode.LIVE, ("second_press_in_test",))
    told = "select count(*) from delivery where incident = $1 and step = 0 and live"
    assert await testing.value(told, second.incident) == 2, "guard and duty are called at once"
    await testing.forward(LIVE_POLICY.steps[1].after_seconds)
    assert Told(1, 1, "desk") in await testing.newly_told(), "it climbs as any live press does"
    assert (await testing.incident(first.incident)).presses == 1


async def test_after_20_s_the_next_button_is_tested(testing: Story) -> None:
    await testing.press("S1-G1", id="a", mode="test")
    testing.database.shift += timedelta(seconds=21)
    await testing.press("S1-C1", id="b", mode="test")
    assert await modes(testing) == {"a": ("test", False), "b": ("test", False)}


async def test_who_goes_on_pressing_goes_on_ringing(testing: Story) -> None:
    for name in "abc":
        await testing.press("S1-G1", id=name, mode="test")
        testing.database.shift += timedelta(seconds=15)
    assert await modes(testing) == {"a": ("test", False), "b": ("live", True), "c": ("live", True)}


async def test_a_copy_a_cancel_and_another_school_are_no_second_press(testing: Story) -> None:
    await testing.press("S1-G1", id="a", mode="test")
    await testing.press("S1-G1", id="a", mode="test")
    await testing.intake.take_presses([testing.arrival({"id": "c", "press": "a"}, channel="cancel")])
    await testing.press("S2-G1", id="b", mode="test")
    await testing.press("S3-G1", id="d", mode="test")
    assert set((await modes(testing)).values()) == {("test", False)}
    assert await testing.value("select count(*) from incident where mode = 'live'") == 0


async def test_in_one_batch_the_first_stays_a_test_and_its_copies_with_it(testing: Story) -> None:
    said: list[dict[str, Any]] = [{"id": name, "mode": "test"} for name in ("a", "a", "b", "a", "b")]
    receipts = await testing.intake.take_presses([testing.arrival(one) for one in said])
    assert await modes(testing) == {"a": ("test", False), "b": ("live", True)}
    told = {(receipt.press, receipt.incident) for receipt in receipts}
    assert len(told) == 2, "each copy is answered with the incident of its press"


async def test_in_a_drill_many_press(testing: Story) -> None:
    for name in "abc":
        await testing.press("S1-G1", id=name, mode="drill")
    assert set((await modes(testing)).values()) == {("drill", False)}


async def test_a_live_press_beside_a_test_is_live_without_the_mark(testing: Story) -> None:
    await testing.press("S1-G1", id="a", mode="test")
    await testing.press("S1-G1", id="b")
    assert await modes(testing) == {"a": ("test", False), "b": ("live", False)}


async def test_outside_a_window_nothing_is_a_second_press(story: Story) -> None:
    for name in "ab":
        await story.press("S1-G1", id=name, mode="test")
    assert set((await modes(story)).values()) == {("live", False)}


async def test_two_gateways_that_take_one_school_s_tests_at_once_see_each_other(testing: Story) -> None:
    batches = [[testing.arrival({"id": f"p{n}", "mode": "test"}, f"S1-{'GC'[n % 2]}1")] for n in range(8)]
    await asyncio.gather(*(testing.intake.take_presses(batch) for batch in batches))
    found = [mode for mode, _ in (await modes(testing)).values()]
    assert sorted(found) == ["live"] * 7 + ["test"]


presses = st.lists(
    st.builds(
        TestPress,
        school=st.sampled_from(["S1", "S2"]),
        received_at=st.integers(0, 120).map(lambda seconds: START + timedelta(seconds=seconds)),
        recorded_at=st.integers(0, 120).map(lambda seconds: START + timedelta(seconds=seconds)),
    ),
    max_size=12,
)


@given(presses, st.integers(0, 12))
def test_however_presses_come_in_batches_the_same_ones_are_second_and_the_first_never_is(
    those: list[TestPress], cut: int
) -> None:
    together = find_second_presses([], those)
    apart = find_second_presses([], those[:cut]) | {
        number + len(those[:cut]) for number in find_second_presses(those[:cut], those[cut:])
    }
    assert together == apart
    for school in ("S1", "S2"):
        first = next((number for number, press in enumerate(those) if press.school == school), None)
        assert first not in together
    for number, press in enumerate(those):
        near = any(
            other.school == press.school and abs(other.received_at - press.received_at) <= SECOND_PRESS_WITHIN
            for other in those[:number]
        )
        assert not near or number in together, "received within 20 s of another one: it rings"

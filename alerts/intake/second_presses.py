"""A second press in a test: whoever presses again within 20 s means it, and it rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.domain.practice import SECOND_PRESS_WITHIN, TestPress, find_second_presses
from alerts.domain.presses import Mode, Problem
from alerts.intake.placing import PlacedPress
from alerts.storage.database import Connection
from alerts.storage.practice import list_recent_tests
from alerts.storage.presses import PressContext


async def raise_second_presses(
    connection: Connection, fresh: Sequence[PlacedPress], context: PressContext
) -> list[PlacedPress]:
    """The presses, of which each that follows another test of its school is live. A drill has no such rule: in one,
    many press. Copies must not be among `fresh`, and no other gateway may take tests meanwhile (await_other_tests)."""
    tests = {
        number: TestPress(press.school, press.arrival.received_at, context.now)
        for number, press in enumerate(fresh)
        if press.mode is Mode.TEST and press.school is not None
    }
    if not tests:
        return list(fresh)
    earlier = await list_recent_tests(
        connection,
        sorted({test.school for test in tests.values()}),
        context.now - SECOND_PRESS_WITHIN,
        min(test.received_at for test in tests.values()) - SECOND_PRESS_WITHIN,
    )
    numbers = list(tests)
    second = {numbers[place] for place in find_second_presses(earlier, list(tests.values()))}
    return [_raise(press) if number in second else press for number, press in enumerate(fresh)]


def _raise(press: PlacedPress) -> PlacedPress:
    return replace(press, mode=Mode.LIVE, problems=(*press.problems, Problem.SECOND_PRESS_IN_TEST))

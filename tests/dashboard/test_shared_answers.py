"""Many who ask the same at once share one answer, and nobody gets one that was begun before they asked."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.shared_answers import SharedAnswers


class Work:
    """Answers with its number, and only when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> bytes:
        self.begun += 1
        mine = self.begun
        await self.may_end.wait()
        if mine == 3:
            raise ValueError("the third one fails")
        return str(mine).encode()


async def test_who_asks_while_one_is_worked_out_shares_the_next_one() -> None:
    shared, work = SharedAnswers(), Work()
    first = asyncio.create_task(shared.ask("city", work))
    while not work.begun:
        await asyncio.sleep(0)
    later = [asyncio.create_task(shared.ask("city", work)) for _ in range(50)]
    other = asyncio.create_task(shared.ask("district", work))
    while work.begun < 2:
        await asyncio.sleep(0)
    later.pop().cancel()  # hangs up, which takes it from nobody else
    work.may_end.set()
    assert (await first, await other) == (b"1", b"2")
    found = await asyncio.gather(*later, return_exceptions=True)
    assert {str(one) for one in found} == {"the third one fails"}, "for all who share it"
    assert (await shared.ask("city", work), work.begun) == (b"4", 4)


async def test_a_failure_is_told_and_keeps_nobody_from_asking_again() -> None:
    shared, work = SharedAnswers(), Work()
    work.may_end.set()
    work.begun = 2
    with pytest.raises(ValueError, match="third"):
        await shared.ask("city", work)
    assert await shared.ask("city", work) == b"4"

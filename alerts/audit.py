"""Walks the log and proves, row by row, that nothing was changed, left out or cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alerts.domain.chain import GENESIS, Head, Misfit, find_misfit
from alerts.storage.database import Database
from alerts.storage.log import read_log_after, read_log_head

_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds, where the log says that it ends, and the first row that does not fit."""

    held: Head
    head: Head
    misfit: Misfit | None


async def verify_log(database: Database, progress: Callable[[int, int], None]) -> Verdict:
    """Reads the whole log a page at a time; `progress` is called with rows done and rows in all.

    A cut tail shows because the head stands in a row of its own; keep heads elsewhere to be safe from whoever can
    write both (`GET /api/v1/audit/head`).
    """
    async with database.connection() as connection:
        head = await read_log_head(connection)
        held = Head(0, GENESIS)
        while held.position < head.position:
            rows = await read_log_after(connection, held.position, min(_PAGE, head.position - held.position))
            if not rows:
                return Verdict(held, head, Misfit(held.position + 1, "missing: the log ends before its head"))
            held, misfit = find_misfit(rows, held)
            progress(held.position, head.position)
            if misfit:
                return Verdict(held, head, misfit)
    if held.hash != head.hash:
        return Verdict(held, head, Misfit(head.position, "its hash is not the head's"))
    return Verdict(held, head, None)

"""Walks the log and proves, row by row, that nothing was changed, left out or cut off; and that a file is one that was
handed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from alerts.domain.chain import GENESIS, Head, LogRow, Misfit, find_misfit
from alerts.reports.exporting import EXPORT_FETCHED, EXPORT_MADE, Seal
from alerts.storage.after_action import read_row_hash
from alerts.storage.database import Database
from alerts.storage.log import read_log_after, read_log_head

_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds, where the log says that it ends, and the first row that does not fit."""

    held: Head
    head: Head
    misfit: Misfit | None


@dataclass(frozen=True, slots=True)
class CopyVerdict:
    """What the log says of a file: the rows that handed out just these bytes, those of who fetched them when they were
    made already, and whether the log holds at all."""

    log: Verdict
    made: tuple[LogRow, ...]
    fetched: tuple[LogRow, ...]


def _pass_over(_rows: Sequence[LogRow]) -> None: ...


async def verify_copy(database: Database, sha256: str, progress: Callable[[int, int], None]) -> CopyVerdict:
    """Walks the whole log for the rows that handed out a file of this SHA-256. A row whose head is not the log's is a
    misfit, too: it was told of another log."""
    made: list[LogRow] = []
    fetched: list[LogRow] = []

    def look(rows: Sequence[LogRow]) -> None:
        made.extend(row for row in rows if row.kind == EXPORT_MADE and read_seal(row).sha256 == sha256)
        fetched.extend(row for row in rows if row.kind == EXPORT_FETCHED and _read_digest(row).sha256 == sha256)

    verdict = await verify_log(database, progress, look)
    async with database.connection() as connection:
        for row in made:
            seal = read_seal(row)
            head = await read_row_hash(connection, seal.position)
            if verdict.misfit is None and (head is None or head.hash.hex() != seal.position_hash):
                misfit = Misfit(row.position, f"it tells of row {seal.position} with another hash than that row has")
                verdict = Verdict(verdict.held, verdict.head, misfit)
    return CopyVerdict(verdict, tuple(made), tuple(fetched))


def read_seal(row: LogRow) -> Seal:
    """What a row says of the file that was handed out."""
    return msgspec.json.decode(row.body, type=Seal)


class _Digest(msgspec.Struct):
    sha256: str


def _read_digest(row: LogRow) -> _Digest:
    return msgspec.json.decode(row.body, type=_Digest)


async def verify_log(
    database: Database,
    progress: Callable[[int, int], None],
    look: Callable[[Sequence[LogRow]], None] = _pass_over,
) -> Verdict:
    """Reads the whole log a page at a time; `progress` is called with rows done and rows in all, `look` with the rows.

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
            look(rows)
            progress(held.position, head.position)
            if misfit:
                return Verdict(held, head, misfit)
    if held.hash != head.hash:
        return Verdict(held, head, Misfit(head.position, "its hash is not the head's"))
    return Verdict(held, head, None)

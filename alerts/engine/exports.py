"""The maker of exports: takes a wish, works on it beside the judge's other cycles, and keeps the file.

A judge that dies leaves a deadline behind; when it passes another one begins anew.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from alerts.compliance.reporting.exporting import MadeFile, TooLarge, make_file, seal_file
from alerts.compliance.reporting.reading import NothingRecorded
from alerts.compliance.reporting.report import Wanted
from alerts.reports.pages import CannotPrint
from alerts.reports.words import Language
from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from alerts.storage.exports import (
    ClaimedExport,
    claim_export,
    give_export_up,
    hold_export,
    keep_file,
    put_export_off,
    tell_progress,
)

_log = structlog.get_logger()
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
_HOLD_SECONDS = LEASE.total_seconds() / 3
_PAUSE = timedelta(seconds=10)  # before what failed is tried again


class Lost(Exception):
    """Another judge has taken the export over, or nobody wants it any more."""


async def make_export_due(database: Database) -> bool:
    """One cycle: takes an export and makes it. False when none waits."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        claimed = await claim_export(connection, now, now + LEASE)
        if claimed is not None and claimed.attempt > MOST_ATTEMPTS:
            await give_export_up(connection, claimed, f"given up after {MOST_ATTEMPTS} attempts")
    if claimed is None:
        return False
    if claimed.attempt > MOST_ATTEMPTS:
        _log.error("engine.export.failed", export=claimed.id, problem="too many attempts")
        return True
    await _make_or_say_why(database, claimed)
    return True


async def _make_or_say_why(database: Database, claimed: ClaimedExport) -> None:
    try:
        made = await _make(database, claimed)
    except Lost:
        _log.warning("engine.export.lost", export=claimed.id, attempt=claimed.attempt)
    except (CannotPrint, NothingRecorded, TooLarge) as error:
        async with database.transaction() as connection:
            await give_export_up(connection, claimed, str(error))
        _log.error("engine.export.failed", export=claimed.id, problem=str(error))
    except StorageUnavailable:
        raise  # the cycle waits for the database; the deadline tells whoever comes first then
    except Exception:  # noqa: BLE001 (whatever is wrong with a report, days are judged and closed)
        async with database.transaction() as connection:
            await put_export_off(connection, claimed, await database.read_now(connection) + _PAUSE)
        _log.exception("engine.export.put_off", export=claimed.id, attempt=claimed.attempt)
    else:
        _log.info("engine.export.made", export=claimed.id, file=made.name, bytes=len(made.content))


async def _make(database: Database, claimed: ClaimedExport) -> MadeFile:
    """Makes the file and keeps it, while it is this one's. Raises Lost, and what cannot be made."""
    working = asyncio.create_task(_work(database, claimed))
    holding = asyncio.create_task(_hold(database, claimed))
    try:
        await asyncio.wait((working, holding), return_when=asyncio.FIRST_COMPLETED)
        if holding.done() and not working.done():
            await holding
        return await working
    finally:
        working.cancel()
        holding.cancel()
        await asyncio.gather(working, holding, return_exceptions=True)


async def _hold(database: Database, claimed: ClaimedExport) -> None:
    """Moves the deadline on, until it is cancelled. Raises Lost."""
    while True:
        await asyncio.sleep(_HOLD_SECONDS)
        async with database.connection() as connection:
            now = await database.read_now(connection)
            if not await hold_export(connection, claimed, now + LEASE):
                raise Lost


async def _work(database: Database, claimed: ClaimedExport) -> MadeFile:
    async def on_progress(done: int, total: int) -> None:
        async with database.connection() as connection:
            await tell_progress(connection, claimed, done, total)

    form, language = claimed.form, Language(claimed.language)
    made = await make_file(database, _read_wish(claimed), form, language, on_progress)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await keep_file(connection, claimed, made.content, bytes.fromhex(made.seal.sha256), now):
            raise Lost
        await seal_file(connection, now, made, claimed.asked_by)
    return made


def _read_wish(claimed: ClaimedExport) -> Wanted:
    return Wanted(
        claimed.period,
        claimed.first_on,
        claimed.last_on,
        claimed.district,
        claimed.school,
        claimed.period_name,
    )

"""Takes files into the registry: each in one transaction with the log rows that tell of it, or all of them on trial."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from alerts.importing.cameras import CameraLanding
from alerts.importing.devices import DeviceLanding
from alerts.importing.encodings import Encoding
from alerts.importing.landing import Landing, Signature
from alerts.importing.people import PeopleLanding
from alerts.importing.report import ImportReport
from alerts.importing.responsibilities import ResponsibilityLanding
from alerts.importing.rows import Row, read_rows
from alerts.importing.schedules import TermLanding, TimetableLanding
from alerts.importing.schools import SchoolLanding
from alerts.importing.source import Source, open_source
from alerts.importing.tables import TableKind
from alerts.importing.trainings import TrainingLanding
from alerts.readiness.plans import saved_entry
from alerts.storage.board import list_school_items
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.registry import refresh_statistics, rehearse, take_import_turn, take_school_items_turn

Progress: TypeAlias = Callable[[Source, int], None]
"""Called with a file and the line up to which it is done; `source.lines` is the end."""

_BATCH = 1000
_SCHOOLS_A_LOG_ROW = 300
_LANDINGS: dict[TableKind, Callable[[Signature], Landing]] = {
    TableKind.SCHOOLS: lambda _: SchoolLanding(),
    TableKind.DEVICES: lambda _: DeviceLanding(),
    TableKind.CAMERAS: lambda _: CameraLanding(),
    TableKind.PEOPLE: PeopleLanding,
    TableKind.RESPONSIBILITIES: ResponsibilityLanding,
    TableKind.TRAININGS: TrainingLanding,
    TableKind.TIMETABLES: TimetableLanding,
    TableKind.TERMS: TermLanding,
}


async def import_file(
    database: Database,
    path: Path,
    *,
    dry_run: bool = False,
    by: str,
    progress: Progress | None = None,
    encoding: Encoding | None = None,
) -> ImportReport:
    """Imports one file. Bad rows are reported, good ones land. Raises FileUnreadable, StorageUnavailable; then nothing
    landed."""
    source = open_source(path, encoding)
    reports = [one async for one in import_sources(database, [source], dry_run=dry_run, by=by, progress=progress)]
    return reports[0]


async def import_sources(
    database: Database, sources: Sequence[Source], *, dry_run: bool = False, by: str, progress: Progress | None = None
) -> AsyncGenerator[ImportReport, None]:
    """Imports files, schools before what refers to them, and reports each when it has landed.

    A dry run goes the whole way in one transaction, so that devices see the schools of a file before them, and keeps
    nothing of it. Raises FileUnreadable, StorageUnavailable; then the files that were reported have landed.
    """
    ordered = sorted(sources, key=lambda source: list(TableKind).index(source.table.kind))
    if dry_run:
        async with rehearse(database) as connection:
            for source in ordered:
                landing = await _land(connection, source, Signature(by, await database.read_now(connection)), progress)
                yield landing.ledger.report(source, dry_run=True)
        return
    for source in ordered:
        async with database.transaction() as connection:
            landing = await _land(connection, source, Signature(by, await database.read_now(connection)), progress)
            if landing.ledger.has_news():
                await _write_log(connection, database, source, landing, by)
        if landing.ledger.has_news():
            async with database.connection() as connection:
                await refresh_statistics(connection)
        yield landing.ledger.report(source, dry_run=False)


async def _land(connection: Connection, source: Source, signature: Signature, progress: Progress | None) -> Landing:
    await take_import_turn(connection)
    landing = _LANDINGS[source.table.kind](signature)
    for rows in _read_batches(source):
        landing.ledger.rows += len(rows)
        await landing.take(connection, rows)
        if progress:
            progress(source, rows[-1].line)
    await landing.finish(connection)
    if progress:
        progress(source, source.lines)
    return landing


def _read_batches(source: Source) -> Iterator[list[Row]]:
    rows = read_rows(source)
    while batch := list(islice(rows, _BATCH)):
        yield batch


async def _write_log(connection: Connection, database: Database, source: Source, landing: Landing, by: str) -> None:
    """One row a file; more of them when it touched so many schools that one row would be unwieldy."""
    await take_school_items_turn(connection)
    touched = sorted(landing.touched)
    parts = [touched[at : at + _SCHOOLS_A_LOG_ROW] for at in range(0, len(touched), _SCHOOLS_A_LOG_ROW)] or [[]]
    report = landing.ledger.report(source, dry_run=False)
    entries: list[Entry] = []
    for number, codes in enumerate(parts, start=1):
        body: dict[str, Any] = {
            "file": report.file,
            "sha256": report.sha256,
            "rows": report.rows,
            "refused": report.refused,
            "counts": report.counts,
            "part": number,
            "parts": len(parts),
            "schools": await list_school_items(connection, codes),
        }
        entries.append(Entry(f"person:{by}", f"registry:{report.kind}", "registry.imported", body))
    if isinstance(landing, ResponsibilityLanding):
        entries += [saved_entry(saved, by) for saved in landing.saved]
    await append_log(connection, await database.read_now(connection), entries)

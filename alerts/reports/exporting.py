"""Who took a report out of the service: each export is in the log, so that a copy of it can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.reports.after_action import AfterAction
from alerts.reports.rendering import Form
from alerts.reports.words import Language
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

EXPORT_MADE = "export.made"
EXPORT_FETCHED = "export.fetched"
"""Of a file that is kept: each time that somebody has it. After-action reports are made when they are fetched."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What the log keeps of a file: its SHA-256, and the row up to which it tells."""

    form: str
    language: Language
    position: int
    position_hash: str
    sha256: str


async def record_export(
    database: Database, report: AfterAction, form: Form, language: Language, digest: str, by: str
) -> None:
    """Writes the export of an after-action report into the log."""
    seal = Seal(form, language, report.position, report.hash, digest)
    async with database.transaction() as connection:
        await append_export(connection, await database.read_now(connection), report.subject, seal, by)


async def append_export(
    connection: Connection,
    now: datetime,
    subject: str,
    seal: Seal,
    by: str,
    more: Mapping[str, object] | None = None,
) -> None:
    """Writes an export into the log, as the last statement of its transaction."""
    said = {name: getattr(seal, name) for name in Seal.__slots__} | dict(more or {})
    await append_log(connection, now, [Entry(f"person:{by}", subject, EXPORT_MADE, said)])

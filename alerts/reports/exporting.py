"""Who took a report out of the service: each export is in the log."""

from __future__ import annotations

from alerts.reports.after_action import AfterAction
from alerts.reports.rendering import Form
from alerts.reports.words import Language
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log


async def record_export(
    database: Database, report: AfterAction, form: Form, language: Language, digest: str, by: str
) -> None:
    """Writes the export into the log: which report, up to which row, and the file's SHA-256."""
    said = {
        "form": form,
        "language": language,
        "position": report.position,
        "position_hash": report.hash,
        "sha256": digest,
    }
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await append_log(connection, now, [Entry(f"person:{by}", report.subject, "export.made", said)])

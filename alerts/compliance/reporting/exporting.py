"""Asks for reports, makes their files and seals them: each file's SHA-256 is in the log before anybody has the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from alerts.compliance.reporting.reading import OnProgress, find_wanted, read_report
from alerts.compliance.reporting.rendering import render
from alerts.compliance.reporting.report import Wanted, name_subject
from alerts.domain.compliance.exports import ExportForm, Period
from alerts.reports.exporting import EXPORT_FETCHED, Seal, append_export
from alerts.reports.words import Language
from alerts.storage.database import Connection, Database
from alerts.storage.exports import (
    ExportFile,
    ExportRow,
    NewExport,
    count_exports,
    find_export,
    insert_export,
    read_export_file,
    take_export_turn,
)
from alerts.storage.log import Entry, append_log

KEPT = timedelta(days=7)
MOST_KEPT = 20  # of an account at once, whether they wait, are made or failed
LARGEST_BYTES = 64 << 20


class TooManyExports(Exception):
    """The account has as many exports as may be kept; the message says what to do."""


class TooLarge(Exception):
    """The file is larger than what is kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: the day, month or term in which a day lies, of a place, in a form and a language."""

    period: Period
    on: date
    district: str | None
    school: str | None
    form: ExportForm
    language: Language


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file with what the log is to keep of it."""

    content: bytes
    seal: Seal
    wanted: Wanted
    name: str


async def ask_for_export(database: Database, asked: Asked, account: str) -> ExportRow:
    """Writes down what somebody wants; an engine makes it. Raises NothingRecorded and TooManyExports."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        wanted = await find_wanted(
            connection, now, asked.period, asked.on, district=asked.district, school=asked.school
        )
        await take_export_turn(connection, account)
        if await count_exports(connection, account) >= MOST_KEPT:
            raise TooManyExports(f"{MOST_KEPT} exports are kept at most, each for {KEPT.days} days: remove one first")
        number = await insert_export(connection, _write_wish(wanted, asked), account, now, now + KEPT)
        row = await find_export(connection, number, account)
    assert row is not None
    return row


async def make_file(
    database: Database, wanted: Wanted, form: ExportForm, language: Language, on_progress: OnProgress
) -> MadeFile:
    """Reads a report and writes it. `on_progress` is told steps done and in all: the days, and the writing.

    Raises NothingRecorded, CannotPrint, RenderingFailed, TooLarge.
    """

    async def told_of_days(done: int, total: int) -> None:
        await on_progress(done, total + 1)

    report = await read_report(database, wanted, told_of_days)
    content = await render(report, form, language)
    if len(content) > LARGEST_BYTES:
        raise TooLarge(f"the file has more than {LARGEST_BYTES >> 20} MB: ask for a smaller place")
    seal = Seal(form, language, report.head.position, report.head.hash, sha256(content).hexdigest())
    return MadeFile(content, seal, wanted, wanted.name_file(form, language))


async def seal_file(connection: Connection, now: datetime, made: MadeFile, by: str) -> None:
    """Writes a file into the log, as the last statement of its transaction."""
    wanted = made.wanted
    more = {
        "report": "compliance",
        "period": wanted.period,
        "first": wanted.first,
        "last": wanted.last,
        "file": made.name,
        "bytes": len(made.content),
    }
    await append_export(connection, now, wanted.subject, made.seal, by, more)


async def fetch_file(database: Database, number: int, account: str) -> ExportFile | None:
    """The file of an account's export, once the log says that it was fetched; None when there is none, or it is not
    made."""
    async with database.transaction() as connection:
        file = await read_export_file(connection, number, account)
        if file is None:
            return None
        subject = name_subject(file.district, file.school)
        body = {"export": number, "form": file.form, "file": file.file_name, "sha256": file.sha256}
        now = await database.read_now(connection)
        await append_log(connection, now, [Entry(f"person:{account}", subject, EXPORT_FETCHED, body)])
    return file


def _write_wish(wanted: Wanted, asked: Asked) -> NewExport:
    return NewExport(
        wanted.period,
        wanted.period_name,
        wanted.first,
        wanted.last,
        wanted.district,
        wanted.school,
        asked.form,
        asked.language,
        wanted.name_file(asked.form, asked.language),
    )

"""An engine that dies at any of its transactions while it makes a report: another one makes it, once."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from alerts.compliance.reporting import exporting
from alerts.compliance.reporting.exporting import Asked, ask_for_export
from alerts.compliance.reporting.rendering import write_file
from alerts.compliance.reporting.report import ComplianceReport
from alerts.domain.compliance.exports import ExportForm, ExportState, Period
from alerts.domain.compliance.verdicts import Verdict
from alerts.engine import exports
from alerts.engine.exports import LEASE, make_export_due
from alerts.reports.words import Language
from alerts.storage.exports import ExportRow, find_export, read_export_file
from tests.alerts.compliance.standing import close_day, today
from tests.alerts.engine.test_dying_engines import Killed, MortalDatabase
from tests.alerts.story import Story

SEEN = "select done, total from report_export where state = 'making'"
MADE = "select count(*) from log where kind = 'export.made'"
TRANSACTIONS = 3  # it takes the wish, reads the report, keeps the file


@pytest.fixture
async def export(story: Story) -> int:
    """Two days are closed, and somebody asks for the later one's month."""
    days = [today(story.database, back) for back in (2, 1)]
    for day in days:
        await close_day(story.database, day, {"S1": {"C1": Verdict.MET}, "S2": {"C1": Verdict.NOT_MET}})
    await story.press("S1-G1", id="p1")  # the log has begun
    asked = Asked(Period.DAY, days[-1], None, None, ExportForm.JSON, Language.EN)
    return (await ask_for_export(story.database, asked, "wang")).id


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written here, where they cost no start of another process."""

    async def write_here(report: ComplianceReport, form: ExportForm, language: Language) -> bytes:
        return write_file(report, form, language)

    monkeypatch.setattr(exporting, "render", write_here)


async def look(story: Story, export: int) -> ExportRow:
    async with story.database.connection() as connection:
        row = await find_export(connection, export, "wang")
    assert row is not None
    return row


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("dies_at", range(TRANSACTIONS))
async def test_an_engine_that_dies_in_the_middle_is_followed_by_another(
    story: Story, export: int, dies_at: int, after_commit: bool
) -> None:
    mortal = await MortalDatabase.open(story.database.url, application_name="dying")
    assert isinstance(mortal, MortalDatabase)
    mortal.dies_at, mortal.after_commit = dies_at, after_commit
    with pytest.raises(Killed):
        await make_export_due(mortal)
    await mortal.close()
    story.database.shift += LEASE + timedelta(seconds=1)
    while await make_export_due(story.database):
        pass
    row = await look(story, export)
    assert (row.state, row.done, row.total) == (ExportState.MADE, 2, 2)
    assert await story.value(MADE) == 1
    async with story.database.connection() as connection:
        file = await read_export_file(connection, export, "wang")
    assert file is not None
    assert sha256(file.content).hexdigest() == row.sha256


async def test_how_far_it_is_can_be_seen_while_it_is_made(
    story: Story, export: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []

    async def look_and_write(report: ComplianceReport, form: ExportForm, language: Language) -> bytes:
        seen.extend((row["done"], row["total"]) for row in await story.rows(SEEN))
        return write_file(report, form, language)

    monkeypatch.setattr(exporting, "render", look_and_write)
    assert await make_export_due(story.database)
    assert seen == [(1, 2)], "the day is read, the file is not written"
    assert (await look(story, export)).done == 2


async def test_a_report_that_is_not_wanted_any_more_is_not_kept(
    story: Story, export: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget_and_write(report: ComplianceReport, form: ExportForm, language: Language) -> bytes:
        await story.database_execute("delete from report_export")
        return write_file(report, form, language)

    monkeypatch.setattr(exporting, "render", forget_and_write)
    assert await make_export_due(story.database)
    assert await story.value(MADE) == 0


async def test_a_fault_in_a_report_is_tried_again_and_never_ends_the_engine(
    story: Story, export: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(_report: ComplianceReport, _form: ExportForm, _language: Language) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(exporting, "render", stumble)
    monkeypatch.setattr(exports, "MOST_ATTEMPTS", 1)
    assert await make_export_due(story.database)
    assert (await look(story, export)).state is ExportState.WAITING
    assert not await make_export_due(story.database), "not at once"
    story.database.shift += timedelta(seconds=11)
    assert await make_export_due(story.database)
    row = await look(story, export)
    assert (row.state, row.problem) == (ExportState.FAILED, "given up after 1 attempts")


async def test_a_file_that_is_too_large_is_refused_and_says_so(
    story: Story, export: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LARGEST_BYTES", 100)
    assert await make_export_due(story.database)
    row = await look(story, export)
    assert row.state is ExportState.FAILED
    assert "ask for a smaller place" in row.problem

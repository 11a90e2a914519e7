"""Reports of closed days: the numbers are those of the figures, in every form; a copy that was altered is found."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from alerts.compliance.figures import Figures, Split, read_figures
from alerts.compliance.reporting.counting import HEADLINES
from alerts.compliance.reporting.exporting import make_file
from alerts.compliance.reporting.machines import write_csv
from alerts.compliance.reporting.pages import write_html
from alerts.compliance.reporting.reading import NothingRecorded, find_wanted, read_report
from alerts.compliance.reporting.rendering import write_file
from alerts.compliance.reporting.report import ComplianceReport, Wanted
from alerts.compliance.reporting.tables import speak, write_count
from alerts.domain.compliance.catalogue import list_rules
from alerts.domain.compliance.exports import ExportForm, Period
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Judgement, Verdict, say
from alerts.reports.words import Language
from alerts.storage.log import Entry, append_log
from tests.alerts.compliance.standing import close_day, open_breach, today
from tests.alerts.reports.test_after_action import require_fonts
from tests.alerts.story import Story

CLOSED = [rule.code for rule in list_rules(Group.CLOSED)]
ALL_MET = dict.fromkeys(CLOSED, Verdict.MET)
OPEN_GATE = Judgement(
    Verdict.NOT_MET,
    (say("gate_open", device="S1-GATE", since="2026-11-23T02:00:00+00:00", until="2026-11-23T02:05:00+00:00"),),
)


async def no_progress(_done: int, _total: int) -> None: ...


async def close_three_days(story: Story) -> list[date]:
    """Three days that are over, the last of them yesterday: S1 gets worse, S2 is amended, S3 was never judged."""
    database = story.database
    days = [today(database, back) for back in (3, 2, 1)]
    await close_day(database, days[0], {"S1": ALL_MET, "S2": ALL_MET, "S3": {}})
    await close_day(database, days[1], {"S1": ALL_MET, "S2": ALL_MET | {"C2": Verdict.UNKNOWN}, "S3": {}})
    await close_day(database, days[2], {"S1": ALL_MET | {"C1": OPEN_GATE}, "S2": ALL_MET, "S3": {}})
    await close_day(database, days[1], {"S2": ALL_MET | {"C1": OPEN_GATE}}, version=1, reason="迟到的证据")
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        body = {"on": days[2], "schools": 3, "hash": "ab" * 32}
        await append_log(connection, now, [Entry("engine", f"day:{days[2]}", "compliance.day_closed", body)])
    return days


def whole(days: list[date], **place: str) -> Wanted:
    return Wanted(Period.TERM, days[0], days[-1], period_name="秋季学期", **place)


async def read(story: Story, wanted: Wanted) -> ComplianceReport:
    return await read_report(story.database, wanted, no_progress)


async def read_city(story: Story, on: date, split: Split = Split.DISTRICT) -> Figures:
    async with story.database.connection() as connection:
        return await read_figures(connection, await story.database.read_now(connection), split, on=on)


async def test_the_numbers_are_those_of_the_figures(story: Story) -> None:
    days = await close_three_days(story)
    report = await read(story, whole(days))
    for day in report.days:
        city = (await read_city(story, day.on)).city
        assert {**city.groups, **city.rules} == day.counts
    for split in (Split.DISTRICT, Split.KIND, Split.OWNERSHIP, Split.GROUP):
        figures = await read_city(story, days[-1], split)
        told = {line.key: (line.name, line.schools, line.last) for line in report.lines if line.split is split}
        assert told == {line.key: (line.name, line.schools, {**line.groups, **line.rules}) for line in figures.lines}, (
            split
        )
    closed = report.total.whole["closed"]
    assert (closed.met, closed.not_met, closed.unknown) == (4, 2, 3), "school-days of three days and three schools"


async def test_a_report_tells_reasons_amendments_breaches_and_the_days_behind_it(story: Story) -> None:
    days = await close_three_days(story)
    await open_breach(story.database, "S1", "C1", OPEN_GATE)
    report = await read(story, whole([days[0] - timedelta(days=1), *days]))
    assert [(one.school, one.rule, one.zh) for one in report.findings] == [
        ("S1", "C1", "校门 S1-GATE 在规定时段以外从 10:00:00 开到 10:05:00。")
    ]
    assert [(one.on, one.school, one.version, one.reason) for one in report.amendments] == [
        (days[1], "S2", 1, "迟到的证据")
    ]
    assert report.missing == (days[0] - timedelta(days=1),)
    assert [day.amended for day in report.days] == [0, 1, 0]
    assert [(day.log_position is not None, day.log_hash) for day in report.days] == [
        (False, None), (False, None), (True, "ab" * 32),
    ]  # fmt: skip
    courses = {one.code: one.courses["closed"] for one in report.schools}
    assert courses == {"S1": "mmn", "S2": "mnm", "S3": "uuu"}
    assert {rule.code for rule in report.rules} == set(CLOSED)
    gone = await read(story, whole(days, school="S2"))
    assert [(one.on, one.rule) for one in gone.findings] == [(days[1], "C1")], "of one school every day is told"
    assert gone.breaches.opened == 0
    await story.database_execute(
        "update breach set opened_at = opened_at - interval '2 days', due_at = due_at - interval '2 days'"
    )
    breaches = (await read(story, whole(days))).breaches
    assert (breaches.opened, breaches.closed, breaches.open_at_end, breaches.overdue_at_end) == (1, 0, 1, 1)
    assert [(one.school, one.rule, one.owner_name) for one in breaches.items] == [("S1", "C1", "钱值班")]


async def test_a_month_a_term_and_a_place_are_found_or_refused(story: Story) -> None:
    days = await close_three_days(story)
    database = story.database
    async with database.connection() as connection:
        now = await database.read_now(connection)
        await connection.execute(
            "insert into school_term (name, first_on, last_on, saved_by, saved_at)"
            " values ('秋季学期', $1, $2, 'wang', now())",
            days[0] - timedelta(days=9),
            days[-1] + timedelta(days=30),
        )
        month = await find_wanted(connection, now, Period.MONTH, days[-1], district="370202")
        assert (month.first.day, (month.last + timedelta(days=1)).day) == (1, 1)
        assert month.subject == "report:district:370202"
        term = await find_wanted(connection, now, Period.TERM, days[0])
        assert (term.period_name, term.first) == ("秋季学期", days[0] - timedelta(days=9))
        for refused in (
            {"period": Period.DAY, "on": today(database)},
            {"period": Period.DAY, "on": days[-1], "school": "S9"},
            {"period": Period.DAY, "on": days[-1], "district": "999999"},
            {"period": Period.TERM, "on": days[0] - timedelta(days=99)},
            {"period": Period.MONTH, "on": days[0] - timedelta(days=99)},
        ):
            with pytest.raises(NothingRecorded):
                await find_wanted(connection, now, **refused)


async def test_every_form_tells_the_same_numbers(story: Story, tmp_path: Path) -> None:
    days = await close_three_days(story)
    report = await read(story, whole(days))
    closed = report.total.last["closed"]

    book = openpyxl.load_workbook(io.BytesIO(write_file(report, ExportForm.XLSX, Language.ZH)))
    assert book.sheetnames[:3] == ["概要", "图表", "两个百分百和三支队伍"]
    rows = list(book["两个百分百和三支队伍"].iter_rows(values_only=True))
    assert rows[1][:6] == ("封闭管理", "最后一天的学校数", closed.met, closed.not_met, closed.unknown, closed.declared)
    league = [row for row in book["按区市"].iter_rows(values_only=True) if row[0] == "封闭管理"]
    ranked = [(row[1], row[3], row[4], row[9]) for row in league]
    assert ranked == [("市南区", 1, 1, "50.0 %"), ("市北区", 0, 0, "0.0 %")]
    assert len(book["图表"]._charts) == 4  # type: ignore[attr-defined]
    assert report.head.hash in {row[1].value for row in book["概要"].iter_rows()}

    table = list(csv.DictReader(io.StringIO(write_csv(report).decode("utf-8-sig"))))
    figure = next(row for row in table if (row["table"], row["split"], row["code"]) == ("last_day", "city", "closed"))
    assert [int(figure[name]) for name in ("met", "not_met", "unknown")] == [1, 1, 1]
    assert {row["text"] for row in table if row["key"] == "log_hash"} == {report.head.hash}

    data = json.loads(write_file(report, ExportForm.JSON, Language.ZH))
    assert data["total"]["last"]["closed"] == {"met": 1, "not_met": 1, "unknown": 1, "declared": 0, "not_applicable": 0}

    html = write_html(report, speak(Language.EN, report.zone))
    assert write_count(closed, speak(Language.EN, report.zone)) in html
    reader = shutil.which("pdftotext")
    require_fonts()
    pdf = write_file(report, ExportForm.PDF, Language.ZH)
    assert pdf.startswith(b"%PDF-")
    if reader is not None:
        text = subprocess.run([reader, "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
        flat = "".join(text.split())
        assert "".join(write_count(closed, speak(Language.ZH, report.zone)).split()) in flat
        assert report.head.hash in flat


async def test_names_that_look_like_markup_or_formulas_stay_text(story: Story) -> None:
    await story.database_execute("update school set name = '=1+1<script>' where code = 'S1'")
    days = await close_three_days(story)
    report = await read(story, whole(days))
    assert "<script>" not in write_html(report, speak(Language.ZH, report.zone))
    assert "'=1+1<script>" in write_csv(report).decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(write_file(report, ExportForm.XLSX, Language.ZH)))
    cell = next(row[1] for row in book["学校"].iter_rows() if row[0].value == "S1")
    assert (cell.value, cell.data_type) == ("=1+1<script>", "s")


async def test_the_same_moment_gives_the_same_bytes_and_steps_are_told(story: Story) -> None:
    days = await close_three_days(story)
    report = await read(story, whole(days))
    for form in (ExportForm.XLSX, ExportForm.CSV, ExportForm.JSON):
        assert write_file(report, form, Language.ZH) == write_file(report, form, Language.ZH)
    steps: list[tuple[int, int]] = []

    async def on_progress(done: int, total: int) -> None:
        steps.append((done, total))

    made = await make_file(story.database, whole(days), ExportForm.CSV, Language.ZH, on_progress)
    assert steps == [(1, 4), (2, 4), (3, 4)]
    assert made.name == f"compliance-city-term-{days[0]}-{days[-1]}-zh.csv"
    assert HEADLINES[0] is Group.CLOSED

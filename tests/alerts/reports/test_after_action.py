"""After-action reports, from the log alone: what they tell, that they can be made again, and how they look."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from alerts.domain.escalation import Policy, Step
from alerts.domain.incidents import Cause
from alerts.domain.practice import Way
from alerts.domain.presses import Mode
from alerts.domain.registry import Output
from alerts.incidents.answers import Actor
from alerts.readiness.policies import save_policy
from alerts.readiness.windows import announce_window
from alerts.reports.after_action import AfterAction, sum_up
from alerts.reports.pages import CannotPrint, write_html, write_pdf
from alerts.reports.reading import NothingToTell, read_incident_report, read_window_report
from alerts.reports.rendering import Form, render
from alerts.reports.words import Language, Words
from alerts.storage.log import Entry, append_log
from tests.alerts.incidents.test_outputs import Site
from tests.alerts.story import LI, WANG, Story
from tests.conftest import miss_part

EVIL = Actor("mallory", '=HYPERLINK("http://x")<script>')


async def live_incident(story: Story) -> int:
    """An incident that was told, taken, gone to and closed, with a task and a hand-over."""
    incident = (await story.press("S1-G1", id="p1", kind="intruder")).incident
    await story.deliver()
    await story.forward(12)
    await story.answers.acknowledge(incident, WANG)
    await story.forward(20)
    await story.answers.respond(incident, LI, "保安到场")
    await story.answers.note(incident, EVIL, "<b>来人已离开</b>")
    await write_log(story, "task.done", incident, {"by": "王值班", "task": {"number": 7, "person_name": "赵保安"}})
    await write_log(story, "handover.accepted", incident, {"number": "110-9", "unit": "市南一大队"})
    await story.forward(100)
    await story.answers.close(incident, WANG, Cause.DISPUTE, "家长纠纷")
    return incident


async def write_log(story: Story, kind: str, incident: int, body: dict[str, Any]) -> None:
    async with story.database.transaction() as connection:
        now = await story.database.read_now(connection)
        await append_log(connection, now, [Entry("person:wang", f"incident:{incident}", kind, body)])


async def drill(story: Story) -> int:
    """A drill at two schools, of which one is taken; and the real thing in the middle of it."""
    window = await announce_window(
        story.database,
        Mode.DRILL,
        story.now + timedelta(seconds=1),
        story.now + timedelta(hours=1),
        "wang",
        note="季度演练",
        told_police=(Way.PHONE, "110-77"),
    )
    await story.forward(2)
    first = (await story.press("S1-G1", id="d1", mode="drill")).incident
    await story.press("S3-G1", id="d2", mode="drill")
    await story.press("S2-G1", id="real")
    await story.deliver()
    await story.forward(8)
    await story.answers.acknowledge(first, WANG)
    await story.answers.close(first, WANG, Cause.DRILL)
    await story.forward(60)
    return window.id


async def test_a_report_tells_the_course_the_receipts_the_tasks_and_110_from_the_log(story: Story) -> None:
    incident = await live_incident(story)
    report = await read_incident_report(story.database, incident)
    (outcome,) = report.outcomes
    assert outcome.taken_seconds == pytest.approx(12, abs=3)
    assert outcome.responding_seconds == pytest.approx(32, abs=4)
    assert (outcome.first_taken_by, outcome.incident.cause) == ("王值班", Cause.DISPUTE)
    kinds = [event.kind for event in report.events]
    assert kinds[:3] == ["incident.opened", "incident.escalated", "press.received"]
    assert kinds[-1] == "incident.closed"
    assert {(line.person, line.state) for line in report.receipts} >= {("guard", "delivered"), ("duty", "delivered")}
    assert [(task.number, task.person_name, task.state) for task in report.tasks] == [("7", "赵保安", "done")]
    assert [(move.kind, move.number, move.detail) for move in report.police] == [
        ("handover.accepted", "110-9", "市南一大队")
    ]
    head = await story.rows("select position, encode(hash, 'hex') as hash from log_head")
    assert (report.position, report.hash) == (head[0]["position"], head[0]["hash"])
    assert report.zone == "Asia/Shanghai"


async def test_a_report_tells_what_went_on_on_site_by_whose_wish_and_what_its_device_said(story: Story) -> None:
    site = await Site(story).open()
    loud = Step(0, ("police", "post:school_duty"), outputs=("strobe",))
    await save_policy(story.database, Mode.LIVE, Policy((loud,), 60), "wang")
    incident = (await story.press("S1-G1", id="p1")).incident
    await site.send()
    await site.confirm("S1-G1", Output.STROBE, on=True)
    await story.answers.acknowledge(incident, WANG)
    await story.answers.close(incident, WANG, Cause.REAL)
    report = await read_incident_report(story.database, incident)
    on_site = [(one.kind, one.who, one.detail) for one in report.events if one.kind.startswith("output.")]
    assert on_site == [
        ("output.requested", "policy", "S1-G1 strobe on"),
        ("output.sent", "gateway", "S1-G1 strobe on"),
        ("output.confirmed", "S1-G1", "S1-G1 strobe on"),
        ("output.requested", "王值班", "S1-G1 strobe off"),
    ]
    for language in Language:
        words = Words(language, report.zone)
        assert all(words.name("", kind) != kind for kind, _, _ in on_site), "in words"


async def test_what_the_tables_say_does_not_matter_only_the_log_does(story: Story) -> None:
    incident = await live_incident(story)
    report = await read_incident_report(story.database, incident)
    await story.database_execute("update incident set closed_by = 'somebody else', presses = 99")
    await story.database_execute("delete from delivery")
    assert await read_incident_report(story.database, incident) == report


async def test_with_the_same_row_the_same_report_is_made_again_byte_for_byte(story: Story) -> None:
    incident = await live_incident(story)
    report = await read_incident_report(story.database, incident)
    before = await render(report, Form.XLSX, Language.ZH)
    await story.press("S2-G1", id="later")
    await write_log(story, "export.made", incident, {})
    assert await read_incident_report(story.database, incident) != report
    again = await read_incident_report(story.database, incident, report.position)
    assert again == report
    assert await render(again, Form.XLSX, Language.ZH) == before


async def test_an_incident_as_it_stood_in_the_middle(story: Story) -> None:
    incident = await live_incident(story)
    whole = await read_incident_report(story.database, incident)
    taken = next(event for event in whole.events if event.kind == "incident.acknowledged")
    then = await read_incident_report(story.database, incident, taken.position)
    assert then.outcomes[0].closed_seconds is None
    assert then.events[-1] == taken


async def test_a_window_tells_of_all_that_was_pressed_in_it_and_of_nothing_else(story: Story) -> None:
    outside = await live_incident(story)
    window = await drill(story)
    await story.forward(4000)
    await story.press("S1-C1", id="after")
    report = await read_window_report(story.database, window)
    assert outside not in [one.incident.id for one in report.outcomes]
    assert sorted(one.incident.mode for one in report.outcomes) == ["drill", "drill", "live"]
    answering = report.answering
    assert (answering.incidents, answering.taken, answering.within_30, answering.p985_seconds) == (3, 1, 1, None)
    assert report.window is not None
    assert (report.window.announced_to_police, report.window.police_reference) == (True, "110-77")


async def test_what_the_log_does_not_know_is_refused_by_name(story: Story) -> None:
    incident = await live_incident(story)
    with pytest.raises(NothingToTell, match="no incident 999"):
        await read_incident_report(story.database, 999)
    with pytest.raises(NothingToTell, match="no window 1"):
        await read_window_report(story.database, 1)
    with pytest.raises(NothingToTell, match="no row 100000"):
        await read_incident_report(story.database, incident, 100_000)


def test_untaken_ones_are_the_slowest_and_a_percentile_that_falls_on_them_is_none() -> None:
    answering = sum_up([5.0, 30.0, 31.0, 60.0, None])
    assert (answering.within_30, answering.within_60, answering.p50_seconds) == (2, 4, 31.0)
    assert (answering.p90_seconds, answering.p985_seconds) == (None, None)
    assert sum_up([]).p50_seconds is None


@pytest.mark.parametrize("language", Language)
async def test_the_workbook_has_every_table_as_text_and_a_chart(story: Story, language: Language) -> None:
    report = await read_incident_report(story.database, await live_incident(story))
    book = openpyxl.load_workbook(io.BytesIO(await render(report, Form.XLSX, language)))
    words = Words(language, report.zone)
    assert book.sheetnames == [
        words.say(one) for one in ("summary", "incidents", "timeline", "receipts", "tasks", "police")
    ]
    timeline = book[words.say("timeline")]
    cells = [cell for row in timeline.iter_rows() for cell in row]
    assert EVIL.display_name in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells), "what people wrote is never a formula"
    assert len(list(timeline.rows)) == len(report.events) + 1
    assert len(book.worksheets[0]._charts) == 1
    assert report.hash in [cell.value for row in book.worksheets[0].iter_rows() for cell in row]


def test_both_languages_have_the_same_words() -> None:
    zh, en = (Words(language, "Asia/Shanghai")._words for language in Language)
    assert zh.keys() == en.keys()


async def test_what_people_wrote_is_text_on_the_pages_and_never_markup(story: Story) -> None:
    report = await read_incident_report(story.database, await live_incident(story))
    page = write_html(report, Words(Language.ZH, report.zone))
    assert "<script>" not in page
    assert "&lt;b&gt;来人已离开&lt;/b&gt;" in page


async def test_the_pdf_reads_as_it_should(story: Story, tmp_path: Path) -> None:
    """Each report is printed in one language, and its text taken out of the PDF again by a program of others; in the
    other one its pages are read as they go to print."""
    incident, window = await live_incident(story), await drill(story)
    for report, printed in (
        (await read_incident_report(story.database, incident), Language.ZH),
        (await read_window_report(story.database, window), Language.EN),
    ):
        for language in Language:
            words = Words(language, report.zone)
            text = await read_pdf(report, language, tmp_path) if language is printed else write_html(report, words)
            for said in ("第一小学", "王值班", report.hash[:16], words.say("receipts")):
                assert said in text


async def read_pdf(report: AfterAction, language: Language, folder: Path) -> str:
    require_fonts()
    reader = shutil.which("pdftotext") or miss_part("poppler-utils are not installed")
    file = folder / "report.pdf"
    file.write_bytes(await render(report, Form.PDF, language))
    read = subprocess.run([reader, "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    return read.stdout


def require_fonts() -> None:
    lister = shutil.which("fc-list")
    if lister is None or not subprocess.run([lister, ":lang=zh"], capture_output=True, check=True).stdout:
        miss_part("no Chinese font is installed")


async def test_without_a_chinese_font_it_says_what_to_install(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await read_incident_report(story.database, await live_incident(story))
    lister = tmp_path / "fc-list"
    lister.write_text("#!/bin/sh\n")
    lister.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotPrint, match="fonts-noto-cjk"):
        write_pdf(report, Words(Language.ZH, report.zone))
    with pytest.raises(CannotPrint, match="no Chinese font"):
        await render(report, Form.PDF, Language.ZH)
    lister.unlink()
    with pytest.raises(CannotPrint, match="fontconfig is missing"):
        await render(report, Form.PDF, Language.ZH)

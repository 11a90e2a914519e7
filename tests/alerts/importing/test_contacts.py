"""The people's file also says how people are reached, who vouches for it, their certificates, and who stands in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from alerts.importing import Counts, ImportReport, import_file
from alerts.staff.absences import save_leave
from alerts.storage.people import list_certificates, list_contact_methods
from tests.alerts.staff.rota import on_duty, put_in_force, stand_at
from tests.alerts.story import Story

HEADER = "code,name,post,school,methods,verified,certificates,deputies\n"
GUARD = "guard,赵保安,专职保安,S1,短信:138-0000-0001; 电话：0532 8888 1234,王主任,保安员证:Z-1:2027-06-30,head\n"

Bring = Callable[[str], Awaitable[ImportReport]]


@pytest.fixture
def bring(story: Story, tmp_path: Path) -> Bring:
    """Writes a file of people and imports it."""

    async def write_and_import(rows: str) -> ImportReport:
        path = tmp_path / "people.csv"
        path.write_text(HEADER + rows, encoding="utf-8")
        return await import_file(story.database, path, by="wang")

    return write_and_import


async def test_methods_come_in_order_with_who_vouched_and_certificates_with_their_end(
    story: Story, bring: Bring
) -> None:
    report = await bring(GUARD + "duty,钱值班,school_duty,S1,mail:qian@example.cn,,,\n")
    assert report.refused == 0, report.bad_rows
    assert {sort: report.counts[sort].new for sort in ("methods", "certificates", "deputies")} == {
        "methods": 3,
        "certificates": 1,
        "deputies": 1,
    }
    async with story.database.connection() as connection:
        methods = await list_contact_methods(connection, "guard")
        unproved = await list_contact_methods(connection, "duty")
        certificates = await list_certificates(connection, person="guard")
    assert [(one.channel, one.address, one.verified_by) for one in methods] == [
        ("sms", "13800000001", "王主任"),
        ("voice", "053288881234", "王主任"),
    ]
    assert [(one.verified_at, one.verified_by) for one in unproved] == [(None, None)]
    assert [(one.kind, one.number, one.valid_until) for one in certificates] == [("guard", "Z-1", date(2027, 6, 30))]
    assert await story.value("select kind from post where code = 'S1:guard'") == "guard"
    log = await story.rows("select body::text as body from log")
    assert not any("13800000001" in row["body"] for row in log)


async def test_importing_it_again_changes_nothing_and_logs_nothing(story: Story, bring: Bring) -> None:
    await bring(GUARD)
    before = await story.log_kinds()
    again = await bring(GUARD)
    assert {counts.unchanged > 0 and counts.new == counts.changed == 0 for counts in again.counts.values()} == {True}
    assert await story.log_kinds() == before


async def test_a_voucher_that_comes_later_verifies_and_a_renewed_certificate_is_a_change(
    story: Story, bring: Bring
) -> None:
    await bring("guard,赵保安,guard,S1,sms:13800000001,,guard:Z-1:2026-12-31,\n")
    report = await bring("guard,赵保安,guard,S1,sms:13800000001,是,guard:Z-1:2027-12-31,\n")
    assert (report.counts["methods"], report.counts["certificates"]) == (Counts(changed=1), Counts(changed=1))
    assert await story.value("select verified_by from contact_method") == "wang"
    silent = await bring("guard,赵保安,guard,S1,sms:13800000001,,,\n")
    assert silent.counts["methods"] == Counts(unchanged=1), "what is verified stays so"


async def test_a_deputy_may_stand_further_down_and_is_on_duty_at_once_where_somebody_is_away(
    story: Story, bring: Bring
) -> None:
    now = stand_at(story, 2026, 11, 23, 12)
    await put_in_force(story)
    await save_leave(story.database, "guard", now, now + timedelta(days=1), "", "li")
    assert await on_duty(story) == []
    report = await bring("guard,赵保安,guard,S1,,,,new\nnew,新代理,guard,S1,,,,\n")
    assert (report.refused, report.counts["deputies"]) == (0, Counts(new=1))
    assert await on_duty(story) == ["new"]


async def test_what_cannot_be_read_is_refused_with_its_column_and_what_to_write(bring: Bring) -> None:
    report = await bring(
        "a,甲,guard,S1,13800000001,,,\n"
        "b,乙,guard,S1,短信:123,,,\n"
        "c,丙,guard,S1,,,保安员证:Z-1,\n"
        "d,丁,guard,S1,,,,d\n"
        "e,戊,guard,S1,,王主任,,\n"
        "f,己,guard,S1,,,,nemo\n"
    )
    told = {row.line: (row.problems[0].column, row.problems[0].reason) for row in report.bad_rows}
    assert {line: column for line, (column, _) in told.items()} == {
        2: "methods",
        3: "methods",
        4: "certificates",
        5: "deputies",
        6: "verified",
        7: "deputies",
    }
    assert "短信:13800000001" in told[2][1]
    assert "mobile number" in told[3][1]
    assert "2027-06-30" in told[4][1]
    assert "the rest of the row landed" in told[7][1]

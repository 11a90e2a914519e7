"""Plans and trainings from CSV and XLSX: what lands, what is refused and why, and what stays as it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from alerts.domain.plans import Phase, Plan
from alerts.domain.presses import Kind
from alerts.domain.registry import PostKind
from alerts.importing import Counts, FileUnreadable, ImportReport, import_file, open_source
from alerts.storage.database import Database
from alerts.storage.log import read_log_after
from alerts.storage.plans import find_newest_plans, find_trainings
from tests.alerts.story import Story

HEADER = "预案代码,预案名称,适用警情,生效日期,序号,阶段,责任内容,责任岗位,责任人代码,替补代码,需培训,示例\n"
FIRST = "P1,防侵入,闯入、暴力,2026-09-01,1,1分钟自救,关闭校门,专职保安,,,,\n"
SECOND = "P1,,,,2,3分钟互救,增援校门,护校队,guard,duty,否,\n"
TRAININGS = "人员代码,预案代码,培训日期\n"

Bring = Callable[..., Awaitable[ImportReport]]


@pytest.fixture
def bring(story: Story, tmp_path: Path) -> Bring:
    """Writes a file and imports it into a small city."""

    async def write_and_import(text: str, *, encoding: str = "utf-8", dry_run: bool = False) -> ImportReport:
        path = tmp_path / "some.csv"
        path.write_text(text, encoding=encoding)
        return await import_file(story.database, path, dry_run=dry_run, by="wang")

    return write_and_import


async def plan_of(database: Database, code: str = "P1") -> Plan:
    async with database.transaction() as connection:
        return (await find_newest_plans(connection, [code]))[code]


def reasons(report: ImportReport) -> list[tuple[int, str | None, str]]:
    return [(row.line, problem.column, problem.reason) for row in report.bad_rows for problem in row.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_plan_lands_with_its_lines_in_whatever_encoding(story: Story, bring: Bring, encoding: str) -> None:
    report = await bring(HEADER + FIRST + SECOND, encoding=encoding)
    assert (report.refused, report.counts) == (0, {"responsibilities": Counts(new=2), "plans": Counts(new=1)})
    plan = await plan_of(story.database)
    assert (plan.name, plan.kinds, plan.valid_from) == ("防侵入", (Kind.VIOLENCE, Kind.INTRUDER), date(2026, 9, 1))
    first, second = plan.responsibilities
    assert (first.phase, first.text, first.post, first.training) == (Phase.SELF_HELP, "关闭校门", PostKind.GUARD, True)
    assert (second.person, second.deputy, second.training) == ("guard", "duty", False)


async def test_the_same_file_again_changes_nothing_and_leaves_no_trace(story: Story, bring: Bring) -> None:
    await bring(HEADER + FIRST + SECOND)
    kinds = await story.log_kinds()
    again = await bring(HEADER + FIRST + SECOND)
    assert again.counts == {"responsibilities": Counts(unchanged=2), "plans": Counts(unchanged=1)}
    assert await story.log_kinds() == kinds
    assert kinds == ["registry.imported", "plan.saved"]


async def test_lines_that_a_file_does_not_name_stay_and_others_make_a_new_version(story: Story, bring: Bring) -> None:
    await bring(HEADER + FIRST + SECOND)
    report = await bring(HEADER + "P1,,,,2,3分钟互救,改了,护校队,,,,\n" + "P1,,,,3,事后,复盘,校长,,,,\n")
    assert report.counts == {"responsibilities": Counts(new=1, changed=1), "plans": Counts(changed=1)}
    plan = await plan_of(story.database)
    assert [(one.number, one.text) for one in plan.responsibilities] == [(1, "关闭校门"), (2, "改了"), (3, "复盘")]
    assert plan.name == "防侵入"
    assert await story.value("select max(version) from plan_version") == 2


async def test_a_dry_run_keeps_nothing(story: Story, bring: Bring) -> None:
    report = await bring(HEADER + FIRST, dry_run=True)
    assert report.counts["plans"] == Counts(new=1)
    assert await story.value("select count(*) from plan") == 0


async def test_bad_rows_are_told_with_line_column_and_reason_and_the_good_ones_land(story: Story, bring: Bring) -> None:
    report = await bring(
        HEADER
        + FIRST
        + "P1,另名,,,2,2分钟,x,专职保安,,,,\n"
        + "P1,,,,1,自救,x,市长,,,,\n"
        + "P1,,洪水,九月,4,自救,x,专职保安,nobody,,,\n"
        + "P1,,,,5,自救,x,专职保安,guard,guard,也许,\n"
        + "P2,,,,1,自救,x,专职保安,,,,\n"
        + "P1,,,,6,自救,,专职保安,,,,\n"
    )
    found = reasons(report)
    assert {(line, column) for line, column, _ in found} == {
        (3, "阶段"), (3, "预案名称"), (4, "责任岗位"), (4, "序号"), (5, "适用警情"), (5, "生效日期"), (5, "责任人代码"),
        (6, "替补代码"), (6, "需培训"), (7, "预案代码"), (8, "责任内容"),
    }  # fmt: skip
    assert (7, "预案代码", "a plan needs a name") in found
    assert (4, "序号", "number 1 of the plan P1 stands in line 2 already") in found
    assert [one.number for one in (await plan_of(story.database)).responsibilities] == [1]


async def test_a_workbook_lands_as_people_see_it(story: Story, tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path,
        HEADER.strip().split(","),
        [None, None],
        ["P1", "防侵入", "闯入/暴力", date(2026, 9, 1), 1, 1, "关闭校门", "专职保安", None, None, True, None],
        ["P1", None, None, None, 2.0, "事后", "复盘\n并上报", "校长", None, None, False, None],
        ["P1", None, None, None, "x", "事后", "复盘", "校长"],
    )
    report = await import_file(story.database, path, by="wang")
    assert (report.encoding, report.rows, report.refused) == (None, 3, 1)
    assert reasons(report) == [(5, "序号", "“x” is not a whole number")]
    plan = await plan_of(story.database)
    assert plan.valid_from == date(2026, 9, 1)
    assert [(one.number, one.phase, one.text, one.training) for one in plan.responsibilities] == [
        (1, Phase.SELF_HELP, "关闭校门", True),
        (2, Phase.AFTER, "复盘 并上报", False),
    ]
    again = await import_file(story.database, path, by="wang")
    assert again.counts["plans"] == Counts(unchanged=1)


async def test_a_number_that_a_workbook_rounded_is_refused_and_not_taken_for_a_code(
    story: Story, tmp_path: Path
) -> None:
    path = write_workbook(
        tmp_path, ["预案代码", "序号", "阶段", "责任内容", "责任岗位"], [37020200100000001, 1, "事后", "x", "校长"]
    )
    assert "a spreadsheet made a number of it" in reasons(await import_file(story.database, path, by="wang"))[0][2]


def test_a_workbook_that_is_empty_or_broken_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="first sheet is empty"):
        open_source(write_workbook(tmp_path))
    whole = write_workbook(tmp_path, ["a"], ["b"]).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileUnreadable, match=r"cannot be read.*save it anew"):
        open_source(tmp_path / "half.xlsx")
    with pytest.raises(FileUnreadable, match="fits no kind of file"):
        open_source(write_workbook(tmp_path, ["a"], ["b"]))


async def test_trainings_land_and_only_a_later_one_changes_anything(story: Story, bring: Bring) -> None:
    await bring(HEADER + FIRST)
    assert (await bring(TRAININGS + "guard,P1,2026-09-10\n")).counts == {"trainings": Counts(new=1)}
    assert (await bring(TRAININGS + "guard,P1,2026/8/1\n")).counts == {"trainings": Counts(unchanged=1)}
    assert (await bring(TRAININGS + "guard,P1,2026年10月1日\n")).counts == {"trainings": Counts(changed=1)}
    async with story.database.connection() as connection:
        assert (await find_trainings(connection, ["guard"]))["guard", "P1"].trained_on == date(2026, 10, 1)


async def test_trainings_of_nobody_for_no_plan_or_to_come_are_refused(story: Story, bring: Bring) -> None:
    await bring(HEADER + FIRST)
    report = await bring(
        TRAININGS + "nobody,P1,2026-09-10\nguard,P9,2026-09-10\nguard,P1,2199-01-01\nguard,P1,2026-09-10\n"
    )
    assert [(line, column) for line, column, _ in reasons(report)] == [
        (2, "人员代码"), (3, "预案代码"), (4, "培训日期"), (5, "人员代码"),
    ]  # fmt: skip
    assert await story.value("select count(*) from training") == 0


async def test_the_log_has_the_whole_plan(story: Story, bring: Bring) -> None:
    await bring(HEADER + FIRST + SECOND)
    async with story.database.connection() as connection:
        row = next(row for row in await read_log_after(connection, 0, 10) if row.kind == "plan.saved")
    body = msgspec.json.decode(row.body)
    assert (row.subject, body["version"], len(body["plan"]["responsibilities"])) == ("plan:P1", 1, 2)


def write_workbook(folder: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(folder / "some.xlsx")
    return folder / "some.xlsx"

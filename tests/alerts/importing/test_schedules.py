"""Timetables and terms from files: changes from a day on, the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path

from alerts.compliance.places import read_day
from alerts.domain.compliance.schedule import Hours
from alerts.importing import ImportReport
from alerts.importing.importer import import_file
from alerts.storage.schedules import list_terms, list_timetables
from tests.alerts.story import Story

TIMETABLES = "类别,学校代码,星期,上学时段,放学时段,上课时段,闭校时间,熄灯时间,生效日期,有效期至"
TERMS = "学期名称,开学日期,放假日期,学校代码"
DAY = timedelta(days=1)


async def bring(story: Story, folder: Path, header: str, rows: Sequence[str]) -> ImportReport:
    """Imports a file of these rows."""
    path = folder / "file.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return await import_file(story.database, path, by="wang")


def told(report: ImportReport) -> dict[int, list[tuple[str | None, str]]]:
    """What is wrong with which line."""
    return {row.line: [(one.column, one.reason) for one in row.problems] for row in report.bad_rows}


async def test_timetables_of_a_kind_and_of_a_school_land_and_the_same_file_again_changes_nothing(
    story: Story, tmp_path: Path
) -> None:
    today = read_day(story.now)
    rows = [
        f"小学,,1-4,07:20-08:00,16:30-17:10,08:00-11:40；14:00-16:30,18:00,,{today},",
        f"小学,,5,07:20-08:00,15:30-16:10,,17:00,,{today},",
        f",S2,一至五、周日,6:50-7:30；13:30-14:00,12:00-12:20；17:30-18:00,,,22:00,{today},",
    ]
    report = await bring(story, tmp_path, TIMETABLES, rows)
    assert told(report) == {}
    assert (report.counts["timetables"].new, report.unknown_headings) == (3, ())
    async with story.database.connection() as connection:
        saved = {
            (one.school_kind, one.school, one.definition.weekdays): one.definition
            for one in await list_timetables(connection, limit=10)
        }
    assert saved.keys() == {
        ("primary", None, (1, 2, 3, 4)), ("primary", None, (5,)), (None, "S2", (1, 2, 3, 4, 5, 7)),
    }  # fmt: skip
    own = saved[None, "S2", (1, 2, 3, 4, 5, 7)]
    assert own.arrivals == (Hours(time(6, 50), time(7, 30)), Hours(time(13, 30), time(14)))
    assert (own.closes, own.lights_out) == (None, time(22))
    again = await bring(story, tmp_path, TIMETABLES, rows)
    assert (again.counts["timetables"].unchanged, await story.log_kinds()) == (3, ["registry.imported"])


async def test_a_changed_timetable_ends_the_one_before_and_a_row_that_cannot_be_is_told(
    story: Story, tmp_path: Path
) -> None:
    today = read_day(story.now)
    await bring(story, tmp_path, TIMETABLES, [f"小学,,1-5,07:20-08:00,16:30-17:10,,18:00,,{today},"])
    report = await bring(
        story,
        tmp_path,
        TIMETABLES,
        [
            f"小学,,1-5,07:30-08:10,16:30-17:10,,18:00,,{today + 7 * DAY},",
            f",S9,1-5,07:30-08:10,16:30-17:10,,18:00,,{today},",
            f"小学,S1,1-5,07:30-08:10,16:30-17:10,,18:00,,{today},",
            f",S1,1-9,07:30-08:10,16:30-17:10,,18:00,,{today},",
            f",S1,1-5,08:10-07:30,16:30-17:10,,18:00,,{today},",
            f",S1,1-5,soon,16:30-17:10,,noon,,{today},",
            f",S3,1-3,07:30-08:10,16:30-17:10,,18:00,,{today},",
            f",S3,3-5,07:30-08:10,16:30-17:10,,18:00,,{today},",
        ],
    )
    assert report.counts["timetables"].changed == 1
    assert [(line, problems[0][0]) for line, problems in told(report).items()] == [
        (3, "学校代码"), (4, "类别"), (5, "星期"), (6, "上学时段"), (7, "上学时段"), (8, "星期"), (9, "星期"),
    ]  # fmt: skip
    async with story.database.connection() as connection:
        left = [(one.valid_from, one.valid_until) for one in await list_timetables(connection, limit=10)]
    assert left == [(today + 7 * DAY, None), (today, today + 6 * DAY)]


async def test_terms_land_move_and_are_refused_once_their_days_were_closed(story: Story, tmp_path: Path) -> None:
    today = read_day(story.now)
    first = await bring(story, tmp_path, TERMS, [f"2026秋,{today - 80 * DAY},{today + 40 * DAY},"])
    assert first.counts["terms"].new == 1
    await story.rows("insert into closed_day values ($1, $2, 3, 1)", today - DAY, story.now)
    report = await bring(
        story,
        tmp_path,
        TERMS,
        [
            f"2026秋,{today - 80 * DAY},{today + 45 * DAY},",
            f"2026秋,{today - 80 * DAY},{today + 45 * DAY},S1",
            f"2027春,{today + 60 * DAY},{today + 50 * DAY},",
            f"2027春,{today + 60 * DAY},{today + 90 * DAY},",
        ],
    )
    assert report.counts["terms"].changed == 1
    assert list(told(report)) == [3, 4, 5]
    assert "let it begin on" in told(report)[3][0][1]
    async with story.database.connection() as connection:
        assert [one.last_on for one in await list_terms(connection, limit=10)] == [today + 45 * DAY]


async def test_a_dry_run_of_a_term_keeps_nothing(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(f"{TERMS}\n2026秋,{date(2026, 9, 1)},{date(2027, 1, 20)},\n", encoding="utf-8")
    report = await import_file(story.database, path, dry_run=True, by="wang")
    assert report.counts["terms"].new == 1
    async with story.database.connection() as connection:
        assert await list_terms(connection, limit=10) == []

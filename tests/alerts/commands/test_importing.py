"""`python -m alerts import` as a person at a terminal meets it: a process, its words and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import Said, call

SCHOOLS = "学校代码,学校名称,区市代码,区市名称,类别,办学性质,学生数,备注\n"
GOOD = SCHOOLS + "A1,青岛第一小学,370202,市南区,小学,公办,1200,无\n"
BAD = GOOD + '"A2","青岛\n第二小学",370202,,大学,公办,[red]许多[/red],\n'

Run = Callable[..., Said]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def run_import(*arguments: str, database: str | None = database_url) -> Said:
        given = {"CAMPUS_DATABASE_URL": database} if database else {}
        return call("alerts", "import", *arguments, folder=tmp_path, **given)

    return run_import


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (folder / name).write_text(text, encoding=encoding)
    return name


def test_a_good_file_lands_with_exit_code_0_and_the_second_time_all_is_unchanged(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "schools.csv", GOOD, "gb18030")
    first, second = run(file), run(file)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "schools.csv: 1 rows of schools, 1 landed, 0 refused (read as GB18030)" in first.stdout
    assert [line.split() for line in first.stdout.splitlines() if line.startswith("schools ")] == [
        ["schools", "1", "0", "0"]
    ]
    assert [line.split() for line in second.stdout.splitlines() if line.startswith("schools ")] == [
        ["schools", "0", "0", "1"]
    ]
    assert "Columns that are not read: 备注" in first.stdout


def test_bad_rows_are_listed_with_line_column_and_reason_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    result = run(write(tmp_path, "schools.csv", BAD))
    assert result.returncode == 1, result.stderr
    assert "2 rows of schools, 1 landed, 1 refused" in result.stdout
    listed = result.stdout[result.stdout.index("Refused rows:") :].splitlines()
    assert listed[2].split()[:3] == ["3", "类别", "“大学”"]
    assert " ".join(listed[3].split()) == "学生数 “[red]许多[/red]” is not a whole number"


def test_a_dry_run_says_so_and_the_real_one_finds_everything_new(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "schools.csv", GOOD)
    rehearsed, done = run("--dry-run", file), run(file)
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert "would be new" in rehearsed.stdout
    assert "This was a dry run: nothing was kept." in rehearsed.stdout
    assert ["schools", "1", "0", "0"] in [line.split() for line in done.stdout.splitlines()]


def test_one_file_that_cannot_be_read_stops_all_with_exit_code_2(run: Run, tmp_path: Path) -> None:
    good = write(tmp_path, "schools.csv", GOOD)
    (tmp_path / "devices.csv").write_bytes(b"PK\x03\x04")
    stopped = run(good, "devices.csv", write(tmp_path, "other.csv", "a,b\n1,2\n"))
    assert stopped.returncode == 2
    assert "devices.csv is an Excel workbook" in stopped.stderr
    assert "other.csv has a header that fits no kind of file: “a”, “b”" in stopped.stderr
    assert "Nothing was imported." in stopped.stderr
    assert ["schools", "1", "0", "0"] in [line.split() for line in run(good).stdout.splitlines()]


def test_a_file_that_is_not_there_and_a_database_that_is_away_are_one_clear_sentence(run: Run, tmp_path: Path) -> None:
    missing = run("none.csv")
    assert missing.returncode == 2
    assert "none.csv" in missing.stderr
    good = write(tmp_path, "schools.csv", GOOD)
    away = run(good, database="postgresql://nobody@127.0.0.1:1/none")
    assert away.returncode == 2
    assert "Traceback" not in away.stderr
    unset = run(good, database=None)
    assert unset.returncode == 2
    assert "CAMPUS_DATABASE_URL is not set" in unset.stderr


def test_a_doubtful_encoding_can_be_said(run: Run, tmp_path: Path) -> None:
    text = "code,name,district,district_name,kind,ownership,students\n1,模,d,模,primary,public,1\n"
    file = write(tmp_path, "schools.csv", text, "gb18030")
    doubtful, said = run(file), run("--encoding", "gb18030", file)
    assert doubtful.returncode == 2
    assert "say which with --encoding" in doubtful.stderr
    assert said.returncode == 0, said.stderr


def test_help_tells_the_exit_codes(run: Run) -> None:
    result = run("--help")
    assert result.returncode == 0
    assert "some rows were refused" in " ".join(result.stdout.split())

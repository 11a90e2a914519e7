"""`python -m alerts plan` as a person at a terminal meets it: a process and its words."""

from __future__ import annotations

from pathlib import Path

from simulators.city.tables import SAMPLE
from tests.programs import Said, call


def test_the_sample_is_imported_shown_and_counted_and_says_everywhere_that_it_is_invented(
    database_url: str, tmp_path: Path
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_bytes(SAMPLE.read_bytes())
    school = tmp_path / "schools.csv"
    school.write_text(
        "学校代码,学校名称,区市代码,区市名称,类别,办学性质,学生数\nA1,一小,370202,市南区,小学,公办,9\n", "utf-8"
    )
    for file in (school, sample):
        landed = run(database_url, "import", str(file))
        assert landed.returncode == 0, landed.stderr + landed.stdout
    shown = run(database_url, "show").stdout
    assert shown.count("invented sample") == 4
    assert "SAMPLE-FIRE" in shown
    one = run(database_url, "show", "SAMPLE-MEDICAL").stdout
    assert one.count("【示例】") == 26, "its name and its 25 lines"
    city = run(database_url, "coverage").stdout
    assert "0 of 135 responsibilities are covered at every place" in city
    assert "invented sample" in city
    assert "0 of 135 responsibilities are covered" in run(database_url, "coverage", "--school", "A1").stdout
    missing = run(database_url, "coverage", "--school", "B9")
    assert (missing.returncode, missing.stderr.strip()) == (2, "there is no school B9")
    assert "there is no plan NONE" in run(database_url, "show", "NONE").stderr


def run(database_url: str, *words: str) -> Said:
    return call("alerts", "plan", *words, CAMPUS_DATABASE_URL=database_url)

"""`python -m alerts roster` and `duty` as a person meets them: processes, their words and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.story import Story
from tests.programs import Said, call

Run = Callable[..., Said]
ROSTER: dict[str, Any] = {
    "shifts": [
        {"name": "白班", "starts": "08:00", "ends": "20:00", "turns": [["guard"]], "since": "2026-01-01"},
        {"name": "夜班", "starts": "20:00", "ends": "08:00", "turns": [["duty"]], "since": "2026-01-01"},
    ],
    "around_the_clock": True,
}


@pytest.fixture
def run(story: Story, tmp_path: Path) -> Run:
    def run_alerts(*arguments: str) -> Said:
        return call("alerts", *arguments, folder=tmp_path, CAMPUS_DATABASE_URL=story.database.url)

    return run_alerts


def write(folder: Path, name: str, said: Any) -> str:
    (folder / name).write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    return name


def test_a_roster_is_set_shown_in_the_form_that_set_takes_and_tells_who_is_on_duty(run: Run, tmp_path: Path) -> None:
    done = run("roster", "set", "S1:duty", write(tmp_path, "roster.json", ROSTER))
    assert done.returncode == 0, done.stderr
    assert "version 1 is in force; no holes in the coming 35 days" in done.stdout
    shown = run("roster", "show", "S1:duty")
    again = run("roster", "set", "S1:duty", write(tmp_path, "again.json", shown.stdout))
    assert (shown.returncode, again.returncode) == (0, 0), (shown.stderr, again.stderr)
    day = run("duty", "--school", "S1", "--at", "2099-01-01T12:00")
    assert day.returncode == 1, "nobody worked that out yet"
    assert "nobody is on duty" in day.stderr
    now = run("duty", "--school", "S1")
    assert now.returncode == 0, now.stderr
    assert "赵保安 (guard)" in now.stdout or "钱值班 (duty)" in now.stdout


def test_what_cannot_be_is_told_with_what_to_mend(run: Run, tmp_path: Path) -> None:
    def mend(**said: Any) -> dict[str, Any]:
        return ROSTER | {"shifts": [ROSTER["shifts"][0] | said]}

    for said, words in (
        ("{", "`roster show` prints the form"),
        (mend(turns=[["nemo"]]), "nobody has the code nemo"),
        (mend(turn_day=7), "a roster has no turn_day"),
        (mend(starts="8"), "write it as 08:00"),
    ):
        refused = run("roster", "set", "S1:duty", write(tmp_path, "roster.json", said))
        assert refused.returncode == 2
        assert words in refused.stderr.replace("\n", " "), refused.stderr
    assert "there is no post S1:moat" in run("roster", "show", "S1:moat").stderr
    assert "has no roster: its 2 holders" in run("roster", "show", "S1:duty").stderr
    assert "there is no school S99" in run("duty", "--school", "S99").stderr
    assert "is no time" in run("duty", "--school", "S1", "--at", "noon").stderr


def test_a_calendar_is_looked_at_and_imported_and_strangers_are_listed_with_their_line(
    run: Run, tmp_path: Path
) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number, who in enumerate(("赵保安", "路人甲")):
        lines += ["BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:{who}", "DTSTART:20260101T000000", "DURATION:P1D"]
        lines += ["RRULE:FREQ=DAILY", "END:VEVENT"]
    file = write(tmp_path, "guards.ics", "\r\n".join([*lines, "END:VCALENDAR", ""]))
    trial = run("roster", "import-ical", "S1:duty", file, "--dry-run")
    assert trial.returncode == 1, trial.stderr
    assert "nothing was kept" in trial.stdout
    done = run("roster", "import-ical", "S1:duty", file)
    assert "1 events of 1 people; version 1 is in force" in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines() if "路人甲" in line] == [["11", "路人甲"]]
    assert "赵保安 (guard)" in run("duty", "--school", "S1").stdout

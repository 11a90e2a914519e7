"""A report made at a terminal, and its copies checked there: an altered byte is found."""

from __future__ import annotations

import json
from pathlib import Path

from alerts.domain.compliance.verdicts import Verdict
from tests.alerts.compliance.standing import close_day, today
from tests.alerts.story import Story
from tests.programs import call


def run(story: Story, *words: str) -> tuple[int, str]:
    done = call("alerts", *words, CAMPUS_DATABASE_URL=story.database.url)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


async def test_an_auditor_exports_a_day_alters_one_byte_and_the_check_fails(story: Story, tmp_path: Path) -> None:
    day = today(story.database, 1)
    await close_day(story.database, day, {"S1": {"C1": Verdict.MET}, "S2": {"C1": Verdict.NOT_MET}})
    await story.press("S1-G1", id="p1")
    wanted = ("report", "--on", str(day), "--period", "day", "--form", "json", "--output", str(tmp_path))
    code, said = run(story, *wanted)
    copy = tmp_path / f"compliance-city-day-{day}-zh.json"
    assert (code, said.startswith(f"{copy}: ")) == (0, True), said
    assert json.loads(copy.read_bytes())["total"]["last"]["C1"]["not_met"] == 1
    code, said = run(story, "audit", "verify", "--file", str(copy))
    assert code == 0, said
    assert "as it was handed out. person:operator at the terminal took it out at" in said
    altered = bytearray(copy.read_bytes())
    altered[len(altered) // 2] ^= 1
    copy.write_bytes(altered)
    code, said = run(story, "audit", "verify", "--file", str(copy))
    assert code == 1, said
    assert "not a report that was handed out, or it was altered since" in said


async def test_what_cannot_be_told_is_one_sentence(story: Story) -> None:
    code, said = run(story, "report", "--on", "2020-01-01", "--school", "S1")
    assert (code, said) == (2, "no day from 2020-01-01 to 2020-01-31 is closed there")

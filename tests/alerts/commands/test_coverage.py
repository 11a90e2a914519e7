"""`python -m alerts coverage` as a person at a terminal meets it: a process, its words and its exit code."""

from __future__ import annotations

import msgspec

from alerts.domain.escalation import Policy, Step
from alerts.domain.presses import Mode
from alerts.readiness.policies import save_policy
from tests.alerts.readiness.test_coverage import HOUR, open_phones, roster
from tests.alerts.story import Story
from tests.programs import call


def run(story: Story, *arguments: str) -> tuple[int, str, str]:
    done = call("alerts", "coverage", *arguments, CAMPUS_DATABASE_URL=story.database.url)
    return done.returncode, done.stdout, done.stderr


async def test_holes_are_listed_with_why_and_the_exit_code_is_1_only_when_nobody_at_all_is_reached(
    story: Story,
) -> None:
    await open_phones(story)
    code, out, err = run(story)
    assert code == 0, err
    assert "3 schools looked at for seven days: 2 covered, 1 with holes" in out
    assert "S3 第三幼儿园" in out
    await story.database_execute("update contact_method set verified_at = null")
    code, out, _ = run(story, "--school", "S1", "--language", "zh")
    assert code == 1
    assert "60 秒内通知不到任何人" in out
    assert "赵保安的联系方式（sms、voice）没有验证" in out


async def test_programs_get_json(story: Story) -> None:
    await open_phones(story)
    end = (story.now + 24 * HOUR).replace(microsecond=0)
    await roster(story, "S1:duty", ("guard", story.now - HOUR, end))
    code, out, _ = run(story, "--school", "S1", "--json")
    said = msgspec.json.decode(out)
    assert (code, said["schools"], said["schools_with_holes"]) == (0, 1, 1)
    hole = said["holes"][0]
    assert (hole["school_name"], hole["finding"], hole["lasts"]) == ("第一小学", "first_step_empty", True)
    assert hole["starts_at"] == end.isoformat().replace("+00:00", "Z")
    assert "roster_ends" in {reason["code"] for reason in hole["reasons"]}


async def test_it_tells_who_would_be_called_when_by_which_channel(story: Story) -> None:
    await open_phones(story)
    await story.database_execute("delete from contact_method where person = 'duty'")
    code, out, err = run(story, "--explain", "S1", "--at", "2026-12-24T02:30")
    assert code == 0, err
    assert "S1 第一小学, 2026-12-24 02:30, panic" in out
    assert "赵保安 (school duty)" in out
    assert "钱值班 has no contact method" in out
    assert "somebody is reached after 0 s" in out
    code, out, _ = run(story, "--explain", "S1", "--at", "2026-12-24T02:30", "--json")
    said = msgspec.json.decode(out)
    assert said["effective"]["at"] == "2026-12-24T02:30:00+08:00"
    assert [step["after_seconds"] for step in said["steps"]] == [0, 30, 60, 180]


async def test_it_tells_what_a_step_switches_on_on_site_and_what_the_school_does_not_have(story: Story) -> None:
    await open_phones(story)
    await story.database_execute("insert into device_output (device, output) values ('S1-G1', 'siren')")
    loud = Step(0, ("police", "post:school_duty"), outputs=("siren", "lock"), output_seconds=90)
    await save_policy(story.database, Mode.LIVE, Policy((loud,), 60), "wang")
    code, out, err = run(story, "--explain", "S1")
    assert code == 0, err
    assert "siren at S1-G1, for 90 s" in out
    assert "lock: no device there has one" in out
    _, out, _ = run(story, "--explain", "S1", "--language", "zh")
    assert "警笛：S1-G1，90 秒" in out
    assert "门锁：这所学校没有" in out


async def test_what_cannot_be_is_said_in_a_sentence(story: Story) -> None:
    for arguments, complaint in (
        (("--school", "S99"), "there is no school S99"),
        (("--explain", "S99"), "there is no school S99"),
        (("--explain", "S1", "--at", "tomorrow"), "write a time like"),
        (("--explain", "S1", "--at", "9999-12-31T23:59"), "from 2000 to 2100"),
        (("--at", "2026-12-24T02:30"), "--at goes with --explain"),
    ):
        code, _, err = run(story, *arguments)
        assert code == 2, arguments
        assert complaint in err
        assert "Traceback" not in err

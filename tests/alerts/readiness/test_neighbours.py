"""Joint prevention: neighbouring campuses are told by policy, in words that say that it is a neighbour's incident."""

from __future__ import annotations

from datetime import timedelta

from alerts.channels.texts import write_sms, write_speech
from alerts.domain.escalation import LIVE_POLICY, Policy, Recipient, Step, fire_step
from alerts.domain.presses import Mode
from alerts.readiness.policies import save_policy
from tests.alerts.engine.test_reaching import Phones
from tests.alerts.police.police_story import announce, without_station
from tests.alerts.story import Story

PLACES = """
update school set latitude = 36.0660, longitude = 120.3800, group_code = null where code = 'S1';
update school set latitude = 36.0700, longitude = 120.3840 where code = 'S2';
update school set latitude = 36.2000, longitude = 120.5000 where code = 'S3';
insert into person (code, name) values ('kindergarten', '褚园长');
insert into post (code, kind, name, school) values ('S3:duty', 'school_duty', '值班', 'S3');
insert into holding (post, person) values ('S3:duty', 'kindergarten');
"""
GROUP = """
insert into education_group (code, name) values ('G', '集团');
update school set group_code = 'G' where code in ('S1', 'S3');
"""


async def with_policy(story: Story, *targets: str, mode: Mode = Mode.LIVE) -> None:
    await story.database_execute(PLACES)
    repeats = LIVE_POLICY.repeat_after_seconds if mode is Mode.LIVE else None
    await save_policy(story.database, mode, Policy((Step(0, ("police", *targets)),), repeats), "a test")


async def test_those_on_duty_within_the_radius_are_told_that_it_is_a_neighbours_incident(story: Story) -> None:
    await with_policy(story, "post:principal", "neighbours:1000")
    await story.press(kind="intruder")
    await story.deliver()
    (message,) = story.channel.sent
    assert message.person == "duty", "S2 is 570 m away, S3 is 18 km away"
    assert message.title == "【邻校事件 neighbouring school】外来人员闯入 第一小学 门卫室"
    assert message.text.startswith(message.title)
    assert write_sms(message, "校园").get("what", "").startswith("【邻校事件")
    assert write_speech(message)["what"].startswith("邻校事件")


async def test_campuses_of_the_same_group_are_told_however_far_they_are(story: Story) -> None:
    await with_policy(story, "neighbours:group")
    await story.database_execute(GROUP)
    await story.press()
    await story.deliver()
    assert [(one.person, one.lead != "") for one in story.channel.sent] == [("kindergarten", True)]


async def test_a_test_says_first_that_it_is_one(story: Story) -> None:
    await announce(story, Mode.TEST)
    await with_policy(story, "neighbours:1000", mode=Mode.TEST)
    await story.press(mode="test")
    await story.deliver()
    assert story.channel.sent[0].title.startswith("【测试 TEST】【邻校事件")


async def test_the_schools_own_people_are_not_told_so(story: Story) -> None:
    await with_policy(story, "neighbours:1000", "post:school_duty")
    await story.press()
    await story.deliver()
    assert {one.person: one.lead for one in story.channel.sent} == {"guard": "", "duty": ""}, "duty is at both schools"


async def test_a_neighbours_next_method_says_so_too(story: Story) -> None:
    phones = await Phones(story).open()
    await with_policy(story, "neighbours:1000")
    await story.database_execute("update contact_method set verified_at = now()")
    await story.press()
    await phones.let_time_run_out()
    sent = phones.channels["sms"].sent + phones.channels["mail"].sent
    assert [(one.person, bool(one.lead)) for one in sent] == [("duty", True), ("duty", True)]


async def test_the_city_desk_reads_that_110_must_be_telephoned(story: Story) -> None:
    police = await without_station(story)
    await story.press()
    await police.forward(0)
    await police.forward(0)
    await story.deliver()
    (message,) = [one for one in story.channel.sent if one.reason == "police_overdue"]
    assert message.title == "【110未受理,请打110 telephone 110】紧急报警 第一小学 门卫室"
    assert timedelta() == story.database.shift


def test_whoever_is_called_as_a_neighbour_and_by_another_target_is_called_as_the_other() -> None:
    one = Recipient("p", "p", None, shared=("log",))
    callees = {"neighbours:500": [one], "person:p": [one]}
    for targets in (("neighbours:500", "person:p"), ("person:p", "neighbours:500")):
        assert [who.neighbour for who in fire_step(Policy((Step(0, targets),), 60), 1, 0, callees).recipients] == [
            False
        ]

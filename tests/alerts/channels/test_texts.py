"""What people read and hear: short, in both languages, a test or drill first, in the school's own time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.texts import (
    SMS_NOTICE_TEMPLATE,
    SMS_TEMPLATE,
    VOICE_TEMPLATE,
    count_sms_parts,
    write_mail,
    write_sms,
    write_speech,
    write_text,
)
from alerts.domain.presses import Kind, Mode
from simulators.providers.plan import ALARM_SMS, NOTICE_SMS, SPOKEN, TEMPLATES
from tests.alerts.messages import INCIDENT, LINK, make_incident, make_message

SIGN = "青岛校园安全"


def whole_sms(message: object, template: str = SMS_TEMPLATE) -> str:
    return f"【{SIGN}】" + template.format(**write_sms(message, SIGN))  # type: ignore[arg-type]


def test_an_alarm_by_sms_says_what_where_since_when_and_how_to_answer() -> None:
    text = whole_sms(make_message())
    assert text == (f"【{SIGN}】紧急报警 第一小学 门卫室 panic alarm,10:15:07起。回复4821接警 {LINK}")
    assert count_sms_parts(text) == 2


def test_without_a_link_an_alarm_is_one_sms() -> None:
    assert count_sms_parts(whole_sms(make_message(actions=()))) == 1


@pytest.mark.parametrize(("mode", "first"), [(Mode.TEST, "【测试 TEST】"), (Mode.DRILL, "【演练 DRILL】")])
def test_a_test_or_drill_says_so_first_everywhere(mode: Mode, first: str) -> None:
    message = make_message(incident=make_incident(mode=mode, school_name="很长的学校名字" * 20))
    assert write_sms(message, SIGN)["what"].startswith(first)
    assert write_mail(message).subject.startswith(first)
    assert write_speech(message)["what"].startswith(f"这是{first[1:3]}")


@given(name=st.text(min_size=1, max_size=300), point=st.text(max_size=100), kind=st.sampled_from(Kind))
def test_an_alarm_never_takes_more_than_two_parts(name: str, point: str, kind: Kind) -> None:
    message = make_message(incident=make_incident(school_name=name, point=point, kind=kind))
    assert count_sms_parts(whole_sms(message)) <= 2


@given(text=st.text(min_size=1, max_size=500), title=st.text(min_size=1, max_size=60))
def test_a_notice_never_takes_more_than_five_parts(text: str, title: str) -> None:
    message = make_message(incident=None, title=title, text=text)
    assert count_sms_parts(whole_sms(message, SMS_NOTICE_TEMPLATE)) <= 5


def test_times_are_those_of_the_school() -> None:
    assert write_sms(make_message(zone="Asia/Urumqi"), SIGN)["since"] == "08:15:07"
    assert "08:15:07" in write_text(INCIDENT, "Asia/Urumqi").text


def test_a_call_can_be_spoken_and_tells_the_keys() -> None:
    said = VOICE_TEMPLATE.format(**write_speech(make_message()))
    assert said.startswith("紧急报警,panic alarm,第一小学 门卫室。10点15分起。接警请按1,正在赶往请按2。")
    assert not set("【】<>{}4711") & set(said.replace("10点15分", "").replace("按1", "").replace("Press 1", ""))


def test_a_mail_has_its_answers_as_links_and_escapes_what_it_shows() -> None:
    mail = write_mail(make_message(title="<b>", text="a & b"))
    assert LINK in mail.plain
    assert f'href="{LINK}"' in mail.html
    assert "<strong>&lt;b&gt;</strong>" in mail.html
    assert "a &amp; b" in mail.html


def test_the_fake_providers_hold_the_templates_that_ours_are_written_for() -> None:
    ours = {ALARM_SMS: SMS_TEMPLATE, NOTICE_SMS: SMS_NOTICE_TEMPLATE, SPOKEN: VOICE_TEMPLATE}
    assert {code: text.replace("${", "{") for code, text in TEMPLATES.items()} == ours

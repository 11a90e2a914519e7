"""CAP 1.2 documents: their form, what they say, and how a message refers to those before it.

The form is checked against `cap_1_2.rng`, which says in our own words what the standard asks and was held against the
schema that OASIS publishes; that one is not ours to ship.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.domain.incidents import Cause, Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.police.cap import NAMESPACE, newest_message, write_cap
from alerts.storage.board_reads import IncidentSchool

FORM = etree.RelaxNG(etree.parse(Path(__file__).with_name("cap_1_2.rng")))
OPENED = datetime(2026, 5, 1, 1, 2, 3, 456789, tzinfo=UTC)
SCHOOL = IncidentSchool(
    "S1", "第一小学", "370202", "市南区", "香港中路 1 号", 36.066, 120.38, 900, SchoolKind.PRIMARY, "Asia/Shanghai"
)


def incident(**said: Any) -> Incident:
    words = {
        "id": 17,
        "place": "S1",
        "school": "S1",
        "school_name": "第一小学",
        "district": "370202",
        "point": "门卫室",
        "device": "S1-G1",
        "mode": Mode.LIVE,
        "category": Category.SECURITY,
        "kind": Kind.PANIC,
        "state": State.OPEN,
        "opened_at": OPENED,
        "last_press_at": OPENED,
    }
    return Incident(**words | said)


def taken(**said: Any) -> Incident:
    return incident(state=State.ACKNOWLEDGED, acknowledged_at=OPENED + timedelta(seconds=20), **said)


def closed(**said: Any) -> Incident:
    at = OPENED + timedelta(minutes=9)
    return replace(taken(**said), state=State.CLOSED, closed_at=at, closed_by="王值班", cause=Cause.REAL)


def read(one: Incident, school: IncidentSchool | None = SCHOOL) -> etree._Element:
    alert = etree.fromstring(write_cap(one, school, "campus-alert", "https://alarm.example.cn/#/incidents/17"))
    FORM.assertValid(alert)
    return alert


def text(alert: etree._Element, path: str) -> list[str]:
    steps = "/".join(f"c:{step}" for step in path.split("/"))
    return [found.text or "" for found in alert.findall(steps, {"c": NAMESPACE})]


@pytest.mark.parametrize(
    ("mode", "status", "begins"),
    [("live", "Actual", ""), ("test", "Test", "【测试】"), ("drill", "Exercise", "【演练】")],
)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_and_mode_has_the_form_and_its_status(mode: str, status: str, begins: str, kind: Kind) -> None:
    alert = read(incident(mode=Mode(mode), kind=kind))
    assert text(alert, "status") == [status]
    chinese, english = text(alert, "info/headline")
    assert chinese.startswith(begins)
    assert "第一小学" in chinese
    assert english.startswith({"live": "", "test": "TEST ", "drill": "DRILL "}[mode])
    assert text(alert, "info/language") == ["zh-CN", "en-US"]


def test_times_are_the_schools_own_with_their_offset_and_without_fractions() -> None:
    alert = read(incident())
    assert text(alert, "sent") == ["2026-05-01T09:02:03+08:00"]
    assert text(alert, "info/onset") == ["2026-05-01T09:02:03+08:00"] * 2
    assert text(read(incident(), replace(SCHOOL, zone="Asia/Urumqi")), "sent") == ["2026-05-01T07:02:03+06:00"]


def test_universal_time_has_an_offset_of_minus_nothing() -> None:
    utc = replace(SCHOOL, zone="UTC")
    assert text(read(incident(), utc), "sent") == ["2026-05-01T01:02:03-00:00"]
    assert text(read(taken(), utc), "references")[0].endswith(",2026-05-01T01:02:03-00:00")


def test_a_drill_has_its_number_in_the_note_and_a_live_incident_no_note() -> None:
    assert "17" in text(read(incident(mode=Mode.DRILL)), "note")[0]
    assert text(read(incident(mode=Mode.TEST)), "note") == ["This is a test. 这是测试。"]
    assert text(read(incident()), "note") == []


def test_a_message_refers_to_all_before_it_and_the_last_one_cancels() -> None:
    first, second, third = read(incident()), read(taken()), read(closed())
    assert [text(one, "msgType")[0] for one in (first, second, third)] == ["Alert", "Update", "Cancel"]
    assert text(first, "references") == []
    told = [f"campus-alert,{text(one, 'identifier')[0]},{text(one, 'sent')[0]}" for one in (first, second)]
    assert text(second, "references")[0].split() == told[:1]
    assert text(third, "references")[0].split() == told
    assert text(third, "info/urgency") == ["Past"] * 2


def test_the_same_state_is_the_same_message_and_another_one_is_not() -> None:
    assert write_cap(taken(), SCHOOL, "x") == write_cap(taken(), SCHOOL, "x")
    numbers = [newest_message(one).identifier for one in (incident(), taken(), closed(), incident(id=18))]
    assert len(set(numbers)) == 4


def test_the_area_is_where_the_school_is() -> None:
    alert = read(incident())
    assert text(alert, "info/area/circle") == ["36.066000,120.380000 0.3"] * 2
    assert text(alert, "info/area/geocode/value")[:2] == ["370202", "S1"]
    assert "香港中路 1 号" in text(alert, "info/area/areaDesc")[0]


def test_a_press_whose_school_nobody_can_tell_has_the_form_too() -> None:
    alert = read(incident(school=None, school_name=None, district=None, point=None, device="ghost"), None)
    assert text(alert, "info/area/areaDesc") == ["未登记设备 ghost", "unplaced device ghost"]
    assert text(alert, "info/area/circle") == []


@given(device=st.text(max_size=30), point=st.text(max_size=30), name=st.text(min_size=1, max_size=30))
def test_no_name_breaks_a_document(device: str, point: str, name: str) -> None:
    write = incident(device=f"d{device}", point=point, school_name=f"学校{name}")
    FORM.assertValid(etree.fromstring(write_cap(write, SCHOOL, "campus-alert")))


def test_the_form_refuses_what_the_standard_refuses() -> None:
    whole = write_cap(taken(), SCHOOL, "campus-alert").decode()
    told = text(etree.fromstring(whole.encode()), "references")[0]
    for right, wrong in (
        ("<status>Actual</status>", "<status>Real</status>"),
        ("+08:00</sent>", "Z</sent>"),
        ("+08:00</sent>", "+00:00</sent>"),
        ("<sender>campus-alert</sender>", ""),
        ("<scope>Restricted</scope>", "<scope>Private</scope>"),
        ("<urgency>Immediate</urgency>", ""),
        ("<sender>campus-alert</sender>", "<sender>campus alert</sender>"),
        (f"<references>{told}</references>", ""),
        (told, told.replace("campus-alert,", "")),
        (told, told.replace("+08:00", "+00:00")),
        ("</area>", "<ceiling>9</ceiling></area>"),
    ):
        assert right in whole
        assert not FORM.validate(etree.fromstring(whole.replace(right, wrong).encode())), wrong


def test_the_form_takes_what_the_standard_takes_though_we_do_not_send_it() -> None:
    whole = write_cap(taken(), SCHOOL, "campus-alert").decode()
    for ours, other in (
        ("</restriction>", "</restriction><addresses>110@example.cn</addresses>"),
        ("<msgType>Update</msgType>", "<msgType>Alert</msgType>"),
        ("<status>Actual</status>", "<status>Draft</status>"),
        ("</area>", "<altitude>12.5</altitude><ceiling>90</ceiling></area>"),
        ("+08:00</sent>", "-00:30</sent>"),
    ):
        assert ours in whole
        FORM.assertValid(etree.fromstring(whole.replace(ours, other).encode()))

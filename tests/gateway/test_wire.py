"""Topics and payloads to values and back."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.arrivals import Stage
from gateway import wire

LEVELS = st.text("ABCXYZabcxyz0189_-", min_size=1, max_size=64)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(LEVELS, LEVELS, LEVELS, LEVELS)
def test_a_written_topic_reads_back_as_its_levels(district: str, school: str, device: str, channel: str) -> None:
    topic = wire.write_topic(district, school, device, channel)
    assert [*wire.read_topic(topic)] == [district, school, device, channel]
    assert wire.find_topic_fault(topic) is None


@given(st.text())
def test_reading_a_topic_never_raises_and_keeps_what_was_said(text: str) -> None:
    levels = wire.read_topic(text)
    said = [level for level in levels if level is not None]
    assert said == text.split("/")[2:6]
    assert [*levels] == said + [None] * (4 - len(said))


@given(st.text(max_size=70), st.text(max_size=70))
def test_a_level_outside_the_pattern_is_always_a_fault(school: str, device: str) -> None:
    fault = wire.find_topic_fault(f"campus/v1/shinan/{school}/{device}/press")
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    fits = all(1 <= len(level) <= 64 and set(level) <= allowed for level in (school, device))
    assert (fault is None) == fits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("campus/v1/shinan/S1/B1", "the topic has 3 levels after campus/v1/ instead of 4"),
        ("campus/v1/shinan/S1/B1/press/again", "the topic has 5 levels after campus/v1/ instead of 4"),
        ("campus/v2/shinan/S1/B1/press", "the topic does not start with campus/v1/"),
        ("campus/v1/shinan/S1//press", "the device level '' is not 1 to 64 of A-Z a-z 0-9 _ -"),
        ("campus/v1/shinan/S1/B1\n/press", "the device level 'B1\\n' is not 1 to 64 of A-Z a-z 0-9 _ -"),
        ("campus/v1/shinan/S1/B1/press\n", "the channel level 'press\\n' is not 1 to 64 of A-Z a-z 0-9 _ -"),
        ("campus/v1/市南/S1/B1/press", "the district level '市南' is not 1 to 64 of A-Z a-z 0-9 _ -"),
    ],
)
def test_a_topic_that_does_not_fit_says_what_is_wrong(text: str, expected: str) -> None:
    assert wire.find_topic_fault(text) == expected


def test_the_levels_of_a_topic_that_does_not_fit_stay_as_said() -> None:
    assert [*wire.read_topic("campus/v1/市南/S 1")] == ["市南", "S 1", None, None]


def test_writing_a_topic_with_a_wildcard_is_an_error() -> None:
    with pytest.raises(ValueError, match="the device level"):
        wire.write_topic("shinan", "S1", "+", "press")


def test_a_device_with_a_name_outside_the_pattern_is_answered_on_the_name_it_used() -> None:
    assert wire.write_answer_topic("市南", "S1", "B.1", "receipt") == "campus/v1/市南/S1/B.1/receipt"


@pytest.mark.parametrize("level", ["a/b", "+", "#", "a b", "a\x00", "\ud800", "x" * 257])
def test_a_level_that_no_broker_takes_has_no_answer_topic(level: str) -> None:
    assert wire.write_answer_topic("shinan", level, "B1", "receipt") is None


def test_a_receipt_reads_back_as_it_was_written() -> None:
    receipt = wire.Receipt(press="p1", incident=7, stage=Stage.RECEIVED, at=NOON)
    assert wire.decode_receipt(wire.encode(receipt)) == receipt


def test_a_receipt_is_the_json_object_of_the_contract() -> None:
    receipt = wire.Receipt(press="p1", incident=7, stage=Stage.SEEN, at=NOON)
    expected = b'{"press":"p1","incident":7,"stage":"seen","at":"2026-03-02T12:00:00Z"}'
    assert wire.encode(receipt) == expected


def test_a_device_ignores_fields_of_a_receipt_that_it_does_not_know() -> None:
    receipt = wire.decode_receipt(
        b'{"press":"p1","incident":7,"stage":"closed","at":"2026-03-02T20:00:00+08:00","cause":"real"}'
    )
    assert receipt.at == NOON


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"press":1}', b"\xff", b'{"press":"\xff"}'])
def test_a_receipt_that_cannot_be_read_has_a_named_error(payload: bytes) -> None:
    with pytest.raises(wire.MalformedPayloadError, match="not a receipt"):
        wire.decode_receipt(payload)


def test_a_command_reads_back_as_it_was_written() -> None:
    command = wire.Command(id="c1", output="siren", on=True, until=NOON)
    assert wire.decode_command(wire.encode(command)) == command


def test_a_command_that_cannot_be_read_has_a_named_error() -> None:
    with pytest.raises(wire.MalformedPayloadError, match="not a command"):
        wire.decode_command(b'{"id":"c1","output":"laser","on":true}')


def test_what_a_device_does_not_say_is_not_sent() -> None:
    assert wire.encode(wire.Press()) == b"{}"
    assert wire.encode(wire.Beat(battery=80)) == b'{"battery":80}'


def test_a_bare_false_is_sent() -> None:
    assert wire.encode(wire.Gate(open=False)) == b'{"open":false}'
    assert wire.LAST_WILL == b'{"online":false}'


def test_instants_are_sent_with_their_offset() -> None:
    evening = NOON.astimezone(timezone(timedelta(hours=8)))
    assert wire.encode(wire.Press(at=evening)) == b'{"at":"2026-03-02T20:00:00+08:00"}'


def test_every_payload_of_a_device_is_one_json_object() -> None:
    payloads = [
        wire.Press(id="p1", boot=3, seq=9, at=NOON, kind="fire", mode="live"),
        wire.Cancel(id="c1", press="p1", at=NOON),
        wire.State(online=True, firmware="1.0", battery=90, mains=True, tamper=False, rssi=-60, interval=60),
        wire.Beat(rssi=-61),
        wire.Gate(open=True),
        wire.Visit(visit="v1", step="register", name="王芳"),
        wire.Post(person="p", post="gate-1", action="on"),
        wire.OutputReport(command="c1", on=True),
    ]
    for payload in payloads:
        said = msgspec.json.decode(wire.encode(payload))
        assert said
        assert None not in said.values()

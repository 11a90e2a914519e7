"""A PUBLISH packet, read as paho would read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion

from gateway.packets import MalformedPacketError, find_publish, find_publishes, read_publish, write_pubacks

QOS = st.sampled_from([0, 1])


@given(topic=st.text(min_size=1), payload=st.binary(), mid=st.integers(1, 65_535), qos=QOS, retained=st.booleans())
def test_a_message_is_read_as_paho_reads_it(topic: str, payload: bytes, mid: int, qos: int, retained: bool) -> None:
    said = topic.encode()
    body = len(said).to_bytes(2, "big") + said + (mid.to_bytes(2, "big") if qos else b"") + payload
    first = 0x30 | qos << 1 | retained
    read, theirs = read_publish(first, body), decode_publish(first, body, MQTTProtocolVersion.MQTTv311)
    assert (read.topic.replace("\\x00", "\x00"), read.mid) == (topic, theirs.mid)
    assert (read.payload, read.qos, read.retained) == (theirs.payload, theirs.qos, theirs.retain)


@given(body=st.binary(max_size=12), qos=QOS)
def test_a_packet_that_ends_too_early_is_refused_and_no_other(body: bytes, qos: int) -> None:
    needed = 2 + int.from_bytes(body[:2], "big") + 2 * qos
    if len(body) < needed:
        with pytest.raises(MalformedPacketError):
            read_publish(0x30 | qos << 1, body)
    else:
        assert read_publish(0x30 | qos << 1, body).payload == body[needed:]


def test_what_no_packet_may_say_of_itself_is_refused() -> None:
    with pytest.raises(MalformedPacketError, match="QoS 3"):
        read_publish(0x36, b"\x00\x01a\x00\x01")
    with pytest.raises(MalformedPacketError, match="four bytes"):
        find_publish(b"\x30" + b"\x80" * 4 + b"\x00" * 9, 0)


@given(topic=st.text(min_size=1), payload=st.binary(max_size=300), before=st.binary(), behind=st.binary(), qos=QOS)
def test_a_message_is_found_between_others(topic: str, payload: bytes, before: bytes, behind: bytes, qos: int) -> None:
    said = topic.encode()
    body = len(said).to_bytes(2, "big") + said + (b"\x00\x07" if qos else b"") + payload
    length = bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) if len(body) > 127 else bytes([len(body)])
    packet = bytes([0x30 | qos << 1]) + length + body
    found = find_publish(before + packet + behind, len(before))
    assert found == (read_publish(packet[0], body), len(before + packet))
    assert find_publish(before + packet[:-1], len(before)) is None


def test_messages_are_found_one_behind_the_other_until_there_is_another_packet_or_a_part_of_one() -> None:
    first, second, answer = b"\x30\x04\x00\x01a1", b"\x32\x06\x00\x01b\x00\x072", b"\xd0\x00"
    both = [read_publish(0x30, first[2:]), read_publish(0x32, second[2:])]
    for behind in (b"", answer, first[:-1], first[:1]):
        assert find_publishes(first + second + behind, 0, 64) == (both, len(first + second))
    assert find_publishes(first + second, 0, 1) == (both[:1], len(first))
    assert find_publishes(answer + first, 0, 64) == ([], 0)


def test_acknowledgements_are_a_packet_each() -> None:
    assert write_pubacks([1, 0x1234]) == b"\x40\x02\x00\x01\x40\x02\x12\x34"

"""The MQTT packets of a device, against the byte layouts of the standard."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.packets import (
    Connack,
    MalformedPacketError,
    PacketReader,
    Pingresp,
    Puback,
    Publish,
    SignIn,
    Suback,
    Will,
    encode_connect,
    encode_puback,
    encode_publish,
    encode_subscribe,
)

ANSWERS = (
    b"\x20\x02\x01\x00"
    + b"\x90\x04\x00\x01\x01\x80"
    + b"\x40\x02\x12\x34"
    + b"\xd0\x00"
    + b"\x32\x07\x00\x01a\x00\x09hi"
)


def read(data: bytes) -> list[object]:
    return list(PacketReader().feed(data))


def test_a_connect_carries_name_password_and_a_retained_will_with_qos_1():
    packet = encode_connect(SignIn("c", "user", "pass", Will("t", b"{}"), 60, clean_session=True))
    assert (
        packet
        == b"\x10\x20" + b"\x00\x04MQTT\x04\xee\x00\x3c" + b"\x00\x01c\x00\x01t\x00\x02{}\x00\x04user\x00\x04pass"
    )


def test_a_connect_without_a_will_and_with_a_session_says_so():
    packet = encode_connect(SignIn("c", "u", "p", None, 300, clean_session=False))
    assert packet == b"\x10\x13" + b"\x00\x04MQTT\x04\xc0\x01\x2c" + b"\x00\x01c\x00\x01u\x00\x01p"


def test_a_publish_has_a_packet_id_with_qos_1_only():
    assert encode_publish("a/b", b"x", packet_id=None) == b"\x30\x06\x00\x03a/bx"
    assert encode_publish("a/b", b"x", packet_id=258, retain=True) == b"\x33\x08\x00\x03a/b\x01\x02x"


def test_subscribe_and_puback_are_as_the_standard_lays_them_out():
    assert encode_subscribe(("a", "b"), packet_id=7, qos=1) == b"\x82\x0a\x00\x07\x00\x01a\x01\x00\x01b\x01"
    assert encode_puback(513) == b"\x40\x02\x02\x01"


@given(cuts=st.sets(st.integers(1, len(ANSWERS) - 1)))
def test_a_stream_reads_the_same_however_the_network_cuts_it(cuts: set[int]):
    reader = PacketReader()
    edges = [0, *sorted(cuts), len(ANSWERS)]
    packets = [packet for start, end in pairwise(edges) for packet in reader.feed(ANSWERS[start:end])]
    assert packets == [
        Connack(session_present=True, code=0),
        Suback(1, b"\x01\x80"),
        Puback(0x1234),
        Pingresp(),
        Publish("a", b"hi", 1, False, 9),
    ]


@given(payload=st.integers(0, 70_000))
def test_a_packet_of_any_length_comes_back_whole(payload: int):
    (message,) = PacketReader().feed(encode_publish("topic", b"x" * payload, packet_id=1, retain=True))
    assert message == Publish("topic", b"x" * payload, 1, True, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\x34\x05\x00\x01a\x00\x01",  # QoS 2
        b"\x30\x03\x00\x09a",  # a topic longer than its packet
        b"\x10\x00",  # CONNECT from a broker
        b"\x20\x01\x00",  # half a CONNACK
        b"\x30\xff\xff\xff\xff\x01",  # an endless length
        b"\x30\x03\x00\x01\xff",  # a topic that is not UTF-8
    ],
)
def test_what_no_broker_may_send_is_an_error_with_a_name(data: bytes):
    with pytest.raises(MalformedPacketError):
        read(data)

"""Frames of SIA DC-09: against frames that panels in the field have sent, and against damage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.contact_id import ContactId, EventCode, NotContactId, code_of, read_contact_id, write_contact_id
from alerts.domain.dc09 import ACK, ADM_CID, NAK, NULL, FrameInvalid, Message, crc16, read_frame, write_frame
from alerts.domain.presses import Kind, Mode

NOON = datetime(2026, 5, 1, 12, 30, 5, tzinfo=UTC)
KEY = b"A" * 16

# Captured from real senders and published by others; what they carry was read with nothing of ours.
CLEAR_FRAMES = [
    (
        b'\n9EC40027"ADM-CID"0001L0#1002[#1002|1602 00 001]\r',
        Message(ADM_CID, 1, "1002", "#1002|1602 00 001"),
    ),
    (
        b'\n75140027"ADM-CID"0001L0#1002[#1002|3354 00 004]\r',
        Message(ADM_CID, 1, "1002", "#1002|3354 00 004"),
    ),
    (
        b'\nF92F0043"ADM-CID"0020R7896L7896#3456[#3456|1407 00 001]_17:01:14,07-26-2024\r',
        Message(ADM_CID, 20, "3456", "#3456|1407 00 001", datetime(2024, 7, 26, 17, 1, 14, tzinfo=UTC), "7896", "7896"),
    ),
    (
        b'\nD730002F"NULL"0000R7896L7896#3456[]_17:01:26,07-26-2024\r',
        Message(NULL, 0, "3456", "", datetime(2024, 7, 26, 17, 1, 26, tzinfo=UTC), "7896", "7896"),
    ),
]
ENCRYPTED_FRAMES = [
    (
        b'\n05BB0076"*SIA-DCS"7654L0#1111[C07DA1EB73C617857476EE5D79436CEE'
        b"5E0084485E79EC56B0D5D1F3F6E648B278050BBCCBC8FE5DCA7E3C80DBDD4945\r",
        Message("SIA-DCS", 7654, "1111", "Nri1/WA000", datetime(2020, 7, 9, 16, 4, 2, tzinfo=UTC), encrypted=True),
    ),
    (
        b'\n76D80055"*NULL"0000R0L0#AAAB[B4BC8B40D0E6D959D6BEA78E88CC0B2155741A3C44FBB96D476A3E557CAD64D9\r',
        Message(NULL, 0, "AAAB", "", datetime(2020, 7, 5, 18, 24, 52, tzinfo=UTC), "0", encrypted=True),
    ),
]


@pytest.mark.parametrize(("frame", "message"), CLEAR_FRAMES)
def test_frames_of_real_senders_are_read_and_written_byte_for_byte(frame: bytes, message: Message) -> None:
    assert read_frame(frame) == message
    assert write_frame(message) == frame


@pytest.mark.parametrize(("frame", "message"), ENCRYPTED_FRAMES)
def test_encrypted_frames_of_real_senders_are_opened(frame: bytes, message: Message) -> None:
    assert read_frame(frame, lambda _: KEY) == message


def test_the_sum_is_the_one_that_catalogues_call_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D


def test_a_receivers_no_is_read_though_it_names_no_account() -> None:
    answer = read_frame(b'\nE5630025"NAK"0000R0L0A0[]_10:10:18,07-30-2024\r')
    assert (answer.id, answer.at) == (NAK, datetime(2024, 7, 30, 10, 10, 18, tzinfo=UTC))


accounts = st.text("0123456789ABCDEF", min_size=3, max_size=16)


@given(
    sequence=st.integers(1, 9999),
    account=accounts,
    code=st.sampled_from(list(EventCode)),
    partition=st.integers(0, 99),
    zone=st.integers(0, 999),
    key=st.none() | st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32),
    padding=st.text("abcxyz09", min_size=16, max_size=16),
)
def test_what_is_written_is_read_again_encrypted_or_not(
    sequence: int, account: str, code: EventCode, partition: int, zone: int, key: bytes | None, padding: str
) -> None:
    event = ContactId(account, 1, code, partition, zone)
    message = Message(ADM_CID, sequence, account, write_contact_id(event), NOON, encrypted=key is not None)
    frame = write_frame(message, key, padding)
    assert read_frame(frame, lambda _: key) == message
    assert read_contact_id(message.data) == event
    if key:
        assert (len(frame) - frame.index(b"[") - 2) % 32 == 0, "whole blocks, two digits a byte"
        assert b"|" not in frame


@given(place=st.integers(0, 10_000), flipped=st.integers(1, 255).filter(lambda bits: bits != 0x20))
def test_no_damaged_byte_passes(place: int, flipped: int) -> None:
    """All but a hexadecimal digit in small letters, which is the same digit."""
    frame = bytearray(write_frame(Message(ADM_CID, 7, "1A2B", "#1A2B|1120 00 001", NOON)))
    frame[place % len(frame)] ^= flipped
    with pytest.raises(FrameInvalid):
        read_frame(bytes(frame))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\n\r",
        write_frame(Message(ACK, 1, "1002"))[1:],
        write_frame(Message(ADM_CID, 1, "1002", "", NOON)).replace(b"12:30", b"99:30"),
        b"\n00000000\r",
    ],
)
def test_what_is_no_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(FrameInvalid):
        read_frame(frame)


def test_a_frame_of_another_key_or_without_one_is_refused() -> None:
    frame = write_frame(Message(ADM_CID, 1, "1002", "#1002|1120 00 001", NOON), KEY)
    with pytest.raises(FrameInvalid, match="no key"):
        read_frame(frame)
    with pytest.raises(FrameInvalid, match="is it our key"):
        read_frame(frame, lambda _: b"B" * 16)


def test_the_words_of_an_event_and_what_is_none() -> None:
    assert write_contact_id(ContactId("1A2B", 1, EventCode.PANIC, 0, 3)) == "#1A2B|1120 00 003"
    for text in ("", "1A2B|1120 00 003", "#1A2B|1120 0 003", "#1A2B|11X0 00 003", "#1A2B 1120 00 003"):
        with pytest.raises(NotContactId):
            read_contact_id(text)


def test_only_a_live_press_is_an_alarm_at_the_station() -> None:
    for kind in Kind:
        assert [code_of(kind, mode) for mode in Mode if mode is not Mode.LIVE] == [EventCode.MANUAL_TEST] * 2
    alarms = {kind: code_of(kind, Mode.LIVE) for kind in Kind}
    assert alarms == dict.fromkeys(Kind, 120) | {Kind.FIRE: 110, Kind.MEDICAL: 100}

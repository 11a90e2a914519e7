"""What providers send, as their own pages show it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from alerts.channels import aliyun_callbacks, tencent_callbacks
from alerts.channels.receipts import CallbackUnreadable, Receipt, Reply
from alerts.domain.people import DeliveryState

KEY = UUID("7f0a7f0e-52cf-4f5d-9c0b-6f1e2d3c4b5a")
DELIVERED, FAILED = DeliveryState.DELIVERED, DeliveryState.FAILED
EIGHT_IN_CHINA = datetime(2026, 3, 10, 0, 0, tzinfo=UTC)


def body(value: object) -> bytes:
    return msgspec.json.encode(value)


def test_alibabas_sms_report_holds_several_receipts() -> None:
    row = {
        "phone_number": "13811111111",
        "send_time": "2026-03-10 08:00:00",
        "report_time": "2026-03-10 08:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "12345",
        "out_id": str(KEY),
    }
    gone = row | {"success": False, "err_code": "MK:0001", "err_msg": "13811111111 空号", "biz_id": "6", "out_id": "x"}
    said = aliyun_callbacks.read_sms_callback(body([row, gone, row | {"success": False, "err_code": "SP:0003"}]))
    assert said.receipts[0] == Receipt(DELIVERED, "12345", KEY)
    assert said.receipts[1] == Receipt(FAILED, "6", None, "MK:0001: … 空号", True)
    assert (said.receipts[2].state, said.receipts[2].address_fault) == (FAILED, False)


def test_alibabas_sms_up_is_a_reply() -> None:
    said = aliyun_callbacks.read_sms_callback(
        body(
            [
                {
                    "phone_number": "13811111111",
                    "content": "1 4821",
                    "send_time": "2026-03-10 08:00:00",
                    "dest_code": "1234",
                    "sequence_id": 1234567890,
                    "sign_name": "校园报警",
                }
            ]
        )
    )
    assert said.receipts == []
    assert said.replies == [Reply("sms", "13811111111", None, text="1 4821", at=EIGHT_IN_CHINA)]


def test_alibabas_voice_report_tells_whether_a_call_was_taken_and_the_last_key() -> None:
    row = {"call_id": "1^2", "status_code": "200000", "callee": "13811111111", "out_id": str(KEY), "dtmf": "31"}
    busy = {"call_id": "3^4", "status_code": "200002", "status_msg": "占线", "out_id": "", "dtmf": ""}
    said = aliyun_callbacks.read_voice_callback(body([row, busy, busy | {"status_code": "200004"}]))
    assert said.receipts == [
        Receipt(DELIVERED, "1^2", KEY),
        Receipt(FAILED, "3^4", None, "200002: the line is busy", False),
        Receipt(FAILED, "3^4", None, "200004: the number is not valid", True),
    ]
    assert [(one.provider_id, one.key) for one in said.replies] == [("1^2", "1")]


def test_a_stage_of_a_call_tells_of_a_key_at_once_and_is_no_failure_before_its_end() -> None:
    key = {"call_id": "1^2", "status_code": "300000", "dtmf": "1", "status_time": "2026-03-10 08:00:00"}
    said = aliyun_callbacks.read_voice_callback(body([key, key | {"status_code": "200001x", "dtmf": ""}]))
    assert said.receipts == [Receipt(DELIVERED, "1^2")]
    assert said.replies == [Reply("voice", "", "1^2", key="1", at=EIGHT_IN_CHINA)]


def test_tencents_sms_status_and_reply() -> None:
    row = {
        "user_receive_time": "2026-03-10 08:00:00",
        "nationcode": "86",
        "mobile": "13811111111",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": "s1",
    }
    failed = row | {"report_status": "FAIL", "errmsg": "MK:0001", "description": "空号", "sid": "s2"}
    assert tencent_callbacks.read_sms_callback(body([row, failed])).receipts == [
        Receipt(DELIVERED, "s1"),
        Receipt(FAILED, "s2", None, "MK:0001: 空号", True),
    ]
    reply = {
        "extend": "",
        "mobile": "13811111111",
        "nationcode": "86",
        "sign": "x",
        "text": "1 4821",
        "time": 1773100800,
    }
    assert tencent_callbacks.read_sms_callback(body(reply)).replies == [
        Reply("sms", "+8613811111111", None, text="1 4821", at=EIGHT_IN_CHINA)
    ]


def test_tencents_events_of_a_call() -> None:
    call = {"callid": "c1", "mobile": "13811111111", "nationcode": "86", "call_from": ""}
    read = tencent_callbacks.read_voice_callback
    end = {"accept_time": "1", "start_calltime": "1", "end_calltime": "1", "fee": "1"}
    assert read(body({"voiceprompt_callback": call | end | {"result": "0"}})).receipts == [Receipt(DELIVERED, "c1")]
    assert read(body({"voiceprompt_callback": call | end | {"result": "1"}})).receipts == [
        Receipt(FAILED, "c1", error="1: nobody took the call")
    ]
    gone = {"failure_code": 8, "failure_reason": "空号"}
    assert read(body({"voice_failure_callback": call | gone})).receipts == [
        Receipt(FAILED, "c1", error="8: 空号", address_fault=True)
    ]
    pressed = read(body({"voicekey_callback": call | {"keypress": "2"}}))
    assert pressed.receipts == [Receipt(DELIVERED, "c1")]
    assert pressed.replies == [Reply("voice", "+8613811111111", "c1", key="2")]


@pytest.mark.parametrize("wrong", [b"", b"not json", b"{}", b"[1]", b'[{"success":true}]', b'{"a":{"callid":"x"}}'])
def test_what_no_provider_sends_is_refused(wrong: bytes) -> None:
    for read in (
        aliyun_callbacks.read_sms_callback,
        aliyun_callbacks.read_voice_callback,
        tencent_callbacks.read_sms_callback,
        tencent_callbacks.read_voice_callback,
    ):
        with pytest.raises(CallbackUnreadable):
            read(wrong)

"""What Alibaba Cloud sends: SmsReport and SmsUp, VoiceReport and VoiceCallReport, each a JSON array in one call."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from alerts.channels.exchange import without_numbers
from alerts.channels.receipts import Callback, CallbackUnreadable, Receipt, Reply, read_key
from alerts.domain.people import DeliveryState

ANSWER = {"code": 0, "msg": "接收成功"}
T = TypeVar("T")
_ZONE = ZoneInfo("Asia/Shanghai")
_TAKEN = frozenset({"200000", "200001", "200008", "200100"})  # heard out, hung up early, pressed nothing, both spoke
_KEY_PRESSED = "300000"
_VOICE_FAULTS = {
    "200002": "the line is busy",
    "200003": "nobody took the call",
    "200004": "the number is not valid",
    "200005": "the call did not get through",
    "200007": "out of reach",
    "200010": "switched off",
    "200011": "out of service",
    "200104": "the calling number is restricted",
    "200105": "the called number is restricted",
}
_VOICE_ADDRESS_FAULTS = frozenset({"200004", "200011"})
_SMS_ADDRESS_FAULTS = frozenset({"MK:0001", "MN:0001", "MOBILE_NOT_ON_SERVICE", "EMPTY_NUMBER", "BLACK_LIST"})


class _Sms(msgspec.Struct):
    """A row of SmsReport (`success`), or of SmsUp (`content`)."""

    phone_number: str
    success: bool | str | None = None
    err_code: str = ""
    err_msg: str = ""
    biz_id: str | None = None
    out_id: str | None = None
    content: str | None = None
    send_time: str | None = None


class _Call(msgspec.Struct):
    """A row of VoiceReport, or of VoiceCallReport (with `status_time`)."""

    call_id: str
    status_code: str = ""
    status_msg: str = ""
    out_id: str | None = None
    dtmf: str | None = None
    callee: str = ""
    status_time: str | None = None
    end_time: str | None = None


def read_sms_callback(body: bytes) -> Callback:
    """Reads SmsReport and SmsUp. Raises CallbackUnreadable."""
    rows = _decode(body, list[_Sms])
    return Callback(
        [_read_sms(row) for row in rows if row.content is None],
        [
            Reply("sms", row.phone_number, None, text=row.content, at=_read_time(row.send_time))
            for row in rows
            if row.content is not None
        ],
    )


def read_voice_callback(body: bytes) -> Callback:
    """Reads VoiceReport and VoiceCallReport: how a call ended, the keys pressed in it. Raises CallbackUnreadable."""
    rows = _decode(body, list[_Call])
    return Callback(
        [receipt for row in rows if (receipt := _read_call(row)) is not None],
        [
            Reply("voice", row.callee, row.call_id, key=row.dtmf[-1], at=_read_time(row.status_time or row.end_time))
            for row in rows
            if row.dtmf
        ],
    )


def _read_sms(row: _Sms) -> Receipt:
    key = read_key(row.out_id)
    if row.success in {True, "true"}:
        return Receipt(DeliveryState.DELIVERED, row.biz_id, key)
    error = f"{row.err_code}: {without_numbers(row.err_msg)}"
    return Receipt(DeliveryState.FAILED, row.biz_id, key, error, row.err_code in _SMS_ADDRESS_FAULTS)


def _read_call(row: _Call) -> Receipt | None:
    """A call that was taken is delivered. Stages on the way to that tell nothing yet."""
    key = read_key(row.out_id)
    if row.status_code in _TAKEN or row.status_code == _KEY_PRESSED:
        return Receipt(DeliveryState.DELIVERED, row.call_id, key)
    if row.status_time is not None:
        return None
    error = f"{row.status_code}: {_VOICE_FAULTS.get(row.status_code) or without_numbers(row.status_msg)}"
    return Receipt(DeliveryState.FAILED, row.call_id, key, error, row.status_code in _VOICE_ADDRESS_FAULTS)


def _read_time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE)
    except ValueError:
        return None


def _decode(body: bytes, type_: type[list[T]]) -> list[T]:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise CallbackUnreadable(f"not a list of Alibaba Cloud's reports: {error}") from error

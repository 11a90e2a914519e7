"""What Tencent Cloud sends: SMS status (a JSON array), SMS replies, and one object for each event of a call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.channels.exchange import without_numbers
from alerts.channels.receipts import Callback, CallbackUnreadable, Receipt, Reply
from alerts.domain.people import DeliveryState

ANSWER = {"result": 0, "errmsg": "OK"}
_VOICE_RESULTS = {"1": "nobody took the call", "2": "the call did not get through"}
_VOICE_EMPTY_NUMBER = 8  # failure_code of 空号
_SMS_ADDRESS_FAULTS = frozenset({"MK:0001", "MN:0001", "EMPTY_NUMBER", "BLACKLIST"})


class _Status(msgspec.Struct):
    """A row of the SMS status callback."""

    sid: str
    report_status: str
    errmsg: str = ""
    description: str = ""


class _Text(msgspec.Struct):
    """A person's reply to an SMS."""

    mobile: str
    text: str
    nationcode: str = "86"
    time: int | None = None


class _Event(msgspec.Struct):
    """What happened to a call; which fields there are depends on the event."""

    callid: str
    result: str | int = ""
    keypress: str | None = None
    mobile: str = ""
    nationcode: str = "86"
    failure_code: int | None = None
    failure_reason: str = ""


def read_sms_callback(body: bytes) -> Callback:
    """Reads the status of messages, or a reply. Raises CallbackUnreadable."""
    if not body.lstrip().startswith(b"["):
        said = _decode(body, _Text)
        at = None if said.time is None else datetime.fromtimestamp(said.time, UTC)
        return Callback(replies=[Reply("sms", f"+{said.nationcode}{said.mobile}", None, text=said.text, at=at)])
    return Callback([_read_status(row) for row in _decode(body, list[_Status])])


def read_voice_callback(body: bytes) -> Callback:
    """Reads an event of a call: taken or not, a key, why it failed. Raises CallbackUnreadable."""
    events: dict[str, _Event] = _decode(body, dict[str, _Event])
    if (key := events.get("voicekey_callback")) is not None:
        reply = Reply("voice", f"+{key.nationcode}{key.mobile}", key.callid, key=key.keypress)
        return Callback([Receipt(DeliveryState.DELIVERED, key.callid)], [reply])
    if (end := events.get("voiceprompt_callback")) is not None:
        return Callback([_read_end(end)])
    if (failure := events.get("voice_failure_callback")) is not None:
        error = f"{failure.failure_code}: {without_numbers(failure.failure_reason)}"
        gone = failure.failure_code == _VOICE_EMPTY_NUMBER
        return Callback([Receipt(DeliveryState.FAILED, failure.callid, error=error, address_fault=gone)])
    raise CallbackUnreadable(f"not an event of a call: {', '.join(sorted(events))[:100]}")


def _read_status(row: _Status) -> Receipt:
    if row.report_status == "SUCCESS":
        return Receipt(DeliveryState.DELIVERED, row.sid)
    error = f"{row.errmsg}: {without_numbers(row.description)}"
    return Receipt(DeliveryState.FAILED, row.sid, None, error, row.errmsg in _SMS_ADDRESS_FAULTS)


def _read_end(end: _Event) -> Receipt:
    result = str(end.result)
    if result == "0":
        return Receipt(DeliveryState.DELIVERED, end.callid)
    return Receipt(DeliveryState.FAILED, end.callid, error=f"{result}: {_VOICE_RESULTS.get(result, 'failed')}")


def _decode(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise CallbackUnreadable(f"not what Tencent Cloud sends: {error}") from error

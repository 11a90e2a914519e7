"""Alibaba Cloud: SMS (dysmsapi, SendSms) and calls that speak a template (dyvmsapi, SingleCallByTts).

Neither takes an idempotency key. Our key goes along as OutId, and the receipt brings it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.channels.exchange import Exchange, read_object, without_numbers
from alerts.channels.providers import SmsAccount, VoiceAccount
from alerts.channels.signing import sign_acs3, write_acs3_query
from alerts.channels.texts import write_sms, write_speech

SMS_URL = "https://dysmsapi.aliyuncs.com"
VOICE_URL = "https://dyvmsapi.aliyuncs.com"
_VERSION = "2017-05-25"
_ADDRESS_FAULTS = {
    "isv.MOBILE_NUMBER_ILLEGAL": "the number is not valid",
    "isv.BLACK_KEY_CONTROL_LIMIT": "the number is on the provider's black list",
    "isv.BLACKLISTED_NUMBER": "the number is on the provider's black list",
    "isv.CALLED_NUMBER_ILLEGAL": "the number is not valid",
}
_MESSAGE_FAULTS = {
    "isv.TEMPLATE_MISSING_PARAMETERS": "the template wants other variables than docs/channels.md names",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "the template does not allow these variables",
    "isv.TTS_TEMPLATE_ILLEGAL": "there is no such spoken template",
    "isv.PARAM_LENGTH_LIMIT": "a variable is too long for the template",
}
_PAUSES_SECONDS = {"isv.BUSINESS_LIMIT_CONTROL": 60.0, "Throttling.User": 1.0, "Throttling": 1.0}


class AliyunSms(Exchange):
    """SMS by a template with the variables of `texts.write_sms`."""

    code = "sms"
    confirms = True

    def __init__(self, account: SmsAccount) -> None:
        super().__init__(account.url or SMS_URL)
        self._account = account

    async def send(self, message: Message) -> Handed:
        """Hands it over; the receipt tells later whether it arrived."""
        account = self._account
        query = {
            "PhoneNumbers": message.address,
            "SignName": account.sign_name,
            "TemplateCode": account.template_for(message),
            "TemplateParam": msgspec.json.encode(write_sms(message, account.sign_name)).decode(),
            "OutId": str(message.idempotency_key),
        }
        said = await _call(self, account.key_id, account.secret, "SendSms", query)
        return Handed(str(said.get("BizId") or "") or None)


class AliyunVoice(Exchange):
    """A call that speaks the template twice and hears keys."""

    code = "voice"
    confirms = True

    def __init__(self, account: VoiceAccount) -> None:
        super().__init__(account.url or VOICE_URL)
        self._account = account

    async def send(self, message: Message) -> Handed:
        """Asks for the call; the receipt tells later whether it was taken."""
        account = self._account
        query = {
            "CalledNumber": message.address,
            "TtsCode": account.template,
            "TtsParam": msgspec.json.encode(write_speech(message)).decode(),
            "PlayTimes": "2",
            "OutId": str(message.idempotency_key),
        } | ({"CalledShowNumber": account.number} if account.number else {})
        said = await _call(self, account.key_id, account.secret, "SingleCallByTts", query)
        return Handed(str(said.get("CallId") or "") or None)


async def _call(exchange: Exchange, key_id: str, secret: str, action: str, query: Mapping[str, str]) -> dict[str, Any]:
    headers = sign_acs3(
        "POST",
        exchange.host,
        query,
        action=action,
        version=_VERSION,
        key_id=key_id,
        secret=secret,
        nonce=secrets.token_hex(16),
        at=datetime.now(UTC),
    )
    url = exchange.url.copy_with(path="/", query=write_acs3_query(query).encode())
    said = read_object(await exchange.post(url, b"", headers))
    if said.get("Code") != "OK":
        raise read_refusal(said)
    return said


def read_refusal(said: Mapping[str, Any]) -> ChannelRefused:
    """What an answer that is not OK means: a wrong number or message is final, all else may be mended meanwhile."""
    code = str(said.get("Code") or "no code")
    if code in _ADDRESS_FAULTS:
        return ChannelRefused(f"{code}: {_ADDRESS_FAULTS[code]}", final=True, address_fault=True)
    if code in _MESSAGE_FAULTS:
        return ChannelRefused(f"{code}: {_MESSAGE_FAULTS[code]}", final=True)
    reason = f"{code}: {without_numbers(str(said.get('Message') or ''))}"
    return ChannelRefused(reason, retry_after_seconds=_PAUSES_SECONDS.get(code))

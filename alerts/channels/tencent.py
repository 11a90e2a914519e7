"""Tencent Cloud: SMS (SendSms) and calls that speak a template (SendTts).

Neither takes an idempotency key. Our key goes along as SessionContext; receipts bring only the provider's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.channels.exchange import Exchange, read_object, refuse_status, without_numbers
from alerts.channels.providers import SmsAccount, VoiceAccount
from alerts.channels.signing import sign_tc3
from alerts.channels.texts import write_sms, write_speech

SMS_URL = "https://sms.tencentcloudapi.com"
VOICE_URL = "https://vms.tencentcloudapi.com"
_SMS_VERSION, _VOICE_VERSION = "2021-01-11", "2020-09-02"
_ADDRESS_FAULTS = {
    "InvalidParameterValue.IncorrectPhoneNumber": "the number is not valid",
    "FailedOperation.PhoneNumberInBlacklist": "the number is on the provider's black list",
    "InvalidParameterValue.CalledNumberVerifyFail": "the number is not valid",
    "FailedOperation.CalledNumberInBlacklist": "the number is on the provider's black list",
}
_MESSAGE_FAULTS = {
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": "the template wants other variables than "
    "docs/channels.md names",
    "InvalidParameterValue.TemplateParameterFormatError": "the template does not allow these variables",
    "InvalidParameterValue.TemplateParameterLengthLimit": "a variable is too long for the template",
}
_PAUSES_SECONDS = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
    "LimitExceeded.PhoneNumberOneHourLimit": 60.0,
    "LimitExceeded.PhoneNumberDailyLimit": 60.0,
    "RequestLimitExceeded": 1.0,
}


class TencentSms(Exchange):
    """SMS by a template whose variables are those of `texts.write_sms`, in their order."""

    code = "sms"
    confirms = True

    def __init__(self, account: SmsAccount) -> None:
        super().__init__(account.url or SMS_URL)
        self._account = account

    async def send(self, message: Message) -> Handed:
        """Hands it over; the receipt tells later whether it arrived."""
        account = self._account
        said = await _call(
            self,
            account,
            ("SendSms", _SMS_VERSION),
            {
                "PhoneNumberSet": [with_country(message.address)],
                "SmsSdkAppId": account.app_id,
                "SignName": account.sign_name,
                "TemplateId": account.template_for(message),
                "TemplateParamSet": list(write_sms(message, account.sign_name).values()),
                "SessionContext": str(message.idempotency_key),
            },
        )
        sent = (said.get("SendStatusSet") or [{}])[0]
        if sent.get("Code") != "Ok":
            raise read_refusal(sent)
        return Handed(sent.get("SerialNo") or None)


class TencentVoice(Exchange):
    """A call that speaks the template twice and hears keys."""

    code = "voice"
    confirms = True

    def __init__(self, account: VoiceAccount) -> None:
        super().__init__(account.url or VOICE_URL)
        self._account = account

    async def send(self, message: Message) -> Handed:
        """Asks for the call; the receipt tells later whether it was taken."""
        account = self._account
        said = await _call(
            self,
            account,
            ("SendTts", _VOICE_VERSION),
            {
                "CalledNumber": with_country(message.address),
                "VoiceSdkAppid": account.app_id,
                "TemplateId": account.template,
                "TemplateParamSet": list(write_speech(message).values()),
                "PlayTimes": 2,
                "SessionContext": str(message.idempotency_key),
            },
        )
        return Handed((said.get("SendStatus") or {}).get("CallId") or None)


def with_country(number: str) -> str:
    """A telephone number as Tencent wants it; without a country it is one of the mainland."""
    return number if number.startswith("+") else f"+86{number}"


async def _call(
    exchange: Exchange, account: SmsAccount | VoiceAccount, what: tuple[str, str], body: Mapping[str, Any]
) -> dict[str, Any]:
    action, version = what
    content = msgspec.json.encode(body)
    headers = sign_tc3(
        exchange.host,
        content,
        action=action,
        version=version,
        region=account.region,
        key_id=account.key_id,
        secret=account.secret,
        at=datetime.now(UTC),
    )
    answer = await exchange.post(exchange.url.copy_with(path="/"), content, headers)
    refuse_status(answer)
    said: dict[str, Any] = read_object(answer).get("Response") or {}
    if "Error" in said:
        raise read_refusal(said["Error"])
    return said


def read_refusal(said: Mapping[str, Any]) -> ChannelRefused:
    """What an answer that is not Ok means: a wrong number or message is final, all else may be mended meanwhile."""
    code = str(said.get("Code") or "no code")
    if code in _ADDRESS_FAULTS:
        return ChannelRefused(f"{code}: {_ADDRESS_FAULTS[code]}", final=True, address_fault=True)
    if code in _MESSAGE_FAULTS:
        return ChannelRefused(f"{code}: {_MESSAGE_FAULTS[code]}", final=True)
    reason = f"{code}: {without_numbers(str(said.get('Message') or ''))}"
    return ChannelRefused(reason, retry_after_seconds=_PAUSES_SECONDS.get(code))

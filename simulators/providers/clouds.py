"""Alibaba Cloud and Tencent Cloud, SMS and calls: `POST /`, told apart by their headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from simulators.providers.answers import Cut
from simulators.providers.plan import ALARM_SMS, NOTICE_SMS, SPOKEN, TEMPLATES
from simulators.providers.signatures import SignatureRefused, check_aliyun, check_tencent
from simulators.providers.world import Fate, World

_ALIYUN_FIELDS = {
    "SendSms": ({"PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId"}, set[str]()),
    "SingleCallByTts": ({"CalledNumber", "TtsCode", "TtsParam", "PlayTimes", "OutId"}, {"CalledShowNumber"}),
}
_TENCENT_FIELDS = {
    "SendSms": {"PhoneNumberSet", "SmsSdkAppId", "SignName", "TemplateId", "TemplateParamSet", "SessionContext"},
    "SendTts": {"CalledNumber", "VoiceSdkAppid", "TemplateId", "TemplateParamSet", "PlayTimes", "SessionContext"},
}
# Numbers of the mainland, and of the country code 999, which nobody has and which the simulated city's people use.
_ALIYUN_NUMBER = re.compile(r"(?:\+?86)?1\d{10}|\+?999\d{6,12}")
_TENCENT_NUMBER = re.compile(r"\+861\d{10}|\+999\d{6,12}")


class RequestWrong(Exception):
    """A request that the provider answers with this code; `expected`: any sender may make that mistake."""

    def __init__(self, code: str, message: str, *, expected: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.expected = expected


def make_router(world: World) -> APIRouter:
    """The one address of both clouds."""
    router = APIRouter()

    @router.post("/")
    async def take(request: Request) -> Response:
        body = await request.body()
        tencent = "x-tc-action" in request.headers
        try:
            if tencent:
                return await _take_tencent(world, request, body)
            return await _take_aliyun(world, request, body)
        except (RequestWrong, SignatureRefused) as error:
            wrong = error if isinstance(error, RequestWrong) else RequestWrong("SignatureDoesNotMatch", str(error))
            if not wrong.expected:
                world.unexpected.append(f"{'Tencent' if tencent else 'Aliyun'}: {wrong}")
            return _refuse_tencent(wrong) if tencent else _refuse_aliyun(wrong)

    return router


async def _take_aliyun(world: World, request: Request, body: bytes) -> Response:
    headers, query = dict(request.headers), request.url.query
    check_aliyun("POST", query, headers, body, {world.plan.key_id: world.plan.key_secret})
    _check_nonce(world, headers["x-acs-signature-nonce"])
    said = dict(parse_qsl(query, keep_blank_values=True))
    action = headers.get("x-acs-action", "")
    if action not in _ALIYUN_FIELDS or headers.get("x-acs-version") != "2017-05-25":
        raise RequestWrong("InvalidAction.NotFound", action)
    owed, allowed = _ALIYUN_FIELDS[action]
    _check_fields(set(said), owed, allowed)
    sms = action == "SendSms"
    text = _fill(said["TemplateCode" if sms else "TtsCode"], json.loads(said["TemplateParam" if sms else "TtsParam"]))
    if sms and said["SignName"] != world.plan.sign_name:
        raise RequestWrong("isv.SMS_SIGNATURE_ILLEGAL", said["SignName"])
    number = said["PhoneNumbers" if sms else "CalledNumber"]
    if not _ALIYUN_NUMBER.fullmatch(number):
        raise RequestWrong("isv.MOBILE_NUMBER_ILLEGAL", f"{number} invalid mobile number", expected=True)
    fate, id_ = await _carry(world, "sms" if sms else "voice", "aliyun", number, text, said["OutId"])
    if fate is Fate.DROP:
        return Cut()
    if fate is Fate.REJECT:
        return _refuse_aliyun(RequestWrong(f"isv.{'BLACK_KEY_CONTROL_LIMIT' if sms else 'BLACKLISTED_NUMBER'}", number))
    if id_ is None:
        return JSONResponse({"Code": "ServiceUnavailable", "Message": "try again", "RequestId": "r"}, 503)
    return JSONResponse({"Code": "OK", "Message": "OK", "RequestId": "r", "BizId" if sms else "CallId": id_})


async def _take_tencent(world: World, request: Request, body: bytes) -> Response:
    headers = dict(request.headers)
    check_tencent(headers, body, {world.plan.key_id: world.plan.key_secret})
    said: dict[str, Any] = json.loads(body)
    action = headers["x-tc-action"]
    if action not in _TENCENT_FIELDS or headers.get("x-tc-version") != {"SendSms": "2021-01-11"}.get(
        action, "2020-09-02"
    ):
        raise RequestWrong("InvalidAction", action)
    _check_fields(set(said), _TENCENT_FIELDS[action], set())
    sms = action == "SendSms"
    if said["SmsSdkAppId" if sms else "VoiceSdkAppid"] != world.plan.app_id:
        raise RequestWrong("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "no such application")
    names = re.findall(r"\$\{(\w+)\}", TEMPLATES.get(said["TemplateId"], ""))
    if len(names) != len(said["TemplateParamSet"]):
        raise RequestWrong("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "wrong number of variables")
    text = _fill(said["TemplateId"], dict(zip(names, said["TemplateParamSet"], strict=True)))
    number = said["PhoneNumberSet"][0] if sms else said["CalledNumber"]
    if not _TENCENT_NUMBER.fullmatch(number):
        raise RequestWrong("InvalidParameterValue.IncorrectPhoneNumber", "not a number", expected=True)
    fate, id_ = await _carry(world, "sms" if sms else "voice", "tencent", number, text, said["SessionContext"])
    if fate is Fate.DROP:
        return Cut()
    if fate is Fate.REJECT:
        black_list = f"FailedOperation.{'PhoneNumber' if sms else 'CalledNumber'}InBlacklist"
        return _refuse_tencent(RequestWrong(black_list, number))
    if id_ is None:
        return _refuse_tencent(RequestWrong("InternalError.Timeout", "try again"))
    context = said["SessionContext"]
    status: Any = {"CallId": id_, "SessionContext": context}
    if sms:
        status = [{"SerialNo": id_, "PhoneNumber": number, "Fee": 1, "SessionContext": context, "Code": "Ok"}]
    return JSONResponse({"Response": {"SendStatusSet" if sms else "SendStatus": status, "RequestId": "r"}})


async def _carry(
    world: World, channel: str, provider: str, number: str, text: str, key: str
) -> tuple[Fate, str | None]:
    """What became of a message, and its id; None when it was not taken, or when the provider does not say so."""
    fate = await world.decide(channel)
    if fate is not Fate.TAKE:
        return fate, None
    item = await world.phones.add(channel, provider, number, text, key=key)
    await (world.arrive_sms(item) if channel == "sms" else world.ring(item))
    return fate, None if world.stumbles(channel) else item.provider_id


def _fill(template: str, variables: Mapping[str, Any]) -> str:
    text = TEMPLATES.get(template)
    if text is None or template not in {ALARM_SMS, NOTICE_SMS, SPOKEN}:
        raise RequestWrong("isv.SMS_TEMPLATE_ILLEGAL", template)
    names = set(re.findall(r"\$\{(\w+)\}", text))
    if names != set(variables) or not all(isinstance(value, str) and value for value in variables.values()):
        raise RequestWrong("isv.TEMPLATE_MISSING_PARAMETERS", f"wanted {sorted(names)}")
    return re.sub(r"\$\{(\w+)\}", lambda found: str(variables[found[1]]), text)


def _check_fields(given: set[str], owed: set[str], allowed: set[str]) -> None:
    if given - owed - allowed or owed - given:
        raise RequestWrong("InvalidParameter", f"wanted {sorted(owed)}, got {sorted(given)}")


def _check_nonce(world: World, nonce: str) -> None:
    if nonce in world.nonces:
        raise RequestWrong("SignatureNonceUsed", nonce)
    world.nonces.add(nonce)


def _refuse_aliyun(wrong: RequestWrong) -> Response:
    status = 200 if wrong.code.startswith("isv.") else 400
    return JSONResponse({"Code": wrong.code, "Message": wrong.message, "RequestId": "r"}, status)


def _refuse_tencent(wrong: RequestWrong) -> Response:
    return JSONResponse({"Response": {"Error": {"Code": wrong.code, "Message": wrong.message}, "RequestId": "r"}})

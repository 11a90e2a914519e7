"""What can be changed of how somebody signs in, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo


class SignInChange(StrEnum):
    """One thing that was changed, whose owner must learn of it."""

    PASSWORD = "password"  # nobody's password: the word for it  # noqa: S105
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    IDENTITY_TIED = "identity_tied"
    IDENTITY_UNTIED = "identity_untied"
    PERSON_TIED = "person_tied"
    PERSON_UNTIED = "person_untied"


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change as its message tells it: `address` is where it was asked for, empty at the terminal where the service
    runs; `call` whom to telephone if it was nobody whom one knows."""

    account: str
    change: SignInChange
    at: datetime
    by: str
    by_owner: bool
    address: str
    call: Sequence[str]


TITLE = "账号安全 your account"
_NOBODY_TO_CALL = ("市值班台 the city's desk",)
_AT_TERMINAL = ("在服务器终端", "at the server's terminal")
_WHAT: Mapping[SignInChange, tuple[str, str]] = MappingProxyType(
    {
        SignInChange.PASSWORD: ("密码已修改", "its password was changed"),
        SignInChange.FACTOR_ON: ("第二重验证已打开", "its second factor was switched on"),
        SignInChange.FACTOR_OFF: ("第二重验证已关闭", "its second factor was switched off"),
        SignInChange.IDENTITY_TIED: ("已绑定单位账号", "it was tied to a sign-in at your organisation"),
        SignInChange.IDENTITY_UNTIED: ("已解绑单位账号", "it was untied from the sign-in at your organisation"),
        SignInChange.PERSON_TIED: ("已登记为您的账号", "it was entered as yours"),
        SignInChange.PERSON_UNTIED: ("不再登记为您的账号", "it is not entered as yours any more"),
    }
)


def write_change(told: ToldChange, zone: str) -> str:
    """What, when, by whom, from where, and whom to call; in both languages."""
    chinese, english = _WHAT[told.change]
    when = told.at.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")
    by_zh, by_en = ("本人", "yourself") if told.by_owner else (told.by, told.by)
    from_zh, from_en = _AT_TERMINAL if told.address == "" else (f"来自 {told.address}", f"from {told.address}")
    call = "、".join(told.call or _NOBODY_TO_CALL)
    return (
        f"账号 {told.account} {chinese}:{when},{by_zh},{from_zh}。不是您本人要求的,请立即致电 {call}。"
        f"Account {told.account}: {english}, {when}, by {by_en}, {from_en}. Not you? Telephone {call} at once."
    )

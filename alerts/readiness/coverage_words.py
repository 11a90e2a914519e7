"""Why a press would reach nobody, in words, for people to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.domain.coverage import Finding
from alerts.domain.coverage_reasons import Reason, ReasonCode
from alerts.domain.policies import read_zone
from alerts.domain.registry import Output, PostKind

LANGUAGES = ("zh", "en")

_REASONS: Mapping[ReasonCode, tuple[str, str]] = {
    ReasonCode.NO_POST: ("没有{kind}这个岗位", "there is no post of {kind}"),
    ReasonCode.NOBODY_HOLDS: ("岗位“{post}”没有人", "nobody holds the post {post}"),
    ReasonCode.ROSTER_GAP: ("“{post}”的排班这时没有人值班", "the roster of {post} has nobody on duty then"),
    ReasonCode.ROSTER_ENDS: ("“{post}”的排班到 {at} 为止", "the roster of {post} ends at {at}"),
    ReasonCode.ROSTER_EMPTY: ("“{post}”的排班是空的", "the roster of {post} is empty"),
    ReasonCode.ON_LEAVE: ("{person}请假到 {at}，没有代理人", "{person} is on leave until {at} without a deputy"),
    ReasonCode.DEPUTY_ON_LEAVE: (
        "{person}请假到 {at}，代理人也请假",
        "{person} is on leave until {at}, and so is everybody who stands in",
    ),
    ReasonCode.NO_METHOD: ("{person}没有登记联系方式", "{person} has no contact method"),
    ReasonCode.NOT_VERIFIED: ("{person}的联系方式（{channels}）没有验证", "{person} never verified {channels}"),
    ReasonCode.CHANNEL_OFF: (
        "{person}只有已停用的通道：{channels}",
        "{person} has only channels that are off: {channels}",
    ),
    ReasonCode.FAILING: ("{person}的{channels}发不通", "messages to {person} by {channels} are failing"),
    ReasonCode.WRONG_CHANNEL: (
        "这一步只用{channels}，{person}没有",
        "this step uses only {channels}, which {person} does not have",
    ),
    ReasonCode.NO_SUCH_PERSON: ("没有人员 {code}", "there is no person {code}"),
    ReasonCode.NO_NEIGHBOURS: ("附近没有其他学校", "there are no neighbouring schools"),
    ReasonCode.NEIGHBOURS_UNREACHED: ("附近学校没有能通知到的人", "nobody at the neighbouring schools can be reached"),
    ReasonCode.NOBODY_ON_DUTY: ("学校没有任何值班岗位", "the school has no post that is on duty"),
    ReasonCode.ONLY_POLICE: ("这一步只移交 110", "this step only hands over to 110"),
    ReasonCode.TOO_LATE: ("{seconds} 秒后才通知到人", "somebody is reached only after {seconds} s"),
}
_POSTS: Mapping[PostKind, tuple[str, str]] = {
    PostKind.SCHOOL_DUTY: ("学校值班", "school duty"),
    PostKind.PRINCIPAL: ("校长", "principal"),
    PostKind.DUTY_LEADER: ("带班领导", "duty leader"),
    PostKind.GUARD: ("专职保安", "full-time guard"),
    PostKind.GUARD_TEAM: ("护校队", "school guard team"),
    PostKind.CROSSING_POST: ("护学岗", "crossing post"),
    PostKind.DISTRICT_DESK: ("区市值班室", "district desk"),
    PostKind.SUPERVISOR: ("督导员", "supervisor"),
    PostKind.CITY_DESK: ("市值班室", "city desk"),
    PostKind.POLICE_LINK: ("110 联动", "110 link"),
    PostKind.HEAD_OF_BUREAU: ("局领导", "head of the bureau"),
}
_OUTPUTS: Mapping[Output, tuple[str, str]] = {
    Output.SIREN: ("警笛", "siren"),
    Output.STROBE: ("警灯", "strobe"),
    Output.LOCK: ("门锁", "lock"),
    Output.VOICE: ("广播", "voice"),
}
_FINDINGS: Mapping[Finding, tuple[str, str]] = {
    Finding.NOBODY: ("60 秒内通知不到任何人", "nobody is reached within 60 s"),
    Finding.FIRST_STEP_EMPTY: (
        "第一步通知不到人，直接通知更远的人",
        "the first step reaches nobody, others are called instead",
    ),
}


def say_reason(reason: Reason, language: str, zone: str) -> str:
    """A reason in Chinese (`zh`) or English (`en`); times by the school's clock."""
    place = LANGUAGES.index(language)
    return _REASONS[reason.code][place].format(
        kind=_POSTS[reason.post_kind][place] if reason.post_kind else "",
        post=reason.post_name or reason.post or "",
        person=reason.person_name or reason.person or "",
        code=reason.person or "",
        at=say_time(reason.at, zone) if reason.at else "",
        channels=("、" if language == "zh" else ", ").join(reason.channels),
        seconds=reason.seconds,
    )


def say_finding(finding: Finding, language: str) -> str:
    """What a hole means."""
    return _FINDINGS[finding][LANGUAGES.index(language)]


def say_post(kind: PostKind, language: str) -> str:
    """A kind of post."""
    return _POSTS[kind][LANGUAGES.index(language)]


def say_output(output: Output, devices: Sequence[str], seconds: int | None, language: str) -> str:
    """What goes on at a school, where, and for how long."""
    name = _OUTPUTS[output][LANGUAGES.index(language)]
    if language == "zh":
        lasts = "直到结案" if seconds is None else f"{seconds} 秒"
        return f"{name}：{'、'.join(devices)}，{lasts}" if devices else f"{name}：这所学校没有"
    lasts = "until it is closed" if seconds is None else f"for {seconds} s"
    return f"{name} at {', '.join(devices)}, {lasts}" if devices else f"{name}: no device there has one"


def say_time(at: datetime, zone: str) -> str:
    """An instant on the school's clock, to the minute."""
    return at.astimezone(read_zone(zone)).strftime("%Y-%m-%d %H:%M")

"""The words that people write for the registry's kinds, in Chinese and in English, and how writing is evened out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from alerts.domain.contacts import CertificateKind
from alerts.domain.plans import Phase
from alerts.domain.presses import Kind
from alerts.domain.registry import DeviceRole, Output, Ownership, PointKind, PostKind, SchoolKind

_REMARK = re.compile(r"\(.*?\)")
_FILLER = re.compile(r"[\s_*:-]+")

# The first word of each is the one that we write ourselves.
SCHOOL_KINDS: Mapping[SchoolKind, tuple[str, ...]] = MappingProxyType(
    {
        SchoolKind.KINDERGARTEN: ("幼儿园",),
        SchoolKind.PRIMARY: ("小学",),
        SchoolKind.JUNIOR: ("初中", "初级中学"),
        SchoolKind.SENIOR: ("高中", "高级中学", "普通高中"),
        SchoolKind.NINE_YEAR: ("九年一贯制", "九年一贯制学校"),
        SchoolKind.TWELVE_YEAR: ("十二年一贯制", "十二年一贯制学校"),
        SchoolKind.VOCATIONAL: ("中职", "中等职业学校", "职业学校"),
        SchoolKind.SPECIAL: ("特殊教育", "特殊教育学校"),
    }
)
OWNERSHIPS: Mapping[Ownership, tuple[str, ...]] = MappingProxyType(
    {Ownership.PUBLIC: ("公办", "公立"), Ownership.PRIVATE: ("民办", "私立")}
)
DEVICE_ROLES: Mapping[DeviceRole, tuple[str, ...]] = MappingProxyType(
    {
        DeviceRole.ALARM: ("报警", "报警设备", "一键报警"),
        DeviceRole.GATE: ("校门", "门磁", "校门门磁"),
        DeviceRole.VISITOR_TERMINAL: ("访客机", "访客终端"),
        DeviceRole.POST_READER: ("岗位打卡机", "打卡机", "巡更机"),
    }
)
POINT_KINDS: Mapping[PointKind, tuple[str, ...]] = MappingProxyType(
    {
        PointKind.GATEHOUSE: ("门卫室", "门卫", "传达室"),
        PointKind.CONTROL_ROOM: ("监控室", "安防监控室"),
        PointKind.CORRIDOR: ("走廊",),
        PointKind.DORMITORY: ("宿舍",),
        PointKind.OFFICE: ("办公室",),
        PointKind.OTHER: ("其他", "其它"),
    }
)
OUTPUTS: Mapping[Output, tuple[str, ...]] = MappingProxyType(
    {
        Output.LOCK: ("门锁", "电子锁", "电控锁"),
        Output.SIREN: ("警报器", "警笛", "警号"),
        Output.STROBE: ("频闪灯", "闪灯", "警灯"),
        Output.VOICE: ("语音", "广播", "语音广播"),
    }
)
POST_KINDS: Mapping[PostKind, tuple[str, ...]] = MappingProxyType(
    {
        PostKind.SCHOOL_DUTY: ("学校值班", "学校值班员"),
        PostKind.PRINCIPAL: ("校长", "园长"),
        PostKind.DUTY_LEADER: ("带班领导", "值班领导", "带班干部"),
        PostKind.GUARD: ("专职保安", "保安", "保安员"),
        PostKind.GUARD_TEAM: ("护校队", "护校队员"),
        PostKind.CROSSING_POST: ("护学岗", "护学岗人员"),
        PostKind.DISTRICT_DESK: ("区值班台", "区市值班台"),
        PostKind.SUPERVISOR: ("区督导", "督导"),
        PostKind.CITY_DESK: ("市值班台",),
        PostKind.POLICE_LINK: ("110接警", "110"),
        PostKind.HEAD_OF_BUREAU: ("局长",),
    }
)

CHANNELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sms": ("短信", "手机短信"),
        "voice": ("电话", "语音", "语音电话"),
        "mail": ("邮件", "邮箱", "电子邮件"),
        "dingtalk": ("钉钉",),
        "wecom": ("企业微信",),
        "feishu": ("飞书",),
        "apprise": ("Apprise",),
    }
)
CERTIFICATE_KINDS: Mapping[CertificateKind, tuple[str, ...]] = MappingProxyType(
    {
        CertificateKind.GUARD: ("保安员证", "保安证"),
        CertificateKind.FIRE_CONTROL: ("消防设施操作员证", "消防证"),
        CertificateKind.FIRST_AID: ("急救证", "急救员证", "救护员证"),
        CertificateKind.BACKGROUND_CHECK: ("背景审查", "背审"),
        CertificateKind.OTHER: ("其他", "其它"),
    }
)

PRESS_KINDS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.PANIC: ("紧急", "紧急报警", "一键报警"),
        Kind.VIOLENCE: ("暴力", "暴力事件", "涉校暴力"),
        Kind.INTRUDER: ("闯入", "非法闯入", "外来人员闯入"),
        Kind.FIRE: ("火警", "火灾", "消防"),
        Kind.MEDICAL: ("医疗", "医疗急救", "急救"),
        Kind.OTHER: ("其他", "其它"),
    }
)
PHASES: Mapping[Phase, tuple[str, ...]] = MappingProxyType(
    {
        Phase.BEFORE: ("事前", "预防"),
        Phase.SELF_HELP: ("1分钟自救", "一分钟自救", "自救", "1"),
        Phase.MUTUAL_HELP: ("3分钟互救", "三分钟互救", "互救", "3"),
        Phase.REINFORCEMENT: ("5分钟增援", "五分钟增援", "增援", "5"),
        Phase.AFTER: ("事后", "善后"),
    }
)


def fold(text: str) -> str:
    """Evens out how a heading or a kind is written: width, case, blanks, `_`, `-`, `*`, and a remark in brackets.

    >>> fold("学校代码（必填）*"), fold("Ｎｉｎｅ－Year")
    ('学校代码', 'nineyear')
    """
    return _FILLER.sub("", _REMARK.sub("", unicodedata.normalize("NFKC", text))).casefold()

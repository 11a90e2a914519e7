"""The words that people write for the registry's kinds, in Chinese and in English, and how writing is evened out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from alerts.domain.registry import Ownership, PointKind, PostKind, SchoolKind

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
POST_KINDS: Mapping[PostKind, tuple[str, ...]] = MappingProxyType(
    {
        PostKind.SCHOOL_DUTY: ("学校值班", "学校值班员"),
        PostKind.PRINCIPAL: ("校长", "园长"),
        PostKind.DISTRICT_DESK: ("区值班台", "区市值班台"),
        PostKind.SUPERVISOR: ("区督导", "督导"),
        PostKind.CITY_DESK: ("市值班台",),
        PostKind.POLICE_LINK: ("110接警", "110"),
        PostKind.HEAD_OF_BUREAU: ("局长",),
    }
)


def fold(text: str) -> str:
    """Evens out how a heading or a kind is written: width, case, blanks, `_`, `-`, `*`, and a remark in brackets.

    >>> fold("学校代码（必填）*"), fold("Ｎｉｎｅ－Year")
    ('学校代码', 'nineyear')
    """
    return _FILLER.sub("", _REMARK.sub("", unicodedata.normalize("NFKC", text))).casefold()

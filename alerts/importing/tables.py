"""The kinds of file and their columns. A file's header tells which one it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alerts.domain.registry import DeviceRole
from alerts.importing import cells, contact_cells, words


class TableKind(StrEnum):
    """What a file holds, in the order in which files refer to each other."""

    SCHOOLS = "schools"
    DEVICES = "devices"
    CAMERAS = "cameras"
    PEOPLE = "people"
    RESPONSIBILITIES = "responsibilities"
    TRAININGS = "trainings"
    TIMETABLES = "timetables"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, other headings that mean it, and how a cell of it is read.

    A required column must stand in the header and be filled in each row. An empty cell of any other is `blank`.
    A column that the file does not have leaves what is registered as it is; a new row gets `blank`.
    """

    name: str
    headings: tuple[str, ...]
    read: Callable[[str], Any]
    required: bool = False
    blank: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of file."""

    kind: TableKind
    columns: tuple[Column, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of all columns, as a program that writes such a file heads them."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a file is not of this kind."""
        return tuple(column.name for column in self.columns if column.required)

    def blanks(self) -> dict[str, Any]:
        """What each column of a new row is when the file does not say."""
        return {column.name: column.blank for column in self.columns}


_NAME = cells.read_text(200)
_DISTRICT_HEADINGS = ("区市代码", "区代码", "所属区市代码", "district_code")
_SCHOOL_HEADINGS = ("学校代码", "学校标识码", "school_code")

SCHOOLS = Table(
    TableKind.SCHOOLS,
    (
        Column("code", ("学校代码", "学校标识码", "代码", "school_code"), cells.read_code, required=True),
        Column("name", ("学校名称", "名称", "校名", "school_name"), _NAME, required=True),
        Column("district", _DISTRICT_HEADINGS, cells.read_code, required=True),
        Column("district_name", ("区市名称", "区市", "区名称", "所属区市"), _NAME),
        Column("district_name_en", ("区市英文名称", "区市英文名", "区英文名称"), _NAME),
        Column(
            "kind", ("类别", "学校类别", "办学类型", "学段", "school_kind"), cells.read_kind(words.SCHOOL_KINDS), True
        ),
        Column("ownership", ("办学性质", "公办/民办", "举办者", "性质"), cells.read_kind(words.OWNERSHIPS), True),
        Column("students", ("学生数", "学生人数", "在校生数", "在校生"), cells.read_whole(0, 200_000), True),
        Column("boarders", ("寄宿生数", "住宿生数", "寄宿生", "住校生数"), cells.read_whole(0, 200_000), blank=0),
        Column("address", ("地址", "学校地址", "详细地址"), cells.read_text(500), blank=""),
        Column("latitude", ("纬度", "lat"), cells.read_degrees(90)),
        Column("longitude", ("经度", "lon", "lng"), cells.read_degrees(180)),
        Column("group", ("教育集团代码", "集团代码", "group_code"), cells.read_code),
        Column("group_name", ("教育集团名称", "教育集团", "集团名称"), _NAME),
        Column("head_school", ("总校代码", "总校", "集团总校代码"), cells.read_code),
        Column("zone", ("时区", "time_zone"), cells.read_zone, blank="Asia/Shanghai"),
    ),
)

DEVICES = Table(
    TableKind.DEVICES,
    (
        Column("code", ("设备代码", "设备编号", "设备编码", "device_code"), cells.read_code, required=True),
        Column("school", _SCHOOL_HEADINGS, cells.read_code, required=True),
        Column("point", ("点位", "点位名称", "安装位置", "安装地点"), cells.read_text(100), required=True),
        Column("point_kind", ("点位类别", "点位类型", "位置类别"), cells.read_kind(words.POINT_KINDS), required=True),
        Column("interval_seconds", ("心跳间隔秒", "心跳间隔", "上报间隔"), cells.read_whole(5, 86_400), blank=60),
        Column(
            "outputs", ("现场输出", "输出", "联动输出"), cells.read_several(cells.read_kind(words.OUTPUTS)), blank=()
        ),
        Column("role", ("用途", "设备用途", "设备类型"), cells.read_kind(words.DEVICE_ROLES), blank=DeviceRole.ALARM),
    ),
)

CAMERAS = Table(
    TableKind.CAMERAS,
    (
        Column("school", _SCHOOL_HEADINGS, cells.read_code, required=True),
        Column("camera", ("摄像头", "摄像机", "摄像头名称", "摄像机名称"), cells.read_text(100), required=True),
        Column("point", ("点位", "点位名称", "安装位置", "安装地点"), cells.read_text(100)),
        Column("link", ("链接", "画面链接", "视频链接", "url"), cells.read_link),
    ),
)

PEOPLE = Table(
    TableKind.PEOPLE,
    (
        Column("code", ("人员代码", "人员编号", "工号", "person_code"), cells.read_code, required=True),
        Column("name", ("姓名", "人员姓名"), cells.read_text(100), required=True),
        Column("phone", ("电话", "手机", "手机号", "手机号码", "联系电话"), cells.read_phone),
        Column("post", ("岗位", "职务", "岗位类别", "post_kind"), cells.read_kind(words.POST_KINDS), required=True),
        Column("school", _SCHOOL_HEADINGS, cells.read_code),
        Column("district", _DISTRICT_HEADINGS, cells.read_code),
        Column("rank", ("顺位", "呼叫顺序", "顺序"), cells.read_whole(1, 100), blank=1),
        Column("methods", ("联系方式", "contact_methods"), contact_cells.read_contacts),
        Column("verified", ("已验证", "担保人", "vouched_by"), contact_cells.read_voucher),
        Column("certificates", ("证书", "证件"), contact_cells.read_certificates),
        Column("deputies", ("代理人", "代理人代码", "deputy"), contact_cells.read_codes),
    ),
)

_PLAN_HEADINGS = ("预案代码", "预案编号", "plan_code")
_DAY = cells.read_day

RESPONSIBILITIES = Table(
    TableKind.RESPONSIBILITIES,
    (
        Column("plan", _PLAN_HEADINGS, cells.read_code, required=True),
        Column("plan_name", ("预案名称", "预案"), _NAME),
        Column("plan_name_en", ("预案英文名称", "预案英文名"), _NAME),
        Column(
            "kinds", ("适用警情", "警情类别", "press_kinds"), cells.read_several(cells.read_kind(words.PRESS_KINDS))
        ),
        Column("school", _SCHOOL_HEADINGS, cells.read_code),
        Column("valid_from", ("生效日期", "启用日期"), _DAY),
        Column("valid_until", ("有效期至", "失效日期", "截止日期"), _DAY),
        Column("number", ("序号", "责任编号", "编号"), cells.read_whole(1, 99_999), required=True),
        Column("phase", ("阶段", "时段"), cells.read_kind(words.PHASES), required=True),
        Column("text", ("责任内容", "责任", "职责"), cells.read_text(500), required=True),
        Column("text_en", ("责任英文", "责任内容英文"), cells.read_text(500), blank=""),
        Column("post", ("责任岗位", "岗位", "post_kind"), cells.read_kind(words.POST_KINDS), required=True),
        Column("person", ("责任人代码", "责任人", "人员代码"), cells.read_code),
        Column("deputy", ("替补代码", "替补", "副手代码"), cells.read_code),
        Column("training", ("需培训", "是否需培训"), cells.read_yes_or_no, blank=True),
        Column("certificate", ("所需证书", "需持证"), cells.read_kind(words.CERTIFICATE_KINDS)),
        Column("sample", ("示例", "是否示例"), cells.read_yes_or_no),
    ),
)

TRAININGS = Table(
    TableKind.TRAININGS,
    (
        Column("person", ("人员代码", "人员编号", "工号", "person_code"), cells.read_code, required=True),
        Column("plan", _PLAN_HEADINGS, cells.read_code, required=True),
        Column("trained_on", ("培训日期", "受训日期"), _DAY, required=True),
    ),
)

TIMETABLES = Table(
    TableKind.TIMETABLES,
    (
        Column("school_kind", ("类别", "学校类别", "学段"), cells.read_kind(words.SCHOOL_KINDS)),
        Column("school", _SCHOOL_HEADINGS, cells.read_code),
        Column("weekdays", ("星期", "周几"), cells.read_weekdays, required=True),
        Column("arrivals", ("上学时段", "到校时段", "入校时段"), cells.read_hours, required=True),
        Column("dismissals", ("放学时段", "离校时段"), cells.read_hours, required=True),
        Column("lessons", ("上课时段", "课时"), cells.read_hours, blank=()),
        Column("closes", ("闭校时间", "关门时间"), cells.read_clock),
        Column("lights_out", ("熄灯时间", "就寝时间"), cells.read_clock),
        Column("valid_from", ("生效日期", "启用日期"), _DAY, required=True),
        Column("valid_until", ("有效期至", "截止日期"), _DAY),
    ),
)

TERMS = Table(
    TableKind.TERMS,
    (
        Column("term", ("学期名称", "学期"), cells.read_text(60), required=True),
        Column("first_on", ("开学日期", "第一天"), _DAY, required=True),
        Column("last_on", ("放假日期", "最后一天"), _DAY, required=True),
        Column("school", _SCHOOL_HEADINGS, cells.read_code),
    ),
)

TABLES = (SCHOOLS, DEVICES, CAMERAS, PEOPLE, RESPONSIBILITIES, TRAININGS, TIMETABLES, TERMS)

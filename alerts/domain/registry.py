"""The city as it is registered: districts, schools, points, devices, people and the posts that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SchoolKind(StrEnum):
    """Kinds of school in the city's statistics."""

    KINDERGARTEN = "kindergarten"
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"
    NINE_YEAR = "nine_year"
    TWELVE_YEAR = "twelve_year"
    VOCATIONAL = "vocational"
    SPECIAL = "special"


class Ownership(StrEnum):
    """Who runs a school."""

    PUBLIC = "public"
    PRIVATE = "private"


class DeviceRole(StrEnum):
    """What a device is for. One device has one role; only alarm devices have buttons to be proved."""

    ALARM = "alarm"
    GATE = "gate"
    VISITOR_TERMINAL = "visitor_terminal"
    POST_READER = "post_reader"


class Output(StrEnum):
    """What a device can do on site."""

    SIREN = "siren"
    STROBE = "strobe"
    LOCK = "lock"
    VOICE = "voice"


class PointKind(StrEnum):
    """Where in a school a device hangs."""

    GATEHOUSE = "gatehouse"
    CONTROL_ROOM = "control_room"
    CORRIDOR = "corridor"
    DORMITORY = "dormitory"
    OFFICE = "office"
    OTHER = "other"


class PostKind(StrEnum):
    """Posts that an escalation step can call: those of a school, of a district, and of the city.

    `guard` is 专职保安 (full-time guards), `guard_team` 护校队 (the school's guard team), `crossing_post` 护学岗.
    """

    SCHOOL_DUTY = "school_duty"
    PRINCIPAL = "principal"
    DUTY_LEADER = "duty_leader"
    GUARD = "guard"
    GUARD_TEAM = "guard_team"
    CROSSING_POST = "crossing_post"
    DISTRICT_DESK = "district_desk"
    SUPERVISOR = "supervisor"
    CITY_DESK = "city_desk"
    POLICE_LINK = "police_link"
    HEAD_OF_BUREAU = "head_of_bureau"


SCHOOL_POSTS = frozenset(
    {
        PostKind.SCHOOL_DUTY,
        PostKind.PRINCIPAL,
        PostKind.DUTY_LEADER,
        PostKind.GUARD,
        PostKind.GUARD_TEAM,
        PostKind.CROSSING_POST,
    }
)
DISTRICT_POSTS = frozenset({PostKind.DISTRICT_DESK, PostKind.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class District:
    """A district or county-level city; `position` orders lists."""

    code: str
    name: str
    name_en: str
    position: int


@dataclass(frozen=True, slots=True)
class EducationGroup:
    """An education group: a head campus and its branches."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class School:
    """A school or campus. `latitude` and `longitude` are WGS-84 degrees; `zone` is an IANA time zone."""

    code: str
    district: str
    name: str
    kind: SchoolKind
    ownership: Ownership
    students: int
    boarders: int
    address: str
    latitude: float | None
    longitude: float | None
    group: str | None = None
    head_school: str | None = None
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a school where devices hang; unique by school and name."""

    school: str
    kind: PointKind
    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device; its code is also its user name at the broker. `interval_seconds` is the beat it promises, `outputs`
    what it can do on site, in alphabetical order."""

    code: str
    school: str
    point: str
    interval_seconds: int = 60
    outputs: tuple[Output, ...] = ()
    role: DeviceRole = DeviceRole.ALARM


@dataclass(frozen=True, slots=True)
class Camera:
    """A link to a camera, unique by school and name; `point` is the one that it looks at, None for the school's as a
    whole."""

    school: str
    name: str
    address: str
    point: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be reached; never a pupil."""

    code: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post at a school, in a district, or for the city (both None)."""

    code: str
    kind: PostKind
    name: str
    district: str | None = None
    school: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A person holds a post; lower `rank` is called first, all of a post are called by default."""

    post: str
    person: str
    rank: int = 1


@dataclass(frozen=True, slots=True)
class City:
    """A whole registry, as a generator or an importer hands it on."""

    districts: tuple[District, ...]
    groups: tuple[EducationGroup, ...]
    schools: tuple[School, ...]
    points: tuple[Point, ...]
    devices: tuple[Device, ...]
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    holdings: tuple[Holding, ...]

"""What a rule is: a small pure function with its numbers, its group and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from alerts.domain.compliance.school_day import SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms
from alerts.domain.compliance.verdicts import Grade, Judgement


class Group(StrEnum):
    """What a rule is about. The first three are the three teams (三支队伍), CLOSED and ALARM the two
    hundreds (两个100%)."""

    GUARDS = "guards"  # 专职保安
    TEAM = "team"  # 护校队
    CROSSING = "crossing"  # 护学岗
    CLOSED = "closed"  # 封闭管理
    ALARM = "alarm"  # 一键报警
    ANSWERING = "answering"
    PATROL = "patrol"
    RECORDS = "records"
    DRILLS = "drills"
    PLANS = "plans"
    HAZARDS = "hazards"


class Input(StrEnum):
    """What a rule looks at; it is judged anew when something of it changes."""

    GATES = "gates"
    VISITS = "visits"
    CHECK_INS = "check_ins"
    DEVICES = "devices"
    STAFF = "staff"
    ROSTERS = "rosters"
    FACTS = "facts"
    INCIDENTS = "incidents"
    PRESSES = "presses"
    DRILLS = "drills"
    HAZARDS = "hazards"
    PLANS = "plans"
    SCHEDULE = "schedule"
    SCHOOL = "school"


Judge = Callable[[SchoolDay, Terms], Judgement]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `code` is the inspector's; `source` where it is from and `standing` how sure that is; `grades` what kinds
    of evidence can hold it up. `defaults` are its numbers."""

    code: str
    group: Group
    zh: str
    en: str
    source: str
    standing: Standing
    grades: tuple[Grade, ...]
    inputs: frozenset[Input]
    judge: Judge
    defaults: Mapping[str, Default] = field(default_factory=lambda: MappingProxyType({}))
    terms: Terms = field(init=False, repr=False)
    """What counts where no level set another number: nearly everywhere."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", Terms({name: default.value for name, default in self.defaults.items()}))

"""Writes the page's TypeScript types from the Python values that are sent to it, so that the two cannot drift.

`python -m dashboard.contract` writes `dashboard/web/src/lib/contract.ts`; a test checks that the file is fresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alerts.compliance.hazards import HazardDetail
from alerts.compliance.proof import Evidence
from alerts.compliance.retention import HoldOutlook, Retention
from alerts.domain.board import DeviceItem, SchoolItem
from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.compliance.numbers import Wanted
from alerts.domain.incidents import Incident
from alerts.domain.presses import Problem
from alerts.domain.registry import District
from alerts.domain.shift_handovers import ShiftHandover, ShiftHandoverHead
from alerts.domain.targets import TargetKind
from alerts.domain.watchers import Watcher
from alerts.messages.notices import NoticeReach
from alerts.messages.sign_ins import SignInChanges
from alerts.orders.wishes import ChannelOrder, PolicyEnd, PolicyOrder, QuietOrder
from alerts.readiness.plans import SchoolCoverage, SchoolFigure
from alerts.readiness.policies import EffectivePolicy
from alerts.readiness.practice import ReceiptsRecorded, TestMonth
from alerts.readiness.trials import PolicyTrial
from alerts.staff.calendars import CalendarPage
from alerts.staff.people import PersonDetail
from alerts.staff.roster_views import DutyNow, DutyPlan, RosterDetail
from alerts.staff.rosters import ImportedCalendar, SavedRoster
from alerts.staff.shift_handovers import ShiftDraft
from alerts.staff.subscriptions import Feed
from alerts.storage.accounts import AccountRow, SessionRow, TokenRow
from alerts.storage.board_reads import PressRow
from alerts.storage.channels import StrayRow
from alerts.storage.device_credentials import CredentialRow
from alerts.storage.exports import ExportRow
from alerts.storage.facts import FactRow
from alerts.storage.handovers import HandoverRow
from alerts.storage.inspections import InspectionHead
from alerts.storage.notices import NoticeMessage
from alerts.storage.parameters import ParameterRow
from alerts.storage.people import PersonalChannel
from alerts.storage.plans import PlanHead, TrainingRow
from alerts.storage.policies import PolicyVersion
from alerts.storage.retention import HoldRow
from alerts.storage.schedules import ExceptionRow
from alerts.storage.windows import Window
from dashboard.api.accounts import MadeToken
from dashboard.api.answer_times import AnswerTimesPage
from dashboard.api.calendars import SavedDay
from dashboard.api.channels import ChannelsNow
from dashboard.api.compliance import Catalogue, ComplianceFigures, ComplianceMatrix, ComplianceTrend
from dashboard.api.compliance_days import SchoolDayTimeline
from dashboard.api.compliance_schools import SaidBreach, SchoolCompliance
from dashboard.api.coverage import CoveragePage, SaidExplanation
from dashboard.api.device_credentials import CredentialsNow, IssuedCredentials, Shown
from dashboard.api.device_history import DeviceHistory
from dashboard.api.incident_details import IncidentDetail
from dashboard.api.incidents import Moved
from dashboard.api.inspections import SaidInspection
from dashboard.api.notices import NoticeDetail
from dashboard.api.number_trials import TrialLine
from dashboard.api.orders import Orders
from dashboard.api.people import SavedDeputies, SavedLeave
from dashboard.api.plans import CityCoverage, MovedTask, PlanDetail, SavedVersion
from dashboard.api.police import HandedOver, PoliceOverview
from dashboard.api.policies import RuleHistory
from dashboard.api.practice import ButtonInMonth
from dashboard.api.presses import PressStored, Quarantined
from dashboard.api.push import OwnBrowsers
from dashboard.api.registry import SchoolDetail
from dashboard.api.replay import ReplayedBoard, ReplayedChanges
from dashboard.api.rosters import SavedOverride
from dashboard.api.second_factors import FactorShown, KeptCodes, OwnFactor
from dashboard.api.sessions import ProofState, SignedIn, WaysIn

OUTPUT = Path(__file__).parent / "web/src/lib/contract.ts"
SHAPES: tuple[type, ...] = (
    District,
    SchoolItem,
    DeviceItem,
    ComplianceItem,
    Incident,
    Problem,
    SignedIn,
    WaysIn,
    Orders,
    PolicyOrder,
    PolicyEnd,
    QuietOrder,
    ChannelOrder,
    Wanted,
    ProofState,
    SessionRow,
    SignInChanges,
    OwnFactor,
    FactorShown,
    KeptCodes,
    OwnBrowsers,
    AccountRow,
    TokenRow,
    MadeToken,
    CredentialRow,
    CredentialsNow,
    IssuedCredentials,
    Shown,
    SchoolDetail,
    DeviceHistory,
    IncidentDetail,
    Moved,
    Watcher,
    HandoverRow,
    HandedOver,
    PoliceOverview,
    PressRow,
    PressStored,
    Quarantined,
    ChannelsNow,
    StrayRow,
    NoticeDetail,
    NoticeMessage,
    NoticeReach,
    PlanHead,
    PlanDetail,
    SavedVersion,
    TrainingRow,
    CityCoverage,
    SchoolFigure,
    SchoolCoverage,
    MovedTask,
    TargetKind,
    PolicyVersion,
    RuleHistory,
    EffectivePolicy,
    PolicyTrial,
    CoveragePage,
    SaidExplanation,
    PersonDetail,
    PersonalChannel,
    SavedLeave,
    SavedDeputies,
    RosterDetail,
    SavedRoster,
    ImportedCalendar,
    SavedOverride,
    DutyPlan,
    DutyNow,
    CalendarPage,
    SavedDay,
    ExceptionRow,
    Feed,
    Window,
    ReplayedBoard,
    ReplayedChanges,
    ShiftDraft,
    ShiftHandover,
    ShiftHandoverHead,
    TestMonth,
    ButtonInMonth,
    ReceiptsRecorded,
    Retention,
    HoldRow,
    HoldOutlook,
    AnswerTimesPage,
    ComplianceFigures,
    ComplianceMatrix,
    ComplianceTrend,
    Catalogue,
    ParameterRow,
    TrialLine,
    SchoolCompliance,
    SaidBreach,
    SchoolDayTimeline,
    Evidence,
    FactRow,
    HazardDetail,
    ExportRow,
    SaidInspection,
    InspectionHead,
)

_HEAD = "// Written by `python -m dashboard.contract` from the Python values that are sent. Do not edit.\n"
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_INSTANT = "/** An instant, RFC 3339 in UTC. */\nexport type Instant = string\n"


def write_types(shapes: Iterable[type] = SHAPES) -> str:
    """TypeScript for `shapes` and whatever they are made of: enums as lists of words, dataclasses as interfaces."""
    _, schema = TypeAdapter.json_schemas([(shape, "serialization", TypeAdapter(shape)) for shape in shapes])
    definitions: Mapping[str, Any] = schema["$defs"]
    return "\n".join([_HEAD, _INSTANT, *(_write_definition(name, definitions[name]) for name in sorted(definitions))])


def _write_definition(name: str, schema: Mapping[str, Any]) -> str:
    comment = _write_comment(schema.get("description", ""))
    if "enum" in schema:
        words = ", ".join(_quote(word) for word in schema["enum"])
        return f"{comment}export const {name} = [{words}] as const\nexport type {name} = (typeof {name})[number]\n"
    # Every field is sent, those with a default too, so none is optional.
    fields = "".join(f"  {field}: {_write_type(its)}\n" for field, its in schema["properties"].items())
    return f"{comment}export interface {name} {{\n{fields}}}\n"


def _write_type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_write_type(choice) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " | ".join(_quote(word) for word in schema.get("enum", [schema.get("const")]))
    if schema.get("format") == "date-time":
        return "Instant"
    return _write_container(schema)


def _write_container(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    if kind == "array":
        item = _write_type(schema["items"])
        return f"{item}[]" if item.isidentifier() else f"({item})[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {_write_type(values) if isinstance(values, dict) else 'unknown'}>"
    return _SCALARS.get(kind, "unknown")


def _write_comment(text: str) -> str:
    lines = text.replace("*/", "* /").splitlines()
    if len(lines) < 2:
        return f"/** {lines[0]} */\n" if lines else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def _quote(word: object) -> str:
    return json.dumps(word, ensure_ascii=False)


if __name__ == "__main__":
    OUTPUT.write_text(write_types(), encoding="utf-8")

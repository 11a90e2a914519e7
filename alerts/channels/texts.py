"""What a message says: short, in both languages, a test or drill first of all."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.domain.incidents import Incident
from alerts.domain.presses import Kind, Mode

_ZONE = ZoneInfo("Asia/Shanghai")
_MODES = {Mode.LIVE: "", Mode.TEST: "【测试 TEST】", Mode.DRILL: "【演练 DRILL】"}
_KINDS = {
    Kind.PANIC: ("紧急报警", "panic alarm"),
    Kind.VIOLENCE: ("暴力事件", "violence"),
    Kind.INTRUDER: ("外来人员闯入", "intruder"),
    Kind.FIRE: ("火情", "fire"),
    Kind.MEDICAL: ("医疗急救", "medical emergency"),
    Kind.OTHER: ("报警", "alarm"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A message's one line, and all of it."""

    title: str
    text: str


def write_text(incident: Incident) -> Text:
    """The message about an incident, times in the city's zone."""
    chinese, english = _KINDS[incident.kind]
    place = incident.school_name or f"未登记设备 unplaced device {incident.device}"
    where = f" {incident.point}" if incident.point else ""
    since = incident.opened_at.astimezone(_ZONE).strftime("%H:%M:%S")
    title = f"{_MODES[incident.mode]}{chinese} {place}{where}"
    return Text(title, f"{title},{since} 起,事件 {incident.id}。{english}, since {since}.")

"""Alerts in the Common Alerting Protocol, CAP 1.2 (OASIS), in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from lxml import etree

from alerts.domain.incidents import Incident, State
from alerts.domain.presses import Category, Kind, Mode
from alerts.storage.board_reads import IncidentSchool

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
_UNPLACED_ZONE = "Asia/Shanghai"
_RADIUS_KM = 0.3  # around the school's place on the map: its grounds

_STATUS = MappingProxyType({Mode.LIVE: "Actual", Mode.DRILL: "Exercise", Mode.TEST: "Test"})
_CATEGORY = MappingProxyType({Category.SECURITY: "Security", Category.FIRE: "Fire", Category.MEDICAL: "Health"})


class MessageType(StrEnum):
    """What a message does to those before it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class _Words:
    """One language's words."""

    language: str
    kinds: Mapping[Kind, str]
    modes: Mapping[Mode, str]
    states: Mapping[State, str]
    sender_name: str
    unplaced: str
    where: str


_CHINESE = _Words(
    language="zh-CN",
    kinds={
        Kind.PANIC: "紧急报警",
        Kind.VIOLENCE: "暴力事件",
        Kind.INTRUDER: "外来人员闯入",
        Kind.FIRE: "火情",
        Kind.MEDICAL: "医疗急救",
        Kind.OTHER: "报警",
    },
    modes={Mode.LIVE: "", Mode.TEST: "【测试】", Mode.DRILL: "【演练】"},
    states={
        State.OPEN: "尚无人接警",
        State.ACKNOWLEDGED: "已有人接警",
        State.RESPONDING: "人员正在赶往或已到场",
        State.CLOSED: "事件已关闭",
    },
    sender_name="校园一键报警平台",
    unplaced="未登记设备",
    where="位置",
)
_ENGLISH = _Words(
    language="en-US",
    kinds={
        Kind.PANIC: "Panic alarm",
        Kind.VIOLENCE: "Violence",
        Kind.INTRUDER: "Intruder",
        Kind.FIRE: "Fire",
        Kind.MEDICAL: "Medical emergency",
        Kind.OTHER: "Alarm",
    },
    modes={Mode.LIVE: "", Mode.TEST: "TEST ", Mode.DRILL: "DRILL "},
    states={
        State.OPEN: "nobody has taken it yet",
        State.ACKNOWLEDGED: "somebody has taken it",
        State.RESPONDING: "people are on their way or there",
        State.CLOSED: "the incident is closed",
    },
    sender_name="Campus one-button alarm platform",
    unplaced="unplaced device",
    where="place",
)


@dataclass(frozen=True, slots=True)
class CapMessage:
    """One message about an incident: which one it is, and the earlier ones that it refers to."""

    identifier: str
    type: MessageType
    sent_at: datetime
    references: tuple[CapMessage, ...] = ()


def newest_message(incident: Incident) -> CapMessage:
    """The message that tells how an incident stands now. The same state of the same incident is the same message."""
    told: list[CapMessage] = [_message(incident, "opened", MessageType.ALERT, incident.opened_at, ())]
    moves = (
        ("acknowledged", MessageType.UPDATE, incident.acknowledged_at),
        ("responding", MessageType.UPDATE, incident.responding_at),
        ("closed", MessageType.CANCEL, incident.closed_at),
    )
    for word, type_, at in moves:
        if at is not None and told[-1].sent_at <= at:
            told.append(_message(incident, word, type_, at, told))
    return told[-1]


def _message(
    incident: Incident, word: str, type_: MessageType, at: datetime, before: Sequence[CapMessage]
) -> CapMessage:
    """`sent` is to the second, so an identifier has its microseconds too: no two messages share one."""
    identifier = f"incident-{incident.id}-{word}-{at:%Y%m%dT%H%M%S%f}"
    return CapMessage(identifier, type_, at, tuple(before))


def write_cap(incident: Incident, school: IncidentSchool | None, sender: str, web: str | None = None) -> bytes:
    """The newest message about an incident as an XML document; `web` is where a person reads on."""
    message = newest_message(incident)
    zone = ZoneInfo(school.zone if school else _UNPLACED_ZONE)
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    _add(alert, "identifier", message.identifier)
    _add(alert, "sender", sender)
    _add(alert, "sent", write_instant(message.sent_at, zone))
    _add(alert, "status", _STATUS[incident.mode])
    _add(alert, "msgType", message.type)
    _add(alert, "scope", "Restricted")
    _add(
        alert, "restriction", "For emergency services and those who are responsible for the school; not for the public."
    )
    if incident.mode is Mode.TEST:
        _add(alert, "note", "This is a test. 这是测试。")
    if incident.mode is Mode.DRILL:  # the standard wants an exercise's number here
        _add(alert, "note", f"This is drill {incident.id}. 这是第 {incident.id} 号演练。")
    if message.references:
        said = [f"{sender},{one.identifier},{write_instant(one.sent_at, zone)}" for one in message.references]
        _add(alert, "references", " ".join(said))
    _add(alert, "incidents", str(incident.id))
    for words in (_CHINESE, _ENGLISH):
        _add_info(alert, incident, school, words, web, zone)
    return etree.tostring(alert, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def write_instant(at: datetime, zone: ZoneInfo) -> str:
    """CAP's form of a time: to the second, with the offset in digits, never a Z; that of UTC is -00:00."""
    written = at.astimezone(zone).isoformat(timespec="seconds")
    return written.removesuffix("+00:00") + "-00:00" if written.endswith("+00:00") else written


def _add_info(
    alert: etree._Element,
    incident: Incident,
    school: IncidentSchool | None,
    words: _Words,
    web: str | None,
    zone: ZoneInfo,
) -> None:
    place = _write_place(incident, words)
    what = f"{words.modes[incident.mode]}{words.kinds[incident.kind]}"
    info = etree.SubElement(alert, f"{{{NAMESPACE}}}info")
    _add(info, "language", words.language)
    _add(info, "category", _CATEGORY[incident.category])
    _add(info, "event", words.kinds[incident.kind])
    _add(info, "urgency", "Past" if incident.state is State.CLOSED else "Immediate")
    _add(info, "severity", "Unknown" if incident.mode is not Mode.LIVE else "Severe")
    _add(info, "certainty", "Likely" if incident.mode is Mode.LIVE else "Unknown")
    _add(info, "onset", write_instant(incident.opened_at, zone))
    _add(info, "senderName", words.sender_name)
    _add(info, "headline", f"{what} {place}")
    _add(info, "description", f"{what} {place}; {words.states[incident.state]}")
    if web:
        _add(info, "web", web)
    for name, value in (("campus-alert:incident", str(incident.id)), ("campus-alert:device", incident.device)):
        _add_pair(info, "parameter", name, value)
    _add_area(info, school, place)


def _add_area(info: etree._Element, school: IncidentSchool | None, place: str) -> None:
    area = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    _add(area, "areaDesc", f"{place}, {school.address}" if school and school.address else place)
    if school is None:
        return
    if school.latitude is not None and school.longitude is not None:
        _add(area, "circle", f"{school.latitude:.6f},{school.longitude:.6f} {_RADIUS_KM}")
    _add_pair(area, "geocode", "campus-alert:district", school.district)
    _add_pair(area, "geocode", "campus-alert:school", school.code)


def _write_place(incident: Incident, words: _Words) -> str:
    school = incident.school_name or f"{words.unplaced} {incident.device}"
    return f"{school} ({words.where} {incident.point})" if incident.point else school


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = _clean(text)


def _add_pair(parent: etree._Element, name: str, value_name: str, value: str) -> None:
    pair = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)


def _clean(text: str) -> str:
    """Without the characters that no XML document may hold; a device can call itself anything."""
    return "".join(
        one for one in text if one in "\t\n" or " " <= one <= "\ud7ff" or "\ue000" <= one <= "\ufffd" or one > "\uffff"
    )

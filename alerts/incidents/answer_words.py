"""What people are told back when they answer: in Chinese and in English, with names and the school's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.domain.answering import Outcome, find_ringing_round
from alerts.domain.incidents import Incident, State

CITY_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence or two, in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


_WITHOUT_INCIDENT = {
    Outcome.UNCLEAR: Words(
        "您有多起未结案的警情,请回复对应短信中的四位数字。",
        "Several alarms are open: reply with the four digits of the message that you mean.",
    ),
    Outcome.UNREADABLE: Words(
        "没有看懂。接警请回复1,正在赶往请回复2,后面加短信中的四位数字,例如 1 4821。",
        "Not understood. Reply 1 to take it or 2 if you are on your way, then the four digits, as in 1 4821.",
    ),
    Outcome.UNKNOWN: Words(
        "没有与此对应的警情,请核对短信中的四位数字。紧急情况请直接拨打110。",
        "No alarm fits this answer: check the four digits of the message. In an emergency call 110.",
    ),
    Outcome.EXPIRED: Words(
        "这条链接已失效,没有做任何更改。请打开最新的消息,或致电值班台。",
        "This link has expired and changed nothing. Open the newest message, or call the desk.",
    ),
}


def tell_outcome(outcome: Outcome, incident: Incident | None = None, zone: str = CITY_ZONE) -> Words:
    """What an answer did, or why it changed nothing: who has the incident, and since when."""
    if incident is None:
        return _WITHOUT_INCIDENT[outcome]
    place = incident.school_name or incident.device
    match outcome:
        case Outcome.TAKEN:
            return Words(
                f"您已接警:{place},事件{incident.id}。出发时请告知“正在赶往”。",
                f"You have it: {place}, incident {incident.id}. Say so when you are on your way.",
            )
        case Outcome.COMING:
            return Words(
                f"已记录:您正在赶往{place},事件{incident.id}。",
                f"Noted: you are on your way to {place}, incident {incident.id}.",
            )
        case Outcome.COUNTED:
            return Words(
                f"已记录您的接警,事件{incident.id}:已有{len(incident.takers)}人,共需{incident.takers_needed}人,"
                "仍在呼叫其他人。",
                f"Noted, incident {incident.id}: {len(incident.takers)} of {incident.takers_needed} have taken it, "
                "others are still being called.",
            )
        case Outcome.LATE_ROUND:
            round_ = find_ringing_round(incident)
            return Words(
                f"这条消息已过期:事件{incident.id}已第{round_}轮呼叫。没有做任何更改,请用最新的消息接警。",
                f"This message is out of date: incident {incident.id} rings in round {round_}. "
                "Nothing was changed; answer the newest message.",
            )
        case _:
            return _tell_holder(incident, zone)


def tell_state(incident: Incident, zone: str = CITY_ZONE) -> Words:
    """How an incident stands now."""
    if incident.state is not State.OPEN:
        return _tell_holder(incident, zone)
    if incident.takers:
        names = "、".join(incident.takers)
        count = f"{len(incident.takers)}/{incident.takers_needed}"
        return Words(f"{names}已接警({count}),仍需其他人接警。", f"{names} took it ({count}); more people are needed.")
    return Words("还没有人接警。", "Nobody has taken it yet.")


def write_instant(at: datetime, zone: str) -> str:
    """An instant as people read it on the spot; the day is named, for a link may be opened after midnight."""
    return at.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M:%S")


def _tell_holder(incident: Incident, zone: str) -> Words:
    if incident.state is State.CLOSED:
        at = write_instant(incident.closed_at, zone) if incident.closed_at else ""
        return Words(
            f"事件{incident.id}已由{incident.closed_by}于{at}结案。",
            f"Incident {incident.id} was closed by {incident.closed_by} at {at}.",
        )
    if incident.state is State.RESPONDING:
        at = write_instant(incident.responding_at, zone) if incident.responding_at else ""
        return Words(
            f"{incident.responding_by}正在赶往,自{at}起(事件{incident.id})。",
            f"{incident.responding_by} is on the way since {at} (incident {incident.id}).",
        )
    at = write_instant(incident.acknowledged_at, zone) if incident.acknowledged_at else ""
    return Words(
        f"{incident.acknowledged_by}已于{at}接警(事件{incident.id})。",
        f"{incident.acknowledged_by} has it since {at} (incident {incident.id}).",
    )

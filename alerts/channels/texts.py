"""What a message says: short, in both languages, a test or drill first of all. Instants are in the school's zone."""

from __future__ import annotations

import html
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.channels.channel import Message
from alerts.domain.incidents import Incident
from alerts.domain.presses import Kind, Mode
from alerts.domain.push import PushLanguage

CITY_ZONE = "Asia/Shanghai"
SMS_TEMPLATE = "{what},{since}起。{answer}"
SMS_NOTICE_TEMPLATE = "{title}:{text}"
VOICE_TEMPLATE = "{what}。{since}起。接警请按1,正在赶往请按2。Press 1 to take it, 2 if you are on your way."
_MODES = {Mode.LIVE: "", Mode.TEST: "【测试 TEST】", Mode.DRILL: "【演练 DRILL】"}
_SPOKEN_MODES = {Mode.LIVE: "", Mode.TEST: "这是测试,this is a test。", Mode.DRILL: "这是演练,this is a drill。"}
_KINDS = {
    Kind.PANIC: ("紧急报警", "panic alarm"),
    Kind.VIOLENCE: ("暴力事件", "violence"),
    Kind.INTRUDER: ("外来人员闯入", "intruder"),
    Kind.FIRE: ("火情", "fire"),
    Kind.MEDICAL: ("医疗急救", "medical emergency"),
    Kind.OTHER: ("报警", "alarm"),
}
NEIGHBOUR_LEAD = "邻校事件 neighbouring school"
POLICE_LEAD = "110未受理,请打110 telephone 110"
_ONE_SMS, _PART_OF_SMS = 70, 67  # UTF-16 units: an SMS of its own, and each part of a longer one
_ALARM_PARTS, _NOTICE_PARTS = 2, 5
_LONGEST_PUSH = 500  # characters; a screen shows fewer


@dataclass(frozen=True, slots=True)
class Text:
    """A message's one line, and all of it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's subject and its two bodies."""

    subject: str
    plain: str
    html: str


def write_text(incident: Incident, zone: str = CITY_ZONE, lead: str = "") -> Text:
    """The message about an incident; `lead` says why this person is told, where that is not plain."""
    chinese, english = _KINDS[incident.kind]
    since = write_time(incident, zone)
    title = f"{_MODES[incident.mode]}{_write_lead(lead)}{chinese} {_write_place(incident)}"
    return Text(title, f"{title},{since} 起,事件 {incident.id}。{english}, since {since}.")


def write_time(incident: Incident, zone: str) -> str:
    """Since when, in the school's zone."""
    return incident.opened_at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def write_sms(message: Message, sign_name: str) -> dict[str, str]:
    """The variables of the SMS templates, in the order in which they stand there, so short that an alarm takes at most
    two parts (70 or 67 characters each), the provider's signature included."""
    if message.incident is None:
        rest = SMS_NOTICE_TEMPLATE.format(title=message.title, text="")
        return {"title": message.title, "text": _fit(message.text, f"【{sign_name}】{rest}", _NOTICE_PARTS)}
    incident = message.incident
    chinese, english = _KINDS[incident.kind]
    since, answer = write_time(incident, message.zone), _write_answer(message)
    # What is cut off when it is too long stands last: the place never is.
    what = f"{_MODES[incident.mode]}{_write_lead(message.lead)}{chinese} {_write_place(incident)} {english}"
    rest = f"【{sign_name}】{SMS_TEMPLATE.format(what='', since=since, answer=answer)}"
    return {"what": _fit(what, rest, _ALARM_PARTS), "since": since, "answer": answer}


def count_sms_parts(text: str) -> int:
    """As how many SMS a text is sent."""
    units = _count_units(text)
    return 1 if units <= _ONE_SMS else -(-units // _PART_OF_SMS)


def write_speech(message: Message) -> dict[str, str]:
    """The variables of the spoken template. Numbers are said digit by digit, so there are none but the time."""
    incident = message.incident
    if incident is None:
        return {"what": f"{message.title},{message.text}", "since": "现在"}
    chinese, english = _KINDS[incident.kind]
    since = incident.opened_at.astimezone(ZoneInfo(message.zone)).strftime("%-H点%-M分")
    lead = f"{message.lead}。" if message.lead else ""
    return {"what": f"{_SPOKEN_MODES[incident.mode]}{lead}{chinese},{english},{_write_place(incident)}", "since": since}


def write_mail(message: Message) -> Mail:
    """A mail with a line, or a link, for each answer."""
    plain = [message.text, *(f"{one.label}: {one.url}" for one in message.actions)]
    links = "".join(f'<p><a href="{html.escape(one.url)}">{html.escape(one.label)}</a></p>' for one in message.actions)
    body = f"<p><strong>{html.escape(message.title)}</strong></p><p>{html.escape(message.text)}</p>{links}"
    return Mail(message.title, "\n\n".join(plain) + "\n", body)


def write_push(message: Message, language: PushLanguage) -> Text:
    """A notification's two lines. A locked screen shows them to whoever stands before it: they name no person."""
    incident = message.incident
    if incident is None:
        return Text(message.title, message.text[:_LONGEST_PUSH])
    chinese, english = _KINDS[incident.kind]
    since = write_time(incident, message.zone)
    marks = f"{_MODES[incident.mode]}{_write_lead(message.lead)}"
    place = _write_place(incident)
    if language is PushLanguage.EN:
        return Text(f"{marks}{english.capitalize()} · {place}", f"Since {since}, incident {incident.id}. Tap to open.")
    return Text(f"{marks}{chinese} · {place}", f"{since} 起，事件 {incident.id}。点开处理。")


def _write_lead(lead: str) -> str:
    return f"【{lead}】" if lead else ""


def _write_place(incident: Incident) -> str:
    place = incident.school_name or f"未登记设备 unplaced device {incident.device}"
    return f"{place} {incident.point}" if incident.point else place


def _write_answer(message: Message) -> str:
    ways = [f"回复{message.reply_code}接警"] if message.reply_code else []
    ways += [one.url for one in message.actions[:1]]
    return " ".join(ways) or "请到告警台处理"


def _fit(text: str, rest: str, most_parts: int) -> str:
    """`text`, or as much of its beginning as leaves room for the rest."""
    room = max(_PART_OF_SMS * most_parts - _count_units(rest), 10)
    if _count_units(text) <= room:
        return text
    return text.encode("utf-16-le")[: 2 * (room - 1)].decode("utf-16-le", errors="ignore") + "…"


def _count_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2

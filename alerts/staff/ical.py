"""iCalendar: duty written for people's own calendars, and read from calendars whose events name people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

from alerts.domain.duty import DutySource, DutySpan
from alerts.storage.people import NamedPerson
from alerts.storage.subscriptions import FeedDuty

_PEOPLE = "X-CAMPUS-PEOPLE"  # codes of the people whom an event was understood to name
_KEPT = (
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "SEQUENCE",
)
_MOST_EVENTS = 2000
_LONGEST_SHIFT = 60
_ONE_DAY = timedelta(days=1)
_TOO_FINE = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_BETWEEN_PEOPLE = re.compile(r"[,，、;；/&+]+")
_BETWEEN_WORDS = re.compile(r"[\s:：()（）\[\]【】|·—–-]+")


class IcalUnreadable(ValueError):
    """A file that is no calendar; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class IcalProblem:
    """An event that becomes nobody's duty: the line on which it begins, what it says, and why."""

    line: int
    summary: str
    reason: str


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event, the line on which it begins, and whom it may name: of each person the words that may mean them."""

    line: int
    summary: str
    event: Any
    people: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class IcalFile:
    """A calendar that can be read: its events, and the time zones that it defines."""

    events: tuple[NamedEvent, ...]
    zones: tuple[Any, ...]

    @property
    def words(self) -> set[str]:
        """Every word that may be somebody's name or code."""
        return {word for event in self.events for words in event.people for word in words}


@dataclass(frozen=True, slots=True)
class Understood:
    """A calendar with the people whom its events name written into them, and the events that name nobody we know."""

    text: str
    people: frozenset[str]
    events: int
    problems: tuple[IcalProblem, ...]


def write_calendar(title: str, duty: Iterable[FeedDuty], now: datetime) -> bytes:
    """Duty as an .ics in UTC. An event keeps its UID as long as the same person begins at the same time."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//campus-alert//duty//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    for span in duty:
        event = icalendar.Event()
        event.add("uid", f"{span.post}/{span.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}/{span.person}@campus-alert")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", span.starts_at.astimezone(UTC))
        event.add("dtend", span.ends_at.astimezone(UTC))
        doubt = "（节假日未定 assumed）" if span.assumed else ""
        event.add("summary", f"{span.post_name} {span.shift} {span.person_name}{doubt}")
        event.add("location", span.school_name)
        event.add("categories", [span.source.value])
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def read_file(data: bytes) -> IcalFile:
    """The events of a file, with the words that may name people. Raises IcalUnreadable."""
    try:
        text = data.decode("utf-8-sig")
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError) as error:
        raise IcalUnreadable(f"this is no calendar: {error}; export it as .ics in UTF-8") from error
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    events = list(calendar.walk("VEVENT"))
    if not events:
        raise IcalUnreadable("the calendar has no events")
    if len(events) > _MOST_EVENTS:
        raise IcalUnreadable(f"the calendar has {len(events)} events, at most {_MOST_EVENTS} are taken")
    named = tuple(_name_event(event, line) for event, line in zip(events, lines, strict=True))
    return IcalFile(named, tuple(calendar.walk("VTIMEZONE")))


def understand(file: IcalFile, known: Sequence[NamedPerson], post: str, school: str | None) -> Understood:
    """Finds the people whom events name. Of several people with one name it is the one who holds the post, else the one
    of its school; if that does not tell them apart, the event is a problem."""
    by_word: dict[str, list[NamedPerson]] = {}
    for person in known:
        for word in {person.code, person.name}:
            by_word.setdefault(word, []).append(person)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//campus-alert//imported//ZH")
    calendar.add("version", "2.0")
    for zone in file.zones:
        calendar.add_component(zone)
    problems: list[IcalProblem] = []
    people: set[str] = set()
    taken = 0
    for event in file.events:
        try:
            codes = _find_people(event, by_word, post, school)
            calendar.add_component(_clean(event, codes))
        except _EventRefused as error:
            problems.append(IcalProblem(event.line, event.summary, str(error)))
            continue
        people.update(codes)
        taken += 1
    calendar.add_missing_timezones()
    return Understood(calendar.to_ical().decode(), frozenset(people), taken, tuple(problems))


def list_people(text: str) -> frozenset[str]:
    """Everybody whom an understood calendar names."""
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return frozenset(code for event in events for code in str(event[_PEOPLE]).split(","))


def read_occurrences(
    text: str, zone: ZoneInfo, since: datetime, until: datetime, *, strict: bool = False
) -> tuple[DutySpan, ...]:
    """The duty that an understood calendar makes between two instants, repeated events worked out; times without a zone
    and whole days are the school's. With `strict` a series that cannot be worked out raises IcalUnreadable, as it must
    when it is imported; later, one of them must not cost the others their duty."""
    calendar = icalendar.Calendar.from_ical(text)
    query = recurring_ical_events.of(calendar, skip_bad_series=not strict)
    try:
        found = query.between(since.astimezone(zone) - _ONE_DAY, until.astimezone(zone) + _ONE_DAY)
    except (recurring_ical_events.InvalidCalendar, ValueError, TypeError) as error:
        raise IcalUnreadable(f"its repeated events cannot be worked out: {error}") from error
    spans = (span for event in found for span in _read_spans(event, zone))
    return tuple(span for span in spans if span.starts_at < until and span.ends_at > since)


class _EventRefused(Exception):
    """Why an event becomes nobody's duty."""


def _name_event(event: Any, line: int) -> NamedEvent:
    summary = " ".join(str(event.get("SUMMARY", "")).split())
    attendees = event.get("ATTENDEE", [])
    listed = attendees if isinstance(attendees, list) else [attendees]
    if listed:
        return NamedEvent(line, summary, event, tuple(_words_of_attendee(one) for one in listed))
    if not summary:
        return NamedEvent(line, summary, event, ())
    parts = [part.strip() for part in _BETWEEN_PEOPLE.split(summary) if part.strip()]
    return NamedEvent(line, summary, event, tuple(_words_of_part(part) for part in parts))


def _words_of_attendee(attendee: Any) -> tuple[str, ...]:
    name = str(getattr(attendee, "params", {}).get("CN", "")).strip()
    address = re.sub(r"^mailto:", "", str(attendee), flags=re.IGNORECASE)
    return tuple(word for word in (name, address.partition("@")[0]) if word)


def _words_of_part(part: str) -> tuple[str, ...]:
    """The whole of it first, for names have blanks in them, then word by word: `夜班 赵保安`."""
    words = [word for word in _BETWEEN_WORDS.split(part) if word]
    return tuple(dict.fromkeys([part, *words]))


def _find_people(
    event: NamedEvent, by_word: Mapping[str, Sequence[NamedPerson]], post: str, school: str | None
) -> list[str]:
    if not event.people:
        raise _EventRefused("it names nobody: write the person's name or code into the summary, or invite them")
    codes: list[str] = []
    for words in event.people:
        found = [word for word in words if word in by_word]
        if not found:
            raise _EventRefused(f"nobody is called “{words[0]}”: it must be a registered person's name or code")
        codes += [_choose(word, by_word[word], post, school) for word in (found[:1] if words[0] == found[0] else found)]
    return list(dict.fromkeys(codes))


def _choose(word: str, people: Sequence[NamedPerson], post: str, school: str | None) -> str:
    for group in (
        [one for one in people if one.code == word],
        [one for one in people if post in one.posts],
        [one for one in people if school is not None and school in one.schools],
        people,
    ):
        if len(group) == 1:
            return group[0].code
    codes = ", ".join(one.code for one in people[:10])
    raise _EventRefused(f"several people are called “{word}”: write the code of the one who is meant ({codes})")


def _clean(named: NamedEvent, codes: Sequence[str]) -> Any:
    """The event with what duty needs and no more. Raises _EventRefused."""
    event = named.event
    broken = {name: said for name, said in getattr(event, "errors", ()) if name in _KEPT}
    if broken:
        name, said = next(iter(broken.items()))
        raise _EventRefused(f"its {name} cannot be read: {said}")
    if str(event.get("STATUS", "")).upper() == "CANCELLED" and "RECURRENCE-ID" not in event:
        raise _EventRefused("it is marked as cancelled")
    _check_times(event)
    clean = icalendar.Event()
    for name in _KEPT:
        if name in event:
            clean[name] = event[name]
    clean.add(_PEOPLE, ",".join(codes))
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        clean.add("STATUS", "CANCELLED")
    return clean


def _check_times(event: Any) -> None:
    if "DTSTART" not in event:
        raise _EventRefused("it does not say when it begins (DTSTART)")
    start = event["DTSTART"].dt
    if "DTEND" not in event and "DURATION" not in event and isinstance(start, datetime):
        raise _EventRefused("it does not say when it ends (DTEND or DURATION)")
    if "DTEND" in event and (
        isinstance(event["DTEND"].dt, datetime) != isinstance(start, datetime) or event["DTEND"].dt <= start
    ):
        raise _EventRefused("it ends before it begins, or at once")
    if "DURATION" in event and event["DURATION"].dt <= timedelta():
        raise _EventRefused("it has no duration")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if {str(one).upper() for one in rule.get("FREQ", [])} & _TOO_FINE:
            raise _EventRefused("it repeats more often than daily, which no shift does")


def _read_spans(event: Any, zone: ZoneInfo) -> Iterator[DutySpan]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    starts_at = _instant(event["DTSTART"].dt, zone)
    if "DTEND" in event:
        ends_at = _instant(event["DTEND"].dt, zone)
    else:
        ends_at = starts_at + (event["DURATION"].dt if "DURATION" in event else _ONE_DAY)
    shift = " ".join(str(event.get("SUMMARY", "")).split())[:_LONGEST_SHIFT] or "calendar"
    if ends_at > starts_at:
        for person in str(event[_PEOPLE]).split(","):
            yield DutySpan(starts_at, ends_at, person, shift, DutySource.CALENDAR)


def _instant(said: date, zone: ZoneInfo) -> datetime:
    moment = said if isinstance(said, datetime) else datetime.combine(said, time(), zone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

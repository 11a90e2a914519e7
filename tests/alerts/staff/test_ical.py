"""Calendars in: whom events name, which events are refused and why, and what repeated ones become."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.duty import DutySource, DutySpan
from alerts.engine.rosters import extend_duty_due
from alerts.staff.ical import IcalUnreadable, Understood, read_file, read_occurrences, understand, write_calendar
from alerts.staff.rosters import import_calendar, remove_calendar
from alerts.storage.people import NamedPerson
from alerts.storage.subscriptions import FeedDuty
from tests.alerts.staff.rota import POST, day_and_night, on_duty, put_in_force, stand_at
from tests.alerts.story import Story

SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = [
    NamedPerson("guard", "赵保安", ("S1",), ("S1:guard",)),
    NamedPerson("duty", "钱值班", ("S1", "S2"), ("S1:duty",)),
    NamedPerson("w1", "王伟", ("S1",), ("S1:guard_team",)),
    NamedPerson("w2", "王伟", ("S9",), ("S9:guard",)),
    NamedPerson("l1", "李娜", ("S8",), ()),
    NamedPerson("l2", "李娜", ("S9",), ()),
    NamedPerson("smith", "John Smith", ("S1",), ()),
]
START = "DTSTART:20261123T200000"
END = "DTEND:20261124T080000"


def calendar(*events: list[str]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: list[str]) -> Understood:
    return understand(read_file(calendar(*events)), PEOPLE, "S1:guard", "S1")


def spans(understood: Understood, days: int = 7) -> list[DutySpan]:
    since = datetime(2026, 11, 23, tzinfo=SHANGHAI)
    return sorted(
        read_occurrences(understood.text, SHANGHAI, since, since + timedelta(days=days), strict=True),
        key=lambda one: (one.starts_at, one.person),
    )


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("SUMMARY:赵保安", {"guard"}),
        ("SUMMARY:夜班 赵保安", {"guard"}),
        ("SUMMARY:夜班（赵保安）", {"guard"}),
        ("SUMMARY:赵保安、钱值班", {"guard", "duty"}),
        ("SUMMARY:guard\\, duty", {"guard", "duty"}),
        ("SUMMARY:John Smith", {"smith"}),
        ("SUMMARY:王伟", {"w1"}),
        ("ATTENDEE;CN=赵保安:mailto:x@example.cn", {"guard"}),
        ("ATTENDEE:mailto:duty@example.cn", {"duty"}),
    ],
)
def test_an_event_names_people_by_its_title_or_by_who_is_invited(line: str, people: set[str]) -> None:
    understood = read([line, START, END])
    assert (understood.people, understood.problems) == (people, ())


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["SUMMARY:路人甲", START, END], "nobody is called “路人甲”"),
        (["SUMMARY:赵保安、路人甲", START, END], "nobody is called “路人甲”"),
        (["SUMMARY:李娜", START, END], "several people are called “李娜”.*l1, l2"),
        ([START, END], "it names nobody"),
        (["SUMMARY:赵保安", END], "DTSTART"),
        (["SUMMARY:赵保安", START], "DTEND or DURATION"),
        (["SUMMARY:赵保安", START, "DTEND:20261123T080000"], "ends before it begins"),
        (["SUMMARY:赵保安", START, END, "RRULE:FREQ=SECONDLY"], "more often than daily"),
        (["SUMMARY:赵保安", "DTSTART:tomorrow", END], "DTSTART cannot be read"),
        (["SUMMARY:赵保安", START, END, "STATUS:CANCELLED"], "cancelled"),
    ],
)
def test_an_event_that_is_nobodys_duty_is_listed_with_its_line_and_the_others_land(
    lines: list[str], reason: str
) -> None:
    understood = read(["SUMMARY:赵保安", START, END], lines)
    assert understood.events == 1
    assert [one.line for one in understood.problems] == [10]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(understood.problems[0].reason)


def test_repeated_events_are_worked_out_with_their_exceptions_by_the_schools_clock() -> None:
    understood = read(
        ["SUMMARY:赵保安", START, END, "RRULE:FREQ=DAILY", "EXDATE:20261125T200000"],
        ["SUMMARY:钱值班", "DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261129"],
        ["SUMMARY:John Smith", "DTSTART:20261124T120000Z", "DURATION:PT1H"],
    )
    found = spans(understood, 5)
    nights = [one.starts_at.astimezone(SHANGHAI).day for one in found if one.person == "guard"]
    assert nights == [23, 24, 26, 27]
    assert {one.source for one in found} == {DutySource.CALENDAR}
    assert [one.starts_at for one in found if one.person == "smith"] == [datetime(2026, 11, 24, 12, tzinfo=UTC)]
    whole = [one for one in spans(understood) if one.person == "duty"]
    assert [(one.starts_at, one.ends_at - one.starts_at) for one in whole] == [
        (datetime(2026, 11, 28, tzinfo=SHANGHAI), timedelta(days=1))
    ]


def test_a_changed_occurrence_of_a_series_is_the_other_persons() -> None:
    data = calendar(["SUMMARY:赵保安", START, END, "RRULE:FREQ=DAILY;COUNT=3"]).decode()
    changed = ["BEGIN:VEVENT", "UID:0", "RECURRENCE-ID:20261124T200000", "SUMMARY:钱值班", "DTSTART:20261124T200000"]
    data = data.replace(
        "END:VCALENDAR", "\r\n".join([*changed, "DTEND:20261125T080000", "END:VEVENT", "END:VCALENDAR"])
    )
    understood = understand(read_file(data.encode()), PEOPLE, "S1:guard", "S1")
    assert [one.person for one in spans(understood)] == ["guard", "duty", "guard"]


@pytest.mark.parametrize("data", [b"hello", b"", b"\xff\xfe\x00", calendar()])
def test_a_file_that_is_no_calendar_says_so(data: bytes) -> None:
    with pytest.raises(IcalUnreadable):
        read_file(data)


def test_what_is_written_out_can_be_read_in_again() -> None:
    starts_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    duty = FeedDuty(
        "S1:guard", "门卫", "一小", starts_at, starts_at + timedelta(hours=12), "guard", "赵保安", "夜班",
        DutySource.ROTATION, False,
    )  # fmt: skip
    written = write_calendar("赵保安", [duty], starts_at)
    understood = understand(read_file(written), PEOPLE, "S1:guard", "S1")
    assert [(one.person, one.starts_at, one.ends_at) for one in spans(understood)] == [
        ("guard", duty.starts_at, duty.ends_at)
    ]


async def test_an_imported_series_goes_on_as_long_as_the_engine_carries_it_on(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 21)
    series = calendar(["SUMMARY:head", START, END, "RRULE:FREQ=DAILY"])
    done = await import_calendar(story.database, POST, series, "wang")
    assert (done.version, done.problems) == (1, ())
    assert await on_duty(story) == ["head"]
    story.database.shift += timedelta(days=200)
    await extend_duty_due(story.database)
    assert await on_duty(story) == ["head"]


async def test_shifts_and_an_imported_calendar_stand_side_by_side_until_one_is_taken_away(story: Story) -> None:
    stand_at(story, 2026, 11, 23, 21)
    await import_calendar(story.database, POST, calendar(["SUMMARY:head", START, END, "RRULE:FREQ=DAILY"]), "wang")
    await put_in_force(story, day_and_night(story))
    assert await on_duty(story) == ["duty", "head"]
    await import_calendar(story.database, POST, calendar(["SUMMARY:desk", START, END, "RRULE:FREQ=DAILY"]), "wang")
    assert await on_duty(story) == ["desk", "duty"], "importing again replaces what was imported before"
    await remove_calendar(story.database, POST, "wang")
    assert await on_duty(story) == ["duty"]

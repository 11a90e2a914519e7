"""One day at one school, from a seed: the acts in their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from alerts.domain.calendars import Day
from alerts.domain.compliance.schedule import Schedule, make_schedule
from simulators.chance import make_random
from simulators.compliance import gates, guards, visitors
from simulators.compliance.campus import Campus
from simulators.compliance.cheats import SHARES, Cheat, choose_cheats
from simulators.compliance.diary import Diary, PlayedDay
from simulators.compliance.hours import TERMS, write_timetables


def play_day(
    campus: Campus, schedule: Schedule, on: date, seed: int, shares: Mapping[Cheat, float] = SHARES
) -> PlayedDay:
    """A school's day, always the same for the same arguments."""
    cheats = choose_cheats(make_random(seed, f"{campus.school.code}/{on}/cheats"), shares)
    diary = Diary(campus, schedule, on, seed, cheats)
    gates.open_for_pupils(diary)
    gates.play_outages(diary)
    _play_gate(diary)
    _play_visitors(diary)
    gates.tell_gate(diary)
    guards.patrol(diary)
    guards.keep_gatehouse(diary)
    guards.keep_crossing(diary)
    return diary.close()


def schedule_day(campus: Campus, day: Day) -> Schedule:
    """The day as it was to be, by our invented timetables and terms."""
    return make_schedule(campus.place, day, write_timetables(), TERMS)


def _play_gate(diary: Diary) -> None:
    if Cheat.SENSOR_UNPLUGGED in diary.cheats:
        gates.unplug_sensor(diary)
    if Cheat.GATE_PROPPED in diary.cheats:
        gates.prop_open(diary)


def _play_visitors(diary: Diary) -> None:
    visitors.play_visitors(diary)
    gates.let_pupils_leave(diary)
    for cheat, act in (
        (Cheat.VISITOR_LEFT_INSIDE, visitors.leave_somebody_inside),
        (Cheat.QR_PHOTO, visitors.lend_pass),
        (Cheat.TAILGATING, visitors.follow_somebody_in),
    ):
        if cheat in diary.cheats:
            act(diary)

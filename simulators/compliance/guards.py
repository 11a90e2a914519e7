"""Guards at the gatehouse round the clock, people at the crossing, and rounds over the key points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from alerts.domain.spans import Span
from gateway import wire
from simulators.compliance.cheats import Cheat
from simulators.compliance.diary import Diary, Round, Watch

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_CHECK_AGAIN = timedelta(minutes=50)  # who is on post says so again and again
BEFORE = timedelta(minutes=21)  # at the crossing, before a window begins
AFTER_ARRIVAL, AFTER_DISMISSAL = timedelta(minutes=16), timedelta(minutes=31)


def keep_gatehouse(diary: Diary) -> None:
    """Day and night shifts. The relief comes some minutes early, and both check in at the reader."""
    random = diary.chance("guards")
    guards = diary.campus.guards
    shifts = [
        (guards[1], diary.starts_at - 5 * _HOUR, diary.starts_at + 7 * _HOUR),
        (guards[0], diary.starts_at + 7 * _HOUR, diary.starts_at + 19 * _HOUR),
        (guards[1], diary.starts_at + 19 * _HOUR, diary.starts_at + 31 * _HOUR),
    ]
    leaver = diary.chance(Cheat.GUARD_LEAVES_EARLY)
    early = leaver.randrange(2) if Cheat.GUARD_LEAVES_EARLY in diary.cheats else None
    for number, (guard, since, until) in enumerate(shifts):
        begins = since - random.uniform(1, 8) * _MINUTE
        ends = until + random.uniform(0, 3) * _MINUTE
        if number == early:
            _leave_early(diary, leaver, guard, (begins, until))
        else:
            _stand(diary, guard, diary.campus.gatehouse, (begins, ends))


def _leave_early(diary: Diary, random: Random, guard: str, shift: Span) -> None:
    """Gone an hour or more before the relief comes. Who is honest checks out; who is not, does not."""
    gone_at = shift[1] - random.uniform(60, 200) * _MINUTE
    honest = random.random() < 0.5
    _stand(diary, guard, diary.campus.gatehouse, (shift[0], gone_at), Cheat.GUARD_LEAVES_EARLY, checks_out=honest)


def _stand(
    diary: Diary, person: str, post: str, span: Span, cheat: Cheat | None = None, *, checks_out: bool = True
) -> None:
    """Somebody stands at a post and checks in at the reader: at the beginning, again and again, and at the end."""
    since, until = span
    diary.watches.append(Watch(person, post, since, until, cheat))
    at = since
    while at < until:
        if not any(one.person == person and one.since - _MINUTE < at < one.until + _MINUTE for one in diary.rounds):
            _check_in(diary, at, person, post, "on")
        at += _CHECK_AGAIN
    if checks_out:
        _check_in(diary, until, person, post, "off")


def _check_in(diary: Diary, at: datetime, person: str, post: str, action: str) -> None:
    if at < diary.ends_at:
        diary.tell(diary.campus.reader, at, wire.Post(person=person, post=post, action=action))  # type: ignore[arg-type]


def keep_crossing(diary: Diary) -> None:
    """A guard and teachers stand at the crossing around each window, and check in by telephone with the code there."""
    lazy = diary.chance(Cheat.NOBODY_AT_CROSSING)
    windows = [(one, AFTER_ARRIVAL) for one in diary.schedule.arrivals]
    windows += [(one, AFTER_DISMISSAL) for one in diary.schedule.dismissals]
    missed = lazy.choice(windows) if windows and Cheat.NOBODY_AT_CROSSING in diary.cheats else None
    photo = diary.chance(Cheat.QR_PHOTO)
    for number, window in enumerate(windows, start=1):
        (since, until), after = window
        span = (since - BEFORE, until + after)
        codes = [f"{diary.on:%y%m%d}-{number}-{end}" for end in ("on", "off")]
        if window is missed:
            if Cheat.QR_PHOTO in diary.cheats:
                codes = [f"{diary.on - timedelta(days=1):%y%m%d}-{number}-{end}" for end in ("on", "off")]
                _check_in_at_crossing(diary, photo, span, codes)
            continue
        for person in _list_people_at_crossing(diary):
            diary.watches.append(Watch(person, diary.campus.crossing, *span))
        _check_in_at_crossing(diary, photo, span, codes)


def _list_people_at_crossing(diary: Diary) -> Sequence[str]:
    """Teachers, and a guard where two can stay at the gatehouse."""
    return diary.campus.guards[2:3] + diary.campus.teachers[:3]


def _check_in_at_crossing(diary: Diary, random: Random, span: Span, codes: Sequence[str]) -> None:
    for person in _list_people_at_crossing(diary):
        hurry = random.uniform(0, 30) * timedelta(seconds=1)
        diary.check_in_by_phone(span[0] + hurry, person, diary.campus.crossing, "on", codes[0])
        diary.check_in_by_phone(span[1] - hurry, person, diary.campus.crossing, "off", codes[1])


def patrol(diary: Diary) -> None:
    """Rounds over all key points through the day, two of them at night; or all of it from a chair."""
    random = diary.chance("patrols")
    day_guard, night_guard = diary.campus.guards[:2]
    for hour in (2.0, 5.0, 9.5, 12.3, 15.0, 20.0, 22.6, 23.3):
        guard = day_guard if 7 <= hour < 19 else night_guard
        at = diary.starts_at + hour * _HOUR + random.uniform(0, 15) * _MINUTE
        seated = Cheat.CHAIR_PATROL in diary.cheats
        until = _pass_points(diary, random, guard, at, seated)
        diary.rounds.append(Round(guard, at, until, not seated, Cheat.CHAIR_PATROL if seated else None))


def _pass_points(diary: Diary, random: Random, guard: str, at: datetime, seated: bool) -> datetime:
    """Passes all of them; returns when the guard is back."""
    for point in diary.campus.points:
        _check_in(diary, at, guard, point.code, "point")
        metres = diary.campus.measure_next(point)
        walk = metres / random.uniform(0.8, 1.6) + random.uniform(3, 20)
        at += timedelta(seconds=random.uniform(2, 12) if seated else walk)
    return at

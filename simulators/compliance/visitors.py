"""Visitors: written down, confirmed by their host, let in, seen out; and how that goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from gateway import wire
from simulators.compliance.cheats import Cheat
from simulators.compliance.diary import Diary, Outsider, choose_moment
from simulators.compliance.gates import work_hours

_SECOND = timedelta(seconds=1)
_REASONS = ("家长来访", "送货", "维修", "会议", "检查")
_ASKED = ("name", "phone", "reason", "host")


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit as it was to be: its four moments, and with which vehicle."""

    name: str
    registered_at: datetime
    confirmed_at: datetime
    entered_at: datetime
    left_at: datetime
    plate: str | None
    reason: str


def play_visitors(diary: Diary) -> None:
    """The day's visitors. The book is kept as they come, or filled in the evening."""
    random = diary.chance("visitors")
    most = 8 if diary.schedule.in_session else 1
    visits = [_plan(diary, random, number) for number in range(1, random.randint(1, most) + 1)]
    for visit in visits:
        _pass_gate(diary, random, visit.entered_at)
        _pass_gate(diary, random, visit.left_at)
    if Cheat.EVENING_BOOK in diary.cheats:
        _fill_book_later(diary, visits)
        return
    careless = diary.chance(Cheat.CARELESS_BOOK)
    wrong = careless.choice(visits) if Cheat.CARELESS_BOOK in diary.cheats else None
    for visit in visits:
        if visit is wrong:
            _write_carelessly(diary, careless, visit)
        else:
            _write_down(diary, visit)


def _plan(diary: Diary, random: Random, number: int) -> _Visit:
    since, until = work_hours(diary)[0]
    entered_at = since + (until - since) * random.random()
    registered_at = entered_at - timedelta(seconds=random.uniform(90, 400))
    confirmed_at = registered_at + (entered_at - registered_at) * random.uniform(0.2, 0.9)
    left_at = entered_at + timedelta(minutes=random.uniform(8, 50))
    plate = f"鲁B·{random.randint(10000, 99999)}" if random.random() < 0.2 else None
    return _Visit(
        f"{diary.on:%y%m%d}-{number}", registered_at, confirmed_at, entered_at, left_at, plate, random.choice(_REASONS)
    )


def _pass_gate(diary: Diary, random: Random, at: datetime) -> None:
    """Somebody goes through: the gate opens a moment before the terminal is told, and falls shut after them."""
    diary.open_gate(at - random.uniform(1, 6) * _SECOND, at + random.uniform(4, 25) * _SECOND)


def _write_down(diary: Diary, visit: _Visit, *, leaves: bool = True) -> None:
    _tell_register(diary, visit, visit.registered_at)
    _tell_step(diary, visit.name, "confirm", visit.confirmed_at)
    _tell_step(diary, visit.name, "enter", visit.entered_at)
    if leaves:
        _tell_step(diary, visit.name, "leave", visit.left_at)
    diary.outsiders.append(_as_outsider(visit))


def _as_outsider(visit: _Visit) -> Outsider:
    return Outsider(
        visit.entered_at, visit.left_at, visit.name, visit.registered_at, visit.confirmed_at,
        vehicle=visit.plate is not None,
    )  # fmt: skip


def _write_carelessly(diary: Diary, random: Random, visit: _Visit) -> None:
    """A field is missing, the document was not looked at, or the host was not asked before."""
    outsider = replace(_as_outsider(visit), cheat=Cheat.CARELESS_BOOK, complete=False)
    missing = random.choice((*_ASKED, "document", "host not asked", "host asked later"))
    _tell_register(diary, visit, visit.registered_at, missing)
    if missing == "host asked later":
        visit = replace(visit, confirmed_at=visit.entered_at + timedelta(minutes=4))
        outsider = replace(outsider, confirmed_at=visit.confirmed_at, complete=True)
    if missing == "host not asked":
        outsider = replace(outsider, confirmed_at=None)
    else:
        _tell_step(diary, visit.name, "confirm", visit.confirmed_at)
    _tell_step(diary, visit.name, "enter", visit.entered_at)
    _tell_step(diary, visit.name, "leave", visit.left_at)
    diary.outsiders.append(outsider)


def _fill_book_later(diary: Diary, visits: list[_Visit]) -> None:
    """In the evening everybody is written down: with the times of the day, or with those of the evening."""
    random = diary.chance(Cheat.EVENING_BOOK)
    at = diary.starts_at + timedelta(hours=random.uniform(18.6, 21))
    pretends = random.random() < 0.5
    for visit in visits:
        steps = (visit.registered_at, visit.confirmed_at, visit.entered_at, visit.left_at)
        for step, happened_at in zip(("register", "confirm", "enter", "leave"), steps, strict=True):
            at += random.uniform(5, 30) * _SECOND
            said_at = happened_at if pretends else at
            if step == "register":
                _tell_register(diary, visit, said_at, written_at=at)
            else:
                _tell_step(diary, visit.name, step, said_at, written_at=at)
        late = replace(_as_outsider(visit), registered_at=at, confirmed_at=None, complete=False)
        diary.outsiders.append(replace(late, cheat=Cheat.EVENING_BOOK))


def _tell_register(
    diary: Diary, visit: _Visit, at: datetime, missing: str = "", *, written_at: datetime | None = None
) -> None:
    def fill(field: str, text: str) -> str | None:
        return None if field == missing else text

    said = wire.Visit(
        visit=visit.name,
        step="register",
        name=fill("name", "来访者"),
        document_checked=missing != "document",
        phone=fill("phone", "+9990532000000"),
        reason=fill("reason", visit.reason),
        host=fill("host", "被访人"),
        vehicle=visit.plate,
    )
    diary.tell(diary.campus.terminal, at, said, written_at=written_at)


def _tell_step(diary: Diary, visit: str, step: str, at: datetime, *, written_at: datetime | None = None) -> None:
    diary.tell(diary.campus.terminal, at, wire.Visit(visit=visit, step=step), written_at=written_at)  # type: ignore[arg-type]


# ---------------------------------------------------------------- cheats with people at the gate


def follow_somebody_in(diary: Diary) -> None:
    """Somebody enters with no visit: a while after a visitor, at any time, or through a door held open."""
    random = diary.chance(Cheat.TAILGATING)
    if random.random() < 0.3 and _hold_door_open(diary, random):
        return
    at = choose_moment(random, diary.find_free(timedelta(seconds=random.choice((70, 600))), work_hours(diary)))
    if at is not None:
        diary.open_gate(at, at + random.uniform(5, 20) * _SECOND, Cheat.TAILGATING)
        inside = timedelta(minutes=random.uniform(10, 60))
        diary.outsiders.append(Outsider(at, at + inside, cheat=Cheat.TAILGATING))


def _hold_door_open(diary: Diary, random: Random) -> bool:
    """A visitor holds the door for somebody who comes a minute later."""
    hosts = [one for one in diary.outsiders if one.visit and one.cheat is None and _is_alone(diary, one.entered_at)]
    if not hosts:
        return False
    at = random.choice(hosts).entered_at
    held = timedelta(seconds=random.uniform(75, 150))
    diary.open_gate(at, at + held, Cheat.TAILGATING)
    diary.outsiders.append(Outsider(at + held, at + timedelta(minutes=30), cheat=Cheat.TAILGATING))
    return True


def _is_alone(diary: Diary, at: datetime) -> bool:
    """Whether the gate opened but once around then, and not for pupils."""
    around = timedelta(minutes=6)
    near = [one for one in diary.openings if one.since - around < at < one.until + around]
    return len(near) == 1 and not any(since - around < at < until + around for since, until in diary.schedule.windows)


def lend_pass(diary: Diary) -> None:
    """A photo of a visitor's QR code lets somebody else in with it."""
    random = diary.chance(Cheat.QR_PHOTO)
    lenders = [one for one in diary.outsiders if one.visit and one.cheat is None and not one.vehicle]
    at = choose_moment(random, diary.find_free(timedelta(minutes=2), work_hours(diary)))
    if not lenders or at is None:
        return
    lender = random.choice(lenders)
    assert lender.visit is not None
    at = max(at, lender.entered_at + timedelta(minutes=1))
    left_at = at + timedelta(minutes=random.uniform(5, 30))
    for step, moment in (("enter", at), ("leave", left_at)):
        _pass_gate(diary, random, moment)
        _tell_step(diary, lender.visit, step, moment)
    diary.outsiders.append(Outsider(at, left_at, cheat=Cheat.QR_PHOTO))


def leave_somebody_inside(diary: Diary) -> None:
    """A visitor does not leave. The book says nothing, or that they left when nobody did."""
    random = diary.chance(Cheat.VISITOR_LEFT_INSIDE)
    visit = _plan(diary, random, 99)
    _pass_gate(diary, random, visit.entered_at)
    _write_down(diary, visit, leaves=False)
    stayed = replace(diary.outsiders.pop(), left_at=diary.ends_at, complete=False, cheat=Cheat.VISITOR_LEFT_INSIDE)
    diary.outsiders.append(stayed)
    evening = (visit.entered_at + timedelta(minutes=10), diary.starts_at + timedelta(hours=21))
    said_at = choose_moment(random, diary.find_free(timedelta(minutes=8), (evening,)))
    if random.random() < 0.5 and said_at is not None:
        _tell_step(diary, visit.name, "leave", said_at)

"""The gate through the day: open for pupils, propped open, unplugged; and what its contact tells of it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from alerts.domain.spans import Span, Spans, intersect, unite
from gateway import wire
from simulators.compliance.cheats import Cheat
from simulators.compliance.diary import Diary, Exit, Mishap, Outsider, choose_moment

_APART = timedelta(minutes=8)  # what nobody could tell apart is kept apart


def work_hours(diary: Diary) -> Spans:
    """When anybody but guards is about."""
    return ((diary.starts_at + timedelta(hours=8, minutes=30), diary.starts_at + timedelta(hours=17)),)


def open_for_pupils(diary: Diary) -> None:
    """In each window, from a little before to a little after. Guards are never to the second."""
    random = diary.chance("gate")
    for since, until in diary.schedule.windows:
        early, late = random.uniform(-60, 120), random.uniform(-60, 140)
        diary.open_gate(since - timedelta(seconds=early), until + timedelta(seconds=late))


def play_outages(diary: Diary) -> None:
    """Now and then a line is cut for some minutes, or a clock is wrong; that is no cheating."""
    random = diary.chance("outages")
    for device in (diary.campus.gate, diary.campus.terminal):
        if random.random() < 0.04:
            since = diary.starts_at + timedelta(hours=random.uniform(1, 22))
            diary.cut_line(device, (since, since + timedelta(minutes=random.uniform(2, 40))))
        elif random.random() < 0.02:
            diary.put_clock_off(device, timedelta(minutes=random.choice((-1, 1)) * random.uniform(6, 90)))


def unplug_sensor(diary: Diary) -> None:
    """Somebody takes the sensor off the mains, and meanwhile the gate stands open, or somebody comes in."""
    random = diary.chance(Cheat.SENSOR_UNPLUGGED)
    length = timedelta(minutes=random.choice((random.uniform(2.5, 6), random.uniform(6, 120))))
    since = choose_moment(random, diary.find_free(_APART, work_hours(diary)), length)
    if since is None:
        return
    until = since + length
    diary.unplugged[diary.campus.gate] = ((since, until),)
    begins = since + timedelta(seconds=20)
    if random.random() < 0.5:
        ends = until - timedelta(seconds=20)
        diary.open_gate(begins, ends, Cheat.SENSOR_UNPLUGGED)
        _slip_out(diary, random, (begins, ends), Cheat.SENSOR_UNPLUGGED)
    elif random.random() < 0.5:
        diary.open_gate(begins, begins + timedelta(seconds=15), Cheat.SENSOR_UNPLUGGED)
        inside = timedelta(minutes=random.uniform(20, 90))
        diary.outsiders.append(Outsider(begins, begins + inside, cheat=Cheat.SENSOR_UNPLUGGED))


def prop_open(diary: Diary) -> None:
    """The gate is propped open for a good while outside the windows, and a pupil may walk out."""
    random = diary.chance(Cheat.GATE_PROPPED)
    length = timedelta(minutes=random.uniform(4, 45))
    since = choose_moment(random, diary.find_free(_APART, work_hours(diary)), length)
    if since is not None:
        diary.open_gate(since, since + length, Cheat.GATE_PROPPED)
        _slip_out(diary, random, (since, since + length), Cheat.GATE_PROPPED)


def let_pupils_leave(diary: Diary) -> None:
    """Now and then a pupil is fetched in lesson time, with a leave."""
    random = diary.chance("leaves")
    for number in range(random.choice((0, 0, 0, 1, 2))):
        at = choose_moment(random, diary.find_free(_APART, intersect(diary.schedule.lessons, work_hours(diary))))
        if at is not None:
            diary.open_gate(at - timedelta(seconds=4), at + timedelta(seconds=random.uniform(3, 20)))
            diary.exits.append(Exit(at, f"{diary.on:%y%m%d}-L{number + 1}"))


def tell_gate(diary: Diary) -> None:
    """What the contact tells: each change, and how it stands whenever it has power or a line again. Late in the evening
    before, it told that the gate was closed."""
    gate = diary.campus.gate
    diary.tell(gate, diary.starts_at - timedelta(hours=1), wire.Gate(open=False))
    opened = unite((one.since, one.until) for one in diary.openings)
    for since, until in opened:
        diary.tell(gate, since, wire.Gate(open=True))
        diary.tell(gate, until, wire.Gate(open=False))
    for _, back_at in (*diary.unplugged.get(gate, ()), *diary.cut.get(gate, ())):
        stands_open = any(since <= back_at < until for since, until in opened)
        diary.tell(gate, back_at + timedelta(seconds=3), wire.Gate(open=stands_open))
    _bounce(diary)


def _bounce(diary: Diary) -> None:
    """A loose contact opens and closes as no gate can."""
    random = diary.chance("contact")
    if random.random() < 0.01:
        diary.mishaps.add(Mishap.LOOSE_CONTACT)
        at = diary.starts_at + timedelta(hours=random.uniform(9, 16))
        for change in range(60):
            diary.tell(diary.campus.gate, at + timedelta(seconds=change / 2), wire.Gate(open=change % 2 == 0))


def _slip_out(diary: Diary, random: Random, opened: Span, cheat: Cheat) -> None:
    moment = choose_moment(random, intersect((opened,), diary.schedule.lessons))
    if moment is not None and random.random() < 0.3:
        diary.exits.append(Exit(moment, None, cheat))

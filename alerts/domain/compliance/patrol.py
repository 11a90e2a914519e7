"""Patrols: rounds over the key points by day and by night, and patrols that nobody can have walked (P1 to P3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from alerts.domain.compliance.events import Implausible, PostAction, PostEvent
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import DeviceRole, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    say,
    tell_instant,
)
from alerts.domain.spans import Span, clip, in_utc, unite

_NO_KEY_POINTS = Judgement(Verdict.UNKNOWN, (say("no_key_points"),), mend=(say("register_key_points"),))
_CANNOT_BE = frozenset({Implausible.FASTER_THAN_WALKING, Implausible.TWO_PLACES})


class Round(NamedTuple):
    """A whole round: all key points, one after the other; `keys` are the passings."""

    ended_at: datetime
    keys: tuple[str, ...]


def find_rounds(passings: Iterable[PostEvent], points: frozenset[str]) -> tuple[Round, ...]:
    """Whole rounds over all key points. Of a round each point counts once, however often it is passed; whoever shares a
    round with others makes one, not two."""
    rounds: list[Round] = []
    passed: dict[str, str] = {}
    for event in passings:
        if event.post in points:
            passed.setdefault(event.post, event.key)
        if points and len(passed) == len(points):
            rounds.append(Round(event.at, tuple(passed.values())))
            passed = {}
    return tuple(rounds)


def _list_passings(day: SchoolDay, span: Span) -> list[PostEvent]:
    ((since, until),) = in_utc((span,))
    return [one for one in day.check_ins if one.action is PostAction.POINT and since <= one.at < until]


def judge_day_rounds(day: SchoolDay, terms: Terms) -> Judgement:
    """P1: so many rounds over all key points on a school day."""
    if not day.schedule.in_session:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_session"),))
    return _judge_rounds(day, (day.starts_at, day.ends_at), terms.count("rounds"))


def judge_night_rounds(day: SchoolDay, terms: Terms) -> Judgement:
    """P2: where pupils board, so many rounds from lights-out the evening before until this morning. Of a night
    before or after a day without school nobody knows whether pupils slept here, so it is not asked."""
    if not day.boarding:
        return Judgement(Verdict.NOT_APPLICABLE, (say("nobody_boards"),))
    if day.eve is None:
        return Judgement(Verdict.UNKNOWN, (say("no_eve"),))
    if not (day.eve.in_session and day.schedule.in_session):
        return Judgement(Verdict.NOT_APPLICABLE, (say("no_school_night"),))
    if day.eve.lights_out_at is None:
        return Judgement(Verdict.UNKNOWN, (say("no_lights_out"),), mend=(say("enter_lights_out"),))
    night = (day.eve.lights_out_at, day.starts_at + terms.length("morning_hours"))
    return _judge_rounds(day, night, terms.count("rounds"))


def _judge_rounds(day: SchoolDay, span: Span, needed: int) -> Judgement:
    """Whether there were enough rounds in a stretch. Too few is a breach when it is over and people do pass points."""
    key_points = frozenset(point.code for point in day.points if point.key)
    if not key_points:
        return _NO_KEY_POINTS
    passings = _list_passings(day, span)
    rounds = find_rounds((one for one in passings if one.counts), key_points)
    references = cite(ReferenceKind.EVIDENCE, (key for one in rounds for key in one.keys))
    if len(rounds) >= needed:
        return Judgement(Verdict.MET, (say("rounds_made", rounds=len(rounds), needed=needed),), references)
    reasons = (say("rounds_few", rounds=len(rounds), needed=needed), *_tell_refused(passings))
    mend = (say("walk_rounds"),)
    if day.now < span[1]:
        return Judgement(Verdict.UNKNOWN, (say("rounds_so_far", rounds=len(rounds), needed=needed),), references, mend,
                         day.look_after([span[1]]))  # fmt: skip
    doubts = _doubt_passings(day, span, passings)
    if doubts or not any(one.action is PostAction.POINT for one in day.check_ins):
        return Judgement(Verdict.UNKNOWN, (*reasons, *doubts), references, mend)
    return Judgement(Verdict.NOT_MET, reasons, references, mend)


def _tell_refused(passings: Iterable[PostEvent]) -> tuple[Reason, ...]:
    refused = sum(1 for one in passings if not one.counts)
    return (say("implausible", events=refused),) if refused else ()


def _doubt_passings(day: SchoolDay, span: Span, passings: Iterable[PostEvent]) -> tuple[Reason, ...]:
    """Why somebody may have walked all the same: a reader was not heard, or its clock is off."""
    readers = day.devices_of(DeviceRole.POST_READER)
    doubts = [say("post_reader_unheard", device=one.code) for one in readers if clip(unite(one.unheard), span)]
    timeless = sum(1 for one in passings if Implausible.CLOCK_OFF in one.implausible)
    return (*doubts, say("clock_off", events=timeless)) if timeless else tuple(doubts)


def judge_plausible_patrols(day: SchoolDay, _terms: Terms) -> Judgement:
    """P3: no patrol was handed in that nobody can have walked. Such passings never count; here they are shown. Where
    points have no place on the plan, nobody can tell how fast somebody was."""
    passings = _list_passings(day, (day.starts_at, day.ends_at))
    refused = [one for one in passings if _CANNOT_BE & set(one.implausible)]
    if refused:
        references = cite(ReferenceKind.EVIDENCE, (one.key for one in refused))
        return Judgement(Verdict.NOT_MET, _tell_patrols(refused), references, (say("walk_patrols"),))
    if not passings:
        return Judgement(Verdict.UNKNOWN, (say("no_patrols"),), mend=(say("walk_rounds"),))
    placed = {point.code for point in day.points if point.x_metres is not None and point.y_metres is not None}
    unplaced = {one.post for one in passings} - placed
    references = cite(ReferenceKind.EVIDENCE, (one.key for one in passings))
    if unplaced:
        reason = say("points_without_place", points=len(unplaced))
        return Judgement(Verdict.UNKNOWN, (reason,), references, (say("place_points"),))
    return Judgement(Verdict.MET, (say("patrols_plausible", passings=len(passings)),), references)


def _tell_patrols(refused: Sequence[PostEvent]) -> tuple[Reason, ...]:
    """What cannot be, once a person."""
    first: dict[tuple[str, bool], PostEvent] = {}
    for one in refused:
        first.setdefault((one.person, Implausible.TWO_PLACES in one.implausible), one)
    return tuple(
        say("in_two_places", person=person, at=tell_instant(one.at))
        if twice
        else say("faster_than_walking", person=person, at=tell_instant(one.at))
        for (person, twice), one in first.items()
    )


_GBT = "GB/T 29315-2022；青岛市 Qingdao"
_WALKED = frozenset({Input.CHECK_INS, Input.DEVICES, Input.SCHEDULE, Input.SCHOOL})

RULES = (
    Rule(
        "P1", Group.PATROL, "每日巡查重点部位", "Patrols over the key points each day",
        _GBT, Standing.CONFIRMED, (Grade.A, Grade.C), _WALKED, judge_day_rounds,
        {"rounds": Default(5, Unit.TIMES, _GBT, Standing.CONFIRMED)},
    ),
    Rule(
        "P2", Group.PATROL, "寄宿制学校熄灯后夜巡", "Night rounds after lights-out, boarding",
        "青岛市 Qingdao", Standing.CONFIRMED, (Grade.A, Grade.C), _WALKED, judge_night_rounds,
        {
            "rounds": Default(2, Unit.TIMES, "青岛市 Qingdao", Standing.CONFIRMED),
            "morning_hours": Default(6, Unit.HOURS, "自定 our own", Standing.OURS),
        },
    ),
    Rule(
        "P3", Group.PATROL, "不可信的巡查不作证据", "Implausible patrols refused as evidence",
        "自定 our own", Standing.OURS, (Grade.B,), _WALKED, judge_plausible_patrols,
    ),
)  # fmt: skip

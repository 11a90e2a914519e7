"""Answering: what became of the day's live presses at the button, here, at 110 and in the school (R1 to R8).

Tests and drills do not count. A day without a live press has nothing to answer: the rules do not apply to it, which is
not the same as met. Shares and percentiles are of what there was on that day: of presses at the button (R1), else of
incidents; of a few the slowest decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import Fact, FactKind, IncidentDay, LivePress, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    Reason,
    Reference,
    ReferenceKind,
    Verdict,
    cite,
    grade_met,
    keep_few,
    say,
)
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode

_NOTHING = Judgement(Verdict.NOT_APPLICABLE, (say("no_live_incident"),))
_AWAITED = timedelta(seconds=10)  # that a receipt was confirmed is written within five
_NEEDED_HELP = frozenset({Cause.REAL, Cause.DISPUTE, Cause.MEDICAL})


def _list_live(day: SchoolDay) -> list[IncidentDay]:
    return [one for one in day.incidents if one.mode is Mode.LIVE]


@dataclass(frozen=True, slots=True)
class _Asked:
    """`percent` of incidents must be in time; `is_late` tells of one, None when nobody knows (yet). `limit` is how long
    after its opening that is decided. `late` and `unsure` are the codes of what is said."""

    percent: float
    limit: timedelta
    is_late: Callable[[IncidentDay], bool | None]
    late: str
    unsure: str

    def say(self, code: str, count: int, incidents: int) -> Reason:
        """A reason of this."""
        seconds = round(self.limit.total_seconds())
        return say(code, count=count, incidents=incidents, seconds=seconds, percent=self.percent)


def _judge_times(
    day: SchoolDay, incidents: Sequence[IncidentDay], asked: Sequence[_Asked], met: str, mend: str
) -> Judgement:
    """Met when enough are in time whatever the undecided will be; not met when that cannot be any more."""
    number = len(incidents)
    broken: list[Reason] = []
    unsure: list[Reason] = []
    deciding: list[IncidentDay] = []
    for one in asked:
        late = [incident for incident in incidents if one.is_late(incident)]
        open_ones = [incident for incident in incidents if one.is_late(incident) is None]
        allowed = _count_allowed(number, one.percent)
        if len(late) > allowed:
            broken.append(one.say(one.late, len(late), number))
            deciding += late
        elif len(late) + len(open_ones) > allowed:
            unsure.append(one.say(one.unsure, len(open_ones), number))
            deciding += open_ones
    few = [say("few_incidents", incidents=number)] if any(_is_few(number, one.percent) for one in asked) else []
    look_again_at = day.look_after(incident.opened_at + one.limit for one in asked for incident in incidents)
    told = cite(ReferenceKind.INCIDENT, (one.id for one in deciding or incidents))
    if broken:
        return Judgement(Verdict.NOT_MET, (*broken, *few), told, (say(mend),), look_again_at)
    if unsure:
        return Judgement(Verdict.UNKNOWN, tuple(unsure), told, (say(mend),), look_again_at)
    return Judgement(Verdict.MET, (say(met, incidents=number), *few), told, look_again_at=look_again_at)


def _count_allowed(incidents: int, percent: float) -> int:
    """How many may be late: what the nearest rank leaves, so that of a few none may."""
    return floor(round(incidents * (100 - percent) / 100, 9))


def _is_few(incidents: int, percent: float) -> bool:
    return percent < 100 and _count_allowed(incidents, percent) == 0


def _is_late(opened_at: datetime, done_at: datetime | None, limit: timedelta, now: datetime) -> bool | None:
    """Whether something was done too late after the opening; what was not done is late once its time is over."""
    if done_at is not None:
        return done_at - opened_at > limit
    return True if now - opened_at > limit else None


def judge_confirmed(day: SchoolDay, terms: Terms) -> Judgement:
    """R1: the button had its receipt, which is sent after the press is on disk, within `seconds` of the press's arrival
    at `percent` of presses. A press whose receipt no broker confirmed, as far as is recorded, leaves it unknown, after
    ten seconds in which that is awaited."""
    if not day.presses:
        return _NOTHING

    def is_awaited(one: LivePress) -> bool:
        return one.confirmed_at is None and day.now - one.at <= _AWAITED and not day.over

    look_again_at = day.look_after(one.at + _AWAITED for one in day.presses if is_awaited(one))
    settled = [one for one in day.presses if not is_awaited(one)]
    return replace(_judge_receipts(settled or day.presses, terms), look_again_at=look_again_at)


def _judge_receipts(presses: Sequence[LivePress], terms: Terms) -> Judgement:
    percent, limit = terms.number("percent"), terms.number("seconds")
    late = [one for one in presses if (one.received_to_button_seconds or 0) > limit]
    unsure = [one for one in presses if one.received_to_button_seconds is None]
    allowed, number = _count_allowed(len(presses), percent), len(presses)
    few = [say("few_presses", presses=number)] if _is_few(number, percent) else []
    mend = (say("look_at_service"),)

    def explain(code: str, count: int) -> Reason:
        return say(code, count=count, presses=number, seconds=limit, percent=percent)

    if len(late) > allowed:
        reasons = (explain("button_confirmed_late", len(late)), *few)
        return Judgement(Verdict.NOT_MET, reasons, _cite_presses(late), mend)
    if len(late) + len(unsure) > allowed:
        reasons = (explain("button_not_confirmed", len(unsure)),)
        return Judgement(Verdict.UNKNOWN, reasons, _cite_presses(unsure), mend)
    return Judgement(Verdict.MET, (say("button_confirmed", presses=number), *few), _cite_presses(presses))


def _cite_presses(presses: Sequence[LivePress]) -> tuple[Reference, ...]:
    """The confirmations of receipts where there are any, and the incidents of the presses."""
    receipts = cite(ReferenceKind.EVIDENCE, (one.receipt for one in presses if one.receipt is not None))
    return keep_few(cite(ReferenceKind.INCIDENT, (one.incident for one in presses)) + receipts)


def judge_taken(day: SchoolDay, terms: Terms) -> Judgement:
    """R2: a person took it: `soon_percent` within `soon_seconds`, `percent` within `seconds`. What nobody took is
    late."""
    live = _list_live(day)
    if not live:
        return _NOTHING

    def ask(percent: str, seconds: str) -> _Asked:
        limit = terms.length(seconds)
        return _Asked(
            terms.number(percent),
            limit,
            lambda one: _is_late(one.opened_at, one.taken_at, limit, day.now),
            "taken_late",
            "not_taken_yet",
        )

    asked = [ask("soon_percent", "soon_seconds"), ask("percent", "seconds")]
    return _judge_times(day, live, asked, "taken_in_time", "take_presses_at_once")


def judge_police(day: SchoolDay, terms: Terms) -> Judgement:
    """R4: 110 took each incident within `seconds` of its opening: how long our own sending took is in it. One that was
    never sent, and of which nobody wrote down a telephone call, leaves it unknown."""
    live = _list_live(day)
    if not live:
        return _NOTHING
    limit = terms.length("seconds")

    def is_late(one: IncidentDay) -> bool | None:
        if one.police_accepted_at is None and one.police_sent_at is None:
            return None
        return _is_late(one.opened_at, one.police_accepted_at, limit, day.now)

    asked = _Asked(100, limit, is_late, "police_late", "police_not_known")
    return _judge_times(day, live, [asked], "police_in_time", "call_police")


def judge_patrol(day: SchoolDay, terms: Terms) -> Judgement:
    """R5: a patrol was there within `town_minutes` or, outside town, `suburb_minutes` of the opening. Of a school of
    which nobody knows where it is, what lies between is unknown; so is a patrol whose arrival nobody reported. Who
    pressed by mistake needs none."""
    live = _list_live(day)
    if not live:
        return _NOTHING
    needing = [one for one in live if one.cause is None or one.cause in _NEEDED_HELP]
    if not needing:
        return Judgement(Verdict.NOT_APPLICABLE, (say("no_patrol_needed"),))
    town, suburb = terms.length("town_minutes"), terms.length("suburb_minutes")
    surely_in_time = suburb if day.in_town is False else town
    surely_late = town if day.in_town else suburb

    def is_late(one: IncidentDay) -> bool | None:
        took = None if one.on_scene_at is None else one.on_scene_at - one.opened_at
        if took is None or surely_in_time < took <= surely_late:
            return None
        return took > surely_late

    asked = _Asked(100, surely_late, is_late, "patrol_late", "patrol_not_known")
    return _judge_times(day, needing, [asked], "patrol_in_time", "report_patrol")


def judge_closed(day: SchoolDay, terms: Terms) -> Judgement:
    """R7: each incident was closed with a cause and words, one that was no emergency by `people` people. One that is
    still open is not known."""
    live = _list_live(day)
    if not live:
        return _NOTHING
    faults = {one.id: fault for one in live if (fault := _find_fault(one, terms.count("people")))}
    if faults:
        told = cite(ReferenceKind.INCIDENT, faults)
        return Judgement(Verdict.NOT_MET, tuple(faults.values()), told, (say("close_with_evidence"),))
    still_open = [one.id for one in live if one.closed_at is None]
    if still_open:
        reasons = tuple(say("incident_open", incident=one) for one in still_open)
        told = cite(ReferenceKind.INCIDENT, still_open)
        return Judgement(Verdict.UNKNOWN, reasons, told, (say("close_with_evidence"),))
    told = cite(ReferenceKind.INCIDENT, (one.id for one in live))
    return Judgement(Verdict.MET, (say("closed_in_order", incidents=len(live)),), told)


def _find_fault(incident: IncidentDay, people: int) -> Reason | None:
    if incident.closed_at is None:
        return None
    if incident.cause is None:
        return say("closed_without_cause", incident=incident.id)
    if not incident.text_at_closing:
        return say("closed_without_words", incident=incident.id)
    if incident.cause not in _NEEDED_HELP and incident.people_at_closing < people:
        return say("closed_by_too_few", incident=incident.id, people=incident.people_at_closing, needed=people)
    return None


def judge_school_told(day: SchoolDay, terms: Terms) -> Judgement:
    """R8: the school was told of each incident within `minutes`, by a message that reached somebody there, or as
    somebody wrote down; a form alone declares it."""
    live = _list_live(day)
    if not live:
        return _NOTHING
    limit = terms.length("minutes")
    facts = day.facts_of(FactKind.SCHOOL_TOLD)

    def find_told_at(one: IncidentDay) -> datetime | None:
        times = (one.school_told_at, *(fact.at for fact in _list_told(facts, one)))
        return min((at for at in times if at is not None), default=None)

    asked = _Asked(
        100,
        limit,
        lambda one: _is_late(one.opened_at, find_told_at(one), limit, day.now),
        "school_told_late",
        "school_not_told_yet",
    )
    judgement = _judge_times(day, live, [asked], "school_told", "tell_school")
    if judgement.verdict is not Verdict.MET:
        return judgement

    def find_grade(one: IncidentDay) -> Grade:
        if one.school_told_at is not None and one.school_told_at - one.opened_at <= limit:
            return Grade.B
        return min(fact.grade for fact in _list_told(facts, one) if fact.at - one.opened_at <= limit)

    verdict = grade_met([max(find_grade(one) for one in live)])
    mend = () if verdict is Verdict.MET else (say("tell_school_by_message"),)
    return replace(judgement, verdict=verdict, mend=mend)


def _list_told(facts: Sequence[Fact], incident: IncidentDay) -> list[Fact]:
    return [one for one in facts if one.about == str(incident.id) and one.at >= incident.opened_at]


_OURS, _CONFIRMED, _FROM_MEMORY = Standing.OURS, Standing.CONFIRMED, Standing.FROM_MEMORY
_OWN = "自定 our own"
_EN = "EN 50518"
_BULLETINS = "公安机关警情通报 police bulletins"
_INCIDENTS = frozenset({Input.INCIDENTS})

RULES = (
    Rule(
        "R1", Group.ANSWERING, "报警落盘并回执到按钮", "Durable and confirmed to the button",
        _OWN, _OURS, (Grade.A, Grade.B), frozenset({Input.PRESSES}), judge_confirmed,
        {"percent": Default(99, Unit.PERCENT, _OWN, _OURS), "seconds": Default(1, Unit.SECONDS, _OWN, _OURS)},
    ),
    Rule(
        "R2", Group.ANSWERING, "有人接警", "A person takes it",
        _EN, _FROM_MEMORY, (Grade.B,), _INCIDENTS, judge_taken,
        {
            "soon_percent": Default(80, Unit.PERCENT, _EN, _FROM_MEMORY),
            "soon_seconds": Default(30, Unit.SECONDS, _EN, _FROM_MEMORY),
            "percent": Default(98.5, Unit.PERCENT, _EN, _FROM_MEMORY),
            "seconds": Default(60, Unit.SECONDS, _EN, _FROM_MEMORY),
        },
    ),
    Rule(
        "R4", Group.ANSWERING, "110 回执", "110 receipt",
        _BULLETINS, _CONFIRMED, (Grade.A,), _INCIDENTS, judge_police,
        {"seconds": Default(30, Unit.SECONDS, _BULLETINS, _CONFIRMED)},
    ),
    Rule(
        "R5", Group.ANSWERING, "民警到场", "Patrol there",
        _BULLETINS, _CONFIRMED, (Grade.A, Grade.C), _INCIDENTS | {Input.SCHOOL}, judge_patrol,
        {
            "town_minutes": Default(5, Unit.MINUTES, _BULLETINS, _CONFIRMED),
            "suburb_minutes": Default(10, Unit.MINUTES, _BULLETINS, _CONFIRMED),
        },
    ),
    Rule(
        "R7", Group.ANSWERING, "结案有原因和依据", "Closed with cause and evidence",
        _OWN, _OURS, (Grade.C,), _INCIDENTS, judge_closed, {"people": Default(2, Unit.PEOPLE, _OWN, _OURS)},
    ),
    Rule(
        "R8", Group.ANSWERING, "反馈学校", "The school is told",
        _BULLETINS, _CONFIRMED, (Grade.B,), _INCIDENTS | {Input.FACTS}, judge_school_told,
        {"minutes": Default(30, Unit.MINUTES, _BULLETINS, _CONFIRMED)},
    ),
)  # fmt: skip

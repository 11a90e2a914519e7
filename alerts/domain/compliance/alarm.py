"""一键报警, the one-button alarm: where buttons hang, how they are tested, and how well they are (A1 to A13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType

from alerts.domain.compliance.buttons import NO_BUTTON, Finding, doubt_button, judge_buttons
from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.schedule import first_of_month, midnight
from alerts.domain.compliance.school_day import DeviceDay, DeviceRole, FactKind, Fault, Proof, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    ReferenceKind,
    Verdict,
    cite,
    grade_met,
    say,
    tell_instant,
)
from alerts.domain.registry import PointKind

_LACKING = MappingProxyType(
    {
        PointKind.GATEHOUSE: "no_button_at_gatehouse",
        PointKind.CONTROL_ROOM: "no_button_in_control_room",
        PointKind.DORMITORY: "no_button_in_dormitory",
    }
)


# ---------------------------------------------------------------- installed and tested


def judge_installed(day: SchoolDay, terms: Terms) -> Judgement:
    """A1: a button hangs at the gatehouse, in the control room and, where pupils sleep, in the dormitory. The registry
    alone declares it; the first test that was proved end to end proves it."""
    needed = terms.count("per_place")
    buttons = day.devices_of(DeviceRole.ALARM)
    at_place = {
        place: [one for one in buttons if one.point_kind is place]
        for place in _LACKING
        if day.boarding or place is not PointKind.DORMITORY
    }
    lacking = [place for place, found in at_place.items() if len(found) < needed]
    if lacking:
        reasons = tuple(say(_LACKING[place], needed=needed) for place in lacking)
        told = cite(ReferenceKind.DEVICE, (one.code for one in buttons))
        return Judgement(Verdict.NOT_MET, reasons, told, (say("install_button"),))
    here = [one for found in at_place.values() for one in found]
    told = cite(ReferenceKind.DEVICE, (one.code for one in here))
    if all(sum(map(_is_proved, found)) >= needed for found in at_place.values()):
        return Judgement(Verdict.MET, (say("buttons_installed", devices=len(here)),), told)
    unproved = tuple(say("button_never_proved", device=one.code) for one in here if not _is_proved(one))
    return Judgement(Verdict.DECLARED, unproved, told, (say("test_button"),))


def _is_proved(button: DeviceDay) -> bool:
    return button.proved_ever or any(proof.whole for proof in button.proofs)


def judge_proved(day: SchoolDay, terms: Terms) -> Judgement:
    """A2: each button was proved end to end within `days`: its test was shown, 110 receipted it, the button knows."""
    limit = terms.length("days")

    def find(button: DeviceDay) -> Finding:
        newest = max((proof for proof in button.proofs if proof.whole), key=lambda proof: proof.at, default=None)
        if newest is not None and day.now - newest.at <= limit:
            return Finding(deadline=newest.at + limit, incident=newest.incident)
        tried = [proof for proof in button.proofs if not proof.whole and day.now - proof.at <= limit]
        if tried:
            code = _find_missing_hop(tried[-1])
            breach = say(code, device=button.code, at=tell_instant(tried[-1].at))
            return Finding(breach, incident=tried[-1].incident)
        if _watched_for_less(day, day.now - limit):
            return Finding(doubt=say("watched_too_short", device=button.code), deadline=_watched_until(day, limit))
        return Finding(say("button_unproved", device=button.code, days=terms.count("days")))

    met = say("buttons_proved", devices=len(day.devices_of(DeviceRole.ALARM)), days=terms.count("days"))
    return judge_buttons(day, find, met, "test_button", "test_button")


def _find_missing_hop(proof: Proof) -> str:
    if not proof.seen:
        return "test_not_shown"
    return "test_not_told_back" if proof.police else "test_not_receipted"


def _watched_for_less(day: SchoolDay, since: datetime) -> bool:
    """Whether the service keeps evidence for less long than a rule looks back: what is missing may have been."""
    return day.watched_since is not None and day.watched_since > since


def _watched_until(day: SchoolDay, limit: timedelta) -> datetime | None:
    return None if day.watched_since is None else day.watched_since + limit


def judge_tested_monthly(day: SchoolDay, terms: Terms) -> Judgement:
    """A3: each button is tested in each calendar month, by the school's clock. This month's test may come until the
    month is over, if the last one's came."""
    needed = terms.count("times")
    months = [first_of_month(day.on, later) for later in (-1, 0, 1)]
    last_began_at, began_at, ends_at = (midnight(on, day.zone) for on in months)

    def find(button: DeviceDay) -> Finding:
        tests = [proof for proof in button.proofs if proof.seen]
        now = [proof for proof in tests if began_at <= proof.at < ends_at]
        if len(now) >= needed:
            return Finding(incident=now[-1].incident)
        before = [proof for proof in tests if last_began_at <= proof.at < began_at]
        over = day.now >= ends_at
        if not over and len(before) >= needed:
            return Finding(deadline=ends_at, incident=before[-1].incident)
        if _watched_for_less(day, began_at if over else last_began_at):
            return Finding(doubt=say("watched_too_short", device=button.code), deadline=ends_at)
        if over:
            return Finding(say("untested_this_month", device=button.code, tests=len(now), needed=needed))
        return Finding(say("untested_last_month", device=button.code, tests=len(before), needed=needed))

    met = say("buttons_tested", devices=len(day.devices_of(DeviceRole.ALARM)))
    return judge_buttons(day, find, met, "test_button", "test_button")


def judge_announced(day: SchoolDay, terms: Terms) -> Judgement:
    """A4: 110 was told before each button's newest test within `days`. A test without that is mended by another one."""
    limit = terms.length("days")
    buttons = day.devices_of(DeviceRole.ALARM)
    tests = {button.code: [one for one in button.proofs if day.now - one.at <= limit] for button in buttons}
    if buttons and not any(tests.values()):
        return Judgement(Verdict.NOT_APPLICABLE, (say("no_test_lately", days=terms.count("days")),))

    def find(button: DeviceDay) -> Finding:
        newest = max(tests[button.code], key=lambda proof: proof.at, default=None)
        if newest is None:
            return Finding()
        if newest.announced_to_police:
            return Finding(incident=newest.incident)
        breach = say("test_unannounced", device=button.code, at=tell_instant(newest.at))
        return Finding(breach, incident=newest.incident)

    met = say("tests_announced", tests=sum(map(bool, tests.values())))
    return judge_buttons(day, find, met, "announce_test", "announce_test")


# ---------------------------------------------------------------- well


def judge_online(day: SchoolDay, terms: Terms) -> Judgement:
    """A5: no button is unheard for more of the month than `percent` leaves it, nor for `silent_hours` on end. One that
    is silent for `silent_seconds` is a fault: nobody knows whether it works. What is left of the month counts as heard,
    so that a breach is what can no longer be made good."""
    month_ends_at = midnight(first_of_month(day.on, 1), day.zone)
    tolerated, longest = terms.length("silent_seconds"), terms.length("silent_hours")

    def find(button: DeviceDay) -> Finding:
        doubt = doubt_button(button, day, tolerated)
        since = button.unheard_since
        if not button.heard_ever:
            return Finding(doubt=doubt)
        if since is not None and day.now - since > longest:
            return Finding(say("alarm_silent_too_long", device=button.code, since=tell_instant(since)))
        if not button.month_watched:
            return Finding(doubt=doubt or say("alarm_unwatched", device=button.code))
        allowed = (button.month_watched + month_ends_at - day.now) * (1 - terms.number("percent") / 100)
        if button.month_unheard > allowed:
            minutes = round(button.month_unheard.total_seconds() / 60)
            return Finding(say("alarm_offline_too_much", device=button.code, minutes=minutes))
        if since is None:
            return Finding(doubt=doubt)
        coming = (since + tolerated, since + longest, day.now + allowed - button.month_unheard)
        return Finding(doubt=doubt, deadline=min(at for at in coming if at >= day.now))

    met = say("buttons_online", percent=_tell_lowest_share(day))
    return judge_buttons(day, find, met, "repair_alarm_device", "repair_alarm_device")


def _tell_lowest_share(day: SchoolDay) -> float:
    """The smallest share of this month so far for which one of its buttons was heard, in percent."""
    watched = [one for one in day.devices_of(DeviceRole.ALARM) if one.month_watched]
    return min((round(100 * (1 - one.month_unheard / one.month_watched), 2) for one in watched), default=0.0)


def judge_power(day: SchoolDay, terms: Terms) -> Judgement:
    """A6: a low battery is replaced within `battery_days`, and mains are not lost for more than `mains_hours` of this
    day on end."""
    battery, mains = terms.length("battery_days"), terms.length("mains_hours")

    def find(button: DeviceDay) -> Finding:
        low = button.low_battery_since
        if low is not None and day.now - low > battery:
            return Finding(say("battery_low", device=button.code, since=tell_instant(low)))
        lost = day.past(button.mains_lost)
        longest = max(lost, key=lambda span: span[1] - span[0], default=None)
        if longest is not None and longest[1] - longest[0] > mains:
            return Finding(say("mains_lost", device=button.code, since=tell_instant(longest[0])))
        doubt = doubt_button(button, day, terms.length("silent_seconds"))
        if doubt is None and not button.tells >= {"battery", "mains"}:
            doubt = say("power_not_told", device=button.code)
        coming = [low + battery] if low is not None else []
        if lost and lost[-1][1] >= day.now:
            coming.append(lost[-1][0] + mains)
        return Finding(doubt=doubt, deadline=min(coming, default=None))

    met = say("buttons_powered", devices=len(day.devices_of(DeviceRole.ALARM)))
    return judge_buttons(day, find, met, "restore_power", "repair_alarm_device")


def judge_tamper(day: SchoolDay, terms: Terms) -> Judgement:
    """A7: no button's housing is open now. One that was closed again is told, and is no breach."""

    def find(button: DeviceDay) -> Finding:
        opened = day.past(button.tampered)
        if opened and opened[-1][1] >= day.now:
            return Finding(say("tamper_open", device=button.code, since=tell_instant(opened[-1][0])))
        doubt = doubt_button(button, day, terms.length("silent_seconds"))
        if doubt is None and "tamper" not in button.tells:
            doubt = say("tamper_not_told", device=button.code)
        return Finding(doubt=doubt)

    closed = sum(len(one.tampered) for one in day.devices_of(DeviceRole.ALARM))
    return judge_buttons(day, find, say("no_tamper_open", closed=closed), "close_housing", "repair_alarm_device")


def judge_faults(day: SchoolDay, terms: Terms) -> Judgement:
    """A9: no fault that was there on this day lasted for more than `hours`, and while one lasts somebody wrote down
    what stands in for the button."""
    limit = terms.length("hours")

    def find(button: DeviceDay) -> Finding:
        faults = [one for one in button.faults if one.began_at < day.now and (one.ended_at or day.now) > day.starts_at]
        for fault in faults:
            if min(fault.ended_at or day.now, day.now) - fault.began_at > limit:
                return Finding(say("fault_too_long", device=button.code, since=tell_instant(fault.began_at)))
        lasting = next((one for one in faults if one.ended_at is None or one.ended_at > day.now), None)
        if lasting is None:
            return Finding(doubt=doubt_button(button, day, terms.length("silent_seconds")))
        deadline = lasting.began_at + limit
        match _grade_measure(day, button, lasting):
            case Verdict.UNKNOWN:
                return Finding(doubt=say("fault_without_measure", device=button.code), deadline=deadline)
            case Verdict.DECLARED:
                return Finding(declared=say("fault_measure_declared", device=button.code), deadline=deadline)
        return Finding(deadline=deadline)

    met = say("faults_in_order", devices=len(day.devices_of(DeviceRole.ALARM)))
    return judge_buttons(day, find, met, "repair_alarm_device", "record_measure")


def _grade_measure(day: SchoolDay, button: DeviceDay, fault: Fault) -> Verdict:
    measures = (one for one in day.facts_of(FactKind.FAULT_MEASURE) if one.about == button.code)
    return grade_met(one.grade for one in measures if one.at >= fault.began_at)


def judge_false_presses(day: SchoolDay, terms: Terms) -> Judgement:
    """A11: after more than `times` false presses in a term people are trained anew at the button. Another one after
    that asks for another training."""
    if not day.devices_of(DeviceRole.ALARM):
        return NO_BUTTON
    if day.schedule.term is None:
        return Judgement(Verdict.NOT_APPLICABLE, (say("not_in_term"),))
    presses = say("false_presses", presses=day.false_presses, times=terms.count("times"))
    if day.false_presses <= terms.number("times"):
        return Judgement(Verdict.MET, (presses,))
    last_at = day.last_false_press_at
    trainings = [one for one in day.facts_of(FactKind.BUTTON_TRAINING) if last_at is not None and one.at > last_at]
    if not trainings:
        return Judgement(Verdict.NOT_MET, (presses,), mend=(say("train_again"),))
    verdict = grade_met(fact.grade for fact in trainings)
    trained = say("trained_again", at=tell_instant(trainings[-1].at))
    mend = () if verdict is Verdict.MET else (say("train_again_on_site"),)
    return Judgement(verdict, (presses, trained), cite(ReferenceKind.FACT, (one.id for one in trainings)), mend)


def judge_clock(day: SchoolDay, terms: Terms) -> Judgement:
    """A13: each button's clock is right within `seconds`. One that told no time leaves it unknown."""

    def find(button: DeviceDay) -> Finding:
        offset = button.clock_offset_seconds
        if offset is None:
            return Finding(doubt=say("clock_not_told", device=button.code))
        if abs(offset) > terms.number("seconds"):
            return Finding(say("clock_wrong", device=button.code, seconds=round(offset, 1)))
        return Finding()

    met = say("clocks_right", devices=len(day.devices_of(DeviceRole.ALARM)))
    return judge_buttons(day, find, met, "set_clock", "test_button_with_time")


_OURS, _CONFIRMED = Standing.OURS, Standing.CONFIRMED
_OWN = "自定 our own"
_ZHENJIANG = "镇江市；义乌市为每季度 Zhenjiang; quarterly in Yiwu"
_CHANGZHOU = "常州市 Changzhou"
_SILENT = Default(90, Unit.SECONDS, _OWN, _OURS)
_DEVICES = frozenset({Input.DEVICES})

RULES = (
    Rule(
        "A1", Group.ALARM, "门卫室、控制室、宿舍值班室装有一键报警", "Buttons at gatehouse, control room, dormitory",
        "一键报警 one-button alarm", _CONFIRMED, (Grade.A, Grade.D), _DEVICES | {Input.SCHOOL}, judge_installed,
        {"per_place": Default(1, Unit.DEVICES, "一键报警 one-button alarm", _CONFIRMED)},
    ),
    Rule(
        "A2", Group.ALARM, "全程验证：平台收到、110 回执", "Proved end to end: platform and 110",
        "一键报警 one-button alarm", _CONFIRMED, (Grade.A,), _DEVICES, judge_proved,
        {"days": Default(31, Unit.DAYS, "一键报警 one-button alarm", _CONFIRMED)},
    ),
    Rule(
        "A3", Group.ALARM, "每月测试一次", "Tested each calendar month",
        _ZHENJIANG, _CONFIRMED, (Grade.A,), _DEVICES, judge_tested_monthly,
        {"times": Default(1, Unit.TIMES, _ZHENJIANG, _CONFIRMED)},
    ),
    Rule(
        "A4", Group.ALARM, "测试前告知 110", "Tests announced to 110 first",
        "义乌市 Yiwu", _CONFIRMED, (Grade.B,), _DEVICES, judge_announced,
        {"days": Default(31, Unit.DAYS, _OWN, _OURS)},
    ),
    Rule(
        "A5", Group.ALARM, "报警装置在线", "Online",
        f"{_CHANGZHOU}；其余自定 the rest is our own", _CONFIRMED, (Grade.A,), _DEVICES, judge_online,
        {
            "percent": Default(99.5, Unit.PERCENT, _OWN, _OURS),
            "silent_seconds": _SILENT,
            "silent_hours": Default(24, Unit.HOURS, _CHANGZHOU, _CONFIRMED),
        },
    ),
    Rule(
        "A6", Group.ALARM, "市电和电池正常", "Mains and battery",
        _OWN, _OURS, (Grade.A,), _DEVICES, judge_power,
        {
            "battery_days": Default(7, Unit.DAYS, _OWN, _OURS),
            "mains_hours": Default(8, Unit.HOURS, _OWN, _OURS),
            "silent_seconds": _SILENT,
        },
    ),
    Rule(
        "A7", Group.ALARM, "没有未处理的防拆报警", "No tamper open",
        _OWN, _OURS, (Grade.A,), _DEVICES, judge_tamper, {"silent_seconds": _SILENT},
    ),
    Rule(
        "A9", Group.ALARM, "故障限时修复，期间有补偿措施", "Faults repaired in time, with a compensating measure",
        _CHANGZHOU, _CONFIRMED, (Grade.B, Grade.C), _DEVICES | {Input.FACTS}, judge_faults,
        {"hours": Default(24, Unit.HOURS, _CHANGZHOU, _CONFIRMED), "silent_seconds": _SILENT},
    ),
    Rule(
        "A11", Group.ALARM, "误报多次重新培训", "Retraining after false presses",
        _OWN, _OURS, (Grade.B,), _DEVICES | {Input.INCIDENTS, Input.FACTS, Input.SCHEDULE}, judge_false_presses,
        {"times": Default(2, Unit.TIMES, _OWN, _OURS)},
    ),
    Rule(
        "A13", Group.ALARM, "时钟准确", "Clock right",
        _OWN, _OURS, (Grade.A,), _DEVICES, judge_clock, {"seconds": Default(2, Unit.SECONDS, _OWN, _OURS)},
    ),
)  # fmt: skip

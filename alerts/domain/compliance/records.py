"""Records: how far back video, alarms and entries are kept (V2, V4)."""

from __future__ import annotations

from alerts.domain.compliance.rules import Group, Input, Rule
from alerts.domain.compliance.school_day import DeviceRole, Fact, FactKind, SchoolDay
from alerts.domain.compliance.terms import Default, Standing, Terms, Unit
from alerts.domain.compliance.verdicts import (
    Grade,
    Judgement,
    Reason,
    ReferenceKind,
    Verdict,
    cite,
    grade_met,
    say,
    tell_instant,
)


def judge_video(day: SchoolDay, terms: Terms) -> Judgement:
    """V2: somebody played a sample within `sample_days` that was `days` old, and one of a key place `key_place_days`
    old. What the recorder's settings say proves nothing."""
    age = terms.length("sample_days")
    samples = [one for one in day.facts_of(FactKind.VIDEO_SAMPLE) if day.now - one.at <= age]
    key_place = _find_newest(samples, key_place=True)
    other = _find_newest(samples, key_place=False)
    found = [one for one in (other, key_place) if one is not None]
    look_again_at = day.look_after(one.at + age for one in found)
    told = cite(ReferenceKind.FACT, (one.id for one in found))
    short = [
        *_find_short(other, terms.count("days"), "video_too_short"),
        *_find_short(key_place, terms.count("key_place_days"), "video_of_key_place_too_short"),
    ]
    if short:
        return Judgement(Verdict.NOT_MET, tuple(short), told, (say("keep_video_longer"),), look_again_at)
    missing = [say("no_video_sample")] if other is None else []
    missing += [say("no_video_sample_of_key_place")] if key_place is None else []
    if missing:
        return Judgement(Verdict.UNKNOWN, tuple(missing), told, (say("play_video_sample"),), look_again_at)
    verdict = grade_met([max(one.grade for one in found)])
    mend = () if verdict is Verdict.MET else (say("play_video_sample"),)
    reasons = tuple(say("video_played", at=tell_instant(one.at), days=one.said["oldest_days"]) for one in found)
    return Judgement(verdict, reasons, told, mend, look_again_at)


def _find_newest(samples: list[Fact], *, key_place: bool) -> Fact | None:
    """The newest sample of a kind of place that says how old the oldest video was."""
    told = [
        one
        for one in samples
        if bool(one.said.get("key_place")) is key_place and isinstance(one.said.get("oldest_days"), int | float)
    ]
    return told[-1] if told else None


def _find_short(sample: Fact | None, needed: int, code: str) -> list[Reason]:
    if sample is None or float(sample.said["oldest_days"]) >= needed:
        return []
    return [say(code, days=sample.said["oldest_days"], needed=needed)]


def judge_records(day: SchoolDay, terms: Terms) -> Judgement:
    """V4: nothing younger than `alarm_days` of alarms, or `access_days` of entries, was removed. A school whose entries
    no device records has none to keep, and nobody knows. `own_days` is what we keep ourselves: less is said."""
    kept = day.records
    if kept is None:
        return Judgement(Verdict.UNKNOWN, (say("records_not_known"),), mend=(say("look_at_service"),))
    alarm, access = _count_days(kept.alarm_days), _count_days(kept.access_days)
    short = [say("alarm_records_short", days=alarm)] if alarm < terms.number("alarm_days") else []
    short += [say("access_records_short", days=access)] if access < terms.number("access_days") else []
    if short:
        return Judgement(Verdict.NOT_MET, tuple(short), mend=(say("keep_records_longer"),))
    devices = [*day.devices_of(DeviceRole.GATE), *day.devices_of(DeviceRole.VISITOR_TERMINAL)]
    if not devices:
        return Judgement(Verdict.UNKNOWN, (say("no_access_records"),), mend=(say("fit_visitor_terminal"),))
    told = cite(ReferenceKind.DEVICE, (one.code for one in devices))
    own = terms.number("own_days")
    less = tuple(say("kept_less_than_ours", days=days) for days in {alarm, access} if days < own)
    return Judgement(Verdict.MET, (say("records_kept"), *less), told)


def _count_days(days: int | None) -> float:
    return float("inf") if days is None else days


_OURS, _CONFIRMED = Standing.OURS, Standing.CONFIRMED
_OWN = "自定 our own"
_QINGDAO = "青岛市 Qingdao"
_LEAST = "记录保存期限 least times of keeping"

RULES = (
    Rule(
        "V2", Group.RECORDS, "视频保存期限，抽样回放证明", "Video kept, proved by playing a sample",
        _QINGDAO, _CONFIRMED, (Grade.B, Grade.C), frozenset({Input.FACTS}), judge_video,
        {
            "days": Default(30, Unit.DAYS, _QINGDAO, _CONFIRMED),
            "key_place_days": Default(90, Unit.DAYS, _QINGDAO, _CONFIRMED),
            "sample_days": Default(31, Unit.DAYS, _OWN, _OURS),
        },
    ),
    Rule(
        "V4", Group.RECORDS, "报警和出入记录保存期限", "Alarm and access records kept",
        _LEAST, _CONFIRMED, (Grade.B,), frozenset({Input.DEVICES}), judge_records,
        {
            "alarm_days": Default(30, Unit.DAYS, _LEAST, _CONFIRMED),
            "access_days": Default(180, Unit.DAYS, _LEAST, _CONFIRMED),
            "own_days": Default(1095, Unit.DAYS, _OWN, _OURS),
        },
    ),
)  # fmt: skip

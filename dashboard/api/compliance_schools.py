"""The rules at one school: verdicts with reasons in words and evidence that opens; breaches; a raw message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Path, Query, Response

from alerts.compliance.figures import Amendment, RuleVerdict, SchoolVerdicts, read_school_verdicts
from alerts.compliance.proof import Evidence, show_evidence, tell_gone
from alerts.compliance.words import say_reason
from alerts.domain.compliance.catalogue import BY_CODE, RULES
from alerts.domain.compliance.headline import LETTER_OF, VerdictCount, count_letters, judge_groups
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Judgement, Reason, Reference, ReferenceKind, Verdict
from alerts.domain.policies import read_zone
from alerts.domain.rights import Right
from alerts.storage.board_reads import read_school_record
from alerts.storage.figures import BreachItem, list_breaches
from dashboard.api.compliance import On, find_past
from dashboard.api.routers import make_router
from dashboard.api.texts import CODE_PATTERN, CodePath
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, read_number_key, write_key
from dashboard.places import Where, WithinOf
from dashboard.problems import Problem
from dashboard.rights import CallerOf, grant
from dashboard.service import ServiceOf

router = make_router("compliance")

OPENED_AT = {
    ReferenceKind.EVIDENCE: "/api/v1/compliance/evidence/{key}",
    ReferenceKind.FACT: "/api/v1/facts/{key}",
    ReferenceKind.DEVICE: "/api/v1/devices/{key}",
    ReferenceKind.INCIDENT: "/api/v1/incidents/{key}",
    ReferenceKind.PERSON: "/api/v1/people/{key}",
    ReferenceKind.POST: "/api/v1/posts/{key}/duty",
    ReferenceKind.PLAN: "/api/v1/plans/{key}",
    ReferenceKind.HAZARD: "/api/v1/hazards/{key}",
}


@dataclass(frozen=True, slots=True)
class SaidRuleReason:
    """A reason by its code and in words, times by the school's clock."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class EvidenceReference:
    """A piece of evidence; `href` is where it opens, null where nothing tells more."""

    kind: ReferenceKind
    key: str
    href: str | None


@dataclass(frozen=True, slots=True)
class SchoolRule:
    """A rule at a school: `mend` is what would make it met, `look_again_at` when it may change by itself. `since` is
    when the verdict became what it is, null for a closed day; `breach` the open one."""

    rule: str
    group: Group | None
    zh: str
    en: str
    verdict: Verdict
    since: datetime | None
    reasons: list[SaidRuleReason]
    references: list[EvidenceReference]
    mend: list[SaidRuleReason]
    look_again_at: datetime | None
    breach: int | None


@dataclass(frozen=True, slots=True)
class SchoolCompliance:
    """Every rule at a school, now (`version` null) or as recorded of a closed day, with that day's versions. `at` is
    null when it was not judged on the day: then everything is unknown."""

    school: str
    on: date
    at: datetime | None
    zone: str
    version: int | None
    tally: VerdictCount
    groups: dict[Group, Verdict]
    rules: list[SchoolRule]
    amendments: tuple[Amendment, ...]


@dataclass(frozen=True, slots=True)
class SaidBreach:
    """A rule that was not met at a school, from when it was seen until it was met again. `proof` are the reasons for
    which it closed; `repeats` counts breaches of that rule there in the 30 days before. `zone` is the school's, by
    which reasons tell the time."""

    id: int
    school: str
    school_name: str
    district: str
    zone: str
    rule: str
    zh: str
    en: str
    on: date
    opened_at: datetime
    due_at: datetime
    owner: str | None
    owner_name: str | None
    owner_post: str | None
    repeats: int
    escalated_at: datetime | None
    closed_at: datetime | None
    reasons: list[SaidRuleReason]
    references: list[EvidenceReference]
    proof: list[SaidRuleReason]


@router.get("/compliance/schools/{code}", openapi_extra=grant(Right.SEE, Where.SCHOOL), response_model=SchoolCompliance)
async def get_school_compliance(
    service: ServiceOf,
    code: CodePath,
    on: On = None,
    version: Annotated[
        int | None, Query(ge=0, lt=1 << 31, description="Of a closed day; the newest when absent.")
    ] = None,
) -> Response:
    """Every rule at a school with its reasons, evidence, and what would make it met."""
    async with service.database.transaction(isolation="repeatable_read") as connection:
        record = await read_school_record(connection, code)
        if record is None:
            raise Problem("no-such-school")
        zone = read_zone(record.zone)
        today = (await service.database.read_now(connection)).astimezone(zone).date()
        past = find_past(on, today)
        found = await read_school_verdicts(connection, code, past, version if past else None)
        if past is not None and found is None:
            raise Problem("no-such-closed-day")
        breaches = await list_breaches(connection, school=code, is_open=True, limit=len(RULES)) if past is None else []
    if found is not None and past is None and found.on != today:
        found = None  # what was judged of another day says nothing of this one
    return answer(_tell_school(code, record.zone, past or today, found, {one.rule: one.id for one in breaches}))


@router.get("/compliance/breaches", openapi_extra=grant(Right.SEE, Where.WITHIN), response_model=Page[SaidBreach])
async def get_breaches(
    service: ServiceOf,
    within: WithinOf,
    rule: Annotated[str | None, Query(pattern=CODE_PATTERN)] = None,
    is_open: Annotated[bool | None, Query(alias="open", description="Both when left out.")] = None,
    escalated: bool | None = None,
    cursor: CursorText = None,
    limit: Limit = USUAL_PAGE,
) -> Response:
    """Breaches, the newest first."""
    async with service.database.connection() as connection:
        found = await list_breaches(
            connection, school=within.school, district=within.district, rule=rule, is_open=is_open, escalated=escalated,
            after=read_number_key(cursor), limit=limit + 1,
        )  # fmt: skip
    more = write_key(found[limit - 1].id) if len(found) > limit else None
    return answer({"items": [_tell_breach(one) for one in found[:limit]], "next": more})


@router.get("/compliance/evidence/{key:path}", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Evidence)
async def get_evidence(service: ServiceOf, caller: CallerOf, key: Annotated[str, Path(max_length=400)]) -> Response:
    """A raw message by its key, where it lies, and the closed days whose hash covers it. Who may only look does not see
    a visitor's name and number; of whoever sees them it is in the log."""
    if "\0" in key:
        raise Problem("no-such-evidence")
    found = await show_evidence(service.database, key, caller.account.name, personal=caller.may(Right.AUDIT))
    if found is None:
        async with service.database.connection() as connection:
            gone = await tell_gone(connection, key)
        raise Problem("evidence-gone", gone) if gone else Problem("no-such-evidence")
    return answer(found)


def _tell_school(
    code: str, zone: str, on: date, found: SchoolVerdicts | None, breaches: dict[str, int]
) -> SchoolCompliance:
    verdicts = _fill_up(found)
    rules = [one.rule for one in verdicts]
    letters = "".join(LETTER_OF[one.verdict] for one in verdicts)
    return SchoolCompliance(
        school=code,
        on=on,
        at=found.at if found else None,
        zone=zone,
        version=found.version if found else None,
        tally=count_letters(letters),
        groups=judge_groups(rules, letters),
        rules=[_tell_rule(one, read_zone(zone), breaches.get(one.rule)) for one in verdicts],
        amendments=found.amendments if found else (),
    )


def _fill_up(found: SchoolVerdicts | None) -> list[RuleVerdict]:
    """What was judged; of the present day also the rules that were not: they are unknown."""
    if found is not None and found.version is not None:
        return list(found.verdicts)
    known = {one.rule: one for one in found.verdicts} if found else {}
    nothing = Judgement(Verdict.UNKNOWN)
    return [known.get(rule.code) or RuleVerdict(rule.code, Verdict.UNKNOWN, nothing) for rule in RULES]


def _tell_rule(one: RuleVerdict, zone: ZoneInfo, breach: int | None) -> SchoolRule:
    rule = BY_CODE.get(one.rule)
    return SchoolRule(
        rule=one.rule,
        group=rule.group if rule else None,
        zh=rule.zh if rule else one.rule,
        en=rule.en if rule else one.rule,
        verdict=one.verdict,
        since=one.since,
        reasons=say_reasons(one.judgement.reasons, zone),
        references=refer(one.judgement.references),
        mend=say_reasons(one.judgement.mend, zone),
        look_again_at=one.judgement.look_again_at,
        breach=breach,
    )


def _tell_breach(one: BreachItem) -> SaidBreach:
    rule, zone = BY_CODE.get(one.rule), read_zone(one.zone)
    return SaidBreach(
        id=one.id,
        school=one.school,
        school_name=one.school_name,
        district=one.district,
        zone=one.zone,
        rule=one.rule,
        zh=rule.zh if rule else one.rule,
        en=rule.en if rule else one.rule,
        on=one.on_date,
        opened_at=one.opened_at,
        due_at=one.due_at,
        owner=one.owner,
        owner_name=one.owner_name,
        owner_post=one.owner_post,
        repeats=one.repeats,
        escalated_at=one.escalated_at,
        closed_at=one.closed_at,
        reasons=say_reasons(one.judgement.reasons, zone),
        references=refer(one.judgement.references),
        proof=say_reasons(one.proof.reasons, zone) if one.proof else [],
    )


def say_reasons(reasons: Iterable[Reason], zone: ZoneInfo) -> list[SaidRuleReason]:
    """Reasons in words, times by the school's clock."""
    return [SaidRuleReason(one.code, say_reason(one, "zh", zone), say_reason(one, "en", zone)) for one in reasons]


def refer(references: Iterable[Reference]) -> list[EvidenceReference]:
    """Pieces of evidence with where each opens."""
    return [EvidenceReference(one.kind, one.key, _open(one)) for one in references]


def _open(reference: Reference) -> str | None:
    path = OPENED_AT.get(reference.kind)
    return path and path.format(key=quote(reference.key))

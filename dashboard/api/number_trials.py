"""Numbers of rules tried before they are set: which schools would come out otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Response
from fastapi.responses import StreamingResponse

from alerts.compliance.trials import Flip, NumberTrial, Progress, Trial, TriedDay, prepare_trial
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.rights import Right
from dashboard.api.compliance_schools import SaidRuleReason, say_reasons
from dashboard.api.input_refusals import as_input_problems
from dashboard.api.parameters import ParameterRequest
from dashboard.api.routers import make_router
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import grant
from dashboard.service import Service, ServiceOf

router = make_router("parameters")

LINES = "application/x-ndjson"
PATIENCE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class FlippedSchool:
    """A school that would have come out otherwise on so many `days`; on the last of them (`on`) so, for these
    reasons."""

    school: str
    name: str
    district: str
    days: int
    on: date
    before: Verdict
    after: Verdict
    reasons_before: list[SaidRuleReason]
    reasons_after: list[SaidRuleReason]


@dataclass(frozen=True, slots=True)
class SaidTrial:
    """What a number does to the last closed days, the first one first. Schools are those with most days first."""

    schools: int
    days: tuple[TriedDay, ...]
    flips: list[FlippedSchool]


@dataclass(frozen=True, slots=True)
class TrialLine:
    """A line of the answer: how far the trial is, or, in the last one, what came of it."""

    progress: Progress | None = None
    result: SaidTrial | None = None


@router.post("/rule-parameters/trial", openapi_extra=grant(Right.GOVERN, Where.CITY), response_model=TrialLine)
async def try_parameter(service: ServiceOf, body: ParameterRequest) -> Response:
    """Tries a number on the last 30 closed days; nothing is saved. JSON lines: how far it is, and last what came of it.
    Whoever hangs up ends it. One at a time."""
    if not await _comes_free(service.trying):
        raise Problem("trial-under-way")
    with as_input_problems():
        trial = await prepare_trial(service.database, body.read())
    return StreamingResponse(_tell_lines(service, trial), media_type=LINES)


async def _comes_free(trying: asyncio.Lock) -> bool:
    """Whoever hung up just now is given a moment to go."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), trying:
            return True
    except TimeoutError:
        return False


async def _tell_lines(service: Service, trial: Trial) -> AsyncIterator[bytes]:
    async with service.trying, aclosing(trial.run()) as steps:
        async for step in steps:
            line = TrialLine(progress=step) if isinstance(step, Progress) else TrialLine(result=_tell(step))
            yield msgspec.json.encode(line) + b"\n"


def _tell(trial: NumberTrial) -> SaidTrial:
    return SaidTrial(trial.schools, trial.days, [_tell_flip(one) for one in trial.flips])


def _tell_flip(one: Flip) -> FlippedSchool:
    zone = ZoneInfo(one.zone)
    return FlippedSchool(
        one.school,
        one.name,
        one.district,
        one.days,
        one.on,
        one.before.verdict,
        one.after.verdict,
        say_reasons(one.before.reasons, zone),
        say_reasons(one.after.reasons, zone),
    )

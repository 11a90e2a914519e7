"""Reads a report out of closed days, in one snapshot: it tells exactly what stood recorded at the head of the log."""

from __future__ import annotations

import asyncio
import calendar
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.compliance.figures import Split
from alerts.compliance.reporting.counting import CountedDay, Counting
from alerts.compliance.reporting.report import (
    ComplianceReport,
    ReportAmendment,
    ReportBreaches,
    ReportDay,
    ReportFinding,
    ReportHead,
    ReportNumber,
    ReportParameter,
    ReportRule,
    ReportSchool,
    Wanted,
)
from alerts.compliance.words import Language, read_words, say_reason
from alerts.domain.compliance.catalogue import BY_CODE
from alerts.domain.compliance.exports import Period
from alerts.domain.compliance.schedule import midnight
from alerts.domain.compliance.verdicts import Reason
from alerts.domain.policies import DEFAULT_ZONE
from alerts.storage.after_action import read_row_hash
from alerts.storage.compliance_reports import (
    Place,
    RecordedSchool,
    UnmetRule,
    count_breaches,
    find_parameters,
    find_term,
    is_any_recorded,
    list_amendments,
    list_breaches_of,
    list_recorded_days,
    list_recorded_schools,
    list_unmet_rules,
    name_place,
    read_closing,
)
from alerts.storage.database import Connection, Database
from alerts.storage.figures import list_key_names
from alerts.storage.log import read_log_head

LONGEST_LIST = 20_000
"""Findings, breaches and amendments that are listed at most; their numbers are told in full."""

_ZONE = ZoneInfo(DEFAULT_ZONE)
_CITY = ("全市", "The city")
_SPLITS = tuple(split for split in Split if split is not Split.CITY)
OnProgress = Callable[[int, int], Awaitable[None]]


class NothingRecorded(LookupError):
    """No day of the period is closed at that place, or there is no such place or term."""


async def find_wanted(
    connection: Connection,
    now: datetime,
    period: Period,
    on: date,
    *,
    district: str | None = None,
    school: str | None = None,
) -> Wanted:
    """The report of the day, month or term that a day lies in. Raises NothingRecorded."""
    first = last = on
    name = ""
    if period is Period.MONTH:
        first = on.replace(day=1)
        last = on.replace(day=calendar.monthrange(on.year, on.month)[1])
    elif period is Period.TERM:
        term = await find_term(connection, on, school)
        if term is None:
            raise NothingRecorded(f"{on} lies in no term that somebody entered")
        first, last, name = term.first_on, term.last_on, term.name
    wanted = Wanted(period, first, last, district, school, name)
    await _name(connection, wanted)
    if not await is_any_recorded(connection, first, min(last, read_yesterday(now)), _place_of(wanted)):
        raise NothingRecorded(f"no day from {first} to {last} is closed there")
    return wanted


def read_yesterday(now: datetime) -> date:
    """The last day of the city that is over."""
    return now.astimezone(_ZONE).date() - timedelta(days=1)


def list_days(wanted: Wanted, now: datetime) -> list[date]:
    """The days of the period that are over."""
    last = min(wanted.last, read_yesterday(now))
    return [wanted.first + timedelta(days=number) for number in range((last - wanted.first).days + 1)]


async def read_report(database: Database, wanted: Wanted, on_progress: OnProgress) -> ComplianceReport:
    """The report; `on_progress` is told days done and days in all. Raises NothingRecorded."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        return await _Reading(connection, wanted, now).read(on_progress)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One report being read."""

    connection: Connection
    wanted: Wanted
    now: datetime

    @property
    def place(self) -> Place:
        return _place_of(self.wanted)

    async def read(self, on_progress: OnProgress) -> ComplianceReport:
        name, name_en = await _name(self.connection, self.wanted)
        head = await self._read_head()
        schools = await list_recorded_schools(self.connection, self.place)
        names = {(one.split, one.code): one for one in await list_key_names(self.connection)}
        counting = Counting(schools, names)
        days, missing = await self._read_days(counting, on_progress)
        if not days:
            raise NothingRecorded(f"no day from {self.wanted.first} to {self.wanted.last} is closed there")
        findings, all_findings = await self._read_findings(schools, days)
        amendments, all_amendments = await list_amendments(
            self.connection, self.wanted.first, self.wanted.last, self.place, LONGEST_LIST
        )
        (total,) = counting.lines(Split.CITY)
        return ComplianceReport(
            wanted=self.wanted,
            name=name,
            name_en=name_en,
            zone=schools[0].zone if self.wanted.school else DEFAULT_ZONE,
            made_at=self.now,
            head=head,
            total=replace(total, key="", name=name, name_en=name_en),
            lines=tuple(line for split in _SPLITS for line in counting.lines(split)),
            days=tuple(days),
            missing=tuple(missing),
            schools=tuple(_tell_school(school, counting) for school in schools),
            findings=tuple(findings),
            all_findings=all_findings,
            breaches=await self._read_breaches(),
            rules=tuple(_tell_rule(code, span) for code, span in _in_order(counting.rules)),
            parameters=tuple(await self._read_parameters(counting)),
            amendments=tuple(
                ReportAmendment(one.on_date, one.school, one.school_name, one.version, one.closed_at, one.reason)
                for one in amendments
            ),
            all_amendments=all_amendments,
        )

    async def _read_head(self) -> ReportHead:
        position = (await read_log_head(self.connection)).position
        row = await read_row_hash(self.connection, position)
        if row is None:
            raise NothingRecorded("the log is empty")
        return ReportHead(row.position, row.hash.hex(), row.at)

    async def _read_days(self, counting: Counting, on_progress: OnProgress) -> tuple[list[ReportDay], list[date]]:
        asked = list_days(self.wanted, self.now)
        days: list[ReportDay] = []
        missing: list[date] = []
        for number, on in enumerate(asked, 1):
            records = await list_recorded_days(self.connection, on, self.place)
            if records:
                days.append(await self._tell_day(await asyncio.to_thread(counting.take, on, records)))
            else:
                missing.append(on)
            await on_progress(number, len(asked))
        return days, missing

    async def _tell_day(self, day: CountedDay) -> ReportDay:
        closing = await read_closing(self.connection, day.on, self.place)
        return ReportDay(
            on=day.on,
            closed_at=closing.closed_at,
            schools=day.schools,
            amended=day.amended,
            evidence_rows=day.evidence_rows,
            evidence_hash=day.evidence_hash,
            log_position=closing.position,
            log_hash=closing.hash,
            counts=day.counts,
        )

    async def _read_findings(
        self, schools: Sequence[RecordedSchool], days: Sequence[ReportDay]
    ) -> tuple[list[ReportFinding], int]:
        """Of many schools those of the last day: a month of a city's would be read by nobody."""
        by_code = {school.code: school for school in schools}
        findings: list[ReportFinding] = []
        total = 0
        for day in days if self.wanted.school else days[-1:]:
            room = LONGEST_LIST - len(findings)
            found, count = await list_unmet_rules(self.connection, day.on, self.place, max(1, room))
            findings += await asyncio.to_thread(_tell_findings, day.on, found[:room], by_code)
            total += count
        return findings, total

    async def _read_breaches(self) -> ReportBreaches:
        end = min(midnight(self.wanted.last + timedelta(days=1), _ZONE), self.now)
        span = (midnight(self.wanted.first, _ZONE), end)
        counts = await count_breaches(self.connection, span, self.place)
        rows = await list_breaches_of(self.connection, span, self.place, LONGEST_LIST)
        return ReportBreaches(counts.opened, counts.closed, counts.open_at_end, counts.overdue_at_end, tuple(rows))

    async def _read_parameters(self, counting: Counting) -> list[ReportParameter]:
        return [
            ReportParameter(
                one.id, one.rule, one.name, one.level, one.school, one.value, one.source, one.valid_from,
                one.valid_until,
            )
            for one in await find_parameters(self.connection, counting.parameters)
        ]  # fmt: skip


def _place_of(wanted: Wanted) -> Place:
    return wanted.district, wanted.school


async def _name(connection: Connection, wanted: Wanted) -> tuple[str, str]:
    place = _place_of(wanted)
    if place == (None, None):
        return _CITY
    found = await name_place(connection, place)
    if found is None:
        field, code = ("school", wanted.school) if wanted.school else ("district", wanted.district)
        raise NothingRecorded(f"there is no {field} {code} there")
    return found


def _tell_school(school: RecordedSchool, counting: Counting) -> ReportSchool:
    return ReportSchool(
        school.code, school.name, school.district, school.kind, school.ownership, school.group,
        counting.course(school.code),
    )  # fmt: skip


def _tell_findings(on: date, found: Sequence[UnmetRule], schools: Mapping[str, RecordedSchool]) -> list[ReportFinding]:
    """Work for a thread: twenty thousand sentences in two languages."""
    return [_tell_finding(on, one, schools[one.school]) for one in found]


def _tell_finding(on: date, unmet: UnmetRule, school: RecordedSchool) -> ReportFinding:
    zone = ZoneInfo(school.zone)
    zh, en = (_say_all(unmet.reasons, language, zone) for language in ("zh", "en"))
    return ReportFinding(on, school.code, school.name, school.district, unmet.rule, unmet.reasons, zh, en)


def _say_all(reasons: Sequence[Reason], language: Language, zone: ZoneInfo) -> str:
    """The reasons in words; one of a rule that is no more, whose words are gone, by its code."""
    known = read_words()
    said = [say_reason(one, language, zone) if one.code in known else one.code for one in reasons]
    return ("" if language == "zh" else " ").join(said)


def _in_order(rules: Mapping[str, tuple[date, date]]) -> list[tuple[str, tuple[date, date]]]:
    """In the catalogue's order; what is in it no more comes last."""
    order = {code: number for number, code in enumerate(BY_CODE)}
    return sorted(rules.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def _tell_rule(code: str, span: tuple[date, date]) -> ReportRule:
    rule = BY_CODE.get(code)
    if rule is None:
        return ReportRule(code, None, code, code, "", *span, ())
    numbers = tuple(
        ReportNumber(name, default.value, default.unit, default.source, default.standing)
        for name, default in rule.defaults.items()
    )
    return ReportRule(code, rule.group, rule.zh, rule.en, rule.source, *span, numbers)

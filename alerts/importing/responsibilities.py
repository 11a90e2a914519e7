"""Lands responsibilities: a row is one line of a plan, and what is said of the plan may stand in each of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from alerts.domain.plans import Plan, PlanInvalid, Responsibility, arrange, check_plan
from alerts.domain.registry import Person, School
from alerts.importing.landing import FirstLines, Sayings, Signature, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.importing.tables import RESPONSIBILITIES
from alerts.readiness.plans import SavedPlan, store_plan
from alerts.storage.database import Connection
from alerts.storage.plans import find_newest_plans
from alerts.storage.registry import find_people, find_schools

_OF_PLAN = ("plan_name", "plan_name_en", "kinds", "school", "valid_from", "valid_until", "sample")
_CITY_ZONE = ZoneInfo("Asia/Shanghai")
_BATCH = 200


class ResponsibilityLanding:
    """Plans are saved whole, so their rows wait for the end of the file. Lines that it does not name stay in force."""

    def __init__(self, signature: Signature) -> None:
        self.ledger = Ledger(("responsibilities", "plans"))
        self.touched: set[str] = set()
        self.saved: list[SavedPlan] = []
        self._signature = signature
        self._lines = FirstLines()
        self._said = {column: Sayings(column) for column in _OF_PLAN}
        self._rows: dict[str, list[Row]] = {}

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Checks a batch and keeps what may land."""
        schools = await find_schools(connection, collect(rows, "school"))
        people = await find_people(connection, collect(rows, "person", "deputy"))
        for row in rows:
            self._check(row, schools, people)
        for row in split_rows(rows, self.ledger):
            self._rows.setdefault(row.values["plan"], []).append(row)

    async def finish(self, connection: Connection) -> None:
        """Saves the plans."""
        codes = sorted(self._rows)
        for start in range(0, len(codes), _BATCH):
            known = await find_newest_plans(connection, codes[start : start + _BATCH])
            for code in codes[start : start + _BATCH]:
                await self._save(connection, code, known.get(code))

    def _check(self, row: Row, schools: Mapping[str, School], people: Mapping[str, Person]) -> None:
        plan, number, school = row.get("plan"), row.get("number"), row.get("school")
        for sayings in self._said.values():
            sayings.hear(row, plan, f"the plan {plan}")
        if school and school not in schools:
            row.refuse("school", f"there is no school {school}: import the schools first")
        for column in ("person", "deputy"):
            who = row.get(column)
            if who and who not in people:
                row.refuse(column, f"there is no person {who}: import the people first")
        if row.get("person") and row.get("person") == row.get("deputy"):
            row.refuse("deputy", "must be somebody else than the person")
        if plan and number:
            self._lines.refuse_repeat(row, "number", (plan, number), f"number {number} of the plan {plan}")

    async def _save(self, connection: Connection, code: str, before: Plan | None) -> None:
        rows = self._rows[code]
        after = arrange(self._merge(code, before))
        try:
            check_plan(after)
            saved = await store_plan(connection, after, self._signature.by, self._signature.now)
        except PlanInvalid as error:
            for row in rows:
                row.refuse("plan", str(error))
                self.ledger.refuse(row)
            return
        if self.ledger.settle("plans", code, before, after):
            self.saved.append(saved)
        known = {one.number: one for one in before.responsibilities} if before else {}
        named = {row.values["number"] for row in rows}
        for one in after.responsibilities:
            if one.number in named:
                self.ledger.settle("responsibilities", (code, one.number), known.get(one.number), one)

    def _merge(self, code: str, before: Plan | None) -> Plan:
        """The plan as the file wants it: what it does not say stays as it is registered."""
        said = {column: self._said[column].get(code) for column in _OF_PLAN}
        given = {column.removeprefix("plan_"): value for column, value in said.items() if value is not None}
        lines = _merge_lines(before.responsibilities if before else (), self._rows[code])
        if before:
            return replace(before, responsibilities=lines, **given)
        today = self._signature.now.astimezone(_CITY_ZONE).date()
        fields: dict[str, Any] = {"name": "", "valid_from": today} | given
        return Plan(code=code, responsibilities=lines, **fields)


def _merge_lines(before: Iterable[Responsibility], rows: Sequence[Row]) -> tuple[Responsibility, ...]:
    lines = {one.number: one for one in before}
    blanks = {name: value for name, value in RESPONSIBILITIES.blanks().items() if name not in (*_OF_PLAN, "plan")}
    for row in rows:
        given = {name: value for name, value in row.values.items() if name in blanks}
        known = lines.get(row.values["number"])
        lines[row.values["number"]] = replace(known, **given) if known else Responsibility(**blanks | given)
    return tuple(lines.values())

"""Lands trainings: who was trained for which plan, and when. The latest counts; an older one changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from alerts.domain.registry import Person
from alerts.importing.landing import FirstLines, Signature, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.storage.database import Connection
from alerts.storage.plans import Training, find_plan_codes, find_trainings, save_trainings
from alerts.storage.registry import find_people


class TrainingLanding:
    """Every row is settled with its batch: a training needs nothing but its person and its plan."""

    def __init__(self, signature: Signature) -> None:
        self.ledger = Ledger(("trainings",))
        self.touched: set[str] = set()
        self._signature = signature
        self._lines = FirstLines()

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch."""
        people = await find_people(connection, collect(rows, "person"))
        plans = await find_plan_codes(connection, collect(rows, "plan"))
        for row in rows:
            self._check(row, people, plans)
        wanted = [Training(**row.values) for row in split_rows(rows, self.ledger)]
        known = await find_trainings(connection, {one.person for one in wanted})
        news: list[Training] = []
        for one in wanted:
            key = (one.person, one.plan)
            before = known.get(key)
            after = before if before and before.trained_on >= one.trained_on else one
            if self.ledger.settle("trainings", key, before, after):
                news.append(after)
        await save_trainings(connection, news, self._signature.by, self._signature.now)

    async def finish(self, connection: Connection) -> None:
        """Nothing waits."""

    def _check(self, row: Row, people: Mapping[str, Person], plans: Collection[str]) -> None:
        person, plan, day = row.get("person"), row.get("plan"), row.get("trained_on")
        if person and person not in people:
            row.refuse("person", f"there is no person {person}: import the people first")
        if plan and plan not in plans:
            row.refuse("plan", f"there is no plan {plan}: import its responsibilities first")
        if day and day > (self._signature.now + timedelta(days=1)).date():
            row.refuse("trained_on", f"{day} is still to come")
        if person and plan:
            self._lines.refuse_repeat(row, "person", (person, plan), f"the training of {person} for {plan}")

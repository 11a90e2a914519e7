"""Lands schools, with the districts and education groups that their rows name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts.domain.registry import District, EducationGroup, School
from alerts.importing.landing import FirstLines, Sayings, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.importing.tables import SCHOOLS
from alerts.storage.database import Connection
from alerts.storage.registry import (
    find_groups,
    find_schools,
    list_districts,
    save_districts,
    save_groups,
    save_schools,
)

_SHARED = frozenset({"district_name", "district_name_en", "group_name"})
_BATCH = 1000


class SchoolLanding:
    """A row whose head school is not there yet waits for the end of the file; only such rows are kept in memory."""

    def __init__(self) -> None:
        self.ledger = Ledger(("schools", "districts", "groups"))
        self.touched: set[str] = set()
        self._lines = FirstLines()
        self._landed: set[str] = set()
        self._waiting: list[Row] = []
        self._district_names = Sayings("district_name")
        self._district_names_en = Sayings("district_name_en")
        self._group_names = Sayings("group_name")

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch, but for rows that wait for their head school."""
        districts = {one.code: one for one in await list_districts(connection)}
        groups = await find_groups(connection, collect(rows, "group"))
        known = await find_schools(connection, collect(rows, "code", "head_school"))
        for row in rows:
            self._check(row, districts, groups)
        ready: list[Row] = []
        for row in rows:
            head = _head_of(row)
            has_head = head is None or head in known or head in self._landed
            (ready if has_head else self._waiting).append(row)
        await self._land(connection, ready, known)

    async def finish(self, connection: Connection) -> None:
        """Lands the rows whose head school came later in the file, and refuses those whose head school never came."""
        self._refuse_headless()
        for start in range(0, len(self._waiting), _BATCH):
            rows = self._waiting[start : start + _BATCH]
            await self._land(connection, rows, await find_schools(connection, collect(rows, "code")))
        self._waiting = []

    def _check(self, row: Row, districts: Mapping[str, District], groups: Mapping[str, EducationGroup]) -> None:
        if code := row.get("code"):
            self._lines.refuse_repeat(row, "code", code, f"the school {code}")
        if district := row.get("district"):
            self._district_names.hear(row, district, f"the district {district}")
            self._district_names_en.hear(row, district, f"the district {district}")
            if district not in districts and self._district_names.get(district) is None:
                row.refuse("district_name", f"is needed, because the district {district} is not registered yet")
        self._check_group(row, groups)
        _check_numbers(row)

    def _check_group(self, row: Row, groups: Mapping[str, EducationGroup]) -> None:
        group = row.get("group")
        self._group_names.hear(row, group, f"the group {group}")
        if group and group not in groups and self._group_names.get(group) is None:
            row.refuse("group_name", f"is needed, because the group {group} is not registered yet")
        if row.get("group_name") and row.is_empty("group"):
            row.refuse("group", "is needed beside the group's name")

    def _refuse_headless(self) -> None:
        """Refuses rows whose head school nobody has, then those that wait for a row so refused, and so on."""
        followers: dict[str | None, list[Row]] = defaultdict(list)
        for row in self._waiting:
            followers[_head_of(row)].append(row)
        coming = {row.get("code") for row in self._waiting if not row.problems} | self._landed
        lost = [head for head in followers if head not in coming]
        while lost:
            head = lost.pop()
            for row in followers.pop(head, ()):
                if not row.problems:
                    lost.append(row.get("code"))
                row.refuse("head_school", self._say_why_lost(head))

    def _say_why_lost(self, head: str | None) -> str:
        line = self._lines.find(head)
        if line is None:
            return f"there is no school {head}, neither registered nor in this file"
        return f"the school {head} is refused, see line {line}"

    async def _land(self, connection: Connection, rows: Sequence[Row], known: Mapping[str, School]) -> None:
        good = split_rows(rows, self.ledger)
        await self._save_districts(connection, good)
        await self._save_groups(connection, good)
        schools = [_merge(known.get(row.values["code"]), row) for row in good]
        news = [one for one in schools if self.ledger.settle("schools", one.code, known.get(one.code), one)]
        await save_schools(connection, news)
        self._landed.update(one.code for one in schools)
        self.touched.update(one.code for one in news)

    async def _save_districts(self, connection: Connection, rows: Sequence[Row]) -> None:
        known = {one.code: one for one in await list_districts(connection)}
        last = max((one.position for one in known.values()), default=0)
        news: list[District] = []
        for code in dict.fromkeys(row.values["district"] for row in rows):
            before = known.get(code)
            name, name_en = self._district_names.get(code), self._district_names_en.get(code)
            if before is None:
                last += 1
                after = District(code, name, name_en or name, last)
            else:
                after = replace(before, name=name or before.name, name_en=name_en or before.name_en)
            if self.ledger.settle("districts", code, before, after):
                news.append(after)
        await save_districts(connection, news)

    async def _save_groups(self, connection: Connection, rows: Sequence[Row]) -> None:
        codes = sorted({row.values["group"] for row in rows if row.get("group")})
        known = await find_groups(connection, codes)
        groups = [EducationGroup(code, self._group_names.get(code) or known[code].name) for code in codes]
        news = [one for one in groups if self.ledger.settle("groups", one.code, known.get(one.code), one)]
        await save_groups(connection, news)


def _check_numbers(row: Row) -> None:
    students, boarders = row.get("students"), row.get("boarders")
    if students is not None and boarders is not None and boarders > students:
        row.refuse("boarders", f"{boarders} boarders are more than {students} students")
    if row.is_empty("latitude") != row.is_empty("longitude"):
        missing = "latitude" if row.is_empty("latitude") else "longitude"
        row.refuse(missing, "is needed: a place has a latitude and a longitude, or neither")


def _head_of(row: Row) -> str | None:
    """The head school of a branch; a head campus may leave it empty or name itself."""
    head: str | None = row.get("head_school")
    return None if head == row.get("code") else head


def _merge(before: School | None, row: Row) -> School:
    """The school as the row wants it; what the file has no column for stays as it is registered."""
    given: dict[str, Any] = {name: value for name, value in row.values.items() if name not in _SHARED}
    if "head_school" in given:
        given["head_school"] = _head_of(row)
    if before:
        return replace(before, **given)
    blanks = {name: value for name, value in SCHOOLS.blanks().items() if name not in _SHARED}
    return School(**blanks | given)

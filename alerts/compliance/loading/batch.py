"""Schools of one time zone on one day, known up to an instant: what is loaded together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.domain.compliance.rules import Input
from alerts.domain.compliance.schedule import midnight, span_of_day
from alerts.domain.policies import read_zone
from alerts.domain.spans import Span
from alerts.storage.school_days import SchoolRow

EVERYTHING = frozenset(Input)


@dataclass(frozen=True, slots=True)
class Batch:
    """`now` is how far the day is known, its end at most. `wanted` says what rules will look at; the rest may be left
    out of the days."""

    schools: Sequence[SchoolRow]
    on: date
    zone: ZoneInfo
    now: datetime
    wanted: frozenset[Input] = EVERYTHING
    codes: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", [school.code for school in self.schools])

    @property
    def span(self) -> Span:
        """The day's first instant, and that of the next one."""
        return span_of_day(self.on, self.zone)

    @property
    def eve_at(self) -> datetime:
        """When the day before began."""
        return midnight(self.on - timedelta(days=1), self.zone)

    def needs(self, *inputs: Input) -> bool:
        """Whether any of these is looked at."""
        return not self.wanted.isdisjoint(inputs)

    def partitions(self, since: datetime) -> tuple[date, date]:
        """The dates under which evidence from an instant until the end of the day is filed; they are London's."""
        return since.astimezone(UTC).date(), self.span[1].astimezone(UTC).date()


def batch_schools(
    schools: Iterable[SchoolRow], on: date | None, now: datetime, wanted: frozenset[Input] = EVERYTHING
) -> list[Batch]:
    """Schools by zone and day: the present one, or the day `on` as far as it is over."""
    by_zone: dict[str, list[SchoolRow]] = {}
    for school in schools:
        by_zone.setdefault(school.zone, []).append(school)
    found = []
    for name, its in by_zone.items():
        zone = read_zone(name)
        day = on or now.astimezone(zone).date()
        found.append(Batch(its, day, zone, min(now, span_of_day(day, zone)[1]), wanted))
    return found

"""What stands at each school, whose turn it is to be judged, and the breaches, on disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.storage.database import Connection
from alerts.storage.records import read_record, read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("compliance")
READER = "compliance"


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many changes are `waiting` to be looked at, and whether anything is `due`: those, or something else."""

    waiting: int
    due: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something changed at a school; `on_date` is the day of which late evidence may tell."""

    school: str
    input: str
    on_date: date | None


@dataclass(frozen=True, slots=True)
class LogMark:
    """Rows of the log of an area (`incident`, `device` …) concern a school, or all (None)."""

    area: str
    school: str | None


@dataclass(frozen=True, slots=True)
class NewMark:
    """Something of an input, or everything, changed at a school, or at all (None)."""

    school: str | None
    input: str


@dataclass(frozen=True, slots=True)
class StandingVerdict:
    """What stands of one rule at a school."""

    school: str
    rule: str
    on_date: date
    verdict: Verdict
    since: datetime
    look_again_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """What stands from now on."""

    school: str
    rule: str
    on_date: date
    verdict: Verdict
    since: datetime
    judgement: Judgement
    look_again_at: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A school was judged on a day that ends at an instant."""

    school: str
    on_date: date
    day_ends_at: datetime


@dataclass(frozen=True, slots=True)
class LateDay:
    """A day of a school of which something came in afterwards."""

    school: str
    on_date: date


@dataclass(frozen=True, slots=True)
class OpenBreach:
    """A rule that is not met."""

    id: int
    school: str
    rule: str
    opened_at: datetime
    due_at: datetime
    repeats: int


@dataclass(frozen=True, slots=True)
class NewBreach:
    """A rule that is not met any more; `repeats_since` is from when on earlier ones count."""

    school: str
    rule: str
    on_date: date
    judgement: Judgement
    due_at: datetime
    repeats_since: datetime


@dataclass(frozen=True, slots=True)
class OpenedBreach:
    """A breach that was just opened."""

    id: int
    school: str
    rule: str
    due_at: datetime
    owner: str | None
    repeats: int


@dataclass(frozen=True, slots=True)
class Mended:
    """A breach and the proof that it is none any more."""

    id: int
    proof: Judgement


@dataclass(frozen=True, slots=True)
class Escalation:
    """A breach that people above the school must hear of."""

    id: int
    school: str
    school_name: str
    district: str
    rule: str
    opened_at: datetime
    due_at: datetime
    owner: str | None
    repeats: int


async def add_schools(connection: Connection) -> None:
    """Gives new schools their row."""
    await connection.execute(_SQL["add_schools"])


async def spread_stale(connection: Connection) -> None:
    """Makes of a change that concerns all schools one at each."""
    await connection.execute(_SQL["spread_stale"])


async def claim_turns(connection: Connection, now: datetime, limit: int, *, wide: bool) -> list[str]:
    """Schools that are to be judged, for what concerns all of them only if `wide`; nobody else judges them until the
    transaction ends."""
    return [row["school"] for row in await connection.fetch(_SQL["claim_turns"], now, limit, wide)]


async def take_stale(connection: Connection, schools: Sequence[str]) -> list[Mark]:
    """What changed at these schools, which is looked at now. To be called before anything of them is read."""
    return read_records(await connection.fetch(_SQL["take_stale"], schools), Mark)


async def drop_stale_of_day(connection: Connection, schools: Sequence[str], on: date) -> None:
    """The evidence of a day is looked at now. To be called before it is read."""
    await connection.execute(_SQL["drop_stale_of_day"], schools, on)


async def read_outlook(connection: Connection, now: datetime) -> Outlook:
    """What there is to judge; asked often, and mostly nothing."""
    [row] = await connection.fetch(_SQL["read_outlook"], READER, now)
    return read_record(row, Outlook)


async def queue_late_days(connection: Connection, days: Collection[LateDay], now: datetime) -> None:
    """Days of schools to be amended; one that is not closed yet is passed over."""
    await connection.execute(_SQL["queue_late"], write_rows(list(days)), now)


async def list_verdicts(connection: Connection, schools: Sequence[str]) -> list[StandingVerdict]:
    """What stands at schools."""
    return read_records(await connection.fetch(_SQL["list_verdicts"], schools), StandingVerdict)


async def save_verdicts(connection: Connection, verdicts: Sequence[NewVerdict], now: datetime) -> None:
    """Writes what stands from now on."""
    await connection.execute(_SQL["save_verdicts"], write_rows(verdicts), now)


async def drop_rules(connection: Connection, schools: Sequence[str], known: Sequence[str]) -> None:
    """Takes away what stands of rules that are no more."""
    await connection.execute(_SQL["drop_rules"], schools, known)


async def end_turns(connection: Connection, turns: Sequence[Turn], now: datetime) -> None:
    """Writes down when each school must be looked at again."""
    await connection.execute(_SQL["end_turns"], write_rows(turns), now)


async def list_log_marks(connection: Connection, after: int, last: int, areas: Sequence[str]) -> list[LogMark]:
    """Which schools a span of the log concerns."""
    return read_records(await connection.fetch(_SQL["list_log_marks"], after, last, areas), LogMark)


async def add_marks(connection: Connection, marks: Collection[NewMark]) -> None:
    """Schools to be judged anew."""
    await connection.execute(_SQL["add_marks"], write_rows(list(marks)))


async def list_open_breaches(connection: Connection, schools: Sequence[str]) -> list[OpenBreach]:
    """Breaches of schools that are not mended."""
    return read_records(await connection.fetch(_SQL["list_open_breaches"], schools), OpenBreach)


async def open_breaches(connection: Connection, breaches: Sequence[NewBreach], now: datetime) -> list[OpenedBreach]:
    """Opens breaches and returns them; one that is open already stays as it is."""
    return read_records(await connection.fetch(_SQL["open_breaches"], write_rows(breaches), now), OpenedBreach)


async def close_breaches(connection: Connection, mended: Sequence[Mended], now: datetime) -> list[OpenBreach]:
    """Closes breaches with their proof and returns them."""
    return read_records(await connection.fetch(_SQL["close_breaches"], write_rows(mended), now), OpenBreach)


async def claim_escalations(connection: Connection, now: datetime, repeats: int, limit: int) -> list[Escalation]:
    """Breaches that are overdue or come back too often, and that nobody was told of."""
    return read_records(await connection.fetch(_SQL["claim_escalations"], now, repeats, limit), Escalation)


async def note_escalations(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """People were told of these breaches."""
    await connection.execute(_SQL["note_escalations"], ids, now)

"""Everything that rules may ask of many schools' days, read in a few statements for all of them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

import asyncpg
import msgspec

from alerts.domain.board import Link, Trouble
from alerts.domain.compliance.schedule import DayException, Term, Timetable
from alerts.domain.compliance.school_day import FALSE_CAUSES, Certificate, FactKind
from alerts.domain.compliance.terms import Parameter
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from alerts.domain.registry import SCHOOL_POSTS, DeviceRole, Ownership, PointKind, PostKind, SchoolKind
from alerts.domain.spans import Span
from alerts.storage.database import Connection
from alerts.storage.records import read_records, write_rows
from alerts.storage.statements import read_statements

_SQL = read_statements("school_days")
T = TypeVar("T")
_OF_ONE_MOMENT = (
    FactKind.BARRIER,
    FactKind.CROSSING,
    FactKind.PUPIL_LEAVE,
    FactKind.PUPIL_EXIT,
    FactKind.VEHICLE_CONSENT,
    FactKind.SCHOOL_TOLD,
)


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """A school whose day it is."""

    code: str
    district: str
    kind: SchoolKind
    ownership: Ownership
    students: int
    boarders: int
    zone: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A registered device."""

    code: str
    school: str
    role: DeviceRole
    point_kind: PointKind
    tells: frozenset[str]
    proved_ever: bool


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """What a device became, and when."""

    school: str
    device: str
    at: datetime
    link: Link
    troubles: tuple[Trouble, ...]


EvidenceRow = tuple[str, str, str, str, str, str | None, str, list[str] | None, bytes]
"""A raw message: place, device, channel, identity, the date under which it is filed, when it says it happened, when it
came, problems (None: none), payload. There are a million a day, so it is the record as it came; `read_instants` reads
when it happened and came."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A test press of a device."""

    school: str
    device: str
    incident: int
    at: datetime
    seen: bool
    police: bool
    returned: bool
    announced_to_police: bool


@dataclass(frozen=True, slots=True)
class PressClock:
    """A device's last press by its own clock and by ours."""

    device: str
    occurred_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class HolderRow:
    """Who holds a post."""

    school: str
    person: str
    post: str
    post_kind: PostKind
    certificates: tuple[Certificate, ...]
    reachable: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post and its duty."""

    school: str
    code: str
    kind: PostKind
    rostered: bool
    published_until: datetime | None
    duty: tuple[tuple[str, Span], ...]
    holes: tuple[Span, ...]
    unreachable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactRow:
    """A declared fact that stands."""

    school: str
    id: int
    kind: str
    at: datetime
    by: str
    grade: Grade
    valid_until: date | None
    about: str | None
    said: dict[str, str | int | float | bool]
    photo: bool


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident with the times of its log and of 110."""

    school: str
    id: int
    mode: Mode
    opened_at: datetime
    taken_at: datetime | None
    school_told_at: datetime | None
    police_sent_at: datetime | None
    police_accepted_at: datetime | None
    on_scene_at: datetime | None
    closed_at: datetime | None
    cause: Cause | None
    people_at_closing: int
    text_at_closing: bool


@dataclass(frozen=True, slots=True)
class LivePressRow:
    """A live press, and when the broker confirmed its receipt; `receipt` is the key of that evidence."""

    school: str
    incident: int
    at: datetime
    confirmed_at: datetime | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """A press in a test or drill."""

    school: str
    incident: int
    device: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A drill that was held."""

    school: str
    window: int
    at: datetime
    plan: str | None
    phases: tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A hazard that was open."""

    school: str
    id: int
    opened_at: datetime
    owner: str | None
    due_at: datetime | None
    closed_at: datetime | None
    proof: bool


@dataclass(frozen=True, slots=True)
class PointRow:
    """A post's or patrol point's place."""

    school: str
    code: str
    x_metres: float | None
    y_metres: float | None
    latitude: float | None
    longitude: float | None
    key: bool


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """A plan by which a school acts."""

    school: str
    plan: str
    sample: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody checked in at a post; the last time of a day."""

    school: str
    post: str
    person: str
    at: datetime


async def list_schools(connection: Connection, codes: Collection[str] | None = None) -> list[SchoolRow]:
    """All schools, or those named, by code."""
    return read_records(
        await connection.fetch(_SQL["list_schools"], None if codes is None else sorted(codes)), SchoolRow
    )


async def list_timetables(connection: Connection, schools: Sequence[str], first: date, last: date) -> list[Timetable]:
    """Timetables that hold between two dates, those of kinds of school among them."""
    rows = await connection.fetch(_SQL["list_timetables"], schools, first, last)
    return [msgspec.convert(_unfold(row), Timetable) for row in rows]


async def list_terms(connection: Connection, schools: Sequence[str], first: date, last: date) -> list[Term]:
    """Terms between two dates."""
    return read_records(await connection.fetch(_SQL["list_terms"], schools, first, last), Term)


async def list_exceptions(
    connection: Connection, schools: Sequence[str], first: date, last: date
) -> list[DayException]:
    """Days that are otherwise between two dates, of all districts."""
    return read_records(await connection.fetch(_SQL["list_exceptions"], schools, first, last), DayException)


async def list_parameters(connection: Connection, on: date) -> list[Parameter]:
    """Numbers that were set and hold on a day."""
    return read_records(await connection.fetch(_SQL["list_parameters"], on), Parameter)


async def list_devices(connection: Connection, schools: Sequence[str], before: datetime) -> list[DeviceRow]:
    """The devices of these schools; whether one was ever proved before an instant."""
    return read_records(await connection.fetch(_SQL["list_devices"], schools, before), DeviceRow)


async def list_transitions(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[TransitionRow]:
    """What became of devices, in order, with what each was at the beginning."""
    return read_records(await connection.fetch(_SQL["list_transitions"], schools, since, until), TransitionRow)


async def list_first_heard(connection: Connection, schools: Sequence[str]) -> dict[str, datetime]:
    """Since when anything of these schools was heard; one of which nothing ever was is missing."""
    return {row["school"]: row["at"] for row in await connection.fetch(_SQL["list_first_heard"], schools)}


async def list_evidence(
    connection: Connection,
    schools: Sequence[str],
    channels: Sequence[str] | None,
    span: Span,
    dates: tuple[date, date],
) -> list[EvidenceRow]:
    """Raw messages of these channels, or of all, in a stretch of time, in no order; `dates` are the partitions to look
    in."""
    rows: Any = await connection.fetch(_SQL["list_evidence"], schools, channels, *span, *dates, timeout=120)
    return cast(list[EvidenceRow], rows)


async def list_last_gates(
    connection: Connection, schools: Sequence[str], before: datetime, since: date
) -> list[EvidenceRow]:
    """The last thing that each gate told before an instant, filed under `since` or later."""
    rows: Any = await connection.fetch(_SQL["list_last_gates"], schools, before, since)
    return cast(list[EvidenceRow], rows)


async def list_proofs(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[ProofRow]:
    """Tests in a stretch of time, by device and in order of time."""
    return read_records(await connection.fetch(_SQL["list_proofs"], schools, since, until), ProofRow)


async def list_press_clocks(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[PressClock]:
    """The last press of each device that told a time."""
    return read_records(await connection.fetch(_SQL["list_press_clocks"], schools, since, until), PressClock)


async def list_holders(connection: Connection, schools: Sequence[str], on: date) -> list[HolderRow]:
    """Who holds the posts of these schools."""
    rows = await connection.fetch(_SQL["list_holders"], schools, on)
    return [_convert(row, HolderRow, "certificates") for row in rows]


async def list_posts(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime, now: datetime
) -> list[PostRow]:
    """The posts of these schools, duty in a stretch of time, and what lacks of what is published from now on."""
    rows = await connection.fetch(_SQL["list_posts"], schools, since, until, now)
    return [_convert(row, PostRow, "duty", "holes") for row in rows]


async def list_facts(connection: Connection, schools: Sequence[str], since: datetime, until: datetime) -> list[FactRow]:
    """Facts that stand on a day that begins and ends at these instants, in order of time."""
    rows = await connection.fetch(_SQL["list_facts"], schools, since, until, _OF_ONE_MOMENT)
    return [_convert(row, FactRow, "said") for row in rows]


async def list_incidents(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[IncidentRow]:
    """Incidents that opened in a stretch of time."""
    rows = await connection.fetch(_SQL["list_incidents"], schools, since, until, sorted(SCHOOL_POSTS))
    return read_records(rows, IncidentRow)


async def list_live_presses(
    connection: Connection, schools: Sequence[str], span: Span, dates: tuple[date, date]
) -> list[LivePressRow]:
    """Live presses that arrived in a stretch of time, in order of time; `dates` are the partitions of evidence to look
    in."""
    return read_records(await connection.fetch(_SQL["list_live_presses"], schools, *span, *dates), LivePressRow)


async def list_false_presses(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[tuple[str, datetime]]:
    """Schools and instants of live incidents that were closed as false, in order of time."""
    rows = await connection.fetch(_SQL["list_false_presses"], schools, since, until, sorted(FALSE_CAUSES))
    return [(row["school"], row["opened_at"]) for row in rows]


async def list_practice(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[PracticeRow]:
    """Presses in tests and drills, in order of time."""
    return read_records(await connection.fetch(_SQL["list_practice"], schools, since, until), PracticeRow)


async def list_drills(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[DrillRow]:
    """Drills that were held, in order of time."""
    return read_records(await connection.fetch(_SQL["list_drills"], schools, since, until), DrillRow)


async def list_hazards(
    connection: Connection, schools: Sequence[str], since: datetime, until: datetime
) -> list[HazardRow]:
    """Hazards that were open in a stretch of time."""
    return read_records(await connection.fetch(_SQL["list_hazards"], schools, since, until), HazardRow)


async def list_points(connection: Connection, schools: Sequence[str], at: datetime) -> list[PointRow]:
    """Posts' and patrol points' places at an instant."""
    return read_records(await connection.fetch(_SQL["list_points"], schools, at), PointRow)


async def list_on_scene_limits(connection: Connection) -> dict[str | None, int]:
    """Within how many seconds 110 must be there, by district; the city's under None."""
    rows = await connection.fetch(_SQL["list_districts_limits"])
    return {row["district"]: row["on_scene_seconds"] for row in rows}


async def list_sample_plans(connection: Connection, now: datetime, schools: Sequence[str]) -> list[SamplePlan]:
    """The plans by which these schools act, and which are invented."""
    return read_records(await connection.fetch(_SQL["list_sample_plans"], now, schools), SamplePlan)


async def add_seen(connection: Connection, seen: Sequence[Seen], on: date) -> None:
    """Keeps who checked in where on a day."""
    await connection.execute(_SQL["add_seen"], write_rows(seen), on)


async def forget_seen(connection: Connection, before: date) -> None:
    """Forgets who checked in before a day."""
    await connection.execute(_SQL["forget_seen"], before)


def _unfold(row: asyncpg.Record) -> dict[str, Any]:
    fields = dict(row)
    return fields | msgspec.json.decode(fields.pop("definition"))  # type: ignore[no-any-return]


def _convert(row: asyncpg.Record, type_: type[T], *columns: str) -> T:
    """A record whose columns of these names are JSON; null is nothing."""
    fields: dict[str, Any] = dict(row)
    for name in columns:
        fields[name] = msgspec.json.decode(fields[name]) if fields[name] else ()
    return msgspec.convert(fields, type_)


def group_rows(rows: Iterable[T], key: str) -> dict[str, list[T]]:
    """Rows by one of their fields."""
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(getattr(row, key), []).append(row)
    return found

"""A small city and a way to tell what happens in it: press, fast-forward, expect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from alerts.channels.channel import ChannelRefused, Handed, Message
from alerts.domain.arrivals import Arrival, Receipt
from alerts.domain.incidents import Incident
from alerts.engine.delivery import Courier
from alerts.engine.escalation import escalate_due
from alerts.engine.supervision import supervise_devices
from alerts.incidents.answers import Actor, Answers
from alerts.incidents.links import LinkSigner
from alerts.intake import Intake
from alerts.messages.composing import Composer
from alerts.storage.database import Database
from alerts.storage.incidents import read_incidents
from alerts.storage.log import read_log_after
from alerts.storage.records import read_records

T = TypeVar("T")

WANG = Actor("wang", "王值班")
LI = Actor("li", "李主任")


async def commit(database: Database, put: Callable[..., Awaitable[T]], *wanted: Any, **more: Any) -> T:
    """What somebody wants is done as a route or an order does it: in one transaction, at the time that it is."""
    async with database.transaction() as connection:
        return await put(connection, *wanted, await database.read_now(connection), **more)


CITY = """
insert into district (code, name, name_en, position) values
    ('370202', '市南区', 'Shinan', 1), ('370203', '市北区', 'Shibei', 2);
insert into school (code, district, name, kind, ownership, students, boarders) values
    ('S1', '370202', '第一小学', 'primary', 'public', 900, 0),
    ('S2', '370202', '第二中学', 'junior', 'public', 1200, 300),
    ('S3', '370203', '第三幼儿园', 'kindergarten', 'private', 200, 0);
insert into point (school, kind, name) values
    ('S1', 'gatehouse', '门卫室'), ('S1', 'control_room', '监控室'), ('S2', 'gatehouse', '门卫室'),
    ('S3', 'gatehouse', '门卫室');
insert into device (code, school, point, interval_seconds)
    select said.code, said.school, p.id, 60
    from (values ('S1-G1', 'S1', '门卫室'), ('S1-C1', 'S1', '监控室'), ('S2-G1', 'S2', '门卫室'),
                 ('S3-G1', 'S3', '门卫室')) as said (code, school, point)
    join point p on p.school = said.school and p.name = said.point;
insert into person (code, name) values
    ('guard', '赵保安'), ('duty', '钱值班'), ('desk', '孙区台'), ('supervisor', '周督导'), ('city', '吴市台'),
    ('police', '郑一一零'), ('head', '冯局长');
insert into post (code, kind, name, district, school) values
    ('S1:duty', 'school_duty', '值班', null, 'S1'), ('S2:duty', 'school_duty', '值班', null, 'S2'),
    ('370202:desk', 'district_desk', '区值班台', '370202', null),
    ('370202:supervisor', 'supervisor', '督导', '370202', null),
    ('city:desk', 'city_desk', '市值班台', null, null), ('city:police', 'police_link', '110', null, null),
    ('city:head', 'head_of_bureau', '局长', null, null);
insert into holding (post, person, rank) values
    ('S1:duty', 'guard', 1), ('S1:duty', 'duty', 2), ('S2:duty', 'duty', 1), ('370202:desk', 'desk', 1),
    ('370202:supervisor', 'supervisor', 1), ('city:desk', 'city', 1), ('city:police', 'police', 1),
    ('city:head', 'head', 1);
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A message in the outbox, as a story speaks of it."""

    round: int
    step: int
    person: str


@dataclass
class RecordingChannel:
    """The log channel's place in tests: remembers what it was given, and refuses when told to."""

    code: str = "log"
    confirms: bool = False
    sent: list[Message] = field(default_factory=list)
    refusals: list[ChannelRefused] = field(default_factory=list)

    async def send(self, message: Message) -> Handed:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append(message)
        return Handed(f"{self.code}-{len(self.sent)}" if self.confirms else None)


class Story:
    """The service without its brokers: what devices send, what people do, and the clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.intake = Intake(database)
        self.answers = Answers(database)
        self.channel = RecordingChannel()
        self.composer = Composer(LinkSigner(b"a key of the tests"), "https://alarm.example")
        self.courier = Courier(database, self.channel, self.composer)
        self._told_before: set[Told] = set()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.database.shift

    def arrival(
        self, payload: bytes | dict[str, Any], device: str | None = "S1-G1", channel: str = "press", **levels: Any
    ) -> Arrival:
        district, school = levels.get("district", "370202"), levels.get("school", "S1")
        return Arrival(
            topic=f"campus/v1/{district}/{school}/{device}/{channel}",
            district=district,
            school=school,
            device=device,
            channel=channel,
            payload=payload if isinstance(payload, bytes) else msgspec.json.encode(payload),
            received_at=levels.get("received_at", self.now),
            retained=levels.get("retained", False),
        )

    async def press(self, device: str = "S1-G1", **said: Any) -> Receipt:
        levels = {"S2": {"school": "S2"}, "S3": {"school": "S3", "district": "370203"}}.get(device[:2], {})
        receipts = await self.intake.take_presses([self.arrival(said, device, **levels)])
        return receipts[0]

    async def beat(self, *devices: str) -> None:
        await self.intake.take_signs_of_life([self.arrival({}, device, "beat") for device in devices])

    async def state(self, device: str, *, retained: bool = False, **said: Any) -> None:
        await self.intake.take_reports([self.arrival(said, device, "state", retained=retained)])

    async def forward(self, seconds: float) -> None:
        """Lets time pass and does what has become due."""
        self.database.shift += timedelta(seconds=seconds)
        while await escalate_due(self.database):
            pass

    async def supervise(self) -> None:
        await self.intake.report_listening("gateway-1", "beats", self.listening_since)
        await supervise_devices(self.database)

    listening_since = datetime(2026, 1, 1, tzinfo=UTC)

    async def deliver(self) -> None:
        await self.courier.carry_once()
        await self.courier.finish()

    async def newly_told(self) -> set[Told]:
        """Who was told since this was asked last."""
        rows = await self.rows("select round, step, person from delivery where channel = 'log'")
        told = set(read_records(rows, Told))
        new, self._told_before = told - self._told_before, told
        return new

    async def incident(self, id_: int) -> Incident:
        async with self.database.connection() as connection:
            return (await read_incidents(connection, [id_]))[0].incident

    async def log_kinds(self, after: int = 0) -> list[str]:
        async with self.database.connection() as connection:
            return [row.kind for row in await read_log_after(connection, after, 1000)]

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list(await connection.fetch(query, *values))

    async def value(self, query: str, *values: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(query, *values)

    async def database_execute(self, statement: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement)

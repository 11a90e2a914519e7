"""Check-ins by telephone: a code that is shown at the post, and who it is. They are evidence like what a reader at the
gate reports, and lie where that lies.

A code that ran out or was used is refused, and the attempt is kept as evidence that does not count.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from alerts.compliance.check_points import NoSuchCheckPoint, need_point
from alerts.compliance.places import need_school
from alerts.domain.arrivals import Channel
from alerts.domain.compliance.check_codes import CheckCode, CodeUnreadable, CodeVerdict, judge_code, read_code
from alerts.domain.compliance.events import NEAREST_METRES, Implausible, PostAction, measure_metres
from alerts.domain.policies import read_zone
from alerts.domain.registry import School
from alerts.staff.people import NoSuchPerson
from alerts.storage import check_points as storage
from alerts.storage.check_points import CheckPoint, LinkedPerson
from alerts.storage.database import Connection, Database
from alerts.storage.errors import UnknownReference
from alerts.storage.evidence import Home, KnownMarks, NewEvidence, Source, insert_evidence
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes

DEVICE = "phone"


class CheckInInvalid(ValueError):
    """A check-in that cannot be; the message says what to mend."""


class NoSuchLink(LookupError):
    """Nobody checks in by that link."""


class Refusal(StrEnum):
    """Why a code does not count."""

    EXPIRED = "expired"
    FORGED = "forged"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Said:
    """What a telephone says: the code that it read, what its person does, and where it is, if it may tell."""

    code: str
    action: PostAction
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What became of a check-in. `counts` is false when the telephone was far away; `refused` says why the code was
    not taken. `evidence` finds the raw row."""

    person: str
    school: str
    point: str
    point_name: str
    post: str
    action: PostAction
    at: datetime
    counts: bool
    far: bool
    refused: Refusal | None
    evidence: str


@dataclass(frozen=True, slots=True)
class CheckInLink:
    """A person's own link. The path is told this once: only its digest is kept."""

    person: str
    path: str


async def check_in(database: Database, person: str, said: Said, by: str) -> CheckedIn:
    """A person checks in with a code. Raises CheckInInvalid, NoSuchPerson and NoSuchCheckPoint; a code that is refused
    is told in the answer, for the attempt is kept."""
    code = _read(said)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if person not in await find_codes(connection, [person]):
            raise NoSuchPerson(f"there is no person {person}: people come with the import")
        found = await need_point(connection, code.point)
        post = _choose_post(found.point, said.action)
        school = await need_school(connection, found.point.school)
        verdict = judge_code(found.secret, code, now)
        refused = await _use(connection, code, verdict, person, said.action, now)
        far = _is_far(found.point, school, said)
        row = _make_row(found.point, school, person, post, said, refused, far, by, now)
        await insert_evidence(connection, [row], now, KnownMarks())
    key = "/".join(map(str, row.key))
    return CheckedIn(
        person=person,
        school=school.code,
        point=found.point.code,
        point_name=found.point.name,
        post=post,
        action=said.action,
        at=now,
        counts=refused is None and not far,
        far=far,
        refused=refused,
        evidence=key,
    )


async def open_link(database: Database, person: str, by: str) -> CheckInLink:
    """Gives a person a link by which their telephone checks in; the one before stops to work. Raises NoSuchPerson."""
    token = secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        try:
            await storage.save_link(connection, person, _digest(token), by, now)
        except UnknownReference as error:
            raise NoSuchPerson(f"there is no person {person}: people come with the import") from error
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "checkin.linked", {})])
    return CheckInLink(person, f"/c/{token}")


async def close_link(database: Database, person: str, by: str) -> None:
    """A person's link stops to work. Raises NoSuchLink."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await storage.remove_link(connection, person):
            raise NoSuchLink(f"{person} has no link")
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "checkin.unlinked", {})])


async def read_link(database: Database, token: str) -> LinkedPerson:
    """Whose link it is. Raises NoSuchLink."""
    async with database.connection() as connection:
        found = await storage.find_linked(connection, _digest(token))
    if found is None:
        raise NoSuchLink("nobody checks in by this link: ask for a new one")
    return found


async def read_offered(database: Database, text: str) -> CheckPoint:
    """The point of a code, before anybody checks in. Raises CheckInInvalid and NoSuchCheckPoint."""
    try:
        code = read_code(text)
    except CodeUnreadable as error:
        raise CheckInInvalid(f"code: {error}") from error
    async with database.connection() as connection:
        return (await need_point(connection, code.point)).point


def list_actions(point: CheckPoint) -> tuple[PostAction, ...]:
    """What can be done at a point."""
    return (PostAction.POINT,) if point.post is None else (PostAction.ON, PostAction.OFF, PostAction.POINT)


def _read(said: Said) -> CheckCode:
    if (said.latitude is None) is not (said.longitude is None):
        raise CheckInInvalid("latitude: name both degrees or neither")
    try:
        return read_code(said.code)
    except CodeUnreadable as error:
        raise CheckInInvalid(f"code: {error}") from error


def _choose_post(point: CheckPoint, action: PostAction) -> str:
    """What the evidence names: the post that somebody comes on, or the point that they pass."""
    if action is PostAction.POINT:
        return point.code
    if point.post is None:
        raise CheckInInvalid(f"action: {point.name} is a point of the patrol and no post: only `point` fits")
    return point.post


async def _use(
    connection: Connection, code: CheckCode, verdict: CodeVerdict, person: str, action: PostAction, now: datetime
) -> Refusal | None:
    """Why a code does not count; None when it does. The same person doing the same with it once more changes nothing:
    a telephone repeats what was not answered."""
    if verdict is not CodeVerdict.GOOD:
        return Refusal(verdict.value)
    before = await storage.use_code(connection, code.point, code.text, person, action, now)
    return None if before in {None, action} else Refusal.USED


def _is_far(point: CheckPoint, school: School, said: Said) -> bool:
    """Whether the telephone says that it is somewhere else."""
    place = (point.latitude, point.longitude) if point.latitude is not None else (school.latitude, school.longitude)
    latitude, longitude = place
    if latitude is None or longitude is None or said.latitude is None or said.longitude is None:
        return False
    return measure_metres(latitude, longitude, said.latitude, said.longitude) > NEAREST_METRES


def _make_row(
    point: CheckPoint,
    school: School,
    person: str,
    post: str,
    said: Said,
    refused: Refusal | None,
    far: bool,
    by: str,
    now: datetime,
) -> NewEvidence:
    payload = {
        "person": person,
        "post": post,
        "action": said.action,
        "point": point.code,
        "latitude": said.latitude,
        "longitude": said.longitude,
        "by": by,
        "refused": refused,
    }
    problems = (Implausible.REUSED_CODE,) * (refused is not None) + (Implausible.TOO_FAR,) * far
    attempt = f"{said.code.strip()}\n{person}\n{said.action}\n{refused or ''}"
    home = Home(school.code, read_zone(school.zone))
    return NewEvidence(
        source=Source("", school.district, school.code, DEVICE, Channel.POST, home),
        on_date=now.astimezone(UTC).date(),
        identity=hashlib.sha256(attempt.encode()).hexdigest()[:32],
        occurred_at=None,
        received_at=now,
        problems=f"{{{','.join(problems)}}}",
        payload=msgspec.json.encode(payload),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


__all__ = [
    "DEVICE",
    "CheckInInvalid",
    "CheckInLink",
    "CheckedIn",
    "NoSuchCheckPoint",
    "NoSuchLink",
    "Refusal",
    "Said",
    "check_in",
    "close_link",
    "list_actions",
    "open_link",
    "read_link",
    "read_offered",
]

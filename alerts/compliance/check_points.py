"""Check points: where they are, what signs their codes, and the screen that shows these. Each change is one transaction
with its row of the log; a secret never stands in it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.compliance.places import need_school
from alerts.domain.compliance.check_codes import CheckCode, make_code, make_display_key
from alerts.domain.compliance.rules import Input
from alerts.storage import check_points as storage
from alerts.storage.check_points import CheckPoint, SecretPoint
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.stale import mark_stale

_SECRET_BYTES = 32
_FARTHEST_METRES = 10_000.0


class NoSuchCheckPoint(LookupError):
    """There is no check point of that code in use."""


class CheckPointInvalid(ValueError):
    """A check point that cannot be; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a tablet at the post shows the codes of a point. Whoever has the path may show them."""

    point: CheckPoint
    path: str


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code that is shown now, and until when it is good."""

    point: CheckPoint
    code: str
    expires_at: datetime


async def add_point(database: Database, point: CheckPoint, by: str) -> Screen:
    """Registers a point of a school. Raises NoSuchSchool and CheckPointInvalid."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await need_school(connection, point.school)
        await _check(connection, point)
        added = replace(point, saved_at=now)
        if not await storage.insert_point(connection, added, secret):
            raise CheckPointInvalid(f"code: {point.code} is taken, also when its point is not in use any more")
        await _tell(connection, now, added, by, "checkpoint.saved")
    return _screen(SecretPoint(added, secret))


async def change_point(database: Database, point: CheckPoint, by: str) -> CheckPoint:
    """Moves or renames a point. Raises NoSuchCheckPoint and CheckPointInvalid."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        before = await _hold(connection, point.code)
        changed = replace(point, school=before.point.school, saved_at=now)
        await _check(connection, changed)
        await storage.update_point(connection, changed)
        await _tell(connection, now, changed, by, "checkpoint.saved")
    return changed


async def retire_point(database: Database, code: str, by: str) -> None:
    """Takes a point out of use; what was checked in there stays. Raises NoSuchCheckPoint."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        held = await _hold(connection, code)
        await storage.retire_point(connection, code, now)
        await _tell(connection, now, replace(held.point, retired_at=now), by, "checkpoint.retired")


async def renew_secret(database: Database, code: str, by: str) -> Screen:
    """Gives a point another secret: its codes and its screen from before count no more. Raises NoSuchCheckPoint."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        held = await _hold(connection, code)
        await storage.renew_secret(connection, code, secret)
        await _tell(connection, now, held.point, by, "checkpoint.renewed")
    return _screen(SecretPoint(held.point, secret))


async def read_screen(database: Database, code: str) -> Screen:
    """Where the codes of a point are shown. Raises NoSuchCheckPoint."""
    async with database.connection() as connection:
        return _screen(await need_point(connection, code))


async def show_code(database: Database, code: str, key: str) -> ShownCode:
    """The code that a point's screen shows now. Raises NoSuchCheckPoint, also for a key that is not the point's."""
    async with database.connection() as connection:
        now = await database.read_now(connection)
        found = await need_point(connection, code)
    if not hmac.compare_digest(key.encode(), make_display_key(found.secret, code).encode()):
        raise NoSuchCheckPoint("there is no such screen")
    shown: CheckCode = make_code(found.secret, code, now)
    return ShownCode(found.point, shown.text, shown.expires_at)


async def need_point(connection: Connection, code: str) -> SecretPoint:
    """A point in use. Raises NoSuchCheckPoint."""
    found = await storage.find_point(connection, code)
    if found is None:
        raise NoSuchCheckPoint(f"there is no check point {code} in use")
    return found


async def _hold(connection: Connection, code: str) -> SecretPoint:
    held = await storage.hold_point(connection, code)
    if held is None:
        raise NoSuchCheckPoint(f"there is no check point {code} in use")
    return held


async def _check(connection: Connection, point: CheckPoint) -> None:
    if (point.latitude is None) is not (point.longitude is None):
        raise CheckPointInvalid("latitude: name both degrees or neither")
    if (point.x_metres is None) is not (point.y_metres is None):
        raise CheckPointInvalid("x_metres: name both metres on the plan or neither")
    if any(abs(metres) > _FARTHEST_METRES for metres in (point.x_metres or 0, point.y_metres or 0)):
        raise CheckPointInvalid(f"x_metres: a campus has no plan of more than {_FARTHEST_METRES:.0f} m")
    if point.post is not None and await storage.find_post_school(connection, point.post) != point.school:
        raise CheckPointInvalid(f"post: {point.school} has no post {point.post}: posts come with the import")


async def _tell(connection: Connection, now: datetime, point: CheckPoint, by: str, kind: str) -> None:
    await mark_stale(connection, Input.CHECK_INS, [point.school])
    await append_log(connection, now, [Entry(f"person:{by}", f"school:{point.school}", kind, {"check_point": point})])


def _screen(point: SecretPoint) -> Screen:
    code = point.point.code
    return Screen(point.point, f"/p/{code}/{make_display_key(point.secret, code)}")

"""Leave and deputies: each change is one transaction with the duty that follows from it and its log row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.staff.duty import Recalculated, recalculate
from alerts.staff.people import NoSuchPerson
from alerts.storage import absences as storage
from alerts.storage.absences import Deputy, Leave
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log
from alerts.storage.people import find_codes
from alerts.storage.rosters import list_touched_posts, take_turn

LONGEST_LEAVE = timedelta(days=3 * 366)
MOST_DEPUTIES = 10
_LONGEST_NOTE = 500


class AbsenceInvalid(ValueError):
    """Leave or deputies that cannot be; the message says what to mend."""


class NoSuchLeave(LookupError):
    """There is no leave of that number, or it is over."""


async def save_leave(
    database: Database, person: str, starts_at: datetime, ends_at: datetime, note: str, by: str
) -> tuple[Leave, Recalculated]:
    """A person will be away: deputies stand in for them, or a hole is listed. Raises AbsenceInvalid, NoSuchPerson."""
    if not timedelta() < ends_at - starts_at <= LONGEST_LEAVE:
        raise AbsenceInvalid("leave must end after it begins, within three years")
    if len(note) > _LONGEST_NOTE:
        raise AbsenceInvalid(f"a note has at most {_LONGEST_NOTE} characters")
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        if ends_at <= now:
            raise AbsenceInvalid("this leave is over already")
        await _need_person(connection, person)
        id_ = await storage.insert_leave(connection, person, (starts_at, ends_at), note, by, now)
        done = await recalculate(connection, await list_touched_posts(connection, [person], now), now)
        saved = next(one for one in await storage.list_leave(connection, now, person=person) if one.id == id_)
        body = {"leave": id_, "starts_at": starts_at, "ends_at": ends_at, "posts": done.posts, "holes": done.holes}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "leave.saved", body)])
    return saved, done


async def end_leave(database: Database, leave: int, by: str) -> Recalculated:
    """They are back, or stay after all: leave that has begun ends now. Raises NoSuchLeave."""
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        person = await storage.end_leave(connection, leave, now)
        if person is None:
            raise NoSuchLeave("there is none of that number, or it is over")
        done = await recalculate(connection, await list_touched_posts(connection, [person], now), now)
        body = {"leave": leave, "posts": done.posts, "holes": done.holes}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "leave.removed", body)])
    return done


async def save_deputies(
    database: Database, person: str, deputies: Sequence[str], by: str
) -> tuple[list[Deputy], Recalculated]:
    """Who stands in for a person, first choice first, in the place of those before. Raises AbsenceInvalid and
    NoSuchPerson."""
    if len(set(deputies)) != len(deputies):
        raise AbsenceInvalid("somebody is named twice")
    if len(deputies) > MOST_DEPUTIES:
        raise AbsenceInvalid(f"a person has at most {MOST_DEPUTIES} deputies")
    if person in deputies:
        raise AbsenceInvalid("nobody can stand in for themselves")
    async with database.transaction() as connection:
        await take_turn(connection)
        now = await database.read_now(connection)
        await _need_person(connection, person)
        unknown = sorted(set(deputies) - (await find_codes(connection, deputies)).keys())
        if unknown:
            raise AbsenceInvalid(f"nobody has the code {', '.join(unknown)}: import these people first")
        await storage.save_deputies(connection, person, deputies)
        done = await recalculate(connection, await list_touched_posts(connection, [person], now), now)
        saved = (await storage.list_deputies(connection, [person])).get(person, [])
        body = {"deputies": list(deputies), "posts": done.posts, "holes": done.holes}
        await append_log(connection, now, [Entry(f"person:{by}", f"person:{person}", "deputies.saved", body)])
    return saved, done


async def _need_person(connection: Connection, code: str) -> None:
    if not await find_codes(connection, [code]):
        raise NoSuchPerson(f"there is no person {code}: people come with the import")

"""Handing a desk over between shifts: who goes signs what stands open, who comes signs that they saw it.

Each signature is one transaction with its row of the log. Nothing else waits for a hand-over or asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.domain.rights import Place
from alerts.domain.shift_handovers import (
    Note,
    OpenItem,
    OpenKind,
    ShiftHandover,
    ShiftHandoverHead,
    add_notes,
    refuse_receipt,
)
from alerts.storage import shift_handovers as storage
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

_SHOWN_WAITING = 20


class NoSuchShiftHandover(LookupError):
    """There is no hand-over of that number."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which desk."""

    name: str
    display_name: str
    place: Place


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """What a hand-over signed now would say of a desk, and which of its hand-overs nobody has received."""

    at: datetime
    counts: Mapping[OpenKind, int]
    items: tuple[OpenItem, ...]
    waiting: tuple[ShiftHandoverHead, ...]


async def draft_handover(database: Database, place: Place) -> ShiftDraft:
    """What stands open at a desk now."""
    async with database.transaction(isolation="repeatable_read") as connection:
        now = await database.read_now(connection)
        found = await storage.read_open(connection, place, now)
        waiting = await storage.list_shift_handovers(
            connection, place, whole=False, waiting_only=True, before=None, limit=_SHOWN_WAITING
        )
    return ShiftDraft(now, found.counts, found.items, tuple(waiting))


async def hand_over(database: Database, signer: Signer, remark: str, notes: Sequence[Note]) -> ShiftHandover:
    """Signs what stands open at this moment, not what a page showed some minutes ago."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        found = await storage.read_open(connection, signer.place, now)
        row = ShiftHandover(
            id=0,
            district=signer.place.district,
            school=signer.place.school,
            handed_at=now,
            handed_by=signer.name,
            handed_by_name=signer.display_name,
            remark=remark.strip(),
            counts=found.counts,
            items=add_notes(found.items, notes),
        )
        saved = replace(row, id=await storage.insert_shift_handover(connection, row))
        await _tell(connection, now, signer, saved, "shift.handed_over", {"shift_handover": saved})
    return saved


async def receive(database: Database, id_: int, signer: Signer, remark: str) -> ShiftHandover:
    """Signs that somebody saw it and has the desk now. Raises NoSuchShiftHandover, AlreadyReceived and OwnHandover."""
    async with database.transaction() as connection:
        row = await storage.lock_shift_handover(connection, id_)
        if row is None:
            raise NoSuchShiftHandover(f"there is no hand-over {id_}")
        refuse_receipt(row, signer.name)
        now = await database.read_now(connection)
        saved = replace(
            row,
            received_at=now,
            received_by=signer.name,
            received_by_name=signer.display_name,
            received_remark=remark.strip(),
        )
        await storage.receive_shift_handover(connection, saved)
        said = {"handed_by": saved.handed_by, "handed_at": saved.handed_at, "remark": saved.received_remark}
        await _tell(connection, now, signer, saved, "shift.received", said)
    return saved


async def find_handover(database: Database, id_: int) -> ShiftHandover:
    """One hand-over. Raises NoSuchShiftHandover."""
    async with database.connection() as connection:
        row = await storage.find_shift_handover(connection, id_)
    if row is None:
        raise NoSuchShiftHandover(f"there is no hand-over {id_}")
    return row


async def _tell(
    connection: Connection, now: datetime, signer: Signer, row: ShiftHandover, kind: str, body: Mapping[str, object]
) -> None:
    await append_log(connection, now, [Entry(f"person:{signer.name}", f"shift:{row.id}", kind, body)])

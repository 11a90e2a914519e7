"""Lists of people who may sign in, as somebody at the terminal keeps them: an account on each line of a CSV file."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.accounts import AccountRefused, knows_account, save_account
from alerts.domain.passwords import write_password
from alerts.domain.rights import Role
from alerts.importing.encodings import FileUnreadable, find_reading
from alerts.owners import name_owner
from alerts.passwords import PasswordRefused
from alerts.storage.accounts import Account
from alerts.storage.database import Database

COLUMNS = ("name", "role", "display_name", "district", "school", "person")
_REQUIRED = COLUMNS[:2]


class ListInvalid(Exception):
    """A list of which no line is taken; the message says what to mend, a sentence on each line."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An account of a list: where it stands there, and, if that was said, whose it is in the registry."""

    line: int
    account: Account
    person: str | None


@dataclass(frozen=True, slots=True)
class LetIn:
    """What became of a line: with `password` the account is new, and this is its first one; `refused` says why it was
    not done, or not all of it."""

    listed: Listed
    password: str | None = None
    refused: str | None = None


def read_list(path: Path) -> list[Listed]:
    """A list in UTF-8 or GB18030, headed by COLUMNS, of which name and role are needed. Raises ListInvalid, for a
    heading that is none of them, too: an overlooked school would make somebody stand for the city."""
    try:
        with path.open("rb") as file:
            reading = find_reading(file)
            file.seek(reading.start)
            text = file.read().decode(reading.encoding)
    except (OSError, FileUnreadable) as error:
        raise ListInvalid(f"{path} {error}") from error
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        _check_headings(rows.fieldnames or ())
        numbered = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise ListInvalid(f"behind line {rows.line_num}: {error}") from error
    faults = [f"line {line}: {fault}" for line, row in numbered for fault in _find_faults(row)]
    faults += _find_repeats([(line, row["name"]) for line, row in numbered])
    if faults:
        raise ListInvalid("\n".join(faults))
    return [_read(line, row) for line, row in numbered]


async def let_in(
    database: Database, listed: Sequence[Listed], by: str, *, password: str = "", own_password: bool = False
) -> AsyncIterator[LetIn]:
    """Makes or changes one account after the other. With `password` it is everybody's; without, whoever is new gets one
    of their own, made here, and the others keep theirs."""
    for one in listed:
        known = await knows_account(database, one.account.name)
        made = password or (None if known else write_password(secrets.choice))
        first, refused = None, None  # an account whose person is unknown is there, with its first password
        try:
            first = made if await save_account(database, one.account, made, by, own_password=own_password) else None
            if one.person is not None:
                await name_owner(database, one.account.name, one.person, by)
        except (AccountRefused, PasswordRefused) as error:
            refused = str(error)
        yield LetIn(one, first, refused)


def _check_headings(found: Sequence[str]) -> None:
    if strange := [heading for heading in found if heading not in COLUMNS]:
        raise ListInvalid(f"nobody knows the column {strange[0]}: there are {', '.join(COLUMNS)}")
    if lacking := [heading for heading in _REQUIRED if heading not in found]:
        raise ListInvalid(f"the column {lacking[0]} is missing: the first line names the columns")


def _find_faults(row: Mapping[str | None, str | None]) -> Iterator[str]:
    if None in row or None in row.values():
        yield "it has more or fewer values than there are columns"
        return
    if not _say(row, "name"):
        yield "name is empty"
    role = _say(row, "role")
    if role == Role.INTEGRATION:
        yield "programs come in with a token: python -m alerts token add"
    elif role not in list(Role):
        yield f"there is no role “{role}”: write one of {', '.join(one for one in Role if one is not Role.INTEGRATION)}"


def _find_repeats(names: Sequence[tuple[int, str]]) -> Iterator[str]:
    first: dict[str, int] = {}
    for line, name in names:
        if name and first.setdefault(name, line) != line:
            yield f"line {line}: {name} stands in line {first[name]}, too"


def _read(line: int, row: Mapping[str | None, str | None]) -> Listed:
    name = _say(row, "name")
    place = _say(row, "district") or None, _say(row, "school") or None
    account = Account(name, _say(row, "display_name") or name, Role(_say(row, "role")), *place)
    return Listed(line, account, _say(row, "person") or None)


def _say(row: Mapping[str | None, str | None], column: str) -> str:
    return (row.get(column) or "").strip()

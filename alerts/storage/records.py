"""Between PostgreSQL's records and our frozen values: one way in, one way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import asyncpg
import msgspec

T = TypeVar("T")


def read_record(record: asyncpg.Record, type_: type[T]) -> T:
    """One record as a value of `type_`; columns that the type does not have are passed over."""
    return msgspec.convert(dict(record), type_)


def read_records(records: Iterable[asyncpg.Record], type_: type[T]) -> list[T]:
    """Records as values of `type_`."""
    return [msgspec.convert(dict(record), type_) for record in records]


def read_json(text: str | None, type_: type[T]) -> list[T]:
    """What `json_agg` gave, as values of `type_`; nothing found is NULL, and an empty list here."""
    return [] if text is None else msgspec.json.decode(text, type=list[type_])  # type: ignore[valid-type]


def write_rows(rows: Sequence[Any]) -> str:
    """Values as the JSON that `json_to_recordset` takes: bytes in base64, instants in RFC 3339."""
    return msgspec.json.encode(rows).decode()
